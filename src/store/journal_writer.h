/* SPDX-License-Identifier: ISC */
/*
 * store/journal_writer.h - the side of the journal that writes: runs on the
 * journal's lane and blocks.
 *
 * Each process begins a segment of its own with its first record, and again
 * after anything went wrong; a segment is never opened for writing twice.
 * Whatever cannot be synced is cut off again, so that no later start finds
 * records there whose sender was told to come back.
 */
#ifndef STORE_JOURNAL_WRITER_H
#define STORE_JOURNAL_WRITER_H

#include <glib.h>
#include <stdint.h>

#include "base/err.h"
#include "model/arrival.h"
#include "store/journal_record.h"

struct writer_item {
	const struct arrival	*arrival;
	/* filled by the writer */
	uint64_t		 lsn;
	int64_t			 time_ms;
	uint64_t		 segment;	/* first LSN of the segment it is in */
	int64_t			 offset;
	int64_t			 size;		/* in the file, head and all */
};

enum writer_state {
	WRITER_GOOD,
	WRITER_FULL,		/* no room or no right to write now: later again */
	WRITER_BROKEN		/* the disk failed: never again in this process */
};

struct journal_writer {
	int		 dirfd;			/* borrowed */
	uint8_t		 id[JOURNAL_ID_SIZE];
	int64_t		 segment_size;
	uint64_t	 next;			/* LSN */
	/* the writer's own */
	int		 fd;			/* of the present segment, or -1 */
	uint64_t	 first;
	int64_t		 good;			/* synced up to this offset */
	uint32_t	 seed;
	GByteArray	*group;
	GBytes		*tail;			/* what follows it: a large mail, borrowed; or NULL */
	bool		 broken;
};

void	journal_writer_init(struct journal_writer *, int dirfd,
	    const uint8_t id[JOURNAL_ID_SIZE], int64_t segment_size, uint64_t next);
void	journal_writer_fini(struct journal_writer *);

/*
 * Write as many of the n items as fit one group, sync, and say in *taken how
 * many these were (at least 1): all of them are durable, or none.
 */
enum writer_state	journal_writer_commit(struct journal_writer *,
			    struct writer_item **, guint n, guint *taken, struct err *);

/* The next record begins a new segment, with an LSN above this one. */
void	journal_writer_roll(struct journal_writer *, uint64_t above);

/* "00000000000000000042.seg", and the number in such a name or 0. */
#define SEGMENT_NAME_SIZE	25
void		segment_name(uint64_t first, char out[SEGMENT_NAME_SIZE]);
uint64_t	segment_name_parse(const char *);

#endif
