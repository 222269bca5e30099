/* SPDX-License-Identifier: ISC */
#include <glib.h>
#include <string.h>

#include "normalize/html_entities.h"
#include "normalize/html_sanitise.h"
#include "normalize/html_text.h"
#include "normalize/html_text_style.h"
#include "normalize/html_token.h"
#include "normalize/html_token_nest.h"

#define DEPTH_MAX	256	/* deeper elements lose their tags, not their text */
#define ATTR_MAX	2048	/* bytes of an attribute that are kept */
#define SPAN_MAX	100	/* columns or rows */
#define ITEM_MAX	99999	/* number of a list's item */

struct open {
	enum html_tag		tag;	/* as in the input */
	struct html_span	name;
	enum html_tag		as;	/* as written; HTML_OTHER if not at all */
	bool			hidden;
};

struct work {
	GString		*out;
	GArray		*open;			/* struct open; never empty */
	unsigned	 beyond;		/* open below DEPTH_MAX */
	unsigned	 opened[HTML_TAGS];	/* by the tag in the input */
	unsigned	 written[HTML_TAGS];	/* by what it became */
	bool		 absent[HTML_TAGS];	/* not open in this scope */
};

/* What an element becomes; HTML_OTHER: only its content stays. */
static enum html_tag
rendering(enum html_tag tag)
{
	switch ((int)tag) {
	case HTML_P: case HTML_BR: case HTML_DIV: case HTML_SPAN: case HTML_B:
	case HTML_STRONG: case HTML_I: case HTML_EM: case HTML_U: case HTML_S:
	case HTML_A: case HTML_IMG: case HTML_UL: case HTML_OL: case HTML_LI:
	case HTML_TABLE: case HTML_THEAD: case HTML_TBODY: case HTML_TR:
	case HTML_TD: case HTML_TH: case HTML_BLOCKQUOTE: case HTML_PRE:
	case HTML_CODE: case HTML_H1: case HTML_H2: case HTML_H3: case HTML_H4:
	case HTML_H5: case HTML_H6: case HTML_HR:
		return tag;
	case HTML_STRIKE:
		return HTML_S;
	case HTML_TFOOT:
		return HTML_TBODY;
	case HTML_XMP: case HTML_LISTING: case HTML_TEXTAREA:
		return HTML_PRE;
	case HTML_MENU: case HTML_DIR:
		return HTML_UL;
	case HTML_HTML: case HTML_BODY: case HTML_HEAD: case HTML_CAPTION:
		return HTML_OTHER;
	}
	return html_tag_traits(tag) & HTML_BLOCK ? HTML_DIV : HTML_OTHER;
}

static struct open *
top(struct work *w)
{
	return &g_array_index(w->open, struct open, w->open->len - 1);
}

/* What a byte is written as; NULL: as it is, "": not at all. */
static const char *
escape_of(char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	case '`':
		return "&#96;";
	}
	return (unsigned char)c >= ' ' || c == '\t' || c == '\n' ? NULL : "";
}

/* The bytes that escape_of() has something for. */
static const bool *
escaped_bytes(void)
{
	static bool	escaped[256];
	static gsize	filled;
	int		c;

	if (g_once_init_enter(&filled)) {
		for (c = 0; c < 256; c++)
			escaped[c] = escape_of((char)c) != NULL;
		g_once_init_leave(&filled, 1);
	}
	return escaped;
}

static void
put_escaped(GString *out, const char *p, size_t len)
{
	const bool	*escaped = escaped_bytes();
	const char	*end = p + len, *run = p;

	for (; p < end; p++) {
		if (!escaped[(unsigned char)*p])
			continue;
		g_string_append_len(out, run, p - run);
		g_string_append(out, escape_of(*p));
		run = p + 1;
	}
	g_string_append_len(out, run, p - run);
}

static void
put_text(struct work *w, const struct html_token *t)
{
	g_autoptr(GString)	plain = NULL;

	if (top(w)->hidden)
		return;
	if (t->raw || memchr(t->text.p, '&', t->text.len) == NULL) {
		put_escaped(w->out, t->text.p, t->text.len);
		return;
	}
	plain = g_string_sized_new(t->text.len);
	html_entities_decode(plain, t->text.p, t->text.len, false);
	put_escaped(w->out, plain->str, plain->len);
}

static void
put_attr(GString *out, const char *name, const char *value)
{
	g_string_append_c(out, ' ');
	g_string_append(out, name);
	g_string_append(out, "=\"");
	put_escaped(out, value, strlen(value));
	g_string_append_c(out, '"');
}

/* The value of an attribute as a browser reads it, or NULL. */
static char *
value_of(const struct html_token *t, const char *name)
{
	const struct html_span	*v = html_token_attr(t, name);
	GString			*s;

	if (v == NULL || v->len > ATTR_MAX)
		return NULL;
	s = g_string_sized_new(v->len);
	html_entities_decode(s, v->p, v->len, true);
	return g_string_free(s, FALSE);
}

/*
 * Browsers forget tabs and line ends in an address and trim controls and
 * blanks around it; a blank within is written so that it stays one address.
 */
static char *
normal_url(const char *raw)
{
	GString	*url = g_string_new(NULL);

	while (*raw != '\0' && (unsigned char)*raw <= ' ')
		raw++;
	for (; *raw != '\0'; raw++)
		if (*raw == ' ')
			g_string_append(url, "%20");
		else if ((unsigned char)*raw > ' ' && *raw != 0x7F)
			g_string_append_c(url, *raw);
	while (g_str_has_suffix(url->str, "%20"))
		g_string_truncate(url, url->len - 3);
	return g_string_free(url, FALSE);
}

/* Marks that turn the direction of what follows hide where a link leads. */
static bool
has_direction_mark(const char *s)
{
	gunichar	c;

	for (; *s != '\0'; s = g_utf8_next_char(s)) {
		c = g_utf8_get_char(s);
		if ((c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069))
			return true;
	}
	return false;
}

static bool
is_harmless_url(const char *url)
{
	static const char *const schemes[] = { "http://", "https://", "mailto:", "tel:" };
	size_t	i;

	if (has_direction_mark(url))
		return false;
	for (i = 0; i < G_N_ELEMENTS(schemes); i++)
		if (g_ascii_strncasecmp(url, schemes[i], strlen(schemes[i])) == 0)
			return url[strlen(schemes[i])] != '\0';
	return false;
}

static char *
link_of(const struct html_token *t)
{
	g_autofree char	*raw = value_of(t, "href");
	g_autofree char	*url = raw != NULL ? normal_url(raw) : NULL;

	return url != NULL && is_harmless_url(url) ? g_steal_pointer(&url) : NULL;
}

/* "cid:part1.abc@example.com" names a picture in the same mail. */
static bool
is_content_id(const char *src)
{
	const char	*p;

	if (g_ascii_strncasecmp(src, "cid:", 4) != 0 || src[4] == '\0')
		return false;
	for (p = src + 4; *p != '\0'; p++)
		if (!g_ascii_isalnum(*p) && strchr("@._-+$=%~!", *p) == NULL)
			return false;
	return true;
}

static void
put_number_attr(GString *out, const struct html_token *t, const char *name, guint64 max)
{
	g_autofree char	*v = value_of(t, name);
	guint64		 n;

	if (v == NULL || strspn(v, "0123456789") != strlen(v))
		return;
	n = g_ascii_strtoull(v, NULL, 10);
	if (n >= 2 && n <= max)
		g_string_append_printf(out, " %s=\"%u\"", name, (unsigned)n);
}

/* The attributes any element may have. */
static void
put_common(GString *out, const struct html_token *t)
{
	g_autofree char	*title = value_of(t, "title");
	g_autofree char	*dir = value_of(t, "dir");
	g_autofree char	*lang = value_of(t, "lang");

	if (title != NULL && *title != '\0')
		put_attr(out, "title", title);
	if (dir != NULL && (g_ascii_strcasecmp(dir, "rtl") == 0 ||
	    g_ascii_strcasecmp(dir, "ltr") == 0 || g_ascii_strcasecmp(dir, "auto") == 0))
		put_attr(out, "dir", dir);
	if (lang != NULL && *lang != '\0' && strlen(lang) <= 35 &&
	    strspn(lang, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") ==
	    strlen(lang))
		put_attr(out, "lang", lang);
}

/* Pictures of the mail by their id; of all others the words. */
static void
put_picture(GString *out, const struct html_token *t)
{
	g_autofree char	*src = value_of(t, "src");
	g_autofree char	*alt = value_of(t, "alt");
	bool		 ours = src != NULL && is_content_id(src);

	if (html_look_is_pixel(t) || (!ours && (alt == NULL || *alt == '\0')))
		return;
	g_string_append(out, "<img");
	if (ours)
		put_attr(out, "src", src);
	put_attr(out, "alt", alt != NULL ? alt : "");
	put_common(out, t);
	g_string_append_c(out, '>');
}

/* Parts of a table count only in one: elsewhere a parser moves them about. */
static bool
is_misplaced(const struct work *w, enum html_tag tag)
{
	if (tag == HTML_TABLE || !html_nest_is_table_part(tag))
		return false;
	return w->written[HTML_TABLE] == 0 ||
	    (html_nest_is_cell(tag) && w->written[HTML_TR] == 0);
}

/* Writes the start tag; what the element became. */
static enum html_tag
put_start(struct work *w, const struct html_token *t)
{
	enum html_tag	as = rendering(t->tag);
	g_autofree char	*href = as == HTML_A ? link_of(t) : NULL;

	if (as == HTML_OTHER || is_misplaced(w, t->tag) ||
	    (as == HTML_A && (href == NULL || w->written[HTML_A] > 0)))
		return HTML_OTHER;
	g_string_append_c(w->out, '<');
	g_string_append(w->out, html_tag_name(as));
	if (href != NULL) {
		put_attr(w->out, "href", href);
		put_attr(w->out, "rel", "noopener noreferrer nofollow");
		put_attr(w->out, "target", "_blank");
	}
	if (html_nest_is_cell(as)) {
		put_number_attr(w->out, t, "colspan", SPAN_MAX);
		put_number_attr(w->out, t, "rowspan", SPAN_MAX);
	} else if (as == HTML_OL)
		put_number_attr(w->out, t, "start", ITEM_MAX);
	else if (as == HTML_LI)
		put_number_attr(w->out, t, "value", ITEM_MAX);
	put_common(w->out, t);
	g_string_append_c(w->out, '>');
	return as;
}

static void
pop_to(struct work *w, guint len)
{
	struct open	*e;

	while (w->open->len > len) {
		e = top(w);
		if (e->as != HTML_OTHER) {
			g_string_append(w->out, "</");
			g_string_append(w->out, html_tag_name(e->as));
			g_string_append_c(w->out, '>');
		}
		w->opened[e->tag]--;
		w->written[e->as]--;
		if ((html_tag_traits(e->tag) & HTML_SCOPE) || html_nest_is_list(e->tag))
			memset(w->absent, 0, sizeof w->absent);
		g_array_set_size(w->open, w->open->len - 1);
	}
	w->beyond = 0;
}

static void
close_tag(struct work *w, enum html_tag tag, struct html_span name)
{
	struct open	*e;
	guint		 i;

	if (w->opened[tag] == 0 || w->absent[tag])
		return;
	for (i = w->open->len - 1; i > 0; i--) {
		e = &g_array_index(w->open, struct open, i);
		if (e->tag == tag && (tag != HTML_OTHER || (e->name.len == name.len &&
		    g_ascii_strncasecmp(e->name.p, name.p, name.len) == 0))) {
			pop_to(w, i);
			return;
		}
		if (html_nest_is_wall(e->as, tag))
			break;
	}
	w->absent[tag] = tag != HTML_OTHER;
}

static void
close_implied(struct work *w, enum html_tag starting)
{
	static const struct html_span	none = { "", 0 };
	enum html_tag			tag[HTML_IMPLIED_MAX];
	size_t				n = html_nest_implied(starting, tag), i;

	for (i = 0; i < n; i++)
		close_tag(w, tag[i], none);
}

static void
push(struct work *w, const struct html_token *t, const struct html_look *look)
{
	struct open	e = *top(w);

	e.tag = t->tag;
	e.name = t->name;
	e.hidden |= look->hidden || (html_tag_traits(t->tag) & HTML_UNSEEN);
	e.as = e.hidden ? HTML_OTHER : put_start(w, t);
	g_array_append_val(w->open, e);
	w->opened[t->tag]++;
	w->written[e.as]++;
	w->absent[t->tag] = false;
	if ((html_tag_traits(t->tag) & HTML_SCOPE) || html_nest_is_list(t->tag))
		memset(w->absent, 0, sizeof w->absent);
}

static void
start(struct work *w, const struct html_token *t)
{
	struct html_look	look;

	/* As the input means it, and as the output will be read. */
	if (w->beyond == 0) {
		close_implied(w, t->tag);
		close_implied(w, rendering(t->tag));
	}
	html_look_read(t, &look);
	if (html_tag_traits(t->tag) & HTML_VOID) {
		if (look.hidden || top(w)->hidden)
			return;
		if (t->tag == HTML_IMG)
			put_picture(w->out, t);
		else if (t->tag == HTML_BR || t->tag == HTML_HR)
			g_string_append(w->out, t->tag == HTML_BR ? "<br>" : "<hr>");
	} else if (w->open->len < DEPTH_MAX)
		push(w, t, &look);
	else
		w->beyond++;
}

static void
end(struct work *w, const struct html_token *t)
{
	if (w->beyond > 0)
		w->beyond--;
	else if (t->tag == HTML_BR && !top(w)->hidden)
		g_string_append(w->out, "<br>");
	else
		close_tag(w, t->tag, t->name);
}

char *
html_sanitise(const char *utf8, size_t len)
{
	struct work		 w;
	struct html_lexer	 lx;
	struct html_token	 t;
	struct open		 root;

	memset(&w, 0, sizeof w);
	memset(&root, 0, sizeof root);
	w.out = g_string_sized_new(len);
	w.open = g_array_new(FALSE, FALSE, sizeof(struct open));
	g_array_append_val(w.open, root);
	html_token_init(&lx, utf8, len);
	while (html_token_next(&lx, &t)) {
		if (t.kind == HTML_TEXT)
			put_text(&w, &t);
		else if (t.kind == HTML_START)
			start(&w, &t);
		else if (t.kind == HTML_END)
			end(&w, &t);
	}
	pop_to(&w, 1);
	g_array_free(w.open, TRUE);
	return g_string_free(w.out, FALSE);
}
