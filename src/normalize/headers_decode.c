/* SPDX-License-Identifier: ISC */
/*
 * RFC 2047, leniently.  The bytes of neighbouring encoded words in the same
 * charset are put together before they are converted, because many senders
 * cut in the middle of a character.
 */
#include "normalize/headers.h"

#include <string.h>

#include "normalize/charset.h"
#include "normalize/transfer.h"

struct word {
	const char	*charset, *text, *end;	/* end: behind the word */
	size_t		 charset_len, text_len;
	char		 coding;		/* 'B' or 'Q' */
};

struct decoder {
	GString		*out;
	GString		*bytes;		/* of a run of words, not yet converted */
	GString		*base64;	/* of a run of B words, cut between quanta */
	char		 charset[64];	/* of the run; "" when there is none */
	bool		 no_end;	/* no further "?=" behind: do not search again */
};

/* Where the encoded text ends; a "?=" followed by two digits may be Q text. */
static const char *
text_end(struct decoder *d, const char *text, bool q)
{
	const char	*end, *more, *blank;

	if (d->no_end)
		return NULL;
	if ((end = strstr(text, "?=")) == NULL) {
		d->no_end = true;
		return NULL;
	}
	while (q && g_ascii_isxdigit(end[2]) && g_ascii_isxdigit(end[3])) {
		more = strstr(end + 2, "?=");
		blank = end + strcspn(end, " \t");
		if (more == NULL || more > blank)
			break;
		end = more;
	}
	return end;
}

/* Is there an encoded word at p? */
static bool
find_word(struct decoder *d, const char *p, struct word *w)
{
	const char	*q, *end;

	w->charset = p + 2;
	w->charset_len = strcspn(w->charset, "? \t<>\"");
	q = w->charset + w->charset_len;
	if (*q != '?' || w->charset_len == 0 || w->charset_len >= sizeof(d->charset))
		return false;
	w->coding = g_ascii_toupper(q[1]);
	if ((w->coding != 'B' && w->coding != 'Q') || q[2] != '?')
		return false;
	w->text = q + 3;
	end = text_end(d, w->text, w->coding == 'Q');
	if (end == NULL) {			/* the end was lost: up to the next blank */
		w->text_len = strcspn(w->text, " \t");
		w->end = w->text + w->text_len;
		if (w->text_len > 0 && w->text[w->text_len - 1] == '?')
			w->text_len--;
		return true;
	}
	w->text_len = (size_t)(end - w->text);
	w->end = end + 2;
	return true;
}

static void
flush_base64(struct decoder *d)
{
	if (d->base64->len > 0)
		transfer_base64(d->base64->str, d->base64->len, d->bytes);
	g_string_truncate(d->base64, 0);
}

static void
flush_run(struct decoder *d)
{
	g_autofree char	*utf8 = NULL;

	flush_base64(d);
	if (d->charset[0] != '\0') {
		utf8 = charset_decode(d->bytes->str, d->bytes->len, d->charset, NULL);
		g_string_append(d->out, utf8);
	}
	g_string_truncate(d->bytes, 0);
	d->charset[0] = '\0';
}

static void
add_word(struct decoder *d, const struct word *w)
{
	g_autofree char	*charset = g_strndup(w->charset, w->charset_len);

	if (g_ascii_strcasecmp(charset, d->charset) != 0) {
		flush_run(d);
		g_strlcpy(d->charset, charset, sizeof(d->charset));
	}
	if (w->coding == 'Q') {
		flush_base64(d);
		transfer_q(w->text, w->text_len, d->bytes);
		return;
	}
	if (d->base64->len % 4 == 0 || strchr(d->base64->str, '=') != NULL)
		flush_base64(d);
	g_string_append_len(d->base64, w->text, (gssize)w->text_len);
}

static void
add_plain(struct decoder *d, const char *p, size_t n)
{
	g_autofree char	*utf8 = NULL;

	if (n == 0)
		return;
	flush_run(d);
	utf8 = charset_decode(p, n, NULL, NULL);
	g_string_append(d->out, utf8);
}

/* Controls become blanks; what reverses the text for a reader's eye goes. */
static char *
to_line(const char *utf8)
{
	GString		*line = g_string_sized_new(strlen(utf8));
	const char	*at, *bad;
	gunichar	 c;

	if (!g_utf8_validate(utf8, -1, &bad))
		return g_utf8_make_valid(utf8, -1);
	for (at = utf8; *at != '\0'; at = g_utf8_next_char(at)) {
		c = g_utf8_get_char(at);
		if ((c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0xfeff)
			continue;
		if (c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x2028 || c == 0x2029)
			c = ' ';
		g_string_append_unichar(line, c);
	}
	return g_strstrip(g_string_free(line, FALSE));
}

static bool
is_plain_line(const char *raw)
{
	for (; *raw != '\0'; raw++)
		if (*raw < ' ' || *raw > '~' || (*raw == '=' && raw[1] == '?'))
			return false;
	return true;
}

char *
headers_decode(const char *raw)
{
	struct decoder	 d = { .charset = "" };
	struct word	 w;
	const char	*plain = raw, *at = raw;
	char		*line;

	if (is_plain_line(raw))
		return g_strstrip(g_strdup(raw));
	d.out = g_string_sized_new(strlen(raw));
	d.bytes = g_string_new(NULL);
	d.base64 = g_string_new(NULL);
	while ((at = strstr(at, "=?")) != NULL) {
		if (!find_word(&d, at, &w)) {
			at += 2;
			continue;
		}
		/* blanks between two words do not count */
		if (d.charset[0] == '\0' || strspn(plain, " \t\r\n") < (size_t)(at - plain))
			add_plain(&d, plain, (size_t)(at - plain));
		add_word(&d, &w);
		plain = at = w.end;
	}
	add_plain(&d, plain, strlen(plain));
	flush_run(&d);
	line = to_line(d.out->str);
	g_string_free(d.out, TRUE);
	g_string_free(d.bytes, TRUE);
	g_string_free(d.base64, TRUE);
	return line;
}
