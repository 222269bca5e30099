/* SPDX-License-Identifier: ISC */
/*
 * model/reply_token.h - proof that an answer answers what we sent, and to whom.
 *
 * A token names a ticket and is sealed for one recipient: who has it got it
 * in a mail to that address.  reply/ puts it into the Message-ID and the
 * Reply-To address ("support+<token>@...") of what goes out; ticket/ looks
 * for it in what comes back.
 *
 * It is 36 letters and digits, of either case, since mail servers change it:
 * the ticket id without its hyphen and 130 bits of an HMAC-SHA-256.
 */
#ifndef MODEL_REPLY_TOKEN_H
#define MODEL_REPLY_TOKEN_H

#include <stdbool.h>
#include <stddef.h>

#include "model/ticket.h"

#define REPLY_TOKEN_SIZE	37	/* with its NUL */

struct reply_token_key {
	const void	*secret;	/* borrowed */
	size_t		 len;
};

/* ticket is an id as "7KQM2-XWA9F"; recipient an address, "+tag" ignored. */
void	reply_token_make(const struct reply_token_key *, const char *ticket,
	    const char *recipient, char out[REPLY_TOKEN_SIZE]);

/*
 * Looks for tokens in a Message-ID or an address; true if one of them is
 * sealed for the recipient, with its ticket's id in ticket.  Compares in
 * constant time; looks at no more than 8 tokens.
 */
bool	reply_token_find(const struct reply_token_key *, const char *text,
	    const char *recipient, char ticket[TICKET_ID_SIZE]);

#endif
