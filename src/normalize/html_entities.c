/* SPDX-License-Identifier: ISC */
#include <stdint.h>
#include <string.h>

#include "normalize/html_entities.h"

#define REPLACEMENT	0xFFFD
#define NAME_MAX_LEN	24
#define BARE_MAX_LEN	6	/* "Agrave" */
#define NUMBER_MAX	0x110000	/* where counting stops: no character */

/* What windows-1252 has at 128 to 159; 0 where it has nothing. */
static const uint16_t windows_1252[32] = {
	0x20AC, 0, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021,
	0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0, 0x017D, 0,
	0, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
	0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0, 0x017E, 0x0178,
};

static gunichar
number_character(uint32_t n)
{
	if (n >= 128 && n < 160)
		n = windows_1252[n - 128];
	if (n == '\r')
		return '\n';
	if (n == '\t' || n == '\n' || n == '\f')
		return n == '\f' ? ' ' : n;
	if (n < 32 || n == 127 || n >= NUMBER_MAX || (n >= 0xD800 && n < 0xE000))
		return REPLACEMENT;
	return n;
}

static size_t
read_number(const char *p, size_t len, gunichar *c)
{
	bool		hex = len > 2 && (p[2] == 'x' || p[2] == 'X');
	size_t		i = hex ? 3 : 2, from = i;
	uint32_t	n = 0;

	for (; i < len; i++) {
		int	digit = hex ? g_ascii_xdigit_value(p[i]) : g_ascii_digit_value(p[i]);

		if (digit < 0)
			break;
		if (n < NUMBER_MAX)
			n = n * (hex ? 16 : 10) + (uint32_t)digit;
	}
	if (i == from)
		return 0;
	*c = number_character(n);
	return i < len && p[i] == ';' ? i + 1 : i;
}

static const struct html_entity *
find_name(const char *name)
{
	int	lo = 0, hi = (int)html_entity_count - 1, mid, order;

	while (lo <= hi) {
		mid = (lo + hi) / 2;
		if ((order = strcmp(name, html_entity_rows[mid].name)) == 0)
			return &html_entity_rows[mid];
		if (order < 0)
			hi = mid - 1;
		else
			lo = mid + 1;
	}
	return NULL;
}

/* The longest bare name that text begins with: "&copy2024" is a sign and 2024. */
static size_t
read_bare(char *name, size_t len, bool in_attribute, char next, gunichar *c)
{
	const struct html_entity	*e;
	size_t				 whole = len;

	if (len > BARE_MAX_LEN)
		name[len = BARE_MAX_LEN] = '\0';
	for (; len >= 2; name[--len] = '\0') {
		if ((e = find_name(name)) == NULL || !e->bare)
			continue;
		if (in_attribute && (len < whole || next == '='))
			return 0;
		*c = e->character;
		return len + 1;
	}
	return 0;
}

static size_t
read_name(const char *p, size_t len, bool in_attribute, gunichar *c)
{
	const struct html_entity	*e;
	char				 name[NAME_MAX_LEN + 1];
	size_t				 n = 0;

	while (n < NAME_MAX_LEN && n + 1 < len && g_ascii_isalnum(p[n + 1])) {
		name[n] = p[n + 1];
		n++;
	}
	name[n] = '\0';
	if (n + 1 < len && p[n + 1] == ';' && (e = find_name(name)) != NULL) {
		*c = e->character;
		return n + 2;
	}
	return read_bare(name, n, in_attribute, n + 1 < len ? p[n + 1] : '\0', c);
}

size_t
html_entity_read(const char *p, size_t len, bool in_attribute, gunichar *c)
{
	if (len < 3 || p[0] != '&')
		return 0;
	if (p[1] == '#')
		return read_number(p, len, c);
	return g_ascii_isalpha(p[1]) ? read_name(p, len, in_attribute, c) : 0;
}

void
html_entities_decode(GString *out, const char *p, size_t len, bool in_attribute)
{
	const char	*end = p + len, *amp;
	size_t		 used;
	gunichar	 c;

	while (p < end) {
		amp = memchr(p, '&', (size_t)(end - p));
		if (amp == NULL)
			amp = end;
		g_string_append_len(out, p, amp - p);
		if ((p = amp) == end)
			break;
		used = html_entity_read(p, (size_t)(end - p), in_attribute, &c);
		if (used > 0)
			g_string_append_unichar(out, c);
		else
			g_string_append_c(out, '&');
		p += used > 0 ? used : 1;
	}
}
