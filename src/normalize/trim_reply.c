/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "normalize/html_text.h"
#include "normalize/trim_reply.h"
#include "normalize/trim_reply_edge.h"
#include "normalize/trim_reply_intro.h"
#include "normalize/trim_reply_lines.h"
#include "normalize/trim_reply_sign.h"

#define GREETING_MAX	48	/* bytes */
#define CONTEXT_MAX	8	/* quoted lines kept before an answer */
#define PROSE_MIN	4	/* blanks in a sentence */
#define LABELS_MAX	4	/* lines of a short header block */
#define INTRO_MAX	6	/* lines between a box's top and its quote */

/* A message being taken apart. */
struct work {
	GArray	*lines;		/* struct trim_line */
	size_t	 end;		/* where history begins; all lines if nowhere */
	bool	 is_reply;
	bool	 forward;	/* somebody else's message is in it */
	bool	 quotes;	/* some quote is certainly one */
	uint8_t	*labels;	/* of trim_edge.h, one for each line */
};

static struct trim_line *
at(const struct work *w, size_t i)
{
	return trim_line_at(w->lines, i);
}

/*
 * A box holds an introduction and a quote (Gmail, Proton).  What stands in it
 * before the quote is the introduction, whatever the language; what stands
 * behind is an answer.  A box without a quote is one.
 */
static size_t
read_box(struct work *w, size_t from)
{
	size_t		end = from, cite, i, words = 0;
	enum trim_kind	kind = TRIM_INTRO;

	while (end < w->lines->len && (at(w, end)->marks & HTML_MARK_BOX))
		end++;
	for (cite = from; cite < end && !(at(w, cite)->marks & HTML_MARK_CITE); cite++)
		words += !trim_line_is_blank(at(w, cite));
	if (cite == end || words > INTRO_MAX)
		kind = TRIM_QUOTE;
	for (i = from; i < cite; i++)
		if (!trim_line_is_blank(at(w, i)))
			at(w, i)->kind = kind;
	return end;
}

static void
read_boxes(struct work *w)
{
	size_t	i = 0;

	while (i < w->lines->len)
		if (at(w, i)->marks & HTML_MARK_BOX)
			i = read_box(w, i);
		else
			i++;
}

/* Is this the first line of a quote? Forwarding programs say so there. */
static bool
begins_quote(const struct work *w, size_t i)
{
	while (i > 0 && at(w, i - 1)->kind == TRIM_BLANK)
		i--;
	return i == 0 || at(w, i - 1)->kind != TRIM_QUOTE;
}

/* Behind an introduction even a block quote without any mark is a quote. */
static void
take_indented(struct work *w, size_t i)
{
	for (; i < w->lines->len; i++)
		if (at(w, i)->marks & HTML_MARK_INDENT)
			at(w, i)->kind = TRIM_QUOTE;
		else if (!trim_line_is_blank(at(w, i)))
			break;
}

static void
take_history(struct work *w, size_t first)
{
	w->end = first;
	trim_lines_set(w->lines, first, w->lines->len, TRIM_HISTORY);
}

/* "----- Original Message -----" above quoted lines: there may be more below. */
static bool
only_introduces(const struct work *w, size_t i)
{
	size_t	next = trim_lines_skip_blank(w->lines, i + 1, w->lines->len);

	return w->labels[i] == 0 && at(w, i)->depth == 0 && next < w->lines->len &&
	    at(w, next)->depth == 1 && w->labels[next] == 0 && at(w, i)->marks == 0;
}

/* Yandex writes "To:" and "Subject:" between a rule and its introduction. */
static size_t
with_labels(const struct work *w, size_t first)
{
	size_t			 k = first;
	const struct trim_line	*l;

	while (k > 0 && first - k < LABELS_MAX && w->labels[k - 1] > 1)
		k--;
	if (k == first || k == 0)
		return first;
	l = at(w, k - 1);
	return l->body_len > 8 && memcmp(l->body, "--------", 8) == 0 ? k - 1 : first;
}

/* Look at line i; true if all that follows is settled. */
static bool
read_line(struct work *w, size_t i)
{
	struct trim_line	*l = at(w, i);
	size_t			 first, next;

	if (l->kind == TRIM_BLANK || (l->kind == TRIM_QUOTE && !begins_quote(w, i)))
		return false;
	switch (trim_edge_find(w->lines, w->labels, i, &first)) {
	case EDGE_EITHER:
		if (w->is_reply && trim_lines_skip_blank(w->lines, 0, first) < first) {
			take_history(w, first);
			return true;
		}
		/* fall through */
	case EDGE_FORWARD:
		w->forward = true;
		return true;
	case EDGE_HISTORY:
		if (only_introduces(w, i)) {
			trim_lines_set(w->lines, first, i + 1, TRIM_INTRO);
			w->quotes = true;
			return false;
		}
		take_history(w, first);
		return true;
	case EDGE_NONE:
		break;
	}
	if (l->kind == TRIM_INTRO) {
		next = trim_lines_skip_blank(w->lines, i + 1, w->lines->len);
		take_indented(w, next);
		if (next < w->lines->len && at(w, next)->kind == TRIM_TEXT)
			take_history(w, i);
		w->quotes = true;
		return w->end == i;
	}
	if (l->kind != TRIM_TEXT)
		return false;
	switch (trim_intro_find(w->lines, i, w->is_reply, &first)) {
	case INTRO_OF_QUOTE:
		trim_lines_set(w->lines, with_labels(w, first), i + 1, TRIM_INTRO);
		take_indented(w, i + 1);
		w->quotes = true;
		return false;
	case INTRO_OF_REST:
		take_history(w, first);
		return true;
	case INTRO_NONE:
		break;
	}
	return false;
}

static bool
is_quoted(const struct trim_line *l)
{
	return l->kind == TRIM_QUOTE || l->kind == TRIM_INTRO;
}

/*
 * A quoted line that some program wrapped without marking the rest:
 * one short line, in small letters, between two quoted ones.
 */
static void
mend_wrapped(struct work *w)
{
	struct trim_line	*l;
	size_t			 i;

	for (i = 1; i + 1 < w->end; i++) {
		l = at(w, i);
		if (l->kind == TRIM_TEXT && l->body_len < 40 && l->marks == 0 &&
		    g_ascii_islower(l->body[0]) && (l - 1)->kind == TRIM_QUOTE &&
		    (l + 1)->kind == TRIM_QUOTE && (l - 1)->len > 64)
			l->kind = TRIM_QUOTE;
	}
}

/* "> Please try this.", not "> error 17" or ">>> import os". */
static bool
is_prose(const struct trim_line *l)
{
	unsigned	blanks = 0;
	size_t		i;

	if (l->depth != 1 || l->body_len == 0)
		return false;
	for (i = 0; i < l->body_len; i++)
		blanks += l->body[i] == ' ';
	return blanks >= (g_unichar_isupper(g_utf8_get_char(l->body)) ? 2 : PROSE_MIN) ||
	    (unsigned char)l->body[0] >= 0xE3;
}

/* Does a passage of quoted lines begin at line i as one of a mail would? */
static bool
quotes_mail(const struct work *w, size_t i)
{
	size_t	n = 0, last = i, above = i;

	if (!is_prose(at(w, i)))
		return false;
	for (; i < w->end && (at(w, i)->kind == TRIM_QUOTE || trim_line_is_blank(at(w, i))); i++)
		if (!trim_line_is_blank(at(w, i)))
			n++, last = i;
	while (above > 0 && trim_line_is_blank(at(w, above - 1)))
		above--;
	if (above == 0)		/* the answer is below */
		return i < w->end;
	/* All that follows is quoted; but "The log says:" has its own. */
	return n > 1 && i == w->end && at(w, last)->depth > 0 &&
	    at(w, above - 1)->body[at(w, above - 1)->body_len - 1] != ':';
}

/* Lines with '>' are quotes if something else says that this is an answer. */
static bool
quotes_are_real(const struct work *w)
{
	bool	once = false, twice = false;
	size_t	i;

	if (w->is_reply || w->quotes || w->end < w->lines->len)
		return true;
	for (i = 0; i < w->end && !(once && twice); i++) {
		if (at(w, i)->kind != TRIM_QUOTE)
			continue;
		if ((at(w, i)->marks & HTML_MARK_CITE) || (begins_quote(w, i) &&
		    (trim_intro_in_quote(w->lines, i) || trim_edge_is_block(w->lines, w->labels, i) ||
		    quotes_mail(w, i))))
			return true;
		once |= at(w, i)->depth == 1;
		twice |= at(w, i)->depth == 2;
	}
	return once && twice;
}

/* The next stretch of words in from..end; its end, and its beginning in *from. */
static size_t
next_words(const struct work *w, size_t *from)
{
	size_t	to;

	while (*from < w->end && at(w, *from)->kind != TRIM_TEXT)
		(*from)++;
	for (to = *from; to < w->end && !is_quoted(at(w, to)); to++)
		;
	return to;
}

static void
mark_signatures(struct work *w)
{
	size_t	from = 0, to;

	for (; (to = next_words(w, &from)) > from; from = to)
		trim_sign_mark(w->lines, from, to);
}

/* Keep the last paragraph of the quote that ends before line i. */
static void
keep_context(struct work *w, size_t i)
{
	unsigned	n = 0;

	while (i > 0 && trim_line_is_blank(at(w, i - 1)))
		i--;
	for (; i > 0 && n < CONTEXT_MAX; n++, i--) {
		if (at(w, i - 1)->kind != TRIM_QUOTE || trim_line_is_blank(at(w, i - 1)) ||
		    (begins_quote(w, i - 1) && trim_intro_in_quote(w->lines, i - 1)))
			break;
		at(w, i - 1)->kept = true;
	}
}

/* "Hello," or nothing but a name: the answers come below. */
static bool
is_greeting(const struct work *w, size_t from, size_t to)
{
	const struct trim_line	*l = NULL;
	size_t			 i;

	for (i = from; i < to; i++) {
		if (trim_line_is_blank(at(w, i)) || at(w, i)->kind == TRIM_SIGNATURE)
			continue;
		if (l != NULL)
			return false;
		l = at(w, i);
	}
	return l == NULL || (l->body_len < GREETING_MAX && strchr(".?", l->body[l->body_len - 1]) == NULL);
}

static bool
asks(const struct trim_line *l)
{
	return l->kind == TRIM_QUOTE && (memchr(l->body, '?', l->body_len) != NULL ||
	    memmem(l->body, l->body_len, "？", 3) != NULL);
}

/* The answer is above the only quote, which asks nothing; below is a farewell. */
static bool
wraps_quote(const struct work *w)
{
	size_t	from = 0, to = next_words(w, &from), i;

	for (i = 0; i < from; i++)
		if (is_quoted(at(w, i)))
			return false;
	if (is_greeting(w, from, to))
		return false;
	for (i = to; i < w->end && is_quoted(at(w, i)); i++)
		if (asks(at(w, i)))
			return false;
	return true;
}

/*
 * Keep what is new.  Words before all quotes, or behind the only one, stand
 * alone; else the answers are between the lines and each keeps what it is an
 * answer to.  Returns whether that was so.
 */
static bool
keep_new(struct work *w)
{
	size_t	from, to, i;
	int	stretches = 0;

	for (from = 0; (to = next_words(w, &from)) > from; from = to, stretches++)
		for (i = from; i < to; i++)
			at(w, i)->kept = at(w, i)->kind != TRIM_SIGNATURE;
	if (stretches < 2 || (stretches == 2 && wraps_quote(w)))
		return false;
	for (from = 0; (to = next_words(w, &from)) > from; from = to)
		keep_context(w, from);
	return true;
}

static bool
has_words(const struct work *w)
{
	size_t	i;

	for (i = 0; i < w->lines->len; i++)
		if (at(w, i)->kept && at(w, i)->kind == TRIM_TEXT)
			return true;
	return false;
}

/* Without a word of its own a message is its signature, or all of it. */
static const char *
keep_something(struct work *w)
{
	size_t	i;
	bool	found = false;

	for (i = 0; i < w->end; i++)
		if (at(w, i)->kind == TRIM_SIGNATURE && !trim_line_is_blank(at(w, i)))
			found = at(w, i)->kept = true;
	if (found)
		return "signature only";
	for (i = 0; i < w->lines->len; i++)
		at(w, i)->kept = true;
	return w->end < w->lines->len ? "forward" : "quote only";
}

static const char *
decide(struct work *w, const char *client)
{
	size_t	i;
	bool	inline_answers;

	if (w->forward || !quotes_are_real(w)) {
		for (i = 0; i < w->lines->len; i++)
			if (at(w, i)->kind == TRIM_QUOTE || at(w, i)->kind == TRIM_INTRO)
				at(w, i)->kind = TRIM_TEXT;
		if (!w->forward)
			mark_signatures(w);
		keep_new(w);
		if (!has_words(w))
			keep_something(w);
		return w->forward ? "forward" : "none";
	}
	mend_wrapped(w);
	mark_signatures(w);
	inline_answers = keep_new(w);
	if (!has_words(w))
		return keep_something(w);
	if (inline_answers)
		return "inline";
	for (i = 0; i < w->lines->len; i++)
		if (!at(w, i)->kept && (is_quoted(at(w, i)) || at(w, i)->kind == TRIM_HISTORY))
			return client != NULL ? client : "words";
	return "none";
}

static void
add_line(GString *out, const struct trim_line *l, unsigned *gap)
{
	if (trim_line_is_blank(l) && memchr(l->p, '>', l->len) == NULL) {
		++*gap;
		return;
	}
	for (; *gap > 0; --*gap)
		if (out->len > 0)
			g_string_append_c(out, '\n');
	g_string_append_len(out, l->p, (gssize)l->len);
	g_string_append_c(out, '\n');
}

static char *
finish(GString *s, bool needed)
{
	if (s->len == 0 && !needed) {
		g_string_free(s, TRUE);
		return NULL;
	}
	g_strchomp(s->str);
	return g_string_free(s, FALSE);
}

static void
write_parts(const struct work *w, struct trim *out)
{
	GString			*part[3] = { g_string_new(NULL), g_string_new(NULL),
				    g_string_new(NULL) };
	unsigned		 gap[3] = { 0, 0, 0 };	/* blank lines to come */
	const struct trim_line	*l;
	size_t			 i;
	int			 k;

	for (i = 0; i < w->lines->len; i++) {
		l = at(w, i);
		k = l->kept ? 0 : l->kind == TRIM_SIGNATURE ? 2 : 1;
		if (l->kind == TRIM_BLANK && !l->kept)
			gap[0] = gap[1] = gap[2] = 1;
		else
			add_line(part[k], l, &gap[k]);
		if (k != 0 && !trim_line_is_blank(l))
			gap[0] = 1;
	}
	out->text = finish(part[0], true);
	out->quoted = finish(part[1], false);
	out->signature = finish(part[2], false);
}

/* Takes the lines. */
static void
split(GArray *lines, bool is_reply, const char *client, struct trim *out)
{
	struct work	 w = { lines, lines->len, is_reply, false, false, trim_edge_labels(lines) };
	size_t		 i;

	trim_sign_armour(lines);
	read_boxes(&w);
	for (i = 0; i < w.end; i++)
		if (read_line(&w, i))
			break;
	out->how = decide(&w, client);
	write_parts(&w, out);
	g_free(w.labels);
	g_array_free(lines, TRUE);
}

void
trim_reply(const char *full_text, bool is_reply, struct trim *out)
{
	memset(out, 0, sizeof *out);
	out->full = g_strdup(full_text);
	split(trim_lines_of_text(out->full), is_reply, NULL, out);
}

void
trim_reply_html(const char *html, bool is_reply, struct trim *out)
{
	struct html_page	page;

	memset(out, 0, sizeof *out);
	html_page_render(&page, html, strlen(html));
	split(trim_lines_of_page(&page), is_reply, page.client, out);
	out->full = g_strchomp(g_strdup(page.text->str));
	html_page_clear(&page);
}

void
trim_clear(struct trim *t)
{
	g_free(t->text);
	g_free(t->quoted);
	g_free(t->signature);
	g_free(t->full);
	memset(t, 0, sizeof *t);
}

enum { BLOCK = 64 };		/* bytes looked at together */

static inline bool
is_letter(unsigned char c)
{
	return (unsigned char)((c | 0x20) - 'a') < 26 || (unsigned char)(c - '0') < 10 || c >= 0xC0;
}

static size_t
count_letters(const char *s)
{
	size_t		n = 0, left = strlen(s);
	unsigned char	some;
	int		i;

	/* Without a branch in it: the compiler makes a few vector instructions of it. */
	for (; left >= BLOCK; s += BLOCK, left -= BLOCK) {
		for (some = 0, i = 0; i < BLOCK; i++)
			some = (unsigned char)(some + is_letter((unsigned char)s[i]));
		n += some;
	}
	for (; left > 0; s++, left--)
		n += is_letter((unsigned char)*s);
	return n;
}

/* The HTML knows best, unless only the text tells new from old, or all of it. */
static bool
html_is_better(const struct trim *html, const struct trim *plain)
{
	size_t	in_html = count_letters(html->full), in_plain = count_letters(plain->full);

	/* Sometimes the HTML is only one part of many. */
	if (*html->full == '\0' || in_html * 10 < in_plain * 6)
		return false;
	if (html->quoted != NULL || strcmp(html->how, "forward") == 0 ||
	    (html->signature != NULL && plain->signature == NULL && plain->quoted == NULL))
		return true;
	return plain->quoted == NULL && in_plain * 10 < in_html * 6;
}

void
reply_split(const char *plain, const char *html, bool is_reply, struct trim *out)
{
	struct trim	other;

	if (html == NULL || *html == '\0') {
		trim_reply(plain != NULL ? plain : "", is_reply, out);
		return;
	}
	trim_reply_html(html, is_reply, out);
	if (plain == NULL || *plain == '\0')
		return;
	trim_reply(plain, is_reply, &other);
	if (!html_is_better(out, &other)) {
		struct trim	swap = *out;

		*out = other;
		other = swap;
	}
	trim_clear(&other);
}
