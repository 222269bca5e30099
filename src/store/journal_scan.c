/* SPDX-License-Identifier: ISC */
#include "store/journal_scan.h"

#include <string.h>
#include <sys/stat.h>

#include "store/file.h"

#define WINDOW	((size_t)256 * 1024)

int
segment_scan_start(struct segment_scan *scan, int fd, uint32_t seed, uint64_t floor)
{
	struct stat	st;

	memset(scan, 0, sizeof *scan);
	if (fstat(fd, &st) == -1)
		return -1;
	scan->fd = fd;
	scan->seed = seed;
	scan->size = st.st_size;
	scan->at = MIN(st.st_size, (off_t)SEGMENT_HEAD_SIZE);
	scan->last = floor;
	scan->window = g_byte_array_new();
	return 0;
}

void
segment_scan_stop(struct segment_scan *scan)
{
	if (scan->window != NULL)
		g_byte_array_unref(scan->window);
	scan->window = NULL;
}

/* len bytes at that offset, which must lie within the file; NULL: cannot read. */
static const uint8_t *
look(struct segment_scan *scan, off_t at, size_t len)
{
	size_t	want = MIN(MAX(len, WINDOW), (size_t)(scan->size - at));
	ssize_t	n;

	if (at >= scan->window_at &&
	    at + (off_t)len <= scan->window_at + (off_t)scan->window->len)
		return scan->window->data + (at - scan->window_at);
	g_byte_array_set_size(scan->window, (guint)want);
	n = file_pread_all(scan->fd, scan->window->data, want, at);
	if (n < 0 || (size_t)n < len) {
		g_byte_array_set_size(scan->window, 0);
		scan->failed = true;
		return NULL;
	}
	g_byte_array_set_size(scan->window, (guint)n);
	scan->window_at = at;
	return scan->window->data;
}

/* Does a head that could be the next record's begin there? */
static bool
head_at(struct segment_scan *scan, off_t at, struct record_head *head)
{
	const uint8_t	*bytes;

	if (scan->size - at < RECORD_HEAD_SIZE)
		return false;
	if ((bytes = look(scan, at, RECORD_HEAD_SIZE)) == NULL)
		return false;
	return record_head_decode(bytes, scan->seed, head) && head->lsn > scan->last;
}

static bool
record_at(struct segment_scan *scan, off_t at)
{
	const uint8_t	*bytes;

	if (!head_at(scan, at, &scan->head) ||
	    (off_t)scan->head.length > scan->size - at - RECORD_HEAD_SIZE)
		return false;
	bytes = look(scan, at, RECORD_HEAD_SIZE + (size_t)scan->head.length);
	if (bytes == NULL)
		return false;
	scan->payload = bytes + RECORD_HEAD_SIZE;
	return record_payload_good(&scan->head, scan->seed, scan->payload);
}

/* Where the record's magic next stands, or the file's size. */
static off_t
find_magic(struct segment_scan *scan, off_t at)
{
	const uint32_t	 magic = GUINT32_TO_LE(RECORD_MAGIC);
	const uint8_t	*bytes, *hit;
	size_t		 len;

	while (scan->size - at >= RECORD_HEAD_SIZE) {
		len = MIN(WINDOW, (size_t)(scan->size - at));
		if ((bytes = look(scan, at, len)) == NULL)
			break;
		if ((hit = memmem(bytes, len, &magic, sizeof magic)) != NULL)
			return at + (hit - bytes);
		at += (off_t)(len - (sizeof magic - 1));
	}
	return scan->size;
}

/* A write that did not finish: zeros, part of a head, or a head and part of its payload. */
static bool
looks_torn(struct segment_scan *scan, off_t at)
{
	struct record_head	 head;
	const uint8_t		*bytes;
	size_t			 len, i;

	if (scan->size - at < RECORD_HEAD_SIZE)
		return true;
	if (head_at(scan, at, &head))
		return (off_t)head.length > scan->size - at - RECORD_HEAD_SIZE;
	for (; at < scan->size; at += (off_t)len) {
		len = MIN(WINDOW, (size_t)(scan->size - at));
		if ((bytes = look(scan, at, len)) == NULL)
			return false;
		for (i = 0; i < len; i++)
			if (bytes[i] != 0)
				return false;
	}
	return true;
}

static enum scan_found
skip_damage(struct segment_scan *scan)
{
	off_t	at = scan->from;

	do {
		at = find_magic(scan, at + 1);
	} while (at < scan->size && !scan->failed && !record_at(scan, at));
	if (scan->failed)
		return SCAN_FAILED;
	scan->to = scan->at = at;
	if (at < scan->size)
		return SCAN_DAMAGE;
	scan->torn = looks_torn(scan, scan->from);
	return scan->failed ? SCAN_FAILED : SCAN_TAIL;
}

enum scan_found
segment_scan_next(struct segment_scan *scan)
{
	scan->from = scan->at;
	if (scan->at >= scan->size)
		return SCAN_END;
	if (record_at(scan, scan->at)) {
		scan->at += RECORD_HEAD_SIZE + (off_t)scan->head.length;
		scan->to = scan->at;
		scan->last = scan->head.lsn;
		return SCAN_RECORD;
	}
	if (scan->failed)
		return SCAN_FAILED;
	return skip_damage(scan);
}
