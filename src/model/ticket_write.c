/* SPDX-License-Identifier: ISC */
/*
 * The ticket document, written straight into a buffer.  Every member here is
 * described in doc/ticket.schema.json; tests/unit/model holds the two
 * together.
 */
#include "model/ticket.h"

#include <inttypes.h>
#include <string.h>

#include "base/json_out.h"
#include "model/ticket_json.h"

enum { SCHEMA_VERSION = 1 };

static void
write_address(struct json_out *j, const char *name, const struct address *a)
{
	if (a == NULL) {
		json_raw(j, name, "null");
		return;
	}
	json_open(j, name, '{');
	json_str(j, "name", a->name);
	json_str(j, "address", a->addr);
	json_close(j, '}');
}

static void
write_addresses(struct json_out *j, const char *name, const GPtrArray *list)
{
	guint	i;

	json_open(j, name, '[');
	for (i = 0; i < list->len; i++)
		write_address(j, NULL, list->pdata[i]);
	json_close(j, ']');
}

static void
write_html(struct json_out *j, const struct message *m)
{
	const char		*html = ticket_html(m);
	char			 hex[DIGEST_HEX_SIZE];
	g_autofree char		*location = NULL;

	if (html == NULL) {
		json_raw(j, "html", "null");
		return;
	}
	digest_sha256_hex(html, strlen(html), hex);
	location = m->html_location != NULL ? g_strdup(m->html_location) :
	    g_strconcat("blob:", hex, NULL);
	json_open(j, "html", '{');
	json_str(j, "sha256", hex);
	json_int(j, "size", (int64_t)strlen(html));
	json_bool(j, "sanitised", m->html_sanitised != NULL);
	json_str(j, "location", location);
	json_close(j, '}');
}

static void
write_attachments(struct json_out *j, const GPtrArray *list)
{
	const struct attachment	*a;
	guint			 i;

	json_open(j, "attachments", '[');
	for (i = 0; i < list->len; i++) {
		a = list->pdata[i];
		json_open(j, NULL, '{');
		json_str(j, "filename", a->filename);
		json_str(j, "content_type", a->content_type);
		json_str(j, "sniffed_type", a->sniffed_type);
		json_int(j, "size", (int64_t)a->size);
		json_str(j, "sha256", a->sha256);
		json_bool(j, "inline", a->is_inline);
		json_str(j, "content_id", a->content_id);
		json_str(j, "location", a->withheld ? NULL : a->location);
		json_close(j, '}');
	}
	json_close(j, ']');
}

static void
write_bounce(struct json_out *j, const struct bounce *b)
{
	const struct bounce_recipient	*r, *first;
	guint				 i;

	if (b == NULL) {
		json_raw(j, "bounce", "null");
		return;
	}
	first = b->recipients->len > 0 ? b->recipients->pdata[0] : NULL;
	json_open(j, "bounce", '{');
	json_str(j, "status", first != NULL ? first->status : NULL);
	json_str(j, "diagnostic", first != NULL ? first->diagnostic : NULL);
	json_open(j, "recipients", '[');
	for (i = 0; i < b->recipients->len; i++) {
		r = b->recipients->pdata[i];
		json_open(j, NULL, '{');
		json_str(j, "address", r->address);
		json_str(j, "original", r->original);
		json_str(j, "action", r->action);
		json_str(j, "status", r->status);
		json_str(j, "diagnostic", r->diagnostic);
		json_close(j, '}');
	}
	json_close(j, ']');
	json_str(j, "reporting_mta", b->reporting_mta);
	json_str(j, "original_message_id", b->original_message_id);
	json_close(j, '}');
}

static void
write_origin(struct json_out *j, const struct message *m, uint64_t lsn)
{
	const struct authentication	*a = &m->authentication;
	const struct field		*f;
	g_autofree char			*location = NULL;
	guint				 i;

	json_open(j, "authentication", '{');
	json_str(j, "spf", a->spf);
	json_str(j, "dkim", a->dkim);
	json_str(j, "dmarc", a->dmarc);
	json_str(j, "authserv_id", a->authserv_id);
	json_close(j, '}');
	json_str(j, "verified", m->verified);
	json_open(j, "fields", '[');
	for (i = 0; i < m->fields->len; i++) {
		f = m->fields->pdata[i];
		json_open(j, NULL, '{');
		json_str(j, "name", f->name);
		json_str(j, "value", f->value);
		json_close(j, '}');
	}
	json_close(j, ']');
	json_strings(j, "warnings", m->warnings);
	json_bool(j, "minimal", m->minimal);
	if (lsn != 0)
		location = g_strdup_printf("journal:%" PRIu64, lsn);
	json_open(j, "raw", '{');
	json_str(j, "sha256", m->raw_sha256[0] != '\0' ? m->raw_sha256 : NULL);
	json_int(j, "size", (int64_t)m->raw_size);
	json_str(j, "location", location);
	json_close(j, '}');
	json_str(j, "session", m->session);
}

/* lsn 0: the raw message is in no journal. */
static void
write_message(struct json_out *j, const char *name, const struct message *m, uint64_t lsn)
{
	json_open(j, name, '{');
	write_address(j, "from", m->from);
	write_address(j, "sender", m->sender);
	write_addresses(j, "to", m->to);
	write_addresses(j, "cc", m->cc);
	write_addresses(j, "reply_to", m->reply_to);
	json_str(j, "envelope_from", m->envelope_from);
	json_strings(j, "delivered_to", m->delivered_to);
	json_str(j, "subject", m->subject);
	json_time(j, "date", m->date_ms);
	json_str(j, "message_id", m->message_id);
	json_str(j, "in_reply_to", m->in_reply_to);
	json_strings(j, "references", m->references);
	json_str(j, "language", m->language);
	json_str(j, "text", m->text);
	json_str(j, "full_text", m->full_text);
	json_str(j, "quoted", m->quoted);
	write_html(j, m);
	write_attachments(j, m->attachments);
	json_str(j, "kind", message_kind_name(m->kind));
	json_str(j, "kind_reason", m->kind_reason);
	json_str(j, "no_answer", m->no_answer);
	write_bounce(j, m->bounce);
	write_origin(j, m, lsn);
	json_close(j, '}');
}

static void
write_head(struct json_out *j, const struct ticket *t)
{
	json_int(j, "schema", SCHEMA_VERSION);
	json_str(j, "id", t->id);
	json_str(j, "event", t->event);
	json_str(j, "event_id", t->event_id);
	json_time(j, "created_at", t->created_ms);
	json_time(j, "updated_at", t->updated_ms);
	json_str(j, "status", ticket_status_name(t->status));
	json_str(j, "department", t->department);
	json_str(j, "priority", priority_name(t->priority));
	json_strings(j, "priority_reasons", t->priority_reasons);
	json_strings(j, "tags", t->tags);
	json_str(j, "language", t->language);
	json_str(j, "subject", t->subject);
	json_open(j, "channel", '{');
	json_str(j, "kind", t->channel_kind);
	json_str(j, "name", t->channel_name);
	json_close(j, '}');
	if (t->customer == NULL) {
		json_raw(j, "customer", "null");
		return;
	}
	json_open(j, "customer", '{');
	json_str(j, "name", t->customer->name);
	json_str(j, "address", t->customer->addr);
	json_str(j, "verified", t->customer_verified);
	json_close(j, '}');
}

void
ticket_json_missing(struct json_out *j, const GPtrArray *list)
{
	const struct ticket_missing	*m;
	guint				 i;

	json_open(j, "missing", '[');
	for (i = 0; i < list->len; i++) {
		m = list->pdata[i];
		json_open(j, NULL, '{');
		json_str(j, "name", m->name);
		json_str(j, "label", m->label);
		json_str(j, "question", m->question);
		json_str(j, "problem", m->problem);
		json_close(j, '}');
	}
	json_close(j, ']');
}

static void
write_form(struct json_out *j, const struct ticket *t)
{
	const struct ticket_detail	*d;
	guint				 i;

	json_open(j, "form", '{');
	json_str(j, "name", t->form);
	json_str(j, "state", t->completeness);
	json_open(j, "details", '{');
	for (i = 0; i < t->details->len; i++) {
		d = t->details->pdata[i];
		json_str(j, d->name, d->value);
	}
	json_close(j, '}');
	json_open(j, "labels", '{');
	for (i = 0; i < t->details->len; i++) {
		d = t->details->pdata[i];
		json_str(j, d->name, d->label);
	}
	json_close(j, '}');
	json_open(j, "sources", '{');
	for (i = 0; i < t->details->len; i++) {
		d = t->details->pdata[i];
		json_str(j, d->name, d->source);
	}
	json_close(j, '}');
	ticket_json_missing(j, t->missing);
	json_int(j, "asked_rounds", t->asked_rounds);
	json_time(j, "deadline", t->deadline_ms);
	json_close(j, '}');
}

static void
write_turns(struct json_out *j, const GPtrArray *turns)
{
	const struct ticket_turn	*turn;
	guint				 i;

	json_open(j, "conversation", '[');
	for (i = 0; i < turns->len; i++) {
		turn = turns->pdata[i];
		json_open(j, NULL, '{');
		json_time(j, "at", turn->at_ms);
		json_str(j, "direction", turn->direction);
		json_str(j, "who", turn->who);
		json_str(j, "message_id", turn->message_id);
		json_str(j, "excerpt", turn->excerpt);
		json_close(j, '}');
	}
	json_close(j, ']');
}

void
ticket_json_messages(struct json_out *j, const struct ticket *t)
{
	guint	i;

	if (t->message != NULL)
		write_message(j, "message", t->message, t->lsn);
	else
		json_raw(j, "message", t->message_json != NULL ? t->message_json : "null");
	json_open(j, "earlier_messages", '[');
	for (i = 0; i < t->held->len; i++)
		json_raw(j, NULL, t->held->pdata[i]);
	json_close(j, ']');
}

void
ticket_write_document(const struct ticket *t, GString *out, bool closed,
    struct ticket_span *messages)
{
	struct json_out	j = JSON_OUT(out);

	json_open(&j, NULL, '{');
	write_head(&j, t);
	write_form(&j, t);
	messages->from = out->len;
	ticket_json_messages(&j, t);
	messages->to = out->len;
	write_turns(&j, t->turns);
	json_strings(&j, "participants", t->participants);
	json_strings(&j, "possibly_related", t->possibly_related);
	json_strings(&j, "trail", t->trail);
	if (!closed)
		return;
	json_open(&j, "history", '{');
	json_strings(&j, "open", NULL);
	json_strings(&j, "previous", NULL);
	json_int(&j, "contacts", 1);
	json_close(&j, '}');
	json_close(&j, '}');
}

void
ticket_write(const struct ticket *t, GString *out, bool closed)
{
	struct ticket_span	messages;

	ticket_write_document(t, out, closed, &messages);
}
