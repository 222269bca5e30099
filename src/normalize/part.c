/* SPDX-License-Identifier: ISC */
#include "normalize/part.h"

#include <string.h>

#include "base/text.h"
#include "normalize/attachment_name.h"
#include "normalize/charset.h"
#include "normalize/headers.h"
#include "normalize/transfer.h"

#define MAX_FOREIGN	200	/* texts not in UTF-8 whose charset is thought about */
#define MAX_TEXT	(16 * 1024 * 1024)	/* of one part that is looked at */

static char *
lower_or_null(const char *s)
{
	return s != NULL ? g_ascii_strdown(s, -1) : NULL;
}

/* "type/subtype" of tokens, or what the part is when it does not say. */
static char *
clean_type(const char *value, const char *fallback)
{
	const char	*slash = strchr(value, '/'), *c;

	if (strcmp(value, "text") == 0 || strcmp(value, "plain") == 0)
		return g_strdup("text/plain");
	if (strcmp(value, "html") == 0)
		return g_strdup("text/html");
	if (strcmp(value, "plain/text") == 0 || (g_str_has_prefix(value, "=?") &&
	    strstr(value, "?text/plain?=") != NULL))
		return g_strdup("text/plain");
	if (strcmp(value, "html/text") == 0 || (g_str_has_prefix(value, "=?") &&
	    strstr(value, "?text/html?=") != NULL))
		return g_strdup("text/html");
	/* what no program can know is read as if nothing had been said */
	if (slash == NULL || slash == value || slash[1] == '\0' || value[0] == '*')
		return g_strdup(g_str_has_prefix(value, "text/") ? "text/plain" : fallback);
	if (strlen(value) > 200)
		return g_strdup("application/octet-stream");
	for (c = value; *c != '\0'; c++)
		if (*c <= ' ' || *c > '~')
			return g_strndup(value, (gsize)(c - value));
	if (strcmp(value, "text/htm") == 0)
		return g_strdup("text/html");
	return g_strdup(value);
}

static void
read_type(struct mail_part *p, const GPtrArray *headers, const char *fallback)
{
	struct headers_params	*type = headers_params_parse(mail_headers_raw(headers, "Content-Type"));

	p->content_type = clean_type(type->value, fallback);
	if (g_str_has_prefix(p->content_type, "multipart/")) {
		g_free(p->content_type);
		p->content_type = g_strdup("text/plain");
	}
	p->charset = g_strdup(headers_params_get(type, "charset"));
	p->name = g_strdup(headers_params_get(type, "name"));
	p->format = lower_or_null(headers_params_get(type, "format"));
	p->delsp = lower_or_null(headers_params_get(type, "delsp"));
	p->method = lower_or_null(headers_params_get(type, "method"));
	headers_params_free(type);
}

static void
read_disposition(struct mail_part *p, const GPtrArray *headers)
{
	struct headers_params	*d = headers_params_parse(mail_headers_raw(headers, "Content-Disposition"));
	const char		*name = headers_params_get(d, "filename");

	if (*d->value != '\0' && g_utf8_validate(d->value, -1, NULL) && strlen(d->value) < 50)
		p->disposition = g_strdup(d->value);
	if (name == NULL || *name == '\0')
		name = headers_params_get(d, "name");
	if (name == NULL || *name == '\0')
		name = p->name;
	p->filename = attachment_name_clean(name);
	headers_params_free(d);
}

static char *
without_brackets(const char *raw)
{
	g_autofree char	*line = NULL;
	char		*id;
	size_t		 n;

	if (raw == NULL)
		return NULL;
	line = headers_decode(raw);
	id = line;
	id += strspn(id, "< ");
	n = strcspn(id, "> ");
	return n > 0 ? g_strndup(id, n) : NULL;
}

static void
read_ids(struct mail_part *p, const GPtrArray *headers)
{
	const char	*location = mail_headers_raw(headers, "Content-Location");
	const char	*encoding = mail_headers_raw(headers, "Content-Transfer-Encoding");

	p->content_id = without_brackets(mail_headers_raw(headers, "Content-ID"));
	if (location != NULL && *location != '\0')
		p->content_location = headers_decode(location);
	if (encoding != NULL) {
		g_autofree char	*line = headers_decode(encoding);

		p->encoding = g_ascii_strdown(line, -1);
	}
}

static bool
is_text(const struct mail_part *p)
{
	return g_str_has_prefix(p->content_type, "text/") ||
	    (g_str_has_prefix(p->content_type, "message/") &&
	    strcmp(p->content_type, "message/rfc822") != 0 &&
	    strcmp(p->content_type, "message/partial") != 0);
}

/* To ask which charset it really is takes half a millisecond: not for each of a thousand. */
static char *
decode_as_labelled(const char *bytes, size_t len, const char *label, struct charset_used *used)
{
	used->name = charset_find(label) != NULL ? charset_find(label) : "utf-8";
	used->guessed = used->damaged = false;
	return charset_convert(bytes, len, used->name, true, &used->damaged);
}

static void
decode_text(struct mail_view *v, struct mail_part *p)
{
	gsize			 len;
	const char		*bytes = g_bytes_get_data(p->bytes, &len);
	g_autofree char		*utf8 = NULL, *meta = NULL;
	struct charset_used	 used;
	const char		*label = p->charset;

	if (len > MAX_TEXT) {
		len = MAX_TEXT;
		mail_view_warn(v, "text-too-long");
	}
	if (bytes == NULL)
		bytes = "";
	if (strcmp(p->content_type, "text/html") == 0 && charset_find(label) == NULL) {
		meta = charset_from_html(bytes, len);
		if (charset_find(meta) != NULL)
			label = meta;
	}
	utf8 = v->foreign_texts < MAX_FOREIGN ? charset_decode(bytes, len, label, &used) :
	    decode_as_labelled(bytes, len, label, &used);
	v->foreign_texts += strcmp(used.name, "us-ascii") != 0 && strcmp(used.name, "utf-8") != 0;
	p->text = text_valid(utf8, strlen(utf8), NULL);
	p->text_len = strlen(p->text);
	if (used.guessed)
		mail_view_warn(v, "charset-guessed: %s", used.name);
	if (used.damaged)
		mail_view_warn(v, "charset-damaged: %s", used.name);
	if (p->charset != NULL && charset_find(p->charset) == NULL) {
		g_autofree char	*line = text_one_line(p->charset, strlen(p->charset), 40);

		mail_view_warn(v, "charset-unknown: %s", line);
	}
}

/* The header of an enclosed message. */
static void
read_nested(struct mail_part *p)
{
	gsize		 len;
	const char	*bytes = g_bytes_get_data(p->bytes, &len);
	bool		 cut = false;

	p->nested = g_ptr_array_new_with_free_func((GDestroyNotify)mail_header_free);
	if (len > 0)
		headers_scan(bytes, len, true, p->nested, &cut);
}

/* Shops and scripts that forget to say that their mail is a page. */
static bool
is_page(const struct mail_part *p)
{
	const char	*text = p->text + strspn(p->text, " \t\n");

	return p->filename == NULL && strcmp(p->content_type, "text/plain") == 0 &&
	    (g_ascii_strncasecmp(text, "<!doctype html", 14) == 0 ||
	    g_ascii_strncasecmp(text, "<html>", 6) == 0);
}

struct mail_part *
part_new(struct mail_view *v, GBytes *whole, size_t at, size_t len, const GPtrArray *headers,
    const char *default_type)
{
	struct mail_part	*p = g_new0(struct mail_part, 1);
	const char		*problem;

	read_type(p, headers, default_type);
	read_disposition(p, headers);
	read_ids(p, headers);
	problem = transfer_decode(whole, at, len, p->encoding, &p->bytes);
	if (problem != NULL)
		mail_view_warn(v, "%s", problem);
	if (is_text(p)) {
		decode_text(v, p);
		if (is_page(p)) {
			g_free(p->content_type);
			p->content_type = g_strdup("text/html");
			mail_view_warn(v, "html-as-plain");
		}
	}
	if (strcmp(p->content_type, "message/rfc822") == 0 ||
	    strcmp(p->content_type, "message/global") == 0 ||
	    strcmp(p->content_type, "text/rfc822-headers") == 0 ||
	    strcmp(p->content_type, "message/rfc822-headers") == 0 ||
	    strcmp(p->content_type, "message/global-headers") == 0)
		read_nested(p);
	return p;
}
