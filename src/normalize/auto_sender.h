/* SPDX-License-Identifier: ISC */
/*
 * normalize/auto_sender.h - what the sender's name and the envelope say.
 *
 * Used by normalize/auto_mail.c and normalize/bounce.c.
 */
#ifndef NORMALIZE_AUTO_SENDER_H
#define NORMALIZE_AUTO_SENDER_H

#include <stdbool.h>

#include "model/message.h"
#include "normalize/mail_view.h"

enum auto_sender {
	AUTO_SENDER_PERSON,
	AUTO_SENDER_ROLE,	/* postmaster, root: may be a person, is never answered */
	AUTO_SENDER_NO_REPLY,	/* says itself that nobody reads there */
	AUTO_SENDER_DAEMON	/* mailer-daemon and its like */
};

/* addr may be NULL: a person, as far as we can tell. */
enum auto_sender	auto_sender_kind(const char *addr);

/* Does the envelope say that nobody is to be answered: <>, or a daemon? */
bool	auto_sender_has_null_path(const struct message *, const struct mail_view *);

#endif
