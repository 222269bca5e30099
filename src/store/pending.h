/* SPDX-License-Identifier: ISC */
/*
 * store/pending.h - blobs that are still to be copied elsewhere: a link to each
 * of them in uploads/ of the state directory.
 *
 * A link survives a crash, and the sweep of blobs/.  What is reported added is
 * synced.  One that was removed may be back after a crash: what is done with
 * it is done again, and has to bear that.
 *
 * The disk is touched on a lane; the functions are for the loop.
 */
#ifndef STORE_PENDING_H
#define STORE_PENDING_H

#include <glib.h>
#include <stdint.h>

#include "base/err.h"
#include "io/loop.h"

struct pending;

/* blobs/ must be there (store/blob.h). */
struct pending	*pending_open(struct loop *, const char *state_dir, struct err *);
/* Finishes what is waiting, with its callbacks; NULL is fine. */
void		 pending_close(struct pending *);

/* How many there are, as far as we have been told. */
uint64_t	 pending_count(const struct pending *);

/* why is NULL: all are there, and durable.  Else some may be. */
typedef void	pending_done_fn(void *arg, const struct err *why);
/* Digests (char *) of blobs that are stored; takes the list. */
void		 pending_add(struct pending *, GPtrArray *digests, pending_done_fn *, void *arg);
void		 pending_remove(struct pending *, const char *sha256);

/* At most max of them, in no order; the list is borrowed. */
typedef void	pending_list_fn(void *arg, GPtrArray *digests);
void		 pending_list(struct pending *, unsigned max, pending_list_fn *, void *arg);

/* Open one for reading, without a struct pending; -1 and errno: not there, or no digest. */
int		 pending_open_file(const char *state_dir, const char *sha256);

#endif
