/* SPDX-License-Identifier: ISC */
/*
 * The verdict: what the findings make of the ticket.
 *
 * A ticket is "none" (no form), "complete", "incomplete" (and nobody will ask
 * any more) or "waiting" (asked; until the deadline).  While it waits it is
 * held back, unless it is urgent: then workers have it, and the answer
 * reaches them as another event.
 */
#include "check/check.h"

#include <string.h>

#include "base/digest.h"
#include "base/text.h"
#include "check/fill.h"
#include "check/form.h"
#include "check/inside.h"

enum { HELD_MAX = 19, CHAT_PATIENCE_MS = 60000, EVENT_LETTERS = 26 };

/* One decision under way. */
struct decision {
	const struct check	*check;
	const struct findings	*findings;
	const struct form	*form;		/* NULL: none applies */
	struct ticket		*ticket;
	struct verdict		*out;
	int64_t			 now_ms;
	bool			 following;
	bool			 was_waiting;
	unsigned		 filled;
};

static void
set(char **member, const char *value)
{
	if (*member == value)
		return;
	g_free(*member);
	*member = g_strdup(value);
}

static bool
is_word(const char *word, const char *wanted)
{
	return word != NULL && strcmp(word, wanted) == 0;
}

static void
add_tags(struct ticket *t, const GPtrArray *tags)
{
	guint	i;

	for (i = 0; i < tags->len; i++)
		if (!g_ptr_array_find_with_equal_func(t->tags, tags->pdata[i], g_str_equal, NULL))
			g_ptr_array_add(t->tags, g_strdup(tags->pdata[i]));
}

static void
add_priority_reasons(struct ticket *t, const struct findings *f)
{
	const char	*reason;
	guint		 i;

	for (i = 0; i < f->reasons->len; i++) {
		reason = f->reasons->pdata[i];
		if (g_str_has_prefix(reason, "rule ") && (strstr(reason, "priority ") != NULL ||
		    strstr(reason, "urgent") != NULL))
			g_ptr_array_add(t->priority_reasons, g_strdup(reason));
	}
}

static void
note_findings(struct ticket *t, const struct findings *f)
{
	guint	i;

	for (i = 0; i < f->reasons->len; i++)
		ticket_note(t, "rules", "%s", (const char *)f->reasons->pdata[i]);
	for (i = 0; i < f->warnings->len; i++)
		ticket_note(t, "warning", "%s", (const char *)f->warnings->pdata[i]);
}

static bool
is_pressing(const struct findings *f)
{
	return f->urgent || f->priority == PRIORITY_HIGH;
}

/* The first message says where the ticket goes; a later one may only hurry. */
static void
classify(struct decision *d)
{
	const struct findings	*f = d->findings;
	struct ticket		*t = d->ticket;

	note_findings(t, f);
	add_tags(t, f->tags);
	if (!d->following) {
		set(&t->department, f->department);
		set(&t->form, f->form);
		t->priority = f->priority;
		add_priority_reasons(t, f);
		return;
	}
	if (is_pressing(f) && t->priority < f->priority) {
		t->priority = f->priority;
		add_priority_reasons(t, f);
		ticket_note(t, "priority", "raised to %s", priority_name(t->priority));
	}
}

/* Why the customer cannot be asked; NULL if he can. */
static const char *
why_not_ask(const struct decision *d)
{
	const struct ticket	*t = d->ticket;
	const struct message	*m = t->message;

	if (d->findings->ignore)
		return "a rule says to answer nothing";
	if (m->kind != MESSAGE_NORMAL)
		return "a machine wrote it";
	if (m->no_answer != NULL)
		return m->no_answer;
	if (is_word(t->channel_kind, "chat"))
		return t->session != NULL ? NULL : "the chat has no session";
	if (t->customer == NULL || !text_is_address(t->customer->addr))
		return "there is no address to ask at";
	if (d->check->settings->mail_out.from_addr == NULL)
		return "no outgoing mail is configured";
	return NULL;
}

/* Only its header was taken, because of its size: what it says nobody has read. */
static bool
is_too_large(const struct decision *d)
{
	static const char	 word[] = "mail-not-fetched: ";
	const GPtrArray		*warnings = d->ticket->message->warnings;
	guint			 i;

	for (i = 0; i < warnings->len; i++) {
		const char	*w = warnings->pdata[i];

		if (g_str_has_prefix(w, word))
			return g_ascii_strtoull(w + strlen(word), NULL, 10) >
			    (guint64)d->check->settings->journal.max_message;
	}
	return false;
}

static void
push(struct decision *d, const char *event, const char *completeness)
{
	struct ticket	*t = d->ticket;

	d->out->action = CHECK_PUSH;
	set(&t->event, event);
	set(&t->completeness, completeness);
	if (!is_word(completeness, "waiting"))
		t->deadline_ms = -1;
	if (t->status == TICKET_AWAITING_CUSTOMER && t->message->kind == MESSAGE_NORMAL)
		t->status = TICKET_OPEN;
	t->delivered = true;
	ticket_note(t, "verdict", "%s, %s", event, completeness);
}

static void
hold(struct decision *d, const char *event)
{
	struct ticket	*t = d->ticket;

	d->out->action = CHECK_HOLD;
	set(&t->event, event);
	t->status = TICKET_AWAITING_CUSTOMER;
	ticket_note(t, "verdict", "held back, round %u of %lld", t->asked_rounds,
	    (long long)d->form->set->rounds);
}

/* No more questions; it goes on as it is. */
static void
give_up(struct decision *d, const char *why)
{
	struct ticket	*t = d->ticket;

	d->out->outcome = "incomplete";
	ticket_note(t, "check", "incomplete, not asked: %s", why);
	if (!d->following)
		push(d, "ticket.created", "incomplete");
	else
		push(d, t->delivered ? "ticket.updated" : "ticket.released", "incomplete");
	if (t->status == TICKET_AWAITING_CUSTOMER)
		t->status = TICKET_OPEN;
}

/* Ask; and hold back what is not urgent and not out yet. */
static void
ask(struct decision *d)
{
	struct ticket	*t = d->ticket;

	t->asked_rounds++;
	t->deadline_ms = d->now_ms + d->form->set->wait_ms;
	d->out->ask = true;
	d->out->intro = d->form->set->intro;
	set(&t->completeness, "waiting");
	if (t->delivered || is_pressing(d->findings) || t->priority == PRIORITY_HIGH) {
		d->out->outcome = "urgent";
		ticket_note(t, "check", "asked for what is missing, not held back");
		push(d, !d->following ? "ticket.created" :
		    t->delivered ? "ticket.updated" : "ticket.released", "waiting");
		return;
	}
	d->out->outcome = "asked";
	ticket_note(t, "check", "asked for what is missing");
	hold(d, "ticket.asked");
}

static void
complete(struct decision *d)
{
	const char	*state = d->form != NULL ? "complete" : "none";
	bool		 news = d->was_waiting || is_word(d->ticket->completeness, "incomplete");

	d->out->outcome = state;
	push(d, !d->following ? "ticket.created" :
	    d->form != NULL && news ? "ticket.completed" : "ticket.updated", state);
}

static void
decide_first(struct decision *d)
{
	const char	*why_not = why_not_ask(d);

	if (d->ticket->missing->len == 0)
		complete(d);
	else if (why_not != NULL)
		give_up(d, why_not);
	else if (is_too_large(d))
		give_up(d, "only the header was taken: the message is too large");
	else if (d->form->set->rounds <= 0)
		give_up(d, "the form asks no questions");
	else
		ask(d);
	d->out->acknowledge = d->check->settings->acknowledge && why_not == NULL &&
	    !d->out->ask && !is_too_large(d);
}

/* A chat comes in pieces: do not ask again before the customer is through. */
static bool
is_midway(const struct decision *d)
{
	int64_t	asked_ms = d->ticket->deadline_ms - d->form->set->wait_ms;

	return is_word(d->ticket->channel_kind, "chat") && d->filled == 0 &&
	    d->now_ms - asked_ms < CHAT_PATIENCE_MS;
}

static void
keep_waiting(struct decision *d)
{
	d->out->outcome = "waiting";
	if (d->ticket->delivered)
		push(d, "ticket.updated", "waiting");
	else
		hold(d, "ticket.updated");
}

static void
decide_answer(struct decision *d)
{
	struct ticket	*t = d->ticket;
	const char	*why_not = why_not_ask(d);

	if (t->missing->len == 0)
		complete(d);
	else if (!t->delivered && t->held->len >= HELD_MAX)
		give_up(d, "too many messages held back");
	else if (is_midway(d) && !is_pressing(d->findings))
		keep_waiting(d);
	else if (why_not == NULL && is_too_large(d))
		keep_waiting(d);
	else if (why_not != NULL)
		give_up(d, why_not);
	else if (t->asked_rounds >= (unsigned long long)d->form->set->rounds)
		give_up(d, "asked often enough");
	else
		ask(d);
}

static bool
could_not_reach(const struct message *m)
{
	const struct bounce_recipient	*r;
	guint				 i;

	for (i = 0; m->bounce != NULL && i < m->bounce->recipients->len; i++) {
		r = m->bounce->recipients->pdata[i];
		if (is_word(r->action, "failed"))
			return true;
	}
	return m->bounce != NULL && m->bounce->recipients->len == 0;
}

/* Machines answer no questions, but may tell that nobody ever will. */
static void
decide_machine(struct decision *d)
{
	struct ticket	*t = d->ticket;

	if (!d->was_waiting) {
		d->out->outcome = t->completeness;
		push(d, "ticket.updated", t->completeness);
	} else if (t->message->kind == MESSAGE_BOUNCE && could_not_reach(t->message)) {
		give_up(d, "the question could not be delivered");
	} else if (!t->delivered && t->held->len >= HELD_MAX) {
		give_up(d, "too many messages held back");
	} else {
		keep_waiting(d);
	}
}

void
check_decide(const struct check *c, const struct findings *findings, struct ticket *t,
    int64_t now_ms, struct verdict *out)
{
	struct decision	d = { c, findings, NULL, t, out, now_ms, false, false, 0 };
	bool		machine = t->message->kind != MESSAGE_NORMAL &&
			    t->message->kind != MESSAGE_CALENDAR;

	memset(out, 0, sizeof *out);
	d.following = !is_word(t->event, "ticket.created");
	d.was_waiting = is_word(t->completeness, "waiting");
	classify(&d);
	d.form = form_find(c->forms, t->form);
	if (d.form != NULL && !(d.following && machine))
		d.filled = fill_details(t, d.form, findings, d.following);
	if (d.form == NULL) {
		g_ptr_array_set_size(t->missing, 0);
		d.was_waiting = false;
	}
	if (!d.following)
		decide_first(&d);
	else if (machine && d.form != NULL)
		decide_machine(&d);
	else if (d.was_waiting)
		decide_answer(&d);
	else if (t->missing->len == 0)
		complete(&d);
	else
		give_up(&d, "not waiting for an answer any more");
	out->too_large = is_too_large(&d) && why_not_ask(&d) == NULL;
}

/* The same for the same deadline, so that two daemons release it once. */
static char *
release_event_id(const struct ticket *t)
{
	struct digest	*digest = digest_new();
	uint8_t		 sum[DIGEST_SIZE];
	char		 deadline[32], letters[EVENT_LETTERS + 1];

	g_snprintf(deadline, sizeof deadline, "%lld", (long long)t->deadline_ms);
	digest_add_field(digest, "released");
	digest_add_field(digest, t->id);
	digest_add_field(digest, t->event_id);
	digest_add_field(digest, deadline);
	digest_end(digest, sum);
	digest_base32(sum, EVENT_LETTERS, letters);
	return g_strdup(letters);
}

bool
check_release(struct ticket *t, int64_t now_ms)
{
	char	*event_id;

	if (!is_word(t->completeness, "waiting") || t->deadline_ms < 0 ||
	    t->deadline_ms > now_ms)
		return false;
	event_id = release_event_id(t);
	g_free(t->event_id);
	t->event_id = event_id;
	set(&t->event, "ticket.released");
	set(&t->completeness, "incomplete");
	t->deadline_ms = -1;
	t->updated_ms = MAX(t->updated_ms, now_ms);
	if (t->status == TICKET_AWAITING_CUSTOMER)
		t->status = TICKET_OPEN;
	t->delivered = true;
	g_ptr_array_set_size(t->trail, 0);
	ticket_note(t, "verdict", "ticket.released, incomplete: no answer in time");
	return true;
}
