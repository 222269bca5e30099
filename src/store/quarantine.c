/* SPDX-License-Identifier: ISC */
/* The quarantine of a running daemon: quarantine_file.c on a lane. */
#include "store/quarantine.h"

#include <stdbool.h>
#include <string.h>

#include "base/log.h"
#include "base/metric.h"
#include "io/work.h"

struct quarantine {
	struct work_lane	*lane;
	char			*state_dir;
	GHashTable		*ids;	/* of the entries there are; only the loop's */
};

struct job {
	struct arrival		*arrival;	/* NULL: remove id */
	char			*reason;
	char			*detail;
	char			 id[QUARANTINE_ID_SIZE];
	quarantine_done_fn	*done;
	void			*arg;
	int			 rc;
	struct err		 err;
};

static void
run(void *arg, GPtrArray *jobs)
{
	const struct quarantine	*q = arg;
	struct job		*job;
	guint			 i;

	for (i = 0; i < jobs->len; i++) {
		job = jobs->pdata[i];
		if (job->arrival != NULL)
			job->rc = quarantine_put(q->state_dir, job->reason, job->detail,
			    job->arrival, &job->err);
		else
			job->rc = quarantine_drop(q->state_dir, job->id, &job->err);
	}
}

static void
note_added(struct quarantine *q, const struct job *job)
{
	if (job->rc == -1) {
		log_error("quarantine channel=%s: %s", job->arrival->channel, job->err.text);
		return;
	}
	g_hash_table_add(q->ids, g_strdup(job->id));
	metric_inc(METRIC_QUARANTINED, job->reason);
	log_warn("quarantine=%s added reason=%s channel=%s lsn=%llu", job->id, job->reason,
	    job->arrival->channel, (unsigned long long)job->arrival->lsn);
}

static void
done(void *arg, void *data)
{
	struct quarantine	*q = arg;
	struct job		*job = data;

	if (job->arrival != NULL)
		note_added(q, job);
	else if (job->rc == 0)
		g_hash_table_remove(q->ids, job->id);
	if (job->done != NULL)
		job->done(job->arg, job->rc == -1 ? &job->err : NULL);
	arrival_free(job->arrival);
	g_free(job->reason);
	g_free(job->detail);
	g_free(job);
}

static const struct work_ops quarantine_work = { "quarantine", run, done };

void
quarantine_add(struct quarantine *q, const char *reason, const char *detail,
    struct arrival *take, quarantine_done_fn *fn, void *arg)
{
	struct job	*job = g_new0(struct job, 1);

	job->arrival = take;
	job->reason = g_strdup(reason);
	job->detail = g_strdup(detail);
	quarantine_id(take, job->id);
	job->done = fn;
	job->arg = arg;
	work_lane_add(q->lane, job);
}

void
quarantine_remove(struct quarantine *q, const char *id, quarantine_done_fn *fn, void *arg)
{
	struct job	*job = g_new0(struct job, 1);

	/* One that is too long is cut, and then no id. */
	g_strlcpy(job->id, strlen(id) < sizeof job->id ? id : "", sizeof job->id);
	job->done = fn;
	job->arg = arg;
	work_lane_add(q->lane, job);
}

unsigned
quarantine_count(const struct quarantine *q)
{
	return g_hash_table_size(q->ids);
}

struct quarantine *
quarantine_open(struct loop *loop, const char *state_dir, struct err *e)
{
	g_autoptr(GPtrArray)	 list = quarantine_list(state_dir, e);
	struct quarantine	*q;
	guint			 i;

	if (list == NULL)
		return NULL;
	q = g_new0(struct quarantine, 1);
	q->state_dir = g_strdup(state_dir);
	q->ids = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	for (i = 0; i < list->len; i++) {
		const struct quarantine_entry *entry = list->pdata[i];

		g_hash_table_add(q->ids, g_strdup(entry->id));
	}
	q->lane = work_lane_new(loop, &quarantine_work, q);
	return q;
}

void
quarantine_close(struct quarantine *q)
{
	if (q == NULL)
		return;
	work_lane_free(q->lane);
	g_hash_table_unref(q->ids);
	g_free(q->state_dir);
	g_free(q);
}
