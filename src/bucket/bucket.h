/* SPDX-License-Identifier: ISC */
/*
 * bucket/bucket.h - copies of blobs in an S3-compatible store.
 *
 * A blob is in the local store first (store/blob.h), durable; here it is
 * copied.  Who publishes a reference to it asks with bucket_put() and is told
 * when the bucket has it - or that it is time to go on without: after
 * bucket.wait, and at once while the bucket takes nothing or the queue is long.
 * bucket_location() then says where the blob can be had now, so that nobody
 * is given a reference that is dead, and a bucket that is away holds nothing
 * up.  What was gone on without has a durable link (store/pending.h), and is
 * tried until the bucket has it, over restarts.
 *
 * A blob that the bucket has, and that no reference to the local store was
 * given away for, leaves the local store after bucket.keep_local.
 *
 * Used by intake/, which publishes, and daemon/, which owns it.
 */
#ifndef BUCKET_BUCKET_H
#define BUCKET_BUCKET_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "conf/settings.h"
#include "io/loop.h"
#include "store/blob.h"

struct bucket;

/* Everything is borrowed, and must outlive it. */
struct bucket	*bucket_open(struct loop *, struct blobs *, const char *state_dir,
		    const struct settings *, struct err *);
/* Nobody who waits is told.  NULL is fine. */
void		 bucket_close(struct bucket *);
/* The settings that were used until now may go after it. */
void		 bucket_reload(struct bucket *, const struct settings *);
/* Nobody waits any more, now and from now on: we are about to stop. */
void		 bucket_hurry(struct bucket *);

/* Once, and perhaps before bucket_put() returns; why: it cannot be remembered yet, try again. */
typedef void	bucket_done_fn(void *arg, const struct err *why);
/* Blobs (struct blob) that blob_store() has stored; borrowed for the call. */
void		 bucket_put(struct bucket *, const GPtrArray *blobs, bucket_done_fn *, void *arg);

/* "s3://bucket/key" if the bucket has it, else "blob:<sha256>".  g_free() it. */
char		*bucket_location(const struct bucket *, const char *sha256);

struct bucket_stats {
	bool		used;
	bool		up;		/* the last try did not fail */
	uint64_t	pending;	/* tickets went out without them */
	unsigned	waiting;	/* tickets that wait for theirs */
	const char	*place;		/* "s3://bucket/prefix"; until the next call; or NULL */
	const char	*problem;	/* why it is not up; "" */
};

void		 bucket_stats(struct bucket *, struct bucket_stats *);

#endif
