/* SPDX-License-Identifier: ISC */
/*
 * Finding and committing tickets.
 */
#include <string.h>

#include "base/clock.h"
#include "base/json_out.h"
#include "base/log.h"
#include "queue/queue_local.h"

#define CHAT_KEEP_MS	(INT64_C(7) * 24 * 3600 * 1000)
#define DOCUMENT_SIZE	4096	/* of a short mail; more is made as needed */
#define ABOUT_SIZE	256
#define MARK_EVERY	16
#define FIXED_KEYS	7

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
	else if (!queue_is_word(r, "found") || r->elements != 3)
		a->answer.outcome = queue_misread(a->q, &a->answer.err);
	else if (queue_read_candidates(r->element[1], partition, a->answer.candidates,
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
	enum queue_outcome	 outcome = queue_judge(a->q, r, REDIS_REPLY_ARRAY, &e);

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

	queue_add_list(args, "seen", l->dedup);
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

	a->answer.candidates = queue_candidates_new();
	a->answer.related = g_ptr_array_new_with_free_func(g_free);
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
		a->answer.candidates = queue_candidates_new();
		if (queue_read_candidates(r->element[1], a->partition, a->answer.candidates,
		    &a->answer.err) == -1)
			refuse(a);
	} else
		a->answer.outcome = queue_misread(a->q, &a->answer.err);
}

static void
on_commit(void *arg, const redisReply *r)
{
	struct asked	*a = arg;

	a->answer.outcome = queue_judge(a->q, r, REDIS_REPLY_ARRAY, &a->answer.err);
	if (a->answer.outcome == QUEUE_DONE)
		take_commit(a, r);
	else if (a->answer.outcome == QUEUE_REFUSED)
		log_error("%s", a->answer.err.text);
	finish(a);
}

static guint
length(const GPtrArray *list)
{
	return list != NULL ? list->len : 0;
}

static void
add_keys(struct redis_args *args, const char *base, const char *kind, const GPtrArray *list)
{
	char	hash[QUEUE_HASH_SIZE];
	guint	i;

	for (i = 0; i < length(list); i++)
		redis_args_add_joined(args, base, kind, queue_word(list->pdata[i], hash));
}

static void
add_ticket_keys(struct redis_args *args, const char *base, const char *id)
{
	g_autofree char	*ticket = g_strconcat(base, ":ticket:", id, NULL);

	redis_args_add(args, ticket);
	redis_args_add_joined(args, ticket, ":turns", "");
	redis_args_add_joined(args, ticket, ":out", "");
}

/* FCALL and the keys, in the order of lua/commit.lua. */
static struct redis_args *
commit_args(const struct queue *q, const struct queue_commit *c)
{
	struct redis_args	*args = redis_args_new("FCALL", "intake_commit", NULL);
	const struct ticket	*t = c->ticket;
	const char		*base = q->bases->pdata[c->partition];
	const char		*customer;
	g_autofree char		*lane = NULL;
	char			 hash[QUEUE_HASH_SIZE];

	lane = g_strconcat(t->department, ":", priority_name(t->priority), NULL);
	customer = queue_word(c->customer, hash);
	redis_args_add_int(args, FIXED_KEYS + length(c->dedup) + length(c->own) +
	    length(c->threads));
	redis_args_add(args, base);
	add_ticket_keys(args, base, t->id);
	redis_args_add_joined(args, base, ":queue:", lane);
	redis_args_add_joined(args, base, ":audit", "");
	redis_args_add_joined(args, base, ":customer:", customer ? customer : "");
	add_keys(args, base, ":seen:", c->dedup);
	add_keys(args, base, ":thread:", c->own);
	add_keys(args, base, ":thread:", c->threads);
	return args;
}

/* What the documents of other tickets of the customer tell of this one. */
static void
add_about(struct redis_args *args, const struct ticket *t)
{
	g_autoptr(GString)	about = g_string_sized_new(ABOUT_SIZE);
	struct json_out		j = JSON_OUT(about);

	json_open(&j, NULL, '{');
	json_str(&j, "id", t->id);
	json_str(&j, "subject", t->subject ? t->subject : "");
	json_str(&j, "department", t->department);
	json_time(&j, "created_at", t->created_ms);
	json_close(&j, '}');
	redis_args_addn(args, about->str, about->len);
}

static void
add_event(struct redis_args *args, const struct ticket *t)
{
	char	at[CLOCK_RFC3339_SIZE];

	redis_args_add(args, t->id);
	redis_args_add_int(args, (int64_t)t->version);
	redis_args_add(args, t->event_id);
	redis_args_add(args, t->event);
	redis_args_add(args, ticket_status_name(t->status));
	redis_args_add(args, priority_name(t->priority));
	redis_args_add(args, clock_rfc3339(t->updated_ms, at));
	add_about(args, t);
}

/* Lua counts from one, and up to and including. */
static void
add_documents(struct redis_args *args, const struct ticket *t)
{
	g_autoptr(GString)	doc = g_string_sized_new(DOCUMENT_SIZE);
	g_autoptr(GString)	state = g_string_sized_new(DOCUMENT_SIZE);
	struct ticket_span	messages;
	char			place[48] = "";

	ticket_write_both(t, doc, state, &messages);
	redis_args_addn(args, state->str, state->len);
	redis_args_addn(args, doc->str, doc->len);
	if (messages.from < messages.to)
		g_snprintf(place, sizeof place, "%zu %zu", messages.from + 1, messages.to);
	redis_args_add(args, place);
}

/* Who made it and for whom; how it is to be written. */
static void
add_ways(struct redis_args *args, const struct queue *q, const struct queue_commit *c)
{
	char	origin[QUEUE_HASH_SIZE], customer[QUEUE_HASH_SIZE];

	if (c->origin != NULL && c->customer != NULL)
		redis_args_add_joined(args, queue_word(c->origin, origin), " ",
		    queue_word(c->customer, customer));
	else
		redis_args_add(args, "");
	redis_args_add(args, c->contact ? "1" : "");
	if (c->hold)
		redis_args_add_int(args, c->ticket->deadline_ms);
	else
		redis_args_add(args, "");
	redis_args_add(args, c->audit);
	redis_args_add_int(args, q->redis.dedup_window_ms);
	redis_args_add_int(args, q->redis.thread_retention_ms);
	redis_args_add_int(args, q->redis.ticket_retention_ms);
}

static void
add_lengths(struct redis_args *args, const struct queue_commit *c)
{
	guint	i;

	redis_args_add_int(args, length(c->dedup));
	redis_args_add_int(args, length(c->own));
	redis_args_add_int(args, length(c->considered));
	for (i = 0; i < length(c->considered); i++)
		redis_args_add(args, c->considered->pdata[i]);
}

/* Those that most commits do not have, by name. */
static void
add_rare(struct redis_args *args, struct queue *q, const struct queue_commit *c)
{
	g_autoptr(GString)	reply = NULL;

	if (c->reply != NULL) {
		reply = g_string_new(NULL);
		outgoing_write(c->reply, reply);
		redis_args_pair_str(args, "reply", reply);
		redis_args_pair(args, "reply_id", c->reply->id);
	}
	if (c->chat != NULL) {
		redis_args_pair(args, "session", c->session);
		redis_args_pair(args, "chat", c->chat);
		redis_args_pair_int(args, "chat_ms", CHAT_KEEP_MS);
	}
	if (c->mark > 0 && q->unmarked[c->partition]++ % MARK_EVERY == 0) {
		redis_args_pair(args, "journal", q->journal);
		redis_args_pair_int(args, "mark", (int64_t)c->mark);
	}
}

/* The order is that of read_commit() in lua/commit.lua. */
void
queue_commit(struct queue *q, const struct queue_commit *c, queue_answer_fn *fn, void *arg)
{
	struct redis_args	*args = commit_args(q, c);
	struct asked		*a = asked_new(q, fn, arg);

	a->partition = c->partition;
	add_event(args, c->ticket);
	add_documents(args, c->ticket);
	add_ways(args, q, c);
	add_lengths(args, c);
	add_rare(args, q, c);
	queue_send(q, args, on_commit, a);
}

static void
on_marked(void *arg, const redisReply *r)
{
	struct err	e = ERR_INIT;

	/* A mark that is not written costs a longer replay and nothing else. */
	if (queue_judge(arg, r, REDIS_REPLY_ARRAY, &e) == QUEUE_REFUSED)
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
	enum queue_outcome	 outcome = queue_judge(a->q, r, REDIS_REPLY_ARRAY, &e);
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

	a->answer.candidates = queue_candidates_new();
	for (i = 0; i < q->bases->len; i++) {
		args = queue_args(q, i, "intake_due");
		redis_args_pair_int(args, "now", clock_wall_ms());
		redis_args_pair_int(args, "count", max);
		redis_args_pair_int(args, "lease", lease_ms);
		ask_partition(a, i, args, on_due);
	}
}
