/* SPDX-License-Identifier: ISC */
#include "mail_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "normalize/headers.h"

static void
free_header(void *h)
{
	mail_header_free(h);
}

static void
free_part(void *p)
{
	mail_part_free(p);
}

static bool
is_text(const char *type)
{
	return g_str_has_prefix(type, "text/") ||
	    (g_str_has_prefix(type, "message/") && strcmp(type, "message/rfc822") != 0);
}

static void
add_leaf(struct mail_view *v, struct headers_params *type, const char *parent,
    const GPtrArray *headers, const char *body, size_t len)
{
	struct mail_part	*p = g_new0(struct mail_part, 1);
	struct headers_params	*disposition = headers_params_parse(
				    mail_headers_find(headers, "Content-Disposition"));
	bool			 cut = false;

	p->content_type = g_strdup(*type->value == '\0' ? "text/plain" : type->value);
	p->method = g_strdup(headers_params_get(type, "method"));
	if (p->method != NULL)
		for (char *c = p->method; *c != '\0'; c++)
			*c = g_ascii_tolower(*c);
	if (*disposition->value != '\0')
		p->disposition = g_strdup(disposition->value);
	headers_params_free(disposition);
	p->parent = parent;
	p->depth = *parent == '\0' ? 0 : 1;
	p->in_alternative = strcmp(parent, "multipart/alternative") == 0;
	p->in_report = strcmp(parent, "multipart/report") == 0;
	p->headers = g_ptr_array_new_with_free_func(free_header);
	p->bytes = g_bytes_new(body, len);
	if (is_text(p->content_type)) {
		p->text = g_utf8_make_valid(body, (gssize)len);
		p->text_len = strlen(p->text);
	}
	if (strcmp(p->content_type, "message/rfc822") == 0 ||
	    strcmp(p->content_type, "text/rfc822-headers") == 0) {
		p->nested = g_ptr_array_new_with_free_func(free_header);
		headers_scan(body, len, true, p->nested, &cut);
	}
	p->index = v->parts->len;
	g_ptr_array_add(v->parts, p);
}

static void
add_body(struct mail_view *v, const GPtrArray *headers, const char *parent, const char *body, size_t len)
{
	struct headers_params	*type = headers_params_parse(mail_headers_find(headers, "Content-Type"));
	const char		*boundary = headers_params_get(type, "boundary");
	static const char	*multipart;
	g_autofree char		*dashes = g_strdup_printf("--%s", boundary == NULL ? "" : boundary);
	const char		*at, *next;

	if (boundary == NULL || !g_str_has_prefix(type->value, "multipart/") ||
	    (at = strstr(body, dashes)) == NULL) {
		add_leaf(v, type, parent, headers, body, len);
		headers_params_free(type);
		return;
	}
	multipart = g_intern_string(type->value);
	while (strncmp(at += strlen(dashes), "--", 2) != 0) {
		GPtrArray	*inner = g_ptr_array_new_with_free_func(free_header);
		bool		 cut = false;
		size_t		 head;

		at += strcspn(at, "\n") + 1;
		next = strstr(at, dashes);
		if (next == NULL)
			next = body + len;
		head = *at == '\n' ? 1 : headers_scan(at, (size_t)(next - at), false, inner, &cut);
		add_body(v, inner, multipart, at + head, (size_t)(next - at) - head);
		g_ptr_array_unref(inner);
		if (*next == '\0')
			break;
		at = next;
	}
	headers_params_free(type);
}

struct mail_view *
mail_text_view(const char *text, size_t len)
{
	struct mail_view	*v = g_new0(struct mail_view, 1);
	g_autofree char		*copy = g_strndup(text, len);
	struct headers_params	*type;
	bool			 cut = false;
	size_t			 head;

	v->headers = g_ptr_array_new_with_free_func(free_header);
	v->parts = g_ptr_array_new_with_free_func(free_part);
	v->warnings = g_ptr_array_new_with_free_func(g_free);
	head = headers_scan(copy, strlen(copy), true, v->headers, &cut);
	type = headers_params_parse(mail_headers_find(v->headers, "Content-Type"));
	v->content_type = g_strdup(*type->value == '\0' ? "text/plain" : type->value);
	v->report_type = g_strdup(headers_params_get(type, "report-type"));
	headers_params_free(type);
	add_body(v, v->headers, "", copy + head, strlen(copy) - head);
	return v;
}

static char *
first_id(const struct mail_view *v, const char *name)
{
	g_autoptr(GPtrArray)	 ids = g_ptr_array_new_with_free_func(g_free);

	headers_ids(mail_view_raw(v, name) == NULL ? "" : mail_view_raw(v, name), ids);
	return ids->len == 0 ? NULL : g_strdup(g_ptr_array_index(ids, 0));
}

static void
addresses(const struct mail_view *v, const char *name, GPtrArray *list)
{
	const char	*raw = mail_view_raw(v, name);

	if (raw != NULL)
		headers_addresses(raw, list);
}

struct message *
mail_text_message(const struct mail_view *v)
{
	struct message		*msg = message_new();
	g_autoptr(GPtrArray)	 from = address_list_new();

	addresses(v, "Reply-To", msg->reply_to);
	addresses(v, "To", msg->to);
	addresses(v, "From", from);
	if (from->len == 0)
		g_ptr_array_add(from, address_new("Erika", "erika@customer.example"));
	msg->from = address_copy(g_ptr_array_index(from, 0));
	if (msg->to->len == 0)
		g_ptr_array_add(msg->to, address_new(NULL, "support@support.example"));
	msg->subject = g_strdup(mail_view_header(v, "Subject"));
	msg->message_id = first_id(v, "Message-ID");
	msg->in_reply_to = first_id(v, "In-Reply-To");
	return msg;
}

static void
end_case(unsigned line, const char *head, GString *mail, void (*fn)(unsigned, const char *, const char *))
{
	/* a mail without body still has the blank line */
	if (strstr(mail->str, "\n\n") == NULL)
		g_string_append_c(mail, '\n');
	fn(line, head, mail->str);
	g_string_truncate(mail, 0);
}

unsigned
mail_text_each(const char *file, void (*fn)(unsigned line, const char *head, const char *mail))
{
	const char		*dir = getenv("top_srcdir");
	g_autofree char		*path = g_build_filename(dir == NULL ? "." : dir, "tests/golden/normalize", file, NULL);
	g_autofree char		*all = NULL;
	g_auto(GStrv)		 lines = NULL;
	g_autoptr(GString)	 mail = g_string_new(NULL);
	const char		*head = NULL;
	unsigned		 n = 0, at = 0;

	if (!g_file_get_contents(path, &all, NULL, NULL))
		return 0;
	lines = g_strsplit(all, "\n", -1);
	for (unsigned i = 0; lines[i] != NULL; i++) {
		if (strncmp(lines[i], "=== ", 4) == 0) {
			if (head != NULL)
				end_case(at, head, mail, fn);
			head = lines[i] + 4;
			at = i + 1;
			n++;
		} else if (head != NULL && strncmp(lines[i], "# ---", 5) != 0) {
			g_string_append_printf(mail, "%s\n", lines[i]);
		}
	}
	if (head != NULL)
		end_case(at, head, mail, fn);
	return n;
}
