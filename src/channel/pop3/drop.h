/* SPDX-License-Identifier: ISC */
/*
 * channel/pop3/drop.h - what we know of one maildrop: the messages of this
 * session, and which of all are ours already.
 *
 * A message is recognised by its unique-id and its size together: a server
 * that gives an id out again for another message then costs us nothing.  Of
 * those that are ours a digest is kept for as long as the server lists them.
 * A server without UIDL gives no ids; then only content tells, in the session.
 *
 * Pure bookkeeping: no I/O, no clock.  Used by channel/pop3 only.
 */
#ifndef CHANNEL_POP3_DROP_H
#define CHANNEL_POP3_DROP_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define DROP_MESSAGES_MAX	200000	/* of one session; more wait for another */

enum drop_state {
	DROP_ABSENT,		/* not listed */
	DROP_WANTED,
	DROP_ASKED,		/* its content has been asked for */
	DROP_TAKEN,		/* handed to the sink */
	DROP_DURABLE,		/* ours: the server may delete it */
	DROP_ACTING,		/* it has been told so */
	DROP_DONE
};

enum drop_claim {
	DROP_NOT_OURS,
	DROP_PASSED_OVER,	/* not to be fetched, and never to be deleted */
	DROP_OURS		/* durable, all of it */
};

struct drop_item {
	uint32_t	 number;
	enum drop_state	 state;
	uint64_t	 size;
	char		*uid;		/* NULL: the server gives none */
	uint64_t	 digest;	/* of uid and size, if there is a uid */
};

struct drop {
	GPtrArray	*items;		/* struct drop_item *, by number */
	unsigned	 count[DROP_DONE + 1];
	guint		 first[DROP_DONE + 1];	/* no item of that state stands before */
	GHashTable	*ours;		/* uint64_t * digest -> enum drop_claim */
	bool		 changed;	/* ours has, since drop_format() */
};

void	drop_init(struct drop *);
void	drop_fini(struct drop *);

/* A new session with so many messages; what is ours stays known. */
void	drop_begin(struct drop *, uint32_t messages);
/* What the server lists; numbers it has not are let pass. */
void	drop_set_size(struct drop *, uint32_t number, uint64_t size);
void	drop_set_uid(struct drop *, uint32_t number, const char *uid);
/*
 * All is listed: those that are ours become durable, those passed over done,
 * the others are wanted; what the server has no longer is forgotten.
 */
void	drop_end_listing(struct drop *);

struct drop_item	*drop_find(struct drop *, uint32_t number);	/* or NULL */
/* The lowest in that state, or NULL. */
struct drop_item	*drop_next(struct drop *, enum drop_state);
void	drop_set(struct drop *, struct drop_item *, enum drop_state);

/* Remember it beyond the session. */
void		drop_claim(struct drop *, uint64_t digest, enum drop_claim);
enum drop_claim	drop_claimed(const struct drop *, uint64_t digest);

/* The set as it is kept; parse() takes only what format() writes. */
char	*drop_format(struct drop *);
bool	 drop_parse(struct drop *, const char *);

#endif
