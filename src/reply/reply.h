/* SPDX-License-Identifier: ISC */
/*
 * reply/reply.h - the door to the one path out: everything that customers
 * are told.
 *
 * What is to be said was decided in the commit that made it necessary, and is
 * kept in the reply stream (queue/) until it has been sent or refused.
 * intake/replies.c takes it from there, asks reply_guard(), counts it against
 * the caps in Redis, hands mail to the mailer here and chat to the
 * transcript, and settles it.
 *
 * Words that strangers wrote never go into what is said on our own account.
 */
#ifndef REPLY_REPLY_H
#define REPLY_REPLY_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "conf/settings.h"
#include "io/loop.h"
#include "model/outgoing.h"
#include "model/ticket.h"

/* --- what to say --- */

struct reply_templates;

/* ERR_CONFIG: a template is wrong, or its file cannot be read. */
struct reply_templates	*reply_templates_new(const struct settings *, struct err *);
void			 reply_templates_free(struct reply_templates *);	/* NULL is fine */

/*
 * The questions of ticket->missing, numbered; intro is the form's words or
 * NULL.  In the ticket's language.  NULL if there is nobody to tell.  The id
 * follows from the ticket's event, so a repetition gives the same.
 */
struct outgoing	*reply_question(const struct reply_templates *, const struct ticket *,
		    const char *intro);
/* That a ticket was made.  NULL if there is nobody to tell. */
struct outgoing	*reply_acknowledgement(const struct reply_templates *, const struct ticket *);
/* That the message was too large to be taken whole; likewise. */
struct outgoing	*reply_too_large(const struct reply_templates *, const struct ticket *);

/* --- may we say it? --- */

/*
 * NULL: as far as can be seen without counting.  Else the coded reason:
 * "auto-mail", "bounce", "list", "own-address", "never-answer",
 * "invalid-address", "no-mail-out", "no-answer-wanted".  ticket is the record
 * as it is now, or NULL if it is gone.  A worker's answer is refused only for
 * an address that cannot or must not be written to.
 */
const char	*reply_guard(const struct settings *, const struct outgoing *,
		    const struct ticket *);

/* Does it count against the caps?  Everything that is sent without a human. */
bool		 reply_is_automatic(const struct outgoing *);

/* --- saying it by mail --- */

struct mailer;

enum mail_result {
	MAIL_SENT,
	MAIL_TEMPORARY,		/* try again later */
	MAIL_PERMANENT,		/* the server said no for good */
	MAIL_UNKNOWN		/* it may have gone out: the helper or the link died late */
};

/*
 * Called once on the loop.  message_id is without <>; text is what the server
 * or the helper said, one line, without addresses.
 */
typedef void	mail_done_fn(void *arg, enum mail_result, const char *message_id, const char *text);

/* Starts the helper processes.  secret: STATE_SECRET_SIZE bytes, for tokens. */
struct mailer	*mailer_new(struct loop *, const struct settings *, const uint8_t *secret,
		    size_t secret_len, struct err *);
/* Calls back what is under way: MAIL_UNKNOWN, or MAIL_TEMPORARY if no helper has it. */
void		 mailer_free(struct mailer *);		/* NULL is fine */
int		 mailer_reload(struct mailer *, const struct settings *, struct err *);
/* Borrows both until the call returns. */
void		 mailer_send(struct mailer *, const struct outgoing *, const struct ticket *,
		    mail_done_fn *, void *arg);

/* The Message-ID that it is or was sent under, without <>.  g_free() it. */
char		*mailer_message_id(const struct mailer *, const struct outgoing *);

/*
 * When to try again after so many attempts since created_ms: 5, 15, 30, 60
 * minutes, then each hour; -1: given up (settings mail_out.retry_for).
 */
int64_t		 reply_retry_at(const struct settings *, const struct outgoing *,
		    unsigned attempts, int64_t now_ms);

/* "intaked --worker=send": returns its exit status. */
int		 reply_send_worker_main(void);

#endif
