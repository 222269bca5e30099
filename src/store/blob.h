/* SPDX-License-Identifier: ISC */
/*
 * store/blob.h - attachments and raw mail on disk, each once, under the
 * SHA-256 of its content: blobs/ab/ab12... in the state directory.
 *
 * What is reported stored is synced, name and all.  Content that is there
 * already is not written again.  A ticket speaks of a blob by its digest, and
 * other programs read the files.
 *
 * Files are written one by one with fdatasync: syncfs is faster only for many
 * small ones (16 of 20 KB: 1.3 instead of 4.9 ms; 4 or of 1 MB: slower), and
 * it waits for everybody else's writes as well.
 */
#ifndef STORE_BLOB_H
#define STORE_BLOB_H

#include <glib.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/err.h"
#include "io/loop.h"

struct blobs;

struct blob {
	char	 sha256[DIGEST_HEX_SIZE];	/* of bytes: the caller's word for it */
	GBytes	*bytes;
};

struct blob	*blob_new(GBytes *bytes);	/* takes a reference, computes the digest */
/* The same for who has computed it. */
struct blob	*blob_new_known(GBytes *bytes, const char *sha256);
void		 blob_free(struct blob *);
GPtrArray	*blob_list_new(void);		/* frees its blobs */

struct blobs	*blobs_open(struct loop *, const char *state_dir, struct err *);
void		 blobs_close(struct blobs *);	/* finishes what is waiting; NULL is fine */

/* why is NULL: all are durable.  Else some may be, and storing again is fine. */
typedef void	blob_done_fn(void *arg, const struct err *why);
/* Takes the list. */
void		 blob_store(struct blobs *, GPtrArray *list, blob_done_fn *, void *arg);

/* Remove what nobody has stored for so long; blobs are found again by storing. */
void		 blobs_sweep(struct blobs *, int64_t older_than_ms);

/* "blobs/ab/ab12...", below the state directory.  Free with g_free(). */
char		*blob_path(const char *sha256);
/* Open for reading, without a struct blobs; -1 and errno: not there, or no digest. */
int		 blob_open(const char *state_dir, const char *sha256);

#endif
