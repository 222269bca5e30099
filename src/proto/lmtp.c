/* SPDX-License-Identifier: ISC */
/*
 * Input is kept from lmtp_feed() until it is used up; a state is a row with
 * the function that reads it.  While an answer is awaited nothing is read.
 */
#include "proto/lmtp.h"

#include <string.h>

#include "proto/lmtp_state.h"

static bool	read_command(struct lmtp *, struct lmtp_event *);
static bool	read_data(struct lmtp *, struct lmtp_event *);
static bool	read_chunk(struct lmtp *, struct lmtp_event *);
static bool	read_long_line(struct lmtp *, struct lmtp_event *);
static bool	read_nothing(struct lmtp *, struct lmtp_event *);

const struct lmtp_states lmtp_states = {
	.command = { "command", read_command },
	.long_line = { "long line", read_long_line },
	.data = { "data", read_data },
	.chunk = { "chunk", read_chunk },
	.closed = { "closed", read_nothing }
};

void
lmtp_say(struct lmtp *l, const char *line)
{
	g_string_append(l->out, line);
	g_string_append(l->out, "\r\n");
}

void
lmtp_dismiss(struct lmtp *l, const char *why)
{
	if (l->state == &lmtp_states.closed)
		return;
	g_string_append_printf(l->out, "421 4.3.2 %s\r\n", why);
	l->state = &lmtp_states.closed;
	l->question = ASKS_NOTHING;
}

/* An answer that the client has itself to thank for. */
void
lmtp_complain(struct lmtp *l, const char *line)
{
	if (++l->errors < LMTP_ERRORS_MAX)
		lmtp_say(l, line);
	else
		lmtp_dismiss(l, "too many errors");
}

void
lmtp_forget_mail(struct lmtp *l)
{
	l->reset = l->reset || l->has_mail;
	l->has_mail = l->in_chunks = l->last_chunk = l->unwanted = false;
	l->recipients = 0;
	l->size = 0;
}

/* -------------------------------------------------------------- reading */

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
		lmtp_complain(l, "500 5.5.2 line too long");
		if (l->state == &lmtp_states.command)
			l->state = &lmtp_states.long_line;
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
		lmtp_complain(l, "500 5.5.2 a line ends in CR LF");
		return false;
	}
	in[line - 2] = '\0';
	return lmtp_command_run(l, (char *)in, ev);
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
		l->state = &lmtp_states.command;
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
	l->state = &lmtp_states.command;
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
	l->state = &lmtp_states.command;
	if (l->unwanted) {
		l->unwanted = l->last_chunk = false;
		lmtp_complain(l, "503 5.5.1 no valid recipients");
		return false;
	}
	if (l->last_chunk)
		return end_mail(l, ev);
	lmtp_say(l, l->size > l->max_size ? "552 5.3.4 message too large" : "250 2.0.0 go on");
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
	l->state = &lmtp_states.command;
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
	if (l->state == &lmtp_states.closed)
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
		if (l->stuck && l->state != &lmtp_states.closed)
			return false;
		if (l->state->read(l, ev))
			return true;
		if (l->state == &lmtp_states.closed && l->closed_told)
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
		lmtp_say(l, answer_line(asked, answer));
	if (asked == ASKS_MAIL)
		l->has_mail = answer == LMTP_YES;
	else if (asked == ASKS_RCPT)
		l->recipients += answer == LMTP_YES;
	else {
		lmtp_forget_mail(l);
		l->reset = false;
	}
}
