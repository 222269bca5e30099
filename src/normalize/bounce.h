/* SPDX-License-Identifier: ISC */
/*
 * normalize/bounce.h - did our mail come back, whose, and why?
 *
 * Reads delivery status notifications (RFC 3464, 6533), also damaged ones,
 * and the prose that mail software writes instead; abuse reports (RFC 5965).
 *
 * Pure.  Used by normalize/auto_mail.c; fuzzed by fuzz_bounce.
 */
#ifndef NORMALIZE_BOUNCE_H
#define NORMALIZE_BOUNCE_H

#include "model/message.h"
#include "normalize/mail_view.h"

/*
 * If the mail is a bounce (or a warning of a delay, or a success report),
 * fills msg->bounce and returns why it is one; else NULL and msg is as it
 * was.  Free with g_free().  The sender and subject in msg must be known.
 */
char	*bounce_read(struct message *msg, const struct mail_view *);

/*
 * The same for an abuse report: what it says becomes the fields
 * feedback_type, feedback_recipient and feedback_message_id.
 */
char	*bounce_read_feedback(struct message *msg, const struct mail_view *);

#endif
