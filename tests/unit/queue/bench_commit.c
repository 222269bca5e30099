/* SPDX-License-Identifier: ISC */
/*
 * How many commits a second: whole ones through the door, and beside them the
 * bare XADD of the same document.  bench_commit [count [in flight [always]]]
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "fixture.h"
#include "queue/redis_conn.h"

struct bench {
	struct fixture		*f;
	struct redis_conn	*conn;
	unsigned		 count, in_flight, sent, answered, wrong;
	bool			 over, up;
};

static void	feed_commits(struct bench *);
static void	feed_adds(struct bench *);

static void
on_committed(void *arg, struct queue_answer *a)
{
	struct bench	*b = arg;

	b->wrong += a->outcome != QUEUE_DONE;
	b->over = ++b->answered == b->count;
	feed_commits(b);
}

/* What a mail of a few lines brings along: two ways to know it again, two
 * that lead to it, and a document of 2 KB that a worker gets at once. */
static void
fill(struct plan *p, const char *key)
{
	static char	content[40], subject[40];

	g_snprintf(content, sizeof content, "c-%s", key);
	g_snprintf(subject, sizeof subject, "b-%s", key);
	g_ptr_array_add(p->dedup, content);
	g_ptr_array_add(p->own, subject);
	p->ticket->delivered = true;
	p->ticket->message_json = g_strdup_printf("{\"text\":\"%01000d\"}", 7);
	ticket_note(p->ticket, "ticket", "a new one: nothing that it refers to is known");
	ticket_note(p->ticket, "decision", "complete: nothing is missing");
	p->c.audit = p->ticket->trail->pdata[1];
}

static void
feed_commits(struct bench *b)
{
	struct plan	*p;
	char		 id[TICKET_ID_SIZE], key[32], customer[32];

	while (b->sent < b->count && b->sent - b->answered < b->in_flight) {
		g_snprintf(id, sizeof id, "B%04u-%05u", b->sent / 100000, b->sent % 100000);
		g_snprintf(key, sizeof key, "m-%u", b->sent);
		p = plan_new(b->f, id, key);
		fill(p, key);
		p->c.mark = b->answered;
		g_snprintf(customer, sizeof customer, "c-%u", b->sent / 4);
		p->c.customer = customer;
		b->sent++;
		queue_commit(b->f->queue, &p->c, on_committed, b);
		plan_free(p);
	}
}

static void
on_added(void *arg, const redisReply *r)
{
	struct bench	*b = arg;

	b->wrong += redis_reply_class(r) != REPLY_OK;
	b->over = ++b->answered == b->count;
	feed_adds(b);
}

static void
feed_adds(struct bench *b)
{
	g_autofree char		*doc = g_strdup_printf("%01900d", 7);
	struct redis_args	*args;

	while (b->sent < b->count && b->sent - b->answered < b->in_flight) {
		args = redis_args_new("XADD", "bare", "*", "ticket", "B0000-00000", "event",
		    "e", "type", "ticket.created", "priority", "high", "data", doc, NULL);
		b->sent++;
		redis_conn_call(b->conn, args, on_added, b);
		redis_args_free(args);
	}
}

static void
on_conn_up(void *arg)
{
	((struct bench *)arg)->up = true;
}

static void
on_conn_down(void *arg, const struct err *e)
{
	(void)arg;
	g_error("%s", e->text);
}

/* Processor seconds of the server: says more on a busy machine. */
static double
server_seconds(const struct bench *b)
{
	redisReply	*r = server_do(b->f->server, "INFO cpu");
	const char	*user = strstr(r->str, "used_cpu_user:"), *sys = strstr(r->str, "used_cpu_sys:");
	double		 seconds = g_ascii_strtod(strchr(user, ':') + 1, NULL) +
			    g_ascii_strtod(strchr(sys, ':') + 1, NULL);

	freeReplyObject(r);
	return seconds;
}

static void
run(struct bench *b, const char *what, void (*feed)(struct bench *))
{
	int64_t	began = clock_mono_ms(), ms;
	double	before = server_seconds(b);

	b->sent = b->answered = b->wrong = 0;
	b->over = false;
	feed(b);
	if (!run_until(b->f->loop, &b->over, 120000) || b->wrong > 0)
		g_error("%s: %u answered, %u wrong", what, b->answered, b->wrong);
	ms = MAX(clock_mono_ms() - began, 1);
	printf("%s: %u in %lld ms, %lld/s; the server worked %.1f us for each\n", what, b->count,
	    (long long)ms, (long long)b->count * 1000 / ms,
	    (server_seconds(b) - before) * 1e6 / b->count);
}

int
main(int argc, char **argv)
{
	const char *const	everysec[] = { "--appendonly", "yes", NULL };
	const char *const	always[] = { "--appendonly", "yes", "--appendfsync", "always", NULL };
	const struct redis_ops	ops = { on_conn_up, on_conn_down, NULL };
	struct redis_options	o = { .name = "bench", .timeout_ms = 30000 };
	struct bench		b = { 0 };

	log_setup(LOG_LEVEL_ERROR, LOG_FORMAT_TEXT);
	b.count = argc > 1 ? (unsigned)atoi(argv[1]) : 20000;
	b.in_flight = argc > 2 ? (unsigned)atoi(argv[2]) : 256;
	b.f = fixture_new(argc > 3 ? always : everysec, 1);
	o.address = b.f->server->socket;
	b.conn = redis_conn_new(b.f->loop, &o, &ops, &b);
	if (!run_until(b.f->loop, &b.up, WAIT_MS))
		g_error("no connection");
	run(&b, "commits", feed_commits);
	run(&b, "bare XADD", feed_adds);
	redis_conn_free(b.conn);
	fixture_free(b.f);
	return 0;
}
