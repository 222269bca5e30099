/* SPDX-License-Identifier: ISC */
/*
 * One arrival on its way.
 *
 * Each step ends by starting the next, or by waiting for something that calls
 * back here.  What Redis does not take is remembered as the step to repeat;
 * nothing before it is done again.
 *
 * All go to Redis in the order they came, and twice have to wait for it: when
 * they are taken apart, which is where a slow one is overtaken, and when all
 * is known of what is there for them.  One connection keeps their order from
 * there on.
 */
#include <string.h>

#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/metric.h"
#include "bucket/bucket.h"
#include "intake/intake_local.h"
#include "intake/judge.h"
#include "intake/parts.h"
#include "store/blob.h"
#include "store/journal.h"
#include "store/quarantine.h"
#include "store/state_dir.h"

/* Somebody else changed the ticket between our look and our commit: again. */
#define MAX_DECISIONS	50

typedef void	step_fn(struct passage *);

struct passage {
	struct intake		*in;
	uint64_t		 lsn;
	struct arrival		*arrival;
	size_t			 bytes;
	struct parsed		*parsed;	/* message moves into ticket and back */
	const char		*failure;	/* why the message is minimal, or NULL */
	GPtrArray		*parts;		/* struct blob *: while they are stored; or NULL */
	struct ticket_context	 context;
	struct ticket_keys	*keys;
	GPtrArray		*candidates;	/* struct queue_candidate *; as last seen */
	GPtrArray		*related;	/* char * */
	struct ticket		*ticket;
	struct verdict		 verdict;
	struct outgoing		*reply;
	char			*chat;		/* line for the transcript, or NULL */
	unsigned		 id_attempt;
	unsigned		 decisions;
	unsigned		 partition;
	step_fn			*again;		/* to repeat when Redis is back; or NULL */
	const char		*reason;	/* for quarantine */
	char			*detail;
	step_fn			*set_aside;	/* what comes after it */
	struct turn		 to_look_up;	/* in in->readers */
	struct turn		 to_commit;	/* in in->writers */
	const char		*lane;		/* of its conversation, while in it; of keys */
	bool			 overtaken;
	unsigned		 unsynced;	/* times its files were stored, and are not synced */
	bool			 ended;		/* nothing more to be done with it */
	bool			 finished;	/* and its files are synced */
};

static void	take_apart(struct passage *);
static void	look_up(struct passage *);
static void	decide(struct passage *);
static void	wait_for_turn(struct passage *);

/*
 * --- lanes ---
 *
 * Each message of a conversation changes the ticket that the next one reads:
 * it looks only when the commit of the one before it is on its way.  It is
 * before it in line, too, so that the two kinds of waiting never cross.
 */

/* False: another is on it; look_up() is called when it is our turn. */
static bool
enter_lane(struct passage *p)
{
	GHashTable	*lanes = p->in->lanes;
	GQueue		*behind;

	if (p->keys->threads->len == 0)
		return true;
	p->lane = p->keys->threads->pdata[0];
	if ((behind = g_hash_table_lookup(lanes, p->lane)) != NULL) {
		g_queue_push_tail(behind, p);
		return false;
	}
	g_hash_table_insert(lanes, g_strdup(p->lane), g_queue_new());
	return true;
}

static void
leave_lane(struct passage *p)
{
	GQueue		*behind;
	struct passage	*next;

	if (p->lane == NULL)
		return;
	behind = g_hash_table_lookup(p->in->lanes, p->lane);
	next = g_queue_pop_head(behind);
	if (next == NULL)
		g_hash_table_remove(p->in->lanes, p->lane);
	p->lane = NULL;
	if (next != NULL)
		look_up(next);
}

/* --- the end --- */

/* Out of everybody's way. */
static void
step_aside(struct passage *p)
{
	leave_lane(p);
	turn_leave(&p->to_look_up);
	turn_leave(&p->to_commit);
}

/* All but its place in the window. */
static void
empty(struct passage *p)
{
	g_clear_pointer(&p->arrival, arrival_free);
	g_clear_pointer(&p->parsed, parsed_free);
	g_clear_pointer(&p->parts, g_ptr_array_unref);
	g_clear_pointer(&p->keys, ticket_keys_free);
	g_clear_pointer(&p->candidates, g_ptr_array_unref);
	g_clear_pointer(&p->related, g_ptr_array_unref);
	g_clear_pointer(&p->ticket, ticket_free);
	g_clear_pointer(&p->reply, outgoing_free);
	g_clear_pointer(&p->chat, g_free);
	g_clear_pointer(&p->detail, g_free);
}

/*
 * Its ticket need not wait for its files to be synced, but only then may the
 * journal forget it: until then a power cut has it come this way again.
 */
static void
settle(struct passage *p)
{
	if (!p->ended || p->unsynced > 0)
		return;
	p->finished = true;
	intake_finished(p->in, p->bytes);
}

static void
end(void *arg)
{
	struct passage	*p = arg;

	empty(p);
	p->ended = true;
	settle(p);
}

/* Not at once: the passage is still on the stack. */
static void
finish(struct passage *p)
{
	step_aside(p);
	loop_defer(p->in->loop, end, p);
}

static void
wait_to_repeat(struct passage *p, step_fn *again)
{
	p->again = again;
	p->in->waiting++;
}

void
passage_retry(struct passage *p)
{
	step_fn	*again = p->again;

	if (again == NULL)
		return;
	p->again = NULL;
	p->in->waiting--;
	again(p);
}

static void	set_aside(struct passage *);

static void
on_set_aside(void *arg, const struct err *why)
{
	struct passage	*p = arg;

	if (why != NULL) {
		log_error("lsn=%" G_GUINT64_FORMAT " cannot be put into quarantine yet: %s", p->lsn,
		    why->text);
		wait_to_repeat(p, set_aside);
		return;
	}
	metric_inc(METRIC_QUARANTINED, p->reason);
	log_warn("lsn=%" G_GUINT64_FORMAT " quarantined reason=%s channel=%s: %s", p->lsn,
	    p->reason, p->arrival->channel, p->detail);
	p->set_aside(p);
}

/* Only when the entry is on disk does the message go on, or end. */
static void
set_aside(struct passage *p)
{
	quarantine_add(p->in->quarantine, p->reason, p->detail, arrival_copy(p->arrival),
	    on_set_aside, p);
}

static void
quarantine(struct passage *p, const char *reason, const char *detail, step_fn *then)
{
	p->reason = reason;
	g_free(p->detail);
	p->detail = g_strdup(detail);
	p->set_aside = then;
	set_aside(p);
}

static void
refuse(struct passage *p, const char *reason, const char *detail)
{
	step_aside(p);
	quarantine(p, reason, detail, finish);
}

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
	finish(p);
}

static void
on_known(struct passage *p, const struct queue_answer *answer)
{
	metric_inc(METRIC_DUPLICATES, p->arrival->channel);
	log_info("ticket=%s duplicate channel=%s lsn=%" G_GUINT64_FORMAT,
	    answer->ticket != NULL ? answer->ticket : "", p->arrival->channel, p->lsn);
	finish(p);
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

static void
keep_candidates(struct passage *p, struct queue_answer *answer)
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
		on_known(p, answer);
		return;
	case QUEUE_RETRY:
		turn_back(&p->to_commit);
		wait_to_repeat(p, wait_for_turn);
		return;
	case QUEUE_STALE:
		take_back(p);
		keep_candidates(p, answer);
		decide(p);
		return;
	case QUEUE_COLLISION:
		p->id_attempt++;
		take_back(p);
		decide(p);
		return;
	case QUEUE_REFUSED:
		refuse(p, "refused-by-queue", answer->err.text);
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

/* All that is before its commit is done; passage_write() is its turn. */
static void
wait_for_turn(struct passage *p)
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
		wait_to_repeat(p, wait_for_turn);
		return;
	}
	queue_commit(p->in->queue, &c, on_committed, p);
	leave_lane(p);
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
		wait_to_repeat(p, look_up);
		return;
	}
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

/* --- 4. what is there for it? --- */

static void
on_found(void *arg, struct queue_answer *answer)
{
	struct passage	*p = arg;

	switch (answer->outcome) {
	case QUEUE_KNOWN:
		on_known(p, answer);
		return;
	case QUEUE_RETRY:
		wait_to_repeat(p, look_up);
		return;
	case QUEUE_REFUSED:
		refuse(p, "refused-by-queue", answer->err.text);
		return;
	case QUEUE_DONE:
	case QUEUE_STALE:
	case QUEUE_COLLISION:
		keep_candidates(p, answer);
		wait_for_turn(p);
		return;
	}
}

static void
look_up(struct passage *p)
{
	struct queue_lookup	what = {
		.dedup = p->keys->dedup,
		.threads = p->keys->threads,
		.similar = p->keys->similar,
		.hints = p->keys->hints,
		.token_ticket = p->keys->token_ticket,
		.customer = p->keys->customer,
	};

	queue_find(p->in->queue, &what, on_found, p);
}

static void
identify(struct passage *p)
{
	p->context = judge_context(p->in->settings, p->in->own, p->in->secret,
	    STATE_SECRET_SIZE);
	p->keys = ticket_keys_new(&p->context, p->arrival, p->parsed->message);
	turn_ready(&p->to_look_up);
}

void
passage_read(void *arg)
{
	struct passage	*p = arg;

	turn_join(p->in->writers, &p->to_commit, p);
	if (!enter_lane(p))
		return;
	if (ticket_may_follow(p->keys))
		look_up(p);
	else
		wait_for_turn(p);
}

void
passage_overtaken(void *arg)
{
	struct passage	*p = arg;

	p->overtaken = true;
	metric_inc(METRIC_OVERTAKEN, NULL);
	log_info("lsn=%" G_GUINT64_FORMAT " is slow: later ones go before it channel=%s", p->lsn,
	    p->arrival->channel);
}

/* --- 3. attachments and HTML are kept apart --- */

static bool
is_stored(struct passage *p, const struct err *why)
{
	if (why == NULL)
		return true;
	log_warn("lsn=%" G_GUINT64_FORMAT " attachments cannot be stored yet: %s", p->lsn,
	    why->text);
	wait_to_repeat(p, take_apart);
	return false;
}

/* The bucket has them, or will; the ticket says where they are now. */
static void
on_copied(void *arg, const struct err *why)
{
	struct passage	*p = arg;

	if (!is_stored(p, why))
		return;
	parts_locate(p->parsed->message, p->in->bucket);
	identify(p);
}

static void
on_stored(void *arg, const struct err *why)
{
	struct passage		*p = arg;
	g_autoptr(GPtrArray)	 parts = g_steal_pointer(&p->parts);

	if (why != NULL)
		p->unsynced--;
	if (is_stored(p, why))
		bucket_put(p->in->bucket, parts, on_copied, p);
}

static void
on_synced(void *arg)
{
	struct passage	*p = arg;

	p->unsynced--;
	settle(p);
}

static const struct blob_events on_blobs = { on_stored, on_synced };

static void
store_gathered(struct passage *p)
{
	if (p->parts->len == 0) {
		g_clear_pointer(&p->parts, g_ptr_array_unref);
		identify(p);
		return;
	}
	p->unsynced++;
	blob_store(p->in->blobs, g_ptr_array_ref(p->parts), &on_blobs, p);
}

/* Of a message with more than a ticket may carry the whole is set aside: nothing is lost. */
static void
store_parts(struct passage *p)
{
	struct message		*m = p->parsed->message;
	struct ticket_context	 limits = judge_context(p->in->settings, p->in->own, p->in->secret,
				    STATE_SECRET_SIZE);
	g_autofree char		*detail = NULL;
	unsigned		 over;

	p->parts = blob_list_new();
	if ((over = parts_gather(m, &limits, p->parts)) == 0) {
		store_gathered(p);
		return;
	}
	detail = g_strdup_printf("%u of its %u attachments were not kept; the ticket has the others",
	    over, m->attachments->len);
	quarantine(p, "attachments-over-limit", detail, store_gathered);
}

/* --- 2. taken apart and read, in a worker --- */

static void
on_parsed(void *arg, struct parsed *parsed, const char *failure)
{
	struct passage	*p = arg;

	if (parsed == NULL)
		return;			/* the daemon is going; the journal has it */
	p->parsed = parsed;
	p->failure = failure;
	if (failure != NULL)
		quarantine(p, failure, "a minimal ticket was made of it", store_parts);
	else
		store_parts(p);
}

static void
take_apart(struct passage *p)
{
	g_clear_pointer(&p->parsed, parsed_free);
	if (!ahead_take(p->in->ahead, p->arrival, on_parsed, p))
		parse_pool_ask(p->in->parse, p->arrival, on_parsed, p);
}

/* --- 1. out of the journal --- */

struct passage *
passage_begin(struct intake *in, uint64_t lsn)
{
	struct passage	*p = g_new0(struct passage, 1);
	struct err	 e = ERR_INIT;

	p->in = in;
	p->lsn = lsn;
	p->id_attempt = 1;
	turn_join(in->readers, &p->to_look_up, p);
	if ((p->arrival = journal_read(in->journal, lsn, &e)) == NULL) {
		/* The journal has counted it and keeps its bytes for a human. */
		log_error("lsn=%" G_GUINT64_FORMAT " cannot be read: %s", lsn, e.text);
		finish(p);
		return p;
	}
	p->bytes = g_bytes_get_size(p->arrival->bytes);
	in->bytes += p->bytes;
	take_apart(p);
	return p;
}

bool
passage_is_finished(const struct passage *p)
{
	return p->finished;
}

uint64_t
passage_lsn(const struct passage *p)
{
	return p->lsn;
}

void
passage_free(struct passage *p)
{
	if (p == NULL)
		return;
	if (p->again != NULL)
		p->in->waiting--;
	empty(p);
	g_free(p);
}
