/* SPDX-License-Identifier: ISC */
/*
 * normalize/tnef.h - reads Outlook's winmail.dat (MS-OXTNEF).
 *
 * A message enclosed in it gives its files and its text as one more file.
 * Bounded: at most 500 files a message, three messages in one another, 2 MB of
 * text, one pass; checksums are ignored.
 * Fuzzed by fuzz_tnef.
 */
#ifndef NORMALIZE_TNEF_H
#define NORMALIZE_TNEF_H

#include <glib.h>
#include <stddef.h>

/* type may be NULL; name may be NULL. */
typedef void	tnef_file_fn(void *arg, const char *name, const char *type, GBytes *content);

/*
 * Calls back for each file; returns the message's text (UTF-8, from the plain
 * body, else the HTML, else the RTF), or NULL if it has none.
 */
char	*tnef_read(const void *bytes, size_t len, tnef_file_fn *, void *arg);

/* Compressed RTF (MS-OXRTFCP) to its RTF, or NULL; free with g_string_free(). */
GString	*tnef_rtf_unpack(const unsigned char *, size_t len);
/* The readable text of RTF, UTF-8; NULL if there is none. */
char	*tnef_rtf_text(const char *rtf, size_t len);

#endif
