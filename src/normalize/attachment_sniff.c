/* SPDX-License-Identifier: ISC */
#include "normalize/attachment_name.h"

#include <glib.h>
#include <stdbool.h>
#include <string.h>

struct magic {
	size_t		 at;
	const char	*bytes;
	size_t		 len;
	const char	*type;
};

#define M(at, s, type)	{ at, s, sizeof(s) - 1, type }

static const struct magic magics[] = {
	M(0, "%PDF-", "application/pdf"),
	M(0, "\211PNG\r\n\032\n", "image/png"),
	M(0, "\377\330\377", "image/jpeg"),
	M(0, "GIF87a", "image/gif"),
	M(0, "GIF89a", "image/gif"),
	M(8, "WEBPVP8", "image/webp"),
	M(8, "WAVEfmt", "audio/wav"),
	M(8, "AVI LIST", "video/x-msvideo"),
	M(0, "II*\0", "image/tiff"),
	M(0, "MM\0*", "image/tiff"),
	M(4, "ftypheic", "image/heic"),
	M(4, "ftypheix", "image/heic"),
	M(4, "ftypmif1", "image/heic"),
	M(4, "ftypavif", "image/avif"),
	M(4, "ftypqt  ", "video/quicktime"),
	M(4, "ftypM4A", "audio/mp4"),
	M(4, "ftyp3gp", "video/3gpp"),
	M(4, "ftyp", "video/mp4"),
	M(0, "BM", "image/bmp"),
	M(0, "\320\317\021\340\241\261\032\341", "application/x-ole-storage"),
	M(0, "MZ", "application/vnd.microsoft.portable-executable"),
	M(0, "\177ELF", "application/x-executable"),
	M(0, "{\\rtf", "application/rtf"),
	M(0, "Rar!\032\007", "application/vnd.rar"),
	M(0, "7z\274\257\047\034", "application/x-7z-compressed"),
	M(0, "\037\213\010", "application/gzip"),
	M(0, "BZh", "application/x-bzip2"),
	M(0, "\375" "7zXZ\0", "application/x-xz"),
	M(0, "(\265/\375", "application/zstd"),
	M(257, "ustar", "application/x-tar"),
	M(0, "ID3", "audio/mpeg"),
	M(0, "\377\373", "audio/mpeg"),
	M(0, "OggS", "audio/ogg"),
	M(0, "fLaC", "audio/flac"),
	M(0, "#!AMR", "audio/amr"),
	M(0, "\032E\337\243", "video/webm"),
	M(0, "\000\000\001\000", "image/x-icon"),
	M(0, "8BPS", "image/vnd.adobe.photoshop"),
	M(0, "%!PS", "application/postscript"),
	M(0, "BEGIN:VCALENDAR", "text/calendar"),
	M(0, "BEGIN:VCARD", "text/vcard"),
	M(0, "-----BEGIN PGP", "application/pgp-encrypted"),
	M(0, "\170\237\076\042", "application/ms-tnef"),
	M(0, "MSCF", "application/vnd.ms-cab-compressed"),
	M(0, "<?xml", "application/xml"),
	M(0, "SQLite format 3", "application/vnd.sqlite3"),
};

/* What kind of ZIP: the names of the first members tell. */
static const char *
sniff_zip(const char *p, size_t len)
{
	static const struct { const char *mark, *type; } kinds[] = {
		{ "mimetypeapplication/vnd.oasis.opendocument.text", "application/vnd.oasis.opendocument.text" },
		{ "mimetypeapplication/vnd.oasis.opendocument.spreadsheet",
		    "application/vnd.oasis.opendocument.spreadsheet" },
		{ "mimetypeapplication/epub+zip", "application/epub+zip" },
		{ "word/", "application/vnd.openxmlformats-officedocument.wordprocessingml.document" },
		{ "xl/", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" },
		{ "ppt/", "application/vnd.openxmlformats-officedocument.presentationml.presentation" },
		{ "META-INF/MANIFEST", "application/java-archive" },
		{ "AndroidManifest.xml", "application/vnd.android.package-archive" },
	};
	size_t	i;

	for (i = 0; i < G_N_ELEMENTS(kinds); i++)
		if (memmem(p, len, kinds[i].mark, strlen(kinds[i].mark)) != NULL)
			return kinds[i].type;
	/* the directory at the end of an office file that begins otherwise */
	return "application/zip";
}

static const char *
sniff_ole(const char *p, size_t len)
{
	static const struct { const char mark[40]; size_t n; const char *type; } kinds[] = {
		{ "W\0o\0r\0d\0D\0o\0c\0u\0m\0e\0n\0t", 23, "application/msword" },
		{ "W\0o\0r\0k\0b\0o\0o\0k", 15, "application/vnd.ms-excel" },
		{ "P\0o\0w\0e\0r\0P\0o\0i\0n\0t", 19, "application/vnd.ms-powerpoint" },
		{ "_\0_\0s\0u\0b\0s\0t\0g", 15, "application/vnd.ms-outlook" },
	};
	size_t	i;

	for (i = 0; i < G_N_ELEMENTS(kinds); i++)
		if (memmem(p, MIN(len, 1 << 20), kinds[i].mark, kinds[i].n) != NULL)
			return kinds[i].type;
	return "application/x-ole-storage";
}

static const char *
sniff_markup(const char *p, size_t len)
{
	static const char *const marks[] = { "<!doctype html", "<html", "<head", "<body", "<script" };
	size_t	i, skip = 0;

	if (len >= 3 && memcmp(p, "\357\273\277", 3) == 0)
		skip = 3;
	while (skip < len && g_ascii_isspace(p[skip]))
		skip++;
	for (i = 0; i < G_N_ELEMENTS(marks); i++)
		if (len - skip >= strlen(marks[i]) &&
		    g_ascii_strncasecmp(p + skip, marks[i], strlen(marks[i])) == 0)
			return "text/html";
	if (len - skip >= 4 && memcmp(p + skip, "<svg", 4) == 0)
		return "image/svg+xml";
	return NULL;
}

const char *
attachment_sniff(const void *bytes, size_t len)
{
	const char	*p = bytes, *type;
	size_t		 i;

	if (p == NULL || len < 3)
		return NULL;
	if (len >= 4 && memcmp(p, "PK\003\004", 4) == 0)
		return sniff_zip(p, MIN(len, 65536));
	if (len >= 14 && memcmp(p, "BM", 2) == 0 && (p[6] | p[7] | p[8] | p[9]) != 0)
		return NULL;			/* a text that begins with BM */
	for (i = 0; i < G_N_ELEMENTS(magics); i++) {
		const struct magic *m = &magics[i];

		if (len < m->at + m->len || memcmp(p + m->at, m->bytes, m->len) != 0)
			continue;
		if (strcmp(m->type, "application/x-ole-storage") == 0)
			return sniff_ole(p, len);
		if (m->len == 2 && len < 32)
			continue;		/* too little to tell */
		if (strcmp(m->type, "application/xml") == 0 &&
		    (type = memmem(p, MIN(len, 1024), "<svg", 4)) != NULL)
			return "image/svg+xml";
		return m->type;
	}
	return sniff_markup(p, len);
}
