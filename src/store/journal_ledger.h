/* SPDX-License-Identifier: ISC */
/*
 * store/journal_ledger.h - the two numbers of a journal that are not in its
 * segments: up to where all is done, and the highest LSN ever given away.
 *
 * A small file with two slots, written in turn with a growing generation, so
 * that a write that is cut short leaves the other slot.  Lost or damaged
 * altogether, it reads as zeros: everything retained is then done again, which
 * the queue recognises.
 */
#ifndef STORE_JOURNAL_LEDGER_H
#define STORE_JOURNAL_LEDGER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

#define LEDGER_NAME	"ledger"

struct journal_ledger {
	uint64_t	generation;
	uint64_t	done;		/* all up to here is on the queue */
	uint64_t	given;		/* no LSN up to here is given again */
};

enum ledger_state { LEDGER_FOUND, LEDGER_NONE, LEDGER_HALF, LEDGER_LOST };

/*
 * Always fills the ledger.  HALF: one slot was damaged, the other is used;
 * LOST: the file is there but neither slot is good.
 */
enum ledger_state	journal_ledger_load(int dirfd, struct journal_ledger *);

/* Next generation into the older slot, synced.  Blocking. */
int	journal_ledger_save(int dirfd, struct journal_ledger *, struct err *);

#endif
