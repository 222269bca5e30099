/* SPDX-License-Identifier: ISC */
/*
 * store/journal.h - the promise: what was reported durable is there after
 * kill -9, a power cut or a full disk, until the queue has it and its time
 * of retention has passed.
 *
 * Append-only segments journal/<first LSN>.seg in the state directory; see
 * journal_record.h for the bytes.  Arrivals get numbers (LSN) that only grow
 * and are never used twice.  Those that come together are written and synced
 * together, on a thread of the journal's own; everything here is called, and
 * calls back, on the loop.
 *
 * Used by the channels (append, admit), by intake (read, set_done) and by the
 * status page.
 *
 * When the disk fails (EIO, or any failed sync) the journal is broken for the
 * life of the process: it takes nothing more and the daemon should exit 74;
 * the next start finds all that was reported durable.  When the disk is full
 * it says so and goes on by itself once there is space.
 */
#ifndef STORE_JOURNAL_H
#define STORE_JOURNAL_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "io/loop.h"
#include "model/arrival.h"

struct journal;

/* Calls with each whole arrival that is found at the start; borrowed. */
typedef void	journal_seen_fn(void *arg, uint64_t lsn, const struct arrival *);

struct journal_options {
	const char	*dir;		/* the state directory */
	int64_t		 segment_size;
	int64_t		 retain_ms;	/* after all of a segment is done */
	int64_t		 max_size;	/* of all segments */
	int64_t		 reserve;	/* refuse when the disk has less free */
	journal_seen_fn	*seen;		/* or NULL */
	void		*seen_arg;
};

/*
 * Recover what is there and be ready.  Reads all of the journal once.
 * ERR_CONFIG: made by a newer version, or no right to the directory.
 */
struct journal	*journal_open(struct loop *, const struct journal_options *, struct err *);
/* Writes what is waiting, reports it, and ends.  NULL is fine. */
void		 journal_close(struct journal *);

/* why is NULL: durable, and lsn is its number.  Else it is not in the journal. */
typedef void	journal_done_fn(void *arg, uint64_t lsn, const struct err *why);

/* Called back exactly once, later, in the order of the appends. */
void	journal_append(struct journal *, struct arrival *take, journal_done_fn *, void *arg);

/*
 * May that many more bytes be taken?  -1: the journal or the disk is full, or
 * it is broken; the channel answers 503 or pauses.
 */
int	journal_admit(struct journal *, size_t bytes, struct err *why);
bool	journal_broken(const struct journal *);

/*
 * The arrival with this LSN.  NULL and ERR_PERM: there is none, or its bytes
 * have been damaged since; ERR_TEMP: the disk cannot be read.  Reading in
 * order is cheap.
 */
struct arrival	*journal_read(struct journal *, uint64_t lsn, struct err *);
/* The lowest LSN above this one that is in the journal and durable; 0: none. */
uint64_t	 journal_next(struct journal *, uint64_t lsn);

uint64_t	journal_first(const struct journal *);	/* oldest retained; 0: none */
uint64_t	journal_last(const struct journal *);	/* newest durable; 0: none ever */

/*
 * All up to here is on the queue.  Kept on disk, lazily: may be lower after a
 * crash.  Never above the last: what is yet to come is not done.
 */
void		journal_set_done(struct journal *, uint64_t lsn);
uint64_t	journal_done(const struct journal *);

/* Now what a timer does every few seconds: remove segments whose time has passed. */
void		journal_sweep(struct journal *);

/*
 * Give no LSN up to this one: somebody (the mark in Redis) has seen it, though
 * this journal has not.
 */
void		journal_skip_to(struct journal *, uint64_t lsn);

/* 32 hexadecimal digits, made with the journal and never changed. */
const char	*journal_id(const struct journal *);

/* Reload: takes the new limits; dir is ignored. */
void		journal_set_options(struct journal *, const struct journal_options *);

struct journal_stats {
	int64_t		bytes;
	unsigned	segments;
	uint64_t	waiting;	/* durable, not done */
	int64_t		oldest_ms;	/* when the oldest of these was written; -1: none */
	uint64_t	damaged;	/* pieces set aside at the start, or found since */
	int64_t		free_bytes;	/* of the disk, as last seen; -1: unknown */
};

/* Also sets the metrics METRIC_JOURNAL_*. */
void	journal_stats(struct journal *, struct journal_stats *);

#endif
