/* SPDX-License-Identifier: ISC */
/*
 * channel/webhook/webhook.h - POST /hooks/<name>: JSON from other systems.
 *
 * Answers, in the order of the checks: 404 no such hook, 405, 415 not JSON,
 * 413 too large, 429 too fast, 403 address not allowed, 401 not signed, 400
 * not well formed, 200 known already, 503 we cannot take it now, and 202 once
 * it is durable.  An error of ours is never a 4xx: senders give up on those.
 *
 * What makes two requests the same event, first found counts: id_header,
 * id_pointer, the id of the signature scheme or Idempotency-Key, the body.
 */
#ifndef CHANNEL_WEBHOOK_WEBHOOK_H
#define CHANNEL_WEBHOOK_WEBHOOK_H

#include "channel/channel.h"

extern const struct channel_ops webhook_channel;

#endif
