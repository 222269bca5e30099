/* SPDX-License-Identifier: ISC */
/*
 * store/journal_segment.h - what the loop knows of one segment: its numbers,
 * its size, and where every few records begin.
 */
#ifndef STORE_JOURNAL_SEGMENT_H
#define STORE_JOURNAL_SEGMENT_H

#include <glib.h>
#include <stdint.h>

#include "base/err.h"
#include "store/journal_record.h"

struct segment {
	uint64_t	 first;		/* of its name */
	uint64_t	 last;		/* LSN of its last record; first - 1 while empty */
	uint64_t	 records;
	int64_t		 size;		/* bytes of the file that count */
	int64_t		 newest_ms;	/* wall clock of the last record */
	int64_t		 done_mono;	/* when all of it was done; INT64_MIN: not yet */
	GArray		*index;		/* struct segment_mark: every 16th and after each gap */
	uint64_t	 cursor;	/* LSN behind the one read last, */
	int64_t		 cursor_at;	/* and where that is */
};

struct segment_mark {
	uint64_t	lsn;
	int64_t		at;
	int64_t		end;		/* of the last record before the next mark or gap */
};

struct segment	*segment_new(uint64_t first);
void		 segment_free(struct segment *);

/* A record was written, or found, behind all that are known. */
void	segment_note(struct segment *, const struct record_head *, int64_t at);

/*
 * The first good head with an LSN of at least this one.  1: found, 0: there is
 * none, -1: cannot read.  A head that has gone bad since is stepped over.
 */
int	segment_find(const struct segment *, int fd, uint32_t seed, uint64_t lsn,
	    struct record_head *, int64_t *at);

/* Records with an LSN above this one; exact where the numbers have no gap. */
uint64_t	segment_count_above(const struct segment *, uint64_t lsn);

/*
 * Of segments in order: the first that holds anything above lsn, or NULL; its
 * place, or the number of them, in *at.
 */
struct segment	*segment_above(const GPtrArray *segments, uint64_t lsn, guint *at);

#endif
