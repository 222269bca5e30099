/* SPDX-License-Identifier: ISC */
#include "channel/imap/imap_channel.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/metric.h"
#include "channel/imap/budget.h"

#define RETRY_FIRST_MS	1000
#define RETRY_MAX_MS	(5 * 60 * 1000)
#define CONNECT_GRACE_MS 2000		/* libcurl's own limit comes first */

/* A wrong password tried too often locks the account. */
static const int64_t	refused_ms[] = { 60 * 1000, 5 * 60 * 1000, 20 * 60 * 1000 };

static int64_t
jitter(int64_t ms)
{
	return ms * g_random_int_range(750, 1250) / 1000;
}

static int64_t
retry_ms(const struct imap_channel *ch)
{
	if (ch->refusals > 0)
		return refused_ms[MIN(ch->refusals, G_N_ELEMENTS(refused_ms)) - 1];
	return MIN((int64_t)RETRY_FIRST_MS << MIN(ch->failures - 1, 16), RETRY_MAX_MS);
}

/* Close everything that belongs to one connection. */
static void
disconnect(struct imap_channel *ch)
{
	secret_query_free(ch->secret);
	ch->secret = NULL;
	oauth_query_free(ch->oauth);
	ch->oauth = NULL;
	line_stream_free(ch->stream);
	ch->stream = NULL;
	imap_session_end(ch);
	loop_timer_stop(ch->retry);
	loop_timer_stop(ch->deadline);
	loop_timer_stop(ch->poll);
	ch->up = false;
	metric_set(METRIC_MAILBOX_UP, ch->base.name, 0);
	budget_give(ch);
}

void
imap_channel_yield(struct imap_channel *ch)
{
	log_debug("channel=%s makes room for another on %s", ch->base.name, ch->conf->host);
	disconnect(ch);
	ch->up = true;
	metric_set(METRIC_MAILBOX_UP, ch->base.name, 1);
	loop_timer_start(ch->retry, ch->conf->poll_ms);
}

/* A token may have been withdrawn before its time: ask for another, once. */
static bool
wants_new_token(struct imap_channel *ch, enum err_kind kind)
{
	if (kind != ERR_PERM || !oauth_is_used(ch->conf) || ch->token_renewed ||
	    ch->oauth != NULL)
		return false;
	ch->token_renewed = true;
	oauth_forget(ch->conf);
	return true;
}

void
imap_channel_lose(struct imap_channel *ch, enum err_kind kind, const char *why)
{
	bool	again = wants_new_token(ch, kind);
	int64_t	ms;

	err_set(&ch->problem, kind, "%s", why);
	disconnect(ch);
	if (ch->stopped)
		return;
	ch->failures++;
	ch->refusals = kind == ERR_PERM && !again ? ch->refusals + 1 : 0;
	ms = jitter(retry_ms(ch));
	metric_inc(METRIC_MAILBOX_FAILURES, ch->base.name);
	log_warn("channel=%s connection lost: %s failures=%u retry_s=%d", ch->base.name,
	    ch->problem.text, ch->failures, (int)((ms + 999) / 1000));
	loop_timer_start(ch->retry, ms);
}

void
imap_channel_is_up(struct imap_channel *ch)
{
	ch->looked_ms = clock_wall_ms();
	metric_set(METRIC_MAILBOX_LAST_SUCCESS, ch->base.name, (double)(ch->looked_ms / 1000));
	if (ch->up)
		return;
	ch->up = true;
	ch->failures = ch->refusals = 0;
	ch->token_renewed = false;
	memset(&ch->problem, 0, sizeof(ch->problem));
	metric_set(METRIC_MAILBOX_UP, ch->base.name, 1);
	log_info("channel=%s mailbox is up folders=%u", ch->base.name, ch->rota->len);
}

static void
on_opened(void *arg)
{
	struct imap_channel	*ch = arg;

	loop_timer_stop(ch->deadline);
	imap_session_begin(ch);
}

static void
on_received(void *arg, const uint8_t *bytes, size_t len)
{
	imap_session_feed(arg, bytes, len);
}

static void
on_closed(void *arg, const struct err *e)
{
	imap_channel_lose(arg, e->kind, e->text);
}

static void
on_deadline(void *arg)
{
	struct imap_channel	*ch = arg;
	g_autofree char		*why = g_strdup_printf("no answer in time while %s",
				    ch->step != NULL ? ch->step->name : "connecting");

	imap_channel_lose(ch, ERR_TEMP, why);
}

static enum line_security
security_of(const struct settings_imap *conf)
{
	return conf->security == SECURITY_TLS ? LINE_TLS :
	    conf->security == SECURITY_STARTTLS ? LINE_STARTTLS : LINE_PLAIN;
}

static void
on_secret(void *arg, const char *secret, const struct err *e)
{
	struct imap_channel		*ch = arg;
	const struct settings_imap	*conf = ch->conf;
	const struct line_handler	 handler = { ch, on_opened, on_received, on_closed };
	const struct line_options	 options = {
		.protocol = "imap", .host = conf->host, .port = (int)conf->port,
		.security = security_of(conf), .ca_file = conf->tls_ca_file,
		.user = conf->user, .secret = secret, .auth = conf->auth,
		.timeout_ms = conf->timeout_ms
	};

	if (secret == NULL) {
		g_autofree char *why = g_strdup(e->text);
		imap_channel_lose(ch, e->kind == ERR_PERM ? ERR_PERM : ERR_TEMP, why);
		return;
	}
	loop_timer_start(ch->deadline, conf->timeout_ms + CONNECT_GRACE_MS);
	ch->stream = line_stream_open(ch->base.env->loop, &options, &handler);
	secret_query_free(ch->secret);
	ch->secret = NULL;
	oauth_query_free(ch->oauth);
	ch->oauth = NULL;
}

static void
on_retry(void *arg)
{
	struct imap_channel	*ch = arg;

	if (!budget_take(ch))
		return;
	if (oauth_is_used(ch->conf)) {
		ch->oauth = oauth_query_new(ch->base.env->loop, ch->conf, on_secret, ch);
		return;
	}
	ch->secret = secret_query_new(ch->base.env->loop, &ch->conf->password,
	    ch->conf->timeout_ms, on_secret, ch);
}

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
	ch->retry = loop_timer_new(loop, on_retry, ch);
	ch->deadline = loop_timer_new(loop, on_deadline, ch);
	ch->poll = loop_timer_new(loop, on_poll, ch);
	ch->hold = loop_timer_new(loop, on_hold_over, ch);
	metric_set(METRIC_MAILBOX_UP, base->name, 0);
	loop_timer_start(ch->retry, 0);
	return 0;
}

static void
imap_stop(struct channel *base)
{
	struct imap_channel	*ch = (struct imap_channel *)base;

	ch->stopped = true;
	disconnect(ch);
	loop_timer_stop(ch->hold);
}

static void
imap_channel_free(struct channel *base)
{
	struct imap_channel	*ch = (struct imap_channel *)base;

	imap_stop(base);
	loop_timer_free(ch->retry);
	loop_timer_free(ch->deadline);
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
	int64_t				 late = 3 * ch->conf->poll_ms + ch->conf->timeout_ms;
	GHashTableIter			 boxes;
	void				*value;

	if (!ch->up && ch->problem.kind != ERR_NONE) {
		g_string_append_printf(issue, "imap %s: %s", base->name, ch->problem.text);
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
