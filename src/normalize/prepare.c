/* SPDX-License-Identifier: ISC */
/*
 * What is loaded lazily, loaded now: glibc finds a charset's converter in a
 * file of its own, at first use, and a sandboxed worker opens no files.
 */
#include <gmime/gmime.h>
#include <iconv.h>

#include "normalize/normalize.h"

static const char *const charsets[] = {
	"WINDOWS-1250", "WINDOWS-1251", "WINDOWS-1252", "WINDOWS-1253", "WINDOWS-1254",
	"WINDOWS-1255", "WINDOWS-1256", "WINDOWS-1257", "WINDOWS-1258",
	"ISO-8859-1", "ISO-8859-2", "ISO-8859-3", "ISO-8859-4", "ISO-8859-5", "ISO-8859-6",
	"ISO-8859-7", "ISO-8859-8", "ISO-8859-9", "ISO-8859-10", "ISO-8859-11", "ISO-8859-13",
	"ISO-8859-14", "ISO-8859-15", "ISO-8859-16",
	"KOI8-R", "KOI8-U", "KOI8-T", "CP437", "CP737", "CP775", "CP850", "CP852", "CP855",
	"CP857", "CP858", "CP860", "CP861", "CP862", "CP863", "CP865", "CP866", "CP869",
	"CP874", "TIS-620", "MACINTOSH", "MAC-CYRILLIC", "MAC-CENTRALEUROPE", "MAC-UK",
	"GB18030", "GBK", "GB2312", "EUC-CN", "HZ", "BIG5", "BIG5-HKSCS", "EUC-TW", "CP950",
	"ISO-2022-CN", "ISO-2022-CN-EXT", "SHIFT_JIS", "CP932", "EUC-JP", "EUC-JP-MS",
	"EUC-JISX0213", "SHIFT_JISX0213", "ISO-2022-JP", "ISO-2022-JP-2", "ISO-2022-JP-3",
	"CP949", "EUC-KR", "JOHAB", "ISO-2022-KR", "UHC",
	"UTF-7", "UTF-16", "UTF-16LE", "UTF-16BE", "UTF-32", "UTF-32LE", "UTF-32BE",
	"UCS-2", "UCS-4", "TCVN5712-1", "VISCII", "ARMSCII-8", "GEORGIAN-PS", "GEORGIAN-ACADEMY",
	"ISO_6937", "IBM037", "IBM1047", "IBM273", "IBM500", "HP-ROMAN8", "NEXTSTEP", "ASCII",
};

/* Never closed: a converter in use is not unloaded. */
static iconv_t	held[G_N_ELEMENTS(charsets)];

void
normalize_prepare(void)
{
	size_t	i;

	g_mime_init();
	for (i = 0; i < G_N_ELEMENTS(charsets); i++)
		held[i] = iconv_open("UTF-8", charsets[i]);
}
