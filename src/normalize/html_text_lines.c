/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "normalize/html_entities.h"
#include "normalize/html_text_lines.h"

/* Deeper nesting is not shown: each line would grow with it. */
#define QUOTES_MAX	16
#define LISTS_MAX	8

#define NO_BREAK_SPACE	0xA0

void
html_layout_init(struct html_layout *lo, struct html_page *page)
{
	memset(lo, 0, sizeof *lo);
	lo->page = page;
	lo->line = g_string_new(NULL);
}

/* Characters that are there to be measured, not seen. */
static bool
is_invisible(gunichar c)
{
	return c == 0xAD || c == 0x34F || c == 0x200B || c == 0x2060 ||
	    c == 0xFEFF || c == 0x61C || c == 0x180E;
}

/* Join and direction marks: kept inside words, nothing by themselves. */
static bool
is_joiner(gunichar c)
{
	return (c >= 0x200C && c <= 0x200F) || (c >= 0x202A && c <= 0x202E) ||
	    (c >= 0x2066 && c <= 0x2069);
}

static size_t
write_prefix(GString *text, unsigned quotes)
{
	size_t	from = text->len;

	for (quotes = MIN(quotes, QUOTES_MAX); quotes > 0; quotes--)
		g_string_append(text, "> ");
	return text->len - from;
}

static void
write_line(struct html_layout *lo, const struct html_place *at, const GString *words)
{
	GString			*text = lo->page->text;
	struct html_line	 l;

	l.off = text->len;
	l.marks = at->marks;
	l.prefix = write_prefix(text, at->quotes);
	if (words != NULL)
		g_string_append_len(text, words->str, (gssize)words->len);
	else if (l.prefix > 0)
		g_string_truncate(text, l.off + --l.prefix);
	l.len = text->len - l.off;
	g_string_append_c(text, '\n');
	g_array_append_val(lo->page->lines, l);
}

/* A blank line belongs to the quote only if its neighbours both do. */
static void
write_blank(struct html_layout *lo)
{
	const GArray			*lines = lo->page->lines;
	const struct html_line		*last;
	struct html_place		 at = lo->at;

	if (lines->len == 0)
		return;
	last = &g_array_index(lines, struct html_line, lines->len - 1);
	at.marks &= last->marks & ~(unsigned)(HTML_MARK_CUT | HTML_MARK_RULE);
	at.quotes = MIN(MIN(at.quotes, QUOTES_MAX), (unsigned)(last->prefix + 1) / 2);
	write_line(lo, &at, NULL);
}

static void
write_out(struct html_layout *lo)
{
	GString	*line = lo->line;

	while (line->len > 0 && strchr(" \t", line->str[line->len - 1]) != NULL)
		g_string_truncate(line, line->len - 1);
	if (!lo->seen) {
		lo->blank |= lo->held | lo->after;
	} else {
		if (lo->blank)
			write_blank(lo);
		write_line(lo, &lo->at, line);
		lo->blank = lo->after;
		lo->done++;
	}
	g_string_truncate(line, 0);
	lo->seen = lo->held = lo->space = lo->cell = lo->after = lo->broken = false;
}

void
html_layout_finish(struct html_layout *lo)
{
	write_out(lo);
	g_string_free(lo->line, TRUE);
}

void
html_layout_flush(struct html_layout *lo)
{
	if (lo->seen || lo->held)
		write_out(lo);
}

void
html_layout_break(struct html_layout *lo)
{
	if (lo->cell)
		return;		/* a block at the beginning of a cell */
	if (lo->seen)
		lo->broken = true;
	else if (lo->held)
		write_out(lo);
}

void
html_layout_paragraph(struct html_layout *lo)
{
	if (lo->cell)
		return;
	if (lo->seen)
		lo->broken = lo->after = true;
	else
		lo->blank = true;
}

void
html_layout_br(struct html_layout *lo)
{
	bool	empty = lo->broken || !(lo->seen || lo->held);

	html_layout_flush(lo);
	lo->blank |= empty;
}

void
html_layout_cell(struct html_layout *lo, size_t first)
{
	if (!lo->seen)
		return;
	if (lo->done != first) {
		lo->broken = true;
		return;
	}
	lo->broken = lo->after = false;
	lo->cell = true;
}

/* The line's first word: now it is known where the line stands. */
static void
begin_line(struct html_layout *lo, const struct html_place *at)
{
	unsigned	 lists = MIN(at->lists, LISTS_MAX), indent;
	g_autofree char	*lead = NULL;

	lo->at = *at;
	lo->at.marks |= lo->once;
	lo->once = 0;
	lo->seen = true;
	indent = lists == 0 ? 0 : 2 * (lists - (lo->bullet[0] != '\0'));
	if (indent > 0 || lo->bullet[0] != '\0') {
		lead = g_strdup_printf("%*s%s", (int)indent, "", lo->bullet);
		g_string_prepend(lo->line, lead);
		lo->bullet[0] = '\0';
	}
}

/* Before anything that is seen: end what has to end, set what stands between. */
static void
begin_word(struct html_layout *lo, const struct html_place *at)
{
	if (lo->broken)
		write_out(lo);
	if (!lo->seen)
		begin_line(lo, at);
	else if (lo->cell)
		g_string_append_c(lo->line, '\t');
	else if (lo->space)
		g_string_append_c(lo->line, ' ');
	lo->cell = lo->space = false;
}

static void
put_space(struct html_layout *lo, const struct html_place *at, char c)
{
	if (!at->preformatted) {
		lo->space = true;
		return;
	}
	if (c == '\r')
		return;
	if (c == '\n') {
		html_layout_br(lo);
		return;
	}
	if (lo->broken)
		write_out(lo);
	g_string_append_c(lo->line, c == '\f' ? ' ' : c);
}

static void
put_no_break(struct html_layout *lo, const struct html_place *at)
{
	if (lo->broken)
		write_out(lo);
	if (lo->seen || at->preformatted) {
		if (lo->cell)
			return;
		if (lo->space)
			g_string_append_c(lo->line, ' ');
		lo->space = false;
		g_string_append_c(lo->line, ' ');
	}
	lo->held = true;
}

static void
put_character(struct html_layout *lo, const struct html_place *at, gunichar c)
{
	if (c == NO_BREAK_SPACE || c == 0x202F || c == 0x2007)
		put_no_break(lo, at);
	else if (c < 0x80 && g_ascii_isspace((char)c))
		put_space(lo, at, (char)c);
	else if (is_joiner(c) && !lo->seen)
		return;
	else if (c >= 0x20 && c != 0x7F && !is_invisible(c)) {
		begin_word(lo, at);
		g_string_append_unichar(lo->line, c);
	}
}

static inline bool
is_plain(char c)
{
	return c > ' ' && c < 0x7F && c != '&';
}

/* Plain letters, the bulk of all text, go over in one piece, with the single
 * blanks between words unless each may be one of several that count. */
static size_t
put_run(struct html_layout *lo, const struct html_place *at, const char *p, size_t len)
{
	size_t	n = 0;

	while (n < len && (is_plain(p[n]) || (p[n] == ' ' && n > 0 && !at->preformatted &&
	    n + 1 < len && is_plain(p[n + 1]))))
		n++;
	if (n > 0) {
		begin_word(lo, at);
		g_string_append_len(lo->line, p, (gssize)n);
	}
	return n;
}

void
html_layout_words(struct html_layout *lo, const struct html_place *at,
    const char *p, size_t len, bool raw)
{
	const char	*end = p + len;
	size_t		 used;
	gunichar	 c;

	while (p < end) {
		used = put_run(lo, at, p, (size_t)(end - p));
		if (used == 0 && *p == '&' && !raw &&
		    (used = html_entity_read(p, (size_t)(end - p), false, &c)) > 0)
			put_character(lo, at, c);
		else if (used == 0) {
			c = g_utf8_get_char(p);
			used = (size_t)(g_utf8_next_char(p) - p);
			put_character(lo, at, c);
		}
		p += used;
	}
}
