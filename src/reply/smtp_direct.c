/* SPDX-License-Identifier: ISC */
#include "reply/smtp_direct.h"

#include <string.h>

#include "conf/settings.h"
#include "io/line_stream.h"
#include "io/loop.h"
#include "proto/smtp.h"

struct direct {
	const struct mail_job	*job;
	struct mail_answer	*answer;
	struct loop		*loop;
	struct line_stream	*stream;
	struct smtp_mail	 mail;
	struct smtp		*smtp;		/* NULL until logged in */
	struct loop_timer	*step;		/* the server has so long to say something */
	bool			 over;		/* decided: what still comes changes nothing */
};

bool
smtp_direct_is_needed(const struct mail_job *j)
{
	return j->security == SECURITY_TLS || j->bearer;
}

/* --- what came of it --- */

static bool
is_given(const struct direct *d)
{
	return d->smtp != NULL && smtp_result(d->smtp).given;
}

static void
end(struct direct *d)
{
	d->over = true;
	loop_stop(d->loop);
}

/* The connection ended before the server decided. */
static void
lost(struct direct *d, const char *why)
{
	g_autofree char	*text = g_strconcat("the server did not say whether it took the mail: ",
			    why, NULL);

	if (is_given(d))
		mail_answer_set(d->answer, MAIL_UNKNOWN, 0, text);
	else
		mail_answer_set(d->answer, MAIL_TEMPORARY, 0, why);
	end(d);
}

static void
refuse_login(struct mail_answer *a, int code)
{
	mail_answer_set(a, MAIL_TEMPORARY, code, "the server did not accept the login");
}

static void
decided(struct direct *d)
{
	struct smtp_result	r = smtp_result(d->smtp);

	if (r.outcome == SMTP_BROKEN) {
		lost(d, r.text);
		return;
	}
	mail_answer_set(d->answer, r.outcome == SMTP_TAKEN ? MAIL_SENT :
	    r.code >= 500 ? MAIL_PERMANENT : MAIL_TEMPORARY, r.code, r.text);
	if (r.outcome == SMTP_REFUSED && mail_answer_is_about_login(d->answer))
		refuse_login(d->answer, r.code);
	end(d);
}

/* --- the conversation --- */

static void
say(struct direct *d)
{
	GString	*out = smtp_output(d->smtp);

	line_stream_send(d->stream, out->str, out->len);
	g_string_truncate(out, 0);
	loop_timer_start(d->step, d->job->step_timeout_ms);
}

static void
on_opened(void *arg)
{
	struct direct	*d = arg;

	d->smtp = smtp_new(&d->mail);
	say(d);
}

static void
on_received(void *arg, const uint8_t *bytes, size_t len)
{
	struct direct	*d = arg;
	bool		 decides;

	if (d->over)
		return;
	decides = smtp_feed(d->smtp, bytes, len);
	say(d);
	if (decides)
		decided(d);
}

static void
on_closed(void *arg, const struct err *why)
{
	struct direct	*d = arg;

	if (d->over)
		return;
	if (why->kind != ERR_PERM) {
		lost(d, why->text);
		return;
	}
	refuse_login(d->answer, 535);
	end(d);
}

static void
on_step(void *arg)
{
	lost(arg, "the server did not answer");
}

/* --- setting up --- */

/* "host:port" or "[v6]:port"; the host is yours. */
static char *
split_server(const char *server, int *port)
{
	const char	*colon = strrchr(server, ':');

	*port = colon != NULL ? (int)g_ascii_strtoull(colon + 1, NULL, 10) : 0;
	return colon != NULL ? g_strndup(server, (gsize)(colon - server)) : g_strdup(server);
}

static void
talk(struct direct *d, const char *secret)
{
	const struct mail_job	*j = d->job;
	int			 port;
	g_autofree char		*host = split_server(j->server, &port);
	struct line_options	 o = {
		.protocol = "smtp", .host = host, .port = port, .helo = d->mail.helo,
		.security = (enum line_security)j->security, .ca_file = j->tls_ca_file,
		.user = j->user, .secret = secret, .auth = j->bearer ? "xoauth2" : NULL,
		.timeout_ms = j->step_timeout_ms
	};
	struct line_handler	 handler = { d, on_opened, on_received, on_closed };

	d->loop = loop_new();
	d->step = loop_timer_new(d->loop, on_step, d);
	d->stream = line_stream_open(d->loop, &o, &handler);
	loop_run(d->loop);
	line_stream_free(d->stream);
	smtp_free(d->smtp);
	loop_timer_free(d->step);
	loop_free(d->loop);
}

void
smtp_direct_send(const struct mail_job *j, struct mail_answer *a)
{
	struct direct	 d = { .job = j, .answer = a };
	char		*secret = j->user != NULL ? mail_job_secret(j) : NULL;

	memset(a, 0, sizeof(*a));
	d.mail = (struct smtp_mail){ j->helo != NULL ? j->helo : g_get_host_name(),
	    j->mail_from, j->rcpt_to, j->bytes, strlen(j->bytes) };
	if (j->user != NULL && secret == NULL)
		mail_answer_set(a, MAIL_TEMPORARY, 0, "cannot read password_file");
	else
		talk(&d, secret);
	if (secret != NULL)
		explicit_bzero(secret, strlen(secret));
	g_free(secret);
}
