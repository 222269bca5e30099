/* SPDX-License-Identifier: ISC */
/*
 * proto/imap_name.h - folder names: modified UTF-7 (RFC 3501, 5.1.3) and
 * quoting.
 */
#ifndef PROTO_IMAP_NAME_H
#define PROTO_IMAP_NAME_H

#include <glib.h>

/*
 * UTF-8 to what the server calls the folder; "inbox" in any case is INBOX.
 * The result is printable ASCII.  Free with g_free().
 */
char	*imap_name_encode(const char *utf8);

/*
 * The reverse, for people and keys.  A name that is not modified UTF-7 (some
 * servers send UTF-8 or worse) comes back as valid UTF-8 all the same.
 */
char	*imap_name_decode(const char *name, size_t len);

/* "name" with its quotes; the name must hold no CR, LF or NUL. */
void	 imap_name_quote(GString *out, const char *name);

#endif
