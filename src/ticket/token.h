/* SPDX-License-Identifier: ISC */
/*
 * ticket/token.h - the reply token that a message brings back.
 */
#ifndef TICKET_TOKEN_H
#define TICKET_TOKEN_H

#include "ticket/ticket.h"

/*
 * The id of the ticket whose token is in a Message-ID the message refers to,
 * or in an address it was sent to, if that token was made for who sends it
 * (for a bounce: for who could not be reached).  New, or NULL.
 */
char	*token_find_ticket(const struct ticket_context *, const struct message *);

#endif
