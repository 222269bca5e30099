/* SPDX-License-Identifier: ISC */
/*
 * Reading: chat transcripts and figures, each from all partitions.
 */
#include <string.h>

#include "base/log.h"
#include "queue/queue_local.h"

#define AUDIT_KEEP_MS	(INT64_C(30) * 24 * 3600 * 1000)

struct reading {
	struct queue		*q;
	queue_chat_fn		*chat;
	queue_stats_fn		*stats;
	void			*arg;
	unsigned		 awaited;
	enum queue_outcome	 outcome;
	GPtrArray		*list;
};

static void
free_entry(gpointer p)
{
	struct queue_chat_entry	*e = p;

	g_free(e->id);
	g_free(e->json);
	g_free(e);
}

static struct reading *
reading_new(struct queue *q, GDestroyNotify free_item, void *arg)
{
	struct reading	*r = g_new0(struct reading, 1);

	r->q = q;
	r->arg = arg;
	r->outcome = QUEUE_DONE;
	r->awaited = q->bases->len;
	r->list = g_ptr_array_new_with_free_func(free_item);
	return r;
}

static void
finish(struct reading *r)
{
	GPtrArray	*list = r->outcome == QUEUE_DONE ? r->list : NULL;

	if (--r->awaited > 0)
		return;
	if (r->chat != NULL)
		r->chat(r->arg, r->outcome, list);
	else
		r->stats(r->arg, r->outcome, list);
	g_ptr_array_unref(r->list);
	g_free(r);
}

static bool
take_outcome(struct reading *r, const redisReply *reply, int type)
{
	struct err		 e = ERR_INIT;
	enum queue_outcome	 outcome = queue_judge(r->q, reply, type, &e);

	if (outcome == QUEUE_REFUSED)
		log_error("%s", e.text);
	if (outcome != QUEUE_DONE)
		r->outcome = outcome;
	return outcome == QUEUE_DONE;
}

/* {id, {"data", json}} */
static void
take_entry(struct reading *r, const redisReply *entry)
{
	struct queue_chat_entry	*e;

	if (entry->type != REDIS_REPLY_ARRAY || entry->elements != 2 ||
	    strcmp(queue_text(entry->element[1], 0), "data") != 0)
		return;
	e = g_new0(struct queue_chat_entry, 1);
	e->id = g_strdup(queue_text(entry, 0));
	e->json = g_strdup(queue_text(entry->element[1], 1));
	g_ptr_array_add(r->list, e);
}

static void
on_chat(void *arg, const redisReply *reply)
{
	struct reading	*r = arg;
	size_t		 i;

	if (take_outcome(r, reply, REDIS_REPLY_ARRAY))
		for (i = 0; i < reply->elements; i++)
			take_entry(r, reply->element[i]);
	finish(r);
}

void
queue_chat_read(struct queue *q, const char *session, const char *after, unsigned max,
    queue_chat_fn *fn, void *arg)
{
	struct reading	*r = reading_new(q, free_entry, arg);
	g_autofree char	*from = after ? g_strconcat("(", after, NULL) : g_strdup("-");
	char		 count[12];
	unsigned	 i;

	/* A session's transcript is with its ticket, in whichever partition that is. */
	r->chat = fn;
	g_snprintf(count, sizeof count, "%u", max);
	for (i = 0; i < q->bases->len; i++) {
		g_autofree char	*key = g_strconcat(q->bases->pdata[i], ":chat:", session, NULL);

		queue_send(q, redis_args_new("XRANGE", key, from, "+", "COUNT", count, NULL),
		    on_chat, r);
	}
}

static void
on_stats(void *arg, const redisReply *reply)
{
	struct reading	*r = arg;

	if (take_outcome(r, reply, REDIS_REPLY_STRING))
		g_ptr_array_add(r->list, g_strdup(reply->str));
	finish(r);
}

void
queue_stats(struct queue *q, queue_stats_fn *fn, void *arg)
{
	struct reading	*r = reading_new(q, g_free, arg);
	unsigned	 i;

	r->stats = fn;
	for (i = 0; i < q->bases->len; i++)
		queue_send(q, queue_args(q, i, "intake_stats"), on_stats, r);
}

static void
on_trimmed(void *arg, const redisReply *reply)
{
	struct err	e = ERR_INIT;

	if (queue_judge(arg, reply, REDIS_REPLY_INTEGER, &e) == QUEUE_REFUSED)
		log_error("%s", e.text);
	else if (reply != NULL && reply->integer > 0)
		log_debug("redis: %lld acknowledged entries trimmed", reply->integer);
}

void
queue_trim(struct queue *q)
{
	struct redis_args	*args;
	unsigned		 i;

	for (i = 0; q->ready && i < q->bases->len; i++) {
		args = queue_args(q, i, "intake_trim");
		redis_args_pair_int(args, "audit_ms", AUDIT_KEEP_MS);
		queue_send(q, args, on_trimmed, q);
	}
}
