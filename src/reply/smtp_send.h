/* SPDX-License-Identifier: ISC */
/*
 * reply/smtp_send.h - one mail to the mail server, by libesmtp.
 *
 * Blocks, for minutes if the server wants: only for the helper process.  The
 * job is one in which mail_job_fault() found nothing: libesmtp puts what it is
 * given on the line as it is.
 *
 * Only 250 for the whole mail means that it was taken.  If it was given away
 * and no answer came, it is MAIL_UNKNOWN.  A refusal of sender, recipient or
 * content with 5xx is MAIL_PERMANENT; a server that does not let us in at all
 * is no judgement on the mail and MAIL_TEMPORARY.
 */
#ifndef REPLY_SMTP_SEND_H
#define REPLY_SMTP_SEND_H

#include "reply/mail_job.h"

void	smtp_send(const struct mail_job *, struct mail_answer *);

#endif
