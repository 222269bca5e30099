/* SPDX-License-Identifier: ISC */
#include "intake/turns.h"

#include "base/clock.h"

struct turns {
	GQueue			 line;		/* struct turn *, by place */
	uint64_t		 places;	/* given so far */
	int64_t			 patience_ms;
	turns_fn		*go, *overtaken;
	struct loop_timer	*timer;
	bool			 timed;		/* it runs, for the one that waits longest */
};

static void	on_time(void *arg);

struct turns *
turns_new(struct loop *loop, int64_t patience_ms, turns_fn *go, turns_fn *overtaken)
{
	struct turns	*ts = g_new0(struct turns, 1);

	g_queue_init(&ts->line);
	ts->patience_ms = patience_ms;
	ts->go = go;
	ts->overtaken = overtaken;
	ts->timer = loop_timer_new(loop, on_time, ts);
	return ts;
}

void
turns_free(struct turns *ts)
{
	if (ts == NULL)
		return;
	loop_timer_free(ts->timer);
	g_free(ts);
}

static void
take_out(struct turn *t)
{
	g_queue_unlink(&t->turns->line, &t->link);
	t->in_line = false;
	t->ready_ms = 0;
}

/* Who goes may join, leave or come back meanwhile: the head is looked at anew. */
static void
serve(struct turns *ts)
{
	struct turn	*t;

	while ((t = g_queue_peek_head(&ts->line)) != NULL && t->ready_ms != 0) {
		take_out(t);
		ts->go(t->who);
	}
}

static void
set_timer(struct turns *ts, int64_t ms)
{
	if (ts->timed || ts->patience_ms == 0)
		return;
	ts->timed = true;
	loop_timer_start(ts->timer, ms);
}

/* The last of those that have waited for too long. */
static struct turn *
find_impatient(const struct turns *ts, int64_t now)
{
	GList	*link;

	for (link = ts->line.tail; link != NULL; link = link->prev) {
		struct turn	*t = link->data;

		if (t->ready_ms != 0 && now - t->ready_ms >= ts->patience_ms)
			return t;
	}
	return NULL;
}

static void
overtake(struct turns *ts, const struct turn *impatient)
{
	GList	*link = ts->line.head, *next;

	for (; link != NULL && link->data != impatient; link = next) {
		struct turn	*t = link->data;

		next = link->next;
		if (t->ready_ms != 0)
			continue;
		take_out(t);
		ts->overtaken(t->who);
	}
}

static void
on_time(void *arg)
{
	struct turns	*ts = arg;
	int64_t		 now = clock_mono_ms(), oldest = 0;
	struct turn	*impatient = find_impatient(ts, now);
	GList		*link;

	ts->timed = false;
	if (impatient != NULL)
		overtake(ts, impatient);
	serve(ts);
	for (link = ts->line.head; link != NULL; link = link->next) {
		int64_t	ready_ms = ((struct turn *)link->data)->ready_ms;

		if (ready_ms != 0 && (oldest == 0 || ready_ms < oldest))
			oldest = ready_ms;
	}
	if (oldest != 0)
		set_timer(ts, oldest + ts->patience_ms - now);
}

void
turn_join(struct turns *ts, struct turn *t, void *who)
{
	t->turns = ts;
	t->who = who;
	t->place = ++ts->places;
	t->link.data = t;
	t->in_line = true;
	g_queue_push_tail_link(&ts->line, &t->link);
}

void
turn_ready(struct turn *t)
{
	if (!t->in_line) {
		t->turns->go(t->who);
		return;
	}
	t->ready_ms = clock_mono_ms();
	serve(t->turns);
	if (t->in_line)
		set_timer(t->turns, t->turns->patience_ms);
}

/* Most have gone and are back at the head of the line. */
void
turn_back(struct turn *t)
{
	GQueue	*line = &t->turns->line;
	GList	*after = line->head;

	while (after != NULL && ((struct turn *)after->data)->place < t->place)
		after = after->next;
	g_queue_insert_before_link(line, after, &t->link);
	t->in_line = true;
}

void
turn_leave(struct turn *t)
{
	if (!t->in_line)
		return;
	take_out(t);
	serve(t->turns);
}
