/* SPDX-License-Identifier: ISC */
#include "store/journal_segment.h"

#include "store/file.h"

#define MARK_EVERY	16

struct segment *
segment_new(uint64_t first)
{
	struct segment	*s = g_new0(struct segment, 1);

	s->first = first;
	s->last = first - 1;
	s->size = SEGMENT_HEAD_SIZE;
	s->done_mono = INT64_MIN;
	s->index = g_array_new(FALSE, FALSE, sizeof(struct segment_mark));
	return s;
}

void
segment_free(struct segment *s)
{
	if (s == NULL)
		return;
	g_array_unref(s->index);
	g_free(s);
}

void
segment_note(struct segment *s, const struct record_head *head, int64_t at)
{
	struct segment_mark	mark = { head->lsn, at, at };

	if (s->records % MARK_EVERY == 0 || head->lsn != s->last + 1 || at != s->size)
		g_array_append_val(s->index, mark);
	s->records++;
	s->last = head->lsn;
	s->size = at + RECORD_HEAD_SIZE + (int64_t)head->length;
	s->newest_ms = head->time_ms;
	g_array_index(s->index, struct segment_mark, s->index->len - 1).end = s->size;
}

static const struct segment_mark *
mark(const struct segment *s, guint i)
{
	return &g_array_index(s->index, struct segment_mark, i);
}

/* The last mark at or before lsn, or the first of all. */
static guint
mark_before(const struct segment *s, uint64_t lsn)
{
	guint	low = 0, high = s->index->len, mid;

	while (high - low > 1) {
		mid = low + (high - low) / 2;
		if (mark(s, mid)->lsn <= lsn)
			low = mid;
		else
			high = mid;
	}
	return low;
}

static int
read_head(int fd, uint32_t seed, int64_t at, struct record_head *head)
{
	uint8_t	bytes[RECORD_HEAD_SIZE];
	ssize_t	n = file_pread_all(fd, bytes, sizeof bytes, at);

	if (n == -1)
		return -1;
	return n == sizeof bytes && record_head_decode(bytes, seed, head);
}

int
segment_find(const struct segment *s, int fd, uint32_t seed, uint64_t lsn,
    struct record_head *head, int64_t *at)
{
	guint	i;
	int	rc;

	if (s->records == 0 || lsn > s->last)
		return 0;
	i = mark_before(s, lsn);
	*at = mark(s, i)->at;
	if (s->cursor <= lsn && s->cursor > mark(s, i)->lsn)
		*at = s->cursor_at;
	for (; i < s->index->len; i++) {
		*at = MAX(*at, mark(s, i)->at);
		while (*at < mark(s, i)->end) {
			if ((rc = read_head(fd, seed, *at, head)) == -1)
				return -1;
			if (rc == 0)
				break;
			if (head->lsn >= lsn)
				return 1;
			*at += RECORD_HEAD_SIZE + (int64_t)head->length;
		}
	}
	return 0;
}

uint64_t
segment_count_above(const struct segment *s, uint64_t lsn)
{
	if (lsn >= s->last)
		return 0;
	if (lsn < s->first)
		return s->records;
	return MIN(s->last - lsn, s->records);
}

struct segment *
segment_above(const GPtrArray *segments, uint64_t lsn, guint *at)
{
	struct segment	*s;
	guint		 low = 0, high = segments->len, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		s = segments->pdata[mid];
		if (s->last > lsn)
			high = mid;
		else
			low = mid + 1;
	}
	*at = low;
	return low < segments->len ? segments->pdata[low] : NULL;
}
