/* SPDX-License-Identifier: ISC */
/*
 * What is told to customers: the reply stream, and the guard before it.
 */
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "queue/queue_local.h"

#define CHAT_KEEP_MS	(INT64_C(7) * 24 * 3600 * 1000)

static const char *const end_names[] = {
	[QUEUE_END_SENT] = "sent", [QUEUE_END_FAILED] = "failed",
	[QUEUE_END_SUPPRESSED] = "suppressed", [QUEUE_END_DEFERRED] = "deferred"
};

struct taking {
	struct queue		*q;
	queue_replies_fn	*fn;
	void			*arg;
	unsigned		 awaited;
	enum queue_outcome	 outcome;
	GPtrArray		*replies;
};

struct part {
	struct taking	*taking;
	unsigned	 partition;
};

void
queue_reply_free(struct queue_reply *r)
{
	if (r == NULL)
		return;
	outgoing_free(r->outgoing);
	ticket_free(r->ticket);
	g_free(r);
}

static void
free_reply(gpointer p)
{
	queue_reply_free(p);
}

static const char *
field_of(const redisReply *fields, const char *name)
{
	size_t	i;

	for (i = 0; i + 1 < fields->elements; i += 2)
		if (strcmp(queue_text(fields, i), name) == 0)
			return queue_text(fields, i + 1);
	return NULL;
}

/* A worker gave only its words; to whom and where, the ticket knows. */
static struct outgoing *
make_answer(const redisReply *fields, const struct ticket *t)
{
	struct outgoing	*o = outgoing_new(OUTGOING_ANSWER);
	const char	*text = field_of(fields, "text"), *author = field_of(fields, "author");
	const char	*at = field_of(fields, "at");
	guint		 i;

	o->id = g_strdup(field_of(fields, "id"));
	o->ticket = g_strdup(t->id);
	o->channel_kind = g_strdup(t->channel_kind);
	o->channel_name = g_strdup(t->channel_name);
	/* In a chat it is shown there, whatever address the visitor gave. */
	if (g_strcmp0(t->channel_kind, "chat") == 0)
		o->session = g_strdup(t->session);
	if (o->session == NULL && t->customer != NULL) {
		o->to_name = g_strdup(t->customer->name);
		o->to_addr = g_strdup(t->customer->addr);
	}
	o->subject = g_strdup(t->subject);
	for (i = 0; i < t->references->len; i++)
		g_ptr_array_add(o->references, g_strdup(t->references->pdata[i]));
	if (t->references->len > 0)
		o->in_reply_to = g_strdup(t->references->pdata[t->references->len - 1]);
	o->text = text_valid(text ? text : "", text ? strlen(text) : 0, NULL);
	o->language = g_strdup(t->language);
	o->author = author ? text_one_line(author, strlen(author), 200) : NULL;
	o->created_ms = at ? g_ascii_strtoll(at, NULL, 10) : clock_wall_ms();
	return o;
}

static struct outgoing *
read_outgoing(const redisReply *fields, const struct ticket *t, struct err *e)
{
	const char	*data = field_of(fields, "data");

	if (data != NULL)
		return outgoing_read(data, strlen(data), e);
	if (t != NULL)
		return make_answer(fields, t);
	err_set(e, ERR_PERM, "its ticket is gone");
	return NULL;
}

static void
on_ended(void *arg, const redisReply *r)
{
	struct err	e = ERR_INIT;

	if (queue_judge(arg, r, REDIS_REPLY_ARRAY, &e) == QUEUE_REFUSED)
		log_error("%s", e.text);
}

/* Nobody will ever be able to send it: say so in its ticket and drop it. */
static void
end_unreadable(struct queue *q, unsigned partition, const redisReply *entry, const char *why)
{
	struct redis_args	*args = queue_args(q, partition, "intake_reply_end");
	const redisReply	*fields = entry->element[1];
	const char		*ticket = field_of(fields, "ticket"), *id = field_of(fields, "id");

	log_error("reply %s of ticket %s cannot be sent: %s", id ? id : "?",
	    ticket ? ticket : "?", why);
	redis_args_pair(args, "ticket", ticket ? ticket : "unknown");
	redis_args_pair(args, "id", id ? id : queue_text(entry, 0));
	redis_args_pair(args, "entry", queue_text(entry, 0));
	redis_args_pair(args, "state", "failed");
	redis_args_pair(args, "reason", "unreadable");
	redis_args_pair_int(args, "now", clock_wall_ms());
	queue_send(q, args, on_ended, q);
}

/* {entry id, {fields}, record or nil} */
static void
take_entry(struct taking *t, unsigned partition, const redisReply *r)
{
	struct queue_reply	*reply;
	struct err		 e = ERR_INIT;

	if (r->type != REDIS_REPLY_ARRAY || r->elements != 3 ||
	    r->element[1]->type != REDIS_REPLY_ARRAY) {
		log_error("redis: unexpected entry in the reply stream");
		return;
	}
	reply = g_new0(struct queue_reply, 1);
	reply->partition = partition;
	if (r->element[2]->type == REDIS_REPLY_ARRAY)
		reply->ticket = queue_read_ticket(r->element[2], &e);
	reply->outgoing = read_outgoing(r->element[1], reply->ticket, &e);
	if (reply->outgoing == NULL) {
		end_unreadable(t->q, partition, r, e.text);
		queue_reply_free(reply);
		return;
	}
	g_free(reply->outgoing->entry_id);
	reply->outgoing->entry_id = g_strdup(queue_text(r, 0));
	g_ptr_array_add(t->replies, reply);
}

static void
on_taken(void *arg, const redisReply *r)
{
	struct part		*part = arg;
	struct taking		*t = part->taking;
	struct err		 e = ERR_INIT;
	enum queue_outcome	 outcome = queue_judge(t->q, r, REDIS_REPLY_ARRAY, &e);
	size_t			 i;

	if (outcome != QUEUE_DONE)
		t->outcome = outcome;
	if (outcome == QUEUE_REFUSED)
		log_error("%s", e.text);
	for (i = 0; outcome == QUEUE_DONE && i < r->elements; i++)
		take_entry(t, part->partition, r->element[i]);
	g_free(part);
	if (--t->awaited > 0)
		return;
	/* What was taken counts, though another partition failed. */
	if (t->outcome == QUEUE_DONE || t->replies->len > 0)
		t->fn(t->arg, QUEUE_DONE, t->replies);
	else
		t->fn(t->arg, t->outcome, NULL);
	g_ptr_array_unref(t->replies);
	g_free(t);
}

void
queue_replies_take(struct queue *q, unsigned max, int64_t lease_ms, queue_replies_fn *fn, void *arg)
{
	struct taking		*t = g_new0(struct taking, 1);
	struct redis_args	*args;
	struct part		*part;
	unsigned		 i;

	t->q = q;
	t->fn = fn;
	t->arg = arg;
	t->outcome = QUEUE_DONE;
	t->awaited = q->bases->len;
	t->replies = g_ptr_array_new_with_free_func(free_reply);
	for (i = 0; i < q->bases->len; i++) {
		part = g_new0(struct part, 1);
		part->taking = t;
		part->partition = i;
		args = queue_args(q, i, "intake_reply_take");
		redis_args_pair(args, "consumer", q->instance);
		redis_args_pair_int(args, "count", max);
		redis_args_pair_int(args, "lease", lease_ms);
		redis_args_pair_int(args, "now", clock_wall_ms());
		queue_send(q, args, on_taken, part);
	}
}

static struct redis_args *
reply_args(struct queue *q, const struct queue_reply *r, const char *function)
{
	struct redis_args	*args = queue_args(q, r->partition, function);

	redis_args_pair(args, "ticket", r->outgoing->ticket);
	redis_args_pair(args, "id", r->outgoing->id);
	redis_args_pair(args, "entry", r->outgoing->entry_id);
	redis_args_pair_int(args, "now", clock_wall_ms());
	return args;
}

struct beginning {
	struct queue	*q;
	queue_begin_fn	*fn;
	void		*arg;
};

static void
on_begun(void *arg, const redisReply *r)
{
	struct beginning	*b = arg;
	struct err		 e = ERR_INIT;
	enum queue_outcome	 outcome = queue_judge(b->q, r, REDIS_REPLY_ARRAY, &e);
	enum queue_begin	 begin = QUEUE_BEGIN_UNSURE;
	unsigned		 attempt = 0;

	if (outcome == QUEUE_REFUSED)
		log_error("%s", e.text);
	if (outcome == QUEUE_DONE) {
		attempt = (unsigned)g_ascii_strtoull(queue_text(r, 1), NULL, 10);
		if (queue_is_word(r, "go"))
			begin = QUEUE_BEGIN_GO;
		else if (queue_is_word(r, "over"))
			begin = QUEUE_BEGIN_OVER;
		else if (!queue_is_word(r, "unsure"))
			outcome = queue_misread(b->q, &e);
	}
	b->fn(b->arg, outcome, begin, attempt);
	g_free(b);
}

void
queue_reply_begin(struct queue *q, const struct queue_reply *r, queue_begin_fn *fn, void *arg)
{
	struct beginning	*b = g_new0(struct beginning, 1);

	b->q = q;
	b->fn = fn;
	b->arg = arg;
	queue_send(q, reply_args(q, r, "intake_reply_begin"), on_begun, b);
}

struct asking {
	struct queue	*q;
	queue_answer_fn	*answer;
	queue_guard_fn	*guard;
	void		*arg;
};

static struct asking *
asking_new(struct queue *q, queue_answer_fn *answer, queue_guard_fn *guard, void *arg)
{
	struct asking	*a = g_new0(struct asking, 1);

	a->q = q;
	a->answer = answer;
	a->guard = guard;
	a->arg = arg;
	return a;
}

static void
on_end(void *arg, const redisReply *r)
{
	struct asking		*a = arg;
	struct queue_answer	 answer = { .err = ERR_INIT };

	answer.outcome = queue_judge(a->q, r, REDIS_REPLY_ARRAY, &answer.err);
	if (answer.outcome == QUEUE_DONE && queue_is_word(r, "known"))
		answer.outcome = QUEUE_KNOWN;
	else if (answer.outcome == QUEUE_DONE && !queue_is_word(r, "done"))
		answer.outcome = queue_misread(a->q, &answer.err);
	if (answer.outcome == QUEUE_REFUSED)
		log_error("%s", answer.err.text);
	a->answer(a->arg, &answer);
	g_free(a);
}

void
queue_reply_end(struct queue *q, const struct queue_reply *r, const struct queue_result *result,
    queue_answer_fn *fn, void *arg)
{
	struct redis_args	*args = reply_args(q, r, "intake_reply_end");

	redis_args_pair(args, "state", end_names[result->end]);
	redis_args_pair(args, "reason", result->reason);
	if (result->end == QUEUE_END_DEFERRED)
		redis_args_pair_int(args, "until", result->until_ms);
	queue_add_list(args, "own", result->own);
	if (result->chat != NULL && r->outgoing->session != NULL) {
		redis_args_pair(args, "session", r->outgoing->session);
		redis_args_pair(args, "chat", result->chat);
		redis_args_pair_int(args, "chat_ms", CHAT_KEEP_MS);
	}
	redis_args_pair_int(args, "thread_ms", q->redis.thread_retention_ms);
	queue_send(q, args, on_end, asking_new(q, fn, NULL, arg));
}

static void
on_guard(void *arg, const redisReply *r)
{
	struct asking		*a = arg;
	struct err		 e = ERR_INIT;
	enum queue_outcome	 outcome = queue_judge(a->q, r, REDIS_REPLY_ARRAY, &e);

	if (outcome == QUEUE_REFUSED)
		log_error("%s", e.text);
	/* "" would be "it may be sent": that has to be said. */
	if (outcome == QUEUE_DONE && queue_text(r, 0)[0] == '\0')
		outcome = queue_misread(a->q, &e);
	a->guard(a->arg, outcome, outcome != QUEUE_DONE || queue_is_word(r, "ok") ? ""
	    : queue_text(r, 0));
	g_free(a);
}

void
queue_guard(struct queue *q, const struct settings_guard *limits, const char *id,
    const char *address, const char *ticket, queue_guard_fn *fn, void *arg)
{
	struct redis_args	*args;
	int64_t			 partitions = q->bases->len;

	/* All windows of an address are where its own tickets would be. */
	args = queue_args(q, queue_partition_of(q, address), "intake_guard");
	redis_args_pair(args, "id", id);
	queue_add_word(args, "address", address);
	redis_args_pair(args, "ticket", ticket);
	redis_args_pair_int(args, "now", clock_wall_ms());
	redis_args_pair_int(args, "address_hour", limits->per_address_hour);
	redis_args_pair_int(args, "address_day", limits->per_address_day);
	redis_args_pair_int(args, "ticket_hour", limits->per_ticket_hour);
	redis_args_pair_int(args, "ticket_day", limits->per_ticket_day);
	redis_args_pair_int(args, "all_minute",
	    (limits->all_per_minute + partitions - 1) / partitions);
	queue_send(q, args, on_guard, asking_new(q, NULL, fn, arg));
}
