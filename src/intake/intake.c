/* SPDX-License-Identifier: ISC */
#include "intake/intake.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "base/log.h"
#include "base/metric.h"
#include "intake/intake_local.h"
#include "intake/judge.h"
#include "intake/parse_worker.h"
#include "reply/reply.h"
#include "store/journal.h"

/* Arrivals in memory at once, however many may be under way. */
#define WINDOW_BYTES	(64u << 20)
/* Ended but behind one that is slow: committed again after a crash, as known. */
#define WINDOW_FINISHED	65536
/* How long one that is ready waits for those before it to be taken apart. */
#define PATIENCE_MS	500
#define RETRY_MS	200
#define TICK_MS		1000

/* --- the window --- */

static unsigned
under_way(const struct intake *in)
{
	return in->passages->length - in->finished;
}

static bool
may_begin(const struct intake *in)
{
	return queue_is_up(in->queue) && !in->stopping && !in->rewind && in->waiting == 0 &&
	    under_way(in) < (unsigned)in->settings->redis.in_flight &&
	    in->finished < WINDOW_FINISHED &&
	    (in->bytes < WINDOW_BYTES || under_way(in) == 0);
}

static void
begin_what_may(struct intake *in)
{
	uint64_t	lsn;

	while (may_begin(in) && (lsn = journal_next(in->journal, in->cursor)) != 0) {
		in->cursor = lsn;
		g_queue_push_tail(in->passages, passage_begin(in, lsn));
	}
}

/* A new server run was seen: what it may have lost is committed again. */
static void
go_back(struct intake *in)
{
	in->rewind = false;
	in->cursor = in->mark;
}

static void
advance_mark(struct intake *in)
{
	struct passage	*head;

	while ((head = g_queue_peek_head(in->passages)) != NULL && passage_is_finished(head)) {
		/* While a rewind is due the mark must not move past what was lost. */
		if (!in->rewind && passage_lsn(head) > in->mark)
			in->mark = passage_lsn(head);
		in->highest = MAX(in->highest, passage_lsn(head));
		g_queue_pop_head(in->passages);
		in->finished--;
		passage_free(head);
	}
	if (!in->rewind)
		journal_set_done(in->journal, in->mark);
}

static void
tell_if_idle(struct intake *in)
{
	if (in->stopping && in->idle != NULL && in->passages->length == 0 &&
	    replies_under_way(in->replies) == 0) {
		void	(*idle)(void *) = in->idle;

		in->idle = NULL;
		idle(in->idle_arg);
	}
}

static void
pump(void *arg)
{
	struct intake	*in = arg;

	advance_mark(in);
	if (in->rewind && in->passages->length == 0)
		go_back(in);
	begin_what_may(in);
	tell_if_idle(in);
}

void
intake_finished(struct intake *in, size_t bytes)
{
	in->bytes -= bytes;
	in->finished++;
	pump(in);
}

void
intake_expect(struct intake *in, const struct arrival *a)
{
	if (under_way(in) == 0 && may_begin(in) && in->cursor == journal_last(in->journal))
		ahead_begin(in->ahead, a);
}

void
intake_wake(struct intake *in)
{
	begin_what_may(in);
}

/* --- Redis comes and goes --- */

static void
on_up(void *arg, const struct queue_marks *marks)
{
	struct intake	*in = arg;

	metric_set(METRIC_REDIS_UP, NULL, 1);
	in->problem[0] = '\0';
	if (marks->mark > journal_last(in->journal))
		journal_skip_to(in->journal, marks->mark);
	if (marks->new_run) {
		if (!marks->found && in->highest > 0)
			log_warn("redis knows nothing of this journal: committing again all that "
			    "is retained, from lsn=%" G_GUINT64_FORMAT,
			    journal_first(in->journal));
		in->rewind = true;
		in->mark = marks->found ? marks->mark : 0;
		log_info("redis run is new to us mark=%" G_GUINT64_FORMAT " journal_last=%"
		    G_GUINT64_FORMAT, in->mark, journal_last(in->journal));
	}
	loop_timer_start(in->retry, 0);
	replies_look(in->replies);
}

static void
on_down(void *arg, const struct err *why)
{
	struct intake	*in = arg;

	metric_set(METRIC_REDIS_UP, NULL, 0);
	if (strcmp(in->problem, why->text) != 0)
		log_warn("redis is not there: %s; messages wait in the journal", why->text);
	g_strlcpy(in->problem, why->text, sizeof in->problem);
}

static void
on_replies(void *arg)
{
	replies_look(((struct intake *)arg)->replies);
}

static void
on_chat(void *arg, const char *session)
{
	struct intake	*in = arg;

	in->events.chat(in->events_arg, session);
}

static void
retry_passage(gpointer passage, gpointer arg)
{
	(void)arg;
	passage_retry(passage);
}

static void
retry_all(void *arg)
{
	struct intake	*in = arg;

	if (!queue_is_up(in->queue))
		return;
	g_queue_foreach(in->passages, retry_passage, NULL);
	pump(in);
}

/* What is still not there needs nothing but another look each second. */
static void
tick(void *arg)
{
	struct intake		*in = arg;
	struct journal_stats	 stats;

	journal_stats(in->journal, &stats);
	if (!queue_is_up(in->queue)) {
		tell_if_idle(in);
		return;
	}
	if (in->waiting > 0)
		retry_all(in);
	if (!in->rewind && in->mark > in->told) {
		queue_mark(in->queue, in->mark);
		in->told = in->mark;
	}
	if (!in->stopping)
		releases_tick(in->releases);
	pump(in);
}

/* --- life --- */

static int
open_parts(struct intake *in, struct err *e)
{
	static const struct queue_events	events = {
		.up = on_up, .down = on_down, .replies = on_replies, .chat = on_chat
	};
	struct queue_options			options = {
		.redis = &in->settings->redis,
		.instance = in->settings->instance,
		.journal = journal_id(in->journal),
	};

	in->own = judge_own_addresses(in->settings);
	if ((in->check = check_new(in->settings, e)) == NULL ||
	    (in->parse = parse_pool_new(in->loop, in->settings, e)) == NULL ||
	    (in->replies = replies_new(in, e)) == NULL)
		return -1;
	in->ahead = ahead_new(in->loop, in->parse);
	in->releases = releases_new(in);
	in->queue = queue_new(in->loop, &options, &events, in);
	return 0;
}

struct intake *
intake_new(const struct intake_options *o, struct err *e)
{
	struct intake	*in = g_new0(struct intake, 1);

	in->loop = o->loop;
	in->settings = o->settings;
	in->journal = o->journal;
	in->blobs = o->blobs;
	in->bucket = o->bucket;
	in->quarantine = o->quarantine;
	in->secret = o->secret;
	in->events = o->events;
	in->events_arg = o->events_arg;
	in->passages = g_queue_new();
	in->readers = turns_new(in->loop, PATIENCE_MS, passage_read, passage_overtaken);
	in->writers = turns_new(in->loop, 0, passage_write, NULL);
	in->lanes = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
	    (GDestroyNotify)g_queue_free);
	in->highest = in->mark = in->cursor = journal_done(o->journal);
	in->retry = loop_timer_new(in->loop, retry_all, in);
	in->tick = loop_timer_new(in->loop, tick, in);
	g_strlcpy(in->problem, "not connected yet", sizeof in->problem);
	if (open_parts(in, e) == -1) {
		intake_free(in);
		return NULL;
	}
	loop_timer_every(in->tick, TICK_MS);
	return in;
}

void
intake_free(struct intake *in)
{
	if (in == NULL)
		return;
	loop_timer_free(in->retry);
	loop_timer_free(in->tick);
	in->stopping = true;
	parse_pool_free(in->parse);
	ahead_free(in->ahead);
	/* Answers what is under way to those that are freed after it. */
	g_clear_pointer(&in->queue, queue_free);
	replies_free(in->replies);
	releases_free(in->releases);
	check_free(in->check);
	g_ptr_array_unref(in->own);
	turns_free(in->readers);
	turns_free(in->writers);
	g_queue_free_full(in->passages, (GDestroyNotify)passage_free);
	g_hash_table_unref(in->lanes);
	g_free(in);
}

int
intake_reload(struct intake *in, const struct settings *s, struct err *e)
{
	struct check	*check = check_new(s, e);

	if (check == NULL)
		return -1;
	if (replies_reload(in->replies, s, e) == -1 ||
	    parse_pool_reload(in->parse, s, e) == -1) {
		check_free(check);
		return -1;
	}
	check_free(in->check);
	in->check = check;
	g_ptr_array_unref(in->own);
	in->own = judge_own_addresses(s);
	in->settings = s;
	return 0;
}

void
intake_stop(struct intake *in, void (*idle)(void *arg), void *arg)
{
	in->stopping = true;
	in->idle = idle;
	in->idle_arg = arg;
	loop_defer(in->loop, pump, in);
}

void
intake_stats(const struct intake *in, struct intake_stats *stats)
{
	stats->under_way = under_way(in);
	stats->waiting_for_redis = in->waiting;
	stats->redis_up = queue_is_up(in->queue);
	g_strlcpy(stats->redis_problem, in->problem, sizeof stats->redis_problem);
	stats->lost_again = in->lost_again;
}

int
intake_worker_main(const char *name)
{
	if (strcmp(name, "parse") == 0)
		return parse_worker_main();
	if (strcmp(name, "send") == 0)
		return reply_send_worker_main();
	fprintf(stderr, "intaked: there is no worker \"%s\"\n", name);
	return EX_USAGE;
}

struct queue *
intake_queue(struct intake *in)
{
	return in->queue;
}
