/* SPDX-License-Identifier: ISC */
/*
 * store/journal_record.h - the bytes of a journal segment.
 *
 *	segment = 64 bytes of head, then records
 *	head    = "INTKSEG\n" version:32 size:32 id:16*8 first LSN:64
 *	          created:64 zeros:12*8 CRC-32C:32
 *	record  = magic:32 length:32 LSN:64 time:64 type:32 CRC of payload:32
 *	          zero:32 CRC of this head:32, then length bytes of payload
 *
 * Little endian.  Every later version keeps the segment's head as it is here,
 * so that an old program can say "newer" instead of "damaged".
 *
 * The CRCs of a record begin with the journal's random id.  So bytes of
 * another journal, or of a customer's attachment that happens to be a journal
 * segment, are never taken for a record when the reader looks for the next
 * good one after damage.
 */
#ifndef STORE_JOURNAL_RECORD_H
#define STORE_JOURNAL_RECORD_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define JOURNAL_VERSION		1
#define JOURNAL_ID_SIZE		16
#define SEGMENT_HEAD_SIZE	64
#define RECORD_HEAD_SIZE	40
#define RECORD_MAGIC		0xa7c3524aU	/* no text, no UTF-8, no base64 */

enum record_type { RECORD_ARRIVAL = 1 };	/* on disk: never renumber */

struct segment_head {
	uint32_t	version;
	uint8_t		id[JOURNAL_ID_SIZE];
	uint64_t	first;			/* LSN of the first record */
	int64_t		created_ms;
};

enum segment_kind { SEGMENT_GOOD, SEGMENT_NEWER, SEGMENT_BAD };

void			segment_head_encode(const struct segment_head *,
			    uint8_t out[SEGMENT_HEAD_SIZE]);
/* The head is filled unless SEGMENT_BAD. */
enum segment_kind	segment_head_decode(const uint8_t in[SEGMENT_HEAD_SIZE],
			    struct segment_head *);

struct record_head {
	uint64_t	lsn;
	int64_t		time_ms;		/* when it was written, wall clock */
	uint32_t	type;			/* enum record_type */
	uint32_t	length;			/* of the payload */
	uint32_t	crc;			/* of the payload */
};

/* What the CRCs of this journal's records begin with. */
uint32_t	record_seed(const uint8_t id[JOURNAL_ID_SIZE]);

/* Make room for a head at the end of out; the payload is appended next. */
guint		record_begin(GByteArray *out);
/*
 * Fill in the head at that place; all behind it is the payload, and tail,
 * which may be NULL, is the rest of it.
 */
void		record_end(GByteArray *out, guint at, GBytes *tail, uint32_t seed,
		    struct record_head *);

/* false: these are not RECORD_HEAD_SIZE bytes that record_end() made. */
bool		record_head_decode(const uint8_t in[RECORD_HEAD_SIZE], uint32_t seed,
		    struct record_head *);
bool		record_payload_good(const struct record_head *, uint32_t seed,
		    const uint8_t *payload);

#endif
