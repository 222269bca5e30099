/* SPDX-License-Identifier: ISC */
/*
 * intake/intake.h - the way of a message, and the only code that knows the
 * order of its steps.
 *
 *	journal -> parse workers -> attachments stored (and in the bucket) -> whose ticket?
 *	        -> what is missing? -> one commit in Redis -> mark
 *
 * There is one way for all times: what has just come in, what waited while
 * Redis was down, what was under way when we were killed, and what Redis has
 * forgotten, are all read from the journal and go the same steps.  A step
 * done twice is recognised in Redis and changes nothing.
 *
 * Used by daemon/, which owns all that is named in struct intake_options.
 */
#ifndef INTAKE_INTAKE_H
#define INTAKE_INTAKE_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "conf/settings.h"
#include "io/loop.h"
#include "model/outgoing.h"

struct arrival;			/* model/arrival.h */
struct blobs;			/* store/blob.h */
struct bucket;			/* bucket/bucket.h */
struct intake;
struct journal;			/* store/journal.h */
struct quarantine;		/* store/quarantine.h */
struct queue;			/* queue/queue.h */

struct intake_events {
	/* A ticket event went through: one line of JSON for intakectl tap, if there is one. */
	bool	(*is_tapped)(void *arg);
	void	(*tap)(void *arg, const char *line);
	/* The transcript of this chat session grew; NULL: any may have. */
	void	(*chat)(void *arg, const char *session);
};

struct intake_options {
	struct loop		*loop;
	const struct settings	*settings;
	struct journal		*journal;
	struct blobs		*blobs;
	struct bucket		*bucket;
	struct quarantine	*quarantine;
	const uint8_t		*secret;	/* STATE_SECRET_SIZE bytes */
	struct intake_events	 events;
	void			*events_arg;
};

/* Connects to Redis and begins.  ERR_CONFIG: a rule, form or template is wrong. */
struct intake	*intake_new(const struct intake_options *, struct err *);
/* What is under way is dropped; the journal has it. */
void		 intake_free(struct intake *);		/* NULL is fine */

/* This is on its way into the journal: time can be saved if there is nothing else to do. */
void		 intake_expect(struct intake *, const struct arrival *);
/* Something has become durable. */
void		 intake_wake(struct intake *);

/* Take rules, forms, templates and limits from here; -1: nothing changed. */
int		 intake_reload(struct intake *, const struct settings *, struct err *);

/* Begin nothing new; idle() is called when nothing is under way any more. */
void		 intake_stop(struct intake *, void (*idle)(void *arg), void *arg);

/* What "intaked --worker=NAME" is: "parse" or "send".  Returns its exit status. */
int		 intake_worker_main(const char *name);

struct intake_stats {
	unsigned	under_way;
	unsigned	waiting_for_redis;	/* of these */
	bool		redis_up;
	char		redis_problem[256];	/* why it is not; "" */
	uint64_t	lost_again;		/* Redis had forgotten, pushed again */
};

void		 intake_stats(const struct intake *, struct intake_stats *);

/* For status and chat transcripts; borrowed. */
struct queue	*intake_queue(struct intake *);

#endif
