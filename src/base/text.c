/* SPDX-License-Identifier: ISC */
#include "base/text.h"

#include <glib.h>
#include <string.h>

#include "base/utf8.h"

#define REPLACEMENT	"\xef\xbf\xbd"

enum { BLOCK = 64 };

/* Printable, or a byte of UTF-8: everything but most controls. */
static inline bool
is_plain(unsigned char c)
{
	return (c >= 0x20 && c != 0x7f) || c == '\t' || c == '\n';
}

/* Without a branch in it: the compiler makes a few vector instructions of it. */
static bool
block_is_plain(const char *at)
{
	unsigned char	odd = 0;
	int		i;

	for (i = 0; i < BLOCK; i++)
		odd |= !is_plain((unsigned char)at[i]);
	return odd == 0;
}

/* Bytes that text_valid() can copy without a look. */
static size_t
plain_run(const char *at, const char *end)
{
	const char	*p = at;

	while (end - p >= BLOCK && block_is_plain(p))
		p += BLOCK;
	while (p < end && is_plain((unsigned char)*p))
		p++;
	return (size_t)(p - at);
}

/* A copy with LF for CR LF and CR; *out_len is its length. */
static char *
with_newlines(const char *bytes, size_t len, size_t *out_len)
{
	char		*copy = g_malloc(len + 1), *to = copy;
	const char	*at = bytes, *end = bytes + len, *cr;

	while ((cr = memchr(at, '\r', (size_t)(end - at))) != NULL) {
		memcpy(to, at, (size_t)(cr - at));
		to += cr - at;
		*to++ = '\n';
		at = cr + 1 + (cr + 1 < end && cr[1] == '\n');
	}
	memcpy(to, at, (size_t)(end - at));
	to += end - at;
	*to = '\0';
	*out_len = (size_t)(to - copy);
	return copy;
}

/* One stretch without controls: valid parts as they are, bad bytes replaced. */
static void
append_valid(GString *out, const char *bytes, size_t len, bool *changed)
{
	const char	*bad, *end = bytes + len;

	while (bytes < end && !utf8_is_valid(bytes, (size_t)(end - bytes), &bad)) {
		g_string_append_len(out, bytes, bad - bytes);
		g_string_append(out, REPLACEMENT);
		*changed = true;
		/* One replacement for one broken character, not for each byte. */
		for (bytes = bad + 1; bytes < end && ((unsigned char)*bytes & 0xc0) == 0x80; )
			bytes++;
	}
	g_string_append_len(out, bytes, end - bytes);
}

/* The bytes as text, whatever they are. */
static char *
repair(const char *at, const char *end, bool *changed)
{
	GString	*out = g_string_sized_new((size_t)(end - at) + 1);

	while (at < end) {
		size_t	run = plain_run(at, end);

		append_valid(out, at, run, changed);
		at += run;
		if (at == end)
			break;
		if (*at == '\f' || *at == '\v')
			g_string_append_c(out, '\n');
		at++;
	}
	return g_string_free(out, FALSE);
}

char *
text_valid(const char *bytes, size_t len, bool *changed)
{
	size_t	 n;
	char	*copy, *good;
	bool	 replaced = false;

	if (len == 0)
		return g_strdup("");
	copy = with_newlines(bytes, len, &n);
	/* As nearly always. */
	if (plain_run(copy, copy + n) == n && utf8_is_valid(copy, n, NULL))
		return copy;
	good = repair(copy, copy + n, &replaced);
	g_free(copy);
	if (replaced && changed != NULL)
		*changed = true;
	return good;
}

char *
text_copy(const char *bytes, size_t len)
{
	char	*copy = g_malloc(len + 1);

	if (len > 0)
		memcpy(copy, bytes, len);
	copy[len] = '\0';
	return copy;
}

/* Characters that change the direction of, or hide, what is beside them. */
static bool
is_deceptive(gunichar c)
{
	return (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) ||
	    c == 0x200e || c == 0x200f || c == 0x061c || c == 0xfeff ||
	    c == 0x2028 || c == 0x2029 || c == 0x200b || (c >= 0x80 && c <= 0x9f);
}

char *
text_one_line(const char *bytes, size_t len, size_t max)
{
	g_autofree char	*valid = text_valid(bytes, len, NULL);
	GString		*out = g_string_sized_new(MIN(len, max) + 1);
	const char	*p;
	bool		 blank = false;

	for (p = valid; *p != '\0'; p = g_utf8_next_char(p)) {
		gunichar	c = g_utf8_get_char(p);

		if (is_deceptive(c))
			continue;
		if (c < 0x80 ? g_ascii_isspace((char)c) : g_unichar_isspace(c)) {
			blank = out->len > 0;
			continue;
		}
		if (blank)
			g_string_append_c(out, ' ');
		blank = false;
		g_string_append_unichar(out, c);
		if (out->len > max)
			break;
	}
	g_string_truncate(out, text_cut(out->str, out->len, max));
	return g_string_free(out, FALSE);
}

size_t
text_cut(const char *utf8, size_t len, size_t max)
{
	size_t	n = max;

	if (len <= max)
		return len;
	while (n > 0 && ((unsigned char)utf8[n] & 0xc0) == 0x80)
		n--;
	return n;
}

bool
text_is_line(const char *s)
{
	const char	*p;

	if (!g_utf8_validate(s, -1, NULL))
		return false;
	for (p = s; *p != '\0'; p = g_utf8_next_char(p)) {
		gunichar	c = g_utf8_get_char(p);

		if (g_unichar_iscntrl(c) || c == 0x2028 || c == 0x2029)
			return false;
	}
	return true;
}

bool
text_is_address(const char *s)
{
	const char	*at = strrchr(s, '@'), *p;
	size_t		 len = strlen(s);

	if (at == NULL || at == s || at[1] == '\0' || len > 254 || at - s > 64)
		return false;
	if (!text_is_line(s) || *s == '-')
		return false;
	for (p = s; *p != '\0'; p++)
		if (strchr(" <>()[]\\,;:\"", *p) != NULL || (*p == '@' && p != at))
			return false;
	for (p = at + 1; *p != '\0'; p++)
		if (!g_ascii_isalnum(*p) && *p != '-' && *p != '.' && !((unsigned char)*p & 0x80))
			return false;
	return at[1] != '.' && at[1] != '-' && s[len - 1] != '.' && strstr(at, "..") == NULL;
}
