/* SPDX-License-Identifier: ISC */
/*
 * The sink: where channels hand over what they received.
 */
#include <string.h>

#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/metric.h"
#include "conf/conf.h"
#include "daemon/daemon_local.h"
#include "queue/queue.h"

#define REFUSAL_LOG_MS	60000

struct handover {
	struct generation	*generation;
	struct arrival		*arrival;	/* a copy: the journal has taken the other */
	channel_settled_fn	*settled;
	void			*arg;
};

/* Every sender gets an answer; the log one line a minute. */
static void
note_refusal(struct daemon *d, const struct err *why)
{
	int64_t	now = clock_mono_ms();

	d->refused++;
	if (d->refusal_logged_ms != 0 && now - d->refusal_logged_ms < REFUSAL_LOG_MS)
		return;
	log_warn("messages refused: %s count=%u", why->text, d->refused);
	d->refused = 0;
	d->refusal_logged_ms = now;
}

static int
admit(void *arg, size_t bytes, struct err *why)
{
	struct generation	*g = arg;

	if (g->daemon->stopping)
		return err_set(why, ERR_TEMP, "the service is being stopped");
	if (journal_admit(g->daemon->journal, bytes, why) == 0)
		return 0;
	note_refusal(g->daemon, why);
	return -1;
}

static bool
known(void *arg, const struct arrival *a)
{
	struct generation	*g = arg;

	return known_find(g->daemon->known, a) != 0;
}

static bool
known_mail(void *arg, const char *channel, const void *header, size_t len, uint64_t size)
{
	struct generation	*g = arg;

	return known_has_mail(g->daemon->known, channel, header, len, size);
}

static void
on_appended(void *arg, uint64_t lsn, const struct err *why)
{
	struct handover		*h = arg;
	struct generation	*g = h->generation;
	struct daemon		*d = g->daemon;

	if (why != NULL) {
		log_warn("channel=%s message refused: %s", h->arrival->channel, why->text);
		h->settled(h->arg, SETTLED_REFUSED, 0);
	} else {
		metric_inc(METRIC_RECEIVED, h->arrival->channel);
		known_add(d->known, h->arrival, lsn);
		(void)fault_point("before-settle");
		h->settled(h->arg, SETTLED_DURABLE, lsn);
		(void)fault_point("after-settle");
		intake_wake(d->intake);
	}
	g->unsettled--;
	arrival_free(h->arrival);
	g_free(h);
}

static void
accept_arrival(void *arg, struct arrival *take, channel_settled_fn *settled, void *settle_arg)
{
	struct generation	*g = arg;
	struct handover		*h = g_new0(struct handover, 1);

	h->generation = g;
	h->arrival = arrival_copy(take);
	h->settled = settled;
	h->arg = settle_arg;
	g->unsettled++;
	journal_append(g->daemon->journal, take, on_appended, h);
	intake_expect(g->daemon->intake, h->arrival);
}

/* --- what was said in chats --- */

struct look {
	channel_lines_fn	*fn;
	void			*arg;
};

static void
on_transcript(void *arg, enum queue_outcome outcome, GPtrArray *entries)
{
	struct look		*look = arg;
	struct channel_line	*lines;
	guint			 i;

	if (outcome != QUEUE_DONE || entries == NULL) {
		look->fn(look->arg, NULL, 0);
		g_free(look);
		return;
	}
	lines = g_new0(struct channel_line, entries->len + 1);
	for (i = 0; i < entries->len; i++) {
		const struct queue_chat_entry	*entry = entries->pdata[i];

		lines[i].id = entry->id;
		lines[i].json = entry->json;
	}
	look->fn(look->arg, lines, entries->len);
	g_free(lines);
	g_free(look);
}

static void
read_transcript(void *arg, const char *session, const char *after, unsigned max,
    channel_lines_fn *fn, void *fn_arg)
{
	struct generation	*g = arg;
	struct look		*look = g_new0(struct look, 1);

	look->fn = fn;
	look->arg = fn_arg;
	queue_chat_read(intake_queue(g->daemon->intake), session, after, max, on_transcript, look);
}

struct generation *
generation_start(struct daemon *d, struct settings *take, struct err *e)
{
	struct generation	*g = g_new0(struct generation, 1);

	g->daemon = d;
	g->settings = take;
	g->sink.arg = g;
	g->sink.admit = admit;
	g->sink.accept = accept_arrival;
	g->sink.known = known;
	g->sink.known_mail = known_mail;
	g->env.loop = d->loop;
	g->env.settings = take;
	g->env.sink = &g->sink;
	g->transcripts.arg = g;
	g->transcripts.read = read_transcript;
	g->env.transcripts = &g->transcripts;
	g->env.http = d->http;
	g->env.cursors = d->cursors;
	g->env.secret = d->secret;
	if ((g->channels = channels_start(&g->env, e)) == NULL) {
		g->settings = NULL;
		generation_free(g);
		return NULL;
	}
	return g;
}

void
generation_stop(struct generation *g)
{
	channels_stop(g->channels);
}

void
generation_free(struct generation *g)
{
	if (g == NULL)
		return;
	channels_free(g->channels);
	conf_free(g->settings);
	g_free(g);
}
