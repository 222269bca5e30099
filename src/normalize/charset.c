/* SPDX-License-Identifier: ISC */
#include "normalize/charset.h"

#include <errno.h>
#include <glib.h>
#include <iconv.h>
#include <string.h>

/*
 * What we can read, and the labels it goes by.  The labels are compared
 * without case and punctuation, after "x-", "cs" and "$esc" are taken away.
 * The name is glibc's, except for the few that are read by hand.
 */
struct charset {
	const char	*name;
	const char	*iconv_name;
	bool		 multibyte;
	const char	*labels;	/* blank before and behind each */
};

static const struct charset charsets[] = {
	{ "utf-8", NULL, true, " utf8 unicode11utf8 unicode20utf8 utf utf8mb4 utf8n utf80 8 65001 cp65001 unicodeutf8 utf8mac " },
	{ "windows-1252", "CP1252", false, " usascii ascii ansix341968 ansix341986 iso646us us iso88591 iso885911987 iso88591iso latin1 latinl l1 ibm819 cp819 windows1252 win1252 cp1252 ansi 1252 iso88591windows ascii7 646 isoir6 isoir100 westerneurope iso8859 88591 8859 windows default none unknown unknown8bit 8bit 7bit " },
	{ "iso-8859-2", "ISO-8859-2", false, " iso88592 latin2 l2 isoir101 iso885921987 88592 " },
	{ "iso-8859-3", "ISO-8859-3", false, " iso88593 latin3 l3 " },
	{ "iso-8859-4", "ISO-8859-4", false, " iso88594 latin4 l4 " },
	{ "iso-8859-5", "ISO-8859-5", false, " iso88595 cyrillic isoir144 88595 " },
	{ "iso-8859-6", "ISO-8859-6", false, " iso88596 arabic ecma114 asmo708 iso88596i iso88596e " },
	{ "windows-1253", "CP1253", false, " windows1253 cp1253 win1253 1253 " },
	{ "iso-8859-7", "ISO-8859-7", false, " iso88597 greek greek8 ecma118 elot928 " },
	{ "windows-1255", "CP1255", false, " windows1255 cp1255 win1255 iso88598 iso88598i iso88598e hebrew logical visual 1255 " },
	{ "windows-1254", "CP1254", false, " windows1254 cp1254 win1254 iso88599 latin5 l5 turkish 1254 88599 " },
	{ "iso-8859-10", "ISO-8859-10", false, " iso885910 latin6 l6 " },
	{ "iso-8859-13", "ISO-8859-13", false, " iso885913 latin7 " },
	{ "iso-8859-14", "ISO-8859-14", false, " iso885914 latin8 " },
	{ "iso-8859-15", "ISO-8859-15", false, " iso885915 latin9 latin0 l9 iso8859151998 885915 " },
	{ "iso-8859-16", "ISO-8859-16", false, " iso885916 latin10 " },
	{ "windows-1250", "CP1250", false, " windows1250 cp1250 win1250 1250 easteurope " },
	{ "windows-1251", "CP1251", false, " windows1251 cp1251 win1251 1251 windows51 cp51 " },
	{ "windows-1256", "CP1256", false, " windows1256 cp1256 win1256 1256 " },
	{ "windows-1257", "CP1257", false, " windows1257 cp1257 win1257 baltic 1257 " },
	{ "windows-1258", "CP1258", false, " windows1258 cp1258 win1258 1258 " },
	{ "koi8-r", "KOI8-R", false, " koi8r koi8 koi koi8rwin cskoi8r " },
	{ "koi8-u", "KOI8-U", false, " koi8u koi8ru " },
	{ "cp866", "CP866", false, " cp866 ibm866 866 dosrussian " },
	{ "cp437", "CP437", false, " cp437 ibm437 437 pc8 " },
	{ "cp850", "CP850", false, " cp850 ibm850 850 pc850 " },
	{ "cp852", "CP852", false, " cp852 ibm852 852 " },
	{ "cp858", "CP850", false, " cp858 ibm00858 cp00858 pcmultilingual850euro " },
	{ "windows-874", "CP874", false, " tis620 windows874 cp874 iso885911 tis6202533 tis62025330 874 thai win874 dos874 " },
	{ "tcvn", "TCVN", false, " tcvn tcvn5712 tcvn57121 " },
	{ "viscii", "VISCII", false, " viscii viscii111 " },
	{ "macintosh", "MACINTOSH", false, " macintosh mac macroman macwestern roman macosroman " },
	{ "mac-cyrillic", "MAC-CYRILLIC", false, " maccyrillic macukrainian macuk " },
	{ "mac-centraleurope", "MAC-CENTRALEUROPE", false, " maccentraleurope macce maccentraleurroman maccentraleuroperoman maceastern " },
	{ "gb18030", "GB18030", true, " gb2312 gbk gb18030 gb180302000 gb231280 cp936 ms936 windows936 936 euccn xeuccn gb csgb2312 chinese isoir58 gb23121980 windows54936 macchinesesimp chinesesimplified " },
	{ "big5", "BIG5-HKSCS", true, " big5 big5hkscs cp950 ms950 windows950 950 cnbig5 big5eten big5tw bigfive macchinesetrad " },
	{ "euc-tw", "EUC-TW", true, " euctw " },
	{ "shift_jis", "CP932", true, " shiftjis sjis mskanji cp932 ms932 windows932 windows31j 932 shiftjisx0213 sjiswin macjapanese shiftjis2004 pck shifjis " },
	{ "euc-jp", "EUC-JP-MS", true, " eucjp ujis eucjpms eucjis2004 eucjpwin ajec japanese extendedunixcodepackedformatforjapanese " },
	{ "iso-2022-jp", NULL, true, " iso2022jp iso2022jp1 iso2022jp2 iso2022jp3 iso2022jp2004 iso2022jpms cp50220 cp50221 cp50222 50220 50221 50222 iso2022jpext jis jis7 2022jp iso2022 iso2002jp " },
	{ "hz-gb-2312", NULL, true, " hzgb2312 hz hzgb hzgb23121980 " },
	{ "iso-2022-kr", "ISO-2022-KR", true, " iso2022kr " },
	{ "iso-2022-cn", "ISO-2022-CN-EXT", true, " iso2022cn iso2022cnext " },
	{ "cp949", "CP949", true, " ksc5601 ksc56011987 ksc56011989 ksc56011992 kscd5601 euckr cp949 ms949 uhc windows949 949 korean isoir149 ksc56011 ks56011987 5601 mackorean kscd " },
	{ "johab", "JOHAB", true, " johab cp1361 " },
	{ "utf-7", "UTF-7", true, " utf7 unicode11utf7 unicode20utf7 65000 cp65000 " },
	{ "utf-16", NULL, true, " utf16 unicode ucs2 iso10646ucs2 ucs2le utf16le ucs2be utf16be unicodelittle unicodebig unicodefffe 1200 1201 utf16none " },
	{ "utf-32", NULL, true, " utf32 ucs4 iso10646ucs4 utf32le utf32be ucs4le ucs4be " },
	{ "armscii-8", "ARMSCII-8", false, " armscii8 " },
};

/* Opened at first use and kept: loading one costs files and milliseconds. */
static iconv_t	 converters[G_N_ELEMENTS(charsets)];
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
	size_t	i;

	for (i = 0; i < G_N_ELEMENTS(charsets); i++)
		if (charsets[i].iconv_name != NULL)
			open_converter(&converters[i], charsets[i].iconv_name);
	for (i = 0; i < G_N_ELEMENTS(wide_names); i++)
		open_converter(&wide_converters[i], wide_names[i]);
}

/* Letters and digits in lower case between two blanks; false if none are left. */
static bool
squeeze_label(const char *label, char out[48])
{
	size_t	n = 0;

	while (*label != '\0' && strchr(" \t\"'=:", *label) != NULL)
		label++;
	if (g_ascii_strncasecmp(label, "x-", 2) == 0)
		label += 2;
	else if (g_ascii_strncasecmp(label, "cs", 2) == 0 && g_ascii_isalpha(label[2]))
		label += 2;
	else if (g_ascii_strncasecmp(label, "charset=", 8) == 0)
		label += 8;
	out[n++] = ' ';
	for (; *label != '\0' && *label != ';' && *label != '*' && n < 44; label++)
		if (g_ascii_isalnum(*label))
			out[n++] = g_ascii_tolower(*label);
	out[n++] = ' ';
	out[n] = '\0';
	return n > 2;
}

static const struct charset *
find_row(const char *label)
{
	char	key[48];
	size_t	i;

	if (label == NULL || !squeeze_label(label, key))
		return NULL;
	for (i = 0; i < G_N_ELEMENTS(charsets); i++)
		if (strstr(charsets[i].labels, key) != NULL)
			return &charsets[i];
	return NULL;
}

static const struct charset *
row_by_name(const char *name)
{
	size_t	i;

	for (i = 0; i < G_N_ELEMENTS(charsets); i++)
		if (strcmp(charsets[i].name, name) == 0)
			return &charsets[i];
	return NULL;
}

const char *
charset_find(const char *label)
{
	const struct charset *row = find_row(label);

	return row != NULL ? row->name : NULL;
}

bool
charset_is_multibyte(const char *name)
{
	const struct charset *row = row_by_name(name);

	return row != NULL && row->multibyte;
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

/* UTF-8 with every bad byte replaced. */
static char *
repair_utf8(const char *bytes, size_t len, bool *damaged)
{
	GString		*out = g_string_sized_new(len + 16);
	const char	*end;
	gunichar	 c;

	for (;;) {
		bool	whole = g_utf8_validate(bytes, (gssize)len, &end);

		g_string_append_len(out, bytes, end - bytes);
		if (whole)
			return g_string_free(out, FALSE);
		if ((c = surrogates(end, len - (size_t)(end - bytes))) != 0) {
			g_string_append_unichar(out, c);
			len -= (size_t)(end - bytes) + 6;
			bytes = end + 6;
			continue;
		}
		len -= (size_t)(end - bytes) + 1;
		bytes = end + 1;
		if (*end == '\0')	/* no damage, only not text: left out */
			continue;
		append_bad(out, damaged);
	}
}

char *
charset_convert(const char *bytes, size_t len, const char *name, bool lossy, bool *damaged)
{
	const struct charset	*row = row_by_name(name);
	GString			*out;
	iconv_t			 cd;

	if (row == NULL)
		return NULL;
	if (strcmp(name, "utf-8") == 0) {
		if (g_utf8_validate(bytes, (gssize)len, NULL))
			return g_strndup(bytes, len);
		return lossy ? repair_utf8(bytes, len, damaged) : NULL;
	}
	if (strcmp(name, "iso-2022-jp") == 0)
		return convert_iso2022jp(bytes, len, lossy, damaged);
	if (strcmp(name, "hz-gb-2312") == 0)
		return convert_hz(bytes, len, lossy, damaged);
	if (row->iconv_name == NULL)
		return convert_wide(bytes, len, strcmp(name, "utf-32") == 0, lossy, damaged);
	cd = open_converter(&converters[row - charsets], row->iconv_name);
	out = g_string_sized_new(len + len / 2);
	if (cd != (iconv_t)-1 && run_converter(cd, bytes, len, lossy, out, damaged))
		return take_string(out);
	g_string_free(out, TRUE);
	return NULL;
}

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
	size_t	i;

	for (i = 0; i < len; i++)
		if ((bytes[i] & 0x80) != 0 || bytes[i] == 0x1b || bytes[i] == '\0')
			return false;
	return true;
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

static bool
label_is_ascii(const char *declared)
{
	char	key[48];

	return declared == NULL || !squeeze_label(declared, key) ||
	    strstr(" usascii ascii 646 us unknown unknown8bit 8bit 7bit default none ansix341968 ",
	    key) != NULL;
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
	if (name == NULL || strcmp(name, "utf-8") == 0 || label_is_ascii(declared))
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
		return g_strndup(bytes, len);
	used->name = choose(bytes, len, declared, &used->guessed);
	utf8 = charset_convert(bytes, len, used->name, true, &used->damaged);
	if (utf8 == NULL)
		utf8 = repair_utf8(bytes, len, &used->damaged);
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
