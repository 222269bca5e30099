/* SPDX-License-Identifier: ISC */
/*
 * What is done on each new connection, one step after the other.
 *
 * The order matters in one place.  A Redis that was restarted may have a
 * half-written transaction in its append-only file, behind which everything
 * that it takes from now on would be lost at the next restart.  A rewrite of
 * that file cures it.  So on a new run the rewrite is asked for first, and
 * only then are the marks read and the journal replayed.
 */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/metric.h"
#include "queue/queue_library.h"
#include "queue/queue_local.h"

struct queue_step {
	const char	*name;
	/* Sends what the step has to ask, counting it in q->awaited; nothing: skip. */
	void		(*ask)(struct queue *);
	/* 0: fine. */
	int		(*take)(struct queue *, const redisReply *, struct err *);
	bool		 optional;	/* take() sees error replies, too */
};

static void	enter(struct queue *, const struct queue_step *);
static void	on_reply(void *, const redisReply *);

static void
ask(struct queue *q, struct redis_args *args)
{
	q->awaited++;
	redis_conn_call(q->conn, args, on_reply, q);
	redis_args_free(args);
}

/* The value of "name:value\r\n" in an INFO text, yours; or NULL. */
static char *
info_value(const char *info, const char *name)
{
	g_autofree char	*key = g_strconcat("\n", name, ":", NULL);
	const char	*at = strstr(info, key);

	if (at == NULL)
		return NULL;
	at += strlen(key);
	return g_strndup(at, strcspn(at, "\r\n"));
}

static void
ask_info(struct queue *q)
{
	ask(q, redis_args_new("INFO", "server", "replication", "memory", NULL));
}

static int
take_info(struct queue *q, const redisReply *r, struct err *e)
{
	g_autofree char	*run_id = NULL, *role = NULL, *policy = NULL;

	q->marks.new_run = true;
	if (r->type == REDIS_REPLY_ERROR)
		return 0;
	run_id = info_value(r->str ? r->str : "", "run_id");
	role = info_value(r->str ? r->str : "", "role");
	policy = info_value(r->str ? r->str : "", "maxmemory_policy");
	if (g_strcmp0(role, "slave") == 0)
		return err_set(e, ERR_TEMP, "it is a replica");
	q->marks.new_run = run_id == NULL || g_strcmp0(run_id, q->run_id) != 0;
	if (q->marks.new_run && q->run_id != NULL)
		log_warn("redis %s: a new server run; what it forgot will be replayed",
		    q->redis.address);
	if (policy != NULL && g_str_has_prefix(policy, "allkeys-"))
		log_error("redis %s: maxmemory-policy %s evicts whole queues; set noeviction",
		    q->redis.address, policy);
	g_free(q->seen_run_id);
	q->seen_run_id = g_steal_pointer(&run_id);
	return 0;
}

static void
ask_version(struct queue *q)
{
	ask(q, queue_args(q, 0, "intake_version"));
}

static const struct queue_step	load;

static int
take_version(struct queue *q, const redisReply *r, struct err *e)
{
	(void)e;
	if (r->type == REDIS_REPLY_STRING && strcmp(r->str, QUEUE_LIBRARY_VERSION) == 0)
		return 0;
	if (r->type != REDIS_REPLY_ERROR || redis_class_of(r->str) == REPLY_MOVED)
		enter(q, &load);	/* not there, or another version */
	else
		return err_set(e, redis_class_of(r->str) == REPLY_WAIT ? ERR_TEMP : ERR_CONFIG,
		    "%s", r->str);
	return 0;
}

static void
ask_load(struct queue *q)
{
	struct redis_args	*args = redis_args_new("FUNCTION", "LOAD", "REPLACE", NULL);

	redis_args_addn(args, queue_library, sizeof queue_library - 1);
	ask(q, args);
}

static int
take_load(struct queue *q, const redisReply *r, struct err *e)
{
	(void)e;
	(void)r;
	log_info("redis %s: functions loaded, version %s", q->redis.address,
	    QUEUE_LIBRARY_VERSION);
	return 0;
}

static void
ask_configure(struct queue *q)
{
	struct redis_args	*args;
	unsigned		 i;

	for (i = 0; i < q->bases->len; i++) {
		args = queue_args(q, i, "intake_configure");
		redis_args_pair_int(args, "max_deliveries", q->redis.max_deliveries);
		redis_args_pair_int(args, "ticket_ms", q->redis.ticket_retention_ms);
		ask(q, args);
	}
}

static void
ask_rewrite(struct queue *q)
{
	if (q->marks.new_run)
		ask(q, redis_args_new("BGREWRITEAOF", NULL));
}

static int
take_ignored(struct queue *q, const redisReply *r, struct err *e)
{
	(void)e;
	if (r->type == REDIS_REPLY_ERROR)
		log_debug("redis %s: %s", q->redis.address, r->str);
	return 0;
}

static void
ask_marks(struct queue *q)
{
	struct redis_args	*args;
	unsigned		 i;

	q->marks.mark = UINT64_MAX;
	q->marks.found = true;
	for (i = 0; i < q->bases->len; i++) {
		args = queue_args(q, i, "intake_marks");
		redis_args_pair(args, "journal", q->journal);
		ask(q, args);
	}
}

/* The lowest of all partitions; one that knows none needs everything. */
static int
take_marks(struct queue *q, const redisReply *r, struct err *e)
{
	uint64_t	mark = 0;
	bool		found = false;
	size_t		i;

	if (r->type != REDIS_REPLY_ARRAY)
		return err_set(e, ERR_TEMP, "unexpected marks");
	for (i = 0; i + 1 < r->elements; i += 2)
		if (strcmp(queue_text(r, i), q->journal) == 0) {
			mark = g_ascii_strtoull(queue_text(r, i + 1), NULL, 10);
			found = true;
		}
	q->marks.found = q->marks.found && found;
	q->marks.mark = MIN(q->marks.mark, mark);
	return 0;
}

/* In this order; "load" is entered only from "version". */
static const struct queue_step steps[] = {
	{ "info", ask_info, take_info, true },
	{ "version", ask_version, take_version, true },
	{ "configure", ask_configure, take_ignored, true },
	{ "rewrite", ask_rewrite, take_ignored, true },
	{ "marks", ask_marks, take_marks, false },
	{ NULL, NULL, NULL, false }
};

enum { LOADED = 2 };	/* where it goes on after "load" */

static const struct queue_step load = { "load", ask_load, take_load, false };

static const struct queue_step *
step_after(const struct queue_step *step)
{
	return step == &load ? &steps[LOADED] : step + 1;
}

static void
enter(struct queue *q, const struct queue_step *step)
{
	for (;; step = step_after(step)) {
		q->step = step;
		if (step->ask == NULL) {
			queue_go_up(q);
			return;
		}
		step->ask(q);
		if (q->awaited > 0)
			return;
	}
}

static void
abandon(struct queue *q, enum redis_class class, const char *why)
{
	g_autofree char	*text = g_strdup_printf("setting up (%s): %s", q->step->name, why);

	redis_conn_drop(q->conn, class, text);
}

static void
on_reply(void *arg, const redisReply *r)
{
	struct queue			*q = arg;
	const struct queue_step		*step = q->step;
	struct err			 e = ERR_INIT;
	enum redis_class		 class = redis_reply_class(r);

	q->awaited--;
	if (r == NULL)
		return;
	if (class != REPLY_OK && !step->optional) {
		abandon(q, class == REPLY_BUG ? REPLY_CONFIG : class, r->str);
		return;
	}
	if (class == REPLY_ELSEWHERE) {
		abandon(q, class, r->str);
		return;
	}
	if (step->take(q, r, &e) == -1) {
		abandon(q, e.kind == ERR_CONFIG ? REPLY_CONFIG : REPLY_WAIT, e.text);
		return;
	}
	if (q->awaited == 0 && q->step == step && redis_conn_is_up(q->conn))
		enter(q, step_after(step));
}

void
queue_setup(struct queue *q)
{
	q->awaited = 0;
	enter(q, steps);
}
