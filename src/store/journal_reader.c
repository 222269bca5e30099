/* SPDX-License-Identifier: ISC */
#include "store/journal_reader.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/mapped.h"
#include "store/file.h"
#include "store/journal_writer.h"

#define MAP_FROM	((uint32_t)1024 * 1024)		/* payloads from here on stay on disk */
#define PIECE		((size_t)256 * 1024)

void
journal_reader_init(struct journal_reader *r, int dirfd, uint32_t seed, GPtrArray *segments)
{
	r->dirfd = dirfd;
	r->seed = seed;
	r->segments = segments;
	r->fd = -1;
	r->segment = NULL;
	r->damaged = 0;
}

static void
close_segment(struct journal_reader *r)
{
	if (r->fd != -1)
		close(r->fd);
	r->fd = -1;
	r->segment = NULL;
}

void
journal_reader_fini(struct journal_reader *r)
{
	close_segment(r);
}

void
journal_reader_forget(struct journal_reader *r, const struct segment *s)
{
	if (r->segment == s)
		close_segment(r);
}

static int
open_segment(struct journal_reader *r, struct segment *s, struct err *e)
{
	char	name[SEGMENT_NAME_SIZE];

	if (r->segment == s)
		return 0;
	close_segment(r);
	segment_name(s->first, name);
	r->fd = openat(r->dirfd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (r->fd == -1)
		return err_errno(e, ERR_TEMP, "open journal segment %s", name);
	r->segment = s;
	return 0;
}

int
journal_reader_find(struct journal_reader *r, uint64_t lsn, struct record_head *head,
    int64_t *at, struct err *e)
{
	struct segment	*s;
	guint		 i;
	int		 rc;

	if (lsn == 0)
		lsn = 1;
	for (segment_above(r->segments, lsn - 1, &i); i < r->segments->len; i++) {
		s = r->segments->pdata[i];
		if (open_segment(r, s, e) == -1)
			return -1;
		rc = segment_find(s, r->fd, r->seed, lsn, head, at);
		if (rc == -1)
			return err_errno(e, ERR_TEMP, "read the journal");
		if (rc == 1)
			return 1;
	}
	return 0;
}

/* 1: as it was written; 0: damaged; -1 and errno.  A piece at a time. */
static int
check_payload(const struct journal_reader *r, const struct record_head *head, int64_t at)
{
	g_autofree uint8_t	*piece = g_malloc(PIECE);
	uint32_t		 crc = r->seed;
	size_t			 done, want;
	ssize_t			 n;

	for (done = 0; done < head->length; done += want) {
		want = MIN(PIECE, head->length - done);
		n = file_pread_all(r->fd, piece, want, at + (off_t)done);
		if (n != (ssize_t)want)
			return n == -1 ? -1 : 0;
		crc = digest_crc32c(crc, piece, want);
	}
	return crc == head->crc;
}

/* Small ones are read and then looked at, large ones looked at and then mapped. */
static GBytes *
load_payload(const struct journal_reader *r, const struct record_head *head, int64_t at,
    int *good)
{
	uint8_t	*bytes;
	ssize_t	 n;

	if (head->length > MAP_FROM) {
		*good = check_payload(r, head, at);
		return *good == 1 ? mapped_bytes(r->fd, at, head->length) : NULL;
	}
	bytes = g_malloc(head->length + 1);
	n = file_pread_all(r->fd, bytes, head->length, at);
	*good = n == -1 ? -1 : n == (ssize_t)head->length &&
	    record_payload_good(head, r->seed, bytes);
	return g_bytes_new_take(bytes, head->length);
}

static struct arrival *
read_payload(struct journal_reader *r, const struct record_head *head, int64_t at, struct err *e)
{
	int			 good;
	g_autoptr(GBytes)	 whole = load_payload(r, head, at + RECORD_HEAD_SIZE, &good);
	struct arrival		*a;

	if (good == 0) {
		r->damaged++;
		err_set(e, ERR_PERM, "journal record %llu is damaged",
		    (unsigned long long)head->lsn);
		return NULL;
	}
	if (good == -1 || whole == NULL) {
		err_errno(e, ERR_TEMP, "read the journal");
		return NULL;
	}
	if (head->type != RECORD_ARRIVAL) {
		err_set(e, ERR_PERM, "journal record %llu is of unknown type %u",
		    (unsigned long long)head->lsn, head->type);
		return NULL;
	}
	if ((a = arrival_decode(whole, e)) == NULL)
		return NULL;
	a->lsn = head->lsn;
	a->mapped = head->length > MAP_FROM;
	return a;
}

struct arrival *
journal_reader_read(struct journal_reader *r, uint64_t lsn, struct err *e)
{
	struct record_head	head;
	int64_t			at;
	int			rc;

	if ((rc = journal_reader_find(r, lsn, &head, &at, e)) == -1)
		return NULL;
	if (rc == 0 || head.lsn != lsn) {
		err_set(e, ERR_PERM, "journal has no record %llu", (unsigned long long)lsn);
		return NULL;
	}
	r->segment->cursor = lsn + 1;
	r->segment->cursor_at = at + RECORD_HEAD_SIZE + (int64_t)head.length;
	return read_payload(r, &head, at, e);
}
