/* SPDX-License-Identifier: ISC */
/*
 * normalize/charset_words.h - words that tell one Latin alphabet from another.
 *
 * Polish read as Western European is still letters, and no rule about letters
 * sees that "Proszê" is wrong; but "proszę" is a word and the other is none.
 * Used by charset_guess.c, for samples of a few kilobytes.
 */
#ifndef NORMALIZE_CHARSET_WORDS_H
#define NORMALIZE_CHARSET_WORDS_H

#include <stddef.h>

/*
 * The charset in which the bytes have more such words than in the charset
 * "name", or NULL.  A word counts only where the two readings differ.
 */
const char	*charset_words_best(const char *bytes, size_t len, const char *name);

#endif
