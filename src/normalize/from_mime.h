/* SPDX-License-Identifier: ISC */
/*
 * normalize/from_mime.h - a mail's message.
 */
#ifndef NORMALIZE_FROM_MIME_H
#define NORMALIZE_FROM_MIME_H

#include "normalize/mail_view.h"
#include "normalize/normalize.h"

/* Fills a new message from an ARRIVAL_MAIL. */
void	from_mime(struct message *, const struct arrival *, const struct normalize_options *);

/* The parts of it that need no body (from_mime_people.c). */
void	from_mime_people(struct message *, struct mail_view *, const struct arrival *,
	    const struct normalize_options *);

#endif
