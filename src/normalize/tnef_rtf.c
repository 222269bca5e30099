/* SPDX-License-Identifier: ISC */
#include "normalize/tnef.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "normalize/charset.h"

#define MAX_RTF		(2 * 1024 * 1024)
#define WINDOW		4096
#define MAX_GROUPS	200

/* What the window of the compression holds before the first byte. */
static const char seed[] =
    "{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern "
    "\\fscript \\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0"
    "\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx";

static uint32_t
number_at(const unsigned char *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

GString *
tnef_rtf_unpack(const unsigned char *p, size_t len)
{
	const unsigned char	*end = p + len;
	unsigned char		 window[WINDOW] = { 0 };
	size_t			 at = sizeof(seed) - 1;
	GString			*out;
	int			 bit;

	if (len < 16)
		return NULL;
	if (number_at(p + 8) == 0x414c454d)		/* not compressed */
		return g_string_new_len((const char *)p + 16, (gssize)(len - 16));
	if (number_at(p + 8) != 0x75465a4c)
		return NULL;
	memcpy(window, seed, sizeof(seed) - 1);
	out = g_string_new(NULL);
	for (p += 16; p < end && out->len < MAX_RTF;) {
		unsigned	flags = *p++;

		for (bit = 0; bit < 8 && p < end; bit++, flags >>= 1) {
			unsigned	from, n;

			if ((flags & 1) == 0) {
				window[at++ % WINDOW] = *p;
				g_string_append_c(out, (char)*p++);
				continue;
			}
			if (end - p < 2)
				return out;
			from = (unsigned)p[0] << 4 | p[1] >> 4;
			n = (p[1] & 15u) + 2;
			p += 2;
			if (from == at % WINDOW)	/* the end is said so */
				return out;
			for (; n > 0; n--, from++) {
				unsigned char	c = window[from % WINDOW];

				window[at++ % WINDOW] = c;
				g_string_append_c(out, (char)c);
			}
		}
	}
	return out;
}

struct rtf {
	const char	*at, *end;
	GString		*out;
	GString		*bytes;		/* 8-bit text waiting for its charset */
	char		 codepage[16];
	unsigned	 depth, skip;	/* skip: depth from which nothing is shown; 0: none */
	bool		 html_skip;	/* \htmlrtf: for RTF readers only */
	unsigned	 uc[MAX_GROUPS];	/* characters to leave out behind \u */
	unsigned	 leave;
};

static void
flush_bytes(struct rtf *r)
{
	g_autofree char	*utf8 = NULL;

	if (r->bytes->len == 0)
		return;
	utf8 = charset_decode(r->bytes->str, r->bytes->len, r->codepage, NULL);
	g_string_append(r->out, utf8);
	g_string_truncate(r->bytes, 0);
}

static bool
is_shown(const struct rtf *r)
{
	return r->skip == 0 && !r->html_skip;
}

static void
put_byte(struct rtf *r, char c)
{
	if (r->leave > 0)
		r->leave--;
	else if (is_shown(r))
		g_string_append_c(r->bytes, c);
}

static void
put_char(struct rtf *r, gunichar c)
{
	if (!is_shown(r))
		return;
	flush_bytes(r);
	if (c > 0 && c < 0x110000 && (c < 0xd800 || c > 0xdfff))
		g_string_append_unichar(r->out, c);
}

static void
use_word(struct rtf *r, const char *word, bool has_number, int number)
{
	static const char *const hidden[] = { "fonttbl", "colortbl", "stylesheet", "info", "pict",
	    "object", "header", "footer", "generator", "themedata", "datastore", "listtable",
	    "listoverridetable", "rsidtbl", "xmlnstbl", "latentstyles", "fldinst", "htmltag",
	    "mhtmltag" };
	size_t	i;

	for (i = 0; i < G_N_ELEMENTS(hidden); i++)
		if (strcmp(word, hidden[i]) == 0 && r->skip == 0)
			r->skip = r->depth;
	if (strcmp(word, "par") == 0 || strcmp(word, "line") == 0 || strcmp(word, "row") == 0)
		put_char(r, '\n');
	else if (strcmp(word, "tab") == 0 || strcmp(word, "cell") == 0)
		put_char(r, '\t');
	else if (strcmp(word, "htmlrtf") == 0)
		r->html_skip = !has_number || number != 0;
	else if (strcmp(word, "ansicpg") == 0)
		g_snprintf(r->codepage, sizeof(r->codepage), "cp%d", number);
	else if (strcmp(word, "uc") == 0)
		r->uc[MIN(r->depth, MAX_GROUPS - 1)] = (unsigned)CLAMP(number, 0, 10);
	else if (strcmp(word, "u") == 0) {
		put_char(r, (gunichar)(number < 0 ? number + 65536 : number));
		r->leave = r->uc[MIN(r->depth, MAX_GROUPS - 1)];
	} else if (strcmp(word, "lquote") == 0 || strcmp(word, "rquote") == 0)
		put_char(r, word[0] == 'l' ? 0x2018 : 0x2019);
	else if (strcmp(word, "ldblquote") == 0 || strcmp(word, "rdblquote") == 0)
		put_char(r, word[0] == 'l' ? 0x201c : 0x201d);
	else if (strcmp(word, "endash") == 0 || strcmp(word, "emdash") == 0)
		put_char(r, word[1] == 'n' ? 0x2013 : 0x2014);
	else if (strcmp(word, "bullet") == 0)
		put_char(r, 0x2022);
}

/* Behind a backslash. */
static void
read_control(struct rtf *r)
{
	char	word[32];
	size_t	n = 0;
	long	number = 0;
	bool	has_number = false, minus = false;

	if (r->at == r->end)
		return;
	if (!g_ascii_isalpha(*r->at)) {
		char	c = *r->at++;

		if (c == '\'' && r->end - r->at >= 2) {
			int	hi = g_ascii_xdigit_value(r->at[0]), lo = g_ascii_xdigit_value(r->at[1]);

			if (hi >= 0 && lo >= 0)
				put_byte(r, (char)(hi * 16 + lo));
			r->at += 2;
		} else if (c == '*') {
			if (r->skip == 0)
				r->skip = r->depth;
		} else if (c == '~') {
			put_byte(r, ' ');
		} else if (c == '\\' || c == '{' || c == '}') {
			put_byte(r, c);
		} else if (c == '\n' || c == '\r') {
			put_char(r, '\n');
		}
		return;
	}
	while (r->at < r->end && g_ascii_isalpha(*r->at)) {
		if (n < sizeof(word) - 1)
			word[n++] = *r->at;
		r->at++;
	}
	word[n] = '\0';
	if (r->end - r->at > 1 && *r->at == '-' && g_ascii_isdigit(r->at[1])) {
		minus = true;
		r->at++;
	}
	while (r->at < r->end && g_ascii_isdigit(*r->at)) {
		has_number = true;
		number = MIN(number * 10 + (*r->at - '0'), 1000000);
		r->at++;
	}
	if (r->at < r->end && *r->at == ' ')
		r->at++;
	use_word(r, word, has_number, (int)(minus ? -number : number));
}

static void
open_group(struct rtf *r)
{
	unsigned	outer = r->uc[MIN(r->depth, MAX_GROUPS - 1)];

	r->depth++;
	r->uc[MIN(r->depth, MAX_GROUPS - 1)] = outer;
}

static void
close_group(struct rtf *r)
{
	if (r->skip != 0 && r->skip == r->depth)
		r->skip = 0;
	if (r->depth > 0)
		r->depth--;
}

char *
tnef_rtf_text(const char *rtf, size_t len)
{
	struct rtf	 r = { .at = rtf, .end = rtf + len, .codepage = "cp1252" };
	char		*text;

	r.out = g_string_new(NULL);
	r.bytes = g_string_new(NULL);
	r.uc[0] = 1;
	while (r.at < r.end) {
		char	c = *r.at++;

		if (c == '\\')
			read_control(&r);
		else if (c == '{')
			open_group(&r);
		else if (c == '}')
			close_group(&r);
		else if (c != '\r' && c != '\n' && c != '\0')
			put_byte(&r, c);
	}
	flush_bytes(&r);
	text = text_valid(r.out->str, r.out->len, NULL);
	g_string_free(r.out, TRUE);
	g_string_free(r.bytes, TRUE);
	g_strstrip(text);
	if (*text == '\0')
		g_clear_pointer(&text, g_free);
	return text;
}
