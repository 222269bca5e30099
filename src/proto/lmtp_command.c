/* SPDX-License-Identifier: ISC */
/* The commands, each a row with the function that answers it. */
#include <string.h>

#include "proto/lmtp_path.h"
#include "proto/lmtp_state.h"

/* Each gets what stands behind its verb; true: ev is filled. */
typedef bool	command_fn(struct lmtp *, char *rest, struct lmtp_event *);

static bool
on_lhlo(struct lmtp *l, char *rest, struct lmtp_event *ev)
{
	(void)ev;
	if (*rest == '\0') {
		lmtp_complain(l, "501 5.5.4 who are you?");
		return false;
	}
	lmtp_forget_mail(l);
	l->greeted = true;
	g_string_append_printf(l->out, "250-%s\r\n250-PIPELINING\r\n250-ENHANCEDSTATUSCODES\r\n"
	    "250-SIZE %" G_GUINT64_FORMAT "\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 CHUNKING\r\n",
	    l->name, l->max_size);
	return false;
}

static bool
on_helo(struct lmtp *l, char *rest, struct lmtp_event *ev)
{
	(void)rest;
	(void)ev;
	lmtp_complain(l, "500 5.5.1 this is LMTP: say LHLO");
	return false;
}

static void
complain_path(struct lmtp *l, enum lmtp_path what, bool is_sender)
{
	switch (what) {
	case PATH_GOOD:
		break;
	case PATH_BAD:
		lmtp_complain(l, is_sender ? "501 5.1.7 bad sender address" :
		    "501 5.1.3 bad recipient address");
		break;
	case PATH_BAD_VALUE:
		lmtp_complain(l, "501 5.5.4 bad parameter");
		break;
	case PATH_UNKNOWN_PARAMETER:
		lmtp_complain(l, "555 5.5.4 parameter not known");
		break;
	}
}

static bool
on_mail(struct lmtp *l, char *rest, struct lmtp_event *ev)
{
	struct lmtp_parameters	p = { 0 };
	enum lmtp_path		what;

	if (!l->greeted || l->has_mail) {
		lmtp_complain(l, l->greeted ? "503 5.5.1 one at a time" : "503 5.5.1 say LHLO first");
		return false;
	}
	if (g_ascii_strncasecmp(rest, "FROM:", 5) != 0) {
		lmtp_complain(l, "501 5.5.4 MAIL FROM:<address>");
		return false;
	}
	what = lmtp_path_parse(rest + 5, true, &p, &ev->address);
	if (what != PATH_GOOD) {
		complain_path(l, what, true);
		return false;
	}
	if (p.size > l->max_size) {
		lmtp_say(l, "552 5.3.4 message too large");
		return false;
	}
	ev->kind = LMTP_MAIL;
	ev->bytes = p.size;
	l->question = ASKS_MAIL;
	return true;
}

static bool
on_rcpt(struct lmtp *l, char *rest, struct lmtp_event *ev)
{
	enum lmtp_path	what;

	if (!l->has_mail || l->in_chunks) {
		lmtp_complain(l, "503 5.5.1 say MAIL first");
		return false;
	}
	if (g_ascii_strncasecmp(rest, "TO:", 3) != 0) {
		lmtp_complain(l, "501 5.5.4 RCPT TO:<address>");
		return false;
	}
	what = lmtp_path_parse(rest + 3, false, NULL, &ev->address);
	if (what != PATH_GOOD) {
		complain_path(l, what, false);
		return false;
	}
	if (l->recipients == LMTP_RECIPIENTS_MAX) {
		lmtp_say(l, "452 4.5.3 too many recipients");
		return false;
	}
	ev->kind = LMTP_RCPT;
	l->question = ASKS_RCPT;
	return true;
}

static bool
on_data(struct lmtp *l, char *rest, struct lmtp_event *ev)
{
	(void)ev;
	if (*rest != '\0') {
		lmtp_complain(l, "501 5.5.4 DATA has no argument");
		return false;
	}
	if (l->recipients == 0 || l->in_chunks) {
		lmtp_complain(l, !l->has_mail ? "503 5.5.1 say MAIL first" :
		    l->in_chunks ? "503 5.5.1 go on with BDAT" : "503 5.5.1 no valid recipients");
		return false;
	}
	lmtp_say(l, "354 go on");
	dot_text_start(&l->text);
	l->state = &lmtp_states.data;
	return false;
}

/* RFC 3030: the octets follow at once, also when the command is refused. */
static bool
on_bdat(struct lmtp *l, char *rest, struct lmtp_event *ev)
{
	char	*end;

	(void)ev;
	if (!g_ascii_isdigit(*rest) || strspn(rest, "0123456789") > 18) {
		lmtp_dismiss(l, "BDAT without a size");	/* where would it end? */
		return false;
	}
	l->left = g_ascii_strtoull(rest, &end, 10);
	l->last_chunk = g_ascii_strcasecmp(end, " LAST") == 0;
	if (*end != '\0' && !l->last_chunk) {
		lmtp_dismiss(l, "BDAT size, or BDAT size LAST");
		return false;
	}
	l->unwanted = l->recipients == 0;
	l->in_chunks = l->in_chunks || !l->unwanted;
	l->state = &lmtp_states.chunk;
	return false;
}

static bool
on_rset(struct lmtp *l, char *rest, struct lmtp_event *ev)
{
	(void)rest;
	(void)ev;
	lmtp_forget_mail(l);
	lmtp_say(l, "250 2.0.0 forgotten");
	return false;
}

static bool
on_noop(struct lmtp *l, char *rest, struct lmtp_event *ev)
{
	(void)rest;
	(void)ev;
	lmtp_say(l, "250 2.0.0 good");
	return false;
}

static bool
on_vrfy(struct lmtp *l, char *rest, struct lmtp_event *ev)
{
	(void)rest;
	(void)ev;
	lmtp_say(l, "252 2.5.0 try RCPT");
	return false;
}

static bool
on_help(struct lmtp *l, char *rest, struct lmtp_event *ev)
{
	(void)rest;
	(void)ev;
	lmtp_say(l, "214 2.0.0 RFC 2033");
	return false;
}

static bool
on_quit(struct lmtp *l, char *rest, struct lmtp_event *ev)
{
	(void)rest;
	(void)ev;
	lmtp_say(l, "221 2.0.0 good bye");
	l->state = &lmtp_states.closed;
	return false;
}

static bool
on_other(struct lmtp *l, char *rest, struct lmtp_event *ev)
{
	(void)rest;
	(void)ev;
	lmtp_complain(l, "502 5.5.1 not offered");
	return false;
}

/* A browser that was made to speak to us: not one line more. */
static bool
on_http(struct lmtp *l, char *rest, struct lmtp_event *ev)
{
	(void)rest;
	(void)ev;
	lmtp_dismiss(l, "this is LMTP, not HTTP");
	return false;
}

static const struct {
	const char	*verb;
	command_fn	*run;
} commands[] = {
	{ "LHLO", on_lhlo }, { "MAIL", on_mail }, { "RCPT", on_rcpt }, { "DATA", on_data },
	{ "BDAT", on_bdat }, { "RSET", on_rset }, { "NOOP", on_noop }, { "QUIT", on_quit },
	{ "VRFY", on_vrfy }, { "HELP", on_help }, { "HELO", on_helo }, { "EHLO", on_helo },
	{ "EXPN", on_other }, { "STARTTLS", on_other }, { "AUTH", on_other },
	{ "GET", on_http }, { "POST", on_http }, { "PUT", on_http }, { "HEAD", on_http },
	{ "OPTIONS", on_http }, { "CONNECT", on_http },
};

bool
lmtp_command_run(struct lmtp *l, char *line, struct lmtp_event *ev)
{
	char	*rest = line + strcspn(line, " ");
	size_t	 i;

	if (*rest == ' ')
		*rest++ = '\0';
	rest += strspn(rest, " ");
	g_strchomp(rest);
	for (i = 0; i < G_N_ELEMENTS(commands); i++)
		if (g_ascii_strcasecmp(commands[i].verb, line) == 0)
			return commands[i].run(l, rest, ev);
	lmtp_complain(l, "500 5.5.1 not a command");
	return false;
}
