/* SPDX-License-Identifier: ISC */
#include "normalize/transfer.h"

#include <string.h>

#include "normalize/uudecode.h"

/* The six bits plus one; 0: not base64.  "-" and "_" are the URL alphabet's. */
static const signed char sextets[256] = {
	['A'] = 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23,
	24, 25, 26,
	['a'] = 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47,
	48, 49, 50, 51, 52,
	['0'] = 53, 54, 55, 56, 57, 58, 59, 60, 61, 62,
	['+'] = 63, ['-'] = 63, ['/'] = 64, ['_'] = 64,
};

struct quantum {
	unsigned	bits;
	int		n;		/* sextets in it */
};

/* What is left of a group that was not filled. */
static void
flush_quantum(struct quantum *q, GString *out)
{
	if (q->n >= 2)
		g_string_append_c(out, (char)(q->bits >> (q->n * 6 - 8)));
	if (q->n == 3)
		g_string_append_c(out, (char)(q->bits >> 2));
	q->n = 0;
	q->bits = 0;
}

/* Prose between base64 (a list's footer): words, not stray characters. */
static bool
is_prose(const char *p, size_t n)
{
	size_t	i, odd = 0, blanks = 0, dashes = 0;

	while (n > 0 && (*p == ' ' || *p == '\t'))
		p++, n--;
	while (n > 0 && (p[n - 1] == ' ' || p[n - 1] == '\t'))
		n--;
	for (i = 0; i < n; i++) {
		dashes += p[i] == '-' || p[i] == '_';
		if (p[i] == ' ')
			blanks++;
		else if (sextets[(unsigned char)p[i]] == 0 && p[i] != '=')
			odd++;
	}
	if (n > 0 && dashes == n)		/* a rule, or the mark of a signature */
		return true;
	return odd * 4 > n || (blanks > 1 && odd > 0) || (blanks > 2 && n < 60);
}

/* Groups of four that are clean, straight into out; returns how far. */
static size_t
base64_run(const char *p, size_t n, GString *out)
{
	const unsigned char	*in = (const unsigned char *)p;
	size_t			 i, start = out->len;
	char			*to;

	g_string_set_size(out, start + n / 4 * 3);
	to = out->str + start;
	for (i = 0; i + 4 <= n; i += 4) {
		int	a = sextets[in[i]], b = sextets[in[i + 1]], c = sextets[in[i + 2]],
			d = sextets[in[i + 3]];
		unsigned	bits;

		if (a == 0 || b == 0 || c == 0 || d == 0)
			break;
		bits = (unsigned)(a - 1) << 18 | (unsigned)(b - 1) << 12 | (unsigned)(c - 1) << 6 |
		    (unsigned)(d - 1);
		*to++ = (char)(bits >> 16);
		*to++ = (char)(bits >> 8);
		*to++ = (char)bits;
	}
	g_string_truncate(out, (gsize)(to - out->str));
	return i;
}

/* A line of nothing but whole groups, as nearly all are: there is nothing to
 * be asked of it.  (Dashes are sextets, too, but may be a rule.) */
static bool
base64_whole_line(const char *p, size_t n, const struct quantum *q, GString *out)
{
	gsize	before = out->len;

	if (q->n != 0 || n == 0 || *p == '-' || *p == '_')
		return false;
	if (base64_run(p, n, out) == n)
		return true;
	g_string_truncate(out, before);
	return false;
}

static void
base64_line(const char *p, size_t n, struct quantum *q, GString *out)
{
	size_t	i = 0;
	int	v;

	if (q->n == 0)
		i = base64_run(p, n, out);
	for (; i < n; i++) {
		if (p[i] == '=') {
			flush_quantum(q, out);
			if (n - i > 2 && p[i + 1] == '3' && p[i + 2] == 'D')	/* "=3D" */
				i += 2;
			continue;
		}
		if ((v = sextets[(unsigned char)p[i]] - 1) < 0)
			continue;
		q->bits = q->bits << 6 | (unsigned)v;
		if (++q->n == 4) {
			const char	three[3] = { (char)(q->bits >> 16), (char)(q->bits >> 8),
			    (char)q->bits };

			g_string_append_len(out, three, 3);
			q->n = 0;
			q->bits = 0;
		}
	}
}

/* "-- " or a long line: what a list or a scanner wrote below. */
static bool
is_rule(const char *p, size_t n)
{
	size_t	i, dashes = 0;

	if (n < 2 || (*p != '-' && *p != '_'))
		return false;
	for (i = 0; i < n; i++)
		dashes += p[i] == *p;
	return dashes >= 10 ? dashes == n : n <= 3 && dashes == 2 && (n == 2 || p[2] == ' ');
}

void
transfer_base64(const char *p, size_t len, GString *out)
{
	const char	*end = p + len, *lf;
	struct quantum	 q = { 0, 0 };
	size_t		 n;

	for (; p < end; p += n + (lf != NULL)) {
		size_t	shown;

		lf = memchr(p, '\n', (size_t)(end - p));
		n = (size_t)((lf != NULL ? lf : end) - p);
		shown = n > 0 && p[n - 1] == '\r' ? n - 1 : n;
		if (base64_whole_line(p, shown, &q, out))
			continue;
		if (is_rule(p, shown))
			break;
		if (!is_prose(p, shown))
			base64_line(p, n, &q, out);
	}
	flush_quantum(&q, out);
}

static bool
hex_byte(const char *p, char *byte)
{
	int	hi = g_ascii_xdigit_value(p[0]), lo = g_ascii_xdigit_value(p[1]);

	*byte = (char)(hi * 16 + lo);
	return hi >= 0 && lo >= 0;
}

/* One line without its end; returns true if its end is a soft break. */
static bool
quoted_line(const char *p, size_t n, GString *out)
{
	size_t	i, plain = 0;
	char	byte;

	while (n > 0 && (p[n - 1] == ' ' || p[n - 1] == '\t' || p[n - 1] == '\r'))
		n--;
	for (i = 0; i < n; i++) {
		if (p[i] != '=')
			continue;
		g_string_append_len(out, p + plain, (gssize)(i - plain));
		plain = i;
		if (i + 1 == n)
			return true;
		if (i + 2 < n && hex_byte(p + i + 1, &byte)) {
			g_string_append_c(out, byte);
			i += 2;
			plain = i + 1;
		}
	}
	g_string_append_len(out, p + plain, (gssize)(n - plain));
	return false;
}

void
transfer_quoted_printable(const char *p, size_t len, GString *out)
{
	const char	*end = p + len, *lf;
	size_t		 n;
	bool		 soft;

	for (; p < end; p += n + (lf != NULL)) {
		lf = memchr(p, '\n', (size_t)(end - p));
		n = (size_t)((lf != NULL ? lf : end) - p);
		soft = quoted_line(p, n, out);
		if (lf != NULL && !soft)	/* a file keeps the line ends it has */
			g_string_append(out, n > 0 && p[n - 1] == '\r' ? "\r\n" : "\n");
	}
}

void
transfer_q(const char *p, size_t len, GString *out)
{
	size_t	i;
	char	byte;

	for (i = 0; i < len; i++) {
		if (p[i] == '=' && i + 2 < len && hex_byte(p + i + 1, &byte)) {
			g_string_append_c(out, byte);
			i += 2;
		} else {
			g_string_append_c(out, p[i] == '_' ? ' ' : p[i]);
		}
	}
}

void
transfer_percent(const char *p, size_t len, GString *out)
{
	size_t	i;
	char	byte;

	for (i = 0; i < len; i++) {
		if (p[i] == '%' && i + 2 < len && hex_byte(p + i + 1, &byte)) {
			g_string_append_c(out, byte);
			i += 2;
		} else {
			g_string_append_c(out, p[i]);
		}
	}
}

/* Declared base64, but somebody sent the text itself: the first line tells. */
static bool
is_not_base64(const char *p, size_t len)
{
	size_t	n;

	while (len > 0 && g_ascii_isspace(*p))
		p++, len--;
	for (n = 0; n < len && p[n] != '\n' && p[n] != '\r'; n++)
		;
	return n > 0 && is_prose(p, n);
}

/* Letters and digits only: "Quoted_Printable;" is "quotedprintable". */
static void
squeeze(const char *name, char out[32])
{
	size_t	n = 0;

	if (*name == '(' && strchr(name, ')') != NULL)	/* a comment first */
		name = strchr(name, ')') + 1;
	if (g_ascii_strncasecmp(name, "x-", 2) == 0)
		name += 2;
	for (; *name != '\0' && *name != ';' && *name != '(' && n < 31; name++)
		if (g_ascii_isalnum(*name))
			out[n++] = g_ascii_tolower(*name);
	out[n] = '\0';
}

static bool
is_identity(const char *name)
{
	static const char *const names[] = { "", "7bit", "8bit", "binary", "7bits", "8bits",
	    "none", "7", "8", "ascii", "plain", "identity" };
	size_t	i;

	for (i = 0; i < G_N_ELEMENTS(names); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

const char *
transfer_decode(GBytes *whole, size_t at, size_t len, const char *encoding, GBytes **out)
{
	const char	*p = (const char *)g_bytes_get_data(whole, NULL) + at;
	const char	*problem = NULL;
	GString		*bytes;
	char		 name[32];

	squeeze(encoding != NULL ? encoding : "", name);
	bytes = NULL;
	if (strcmp(name, "base64") == 0 || strcmp(name, "b") == 0) {
		if (is_not_base64(p, len)) {
			problem = "base64-is-plain";
		} else {
			bytes = g_string_sized_new(len / 4 * 3 + 4);
			transfer_base64(p, len, bytes);
		}
	} else if (strcmp(name, "quotedprintable") == 0 || strcmp(name, "qp") == 0 ||
	    strcmp(name, "q") == 0) {
		bytes = g_string_sized_new(len + 1);
		transfer_quoted_printable(p, len, bytes);
	} else if (strcmp(name, "uuencode") == 0 || strcmp(name, "uue") == 0 ||
	    strcmp(name, "uu") == 0) {
		bytes = g_string_sized_new(len / 4 * 3 + 4);
		if (!uudecode_body(p, len, bytes)) {
			g_string_free(bytes, TRUE);
			bytes = NULL;
			problem = "uuencode-damaged";
		}
	} else if (!is_identity(name)) {
		problem = "encoding-unknown";
	}
	*out = bytes != NULL ? g_string_free_to_bytes(bytes) : g_bytes_new_from_bytes(whole, at, len);
	return problem;
}
