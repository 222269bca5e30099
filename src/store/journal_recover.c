/* SPDX-License-Identifier: ISC */
#include "store/journal_recover.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/digest.h"
#include "base/fault.h"
#include "base/log.h"
#include "store/file.h"
#include "store/journal_segment.h"
#include "store/journal_writer.h"

struct recovery {
	int				 statefd;
	int				 dirfd;
	struct journal_recovered	*out;
	uint64_t			 floor;		/* highest LSN so far */
	uint64_t			 given;		/* no LSN up to here may be given */
};

static int
open_segment(int dirfd, const char *name, int flags, struct err *e)
{
	int	fd = openat(dirfd, name, flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	return fd == -1 ? err_errno(e, ERR_TEMP, "open journal segment %s", name) : fd;
}

static enum segment_kind
read_segment_head(int fd, struct segment_head *head)
{
	uint8_t	bytes[SEGMENT_HEAD_SIZE];

	if (file_pread_all(fd, bytes, sizeof bytes, 0) != sizeof bytes)
		return SEGMENT_BAD;
	return segment_head_decode(bytes, head);
}

static enum segment_kind
peek(int dirfd, const char *name, struct segment_head *head)
{
	enum segment_kind	kind;
	int			fd;

	if (segment_name_parse(name) == 0 ||
	    (fd = open_segment(dirfd, name, O_RDONLY, NULL)) == -1)
		return SEGMENT_BAD;
	kind = read_segment_head(fd, head);
	close(fd);
	return kind;
}

int
journal_id_load(int dirfd, const GPtrArray *names, uint8_t id[JOURNAL_ID_SIZE])
{
	g_autoptr(GBytes)	file = file_load(dirfd, JOURNAL_ID_NAME, 256, NULL);
	struct segment_head	head;
	gsize			len = 0;
	const char		*hex;
	guint			i;

	hex = file != NULL ? g_bytes_get_data(file, &len) : NULL;
	while (len > 0 && hex[len - 1] == '\n')
		len--;
	if (len == 2 * JOURNAL_ID_SIZE &&
	    digest_unhex(hex, len, id, JOURNAL_ID_SIZE) == JOURNAL_ID_SIZE)
		return 0;
	for (i = 0; i < names->len; i++)
		if (peek(dirfd, names->pdata[i], &head) == SEGMENT_GOOD) {
			memcpy(id, head.id, JOURNAL_ID_SIZE);
			return 0;
		}
	return -1;
}

/* The journal's name for life: what Redis calls its mark by. */
static int
settle_id(struct recovery *r, const GPtrArray *names, struct err *e)
{
	struct journal_recovered	*out = r->out;
	char				 hex[2 * JOURNAL_ID_SIZE + 2];

	if (journal_id_load(r->dirfd, names, out->id) == -1)
		digest_random(out->id, JOURNAL_ID_SIZE);
	out->seed = record_seed(out->id);
	digest_hex(out->id, JOURNAL_ID_SIZE, hex);
	g_strlcat(hex, "\n", sizeof hex);
	if (faccessat(r->dirfd, JOURNAL_ID_NAME, F_OK, 0) == 0) {
		g_autoptr(GBytes) file = file_load(r->dirfd, JOURNAL_ID_NAME, 256, NULL);

		if (file != NULL && g_bytes_get_size(file) == strlen(hex) &&
		    memcmp(g_bytes_get_data(file, NULL), hex, strlen(hex)) == 0)
			return 0;
		log_warn("journal id file was damaged and is written again");
		out->damaged++;
	}
	return file_replace(r->dirfd, JOURNAL_ID_NAME, hex, strlen(hex), e);
}

static int
refuse_newer(struct recovery *r, const GPtrArray *names, struct err *e)
{
	struct segment_head	head;
	guint			i;

	for (i = 0; i < names->len; i++)
		if (peek(r->dirfd, names->pdata[i], &head) == SEGMENT_NEWER)
			return err_set(e, ERR_CONFIG, "journal segment %s is of version %u, "
			    "this program knows up to %u: start the newer one",
			    (char *)names->pdata[i], head.version, JOURNAL_VERSION);
	return 0;
}

static int
corrupt_dir(struct recovery *r, struct err *e)
{
	return file_open_dir(r->statefd, "corrupt", e);
}

/* Keep a copy of the bytes; they stay where they are. */
static int
set_aside(struct recovery *r, int fd, const char *name, off_t from, off_t to, struct err *e)
{
	g_autofree char	*copy = g_strdup_printf("%.20s-%lld-%lld.bad", name,
			    (long long)from, (long long)to);
	int		 dir, rc;

	r->out->damaged++;
	if ((dir = corrupt_dir(r, e)) == -1)
		return -1;
	rc = file_copy_range(fd, from, to, dir, copy, e);
	close(dir);
	if (rc == 0)
		log_error("journal segment=%.20s damaged from=%lld to=%lld copy=corrupt/%s",
		    name, (long long)from, (long long)to, copy);
	return rc;
}

static int
move_aside(struct recovery *r, const char *name, const char *why, struct err *e)
{
	g_autofree char	*to = g_strdup_printf("%s.%lld", name, (long long)clock_wall_ms());
	int		 dir, rc;

	r->out->damaged++;
	if ((dir = corrupt_dir(r, e)) == -1)
		return -1;
	rc = renameat(r->dirfd, name, dir, to);
	if (rc == 0)
		rc = fsync(dir) == -1 || fsync(r->dirfd) == -1 ? -1 : 0;
	close(dir);
	if (rc == -1)
		return err_errno(e, ERR_TEMP, "move damaged segment %s to corrupt", name);
	log_error("journal segment=%.20s %s moved=corrupt/%s", name, why, to);
	return 0;
}

/* The head is bad, but records behind it are ours: write it again. */
static int
mend_head(struct recovery *r, int fd, const char *name, struct err *e)
{
	struct segment_head	head = { JOURNAL_VERSION, { 0 }, segment_name_parse(name),
				    clock_wall_ms() };
	uint8_t			bytes[SEGMENT_HEAD_SIZE];

	if (set_aside(r, fd, name, 0, SEGMENT_HEAD_SIZE, e) == -1)
		return -1;
	memcpy(head.id, r->out->id, JOURNAL_ID_SIZE);
	segment_head_encode(&head, bytes);
	if (pwrite(fd, bytes, sizeof bytes, 0) != sizeof bytes || fdatasync(fd) == -1)
		return err_errno(e, ERR_TEMP, "mend the head of segment %s", name);
	return 0;
}

/*
 * The end of the last segment.  What was cut short while it was written was
 * never acknowledged; anything else is kept aside.  The numbers that may have
 * been in it are never given again: the queue may have seen them.
 */
static int
cut_tail(struct recovery *r, int fd, const char *name, const struct segment_scan *scan,
    struct err *e)
{
	struct journal_ledger	*ledger = &r->out->ledger;

	if (!scan->torn && set_aside(r, fd, name, scan->from, scan->to, e) == -1)
		return -1;
	ledger->given = MAX(ledger->given, r->given);
	if (journal_ledger_save(r->dirfd, ledger, e) == -1)
		return -1;
	if (fault_point("recover-before-cut") == -1 || ftruncate(fd, scan->from) == -1)
		return err_errno(e, ERR_TEMP, "cut the end of segment %s", name);
	log_info("journal segment=%.20s cut at=%lld bytes=%lld", name,
	    (long long)scan->from, (long long)(scan->to - scan->from));
	return 0;
}

static int
on_tail(struct recovery *r, int fd, const char *name, bool newest,
    const struct segment_scan *scan, struct err *e)
{
	uint64_t	most = (uint64_t)(scan->to - scan->from) / RECORD_HEAD_SIZE + 1;

	r->given = MAX(r->given, MAX(scan->last, segment_name_parse(name) - 1) + most);
	if (newest)
		return cut_tail(r, fd, name, scan, e);
	return set_aside(r, fd, name, scan->from, scan->to, e);
}

static void
on_record(struct recovery *r, struct segment *s, const struct segment_scan *scan)
{
	segment_note(s, &scan->head, scan->from);
	if (r->out->each != NULL)
		r->out->each(r->out->each_arg, &scan->head, scan->payload);
}

static int
read_records(struct recovery *r, int fd, const char *name, bool newest, struct segment *s,
    struct err *e)
{
	struct segment_scan	scan;
	int			rc;

	rc = segment_scan_start(&scan, fd, r->out->seed, MAX(r->floor, s->first - 1));
	while (rc == 0) {
		switch (segment_scan_next(&scan)) {
		case SCAN_RECORD:
			on_record(r, s, &scan);
			continue;
		case SCAN_DAMAGE:
			rc = set_aside(r, fd, name, scan.from, scan.to, e);
			continue;
		case SCAN_TAIL:
			rc = on_tail(r, fd, name, newest, &scan, e);
			continue;
		case SCAN_FAILED:
			rc = err_errno(e, ERR_TEMP, "read journal segment %s", name);
			continue;
		case SCAN_END:
			break;
		}
		break;
	}
	segment_scan_stop(&scan);
	return rc;
}

/* How long all of it has been done: the file was touched when it was. */
static void
note_age(struct recovery *r, int fd, struct segment *s)
{
	struct stat	st;
	int64_t		since = s->newest_ms;

	if (s->last > r->out->ledger.done)
		return;
	if (fstat(fd, &st) == 0)
		since = MAX(since, (int64_t)st.st_mtim.tv_sec * 1000);
	s->done_mono = clock_mono_ms() - MAX(0, clock_wall_ms() - since);
}

/* A segment without a record: left by a crash, or its records are lost. */
static int
drop_empty(struct recovery *r, int fd, const char *name, bool newest, struct err *e)
{
	struct stat	st;

	if (fstat(fd, &st) == -1)
		return err_errno(e, ERR_TEMP, "stat journal segment %s", name);
	if (st.st_size > SEGMENT_HEAD_SIZE || !newest)
		return move_aside(r, name, "holds no record", e);
	if (unlinkat(r->dirfd, name, 0) == -1 || fsync(r->dirfd) == -1)
		return err_errno(e, ERR_TEMP, "remove the empty segment %s", name);
	return 0;
}

static int
take_segment(struct recovery *r, int fd, const char *name, bool newest, struct err *e)
{
	struct segment		*s = segment_new(segment_name_parse(name));
	struct segment_head	 head;
	enum segment_kind	 kind = read_segment_head(fd, &head);

	if (read_records(r, fd, name, newest, s, e) == -1)
		goto failed;
	if (s->records == 0) {
		segment_free(s);
		return drop_empty(r, fd, name, newest, e);
	}
	if ((kind == SEGMENT_BAD || head.first != s->first ||
	    memcmp(head.id, r->out->id, JOURNAL_ID_SIZE) != 0) &&
	    mend_head(r, fd, name, e) == -1)
		goto failed;
	if (newest && fdatasync(fd) == -1) {
		err_errno(e, ERR_TEMP, "sync journal segment %s", name);
		goto failed;
	}
	note_age(r, fd, s);
	r->floor = s->last;
	g_ptr_array_add(r->out->segments, s);
	return 0;
failed:
	segment_free(s);
	return -1;
}

static int
recover_segment(struct recovery *r, const char *name, bool newest, struct err *e)
{
	int	fd, rc;

	if ((fd = open_segment(r->dirfd, name, O_RDWR, e)) == -1)
		return -1;
	r->given = MAX(r->given, segment_name_parse(name) - 1);
	rc = take_segment(r, fd, name, newest, e);
	close(fd);
	return rc;
}

static void
load_ledger(struct recovery *r)
{
	struct journal_recovered	*out = r->out;

	switch (journal_ledger_load(r->dirfd, &out->ledger)) {
	case LEDGER_FOUND:
	case LEDGER_NONE:
		break;
	case LEDGER_HALF:
		log_info("journal ledger: one slot was cut short, the other is used");
		break;
	case LEDGER_LOST:
		log_error("journal ledger is lost: all that is retained goes to the queue again");
		out->damaged++;
		break;
	}
	r->given = MAX(out->ledger.given, out->ledger.done);
}

static GPtrArray *
segment_names(int dirfd, struct err *e)
{
	GPtrArray	*names = file_list(dirfd, e);
	guint		 i;

	for (i = names != NULL ? names->len : 0; i > 0; i--)
		if (segment_name_parse(names->pdata[i - 1]) == 0)
			g_ptr_array_remove_index(names, i - 1);
	return names;
}

int
journal_recover(int statefd, int dirfd, struct journal_recovered *out, struct err *e)
{
	struct recovery		 r = { statefd, dirfd, out, 0, 0 };
	g_autoptr(GPtrArray)	 names = segment_names(dirfd, e);
	guint			 i;

	if (names == NULL || refuse_newer(&r, names, e) == -1 ||
	    settle_id(&r, names, e) == -1)
		return -1;
	load_ledger(&r);
	out->segments = g_ptr_array_new_with_free_func((GDestroyNotify)segment_free);
	for (i = 0; i < names->len; i++) {
		if (fault_point("recover-segment") == -1)
			err_errno(e, ERR_TEMP, "read journal segment");
		else if (recover_segment(&r, names->pdata[i], i + 1 == names->len, e) == 0)
			continue;
		g_ptr_array_unref(out->segments);
		out->segments = NULL;
		return -1;
	}
	/*
	 * All that was found counts as durable from now on, also what a process
	 * that was killed had named and not yet synced.
	 */
	if (fsync(dirfd) == -1 || fsync(statefd) == -1) {
		g_ptr_array_unref(out->segments);
		out->segments = NULL;
		return err_errno(e, ERR_TEMP, "sync the journal's directory");
	}
	out->next = MAX(r.floor, r.given) + 1;
	return 0;
}
