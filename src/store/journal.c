/* SPDX-License-Identifier: ISC */
#include "store/journal.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/digest.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/metric.h"
#include "io/work.h"
#include "store/file.h"
#include "store/journal_fresh.h"
#include "store/journal_job.h"
#include "store/journal_reader.h"
#include "store/journal_recover.h"
#include "store/journal_segment.h"
#include "store/journal_writer.h"

#define SWEEP_MS	10000
#define LEDGER_MS	1000			/* a done mark is on disk so soon */
#define FULL_MS		2000			/* after a refusal by the disk */
#define WAITING_MAX	((int64_t)256 << 20)	/* bytes on their way to the disk */

struct journal {
	struct loop		*loop;
	struct journal_options	 options;
	int			 statefd;
	int			 dirfd;
	char			 id[2 * JOURNAL_ID_SIZE + 1];

	GPtrArray		*segments;	/* struct segment *, oldest first */
	uint64_t		 last;
	uint64_t		 done;
	int64_t			 bytes;
	int64_t			 waiting;	/* bytes given to the lane */
	int64_t			 free_bytes;	/* -1: unknown */
	int64_t			 full_until;	/* monotonic */
	bool			 broken;
	uint64_t		 damaged;

	struct journal_reader	 reader;
	struct journal_fresh	 fresh;

	struct work_lane	*lane;
	struct loop_timer	*sweep_timer;
	int64_t			 looked;	/* monotonic: at the disk's free space */
	struct loop_timer	*ledger_timer;
	bool			 ledger_due;
	GPtrArray		*touch;		/* names of segments that became done */

	struct journal_disk	 disk;		/* the lane's */
};

static struct segment *
newest(const struct journal *j)
{
	return j->segments->len > 0 ? j->segments->pdata[j->segments->len - 1] : NULL;
}

static void
note_appended(struct journal *j, const struct writer_item *item)
{
	struct segment		*s = newest(j);
	struct record_head	 head = { item->lsn, item->time_ms, RECORD_ARRIVAL,
				    (uint32_t)(item->size - RECORD_HEAD_SIZE), 0 };

	if (s == NULL || s->first != item->segment) {
		s = segment_new(item->segment);
		g_ptr_array_add(j->segments, s);
		j->bytes += s->size;
	}
	segment_note(s, &head, item->offset);
	j->bytes += item->size;
	j->last = item->lsn;
}

/* What a failure means for what comes next; logged once per state. */
static void
note_failure(struct journal *j, const struct journal_job *job)
{
	int64_t	now = clock_mono_ms();

	if (job->state == WRITER_BROKEN && !j->broken) {
		j->broken = true;
		log_error("journal broken: %s", job->err.text);
	}
	if (job->state == WRITER_FULL) {
		if (now >= j->full_until)
			log_error("journal refuses for a while: %s", job->err.text);
		j->full_until = now + FULL_MS;
	}
}

static void
finish_append(struct journal *j, struct journal_job *job)
{
	j->waiting -= job->bytes;
	if (job->state == WRITER_GOOD) {
		note_appended(j, &job->item);
		job->arrival->lsn = job->item.lsn;
		journal_fresh_put(&j->fresh, g_steal_pointer(&job->arrival));
	}
	if (job->free_bytes != -1)
		metric_inc(METRIC_JOURNAL_SYNCS, NULL);
	(void)fault_point("journal-before-done");
	job->done(job->arg, job->state == WRITER_GOOD ? job->item.lsn : 0,
	    job->state == WRITER_GOOD ? NULL : &job->err);
}

static void
done(void *arg, void *data)
{
	struct journal	*j = arg;
	struct journal_job	*job = data;

	if (job->state != WRITER_GOOD)
		note_failure(j, job);
	if (job->free_bytes != -1)
		j->free_bytes = job->free_bytes;
	if (job->kind == JOB_APPEND)
		finish_append(j, job);
	journal_job_free(job);
}

static void
run(void *arg, GPtrArray *jobs)
{
	struct journal	*j = arg;

	journal_job_run(&j->disk, jobs);
}

static const struct work_ops journal_work = { "journal", run, done };

void
journal_append(struct journal *j, struct arrival *take, journal_done_fn *fn, void *arg)
{
	struct journal_job	*job = journal_job_new(JOB_APPEND);

	job->arrival = take;
	job->bytes = (int64_t)g_bytes_get_size(take->bytes) + 1024;
	job->done = fn;
	job->arg = arg;
	j->waiting += job->bytes;
	work_lane_add(j->lane, job);
}

static void
add_name(GPtrArray **names, const struct segment *s)
{
	char	name[SEGMENT_NAME_SIZE];

	if (*names == NULL)
		*names = g_ptr_array_new_with_free_func(g_free);
	segment_name(s->first, name);
	g_ptr_array_add(*names, g_strdup(name));
}

/* The oldest, when it may go: never one that is not done, never the newest. */
static bool
may_go(const struct journal *j, const struct segment *s, int64_t size)
{
	if (j->segments->len < 2 || s->last > j->done)
		return false;
	if (j->bytes + size > j->options.max_size)
		return true;
	return s->done_mono != INT64_MIN &&
	    clock_mono_ms() - s->done_mono >= j->options.retain_ms;
}

/* Give up segments, so that size more bytes fit if they can; also looks at the disk. */
static void
sweep(struct journal *j, int64_t size)
{
	struct journal_job	*job = journal_job_new(JOB_SWEEP);
	struct segment	*s;

	job->names = g_ptr_array_new_with_free_func(g_free);
	job->lsn = j->done;
	while (j->segments->len > 0 && may_go(j, s = j->segments->pdata[0], size)) {
		add_name(&job->names, s);
		j->bytes -= s->size;
		journal_reader_forget(&j->reader, s);
		g_ptr_array_remove_index(j->segments, 0);
	}
	j->looked = clock_mono_ms();
	work_lane_add(j->lane, job);
}

void
journal_sweep(struct journal *j)
{
	sweep(j, 0);
}

static void
on_sweep_timer(void *arg)
{
	sweep(arg, 0);
}

/* What keeps others out may be over sooner than the next sweep. */
static int
refuse_for_space(struct journal *j, struct err *why)
{
	if (clock_mono_ms() - j->looked >= FULL_MS)
		sweep(j, 0);
	return err_set(why, ERR_TEMP, "the journal's disk has %d MB free and a reserve of %d MB: "
	    "make room", (int)(j->free_bytes >> 20), (int)(j->options.reserve >> 20));
}

int
journal_admit(struct journal *j, size_t bytes, struct err *why)
{
	int64_t	need = (int64_t)bytes + j->waiting;

	if (j->broken)
		return err_set(why, ERR_TEMP, "the journal's disk has failed");
	if (clock_mono_ms() < j->full_until)
		return err_set(why, ERR_TEMP, "the journal's disk is full: make room");
	if (j->free_bytes != -1 && j->free_bytes - need < j->options.reserve)
		return refuse_for_space(j, why);
	if (need > WAITING_MAX && j->waiting > 0)
		return err_set(why, ERR_TEMP, "too much is waiting for the disk");
	if (j->bytes + need <= j->options.max_size)
		return 0;
	if (j->segments->len > 1 && may_go(j, j->segments->pdata[0], need))
		sweep(j, need);
	if (j->bytes + need > j->options.max_size)
		return err_set(why, ERR_TEMP, "the journal has reached its max_size of %d MB: the "
		    "queue has to catch up", (int)(j->options.max_size >> 20));
	return 0;
}

bool
journal_broken(const struct journal *j)
{
	return j->broken;
}

struct arrival *
journal_read(struct journal *j, uint64_t lsn, struct err *e)
{
	struct arrival	*a = journal_fresh_take(&j->fresh, lsn);

	return a != NULL ? a : journal_reader_read(&j->reader, lsn, e);
}

uint64_t
journal_next(struct journal *j, uint64_t lsn)
{
	struct record_head	head;
	int64_t			at;

	if (lsn >= j->last)
		return 0;
	if (journal_fresh_first(&j->fresh) == lsn + 1)
		return lsn + 1;
	return journal_reader_find(&j->reader, lsn + 1, &head, &at, NULL) == 1 ? head.lsn : 0;
}

uint64_t
journal_first(const struct journal *j)
{
	const struct segment	*s = j->segments->len > 0 ? j->segments->pdata[0] : NULL;

	return s != NULL ? g_array_index(s->index, struct segment_mark, 0).lsn : 0;
}

uint64_t
journal_last(const struct journal *j)
{
	return j->last;
}

uint64_t
journal_done(const struct journal *j)
{
	return j->done;
}

const char *
journal_id(const struct journal *j)
{
	return j->id;
}

static void
write_ledger(void *arg)
{
	struct journal	*j = arg;
	struct journal_job	*job = journal_job_new(JOB_LEDGER);

	j->ledger_due = false;
	job->lsn = j->done;
	job->names = j->touch;
	j->touch = NULL;
	work_lane_add(j->lane, job);
}

void
journal_set_done(struct journal *j, uint64_t lsn)
{
	struct segment	*s;
	guint		 i;

	lsn = MIN(lsn, j->last);
	if (lsn <= j->done)
		return;
	segment_above(j->segments, j->done, &i);
	j->done = lsn;
	for (; i < j->segments->len; i++) {
		s = j->segments->pdata[i];
		if (s->last > lsn)
			break;
		/* The newest may grow: then it is found here again. */
		s->done_mono = clock_mono_ms();
		if (s != newest(j))
			add_name(&j->touch, s);
	}
	if (!j->ledger_due && j->ledger_timer != NULL)
		loop_timer_start(j->ledger_timer, LEDGER_MS);
	j->ledger_due = true;
}

void
journal_skip_to(struct journal *j, uint64_t lsn)
{
	struct journal_job	*job = journal_job_new(JOB_SKIP);

	job->lsn = lsn;
	work_lane_add(j->lane, job);
}

/* Small enough that an old segment can go while the newest is written. */
static int64_t
segment_size(const struct journal_options *options)
{
	return MAX(MIN(options->segment_size, options->max_size / 4), 4096);
}

void
journal_set_options(struct journal *j, const struct journal_options *options)
{
	j->options.retain_ms = options->retain_ms;
	j->options.max_size = options->max_size;
	j->options.reserve = options->reserve;
}

static int64_t
oldest_ms(struct journal *j)
{
	struct record_head	head;
	int64_t			at;

	if (journal_reader_find(&j->reader, j->done + 1, &head, &at, NULL) != 1)
		return -1;
	return head.time_ms;
}

void
journal_stats(struct journal *j, struct journal_stats *stats)
{
	guint	i;
	int64_t	age = 0;

	memset(stats, 0, sizeof *stats);
	stats->bytes = j->bytes;
	stats->segments = j->segments->len;
	for (segment_above(j->segments, j->done, &i); i < j->segments->len; i++)
		stats->waiting += segment_count_above(j->segments->pdata[i], j->done);
	stats->oldest_ms = oldest_ms(j);
	stats->damaged = j->damaged + j->reader.damaged;
	stats->free_bytes = j->free_bytes;
	if (stats->oldest_ms >= 0)
		age = MAX(0, clock_wall_ms() - stats->oldest_ms);
	metric_set(METRIC_JOURNAL_BYTES, NULL, (double)stats->bytes);
	metric_set(METRIC_JOURNAL_WAITING, NULL, (double)stats->waiting);
	metric_set(METRIC_JOURNAL_OLDEST_SECONDS, NULL, (double)age / 1000);
}

static void
show_record(void *arg, const struct record_head *head, const uint8_t *payload)
{
	struct journal		*j = arg;
	g_autoptr(GBytes)	 whole = NULL;
	struct arrival		*a;
	struct err		 e = ERR_INIT;

	if (head->type != RECORD_ARRIVAL)
		return;
	whole = g_bytes_new_static(payload, head->length);
	if ((a = arrival_decode(whole, &e)) == NULL) {
		log_error("journal lsn=%llu: %s", (unsigned long long)head->lsn, e.text);
		return;
	}
	a->lsn = head->lsn;
	j->options.seen(j->options.seen_arg, head->lsn, a);
	arrival_free(a);
}

/* Take over what recovery found. */
static void
adopt(struct journal *j, const struct journal_recovered *found)
{
	const struct segment	*s;
	guint			 i;

	j->segments = found->segments;
	journal_reader_init(&j->reader, j->dirfd, found->seed, found->segments);
	j->disk.dirfd = j->dirfd;
	j->disk.ledger = found->ledger;
	j->done = found->ledger.done;
	j->damaged = found->damaged;
	digest_hex(found->id, JOURNAL_ID_SIZE, j->id);
	for (i = 0; i < j->segments->len; i++) {
		s = j->segments->pdata[i];
		j->bytes += s->size;
		j->last = s->last;
	}
	j->free_bytes = journal_free_space(j->dirfd);
	journal_writer_init(&j->disk.writer, j->dirfd, found->id, segment_size(&j->options),
	    found->next);
}

static int
open_and_recover(struct journal *j, struct err *e)
{
	struct journal_recovered	found = { .each_arg = j };

	if (j->options.seen != NULL)
		found.each = show_record;
	j->statefd = open(j->options.dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (j->statefd == -1)
		return err_errno(e, ERR_CONFIG, "open %s", j->options.dir);
	if ((j->dirfd = file_open_dir(j->statefd, "journal", e)) == -1 ||
	    journal_recover(j->statefd, j->dirfd, &found, e) == -1)
		return -1;
	adopt(j, &found);
	return 0;
}

static void
release(struct journal *j)
{
	journal_fresh_fini(&j->fresh);
	journal_reader_fini(&j->reader);
	if (j->dirfd != -1)
		close(j->dirfd);
	if (j->statefd != -1)
		close(j->statefd);
	if (j->touch != NULL)
		g_ptr_array_unref(j->touch);
	if (j->segments != NULL)
		g_ptr_array_unref(j->segments);
	g_free(j);
}

struct journal *
journal_open(struct loop *loop, const struct journal_options *options, struct err *e)
{
	struct journal	*j = g_new0(struct journal, 1);

	j->loop = loop;
	j->options = *options;
	j->statefd = j->dirfd = j->reader.fd = -1;
	journal_fresh_init(&j->fresh);
	if (open_and_recover(j, e) == -1) {
		release(j);
		return NULL;
	}
	j->options.dir = NULL;
	j->lane = work_lane_new(loop, &journal_work, j);
	j->sweep_timer = loop_timer_new(loop, on_sweep_timer, j);
	j->ledger_timer = loop_timer_new(loop, write_ledger, j);
	loop_timer_every(j->sweep_timer, SWEEP_MS);
	log_info("journal id=%s segments=%u first=%llu last=%llu done=%llu damaged=%llu",
	    j->id, j->segments->len, (unsigned long long)journal_first(j),
	    (unsigned long long)j->last, (unsigned long long)j->done,
	    (unsigned long long)j->damaged);
	return j;
}

void
journal_close(struct journal *j)
{
	struct err	e = ERR_INIT;

	if (j == NULL)
		return;
	loop_timer_free(j->sweep_timer);
	loop_timer_free(j->ledger_timer);
	j->ledger_timer = NULL;
	work_lane_free(j->lane);	/* may still call back, and we be told what is done */
	if (j->ledger_due) {
		j->disk.ledger.done = j->done;
		j->disk.ledger.given = MAX(j->disk.ledger.given, j->disk.writer.next - 1);
		if (journal_ledger_save(j->dirfd, &j->disk.ledger, &e) == -1)
			log_error("%s", e.text);
	}
	journal_writer_fini(&j->disk.writer);
	release(j);
}
