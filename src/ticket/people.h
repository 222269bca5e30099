/* SPDX-License-Identifier: ISC */
/*
 * ticket/people.h - who a message is from, and who belongs to a ticket.
 */
#ifndef TICKET_PEOPLE_H
#define TICKET_PEOPLE_H

#include <glib.h>
#include <stdbool.h>

#include "model/message.h"
#include "model/ticket.h"

/* Is it one of ours, with or without "+tag"? */
bool	people_are_ours(const GPtrArray *addresses, const char *addr);

/*
 * Whom an answer would go to, borrowed: the sender, or behind a contact form
 * that writes from our own address, who Reply-To names.  NULL: nobody.
 */
const struct address	*people_customer(const GPtrArray *addresses, const struct message *);

/* Is the address one of the participants?  "+tag" makes a difference here. */
bool	people_belong(const struct ticket *, const char *addr);

/* Adds sender and recipients, but not us; at most 50 in all. */
void	people_add(struct ticket *, const GPtrArray *addresses, const struct message *);

#endif
