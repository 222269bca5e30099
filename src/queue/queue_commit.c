/* SPDX-License-Identifier: ISC */
/*
 * Finding and committing tickets.
 */
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "queue/queue_local.h"

#define CHAT_KEEP_MS	(INT64_C(7) * 24 * 3600 * 1000)

/* One question, put to one or to all partitions, and its one answer. */
struct asked {
	struct queue		*q;
	queue_answer_fn		*fn;
	void			*arg;
	unsigned		 partition;	/* of a commit */
	unsigned		 awaited;
	struct queue_answer	 answer;
	char			*ticket;	/* what answer's strings point at */
	char			*event_id;
};

struct part {
	struct asked	*asked;
	unsigned	 partition;
};

static struct asked *
asked_new(struct queue *q, queue_answer_fn *fn, void *arg)
{
	struct asked	*a = g_new0(struct asked, 1);

	a->q = q;
	a->fn = fn;
	a->arg = arg;
	a->answer.candidates = queue_candidates_new();
	a->answer.related = g_ptr_array_new_with_free_func(g_free);
	return a;
}

static void
finish(struct asked *a)
{
	a->answer.ticket = a->ticket;
	a->answer.event_id = a->event_id;
	a->fn(a->arg, &a->answer);
	if (a->answer.candidates != NULL)
		g_ptr_array_unref(a->answer.candidates);
	if (a->answer.related != NULL)
		g_ptr_array_unref(a->answer.related);
	g_free(a->ticket);
	g_free(a->event_id);
	g_free(a);
}

static void
set_known(struct asked *a, const redisReply *r)
{
	a->answer.outcome = QUEUE_KNOWN;
	g_free(a->ticket);
	g_free(a->event_id);
	a->ticket = g_strdup(queue_text(r, 1));
	a->event_id = g_strdup(queue_text(r, 2));
}

static void
refuse(struct asked *a)
{
	a->answer.outcome = QUEUE_REFUSED;
	log_error("redis: %s", a->answer.err.text);
}

static void
add_related(struct asked *a, const redisReply *list)
{
	size_t	i;

	for (i = 0; list->type == REDIS_REPLY_ARRAY && i < list->elements; i++)
		g_ptr_array_add(a->answer.related, g_strdup(queue_text(list, i)));
}

static void
take_found(struct asked *a, const redisReply *r, unsigned partition)
{
	if (queue_is_word(r, "known"))
		set_known(a, r);
	else if (r->type != REDIS_REPLY_ARRAY || r->elements != 3) {
		err_set(&a->answer.err, ERR_PERM, "unexpected answer to intake_find");
		refuse(a);
	} else if (queue_read_candidates(r->element[1], partition, a->answer.candidates,
	    &a->answer.err) == -1)
		refuse(a);
	else
		add_related(a, r->element[2]);
}

/* What one partition said decides only when no other said more: an error
 * outweighs "known", and that outweighs "done". */
static void
on_found(void *arg, const redisReply *r)
{
	struct part		*part = arg;
	struct asked		*a = part->asked;
	struct err		 e = ERR_INIT;
	enum queue_outcome	 outcome = queue_judge(a->q, r, &e);

	if (outcome != QUEUE_DONE) {
		a->answer.outcome = outcome;
		a->answer.err = e;
	} else if (a->answer.outcome == QUEUE_DONE)
		take_found(a, r, part->partition);
	g_free(part);
	if (--a->awaited == 0)
		finish(a);
}

static void
ask_partition(struct asked *a, unsigned partition, struct redis_args *args, redis_reply_fn *fn)
{
	struct part	*part = g_new0(struct part, 1);

	part->asked = a;
	part->partition = partition;
	a->awaited++;
	queue_send(a->q, args, fn, part);
}

static struct redis_args *
lookup_args(struct queue *q, const struct queue_lookup *l, unsigned partition)
{
	struct redis_args	*args = queue_args(q, partition, "intake_find");
	guint			 i;

	for (i = 0; l->dedup != NULL && i < l->dedup->len; i++)
		queue_add_hashed(args, "seen", l->dedup->pdata[i]);
	redis_args_pair(args, "ticket", l->token_ticket);
	queue_add_list(args, "thread", l->threads);
	queue_add_list(args, "hint", l->hints);
	queue_add_list(args, "similar", l->similar);
	return args;
}

void
queue_find(struct queue *q, const struct queue_lookup *l, queue_answer_fn *fn, void *arg)
{
	struct asked	*a = asked_new(q, fn, arg);
	unsigned	 home = queue_partition_of(q, l->customer), i;
	bool		 everywhere = l->everywhere || l->token_ticket != NULL ||
			    (l->threads != NULL && l->threads->len > 0) ||
			    (l->hints != NULL && l->hints->len > 0);

	/* The customer's own first: its candidates are the better ones. */
	ask_partition(a, home, lookup_args(q, l, home), on_found);
	for (i = 0; everywhere && i < q->bases->len; i++)
		if (i != home)
			ask_partition(a, i, lookup_args(q, l, i), on_found);
}

static void
take_commit(struct asked *a, const redisReply *r)
{
	if (queue_is_word(r, "done")) {
		set_known(a, r);
		a->answer.outcome = QUEUE_DONE;
		a->answer.entry_id = queue_text(r, 3);
	} else if (queue_is_word(r, "known"))
		set_known(a, r);
	else if (queue_is_word(r, "collision"))
		a->answer.outcome = QUEUE_COLLISION;
	else if (queue_is_word(r, "stale") && r->elements == 2) {
		a->answer.outcome = QUEUE_STALE;
		if (queue_read_candidates(r->element[1], a->partition, a->answer.candidates,
		    &a->answer.err) == -1)
			refuse(a);
	} else {
		err_set(&a->answer.err, ERR_PERM, "unexpected answer to intake_commit");
		refuse(a);
	}
}

static void
on_commit(void *arg, const redisReply *r)
{
	struct asked	*a = arg;

	a->answer.outcome = queue_judge(a->q, r, &a->answer.err);
	if (a->answer.outcome == QUEUE_DONE)
		take_commit(a, r);
	else if (a->answer.outcome == QUEUE_REFUSED)
		log_error("%s", a->answer.err.text);
	finish(a);
}

static void
add_keys(struct redis_args *args, const struct queue_commit *c)
{
	guint	i;

	for (i = 0; c->dedup != NULL && i < c->dedup->len; i++)
		queue_add_hashed(args, "seen", c->dedup->pdata[i]);
	queue_add_list(args, "thread", c->threads);
	queue_add_list(args, "considered", c->considered);
	queue_add_list(args, "own", c->own);
	queue_add_hashed(args, "customer", c->customer);
	queue_add_hashed(args, "origin", c->origin);
}

static void
add_ticket(struct redis_args *args, const struct ticket *t)
{
	char	at[CLOCK_RFC3339_SIZE];

	redis_args_pair(args, "ticket", t->id);
	redis_args_pair_int(args, "version", (int64_t)t->version);
	redis_args_pair(args, "event", t->event);
	redis_args_pair(args, "id", t->event_id);
	redis_args_pair(args, "status", ticket_status_name(t->status));
	redis_args_pair(args, "department", t->department);
	redis_args_pair(args, "priority", priority_name(t->priority));
	redis_args_pair(args, "subject", t->subject);
	redis_args_pair_copy(args, "at", clock_rfc3339(t->updated_ms, at));
}

static void
add_settings(struct redis_args *args, const struct queue *q)
{
	redis_args_pair_int(args, "now", clock_wall_ms());
	redis_args_pair_int(args, "seen_ms", q->redis.dedup_window_ms);
	redis_args_pair_int(args, "thread_ms", q->redis.thread_retention_ms);
	redis_args_pair_int(args, "ticket_ms", q->redis.ticket_retention_ms);
	redis_args_pair_int(args, "chat_ms", CHAT_KEEP_MS);
}

void
queue_commit(struct queue *q, const struct queue_commit *c, queue_answer_fn *fn, void *arg)
{
	g_autoptr(GString)	 state = g_string_new(NULL);
	g_autoptr(GString)	 doc = g_string_new(NULL);
	g_autoptr(GString)	 reply = g_string_new(NULL);
	struct redis_args	*args = queue_args(q, c->partition, "intake_commit");
	struct asked		*a = asked_new(q, fn, arg);

	a->partition = c->partition;
	add_ticket(args, c->ticket);
	add_keys(args, c);
	add_settings(args, q);
	ticket_write_state(c->ticket, state);
	ticket_write(c->ticket, doc, false);
	redis_args_pair_str(args, "state", state);
	redis_args_pair_str(args, "doc", doc);
	redis_args_pair_int(args, "contact", c->contact);
	redis_args_pair_int(args, "hold", c->hold);
	if (c->hold)
		redis_args_pair_int(args, "deadline", c->ticket->deadline_ms);
	if (c->reply != NULL) {
		outgoing_write(c->reply, reply);
		redis_args_pair_str(args, "reply", reply);
		redis_args_pair(args, "reply_id", c->reply->id);
	}
	if (c->chat != NULL) {
		redis_args_pair(args, "session", c->session);
		redis_args_pair(args, "chat", c->chat);
	}
	redis_args_pair(args, "audit", c->audit);
	if (c->mark > 0) {
		redis_args_pair(args, "journal", q->journal);
		redis_args_pair_int(args, "mark", (int64_t)c->mark);
	}
	queue_send(q, args, on_commit, a);
}

static void
on_marked(void *arg, const redisReply *r)
{
	struct err	e = ERR_INIT;

	/* A mark that is not written costs a longer replay and nothing else. */
	if (queue_judge(arg, r, &e) == QUEUE_REFUSED)
		log_error("%s", e.text);
}

void
queue_mark(struct queue *q, uint64_t mark)
{
	struct redis_args	*args;
	unsigned		 i;

	for (i = 0; q->ready && i < q->bases->len; i++) {
		args = queue_args(q, i, "intake_mark");
		redis_args_pair(args, "journal", q->journal);
		redis_args_pair_int(args, "mark", (int64_t)mark);
		queue_send(q, args, on_marked, q);
	}
}

static void
on_due(void *arg, const redisReply *r)
{
	struct part		*part = arg;
	struct asked		*a = part->asked;
	struct err		 e = ERR_INIT;
	enum queue_outcome	 outcome = queue_judge(a->q, r, &e);
	size_t			 i;

	/* One record that cannot be read must not keep the others waiting. */
	for (i = 0; outcome == QUEUE_DONE && i < r->elements; i++) {
		const redisReply	list = {
			.type = REDIS_REPLY_ARRAY, .elements = 1, .element = &r->element[i]
		};

		if (queue_read_candidates(&list, part->partition, a->answer.candidates, &e) == -1)
			log_error("%s", e.text);
	}
	if (outcome != QUEUE_DONE) {
		a->answer.outcome = outcome;
		a->answer.err = e;
	}
	g_free(part);
	if (--a->awaited == 0) {
		/* What was lent counts, though another partition failed. */
		if (a->answer.candidates->len > 0)
			a->answer.outcome = QUEUE_DONE;
		finish(a);
	}
}

void
queue_due(struct queue *q, unsigned max, int64_t lease_ms, queue_answer_fn *fn, void *arg)
{
	struct asked		*a = asked_new(q, fn, arg);
	struct redis_args	*args;
	unsigned		 i;

	for (i = 0; i < q->bases->len; i++) {
		args = queue_args(q, i, "intake_due");
		redis_args_pair_int(args, "now", clock_wall_ms());
		redis_args_pair_int(args, "count", max);
		redis_args_pair_int(args, "lease", lease_ms);
		ask_partition(a, i, args, on_due);
	}
}
