/* SPDX-License-Identifier: ISC */
/*
 * What a message does to a ticket: begins it, or goes on with it.
 */
#include "ticket/ticket.h"

#include <string.h>

#include "ticket/people.h"

enum { REFERENCES_MAX = 20, RELATED_MAX = 10, HELD_MAX = 20 };

static bool
same_session(const struct ticket *t, const struct ticket_keys *k)
{
	return t->session != NULL && k->session != NULL &&
	    strcmp(t->session, k->session) == 0 && g_strcmp0(t->channel_name, k->channel) == 0;
}

/* Our own MTA's word; nothing said is nothing proved, and that is usual. */
static bool
is_forged(const struct message *m)
{
	return m->authentication.dmarc != NULL &&
	    g_ascii_strcasecmp(m->authentication.dmarc, "fail") == 0;
}

bool
ticket_admits(const struct ticket *prior, const struct ticket_keys *k,
    const struct message *m, const char **why)
{
	if (k->token_ticket != NULL && strcmp(k->token_ticket, prior->id) == 0) {
		*why = "it carries the reply token made for its sender";
		return true;
	}
	if (m->kind == MESSAGE_BOUNCE) {
		*why = "a bounce without a reply token of ours";
		return false;
	}
	if (same_session(prior, k)) {
		*why = "same session";
		return true;
	}
	if (m->from == NULL) {
		*why = "it refers to the ticket but has no sender";
		return false;
	}
	if (is_forged(m)) {
		*why = "it refers to the ticket but DMARC failed for its sender";
		return false;
	}
	if (!people_belong(prior, m->from->addr)) {
		*why = "it refers to the ticket but its sender is not a participant";
		return false;
	}
	*why = "it refers to the ticket and its sender is a participant";
	return true;
}

static bool
is_person(const struct message *m)
{
	return m->kind == MESSAGE_NORMAL || m->kind == MESSAGE_CALENDAR;
}

static void
add_reference(struct ticket *t, const char *id)
{
	if (id == NULL ||
	    g_ptr_array_find_with_equal_func(t->references, id, g_str_equal, NULL))
		return;
	g_ptr_array_add(t->references, g_strdup(id));
	/* RFC 5322 threads hang on the first id, so that one stays. */
	if (t->references->len > REFERENCES_MAX)
		g_ptr_array_remove_index(t->references, 1);
}

static void
note_message(struct ticket *t, const struct ticket_keys *k, const struct arrival *a,
    const struct message *m)
{
	guint	i;

	ticket_note(t, "arrival", "from %s \"%s\"%s%s", a->kind, a->channel,
	    m->minimal ? ", could not be parsed" : "",
	    m->verified != NULL ? ", sender verified" : "");
	if (m->sender != NULL && message_field(m, "forwarded_by") != NULL)
		ticket_note(t, "arrival", "passed on by our agent %s", m->sender->addr);
	if (m->no_answer != NULL)
		ticket_note(t, "answer", "never automatically: %s", m->no_answer);
	for (i = 0; i < k->hints->len; i++)
		if (strcmp(k->hints->pdata[i], t->id) != 0)
			ticket_note(t, "thread", "the subject names %s, which proves nothing",
			    (const char *)k->hints->pdata[i]);
}

/* What both a new and an old ticket take over from a message. */
#define OVER_LIMIT	"attachments-over-limit"

/* The message may have been judged before, for another ticket. */
static void
forget_limit(struct message *m)
{
	guint	i;

	for (i = m->warnings->len; i > 0; i--)
		if (g_str_has_prefix(m->warnings->pdata[i - 1], OVER_LIMIT))
			g_ptr_array_remove_index(m->warnings, i - 1);
}

bool
ticket_takes_file(const struct ticket_context *ctx, uint64_t files, uint64_t bytes,
    const struct attachment *a)
{
	if (ctx->max_files != 0 && files >= ctx->max_files)
		return false;
	return ctx->max_file_bytes == 0 || (bytes < ctx->max_file_bytes &&
	    a->size <= ctx->max_file_bytes - bytes);
}

/* The first ones that fit are handed on; the others keep their digest and are warned of. */
static void
limit_files(struct ticket *t, const struct ticket_context *ctx, struct message *m)
{
	unsigned	over = 0;
	guint		i;

	forget_limit(m);
	for (i = 0; i < m->attachments->len; i++) {
		struct attachment	*a = m->attachments->pdata[i];

		a->withheld = !ticket_takes_file(ctx, t->files, t->file_bytes, a);
		over += a->withheld;
		t->files += !a->withheld;
		t->file_bytes += a->withheld ? 0 : a->size;
	}
	if (over > 0)
		message_warn(m, OVER_LIMIT ": %u of %u", over, m->attachments->len);
}

static void
take_message(struct ticket *t, const struct ticket_context *ctx,
    const struct ticket_keys *k, const struct arrival *a, struct message *m)
{
	const struct address	*who = people_customer(ctx->addresses, m);

	t->message = m;
	t->lsn = a->lsn;
	t->updated_ms = MAX(a->received_ms, t->updated_ms);
	g_free(t->event_id);
	t->event_id = g_strdup(k->event_id);
	if (t->customer == NULL && who != NULL) {
		t->customer = address_copy(who);
		t->customer_verified = g_strdup(m->verified);
	}
	if (t->session == NULL)
		t->session = g_strdup(k->session);
	if (t->language == NULL)
		t->language = g_strdup(m->language);
	/* A sender who is not who he says does not bring friends. */
	if (is_person(m) && !is_forged(m))
		people_add(t, ctx->addresses, m);
	limit_files(t, ctx, m);
	add_reference(t, m->message_id);
	ticket_add_turn(t, a->received_ms, "in", who != NULL ? who->addr : t->session,
	    m->message_id, m->text != NULL ? m->text : m->full_text);
	note_message(t, k, a, m);
}

struct ticket *
ticket_begin(const struct ticket_context *ctx, const struct ticket_keys *k,
    const struct arrival *a, struct message *m)
{
	struct ticket	*t = ticket_new();

	ticket_propose_id(ctx, k, 0, t->id);
	t->event = g_strdup("ticket.created");
	t->created_ms = a->received_ms;
	t->status = TICKET_OPEN;
	t->channel_kind = g_strdup(a->kind);
	t->channel_name = g_strdup(a->channel);
	t->subject = g_strdup(m->subject);
	take_message(t, ctx, k, a, m);
	ticket_note(t, "thread", "new ticket");
	return t;
}

/*
 * The message the record still holds has not been seen by a worker: it waits
 * in line behind the older ones until an event carries them all.
 */
static void
keep_held(struct ticket *t)
{
	if (t->message_json == NULL)
		return;
	if (!t->delivered && t->held->len < HELD_MAX)
		g_ptr_array_add(t->held, g_steal_pointer(&t->message_json));
	g_clear_pointer(&t->message_json, g_free);
}

static void
reopen(struct ticket *t, const struct message *m)
{
	if (t->status != TICKET_CLOSED)
		return;
	if (!is_person(m)) {
		ticket_note(t, "status", "stays closed: %s does not reopen",
		    message_kind_name(m->kind));
		return;
	}
	t->status = TICKET_OPEN;
	ticket_note(t, "status", "reopened by the customer");
}

void
ticket_follow(struct ticket *t, const struct ticket_context *ctx,
    const struct ticket_keys *k, const struct arrival *a, struct message *m,
    const char *why)
{
	g_ptr_array_set_size(t->trail, 0);
	keep_held(t);
	g_free(t->event);
	t->event = g_strdup("ticket.updated");
	take_message(t, ctx, k, a, m);
	ticket_note(t, "thread", "joins %s: %s", t->id, why);
	reopen(t, m);
}

void
ticket_relate(struct ticket *t, const char *other_id, const char *why)
{
	if (strcmp(t->id, other_id) == 0 || t->possibly_related->len >= RELATED_MAX ||
	    g_ptr_array_find_with_equal_func(t->possibly_related, other_id, g_str_equal, NULL))
		return;
	g_ptr_array_add(t->possibly_related, g_strdup(other_id));
	ticket_note(t, "thread", "possibly related to %s: %s", other_id, why);
}
