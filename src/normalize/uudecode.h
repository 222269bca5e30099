/* SPDX-License-Identifier: ISC */
/*
 * normalize/uudecode.h - uuencoded files, as a body or in the middle of a text.
 */
#ifndef NORMALIZE_UUDECODE_H
#define NORMALIZE_UUDECODE_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * Appends the first file in the bytes to out; false if there is none.  The
 * begin line may be missing if the lines of data are plain to see.
 */
bool	uudecode_body(const char *bytes, size_t len, GString *out);

typedef void	uudecode_file_fn(void *arg, const char *name, GBytes *content);

/*
 * Takes whole "begin 644 name" ... "end" blocks out of a text, calls back for
 * each (at most 100), and returns the text without them, or NULL if there was
 * none.  A block whose lines are wrong, or that does not end and was not even
 * begun with a full line, stays text.
 */
char	*uudecode_extract(const char *text, uudecode_file_fn *, void *arg);

#endif
