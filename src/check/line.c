/* SPDX-License-Identifier: ISC */
#include "check/line.h"

#include <string.h>

enum { LINES_MAX = 2000 };

const char *
line_read(const char *at, const char **line, size_t *len)
{
	const char	*lf = strchr(at, '\n');
	const char	*end = lf != NULL ? lf : at + strlen(at);

	while (at < end && g_ascii_isspace(*at))
		at++;
	while (end > at && g_ascii_isspace(end[-1]))
		end--;
	*line = at;
	*len = (size_t)(end - at);
	return lf != NULL ? lf + 1 : NULL;
}

GPtrArray *
line_list(char *text)
{
	GPtrArray	*lines = g_ptr_array_new();
	const char	*at, *line, *next;
	size_t		 len;

	for (at = text; at != NULL && *at != '\0' && lines->len < LINES_MAX; at = next) {
		next = line_read(at, &line, &len);
		text[line + len - text] = '\0';
		g_ptr_array_add(lines, text + (line - text));
	}
	return lines;
}
