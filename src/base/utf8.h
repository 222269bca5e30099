/* SPDX-License-Identifier: ISC */
/*
 * base/utf8.h - is it ASCII, is it UTF-8?
 *
 * Every text passes by here several times between its bytes and its ticket,
 * so these look at 64 bytes at once where there is nothing but ASCII.
 */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* How many bytes at the beginning are ASCII other than NUL. */
size_t	utf8_ascii_run(const char *bytes, size_t len);

/* Nothing but ASCII without NUL? */
bool	utf8_is_ascii(const char *bytes, size_t len);

/*
 * Nothing but UTF-8 without NUL?  As g_utf8_validate() with a length, but
 * fast; *bad, unless NULL, is set to the first byte that is not, or the end.
 */
bool	utf8_is_valid(const char *bytes, size_t len, const char **bad);

#endif
