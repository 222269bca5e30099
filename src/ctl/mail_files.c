/* SPDX-License-Identifier: ISC */
#include "ctl/mail_files.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static GBytes *
slurp(const char *path, struct err *e)
{
	FILE		*file = strcmp(path, "-") == 0 ? stdin : fopen(path, "rb");
	GByteArray	*all = g_byte_array_new();
	guint8		 chunk[65536];
	size_t		 n;
	int		 failed;

	if (file == NULL) {
		err_errno(e, ERR_PERM, "%s", path);
		g_byte_array_unref(all);
		return NULL;
	}
	while ((n = fread(chunk, 1, sizeof chunk, file)) > 0)
		g_byte_array_append(all, chunk, (guint)n);
	failed = ferror(file);
	if (failed)
		err_errno(e, ERR_PERM, "%s", path);
	if (file != stdin)
		fclose(file);
	if (failed) {
		g_byte_array_unref(all);
		return NULL;
	}
	return g_byte_array_free_to_bytes(all);
}

static bool
is_separator(const char *line, const char *end)
{
	return end - line >= 5 && memcmp(line, "From ", 5) == 0;
}

/*
 * "From " opens the next message only behind an empty line; and only a line
 * that looks like a postmark (a year or a time in it) does, so that prose
 * beginning with "From " stays in its message.
 */
static bool
is_postmark(const char *line, const char *end)
{
	const char	*eol = memchr(line, '\n', (size_t)(end - line));
	const char	*p;

	if (!is_separator(line, end))
		return false;
	for (p = line; p + 2 < (eol != NULL ? eol : end); p++)
		if (g_ascii_isdigit(p[0]) && p[1] == ':' && g_ascii_isdigit(p[2]))
			return true;
	return false;
}

/* Where the message that begins at start ends: at the next postmark. */
static const char *
find_end(const char *start, const char *end)
{
	const char	*p = start, *eol;
	bool		 after_empty = false;

	while (p < end) {
		if (after_empty && is_postmark(p, end))
			return p;
		if ((eol = memchr(p, '\n', (size_t)(end - p))) == NULL)
			return end;
		after_empty = eol == p || (eol == p + 1 && *p == '\r');
		p = eol + 1;
	}
	return end;
}

/* mboxrd: ">From " was "From ", ">>From " was ">From ". */
static GBytes *
unquote(const char *at, const char *end)
{
	GByteArray	*out = g_byte_array_sized_new((guint)(end - at));
	const char	*eol, *p;

	for (; at < end; at = eol) {
		eol = memchr(at, '\n', (size_t)(end - at));
		eol = eol != NULL ? eol + 1 : end;
		for (p = at; p < eol && *p == '>'; p++)
			continue;
		if (p > at && is_separator(p, eol))
			at++;
		g_byte_array_append(out, (const guint8 *)at, (guint)(eol - at));
	}
	return g_byte_array_free_to_bytes(out);
}

static int
each_of_mbox(const char *path, const char *at, const char *end, mail_file_fn *fn, void *arg)
{
	unsigned	n;
	int		rc = 0;

	for (n = 1; at < end && rc == 0; n++) {
		const char		*first = memchr(at, '\n', (size_t)(end - at));
		const char		*next;
		g_autoptr(GBytes)	 message = NULL;
		g_autofree char		*name = g_strdup_printf("%s:%u", path, n);

		first = first != NULL ? first + 1 : end;
		next = find_end(first, end);
		message = unquote(first, next);
		rc = fn(arg, name, message);
		at = next;
	}
	return rc;
}

int
mail_file_each(const char *path, mail_file_fn *fn, void *arg, struct err *e)
{
	g_autoptr(GBytes)	 all = slurp(path, e);
	const char		*at;
	gsize			 len;

	if (all == NULL)
		return -1;
	at = g_bytes_get_data(all, &len);
	if (len > 0 && is_postmark(at, at + len))
		return each_of_mbox(path, at, at + len, fn, arg);
	return fn(arg, path, all);
}
