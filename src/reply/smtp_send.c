/* SPDX-License-Identifier: ISC */
#include "reply/smtp_send.h"

#include <auth-client.h>
#include <openssl/ssl.h>
#include <libesmtp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

#define MIN_STEP_MS	1000	/* libesmtp takes no less */

/* What the callbacks of one session share. */
struct sending {
	const struct mail_job	*job;
	char			*password;
	const char		*at;		/* in the mail's bytes: not yet given away */
	bool			 given;		/* all of the mail was given away */
	bool			 refused;	/* we do not trust the server's certificate */
	bool			 logged_in;	/* the server said 235 */
};

/* --- callbacks ---------------------------------------------------------- */

/* libesmtp reads the mail line by line; len NULL rewinds. */
static const char *
give_line(void **ctx, int *len, void *arg)
{
	struct sending	*s = arg;
	const char	*line = s->at, *end;

	(void)ctx;
	if (len == NULL) {
		s->at = s->job->bytes;
		return NULL;
	}
	if (*line == '\0') {
		*len = 0;
		s->given = true;
		return NULL;
	}
	end = strstr(line, "\r\n") + 2;
	*len = (int)(end - line);
	s->at = end;
	return line;
}

/* Certificate trouble always ends the session. */
static void
on_event(smtp_session_t session, int event, void *arg, ...)
{
	struct sending	*s = arg;
	va_list		 ap;

	(void)session;
	va_start(ap, arg);
	switch (event) {
	case SMTP_EV_INVALID_PEER_CERTIFICATE:
		(void)va_arg(ap, long);
		*va_arg(ap, int *) = 0;
		s->refused = true;
		break;
	case SMTP_EV_WEAK_CIPHER:
		(void)va_arg(ap, int);
		*va_arg(ap, int *) = 0;
		s->refused = true;
		break;
	case SMTP_EV_NO_PEER_CERTIFICATE:
	case SMTP_EV_WRONG_PEER_CERTIFICATE:
		*va_arg(ap, int *) = 0;
		s->refused = true;
		break;
	case SMTP_EV_NO_CLIENT_CERTIFICATE:
		*va_arg(ap, int *) = 1;
		break;
	}
	va_end(ap);
}

/* libesmtp does not tell whether the login worked, and goes on if it did not. */
static void
on_traffic(const char *buf, int len, int writing, void *arg)
{
	struct sending	*s = arg;

	if (!writing && len >= 3 && strncmp(buf, "235", 3) == 0)
		s->logged_in = true;
}

static int
on_interact(auth_client_request_t request, char **result, int fields, void *arg)
{
	struct sending	*s = arg;

	for (int i = 0; i < fields; i++)
		if (request[i].flags & AUTH_PASS)
			result[i] = s->password;
		else if (request[i].flags & AUTH_USER)
			result[i] = s->job->user;
		else
			result[i] = NULL;
	return 1;
}

/* --- setting up --------------------------------------------------------- */

/*
 * Our own context: libesmtp frees its built-in one with the first session and
 * uses it in the second; and it hangs when the session ticket of TLS 1.3
 * comes before it has read the greeting.
 */
static SSL_CTX *
make_tls(const struct mail_job *j)
{
	SSL_CTX	*ctx = SSL_CTX_new(TLS_client_method());
	bool	 good;

	if (ctx == NULL)
		return NULL;
	good = SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) == 1 &&
	    SSL_CTX_set_max_proto_version(ctx, TLS1_2_VERSION) == 1 &&
	    (j->tls_ca_file != NULL ? SSL_CTX_load_verify_file(ctx, j->tls_ca_file) == 1 :
	    SSL_CTX_set_default_verify_paths(ctx) == 1);
	if (good) {
		SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
		return ctx;
	}
	SSL_CTX_free(ctx);
	return NULL;
}

static void
set_timeouts(smtp_session_t session, int64_t ms)
{
	static const int which[] = {
		Timeout_GREETING, Timeout_ENVELOPE, Timeout_DATA, Timeout_TRANSFER, Timeout_DATA2
	};

	for (size_t i = 0; i < G_N_ELEMENTS(which); i++)
		smtp_set_timeout(session, which[i] | Timeout_OVERRIDE_RFC2822_MINIMUM,
		    (long)MAX(ms, MIN_STEP_MS));
}

static auth_context_t
make_auth(struct sending *s)
{
	auth_context_t	 auth;

	if ((s->password = mail_job_secret(s->job)) == NULL)
		return NULL;
	auth = auth_create_context();
	auth_set_mechanism_flags(auth, AUTH_PLUGIN_PLAIN, 0);
	auth_set_interact_cb(auth, on_interact, s);
	return auth;
}

/* --- what came of it ---------------------------------------------------- */

/*
 * A refusal of this mail.  One by a server that did not let us log in is about
 * us, not about the mail.
 */
static bool
judge(const struct sending *s, const smtp_status_t *status, struct mail_answer *a)
{
	if (status == NULL || status->code < 400)
		return false;
	if (s->job->user != NULL && !s->logged_in)
		mail_answer_set(a, MAIL_TEMPORARY, status->code, "the server did not accept the login");
	else
		mail_answer_set(a, status->code >= 500 ? MAIL_PERMANENT : MAIL_TEMPORARY, status->code,
		    status->text == NULL ? "" : status->text);
	return true;
}

static void
explain_failure(const struct sending *s, struct mail_answer *a)
{
	char	 text[256] = "";
	int	 error = smtp_errno();

	if (s->refused) {
		mail_answer_set(a, MAIL_TEMPORARY, 0, "the server's certificate is not trusted");
		return;
	}
	smtp_strerror(error, text, sizeof(text));
	if (s->given)
		mail_answer_set(a, MAIL_UNKNOWN, 0, "the server did not say whether it took the mail");
	else
		mail_answer_set(a, MAIL_TEMPORARY, 0, *text == '\0' ? "the server did not answer" : text);
}

/*
 * The recipient's status comes first: after a refused RCPT libesmtp keeps the
 * answer to RSET, 250, as that of the mail.
 */
static void
find_result(const struct sending *s, smtp_message_t message, smtp_recipient_t rcpt, struct mail_answer *a)
{
	const smtp_status_t	*status = smtp_message_transfer_status(message);

	if (judge(s, smtp_recipient_status(rcpt), a) || judge(s, smtp_reverse_path_status(message), a) ||
	    judge(s, status, a))
		return;
	if (status != NULL && status->code == 250 && s->given)
		mail_answer_set(a, MAIL_SENT, 250, status->text == NULL ? "" : status->text);
	else
		explain_failure(s, a);
}

static void
run_session(smtp_session_t session, struct sending *s, struct mail_answer *a)
{
	const struct mail_job	*j = s->job;
	smtp_message_t		 message = smtp_add_message(session);
	smtp_recipient_t	 rcpt;

	smtp_set_server(session, j->server);
	if (j->helo != NULL)
		smtp_set_hostname(session, j->helo);
	set_timeouts(session, j->step_timeout_ms);
	smtp_set_eventcb(session, on_event, s);
	smtp_set_monitorcb(session, on_traffic, s, 0);
	smtp_set_reverse_path(message, *j->mail_from == '\0' ? NULL : j->mail_from);
	smtp_set_messagecb(message, give_line, s);
	rcpt = smtp_add_recipient(message, j->rcpt_to);
	smtp_start_session(session);
	find_result(s, message, rcpt, a);
}

static void
send_with(smtp_session_t session, struct sending *s, struct mail_answer *a)
{
	const struct mail_job	*j = s->job;
	SSL_CTX			*tls = NULL;
	auth_context_t		 auth = NULL;

	if (j->security == SECURITY_STARTTLS && (tls = make_tls(j)) == NULL) {
		mail_answer_set(a, MAIL_TEMPORARY, 0, "cannot set up TLS: is tls_ca_file right?");
		return;
	}
	if (tls != NULL) {
		smtp_starttls_enable(session, Starttls_REQUIRED);
		smtp_starttls_set_ctx(session, tls);
	}
	if (j->user != NULL && (auth = make_auth(s)) == NULL)
		mail_answer_set(a, MAIL_TEMPORARY, 0, "cannot read password_file");
	else {
		if (auth != NULL)
			smtp_auth_set_context(session, auth);
		run_session(session, s, a);
	}
	if (auth != NULL)
		auth_destroy_context(auth);
	SSL_CTX_free(tls);
}

void
smtp_send(const struct mail_job *j, struct mail_answer *a)
{
	struct sending	 s = { .job = j, .at = j->bytes };
	smtp_session_t	 session;

	memset(a, 0, sizeof(*a));
	if ((session = smtp_create_session()) == NULL) {
		mail_answer_set(a, MAIL_TEMPORARY, 0, "no session");
		return;
	}
	send_with(session, &s, a);
	smtp_destroy_session(session);
	if (s.password != NULL)
		OPENSSL_cleanse(s.password, strlen(s.password));
	g_free(s.password);
}
