/* SPDX-License-Identifier: ISC */
#include "normalize/tnef.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "normalize/charset.h"
#include "normalize/html_text.h"

#define MAX_FILES	500
#define MAX_PROPS	2000
#define MAX_DEPTH	3	/* messages enclosed in one another */

/* Attribute ids without their type. */
#define ATT_BODY		0x800c
#define ATT_MAPI_PROPS		0x9003
#define ATT_TITLE		0x8010
#define ATT_DATA		0x800f
#define ATT_REND		0x9002
#define ATT_ATTACHMENT		0x9005
#define ATT_CODEPAGE		0x9007

/* MAPI property ids. */
#define PR_BODY			0x1000
#define PR_RTF_COMPRESSED	0x1009
#define PR_BODY_HTML		0x1013
#define PR_ATTACH_DATA		0x3701
#define PR_ATTACH_FILENAME	0x3704
#define PR_ATTACH_LONG_FILENAME	0x3707
#define PR_DISPLAY_NAME		0x3001
#define PR_ATTACH_MIME_TAG	0x370e

struct view {
	const unsigned char	*at, *end;
};

struct file {
	char	*name, *long_name, *type;
	GBytes	*content;
};

struct tnef {
	tnef_file_fn	*fn;
	void		*arg;
	struct file	 file;		/* being gathered */
	unsigned	 files;
	unsigned	 depth;		/* messages around this one */
	char		 codepage[16];
	char		*plain, *html, *rtf;
};

static uint32_t
take_number(struct view *v, int bytes)
{
	uint32_t	n = 0;
	int		i;

	if (v->end - v->at < bytes) {
		v->at = v->end;
		return 0;
	}
	for (i = 0; i < bytes; i++)
		n |= (uint32_t)*v->at++ << (8 * i);
	return n;
}

/* The next len bytes as a view of their own; empty if they are not there. */
static struct view
take_view(struct view *v, size_t len)
{
	struct view	part = { v->at, v->at };

	if ((size_t)(v->end - v->at) < len) {
		v->at = v->end;
		return part;
	}
	v->at += len;
	part.end = v->at;
	return part;
}

static void
set_text(char **slot, const struct view *v, const char *charset)
{
	size_t	n = (size_t)(v->end - v->at);
	char	*utf8;

	if (*slot != NULL || n == 0)
		return;
	utf8 = charset_decode((const char *)v->at, n, charset, NULL);
	*slot = text_valid(utf8, strlen(utf8), NULL);
	g_free(utf8);
	if (**slot == '\0')
		g_clear_pointer(slot, g_free);
}

static char	*read_stream(const void *bytes, size_t len, tnef_file_fn *, void *arg,
		    unsigned depth);

/* An enclosed message: its text becomes a file, beside the files it has. */
static bool
open_message(struct tnef *t, const char *name, GBytes *content)
{
	gsize			 len;
	const char		*bytes = g_bytes_get_data(content, &len);
	g_autofree char		*text = NULL, *title = NULL;
	g_autoptr(GBytes)	 file = NULL;

	if (t->depth >= MAX_DEPTH || len < 6 || memcmp(bytes, "\170\237\076\042", 4) != 0)
		return false;
	if ((text = read_stream(bytes, len, t->fn, t->arg, t->depth + 1)) == NULL)
		return true;
	title = g_strconcat(name != NULL ? name : "message", ".txt", NULL);
	file = g_bytes_new(text, strlen(text));
	t->fn(t->arg, title, "text/plain", file);
	return true;
}

static void
flush_file(struct tnef *t)
{
	struct file	*f = &t->file;
	const char	*name = f->long_name != NULL ? f->long_name : f->name;

	if (f->content != NULL && t->files++ < MAX_FILES && !open_message(t, name, f->content))
		t->fn(t->arg, name, f->type, f->content);
	g_free(f->name);
	g_free(f->long_name);
	g_free(f->type);
	g_clear_pointer(&f->content, g_bytes_unref);
	memset(f, 0, sizeof(*f));
}

static void
set_rtf(struct tnef *t, const struct view *v)
{
	GString	*rtf;

	if (t->rtf != NULL || (rtf = tnef_rtf_unpack(v->at, (size_t)(v->end - v->at))) == NULL)
		return;
	t->rtf = tnef_rtf_text(rtf->str, rtf->len);
	g_string_free(rtf, TRUE);
}

static void
use_prop(struct tnef *t, unsigned id, bool wide, struct view v)
{
	const char	*charset = wide ? "utf-16le" : t->codepage;

	switch (id) {
	case PR_BODY:
		set_text(&t->plain, &v, charset);
		break;
	case PR_BODY_HTML:
		set_text(&t->html, &v, charset);
		break;
	case PR_RTF_COMPRESSED:
		set_rtf(t, &v);
		break;
	case PR_ATTACH_FILENAME:
		set_text(&t->file.name, &v, charset);
		break;
	case PR_ATTACH_LONG_FILENAME:
		set_text(&t->file.long_name, &v, charset);
		break;
	case PR_DISPLAY_NAME:
		set_text(&t->file.name, &v, charset);
		break;
	case PR_ATTACH_MIME_TAG:
		set_text(&t->file.type, &v, charset);
		break;
	case PR_ATTACH_DATA:
		if (t->file.content == NULL && v.end > v.at)
			t->file.content = g_bytes_new(v.at, (gsize)(v.end - v.at));
		break;
	default:
		break;
	}
}

/* Bytes of one value of a fixed type; 0: it has a length in front. */
static size_t
fixed_size(unsigned type)
{
	switch (type) {
	case 0x0002: case 0x0003: case 0x0004: case 0x000a: case 0x000b: case 0x0001:
		return 4;
	case 0x0005: case 0x0006: case 0x0007: case 0x0014: case 0x0040:
		return 8;
	case 0x0048:
		return 16;
	default:
		return 0;
	}
}

static void
skip_name(struct view *v)
{
	uint32_t	kind, len;

	take_view(v, 16);
	kind = take_number(v, 4);
	if (kind == 0) {
		take_number(v, 4);
		return;
	}
	len = take_number(v, 4);
	take_view(v, ((size_t)len + 3) & ~(size_t)3);
}

static void
read_prop(struct tnef *t, struct view *v, bool attachment)
{
	unsigned	 type = take_number(v, 2), id = take_number(v, 2);
	bool		 many = (type & 0x1000) != 0;
	size_t		 size = fixed_size(type & 0xfff);
	uint32_t	 count = 1, i, len;
	struct view	 value;

	if (id >= 0x8000)
		skip_name(v);
	if (many || size == 0)
		count = take_number(v, 4);
	for (i = 0; i < count && v->at < v->end; i++) {
		len = size != 0 ? (uint32_t)size : take_number(v, 4);
		value = take_view(v, len);
		take_view(v, MIN((4 - (len & 3)) & 3, (size_t)(v->end - v->at)));
		if (size != 0 || i > 0)
			continue;
		if ((type & 0xfff) == 0x000d && value.end - value.at > 16)	/* object: its id */
			value.at += 16;
		if (attachment == (id >= 0x3001 && id < 0x3800))
			use_prop(t, id, (type & 0xfff) == 0x001f, value);
	}
}

static void
read_props(struct tnef *t, struct view v, bool attachment)
{
	uint32_t	count = take_number(&v, 4), i;

	for (i = 0; i < count && i < MAX_PROPS && v.at < v.end; i++)
		read_prop(t, &v, attachment);
}

static void
use_attribute(struct tnef *t, unsigned id, struct view v)
{
	switch (id) {
	case ATT_CODEPAGE:
		g_snprintf(t->codepage, sizeof(t->codepage), "cp%u", (unsigned)take_number(&v, 4));
		break;
	case ATT_BODY:
		set_text(&t->plain, &v, t->codepage);
		break;
	case ATT_MAPI_PROPS:
		read_props(t, v, false);
		break;
	case ATT_REND:
		flush_file(t);
		break;
	case ATT_TITLE:
		set_text(&t->file.name, &v, t->codepage);
		break;
	case ATT_DATA:
		if (t->file.content == NULL)
			t->file.content = g_bytes_new(v.at, (gsize)(v.end - v.at));
		break;
	case ATT_ATTACHMENT:
		read_props(t, v, true);
		break;
	default:
		break;
	}
}

static char *
best_text(struct tnef *t)
{
	if (t->plain != NULL)
		return g_steal_pointer(&t->plain);
	if (t->html != NULL)
		return html_text(t->html, strlen(t->html));
	return g_steal_pointer(&t->rtf);
}

static char *
read_stream(const void *bytes, size_t len, tnef_file_fn *fn, void *arg, unsigned depth)
{
	struct view	 v = { bytes, (const unsigned char *)bytes + len };
	struct tnef	 t = { .fn = fn, .arg = arg, .depth = depth };
	char		*text;
	unsigned	 id;
	uint32_t	 size;

	if (len < 6 || take_number(&v, 4) != 0x223e9f78)
		return NULL;
	take_number(&v, 2);
	while (v.end - v.at > 9) {
		take_number(&v, 1);			/* level */
		id = take_number(&v, 2);
		take_number(&v, 2);			/* its type */
		size = take_number(&v, 4);
		if (size > (size_t)(v.end - v.at))	/* cut off: what is there */
			size = (uint32_t)(v.end - v.at);
		use_attribute(&t, id, take_view(&v, size));
		take_number(&v, 2);			/* checksum */
	}
	flush_file(&t);
	text = best_text(&t);
	g_free(t.plain);
	g_free(t.html);
	g_free(t.rtf);
	return text;
}

char *
tnef_read(const void *bytes, size_t len, tnef_file_fn *fn, void *arg)
{
	return read_stream(bytes, len, fn, arg, 0);
}
