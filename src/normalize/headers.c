/* SPDX-License-Identifier: ISC */
/* Finds the lines of a header block and where it ends. */
#include "normalize/headers.h"

#include <string.h>

#include "normalize/mail_view.h"

struct scan {
	const char	*at, *end;
	GPtrArray	*list;
	GString		*line;		/* the header being put together */
	size_t		 bytes;		/* taken so far */
	bool		 cut;
};

/* Length of the line at p without its end; *next is behind the end. */
static size_t
line_at(const char *p, const char *end, const char **next)
{
	const char	*lf = memchr(p, '\n', (size_t)(end - p));
	size_t		 n;

	if (lf == NULL) {
		*next = end;
		n = (size_t)(end - p);
	} else {
		*next = lf + 1;
		n = (size_t)(lf - p);
	}
	while (n > 0 && p[n - 1] == '\r')
		n--;
	return n;
}

/* Length of the field name if "name:" begins here, else 0. */
static size_t
field_name(const char *p, size_t n)
{
	size_t	i = 0, name;

	while (i < n && ((p[i] > ' ' && p[i] < 127 && p[i] != ':') || (p[i] == '\0' && i > 0)))
		i++;
	name = i;
	while (i < n && (p[i] == ' ' || p[i] == '\t'))
		i++;
	return i < n && p[i] == ':' && name <= 200 ? name : 0;
}

static bool
is_blank(const char *p, size_t n)
{
	size_t	i;

	for (i = 0; i < n; i++)
		if (p[i] != ' ' && p[i] != '\t' && p[i] != '\0')
			return false;
	return true;
}

/* Names that make us sure that a line is a header, not prose with a colon. */
static bool
is_common(const char *p, size_t name)
{
	static const char *const names[] = { "received", "from", "to", "cc", "subject", "date",
	    "message-id", "mime-version", "content-type", "content-transfer-encoding",
	    "content-disposition", "reply-to", "return-path", "in-reply-to", "references",
	    "sender", "delivered-to", "dkim-signature", "authentication-results", "importance",
	    "thread-index", "thread-topic", "user-agent", "bcc", "priority" };
	size_t	i;

	if (name > 2 && g_ascii_strncasecmp(p, "x-", 2) == 0)
		return true;
	for (i = 0; i < G_N_ELEMENTS(names); i++)
		if (strlen(names[i]) == name && g_ascii_strncasecmp(p, names[i], name) == 0)
			return true;
	return false;
}

static bool
is_common_name(const char *p, size_t n)
{
	size_t	name = field_name(p, n);

	return name > 0 && is_common(p, name);
}

/* "Date Sat, 21 Nov", the colon got lost; the mbox line "From ann@..." too. */
static bool
has_lost_colon(const char *p, size_t n)
{
	size_t	i;

	for (i = 0; i < n && p[i] > ' ' && p[i] < 127; i++)
		continue;
	return i < n && i > 0 && is_common(p, i);
}

/* Blanks before the first header that make it look like a continuation; else 0. */
static size_t
indent_of_name(const char *p, size_t n)
{
	size_t	i = 0;

	while (i < n && (p[i] == ' ' || p[i] == '\t'))
		i++;
	return is_common_name(p + i, n - i) ? i : 0;
}

static void
end_header(struct scan *s)
{
	size_t	 name = field_name(s->line->str, s->line->len);
	char	*colon, *value;

	if (name > 0 && s->list->len >= HEADERS_MAX)
		s->cut = true;
	else if (name > 0) {
		colon = strchr(s->line->str + name, ':');
		s->line->str[name] = '\0';
		value = colon + 1;
		g_ptr_array_add(s->list, mail_header_new(s->line->str, value));
	}
	g_string_truncate(s->line, 0);
}

/* Add a line's bytes to the header, without NULs and lone CRs, within the caps. */
static void
add_line(struct scan *s, const char *p, size_t n)
{
	size_t	i;

	if (s->bytes + n > HEADERS_MAX_BYTES || s->line->len + n > HEADERS_MAX_LINE) {
		s->cut = true;
		n = MIN(n, HEADERS_MAX_LINE - MIN(s->line->len, HEADERS_MAX_LINE));
		n = MIN(n, HEADERS_MAX_BYTES - MIN(s->bytes, HEADERS_MAX_BYTES));
	}
	s->bytes += n;
	if (memchr(p, '\0', n) == NULL && memchr(p, '\r', n) == NULL) {
		g_string_append_len(s->line, p, (gssize)n);
		return;
	}
	for (i = 0; i < n; i++)
		if (p[i] != '\0')
			g_string_append_c(s->line, p[i] == '\r' ? ' ' : p[i]);
}

/* "From ann@example.com Sat Nov 21 ...": for mails that say it nowhere else. */
static void
keep_envelope(struct scan *s, const char *p, size_t n)
{
	g_autofree char	*value = g_strndup(p, MIN(n, HEADERS_MAX_MBOX_FROM));

	value[strcspn(value, " \t")] = '\0';
	if (s->list->len == 0 && strchr(value, '@') != NULL)
		g_ptr_array_add(s->list, mail_header_new(HEADERS_MBOX_FROM, value));
}

/* Blank lines, byte order mark, mbox and Unix "From " lines before the header. */
static void
skip_envelope(struct scan *s)
{
	const char	*next, *p = s->at;
	size_t		 n;

	if (s->end - p >= 3 && memcmp(p, "\357\273\277", 3) == 0)
		p += 3;
	for (s->at = p; p < s->end; p = next) {
		n = line_at(p, s->end, &next);
		p += indent_of_name(p, n);
		if (field_name(p, line_at(p, s->end, &next)) > 0)
			break;
		if (n > 5 && memcmp(p, "From ", 5) == 0)
			keep_envelope(s, p + 5, n - 5);
		else if (!is_blank(p, n) && !(n > 6 && memcmp(p, ">From ", 6) == 0))
			return;
	}
	if (p < s->end)
		s->at = p;
}

/*
 * A line that is neither a header nor a continuation: junk inside the header
 * if a well-known one follows within two lines, else the body has begun.
 */
static bool
header_goes_on(const char *next, const char *end)
{
	const char	*p = next;
	size_t		 n;
	int		 i;

	for (i = 0; i < 2 && p < end; i++) {
		n = line_at(p, end, &next);
		if (n == 0)
			return false;
		if (is_common_name(p, n))
			return true;
		p = next;
	}
	return false;
}

size_t
headers_scan(const char *bytes, size_t len, bool top, GPtrArray *list, bool *cut)
{
	struct scan	 s = { bytes, bytes + len, list, g_string_sized_new(256), 0, false };
	const char	*next;
	size_t		 n;

	if (top)
		skip_envelope(&s);
	for (; s.at < s.end; s.at = next) {
		n = line_at(s.at, s.end, &next);
		if (n == 0 || (is_blank(s.at, n) && !header_goes_on(next, s.end))) {
			s.at = next;
			break;
		}
		if ((*s.at == ' ' || *s.at == '\t') && s.line->len > 0) {
			add_line(&s, s.at, n);
		} else if (field_name(s.at, n) > 0) {
			end_header(&s);
			add_line(&s, s.at, n);
		} else if (header_goes_on(next, s.end)) {
			if (s.line->len > 0 && !has_lost_colon(s.at, n)) {
				add_line(&s, " ", 1);
				add_line(&s, s.at, n);
			}
		} else {
			break;
		}
	}
	end_header(&s);
	g_string_free(s.line, TRUE);
	if (s.cut)
		*cut = true;
	return (size_t)(s.at - bytes);
}
