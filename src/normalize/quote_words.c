/* SPDX-License-Identifier: ISC */
#include "normalize/quote_words.h"
#include "normalize/quote_words_rows.h"

static const struct quote_words_group *
group_of(enum quote_kind kind)
{
	if (kind < QUOTE_FROM)
		return &quote_words_intro;
	if (kind < QUOTE_ORIGINAL)
		return &quote_words_label;
	return kind < QUOTE_DEVICE ? &quote_words_edge : &quote_words_sign;
}

const struct quote_word *
quote_words(enum quote_kind kind, size_t *n)
{
	const struct quote_words_group	*g = group_of(kind);
	size_t				 from = 0, to;

	while (from < g->n && g->rows[from].kind < kind)
		from++;
	for (to = from; to < g->n && g->rows[to].kind == kind; to++)
		continue;
	*n = to - from;
	return &g->rows[from];
}
