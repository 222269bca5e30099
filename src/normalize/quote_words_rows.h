/* SPDX-License-Identifier: ISC */
/*
 * normalize/quote_words_rows.h - where quote_words.c finds its rows, each group
 * in a file of its own.  Used by the quote_words files only.
 */
#ifndef NORMALIZE_QUOTE_WORDS_ROWS_H
#define NORMALIZE_QUOTE_WORDS_ROWS_H

#include "normalize/quote_words.h"

struct quote_words_group {
	const struct quote_word	*rows;	/* in the order of enum quote_kind */
	size_t			 n;
};

extern const struct quote_words_group	quote_words_intro;	/* QUOTE_VERB.. */
extern const struct quote_words_group	quote_words_label;	/* QUOTE_FROM.. */
extern const struct quote_words_group	quote_words_edge;	/* QUOTE_ORIGINAL.. */
extern const struct quote_words_group	quote_words_sign;	/* QUOTE_DEVICE.. */

#endif
