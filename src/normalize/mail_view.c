/* SPDX-License-Identifier: ISC */
#include "normalize/mail_view.h"

#include <stdarg.h>
#include <string.h>

#include "normalize/headers.h"

#define MAX_WARNINGS	50

struct mail_header *
mail_header_new(const char *name, const char *raw)
{
	struct mail_header *h = g_new0(struct mail_header, 1);

	h->name = g_strdup(name);
	h->raw = g_strstrip(g_strdup(raw));
	h->value = headers_decode(h->raw);
	return h;
}

void
mail_header_free(struct mail_header *h)
{
	g_free(h->name);
	g_free(h->raw);
	g_free(h->value);
	g_free(h);
}

void
mail_part_free(struct mail_part *p)
{
	g_free(p->content_type);
	g_free(p->charset);
	g_free(p->name);
	g_free(p->format);
	g_free(p->delsp);
	g_free(p->method);
	g_free(p->disposition);
	g_free(p->filename);
	g_free(p->content_id);
	g_free(p->content_location);
	g_free(p->encoding);
	g_clear_pointer(&p->headers, g_ptr_array_unref);
	g_clear_pointer(&p->nested, g_ptr_array_unref);
	g_clear_pointer(&p->bytes, g_bytes_unref);
	g_free(p->text);
	g_free(p);
}

void
mail_view_free(struct mail_view *v)
{
	if (v == NULL)
		return;
	g_ptr_array_unref(v->headers);
	g_ptr_array_unref(v->parts);
	g_ptr_array_unref(v->warnings);
	g_free(v->content_type);
	g_free(v->report_type);
	g_free(v);
}

/* Most differ in their first letter, and a mail's headers are asked for often. */
bool
mail_header_is(const struct mail_header *h, const char *name)
{
	return ((*h->name ^ *name) & ~0x20) == 0 &&
	    g_ascii_strcasecmp(h->name, name) == 0;
}

static const struct mail_header *
find(const GPtrArray *list, const char *name)
{
	guint	i;

	for (i = 0; list != NULL && i < list->len; i++) {
		const struct mail_header *h = g_ptr_array_index(list, i);

		if (mail_header_is(h, name))
			return h;
	}
	return NULL;
}

const char *
mail_headers_find(const GPtrArray *list, const char *name)
{
	const struct mail_header *h = find(list, name);

	return h != NULL ? h->value : NULL;
}

const char *
mail_view_header(const struct mail_view *v, const char *name)
{
	return mail_headers_find(v->headers, name);
}

const char *
mail_headers_raw(const GPtrArray *list, const char *name)
{
	const struct mail_header *h = find(list, name);

	return h != NULL ? h->raw : NULL;
}

const char *
mail_view_raw(const struct mail_view *v, const char *name)
{
	return mail_headers_raw(v->headers, name);
}

bool
mail_view_has(const struct mail_view *v, const char *name)
{
	return find(v->headers, name) != NULL;
}

void
mail_view_each_header(const struct mail_view *v, const char *name, mail_header_fn *fn, void *arg)
{
	guint	i;

	for (i = 0; i < v->headers->len; i++) {
		const struct mail_header *h = g_ptr_array_index(v->headers, i);

		if (mail_header_is(h, name) && !fn(h, arg))
			return;
	}
}

const struct mail_part *
mail_view_part(const struct mail_view *v, const char *content_type)
{
	guint	i;

	for (i = 0; i < v->parts->len; i++) {
		const struct mail_part *p = g_ptr_array_index(v->parts, i);

		if (strcmp(p->content_type, content_type) == 0)
			return p;
	}
	return NULL;
}

void
mail_view_warn(struct mail_view *v, const char *fmt, ...)
{
	g_autofree char	*text = NULL;
	va_list		 ap;
	guint		 i;

	va_start(ap, fmt);
	text = g_strdup_vprintf(fmt, ap);
	va_end(ap);
	for (i = 0; i < v->warnings->len; i++)
		if (strcmp(g_ptr_array_index(v->warnings, i), text) == 0)
			return;
	if (v->warnings->len < MAX_WARNINGS)
		g_ptr_array_add(v->warnings, g_steal_pointer(&text));
}
