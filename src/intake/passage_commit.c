/* SPDX-License-Identifier: ISC */
/*
 * The last steps of a passage: whose ticket it is, what is missing, and the
 * one call in Redis that makes it so.
 */
#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/metric.h"
#include "intake/intake_local.h"
#include "intake/judge.h"
#include "intake/passage_local.h"
#include "store/state_dir.h"

/* Somebody else changed the ticket between our look and our commit: again. */
#define MAX_DECISIONS	50

static void	decide(struct passage *);

/* --- 6. one call in Redis --- */

static void
on_done(struct passage *p, const struct queue_answer *answer)
{
	if (p->lsn <= p->in->highest) {
		p->in->lost_again++;
		metric_inc(METRIC_REDIS_LOST_ENTRIES, NULL);
	}
	metric_observe(METRIC_END_TO_END_SECONDS,
	    (double)(clock_wall_ms() - p->arrival->received_ms) / 1000);
	intake_report(p->in, p->ticket, &p->verdict, answer->entry_id);
	if (p->chat != NULL)
		p->in->events.chat(p->in->events_arg, p->ticket->session);
	if (p->reply != NULL)
		replies_look(p->in->replies);
	passage_finish(p);
}

void
passage_is_known(struct passage *p, const struct queue_answer *answer)
{
	metric_inc(METRIC_DUPLICATES, p->arrival->channel);
	log_info("ticket=%s duplicate channel=%s lsn=%" G_GUINT64_FORMAT,
	    answer->ticket != NULL ? answer->ticket : "", p->arrival->channel, p->lsn);
	passage_finish(p);
}

/* The message back out of the ticket, and the ticket gone. */
static void
take_back(struct passage *p)
{
	p->parsed->message = g_steal_pointer(&p->ticket->message);
	g_clear_pointer(&p->ticket, ticket_free);
	g_clear_pointer(&p->reply, outgoing_free);
	g_clear_pointer(&p->chat, g_free);
}

void
passage_keep_candidates(struct passage *p, struct queue_answer *answer)
{
	g_clear_pointer(&p->candidates, g_ptr_array_unref);
	p->candidates = g_steal_pointer(&answer->candidates);
	if (answer->related != NULL) {
		g_clear_pointer(&p->related, g_ptr_array_unref);
		p->related = g_steal_pointer(&answer->related);
	}
}

static void
on_committed(void *arg, struct queue_answer *answer)
{
	struct passage	*p = arg;

	if (fault_point("after-commit") == -1)
		answer->outcome = QUEUE_RETRY;
	switch (answer->outcome) {
	case QUEUE_DONE:
		on_done(p, answer);
		return;
	case QUEUE_KNOWN:
		passage_is_known(p, answer);
		return;
	case QUEUE_RETRY:
		turn_back(&p->to_commit);
		passage_wait_to_repeat(p, passage_wait_for_turn);
		return;
	case QUEUE_STALE:
		take_back(p);
		passage_keep_candidates(p, answer);
		decide(p);
		return;
	case QUEUE_COLLISION:
		p->id_attempt++;
		take_back(p);
		decide(p);
		return;
	case QUEUE_REFUSED:
		passage_refuse(p, "refused-by-queue", answer->err.text);
		return;
	}
}

/* The one that was chosen has moved from the candidates into the passage. */
static GPtrArray *
considered_ids(const struct passage *p)
{
	GPtrArray	*ids = g_ptr_array_new();
	guint		 i;

	for (i = 0; p->candidates != NULL && i < p->candidates->len; i++) {
		struct queue_candidate	*c = p->candidates->pdata[i];

		g_ptr_array_add(ids, c->ticket != NULL ? c->ticket->id : p->ticket->id);
	}
	return ids;
}

void
passage_wait_for_turn(struct passage *p)
{
	turn_ready(&p->to_commit);
}

static void
commit(struct passage *p)
{
	const struct ticket	*t = p->ticket;
	g_autoptr(GPtrArray)	 considered = considered_ids(p);
	struct queue_commit	 c = {
		.partition = p->partition,
		.ticket = t,
		.dedup = p->keys->dedup,
		.threads = p->keys->threads,
		.considered = considered,
		.own = p->keys->own,
		.customer = p->keys->customer,
		.origin = p->keys->identity,
		.contact = t->message->kind == MESSAGE_NORMAL,
		.hold = p->verdict.action == CHECK_HOLD,
		.reply = p->reply,
		.session = t->session,
		.chat = p->chat,
		.audit = t->trail->len > 0 ? t->trail->pdata[t->trail->len - 1] : NULL,
		.mark = p->in->mark,
	};

	if (fault_point("before-commit") == -1) {
		turn_back(&p->to_commit);
		passage_wait_to_repeat(p, passage_wait_for_turn);
		return;
	}
	queue_commit(p->in->queue, &c, on_committed, p);
	passage_leave_lane(p);
}

/* --- 5. whose ticket is it, and what is missing? --- */

static struct queue_candidate *
choose(struct passage *p, const char **why)
{
	guint	i;

	for (i = 0; p->candidates != NULL && i < p->candidates->len; i++) {
		struct queue_candidate	*c = p->candidates->pdata[i];

		if (ticket_admits(c->ticket, p->keys, p->parsed->message, why))
			return c;
	}
	return NULL;
}

/* Found, but not let in: said on the new ticket, so that a handler may look. */
static void
relate_others(struct passage *p)
{
	const char	*why;
	guint		 i;

	for (i = 0; p->candidates != NULL && i < p->candidates->len; i++) {
		struct queue_candidate	*c = p->candidates->pdata[i];

		if (!ticket_admits(c->ticket, p->keys, p->ticket->message, &why))
			ticket_relate(p->ticket, c->ticket->id, why);
	}
	for (i = 0; p->related != NULL && i < p->related->len; i++)
		ticket_relate(p->ticket, p->related->pdata[i], "same sender and subject, or named in it");
}

static void
make_chat_line(struct passage *p)
{
	const struct message	*m = p->ticket->message;

	if (p->arrival->format != ARRIVAL_CHAT || m->session == NULL)
		return;
	p->chat = intake_chat_line("in", "message", m->from != NULL ? m->from->name : NULL,
	    m->text, p->arrival->key, p->arrival->received_ms);
}

static void
decide(struct passage *p)
{
	const char		*why = NULL;
	struct queue_candidate	*chosen;
	struct message		*m;

	if (++p->decisions > MAX_DECISIONS) {
		/* Others write to its ticket all the time: after a pause again. */
		p->decisions = 0;
		passage_wait_to_repeat(p, passage_look_up);
		return;
	}
	/* It borrows from the settings, and a reload may have come while we waited. */
	p->context = judge_context(p->in->settings, p->in->own, p->in->secret, STATE_SECRET_SIZE);
	chosen = choose(p, &why);
	m = g_steal_pointer(&p->parsed->message);
	if (chosen != NULL) {
		p->ticket = g_steal_pointer(&chosen->ticket);
		p->partition = chosen->partition;
		ticket_follow(p->ticket, &p->context, p->keys, p->arrival, m, why);
	} else {
		p->ticket = ticket_begin(&p->context, p->keys, p->arrival, m);
		ticket_propose_id(&p->context, p->keys, p->id_attempt, p->ticket->id);
		p->partition = queue_partition_of(p->in->queue, p->keys->customer);
		relate_others(p);
	}
	p->ticket->lsn = p->lsn;
	judge_note_arrival(p->ticket, p->arrival, p->failure);
	if (p->overtaken)
		ticket_note(p->ticket, "order", "taking it apart, or storing its files, took long: later ones went before it");
	check_decide(p->in->check, p->parsed->findings, p->ticket, clock_wall_ms(), &p->verdict);
	p->reply = replies_for_verdict(p->in->replies, p->ticket, &p->verdict);
	make_chat_line(p);
	commit(p);
}

void
passage_write(void *arg)
{
	struct passage	*p = arg;

	if (p->ticket == NULL)
		decide(p);
	else
		commit(p);
}
