/* SPDX-License-Identifier: ISC */
/*
 * check/haystack.h - a text that many patterns are tried on.
 *
 * Knows which three letters in a row occur in it, so that a word which does
 * not occur is ruled out by a look into a table of bits.  That is made when
 * it is first asked for; the text is borrowed and stays as it is meanwhile.
 */
#ifndef CHECK_HAYSTACK_H
#define CHECK_HAYSTACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a word has to have at least. */
#define HAYSTACK_WORD_MIN	3
#define HAYSTACK_NONE		((size_t)-1)

struct haystack {
	const char	*text;
	size_t		 len;		/* at most PATTERN_TEXT_MAX */
	char		*folded;	/* ASCII letters small; NULL: not made yet */
	uint64_t	*grams;		/* a bit for each of 2^15; NULL: not made yet */
	bool		 exotic;	/* has letters that are the same as an ASCII one in
					   another case: words cannot be ruled out */
};

void	haystack_init(struct haystack *, const char *text);
void	haystack_fini(struct haystack *);

/*
 * Can words be looked for at all?  If not, everything has to be tried.
 * Prepares the text, so it comes before the others.
 */
bool	haystack_prepare(struct haystack *);

/* False only if the word (ASCII, small letters) does certainly not occur. */
bool	haystack_may_hold(const struct haystack *, const char *word, size_t len);

/* Where the word begins at from or behind it, ignoring case; or HAYSTACK_NONE. */
size_t	haystack_find(const struct haystack *, const char *word, size_t len, size_t from);

#endif
