/* SPDX-License-Identifier: ISC */
#include "proto/imap_lex.h"

#include <string.h>

#define MAX_DEPTH	32

bool
imap_lex_space(struct imap_lex *l)
{
	const char	*p = l->p;

	while (l->p < l->end && *l->p == ' ')
		l->p++;
	return l->p > p;
}

bool
imap_lex_char(struct imap_lex *l, char c)
{
	if (l->p == l->end || *l->p != c)
		return false;
	l->p++;
	return true;
}

static bool
ends_word(char c)
{
	return c == ' ' || c == '(' || c == ')' || c == '"' || c == '\r' || c == '\n';
}

bool
imap_lex_word(struct imap_lex *l, struct imap_span *out)
{
	const char	*p = l->p;

	while (p < l->end && !ends_word(*p))
		p++;
	if (p == l->p)
		return false;
	out->p = l->p;
	out->len = (size_t)(p - l->p);
	l->p = p;
	return true;
}

bool
imap_lex_item(struct imap_lex *l, struct imap_span *out)
{
	const char	*p = l->p;
	bool		 inside = false, quotes = false;

	while (p < l->end && (inside || !ends_word(*p))) {
		if (*p == '"')
			quotes = !quotes;
		else if (!quotes && (*p == '[' || *p == ']'))
			inside = *p == '[';
		p++;
	}
	if (p == l->p || inside)
		return false;
	out->p = l->p;
	out->len = (size_t)(p - l->p);
	l->p = p;
	return true;
}

static bool
parse_digits(const char *p, const char *end, uint64_t *out, const char **after)
{
	uint64_t	n = 0;
	const char	*first = p;

	for (; p < end && *p >= '0' && *p <= '9'; p++) {
		if (n > (UINT64_MAX - 9) / 10)
			return false;
		n = n * 10 + (uint64_t)(*p - '0');
	}
	*out = n;
	*after = p;
	return p > first;
}

bool
imap_lex_number(struct imap_lex *l, uint64_t *out)
{
	const char	*after;
	uint64_t	 n;

	if (!parse_digits(l->p, l->end, &n, &after))
		return false;
	*out = n;
	l->p = after;
	return true;
}

bool
imap_lex_number32(struct imap_lex *l, uint32_t *out)
{
	struct imap_lex	at = *l;
	uint64_t	n;

	if (!imap_lex_number(&at, &n) || n > UINT32_MAX)
		return false;
	*out = (uint32_t)n;
	*l = at;
	return true;
}

static bool
quoted(struct imap_lex *l, GString *out)
{
	const char	*p;

	for (p = l->p + 1; p < l->end && *p != '"'; p++) {
		if (*p == '\\' && ++p == l->end)
			return false;
		if (out != NULL)
			g_string_append_c(out, *p);
	}
	if (p == l->end)
		return false;
	l->p = p + 1;
	return true;
}

static bool
literal(struct imap_lex *l, GString *out)
{
	const char	*p = l->p + (*l->p == '~') + 1;
	uint64_t	 n;

	if (p >= l->end || p[-1] != '{' || !parse_digits(p, l->end, &n, &p))
		return false;
	if (p < l->end && *p == '+')
		p++;
	if (l->end - p < 3 || memcmp(p, "}\r\n", 3) != 0)
		return false;
	p += 3;
	if ((uint64_t)(l->end - p) < n)
		return false;
	if (out != NULL)
		g_string_append_len(out, p, (gssize)n);
	l->p = p + n;
	return true;
}

bool
imap_lex_string(struct imap_lex *l, GString *out)
{
	size_t	had = out != NULL ? out->len : 0;

	if (l->p == l->end)
		return false;
	if (*l->p == '"' ? quoted(l, out) :
	    (*l->p == '{' || *l->p == '~') && literal(l, out))
		return true;
	if (out != NULL)
		g_string_truncate(out, had);
	return false;
}

bool
imap_lex_astring(struct imap_lex *l, GString *out)
{
	struct imap_span	word;

	if (imap_lex_string(l, out))
		return true;
	if (!imap_lex_word(l, &word))
		return false;
	g_string_append_len(out, word.p, (gssize)word.len);
	return true;
}

bool
imap_lex_streamed(struct imap_lex *l)
{
	const size_t	len = strlen(IMAP_LEX_STREAMED);

	if ((size_t)(l->end - l->p) < len || memcmp(l->p, IMAP_LEX_STREAMED, len) != 0)
		return false;
	l->p += len;
	return true;
}

bool
imap_lex_skip(struct imap_lex *l)
{
	struct imap_lex		at = *l;
	struct imap_span	word;
	unsigned		depth = 0;

	do {
		imap_lex_space(&at);
		if (imap_lex_char(&at, '(')) {
			if (++depth > MAX_DEPTH)
				return false;
		} else if (imap_lex_char(&at, ')')) {
			if (depth-- == 0)
				return false;
		} else if (!imap_lex_string(&at, NULL) && !imap_lex_streamed(&at) &&
		    !imap_lex_item(&at, &word)) {
			return false;
		}
	} while (depth > 0);
	*l = at;
	return true;
}

bool
imap_span_is(const struct imap_span *s, const char *word)
{
	return s->len == strlen(word) && g_ascii_strncasecmp(s->p, word, s->len) == 0;
}

bool
imap_span_begins(const struct imap_span *s, const char *word)
{
	size_t	len = strlen(word);

	return s->len >= len && g_ascii_strncasecmp(s->p, word, len) == 0;
}

/* Is the last byte of the text inside a quoted string? */
static bool
ends_quoted(const char *text, size_t len)
{
	bool	inside = false;
	size_t	i;

	for (i = 0; i < len; i++) {
		if (inside && text[i] == '\\')
			i++;
		else if (text[i] == '"')
			inside = !inside;
	}
	return inside;
}

int
imap_lex_literal_at_end(const char *text, size_t len, uint64_t max,
    uint64_t *size, size_t *begin)
{
	const char	*brace, *p, *end;

	if (len < 2 || text[len - 1] != '}' || ends_quoted(text, len) ||
	    (brace = memrchr(text, '{', len)) == NULL)
		return 0;
	p = brace + 1;
	end = text + len - 1;
	if (p < end && !(*p >= '0' && *p <= '9') && *p != '-' && *p != '+')
		return 0;
	if (!parse_digits(p, end, size, &p) || *size > max)
		return -1;
	if (p < end && *p == '+')
		p++;
	if (p != end)
		return -1;
	*begin = (size_t)(brace - text);
	if (*begin > 0 && text[*begin - 1] == '~')
		--*begin;
	return 1;
}
