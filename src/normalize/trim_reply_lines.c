/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "normalize/trim_reply_lines.h"

#define INITIALS_MAX	4	/* "JD> ..." */
#define INDENT_MAX	3	/* blanks in front of a '>' */

static size_t
space_at(const char *p, const char *end)
{
	if (p < end && (unsigned char)*p < 0x80)
		return g_ascii_isspace(*p) ? 1 : 0;
	if (end - p >= 2 && memcmp(p, "\xC2\xA0", 2) == 0)
		return 2;
	if (end - p >= 3 && memcmp(p, "\xE3\x80\x80", 3) == 0)
		return 3;
	return 0;
}

static size_t
space_before(const char *p, const char *from)
{
	if (p > from && (unsigned char)p[-1] < 0x80)
		return g_ascii_isspace(p[-1]) ? 1 : 0;
	if (p - from >= 2 && memcmp(p - 2, "\xC2\xA0", 2) == 0)
		return 2;
	if (p - from >= 3 && memcmp(p - 3, "\xE3\x80\x80", 3) == 0)
		return 3;
	return 0;
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
	l->kind = l->body_len == 0 ? TRIM_BLANK : TRIM_TEXT;
	if (l->depth > 0)
		l->kind = TRIM_QUOTE;
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
