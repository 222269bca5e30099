/* SPDX-License-Identifier: ISC */
/*
 * normalize/attachment_name.h - file names for people, never for a disk.
 */
#ifndef NORMALIZE_ATTACHMENT_NAME_H
#define NORMALIZE_ATTACHMENT_NAME_H

#include <stddef.h>

/*
 * The last component, without controls, marks that reorder text, and the
 * characters no file system likes; at most 120 characters, the extension
 * kept.  NULL for NULL or when nothing is left.  Free with g_free().
 */
char	*attachment_name_clean(const char *name);

/* The usual extension with its dot (".pdf"), or ".bin". */
const char	*attachment_extension(const char *content_type);

/* The type the first bytes show, or NULL; static. */
const char	*attachment_sniff(const void *bytes, size_t len);

#endif
