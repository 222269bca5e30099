/* SPDX-License-Identifier: ISC */
/*
 * channel/chat/identity.h - who a visitor is, as signed by the page's server.
 *
 * {"id", "name", "email", "exp", "nonce", "hmac"}: hmac is the HMAC-SHA-256,
 * in hexadecimal, of id, name, email, exp and nonce joined by newlines, with
 * the chat's identity secret; what is not given is empty.  exp is in seconds
 * since 1970 and not more than CHAT_IDENTITY_MAX_MS ahead.
 */
#ifndef CHANNEL_CHAT_IDENTITY_H
#define CHANNEL_CHAT_IDENTITY_H

#include <glib.h>
#include <jansson.h>
#include <stdint.h>

#include "channel/chat/token.h"

#define CHAT_IDENTITY_MAX_MS	(INT64_C(86400000) * 31)

enum chat_identity_result { IDENTITY_GOOD, IDENTITY_MALFORMED, IDENTITY_FORGED, IDENTITY_OVER };

/* When good, name, email and customer are the visitor's and he is verified. */
enum chat_identity_result	chat_identity_read(GBytes *secret, const json_t *identity,
				    int64_t now_ms, struct chat_visitor *);

#endif
