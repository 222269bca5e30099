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
#include "intake/passage_local.h"
#include "store/blob.h"
#include "store/journal.h"
#include "store/quarantine.h"
#include "store/state_dir.h"

static void	take_apart(struct passage *);

/*
 * --- lanes ---
 *
 * Each message of a conversation changes the ticket that the next one reads:
 * it looks only when the commit of the one before it is on its way.  It is
 * before it in line, too, so that the two kinds of waiting never cross.
 */

/* False: another is on it; passage_look_up() is called when it is our turn. */
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

void
passage_leave_lane(struct passage *p)
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
		passage_look_up(next);
}

/* --- the end --- */

/* Out of everybody's way. */
static void
step_aside(struct passage *p)
{
	passage_leave_lane(p);
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
void
passage_finish(struct passage *p)
{
	step_aside(p);
	loop_defer(p->in->loop, end, p);
}

void
passage_wait_to_repeat(struct passage *p, step_fn *again)
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
		passage_wait_to_repeat(p, set_aside);
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

void
passage_refuse(struct passage *p, const char *reason, const char *detail)
{
	step_aside(p);
	quarantine(p, reason, detail, passage_finish);
}

/* --- 4. what is there for it? --- */

static void
on_found(void *arg, struct queue_answer *answer)
{
	struct passage	*p = arg;

	switch (answer->outcome) {
	case QUEUE_KNOWN:
		passage_is_known(p, answer);
		return;
	case QUEUE_RETRY:
		passage_wait_to_repeat(p, passage_look_up);
		return;
	case QUEUE_REFUSED:
		passage_refuse(p, "refused-by-queue", answer->err.text);
		return;
	case QUEUE_DONE:
	case QUEUE_STALE:
	case QUEUE_COLLISION:
		passage_keep_candidates(p, answer);
		passage_wait_for_turn(p);
		return;
	}
}

void
passage_look_up(struct passage *p)
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
		passage_look_up(p);
	else
		passage_wait_for_turn(p);
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
	passage_wait_to_repeat(p, take_apart);
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
		passage_finish(p);
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
