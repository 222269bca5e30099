/* SPDX-License-Identifier: ISC */
#include "channel/pop3/pop3_channel.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/metric.h"
#include "store/cursor.h"

#define HOLD_MS		10000			/* the sink had no room */

void
pop3_channel_save(struct pop3_channel *ch)
{
	g_autofree char	*name = g_strconcat("pop3/", ch->base.name, NULL), *value = NULL;

	if (!ch->drop.changed)
		return;
	value = drop_format(&ch->drop);
	cursor_set(ch->base.env->cursors, name, value, NULL, NULL);
}

static void
on_closed(void *arg)
{
	struct pop3_channel	*ch = arg;

	pop3_session_end(ch);
	ch->step = NULL;
	pop3_channel_save(ch);
}

void
pop3_channel_finish(struct pop3_channel *ch)
{
	if (ch->dial.problem.kind != ERR_NONE || ch->looked_ms == 0)
		log_info("channel=%s mailbox is up messages=%u", ch->base.name,
		    ch->drop.items->len);
	ch->looked_ms = clock_wall_ms();
	dial_works(&ch->dial);
	metric_set(METRIC_MAILBOX_LAST_SUCCESS, ch->base.name, (double)(ch->looked_ms / 1000));
	dial_hang_up(&ch->dial);
	if (!ch->base.paused)		/* else when it is resumed */
		dial_after(&ch->dial, ch->enough ? MIN(HOLD_MS, ch->conf->poll_ms) :
		    ch->more ? 0 : dial_jitter(ch->conf->poll_ms));
}

static void
on_opened(void *arg)
{
	pop3_session_begin(arg);
}

static void
on_received(void *arg, const uint8_t *bytes, size_t len)
{
	pop3_session_feed(arg, bytes, len);
}

static const char *
doing(const void *arg)
{
	const struct pop3_channel	*ch = arg;

	return ch->step != NULL ? ch->step->name : NULL;
}

static const struct dial_ops dial_ops = {
	"pop3", on_opened, on_received, on_closed, doing, NULL
};

static int
pop3_start(struct channel *base, const void *section, struct err *e)
{
	struct pop3_channel	*ch = (struct pop3_channel *)base;
	g_autofree char		*name = g_strconcat("pop3/", base->name, NULL);
	const char		*kept = cursor_get(base->env->cursors, name);

	(void)e;
	ch->conf = section;
	drop_init(&ch->drop);
	ch->first_start = kept == NULL;
	if (kept != NULL && !drop_parse(&ch->drop, kept))
		log_warn("channel=%s what was known of the mailbox cannot be read; "
		    "messages are looked at again", base->name);
	ch->in_sink = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
	dial_init(&ch->dial, base, &ch->conf->login, &dial_ops, ch);
	dial_after(&ch->dial, 0);
	return 0;
}

static void
pop3_stop(struct channel *base)
{
	struct pop3_channel	*ch = (struct pop3_channel *)base;

	ch->dial.stopped = true;
	dial_hang_up(&ch->dial);
	metric_set(METRIC_MAILBOX_UP, base->name, 0);
}

static void
pop3_channel_free(struct channel *base)
{
	struct pop3_channel	*ch = (struct pop3_channel *)base;

	pop3_stop(base);
	dial_fini(&ch->dial);
	g_hash_table_unref(ch->in_sink);
	drop_fini(&ch->drop);
}

static void
pop3_pause(struct channel *base)
{
	struct pop3_channel	*ch = (struct pop3_channel *)base;

	base->paused = true;
	if (!dial_is_busy(&ch->dial) && ch->dial.failures == 0)
		dial_rest(&ch->dial);
	pop3_session_pump(ch);
}

static void
pop3_resume(struct channel *base)
{
	struct pop3_channel	*ch = (struct pop3_channel *)base;

	base->paused = false;
	if (!dial_is_busy(&ch->dial) && ch->dial.failures == 0)
		dial_after(&ch->dial, 0);
	else
		pop3_session_pump(ch);
}

static void
pop3_report(const struct channel *base, GString *issue)
{
	const struct pop3_channel	*ch = (const struct pop3_channel *)base;
	int64_t				 late = 3 * ch->conf->poll_ms + ch->conf->login.timeout_ms;

	if (ch->dial.problem.kind != ERR_NONE)
		g_string_append_printf(issue, "pop3 %s: %s", base->name, ch->dial.problem.text);
	else if (ch->looked_ms > 0 && !base->paused && clock_wall_ms() - ch->looked_ms > late &&
	    ch->step == NULL)
		g_string_append_printf(issue, "pop3 %s: not looked for %d s", base->name,
		    (int)((clock_wall_ms() - ch->looked_ms) / 1000));
	else if (ch->no_uids && strcmp(ch->conf->after, "keep") == 0)
		g_string_append_printf(issue,
		    "pop3 %s: the server has no UIDL, all is fetched at every look", base->name);
}

const struct channel_ops pop3_channel_ops = {
	.kind = "pop3",
	.size = sizeof(struct pop3_channel),
	.sections = offsetof(struct settings, pop3),
	.start = pop3_start,
	.stop = pop3_stop,
	.free = pop3_channel_free,
	.pause = pop3_pause,
	.resume = pop3_resume,
	.status = pop3_report
};
