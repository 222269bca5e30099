/* SPDX-License-Identifier: ISC */
#include "model/outgoing.h"

#include <string.h>

#include "base/json_out.h"
#include "model/json_in.h"

enum { REFERENCES_MAX = 100 };

static const char *const kind_names[] = {
	[OUTGOING_QUESTION] = "question",
	[OUTGOING_ACKNOWLEDGEMENT] = "acknowledgement",
	[OUTGOING_ANSWER] = "answer",
	[OUTGOING_NOTICE] = "notice"
};

struct outgoing *
outgoing_new(enum outgoing_kind kind)
{
	struct outgoing	*o = g_new0(struct outgoing, 1);

	o->kind = kind;
	o->references = g_ptr_array_new_with_free_func(g_free);
	return o;
}

void
outgoing_free(struct outgoing *o)
{
	if (o == NULL)
		return;
	g_free(o->entry_id);
	g_free(o->id);
	g_free(o->ticket);
	g_free(o->channel_kind);
	g_free(o->channel_name);
	g_free(o->session);
	g_free(o->to_name);
	g_free(o->to_addr);
	g_free(o->subject);
	g_free(o->in_reply_to);
	g_ptr_array_unref(o->references);
	g_free(o->text);
	g_free(o->language);
	g_free(o->author);
	g_free(o);
}

const char *
outgoing_kind_name(enum outgoing_kind kind)
{
	return kind_names[kind];
}

int
outgoing_kind_parse(const char *name, enum outgoing_kind *kind)
{
	size_t	i;

	for (i = 0; i < G_N_ELEMENTS(kind_names); i++)
		if (strcmp(name, kind_names[i]) == 0) {
			*kind = (enum outgoing_kind)i;
			return 0;
		}
	return -1;
}

void
outgoing_write(const struct outgoing *o, GString *out)
{
	struct json_out	j = JSON_OUT(out);

	json_open(&j, NULL, '{');
	json_str(&j, "id", o->id);
	json_str(&j, "ticket", o->ticket);
	json_str(&j, "kind", outgoing_kind_name(o->kind));
	json_str(&j, "channel_kind", o->channel_kind);
	json_str(&j, "channel_name", o->channel_name);
	json_str(&j, "session", o->session);
	json_str(&j, "to_name", o->to_name);
	json_str(&j, "to_addr", o->to_addr);
	json_str(&j, "subject", o->subject);
	json_str(&j, "in_reply_to", o->in_reply_to);
	json_strings(&j, "references", o->references);
	json_str(&j, "text", o->text);
	json_str(&j, "language", o->language);
	json_str(&j, "author", o->author);
	json_int(&j, "created_ms", o->created_ms);
	json_int(&j, "attempts", o->attempts);
	json_close(&j, '}');
}

struct outgoing *
outgoing_read(const char *json, size_t len, struct err *e)
{
	json_t			*root = json_in_parse(json, len, e);
	struct outgoing		*o;
	struct json_in		 in;
	g_autofree char		*kind = NULL;

	if (root == NULL) {
		err_prefix(e, "outgoing");
		return NULL;
	}
	o = outgoing_new(OUTGOING_NOTICE);
	json_in_start(&in, root);
	o->id = json_in_str(&in, "id", false);
	o->ticket = json_in_str(&in, "ticket", false);
	kind = json_in_str(&in, "kind", false);
	if (outgoing_kind_parse(kind, &o->kind) == -1)
		json_in_reject(&in, "kind");
	o->channel_kind = json_in_str(&in, "channel_kind", true);
	o->channel_name = json_in_str(&in, "channel_name", true);
	o->session = json_in_str(&in, "session", true);
	o->to_name = json_in_str(&in, "to_name", true);
	o->to_addr = json_in_str(&in, "to_addr", true);
	o->subject = json_in_str(&in, "subject", true);
	o->in_reply_to = json_in_str(&in, "in_reply_to", true);
	if (json_object_get(root, "references") != NULL)
		json_in_strings(&in, "references", o->references, REFERENCES_MAX);
	o->text = json_in_str(&in, "text", false);
	o->language = json_in_str(&in, "language", true);
	o->author = json_in_str(&in, "author", true);
	o->created_ms = json_in_int(&in, "created_ms", INT64_MIN, INT64_MAX);
	if (json_object_get(root, "attempts") != NULL)
		o->attempts = (unsigned)json_in_int(&in, "attempts", 0, INT32_MAX);
	if (json_in_end(&in, "outgoing", e) == -1) {
		outgoing_free(o);
		o = NULL;
	}
	json_decref(root);
	return o;
}
