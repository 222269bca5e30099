/* SPDX-License-Identifier: ISC */
/*
 * normalize/transfer.h - undoes Content-Transfer-Encodings, also damaged ones.
 *
 * All append to out and take any bytes.
 */
#ifndef NORMALIZE_TRANSFER_H
#define NORMALIZE_TRANSFER_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

/* Skips what is not base64; padding in the middle begins anew. */
void	transfer_base64(const char *, size_t, GString *out);
/* A body: soft breaks joined; "=" that is no escape is kept. */
void	transfer_quoted_printable(const char *, size_t, GString *out);
/* RFC 2047's Q. */
void	transfer_q(const char *, size_t, GString *out);
/* RFC 2231's and URLs' %XX. */
void	transfer_percent(const char *, size_t, GString *out);

/*
 * Decode a body by the name in its header (may be NULL); returns a code for
 * a warning ("base64-damaged", "encoding-unknown"), or NULL if all was well.
 * The result may share memory with whole, of which the body is the part.
 */
const char	*transfer_decode(GBytes *whole, size_t at, size_t len, const char *encoding,
		    GBytes **out);

#endif
