/* SPDX-License-Identifier: ISC */
#include "check/haystack.h"

#include <glib.h>
#include <string.h>

#include "base/text.h"
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

/* Every byte of every mail comes by here: no function calls.  Is it all ASCII? */
static bool
read_text(struct haystack *h)
{
	unsigned	gram = 0;
	size_t		i;
	char		c, all = 0;

	h->folded = g_malloc(h->len + 1);
	h->grams = g_new0(uint64_t, (GRAM_MASK + 1) / 64);
	for (i = 0; i < h->len; i++) {
		c = h->text[i];
		all |= c;
		h->folded[i] = (char)(c | (c >= 'A' && c <= 'Z' ? 0x20 : 0));
		gram = next_gram(gram, c);
		h->grams[gram / 64] |= UINT64_C(1) << gram % 64;
	}
	h->folded[i] = '\0';
	return (all & 0x80) == 0;
}

bool
haystack_prepare(struct haystack *h)
{
	if (h->folded != NULL)
		return !h->exotic;
	h->exotic = !read_text(h) &&
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
