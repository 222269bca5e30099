/* SPDX-License-Identifier: ISC */
/*
 * normalize/charset_labels.h - what we can read, and the names it goes by.
 *
 * Labels are compared without case and punctuation, so that "ISO_8859-1",
 * "iso8859-1" and "\"ISO-8859-1\";" are one.  Used by charset*.c only; others
 * ask charset_find().
 */
#ifndef NORMALIZE_CHARSET_LABELS_H
#define NORMALIZE_CHARSET_LABELS_H

#include <stdbool.h>
#include <stddef.h>

#define CHARSET_LABELS_MAX	64	/* rows there may be */

struct charset {
	const char	*name;		/* ours */
	const char	*iconv_name;	/* glibc's; NULL: read by hand */
	bool		 multibyte;
	const char	*labels;	/* blank before and behind each */
};

const struct charset	*charset_labels_table(size_t *n);
size_t			 charset_labels_index(const struct charset *row);

/* NULL if nobody knows it. */
const struct charset	*charset_labels_find(const char *label);
const struct charset	*charset_labels_named(const char *name);

/* No label, or one that says no more than "text". */
bool			 charset_labels_is_ascii(const char *label);

#endif
