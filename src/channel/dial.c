/* SPDX-License-Identifier: ISC */
#include "channel/dial.h"

#include <string.h>

#include "base/log.h"
#include "base/metric.h"
#include "channel/budget.h"

#define RETRY_FIRST_MS	1000
#define RETRY_MAX_MS	(5 * 60 * 1000)
#define CONNECT_GRACE_MS 2000		/* libcurl's own limit comes first */

/* A wrong password tried too often locks the account. */
static const int64_t	refused_ms[] = { 60 * 1000, 5 * 60 * 1000, 20 * 60 * 1000 };

int64_t
dial_jitter(int64_t ms)
{
	return ms * g_random_int_range(750, 1250) / 1000;
}

static int64_t
retry_ms(const struct dial *d)
{
	if (d->refusals > 0)
		return refused_ms[MIN(d->refusals, G_N_ELEMENTS(refused_ms)) - 1];
	return MIN((int64_t)RETRY_FIRST_MS << MIN(d->failures - 1, 16), RETRY_MAX_MS);
}

/* --------------------------------------------------------------- its end */

void
dial_hang_up(struct dial *d)
{
	secret_query_free(d->secret);
	d->secret = NULL;
	oauth_query_free(d->oauth);
	d->oauth = NULL;
	line_stream_free(d->stream);
	d->stream = NULL;
	loop_timer_stop(d->next);
	loop_timer_stop(d->deadline);
	d->ops->closed(d->arg);
	budget_give(d);
}

/* A token may have been withdrawn before its time: ask for another, once. */
static bool
wants_new_token(struct dial *d, enum err_kind kind)
{
	if (kind != ERR_PERM || !oauth_is_used(&d->conf->oauth) || d->token_renewed || d->oauth != NULL)
		return false;
	d->token_renewed = true;
	oauth_forget(&d->conf->oauth);
	return true;
}

void
dial_lose(struct dial *d, enum err_kind kind, const char *why)
{
	bool	again = wants_new_token(d, kind);
	int64_t	ms;

	err_set(&d->problem, kind, "%s", why);
	dial_hang_up(d);
	metric_set(METRIC_MAILBOX_UP, d->channel, 0);
	if (d->stopped)
		return;
	d->failures++;
	d->refusals = kind == ERR_PERM && !again ? d->refusals + 1 : 0;
	ms = dial_jitter(retry_ms(d));
	metric_inc(METRIC_MAILBOX_FAILURES, d->channel);
	log_warn("channel=%s connection lost: %s failures=%u retry_s=%d", d->channel,
	    d->problem.text, d->failures, (int)((ms + 999) / 1000));
	dial_after(d, ms);
}

void
dial_works(struct dial *d)
{
	d->failures = d->refusals = 0;
	d->token_renewed = false;
	memset(&d->problem, 0, sizeof(d->problem));
	metric_set(METRIC_MAILBOX_UP, d->channel, 1);
}

/* ------------------------------------------------------------- its making */

static void
on_opened(void *arg)
{
	struct dial	*d = arg;

	loop_timer_stop(d->deadline);
	d->ops->opened(d->arg);
}

static void
on_received(void *arg, const uint8_t *bytes, size_t len)
{
	struct dial	*d = arg;

	d->ops->received(d->arg, bytes, len);
}

static void
on_closed(void *arg, const struct err *e)
{
	dial_lose(arg, e->kind, e->text);
}

static void
on_deadline(void *arg)
{
	struct dial	*d = arg;
	const char	*doing = d->stream != NULL ? d->ops->doing(d->arg) : NULL;
	g_autofree char	*why = g_strdup_printf("no answer in time while %s",
			    doing != NULL ? doing : "connecting");

	dial_lose(d, ERR_TEMP, why);
}

static enum line_security
security_of(const struct settings_login *conf)
{
	return conf->security == SECURITY_TLS ? LINE_TLS :
	    conf->security == SECURITY_STARTTLS ? LINE_STARTTLS : LINE_PLAIN;
}

static void
on_secret(void *arg, const char *secret, const struct err *e)
{
	struct dial			*d = arg;
	const struct settings_login	*conf = d->conf;
	const struct line_handler	 handler = { d, on_opened, on_received, on_closed };
	const struct line_options	 options = {
		.protocol = d->ops->protocol, .host = conf->host, .port = (int)conf->port,
		.security = security_of(conf), .ca_file = conf->tls_ca_file,
		.user = conf->user, .secret = secret, .auth = conf->auth,
		.timeout_ms = conf->timeout_ms
	};

	if (secret == NULL) {
		g_autofree char *why = g_strdup(e->text);
		dial_lose(d, e->kind == ERR_PERM ? ERR_PERM : ERR_TEMP, why);
		return;
	}
	loop_timer_start(d->deadline, conf->timeout_ms + CONNECT_GRACE_MS);
	d->stream = line_stream_open(d->loop, &options, &handler);
	secret_query_free(d->secret);
	d->secret = NULL;
	oauth_query_free(d->oauth);
	d->oauth = NULL;
}

static void
on_next(void *arg)
{
	struct dial	*d = arg;

	if (!budget_take(d))
		return;
	if (oauth_is_used(&d->conf->oauth))
		d->oauth = oauth_query_new(d->loop, &d->conf->oauth, d->channel, on_secret, d);
	else
		d->secret = secret_query_new(d->loop, &d->conf->password, d->conf->timeout_ms,
		    on_secret, d);
}

void
dial_after(struct dial *d, int64_t ms)
{
	loop_timer_start(d->next, ms);
}

void
dial_rest(struct dial *d)
{
	loop_timer_stop(d->next);
}

bool
dial_is_busy(const struct dial *d)
{
	return d->stream != NULL || d->secret != NULL || d->oauth != NULL;
}

void
dial_send(struct dial *d, GString *out)
{
	line_stream_send(d->stream, out->str, out->len);
	g_string_truncate(out, 0);
}

void
dial_expect(struct dial *d, int64_t ms)
{
	loop_timer_start(d->deadline, ms);
}

void
dial_expect_nothing(struct dial *d)
{
	loop_timer_stop(d->deadline);
}

/* ---------------------------------------------------------------- the door */

void
dial_init(struct dial *d, const struct channel *ch, const struct settings_login *conf,
    const struct dial_ops *ops, void *arg)
{
	memset(d, 0, sizeof(*d));
	d->ops = ops;
	d->arg = arg;
	d->loop = ch->env->loop;
	d->channel = ch->name;
	d->conf = conf;
	d->next = loop_timer_new(d->loop, on_next, d);
	d->deadline = loop_timer_new(d->loop, on_deadline, d);
	metric_set(METRIC_MAILBOX_UP, d->channel, 0);
}

void
dial_fini(struct dial *d)
{
	loop_timer_free(d->next);
	loop_timer_free(d->deadline);
}
