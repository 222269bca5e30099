/* SPDX-License-Identifier: ISC */
#include "store/journal_tool.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/digest.h"
#include "store/file.h"
#include "store/journal_ledger.h"
#include "store/journal_record.h"
#include "store/journal_recover.h"
#include "store/journal_scan.h"
#include "store/journal_writer.h"

struct visit {
	const struct journal_tool_visitor	*visitor;
	struct journal_tool_summary		*summary;
	int					 dirfd;
	uint32_t				 seed;
	uint64_t				 floor;
};

static void
tell_damage(struct visit *v, struct journal_tool_segment *s, int64_t from, int64_t to,
    const char *what)
{
	const struct journal_tool_damage	damage = { s->first, from, to, what };

	s->damaged++;
	v->summary->damaged++;
	if (v->visitor->damage != NULL)
		v->visitor->damage(v->visitor->arg, &damage);
}

static void
show_record(struct visit *v, struct journal_tool_segment *s, const struct segment_scan *scan)
{
	g_autoptr(GBytes)	 whole = g_bytes_new(scan->payload, scan->head.length);
	struct arrival		*a;

	if ((a = arrival_decode(whole, NULL)) == NULL) {
		tell_damage(v, s, scan->from, scan->to, "the record is whole but no arrival");
		return;
	}
	a->lsn = scan->head.lsn;
	v->summary->stopped = !v->visitor->record(v->visitor->arg, a->lsn,
	    scan->head.time_ms, a);
	arrival_free(a);
}

static void
take_record(struct visit *v, struct journal_tool_segment *s, const struct segment_scan *scan)
{
	s->records++;
	s->last = scan->head.lsn;
	s->newest_ms = scan->head.time_ms;
	v->summary->records++;
	if (v->visitor->record == NULL || scan->head.lsn < v->visitor->from ||
	    scan->head.type != RECORD_ARRIVAL)
		return;
	show_record(v, s, scan);
}

/* -1: cannot read, errno. */
static int
take_records(struct visit *v, int fd, bool newest, struct journal_tool_segment *s)
{
	struct segment_scan	scan;
	int			rc;

	rc = segment_scan_start(&scan, fd, v->seed, MAX(v->floor, s->first - 1));
	while (rc == 0 && !v->summary->stopped) {
		switch (segment_scan_next(&scan)) {
		case SCAN_RECORD:
			take_record(v, s, &scan);
			continue;
		case SCAN_DAMAGE:
			tell_damage(v, s, scan.from, scan.to, "no good record");
			continue;
		case SCAN_TAIL:
			if (newest && scan.torn)
				s->unfinished = true;
			else
				tell_damage(v, s, scan.from, scan.to, "no good record up to the end");
			continue;
		case SCAN_FAILED:
			rc = -1;
			continue;
		case SCAN_END:
			break;
		}
		break;
	}
	segment_scan_stop(&scan);
	return rc;
}

static enum journal_tool_kind
head_kind(int fd)
{
	struct segment_head	head;
	uint8_t			bytes[SEGMENT_HEAD_SIZE];

	if (file_pread_all(fd, bytes, sizeof bytes, 0) != sizeof bytes)
		return JOURNAL_TOOL_SEGMENT_HEAD_BAD;
	switch (segment_head_decode(bytes, &head)) {
	case SEGMENT_GOOD:
		return JOURNAL_TOOL_SEGMENT_GOOD;
	case SEGMENT_NEWER:
		return JOURNAL_TOOL_SEGMENT_NEWER;
	case SEGMENT_BAD:
		break;
	}
	return JOURNAL_TOOL_SEGMENT_HEAD_BAD;
}

static int
visit_open_segment(struct visit *v, int fd, bool newest, struct journal_tool_segment *s)
{
	struct stat	st;

	if (fstat(fd, &st) == -1)
		return -1;
	s->size = st.st_size;
	s->kind = head_kind(fd);
	if (s->kind == JOURNAL_TOOL_SEGMENT_NEWER)
		return 0;
	/* One that is being created may not have all of its head yet. */
	if (s->kind == JOURNAL_TOOL_SEGMENT_HEAD_BAD && newest && s->size < SEGMENT_HEAD_SIZE) {
		s->unfinished = true;
		return 0;
	}
	if (s->kind == JOURNAL_TOOL_SEGMENT_HEAD_BAD)
		tell_damage(v, s, 0, MIN(s->size, SEGMENT_HEAD_SIZE), "bad segment head");
	return take_records(v, fd, newest, s);
}

static int
visit_segment(struct visit *v, const char *name, bool newest, struct err *e)
{
	struct journal_tool_segment	s = { .first = segment_name_parse(name),
					    .newest_ms = -1 };
	int				fd, rc;

	s.last = s.first - 1;
	fd = openat(v->dirfd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd == -1)		/* the daemon may just have removed it */
		return errno == ENOENT ? 0 : err_errno(e, ERR_TEMP, "open %s", name);
	if ((rc = visit_open_segment(v, fd, newest, &s)) == -1)
		err_errno(e, ERR_TEMP, "read %s", name);
	close(fd);
	v->floor = MAX(v->floor, s.last);
	s.done = s.records > 0 && s.last <= v->summary->done;
	if (rc == 0 && v->visitor->segment != NULL)
		v->visitor->segment(v->visitor->arg, &s);
	return rc;
}

/* The name of the last segment, of which alone it is normal to end anywhere. */
static const char *
newest_name(const GPtrArray *names)
{
	guint	i;

	for (i = names->len; i > 0; i--)
		if (segment_name_parse(names->pdata[i - 1]) != 0)
			return names->pdata[i - 1];
	return NULL;
}

static int
visit_all(struct visit *v, const GPtrArray *names, struct err *e)
{
	const char	*newest = newest_name(names);
	guint		 i;

	for (i = 0; i < names->len && !v->summary->stopped; i++)
		if (segment_name_parse(names->pdata[i]) != 0 &&
		    visit_segment(v, names->pdata[i], names->pdata[i] == newest, e) == -1)
			return -1;
	return 0;
}

static int
open_journal(const char *state_dir, struct err *e)
{
	g_autofree char	*path = g_build_filename(state_dir, "journal", NULL);
	int		 fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd == -1 ? err_errno(e, ERR_PERM, "open %s", path) : fd;
}

int
journal_tool_visit(const char *state_dir, const struct journal_tool_visitor *visitor,
    struct journal_tool_summary *summary, struct err *e)
{
	struct visit		 v = { visitor, summary, -1, 0, 0 };
	struct journal_ledger	 ledger;
	g_autoptr(GPtrArray)	 names = NULL;
	uint8_t			 id[JOURNAL_ID_SIZE];
	int			 rc = -1;

	memset(summary, 0, sizeof *summary);
	if ((v.dirfd = open_journal(state_dir, e)) == -1)
		return -1;
	if (journal_ledger_load(v.dirfd, &ledger) == LEDGER_LOST)
		summary->damaged++;
	summary->done = ledger.done;
	if ((names = file_list(v.dirfd, e)) != NULL) {
		if (journal_id_load(v.dirfd, names, id) == 0) {
			digest_hex(id, JOURNAL_ID_SIZE, summary->id);
			v.seed = record_seed(id);
		}
		rc = visit_all(&v, names, e);
	}
	close(v.dirfd);
	return rc;
}

struct wanted {
	uint64_t	 lsn;
	GByteArray	*copy;		/* the arrival, encoded */
};

static bool
take_wanted(void *arg, uint64_t lsn, int64_t time_ms, const struct arrival *a)
{
	struct wanted	*wanted = arg;

	(void)time_ms;
	if (lsn == wanted->lsn) {
		wanted->copy = g_byte_array_new();
		arrival_encode(a, wanted->copy);
	}
	return lsn < wanted->lsn;
}

struct arrival *
journal_tool_read(const char *state_dir, uint64_t lsn, struct err *e)
{
	struct wanted			 wanted = { lsn, NULL };
	struct journal_tool_visitor	 visitor = { .record = take_wanted, .arg = &wanted,
					    .from = lsn };
	struct journal_tool_summary	 summary;
	g_autoptr(GBytes)		 bytes = NULL;

	if (journal_tool_visit(state_dir, &visitor, &summary, e) == -1)
		return NULL;
	if (wanted.copy == NULL) {
		err_set(e, ERR_PERM, "the journal has no record %llu", (unsigned long long)lsn);
		return NULL;
	}
	bytes = g_byte_array_free_to_bytes(wanted.copy);
	return arrival_decode(bytes, e);
}
