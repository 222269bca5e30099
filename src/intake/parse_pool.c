/* SPDX-License-Identifier: ISC */
/*
 * What gathers while all workers are busy goes to the next idle one together:
 * a switch of processes costs more than a small message.  When a worker does
 * not survive such a batch, each of it is asked again alone, so that only the
 * one to blame is held to account.
 */
#include "intake/parse_pool.h"

#include "base/log.h"
#include "base/metric.h"
#include "conf/conf.h"
#include "io/child.h"
#include "model/wire.h"

#define TRIES		2	/* alone */
#define BATCH_MOST	32
#define BATCH_BYTES	(512u << 10)

struct parse_pool {
	struct child_pool	*children;
	struct parser		*parser;	/* for minimal messages only */
	GQueue			*waiting;	/* struct request * */
	unsigned		 busy;		/* batches under way */
	unsigned		 workers;
};

struct request {
	struct parse_pool	*pool;
	const struct arrival	*arrival;
	parse_done_fn		*done;
	void			*arg;
	unsigned		 tries;
	bool			 alone;
};

struct batch {
	struct parse_pool	*pool;
	GPtrArray		*requests;	/* struct request * */
};

static void	send_what_waits(struct parse_pool *);

/* An answer holds the message decoded: base64 shrinks, text is kept thrice. */
static uint32_t
answer_bound(const struct settings *s)
{
	return (uint32_t)MIN(s->journal.max_message * 3 + (64 << 20), (int64_t)UINT32_MAX);
}

struct parse_pool *
parse_pool_new(struct loop *loop, const struct settings *s, struct err *e)
{
	struct parse_pool	*pool = g_new0(struct parse_pool, 1);
	g_autofree char		*config = conf_dump(s);
	struct child_options	 options = {
		.worker = "parse",
		.name = "parser",
		.count = (unsigned)s->workers.parse,
		.recycle = (unsigned)s->workers.parse_recycle,
		.timeout_ms = s->workers.parse_timeout_ms,
		.max_answer = answer_bound(s),
		.config = config,
	};

	if ((pool->parser = parser_new(s, e)) == NULL) {
		g_free(pool);
		return NULL;
	}
	pool->workers = options.count;
	pool->waiting = g_queue_new();
	pool->children = child_pool_new(loop, &options);
	return pool;
}

/* --- answers --- */

static void
finish(struct request *r, struct parsed *parsed, const char *failure)
{
	r->done(r->arg, parsed, failure);
	g_free(r);
}

static void
give_up(struct request *r, const char *failure, const char *why)
{
	g_autofree char	*warning = g_strdup_printf("%s: %s", failure, why);

	log_warn("channel=%s key=%s could not be taken apart: %s", r->arrival->channel,
	    r->arrival->key, why);
	finish(r, parser_minimal(r->pool->parser, r->arrival, warning), failure);
}

/* The worker died or was late with it: once more, by itself. */
static void
blame(struct request *r, bool late, bool was_alone)
{
	if (was_alone)
		metric_inc(METRIC_PARSE_FAILURES, late ? "late" : "died");
	if (!was_alone || ++r->tries < TRIES) {
		r->alone = true;
		g_queue_push_head(r->pool->waiting, r);
	} else if (late)
		give_up(r, "parse-late", "the parser took too long");
	else
		give_up(r, "parse-died", "the parser died of it");
}

static void
take_answer(struct request *r, GBytes *answer)
{
	struct err	 e = ERR_INIT;
	struct parsed	*parsed;

	if (answer == NULL)
		err_set(&e, ERR_PERM, "the answer is cut off");
	else if ((parsed = parsed_decode(answer, &e)) != NULL) {
		finish(r, parsed, NULL);
		return;
	}
	metric_inc(METRIC_PARSE_FAILURES, "refused");
	give_up(r, "parse-refused", e.text);
}

/* The next answer of a frame, in it; NULL: it is cut off. */
static GBytes *
next_answer(GBytes *frame, struct wire_reader *r)
{
	const uint8_t	*start = g_bytes_get_data(frame, NULL);
	size_t		 len;
	const uint8_t	*bytes = wire_bytes(r, &len);

	return bytes != NULL ? g_bytes_new_from_bytes(frame, (gsize)(bytes - start), len) : NULL;
}

static void
on_answer(void *arg, enum child_outcome outcome, GBytes *frame)
{
	struct batch		*b = arg;
	struct parse_pool	*pool = b->pool;
	struct wire_reader	 r = { NULL, NULL, false };
	guint			 i;

	if (frame != NULL)
		wire_start(&r, g_bytes_get_data(frame, NULL), g_bytes_get_size(frame));
	for (i = 0; i < b->requests->len; i++) {
		/* To blame from the last on, so that the first is asked again first. */
		struct request		*one = b->requests->pdata[i];
		struct request		*last = b->requests->pdata[b->requests->len - 1 - i];
		g_autoptr(GBytes)	 answer = NULL;

		switch (outcome) {
		case CHILD_UNAVAILABLE:
			finish(one, NULL, NULL);
			break;
		case CHILD_ANSWERED:
			answer = next_answer(frame, &r);
			take_answer(one, answer);
			break;
		case CHILD_DIED:
		case CHILD_LATE:
			blame(last, outcome == CHILD_LATE, b->requests->len == 1);
			break;
		}
	}
	g_ptr_array_unref(b->requests);
	g_free(b);
	pool->busy--;
	if (outcome != CHILD_UNAVAILABLE)
		send_what_waits(pool);
}

/* --- requests --- */

static bool
fits(const struct batch *b, const struct request *r, size_t bytes)
{
	const struct request	*first;

	if (b->requests->len == 0)
		return true;
	first = b->requests->pdata[0];
	return b->requests->len < BATCH_MOST && !first->alone && !r->alone &&
	    bytes + g_bytes_get_size(r->arrival->bytes) <= BATCH_BYTES;
}

/* A large one goes alone, and its bytes are sent from where they are. */
static void
add_to_frame(GByteArray *frame, const struct arrival *a, struct child_tail *tail)
{
	g_autoptr(GByteArray)	one = g_byte_array_new();

	if (g_bytes_get_size(a->bytes) <= BATCH_BYTES) {
		arrival_encode(a, one);
		wire_put_bytes(frame, one->data, one->len);
		return;
	}
	arrival_encode_head(a, one);
	wire_put_length(frame, one->len + g_bytes_get_size(a->bytes));
	g_byte_array_append(frame, one->data, one->len);
	tail->bytes = a->bytes;
	tail->mapped = a->mapped;
}

static void
send_batch(struct parse_pool *pool)
{
	struct batch		*b = g_new0(struct batch, 1);
	GByteArray		*frame = g_byte_array_new();
	struct child_tail	 tail = { NULL, false };
	struct request		*r;
	guint			 i;

	b->pool = pool;
	b->requests = g_ptr_array_new();
	while ((r = g_queue_peek_head(pool->waiting)) != NULL && tail.bytes == NULL &&
	    fits(b, r, frame->len)) {
		g_ptr_array_add(b->requests, g_queue_pop_head(pool->waiting));
		add_to_frame(frame, r->arrival, &tail);
	}
	i = GUINT32_TO_LE(b->requests->len);
	g_byte_array_prepend(frame, (const guint8 *)&i, sizeof i);
	pool->busy++;
	child_ask_long(pool->children, frame, &tail, on_answer, b);
}

static void
send_what_waits(struct parse_pool *pool)
{
	while (pool->busy < pool->workers && !g_queue_is_empty(pool->waiting))
		send_batch(pool);
}

void
parse_pool_ask(struct parse_pool *pool, const struct arrival *a, parse_done_fn *done, void *arg)
{
	struct request	*r = g_new0(struct request, 1);

	r->pool = pool;
	r->arrival = a;
	r->done = done;
	r->arg = arg;
	g_queue_push_tail(pool->waiting, r);
	send_what_waits(pool);
}

/* --- life --- */

void
parse_pool_free(struct parse_pool *pool)
{
	struct request	*r;

	if (pool == NULL)
		return;
	child_pool_free(pool->children);
	while ((r = g_queue_pop_head(pool->waiting)) != NULL)
		finish(r, NULL, NULL);
	g_queue_free(pool->waiting);
	parser_free(pool->parser);
	g_free(pool);
}

int
parse_pool_reload(struct parse_pool *pool, const struct settings *s, struct err *e)
{
	struct parser	*parser = parser_new(s, e);
	g_autofree char	*config = NULL;

	if (parser == NULL)
		return -1;
	parser_free(pool->parser);
	pool->parser = parser;
	config = conf_dump(s);
	child_pool_renew(pool->children, config);
	return 0;
}
