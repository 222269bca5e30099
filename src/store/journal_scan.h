/* SPDX-License-Identifier: ISC */
/*
 * store/journal_scan.h - walks a segment file from its head to its end and
 * tells good records from damage.
 *
 * Reads through a window, so a segment of any size costs little memory; no
 * more than one record is held.  After damage it looks for the next place
 * where a whole good record begins; what lies between is reported as one
 * piece.  The same code serves recovery, the tools and the fuzzer.
 */
#ifndef STORE_JOURNAL_SCAN_H
#define STORE_JOURNAL_SCAN_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "store/journal_record.h"

enum scan_found {
	SCAN_RECORD,		/* head and payload are set */
	SCAN_DAMAGE,		/* [from, to) holds no good record; one follows */
	SCAN_TAIL,		/* [from, to) holds no good record and is the end */
	SCAN_END,
	SCAN_FAILED		/* could not read: errno */
};

struct segment_scan {
	/* what the last call found */
	off_t			 from, to;
	struct record_head	 head;
	const uint8_t		*payload;	/* until the next call */
	bool			 torn;		/* the tail looks like a write that was cut short */

	/* the scanner's own */
	int			 fd;
	uint32_t		 seed;
	off_t			 size;
	off_t			 at;
	uint64_t		 last;		/* LSN of the last good record */
	GByteArray		*window;
	off_t			 window_at;
	bool			 failed;
};

/* Begin behind the segment's head; records must have an LSN above floor. */
int	segment_scan_start(struct segment_scan *, int fd, uint32_t seed, uint64_t floor);
enum scan_found	segment_scan_next(struct segment_scan *);
void	segment_scan_stop(struct segment_scan *);

#endif
