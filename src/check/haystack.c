/* SPDX-License-Identifier: ISC */
#include "check/haystack.h"

#include <glib.h>
#include <string.h>

#include "base/text.h"
#include "base/utf8.h"
#include "check/pattern.h"

/* Five bits of each byte: letters in either case are told apart, and that is
 * enough; what else shares a code costs a useless search and nothing more. */
enum { BITS = 5, GRAM_MASK = (1 << 3 * BITS) - 1, BYTE_MASK = (1 << BITS) - 1 };

/* Long s and the Kelvin sign are s and k when case is ignored. */
#define LONG_S	"\305\277"
#define KELVIN	"\342\204\252"

void
haystack_init(struct haystack *h, const char *text)
{
	h->text = text;
	h->len = text_cut(text, strlen(text), PATTERN_TEXT_MAX);
	h->folded = NULL;
	h->grams = NULL;
	h->exotic = false;
}

void
haystack_fini(struct haystack *h)
{
	g_clear_pointer(&h->folded, g_free);
	g_clear_pointer(&h->grams, g_free);
}

static unsigned
next_gram(unsigned gram, char byte)
{
	return (gram << BITS | ((unsigned char)byte & BYTE_MASK)) & GRAM_MASK;
}

enum { BLOCK = 64 };

static inline char
fold(char c)
{
	return (char)(c | (c >= 'A' && c <= 'Z' ? 0x20 : 0));
}

/* Without a branch in it: the compiler makes a few vector instructions of it. */
static void
fold_block(const char *restrict from, char *restrict to)
{
	int	i;

	for (i = 0; i < BLOCK; i++)
		to[i] = fold(from[i]);
}

static void
fold_text(const char *text, size_t len, char *out)
{
	size_t	at = 0;

	for (; len - at >= BLOCK; at += BLOCK)
		fold_block(text + at, out + at);
	for (; at < len; at++)
		out[at] = fold(text[at]);
	out[len] = '\0';
}

/* Every byte of every mail comes by here: no function calls. */
static void
read_grams(struct haystack *h)
{
	uint64_t	*grams = g_new0(uint64_t, (GRAM_MASK + 1) / 64);
	const char	*at = h->text, *end = h->text + h->len;
	unsigned	 gram = 0;

	for (; at < end; at++) {
		gram = next_gram(gram, *at);
		grams[gram / 64] |= UINT64_C(1) << gram % 64;
	}
	h->grams = grams;
}

bool
haystack_prepare(struct haystack *h)
{
	if (h->folded != NULL)
		return !h->exotic;
	h->folded = g_malloc(h->len + 1);
	fold_text(h->text, h->len, h->folded);
	read_grams(h);
	h->exotic = !utf8_is_ascii(h->text, h->len) &&
	    (memmem(h->text, h->len, LONG_S, strlen(LONG_S)) != NULL ||
	    memmem(h->text, h->len, KELVIN, strlen(KELVIN)) != NULL);
	return !h->exotic;
}

bool
haystack_may_hold(const struct haystack *h, const char *word, size_t len)
{
	unsigned	gram = 0;
	size_t		i;

	for (i = 0; i < len; i++) {
		gram = next_gram(gram, word[i]);
		if (i >= 2 && (h->grams[gram / 64] >> gram % 64 & 1) == 0)
			return false;
	}
	return true;
}

size_t
haystack_find(const struct haystack *h, const char *word, size_t len, size_t from)
{
	const char	*at = NULL;

	if (from <= h->len)
		at = memmem(h->folded + from, h->len - from, word, len);
	return at != NULL ? (size_t)(at - h->folded) : HAYSTACK_NONE;
}
