/* SPDX-License-Identifier: ISC */
/*
 * intake/parts.h - what of a message is kept apart: its attachments and its
 * HTML, as blobs, and where the ticket says that they are.
 */
#ifndef INTAKE_PARTS_H
#define INTAKE_PARTS_H

#include <glib.h>

#include "bucket/bucket.h"
#include "model/message.h"
#include "ticket/ticket.h"

/*
 * Appends them (struct blob) to the list, each with its place in the local
 * store; the message gives its content away.  Not more than one ticket may
 * carry: returns how many attachments are left over, and have no place.
 */
unsigned	parts_gather(struct message *, const struct ticket_context *limits,
		    GPtrArray *blobs);

/* Once they are stored: where each can be had now. */
void		parts_locate(struct message *, const struct bucket *);

#endif
