/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "normalize/quote_words.h"
#include "normalize/trim_reply_edge.h"

#define LABEL_MAX	40	/* bytes before the colon */
#define BLOCK_MAX	30	/* lines of a header block looked at */
#define WRAPPED_MAX	6	/* lines that belong to the label above */
#define RULES_MAX	6	/* rules and warnings above history */
#define WORDS_MAX	160	/* bytes of a line that marks history */

/* Bits for trim_edge_labels(). */
enum { FROM = 1, TO = 2, CC = 4, SENT = 8, DATE = 16, SUBJECT = 32, OTHER = 64 };

static inline bool
is_decor(char c)
{
	switch (c) {
	case '-': case '_': case '=': case '*': case '~': case '#': case '<': case '>':
	case '|': case '+': case '[': case ']': case '(': case ')': case '\\': case ' ': case '\t':
		return true;
	}
	return false;
}

/* U+2010 "‐" to U+2015 "―", box drawing, arrows. */
static bool
is_wide_decor(const char *p, const char *end)
{
	return end - p >= 3 && p[0] == '\xE2' && (p[1] == '\x80' ? p[2] >= '\x90' && p[2] <= '\x95' :
	    p[1] == '\x94' || p[1] == '\x95' || p[1] == '\x86' || p[1] == '\xAC');
}

/* A line without the dashes around its words; how many were in front? */
static size_t
undecorate(const struct trim_line *l, const char **core, size_t *len)
{
	const char	*p = l->body, *end = p + l->body_len;
	size_t		 dashes = 0;

	while (p < end && *p == ':')	/* "::- ... -::" */
		p++;
	if (p > l->body && p < end && end[-1] == ':')
		end -= MIN(p - l->body, end - p);
	for (; p < end; dashes++)
		if (is_decor(*p))
			p++;
		else if (is_wide_decor(p, end))
			p += 3;
		else
			break;
	while (end > p && (is_decor(end[-1]) || (end - p >= 3 && is_wide_decor(end - 3, end))))
		end -= is_decor(end[-1]) ? 1 : 3;
	*core = p;
	*len = (size_t)(end - p);
	return dashes;
}

/* A line of dashes or underscores, or a <hr>. */
static bool
is_rule(const struct trim_line *l)
{
	const char	*core;
	size_t		 len;

	if (l->marks & HTML_MARK_RULE)
		return true;
	return undecorate(l, &core, &len) >= 5 && len == 0;
}

/* Where the label before a colon ends ("*From:*", "De :", "发件人："), or 0. */
static size_t
find_colon(const char *p, size_t len)
{
	size_t		 most = MIN(len, LABEL_MAX);
	const char	*narrow = memchr(p, ':', most), *end = narrow != NULL ? narrow : p + most;
	const char	*wide = p;

	while ((wide = memchr(wide, 0xEF, (size_t)(end - wide))) != NULL) {
		if ((size_t)(p + len - wide) >= 3 && memcmp(wide, "：", 3) == 0)
			return (size_t)(wide - p);
		wide++;
	}
	return narrow != NULL ? (size_t)(narrow - p) : 0;
}

static uint8_t
read_label(const struct trim_line *l)
{
	static const struct { enum quote_kind kind; uint8_t bit; } kinds[] = {
		{ QUOTE_FROM, FROM }, { QUOTE_TO, TO }, { QUOTE_CC, CC },
		{ QUOTE_SENT, SENT }, { QUOTE_DATE, DATE }, { QUOTE_SUBJECT, SUBJECT },
	};
	const char	*p = l->body;
	size_t		 len = l->body_len, i;
	uint8_t		 bits = 0;

	while (len > 0 && (*p == '*' || *p == '_' || *p == ' '))
		p++, len--;
	if ((len = find_colon(p, len)) == 0)
		return 0;
	while (len > 0 && (p[len - 1] == '*' || p[len - 1] == ' ' || p[len - 1] == '\t'))
		len--;
	if (len > 2 && memcmp(p + len - 2, "\xC2\xA0", 2) == 0)
		len -= 2;
	for (i = 0; i < G_N_ELEMENTS(kinds); i++)
		if (quote_is(kinds[i].kind, p, len))
			bits |= kinds[i].bit;
	return bits != 0 ? bits : OTHER;
}

uint8_t *
trim_edge_labels(const GArray *lines)
{
	uint8_t	*labels = g_malloc(lines->len + 1);
	size_t	 i;

	for (i = 0; i < lines->len; i++)
		labels[i] = read_label(trim_line_at(lines, i));
	return labels;
}

struct block {
	unsigned	kinds;		/* bits of the labels seen */
	unsigned	labels;		/* how many lines have any */
	bool		address;
	bool		time;
};

/*
 * "A:" is "to" in one language and "from" in none, but "Od:" and "Do:" or
 * "De:" and "A:" share letters across languages: a label that may be two
 * things counts as the one not seen yet.
 */
static void
add_label(struct block *b, uint8_t bits)
{
	unsigned	fresh = bits & ~b->kinds & (unsigned)~OTHER;

	b->labels++;
	b->kinds |= fresh & (~fresh + 1);
}

/* How many there are in "09:41:07"? */
static unsigned
count_colons(const struct trim_line *l)
{
	size_t		i;
	unsigned	n = 0;

	for (i = 1; i + 1 < l->body_len; i++)
		n += l->body[i] == ':' && g_ascii_isdigit(l->body[i - 1]) &&
		    g_ascii_isdigit(l->body[i + 1]);
	return n;
}

/* Labels from line at on, with the lines that are wrapped below each. */
static void
read_block(const GArray *lines, const uint8_t *labels, size_t at, struct block *b)
{
	const struct trim_line	*l, *top = trim_line_at(lines, at);
	size_t			 i, end = MIN(lines->len, at + BLOCK_MAX);
	unsigned		 loose = 0, blank = 0;

	memset(b, 0, sizeof *b);
	for (i = at; i < end && blank < 2 && loose <= WRAPPED_MAX; i++) {
		l = trim_line_at(lines, i);
		if (l->depth != top->depth)
			break;
		if (trim_line_is_blank(l)) {
			blank++;
			continue;
		}
		if (labels[i] != 0 && (labels[i] != OTHER || blank == 0)) {
			add_label(b, labels[i]);
			loose = 0;
		} else if (blank > 0)
			break;
		else
			loose++;
		blank = 0;
		if ((b->kinds & (FROM | TO)) &&
		    memchr(l->body, '@', l->body_len) != NULL)
			b->address = true;
		if (labels[i] & (DATE | SENT))
			b->time |= count_colons(l) > 0;
	}
}

static bool
is_header_block(const GArray *lines, const uint8_t *labels, size_t at, bool below_rule)
{
	struct block	b;
	unsigned	k;

	read_block(lines, labels, at, &b);
	k = b.kinds;
	if (k == (DATE | TO) && b.address && b.labels == 2)
		return count_colons(trim_line_at(lines, at)) >= 2;
	if (!(k & FROM))
		return false;
	/* Without an address or time it may be a letter's head. */
	if ((k & SUBJECT) && (k & (SENT | DATE | TO)) &&
	    ((k & SENT) || b.address || b.time || below_rule || trim_line_at(lines, at)->marks != 0))
		return true;
	if ((k & SENT) && ((k & TO) || b.address))
		return true;
	if ((k & DATE) && b.address)
		return true;
	return below_rule && (b.address ? b.labels > 1 :
	    (k & (SENT | DATE | SUBJECT)) && b.labels > 2);
}

/* Outlook's ruled block in a language we do not know: three labels. */
static bool
is_bordered_block(const GArray *lines, const uint8_t *labels, size_t at)
{
	size_t		i, end = MIN(lines->len, at + 6);
	unsigned	n = 0;

	if (!(trim_line_at(lines, at)->marks & HTML_MARK_BORDER) || labels[at] == 0)
		return false;
	for (i = at; i < end; i++)
		n += labels[i] != 0 && (trim_line_at(lines, i)->marks & HTML_MARK_BORDER);
	return n >= 3;
}

/* The rules, blank lines and warnings that stand above history belong to it. */
static size_t
with_rules(const GArray *lines, size_t at)
{
	const struct trim_line	*l;
	size_t			 first = at;
	unsigned		 n = 0;

	while (at > 0 && n < RULES_MAX) {
		at--;
		if (trim_line_is_blank(trim_line_at(lines, at)))
			continue;
		l = trim_line_at(lines, at);
		if (!is_rule(l) && !quote_begins_any(QUOTE_BANNER, l->body, l->body_len))
			break;
		first = at;
		n++;
	}
	return first;
}

/*
 * Thunderbird forwards as "-------- Original Message --------" with subject
 * and date first; T-Online answers so, but without the blanks.
 */
static enum trim_edge
judge_original(const GArray *lines, const uint8_t *labels, size_t at)
{
	const struct trim_line	*l = trim_line_at(lines, at);
	size_t			 next = trim_lines_skip_blank(lines, at + 1, lines->len);

	return l->body_len > 8 && memcmp(l->body, "-------- ", 9) == 0 &&
	    next + 1 < lines->len && (labels[next] & SUBJECT) &&
	    (labels[next + 1] & DATE) && is_header_block(lines, labels, next, true) ?
	    EDGE_EITHER : EDGE_HISTORY;
}

static bool
next_is_header(const GArray *lines, const uint8_t *labels, size_t at)
{
	size_t	next = trim_lines_skip_blank(lines, at + 1, lines->len);

	return next < lines->len && labels[next] != 0 && labels[next] != OTHER &&
	    is_header_block(lines, labels, next, true);
}

/* "Begin forwarded message:" in Apple's many languages. */
static bool
is_begin_forward(const char *p, size_t len)
{
	if (len > 1 && p[len - 1] == ':')
		len--;
	else if (len > 3 && memcmp(p + len - 3, "：", 3) == 0)
		len -= 3;
	else
		return false;
	while (len > 2 && (p[len - 1] == ' ' || memcmp(p + len - 2, "\xC2\xA0", 2) == 0))
		len -= p[len - 1] == ' ' ? 1 : 2;
	return quote_is(QUOTE_BEGIN_FORWARD, p, len);
}

/* "=== Please answer above this line ===" in whatever words. */
static bool
is_marker(const struct trim_line *l, const char *core, size_t len, size_t dashes, bool top)
{
	if (quote_begins_any(QUOTE_MARKER, core, len))
		return top || dashes >= 2 || trim_line_is_blank(l - 1) || is_rule(l - 1);
	return dashes >= 2 && core + len < l->body + l->body_len &&
	    quote_holds_any(QUOTE_ABOVE, core, len) && quote_holds_any(QUOTE_LINE, core, len);
}

static enum trim_edge
read_words(const GArray *lines, const uint8_t *labels, size_t at)
{
	const struct trim_line	*l = trim_line_at(lines, at);
	const char		*core;
	size_t			 len, dashes = undecorate(l, &core, &len);

	if (len == 0 || l->body_len > WORDS_MAX)
		return EDGE_NONE;
	if (is_begin_forward(core, len))
		return EDGE_FORWARD;
	if (dashes >= 2) {
		if (quote_begins_any(QUOTE_FORWARD, core, len))
			return EDGE_FORWARD;
		if (quote_begins_any(QUOTE_ORIGINAL, core, len) ||
		    (dashes >= 4 && quote_is(QUOTE_BETWEEN, core, len)))
			return judge_original(lines, labels, at);
	} else if (len < 60 && next_is_header(lines, labels, at)) {
		len -= core[len - 1] == ':';
		if (quote_is(QUOTE_FORWARD, core, len))
			return EDGE_FORWARD;
		if (quote_is(QUOTE_ORIGINAL, core, len))
			return EDGE_HISTORY;
	}
	return is_marker(l, core, len, dashes, at == 0) ? EDGE_HISTORY : EDGE_NONE;
}

bool
trim_edge_is_block(const GArray *lines, const uint8_t *labels, size_t at)
{
	return (labels[at] & (uint8_t)~OTHER) != 0 && is_header_block(lines, labels, at, false);
}

enum trim_edge
trim_edge_find(const GArray *lines, const uint8_t *labels, size_t at, size_t *first)
{
	const struct trim_line	*l = trim_line_at(lines, at);
	enum trim_edge		 edge;

	*first = at;
	if (trim_line_is_blank(l))
		return EDGE_NONE;
	if (l->marks & HTML_MARK_FORWARD)
		return EDGE_FORWARD;
	if ((edge = read_words(lines, labels, at)) != EDGE_NONE) {
		if (edge != EDGE_FORWARD)
			*first = with_rules(lines, at);
		return edge;
	}
	if (l->kind == TRIM_QUOTE)
		return EDGE_NONE;
	if (!(l->marks & HTML_MARK_CUT) && (labels[at] == 0 ||
	    (labels[at] == OTHER && !(l->marks & HTML_MARK_BORDER))))
		return EDGE_NONE;
	*first = with_rules(lines, at);
	if ((l->marks & HTML_MARK_CUT) || is_bordered_block(lines, labels, at) ||
	    (labels[at] != OTHER && is_header_block(lines, labels, at, *first < at)))
		return EDGE_HISTORY;
	*first = at;
	return EDGE_NONE;
}
