/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "base/text.h"
#include "io/child.h"
#include "mailbox/oauth.h"
#include "reply/compose.h"
#include "reply/mail_job.h"
#include "reply/reply.h"

#define MAX_ANSWER	4096
#define RECYCLE		500	/* mails for one process */

/* Settings are copied: a reload frees them while mails are under way. */
struct mailer {
	struct loop		*loop;
	struct child_pool	*pool;		/* NULL: no mail goes out */
	char			*from_name, *from_addr, *reply_to, *domain, *instance;
	struct mail_job		 server;	/* without a mail */
	struct settings_oauth	 oauth;
	struct oauth_query	*token;		/* while we wait for one */
	GQueue			*waiting;	/* struct under_way *, for the token */
	uint8_t			*secret;
	size_t			 secret_len;
};

/* One mail waiting for a token, with a helper, or refused before. */
struct under_way {
	struct mailer		*mailer;
	mail_done_fn		*done;
	void			*arg;
	char			*message_id;
	GByteArray		*request;	/* while waiting */
	enum mail_result	 result;	/* when refused before */
	char			*text;
};

static char *
domain_of(const char *addr)
{
	const char	*at = addr == NULL ? NULL : strrchr(addr, '@');

	return g_strdup(at == NULL ? "intaked.invalid" : at + 1);
}

static void
forget_settings(struct mailer *m)
{
	g_clear_pointer(&m->from_name, g_free);
	g_clear_pointer(&m->from_addr, g_free);
	g_clear_pointer(&m->reply_to, g_free);
	g_clear_pointer(&m->domain, g_free);
	g_clear_pointer(&m->instance, g_free);
	g_clear_pointer(&m->oauth.token_url, g_free);
	g_clear_pointer(&m->oauth.client_id, g_free);
	g_clear_pointer(&m->oauth.client_secret_file, g_free);
	g_clear_pointer(&m->oauth.refresh_token_file, g_free);
	g_clear_pointer(&m->oauth.scope, g_free);
	g_clear_pointer(&m->oauth.ca_file, g_free);
	mail_job_clear(&m->server);
}

static void
copy_oauth(struct mailer *m, const struct settings_oauth *o)
{
	m->oauth.token_url = g_strdup(o->token_url);
	m->oauth.client_id = g_strdup(o->client_id);
	m->oauth.client_secret_file = g_strdup(o->client_secret_file);
	m->oauth.refresh_token_file = g_strdup(o->refresh_token_file);
	m->oauth.scope = g_strdup(o->scope);
	m->oauth.ca_file = g_strdup(o->ca_file);
}

static void
copy_settings(struct mailer *m, const struct settings *s)
{
	const struct settings_mail_out	*out = &s->mail_out;

	forget_settings(m);
	m->from_name = g_strdup(out->from_name);
	m->from_addr = g_strdup(out->from_addr);
	m->reply_to = g_strdup(out->reply_to);
	m->instance = g_strdup(s->instance == NULL ? "intaked" : s->instance);
	m->domain = s->identity.domain != NULL ? g_strdup(s->identity.domain) : domain_of(out->from_addr);
	m->server.server = g_strdup(out->smtp);
	m->server.security = out->security;
	m->server.tls_ca_file = g_strdup(out->tls_ca_file);
	m->server.user = g_strdup(out->user);
	m->server.password_file = g_strdup(out->password_file);
	m->server.bearer = g_strcmp0(out->auth, "xoauth2") == 0;
	m->server.helo = g_strdup(out->helo);
	copy_oauth(m, &out->oauth);
	/* a server that is slow at one step is told apart from one that never ends */
	m->server.step_timeout_ms = s->workers.send_timeout_ms / 3;
}

static int
check_settings(const struct settings *s, struct err *e)
{
	const struct settings_mail_out	*out = &s->mail_out;

	if (out->from_addr != NULL && !text_is_address(out->from_addr))
		return err_set(e, ERR_CONFIG, "mail_out: from = \"%s\" is no address", out->from_addr);
	return 0;
}

static struct child_pool *
start_pool(struct loop *loop, const struct settings *s)
{
	struct child_options	 options = {
		.worker = "send", .name = "mail", .count = (unsigned)s->workers.send,
		.recycle = RECYCLE, .timeout_ms = s->workers.send_timeout_ms, .max_answer = MAX_ANSWER
	};

	return s->mail_out.from_addr == NULL ? NULL : child_pool_new(loop, &options);
}

struct mailer *
mailer_new(struct loop *loop, const struct settings *s, const uint8_t *secret, size_t secret_len,
    struct err *e)
{
	struct mailer	*m;

	if (check_settings(s, e) == -1)
		return NULL;
	m = g_new0(struct mailer, 1);
	m->loop = loop;
	m->secret = g_memdup2(secret, secret_len);
	m->secret_len = secret_len;
	copy_settings(m, s);
	m->waiting = g_queue_new();
	m->pool = start_pool(loop, s);
	return m;
}

static struct compose_sender
sender_of(const struct mailer *m)
{
	return (struct compose_sender){ m->from_name, m->from_addr, m->reply_to, m->domain, m->instance,
	    { m->secret, m->secret_len } };
}

static void
finish(struct under_way *u, enum mail_result result, const char *text)
{
	u->done(u->arg, result, u->message_id, text);
	g_free(u->message_id);
	g_clear_pointer(&u->request, g_byte_array_unref);
	g_free(u->text);
	g_free(u);
}

static void
on_refused(void *arg)
{
	struct under_way	*u = arg;

	finish(u, u->result, u->text);
}

static void
refuse(struct mailer *m, struct under_way *u, enum mail_result result, const char *text)
{
	u->result = result;
	u->text = g_strdup(text);
	loop_defer(m->loop, on_refused, u);
}

/* What servers say is logged, and logs hold no addresses. */
static char *
without_addresses(const char *text)
{
	static const char	 ends[] = " <>()[];,:\"'";
	GString			*out = g_string_new(NULL);

	while (*text != '\0') {
		size_t	 n = strcspn(text, ends);

		if (memchr(text, '@', n) != NULL)
			g_string_append(out, "...");
		else
			g_string_append_len(out, text, (gssize)n);
		text += n;
		if (*text != '\0')
			g_string_append_c(out, *text++);
	}
	return g_string_free(out, FALSE);
}

static void
on_answer(void *arg, enum child_outcome outcome, GBytes *frame)
{
	struct under_way	*u = arg;
	struct mail_answer	 a = { MAIL_UNKNOWN, 0, NULL };
	struct err		 e = ERR_INIT;
	gsize			 len = 0;
	const void		*bytes = frame != NULL ? g_bytes_get_data(frame, &len) : NULL;
	char			*text;

	switch (outcome) {
	case CHILD_ANSWERED:
		if (mail_answer_decode(&a, bytes, len, &e) == -1) {
			finish(u, MAIL_UNKNOWN, e.text);
			break;
		}
		if (oauth_is_used(&u->mailer->oauth) && mail_answer_is_about_login(&a))
			oauth_forget(&u->mailer->oauth);
		text = without_addresses(a.text);
		finish(u, a.result, text);
		g_free(text);
		mail_answer_clear(&a);
		break;
	case CHILD_DIED:
		finish(u, MAIL_UNKNOWN, "the mail helper died");
		break;
	case CHILD_LATE:
		finish(u, MAIL_UNKNOWN, "the mail server took too long");
		break;
	case CHILD_UNAVAILABLE:
		finish(u, MAIL_UNKNOWN, "we are stopping");
		break;
	}
}

/* --- access tokens --- */

static void
give_to_helper(struct under_way *u, const char *token)
{
	mail_job_add_token(u->request, token);
	child_ask(u->mailer->pool, g_steal_pointer(&u->request), on_answer, u);
}

/* Empties the list first: what is told may send the next mail. */
static void
end_waiting(struct mailer *m, const char *token, const char *problem)
{
	g_autoptr(GQueue)	 waiting = m->waiting;
	struct under_way	*u;

	m->waiting = g_queue_new();
	while ((u = g_queue_pop_head(waiting)) != NULL)
		if (problem == NULL)
			give_to_helper(u, token);
		else
			finish(u, MAIL_TEMPORARY, problem);
}

static void
on_token(void *arg, const char *token, const struct err *why)
{
	struct mailer		*m = arg;
	struct oauth_query	*query = g_steal_pointer(&m->token);

	end_waiting(m, token, token == NULL ? why->text : NULL);
	oauth_query_free(query);
}

/* The settings may have come to do without one while mails waited for it. */
static void
ask_token(struct mailer *m)
{
	if (!oauth_is_used(&m->oauth))
		end_waiting(m, NULL, NULL);
	else if (m->token == NULL)
		m->token = oauth_query_new(m->loop, &m->oauth, "mail_out", on_token, m);
}

static void
forget_query(struct mailer *m)
{
	oauth_query_free(m->token);
	m->token = NULL;
}

/* --- */

void
mailer_send(struct mailer *m, const struct outgoing *o, const struct ticket *t, mail_done_fn *done, void *arg)
{
	struct under_way	*u = g_new0(struct under_way, 1);
	struct compose_sender	 sender = sender_of(m);
	struct mail_job		 job = m->server;
	struct composed		 c;
	struct err		 e = ERR_INIT;

	u->mailer = m;
	u->done = done;
	u->arg = arg;
	u->message_id = compose_message_id(&sender, o);
	if (m->pool == NULL || m->from_addr == NULL) {
		refuse(m, u, MAIL_PERMANENT, "mail_out has no sender");
		return;
	}
	if (compose_mail(&sender, o, t, &c, &e) == -1) {
		refuse(m, u, e.kind == ERR_PERM ? MAIL_PERMANENT : MAIL_TEMPORARY, e.text);
		return;
	}
	job.mail_from = c.mail_from;
	job.rcpt_to = c.rcpt_to;
	job.bytes = c.bytes->str;
	u->request = g_byte_array_new();
	mail_job_encode(&job, u->request);
	composed_clear(&c);
	g_queue_push_tail(m->waiting, u);
	ask_token(m);
}

char *
mailer_message_id(const struct mailer *m, const struct outgoing *o)
{
	struct compose_sender	 sender = sender_of(m);

	return compose_message_id(&sender, o);
}

void
mailer_free(struct mailer *m)
{
	if (m == NULL)
		return;
	forget_query(m);
	end_waiting(m, NULL, "we are stopping");
	g_queue_free(m->waiting);
	if (m->pool != NULL)
		child_pool_free(m->pool);
	forget_settings(m);
	memset(m->secret, 0, m->secret_len);
	g_free(m->secret);
	g_free(m);
}

int
mailer_reload(struct mailer *m, const struct settings *s, struct err *e)
{
	if (check_settings(s, e) == -1)
		return -1;
	forget_query(m);
	copy_settings(m, s);
	if (m->pool == NULL)
		m->pool = start_pool(m->loop, s);
	if (!g_queue_is_empty(m->waiting))
		ask_token(m);
	return 0;
}
