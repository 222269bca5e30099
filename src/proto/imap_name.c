/* SPDX-License-Identifier: ISC */
#include "proto/imap_name.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/text.h"

static const char digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";

static bool
is_plain(gunichar c)
{
	return c >= 0x20 && c <= 0x7e;
}

struct bits {
	GString		*out;
	uint32_t	 held;
	unsigned	 count;
};

static void
put_unit(struct bits *b, unsigned unit)
{
	b->held = b->held << 16 | unit;
	b->count += 16;
	while (b->count >= 6) {
		b->count -= 6;
		g_string_append_c(b->out, digits[b->held >> b->count & 63]);
	}
	b->held &= (1U << b->count) - 1;
}

static void
put_shifted(struct bits *b, gunichar c)
{
	if (c > 0xffff) {
		c -= 0x10000;
		put_unit(b, 0xd800 | (c >> 10 & 0x3ff));
		put_unit(b, 0xdc00 | (c & 0x3ff));
	} else {
		put_unit(b, c);
	}
}

char *
imap_name_encode(const char *utf8)
{
	g_autofree char	*valid = g_utf8_make_valid(utf8, -1);
	GString		*out = g_string_new(NULL);
	const char	*p = valid;

	if (g_ascii_strcasecmp(utf8, "INBOX") == 0)
		return g_string_free(g_string_assign(out, "INBOX"), FALSE);
	while (*p != '\0') {
		struct bits	b = { out, 0, 0 };
		gunichar	c = g_utf8_get_char(p);

		if (is_plain(c)) {
			g_string_append_c(out, (char)c);
			if (c == '&')
				g_string_append_c(out, '-');
			p = g_utf8_next_char(p);
			continue;
		}
		g_string_append_c(out, '&');
		while (*p != '\0' && !is_plain(c = g_utf8_get_char(p))) {
			put_shifted(&b, c);
			p = g_utf8_next_char(p);
		}
		if (b.count > 0)
			g_string_append_c(out, digits[b.held << (6 - b.count) & 63]);
		g_string_append_c(out, '-');
	}
	return g_string_free(out, FALSE);
}

/* From behind a '&' to its '-': the UTF-16 units as UTF-8; NULL if wrong. */
static const char *
take_shifted(const char *p, const char *end, GString *out)
{
	g_autoptr(GArray)	 units = g_array_new(FALSE, FALSE, sizeof(gunichar2));
	g_autofree char		*utf8 = NULL;
	uint32_t		 held = 0;
	unsigned		 count = 0;
	const char		*digit;
	glong			 written;

	for (; p < end && *p != '-'; p++) {
		if (*p == '\0' || (digit = strchr(digits, *p)) == NULL)
			return NULL;
		held = (held << 6 | (uint32_t)(digit - digits)) & 0xffffff;
		count += 6;
		if (count >= 16) {
			gunichar2 unit = (gunichar2)(held >> (count - 16));

			count -= 16;
			g_array_append_val(units, unit);
		}
	}
	if (p == end || units->len == 0)
		return NULL;
	utf8 = g_utf16_to_utf8((gunichar2 *)(void *)units->data, units->len, NULL,
	    &written, NULL);
	if (utf8 == NULL || (size_t)written != strlen(utf8))
		return NULL;
	g_string_append(out, utf8);
	return p + 1;
}

char *
imap_name_decode(const char *name, size_t len)
{
	g_autoptr(GString)	 out = g_string_new(NULL);
	const char		*p = name, *end = name + len;

	while (p < end) {
		if (*p != '&') {
			if (!is_plain((unsigned char)*p))
				return text_valid(name, len, NULL);
			g_string_append_c(out, *p++);
		} else if (end - p > 1 && p[1] == '-') {
			g_string_append_c(out, '&');
			p += 2;
		} else if ((p = take_shifted(p + 1, end, out)) == NULL) {
			return text_valid(name, len, NULL);
		}
	}
	return text_valid(out->str, out->len, NULL);
}

void
imap_name_quote(GString *out, const char *name)
{
	g_string_append_c(out, '"');
	for (; *name != '\0'; name++) {
		if (*name == '"' || *name == '\\')
			g_string_append_c(out, '\\');
		g_string_append_c(out, *name);
	}
	g_string_append_c(out, '"');
}
