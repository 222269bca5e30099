/* SPDX-License-Identifier: ISC */
#include "normalize/charset_labels.h"

#include <glib.h>
#include <string.h>

#include "normalize/charset.h"

/*
 * The labels are compared without case and punctuation, after "x-" and "cs"
 * are taken away.  The name is glibc's, except for the few that are read by
 * hand; a subset stands with the superset that is meant.
 */
static const struct charset charsets[] = {
	{ "utf-8", NULL, true, " utf8 unicode11utf8 unicode20utf8 utf utf8mb4 utf8n utf80 8 65001 cp65001 unicodeutf8 utf8mac " },
	{ "windows-1252", "CP1252", false, " usascii ascii ansix341968 ansix341986 iso646us us iso88591 iso885911987 iso88591iso latin1 latinl l1 ibm819 cp819 windows1252 win1252 cp1252 ansi 1252 iso88591windows ascii7 646 isoir6 isoir100 westerneurope iso8859 88591 8859 windows default none unknown unknown8bit 8bit 7bit isolatin1 ansix34 autodetect autodetectall userdefined " },
	{ "iso-8859-2", "ISO-8859-2", false, " iso88592 latin2 l2 isoir101 iso885921987 88592 isolatin2 iso88592windows " },
	{ "iso-8859-3", "ISO-8859-3", false, " iso88593 latin3 l3 iso885931988 isoir109 isolatin3 88593 " },
	{ "iso-8859-4", "ISO-8859-4", false, " iso88594 latin4 l4 iso885941988 isoir110 isolatin4 88594 " },
	{ "iso-8859-5", "ISO-8859-5", false, " iso88595 cyrillic isoir144 88595 iso885951988 isolatincyrillic " },
	{ "iso-8859-6", "ISO-8859-6", false, " iso88596 arabic ecma114 asmo708 iso88596i iso88596e iso885961987 isoir127 isolatinarabic " },
	{ "windows-1253", "CP1253", false, " windows1253 cp1253 win1253 1253 " },
	{ "iso-8859-7", "ISO-8859-7", false, " iso88597 greek greek8 ecma118 elot928 iso885971987 isoir126 isolatingreek suneugreek 88597 " },
	{ "windows-1255", "CP1255", false, " windows1255 cp1255 win1255 iso88598 iso88598i iso88598e hebrew logical visual 1255 iso885981988 isoir138 isolatinhebrew 88598 " },
	{ "windows-1254", "CP1254", false, " windows1254 cp1254 win1254 iso88599 latin5 l5 turkish 1254 88599 iso885991989 isoir148 isolatin5 " },
	{ "iso-8859-10", "ISO-8859-10", false, " iso885910 latin6 l6 iso8859101992 isoir157 isolatin6 " },
	{ "iso-8859-13", "ISO-8859-13", false, " iso885913 latin7 " },
	{ "iso-8859-14", "ISO-8859-14", false, " iso885914 latin8 " },
	{ "iso-8859-15", "ISO-8859-15", false, " iso885915 latin9 latin0 l9 iso8859151998 885915 isolatin9 " },
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
	{ "gb18030", "GB18030", true, " gb2312 gbk gb18030 gb180302000 gb231280 cp936 ms936 windows936 936 euccn xeuccn gb csgb2312 chinese isoir58 gb23121980 windows54936 macchinesesimp chinesesimplified iso58gb231280 " },
	{ "big5", "BIG5-HKSCS", true, " big5 big5hkscs cp950 ms950 windows950 950 cnbig5 big5eten big5tw bigfive macchinesetrad xbig5 bigfivehkscs " },
	{ "euc-tw", "EUC-TW", true, " euctw " },
	{ "shift_jis", "CP932", true, " shiftjis sjis mskanji cp932 ms932 windows932 windows31j 932 shiftjisx0213 sjiswin macjapanese shiftjis2004 pck shifjis " },
	{ "euc-jp", "EUC-JP-MS", true, " eucjp ujis eucjpms eucjis2004 eucjpwin ajec japanese extendedunixcodepackedformatforjapanese eucpkdfmtjapanese " },
	{ "iso-2022-jp", NULL, true, " iso2022jp iso2022jp1 iso2022jp2 iso2022jp3 iso2022jp2004 iso2022jpms cp50220 cp50221 cp50222 50220 50221 50222 iso2022jpext jis jis7 2022jp iso2022 iso2002jp " },
	{ "hz-gb-2312", NULL, true, " hzgb2312 hz hzgb hzgb23121980 " },
	{ "iso-2022-kr", "ISO-2022-KR", true, " iso2022kr " },
	{ "iso-2022-cn", "ISO-2022-CN-EXT", true, " iso2022cn iso2022cnext " },
	{ "cp949", "CP949", true, " ksc5601 ksc56011987 ksc56011989 ksc56011992 kscd5601 euckr cp949 ms949 uhc windows949 949 korean isoir149 ksc56011 ks56011987 5601 mackorean kscd " },
	{ "johab", "JOHAB", true, " johab cp1361 " },
	{ "utf-7", "UTF-7", true, " utf7 unicode11utf7 unicode20utf7 65000 cp65000 " },
	{ "utf-16", NULL, true, " utf16 unicode ucs2 iso10646ucs2 ucs2le utf16le ucs2be utf16be unicodelittle unicodebig unicodefffe 1200 1201 utf16none unicodefeff utf16internal " },
	{ "utf-32", NULL, true, " utf32 ucs4 iso10646ucs4 utf32le utf32be ucs4le ucs4be " },
	{ "armscii-8", "ARMSCII-8", false, " armscii8 " },
};

G_STATIC_ASSERT(G_N_ELEMENTS(charsets) <= CHARSET_LABELS_MAX);

const struct charset *
charset_labels_table(size_t *n)
{
	*n = G_N_ELEMENTS(charsets);
	return charsets;
}

size_t
charset_labels_index(const struct charset *row)
{
	return (size_t)(row - charsets);
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

const struct charset *
charset_labels_find(const char *label)
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

const struct charset *
charset_labels_named(const char *name)
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
	const struct charset *row = charset_labels_find(label);

	return row != NULL ? row->name : NULL;
}

bool
charset_is_multibyte(const char *name)
{
	const struct charset *row = charset_labels_named(name);

	return row != NULL && row->multibyte;
}

bool
charset_labels_is_ascii(const char *declared)
{
	char	key[48];

	return declared == NULL || !squeeze_label(declared, key) ||
	    strstr(" usascii ascii 646 us unknown unknown8bit 8bit 7bit default none ansix341968 "
	    "ansix34 autodetect autodetectall userdefined ",
	    key) != NULL;
}
