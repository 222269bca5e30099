/* SPDX-License-Identifier: ISC */
/*
 * queue/queue.h - tickets in Redis: found, written and pushed in one step.
 *
 * Redis holds the tickets and their queues; the journal holds what Redis may
 * forget.  So nothing here is ever certain to have happened when the answer
 * is QUEUE_RETRY, and everything may be repeated: the functions in lua/
 * recognise a repetition and change nothing.  doc/queue.md describes keys and
 * functions for those on the other side.
 *
 * Used by intake/ (look up, commit, waiting tickets, replies), by the chat
 * channel through it, and by the status page.
 *
 * All calls are asynchronous and may be made at any time, many at once; each
 * gets exactly one answer, never from inside the call.  While the connection
 * is down every call is answered QUEUE_RETRY at the loop's next turn, so a
 * caller waits for up() or a moment before it repeats.  What is passed in is
 * borrowed until the call returns; what comes with an answer is borrowed until
 * the callback returns, unless it is stolen with g_steal_pointer().
 */
#ifndef QUEUE_QUEUE_H
#define QUEUE_QUEUE_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "conf/settings.h"
#include "io/loop.h"
#include "model/outgoing.h"
#include "model/ticket.h"

struct queue;

/* How far the journal is known to be on Redis; see queue_mark(). */
struct queue_marks {
	uint64_t	 mark;		/* all of this journal up to here is there */
	bool		 found;		/* false: Redis knows nothing of this journal */
	bool		 new_run;	/* the server was restarted or replaced since we last
					   were connected, or this is the first time */
};

struct queue_events {
	/*
	 * Connected, the functions are there, and (on a new server run) the
	 * server's log is being rewritten: whatever the journal holds after
	 * marks->mark has to be committed again.
	 */
	void	(*up)(void *arg, const struct queue_marks *);
	void	(*down)(void *arg, const struct err *);
	/* Something may be in the reply stream; also after each up(). */
	void	(*replies)(void *arg);
	/* The transcript of this chat session grew; NULL: any may have grown. */
	void	(*chat)(void *arg, const char *session);
};

struct queue_options {
	const struct settings_redis	*redis;		/* copied */
	const char			*instance;	/* our name as a consumer */
	const char			*journal;	/* id of the journal the marks speak of */
};

/* Starts to connect at once and goes on for ever. */
struct queue	*queue_new(struct loop *, const struct queue_options *,
		    const struct queue_events *, void *arg);
/* All calls under way are answered QUEUE_RETRY before it returns.  Not from
 * inside a callback. */
void		 queue_free(struct queue *);		/* NULL is fine */
bool		 queue_is_up(const struct queue *);
unsigned	 queue_partitions(const struct queue *);
/* Where the tickets of a customer are. */
unsigned	 queue_partition_of(const struct queue *, const char *customer);

enum queue_outcome {
	QUEUE_DONE,		/* it is so now */
	QUEUE_KNOWN,		/* it was so before: ticket and event_id tell since which */
	QUEUE_STALE,		/* something has changed: candidates is what is there now */
	QUEUE_COLLISION,	/* another ticket has this id: take another */
	QUEUE_RETRY,		/* not now, or unknown whether: repeat the same call */
	QUEUE_REFUSED		/* repeating will not help: err says why */
};

const char	*queue_outcome_name(enum queue_outcome);

struct queue_candidate {
	struct ticket	*ticket;	/* with its version, status and all turns */
	unsigned	 partition;
};

struct queue_answer {
	enum queue_outcome	 outcome;
	const char		*ticket;	/* DONE and KNOWN of commit, KNOWN of find */
	const char		*event_id;
	const char		*entry_id;	/* in its queue; "" when held */
	GPtrArray		*candidates;	/* struct queue_candidate *; STALE, find, due; else NULL */
	GPtrArray		*related;	/* char *: ticket ids; find; else NULL */
	struct err		 err;		/* RETRY, REFUSED */
};

typedef void	queue_answer_fn(void *arg, struct queue_answer *);

/*
 * What is there for a message?  KNOWN: one of dedup was seen.  DONE: the
 * tickets that token_ticket and threads point at, best first, and the ids of
 * those that are merely similar.  Looks in all partitions when there is
 * something to follow, else in the customer's.
 */
struct queue_lookup {
	const GPtrArray	*dedup;		/* char *; or NULL, as all lists */
	const GPtrArray	*threads;
	const GPtrArray	*similar;
	const GPtrArray	*hints;		/* ticket ids */
	const char	*token_ticket;
	const char	*customer;
	bool		 everywhere;	/* in all partitions all the same */
};

void	queue_find(struct queue *, const struct queue_lookup *, queue_answer_fn *, void *arg);

/*
 * One event of a ticket, all or nothing: the record, the keys by which it is
 * found and its duplicates are known, the history, the entry on its queue (or
 * the deadline of a ticket that waits), what the customer is told, the chat
 * transcript and the mark.
 *
 * STALE when the record's version is not ticket->version, or when a thread
 * key now points at a ticket that is not among considered: decide anew.
 */
struct queue_commit {
	unsigned		 partition;	/* of the candidate; or of the customer if new */
	const struct ticket	*ticket;	/* version 0: new */
	const GPtrArray		*dedup;		/* char * */
	const GPtrArray		*threads;	/* char *: the same as were looked up */
	const GPtrArray		*considered;	/* char *: ids of the candidates that were found */
	const GPtrArray		*own;		/* char *: thread keys that lead here from now on */
	const char		*customer;	/* of a new ticket; one that is there keeps its own */
	const char		*origin;	/* identity of the arrival that made a new ticket */
	bool			 contact;	/* the customer contacted us: count it */
	bool			 hold;		/* push nothing; ticket->deadline_ms is when to release */
	const struct outgoing	*reply;		/* to be sent, or NULL */
	const char		*session;	/* chat session, for chat */
	const char		*chat;		/* JSON for the transcript, or NULL */
	const char		*audit;		/* one line for the audit stream, or NULL */
	uint64_t		 mark;		/* as queue_mark(), told by one commit in 16; 0: none */
};

void	queue_commit(struct queue *, const struct queue_commit *, queue_answer_fn *, void *arg);

/*
 * All arrivals of our journal up to and including this one have been
 * answered DONE, KNOWN or REFUSED: to all partitions.  Never say it of an
 * arrival whose predecessors are still under way.
 */
void	queue_mark(struct queue *, uint64_t mark);

/*
 * Waiting tickets whose deadline has passed, lent for lease_ms: DONE with
 * candidates.  Whoever does not settle one by a commit loses it to the next
 * who asks after that.
 */
void	queue_due(struct queue *, unsigned max, int64_t lease_ms, queue_answer_fn *, void *arg);

/* Something to be told to a customer. */
struct queue_reply {
	struct outgoing	*outgoing;	/* entry_id is set */
	struct ticket	*ticket;	/* its record; NULL if it is gone */
	unsigned	 partition;
};

void	queue_reply_free(struct queue_reply *);		/* NULL is fine */

/* replies: struct queue_reply *, to be stolen; NULL unless DONE. */
typedef void	queue_replies_fn(void *arg, enum queue_outcome, GPtrArray *replies);

/*
 * Take up to max from each partition, also what another daemon took more than
 * lease_ms ago and did not finish.
 */
void	queue_replies_take(struct queue *, unsigned max, int64_t lease_ms,
	    queue_replies_fn *, void *arg);

enum queue_begin {
	QUEUE_BEGIN_GO,		/* send it */
	QUEUE_BEGIN_UNSURE,	/* an earlier attempt broke off: it may have been sent */
	QUEUE_BEGIN_OVER	/* sent, failed or suppressed before; the entry is gone */
};

typedef void	queue_begin_fn(void *arg, enum queue_outcome, enum queue_begin, unsigned attempt);

/* Before sending. */
void	queue_reply_begin(struct queue *, const struct queue_reply *, queue_begin_fn *, void *arg);

enum queue_end { QUEUE_END_SENT, QUEUE_END_FAILED, QUEUE_END_SUPPRESSED, QUEUE_END_DEFERRED };

struct queue_result {
	enum queue_end	 end;
	const char	*reason;	/* coded; NULL when sent */
	int64_t		 until_ms;	/* DEFERRED: when to try again */
	const GPtrArray	*own;		/* char *: thread keys of what was sent, or NULL */
	const char	*chat;		/* JSON for the transcript of outgoing->session; SENT */
};

/* After it: DONE, or KNOWN if it was over before. */
void	queue_reply_end(struct queue *, const struct queue_reply *, const struct queue_result *,
	    queue_answer_fn *, void *arg);

/* reason is "" when it may be sent, else "address-hour", "ticket-day", ... */
typedef void	queue_guard_fn(void *arg, enum queue_outcome, const char *reason);

/*
 * May this message be sent to this address now?  Counted once for each id.
 * The limit for all is shared out among the partitions.
 */
void	queue_guard(struct queue *, const struct settings_guard *, const char *id,
	    const char *address, const char *ticket, queue_guard_fn *, void *arg);

struct queue_chat_entry {
	char	*id;		/* for the next look */
	char	*json;
};

/* entries: struct queue_chat_entry *, in order; NULL unless DONE. */
typedef void	queue_chat_fn(void *arg, enum queue_outcome, GPtrArray *entries);

/* What came after that id (NULL: from the start), at most max entries. */
void	queue_chat_read(struct queue *, const char *session, const char *after,
	    unsigned max, queue_chat_fn *, void *arg);

/* json: char *, one object per partition as doc/queue.md says; or NULL. */
typedef void	queue_stats_fn(void *arg, enum queue_outcome, GPtrArray *json);

void	queue_stats(struct queue *, queue_stats_fn *, void *arg);

/* Remove what all groups have acknowledged, and old audit entries: call it
 * every few minutes. */
void	queue_trim(struct queue *);

#endif
