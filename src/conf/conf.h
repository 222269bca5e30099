/* SPDX-License-Identifier: ISC */
/*
 * conf/conf.h - reads intaked.conf by rows.
 *
 * Every key is a row: name, type, default, range, help, and where it goes in
 * conf/settings.h.  libconfuse reads the syntax; unknown keys, wrong values
 * and missing ones are refused with file and line, all of them in one run; so is
 * what libconfuse lets pass (conf_scan.h, and what is there twice).
 * The manual page intaked.conf(5) is checked against the rows.
 */
#ifndef CONF_CONF_H
#define CONF_CONF_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "conf/settings.h"

enum conf_type {
	CONF_STR,		/* char *; NULL when there is no default */
	CONF_INT,		/* int64_t */
	CONF_SIZE,		/* int64_t, bytes: "64M" */
	CONF_TIME,		/* int64_t, milliseconds: "24h", "250ms" */
	CONF_BOOL,		/* bool: yes, no, true, false, on, off */
	CONF_WORD,		/* int: index into words */
	CONF_LIST,		/* GPtrArray of char *; empty when left out */
	CONF_REGEX,		/* char *, compiled once to see that it is one */
	CONF_REGEX_LIST		/* GPtrArray of char * */
};

enum conf_file {
	CONF_FILE_NONE,
	CONF_FILE_PLAIN,	/* must be readable */
	CONF_FILE_SECRET	/* and by nobody else */
};

struct conf_key {
	const char		*name;
	enum conf_type		 type;
	size_t			 offset;
	const char		*def;		/* as it would stand in the file; NULL: none */
	long long		 min, max;	/* for INT, SIZE, TIME; both 0: any */
	const char *const	*words;		/* for WORD; for STR: the only ones allowed */
	bool			 required;
	const char		*help;
	enum conf_file		 file;		/* for STR and LIST: the values name files */
};

struct conf_section {
	const char			*name;
	bool				 many;	/* titled, any number; the first field of the struct
						   is char *name; offset is of a GPtrArray * */
	size_t				 offset;
	size_t				 size;	/* of the struct, when many */
	const struct conf_key		*keys;	/* ends with a NULL name */
	const struct conf_section	*subs;	/* ends with a NULL name; or NULL */
	int		(*check)(const void *section, struct err *);	/* or NULL */
	const char			*help;
};

/* The whole: top-level keys and all sections. */
extern const struct conf_section conf_root;

/*
 * Read and check the file.  On error returns NULL; the sentences, one per
 * line as "file:line: what is wrong; what is allowed", are in problems.
 * Writes nothing, starts nothing, reads no secret.
 */
struct settings	*conf_load(const char *file, GString *problems);
/*
 * Are the files that the configuration names there, readable, and the secrets
 * among them nobody else's to read?  -1 and sentences like conf_load()'s.
 */
int		 conf_check_files(const struct settings *, GString *problems);
/* "file:line" of a member of the settings; "file" where it was left out. */
const char	*conf_place(const struct settings *, const void *member);
/* Every key at its default and no channel: for tools without a daemon. */
struct settings	*conf_default(void);
void		 conf_free(struct settings *);

/*
 * The effective configuration in the file's own syntax, re-readable by
 * conf_load(): what a worker process is given.  NULL on error.
 */
char		*conf_dump(const struct settings *);

/* Calls back for every row: "section.key" and the row. */
void	conf_each_key(void (*)(const char *path, const struct conf_key *, void *), void *);

/* The words of CONF_WORD keys. */
extern const char *const conf_words_level[], *const conf_words_format[],
    *const conf_words_security[], *const conf_words_after[],
    *const conf_words_import[], *const conf_words_signature[];

#endif
