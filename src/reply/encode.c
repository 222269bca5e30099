/* SPDX-License-Identifier: ISC */
#include "reply/encode.h"

#include <stdbool.h>
#include <string.h>

#include "base/text.h"

#define MAX_HEADER	300	/* bytes of a text in a header */
#define WORD_BYTES	42	/* of UTF-8 in one encoded word: 75 letters with its frame */
#define MAX_LINE	76
#define MAX_PLAIN_LINE	900	/* RFC 5322 allows 998 */

/* May it stand as it is, on one line? */
static bool
is_plain(const char *text, const char *name)
{
	size_t	 len = strlen(text);

	if (len + strlen(name) > MAX_LINE || strstr(text, "=?") != NULL)
		return false;
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] < 0x20 || (unsigned char)text[i] > 0x7e)
			return false;
	return len == 0 || (text[0] != ' ' && text[len - 1] != ' ');
}

/* "=?UTF-8?B?...?=" words, one to a line; a character is never cut. */
static void
append_words(GString *out, const char *text)
{
	size_t	 len = strlen(text);

	for (size_t at = 0; at < len; ) {
		size_t		 n = text_cut(text + at, len - at, WORD_BYTES);
		g_autofree char	*word = g_base64_encode((const guchar *)text + at, n);

		g_string_append_printf(out, "%s=?UTF-8?B?%s?=", at == 0 ? "" : "\r\n ", word);
		at += n;
	}
}

/* One line of valid text, whatever came. */
static char *
clean(const char *text)
{
	return text_one_line(text, strlen(text), MAX_HEADER);
}

void
encode_text_header(GString *out, const char *name, const char *text)
{
	g_autofree char	*line = clean(text);

	g_string_append_printf(out, "%s: ", name);
	if (is_plain(line, name))
		g_string_append(out, line);
	else
		append_words(out, line);
	g_string_append(out, "\r\n");
}

static bool
is_phrase(const char *s)
{
	for (; *s != '\0'; s++)
		if (!g_ascii_isalnum(*s) && strchr(" !#$%&'*+-/=?^_`{|}~", *s) == NULL)
			return false;
	return true;
}

static void
append_phrase(GString *out, const char *display, const char *name)
{
	if (!is_plain(display, name)) {
		append_words(out, display);
		return;
	}
	if (is_phrase(display)) {
		g_string_append(out, display);
		return;
	}
	g_string_append_c(out, '"');
	for (; *display != '\0'; display++) {
		if (*display == '"' || *display == '\\')
			g_string_append_c(out, '\\');
		g_string_append_c(out, *display);
	}
	g_string_append_c(out, '"');
}

void
encode_address_header(GString *out, const char *name, const char *display, const char *addr)
{
	g_autofree char	*line = display == NULL ? NULL : clean(display);

	g_string_append_printf(out, "%s: ", name);
	if (line != NULL && *line != '\0') {
		append_phrase(out, line, name);
		g_string_append_printf(out, "\r\n <%s>\r\n", addr);
	} else {
		g_string_append_printf(out, "<%s>\r\n", addr);
	}
}

/* --- bodies ------------------------------------------------------------- */

static size_t
count_wide(const char *text)
{
	size_t	 n = 0;

	for (; *text != '\0'; text++)
		n += (unsigned char)*text >= 0x80;
	return n;
}

static bool
has_long_line(const char *text)
{
	for (;;) {
		size_t	 n = strcspn(text, "\n");

		if (n > MAX_PLAIN_LINE)
			return true;
		if (text[n] == '\0')
			return false;
		text += n + 1;
	}
}

static void
append_plain(GString *out, const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text == '\n')
			g_string_append_c(out, '\r');
		g_string_append_c(out, *text);
	}
}

static void
append_base64(GString *out, const char *text)
{
	g_autoptr(GString)	 lines = g_string_new(NULL);
	size_t			 len;

	append_plain(lines, text);
	len = lines->len;
	for (size_t at = 0; at < len; at += 57) {
		g_autofree char	*line = g_base64_encode((const guchar *)lines->str + at, MIN(57, len - at));

		g_string_append_printf(out, "%s\r\n", line);
	}
}

/* Does the blank or tab at p end its line?  Then it has to be encoded. */
static bool
is_trailing_blank(const char *p)
{
	return (*p == ' ' || *p == '\t') && (p[1] == '\n' || p[1] == '\0');
}

static void
append_quoted(GString *out, const char *text)
{
	size_t	 column = 0;

	for (; *text != '\0'; text++) {
		bool	 plain = ((*text >= 0x20 && *text < 0x7f && *text != '=') || *text == '\t') &&
			    !is_trailing_blank(text);

		if (*text == '\n') {
			g_string_append(out, "\r\n");
			column = 0;
			continue;
		}
		if (column + (plain ? 1 : 3) > MAX_LINE - 1) {
			g_string_append(out, "=\r\n");
			column = 0;
		}
		if (plain)
			g_string_append_c(out, *text);
		else
			g_string_append_printf(out, "=%02X", (unsigned char)*text);
		column += plain ? 1 : 3;
	}
}

void
encode_body(GString *out, const char *text)
{
	g_autofree char	*valid = text_valid(text, strlen(text), NULL);
	g_autofree char	*whole = g_strconcat(valid, g_str_has_suffix(valid, "\n") ? "" : "\n", NULL);
	size_t		 wide = count_wide(whole);

	if (wide == 0 && !has_long_line(whole)) {
		g_string_append(out, "Content-Transfer-Encoding: 7bit\r\n\r\n");
		append_plain(out, whole);
	} else if (wide > strlen(whole) / 3) {
		g_string_append(out, "Content-Transfer-Encoding: base64\r\n\r\n");
		append_base64(out, whole);
	} else {
		g_string_append(out, "Content-Transfer-Encoding: quoted-printable\r\n\r\n");
		append_quoted(out, whole);
	}
}

char *
encode_address(const char *addr)
{
	const char	*at = strrchr(addr, '@');
	g_autofree char	*domain = NULL;
	char		*ascii;

	if (!text_is_address(addr))
		return NULL;
	for (const char *p = addr; p < at; p++)
		if ((unsigned char)*p >= 0x80)
			return NULL;
	if (!g_hostname_is_non_ascii(at + 1))
		return g_strdup(addr);
	if ((domain = g_hostname_to_ascii(at + 1)) == NULL)
		return NULL;
	ascii = g_strdup_printf("%.*s@%s", (int)(at - addr), addr, domain);
	if (text_is_address(ascii))
		return ascii;
	g_free(ascii);
	return NULL;
}
