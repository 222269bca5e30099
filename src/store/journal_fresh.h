/* SPDX-License-Identifier: ISC */
/*
 * store/journal_fresh.h - arrivals that were just written, kept a moment for
 * the one who reads next: usually that is at once, and in order.
 *
 * Bounded in bytes; the oldest go first, and are then read from the disk.
 *
 * Used by store/journal.c only.
 */
#ifndef STORE_JOURNAL_FRESH_H
#define STORE_JOURNAL_FRESH_H

#include <glib.h>
#include <stdint.h>

#include "model/arrival.h"

struct journal_fresh {
	GQueue	line;		/* struct arrival *, by LSN */
	size_t	bytes;
};

void		 journal_fresh_init(struct journal_fresh *);
void		 journal_fresh_fini(struct journal_fresh *);
/* Takes the arrival, whose LSN is above all others'. */
void		 journal_fresh_put(struct journal_fresh *, struct arrival *);
/* LSN of the oldest; 0: none. */
uint64_t	 journal_fresh_first(const struct journal_fresh *);
/* Yours; NULL if it is not here.  Those before it are given up. */
struct arrival	*journal_fresh_take(struct journal_fresh *, uint64_t lsn);

#endif
