/* SPDX-License-Identifier: ISC */
#include "channel/imap/imap_channel.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/metric.h"

static void
on_closed(void *arg)
{
	struct imap_channel	*ch = arg;

	imap_session_end(ch);
	loop_timer_stop(ch->poll);
	ch->up = false;
	metric_set(METRIC_MAILBOX_UP, ch->base.name, 0);
}

void
imap_channel_yield(struct imap_channel *ch)
{
	log_debug("channel=%s makes room for another on %s", ch->base.name,
	    ch->conf->login.host);
	dial_hang_up(&ch->dial);
	ch->up = true;
	metric_set(METRIC_MAILBOX_UP, ch->base.name, 1);
	dial_after(&ch->dial, ch->conf->poll_ms);
}

void
imap_channel_is_up(struct imap_channel *ch)
{
	ch->looked_ms = clock_wall_ms();
	metric_set(METRIC_MAILBOX_LAST_SUCCESS, ch->base.name, (double)(ch->looked_ms / 1000));
	if (ch->up)
		return;
	ch->up = true;
	dial_works(&ch->dial);
	log_info("channel=%s mailbox is up folders=%u", ch->base.name, ch->rota->len);
}

static void
on_opened(void *arg)
{
	imap_session_begin(arg);
}

static void
on_received(void *arg, const uint8_t *bytes, size_t len)
{
	imap_session_feed(arg, bytes, len);
}

static const char *
doing(const void *arg)
{
	const struct imap_channel	*ch = arg;

	return ch->step != NULL ? ch->step->name : NULL;
}

/* One that has nothing to do looks once more and then makes room. */
static bool
make_room(void *arg)
{
	struct imap_channel	*ch = arg;

	if (ch->step != &imap_steps.idling && ch->step != &imap_steps.resting)
		return false;
	imap_session_poll(ch);
	return true;
}

static const struct dial_ops dial_ops = {
	"imap", on_opened, on_received, on_closed, doing, make_room
};

static void
on_poll(void *arg)
{
	imap_session_poll(arg);
}

static void
on_hold_over(void *arg)
{
	struct imap_channel	*ch = arg;

	ch->held = false;
	imap_work_pump(ch);
}

static void
free_command(void *p)
{
	struct command	*c = p;

	if (c->uids != NULL)
		g_array_unref(c->uids);
	g_free(c);
}

static void
free_box(void *p)
{
	box_free(p);
}

static int
imap_start(struct channel *base, const void *section, struct err *e)
{
	struct imap_channel	*ch = (struct imap_channel *)base;
	struct loop		*loop = base->env->loop;

	ch->conf = section;
	if (ch->conf->after == AFTER_FLAG && !imap_flag_is_valid(ch->conf->flag))
		return err_set(e, ERR_CONFIG, "\"%s\" is no flag", ch->conf->flag);
	ch->commands = g_queue_new();
	ch->boxes = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, free_box);
	ch->rota = g_ptr_array_new();
	ch->poll = loop_timer_new(loop, on_poll, ch);
	ch->hold = loop_timer_new(loop, on_hold_over, ch);
	dial_init(&ch->dial, base, &ch->conf->login, &dial_ops, ch);
	dial_after(&ch->dial, 0);
	return 0;
}

static void
imap_stop(struct channel *base)
{
	struct imap_channel	*ch = (struct imap_channel *)base;

	ch->dial.stopped = true;
	dial_hang_up(&ch->dial);
	loop_timer_stop(ch->hold);
}

static void
imap_channel_free(struct channel *base)
{
	struct imap_channel	*ch = (struct imap_channel *)base;

	imap_stop(base);
	dial_fini(&ch->dial);
	loop_timer_free(ch->poll);
	loop_timer_free(ch->hold);
	g_queue_free_full(ch->commands, free_command);
	g_ptr_array_unref(ch->rota);
	g_hash_table_unref(ch->boxes);
}

static void
imap_pause(struct channel *base)
{
	base->paused = true;
}

static void
imap_resume(struct channel *base)
{
	base->paused = false;
	imap_work_pump((struct imap_channel *)base);
}

static void
imap_report(const struct channel *base, GString *issue)
{
	const struct imap_channel	*ch = (const struct imap_channel *)base;
	int64_t				 late = 3 * ch->conf->poll_ms + ch->conf->login.timeout_ms;
	GHashTableIter			 boxes;
	void				*value;

	if (!ch->up && ch->dial.problem.kind != ERR_NONE) {
		g_string_append_printf(issue, "imap %s: %s", base->name, ch->dial.problem.text);
		return;
	}
	if (ch->up && !base->paused && clock_wall_ms() - ch->looked_ms > late) {
		g_string_append_printf(issue, "imap %s: not looked for %d s", base->name,
		    (int)((clock_wall_ms() - ch->looked_ms) / 1000));
		return;
	}
	g_hash_table_iter_init(&boxes, ch->boxes);
	while (g_hash_table_iter_next(&boxes, NULL, &value)) {
		if (((struct box *)value)->complained) {
			g_string_append_printf(issue, "imap %s: folder %s cannot be opened",
			    base->name, ((struct box *)value)->name);
			return;
		}
	}
}

const struct channel_ops imap_channel_ops = {
	.kind = "imap",
	.size = sizeof(struct imap_channel),
	.sections = offsetof(struct settings, imap),
	.start = imap_start,
	.stop = imap_stop,
	.free = imap_channel_free,
	.pause = imap_pause,
	.resume = imap_resume,
	.status = imap_report
};
