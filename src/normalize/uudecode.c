/* SPDX-License-Identifier: ISC */
#include "normalize/uudecode.h"

#include <string.h>

#define MAX_FILES	100

/* The line at p without its end; *next behind it. */
static size_t
line_at(const char *p, const char *end, const char **next)
{
	const char	*lf = memchr(p, '\n', (size_t)(end - p));
	size_t		 n = (size_t)((lf != NULL ? lf : end) - p);

	*next = lf != NULL ? lf + 1 : end;
	while (n > 0 && p[n - 1] == '\r')
		n--;
	return n;
}

/* "begin 644 name": where the name begins, or NULL. */
static const char *
begin_line(const char *p, size_t n)
{
	size_t	i = 6;

	if (n < 11 || memcmp(p, "begin ", 6) != 0)
		return NULL;
	while (i < n && p[i] >= '0' && p[i] <= '7')
		i++;
	if (i < 9 || i > 10 || i + 1 >= n || p[i] != ' ')
		return NULL;
	return p + i + 1;
}

/* Without a begin line: a full line of data, as all but the last are. */
static bool
is_full_line(const char *p, size_t n)
{
	size_t	i;

	if (n < 60 || n > 63 || *p != 'M')
		return false;
	for (i = 0; i < n; i++)
		if (p[i] < ' ' || p[i] > '`')
			return false;
	return true;
}

/* One data line; false if it cannot be one. */
static bool
data_line(const char *p, size_t n, GString *out)
{
	size_t		count, i, k;
	unsigned	bits;
	char		three[3];

	if (n == 0 || p[0] < ' ' || p[0] > '`')
		return false;
	count = (size_t)(p[0] - ' ') & 63;
	if (count == 0 || n > (count + 2) / 3 * 4 + 3)
		return count == 0 && n <= 2;
	for (i = 1; count > 0; i += 4) {
		bits = 0;
		for (k = 0; k < 4; k++) {
			char	c = i + k < n ? p[i + k] : ' ';	/* trailing blanks get lost */

			if (c < ' ' || c > '`')
				return false;
			bits = bits << 6 | ((unsigned)(c - ' ') & 63);
		}
		three[0] = (char)(bits >> 16);
		three[1] = (char)(bits >> 8);
		three[2] = (char)bits;
		k = MIN(count, 3);
		g_string_append_len(out, three, (gssize)k);
		count -= k;
	}
	return true;
}

/*
 * The block whose begin line ended before p; returns where it ends, or NULL.
 * A mail may have been cut: then it ends with the mail, if it was well begun.
 */
static const char *
read_block(const char *p, const char *end, GString *out)
{
	const char	*next;
	bool		 begun = is_full_line(p, line_at(p, end, &next));
	size_t		 n;

	for (; p < end; p = next) {
		n = line_at(p, end, &next);
		if (n == 3 && memcmp(p, "end", 3) == 0)
			return next;
		if (n > 0 && !data_line(p, n, out))
			return begun && next == end ? end : NULL;
	}
	return begun ? end : NULL;
}

bool
uudecode_body(const char *bytes, size_t len, GString *out)
{
	const char	*p = bytes, *end = bytes + len, *next;
	size_t		 n, start = out->len;

	for (; p < end; p = next) {
		n = line_at(p, end, &next);
		if (begin_line(p, n) == NULL && !is_full_line(p, n))
			continue;
		if (is_full_line(p, n))
			next = p;
		for (p = next; p < end; p = next) {
			n = line_at(p, end, &next);
			if ((n == 3 && memcmp(p, "end", 3) == 0) ||
			    (n > 0 && !data_line(p, n, out)))
				break;
		}
		return out->len > start;
	}
	return false;
}

char *
uudecode_extract(const char *text, uudecode_file_fn *fn, void *arg)
{
	const char	*p = text, *end = text + strlen(text), *next, *name, *after;
	GString		*rest = NULL;
	unsigned	 files = 0, failed = 0;
	size_t		 n;

	if (strstr(text, "begin ") == NULL)
		return NULL;
	for (; p < end; p = next) {
		n = line_at(p, end, &next);
		name = files < MAX_FILES && failed < 20 ? begin_line(p, n) : NULL;
		if (name != NULL) {
			GString	*out = g_string_new(NULL);

			if ((after = read_block(next, end, out)) != NULL && out->len > 0) {
				g_autofree char	*file = g_strndup(name, n - (size_t)(name - p));
				g_autoptr(GBytes) content = g_string_free_to_bytes(out);

				if (rest == NULL)
					rest = g_string_new_len(text, p - text);
				fn(arg, file, content);
				files++;
				next = after;
				continue;
			}
			failed++;
			g_string_free(out, TRUE);
		}
		if (rest != NULL)
			g_string_append_len(rest, p, next - p);
	}
	return rest != NULL ? g_string_free(rest, FALSE) : NULL;
}
