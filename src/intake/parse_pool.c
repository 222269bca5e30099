/* SPDX-License-Identifier: ISC */
#include "intake/parse_pool.h"

#include "base/log.h"
#include "base/metric.h"
#include "conf/conf.h"
#include "io/child.h"

#define TRIES	2

struct parse_pool {
	struct child_pool	*children;
	struct parser		*parser;	/* for minimal messages only */
};

struct request {
	struct parse_pool	*pool;
	const struct arrival	*arrival;
	parse_done_fn		*done;
	void			*arg;
	unsigned		 tries;
};

static void	ask(struct request *);

/* An answer holds the message decoded: base64 shrinks, text is kept thrice. */
static uint32_t
answer_bound(const struct settings *s)
{
	return (uint32_t)MIN(s->journal.max_message * 3 + (16 << 20), (int64_t)UINT32_MAX);
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
	pool->children = child_pool_new(loop, &options);
	return pool;
}

void
parse_pool_free(struct parse_pool *pool)
{
	if (pool == NULL)
		return;
	child_pool_free(pool->children);
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

static void
on_answer(void *arg, enum child_outcome outcome, const uint8_t *frame, size_t len)
{
	struct request	*r = arg;
	struct parsed	*parsed;
	struct err	 e = ERR_INIT;
	bool		 late = outcome == CHILD_LATE;

	switch (outcome) {
	case CHILD_UNAVAILABLE:
		finish(r, NULL, NULL);
		return;
	case CHILD_ANSWERED:
		if ((parsed = parsed_decode(frame, len, &e)) != NULL) {
			finish(r, parsed, NULL);
			return;
		}
		metric_inc(METRIC_PARSE_FAILURES, "refused");
		give_up(r, "parse-refused", e.text);
		return;
	case CHILD_DIED:
	case CHILD_LATE:
		metric_inc(METRIC_PARSE_FAILURES, late ? "late" : "died");
		if (r->tries < TRIES)
			ask(r);
		else if (late)
			give_up(r, "parse-late", "the parser took too long");
		else
			give_up(r, "parse-died", "the parser died of it");
		return;
	}
}

static void
ask(struct request *r)
{
	GByteArray	*frame = g_byte_array_new();

	r->tries++;
	arrival_encode(r->arrival, frame);
	child_ask(r->pool->children, frame, on_answer, r);
}

void
parse_pool_ask(struct parse_pool *pool, const struct arrival *a, parse_done_fn *done, void *arg)
{
	struct request	*r = g_new0(struct request, 1);

	r->pool = pool;
	r->arrival = a;
	r->done = done;
	r->arg = arg;
	ask(r);
}
