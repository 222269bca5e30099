/* SPDX-License-Identifier: ISC */
#include "channel/pop3/pop3_channel.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/metric.h"
#include "store/cursor.h"

#define RETRY_FIRST_MS	1000
#define RETRY_MAX_MS	(5 * 60 * 1000)
#define HOLD_MS		10000			/* the sink had no room */
#define CONNECT_GRACE_MS 2000			/* libcurl's own limit comes first */

/* A wrong password tried too often locks the account. */
static const int64_t	refused_ms[] = { 60 * 1000, 5 * 60 * 1000, 20 * 60 * 1000 };

static int64_t
jitter(int64_t ms)
{
	return ms * g_random_int_range(750, 1250) / 1000;
}

static int64_t
retry_ms(const struct pop3_channel *ch)
{
	if (ch->refusals > 0)
		return refused_ms[MIN(ch->refusals, G_N_ELEMENTS(refused_ms)) - 1];
	return MIN((int64_t)RETRY_FIRST_MS << MIN(ch->failures - 1, 16), RETRY_MAX_MS);
}

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
disconnect(struct pop3_channel *ch)
{
	secret_query_free(ch->secret);
	ch->secret = NULL;
	line_stream_free(ch->stream);
	ch->stream = NULL;
	pop3_session_end(ch);
	ch->step = NULL;
	loop_timer_stop(ch->next);
	loop_timer_stop(ch->deadline);
	pop3_channel_save(ch);
}

void
pop3_channel_lose(struct pop3_channel *ch, enum err_kind kind, const char *why)
{
	int64_t	ms;

	err_set(&ch->problem, kind, "%s", why);
	disconnect(ch);
	metric_set(METRIC_MAILBOX_UP, ch->base.name, 0);
	if (ch->stopped)
		return;
	ch->failures++;
	ch->refusals = kind == ERR_PERM ? ch->refusals + 1 : 0;
	ms = jitter(retry_ms(ch));
	metric_inc(METRIC_MAILBOX_FAILURES, ch->base.name);
	log_warn("channel=%s connection lost: %s failures=%u retry_s=%d", ch->base.name,
	    ch->problem.text, ch->failures, (int)((ms + 999) / 1000));
	loop_timer_start(ch->next, ms);
}

void
pop3_channel_finish(struct pop3_channel *ch)
{
	if (ch->problem.kind != ERR_NONE || ch->looked_ms == 0)
		log_info("channel=%s mailbox is up messages=%u", ch->base.name,
		    ch->drop.items->len);
	ch->looked_ms = clock_wall_ms();
	ch->failures = ch->refusals = 0;
	memset(&ch->problem, 0, sizeof(ch->problem));
	metric_set(METRIC_MAILBOX_UP, ch->base.name, 1);
	metric_set(METRIC_MAILBOX_LAST_SUCCESS, ch->base.name, (double)(ch->looked_ms / 1000));
	disconnect(ch);
	loop_timer_start(ch->next, ch->enough ? MIN(HOLD_MS, ch->conf->poll_ms) :
	    ch->more ? 0 : jitter(ch->conf->poll_ms));
}

static void
on_opened(void *arg)
{
	struct pop3_channel	*ch = arg;

	loop_timer_stop(ch->deadline);
	pop3_session_begin(ch);
}

static void
on_received(void *arg, const uint8_t *bytes, size_t len)
{
	pop3_session_feed(arg, bytes, len);
}

static void
on_closed(void *arg, const struct err *e)
{
	pop3_channel_lose(arg, e->kind, e->text);
}

static void
on_deadline(void *arg)
{
	struct pop3_channel	*ch = arg;
	g_autofree char		*why = g_strdup_printf("no answer in time while %s",
				    ch->step != NULL ? ch->step->name : "connecting");

	pop3_channel_lose(ch, ERR_TEMP, why);
}

static enum line_security
security_of(const struct settings_pop3 *conf)
{
	return conf->security == SECURITY_TLS ? LINE_TLS :
	    conf->security == SECURITY_STARTTLS ? LINE_STARTTLS : LINE_PLAIN;
}

static void
on_secret(void *arg, const char *secret, const struct err *e)
{
	struct pop3_channel		*ch = arg;
	const struct settings_pop3	*conf = ch->conf;
	const struct line_handler	 handler = { ch, on_opened, on_received, on_closed };
	const struct line_options	 options = {
		.protocol = "pop3", .host = conf->host, .port = (int)conf->port,
		.security = security_of(conf), .ca_file = conf->tls_ca_file,
		.user = conf->user, .secret = secret, .auth = conf->auth,
		.timeout_ms = conf->timeout_ms
	};

	if (secret == NULL) {
		g_autofree char *why = g_strdup(e->text);
		pop3_channel_lose(ch, ERR_TEMP, why);
		return;
	}
	loop_timer_start(ch->deadline, conf->timeout_ms + CONNECT_GRACE_MS);
	ch->stream = line_stream_open(ch->base.env->loop, &options, &handler);
	secret_query_free(ch->secret);
	ch->secret = NULL;
}

static void
on_next(void *arg)
{
	struct pop3_channel	*ch = arg;

	if (ch->base.paused) {
		loop_timer_start(ch->next, HOLD_MS);
		return;
	}
	ch->secret = secret_query_new(ch->base.env->loop, &ch->conf->password,
	    ch->conf->timeout_ms, on_secret, ch);
}

static int
pop3_start(struct channel *base, const void *section, struct err *e)
{
	struct pop3_channel	*ch = (struct pop3_channel *)base;
	struct loop		*loop = base->env->loop;
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
	ch->next = loop_timer_new(loop, on_next, ch);
	ch->deadline = loop_timer_new(loop, on_deadline, ch);
	metric_set(METRIC_MAILBOX_UP, base->name, 0);
	loop_timer_start(ch->next, 0);
	return 0;
}

static void
pop3_stop(struct channel *base)
{
	struct pop3_channel	*ch = (struct pop3_channel *)base;

	ch->stopped = true;
	disconnect(ch);
	metric_set(METRIC_MAILBOX_UP, base->name, 0);
}

static void
pop3_channel_free(struct channel *base)
{
	struct pop3_channel	*ch = (struct pop3_channel *)base;

	pop3_stop(base);
	loop_timer_free(ch->next);
	loop_timer_free(ch->deadline);
	g_hash_table_unref(ch->in_sink);
	drop_fini(&ch->drop);
}

static void
pop3_pause(struct channel *base)
{
	base->paused = true;
	pop3_session_pump((struct pop3_channel *)base);
}

static void
pop3_resume(struct channel *base)
{
	struct pop3_channel	*ch = (struct pop3_channel *)base;

	base->paused = false;
	if (ch->step == NULL && ch->stream == NULL && ch->secret == NULL && ch->failures == 0)
		loop_timer_start(ch->next, 0);
	else
		pop3_session_pump(ch);
}

static void
pop3_report(const struct channel *base, GString *issue)
{
	const struct pop3_channel	*ch = (const struct pop3_channel *)base;
	int64_t				 late = 3 * ch->conf->poll_ms + ch->conf->timeout_ms;

	if (ch->problem.kind != ERR_NONE)
		g_string_append_printf(issue, "pop3 %s: %s", base->name, ch->problem.text);
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
