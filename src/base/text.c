/* SPDX-License-Identifier: ISC */
#include "base/text.h"

#include <glib.h>
#include <string.h>

#define REPLACEMENT	"\xef\xbf\xbd"

static bool
is_kept_control(unsigned char c)
{
	return c == '\t' || c == '\n';
}

/* Bytes that text_valid() can copy without a look: printable, or UTF-8. */
static size_t
plain_run(const char *at, const char *end)
{
	const char	*p = at;

	while (p < end && ((unsigned char)*p >= 0x20 || is_kept_control((unsigned char)*p)) &&
	    *p != 0x7f)
		p++;
	return (size_t)(p - at);
}

/* One stretch without controls: valid parts as they are, bad bytes replaced. */
static void
append_valid(GString *out, const char *bytes, size_t len, bool *changed)
{
	const char	*bad, *end = bytes + len;

	while (bytes < end && !g_utf8_validate_len(bytes, (gsize)(end - bytes), &bad)) {
		g_string_append_len(out, bytes, bad - bytes);
		g_string_append(out, REPLACEMENT);
		*changed = true;
		/* One replacement for one broken character, not for each byte. */
		for (bytes = bad + 1; bytes < end && ((unsigned char)*bytes & 0xc0) == 0x80; )
			bytes++;
	}
	g_string_append_len(out, bytes, end - bytes);
}

char *
text_valid(const char *bytes, size_t len, bool *changed)
{
	const char	*at = bytes, *end = bytes + len;
	GString		*out = g_string_sized_new(len + 1);
	bool		 replaced = false;

	while (at < end) {
		size_t	run = plain_run(at, end);

		append_valid(out, at, run, &replaced);
		at += run;
		if (at >= end)
			break;
		if (*at == '\r') {
			g_string_append_c(out, '\n');
			if (at + 1 < end && at[1] == '\n')
				at++;
		} else if (*at == '\f' || *at == '\v')
			g_string_append_c(out, '\n');
		at++;
	}
	if (replaced && changed != NULL)
		*changed = true;
	return g_string_free(out, FALSE);
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
		if (g_unichar_isspace(c)) {
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
