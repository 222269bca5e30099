/* SPDX-License-Identifier: ISC */
#include "normalize/attachment_name.h"

#include <glib.h>
#include <stdbool.h>
#include <string.h>

#define MAX_CHARS	120
#define MAX_EXTENSION	12

static bool
is_unwanted(gunichar c)
{
	if (c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0xad || c == 0xfeff)
		return true;
	if ((c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
	    (c >= 0x2060 && c <= 0x206f))
		return true;
	return (c >= 0xfff9 && c <= 0xfffb) || (c >= 0xe0000 && c <= 0xe0fff);
}

/* Behind the last separator; a name that ends with one keeps what is before. */
static const char *
last_component(char *name)
{
	size_t	 n = strlen(name);
	char	*c;

	while (n > 0 && strchr("/\\ ", name[n - 1]) != NULL)
		name[--n] = '\0';
	for (c = name + n; c > name; c--)
		if (c[-1] == '/' || c[-1] == '\\')
			break;
	return c;
}

/* 'a.pdf': quotes of the wrong kind. */
static char *
strip_quotes(char *name)
{
	size_t	n = strlen(name);

	if (n > 2 && name[0] == '\'' && name[n - 1] == '\'') {
		name[n - 1] = '\0';
		name++;
	}
	return name;
}

/* At most MAX_CHARS characters, with the extension. */
static char *
shorten(char *name)
{
	glong		 chars = g_utf8_strlen(name, -1);
	const char	*dot = strrchr(name, '.');
	glong		 ext;
	char		*cut, *out;

	if (chars <= MAX_CHARS)
		return name;
	ext = dot != NULL ? g_utf8_strlen(dot, -1) : 0;
	if (ext > MAX_EXTENSION)
		ext = 0;
	cut = g_utf8_substring(name, 0, MAX_CHARS - ext);
	out = g_strconcat(cut, ext > 0 ? dot : "", NULL);
	g_free(cut);
	g_free(name);
	return out;
}

char *
attachment_name_clean(const char *name)
{
	g_autofree char	*valid = NULL, *composed = NULL;
	GString		*out;
	const char	*at;
	gunichar	 c;

	if (name == NULL)
		return NULL;
	valid = g_utf8_make_valid(name, -1);
	composed = g_utf8_normalize(valid, -1, G_NORMALIZE_NFC);
	out = g_string_new(NULL);
	for (at = last_component(strip_quotes(composed)); *at != '\0'; at = g_utf8_next_char(at)) {
		c = g_utf8_get_char(at);
		if (c == '\t' || c == '\n' || c == '\r')
			c = ' ';
		if (is_unwanted(c))
			continue;
		g_string_append_unichar(out, c < 0x80 && strchr("<>:\"|?*", (int)c) != NULL ? '_' : c);
	}
	g_strstrip(out->str);
	if (*out->str == '\0' || strspn(out->str, "._ ") == strlen(out->str)) {
		g_string_free(out, TRUE);
		return NULL;
	}
	return shorten(g_string_free(out, FALSE));
}

const char *
attachment_extension(const char *type)
{
	static const struct { const char *type, *ext; } known[] = {
		{ "application/pdf", ".pdf" }, { "image/jpeg", ".jpg" }, { "image/jpg", ".jpg" },
		{ "image/pjpeg", ".jpg" }, { "image/png", ".png" }, { "image/gif", ".gif" },
		{ "image/webp", ".webp" }, { "image/tiff", ".tif" }, { "image/bmp", ".bmp" },
		{ "image/svg+xml", ".svg" }, { "image/heic", ".heic" }, { "text/plain", ".txt" },
		{ "text/html", ".html" }, { "text/csv", ".csv" }, { "text/calendar", ".ics" },
		{ "text/vcard", ".vcf" }, { "text/x-vcard", ".vcf" }, { "text/directory", ".vcf" },
		{ "text/xml", ".xml" }, { "application/xml", ".xml" }, { "text/rtf", ".rtf" },
		{ "application/rtf", ".rtf" }, { "application/zip", ".zip" },
		{ "application/x-zip-compressed", ".zip" }, { "application/gzip", ".gz" },
		{ "application/json", ".json" }, { "application/msword", ".doc" },
		{ "application/vnd.ms-excel", ".xls" }, { "application/vnd.ms-powerpoint", ".ppt" },
		{ "application/vnd.openxmlformats-officedocument.wordprocessingml.document", ".docx" },
		{ "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ".xlsx" },
		{ "application/vnd.openxmlformats-officedocument.presentationml.presentation", ".pptx" },
		{ "application/vnd.oasis.opendocument.text", ".odt" }, { "audio/mpeg", ".mp3" },
		{ "audio/wav", ".wav" }, { "audio/x-wav", ".wav" }, { "audio/amr", ".amr" },
		{ "video/mp4", ".mp4" }, { "video/quicktime", ".mov" }, { "message/rfc822", ".eml" },
		{ "message/global", ".eml" }, { "message/delivery-status", ".txt" },
		{ "message/disposition-notification", ".txt" }, { "message/feedback-report", ".txt" },
		{ "text/rfc822-headers", ".txt" }, { "application/pgp-signature", ".asc" },
		{ "application/pgp-keys", ".asc" }, { "application/pgp-encrypted", ".asc" },
		{ "application/pkcs7-signature", ".p7s" }, { "application/x-pkcs7-signature", ".p7s" },
		{ "application/pkcs7-mime", ".p7m" }, { "application/x-pkcs7-mime", ".p7m" },
		{ "application/ms-tnef", ".dat" }, { "text/enriched", ".txt" }, { "text/markdown", ".md" },
	};
	size_t	i;

	for (i = 0; i < G_N_ELEMENTS(known); i++)
		if (strcmp(type, known[i].type) == 0)
			return known[i].ext;
	return ".bin";
}
