/* SPDX-License-Identifier: ISC */
/*
 * normalize/charset.h - bytes in whatever encoding become UTF-8.
 *
 * Labels are a hint: a wrong one, an unknown one or none at all is the common
 * case in old and in Asian mail.  What is valid UTF-8 is UTF-8; subsets are
 * read as their superset (iso-8859-1 as windows-1252, gb2312 as gb18030);
 * the rest is guessed from what the text would say (charset_guess.c).
 *
 * Every conversion ends in valid UTF-8, with U+FFFD where nothing else helps.
 * The converters are opened once per process: call charset_prepare() before
 * a sandbox closes the file system, because glibc loads them from there.
 */
#ifndef NORMALIZE_CHARSET_H
#define NORMALIZE_CHARSET_H

#include <stdbool.h>
#include <stddef.h>

void	charset_prepare(void);

struct charset_used {
	const char	*name;		/* what the bytes were read as; static */
	bool		 guessed;	/* not what was declared, nor its superset */
	bool		 damaged;	/* some bytes became U+FFFD */
};

/*
 * declared may be NULL or nonsense.  used may be NULL.  Line ends are kept
 * as they are; use base/text.h for the last cleaning.  Free with g_free().
 */
char	*charset_decode(const char *bytes, size_t len, const char *declared,
	    struct charset_used *used);

/* Our name for a label ("latin1" -> "windows-1252"), or NULL if unknown. */
const char	*charset_find(const char *label);

/* One conversion: NULL if the bytes are not valid in it, unless lossy. */
char	*charset_convert(const char *bytes, size_t len, const char *name, bool lossy,
	    bool *damaged);

/* Does it need a look at the bytes' structure, not only at single bytes? */
bool	charset_is_multibyte(const char *name);

/* The most plausible name for bytes that are not ASCII; never NULL. */
const char	*charset_guess(const char *bytes, size_t len);

/*
 * A label of an encoding with single bytes, under which the bytes make no
 * words: the name that makes words of them, or NULL if the label may be right.
 */
const char	*charset_contradicted(const char *bytes, size_t len, const char *name);

/* The charset an HTML document claims in its first 2 KB, or NULL; g_free(). */
char	*charset_from_html(const char *bytes, size_t len);

#endif
