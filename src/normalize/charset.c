/* SPDX-License-Identifier: ISC */
/* Which encoding it is: the label, what the bytes prove, and a guess. */
#include "normalize/charset.h"

#include <glib.h>
#include <string.h>

#include "base/text.h"
#include "base/utf8.h"
#include "normalize/charset_labels.h"

/* Multi-byte sequences of UTF-8 in the bytes: the valid ones, and bad bytes. */
static void
count_utf8(const unsigned char *b, size_t len, size_t *good, size_t *bad)
{
	size_t	i = 0, n, k;

	*good = *bad = 0;
	while (i < len) {
		if (b[i] < 0x80) {
			i++;
			continue;
		}
		n = b[i] >= 0xf0 && b[i] < 0xf5 ? 4 : b[i] >= 0xe0 ? 3 : b[i] >= 0xc2 ? 2 : 0;
		if (b[i] >= 0xf5)
			n = 0;
		for (k = 1; k < n && i + k < len && (b[i + k] & 0xc0) == 0x80; k++)
			;
		if (n > 0 && (k == n || i + k == len)) {	/* cut at the end: not bad */
			*good += k == n;
			i += k;
		} else {
			(*bad)++;
			i++;
		}
	}
}

static bool
is_ascii(const char *bytes, size_t len)
{
	return utf8_is_ascii(bytes, len) && memchr(bytes, 0x1b, len) == NULL;
}

/* Escape sequences of ISO-2022 in text that has no high bytes. */
static const char *
find_escapes(const char *bytes, size_t len)
{
	const char	*at = bytes, *end = bytes + len;

	while ((at = memchr(at, 0x1b, (size_t)(end - at))) != NULL) {
		if (end - at >= 4 && memcmp(at, "\033$)C", 4) == 0)
			return "iso-2022-kr";
		if (end - at >= 4 && (memcmp(at, "\033$)A", 4) == 0 || memcmp(at, "\033$)G", 4) == 0))
			return "iso-2022-cn";
		if (end - at >= 3 && (memcmp(at, "\033$B", 3) == 0 ||
		    memcmp(at, "\033$@", 3) == 0 || memcmp(at, "\033(I", 3) == 0))
			return "iso-2022-jp";
		at++;
	}
	return NULL;
}

/* What the bytes themselves prove, whatever the label says; or NULL. */
static const char *
proven(const char *bytes, size_t len, const char *name)
{
	size_t		 good, bad;
	const char	*iso2022;

	if (len >= 3 && memcmp(bytes, "\357\273\277", 3) == 0)
		return "utf-8";
	if (len >= 4 && len % 2 == 0 && (memcmp(bytes, "\377\376", 2) == 0 ||
	    memcmp(bytes, "\376\377", 2) == 0))
		return "utf-16";
	if (name != NULL && (g_str_has_prefix(name, "utf-16") || g_str_has_prefix(name, "utf-32")))
		return NULL;
	if ((iso2022 = find_escapes(bytes, len)) != NULL) {
		if (name == NULL || !g_str_has_prefix(name, "iso-2022"))
			return iso2022;
		return NULL;
	}
	count_utf8((const unsigned char *)bytes, len, &good, &bad);
	if (bad == 0 && (good > 1 || (good > 0 && (name == NULL || !charset_is_multibyte(name)))))
		return "utf-8";
	if (name != NULL && strcmp(name, "utf-8") == 0 && good > 2 * bad)
		return "utf-8";
	return NULL;
}

/* EUC-JP read as Shift_JIS is valid, but made of half-width kana. */
static bool
is_mostly_halfwidth(const char *utf8)
{
	size_t		 half = 0, all = 0;
	const char	*at;
	gunichar	 c;

	for (at = utf8; *at != '\0'; at = g_utf8_next_char(at)) {
		c = g_utf8_get_char(at);
		all += c >= 0x80;
		half += c >= 0xff61 && c <= 0xff9f;
	}
	return all > 4 && half * 10 > all * 6;
}

/* Labelled as UTF-8, and that is what it is: nothing to choose or convert. */
static bool
is_as_labelled(const char *bytes, size_t len, const char *name)
{
	return name != NULL && strcmp(name, "utf-8") == 0 && utf8_is_valid(bytes, len, NULL) &&
	    memchr(bytes, 0x1b, len) == NULL;
}

static const char *
choose(const char *bytes, size_t len, const char *declared, bool *guessed)
{
	const char		*name = charset_find(declared), *sure;
	g_autofree char		*tried = NULL;
	bool			 damaged = false;

	if ((sure = proven(bytes, len, name)) != NULL) {
		*guessed = name == NULL || strcmp(sure, name) != 0;
		return sure;
	}
	*guessed = true;
	if (name == NULL || strcmp(name, "utf-8") == 0 || charset_labels_is_ascii(declared))
		return charset_guess(bytes, len);
	if (charset_is_multibyte(name)) {
		tried = charset_convert(bytes, len, name, false, &damaged);
		*guessed = false;
		if (tried != NULL && (strcmp(name, "shift_jis") != 0 || !is_mostly_halfwidth(tried)))
			return name;
		sure = charset_guess(bytes, len);
		if (!charset_is_multibyte(sure) &&
		    (sure = charset_contradicted(bytes, len, name)) == NULL)
			return name;
		*guessed = strcmp(sure, name) != 0;
		return sure;
	}
	if ((sure = charset_contradicted(bytes, len, name)) != NULL)
		return sure;
	*guessed = false;
	return name;
}

char *
charset_decode(const char *bytes, size_t len, const char *declared, struct charset_used *used)
{
	struct charset_used	 mine;
	const char		*name = charset_find(declared);
	char			*utf8;

	if (used == NULL)
		used = &mine;
	used->guessed = used->damaged = false;
	used->name = "us-ascii";
	if (is_ascii(bytes, len) && (name == NULL || (strcmp(name, "utf-7") != 0 &&
	    strcmp(name, "iso-2022-kr") != 0 && strcmp(name, "hz-gb-2312") != 0)))
		return text_copy(bytes, len);
	if (is_as_labelled(bytes, len, name)) {
		used->name = name;
		utf8 = text_copy(bytes, len);
	} else {
		used->name = choose(bytes, len, declared, &used->guessed);
		utf8 = charset_convert(bytes, len, used->name, true, &used->damaged);
	}
	if (utf8 == NULL)
		utf8 = charset_convert(bytes, len, "utf-8", true, &used->damaged);
	if (g_str_has_prefix(utf8, "\357\273\277"))
		memmove(utf8, utf8 + 3, strlen(utf8 + 3) + 1);
	return utf8;
}

char *
charset_from_html(const char *bytes, size_t len)
{
	g_autofree char	*head = g_ascii_strdown(bytes, (gssize)MIN(len, 2048));
	const char	*at = head, *start;
	size_t		 n;

	while ((at = strstr(at, "charset")) != NULL) {
		at += strlen("charset");
		start = at + strspn(at, " \t\r\n");
		if (*start != '=')
			continue;
		start++;
		start += strspn(start, " \t\r\n\"'");
		n = strcspn(start, " \t\r\n\"';>/");
		if (n > 0 && n < 40)
			return g_strndup(start, n);
	}
	return NULL;
}
