/* SPDX-License-Identifier: ISC */
#include "normalize/phrase.h"

#include <string.h>

static inline unsigned
pair(const char *at)
{
	return ((unsigned)(unsigned char)at[0] << 5 ^ (unsigned char)at[1]) & 1023;
}

void
phrase_pairs_read(struct phrase_pairs *p, const char *text)
{
	memset(p, 0, sizeof *p);
	if (*text == '\0')
		return;
	for (; text[1] != '\0'; text++)
		p->seen[pair(text) / 64] |= UINT64_C(1) << pair(text) % 64;
}

bool
phrase_may_be(const struct phrase_pairs *p, const char *phrase)
{
	return phrase[1] == '\0' || p->seen[pair(phrase) / 64] >> pair(phrase) % 64 & 1;
}

const char *
phrase_find(const char *text, const char *const phrases[])
{
	struct phrase_pairs	pairs;
	int			i;

	phrase_pairs_read(&pairs, text);
	for (i = 0; phrases[i] != NULL; i++)
		if (phrase_may_be(&pairs, phrases[i]) && strstr(text, phrases[i]) != NULL)
			return phrases[i];
	return NULL;
}
