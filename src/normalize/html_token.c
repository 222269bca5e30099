/* SPDX-License-Identifier: ISC */
#include <glib.h>
#include <string.h>

#include "normalize/html_token.h"

/* A tag cut off at the end of the mail is dropped, unless it is this long. */
#define TAIL_MAX	1024

static bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

static const char *
find_char(const char *p, const char *end, char c)
{
	return p < end ? memchr(p, c, (size_t)(end - p)) : NULL;
}

static struct html_span
span(const char *from, const char *to)
{
	return (struct html_span){ from, (size_t)(to - from) };
}

void
html_token_init(struct html_lexer *lx, const char *html, size_t len)
{
	memset(lx, 0, sizeof *lx);
	lx->p = html;
	lx->end = html + len;
}

/*
 * Where a comment that began with "<!--" ends: the first of "-->" and "--!>";
 * p is behind the two dashes, and "<!-->" and "<!--->" are whole comments.
 */
static const char *
find_comment_end(const char *p, const char *end, const char **behind)
{
	const char	*dash;

	if (p < end && *p == '>')
		return (*behind = p + 1, p);
	if (end - p > 1 && p[0] == '-' && p[1] == '>')
		return (*behind = p + 2, p);
	for (; (dash = find_char(p, end, '-')) != NULL; p = dash + 1) {
		if (end - dash > 2 && dash[1] == '-' && dash[2] == '>')
			return (*behind = dash + 3, dash);
		if (end - dash > 3 && dash[1] == '-' && dash[2] == '!' && dash[3] == '>')
			return (*behind = dash + 4, dash);
	}
	return NULL;
}

/* "<!...", "<?..." and "</" before something that is no name; p at the '<'. */
static void
read_declaration(struct html_lexer *lx, struct html_token *t)
{
	const char	*from = lx->p + 2, *stop = NULL, *behind = NULL;

	if (lx->end - from >= 2 && lx->p[1] == '!' && memcmp(from, "--", 2) == 0 &&
	    !lx->comments_open) {
		stop = find_comment_end(from + 2, lx->end, &behind);
		lx->comments_open = stop == NULL;
	}
	if (stop == NULL && (stop = find_char(from, lx->end, '>')) != NULL)
		behind = stop + 1;
	if (stop == NULL)
		stop = behind = lx->end;
	t->kind = HTML_COMMENT;
	t->text = span(from, stop);
	lx->p = behind;
}

static const char *
skip_space(const char *p, const char *end)
{
	while (p < end && (is_space(*p) || *p == '/'))
		p++;
	return p;
}

/*
 * The value behind a '='; NULL if its quote is never closed.  When that was
 * seen once, quotes end at '>' from then on: else each of many tags would
 * search to the end of the mail.
 */
static const char *
read_value(const struct html_lexer *lx, const char *p, struct html_span *value)
{
	const char	*from, *end = lx->end;
	char		 quote;

	while (p < end && is_space(*p))
		p++;
	if (p < end && (*p == '"' || *p == '\'')) {
		quote = *p++;
		from = p;
		if (!lx->quotes_open) {
			if ((p = find_char(from, end, quote)) == NULL)
				return NULL;
		} else
			while (p < end && *p != quote && *p != '>')
				p++;
		*value = span(from, p);
		return p < end && *p == quote ? p + 1 : p;
	}
	from = p;
	while (p < end && !is_space(*p) && *p != '>')
		p++;
	*value = span(from, p);
	return p;
}

/* Attributes up to '>'; NULL if the tag never ends. */
static const char *
read_attrs(const struct html_lexer *lx, const char *p, struct html_token *t)
{
	struct html_attr	 a;
	const char		*from, *after, *end = lx->end;

	t->attrs = 0;
	for (;;) {
		p = skip_space(p, end);
		if (p == end)
			return NULL;
		if (*p == '>')
			return p + 1;
		from = p++;
		while (p < end && !is_space(*p) && *p != '=' && *p != '>' && *p != '/')
			p++;
		a.name = span(from, p);
		a.value = span(p, p);
		for (after = p; after < end && is_space(*after); after++)
			;
		if (after < end && *after == '=' &&
		    (p = read_value(lx, after + 1, &a.value)) == NULL)
			return NULL;
		if (t->attrs < HTML_ATTRS_MAX)
			t->attr[t->attrs++] = a;
	}
}

/* "<jo@example.com>" and "<https://...>" in HTML made of plain text. */
static bool
is_really_text(struct html_span name)
{
	if (memchr(name.p, '<', name.len) != NULL)
		return false;	/* so that no byte is looked at twice */
	return memchr(name.p, '@', name.len) != NULL ||
	    html_span_is(name, "http:") || html_span_is(name, "https:") ||
	    (name.len > 7 && g_ascii_strncasecmp(name.p, "mailto:", 7) == 0);
}

/* Where "</name" is from p on, or NULL. */
static const char *
find_raw_end(const struct html_lexer *lx, const char *p, enum html_tag tag)
{
	const char	*name = html_tag_name(tag);
	size_t		 len = strlen(name);

	for (; (p = find_char(p, lx->end, '<')) != NULL; p++)
		if ((size_t)(lx->end - p) >= len + 2 && p[1] == '/' &&
		    g_ascii_strncasecmp(p + 2, name, len) == 0 &&
		    (p + 2 + len == lx->end || is_space(p[2 + len]) ||
		    p[2 + len] == '>' || p[2 + len] == '/'))
			return p;
	return NULL;
}

/*
 * Behind the start tag of a script, style, title: its text ends at its end
 * tag.  Without one, a script takes the rest of the mail, as in a browser;
 * but a title or textarea shall not, it counts as an unknown element.
 */
static void
begin_raw(struct html_lexer *lx, struct html_token *t)
{
	bool	keep = t->tag == HTML_TITLE ||
	    !(html_tag_traits(t->tag) & HTML_UNSEEN);

	if (!keep || !lx->raw_open) {
		lx->raw_end = find_raw_end(lx, lx->p, t->tag);
		if (lx->raw_end == NULL && !keep)
			lx->raw_end = lx->end;
	}
	if (lx->raw_end != NULL) {
		lx->inside = t->tag;
		return;
	}
	lx->raw_open = true;
	t->tag = HTML_OTHER;
}

static bool
read_raw(struct html_lexer *lx, struct html_token *t)
{
	t->kind = HTML_TEXT;
	t->text = span(lx->p, lx->raw_end);
	t->raw = lx->inside != HTML_TITLE && lx->inside != HTML_TEXTAREA;
	lx->inside = HTML_OTHER;
	lx->p = lx->raw_end;
	lx->raw_end = NULL;
	return t->text.len > 0;
}

/* p at the '<' before a letter; false if this is text after all. */
static bool
read_tag(struct html_lexer *lx, struct html_token *t, bool closing)
{
	const char	*from = lx->p + (closing ? 2 : 1), *p = from, *behind;

	while (p < lx->end && !is_space(*p) && *p != '>' && *p != '/')
		p++;
	t->name = span(from, p);
	if (is_really_text(t->name))
		return false;
	if ((behind = read_attrs(lx, p, t)) == NULL && !lx->quotes_open) {
		lx->quotes_open = true;
		behind = read_attrs(lx, p, t);
	}
	if (behind == NULL && lx->end - lx->p > TAIL_MAX) {
		lx->tags_over = true;
		return false;
	}
	lx->p = behind != NULL ? behind : lx->end;
	t->kind = closing ? HTML_END : HTML_START;
	t->tag = html_tag_find(t->name);
	if (t->kind == HTML_START && (html_tag_traits(t->tag) & HTML_RAW))
		begin_raw(lx, t);
	return true;
}

static bool
is_markup(const struct html_lexer *lx, const char *p)
{
	if (lx->end - p < 2 || lx->tags_over)
		return false;
	return g_ascii_isalpha(p[1]) || p[1] == '!' || p[1] == '?' || p[1] == '/';
}

static bool
read_markup(struct html_lexer *lx, struct html_token *t)
{
	const char	*p = lx->p;

	if (g_ascii_isalpha(p[1]))
		return read_tag(lx, t, false);
	if (p[1] == '/' && lx->end - p > 2 && g_ascii_isalpha(p[2]))
		return read_tag(lx, t, true);
	if (p[1] == '/' && lx->end - p < 3)
		return false;
	read_declaration(lx, t);
	return true;
}

bool
html_token_next(struct html_lexer *lx, struct html_token *t)
{
	const char	*p;

	t->tag = HTML_OTHER;
	t->attrs = 0;
	t->raw = false;
	if (lx->inside != HTML_OTHER && read_raw(lx, t))
		return true;
	if (lx->p == lx->end)
		return false;
	p = lx->p;
	if (*p == '<') {
		if (is_markup(lx, p) && read_markup(lx, t))
			return true;
		p++;
	}
	while ((p = find_char(p, lx->end, '<')) != NULL && !is_markup(lx, p))
		p++;
	t->kind = HTML_TEXT;
	t->text = span(lx->p, p != NULL ? p : lx->end);
	lx->p = t->text.p + t->text.len;
	return true;
}

const struct html_span *
html_token_attr(const struct html_token *t, const char *name)
{
	unsigned	i;

	for (i = 0; i < t->attrs; i++)
		if (html_span_is(t->attr[i].name, name))
			return &t->attr[i].value;
	return NULL;
}
