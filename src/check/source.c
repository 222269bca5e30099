/* SPDX-License-Identifier: ISC */
#include "check/source.h"

#include <string.h>

#include "base/text.h"
#include "base/utf8.h"
#include "check/line.h"
#include "check/pattern.h"

static char *
take_text(const char *text)
{
	size_t	len;

	if (text == NULL)
		return g_strdup("");
	len = strlen(text);
	if (utf8_is_valid(text, len, NULL))
		return text_copy(text, text_cut(text, len, PATTERN_TEXT_MAX));
	return text_valid(text, MIN(len, PATTERN_TEXT_MAX), NULL);
}

/* "On Monday, Support <support@shop.example> wrote:" above what is quoted. */
static bool
introduces_quote(const char *line, size_t len)
{
	size_t	i;

	if (len == 0 || line[len - 1] != ':')
		return false;
	for (i = 0; i < len; i++)
		if (g_ascii_isdigit(line[i]) || line[i] == '@' || line[i] == '<')
			return true;
	return false;
}

/*
 * Without the lines that begin with ">": who answers between the lines leaves
 * our questions there, and what they offer is not what the customer says.
 */
static char *
drop_quoted(const char *text)
{
	GString		*out = g_string_sized_new(strlen(text));
	const char	*line, *next;
	size_t		 len, last = 0;		/* where the last line kept begins */
	bool		 quoted = false, any = false;

	for (line = text; line != NULL; line = next) {
		next = line_read(line, &line, &len);
		if (len > 0 && *line == '>') {
			if (!quoted && any && introduces_quote(out->str + last, out->len - last)) {
				any = last > 0;
				g_string_truncate(out, last - any);
			}
			quoted = true;
			continue;
		}
		quoted = false;
		if (any)
			g_string_append_c(out, '\n');
		any = true;
		last = out->len;
		g_string_append_len(out, line, (gssize)len);
	}
	return g_string_free(out, FALSE);
}

/* "support+token@": made by us, for those who answer. */
static bool
has_tag(const char *addr)
{
	const char	*plus = strchr(addr, '+'), *at = strrchr(addr, '@');

	return plus != NULL && at != NULL && plus < at;
}

static bool
may_answer(const struct message *m)
{
	const struct address	*to;
	guint			 i;

	if (m->in_reply_to != NULL || m->references->len > 0 || m->session != NULL ||
	    message_field(m, "conversation") != NULL)
		return true;
	for (i = 0; i < m->delivered_to->len; i++)
		if (has_tag(m->delivered_to->pdata[i]))
			return true;
	for (i = 0; i < m->to->len; i++) {
		to = m->to->pdata[i];
		if (has_tag(to->addr))
			return true;
	}
	return false;
}

static bool
is_blank(const char *text)
{
	return text[strspn(text, " \t\n\r")] == '\0';
}

void
source_init(struct source *s, const char *channel, const struct message *m)
{
	g_autofree char	*whole = NULL;

	s->message = m;
	s->channel = channel;
	s->subject = take_text(m->subject);
	whole = take_text(m->text);
	s->text = drop_quoted(whole);
	s->full = take_text(m->full_text != NULL ? m->full_text : m->text);
	s->may_answer = may_answer(m);
	/* Forwarded without a word: what is quoted is what they want to say. */
	if (!s->may_answer && is_blank(s->text)) {
		g_free(s->text);
		s->text = g_strdup(s->full);
	}
	if (strcmp(s->full, s->text) == 0)
		s->full[0] = '\0';
	haystack_init(&s->in_subject, s->subject);
	haystack_init(&s->in_text, s->text);
	haystack_init(&s->in_full, s->full);
}

void
source_fini(struct source *s)
{
	haystack_fini(&s->in_subject);
	haystack_fini(&s->in_text);
	haystack_fini(&s->in_full);
	g_free(s->subject);
	g_free(s->text);
	g_free(s->full);
}
