/* SPDX-License-Identifier: ISC */
#include "fixture.h"

#include <string.h>

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

int
end_servers(void **state)
{
	(void)state;
	server_kill_all();
	return 0;
}

static const struct queue_events events = { on_up, on_down, on_replies, on_chat };

void
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
	f->settings.timeout_ms = 30000;
	f->settings.dedup_window_ms = 3600000;
	f->settings.ticket_retention_ms = 3600000;
	f->settings.thread_retention_ms = 3600000;
	f->settings.max_deliveries = 3;
	f->settings.in_flight = 256;
}

void
reopen_impatient(struct fixture *f, int64_t timeout_ms)
{
	queue_free(f->queue);
	f->settings.timeout_ms = timeout_ms;
	f->up = f->down = false;
	open_queue(f);
	assert_true(run_until(f->loop, &f->up, WAIT_MS));
}

struct fixture *
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

void
fixture_free(struct fixture *f)
{
	queue_free(f->queue);
	loop_free(f->loop);
	server_free(f->server);
	g_free(f);
}

void
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

void
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

const struct ticket *
candidate(const struct got *g, guint i)
{
	assert_true(i < g->candidates->len);
	return ((struct queue_candidate *)g->candidates->pdata[i])->ticket;
}

struct plan *
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

void
plan_free(struct plan *p)
{
	ticket_free(p->ticket);
	g_ptr_array_unref(p->dedup);
	g_ptr_array_unref(p->own);
	g_free(p);
}

void
commit(struct fixture *f, const struct plan *p, struct got *g)
{
	got_clear(g);
	queue_commit(f->queue, &p->c, on_answer, g);
	assert_false(g->done);
	assert_true(run_until(f->loop, &g->done, WAIT_MS));
}

void
commit_new(struct fixture *f, const char *id, const char *identity)
{
	struct plan	*p = plan_new(f, id, identity);
	struct got	 g = { 0 };

	commit(f, p, &g);
	assert_int_equal(g.outcome, QUEUE_DONE);
	got_clear(&g);
	plan_free(p);
}

enum queue_outcome
commit_at_last(struct fixture *f, const struct plan *p)
{
	struct got		 g = { 0 };
	enum queue_outcome	 outcome;
	const bool		 never = false;
	int			 i;

	for (i = 0; i < WAIT_MS / 50; i++) {
		commit(f, p, &g);
		if (g.outcome != QUEUE_RETRY)
			break;
		run_until(f->loop, &never, 50);
	}
	outcome = g.outcome;
	got_clear(&g);
	return outcome;
}
