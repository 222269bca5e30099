/* SPDX-License-Identifier: ISC */
/*
 * The door of queue/ against a real redis-server.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "queue/queue.h"
#include "server.h"

#define WAIT_MS	15000

/* What one call of the queue was answered. */
struct got {
	bool			 done;
	unsigned		 answers;
	enum queue_outcome	 outcome;
	char			 ticket[64];
	char			 event_id[64];
	char			 entry_id[64];
	GPtrArray		*candidates;
	GPtrArray		*related;
	GPtrArray		*list;
	enum queue_begin	 begin;
	unsigned		 attempt;
	char			 text[64];
};

struct fixture {
	struct server		*server;
	struct loop		*loop;
	struct settings_redis	 settings;
	struct queue		*queue;
	struct queue_marks	 marks;
	bool			 up;
	bool			 down;
	bool			 replies;
	bool			 chat;
	unsigned		 ups;
	char			 session[64];
	struct err		 why;
};

static void
on_up(void *arg, const struct queue_marks *m)
{
	struct fixture	*f = arg;

	f->marks = *m;
	f->up = true;
	f->down = false;
	f->ups++;
}

static void
on_down(void *arg, const struct err *e)
{
	struct fixture	*f = arg;

	f->down = true;
	f->up = false;
	f->why = *e;
}

static void
on_replies(void *arg)
{
	((struct fixture *)arg)->replies = true;
}

static void
on_chat(void *arg, const char *session)
{
	struct fixture	*f = arg;

	if (session == NULL)
		return;
	g_strlcpy(f->session, session, sizeof f->session);
	f->chat = true;
}

static const struct queue_events events = { on_up, on_down, on_replies, on_chat };

static void
open_queue(struct fixture *f)
{
	const struct queue_options	o = { &f->settings, "one", "journal-1" };

	f->queue = queue_new(f->loop, &o, &events, f);
}

static void
default_settings(struct fixture *f)
{
	f->settings.address = f->server->socket;
	f->settings.prefix = (char *)"intake";
	f->settings.partitions = 1;
	f->settings.timeout_ms = 2000;
	f->settings.dedup_window_ms = 3600000;
	f->settings.ticket_retention_ms = 3600000;
	f->settings.thread_retention_ms = 3600000;
	f->settings.max_deliveries = 3;
	f->settings.in_flight = 256;
}

static struct fixture *
fixture_new(const char *const *extra, int64_t partitions)
{
	struct fixture	*f = g_new0(struct fixture, 1);

	f->server = server_new(extra);
	f->loop = loop_new();
	default_settings(f);
	f->settings.partitions = partitions;
	open_queue(f);
	assert_true(run_until(f->loop, &f->up, WAIT_MS));
	return f;
}

static void
fixture_free(struct fixture *f)
{
	queue_free(f->queue);
	loop_free(f->loop);
	server_free(f->server);
	g_free(f);
}

static void
got_clear(struct got *g)
{
	if (g->candidates != NULL)
		g_ptr_array_unref(g->candidates);
	if (g->related != NULL)
		g_ptr_array_unref(g->related);
	if (g->list != NULL)
		g_ptr_array_unref(g->list);
	memset(g, 0, sizeof *g);
}

static void
on_answer(void *arg, struct queue_answer *a)
{
	struct got	*g = arg;

	g->answers++;
	g->outcome = a->outcome;
	g_strlcpy(g->ticket, a->ticket ? a->ticket : "", sizeof g->ticket);
	g_strlcpy(g->event_id, a->event_id ? a->event_id : "", sizeof g->event_id);
	g_strlcpy(g->entry_id, a->entry_id ? a->entry_id : "", sizeof g->entry_id);
	g->candidates = g_steal_pointer(&a->candidates);
	g->related = g_steal_pointer(&a->related);
	g->done = true;
}

static const struct ticket *
candidate(const struct got *g, guint i)
{
	assert_true(i < g->candidates->len);
	return ((struct queue_candidate *)g->candidates->pdata[i])->ticket;
}

/* A commit of a new ticket: as the arrival "identity" would make it. */
struct plan {
	struct ticket		*ticket;
	GPtrArray		*dedup;
	GPtrArray		*own;
	struct queue_commit	 c;
};

static struct plan *
plan_new(struct fixture *f, const char *id, const char *identity)
{
	struct plan	*p = g_new0(struct plan, 1);

	p->ticket = make_ticket(id, identity);
	p->dedup = strings(identity, NULL);
	p->own = strings(identity, NULL);
	p->c.partition = queue_partition_of(f->queue, "ann@example.org");
	p->c.ticket = p->ticket;
	p->c.dedup = p->dedup;
	p->c.own = p->own;
	p->c.customer = "ann@example.org";
	p->c.origin = identity;
	p->c.contact = true;
	return p;
}

static void
plan_free(struct plan *p)
{
	ticket_free(p->ticket);
	g_ptr_array_unref(p->dedup);
	g_ptr_array_unref(p->own);
	g_free(p);
}

static void
commit(struct fixture *f, const struct plan *p, struct got *g)
{
	got_clear(g);
	queue_commit(f->queue, &p->c, on_answer, g);
	assert_false(g->done);
	assert_true(run_until(f->loop, &g->done, WAIT_MS));
}

static void
commit_new(struct fixture *f, const char *id, const char *identity)
{
	struct plan	*p = plan_new(f, id, identity);
	struct got	 g = { 0 };

	commit(f, p, &g);
	assert_int_equal(g.outcome, QUEUE_DONE);
	got_clear(&g);
	plan_free(p);
}

static void
queue_commit__new_ticket__is_pushed_once_however_often_repeated(void **state)
{
	struct fixture	*f = fixture_new(NULL, 1);
	struct plan	*p = plan_new(f, "AAAAA-00001", "m-1");
	struct got	 g = { 0 };
	redisReply	*r;
	const char	*doc;
	int		 i;

	(void)state;
	commit(f, p, &g);
	assert_int_equal(g.outcome, QUEUE_DONE);
	assert_string_equal(g.ticket, "AAAAA-00001");
	assert_string_equal(g.event_id, "m-1");
	assert_true(g.entry_id[0] != '\0');
	for (i = 0; i < 3; i++) {
		commit(f, p, &g);
		assert_int_equal(g.outcome, QUEUE_KNOWN);
		assert_string_equal(g.ticket, "AAAAA-00001");
		assert_string_equal(g.event_id, "m-1");
	}
	assert_int_equal(server_int(f->server, "XLEN intake:{0}:queue:billing:high"), 1);
	r = server_do(f->server, "XRANGE intake:{0}:queue:billing:high - +");
	doc = r->element[0]->element[1]->element[9]->str;
	assert_non_null(strstr(doc, "\"id\":\"AAAAA-00001\""));
	assert_non_null(strstr(doc, "\"contacts\":1"));
	assert_int_equal(doc[strlen(doc) - 1], '}');
	freeReplyObject(r);
	got_clear(&g);
	plan_free(p);
	fixture_free(f);
}

static void
queue_find__thread_key__gives_ticket_with_version_and_status(void **state)
{
	struct fixture		*f = fixture_new(NULL, 4);
	GPtrArray		*threads = strings("m-1", NULL), *none = strings("m-2", NULL);
	struct queue_lookup	 l = { .threads = threads, .customer = "bob@example.org" };
	struct got		 g = { 0 };

	(void)state;
	commit_new(f, "AAAAA-00001", "m-1");
	queue_find(f->queue, &l, on_answer, &g);
	assert_true(run_until(f->loop, &g.done, WAIT_MS));
	assert_int_equal(g.outcome, QUEUE_DONE);
	assert_int_equal(g.candidates->len, 1);
	assert_string_equal(candidate(&g, 0)->id, "AAAAA-00001");
	assert_int_equal(candidate(&g, 0)->version, 1);
	assert_int_equal(((struct queue_candidate *)g.candidates->pdata[0])->partition,
	    queue_partition_of(f->queue, "ann@example.org"));
	got_clear(&g);
	l.threads = none;
	queue_find(f->queue, &l, on_answer, &g);
	assert_true(run_until(f->loop, &g.done, WAIT_MS));
	assert_int_equal(g.candidates->len, 0);
	got_clear(&g);
	g_ptr_array_unref(threads);
	g_ptr_array_unref(none);
	fixture_free(f);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(queue_commit__new_ticket__is_pushed_once_however_often_repeated),
		cmocka_unit_test(queue_find__thread_key__gives_ticket_with_version_and_status),
	};

	if (!server_is_installed())
		return 77;
	log_setup(g_getenv("LOG_DEBUG") ? LOG_LEVEL_DEBUG : LOG_LEVEL_ERROR, LOG_FORMAT_TEXT);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
