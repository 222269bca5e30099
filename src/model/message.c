/* SPDX-License-Identifier: ISC */
#include "model/message.h"

#include <stdarg.h>
#include <string.h>

#define WARNINGS_MAX	100

struct attachment *
attachment_new(void)
{
	return g_new0(struct attachment, 1);
}

void
attachment_free(struct attachment *a)
{
	if (a == NULL)
		return;
	g_free(a->filename);
	g_free(a->content_type);
	g_free(a->sniffed_type);
	g_free(a->content_id);
	g_free(a->location);
	g_clear_pointer(&a->content, g_bytes_unref);
	g_free(a);
}

static void
recipient_free(gpointer data)
{
	struct bounce_recipient	*r = data;

	g_free(r->address);
	g_free(r->original);
	g_free(r->action);
	g_free(r->status);
	g_free(r->diagnostic);
	g_free(r);
}

struct bounce *
bounce_new(void)
{
	struct bounce	*b = g_new0(struct bounce, 1);

	b->recipients = g_ptr_array_new_with_free_func(recipient_free);
	return b;
}

void
bounce_free(struct bounce *b)
{
	if (b == NULL)
		return;
	g_ptr_array_unref(b->recipients);
	g_free(b->reporting_mta);
	g_free(b->original_message_id);
	g_free(b);
}

struct bounce_recipient *
bounce_add(struct bounce *b, const char *address, const char *action,
    const char *status, const char *diagnostic)
{
	struct bounce_recipient	*r = g_new0(struct bounce_recipient, 1);

	r->address = g_strdup(address);
	r->action = g_strdup(action);
	r->status = g_strdup(status);
	r->diagnostic = g_strdup(diagnostic);
	g_ptr_array_add(b->recipients, r);
	return r;
}

static void
field_free(gpointer data)
{
	struct field	*f = data;

	g_free(f->name);
	g_free(f->value);
	g_free(f);
}

struct message *
message_new(void)
{
	struct message	*m = g_new0(struct message, 1);

	m->to = address_list_new();
	m->cc = address_list_new();
	m->reply_to = address_list_new();
	m->date_ms = -1;
	m->references = g_ptr_array_new_with_free_func(g_free);
	m->delivered_to = g_ptr_array_new_with_free_func(g_free);
	m->attachments = g_ptr_array_new_with_free_func((GDestroyNotify)attachment_free);
	m->fields = g_ptr_array_new_with_free_func(field_free);
	m->warnings = g_ptr_array_new_with_free_func(g_free);
	return m;
}

void
message_free(struct message *m)
{
	if (m == NULL)
		return;
	address_free(m->from);
	address_free(m->sender);
	g_ptr_array_unref(m->to);
	g_ptr_array_unref(m->cc);
	g_ptr_array_unref(m->reply_to);
	g_ptr_array_unref(m->references);
	g_ptr_array_unref(m->delivered_to);
	g_ptr_array_unref(m->attachments);
	g_ptr_array_unref(m->fields);
	g_ptr_array_unref(m->warnings);
	bounce_free(m->bounce);
	g_free(m->kind_reason);
	g_free(m->no_answer);
	g_free(m->envelope_from);
	g_free(m->subject);
	g_free(m->message_id);
	g_free(m->in_reply_to);
	g_free(m->language);
	g_free(m->text);
	g_free(m->full_text);
	g_free(m->quoted);
	g_free(m->html);
	g_free(m->html_sanitised);
	g_free(m->html_location);
	g_free(m->authentication.spf);
	g_free(m->authentication.dkim);
	g_free(m->authentication.dmarc);
	g_free(m->authentication.authserv_id);
	g_free(m->session);
	g_free(m->verified);
	g_free(m);
}

const char *
message_kind_name(enum message_kind kind)
{
	switch (kind) {
	case MESSAGE_NORMAL:
		return "message";
	case MESSAGE_AUTO_REPLY:
		return "auto_reply";
	case MESSAGE_BOUNCE:
		return "bounce";
	case MESSAGE_LIST:
		return "list";
	case MESSAGE_FEEDBACK:
		return "feedback";
	case MESSAGE_RECEIPT:
		return "receipt";
	case MESSAGE_CALENDAR:
		return "calendar";
	case MESSAGE_AUTO_GENERATED:
		return "auto_generated";
	case MESSAGE_OWN:
		return "own";
	}
	return "message";
}

void
message_warn(struct message *m, const char *fmt, ...)
{
	char	*text;
	guint	 i;
	va_list	 ap;

	va_start(ap, fmt);
	text = g_strdup_vprintf(fmt, ap);
	va_end(ap);
	for (i = 0; i < m->warnings->len; i++)
		if (strcmp(m->warnings->pdata[i], text) == 0)
			break;
	if (i == m->warnings->len && m->warnings->len < WARNINGS_MAX)
		g_ptr_array_add(m->warnings, text);
	else
		g_free(text);
}

void
message_add_field(struct message *m, const char *name, const char *value)
{
	struct field	*f = g_new0(struct field, 1);

	f->name = g_strdup(name);
	f->value = g_strdup(value);
	g_ptr_array_add(m->fields, f);
}

const char *
message_field(const struct message *m, const char *name)
{
	guint	i;

	for (i = 0; i < m->fields->len; i++) {
		const struct field	*f = m->fields->pdata[i];

		if (strcmp(f->name, name) == 0)
			return f->value;
	}
	return NULL;
}
