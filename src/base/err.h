/* SPDX-License-Identifier: ISC */
/*
 * base/err.h - one sentence about what went wrong, and what kind it is.
 *
 * A function that can fail takes a struct err as its last argument, returns
 * -1 (or NULL) and leaves the sentence there.  The kind decides what happens:
 * TEMP is retried, PERM is answered or quarantined, CONFIG stops the start.
 * Who can decide handles it, who handles it logs it, nobody else logs.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

enum err_kind {
	ERR_NONE = 0,
	ERR_TEMP,		/* may work later: retry */
	ERR_PERM,		/* will not work with this input */
	ERR_CONFIG		/* the operator has to change something */
};

struct err {
	enum err_kind	kind;
	char		text[512];
};

#define ERR_INIT	{ ERR_NONE, "" }

/*
 * Set kind and sentence; always return -1, so that a caller can write
 * "return err_set(e, ERR_PERM, ...)".  A NULL err is fine.
 */
int	err_set(struct err *, enum err_kind, const char *fmt, ...)
	    __attribute__((format(printf, 3, 4)));

/* The same, with ": strerror(errno)" behind it. */
int	err_errno(struct err *, enum err_kind, const char *fmt, ...)
	    __attribute__((format(printf, 3, 4)));

/* Put "what: " in front of the sentence; return -1. */
int	err_prefix(struct err *, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));

/* "temporary", "permanent", "configuration", "none". */
const char	*err_kind_name(enum err_kind);

#endif
