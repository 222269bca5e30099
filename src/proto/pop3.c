/* SPDX-License-Identifier: ISC */
#include "proto/pop3.h"

#include <string.h>

#include "base/text.h"
#include "proto/dot_text.h"

#define TEXT_MAX	300		/* of a server's sentence, for people */
#define CODE_MAX	40

struct request {
	enum pop3_command	command;
	uint32_t		number;
};

enum reading {
	READ_STATUS,		/* +OK or -ERR */
	READ_LINES,		/* of CAPA, LIST, UIDL */
	READ_CONTENT,		/* of RETR and TOP */
	READ_NOTHING		/* broken */
};

/* How a command is spelled, and what follows its +OK. */
static const struct {
	const char	*format;	/* with the number of the message, if it has one */
	enum reading	 then;
} commands[] = {
	[POP3_CAPA] = { "CAPA\r\n", READ_LINES },
	[POP3_STAT] = { "STAT\r\n", READ_STATUS },
	[POP3_LIST] = { "LIST\r\n", READ_LINES },
	[POP3_UIDL] = { "UIDL\r\n", READ_LINES },
	[POP3_RETR] = { "RETR %u\r\n", READ_CONTENT },
	[POP3_TOP] = { "TOP %u 0\r\n", READ_CONTENT },
	[POP3_DELE] = { "DELE %u\r\n", READ_STATUS },
	[POP3_QUIT] = { "QUIT\r\n", READ_STATUS },
};

struct pop3 {
	GString		*out;
	GQueue		*under_way;	/* struct request *, oldest first */
	enum reading	 reading;
	GString		*line;
	struct dot_text	 content;
	unsigned	 abilities;
	/* what events point to */
	char		*text;
	char		 code[CODE_MAX];
};

struct pop3 *
pop3_new(void)
{
	struct pop3	*p = g_new0(struct pop3, 1);

	p->out = g_string_new(NULL);
	p->line = g_string_new(NULL);
	p->under_way = g_queue_new();
	return p;
}

void
pop3_free(struct pop3 *p)
{
	if (p == NULL)
		return;
	g_queue_free_full(p->under_way, g_free);
	g_string_free(p->out, TRUE);
	g_string_free(p->line, TRUE);
	g_free(p->text);
	g_free(p);
}

GString *
pop3_output(struct pop3 *p)
{
	return p->out;
}

unsigned
pop3_abilities(const struct pop3 *p)
{
	return p->abilities;
}

unsigned
pop3_under_way(const struct pop3 *p)
{
	return g_queue_get_length(p->under_way);
}

void
pop3_send(struct pop3 *p, enum pop3_command command, uint32_t number)
{
	struct request	*r = g_new0(struct request, 1);
	const char	*format = commands[command].format;
	size_t		 mark = strcspn(format, "%");

	r->command = command;
	r->number = number;
	g_queue_push_tail(p->under_way, r);
	g_string_append_len(p->out, format, (gssize)mark);
	if (format[mark] == '%')
		g_string_append_printf(p->out, "%u%s", number, format + mark + 2);
}

/* --------------------------------------------------------------- replies */

static void
take_text(struct pop3 *p, const char *text)
{
	g_free(p->text);
	p->text = text_one_line(text, strlen(text), TEXT_MAX);
}

static bool
broken(struct pop3 *p, struct pop3_event *ev, const char *what)
{
	p->reading = READ_NOTHING;
	take_text(p, what);
	ev->kind = POP3_BROKEN;
	ev->text = p->text;
	return true;
}

/* The oldest command is done. */
static bool
done(struct pop3 *p, struct pop3_event *ev, bool ok)
{
	g_autofree struct request	*r = g_queue_pop_head(p->under_way);

	p->reading = READ_STATUS;
	ev->kind = POP3_DONE;
	ev->command = r->command;
	if (r->command != POP3_STAT)
		ev->number = r->number;
	ev->ok = ok;
	ev->code = p->code;
	ev->text = p->text;
	return true;
}

/* A number and one blank behind it, or the end; NULL if it is none. */
static const char *
read_number(const char *p, uint64_t most, uint64_t *out)
{
	*out = 0;
	if (!g_ascii_isdigit(*p))
		return NULL;
	for (; g_ascii_isdigit(*p); p++) {
		if (*out > (most - (uint64_t)(*p - '0')) / 10)
			return NULL;
		*out = *out * 10 + (uint64_t)(*p - '0');
	}
	if (*p != ' ' && *p != '\t' && *p != '\0')
		return NULL;
	return p + strspn(p, " \t");
}

static bool
read_two_numbers(const char *text, struct pop3_event *ev)
{
	uint64_t	number;
	const char	*rest = read_number(text, UINT32_MAX, &number);

	ev->number = (uint32_t)number;
	return rest != NULL && read_number(rest, UINT64_MAX / 2, &ev->size) != NULL;
}

/* "[IN-USE] text": the code out of it; returns the rest. */
static const char *
take_code(struct pop3 *p, const char *text)
{
	const char	*end;
	size_t		 len;

	*p->code = '\0';
	if (*text != '[' || (end = strchr(text, ']')) == NULL)
		return text;
	len = (size_t)(end - text) - 1;
	if (len == 0 || len >= CODE_MAX ||
	    strspn(text + 1, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-/_")
	    != len)
		return text;
	memcpy(p->code, text + 1, len);
	p->code[len] = '\0';
	return end + 1 + strspn(end + 1, " ");
}

static bool
on_status(struct pop3 *p, const char *line, struct pop3_event *ev)
{
	const struct request	*r = g_queue_peek_head(p->under_way);
	bool			 ok = g_ascii_strncasecmp(line, "+OK", 3) == 0;
	size_t			 len = ok ? 3 : 4;
	const char		*rest;

	if (r == NULL)
		return broken(p, ev, "the server speaks without being asked");
	if ((!ok && g_ascii_strncasecmp(line, "-ERR", 4) != 0) ||
	    (line[len] != ' ' && line[len] != '\0'))
		return broken(p, ev, "that is no reply of POP3");
	rest = line + len + strspn(line + len, " ");
	take_text(p, take_code(p, rest));
	if (!ok)
		return done(p, ev, false);
	if (r->command == POP3_STAT && !read_two_numbers(rest, ev))
		return broken(p, ev, "STAT is not answered with two numbers");
	if (commands[r->command].then == READ_STATUS)
		return done(p, ev, true);
	p->reading = commands[r->command].then;
	dot_text_start(&p->content);
	return false;
}

static void
on_ability(struct pop3 *p, const char *line)
{
	static const struct {
		const char	*word;
		unsigned	 can;
	} words[] = {
		{ "UIDL", POP3_CAN_UIDL },
		{ "TOP", POP3_CAN_TOP },
		{ "PIPELINING", POP3_CAN_PIPELINE },
	};
	size_t	len = strcspn(line, " \t"), i;

	for (i = 0; i < G_N_ELEMENTS(words); i++)
		if (strlen(words[i].word) == len &&
		    g_ascii_strncasecmp(words[i].word, line, len) == 0)
			p->abilities |= words[i].can;
}

static bool
is_uid(const char *uid)
{
	size_t	len;

	for (len = 0; uid[len] != '\0'; len++)
		if (uid[len] <= ' ' || uid[len] >= 0x7f)
			return false;
	return len > 0 && len <= POP3_UID_MAX;
}

/* A message without a usable id is as one of a server without UIDL. */
static bool
on_uid(struct pop3 *p, const char *line, struct pop3_event *ev)
{
	uint64_t	 number;
	const char	*uid = read_number(line, UINT32_MAX, &number);

	if (uid == NULL)
		return broken(p, ev, "UIDL is not answered with a number and an id");
	g_strchomp(p->line->str);
	ev->kind = POP3_UID;
	ev->command = POP3_UIDL;
	ev->number = (uint32_t)number;
	ev->uid = uid;
	return is_uid(uid);
}

static bool
on_line(struct pop3 *p, const char *line, struct pop3_event *ev)
{
	const struct request	*r = g_queue_peek_head(p->under_way);

	if (strcmp(line, ".") == 0)
		return done(p, ev, true);
	line += *line == '.';
	if (r->command == POP3_CAPA) {
		on_ability(p, line);
		return false;
	}
	if (r->command == POP3_UIDL)
		return on_uid(p, line, ev);
	ev->kind = POP3_LISTED;
	ev->command = POP3_LIST;
	return read_two_numbers(line, ev) ||
	    broken(p, ev, "LIST is not answered with two numbers");
}

/* --------------------------------------------------------------- reading */

static bool
read_line(struct pop3 *p, const uint8_t **input, size_t *len, struct pop3_event *ev)
{
	const uint8_t	*nl = memchr(*input, '\n', *len);
	size_t		 n = nl != NULL ? (size_t)(nl - *input) + 1 : *len;
	bool		 status = p->reading == READ_STATUS, found;

	if (p->line->len + n > POP3_LINE_MAX)
		return broken(p, ev, "a reply is too long");
	g_string_append_len(p->line, (const char *)*input, (gssize)n);
	*input += n;
	*len -= n;
	if (nl == NULL)
		return false;
	g_string_truncate(p->line, p->line->len - 1);
	if (p->line->len > 0 && p->line->str[p->line->len - 1] == '\r')
		g_string_truncate(p->line, p->line->len - 1);
	if (strlen(p->line->str) != p->line->len)
		return broken(p, ev, "a NUL in a reply");
	found = status ? on_status(p, p->line->str, ev) : on_line(p, p->line->str, ev);
	/* An id stays where it is until the next call. */
	if (!found || ev->kind != POP3_UID)
		g_string_truncate(p->line, 0);
	else
		p->line->len = 0;
	return found;
}

static bool
read_content(struct pop3 *p, const uint8_t **input, size_t *len, struct pop3_event *ev)
{
	const struct request	*r = g_queue_peek_head(p->under_way);

	switch (dot_text_next(&p->content, input, len, &ev->data, &ev->bytes)) {
	case DOT_MORE:
		return false;
	case DOT_DATA:
		ev->kind = POP3_CHUNK;
		ev->command = r->command;
		ev->number = r->number;
		return true;
	case DOT_END:
		break;
	}
	return done(p, ev, true);
}

bool
pop3_next(struct pop3 *p, const uint8_t **input, size_t *len, struct pop3_event *ev)
{
	bool	found = false;

	while (*len > 0 && !found) {
		memset(ev, 0, sizeof(*ev));
		switch (p->reading) {
		case READ_STATUS:
		case READ_LINES:
			found = read_line(p, input, len, ev);
			break;
		case READ_CONTENT:
			found = read_content(p, input, len, ev);
			break;
		case READ_NOTHING:
			*len = 0;
			break;
		}
	}
	return found;
}
