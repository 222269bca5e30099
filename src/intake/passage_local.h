/* SPDX-License-Identifier: ISC */
/*
 * intake/passage_local.h - what the steps of a passage share: passage.c has
 * those up to what Redis knows of it, passage_commit.c the others.
 */
#ifndef INTAKE_PASSAGE_LOCAL_H
#define INTAKE_PASSAGE_LOCAL_H

#include "check/check.h"
#include "intake/intake_local.h"
#include "intake/parser.h"
#include "intake/turns.h"
#include "queue/queue.h"
#include "ticket/ticket.h"

typedef void	step_fn(struct passage *);

struct passage {
	struct intake		*in;
	uint64_t		 lsn;
	struct arrival		*arrival;
	size_t			 bytes;
	struct parsed		*parsed;	/* message moves into ticket and back */
	const char		*failure;	/* why the message is minimal, or NULL */
	GPtrArray		*parts;		/* struct blob *: while they are stored; or NULL */
	struct ticket_context	 context;
	struct ticket_keys	*keys;
	GPtrArray		*candidates;	/* struct queue_candidate *; as last seen */
	GPtrArray		*related;	/* char * */
	struct ticket		*ticket;
	struct verdict		 verdict;
	struct outgoing		*reply;
	char			*chat;		/* line for the transcript, or NULL */
	unsigned		 id_attempt;
	unsigned		 decisions;
	unsigned		 partition;
	step_fn			*again;		/* to repeat when Redis is back; or NULL */
	const char		*reason;	/* for quarantine */
	char			*detail;
	step_fn			*set_aside;	/* what comes after it */
	struct turn		 to_look_up;	/* in in->readers */
	struct turn		 to_commit;	/* in in->writers */
	const char		*lane;		/* of its conversation, while in it; of keys */
	bool			 overtaken;
	unsigned		 unsynced;	/* times its files were stored, and are not synced */
	bool			 ended;		/* nothing more to be done with it */
	bool			 finished;	/* and its files are synced */
};

/* --- intake/passage.c --- */

/* Its end, and not at once: the passage is still on the stack. */
void	passage_finish(struct passage *);
/* The same by way of quarantine. */
void	passage_refuse(struct passage *, const char *reason, const char *detail);
/* Redis does not take it now: this step again when it is back. */
void	passage_wait_to_repeat(struct passage *, step_fn *again);
/* The next of its conversation may look at what it has made of the ticket. */
void	passage_leave_lane(struct passage *);
/* Ask Redis what is there for it; passage_wait_for_turn() comes then. */
void	passage_look_up(struct passage *);

/* --- intake/passage_commit.c --- */

/* All that is before its commit is done; passage_write() is its turn. */
void	passage_wait_for_turn(struct passage *);
/* Redis has had it before. */
void	passage_is_known(struct passage *, const struct queue_answer *);
/* Takes what the answer found. */
void	passage_keep_candidates(struct passage *, struct queue_answer *);

#endif
