/* SPDX-License-Identifier: ISC */
/*
 * bucket/stored.h - what the bucket was seen to have, so that it is not asked
 * about each logo again: the latest 65536 digests, for an hour each.  Not
 * longer, since somebody may delete what is there.
 */
#ifndef BUCKET_STORED_H
#define BUCKET_STORED_H

#include <stdbool.h>

struct stored;

struct stored	*stored_new(void);
void		 stored_free(struct stored *);
void		 stored_clear(struct stored *);
void		 stored_add(struct stored *, const char *sha256);
bool		 stored_has(const struct stored *, const char *sha256);
/* The same, for those who asked before and then waited for others. */
bool		 stored_was(const struct stored *, const char *sha256);

#endif
