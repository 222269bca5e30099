/* SPDX-License-Identifier: ISC */
#include "reply/compose.h"

#include <stdbool.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/digest.h"
#include "base/text.h"
#include "reply/encode.h"
#include "reply/reply.h"

#define MAX_REFERENCES	12
#define MAX_ID		240	/* longer ones nobody threads by */

/* A Message-ID that strangers made goes out only if it is one. */
static bool
is_id(const char *id)
{
	size_t	 len = id == NULL ? 0 : strlen(id);

	if (len == 0 || len > MAX_ID || strchr(id, '@') == NULL)
		return false;
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)id[i] <= ' ' || (unsigned char)id[i] >= 0x7f || strchr("<>()\\\",;", id[i]) != NULL)
			return false;
	return true;
}

char *
compose_message_id(const struct compose_sender *s, const struct outgoing *o)
{
	uint8_t	 sum[DIGEST_SIZE];
	char	 id[14], token[REPLY_TOKEN_SIZE];
	char	*result, *ticket;

	digest_sha256(o->id, strlen(o->id), sum);
	digest_base32(sum, sizeof(id) - 1, id);
	reply_token_make(&s->key, o->ticket, o->to_addr == NULL ? "" : o->to_addr, token);
	ticket = g_strndup(o->ticket, TICKET_ID_SIZE - 1);
	result = g_strdup_printf("%s.%s.%s@%s", ticket, id, token, s->domain);
	g_free(ticket);
	return result;
}

/* "support+%@x" gets the token, another address stays what it is. */
static char *
reply_to_address(const struct compose_sender *s, const struct outgoing *o)
{
	const char	*place = strstr(s->reply_to, "+%");
	char		 token[REPLY_TOKEN_SIZE];

	if (place == NULL)
		return g_strdup(s->reply_to);
	reply_token_make(&s->key, o->ticket, o->to_addr, token);
	return g_strdup_printf("%.*s+%s%s", (int)(place - s->reply_to), s->reply_to, token, place + 2);
}

static bool
is_participant(const struct ticket *t, const char *addr)
{
	g_autofree char	*canonical = address_canonical(addr, TRUE);

	for (guint i = 0; t != NULL && i < t->participants->len; i++) {
		g_autofree char	*other = address_canonical(g_ptr_array_index(t->participants, i), TRUE);

		if (strcmp(canonical, other) == 0)
			return true;
	}
	return false;
}

/*
 * What we say on our own account has the subject that was made with it; "Re:"
 * and the words of the conversation only for somebody who takes part in it.
 */
static char *
subject_of(const struct outgoing *o, const struct ticket *t)
{
	const char	*subject = o->subject;
	const char	*re = "";

	if (o->kind == OUTGOING_ANSWER) {
		if (subject == NULL && t != NULL)
			subject = t->subject;
		if (!is_participant(t, o->to_addr))
			subject = NULL;
	}
	if (subject == NULL || *subject == '\0')
		return g_strdup_printf("[%s]", o->ticket);
	if (t != NULL && g_strcmp0(t->subject, subject) == 0 && g_ascii_strncasecmp(subject, "re:", 3) != 0)
		re = "Re: ";
	if (strstr(subject, o->ticket) != NULL)
		return g_strconcat(re, subject, NULL);
	return g_strdup_printf("%s%.*s [%s]", re, (int)text_cut(subject, strlen(subject), 250), subject,
	    o->ticket);
}

/* RFC 5322, always in English and UTC. */
static void
append_date(GString *out, int64_t ms)
{
	static const char *const days[] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
	static const char *const months[] = {
		"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"
	};
	time_t		 seconds = (time_t)((ms > 0 ? ms : clock_wall_ms()) / 1000);
	struct tm	 tm;

	gmtime_r(&seconds, &tm);
	g_string_append_printf(out, "Date: %s, %02d %s %d %02d:%02d:%02d +0000\r\n", days[tm.tm_wday],
	    tm.tm_mday, months[tm.tm_mon], tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

/* The first one and the newest, each on its line. */
static void
append_thread(GString *out, const struct outgoing *o)
{
	guint	 len = o->references->len, first = len > MAX_REFERENCES ? len - MAX_REFERENCES + 1 : 0;
	bool	 any = false;

	if (is_id(o->in_reply_to))
		g_string_append_printf(out, "In-Reply-To: <%s>\r\n", o->in_reply_to);
	for (guint i = 0; i < len; i++) {
		const char	*id = g_ptr_array_index(o->references, i);

		if ((i > 0 && i < first) || !is_id(id) || g_strcmp0(id, o->in_reply_to) == 0)
			continue;
		g_string_append_printf(out, "%s<%s>\r\n", any ? " " : "References: ", id);
		any = true;
	}
	if (is_id(o->in_reply_to))
		g_string_append_printf(out, "%s<%s>\r\n", any ? " " : "References: ", o->in_reply_to);
}

/*
 * RFC 3834 says that this is automatic, the others tell those who do not know
 * it: "auto_reply" keeps old vacation programs silent without the ill repute
 * of "bulk".
 */
static void
append_automatic(GString *out, const struct outgoing *o)
{
	if (!reply_is_automatic(o))
		return;
	g_string_append_printf(out, "Auto-Submitted: %s\r\n",
	    o->in_reply_to != NULL ? "auto-replied" : "auto-generated");
	g_string_append(out, "X-Auto-Response-Suppress: All\r\nPrecedence: auto_reply\r\n");
}

static int
append_head(GString *out, const struct compose_sender *s, const struct outgoing *o,
    const struct ticket *t, const struct composed *c)
{
	g_autofree char	*subject = subject_of(o, t);
	g_autofree char	*reply_to = s->reply_to == NULL ? NULL : reply_to_address(s, o);
	g_autofree char	*from = encode_address(s->from_addr);

	if (from == NULL || (reply_to != NULL && !text_is_address(reply_to)))
		return -1;
	encode_address_header(out, "From", s->from_name, from);
	/* a stranger's idea of his name goes only into what a person wrote */
	encode_address_header(out, "To", reply_is_automatic(o) ? NULL : o->to_name, c->rcpt_to);
	encode_text_header(out, "Subject", subject);
	append_date(out, o->created_ms);
	g_string_append_printf(out, "Message-ID: <%s>\r\n", c->message_id);
	if (reply_to != NULL)
		g_string_append_printf(out, "Reply-To: <%s>\r\n", reply_to);
	append_thread(out, o);
	append_automatic(out, o);
	encode_text_header(out, "X-Intake-Loop", s->instance);
	g_string_append(out, "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n");
	return 0;
}

int
compose_mail(const struct compose_sender *s, const struct outgoing *o, const struct ticket *t,
    struct composed *c, struct err *e)
{
	memset(c, 0, sizeof(*c));
	if (o->to_addr == NULL || (c->rcpt_to = encode_address(o->to_addr)) == NULL)
		return err_set(e, ERR_PERM, "the address cannot be written to");
	c->message_id = compose_message_id(s, o);
	c->mail_from = g_strdup(reply_is_automatic(o) ? "" : s->from_addr);
	c->bytes = g_string_new(NULL);
	if (append_head(c->bytes, s, o, t, c) == -1) {
		composed_clear(c);
		return err_set(e, ERR_CONFIG, "mail_out: from or reply_to is no address");
	}
	encode_body(c->bytes, o->text == NULL ? "" : o->text);
	return 0;
}

void
composed_clear(struct composed *c)
{
	g_free(c->message_id);
	g_free(c->mail_from);
	g_free(c->rcpt_to);
	if (c->bytes != NULL)
		g_string_free(c->bytes, TRUE);
	memset(c, 0, sizeof(*c));
}
