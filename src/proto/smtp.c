/* SPDX-License-Identifier: ISC */
#include "proto/smtp.h"

#include <string.h>

#include "base/text.h"

#define LINE_MAX_BYTES	2048		/* of a reply; 512 by RFC 5321 */
#define LINES_MAX	100		/* of one reply */
#define TEXT_MAX	400		/* of what a server says, for people */

enum step { STEP_EHLO, STEP_HELO, STEP_MAIL, STEP_RCPT, STEP_DATA, STEP_CONTENT, STEP_OVER };

struct smtp {
	const struct smtp_mail	*mail;
	enum step		 step;
	GString			*out;
	GString			*line;		/* of a reply, as far as it has come */
	GString			*said;		/* the texts of the reply's lines */
	int			 code;		/* of the reply; 0 before its first line */
	unsigned		 lines;
	bool			 can_size;	/* RFC 1870 */
	bool			 given;
	enum smtp_outcome	 outcome;
	int			 result_code;
	char			*text;
};

static bool
finish(struct smtp *s, enum smtp_outcome outcome, int code, const char *text)
{
	s->step = STEP_OVER;
	s->outcome = outcome;
	s->result_code = code;
	g_free(s->text);
	s->text = text_one_line(text, strlen(text), TEXT_MAX);
	if (outcome != SMTP_BROKEN)
		g_string_append(s->out, "QUIT\r\n");
	return true;
}

/* --- commands --- */

static bool
say_mail(struct smtp *s)
{
	g_string_append_printf(s->out, "MAIL FROM:<%s>", s->mail->mail_from);
	if (s->can_size)
		g_string_append_printf(s->out, " SIZE=%zu", s->mail->len);
	g_string_append(s->out, "\r\n");
	s->step = STEP_MAIL;
	return false;
}

/* RFC 5321 4.5.2: a dot that begins a line is doubled, one alone ends it. */
static void
say_content(struct smtp *s)
{
	const char	*at = s->mail->bytes, *end = at + s->mail->len, *next;

	while (at < end) {
		next = memchr(at, '\n', (size_t)(end - at));
		next = next != NULL ? next + 1 : end;
		if (*at == '.')
			g_string_append_c(s->out, '.');
		g_string_append_len(s->out, at, next - at);
		at = next;
	}
	g_string_append(s->out, ".\r\n");
	s->given = true;
	s->step = STEP_CONTENT;
}

/* --- replies --- */

static bool
is_word(const char *line, const char *word)
{
	size_t	n = strlen(word);

	return g_ascii_strncasecmp(line, word, n) == 0 && (line[n] == '\0' || line[n] == ' ');
}

/* A line of the answer to EHLO but the first. */
static void
note_ability(struct smtp *s, const char *line)
{
	s->can_size = s->can_size || is_word(line, "SIZE");
}

static bool
good_reply(struct smtp *s)
{
	switch (s->step) {
	case STEP_EHLO:
	case STEP_HELO:
		return say_mail(s);
	case STEP_MAIL:
		g_string_append_printf(s->out, "RCPT TO:<%s>\r\n", s->mail->rcpt_to);
		s->step = STEP_RCPT;
		return false;
	case STEP_RCPT:
		g_string_append(s->out, "DATA\r\n");
		s->step = STEP_DATA;
		return false;
	case STEP_DATA:
		say_content(s);
		return false;
	case STEP_CONTENT:
	case STEP_OVER:
		break;
	}
	return finish(s, SMTP_TAKEN, s->code, s->said->str);
}

/* The first digit says how it went (4.2.1); DATA alone wants a 3. */
static bool
take_reply(struct smtp *s)
{
	int	kind = s->code / 100;

	if (kind >= 4 && s->step == STEP_EHLO && (s->code == 500 || s->code == 502)) {
		g_string_append_printf(s->out, "HELO %s\r\n", s->mail->helo);
		s->step = STEP_HELO;
		return false;
	}
	if (kind >= 4)
		return finish(s, SMTP_REFUSED, s->code, s->said->str);
	if (kind != (s->step == STEP_DATA ? 3 : 2))
		return finish(s, SMTP_BROKEN, s->code, "the mail server's answer is none to what was said");
	return good_reply(s);
}

static bool
is_reply_line(const char *line, size_t len)
{
	return len >= 3 && line[0] >= '2' && line[0] <= '5' && g_ascii_isdigit(line[1]) &&
	    g_ascii_isdigit(line[2]) && (len == 3 || line[3] == ' ' || line[3] == '-') &&
	    memchr(line, '\0', len) == NULL;
}

static bool
take_line(struct smtp *s)
{
	const char	*line = s->line->str, *text;
	int		 code;

	if (s->line->len > 0 && line[s->line->len - 1] == '\r')
		g_string_truncate(s->line, s->line->len - 1);
	if (!is_reply_line(line, s->line->len) || ++s->lines > LINES_MAX)
		return finish(s, SMTP_BROKEN, 0, "the mail server does not speak SMTP");
	code = (int)g_ascii_strtoll((char[]){ line[0], line[1], line[2], '\0' }, NULL, 10);
	if (s->code != 0 && code != s->code)
		return finish(s, SMTP_BROKEN, 0, "the mail server mixes two answers");
	text = s->line->len > 3 ? line + 4 : "";
	if (s->step == STEP_EHLO && s->code != 0)
		note_ability(s, text);
	s->code = code;
	if (s->said->len < TEXT_MAX)
		g_string_append_printf(s->said, "%s%s", s->said->len > 0 ? " " : "", text);
	if (line[3] == '-')
		return false;
	return take_reply(s);
}

/* What lies in the output was not sent, and must not be any more. */
static bool
out_of_turn(struct smtp *s)
{
	g_string_truncate(s->out, 0);
	s->given = false;
	return finish(s, SMTP_BROKEN, 0, "the mail server speaks out of turn");
}

bool
smtp_feed(struct smtp *s, const uint8_t *bytes, size_t len)
{
	size_t	i;
	bool	last;

	for (i = 0; i < len && s->step != STEP_OVER; i++) {
		if (s->out->len > 0)
			return out_of_turn(s);
		if (bytes[i] != '\n') {
			g_string_append_c(s->line, (char)bytes[i]);
			if (s->line->len > LINE_MAX_BYTES)
				return finish(s, SMTP_BROKEN, 0, "the mail server's line has no end");
			continue;
		}
		last = s->line->len < 4 || s->line->str[3] != '-';
		if (take_line(s))
			break;
		g_string_truncate(s->line, 0);
		if (last) {
			g_string_truncate(s->said, 0);
			s->code = 0;
			s->lines = 0;
		}
	}
	return s->step == STEP_OVER;
}

/* --- life --- */

struct smtp *
smtp_new(const struct smtp_mail *mail)
{
	struct smtp	*s = g_new0(struct smtp, 1);

	s->mail = mail;
	s->out = g_string_new(NULL);
	s->line = g_string_new(NULL);
	s->said = g_string_new(NULL);
	g_string_append_printf(s->out, "EHLO %s\r\n", mail->helo);
	return s;
}

void
smtp_free(struct smtp *s)
{
	if (s == NULL)
		return;
	g_string_free(s->out, TRUE);
	g_string_free(s->line, TRUE);
	g_string_free(s->said, TRUE);
	g_free(s->text);
	g_free(s);
}

GString *
smtp_output(struct smtp *s)
{
	return s->out;
}

struct smtp_result
smtp_result(const struct smtp *s)
{
	return (struct smtp_result){ s->outcome, s->result_code, s->text != NULL ? s->text : "",
	    s->given };
}
