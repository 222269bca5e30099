/* SPDX-License-Identifier: ISC */
/*
 * May this be said?  The part that needs no counting.  What is automatic is
 * refused to machines, lists, ourselves and whom the operator named; what a
 * person wrote only where there is no way to send it or it would come back.
 */
#include <string.h>

#include "base/text.h"
#include "model/json_in.h"
#include "reply/reply.h"

/* What the last message of the ticket was, as far as it is known. */
struct last {
	char	*kind;
	char	*no_answer;
	char	*message_id;
};

bool
reply_is_automatic(const struct outgoing *o)
{
	return o->kind != OUTGOING_ANSWER;
}

static bool
is_by_mail(const struct outgoing *o)
{
	return o->session == NULL || o->to_addr != NULL;
}

static bool
is_same_address(const char *a, const char *b)
{
	g_autofree char	*first = address_canonical(a, TRUE);
	g_autofree char	*second = address_canonical(b, TRUE);

	return strcmp(first, second) == 0;
}

/* One of ours: a mail to it would come back as a new message. */
static bool
is_own_address(const struct settings *s, const char *addr)
{
	if (is_same_address(addr, s->mail_out.from_addr))
		return true;
	if (s->mail_out.reply_to != NULL && is_same_address(addr, s->mail_out.reply_to))
		return true;
	for (guint i = 0; s->identity.addresses != NULL && i < s->identity.addresses->len; i++)
		if (is_same_address(addr, g_ptr_array_index(s->identity.addresses, i)))
			return true;
	return false;
}

static bool
is_never_answered(const struct settings *s, const char *addr)
{
	g_autofree char	*low = g_utf8_strdown(addr, -1);

	for (guint i = 0; s->guard.never_answer != NULL && i < s->guard.never_answer->len; i++) {
		g_autofree char	*pattern = g_utf8_strdown(g_ptr_array_index(s->guard.never_answer, i), -1);

		if (g_pattern_match_simple(pattern, low))
			return true;
	}
	return false;
}

/* libesmtp knows no SMTPUTF8: letters beyond ASCII only in the domain, where
 * they have another spelling. */
static bool
is_deliverable(const char *addr)
{
	if (addr == NULL || !text_is_address(addr))
		return false;
	for (const char *p = addr; *p != '@'; p++)
		if ((unsigned char)*p >= 0x80)
			return false;
	return true;
}

static const char *
guard_address(const struct settings *s, const struct outgoing *o)
{
	if (s->mail_out.from_addr == NULL)
		return "no-mail-out";
	if (!is_deliverable(o->to_addr))
		return "invalid-address";
	if (is_own_address(s, o->to_addr))
		return "own-address";
	if (reply_is_automatic(o) && is_never_answered(s, o->to_addr))
		return "never-answer";
	return NULL;
}

static void
read_last(struct last *last, const struct ticket *t)
{
	struct json_in	 in;
	json_t		*object;

	if (t->message != NULL) {
		last->kind = g_strdup(message_kind_name(t->message->kind));
		last->no_answer = g_strdup(t->message->no_answer);
		last->message_id = g_strdup(t->message->message_id);
		return;
	}
	if (t->message_json == NULL ||
	    (object = json_in_parse(t->message_json, strlen(t->message_json), NULL)) == NULL)
		return;
	json_in_start(&in, object);
	last->kind = json_in_str(&in, "kind", true);
	last->no_answer = json_in_str(&in, "no_answer", true);
	last->message_id = json_in_str(&in, "message_id", true);
	json_decref(object);
}

/* The ticket may have gone on: a bounce says that the address is dead, but a
 * vacation notice that came meanwhile does not take a question back. */
static bool
is_what_we_answer(const struct last *last, const struct outgoing *o)
{
	return o->in_reply_to == NULL || last->message_id == NULL ||
	    strcmp(o->in_reply_to, last->message_id) == 0;
}

static const char *
guard_kind(const struct last *last, const struct outgoing *o)
{
	static const char *const reasons[][2] = {
		{ "auto_reply", "auto-mail" }, { "auto_generated", "auto-mail" },
		{ "feedback", "auto-mail" }, { "receipt", "auto-mail" }, { "calendar", "auto-mail" },
		{ "list", "list" }, { "own", "own-address" },
	};

	if (last->kind == NULL)
		return NULL;
	if (strcmp(last->kind, message_kind_name(MESSAGE_BOUNCE)) == 0)
		return "bounce";
	if (!is_what_we_answer(last, o))
		return NULL;
	for (size_t i = 0; i < G_N_ELEMENTS(reasons); i++)
		if (strcmp(last->kind, reasons[i][0]) == 0)
			return reasons[i][1];
	return last->no_answer != NULL ? "no-answer-wanted" : NULL;
}

const char *
reply_guard(const struct settings *s, const struct outgoing *o, const struct ticket *t)
{
	struct last	 last = { NULL, NULL, NULL };
	const char	*reason = NULL;

	if (is_by_mail(o) && (reason = guard_address(s, o)) != NULL)
		return reason;
	if (!reply_is_automatic(o) || t == NULL)
		return NULL;
	read_last(&last, t);
	reason = guard_kind(&last, o);
	g_free(last.kind);
	g_free(last.no_answer);
	g_free(last.message_id);
	return reason;
}
