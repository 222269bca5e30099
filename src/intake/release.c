/* SPDX-License-Identifier: ISC */
/*
 * Tickets whose time to wait for an answer has run out.
 *
 * Their deadlines are in Redis; any daemon may take one that is due, for the
 * length of a lease, and settles it with an ordinary commit.  If two do, the
 * record's version lets one of them win.
 */
#include "base/clock.h"
#include "base/log.h"
#include "base/metric.h"
#include "intake/intake_local.h"

#define LEASE_MS	30000
#define AT_ONCE		50

struct releases {
	struct intake	*in;
	unsigned	 under_way;
};

struct release {
	struct releases	*releases;
	struct ticket	*ticket;
	unsigned	 partition;
};

struct releases *
releases_new(struct intake *in)
{
	struct releases	*r = g_new0(struct releases, 1);

	r->in = in;
	return r;
}

void
releases_free(struct releases *r)
{
	g_free(r);
}

static void
on_released(void *arg, struct queue_answer *answer)
{
	struct release	*one = arg;
	struct verdict	 verdict = { .action = CHECK_PUSH, .outcome = "time" };

	one->releases->under_way--;
	switch (answer->outcome) {
	case QUEUE_DONE:
		metric_inc(METRIC_RELEASED, "time");
		intake_report(one->releases->in, one->ticket, &verdict, answer->entry_id);
		break;
	case QUEUE_REFUSED:
		log_error("ticket=%s cannot be released: %s", one->ticket->id, answer->err.text);
		break;
	case QUEUE_KNOWN:
	case QUEUE_STALE:		/* the customer was faster */
	case QUEUE_COLLISION:
	case QUEUE_RETRY:		/* the lease runs out, and it comes again */
		log_debug("ticket=%s not released now: %s", one->ticket->id,
		    queue_outcome_name(answer->outcome));
		break;
	}
	ticket_free(one->ticket);
	g_free(one);
}

static void
release(struct releases *r, struct queue_candidate *c)
{
	struct release		*one;
	struct queue_commit	 commit = { .partition = c->partition };

	if (!check_release(c->ticket, clock_wall_ms()))
		return;
	one = g_new0(struct release, 1);
	one->releases = r;
	one->partition = c->partition;
	one->ticket = g_steal_pointer(&c->ticket);
	commit.ticket = one->ticket;
	r->under_way++;
	queue_commit(r->in->queue, &commit, on_released, one);
}

static void
on_due(void *arg, struct queue_answer *answer)
{
	struct releases	*r = arg;
	guint		 i;

	r->under_way--;
	if (answer->outcome != QUEUE_DONE || answer->candidates == NULL)
		return;
	for (i = 0; i < answer->candidates->len; i++)
		release(r, answer->candidates->pdata[i]);
}

void
releases_tick(struct releases *r)
{
	if (r->under_way > 0)
		return;
	r->under_way++;
	queue_due(r->in->queue, AT_ONCE, LEASE_MS, on_due, r);
}
