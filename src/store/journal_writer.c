/* SPDX-License-Identifier: ISC */
#include "store/journal_writer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fault.h"
#include "store/file.h"

#define GROUP_MAX	((guint)4 * 1024 * 1024)	/* bytes in one write and sync */
#define COPY_MAX	((gsize)256 * 1024)		/* larger mails are written from where they are */

void
segment_name(uint64_t first, char out[SEGMENT_NAME_SIZE])
{
	snprintf(out, SEGMENT_NAME_SIZE, "%020llu.seg", (unsigned long long)first);
}

uint64_t
segment_name_parse(const char *name)
{
	char	again[SEGMENT_NAME_SIZE];
	guint64	first;

	if (strlen(name) != SEGMENT_NAME_SIZE - 1)
		return 0;
	first = g_ascii_strtoull(name, NULL, 10);
	segment_name(first, again);
	return strcmp(name, again) == 0 ? first : 0;
}

void
journal_writer_init(struct journal_writer *w, int dirfd,
    const uint8_t id[JOURNAL_ID_SIZE], int64_t segment_size, uint64_t next)
{
	memset(w, 0, sizeof *w);
	w->dirfd = dirfd;
	memcpy(w->id, id, JOURNAL_ID_SIZE);
	w->segment_size = segment_size;
	w->next = next;
	w->fd = -1;
	w->seed = record_seed(id);
	w->group = g_byte_array_new();
}

void
journal_writer_fini(struct journal_writer *w)
{
	if (w->fd != -1)
		close(w->fd);
	w->fd = -1;
	g_byte_array_unref(w->group);
}

void
journal_writer_roll(struct journal_writer *w, uint64_t above)
{
	if (w->fd != -1)
		close(w->fd);		/* all in it is synced */
	w->fd = -1;
	w->next = MAX(w->next, above + 1);
}

/* What the failure of a system call means for the next one. */
static enum writer_state
judge(struct journal_writer *w, struct err *e, const char *what)
{
	err_errno(e, ERR_TEMP, "journal: %s", what);
	if (errno == EIO || errno == EBADF)
		w->broken = true;
	return w->broken ? WRITER_BROKEN : WRITER_FULL;
}

static enum writer_state
create_segment(struct journal_writer *w, struct err *e)
{
	struct segment_head	head = { JOURNAL_VERSION, { 0 }, w->next, clock_wall_ms() };
	char			name[SEGMENT_NAME_SIZE];

	segment_name(w->next, name);
	if (fault_point("segment-before-create") == -1)
		return judge(w, e, "create a segment");
	w->fd = openat(w->dirfd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
	    0600);
	if (w->fd == -1)
		return judge(w, e, "create a segment");
	w->first = w->next;
	w->good = 0;
	memcpy(head.id, w->id, JOURNAL_ID_SIZE);
	g_byte_array_set_size(w->group, SEGMENT_HEAD_SIZE);
	segment_head_encode(&head, w->group->data);
	return WRITER_GOOD;
}

static int64_t
group_size(const struct journal_writer *w)
{
	return w->group->len + (w->tail != NULL ? (int64_t)g_bytes_get_size(w->tail) : 0);
}

static void
encode_item(struct journal_writer *w, struct writer_item *item, uint64_t lsn)
{
	struct record_head	head = { lsn, clock_wall_ms(), RECORD_ARRIVAL, 0, 0 };
	guint			at = record_begin(w->group);

	if (g_bytes_get_size(item->arrival->bytes) > COPY_MAX) {
		arrival_encode_head(item->arrival, w->group);
		w->tail = item->arrival->bytes;
	} else {
		arrival_encode(item->arrival, w->group);
	}
	record_end(w->group, at, w->tail, w->seed, &head);
	item->lsn = lsn;
	item->time_ms = head.time_ms;
	item->segment = w->first;
	item->offset = w->good + at;
	item->size = group_size(w) - at;
}

/* As many as one write should hold, but one at least; a large mail is the last. */
static guint
gather(struct journal_writer *w, struct writer_item **items, guint n)
{
	guint	i = 0;

	do {
		encode_item(w, items[i], w->next + i);
		i++;
	} while (i < n && w->tail == NULL && w->group->len < GROUP_MAX &&
	    w->good + w->group->len < w->segment_size);
	return i;
}

/*
 * The group did not get down.  Cut it off, so that neither this nor a later
 * process reads it, and leave the segment: after a failed sync the kernel may
 * hold pages that it wrongly calls clean, so this file is not synced again.
 */
static enum writer_state
back_out(struct journal_writer *w, enum writer_state state)
{
	char	name[SEGMENT_NAME_SIZE];

	if (ftruncate(w->fd, w->good) == -1)
		w->broken = true;
	close(w->fd);
	w->fd = -1;
	if (w->good == 0) {
		segment_name(w->first, name);
		if (unlinkat(w->dirfd, name, 0) == -1)
			w->broken = true;
	}
	return w->broken ? WRITER_BROKEN : state;
}

static int
write_group(const struct journal_writer *w)
{
	gsize		 len = 0;
	const void	*tail = w->tail != NULL ? g_bytes_get_data(w->tail, &len) : NULL;

	if (file_write_all(w->fd, w->group->data, w->group->len) == -1)
		return -1;
	return len > 0 ? file_write_all(w->fd, tail, len) : 0;
}

static enum writer_state
put_down(struct journal_writer *w, struct err *e)
{
	if (fault_point("journal-before-write") == -1 || write_group(w) == -1)
		return judge(w, e, "write");
	if (fault_point("journal-after-write") == -1 || fdatasync(w->fd) == -1) {
		w->broken = true;
		return judge(w, e, "sync");
	}
	if (fault_point("journal-after-sync") == -1)
		return judge(w, e, "sync");
	if (w->good > 0)
		return WRITER_GOOD;
	if (fault_point("segment-before-dirsync") == -1 || fsync(w->dirfd) == -1) {
		w->broken = true;
		return judge(w, e, "sync the directory");
	}
	if (fault_point("segment-after-dirsync") == -1)
		return judge(w, e, "sync the directory");
	return WRITER_GOOD;
}

enum writer_state
journal_writer_commit(struct journal_writer *w, struct writer_item **items, guint n,
    guint *taken, struct err *e)
{
	enum writer_state	state;

	*taken = n;
	if (w->broken) {
		err_set(e, ERR_TEMP, "journal: the disk failed earlier");
		return WRITER_BROKEN;
	}
	if (w->fd != -1 && w->good >= w->segment_size)
		journal_writer_roll(w, 0);
	g_byte_array_set_size(w->group, 0);
	w->tail = NULL;
	if (w->fd == -1 && (state = create_segment(w, e)) != WRITER_GOOD)
		return state;
	*taken = gather(w, items, n);
	if ((state = put_down(w, e)) != WRITER_GOOD)
		return back_out(w, state);
	w->good += group_size(w);
	w->next += *taken;
	return WRITER_GOOD;
}
