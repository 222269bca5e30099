/* SPDX-License-Identifier: ISC */
/* Which encoding it is: the label, what the bytes prove, and a guess. */
#include "normalize/charset.h"

#include <glib.h>
#include <string.h>

#include "base/text.h"
#include "base/utf8.h"
#include "normalize/charset_labels.h"

/* What there is of UTF-8 in bytes. */
struct utf8_count {
	size_t	good, bad;	/* sequences of several bytes; bytes that are in none */
	size_t	longer;		/* of the good ones, those of more than two bytes */
	size_t	lone;		/* of the good ones, those beside an ASCII letter and no other */
	bool	cut;		/* the last one is not complete */
};

static bool
is_lone(const unsigned char *b, size_t len, size_t at, size_t n)
{
	bool	before = at == 0 || b[at - 1] < 0x80, behind = at + n >= len || b[at + n] < 0x80;

	return before && behind && ((at > 0 && g_ascii_isalpha((char)b[at - 1])) ||
	    (at + n < len && g_ascii_isalpha((char)b[at + n])));
}

static struct utf8_count
count_utf8(const unsigned char *b, size_t len)
{
	struct utf8_count	c = { 0, 0, 0, 0, false };
	size_t			i = 0, n, k;

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
		if (n > 0 && (k == n || i + k == len)) {	/* or cut at the end */
			c.good += k == n;
			c.longer += k == n && n > 2;
			c.lone += k == n && is_lone(b, len, i, n);
			/* a single byte there is a letter of Latin-1 as well as not */
			c.cut = k < n && (k > 1 || n == 2);
			c.bad += k < n && !c.cut;
			i += k;
		} else {
			c.bad++;
			i++;
		}
	}
	return c;
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

/*
 * Two or three characters of a double-byte encoding are valid UTF-8 now and
 * then: "\xd0\xbb\xd0\xbb" is thanks in Chinese.  There the label is believed.
 */
static bool
is_short_double(const struct utf8_count *u, const char *name)
{
	return name != NULL && charset_is_multibyte(name) && strcmp(name, "utf-8") != 0 &&
	    u->lone == 0 && (u->good == 1 || (u->longer == 0 && u->good <= 3));
}

/* Labelled as UTF-8: is it that, with some bytes broken or the end cut off? */
static bool
is_damaged_utf8(const struct utf8_count *u)
{
	return u->good > 2 * u->bad || (u->good >= 8 && u->good >= u->bad) ||
	    (u->lone > 0 && u->lone >= u->bad) || (u->cut && u->bad == 0);
}

/* What the bytes themselves prove, whatever the label says; or NULL. */
static const char *
proven(const char *bytes, size_t len, const char *name)
{
	struct utf8_count	 u;
	const char		*iso2022;

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
	u = count_utf8((const unsigned char *)bytes, len);
	if (u.bad == 0 && u.good > 0 && !is_short_double(&u, name))
		return "utf-8";
	if (name != NULL && strcmp(name, "utf-8") == 0 && is_damaged_utf8(&u))
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
		if (tried != NULL && !is_mostly_halfwidth(tried)) {
			sure = charset_contradicted(bytes, len, name);
			*guessed = sure != NULL;
			return sure != NULL ? sure : name;
		}
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

/* The line at p, with its end. */
static size_t
line_length(const char *p, const char *end)
{
	const char	*lf = memchr(p, '\n', (size_t)(end - p));

	return (size_t)((lf != NULL ? lf + 1 : end) - p);
}

/* Not UTF-8, not even damaged. */
static bool
is_foreign_line(const char *p, size_t n)
{
	struct utf8_count	u = count_utf8((const unsigned char *)p, n);

	return u.bad > 0 && u.good <= u.bad;
}

/* The lines that are not UTF-8, if there are others that are and weigh more; or NULL. */
static GString *
foreign_lines(const char *bytes, size_t len)
{
	GString		*foreign = g_string_new(NULL);
	const char	*p, *end = bytes + len;
	size_t		 n, good = 0, bad = 0;

	for (p = bytes; p < end; p += n) {
		struct utf8_count	u;

		n = line_length(p, end);
		u = count_utf8((const unsigned char *)p, n);
		if (u.bad == 0) {
			good += u.good;
		} else if (u.good <= u.bad) {
			bad += u.bad;
			g_string_append_len(foreign, p, (gssize)n);
		}
	}
	if (bad > 0 && good >= bad)
		return foreign;
	g_string_free(foreign, TRUE);
	return NULL;
}

/*
 * A text in UTF-8 with something older put below or above it, a list's
 * footer or an old quotation: each line in its own encoding.
 */
static char *
decode_mixed(const char *bytes, size_t len, bool *damaged)
{
	g_autoptr(GString)	foreign = foreign_lines(bytes, len);
	GString			*out;
	const char		*p, *end = bytes + len, *older;
	size_t			 n;

	if (foreign == NULL)
		return NULL;
	older = charset_guess(foreign->str, foreign->len);
	out = g_string_sized_new(len + 64);
	for (p = bytes; p < end; p += n) {
		g_autofree char	*line = NULL;

		n = line_length(p, end);
		line = charset_convert(p, n, is_foreign_line(p, n) ? older : "utf-8", true, damaged);
		if (line != NULL)
			g_string_append(out, line);
	}
	return g_string_free(out, FALSE);
}

/* What is neither ASCII nor the UTF-8 that it claims to be. */
static char *
decode_other(const char *bytes, size_t len, const char *declared, struct charset_used *used)
{
	const char	*name = charset_find(declared);
	char		*mixed = NULL;

	used->name = choose(bytes, len, declared, &used->guessed);
	if ((name == NULL || strcmp(name, "utf-8") == 0 || charset_labels_is_ascii(declared)) &&
	    !g_utf8_validate(bytes, (gssize)len, NULL))
		mixed = decode_mixed(bytes, len, &used->damaged);
	if (mixed == NULL)
		return charset_convert(bytes, len, used->name, true, &used->damaged);
	used->guessed = true;
	return mixed;
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
		utf8 = decode_other(bytes, len, declared, used);
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
