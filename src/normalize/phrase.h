/* SPDX-License-Identifier: ISC */
/*
 * normalize/phrase.h - is one of many phrases in a short text?
 *
 * Subjects, addresses and lines are asked for hundreds of phrases of which
 * hardly one is ever there.  The pairs of neighbouring bytes that the text has
 * rule out nearly all of them without a search.
 */
#ifndef NORMALIZE_PHRASE_H
#define NORMALIZE_PHRASE_H

#include <stdbool.h>
#include <stdint.h>

struct phrase_pairs {
	uint64_t	seen[16];	/* a bit for each of 1024 */
};

void		 phrase_pairs_read(struct phrase_pairs *, const char *text);

/* False only if the phrase is certainly not in the text. */
bool		 phrase_may_be(const struct phrase_pairs *, const char *phrase);

/* The first of the phrases, which NULL ends, that is in the text; or NULL. */
const char	*phrase_find(const char *text, const char *const phrases[]);

#endif
