/* SPDX-License-Identifier: ISC */
#include "store/journal_job.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/fault.h"

struct journal_job *
journal_job_new(enum journal_job_kind kind)
{
	struct journal_job	*job = g_new0(struct journal_job, 1);

	job->kind = kind;
	job->free_bytes = -1;
	return job;
}

void
journal_job_free(struct journal_job *job)
{
	arrival_free(job->arrival);
	if (job->names != NULL)
		g_ptr_array_unref(job->names);
	g_free(job);
}

int64_t
journal_free_space(int fd)
{
	struct statvfs	vfs;

	if (fstatvfs(fd, &vfs) == -1)
		return -1;
	if (vfs.f_files > 0 && vfs.f_favail == 0)
		return 0;
	return (int64_t)(vfs.f_bavail * vfs.f_frsize);
}

/* One after another, as many as there are at the front of the jobs. */
static guint
run_appends(struct journal_disk *d, GPtrArray *jobs, guint from)
{
	g_autoptr(GPtrArray)	 items = g_ptr_array_new();
	struct journal_job	*job;
	struct err		 e = ERR_INIT;
	enum writer_state	 state;
	guint			 i, n, taken, at;

	for (i = from; i < jobs->len; i++) {
		job = jobs->pdata[i];
		if (job->kind != JOB_APPEND)
			break;
		job->item.arrival = job->arrival;
		g_ptr_array_add(items, &job->item);
	}
	n = items->len;
	for (at = 0; at < n; at += taken) {
		state = journal_writer_commit(&d->writer,
		    (struct writer_item **)items->pdata + at, n - at, &taken, &e);
		for (i = at; i < at + taken; i++) {
			job = jobs->pdata[from + i];
			job->state = state;
			job->err = e;
		}
	}
	job = jobs->pdata[from + n - 1];
	job->free_bytes = journal_free_space(d->dirfd);
	return n;
}

static void
run_ledger(struct journal_disk *d, struct journal_job *job)
{
	guint	i;

	d->ledger.done = MAX(d->ledger.done, job->lsn);
	d->ledger.given = MAX(d->ledger.given, d->writer.next - 1);
	if (journal_ledger_save(d->dirfd, &d->ledger, &job->err) == -1)
		job->state = WRITER_FULL;
	/* Their age in retention counts from now, also for a later start. */
	for (i = 0; job->kind == JOB_LEDGER && job->names != NULL && i < job->names->len; i++)
		utimensat(d->dirfd, job->names->pdata[i], NULL, AT_SYMLINK_NOFOLLOW);
}

/* The ledger first: what says "done" must outlive what it speaks of. */
static void
run_sweep(struct journal_disk *d, struct journal_job *job)
{
	guint	i;

	if (job->names->len > 0)
		run_ledger(d, job);
	for (i = 0; job->state == WRITER_GOOD && i < job->names->len; i++)
		if (fault_point("segment-before-unlink") == -1 ||
		    unlinkat(d->dirfd, job->names->pdata[i], 0) == -1) {
			err_errno(&job->err, ERR_TEMP, "remove a journal segment");
			job->state = WRITER_FULL;
		}
	job->free_bytes = journal_free_space(d->dirfd);
}

static void
run_skip(struct journal_disk *d, struct journal_job *job)
{
	journal_writer_roll(&d->writer, job->lsn);
	run_ledger(d, job);
}

void
journal_job_run(struct journal_disk *d, GPtrArray *jobs)
{
	struct journal_job	*job;
	guint		 i = 0;

	while (i < jobs->len) {
		job = jobs->pdata[i];
		switch (job->kind) {
		case JOB_APPEND:
			i += run_appends(d, jobs, i);
			continue;
		case JOB_LEDGER:
			run_ledger(d, job);
			break;
		case JOB_SWEEP:
			run_sweep(d, job);
			break;
		case JOB_SKIP:
			run_skip(d, job);
			break;
		}
		i++;
	}
}
