/* SPDX-License-Identifier: ISC */
/*
 * base/text.h - UTF-8 that is always valid, and strings that are safe to show.
 *
 * GLib's GString, GPtrArray and GHashTable are used as they are; here is only
 * what they lack.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/*
 * A copy that is valid UTF-8 without NUL and without C0 controls other than
 * tab and newline (CR LF and lone CR become newline).  Bad bytes become
 * U+FFFD.  *changed is set to true if a byte had to be replaced; else it is
 * left alone; it may be NULL.  Free with g_free().
 */
char	*text_valid(const char *bytes, size_t len, bool *changed);

/* A copy of len bytes that are text already: g_strndup() without its search. */
char	*text_copy(const char *bytes, size_t len);

/*
 * A copy for one line of display: as text_valid(), every run of white space
 * one blank, no controls, no bidirectional overrides, at most max bytes (cut
 * at a character).  Free with g_free().
 */
char	*text_one_line(const char *bytes, size_t len, size_t max);

/* The largest n <= max at which the string may be cut inside no character. */
size_t	text_cut(const char *utf8, size_t len, size_t max);

/* Is it one line of printable UTF-8: no controls, so safe in a header? */
bool	text_is_line(const char *);

/* An RFC 5321 address safe to hand to SMTP: one @, no blanks, controls or <>. */
bool	text_is_address(const char *);

#endif
