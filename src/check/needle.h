/* SPDX-License-Identifier: ISC */
/*
 * check/needle.h - the words without which a regular expression cannot match.
 *
 * Most of an operator's patterns are lists of words, and most of them are not
 * in a given text.  Reading the expression once tells which words it needs
 * one of, and often how far behind the beginning of a match they stand; then
 * only those places of a text need the regular expression at all.  Where it
 * needs no word but begins with a digit or a sign, only those are looked at.
 * What this does not understand has no needles, and is tried everywhere.
 */
#ifndef CHECK_NEEDLE_H
#define CHECK_NEEDLE_H

#include <glib.h>
#include <stdbool.h>

#include "check/haystack.h"

#define NEEDLES_MAX	64

struct needle {
	char		*word;		/* ASCII, small letters */
	size_t		 len;
	unsigned	 back;		/* characters of a match before it */
};

struct needles {
	GArray		*list;		/* struct needle; every match has one; empty: unknown */
	bool		 placed;	/* back is known; else the word is anywhere in a match */
	uint64_t	 opening[2];	/* the ASCII characters a match can begin with, a bit
					   each; any other character always can */
	bool		 opens[256];	/* the same by the first byte of the character */
};

/* regex has been compiled as PCRE2 without extended syntax.  NULL: not understood. */
struct needles	*needles_new(const char *regex);
void		 needles_free(struct needles *);	/* NULL is fine */

/*
 * Is one of them in the text?  false: no match is possible.  Both functions
 * want a text that haystack_prepare() has said yes to.
 */
bool		 needles_any(const struct needles *, const struct haystack *);

/* Going through the places where a match can begin, first to last. */
struct needle_walk {
	size_t	at[NEEDLES_MAX];	/* of the word; HAYSTACK_NONE: no more */
	size_t	begin[NEEDLES_MAX];	/* of the match it would be in */
};

void		 needles_start(const struct needles *, const struct haystack *, size_t from,
		    struct needle_walk *);
size_t		 needles_next(const struct needles *, const struct haystack *,
		    struct needle_walk *);	/* or HAYSTACK_NONE */

/* Do all matches begin with something else than a letter? */
bool		 needles_open_rarely(const struct needles *);
/* The next place in the text at or behind from where a match can begin so; or
 * HAYSTACK_NONE. */
size_t		 needles_opening(const struct needles *, const char *text, size_t len,
		    size_t from);

#endif
