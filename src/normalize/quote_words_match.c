/* SPDX-License-Identifier: ISC */
/*
 * Many lines are compared with many words, so the words are found by their
 * first byte, in an index that is made at the first use and then constant.
 */
#include <glib.h>
#include <stdint.h>
#include <string.h>

#include "normalize/quote_words.h"

#define KINDS	(QUOTE_FORWARD_SUBJECT + 1)

struct word {
	const char	*p;
	size_t		 len;
	uint32_t	 head;		/* its first bytes, as head_of() has them */
	uint32_t	 mask;		/* those of them that it has */
};

struct index {
	struct word	*words;			/* by kind, then by first byte */
	uint16_t	 start[KINDS * 256 + 1];	/* where those of a byte begin */
};

/* Takes the next of "a|b|c" off *list; false at its end. */
static bool
next_word(const char **list, struct word *w)
{
	const char	*p = *list;

	w->p = p;
	while (*p != '\0' && *p != '|')
		p++;
	w->len = (size_t)(p - w->p);
	*list = *p == '|' ? p + 1 : p;
	return w->len > 0;
}

/* The first four bytes, those of letters the same in either case: what differs
 * in them is not the same word. */
static uint32_t
head_of(const char *text, size_t len)
{
	uint32_t	head = 0;

	if (len >= sizeof head)
		memcpy(&head, text, sizeof head);
	else
		memcpy(&head, text, len);
	return head | UINT32_C(0x20202020);
}

static void
set_head(struct word *w)
{
	w->head = head_of(w->p, w->len);
	w->mask = 0;
	memset(&w->mask, 0xff, MIN(w->len, sizeof w->mask));
}

static size_t
slot(enum quote_kind kind, char first)
{
	return (size_t)kind * 256 + (unsigned char)g_ascii_tolower(first);
}

static struct index *
make_index(void)
{
	struct index		*ix = g_new0(struct index, 1);
	g_autofree uint16_t	*used = g_new0(uint16_t, KINDS * 256);
	const struct quote_word	*rows;
	const char		*list;
	struct word		 w;
	size_t			 n, i;
	int			 k;

	for (k = 0; k < KINDS; k++)
		for (rows = quote_words((enum quote_kind)k, &n), i = 0; i < n; i++)
			for (list = rows[i].words; next_word(&list, &w); )
				ix->start[slot((enum quote_kind)k, w.p[0]) + 1]++;
	for (i = 0; i < KINDS * 256; i++)
		ix->start[i + 1] = (uint16_t)(ix->start[i + 1] + ix->start[i]);
	ix->words = g_new0(struct word, ix->start[KINDS * 256]);
	for (k = 0; k < KINDS; k++)
		for (rows = quote_words((enum quote_kind)k, &n), i = 0; i < n; i++)
			for (list = rows[i].words; next_word(&list, &w); ) {
				size_t	s = slot((enum quote_kind)k, w.p[0]);
				set_head(&w);
				ix->words[ix->start[s] + used[s]++] = w;
			}
	return ix;
}

static const struct index *
get_index(void)
{
	static struct index	*index;

	if (g_once_init_enter(&index))
		g_once_init_leave(&index, make_index());
	return index;
}

/* The longest word of the kind that text begins with; 0 if there is none. */
static size_t
match(enum quote_kind kind, const char *text, size_t len, bool whole)
{
	const struct index	*ix = get_index();
	size_t			 s, i, best = 0;
	const struct word	*w;
	uint32_t		 head;

	if (len == 0)
		return 0;
	s = slot(kind, text[0]);
	head = head_of(text, len);
	for (i = ix->start[s]; i < ix->start[s + 1]; i++) {
		w = &ix->words[i];
		if (((w->head ^ head) & w->mask) != 0)	/* as nearly always */
			continue;
		if (w->len > best && (whole ? w->len == len : w->len <= len) &&
		    g_ascii_strncasecmp(text, w->p, w->len) == 0)
			best = w->len;
	}
	return best;
}

bool
quote_is(enum quote_kind kind, const char *text, size_t len)
{
	return match(kind, text, len, true) > 0;
}

bool
quote_begins_any(enum quote_kind kind, const char *text, size_t len)
{
	return match(kind, text, len, false) > 0;
}

bool
quote_ends_any(enum quote_kind kind, const char *text, size_t len)
{
	const struct index	*ix = get_index();
	const struct word	*w = &ix->words[ix->start[slot(kind, '\0')]];
	const struct word	*end = &ix->words[ix->start[((size_t)kind + 1) * 256]];

	for (; w < end; w++)
		if (w->len <= len &&
		    g_ascii_strncasecmp(text + len - w->len, w->p, w->len) == 0)
			return true;
	return false;
}

/* Not a part of a longer word, in scripts that have blanks between words. */
static bool
stands_alone(const char *text, size_t len, size_t at, size_t n)
{
	const char	*before;

	if ((unsigned char)text[at] >= 0xE3)
		return true;
	before = g_utf8_find_prev_char(text, text + at);
	if (before != NULL && g_unichar_isalnum(g_utf8_get_char(before)))
		return false;
	return at + n == len || !g_unichar_isalnum(g_utf8_get_char(text + at + n));
}

bool
quote_holds_any(enum quote_kind kind, const char *text, size_t len)
{
	size_t	i, n;

	for (i = 0; i < len; i++)
		if ((n = match(kind, text + i, len - i, false)) > 0 &&
		    stands_alone(text, len, i, n))
			return true;
	return false;
}

bool
quote_contains_any(enum quote_kind kind, const char *text, size_t len)
{
	size_t	i;

	for (i = 0; i < len; i++)
		if (match(kind, text + i, len - i, false) > 0)
			return true;
	return false;
}
