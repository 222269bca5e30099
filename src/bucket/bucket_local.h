/* SPDX-License-Identifier: ISC */
/*
 * bucket/bucket_local.h - what the files of bucket/ share.
 */
#ifndef BUCKET_BUCKET_LOCAL_H
#define BUCKET_BUCKET_LOCAL_H

#include "bucket/bucket.h"
#include "bucket/stored.h"
#include "bucket/upload.h"
#include "mailbox/secret.h"
#include "store/pending.h"

#define BUCKET_KEEP_MAX	1000	/* digests in memory that nobody waits for */

/* A blob that the bucket does not have, as far as we know. */
struct object {
	struct bucket	*bucket;
	char		*sha256;
	bool		 linked;	/* it is in uploads/ as well */
	GPtrArray	*wants;		/* struct want *: who waits for it */
	GQueue		*queue;		/* it is in; NULL: under way */
	struct upload	*upload;	/* under way; or NULL */
	unsigned	 failures;
	int64_t		 failed_ms;	/* first of them; monotonic */
	int64_t		 refused_ms;	/* since when it is in that queue */
};

struct bucket {
	struct loop			*loop;
	struct blobs			*blobs;
	const char			*state_dir;
	const struct settings		*all;
	const struct settings_bucket	*settings;
	struct http_client		*http;
	struct pending			*pending;
	struct stored			*stored;

	GHashTable			*objects;	/* sha256 -> struct object * */
	GQueue				*wanted;	/* somebody waits for them */
	GQueue				*backlog;	/* nobody does */
	GQueue				*refused;	/* to be tried much later */
	GQueue				*wants;		/* struct want * */
	unsigned			 running;
	unsigned			 begun;
	unsigned			 list_max;	/* of the list that was asked for */
	bool				 listing;
	bool				 more;		/* uploads/ has what is not in objects */
	bool				 hurry, closing;

	char				*secret;	/* NULL: none */
	int64_t				 secret_ms;	/* when it was read; 0: read it anew */
	struct secret_query		*query;

	bool				 down;
	bool				 pausing;	/* nothing is tried while retry runs */
	unsigned			 failures;	/* pauses since something was taken */
	int64_t				 taken_ms;	/* monotonic */
	struct err			 problem;
	struct loop_timer		*retry;
	struct loop_timer		*tick;
	char				*place;
};

/* bucket/bucket.c */
bool		 bucket_is_used(const struct bucket *);
struct object	*bucket_object(struct bucket *, const char *sha256, bool wanted);
void		 bucket_drop(struct object *);
void		 bucket_pump(struct bucket *);

/* bucket/want.c: those who wait. */
struct want;

void	want_free(struct want *);
void	want_got_one(struct want *);	/* of its objects */
/* It goes on without them; that they are still to be sent is made durable first. */
void	want_give_up(struct want *);
void	want_give_up_all(struct bucket *);

#endif
