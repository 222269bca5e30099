/* SPDX-License-Identifier: ISC */
/* The conversions: iconv for most, by hand what glibc cannot or reads too strictly. */
#include "normalize/charset.h"

#include <errno.h>
#include <glib.h>
#include <iconv.h>
#include <string.h>

#include "base/utf8.h"
#include "normalize/charset_labels.h"

/* Opened at first use and kept: loading one costs files and milliseconds. */
static iconv_t	 converters[CHARSET_LABELS_MAX];
static iconv_t	 wide_converters[4];
static const char *const wide_names[4] = { "UTF-16LE", "UTF-16BE", "UTF-32LE", "UTF-32BE" };

static iconv_t
open_converter(iconv_t *slot, const char *name)
{
	if (*slot == NULL)
		*slot = iconv_open("UTF-8", name);
	if (*slot != (iconv_t)-1)
		iconv(*slot, NULL, NULL, NULL, NULL);
	return *slot;
}

void
charset_prepare(void)
{
	const struct charset	*rows;
	size_t			 i, n;

	rows = charset_labels_table(&n);
	for (i = 0; i < n; i++)
		if (rows[i].iconv_name != NULL)
			open_converter(&converters[i], rows[i].iconv_name);
	for (i = 0; i < G_N_ELEMENTS(wide_names); i++)
		open_converter(&wide_converters[i], wide_names[i]);
}

static void
append_bad(GString *out, bool *damaged)
{
	g_string_append(out, "\357\277\275");
	*damaged = true;
}

/* Run one converter over all the bytes; false at the first bad one unless lossy. */
static bool
run_converter(iconv_t cd, const char *bytes, size_t len, bool lossy, GString *out,
    bool *damaged)
{
	char	 buf[4096], *in = (char *)bytes, *to;
	size_t	 left = len, room, rc;

	while (left > 0) {
		to = buf;
		room = sizeof(buf);
		rc = iconv(cd, &in, &left, &to, &room);
		g_string_append_len(out, buf, to - buf);
		if (rc != (size_t)-1 || errno == E2BIG)
			continue;
		if (!lossy)
			return false;
		append_bad(out, damaged);
		in++;
		left--;
	}
	to = buf;
	room = sizeof(buf);
	iconv(cd, NULL, NULL, &to, &room);
	g_string_append_len(out, buf, to - buf);
	return true;
}

static void
append_sjis(GString *out, unsigned hi, unsigned lo)
{
	lo += (hi & 1) ? (lo <= 0x5f ? 0x1f : 0x20) : 0x7e;
	hi = (hi + 1) / 2 + (hi <= 0x5e ? 0x70 : 0xb0);
	g_string_append_c(out, (char)hi);
	g_string_append_c(out, (char)lo);
}

/* supplement: the character is in JIS X 0212. */
static void
append_euc(GString *out, unsigned hi, unsigned lo, bool supplement)
{
	if (supplement)
		g_string_append_c(out, (char)0x8f);
	g_string_append_c(out, (char)(hi | 0x80));
	g_string_append_c(out, (char)(lo | 0x80));
}

static bool
is_jis_byte(unsigned char b)
{
	return b >= 0x21 && b <= 0x7e;
}

/*
 * ISO-2022-JP as it is really written: with half-width kana, NEC and IBM
 * characters.  Every double byte is turned into its Shift_JIS form, because
 * CP932 has all of these; only JIS X 0212 it has not, EUC has.
 */
static void
read_jis(const unsigned char *in, size_t len, bool euc, GString *out)
{
	char	mode = 'B';
	size_t	i;

	for (i = 0; i < len; i++) {
		if (in[i] == 0x1b && i + 2 < len && (in[i + 1] == '(' || in[i + 1] == '$')) {
			mode = in[i + 1] == '(' ? (in[i + 2] == 'I' ? 'I' : 'B') : '$';
			i += 2;
			if (mode == '$' && in[i] == '(' && i + 1 < len)
				mode = in[++i] == 'D' ? 'D' : '$';
		} else if (in[i] == 0x0e || in[i] == 0x0f) {
			mode = in[i] == 0x0e ? 'I' : 'B';
		} else if (in[i] == '\n' || in[i] == '\r') {
			g_string_append_c(out, (char)in[i]);
			mode = 'B';
		} else if (mode == 'I' && in[i] >= 0x21 && in[i] <= 0x5f) {
			if (euc)
				g_string_append_c(out, (char)0x8e);
			g_string_append_c(out, (char)(in[i] | 0x80));
		} else if ((mode == '$' || mode == 'D') && is_jis_byte(in[i]) &&
		    i + 1 < len && is_jis_byte(in[i + 1])) {
			if (euc)
				append_euc(out, in[i], in[i + 1], mode == 'D');
			else
				append_sjis(out, in[i], in[i + 1]);
			i++;
		} else {
			g_string_append_c(out, (char)in[i]);
		}
	}
}

static char *
convert_iso2022jp(const char *bytes, size_t len, bool lossy, bool *damaged)
{
	bool			euc = memmem(bytes, len, "\033$(D", 4) != NULL;
	g_autoptr(GString)	other = g_string_sized_new(len);

	read_jis((const unsigned char *)bytes, len, euc, other);
	return charset_convert(other->str, other->len, euc ? "euc-jp" : "shift_jis", lossy,
	    damaged);
}

/* HZ: GB 2312 in seven bits between ~{ and ~}. */
static char *
convert_hz(const char *bytes, size_t len, bool lossy, bool *damaged)
{
	g_autoptr(GString)	gb = g_string_sized_new(len);
	bool			in_gb = false;
	size_t			i;

	for (i = 0; i < len; i++) {
		if (bytes[i] == '~' && i + 1 < len && strchr("{}~\n", bytes[i + 1]) != NULL) {
			i++;
			if (bytes[i] == '~')
				g_string_append_c(gb, '~');
			else if (bytes[i] != '\n')
				in_gb = bytes[i] == '{';
		} else {
			if (bytes[i] == '\n')
				in_gb = false;
			g_string_append_c(gb, (char)(bytes[i] | (in_gb && bytes[i] > ' ' ? 0x80 : 0)));
		}
	}
	return charset_convert(gb->str, gb->len, "gb18030", lossy, damaged);
}

/* Which of LE/BE, 16/32: a byte order mark, else where the zero bytes are. */
static int
wide_kind(const unsigned char *b, size_t len, bool four, size_t *skip)
{
	size_t	i, even = 0, odd = 0;

	*skip = 0;
	if (four && len >= 4) {
		*skip = 4;
		if (memcmp(b, "\377\376\0\0", 4) == 0)
			return 2;
		if (memcmp(b, "\0\0\376\377", 4) == 0)
			return 3;
		*skip = 0;
		return b[0] == 0 ? 3 : 2;
	}
	if (len >= 2 && (b[0] ^ b[1]) == 1 && (b[0] == 0xff || b[0] == 0xfe)) {
		*skip = 2;
		return b[0] == 0xff ? 0 : 1;
	}
	for (i = 0; i + 1 < len && i < 4096; i += 2) {
		even += b[i] == 0;
		odd += b[i + 1] == 0;
	}
	return odd > even ? 0 : 1;
}

/* The string, without the NULs that only the wide encodings can bring. */
static char *
take_string(GString *out)
{
	size_t	i, n = 0;

	if (memchr(out->str, '\0', out->len) != NULL) {
		for (i = 0; i < out->len; i++)
			if (out->str[i] != '\0')
				out->str[n++] = out->str[i];
		g_string_truncate(out, n);
	}
	return g_string_free(out, FALSE);
}

static char *
convert_wide(const char *bytes, size_t len, bool four, bool lossy, bool *damaged)
{
	GString	*out = g_string_sized_new(len);
	size_t	 skip;
	int	 kind = wide_kind((const unsigned char *)bytes, len, four, &skip);
	iconv_t	 cd = open_converter(&wide_converters[kind], wide_names[kind]);

	if (cd != (iconv_t)-1 &&
	    run_converter(cd, bytes + skip, len - skip, lossy, out, damaged))
		return take_string(out);
	g_string_free(out, TRUE);
	return NULL;
}

/*
 * A character beyond the first plane, written as two surrogates of three
 * bytes each, as Java and old databases do; 0 if it is none.
 */
static gunichar
surrogates(const char *p, size_t len)
{
	const unsigned char	*b = (const unsigned char *)p;

	if (len < 6 || b[0] != 0xed || (b[1] & 0xf0) != 0xa0 || (b[2] & 0xc0) != 0x80 ||
	    b[3] != 0xed || (b[4] & 0xf0) != 0xb0 || (b[5] & 0xc0) != 0x80)
		return 0;
	return 0x10000 + (((gunichar)(b[1] & 0x0f) << 6 | (b[2] & 0x3f)) << 10) +
	    ((gunichar)(b[4] & 0x0f) << 6 | (b[5] & 0x3f));
}

/*
 * How many bytes at p make one U+FFFD: the beginning of a character as far as
 * it might still have become one, as browsers do it.
 */
static size_t
bad_length(const unsigned char *p, size_t len)
{
	size_t	want = *p >= 0xc2 && *p <= 0xdf ? 2 : *p >= 0xe0 && *p <= 0xef ? 3 :
		    *p >= 0xf0 && *p <= 0xf4 ? 4 : 1;
	size_t	n = 1;

	if (want > 1 && len > 1 && ((*p == 0xe0 && p[1] < 0xa0) || (*p == 0xed && p[1] > 0x9f) ||
	    (*p == 0xf0 && p[1] < 0x90) || (*p == 0xf4 && p[1] > 0x8f)))
		return 1;
	while (n < want && n < len && (p[n] & 0xc0) == 0x80)
		n++;
	return n;
}

/* UTF-8 with everything bad replaced. */
static char *
repair_utf8(const char *bytes, size_t len, bool *damaged)
{
	GString		*out = g_string_sized_new(len + 16);
	const char	*end;
	gunichar	 c;
	size_t		 n;

	for (;;) {
		bool	whole = utf8_is_valid(bytes, len, &end);

		g_string_append_len(out, bytes, end - bytes);
		if (whole)
			return g_string_free(out, FALSE);
		if ((c = surrogates(end, len - (size_t)(end - bytes))) != 0) {
			g_string_append_unichar(out, c);
			len -= (size_t)(end - bytes) + 6;
			bytes = end + 6;
			continue;
		}
		n = bad_length((const unsigned char *)end, len - (size_t)(end - bytes));
		len -= (size_t)(end - bytes) + n;
		bytes = end + n;
		if (*end == '\0')	/* no damage, only not text: left out */
			continue;
		append_bad(out, damaged);
	}
}

char *
charset_convert(const char *bytes, size_t len, const char *name, bool lossy, bool *damaged)
{
	const struct charset	*row = charset_labels_named(name);
	GString			*out;
	iconv_t			 cd;

	if (row == NULL)
		return NULL;
	if (strcmp(name, "utf-8") == 0) {
		if (utf8_is_valid(bytes, len, NULL))
			return g_strndup(bytes, len);
		return lossy ? repair_utf8(bytes, len, damaged) : NULL;
	}
	if (strcmp(name, "iso-2022-jp") == 0)
		return convert_iso2022jp(bytes, len, lossy, damaged);
	if (strcmp(name, "hz-gb-2312") == 0)
		return convert_hz(bytes, len, lossy, damaged);
	if (row->iconv_name == NULL)
		return convert_wide(bytes, len, strcmp(name, "utf-32") == 0, lossy, damaged);
	cd = open_converter(&converters[charset_labels_index(row)], row->iconv_name);
	out = g_string_sized_new(len + len / 2);
	if (cd != (iconv_t)-1 && run_converter(cd, bytes, len, lossy, out, damaged))
		return take_string(out);
	g_string_free(out, TRUE);
	return NULL;
}
