/* SPDX-License-Identifier: ISC */
/*
 * The ticket as its record in Redis holds it.
 *
 * Our own spelling for our own eyes: short, complete, and versioned, so that
 * a daemon never works on a record it understands only by half.
 */
#include "model/ticket.h"

#include <inttypes.h>
#include <string.h>

#include "model/json_in.h"
#include "model/ticket_json.h"

enum { RECORD_VERSION = 2, LIST_MAX = 1000, HELD_MAX = 20 };

static const char *const completeness_words[] = {
	"complete", "incomplete", "waiting", "none", NULL
};

static void
write_details(struct json_out *j, const GPtrArray *details)
{
	const struct ticket_detail	*d;
	guint				 i;

	json_open(j, "details", '[');
	for (i = 0; i < details->len; i++) {
		d = details->pdata[i];
		json_open(j, NULL, '{');
		json_str(j, "name", d->name);
		json_str(j, "label", d->label);
		json_str(j, "value", d->value);
		json_str(j, "source", d->source);
		json_close(j, '}');
	}
	json_close(j, ']');
}

static void
write_turns(struct json_out *j, const GPtrArray *turns)
{
	const struct ticket_turn	*turn;
	guint				 i;

	json_open(j, "turns", '[');
	for (i = 0; i < turns->len; i++) {
		turn = turns->pdata[i];
		json_open(j, NULL, '{');
		json_int(j, "at", turn->at_ms);
		json_str(j, "direction", turn->direction);
		json_str(j, "who", turn->who);
		json_str(j, "message_id", turn->message_id);
		json_str(j, "excerpt", turn->excerpt);
		json_close(j, '}');
	}
	json_close(j, ']');
}

static void
write_customer(struct json_out *j, const struct ticket *t)
{
	if (t->customer == NULL) {
		json_raw(j, "customer", "null");
		return;
	}
	json_open(j, "customer", '{');
	json_str(j, "name", t->customer->name);
	json_str(j, "address", t->customer->addr);
	json_close(j, '}');
}

static void
write_who(struct json_out *j, const struct ticket *t)
{
	json_str(j, "channel_kind", t->channel_kind);
	json_str(j, "channel_name", t->channel_name);
	write_customer(j, t);
	json_str(j, "verified", t->customer_verified);
	json_str(j, "session", t->session);
	json_strings(j, "participants", t->participants);
	json_str(j, "subject", t->subject);
	json_strings(j, "references", t->references);
}

/* All but the messages, which come last, and the closing brace. */
static void
write_open(struct json_out *j, const struct ticket *t)
{
	json_open(j, NULL, '{');
	json_int(j, "record", RECORD_VERSION);
	json_str(j, "id", t->id);
	json_int(j, "version", (int64_t)t->version);
	json_str(j, "event_id", t->event_id);
	json_int(j, "created", t->created_ms);
	json_int(j, "updated", t->updated_ms);
	json_str(j, "status", ticket_status_name(t->status));
	json_str(j, "department", t->department);
	json_str(j, "priority", priority_name(t->priority));
	json_strings(j, "priority_reasons", t->priority_reasons);
	json_strings(j, "tags", t->tags);
	json_str(j, "language", t->language);
	write_who(j, t);
	json_str(j, "form", t->form);
	write_details(j, t->details);
	ticket_json_missing(j, t->missing);
	json_int(j, "asked_rounds", t->asked_rounds);
	json_int(j, "deadline", t->deadline_ms);
	json_str(j, "completeness", t->completeness);
	write_turns(j, t->turns);
	json_strings(j, "possibly_related", t->possibly_related);
	json_int(j, "files", (int64_t)t->files);
	json_int(j, "file_bytes", (int64_t)t->file_bytes);
	json_bool(j, "delivered", t->delivered);
	json_int(j, "lsn", (int64_t)t->lsn);
}

static void
write_no_messages(struct json_out *j)
{
	json_raw(j, "message", "null");
	json_raw(j, "earlier_messages", "[]");
}

void
ticket_write_state(const struct ticket *t, GString *out)
{
	struct json_out	j = JSON_OUT(out);

	write_open(&j, t);
	if (t->delivered)
		write_no_messages(&j);
	else
		ticket_json_messages(&j, t);
	json_close(&j, '}');
}

/* What no worker has seen has to survive until one does. */
void
ticket_write_both(const struct ticket *t, GString *doc, GString *state, struct ticket_span *messages)
{
	struct json_out	j = JSON_OUT(state);

	ticket_write_document(t, doc, false, messages);
	write_open(&j, t);
	if (!t->delivered)
		return;
	messages->from = messages->to = 0;
	write_no_messages(&j);
	json_close(&j, '}');
}

static void
read_details(struct json_in *in, struct ticket *t)
{
	json_t		*list = json_in_array(in, "details", LIST_MAX), *one;
	struct json_in	 item;
	size_t		 i;

	json_array_foreach(list, i, one) {
		json_in_start(&item, one);
		g_autofree char *name = json_in_str(&item, "name", false);
		g_autofree char *label = json_in_str(&item, "label", true);
		g_autofree char *value = json_in_str(&item, "value", true);
		g_autofree char *source = json_in_str(&item, "source", true);

		if (json_in_end(&item, "details", NULL) == -1)
			json_in_reject(in, "details");
		else
			ticket_add_detail(t, name, label, value, source);
	}
}

static void
read_missing(struct json_in *in, struct ticket *t)
{
	json_t		*list = json_in_array(in, "missing", LIST_MAX), *one;
	struct json_in	 item;
	size_t		 i;

	json_array_foreach(list, i, one) {
		json_in_start(&item, one);
		g_autofree char *name = json_in_str(&item, "name", false);
		g_autofree char *label = json_in_str(&item, "label", true);
		g_autofree char *question = json_in_str(&item, "question", true);
		g_autofree char *problem = json_in_str(&item, "problem", true);

		if (json_in_end(&item, "missing", NULL) == -1)
			json_in_reject(in, "missing");
		else
			ticket_add_missing(t, name, label, question, problem);
	}
}

static void
read_turns(struct json_in *in, struct ticket *t)
{
	json_t		*list = json_in_array(in, "turns", LIST_MAX), *one;
	struct json_in	 item;
	size_t		 i;
	int64_t		 at;

	json_array_foreach(list, i, one) {
		json_in_start(&item, one);
		at = json_in_int(&item, "at", INT64_MIN, INT64_MAX);
		g_autofree char *direction = json_in_str(&item, "direction", false);
		g_autofree char *who = json_in_str(&item, "who", true);
		g_autofree char *id = json_in_str(&item, "message_id", true);
		g_autofree char *excerpt = json_in_str(&item, "excerpt", true);

		if (json_in_end(&item, "turns", NULL) == -1)
			json_in_reject(in, "turns");
		else
			ticket_add_turn(t, at, direction, who, id, excerpt);
	}
}

static void
read_messages(struct json_in *in, struct ticket *t)
{
	json_t	*message = json_in_object(in, "message", true), *list, *one;
	size_t	 i;
	char	*text;

	if (message != NULL && (text = json_dumps(message, JSON_COMPACT)) != NULL) {
		t->message_json = g_strdup(text);
		free(text);
	}
	list = json_in_array(in, "earlier_messages", HELD_MAX);
	json_array_foreach(list, i, one) {
		if (!json_is_object(one) || (text = json_dumps(one, JSON_COMPACT)) == NULL) {
			json_in_reject(in, "earlier_messages");
			continue;
		}
		g_ptr_array_add(t->held, g_strdup(text));
		free(text);
	}
}

static void
read_customer(struct json_in *in, struct ticket *t)
{
	json_t		*object = json_in_object(in, "customer", true);
	struct json_in	 item;

	if (object == NULL)
		return;
	json_in_start(&item, object);
	g_autofree char *name = json_in_str(&item, "name", true);
	g_autofree char *addr = json_in_str(&item, "address", false);

	if (json_in_end(&item, "customer", NULL) == -1)
		json_in_reject(in, "customer");
	else
		t->customer = address_new(name, addr);
}

static void
read_who(struct json_in *in, struct ticket *t)
{
	t->channel_kind = json_in_str(in, "channel_kind", true);
	t->channel_name = json_in_str(in, "channel_name", true);
	read_customer(in, t);
	t->customer_verified = json_in_str(in, "verified", true);
	t->session = json_in_str(in, "session", true);
	json_in_strings(in, "participants", t->participants, LIST_MAX);
	t->subject = json_in_str(in, "subject", true);
	json_in_strings(in, "references", t->references, LIST_MAX);
}

static void
read_words(struct json_in *in, struct ticket *t)
{
	g_autofree char	*id = json_in_str(in, "id", false);
	g_autofree char	*status = json_in_str(in, "status", false);
	g_autofree char	*priority = json_in_str(in, "priority", false);

	if (g_strlcpy(t->id, id, sizeof t->id) >= sizeof t->id)
		json_in_reject(in, "id");
	if (ticket_status_parse(status, &t->status) == -1)
		json_in_reject(in, "status");
	if (priority_parse(priority, &t->priority) == -1)
		json_in_reject(in, "priority");
	g_free(t->completeness);
	t->completeness = json_in_str(in, "completeness", false);
	if (!g_strv_contains(completeness_words, t->completeness))
		json_in_reject(in, "completeness");
}

static void
read_all(struct json_in *in, struct ticket *t)
{
	json_in_int(in, "record", RECORD_VERSION, RECORD_VERSION);
	read_words(in, t);
	t->version = (uint64_t)json_in_int(in, "version", 0, INT64_MAX);
	t->event_id = json_in_str(in, "event_id", true);
	t->created_ms = json_in_int(in, "created", INT64_MIN, INT64_MAX);
	t->updated_ms = json_in_int(in, "updated", INT64_MIN, INT64_MAX);
	t->department = json_in_str(in, "department", true);
	json_in_strings(in, "priority_reasons", t->priority_reasons, LIST_MAX);
	json_in_strings(in, "tags", t->tags, LIST_MAX);
	t->language = json_in_str(in, "language", true);
	read_who(in, t);
	t->form = json_in_str(in, "form", true);
	read_details(in, t);
	read_missing(in, t);
	t->asked_rounds = (unsigned)json_in_int(in, "asked_rounds", 0, INT_MAX);
	t->deadline_ms = json_in_int(in, "deadline", -1, INT64_MAX);
	read_turns(in, t);
	json_in_strings(in, "possibly_related", t->possibly_related, LIST_MAX);
	t->files = (uint64_t)json_in_int(in, "files", 0, INT64_MAX);
	t->file_bytes = (uint64_t)json_in_int(in, "file_bytes", 0, INT64_MAX);
	t->delivered = json_in_bool(in, "delivered");
	t->lsn = (uint64_t)json_in_int(in, "lsn", 0, INT64_MAX);
	read_messages(in, t);
}

struct ticket *
ticket_read_state(const char *json, size_t len, struct err *e)
{
	json_t		*root = json_in_parse(json, len, e);
	struct ticket	*t;
	struct json_in	 in;

	if (root == NULL) {
		err_prefix(e, "ticket record");
		return NULL;
	}
	t = ticket_new();
	json_in_start(&in, root);
	read_all(&in, t);
	if (json_in_end(&in, "ticket record", e) == -1) {
		ticket_free(t);
		t = NULL;
	}
	json_decref(root);
	return t;
}
