/* SPDX-License-Identifier: ISC */
/*
 * channel/lmtp/lmtp_channel.h - mail that a mail server on this host or next
 * to it hands over by LMTP.
 *
 * A recipient is answered 250 only when the message is durable; for all else
 * the server keeps the message in its own queue and comes again.  One message
 * for several recipients is one arrival; its key is a digest of envelope and
 * content, so that a second try after a lost answer is recognised.
 */
#ifndef CHANNEL_LMTP_LMTP_CHANNEL_H
#define CHANNEL_LMTP_LMTP_CHANNEL_H

#include "channel/channel.h"

extern const struct channel_ops lmtp_channel_ops;

#endif
