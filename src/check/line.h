/* SPDX-License-Identifier: ISC */
/*
 * check/line.h - a text as its lines, without the blanks at their ends.
 */
#ifndef CHECK_LINE_H
#define CHECK_LINE_H

#include <glib.h>
#include <stddef.h>

/*
 * The line at at, which may be the last one: its first byte and its length.
 * Returns where the next one begins, or NULL.
 */
const char	*line_read(const char *at, const char **line, size_t *len);

/*
 * Cuts the text into its lines, 2000 at most; char *, which point into it.
 * What is behind the last line end is no line if it is empty.
 */
GPtrArray	*line_list(char *text);

#endif
