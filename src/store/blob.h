/* SPDX-License-Identifier: ISC */
/*
 * store/blob.h - attachments and raw mail on disk, each once, under the
 * SHA-256 of its content: blobs/ab/ab12... in the state directory.
 *
 * Reported are two things: that the files can be read, after which a ticket
 * may speak of them by their digest, and that they survive a power cut.
 * Between the two the journal still has the mail they are from.  Content that
 * is there already is not written again, but compared: what a power cut left
 * may have the right size and nothing in it.
 *
 * A few files are synced one by one.  What gathered meanwhile is synced by one
 * syncfs: 64 of 9 KB took 0.3 ms and 90 us of CPU time each instead of 5.9 ms
 * and 310.  It waits for everybody else's writes as well, but nobody waits for
 * it who has to be quick.
 */
#ifndef STORE_BLOB_H
#define STORE_BLOB_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/err.h"
#include "io/loop.h"

struct blobs;

struct blob {
	char	 sha256[DIGEST_HEX_SIZE];	/* of bytes: the caller's word for it */
	GBytes	*bytes;
	bool	 fresh;				/* blob_store() found it missing and wrote it */
};

struct blob	*blob_new(GBytes *bytes);	/* takes a reference, computes the digest */
/* The same for who has computed it. */
struct blob	*blob_new_known(GBytes *bytes, const char *sha256);
void		 blob_free(struct blob *);
GPtrArray	*blob_list_new(void);		/* frees its blobs */

struct blobs	*blobs_open(struct loop *, const char *state_dir, struct err *);
/* Finishes what is waiting, once; NULL is fine. */
void		 blobs_close(struct blobs *);

struct blob_events {
	/* why is NULL: they are there under their names.  Else some may be, nothing
	 * more will come, and storing again is fine. */
	void	(*stored)(void *arg, const struct err *why);
	/* They are durable.  What cannot be synced is written anew until it can. */
	void	(*synced)(void *arg);
};

/* Takes the list; with a reference of one's own, fresh can be read once it is stored. */
void		 blob_store(struct blobs *, GPtrArray *list, const struct blob_events *, void *arg);

/* Remove what nobody has stored for so long; blobs are found again by storing. */
void		 blobs_sweep(struct blobs *, int64_t older_than_ms);

/*
 * Take these (char *; takes the list) to have been stored so much earlier than
 * now: they are kept elsewhere, and the sweep may have them sooner.  Storing
 * one again undoes it.
 */
void		 blobs_age(struct blobs *, GPtrArray *digests, int64_t by_ms);

/* "blobs/ab/ab12...", below the state directory.  Free with g_free(). */
char		*blob_path(const char *sha256);
bool		 blob_is_digest(const char *sha256);
/* Open for reading, without a struct blobs; -1 and errno: not there, or no digest. */
int		 blob_open(const char *state_dir, const char *sha256);

#endif
