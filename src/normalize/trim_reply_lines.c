/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "normalize/quote_words.h"
#include "normalize/trim_reply_lines.h"

#define INITIALS_MAX	4	/* "JD> ..." */
#define INDENT_MAX	3	/* blanks in front of a '>' */

/* Blanks of any kind, and marks of direction and joining that nobody sees. */
static bool
is_unseen(gunichar c)
{
	return c == 0xA0 || c == 0xAD || (c >= 0x2000 && c <= 0x200F) ||
	    (c >= 0x2028 && c <= 0x202F) || (c >= 0x2060 && c <= 0x2064) ||
	    (c >= 0x2066 && c <= 0x2069) || c == 0x3000 || c == 0xFEFF;
}

static size_t
space_at(const char *p, const char *end)
{
	if (p == end || (unsigned char)*p < 0x80)
		return p < end && g_ascii_isspace(*p);
	return is_unseen(g_utf8_get_char(p)) ? (size_t)(g_utf8_next_char(p) - p) : 0;
}

static size_t
space_before(const char *p, const char *from)
{
	const char	*c;

	if (p == from || (unsigned char)p[-1] < 0x80)
		return p > from && g_ascii_isspace(p[-1]);
	c = g_utf8_find_prev_char(from, p);
	return c != NULL && is_unseen(g_utf8_get_char(c)) ? (size_t)(p - c) : 0;
}

/* The initials of Emacs and others: "JD> " (but no "a -> b", no "<x>"). */
static size_t
initials_at(const char *p, const char *end)
{
	size_t	n = 0;

	while (n < INITIALS_MAX && p + n < end && g_ascii_isupper(p[n]))
		n++;
	return n > 0 && end - p > (ptrdiff_t)n + 1 && p[n] == '>' && p[n + 1] == ' ' ?
	    n + 1 : 0;
}

/* "| quoted", but not a row of a table drawn with bars. */
static bool
is_bar(const char *p, const char *end)
{
	return end - p > 2 && p[0] == '|' && p[1] == ' ' &&
	    memchr(p + 2, '|', (size_t)(end - p - 2)) == NULL;
}

/* One level of quote marks; 0 bytes if there is none. */
static size_t
mark_at(const char *p, const char *end)
{
	size_t	n = 0, k;

	while (n < INDENT_MAX && p + n < end && p[n] == ' ')
		n++;
	p += n;
	if (p == end)
		return 0;
	if (*p == '>')
		return n + 1;
	if ((k = initials_at(p, end)) > 0)
		return n + k;
	return is_bar(p, end) ? n + 1 : 0;
}

/* ">From" at a line's beginning is how mbox files guard a line of text. */
static bool
is_guarded_from(const char *p, const char *end)
{
	return end - p > 6 && memcmp(p, ">From ", 6) == 0;
}

static void
read_line(struct trim_line *l, const char *p, const char *end, size_t prefix)
{
	size_t	n;

	memset(l, 0, sizeof *l);
	l->p = p;
	l->len = (size_t)(end - p);
	p += prefix;
	while (!is_guarded_from(p, end) && (n = mark_at(p, end)) > 0) {
		p += n;
		l->depth++;
	}
	while ((n = space_at(p, end)) > 0)
		p += n;
	while ((n = space_before(end, p)) > 0)
		end -= n;
	l->body = p;
	l->body_len = (size_t)(end - p);
	if (l->body_len > 2 && memcmp(end - 2, "<<", 2) == 0)
		l->depth = 0;		/* ">>> look here <<<" */
	l->kind = l->body_len == 0 ? TRIM_BLANK : TRIM_TEXT;
	if (l->depth > 0)
		l->kind = TRIM_QUOTE;
}

/* "... < jo@example.com", and below it "> wrote:". */
static bool
closes_address(const GArray *lines, const struct trim_line *l)
{
	const struct trim_line	*above;

	if (l->depth != 1 || l->body_len < 2 || lines->len == 0 || l->body[l->body_len - 1] != ':')
		return false;
	above = trim_line_at(lines, lines->len - 1);
	return above->depth == 0 && memchr(above->p, '@', above->len) != NULL &&
	    (memrchr(above->p, '<', above->len) > memrchr(above->p, '>', above->len) ||
	    quote_is(QUOTE_VERB, l->body, l->body_len - 1));
}

GArray *
trim_lines_of_text(const char *text)
{
	GArray			*lines = g_array_new(FALSE, FALSE, sizeof(struct trim_line));
	const char		*p = text, *end;
	struct trim_line	 l;

	while (*p != '\0') {
		end = p + strcspn(p, "\n");
		read_line(&l, p, end, 0);
		if (closes_address(lines, &l)) {
			l.body_len += (size_t)(l.body - l.p);
			l.body = l.p;
			l.depth = 0;
			l.kind = TRIM_TEXT;
		}
		g_array_append_val(lines, l);
		p = *end == '\n' ? end + 1 : end;
	}
	return lines;
}

GArray *
trim_lines_of_page(const struct html_page *page)
{
	GArray			*lines = g_array_new(FALSE, FALSE, sizeof(struct trim_line));
	const struct html_line	*h;
	struct trim_line	 l;
	const char		*p;
	size_t			 i;

	for (i = 0; i < page->lines->len; i++) {
		h = &g_array_index(page->lines, struct html_line, i);
		p = page->text->str + h->off;
		read_line(&l, p, p + h->len, h->prefix);
		l.marks = h->marks;
		if (l.marks & HTML_MARK_CITE)
			l.kind = TRIM_QUOTE;
		else if ((l.marks & HTML_MARK_INTRO) && l.body_len > 0)
			l.kind = TRIM_INTRO;
		g_array_append_val(lines, l);
	}
	return lines;
}

void
trim_lines_set(const GArray *lines, size_t from, size_t to, enum trim_kind kind)
{
	for (; from < to; from++)
		trim_line_at(lines, from)->kind = kind;
}

size_t
trim_lines_skip_blank(const GArray *lines, size_t i, size_t end)
{
	while (i < end && trim_line_is_blank(trim_line_at(lines, i)))
		i++;
	return i;
}
