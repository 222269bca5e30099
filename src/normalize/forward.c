/* SPDX-License-Identifier: ISC */
#include "normalize/forward.h"

#include <stdbool.h>
#include <string.h>

#include "base/text.h"
#include "normalize/attachment.h"
#include "normalize/body.h"
#include "normalize/bounce_prose.h"
#include "normalize/headers.h"
#include "normalize/pre_scan.h"
#include "normalize/quote_words.h"
#include "normalize/trim_reply.h"

#define MAX_LINES	2000	/* above the header block */
#define MAX_HEADER	12	/* lines of it */
#define MAX_INNER	(64 << 20)
#define MAX_TEXT	(2 << 20)

/* What was found in the agent's mail; owned. */
struct forwarded {
	struct address	*from;
	char		*text;		/* what the customer wrote */
	char		*note;		/* what the agent wrote above it, or NULL */
	char		*message_id;	/* of the attached mail, or NULL */
};

static void
forwarded_clear(struct forwarded *f)
{
	address_free(f->from);
	g_free(f->text);
	g_free(f->note);
	g_free(f->message_id);
}

/* "a@b" or "@b", as the configuration has it. */
static bool
is_listed(const GPtrArray *list, const char *addr)
{
	g_autofree char	*wanted = address_canonical(addr, TRUE);
	const char	*domain = strrchr(wanted, '@');

	for (guint i = 0; list != NULL && i < list->len; i++) {
		const char	*one = g_ptr_array_index(list, i);
		g_autofree char	*own = *one == '@' ? NULL : address_canonical(one, TRUE);

		if (own == NULL ? domain != NULL && g_ascii_strcasecmp(one, domain) == 0 :
		    strcmp(own, wanted) == 0)
			return true;
	}
	return false;
}

/* --- a header block in the text ------------------------------------------ */

enum label { LABEL_NONE, LABEL_FROM, LABEL_OTHER };

/* "*Von:* Carla <c@x>", "> From : ...": which label, and where its value is. */
static enum label
read_label(const char *line, const char **value)
{
	static const enum quote_kind others[] = {
		QUOTE_TO, QUOTE_CC, QUOTE_SENT, QUOTE_DATE, QUOTE_SUBJECT
	};
	size_t	 n, len, colon_len = 1;
	const char	*colon;

	line += strspn(line, " \t>|*_");
	n = strcspn(line, ":");
	colon = strstr(line, "：");
	if (colon != NULL && (line[n] == '\0' || colon < line + n)) {
		n = (size_t)(colon - line);
		colon_len = strlen("：");
	}
	if (line[n] == '\0' || n > 60)
		return LABEL_NONE;
	for (len = n; len > 0 && strchr(" \t*_", line[len - 1]) != NULL; len--)
		;
	while (len > 1 && (unsigned char)line[len - 2] == 0xc2 && (unsigned char)line[len - 1] == 0xa0)
		len -= 2;		/* French: a no-break space before it */
	*value = line + n + colon_len;
	*value += strspn(*value, " \t*_");
	if (quote_is(QUOTE_FROM, line, len))
		return LABEL_FROM;
	for (size_t i = 0; i < G_N_ELEMENTS(others); i++)
		if (quote_is(others[i], line, len))
			return LABEL_OTHER;
	return LABEL_NONE;
}

static bool
is_blank(const char *line)
{
	return line[strspn(line, " \t>|\r")] == '\0';
}

/* The name before the address, without what is around it; new, or NULL. */
static char *
name_before(const char *value, const char *addr)
{
	const char	*at = strcasestr(value, addr);
	g_autofree char	*raw = at == NULL ? NULL : g_strndup(value, (gsize)(at - value));
	char		*cut;

	if (raw == NULL)
		return NULL;
	if ((cut = strcasestr(raw, "mailto:")) != NULL)
		*cut = '\0';
	g_strdelimit(raw, "<>\"[]()*", ' ');
	g_strstrip(raw);
	return *raw == '\0' ? NULL : text_one_line(raw, strlen(raw), 200);
}

/* The header block around line i, which has the From label: is it one? */
static bool
is_block(char **lines, size_t i, size_t *begin, size_t *end)
{
	const char	*value;
	unsigned	 others = 0;

	*begin = i;
	while (*begin > 0 && i - *begin < MAX_HEADER && read_label(lines[*begin - 1], &value) != LABEL_NONE)
		others += read_label(lines[--*begin], &value) == LABEL_OTHER;
	for (*end = i + 1; lines[*end] != NULL && *end - i < MAX_HEADER && !is_blank(lines[*end]); ++*end)
		others += read_label(lines[*end], &value) == LABEL_OTHER;
	return others >= 2;
}

/* Only dashes, "---- Forwarded message ----", "Begin forwarded message:". */
static bool
is_separator(const char *line)
{
	size_t	 n = strlen(line);

	line += strspn(line, " \t>|");
	return *line == '\0' || *line == '-' || *line == '_' || *line == '=' ||
	    quote_begins_any(QUOTE_BEGIN_FORWARD, line, strlen(line)) ||
	    (n < 100 && quote_contains_any(QUOTE_FORWARD, line, strlen(line)));
}

/* The lines from to to, without the ">" that all of them have. */
static char *
join(char **lines, size_t from, size_t to)
{
	GString	*out = g_string_new(NULL);
	bool	 quoted = true;

	for (size_t i = from; i < to && lines[i] != NULL; i++)
		quoted = quoted && (*lines[i] == '>' || is_blank(lines[i]));
	for (size_t i = from; i < to && lines[i] != NULL; i++) {
		const char	*line = lines[i];

		if (quoted && *line == '>')
			line += line[1] == ' ' ? 2 : 1;
		g_string_append_printf(out, "%s\n", line);
	}
	return g_strstrip(g_string_free(out, FALSE));
}

static void
take_block(struct forwarded *f, char **lines, size_t begin, size_t end)
{
	g_autofree char	*rest = join(lines, end, G_MAXSIZE);
	struct trim	 t;

	while (begin > 0 && is_separator(lines[begin - 1]))
		begin--;
	f->note = join(lines, 0, begin);
	trim_reply(rest, true, &t);
	if (*t.text != '\0')
		f->text = g_steal_pointer(&t.text);
	else
		f->text = g_steal_pointer(&t.full);
	trim_clear(&t);
}

/* The first block is what the agent's program wrote; further down anybody did. */
static bool
find_in_text(const char *text, struct forwarded *f)
{
	g_auto(GStrv)	 lines = g_strsplit(text == NULL ? "" : text, "\n", -1);
	const char	*value;
	size_t		 begin, end;

	for (size_t i = 0; lines[i] != NULL && i < MAX_LINES; i++) {
		g_autofree char	*whole = NULL, *addr = NULL, *name = NULL;
		const char	*at;

		if (read_label(lines[i], &value) != LABEL_FROM || !is_block(lines, i, &begin, &end))
			continue;
		/* a long name puts the address on the next line */
		whole = strchr(value, '@') != NULL || lines[i + 1] == NULL ? g_strdup(value) :
		    g_strconcat(value, " ", lines[i + 1], NULL);
		at = whole;
		if ((addr = bounce_prose_address(&at)) == NULL)
			return false;
		name = name_before(whole, addr);
		f->from = address_new(name, addr);
		take_block(f, lines, begin, end);
		return true;
	}
	return false;
}

/* --- an attached mail ----------------------------------------------------- */

/* The only mail attached; several are no forward of one customer. */
static const struct mail_part *
only_mail(const struct mail_view *v)
{
	const struct mail_part	*found = NULL;

	for (guint i = 0; i < v->parts->len; i++) {
		const struct mail_part	*part = g_ptr_array_index(v->parts, i);

		if (part->nested == NULL || strcmp(part->content_type, "message/rfc822") != 0)
			continue;
		if (found != NULL || part->in_report)
			return NULL;
		found = part;
	}
	return found;
}

static bool
find_attached(struct message *m, const struct mail_view *v, struct forwarded *f)
{
	const struct mail_part	*part = only_mail(v);
	struct mail_view	*inner;
	g_autoptr(GPtrArray)	 from = address_list_new();
	g_autoptr(GPtrArray)	 ids = g_ptr_array_new_with_free_func(g_free);
	struct body		 b;

	if (part == NULL)
		return false;
	inner = pre_scan(part->bytes, MAX_INNER);
	if (mail_view_raw(inner, "From") != NULL)
		headers_addresses(mail_view_raw(inner, "From"), from);
	headers_ids(mail_view_raw(inner, "Message-ID"), ids);
	if (from->len > 0) {
		body_choose(inner, MAX_TEXT, &b);
		f->from = address_copy(g_ptr_array_index(from, 0));
		f->text = g_strstrip(g_strdup(b.text));
		f->note = g_strdup(m->text);
		f->message_id = ids->len == 0 ? NULL : g_strdup(g_ptr_array_index(ids, 0));
		if (m->verified != NULL)
			attachment_collect(m, inner, &b);
		body_clear(&b);
	}
	mail_view_free(inner);
	return f->from != NULL;
}

/* --- the whole ------------------------------------------------------------ */

/*
 * The block first: an attached mail below one came with the customer's mail,
 * who may have written it himself.
 */
static bool
find(struct message *m, const struct mail_view *v, struct forwarded *f)
{
	bool	 forward = forward_subject(m->subject);

	if (forward && find_in_text(m->full_text, f))
		return true;
	return (forward || (m->in_reply_to == NULL && m->references->len == 0)) && find_attached(m, v, f);
}

static void
become(struct message *m, struct forwarded *f)
{
	address_free(m->sender);
	m->sender = m->from;
	m->from = g_steal_pointer(&f->from);
	g_clear_pointer(&m->verified, g_free);
	message_add_field(m, "forwarded_by", m->sender->addr);
	if (f->note != NULL && *f->note != '\0')
		message_add_field(m, "agent_note", f->note);
	if (f->text != NULL && *f->text != '\0') {
		g_free(m->text);
		m->text = g_steal_pointer(&f->text);
	}
	if (f->message_id != NULL)
		g_ptr_array_add(m->references, g_steal_pointer(&f->message_id));
}

void
forward_unwrap(struct message *m, struct mail_view *v, const struct normalize_options *o)
{
	struct forwarded	 f = { 0 };

	if (m->kind != MESSAGE_NORMAL || m->from == NULL || m->sender != NULL ||
	    !is_listed(o->agents, m->from->addr) || is_listed(o->own_addresses, m->from->addr))
		return;
	if (find(m, v, &f) && !is_listed(o->agents, f.from->addr) &&
	    !is_listed(o->own_addresses, f.from->addr) && strchr(f.from->addr, '@') != NULL) {
		if (m->verified != NULL)
			become(m, &f);
		else
			mail_view_warn(v, "forward-unproven: of %s", f.from->addr);
	}
	forwarded_clear(&f);
}
