/* SPDX-License-Identifier: ISC */
/*
 * store/known.h - which arrivals the journal has had lately, so that a sender
 * who tries again is told so without another record.
 *
 * A help, not the proof: it is bounded, and forgets the oldest.  What it has
 * forgotten is journaled once more and recognised by the queue.
 *
 * Filled at the start by journal_open() (journal_seen_fn) and then by whoever
 * appends, after the append was reported durable.
 */
#ifndef STORE_KNOWN_H
#define STORE_KNOWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/arrival.h"

#define KNOWN_DEFAULT	200000

struct known;

struct known	*known_new(unsigned most);	/* identities; 0: KNOWN_DEFAULT */
void		 known_free(struct known *);	/* NULL is fine */

/* The LSN it has, or 0: not known. */
uint64_t	 known_find(const struct known *, const struct arrival *);
void		 known_add(struct known *, const struct arrival *, uint64_t lsn);

/*
 * Has this channel had a mail with exactly this header (up to and with the
 * empty line) and of this size?  For mails that come under a new name.
 */
bool		 known_has_mail(const struct known *, const char *channel, const void *header,
		    size_t len, uint64_t size);

/* As a journal_seen_fn. */
void		 known_seen(void *known, uint64_t lsn, const struct arrival *);

#endif
