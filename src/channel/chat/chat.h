/* SPDX-License-Identifier: ISC */
/*
 * channel/chat/chat.h - chat windows on customers' pages.
 *
 * A page embeds one script, GET /chat/NAME/widget.js.  The visitor's messages
 * come with POST /chat/NAME/messages and are answered when they are durable;
 * what he is told, and his own lines back, go out as server-sent events from
 * the transcript in Redis, GET /chat/NAME/events.  No cookies: a visitor is
 * who has his session's token (chat/token.h).  doc/intaked.8 describes the
 * requests.
 */
#ifndef CHANNEL_CHAT_CHAT_H
#define CHANNEL_CHAT_CHAT_H

#include "channel/channel.h"

extern const struct channel_ops chat_channel;

#endif
