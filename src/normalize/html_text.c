/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>

#include "normalize/html_entities.h"
#include "normalize/html_text.h"
#include "normalize/html_text_lines.h"
#include "normalize/html_text_link.h"
#include "normalize/html_text_style.h"
#include "normalize/html_token.h"
#include "normalize/html_token_nest.h"

/*
 * Elements nested deeper than this are counted, not kept: their text appears,
 * but what their attributes say of it is not heard.
 */
#define DEPTH_MAX	1024

struct element {
	enum html_tag		tag;
	struct html_span	name;
	struct html_place	place;	/* of the text in it */
	bool			hidden;
	bool			tight;	/* no blank line around this one */
	bool			bullet;	/* its words are a list item's number */
	bool			ordered;
	int			count;	/* of the list's items so far */
	size_t			first;	/* lines done when the row began */
};

struct render {
	struct html_layout	 out;
	struct html_link	 link;
	GArray			*open;			/* struct element; never empty */
	unsigned		 beyond;		/* open below DEPTH_MAX */
	unsigned		 opened[HTML_TAGS];	/* how many of each */
	bool			 absent[HTML_TAGS];	/* not open in this scope */
};

static struct element *
top(struct render *r)
{
	return &g_array_index(r->open, struct element, r->open->len - 1);
}

static bool
is_alnum(const char *p, const char *end)
{
	return p < end && g_ascii_isalnum(*p);
}

/*
 * Word writes list items as paragraphs that begin with "·" or "2." and many
 * no-break spaces.  Returns false if this is something else.
 */
static bool
take_bullet(struct render *r, const char *p, size_t len)
{
	const char	*end = p + len, *from;

	if (r->out.seen && !r->out.broken)
		return false;
	while (p < end && (g_ascii_isspace(*p) || (unsigned char)*p == 0xC2 ||
	    (unsigned char)*p == 0xA0))
		p++;
	if (p == end || *p == '&' || r->out.bullet[0] != '\0')
		return r->out.bullet[0] != '\0' || p == end;
	for (from = p; is_alnum(p, end) && p - from < 8; )
		p++;
	if (p > from && p < end && strchr(".)", *p) != NULL)
		snprintf(r->out.bullet, sizeof r->out.bullet, "%.*s ", (int)(p + 1 - from), from);
	else
		snprintf(r->out.bullet, sizeof r->out.bullet, "- ");
	return true;
}

static void
words(struct render *r, const char *p, size_t len, bool raw)
{
	struct element	*e = top(r);

	if (e->hidden || (e->bullet && take_bullet(r, p, len)))
		return;
	html_layout_words(&r->out, &e->place, p, len, raw);
	html_link_words(&r->link, p, len);
}

static void
close_link(struct render *r)
{
	g_autofree char	*url = html_link_close(&r->link);

	if (url == NULL || top(r)->hidden || !r->out.seen)
		return;
	g_string_append_printf(r->out.line, "%s<%s>", r->out.cell ? "\t" : " ", url);
}

static void
edge(struct render *r, enum html_tag tag, bool tight)
{
	unsigned	traits = html_tag_traits(tag);

	if (tag == HTML_TR || tag == HTML_TABLE)
		html_layout_flush(&r->out);
	else if ((traits & HTML_PARA) && !tight)
		html_layout_paragraph(&r->out);
	else if (traits & HTML_BLOCK)
		html_layout_break(&r->out);
}

static void
pop(struct render *r)
{
	struct element	*e = top(r);
	enum html_tag	 tag = e->tag;
	bool		 tight = e->tight, hidden = e->hidden;

	if (tag == HTML_A)
		close_link(r);
	r->opened[tag]--;
	if ((html_tag_traits(tag) & HTML_SCOPE) || html_nest_is_list(tag))
		memset(r->absent, 0, sizeof r->absent);
	g_array_set_size(r->open, r->open->len - 1);
	if (hidden)
		return;
	edge(r, tag, tight);
	if (html_nest_is_list(tag) && top(r)->place.lists == 0)
		html_layout_paragraph(&r->out);
}

static void
pop_to(struct render *r, guint len)
{
	while (r->open->len > len)
		pop(r);
	r->beyond = 0;
}

/*
 * Close the innermost such element of this scope.  That there is none is
 * remembered, so that many stray end tags do not search again and again.
 */
static void
close_tag(struct render *r, enum html_tag tag, struct html_span name)
{
	struct element	*e;
	guint		 i;

	if (r->opened[tag] == 0 || r->absent[tag])
		return;
	for (i = r->open->len - 1; i > 0; i--) {
		e = &g_array_index(r->open, struct element, i);
		if (e->tag == tag && (tag != HTML_OTHER ||
		    (e->name.len == name.len &&
		    g_ascii_strncasecmp(e->name.p, name.p, name.len) == 0))) {
			pop_to(r, i);
			return;
		}
		if (html_nest_is_wall(e->tag, tag))
			break;
	}
	r->absent[tag] = tag != HTML_OTHER;
}

/* End tags that people leave out, and browsers supply. */
static void
close_implied(struct render *r, enum html_tag starting)
{
	static const struct html_span	none = { "", 0 };
	enum html_tag			tag[HTML_IMPLIED_MAX];
	size_t				n = html_nest_implied(starting, tag), i;

	for (i = 0; i < n; i++)
		close_tag(r, tag[i], none);
}

static int
number_attr(const struct html_token *t, const char *name, int fallback)
{
	const struct html_span	*v = html_token_attr(t, name);
	char			 digits[8];

	if (v == NULL || v->len == 0 || v->len >= sizeof digits ||
	    !g_ascii_isdigit(v->p[0]))
		return fallback;
	memcpy(digits, v->p, v->len);
	digits[v->len] = '\0';
	return (int)g_ascii_strtoll(digits, NULL, 10);
}

static void
begin_item(struct render *r, const struct html_token *t, const struct element *parent,
    int number)
{
	if (parent->ordered)
		snprintf(r->out.bullet, sizeof r->out.bullet, "%d. ",
		    number_attr(t, "value", number));
	else
		snprintf(r->out.bullet, sizeof r->out.bullet, "- ");
}

/* What is special about an element, once it is on the stack. */
static void
enter(struct render *r, const struct html_token *t, struct element *e)
{
	struct element	*parent = e - 1;

	if (t->tag == HTML_TR)
		e->first = r->out.done;
	else if (html_nest_is_cell(t->tag))
		html_layout_cell(&r->out, e->first);
	else if (t->tag == HTML_LI)
		begin_item(r, t, parent, ++parent->count);
	else if (t->tag == HTML_A)
		html_link_open(&r->link, html_token_attr(t, "href"));
}

static void
fill_place(struct element *e, const struct html_look *look)
{
	e->place.marks |= look->marks & ~(unsigned)HTML_MARK_CUT;
	if (e->tag == HTML_PRE || e->tag == HTML_LISTING || e->tag == HTML_XMP ||
	    e->tag == HTML_TEXTAREA || look->preformatted)
		e->place.preformatted = true;
	if (look->collapsed)
		e->place.preformatted = false;
	if (e->tag == HTML_BLOCKQUOTE)
		e->place.quotes++;
	if (html_nest_is_list(e->tag))
		e->place.lists++;
}

static void
push(struct render *r, const struct html_token *t)
{
	struct html_look	 look;
	struct element		 e = *top(r);

	html_look_read(t, &look);
	e.tag = t->tag;
	e.name = t->name;
	e.tight = look.tight || (t->tag == HTML_P && e.place.lists > 0);
	e.bullet |= look.bullet;
	e.hidden |= look.hidden || (html_tag_traits(t->tag) & HTML_UNSEEN);
	if (html_nest_is_list(t->tag)) {
		e.ordered = t->tag == HTML_OL;
		e.count = number_attr(t, "start", 1) - 1;
	}
	if (!e.hidden) {
		edge(r, t->tag, e.tight);
		if (html_nest_is_list(t->tag) && e.place.lists == 0)
			html_layout_paragraph(&r->out);
		r->out.once |= look.marks & HTML_MARK_CUT;
		if (look.marks != 0 && look.client != NULL && r->out.page->client == NULL)
			r->out.page->client = look.client;
	}
	fill_place(&e, &look);
	g_array_append_val(r->open, e);
	r->opened[t->tag]++;
	r->absent[t->tag] = false;
	if ((html_tag_traits(t->tag) & HTML_SCOPE) || html_nest_is_list(t->tag))
		memset(r->absent, 0, sizeof r->absent);
	if (!e.hidden)
		enter(r, t, top(r));
}

/* Texts that programs, not people, put under a picture. */
static bool
is_machine_alt(const char *alt)
{
	return strstr(alt, "automatically generated") != NULL ||
	    strstr(alt, "automatisch generiert") != NULL ||
	    strstr(alt, "automatiquement") != NULL;
}

static void
picture(struct render *r, const struct html_token *t)
{
	const struct html_span	*alt = html_token_attr(t, "alt");
	struct html_look	 look;
	g_autoptr(GString)	 text = NULL;

	if (alt == NULL || alt->len == 0 || top(r)->hidden || html_look_is_pixel(t))
		return;
	html_look_read(t, &look);
	if (look.hidden)
		return;
	text = g_string_new(NULL);
	html_entities_decode(text, alt->p, MIN(alt->len, 1024), true);
	if (!is_machine_alt(text->str))
		html_layout_words(&r->out, &top(r)->place, alt->p, alt->len, false);
}

static void
rule(struct render *r, const struct html_token *t)
{
	struct element		*e = top(r);
	struct html_look	 look;

	html_look_read(t, &look);
	html_layout_flush(&r->out);
	if (!e->hidden && !look.hidden) {
		r->out.once |= HTML_MARK_RULE | (look.marks & HTML_MARK_CUT);
		html_layout_words(&r->out, &e->place, "----------", 10, true);
		html_layout_flush(&r->out);
	}
}

static void
start(struct render *r, const struct html_token *t)
{
	bool	is_void = html_tag_traits(t->tag) & HTML_VOID;

	if (r->beyond == 0)
		close_implied(r, t->tag);
	if (t->tag == HTML_BR && !top(r)->hidden)
		html_layout_br(&r->out);
	else if (t->tag == HTML_HR)
		rule(r, t);
	else if (t->tag == HTML_IMG)
		picture(r, t);
	if (is_void)
		return;
	if (r->open->len < DEPTH_MAX) {
		push(r, t);
		return;
	}
	r->beyond++;
	if (!top(r)->hidden)
		edge(r, t->tag, false);
}

static void
end(struct render *r, const struct html_token *t)
{
	if (t->tag == HTML_BR)
		html_layout_br(&r->out);
	else if (t->tag == HTML_P && r->opened[HTML_P] == 0 && !top(r)->hidden)
		html_layout_break(&r->out);
	else if (r->beyond > 0) {
		r->beyond--;
		if (!top(r)->hidden)
			edge(r, t->tag, false);
	} else if (t->tag != HTML_BODY && t->tag != HTML_HTML)
		close_tag(r, t->tag, t->name);
}

void
html_page_render(struct html_page *page, const char *html, size_t len)
{
	struct render		 r;
	struct html_lexer	 lx;
	struct html_token	 t;
	struct element		 root;

	memset(&r, 0, sizeof r);
	memset(&root, 0, sizeof root);
	page->text = g_string_sized_new(len / 4);
	page->lines = g_array_new(FALSE, FALSE, sizeof(struct html_line));
	page->client = NULL;
	html_layout_init(&r.out, page);
	r.open = g_array_sized_new(FALSE, FALSE, sizeof(struct element), 64);
	g_array_append_val(r.open, root);
	html_token_init(&lx, html, len);
	while (html_token_next(&lx, &t)) {
		if (t.kind == HTML_TEXT)
			words(&r, t.text.p, t.text.len, t.raw);
		else if (t.kind == HTML_START)
			start(&r, &t);
		else if (t.kind == HTML_END)
			end(&r, &t);
	}
	pop_to(&r, 1);
	html_layout_finish(&r.out);
	html_link_clear(&r.link);
	g_array_free(r.open, TRUE);
}

void
html_page_clear(struct html_page *page)
{
	g_string_free(page->text, TRUE);
	g_array_free(page->lines, TRUE);
	memset(page, 0, sizeof *page);
}

char *
html_text(const char *html, size_t len)
{
	struct html_page	page;
	char			*text;

	html_page_render(&page, html, len);
	text = g_strdup(page.text->str);
	html_page_clear(&page);
	return g_strchomp(text);
}
