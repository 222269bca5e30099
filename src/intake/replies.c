/* SPDX-License-Identifier: ISC */
/*
 * What is told to customers, one at a time from the reply stream:
 *
 *	begin in Redis -> may we? -> counted against the caps -> sent -> end
 *
 * Begin and end make a repetition visible.  When an earlier attempt broke off
 * between them, nobody knows whether it was sent: an acknowledgement is then
 * left at that, a question or an answer goes out once more under the same
 * Message-ID, which mail programs show once.
 */
#include <string.h>

#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/metric.h"
#include "intake/intake_local.h"
#include "reply/reply.h"
#include "store/state_dir.h"

#define AT_ONCE		16
#define LEASE_MS	600000		/* longer than any mail takes */
#define AGAIN_MS	5000

struct replies {
	struct intake		*in;
	struct reply_templates	*templates;
	struct mailer		*mailer;
	struct loop_timer	*again;		/* another look, should a hint be missed */
	unsigned		 under_way;
	GPtrArray		*parked;	/* struct delivery *: steps Redis did not take */
	bool			 taking;
	bool			 more;		/* look again when this take is through */
	bool			 closing;
};

struct delivery {
	struct replies		*replies;
	struct queue_reply	*reply;
	void			(*again)(struct delivery *);	/* the step, while parked */
	unsigned		 attempt;
	bool			 unsure;
	struct queue_result	 result;
	char			*reason;	/* result.reason points here */
	char			*chat;
	GPtrArray		*own;
};

static void
free_delivery(struct delivery *d)
{
	queue_reply_free(d->reply);
	g_free(d->reason);
	g_free(d->chat);
	g_clear_pointer(&d->own, g_ptr_array_unref);
	g_free(d);
}

static void
leave(struct delivery *d)
{
	d->replies->under_way--;
	free_delivery(d);
}

/*
 * Redis did not take the step, or nobody knows: repeated when it is back.
 * Under the lease, so nobody else does it meanwhile.
 */
static void
park(struct delivery *d, void (*again)(struct delivery *))
{
	if (d->replies->closing) {
		leave(d);
		return;
	}
	d->again = again;
	g_ptr_array_add(d->replies->parked, d);
}

static void
go_on_with_parked(struct replies *r)
{
	g_autoptr(GPtrArray)	parked = g_steal_pointer(&r->parked);
	guint			i;

	r->parked = g_ptr_array_new();
	for (i = 0; i < parked->len; i++) {
		struct delivery	*d = parked->pdata[i];

		d->again(d);
	}
}

/* --- the end --- */

static void	record(struct delivery *);

static void
on_ended(void *arg, struct queue_answer *answer)
{
	struct delivery	*d = arg;
	struct replies	*r = d->replies;

	if (answer->outcome == QUEUE_RETRY) {
		park(d, record);
		return;
	}
	if (answer->outcome == QUEUE_REFUSED)
		log_error("ticket=%s what was sent cannot be recorded: %s",
		    d->reply->outgoing->ticket, answer->err.text);
	else if (d->chat != NULL)
		r->in->events.chat(r->in->events_arg, d->reply->outgoing->session);
	leave(d);
	replies_look(r);
}

static void
record(struct delivery *d)
{
	queue_reply_end(d->replies->in->queue, d->reply, &d->result, on_ended, d);
}

static void
end(struct delivery *d, enum queue_end how, const char *reason)
{
	d->reason = g_strdup(reason);
	d->result.end = how;
	d->result.reason = d->reason;
	d->result.own = d->own;
	d->result.chat = d->chat;
	record(d);
}

static void
suppress(struct delivery *d, const char *reason)
{
	const struct outgoing	*o = d->reply->outgoing;

	metric_inc(METRIC_REPLIES_SUPPRESSED, reason);
	log_info("ticket=%s %s not sent reason=%s", o->ticket, outgoing_kind_name(o->kind), reason);
	end(d, QUEUE_END_SUPPRESSED, reason);
}

static void
sent(struct delivery *d)
{
	const struct outgoing	*o = d->reply->outgoing;

	metric_inc(METRIC_REPLIES_SENT, outgoing_kind_name(o->kind));
	log_info("ticket=%s %s sent channel=%s", o->ticket, outgoing_kind_name(o->kind),
	    o->channel_name);
	end(d, QUEUE_END_SENT, NULL);
}

static void
failed(struct delivery *d, const char *why)
{
	const struct outgoing	*o = d->reply->outgoing;

	metric_inc(METRIC_REPLIES_FAILED, outgoing_kind_name(o->kind));
	log_warn("ticket=%s %s cannot be sent: %s", o->ticket, outgoing_kind_name(o->kind), why);
	end(d, QUEUE_END_FAILED, why);
}

static void
later(struct delivery *d, const char *why)
{
	const struct outgoing	*o = d->reply->outgoing;
	int64_t			 at = reply_retry_at(d->replies->in->settings, o, d->attempt,
				    clock_wall_ms());

	if (at == -1) {
		failed(d, why);
		return;
	}
	log_info("ticket=%s %s to be tried again attempt=%u: %s", o->ticket,
	    outgoing_kind_name(o->kind), d->attempt, why);
	d->result.until_ms = at;
	end(d, QUEUE_END_DEFERRED, why);
}

/* --- sending --- */

static void
on_mailed(void *arg, enum mail_result result, const char *message_id, const char *text)
{
	struct delivery	*d = arg;

	if (fault_point("after-send") == -1)
		result = MAIL_UNKNOWN;
	if (d->replies->closing) {
		leave(d);		/* its lease runs out; another start finds it unsure */
		return;
	}
	switch (result) {
	case MAIL_SENT:
		d->own = g_ptr_array_new_with_free_func(g_free);
		g_ptr_array_add(d->own, ticket_message_key(message_id));
		sent(d);
		return;
	case MAIL_PERMANENT:
		failed(d, text);
		return;
	case MAIL_TEMPORARY:
		later(d, text);
		return;
	case MAIL_UNKNOWN:
		/* The same rule as after a crash of our own. */
		if (d->unsure || d->reply->outgoing->kind == OUTGOING_ACKNOWLEDGEMENT)
			failed(d, "unknown whether it was sent");
		else
			later(d, "unsure");
		return;
	}
}

static void
show_in_chat(struct delivery *d)
{
	const struct outgoing	*o = d->reply->outgoing;

	d->chat = intake_chat_line("out", outgoing_kind_name(o->kind), o->author, o->text, o->id,
	    clock_wall_ms());
	sent(d);
}

static void
send(struct delivery *d)
{
	const struct outgoing	*o = d->reply->outgoing;

	if (fault_point("before-send") == -1) {
		later(d, "fault");
		return;
	}
	if (o->session != NULL)
		show_in_chat(d);
	else
		mailer_send(d->replies->mailer, o, d->reply->ticket, on_mailed, d);
}

static void	count(struct delivery *);

static void
on_counted(void *arg, enum queue_outcome outcome, const char *reason)
{
	struct delivery	*d = arg;

	if (outcome == QUEUE_RETRY)
		park(d, count);
	else if (outcome != QUEUE_DONE && outcome != QUEUE_KNOWN)
		failed(d, "it cannot be counted against the caps");
	else if (*reason != '\0')
		suppress(d, reason);
	else
		send(d);
}

static void
count(struct delivery *d)
{
	const struct outgoing	*o = d->reply->outgoing;
	struct intake		*in = d->replies->in;

	if (!reply_is_automatic(o))
		send(d);
	else
		queue_guard(in->queue, &in->settings->guard, o->id,
		    o->to_addr != NULL ? o->to_addr : o->session, o->ticket, on_counted, d);
}

static void	start(struct delivery *);

static void
on_begun(void *arg, enum queue_outcome outcome, enum queue_begin begin, unsigned attempt)
{
	struct delivery		*d = arg;
	const struct outgoing	*o = d->reply->outgoing;
	const char		*reason;

	if (outcome == QUEUE_RETRY) {
		park(d, start);
		return;
	}
	if (outcome != QUEUE_DONE && outcome != QUEUE_KNOWN) {
		leave(d);
		return;
	}
	d->attempt = attempt;
	d->unsure = begin == QUEUE_BEGIN_UNSURE;
	if (begin == QUEUE_BEGIN_OVER)
		leave(d);
	else if (d->unsure && o->kind == OUTGOING_ACKNOWLEDGEMENT)
		failed(d, "unknown whether it was sent");
	else if ((reason = reply_guard(d->replies->in->settings, o, d->reply->ticket)) != NULL)
		suppress(d, reason);
	else
		count(d);
}

static void
start(struct delivery *d)
{
	queue_reply_begin(d->replies->in->queue, d->reply, on_begun, d);
}

/* --- taking --- */

static void
deliver(struct replies *r, struct queue_reply *take)
{
	struct delivery	*d = g_new0(struct delivery, 1);

	d->replies = r;
	d->reply = take;
	r->under_way++;
	start(d);
}

static void
on_taken(void *arg, enum queue_outcome outcome, GPtrArray *taken)
{
	struct replies	*r = arg;
	guint		 i;

	r->taking = false;
	if (outcome != QUEUE_DONE || taken == NULL)
		return;
	for (i = 0; i < taken->len; i++)
		deliver(r, g_steal_pointer(&taken->pdata[i]));
	if (r->more && taken->len > 0)
		replies_look(r);
	r->more = false;
}

void
replies_look(struct replies *r)
{
	r->more = true;
	if (r->closing || r->in->queue == NULL || !queue_is_up(r->in->queue))
		return;
	go_on_with_parked(r);
	if (r->taking || r->in->stopping || r->under_way >= AT_ONCE)
		return;
	r->taking = true;
	r->more = false;
	queue_replies_take(r->in->queue, AT_ONCE - r->under_way, LEASE_MS, on_taken, r);
}

static void
look_again(void *arg)
{
	replies_look(arg);
}

/* --- what the check wants to have said --- */

struct outgoing *
replies_for_verdict(struct replies *r, const struct ticket *t, const struct verdict *v)
{
	if (v->too_large)
		return reply_too_large(r->templates, t);
	if (v->ask)
		return reply_question(r->templates, t, v->intro);
	if (v->acknowledge)
		return reply_acknowledgement(r->templates, t);
	return NULL;
}

/* --- life --- */

struct replies *
replies_new(struct intake *in, struct err *e)
{
	struct replies	*r = g_new0(struct replies, 1);

	r->in = in;
	r->parked = g_ptr_array_new();
	r->again = loop_timer_new(in->loop, look_again, r);
	if ((r->templates = reply_templates_new(in->settings, e)) == NULL ||
	    (r->mailer = mailer_new(in->loop, in->settings, in->secret, STATE_SECRET_SIZE,
	    e)) == NULL) {
		replies_free(r);
		return NULL;
	}
	loop_timer_every(r->again, AGAIN_MS);
	return r;
}

void
replies_free(struct replies *r)
{
	if (r == NULL)
		return;
	r->closing = true;
	loop_timer_free(r->again);
	mailer_free(r->mailer);
	reply_templates_free(r->templates);
	g_ptr_array_set_free_func(r->parked, (GDestroyNotify)free_delivery);
	g_ptr_array_unref(r->parked);
	g_free(r);
}

int
replies_reload(struct replies *r, const struct settings *s, struct err *e)
{
	struct reply_templates	*templates = reply_templates_new(s, e);

	if (templates == NULL)
		return -1;
	if (mailer_reload(r->mailer, s, e) == -1) {
		reply_templates_free(templates);
		return -1;
	}
	reply_templates_free(r->templates);
	r->templates = templates;
	return 0;
}

unsigned
replies_under_way(const struct replies *r)
{
	return r->under_way;
}
