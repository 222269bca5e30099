/* SPDX-License-Identifier: ISC */
/*
 * normalize/auto_mail.h - what wrote this mail: a person, or which machine?
 *
 * Sets message->kind, kind_reason, no_answer and, for bounces and complaints,
 * what they are about.  The first that fits, in this order: our own mail come
 * back, bounce, abuse report, read receipt, meeting, auto-reply, list or
 * bulk, other machine mail; else a person.
 *
 * Evidence is what software writes (RFC 3834, RFC 3464 and fifty habits) and,
 * where it writes nothing, the words of the subject.  A header that only asks
 * not to be answered (X-Auto-Response-Suppress, no-reply senders) makes no
 * machine of a person: it sets no_answer.
 *
 * Pure.  Called by normalize() when sender, subject and text of the message
 * are known; fuzzed by fuzz_auto_mail.
 */
#ifndef NORMALIZE_AUTO_MAIL_H
#define NORMALIZE_AUTO_MAIL_H

#include <glib.h>

#include "model/message.h"
#include "normalize/mail_view.h"

/* How to know our own mail; borrowed, every field may be NULL. */
struct auto_mail_own {
	const char	*instance;	/* value of our X-Intake-Loop header */
	const char	*domain;	/* right side of our Message-IDs */
	const GPtrArray	*addresses;	/* char *: every address that reaches us; a list
					   that is one of them is a way to us, not a list */
};

void	auto_mail_classify(struct message *, const struct mail_view *,
	    const struct auto_mail_own *);

#endif
