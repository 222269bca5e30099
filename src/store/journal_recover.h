/* SPDX-License-Identifier: ISC */
/*
 * store/journal_recover.h - makes sense of what a journal directory holds
 * after any way to stop: looks at every byte, cuts the torn end, sets aside
 * what is damaged, loses no whole record.
 *
 * What is set aside goes to the directory "corrupt" beside the journal,
 * and is counted and logged.  A segment of a newer version stops everything
 * before anything is changed.  Running it again, or after it was killed,
 * comes to the same end.
 */
#ifndef STORE_JOURNAL_RECOVER_H
#define STORE_JOURNAL_RECOVER_H

#include <glib.h>
#include <stdint.h>

#include "base/err.h"
#include "store/journal_ledger.h"
#include "store/journal_record.h"
#include "store/journal_scan.h"

#define JOURNAL_ID_NAME	"id"

struct journal_recovered {
	uint8_t			 id[JOURNAL_ID_SIZE];
	uint32_t		 seed;
	GPtrArray		*segments;	/* struct segment *, in order, none empty */
	struct journal_ledger	 ledger;
	uint64_t		 next;		/* LSN to give next */
	uint64_t		 damaged;	/* pieces set aside */
	/* who wants to see every record: may be NULL */
	void			(*each)(void *arg, const struct record_head *,
				    const uint8_t *payload);
	void			*each_arg;
};

/* statefd: the state directory; dirfd: journal/ in it.  Frees nothing on error
 * but what it made itself. */
int	journal_recover(int statefd, int dirfd, struct journal_recovered *, struct err *);

/* The id of the journal, from its file or from a segment; 0, or -1: neither has it. */
int	journal_id_load(int dirfd, const GPtrArray *names, uint8_t id[JOURNAL_ID_SIZE]);

#endif
