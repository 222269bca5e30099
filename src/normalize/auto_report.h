/* SPDX-License-Identifier: ISC */
/*
 * normalize/auto_report.h - read receipts and meetings.
 *
 * A receipt is a report of RFC 8098, or what Outlook writes without one:
 * "Read: order" in a dozen languages over a text that says when it was read.
 * A meeting is an invitation or the answer to one, not a calendar file that
 * somebody sent.
 *
 * Pure.  Used by normalize/auto_mail.c.
 */
#ifndef NORMALIZE_AUTO_REPORT_H
#define NORMALIZE_AUTO_REPORT_H

#include "model/message.h"
#include "normalize/mail_view.h"

/* Why it is one, to be freed with g_free(); or NULL. */
char	*auto_report_receipt(const struct message *, const struct mail_view *);
char	*auto_report_calendar(const struct mail_view *);

#endif
