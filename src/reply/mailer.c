/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "base/text.h"
#include "io/child.h"
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
	uint8_t			*secret;
	size_t			 secret_len;
};

/* One mail with a helper, or refused before. */
struct under_way {
	mail_done_fn		*done;
	void			*arg;
	char			*message_id;
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
	mail_job_clear(&m->server);
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
	m->server.helo = g_strdup(out->helo);
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
	m->pool = start_pool(loop, s);
	return m;
}

void
mailer_free(struct mailer *m)
{
	if (m == NULL)
		return;
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
	copy_settings(m, s);
	if (m->pool == NULL)
		m->pool = start_pool(m->loop, s);
	return 0;
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

void
mailer_send(struct mailer *m, const struct outgoing *o, const struct ticket *t, mail_done_fn *done, void *arg)
{
	struct under_way	*u = g_new0(struct under_way, 1);
	struct compose_sender	 sender = sender_of(m);
	struct mail_job		 job = m->server;
	struct composed		 c;
	struct err		 e = ERR_INIT;
	GByteArray		*request;

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
	request = g_byte_array_new();
	mail_job_encode(&job, request);
	composed_clear(&c);
	child_ask(m->pool, request, on_answer, u);
}

char *
mailer_message_id(const struct mailer *m, const struct outgoing *o)
{
	struct compose_sender	 sender = sender_of(m);

	return compose_message_id(&sender, o);
}
