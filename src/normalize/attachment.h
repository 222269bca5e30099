/* SPDX-License-Identifier: ISC */
/*
 * normalize/attachment.h - the files of a mail.
 */
#ifndef NORMALIZE_ATTACHMENT_H
#define NORMALIZE_ATTACHMENT_H

#include "model/message.h"
#include "normalize/body.h"
#include "normalize/mail_view.h"

/* A file that is not a part of its own (uuencoded, in a winmail.dat). */
void	attachment_add(struct message *, const char *name, const char *content_type,
	    GBytes *content);

/* Adds every part that body did not use; html tells which are shown inline. */
void	attachment_collect(struct message *, struct mail_view *, const struct body *);

#endif
