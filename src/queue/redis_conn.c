/* SPDX-License-Identifier: ISC */
#include "queue/redis_conn.h"

#include <string.h>

#include "base/clock.h"
#include "base/digest.h"
#include "base/log.h"
#include "base/metric.h"
#include "io/stream.h"
#include "queue/redis_reader.h"

#define BACKOFF_FIRST_MS	50
#define BACKOFF_MAX_MS		5000
#define BACKOFF_CONFIG_MS	30000	/* wrong credentials: nobody is helped by hurry */
#define PING_AFTER_MS		5000	/* idle that long: look whether the other end lives */

struct pending {
	redis_reply_fn	*fn;
	void		*arg;
	int64_t		 deadline_ms;
};

struct redis_conn {
	struct loop		*loop;
	const struct redis_ops	*ops;
	void			*arg;
	struct redis_options	 o;		/* strings are ours */
	struct stream		*stream;	/* NULL between two attempts */
	struct redis_reader	*reader;
	GQueue			*pending;	/* struct pending *, in order of sending */
	GQueue			*unsent;	/* struct pending *: asked without a connection */
	struct loop_timer	*deadline;	/* of the oldest pending command */
	struct loop_timer	*again;		/* next attempt, or next ping */
	struct loop_timer	*soon;		/* answers to unsent, and drops */
	int64_t			 backoff_ms;
	struct err		 drop;		/* kind != NONE: give up at the next turn */
	bool			 up;
	bool			 subscribed;
};

static void	open_stream(struct redis_conn *);

enum redis_class
redis_reply_class(const redisReply *reply)
{
	if (reply == NULL)
		return REPLY_UNKNOWN;
	return reply->type == REDIS_REPLY_ERROR ? redis_class_of(reply->str) : REPLY_OK;
}

static void
answer_all(GQueue *calls)
{
	struct pending	*p;
	GQueue		 now = G_QUEUE_INIT;

	/* What they ask in turn waits for the next round. */
	while ((p = g_queue_pop_head(calls)) != NULL)
		g_queue_push_tail(&now, p);
	while ((p = g_queue_pop_head(&now)) != NULL) {
		p->fn(p->arg, NULL);
		g_free(p);
	}
}

static void
close_stream(struct redis_conn *c)
{
	stream_free(c->stream);
	c->stream = NULL;
	c->up = false;
	c->subscribed = false;
	loop_timer_stop(c->deadline);
	loop_timer_stop(c->again);
}

static int64_t
jitter(int64_t ms)
{
	uint32_t	r;

	digest_random(&r, sizeof r);
	return ms / 2 + (int64_t)(r % (uint64_t)(ms / 2 + 1));
}

/* The one way down: everybody waiting hears it, then a new attempt is set. */
static void
give_up(struct redis_conn *c, const struct err *why)
{
	struct err	e = *why;

	close_stream(c);
	c->drop.kind = ERR_NONE;
	loop_timer_start(c->again,
	    jitter(e.kind == ERR_CONFIG ? BACKOFF_CONFIG_MS : c->backoff_ms));
	c->backoff_ms = MIN(c->backoff_ms * 2, BACKOFF_MAX_MS);
	answer_all(c->pending);
	c->ops->down(c->arg, &e);
}

static void
watch_deadline(struct redis_conn *c)
{
	struct pending	*p = g_queue_peek_head(c->pending);

	if (p == NULL)
		loop_timer_stop(c->deadline);
	else
		loop_timer_start(c->deadline, MAX(p->deadline_ms - clock_mono_ms(), 0));
}

static void
on_deadline(void *arg)
{
	struct redis_conn	*c = arg;
	struct pending		*p = g_queue_peek_head(c->pending);
	struct err		 e = ERR_INIT;

	if (p != NULL && p->deadline_ms > clock_mono_ms()) {
		watch_deadline(c);
		return;
	}
	err_set(&e, ERR_TEMP, "redis %s: no answer in %" G_GINT64_FORMAT " ms",
	    c->o.address, c->o.timeout_ms);
	give_up(c, &e);
}

static void
on_soon(void *arg)
{
	struct redis_conn	*c = arg;
	struct err		 e;

	answer_all(c->unsent);
	if (c->drop.kind != ERR_NONE) {
		e = c->drop;
		give_up(c, &e);
	}
}

void
redis_conn_drop(struct redis_conn *c, enum redis_class class, const char *why)
{
	if (c->stream == NULL || c->drop.kind != ERR_NONE)
		return;
	if (class == REPLY_ELSEWHERE)
		err_set(&c->drop, ERR_CONFIG, "redis %s: %s: a Redis Cluster whose partition is "
		    "on another node, and redirections are not followed", c->o.address, why);
	else
		err_set(&c->drop, class == REPLY_CONFIG ? ERR_CONFIG : ERR_TEMP, "redis %s: %s",
		    c->o.address, why);
	loop_timer_start(c->soon, 0);
}

bool
redis_conn_is_up(const struct redis_conn *c)
{
	return c->up && c->drop.kind == ERR_NONE;
}

static void
push(struct redis_conn *c, GQueue *to, redis_reply_fn *fn, void *arg)
{
	struct pending	*p = g_new0(struct pending, 1);

	p->fn = fn;
	p->arg = arg;
	p->deadline_ms = clock_mono_ms() + c->o.timeout_ms;
	g_queue_push_tail(to, p);
}

static void
send_args(struct redis_conn *c, struct redis_args *args)
{
	size_t		 len;
	const char	*wire = redis_args_wire(args, &len);

	stream_write(c->stream, wire, len);
}

static void
send_call(struct redis_conn *c, struct redis_args *args, redis_reply_fn *fn, void *arg)
{
	send_args(c, args);
	push(c, c->pending, fn, arg);
	if (g_queue_get_length(c->pending) == 1)
		watch_deadline(c);
}

void
redis_conn_decline(struct redis_conn *c, redis_reply_fn *fn, void *arg)
{
	push(c, c->unsent, fn, arg);
	loop_timer_start(c->soon, 0);
}

void
redis_conn_call(struct redis_conn *c, struct redis_args *args, redis_reply_fn *fn, void *arg)
{
	if (redis_conn_is_up(c))
		send_call(c, args, fn, arg);
	else
		redis_conn_decline(c, fn, arg);
}

void
redis_conn_subscribe(struct redis_conn *c, struct redis_args *subscribe)
{
	if (!c->up)
		return;
	c->subscribed = true;
	send_args(c, subscribe);
}

static void
on_pong(void *arg, const redisReply *reply)
{
	struct redis_conn	*c = arg;
	enum redis_class	 class = redis_reply_class(reply);

	/* NOPERM for PING is an answer, too: the other end lives. */
	if (class != REPLY_OK && class != REPLY_UNKNOWN && class != REPLY_CONFIG)
		log_debug("redis %s: ping: %s", c->o.address, reply->str);
}

static void
on_again(void *arg)
{
	struct redis_conn	*c = arg;
	struct redis_args	*ping;

	if (c->stream == NULL) {
		open_stream(c);
		return;
	}
	if (c->up && g_queue_is_empty(c->pending)) {
		ping = redis_args_new("PING", NULL);
		send_call(c, ping, on_pong, c);
		redis_args_free(ping);
	}
	loop_timer_start(c->again, PING_AFTER_MS);
}

/* In RESP2 a subscriber's messages are arrays whose first word tells them. */
static bool
take_message(struct redis_conn *c, const redisReply *r)
{
	const char	*what;

	if (!c->subscribed || r->type != REDIS_REPLY_ARRAY || r->elements < 2)
		return false;
	what = r->element[0]->str;
	if (what == NULL || strcmp(what, "pong") == 0)
		return false;
	if (strcmp(what, "message") == 0 && r->elements == 3 &&
	    r->element[1]->str != NULL && r->element[2]->str != NULL)
		c->ops->message(c->arg, r->element[1]->str, r->element[2]->str,
		    (size_t)r->element[2]->len);
	return true;
}

static void
take_reply(struct redis_conn *c, const redisReply *r)
{
	struct pending	*p;

	if (take_message(c, r))
		return;
	if ((p = g_queue_pop_head(c->pending)) == NULL) {
		redis_conn_drop(c, redis_reply_class(r),
		    r->type == REDIS_REPLY_ERROR ? r->str : "an answer nobody asked for");
		return;
	}
	if (r->type == REDIS_REPLY_ERROR)
		metric_inc(METRIC_REDIS_ERRORS, redis_class_name(redis_class_of(r->str)));
	p->fn(p->arg, r);
	g_free(p);
}

static void
on_data(void *arg, const uint8_t *bytes, size_t len)
{
	struct redis_conn	*c = arg;
	const char		*wrong = NULL;
	redisReply		*r;

	redis_reader_feed(c->reader, bytes, len);
	while (c->drop.kind == ERR_NONE && (r = redis_reader_next(c->reader, &wrong)) != NULL) {
		take_reply(c, r);
		freeReplyObject(r);
	}
	if (wrong != NULL)
		redis_conn_drop(c, REPLY_UNKNOWN, wrong);
	watch_deadline(c);
}

static void
on_setname(void *arg, const redisReply *reply)
{
	struct redis_conn	*c = arg;

	if (reply != NULL && reply->type == REDIS_REPLY_ERROR)
		log_debug("redis %s: CLIENT SETNAME: %s", c->o.address, reply->str);
}

static void
go_up(struct redis_conn *c)
{
	struct redis_args	*args;

	c->up = true;
	args = redis_args_new("CLIENT", "SETNAME", c->o.name, NULL);
	send_call(c, args, on_setname, c);
	redis_args_free(args);
	loop_timer_start(c->again, PING_AFTER_MS);
	c->ops->up(c->arg);
}

static void
on_auth(void *arg, const redisReply *reply)
{
	struct redis_conn	*c = arg;
	enum redis_class	 class = redis_reply_class(reply);

	if (class == REPLY_OK)
		go_up(c);
	else if (class == REPLY_BUG)
		redis_conn_drop(c, REPLY_CONFIG, reply->str);
	else if (class != REPLY_UNKNOWN)
		redis_conn_drop(c, class, reply->str);
}

static void
send_auth(struct redis_conn *c)
{
	g_autofree char		*password = NULL;
	g_autoptr(GError)	 error = NULL;
	struct redis_args	*args;
	gsize			 len;

	if (!g_file_get_contents(c->o.password_file, &password, &len, &error)) {
		redis_conn_drop(c, REPLY_CONFIG, error->message);
		return;
	}
	g_strchomp(password);
	args = redis_args_new("AUTH", NULL);
	if (c->o.user != NULL)
		redis_args_add(args, c->o.user);
	redis_args_add(args, password);
	send_call(c, args, on_auth, c);
	redis_args_free(args);
	explicit_bzero(password, len);
}

static void
on_up(void *arg)
{
	struct redis_conn	*c = arg;

	if (c->o.password_file != NULL)
		send_auth(c);
	else
		go_up(c);
}

static void
on_down(void *arg, const struct err *e)
{
	give_up(arg, e);
}

static const struct stream_ops on_stream = { on_up, on_data, on_down };

static void
open_stream(struct redis_conn *c)
{
	const struct stream_options o = {
		.address = c->o.address, .tls = c->o.tls,
		.tls_ca_file = c->o.tls_ca_file, .connect_ms = c->o.timeout_ms
	};

	redis_reader_free(c->reader);
	c->reader = redis_reader_new();
	c->drop.kind = ERR_NONE;
	c->stream = stream_open(c->loop, &o, &on_stream, c);
}

struct redis_conn *
redis_conn_new(struct loop *loop, const struct redis_options *o,
    const struct redis_ops *ops, void *arg)
{
	struct redis_conn	*c = g_new0(struct redis_conn, 1);

	c->loop = loop;
	c->ops = ops;
	c->arg = arg;
	c->o = *o;
	c->o.address = g_strdup(o->address);
	c->o.user = g_strdup(o->user);
	c->o.password_file = g_strdup(o->password_file);
	c->o.tls_ca_file = g_strdup(o->tls_ca_file);
	c->o.name = g_strdup(o->name);
	c->pending = g_queue_new();
	c->unsent = g_queue_new();
	c->backoff_ms = BACKOFF_FIRST_MS;
	c->deadline = loop_timer_new(loop, on_deadline, c);
	c->again = loop_timer_new(loop, on_again, c);
	c->soon = loop_timer_new(loop, on_soon, c);
	loop_timer_start(c->again, 0);
	return c;
}

void
redis_conn_free(struct redis_conn *c)
{
	if (c == NULL)
		return;
	close_stream(c);
	answer_all(c->pending);
	answer_all(c->unsent);
	g_queue_free(c->pending);
	g_queue_free_full(c->unsent, g_free);
	loop_timer_free(c->deadline);
	loop_timer_free(c->again);
	loop_timer_free(c->soon);
	redis_reader_free(c->reader);
	g_free((char *)c->o.address);
	g_free((char *)c->o.user);
	g_free((char *)c->o.password_file);
	g_free((char *)c->o.tls_ca_file);
	g_free((char *)c->o.name);
	g_free(c);
}

void
redis_conn_settle(struct redis_conn *c)
{
	c->backoff_ms = BACKOFF_FIRST_MS;
}

unsigned
redis_conn_pending(const struct redis_conn *c)
{
	return g_queue_get_length(c->pending);
}
