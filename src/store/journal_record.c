/* SPDX-License-Identifier: ISC */
#include "store/journal_record.h"

#include <string.h>

#include "base/digest.h"

static const uint8_t segment_magic[8] = { 'I', 'N', 'T', 'K', 'S', 'E', 'G', '\n' };

static void
put32(uint8_t *to, uint32_t v)
{
	v = GUINT32_TO_LE(v);
	memcpy(to, &v, sizeof v);
}

static void
put64(uint8_t *to, uint64_t v)
{
	v = GUINT64_TO_LE(v);
	memcpy(to, &v, sizeof v);
}

static uint32_t
get32(const uint8_t *from)
{
	uint32_t	v;

	memcpy(&v, from, sizeof v);
	return GUINT32_FROM_LE(v);
}

static uint64_t
get64(const uint8_t *from)
{
	uint64_t	v;

	memcpy(&v, from, sizeof v);
	return GUINT64_FROM_LE(v);
}

void
segment_head_encode(const struct segment_head *head, uint8_t out[SEGMENT_HEAD_SIZE])
{
	memset(out, 0, SEGMENT_HEAD_SIZE);
	memcpy(out, segment_magic, sizeof segment_magic);
	put32(out + 8, head->version);
	put32(out + 12, SEGMENT_HEAD_SIZE);
	memcpy(out + 16, head->id, JOURNAL_ID_SIZE);
	put64(out + 32, head->first);
	put64(out + 40, (uint64_t)head->created_ms);
	put32(out + 60, digest_crc32c(0, out, 60));
}

enum segment_kind
segment_head_decode(const uint8_t in[SEGMENT_HEAD_SIZE], struct segment_head *head)
{
	if (memcmp(in, segment_magic, sizeof segment_magic) != 0 ||
	    get32(in + 60) != digest_crc32c(0, in, 60))
		return SEGMENT_BAD;
	head->version = get32(in + 8);
	memcpy(head->id, in + 16, JOURNAL_ID_SIZE);
	head->first = get64(in + 32);
	head->created_ms = (int64_t)get64(in + 40);
	if (head->version > JOURNAL_VERSION)
		return SEGMENT_NEWER;
	if (head->version != JOURNAL_VERSION || get32(in + 12) != SEGMENT_HEAD_SIZE ||
	    head->first == 0)
		return SEGMENT_BAD;
	return SEGMENT_GOOD;
}

uint32_t
record_seed(const uint8_t id[JOURNAL_ID_SIZE])
{
	return digest_crc32c(0, id, JOURNAL_ID_SIZE);
}

guint
record_begin(GByteArray *out)
{
	guint	at = out->len;

	g_byte_array_set_size(out, at + RECORD_HEAD_SIZE);
	memset(out->data + at, 0, RECORD_HEAD_SIZE);
	return at;
}

void
record_end(GByteArray *out, guint at, GBytes *tail, uint32_t seed, struct record_head *head)
{
	uint8_t		*to = out->data + at;
	gsize		 len = 0;
	const void	*rest = tail != NULL ? g_bytes_get_data(tail, &len) : NULL;

	head->length = out->len - at - RECORD_HEAD_SIZE;
	head->crc = digest_crc32c(seed, to + RECORD_HEAD_SIZE, head->length);
	head->crc = digest_crc32c(head->crc, rest, len);
	head->length += (uint32_t)len;
	put32(to, RECORD_MAGIC);
	put32(to + 4, head->length);
	put64(to + 8, head->lsn);
	put64(to + 16, (uint64_t)head->time_ms);
	put32(to + 24, head->type);
	put32(to + 28, head->crc);
	put32(to + 32, 0);
	put32(to + 36, digest_crc32c(seed, to, 36));
}

bool
record_head_decode(const uint8_t in[RECORD_HEAD_SIZE], uint32_t seed,
    struct record_head *head)
{
	if (get32(in) != RECORD_MAGIC || get32(in + 36) != digest_crc32c(seed, in, 36))
		return false;
	head->length = get32(in + 4);
	head->lsn = get64(in + 8);
	head->time_ms = (int64_t)get64(in + 16);
	head->type = get32(in + 24);
	head->crc = get32(in + 28);
	return true;
}

bool
record_payload_good(const struct record_head *head, uint32_t seed, const uint8_t *payload)
{
	return digest_crc32c(seed, payload, head->length) == head->crc;
}
