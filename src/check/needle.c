/* SPDX-License-Identifier: ISC */
#include "check/needle.h"

#include <string.h>

enum { NEST_MAX = 50 };

/* What one atom of a regular expression is. */
enum atom {
	ATOM_LETTER,	/* this ASCII character, in either case */
	ATOM_DIGIT,	/* exactly one digit */
	ATOM_ANY,	/* exactly one character */
	ATOM_PLACE,	/* no character: \b, ^, a look around */
	ATOM_GROUP,
	ATOM_UNKNOWN	/* something else: give up */
};

struct reader {
	const char	*at;
	unsigned	 nest;
	bool		 gave_up;
};

/* One branch being read: "order(ed)? number". */
struct branch {
	GString		*run;		/* letters right behind each other */
	unsigned	 run_back;
	bool		 run_placed;
	unsigned	 width;		/* characters so far */
	bool		 placed;	/* width is certain */
	bool		 begun;		/* something that has to be there has been read */
	uint64_t	 opening[2];
	struct needles	*best;
};

static const uint64_t	digits[2] = { UINT64_C(0x3ff) << '0', 0 };
static const uint64_t	anything[2] = { UINT64_MAX, UINT64_MAX };

static void
free_word(gpointer p)
{
	struct needle	*n = p;

	g_free(n->word);
}

static struct needles *
needles_empty(bool placed)
{
	struct needles	*n = g_new0(struct needles, 1);

	n->list = g_array_new(FALSE, FALSE, sizeof(struct needle));
	g_array_set_clear_func(n->list, free_word);
	n->placed = placed;
	return n;
}

void
needles_free(struct needles *n)
{
	if (n == NULL)
		return;
	g_array_unref(n->list);
	g_free(n);
}

static const struct needle *
needle(const struct needles *n, guint i)
{
	return &g_array_index(n->list, struct needle, i);
}

static size_t
shortest(const struct needles *n)
{
	size_t	least = HAYSTACK_NONE;
	guint	i;

	for (i = 0; i < n->list->len; i++)
		least = MIN(least, needle(n, i)->len);
	return least;
}

/* Known places are worth more than long words. */
static bool
is_better(const struct needles *a, const struct needles *b)
{
	if (b == NULL || a->placed != b->placed)
		return b == NULL || a->placed;
	return shortest(a) > shortest(b);
}

static void
open_with(uint64_t *opening, const uint64_t *more)
{
	opening[0] |= more[0];
	opening[1] |= more[1];
}

static void
open_with_letter(uint64_t *opening, char c)
{
	unsigned	lower = (unsigned char)g_ascii_tolower(c);
	unsigned	upper = (unsigned char)g_ascii_toupper(c);

	opening[lower / 64] |= UINT64_C(1) << lower % 64;
	opening[upper / 64] |= UINT64_C(1) << upper % 64;
}

/* Takes n. */
static void
propose(struct branch *b, struct needles *n)
{
	struct needles	*worse = n;

	if (n != NULL && n->list->len > 0 && is_better(n, b->best)) {
		worse = b->best;
		b->best = n;
	}
	needles_free(worse);
}

static void
end_run(struct branch *b)
{
	struct needle	 word = { NULL, b->run->len, b->run_back };
	struct needles	*n;

	if (b->run->len >= HAYSTACK_WORD_MIN) {
		n = needles_empty(b->run_placed);
		word.word = g_strdup(b->run->str);
		g_array_append_val(n->list, word);
		propose(b, n);
	}
	g_string_truncate(b->run, 0);
}

static void
add_letter(struct branch *b, char c)
{
	if (b->run->len == 0) {
		b->run_back = b->width;
		b->run_placed = b->placed;
	}
	g_string_append_c(b->run, g_ascii_tolower(c));
	b->width++;
}

/* Behind "[...]"; what is in it does not matter. */
static enum atom
read_class(struct reader *r)
{
	r->at += *r->at == '^';
	r->at += *r->at == ']';
	for (; *r->at != ']'; r->at++) {
		if (*r->at == '\\' && (*++r->at == 'Q' || *r->at == 'E'))
			return ATOM_UNKNOWN;
		if (r->at[0] == '[' && r->at[1] == ':' && strstr(r->at, ":]") != NULL)
			r->at = strstr(r->at, ":]") + 1;
		if (*r->at == '\0')
			return ATOM_UNKNOWN;
	}
	r->at++;
	return ATOM_ANY;
}

/* Behind the backslash. */
static enum atom
read_escape(struct reader *r, char *letter)
{
	char	c = *r->at++;

	if (c == '\0' || (c & 0x80) != 0)
		return ATOM_UNKNOWN;
	if (strchr("bBAzZ", c) != NULL)
		return ATOM_PLACE;
	if (c == 'd')
		return ATOM_DIGIT;
	if (strchr("DwWsShHvVnrtfea", c) != NULL)
		return ATOM_ANY;
	if (c == 'p' || c == 'P') {
		if (*r->at == '{')
			r->at += strcspn(r->at, "}");
		r->at += *r->at != '\0';
		return ATOM_ANY;
	}
	*letter = c;
	return g_ascii_isalnum(c) ? ATOM_UNKNOWN : ATOM_LETTER;
}

static struct needles	*read_branches(struct reader *);

/* Behind "(". */
static enum atom
read_group(struct reader *r, struct needles **inner)
{
	enum atom	atom = ATOM_GROUP;

	if (g_str_has_prefix(r->at, "?:") || g_str_has_prefix(r->at, "?>")) {
		r->at += 2;
	} else if (g_str_has_prefix(r->at, "?=") || g_str_has_prefix(r->at, "?!")) {
		r->at += 2;
		atom = ATOM_PLACE;
	} else if (g_str_has_prefix(r->at, "?<=") || g_str_has_prefix(r->at, "?<!")) {
		r->at += 3;
		atom = ATOM_PLACE;
	} else if (*r->at == '?' || *r->at == '*') {
		return ATOM_UNKNOWN;
	}
	*inner = r->nest < NEST_MAX ? read_branches(r) : NULL;
	if (*r->at != ')')
		return ATOM_UNKNOWN;
	r->at++;
	if (atom == ATOM_PLACE)
		g_clear_pointer(inner, needles_free);	/* not part of a match */
	return atom;
}

static enum atom
read_atom(struct reader *r, char *letter, struct needles **inner)
{
	char	c = *r->at++;

	if ((c & 0x80) != 0) {
		r->at = g_utf8_next_char(r->at - 1);
		return ATOM_ANY;
	}
	*letter = c;
	switch (c) {
	case '(':
		return read_group(r, inner);
	case '[':
		return read_class(r);
	case '\\':
		return read_escape(r, letter);
	case '.':
		return ATOM_ANY;
	case '^':
	case '$':
		return ATOM_PLACE;
	case '{':
	case '*':
	case '+':
	case '?':
		return ATOM_UNKNOWN;
	}
	return ATOM_LETTER;
}

/* How often at least the atom is there, and whether exactly once. */
static unsigned
read_quantifier(struct reader *r, bool *once)
{
	unsigned	least = 1;

	*once = strchr("?*+{", *r->at) == NULL || *r->at == '\0';
	if (*once)
		return 1;
	if (*r->at == '{') {
		least = r->at[1] != '0';	/* {01} counts as none: also right */
		r->at += 1 + strspn(r->at + 1, "0123456789,");
		if (*r->at != '}' || r->at[-1] == '{')
			r->gave_up = true;
	} else {
		least = *r->at == '+';
	}
	r->at += *r->at != '\0';
	if (*r->at == '?' || *r->at == '+')	/* lazy, possessive */
		r->at++;
	return least;
}

/* What the atom adds to the characters a match can begin with. */
static void
open_branch(struct branch *b, enum atom atom, char letter, const struct needles *inner)
{
	if (atom == ATOM_LETTER)
		open_with_letter(b->opening, letter);
	else if (atom == ATOM_DIGIT)
		open_with(b->opening, digits);
	else
		open_with(b->opening, inner != NULL ? inner->opening : anything);
}

static void
take_atom(struct branch *b, enum atom atom, char letter, struct needles *inner, unsigned least,
    bool once)
{
	guint	i;

	if (atom == ATOM_PLACE)
		return;
	if (!b->begun)
		open_branch(b, atom, letter, inner);
	b->begun = b->begun || least > 0;
	if (atom == ATOM_LETTER && least > 0)
		add_letter(b, letter);
	if (atom != ATOM_LETTER || !once)
		end_run(b);
	if (atom == ATOM_ANY || atom == ATOM_DIGIT)
		b->width++;
	for (i = 0; inner != NULL && i < inner->list->len; i++)
		g_array_index(inner->list, struct needle, i).back += b->width;
	if (inner != NULL)
		inner->placed = inner->placed && b->placed;
	if (least > 0)
		propose(b, inner);
	else
		needles_free(inner);
	b->placed = b->placed && once && atom != ATOM_GROUP;
}

/* Never NULL; with an empty list if there is no word that has to be there. */
static struct needles *
read_branch(struct reader *r)
{
	struct branch	b = { .run = g_string_new(NULL), .placed = true };

	while (*r->at != '\0' && *r->at != '|' && *r->at != ')' && !r->gave_up) {
		struct needles	*inner = NULL;
		char		 letter = '\0';
		enum atom	 atom = read_atom(r, &letter, &inner);
		bool		 once;
		unsigned	 least;

		if (atom == ATOM_UNKNOWN)
			r->gave_up = true;
		least = read_quantifier(r, &once);
		take_atom(&b, atom, letter, inner, least, once);
	}
	end_run(&b);
	g_string_free(b.run, TRUE);
	if (b.best == NULL)
		b.best = needles_empty(true);
	memcpy(b.best->opening, b.begun ? b.opening : anything, sizeof b.opening);
	return b.best;
}

/* All branches together: each has to have a word. */
static struct needles *
read_branches(struct reader *r)
{
	struct needles	*all = needles_empty(true), *one;
	bool		 certain = true;

	r->nest++;
	for (;; r->at++) {
		one = read_branch(r);
		certain = certain && one->list->len > 0;
		all->placed = all->placed && one->placed;
		open_with(all->opening, one->opening);
		g_array_append_vals(all->list, one->list->data, one->list->len);
		g_array_set_clear_func(one->list, NULL);	/* the words have moved */
		needles_free(one);
		if (*r->at != '|')
			break;
	}
	r->nest--;
	if (!certain || all->list->len > NEEDLES_MAX)
		g_array_set_size(all->list, 0);
	return all;
}

static void
fill_opens(struct needles *n)
{
	unsigned	c;

	for (c = 0; c < 256; c++)
		n->opens[c] = c < 0x80 ? n->opening[c / 64] >> c % 64 & 1 : c >= 0xc0;
}

struct needles *
needles_new(const char *regex)
{
	struct reader	 r = { regex, 0, false };
	struct needles	*n = read_branches(&r);

	if (!r.gave_up && *r.at == '\0') {
		fill_opens(n);
		return n;
	}
	needles_free(n);
	return NULL;
}

bool
needles_any(const struct needles *n, const struct haystack *h)
{
	const struct needle	*one;
	guint			 i;

	for (i = 0; i < n->list->len; i++) {
		one = needle(n, i);
		if (haystack_may_hold(h, one->word, one->len) &&
		    haystack_find(h, one->word, one->len, 0) != HAYSTACK_NONE)
			return true;
	}
	return false;
}

/* The match that has the word at here begins so much before it. */
static size_t
begin_of(const struct haystack *h, size_t here, unsigned back)
{
	for (; back > 0 && here > 0; back--)
		do
			here--;
		while (here > 0 && ((unsigned char)h->text[here] & 0xc0) == 0x80);
	return back == 0 ? here : HAYSTACK_NONE;
}

/* Finds the word at or behind at, in a match that begins at or behind from. */
static void
seek(const struct needle *n, const struct haystack *h, size_t at, size_t from, size_t *word,
    size_t *begin)
{
	while ((*word = haystack_find(h, n->word, n->len, at)) != HAYSTACK_NONE) {
		*begin = begin_of(h, *word, n->back);
		if (*begin != HAYSTACK_NONE && *begin >= from)
			return;
		at = *word + 1;
	}
	*begin = HAYSTACK_NONE;
}

void
needles_start(const struct needles *n, const struct haystack *h, size_t from,
    struct needle_walk *w)
{
	const struct needle	*one;
	guint			 i;

	for (i = 0; i < n->list->len; i++) {
		one = needle(n, i);
		w->at[i] = w->begin[i] = HAYSTACK_NONE;
		if (haystack_may_hold(h, one->word, one->len))
			seek(one, h, from, from, &w->at[i], &w->begin[i]);
	}
}

size_t
needles_next(const struct needles *n, const struct haystack *h, struct needle_walk *w)
{
	size_t	begin = HAYSTACK_NONE;
	guint	i;

	for (i = 0; i < n->list->len; i++)
		begin = MIN(begin, w->begin[i]);
	for (i = 0; begin != HAYSTACK_NONE && i < n->list->len; i++)
		if (w->begin[i] == begin)
			seek(needle(n, i), h, w->at[i] + 1, begin, &w->at[i], &w->begin[i]);
	return begin;
}

bool
needles_open_rarely(const struct needles *n)
{
	const uint64_t	letters = (UINT64_C(1) << 26) - 1;

	return (n->opening[1] & (letters << ('A' - 64) | letters << ('a' - 64))) == 0 &&
	    (n->opening[0] >> ' ' & 1) == 0;
}

size_t
needles_opening(const struct needles *n, const char *text, size_t len, size_t from)
{
	for (; from < len; from++)
		if (n->opens[(unsigned char)text[from]])
			return from;
	return HAYSTACK_NONE;
}
