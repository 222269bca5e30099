/* SPDX-License-Identifier: ISC */
/*
 * store/journal_reader.h - reads records of known segments, by number.
 *
 * Keeps the segment it read last open, so reading in order costs two reads of
 * the page cache for each record.
 */
#ifndef STORE_JOURNAL_READER_H
#define STORE_JOURNAL_READER_H

#include <glib.h>
#include <stdint.h>

#include "base/err.h"
#include "model/arrival.h"
#include "store/journal_segment.h"

struct journal_reader {
	int		 dirfd;		/* borrowed */
	uint32_t	 seed;
	GPtrArray	*segments;	/* borrowed: struct segment *, oldest first */
	/* the reader's own */
	int		 fd;		/* of segment, or -1 */
	struct segment	*segment;
	uint64_t	 damaged;	/* records that were found bad */
};

void	journal_reader_init(struct journal_reader *, int dirfd, uint32_t seed,
	    GPtrArray *segments);
void	journal_reader_fini(struct journal_reader *);
/* This segment will be freed. */
void	journal_reader_forget(struct journal_reader *, const struct segment *);

/* The head of the first record from lsn on; 1: found, 0: none, -1: cannot read. */
int	journal_reader_find(struct journal_reader *, uint64_t lsn, struct record_head *,
	    int64_t *at, struct err *);

/* As journal_read(). */
struct arrival	*journal_reader_read(struct journal_reader *, uint64_t lsn, struct err *);

#endif
