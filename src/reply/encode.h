/* SPDX-License-Identifier: ISC */
/*
 * reply/encode.h - headers and bodies in the letters that mail can carry.
 *
 * Takes any UTF-8; whatever it gets, no line of the output is long, none is
 * broken where the caller did not say so, and all of it is ASCII.
 * Used by reply/compose.c.
 */
#ifndef REPLY_ENCODE_H
#define REPLY_ENCODE_H

#include <glib.h>

/* "Name: text", folded and encoded (RFC 2047) where needed, with CR LF. */
void	encode_text_header(GString *out, const char *name, const char *text);

/* "Name: display <addr>"; display may be NULL.  addr must be vetted. */
void	encode_address_header(GString *out, const char *name, const char *display, const char *addr);

/* Content-Transfer-Encoding, the blank line, and the text with CR LF lines. */
void	encode_body(GString *out, const char *text);

/* user@köln.example to user@xn--kln-sna.example; NULL if it cannot be. */
char	*encode_address(const char *addr);

#endif
