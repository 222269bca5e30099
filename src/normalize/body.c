/* SPDX-License-Identifier: ISC */
#include "normalize/body.h"

#include <string.h>

#include "base/text.h"
#include "normalize/html_text.h"
#include "normalize/tnef.h"

static unsigned
quote_depth(const char *line, size_t n)
{
	unsigned	d = 0;

	while (d < n && line[d] == '>')
		d++;
	return d;
}

static bool
is_signature_mark(const char *line, size_t n)
{
	return n == 3 && memcmp(line, "-- ", 3) == 0;
}

char *
body_unflow(const char *text, bool delsp)
{
	GString		*out = g_string_sized_new(strlen(text));
	const char	*p = text, *lf;
	unsigned	 depth, open_depth = 0;
	bool		 open = false;		/* the line before was soft */
	size_t		 n, skip;

	for (; *p != '\0'; p = *lf != '\0' ? lf + 1 : lf) {
		lf = strchrnul(p, '\n');
		n = (size_t)(lf - p);
		depth = quote_depth(p, n);
		skip = depth;
		if (skip < n && p[skip] == ' ')		/* stuffed */
			skip++;
		if (open && (depth != open_depth || is_signature_mark(p + skip, n - skip))) {
			g_string_append_c(out, '\n');
			open = false;
		}
		if (!open && depth > 0) {
			g_string_append_len(out, p, depth);
			g_string_append_c(out, ' ');
		}
		open = n > skip && p[n - 1] == ' ' && !is_signature_mark(p + skip, n - skip);
		g_string_append_len(out, p + skip, (gssize)(n - skip - (open && delsp)));
		if (!open && *lf != '\0')
			g_string_append_c(out, '\n');
		open_depth = depth;
	}
	return g_string_free(out, FALSE);
}

/* text/enriched and text/richtext: commands in angle brackets, "<<" is "<". */
static char *
plain_of_enriched(const char *text, bool rich)
{
	GString		*out = g_string_new(NULL);
	const char	*c, *close;
	bool		 params = true;		/* a </param> may still come */

	for (c = text; *c != '\0'; c++) {
		if (*c == '<' && c[1] == '<') {
			g_string_append_c(out, *c++);
		} else if (*c == '<' && (close = memchr(c, '>', strnlen(c, 80))) != NULL) {
			if (rich && g_ascii_strncasecmp(c, "<nl>", 4) == 0)
				g_string_append_c(out, '\n');
			else if (params && g_ascii_strncasecmp(c, "<param>", 7) == 0) {
				const char	*end = strstr(c, "</param>");

				params = end != NULL;
				close = end != NULL ? end + 7 : close;
			}
			c = close;
		} else if (*c == '\n' && !rich) {
			size_t	n = strspn(c, "\n");

			/* a single line end is a blank, n of them are n - 1 */
			if (n == 1)
				g_string_append_c(out, ' ');
			else
				g_string_append_len(out, c, (gssize)n - 1);
			c += n - 1;
		} else {
			g_string_append_c(out, *c);
		}
	}
	return g_string_free(out, FALSE);
}

static bool
is_blank(const char *text)
{
	const char	*p;

	for (p = text; *p != '\0'; p = g_utf8_next_char(p)) {
		gunichar c = g_utf8_get_char(p);

		if (!g_unichar_isspace(c) && c != 0xa0 && c != 0x200b && c != 0xfeff)
			return false;
	}
	return true;
}

static bool
is_type(const struct mail_part *p, const char *type)
{
	return strcmp(p->content_type, type) == 0;
}

/* Written by Outlook and NeXT as one of the alternatives, or alone. */
static bool
is_rtf(const struct mail_part *p)
{
	return is_type(p, "text/rtf") && p->filename == NULL && g_str_has_prefix(p->text, "{\\rtf");
}

static bool
is_readable(const struct mail_part *p)
{
	return p->text != NULL && (is_rtf(p) || is_type(p, "text/plain") || is_type(p, "text/html") ||
	    is_type(p, "text/enriched") || is_type(p, "text/richtext") ||
	    is_type(p, "text/markdown") || is_type(p, "text/x-markdown") ||
	    is_type(p, "text/x-web-markdown") || is_type(p, "text/unknown"));
}

/* Is this leaf part of what the sender wrote, not a file? */
static bool
is_body(const struct mail_part *p, bool first)
{
	bool	attached = p->disposition != NULL && strcmp(p->disposition, "attachment") == 0;

	if (p->depth == 0 && p->filename == NULL)
		return p->text != NULL && g_str_has_prefix(p->content_type, "text/") &&
		    !is_type(p, "text/calendar") && !is_type(p, "text/rfc822-headers") &&
		    (!attached || is_readable(p));
	if (!is_readable(p) || attached)
		return false;
	return p->filename == NULL || first || p->in_alternative;
}

static char *
plain_of(const struct mail_part *p)
{
	if (is_type(p, "text/html"))
		return html_text(p->text, p->text_len);
	if (is_type(p, "text/enriched") || is_type(p, "text/richtext"))
		return plain_of_enriched(p->text, is_type(p, "text/richtext"));
	if (is_rtf(p)) {
		char	*text = tnef_rtf_text(p->text, p->text_len);

		return text != NULL ? text : g_strdup("");
	}
	if (p->format != NULL && strcmp(p->format, "flowed") == 0)
		return body_unflow(p->text, p->delsp != NULL && strcmp(p->delsp, "yes") == 0);
	return g_strdup(p->text);
}

static void
append_text(GString *all, const char *text)
{
	if (is_blank(text))
		return;
	if (all->len > 0) {
		while (all->len > 0 && all->str[all->len - 1] == '\n')
			g_string_truncate(all, all->len - 1);
		g_string_append(all, "\n\n");
		text += strspn(text, "\n");
	}
	g_string_append(all, text);
}

/* "Your mail program cannot show HTML": not what the sender wrote, if the HTML
 * says much more. */
static bool
may_be_placeholder(const char *plain)
{
	return strlen(plain) < 300 &&
	    (strcasestr(plain, "html") != NULL || strcasestr(plain, "view this") != NULL);
}

/* One alternative, or one leaf outside of any: the best text of it. */
struct group {
	GString	*plain, *html_made, *html;
};

static bool
in_group(const struct mail_part *p, bool used, bool is_first, unsigned id)
{
	return used && (id != 0 ? p->alternative_id == id : is_first);
}

static void
gather(const struct mail_view *v, guint from, unsigned id, const bool *used, struct group *g)
{
	guint	i;

	for (i = from; i < v->parts->len; i++) {
		const struct mail_part	*p = g_ptr_array_index(v->parts, i);
		g_autofree char		*plain = NULL;

		if (!in_group(p, used[i], i == from, id))
			continue;
		if (is_type(p, "text/html")) {
			if (g->html->len > 0)
				g_string_append_c(g->html, '\n');
			g_string_append(g->html, p->text);
		} else if (g->plain->len == 0 || !(is_type(p, "text/enriched") || is_rtf(p))) {
			plain = plain_of(p);
			append_text(g->plain, plain);
		}
	}
}

/* The HTML of the group as text: takes long, so only where it is needed. */
static void
render(const struct mail_view *v, guint from, unsigned id, const bool *used, struct group *g)
{
	guint	i;

	for (i = from; i < v->parts->len; i++) {
		const struct mail_part	*p = g_ptr_array_index(v->parts, i);
		g_autofree char		*plain = NULL;

		if (!in_group(p, used[i], i == from, id) || !is_type(p, "text/html"))
			continue;
		plain = plain_of(p);
		append_text(g->html_made, plain);
	}
}

/* Plain text between parts of HTML has its place in the page, too. */
static void
append_as_html(GString *html, const char *plain)
{
	g_autofree char	*escaped = g_markup_escape_text(plain, -1);
	g_auto(GStrv)	 lines = g_strsplit(g_strchomp(escaped), "\n", -1);
	g_autofree char	*joined = g_strjoinv("<br>\n", lines);

	g_string_append_printf(html, "<div>%s</div>\n", joined);
}

static void
add_html(GString *html, const struct group *g)
{
	if (html->len > 0)
		g_string_append_c(html, '\n');
	if (g->html->len > 0)
		g_string_append_len(html, g->html->str, (gssize)g->html->len);
	else
		append_as_html(html, g->plain->str);
}

static bool
has_page(const struct mail_view *v, const bool *used)
{
	guint	i;

	for (i = 0; i < v->parts->len; i++)
		if (used[i] && is_type(g_ptr_array_index(v->parts, i), "text/html"))
			return true;
	return false;
}

/* html: NULL if the mail has no page at all. */
static void
add_group(const struct mail_view *v, guint from, unsigned id, struct body *b, GString *text,
    GString *html, bool *made)
{
	struct group	 g = { g_string_new(NULL), g_string_new(NULL), g_string_new(NULL) };

	gather(v, from, id, b->used, &g);
	if (g.plain->len == 0 || may_be_placeholder(g.plain->str))
		render(v, from, id, b->used, &g);
	if (g.plain->len > 0 && g.html_made->len <= 3 * g.plain->len) {
		append_text(text, g.plain->str);
	} else {
		append_text(text, g.html_made->len > 0 ? g.html_made->str : g.plain->str);
		*made = *made || g.html_made->len > 0;
	}
	if (html != NULL)
		add_html(html, &g);
	g_string_free(g.plain, TRUE);
	g_string_free(g.html_made, TRUE);
	g_string_free(g.html, TRUE);
}

static char *
take_capped(struct mail_view *v, GString *s, size_t max, const char *what)
{
	if (s->len > max) {
		g_string_truncate(s, text_cut(s->str, s->len, max));
		mail_view_warn(v, "%s-cut: %zu bytes kept", what, s->len);
	}
	return g_string_free(s, FALSE);
}

void
body_choose(struct mail_view *v, size_t max, struct body *b)
{
	GString		*text = g_string_new(NULL), *html;
	g_autoptr(GHashTable) done = g_hash_table_new(NULL, NULL);
	bool		 first = true;
	guint		 i;

	b->used = g_new0(bool, v->parts->len + 1);
	b->text_is_html = false;
	for (i = 0; i < v->parts->len; i++) {
		const struct mail_part *p = g_ptr_array_index(v->parts, i);

		b->used[i] = is_body(p, first);
		if (is_readable(p))
			first = false;
	}
	html = has_page(v, b->used) ? g_string_new(NULL) : NULL;
	for (i = 0; i < v->parts->len; i++) {
		const struct mail_part *p = g_ptr_array_index(v->parts, i);

		if (!b->used[i])
			continue;
		if (p->alternative_id != 0 &&
		    !g_hash_table_add(done, GUINT_TO_POINTER(p->alternative_id)))
			continue;
		add_group(v, i, p->alternative_id, b, text, html, &b->text_is_html);
	}
	b->text = take_capped(v, text, max, "text");
	b->html = html != NULL && html->len > 0 ? take_capped(v, html, max, "html") : NULL;
	if (html != NULL && b->html == NULL)
		g_string_free(html, TRUE);
}

void
body_clear(struct body *b)
{
	g_free(b->text);
	g_free(b->html);
	g_free(b->used);
}
