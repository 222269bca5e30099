/* SPDX-License-Identifier: ISC */
#include "queue/queue.h"

#include <string.h>

#include "base/clock.h"
#include "base/digest.h"
#include "base/log.h"
#include "base/metric.h"
#include "queue/queue_local.h"

#define ALARM_EVERY_MS	60000
#define WORD_SIZE	65	/* a digest in hexadecimal digits */

static const char *const outcome_names[] = {
	[QUEUE_DONE] = "done", [QUEUE_KNOWN] = "known", [QUEUE_STALE] = "stale",
	[QUEUE_COLLISION] = "collision", [QUEUE_RETRY] = "retry", [QUEUE_REFUSED] = "refused"
};

const char *
queue_outcome_name(enum queue_outcome outcome)
{
	return outcome_names[outcome];
}

struct redis_args *
queue_args(const struct queue *q, unsigned partition, const char *function)
{
	return redis_args_new("FCALL", function, "1",
	    (const char *)q->bases->pdata[partition], NULL);
}

void
queue_send(struct queue *q, struct redis_args *args, redis_reply_fn *fn, void *arg)
{
	if (q->ready)
		redis_conn_call(q->conn, args, fn, arg);
	else
		redis_conn_decline(q->conn, fn, arg);
	redis_args_free(args);
}

static void
hash_text(const char *text, char out[QUEUE_HASH_SIZE])
{
	uint8_t	digest[DIGEST_SIZE];

	digest_sha256(text, strlen(text), digest);
	digest_hex(digest, (QUEUE_HASH_SIZE - 1) / 2, out);
}

const char *
queue_word(const char *text, char hash[QUEUE_HASH_SIZE])
{
	size_t	i;

	if (text == NULL)
		return NULL;
	for (i = 0; g_ascii_isalnum(text[i]) || text[i] == '-'; i++)
		;
	if (i > 0 && i < WORD_SIZE && text[i] == '\0')
		return text;
	hash_text(text, hash);
	return hash;
}

void
queue_add_word(struct redis_args *args, const char *name, const char *text)
{
	char	hash[QUEUE_HASH_SIZE];

	redis_args_pair(args, name, queue_word(text, hash));
}

void
queue_add_list(struct redis_args *args, const char *name, const GPtrArray *list)
{
	guint	i;

	for (i = 0; list != NULL && i < list->len; i++)
		queue_add_word(args, name, list->pdata[i]);
}

/* An operator has to act; said at once and then once a minute. */
static void
complain(struct queue *q, const char *text)
{
	int64_t	now = clock_mono_ms();

	if (q->alarm_ms != 0 && now - q->alarm_ms < ALARM_EVERY_MS)
		return;
	q->alarm_ms = now;
	log_error("redis refuses us: %s; nothing is lost, the journal keeps it", text);
}

enum queue_outcome
queue_misread(struct queue *q, struct err *e)
{
	err_set(e, ERR_TEMP, "redis: an answer that is none of ours");
	redis_conn_drop(q->conn, REPLY_UNKNOWN, "an answer that is none of ours");
	return QUEUE_RETRY;
}

enum queue_outcome
queue_judge(struct queue *q, const redisReply *reply, int type, struct err *e)
{
	switch (redis_reply_class(reply)) {
	case REPLY_OK:
		return reply->type == type ? QUEUE_DONE : queue_misread(q, e);
	case REPLY_UNKNOWN:
		err_set(e, ERR_TEMP, "redis: no answer");
		return QUEUE_RETRY;
	case REPLY_WAIT:
		err_set(e, ERR_TEMP, "redis: %s", reply->str);
		return QUEUE_RETRY;
	case REPLY_MOVED:
		err_set(e, ERR_TEMP, "redis: %s", reply->str);
		redis_conn_drop(q->conn, REPLY_MOVED, reply->str);
		return QUEUE_RETRY;
	case REPLY_ELSEWHERE:
		err_set(e, ERR_CONFIG, "redis: %s", reply->str);
		redis_conn_drop(q->conn, REPLY_ELSEWHERE, reply->str);
		return QUEUE_RETRY;
	case REPLY_CONFIG:
		err_set(e, ERR_CONFIG, "redis: %s", reply->str);
		complain(q, reply->str);
		return QUEUE_RETRY;
	case REPLY_BUG:
		err_set(e, ERR_PERM, "redis: %s", reply->str);
		return QUEUE_REFUSED;
	}
	return QUEUE_REFUSED;
}

void
queue_go_up(struct queue *q)
{
	q->ready = true;
	if (q->marks.new_run)
		metric_inc(METRIC_REDIS_RUNS, NULL);
	g_free(q->run_id);
	q->run_id = g_steal_pointer(&q->seen_run_id);
	redis_conn_settle(q->conn);
	redis_conn_settle(q->listener);
	metric_set(METRIC_REDIS_UP, NULL, 1);
	log_info("redis %s: up", q->redis.address);
	q->events->up(q->arg, &q->marks);
	q->events->replies(q->arg);
}

static void
on_up(void *arg)
{
	queue_setup(arg);
}

static void
on_down(void *arg, const struct err *e)
{
	struct queue	*q = arg;

	q->ready = false;
	metric_set(METRIC_REDIS_UP, NULL, 0);
	if (e->kind == ERR_CONFIG)
		complain(q, e->text);
	q->events->down(q->arg, e);
}

static void
on_listener_up(void *arg)
{
	struct queue		*q = arg;
	struct redis_args	*args;

	args = redis_args_new("SUBSCRIBE", q->replies_channel, q->chat_channel, NULL);
	redis_conn_subscribe(q->listener, args);
	redis_args_free(args);
	/* What was said while nobody listened. */
	q->events->chat(q->arg, NULL);
	if (q->ready)
		q->events->replies(q->arg);
}

static void
on_listener_down(void *arg, const struct err *e)
{
	struct queue	*q = arg;

	log_debug("redis %s: not listening: %s", q->redis.address, e->text);
}

static void
on_message(void *arg, const char *channel, const char *payload, size_t len)
{
	struct queue	*q = arg;

	(void)len;
	if (strcmp(channel, q->chat_channel) == 0)
		q->events->chat(q->arg, payload);
	else if (q->ready && strcmp(payload, "replies") == 0)
		q->events->replies(q->arg);
}

static const struct redis_ops call_ops = { on_up, on_down, NULL };
static const struct redis_ops listener_ops = { on_listener_up, on_listener_down, on_message };

static void
copy_settings(struct queue *q, const struct queue_options *o)
{
	gint64	i;

	q->redis = *o->redis;
	q->redis.address = g_strdup(o->redis->address);
	q->redis.user = g_strdup(o->redis->user);
	q->redis.password_file = g_strdup(o->redis->password_file);
	q->redis.tls_ca_file = g_strdup(o->redis->tls_ca_file);
	q->redis.prefix = g_strdup(o->redis->prefix);
	q->instance = g_strdup(o->instance);
	q->journal = g_strdup(o->journal);
	q->replies_channel = g_strconcat(q->redis.prefix, ":replies", NULL);
	q->chat_channel = g_strconcat(q->redis.prefix, ":chat", NULL);
	q->bases = g_ptr_array_new_with_free_func(g_free);
	q->unmarked = g_new0(unsigned, (gsize)q->redis.partitions);
	for (i = 0; i < q->redis.partitions; i++)
		g_ptr_array_add(q->bases,
		    g_strdup_printf("%s:{%" G_GINT64_FORMAT "}", q->redis.prefix, i));
}

static struct redis_conn *
connect_to(struct queue *q, const char *suffix, const struct redis_ops *ops)
{
	g_autofree char			*name = g_strconcat("intaked-", q->instance, suffix, NULL);
	const struct redis_options	 o = {
		.address = q->redis.address, .user = q->redis.user,
		.password_file = q->redis.password_file, .tls = q->redis.tls,
		.tls_ca_file = q->redis.tls_ca_file, .name = name,
		.timeout_ms = q->redis.timeout_ms
	};

	return redis_conn_new(q->loop, &o, ops, q);
}

struct queue *
queue_new(struct loop *loop, const struct queue_options *o,
    const struct queue_events *events, void *arg)
{
	struct queue	*q = g_new0(struct queue, 1);

	q->loop = loop;
	q->events = events;
	q->arg = arg;
	copy_settings(q, o);
	q->conn = connect_to(q, "", &call_ops);
	q->listener = connect_to(q, "-listener", &listener_ops);
	metric_set(METRIC_REDIS_UP, NULL, 0);
	return q;
}

void
queue_free(struct queue *q)
{
	if (q == NULL)
		return;
	q->ready = false;
	redis_conn_free(q->listener);
	redis_conn_free(q->conn);
	g_ptr_array_unref(q->bases);
	g_free(q->unmarked);
	g_free(q->redis.address);
	g_free(q->redis.user);
	g_free(q->redis.password_file);
	g_free(q->redis.tls_ca_file);
	g_free(q->redis.prefix);
	g_free(q->instance);
	g_free(q->journal);
	g_free(q->replies_channel);
	g_free(q->chat_channel);
	g_free(q->run_id);
	g_free(q->seen_run_id);
	g_free(q);
}

bool
queue_is_up(const struct queue *q)
{
	return q->ready;
}

unsigned
queue_partitions(const struct queue *q)
{
	return q->bases->len;
}

unsigned
queue_partition_of(const struct queue *q, const char *customer)
{
	uint8_t		digest[DIGEST_SIZE];
	uint32_t	n;

	if (q->bases->len == 1)
		return 0;
	digest_sha256(customer, strlen(customer), digest);
	n = (uint32_t)digest[0] << 24 | (uint32_t)digest[1] << 16 |
	    (uint32_t)digest[2] << 8 | (uint32_t)digest[3];
	return n % q->bases->len;
}
