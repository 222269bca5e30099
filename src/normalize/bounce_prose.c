/* SPDX-License-Identifier: ISC */
#include "normalize/bounce_prose.h"

#include <stdbool.h>
#include <string.h>

#include "base/text.h"
#include "normalize/auto_sender.h"
#include "normalize/bounce_status.h"
#include "normalize/bounce_words.h"

#define MAX_LINES	400	/* of the part in front of the returned message */
#define MAX_RECIPIENTS	100
#define MAX_LINE	1000	/* bytes of one that are looked at */
#define MAX_PER_LINE	20	/* addresses */
#define MAX_BLOCK	12	/* lines of a reason */
#define MAX_CONTEXT	8000	/* bytes */
#define MAX_DIAGNOSTIC	1000

enum strength { UNLIKELY, NEAR, NAMED, ALONE };

struct found {
	char		*addr;
	enum strength	 strength;
	guint		 line;		/* where it is named first */
	GString		*block;		/* what is said about it */
};

struct reading {
	const struct bounce_prose	*prose;
	GPtrArray			*lines;		/* char *: up to the returned message */
	GPtrArray			*found;		/* struct found * */
};

static void
found_free(void *arg)
{
	struct found	*f = arg;

	g_string_free(f->block, TRUE);
	g_free(f->addr);
	g_free(f);
}

static bool
is_local_char(char c)
{
	return g_ascii_isalnum(c) || (c != '\0' && strchr(".!#$%&*+/=?^_{|}~-'", c) != NULL);
}

static bool
is_domain_char(char c)
{
	return g_ascii_isalnum(c) || c == '.' || c == '-';
}

/* In <>, an address may have any letters. */
static char *
address_in_angles(const char *line, const char *at_sign)
{
	const char	*open = at_sign, *close = strchr(at_sign, '>');
	g_autofree char	*inner = NULL;

	while (open > line && *open != '<' && *open != ' ')
		open--;
	if (*open != '<' || close == NULL)
		return NULL;
	inner = g_strndup(open + 1, (gsize)(close - open - 1));
	if (g_ascii_strncasecmp(inner, "mailto:", 7) == 0)
		return g_strdup(inner + 7);
	return g_steal_pointer(&inner);
}

static char *
address_around(const char *line, const char *at_sign)
{
	const char	*from = at_sign, *to = at_sign + 1;

	while (from > line && is_local_char(from[-1]))
		from--;
	while (is_domain_char(*to))
		to++;
	while (from < at_sign && strchr("'.*=/|{}", *from) != NULL)
		from++;
	if (g_ascii_strncasecmp(from, "SMTP=", 5) == 0)	/* of an X.400 address */
		from += 5;
	while (to > at_sign && strchr(".-", to[-1]) != NULL)
		to--;
	return g_strndup(from, (gsize)(to - from));
}

char *
bounce_prose_address(const char **at)
{
	const char	*line = *at;

	for (const char *sign = line; (sign = strchr(sign, '@')) != NULL; sign++) {
		char	*addr = address_in_angles(line, sign);

		if (addr == NULL || !text_is_address(addr)) {
			g_free(addr);
			addr = address_around(line, sign);
		}
		*at = sign + 1;
		if (text_is_address(addr) && strlen(strchr(addr, '@')) > 2)
			return addr;
		g_free(addr);
	}
	*at = line + strlen(line);
	return NULL;
}

static bool
is_listed(const GPtrArray *list, const char *addr)
{
	for (guint i = 0; list != NULL && i < list->len; i++)
		if (g_ascii_strcasecmp(g_ptr_array_index(list, i), addr) == 0)
			return true;
	return false;
}

/* Message ids and the addresses of machines are no recipients. */
static bool
is_possible(const struct bounce_prose *p, const char *addr)
{
	size_t	 digits = 0, n = strcspn(addr, "@");

	if (is_listed(p->not_them, addr) || auto_sender_kind(addr) == AUTO_SENDER_DAEMON)
		return false;
	if (g_ascii_strncasecmp(addr, "postmaster@", 11) == 0 ||
	    g_ascii_strncasecmp(addr, "abuse@", 6) == 0)
		return false;
	for (size_t i = 0; i < n; i++)
		digits += g_ascii_isdigit(addr[i]) != 0;
	return digits < 16 && n < 65;
}

/* The rest of a line after the marks, quotes and angles before an address. */
static const char *
past_marks(const char *line)
{
	while (*line != '\0' && (strchr(" \t<\"'|*-([:>", *line) != NULL))
		line++;
	return g_ascii_strncasecmp(line, "mailto:", 7) == 0 ? line + 7 : line;
}

/* Does a line consist of the address, or begin with it and a reason? */
static bool
stands_alone(const char *line, const char *addr)
{
	const char	*p = past_marks(line);

	if (g_ascii_strncasecmp(p, addr, strlen(addr)) != 0)
		return strcasestr(line, "rcpt to:") != NULL || strcasestr(line, "failed address") != NULL ||
		    strcasestr(line, "final-recipient:") != NULL;
	p += strlen(addr);
	if (p[strspn(p, ">\"')]")] == ':')
		return true;
	while (*p != '\0' && strchr(" \t>\"')]:,;.|", *p) != NULL)
		p++;
	return *p == '\0' || p[-1] == ':' || p[-1] == ',' || p[-1] == ')' || *p == '(' || *p == '<' ||
	    *p == '-' || p[-1] == '>' || *p == '.' || strncmp(p, "on ", 3) == 0 || g_ascii_isdigit(*p) ||
	    bounce_words_recipient(line);
}

static const char *
line_before(const struct reading *r, guint i)
{
	while (i > 0) {
		const char	*line = g_ptr_array_index(r->lines, --i);

		if (*line != '\0')
			return line;
	}
	return "";
}

static enum strength
weigh(const struct reading *r, guint i, const char *addr)
{
	const char	*line = g_ptr_array_index(r->lines, i);

	if (stands_alone(line, addr))
		return ALONE;
	if (bounce_words_other(line))
		return UNLIKELY;
	if (bounce_words_recipient(line))
		return NAMED;
	return bounce_words_recipient(line_before(r, i)) ? NEAR : UNLIKELY;
}

static struct found *
find(const struct reading *r, const char *addr)
{
	for (guint i = 0; i < r->found->len; i++) {
		struct found	*f = g_ptr_array_index(r->found, i);

		if (g_ascii_strcasecmp(f->addr, addr) == 0)
			return f;
	}
	return NULL;
}

static struct found *
add(struct reading *r, const char *addr, enum strength strength)
{
	struct found	*f = find(r, addr);

	if (f == NULL && r->found->len < MAX_RECIPIENTS) {
		f = g_new0(struct found, 1);
		f->addr = g_strdup(addr);
		f->line = G_MAXUINT;
		f->block = g_string_new(NULL);
		g_ptr_array_add(r->found, f);
	}
	if (f != NULL)
		f->strength = MAX(f->strength, strength);
	return f;
}

static bool
has_other_address(const struct reading *r, const char *line, const char *addr)
{
	const char	*at = line;
	char		*other;
	bool		 yes = false;

	for (unsigned n = 0; n < MAX_PER_LINE && !yes && (other = bounce_prose_address(&at)) != NULL; n++) {
		yes = g_ascii_strcasecmp(other, addr) != 0 && is_possible(r->prose, other) &&
		    stands_alone(line, other);
		g_free(other);
	}
	return yes;
}

/* The rest of the line and what stands below, up to a blank line or the next. */
static void
add_block(const struct reading *r, guint i, struct found *f)
{
	const char	*line = g_ptr_array_index(r->lines, i);
	const char	*rest = strcasestr(line, f->addr);
	bool		 any;

	rest = rest == NULL ? line : rest + strlen(f->addr);
	rest += strspn(rest, ">\"'):;, \t|");
	g_string_append_printf(f->block, "%s\n", *rest == '\0' ? "" : rest);
	any = *rest != '\0';
	for (guint n = 0; n < MAX_BLOCK && ++i < r->lines->len; n++) {
		line = g_ptr_array_index(r->lines, i);
		if (has_other_address(r, line, f->addr) || (*line == '\0' && any))
			return;
		any = any || *line != '\0';
		g_string_append_printf(f->block, "%s\n", line);
	}
}

static void
read_line(struct reading *r, guint i)
{
	const char	*at = g_ptr_array_index(r->lines, i);
	char		*addr;
	bool		 mail_from = strcasestr(at, "mail from:") != NULL;

	for (unsigned n = 0; n < MAX_PER_LINE && !mail_from &&
	    (addr = bounce_prose_address(&at)) != NULL; n++, g_free(addr)) {
		struct found	*f;

		if (!is_possible(r->prose, addr))
			continue;
		f = add(r, addr, weigh(r, i, addr));
		if (f != NULL)
			f->line = MIN(f->line, i);
		if (f != NULL && f->block->len < 4096)
			add_block(r, i, f);
	}
}

static bool
is_header_line(const char *line)
{
	static const char *const names[] = {
		"received:", "return-path:", "dkim-signature:", "x-", "mime-version:", "message-id:",
		"from:", "to:", "date:", "subject:", "content-type:", NULL
	};

	line += strspn(line, " \t>|");
	for (size_t i = 0; names[i] != NULL; i++)
		if (g_ascii_strncasecmp(line, names[i], strlen(names[i])) == 0)
			return true;
	return false;
}

/* The first line of the returned message's header, where nothing says so. */
static bool
begins_header(char **lines, size_t i)
{
	const char	*first = lines[i] + strspn(lines[i], " \t>|");
	unsigned	 n = 0;

	if (g_ascii_strncasecmp(first, "received:", 9) == 0 ||
	    g_ascii_strncasecmp(first, "return-path:", 12) == 0 ||
	    g_ascii_strncasecmp(first, "message-id:", 11) == 0)
		return true;
	for (size_t k = i; lines[k] != NULL && k < i + 4 && *lines[k] != '\0'; k++)
		n += is_header_line(lines[k]);
	return n >= 3;
}

/* Is somebody named already who may be the one? */
static bool
names_anybody(const struct reading *r)
{
	for (guint i = 0; i < r->lines->len; i++) {
		const char	*at = g_ptr_array_index(r->lines, i);
		char		*addr = bounce_prose_address(&at);
		bool		 possible = addr != NULL && is_possible(r->prose, addr);

		g_free(addr);
		if (possible)
			return true;
	}
	return false;
}

/*
 * The lines of the bounce itself.  Some put the header of our mail before what
 * they have to say about it: where nobody is named yet, that is passed over.
 */
static void
take_lines(struct reading *r, const char *text)
{
	g_auto(GStrv)	 lines = g_strsplit(text, "\n", MAX_LINES + 1);

	for (size_t i = 0; lines[i] != NULL && i < MAX_LINES; i++) {
		if (i > 0 && bounce_words_cut(lines[i]))
			return;
		if (i > 0 && begins_header(lines, i)) {
			if (names_anybody(r))
				return;
			while (lines[i] != NULL && i < MAX_LINES && lines[i][strspn(lines[i], " \t\r")] != '\0')
				i++;
			if (lines[i] == NULL)
				return;
		}
		g_strstrip(lines[i]);
		g_ptr_array_add(r->lines, g_strndup(lines[i], text_cut(lines[i], strlen(lines[i]), MAX_LINE)));
	}
}

static bool
says_code(const char *line)
{
	char	 status[BOUNCE_STATUS_SIZE];

	return bounce_status_smtp(line) != 0 || bounce_status_written(line, status);
}

/* The lines that hold the code and what follows it; else the first ones. */
static char *
diagnostic_of(const char *block)
{
	g_auto(GStrv)		 lines = g_strsplit(block, "\n", 100);
	g_autoptr(GString)	 out = g_string_new(NULL);
	size_t			 i, first = 0;

	for (i = 0; lines[i] != NULL && !says_code(lines[i]); i++)
		;
	if (lines[i] != NULL)
		first = i;
	while (lines[first] != NULL && *lines[first] == '\0')
		first++;
	for (i = first; lines[i] != NULL && *lines[i] != '\0' && i < first + 6; i++)
		g_string_append_printf(out, "%s ", lines[i]);
	return out->len == 0 ? NULL : text_one_line(out->str, out->len, MAX_DIAGNOSTIC);
}

/* Codes before words, and what is near before the whole. */
static void
find_status(const char *near, const char *whole, char status[BOUNCE_STATUS_SIZE])
{
	if (!bounce_status_written(near, status) && !bounce_status_written(whole, status) &&
	    !bounce_status_meant(near, status))
		bounce_status_meant(whole, status);
}

/* "(expanded from: <alias>)": whom we wrote to, new; NULL if that is addr. */
static char *
original_of(const char *block, const char *addr)
{
	static const char *const words[] = { "expanded from", "generated from", "original address:", NULL };

	for (size_t i = 0; words[i] != NULL; i++) {
		const char	*at = strcasestr(block, words[i]);
		char		*found = at == NULL ? NULL : bounce_prose_address(&at);

		if (found != NULL && g_ascii_strcasecmp(found, addr) != 0)
			return found;
		g_free(found);
	}
	return NULL;
}

/* context: where the reason may stand if not beside the address. */
static void
report(const struct reading *r, const struct found *f, const char *context, struct bounce *b)
{
	const char	*subject = r->prose->subject == NULL ? "" : r->prose->subject;
	bool		 delayed = bounce_words_delay(subject, context) ||
			    bounce_words_delay("", f->block->str);
	char		 status[BOUNCE_STATUS_SIZE] = "";
	g_autofree char	*diagnostic = NULL;
	struct bounce_recipient	*one;

	find_status(f->block->str, context, status);
	diagnostic = diagnostic_of(says_code(f->block->str) || !says_code(context) ?
	    f->block->str : context);
	if (*status == '\0')
		g_strlcpy(status, delayed ? "4.0.0" : "5.0.0", sizeof(status));
	one = bounce_add(b, f->addr, delayed ? "delayed" : *status == '2' ? "delivered" : "failed",
	    status, diagnostic);
	one->original = original_of(f->block->str, f->addr);
}

/* The lines before the first address that counts, or all of them. */
static char *
join_lines(const struct reading *r, enum strength best, bool all)
{
	GString	*text = g_string_new(NULL);
	guint	 end = r->lines->len;

	for (guint i = 0; !all && i < r->found->len; i++) {
		const struct found	*f = g_ptr_array_index(r->found, i);

		if (f->strength == best)
			end = MIN(end, f->line);
	}
	for (guint i = 0; i < end && text->len < MAX_CONTEXT; i++)
		g_string_append_printf(text, "%s\n", (char *)g_ptr_array_index(r->lines, i));
	return g_string_free(text, FALSE);
}

static void
report_all(const struct reading *r, struct bounce *b)
{
	enum strength	 best = UNLIKELY;
	g_autofree char	*context = NULL;
	guint		 n = 0;

	for (guint i = 0; i < r->found->len; i++)
		best = MAX(best, ((struct found *)g_ptr_array_index(r->found, i))->strength);
	for (guint i = 0; i < r->found->len; i++)
		n += ((struct found *)g_ptr_array_index(r->found, i))->strength == best;
	context = join_lines(r, best, n == 1 || best == UNLIKELY);
	for (guint i = 0; i < r->found->len; i++) {
		struct found	*f = g_ptr_array_index(r->found, i);

		if (f->strength != best)
			continue;
		report(r, f, context, b);
		/* of unlikely ones only the first: better than nobody */
		if (best == UNLIKELY)
			return;
	}
}

static void
take_failed(struct reading *r)
{
	for (guint i = 0; r->prose->failed != NULL && i < r->prose->failed->len; i++)
		add(r, g_ptr_array_index(r->prose->failed, i), ALONE);
}

static void
read_subject(struct reading *r)
{
	const char	*at = r->prose->subject == NULL ? "" : r->prose->subject;
	char		*addr;

	for (; (addr = bounce_prose_address(&at)) != NULL; g_free(addr))
		if (is_possible(r->prose, addr))
			add(r, addr, NAMED);
}

void
bounce_prose_parse(const char *text, const struct bounce_prose *prose, struct bounce *b)
{
	struct reading	 r = { prose, g_ptr_array_new_with_free_func(g_free),
			    g_ptr_array_new_with_free_func(found_free) };

	take_lines(&r, text);
	take_failed(&r);
	for (guint i = 0; i < r.lines->len; i++)
		read_line(&r, i);
	if (r.found->len == 0)
		read_subject(&r);
	report_all(&r, b);
	g_ptr_array_free(r.lines, TRUE);
	g_ptr_array_free(r.found, TRUE);
}

char *
bounce_prose_message_id(const char *text)
{
	static const char	 name[] = "message-id:";

	for (const char *p = text; (p = strcasestr(p, name)) != NULL; p++) {
		const char	*start = p, *open, *close;

		while (start > text && strchr(" \t>|", start[-1]) != NULL)
			start--;
		if (start > text && start[-1] != '\n')
			continue;
		open = p + strlen(name);
		open += strspn(open, " \t\n>|");
		if (*open != '<' || (close = strpbrk(open, "> \t\n")) == NULL || *close != '>' ||
		    close - open > 900 || memchr(open, '@', (size_t)(close - open)) == NULL)
			continue;
		return g_strndup(open + 1, (gsize)(close - open - 1));
	}
	return NULL;
}
