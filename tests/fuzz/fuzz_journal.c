/* SPDX-License-Identifier: ISC */
/*
 * The scanner of journal segments.  First byte even: the rest is a segment as
 * it is.  Odd: a good segment is made, the rest says how to damage it, and
 * every record that was not touched must be found with its own bytes.
 */
#include <glib.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "store/journal_record.h"
#include "store/journal_scan.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

#define RECORDS	12

static const uint8_t id[JOURNAL_ID_SIZE] = "fuzzing journal";

struct model {
	GByteArray	*file;
	guint		 begin[RECORDS + 1];
	bool		 touched[RECORDS];
	bool		 found[RECORDS];
};

static void
must(bool truth)
{
	if (!truth)
		abort();
}

static int
file_with(const uint8_t *bytes, size_t len)
{
	static int	fd = -1;

	if (fd == -1)
		fd = memfd_create("segment", 0);
	must(fd != -1 && ftruncate(fd, 0) == 0);
	must(pwrite(fd, bytes, len, 0) == (ssize_t)len);
	return fd;
}

/* What holds for any bytes: the pieces follow each other to the end. */
static void
scan_all(int fd, size_t len, void (*record)(void *, const struct segment_scan *), void *arg)
{
	struct segment_scan	scan;
	enum scan_found		found;
	off_t			at = MIN((off_t)len, SEGMENT_HEAD_SIZE);
	uint64_t		lsn = 0;

	must(segment_scan_start(&scan, fd, record_seed(id), 0) == 0);
	while ((found = segment_scan_next(&scan)) != SCAN_END) {
		must(found != SCAN_FAILED);
		must(scan.from == at && scan.to > scan.from && scan.to <= (off_t)len);
		at = scan.to;
		if (found != SCAN_RECORD)
			continue;
		must(scan.head.lsn > lsn);
		must(scan.to - scan.from == RECORD_HEAD_SIZE + (off_t)scan.head.length);
		lsn = scan.head.lsn;
		if (record != NULL)
			record(arg, &scan);
	}
	must(at == (off_t)len);
	segment_scan_stop(&scan);
}

static void
build(struct model *m)
{
	struct segment_head	head = { JOURNAL_VERSION, { 0 }, 1, 0 };
	struct record_head	rec;
	guint			i, at;

	memcpy(head.id, id, sizeof id);
	g_byte_array_set_size(m->file, SEGMENT_HEAD_SIZE);
	segment_head_encode(&head, m->file->data);
	for (i = 0; i < RECORDS; i++) {
		m->begin[i] = m->file->len;
		rec = (struct record_head){ i + 1, 1000, RECORD_ARRIVAL, 0, 0 };
		at = record_begin(m->file);
		g_byte_array_set_size(m->file, m->file->len + i * 7);
		memset(m->file->data + at + RECORD_HEAD_SIZE, 'a' + (int)i, i * 7);
		record_end(m->file, at, NULL, record_seed(id), &rec);
	}
	m->begin[RECORDS] = m->file->len;
}

static void
touch(struct model *m, size_t at)
{
	guint	i;

	for (i = 0; i < RECORDS; i++)
		if (at >= m->begin[i] && at < m->begin[i + 1])
			m->touched[i] = true;
}

/* Each edit: place (2), how (1), what (1). */
static void
damage(struct model *m, const uint8_t *edit, size_t len)
{
	size_t	at, n, full = m->file->len;

	for (; len >= 4; edit += 4, len -= 4) {
		at = (edit[0] | (size_t)edit[1] << 8) % full;
		if (edit[2] >= 250) {			/* cut */
			for (n = at; n < full; n++)
				touch(m, n);
			if (at < m->file->len)
				g_byte_array_set_size(m->file, (guint)at);
			continue;
		}
		for (n = 0; n <= edit[2] && at + n < m->file->len; n++) {
			if (m->file->data[at + n] == edit[3])
				continue;
			m->file->data[at + n] = edit[3];
			touch(m, at + n);
		}
	}
}

static void
check_record(void *arg, const struct segment_scan *scan)
{
	struct model	*m = arg;
	guint		 i = (guint)scan->head.lsn - 1, n;

	must(scan->head.lsn >= 1 && scan->head.lsn <= RECORDS);
	must(scan->from == (off_t)m->begin[i] && scan->head.length == i * 7);
	for (n = 0; n < i * 7; n++)
		must(scan->payload[n] == 'a' + i);
	m->found[i] = true;
}

static void
run_model(const uint8_t *edits, size_t len)
{
	struct model	m = { .file = g_byte_array_new() };
	guint		i;

	build(&m);
	damage(&m, edits, len);
	scan_all(file_with(m.file->data, m.file->len), m.file->len, check_record, &m);
	for (i = 0; i < RECORDS; i++)
		must(m.found[i] || m.touched[i]);
	g_byte_array_unref(m.file);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct segment_head	head;

	if (len == 0)
		return 0;
	if (bytes[0] % 2 == 1) {
		run_model(bytes + 1, MIN(len - 1, 400));
		return 0;
	}
	bytes++, len--;
	if (len >= SEGMENT_HEAD_SIZE)
		segment_head_decode(bytes, &head);
	scan_all(file_with(bytes, len), len, NULL, NULL);
	return 0;
}
