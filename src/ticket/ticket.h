/* SPDX-License-Identifier: ISC */
/*
 * ticket/ticket.h - which ticket a message belongs to, and what it does to it.
 *
 * Pure: it knows no Redis.  intake/ computes the keys of a message, lets the
 * queue look up what they point to, asks ticket_admits() for each ticket
 * found, and then begins a new ticket or follows the one that admits the
 * message.  All is computed from the arrival, so a replay gives the same
 * keys, the same id and the same event id.
 *
 * Who may join (a stranger never gets into a ticket):
 *   - who answers with a reply token that was made for the answering address;
 *   - who refers to a message of the ticket and is one of its participants,
 *     unless our own MTA says that the sender is forged;
 *   - the same chat session, or the same conversation of one signed webhook;
 *   - a bounce of something we sent for the ticket.
 * Everybody else gets a new ticket that names the other one as possibly
 * related.  A ticket number in a subject is such a hint and no more.
 */
#ifndef TICKET_TICKET_H
#define TICKET_TICKET_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/arrival.h"
#include "model/message.h"
#include "model/ticket.h"

#define TICKET_KEY_SIZE		35	/* "m-" and 32 hexadecimal digits */
#define TICKET_EVENT_ID_SIZE	27	/* 26 letters of base32 */

/* What has to be known besides the message; all borrowed. */
struct ticket_context {
	const void	*secret;	/* of this instance: ids and reply tokens */
	size_t		 secret_len;
	const GPtrArray	*addresses;	/* char *: ours; never participants */
	bool		 per_mailbox;	/* one mail to two of our addresses: two tickets */
	uint64_t	 max_files;	/* of a ticket; 0: no limit */
	uint64_t	 max_file_bytes;
};

/*
 * Keys are short lower-case strings safe in a Redis key.  They are plain
 * digests without the secret: two daemons on one mailbox must agree.
 */
struct ticket_keys {
	GPtrArray	*dedup;		/* char *: if one of them is known, this is a duplicate */
	GPtrArray	*threads;	/* char *: what it refers to, best first; may join */
	GPtrArray	*similar;	/* char *: same sender and subject; may only relate */
	GPtrArray	*own;		/* char *: to point at its ticket for those that follow,
					   including those of similar */
	GPtrArray	*hints;		/* char *: ticket ids named in the subject; those that
					   exist are possibly related */
	char		*token_ticket;	/* ticket id of a verified reply token, or NULL */
	char		*customer;	/* whom history and partition go by; never NULL */
	char		*identity;	/* what ids are made from */
	char		*channel;	/* its name */
	char		*session;	/* of a chat, or a signed webhook's conversation; or NULL */
	bool		 looks_like_reply;	/* by its subject: "Re: ..." */
	char		 event_id[TICKET_EVENT_ID_SIZE];
};

struct ticket_keys	*ticket_keys_new(const struct ticket_context *,
			    const struct arrival *, const struct message *);
void			 ticket_keys_free(struct ticket_keys *);	/* NULL is fine */

/* The key among dedup that goes by arrival_identity().  Free with g_free(). */
char	*ticket_identity_key(const char *identity);

/* The thread key of a message of ours, for those that answer it.  Free with g_free(). */
char	*ticket_message_key(const char *message_id);

/*
 * Could there be a ticket that it belongs to, or that it should name as
 * possibly related?  If not, a look-up is not needed.
 */
bool	ticket_may_follow(const struct ticket_keys *);

/*
 * The id for a new ticket, "7KQM2-XWA9F": the same for the same message and
 * attempt.  attempt 1, 2, ... when the one before is taken by another ticket.
 */
void	ticket_propose_id(const struct ticket_context *, const struct ticket_keys *,
	    unsigned attempt, char id[TICKET_ID_SIZE]);

/* May the message join prior?  *why is a sentence either way (static). */
bool	ticket_admits(const struct ticket *prior, const struct ticket_keys *,
	    const struct message *, const char **why);

/*
 * Both take the message into the ticket and set event, event_id, updated and
 * trail.  To try again after someone else was faster, take it back with
 * g_steal_pointer(&ticket->message).
 */
struct ticket	*ticket_begin(const struct ticket_context *, const struct ticket_keys *,
		    const struct arrival *, struct message *);
/* why: the sentence of ticket_admits(), for the trail. */
void		 ticket_follow(struct ticket *prior, const struct ticket_context *,
		    const struct ticket_keys *, const struct arrival *,
		    struct message *, const char *why);

/* Is there room for the attachment beside so many of that size together? */
bool		 ticket_takes_file(const struct ticket_context *, uint64_t files, uint64_t bytes,
		    const struct attachment *);

/* Name another ticket as possibly related (once); why goes into the trail. */
void	ticket_relate(struct ticket *, const char *other_id, const char *why);

#endif
