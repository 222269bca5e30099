/* SPDX-License-Identifier: ISC */
/*
 * reply/smtp_direct.h - one mail to a mail server that libesmtp cannot serve:
 * TLS from the first byte (port 465), or login with an access token.
 *
 * libcurl connects and logs in, proto/smtp says the rest.  Blocks like
 * smtp_send() and answers by the same rules; only for the helper process.
 */
#ifndef REPLY_SMTP_DIRECT_H
#define REPLY_SMTP_DIRECT_H

#include <stdbool.h>

#include "reply/mail_job.h"

bool	smtp_direct_is_needed(const struct mail_job *);
void	smtp_direct_send(const struct mail_job *, struct mail_answer *);

#endif
