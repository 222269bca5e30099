/* SPDX-License-Identifier: ISC */
/*
 * Input is kept from lmtp_feed() until it is used up; a state is a row with
 * the function that reads it.  While an answer is awaited nothing is read.
 */
#include "proto/lmtp.h"

#include <string.h>

#include "proto/dot_text.h"
#include "proto/lmtp_path.h"

struct lmtp_state {
	const char	*name;
	/* Take from the front of the input; true: ev is filled.  Must make progress
	 * or want more input. */
	bool		(*read)(struct lmtp *, struct lmtp_event *);
};

enum question { ASKS_NOTHING, ASKS_MAIL, ASKS_RCPT, ASKS_END };

struct lmtp {
	char				*name;
	uint64_t			 max_size;
	GString				*out;
	GByteArray			*in;
	size_t				 used;		/* of in */
	const struct lmtp_state		*state;
	enum question			 question;
	bool				 stuck;		/* more input is needed */
	unsigned			 errors;

	bool				 greeted;	/* LHLO was said */
	bool				 has_mail;
	unsigned			 recipients;	/* accepted */
	bool				 in_chunks;	/* this message comes by BDAT */
	bool				 last_chunk;
	bool				 unwanted;	/* chunk to be thrown away */
	uint64_t			 left;		/* of the chunk */
	uint64_t			 size;		/* of the message so far */
	struct dot_text			 text;
	bool				 reset;		/* tell of it */
	bool				 closed_told;
};

static bool	read_command(struct lmtp *, struct lmtp_event *);
static bool	read_data(struct lmtp *, struct lmtp_event *);
static bool	read_chunk(struct lmtp *, struct lmtp_event *);
static bool	read_long_line(struct lmtp *, struct lmtp_event *);
static bool	read_nothing(struct lmtp *, struct lmtp_event *);

static const struct lmtp_state
	state_command = { "command", read_command },
	state_long_line = { "long line", read_long_line },
	state_data = { "data", read_data },
	state_chunk = { "chunk", read_chunk },
	state_closed = { "closed", read_nothing };

static void
say(struct lmtp *l, const char *line)
{
	g_string_append(l->out, line);
	g_string_append(l->out, "\r\n");
}

void
lmtp_dismiss(struct lmtp *l, const char *why)
{
	if (l->state == &state_closed)
		return;
	g_string_append_printf(l->out, "421 4.3.2 %s\r\n", why);
	l->state = &state_closed;
	l->question = ASKS_NOTHING;
}

/* An answer that the client has itself to thank for. */
static void
complain(struct lmtp *l, const char *line)
{
	if (++l->errors < LMTP_ERRORS_MAX)
		say(l, line);
	else
		lmtp_dismiss(l, "too many errors");
}

static void
forget_mail(struct lmtp *l)
{
	l->reset = l->reset || l->has_mail;
	l->has_mail = l->in_chunks = l->last_chunk = l->unwanted = false;
	l->recipients = 0;
	l->size = 0;
}

/* ------------------------------------------------------------- commands */

/* Each gets what stands behind its verb; true: ev is filled. */
typedef bool	command_fn(struct lmtp *, char *rest, struct lmtp_event *);

static bool
on_lhlo(struct lmtp *l, char *rest, struct lmtp_event *ev)
{
	(void)ev;
	if (*rest == '\0') {
		complain(l, "501 5.5.4 who are you?");
		return false;
	}
	forget_mail(l);
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
	complain(l, "500 5.5.1 this is LMTP: say LHLO");
	return false;
}

static void
complain_path(struct lmtp *l, enum lmtp_path what, bool is_sender)
{
	switch (what) {
	case PATH_GOOD:
		break;
	case PATH_BAD:
		complain(l, is_sender ? "501 5.1.7 bad sender address" :
		    "501 5.1.3 bad recipient address");
		break;
	case PATH_BAD_VALUE:
		complain(l, "501 5.5.4 bad parameter");
		break;
	case PATH_UNKNOWN_PARAMETER:
		complain(l, "555 5.5.4 parameter not known");
		break;
	}
}

static bool
on_mail(struct lmtp *l, char *rest, struct lmtp_event *ev)
{
	struct lmtp_parameters	p = { 0 };
	enum lmtp_path		what;

	if (!l->greeted || l->has_mail) {
		complain(l, l->greeted ? "503 5.5.1 one at a time" : "503 5.5.1 say LHLO first");
		return false;
	}
	if (g_ascii_strncasecmp(rest, "FROM:", 5) != 0) {
		complain(l, "501 5.5.4 MAIL FROM:<address>");
		return false;
	}
	what = lmtp_path_parse(rest + 5, true, &p, &ev->address);
	if (what != PATH_GOOD) {
		complain_path(l, what, true);
		return false;
	}
	if (p.size > l->max_size) {
		say(l, "552 5.3.4 message too large");
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
		complain(l, "503 5.5.1 say MAIL first");
		return false;
	}
	if (g_ascii_strncasecmp(rest, "TO:", 3) != 0) {
		complain(l, "501 5.5.4 RCPT TO:<address>");
		return false;
	}
	what = lmtp_path_parse(rest + 3, false, NULL, &ev->address);
	if (what != PATH_GOOD) {
		complain_path(l, what, false);
		return false;
	}
	if (l->recipients == LMTP_RECIPIENTS_MAX) {
		say(l, "452 4.5.3 too many recipients");
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
		complain(l, "501 5.5.4 DATA has no argument");
		return false;
	}
	if (l->recipients == 0 || l->in_chunks) {
		complain(l, !l->has_mail ? "503 5.5.1 say MAIL first" :
		    l->in_chunks ? "503 5.5.1 go on with BDAT" : "503 5.5.1 no valid recipients");
		return false;
	}
	say(l, "354 go on");
	dot_text_start(&l->text);
	l->state = &state_data;
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
	l->state = &state_chunk;
	return false;
}

static bool
on_rset(struct lmtp *l, char *rest, struct lmtp_event *ev)
{
	(void)rest;
	(void)ev;
	forget_mail(l);
	say(l, "250 2.0.0 forgotten");
	return false;
}

static bool
on_noop(struct lmtp *l, char *rest, struct lmtp_event *ev)
{
	(void)rest;
	(void)ev;
	say(l, "250 2.0.0 good");
	return false;
}

static bool
on_vrfy(struct lmtp *l, char *rest, struct lmtp_event *ev)
{
	(void)rest;
	(void)ev;
	say(l, "252 2.5.0 try RCPT");
	return false;
}

static bool
on_help(struct lmtp *l, char *rest, struct lmtp_event *ev)
{
	(void)rest;
	(void)ev;
	say(l, "214 2.0.0 RFC 2033");
	return false;
}

static bool
on_quit(struct lmtp *l, char *rest, struct lmtp_event *ev)
{
	(void)rest;
	(void)ev;
	say(l, "221 2.0.0 good bye");
	l->state = &state_closed;
	return false;
}

static bool
on_other(struct lmtp *l, char *rest, struct lmtp_event *ev)
{
	(void)rest;
	(void)ev;
	complain(l, "502 5.5.1 not offered");
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

static bool
run_command(struct lmtp *l, char *line, struct lmtp_event *ev)
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
	complain(l, "500 5.5.1 not a command");
	return false;
}

static uint8_t *
unread(struct lmtp *l, size_t *len)
{
	*len = l->in->len - l->used;
	return l->in->data + l->used;
}

static bool
read_command(struct lmtp *l, struct lmtp_event *ev)
{
	size_t	 len;
	uint8_t	*in = unread(l, &len), *nl = len > 0 ? memchr(in, '\n', len) : NULL;
	size_t	 line = nl != NULL ? (size_t)(nl - in) + 1 : len;

	if (line > LMTP_LINE_MAX) {
		complain(l, "500 5.5.2 line too long");
		if (l->state == &state_command)
			l->state = &state_long_line;
		return false;
	}
	if (nl == NULL) {
		l->stuck = true;
		return false;
	}
	l->used += line;
	/* The only line end is CR LF, and there is no CR or NUL inside of one. */
	if (line < 2 || in[line - 2] != '\r' || memchr(in, '\r', line - 2) != NULL ||
	    memchr(in, '\0', line) != NULL) {
		complain(l, "500 5.5.2 a line ends in CR LF");
		return false;
	}
	in[line - 2] = '\0';
	return run_command(l, (char *)in, ev);
}

/* The rest of a line that was refused. */
static bool
read_long_line(struct lmtp *l, struct lmtp_event *ev)
{
	size_t	 len;
	uint8_t	*in = unread(l, &len), *nl = len > 0 ? memchr(in, '\n', len) : NULL;

	(void)ev;
	if (nl != NULL) {
		l->used += (size_t)(nl - in) + 1;
		l->state = &state_command;
	} else {
		l->used += len;
		l->stuck = true;
	}
	return false;
}

/* ----------------------------------------------------------------- data */

/* All is there: ask what has become of it, or refuse. */
static bool
end_mail(struct lmtp *l, struct lmtp_event *ev)
{
	l->state = &state_command;
	l->question = ASKS_END;
	if (l->size > l->max_size) {
		lmtp_answer(l, LMTP_TOO_LARGE);
		l->reset = true;
		return false;
	}
	ev->kind = LMTP_END;
	ev->bytes = l->size;
	return true;
}

/* False: there is nothing to tell, or no room for it. */
static bool
chunk(struct lmtp *l, struct lmtp_event *ev, const uint8_t *data, size_t len)
{
	uint64_t	room = l->max_size - MIN(l->size, l->max_size);

	l->size += len;
	ev->kind = LMTP_CHUNK;
	ev->data = data;
	ev->bytes = MIN(room, len);
	return ev->bytes > 0;
}

static bool
read_data(struct lmtp *l, struct lmtp_event *ev)
{
	size_t		 len, before, n = 0;
	const uint8_t	*in = unread(l, &len), *data = NULL;
	enum dot_found	 found;

	before = len;
	found = dot_text_next(&l->text, &in, &len, &data, &n);
	l->used += before - len;
	switch (found) {
	case DOT_MORE:
		l->stuck = true;
		return false;
	case DOT_DATA:
		return chunk(l, ev, data, n);
	case DOT_END:
		break;
	}
	return end_mail(l, ev);
}

static bool
end_chunk(struct lmtp *l, struct lmtp_event *ev)
{
	l->state = &state_command;
	if (l->unwanted) {
		l->unwanted = l->last_chunk = false;
		complain(l, "503 5.5.1 no valid recipients");
		return false;
	}
	if (l->last_chunk)
		return end_mail(l, ev);
	say(l, l->size > l->max_size ? "552 5.3.4 message too large" : "250 2.0.0 go on");
	return false;
}

static bool
read_chunk(struct lmtp *l, struct lmtp_event *ev)
{
	size_t		 len, take;
	const uint8_t	*in = unread(l, &len);

	if (l->left == 0)
		return end_chunk(l, ev);
	if (len == 0) {
		l->stuck = true;
		return false;
	}
	take = (size_t)MIN(l->left, len);
	l->used += take;
	l->left -= take;
	return !l->unwanted && chunk(l, ev, in, take);
}

static bool
read_nothing(struct lmtp *l, struct lmtp_event *ev)
{
	l->stuck = true;
	if (l->closed_told)
		return false;
	l->closed_told = true;
	ev->kind = LMTP_CLOSE;
	return true;
}

/* -------------------------------------------------------------- the door */

struct lmtp *
lmtp_new(const char *name, uint64_t max_size)
{
	struct lmtp	*l = g_new0(struct lmtp, 1);

	l->name = g_strdup(name);
	l->max_size = max_size;
	l->out = g_string_new(NULL);
	l->in = g_byte_array_new();
	l->state = &state_command;
	g_string_append_printf(l->out, "220 %s LMTP\r\n", name);
	return l;
}

void
lmtp_free(struct lmtp *l)
{
	if (l == NULL)
		return;
	g_string_free(l->out, TRUE);
	g_byte_array_unref(l->in);
	g_free(l->name);
	g_free(l);
}

void
lmtp_feed(struct lmtp *l, const void *bytes, size_t len)
{
	if (l->state == &state_closed)
		return;
	if (l->used > 0)
		g_byte_array_remove_range(l->in, 0, (guint)l->used);
	l->used = 0;
	g_byte_array_append(l->in, bytes, (guint)len);
	l->stuck = false;
}

bool
lmtp_next(struct lmtp *l, struct lmtp_event *ev)
{
	memset(ev, 0, sizeof(*ev));
	while (l->question == ASKS_NOTHING) {
		if (l->reset) {
			l->reset = false;
			ev->kind = LMTP_RESET;
			return true;
		}
		if (l->stuck && l->state != &state_closed)
			return false;
		if (l->state->read(l, ev))
			return true;
		if (l->state == &state_closed && l->closed_told)
			return false;
	}
	return false;
}

GString *
lmtp_output(struct lmtp *l)
{
	return l->out;
}

const char *
lmtp_doing(const struct lmtp *l)
{
	return l->state->name;
}

bool
lmtp_wants_answer(const struct lmtp *l)
{
	return l->question != ASKS_NOTHING;
}

static const char *
answer_line(enum question asked, enum lmtp_answer answer)
{
	switch (answer) {
	case LMTP_YES:
		return asked == ASKS_MAIL ? "250 2.1.0 good" :
		    asked == ASKS_RCPT ? "250 2.1.5 good" : "250 2.0.0 taken";
	case LMTP_NOT_NOW:
		return "451 4.3.0 not now, try again later";
	case LMTP_NO_ROOM:
		return "452 4.3.1 no room now, try again later";
	case LMTP_UNKNOWN:
		return "550 5.1.1 no such recipient here";
	case LMTP_TOO_LARGE:
		return "552 5.3.4 message too large";
	}
	return "451 4.3.0 not now, try again later";
}

void
lmtp_answer(struct lmtp *l, enum lmtp_answer answer)
{
	enum question	asked = l->question;
	unsigned	times = asked == ASKS_END ? l->recipients : 1;

	if (asked == ASKS_NOTHING)
		return;
	l->question = ASKS_NOTHING;
	for (; times > 0; times--)
		say(l, answer_line(asked, answer));
	if (asked == ASKS_MAIL)
		l->has_mail = answer == LMTP_YES;
	else if (asked == ASKS_RCPT)
		l->recipients += answer == LMTP_YES;
	else {
		forget_mail(l);
		l->reset = false;
	}
}

bool
lmtp_address_matches(const char *pattern, const char *address)
{
	const char	*at = strrchr(address, '@');
	size_t		 local;

	if (strcmp(pattern, "*") == 0)
		return true;
	if (at == NULL)
		return g_ascii_strcasecmp(address, "postmaster") == 0 &&
		    g_ascii_strncasecmp(pattern, "postmaster@", 11) == 0;
	if (pattern[0] == '*' && pattern[1] == '@')
		return g_ascii_strcasecmp(pattern + 1, at) == 0;
	if (g_ascii_strcasecmp(pattern, address) == 0)
		return true;
	local = strcspn(address, "+@");
	return address + local < at && g_ascii_strncasecmp(pattern, address, local) == 0 &&
	    g_ascii_strcasecmp(pattern + local, at) == 0;
}
