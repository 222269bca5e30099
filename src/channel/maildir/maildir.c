/* SPDX-License-Identifier: ISC */
/*
 * A file is busy from the look that found it until it has left new/ (or has
 * been given up until the next look).  After a crash between the journal and
 * the rename it is found again and known by its key: then it only leaves.
 */
#include "channel/maildir/maildir.h"

#include <errno.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/metric.h"
#include "channel/maildir/folder.h"
#include "io/work.h"

#define LOOK_MAX	5000			/* files of one look */
#define READING_MAX	16			/* files under way at once */
#define READING_BYTES	(UINT64_C(32) << 20)
#define HOLD_MS		1000

struct maildir_channel {
	struct channel			 base;
	const struct settings_maildir	*conf;
	struct work_lane		*lane;
	int				 inotify;
	bool				 watching;
	struct loop_watch		*watch;
	struct loop_timer		*poll, *hold;
	GHashTable			*busy;		/* key -> itself, owned */
	GQueue				*waiting;	/* struct job *, found and not yet read */
	unsigned			 under_way;
	uint64_t			 bytes;		/* of those */
	bool				 looking, again;	/* a look is under way; one more after it */
	bool				 held, stopped;
	bool				 complained;
	struct err			 problem;	/* of the last look or action */
	int64_t				 looked_ms;
};

enum job_kind { JOB_LOOK, JOB_READ, JOB_FINISH };

struct job {				/* owns all it touches */
	struct maildir_channel	*ch;	/* only on the loop */
	enum job_kind		 kind;
	char			*path, *move_to;
	int			 after;
	uint64_t		 max;
	struct folder_entry	*file;
	GPtrArray		*found;
	GBytes			*content;
	uint64_t		 full;
	bool			 gone;
	int			 rc;
	struct err		 problem;
};

static void	start_look(struct maildir_channel *);
static void	start_reading(struct maildir_channel *);

static struct job *
job_new(struct maildir_channel *ch, enum job_kind kind, struct folder_entry *take)
{
	struct job	*j = g_new0(struct job, 1);

	j->ch = ch;
	j->kind = kind;
	j->path = g_strdup(ch->conf->path);
	j->move_to = g_strdup(ch->conf->move_to);
	j->after = ch->conf->after;
	j->max = (uint64_t)ch->base.env->settings->journal.max_message;
	j->file = take;
	return j;
}

static void
job_free(struct job *j)
{
	if (j->file != NULL)
		folder_entry_free(j->file);
	if (j->found != NULL)
		g_ptr_array_unref(j->found);
	g_clear_pointer(&j->content, g_bytes_unref);
	g_free(j->path);
	g_free(j->move_to);
	g_free(j);
}

/* -------------------------------------------------------------- on the lane */

static int
finish_file(const struct job *j, struct err *e)
{
	switch ((enum settings_after)j->after) {
	case AFTER_MOVE:
		if (folder_make(j->move_to, e) == -1)
			return -1;
		return folder_move(j->path, j->file->name, j->move_to, e);
	case AFTER_DELETE:
		return folder_delete(j->path, j->file->name, e);
	case AFTER_FLAG:
	case AFTER_NOTHING:
		break;
	}
	return folder_mark_seen(j->path, j->file->name, e);
}

static void
run_job(struct job *j)
{
	switch (j->kind) {
	case JOB_LOOK:
		j->rc = folder_make(j->path, &j->problem);
		if (j->rc == 0)
			j->found = folder_list(j->path, LOOK_MAX, &j->problem);
		break;
	case JOB_READ:
		j->content = folder_read(j->path, j->file->name, j->max, &j->full, &j->gone,
		    &j->problem);
		break;
	case JOB_FINISH:
		j->rc = finish_file(j, &j->problem);
		break;
	}
}

static void
run_jobs(void *lane_arg, GPtrArray *jobs)
{
	guint	i;

	(void)lane_arg;
	for (i = 0; i < jobs->len; i++)
		run_job(jobs->pdata[i]);
}

/* -------------------------------------------------------------- on the loop */

static void
complain(struct maildir_channel *ch, const struct job *j)
{
	ch->problem = j->problem;
	metric_inc(METRIC_MAILBOX_FAILURES, ch->base.name);
	if (!ch->complained)
		log_warn("channel=%s file=%s %s", ch->base.name,
		    j->file != NULL ? j->file->key : "-", j->problem.text);
	ch->complained = true;
}

static void
release(struct maildir_channel *ch, const struct job *j)
{
	ch->under_way--;
	ch->bytes -= j->file->size;
	g_hash_table_remove(ch->busy, j->file->key);
}

/* It leaves new/; what cannot leave is found and known at the next look. */
static void
start_finish(struct maildir_channel *ch, struct job *j)
{
	j->kind = JOB_FINISH;
	g_clear_pointer(&j->content, g_bytes_unref);
	work_lane_add(ch->lane, j);
}

static void
hold(struct maildir_channel *ch)
{
	if (ch->stopped)
		return;
	ch->held = true;
	loop_timer_start(ch->hold, HOLD_MS);
}

static void
on_settled(void *arg, enum channel_settlement how, uint64_t lsn)
{
	struct job		*j = arg;
	struct maildir_channel	*ch = j->ch;

	(void)lsn;
	if (how == SETTLED_DURABLE) {
		start_finish(ch, j);
		return;
	}
	release(ch, j);
	job_free(j);
	ch->again = true;
	hold(ch);
}

static struct arrival *
make_arrival(const struct maildir_channel *ch, const struct folder_entry *file, GBytes *bytes)
{
	return arrival_new(ARRIVAL_MAIL, ch->base.ops->kind, ch->base.name, file->key, bytes);
}

static void
on_read(struct maildir_channel *ch, struct job *j)
{
	const struct channel_sink	*sink = ch->base.env->sink;
	struct arrival			*a;

	if (j->content == NULL) {
		if (!j->gone)
			complain(ch, j);
		release(ch, j);
		job_free(j);
		start_reading(ch);
		return;
	}
	a = make_arrival(ch, j->file, j->content);
	if (j->full > 0) {
		g_autofree char	*size = g_strdup_printf("%" G_GUINT64_FORMAT, j->full);

		arrival_set_fact(a, ARRIVAL_FACT_TRUNCATED, size);
	}
	sink->accept(sink->arg, a, on_settled, j);
}

static void
on_finished(struct maildir_channel *ch, struct job *j)
{
	if (j->rc == -1)
		complain(ch, j);
	release(ch, j);
	job_free(j);
	start_reading(ch);
}

static bool
is_known(const struct maildir_channel *ch, const struct folder_entry *file)
{
	const struct channel_sink	*sink = ch->base.env->sink;
	g_autoptr(GBytes)		 empty = g_bytes_new_static("", 0);
	struct arrival			*a = make_arrival(ch, file, empty);
	bool				 known = sink->known(sink->arg, a);

	arrival_free(a);
	return known;
}

/* False: not now. */
static bool
start_one(struct maildir_channel *ch)
{
	const struct channel_sink	*sink = ch->base.env->sink;
	struct job			*j = g_queue_peek_head(ch->waiting);
	uint64_t			 size = MIN(j->file->size, j->max);
	struct err			 why = ERR_INIT;

	if (ch->under_way > 0 && ch->bytes + j->file->size > READING_BYTES)
		return false;
	if (is_known(ch, j->file)) {
		j->kind = JOB_FINISH;
	} else if (sink->admit(sink->arg, (size_t)size, &why) == -1) {
		hold(ch);
		return false;
	}
	g_queue_pop_head(ch->waiting);
	ch->under_way++;
	ch->bytes += j->file->size;
	work_lane_add(ch->lane, j);
	return true;
}

static void
start_reading(struct maildir_channel *ch)
{
	while (!ch->stopped && !ch->base.paused && !ch->held && ch->under_way < READING_MAX &&
	    !g_queue_is_empty(ch->waiting) && start_one(ch))
		;
	if (ch->again && g_queue_is_empty(ch->waiting))
		start_look(ch);
}

static void
watch_folder(struct maildir_channel *ch)
{
	g_autofree char	*new = g_build_filename(ch->conf->path, "new", NULL);

	ch->watching = ch->inotify != -1 && inotify_add_watch(ch->inotify, new,
	    IN_CREATE | IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR) != -1;
}

static void
on_looked(struct maildir_channel *ch, struct job *look)
{
	guint	i, len = look->found != NULL ? look->found->len : 0;

	ch->looking = false;
	if (look->found == NULL) {
		complain(ch, look);
		metric_set(METRIC_MAILBOX_UP, ch->base.name, 0);
	} else {
		ch->looked_ms = clock_wall_ms();
		memset(&ch->problem, 0, sizeof(ch->problem));
		metric_set(METRIC_MAILBOX_UP, ch->base.name, 1);
		metric_set(METRIC_MAILBOX_LAST_SUCCESS, ch->base.name,
		    (double)(ch->looked_ms / 1000));
		if (!ch->watching)
			watch_folder(ch);
	}
	for (i = 0; i < len; i++) {
		struct folder_entry *file = look->found->pdata[i];

		if (g_hash_table_contains(ch->busy, file->key))
			continue;
		g_hash_table_add(ch->busy, g_strdup(file->key));
		g_queue_push_tail(ch->waiting, job_new(ch, JOB_READ, file));
		look->found->pdata[i] = NULL;
	}
	ch->again = ch->again || (len == LOOK_MAX && !ch->complained);
	job_free(look);
	start_reading(ch);
}

static void
on_job_done(void *lane_arg, void *job)
{
	struct maildir_channel	*ch = lane_arg;
	struct job		*j = job;

	switch (j->kind) {
	case JOB_LOOK:
		on_looked(ch, j);
		break;
	case JOB_READ:
		on_read(ch, j);
		break;
	case JOB_FINISH:
		on_finished(ch, j);
		break;
	}
}

static void
start_look(struct maildir_channel *ch)
{
	if (ch->stopped)
		return;
	ch->again = ch->looking;
	if (ch->looking)
		return;
	ch->looking = true;
	work_lane_add(ch->lane, job_new(ch, JOB_LOOK, NULL));
}

/* Whatever the events say, an overflow included: look. */
static void
on_inotify(int fd, void *arg)
{
	struct maildir_channel		*ch = arg;
	union {
		char			 bytes[16384];
		struct inotify_event	 first;
	}				 buf;
	const struct inotify_event	*ev;
	ssize_t				 n, at;

	while ((n = read(fd, buf.bytes, sizeof(buf.bytes))) > 0) {
		for (at = 0; at < n; at += (ssize_t)(sizeof(*ev) + ev->len)) {
			ev = (const struct inotify_event *)(const void *)(buf.bytes + at);
			if (ev->mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED))
				ch->watching = false;
		}
	}
	if (g_queue_is_empty(ch->waiting))
		start_look(ch);
	else
		ch->again = true;
}

static void
on_poll(void *arg)
{
	struct maildir_channel	*ch = arg;

	ch->complained = false;
	if (g_queue_is_empty(ch->waiting))
		start_look(ch);
	else
		start_reading(ch);
}

static void
on_hold_over(void *arg)
{
	struct maildir_channel	*ch = arg;

	ch->held = false;
	start_reading(ch);
}

/* --------------------------------------------------------------- the door */

static int
maildir_start(struct channel *base, const void *section, struct err *e)
{
	static const struct work_ops	 ops = { "maildir", run_jobs, on_job_done };
	struct maildir_channel		*ch = (struct maildir_channel *)base;
	struct loop			*loop = base->env->loop;

	ch->conf = section;
	if (folder_make(ch->conf->path, e) == -1)
		return -1;
	ch->inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (ch->inotify == -1)
		log_warn("channel=%s no inotify: %s; only looked for every poll", base->name,
		    g_strerror(errno));
	else
		ch->watch = loop_watch_read(loop, ch->inotify, on_inotify, ch);
	watch_folder(ch);
	ch->busy = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	ch->waiting = g_queue_new();
	ch->lane = work_lane_new(loop, &ops, ch);
	ch->poll = loop_timer_new(loop, on_poll, ch);
	ch->hold = loop_timer_new(loop, on_hold_over, ch);
	loop_timer_every(ch->poll, ch->conf->poll_ms);
	start_look(ch);
	return 0;
}

static void
maildir_stop(struct channel *base)
{
	struct maildir_channel	*ch = (struct maildir_channel *)base;
	struct job		*j;

	ch->stopped = true;
	loop_timer_stop(ch->poll);
	loop_timer_stop(ch->hold);
	loop_watch_free(ch->watch);
	ch->watch = NULL;
	while ((j = g_queue_pop_head(ch->waiting)) != NULL)
		job_free(j);
	metric_set(METRIC_MAILBOX_UP, base->name, 0);
}

static void
maildir_free(struct channel *base)
{
	struct maildir_channel	*ch = (struct maildir_channel *)base;
	struct job		*j;

	maildir_stop(base);
	work_lane_free(ch->lane);
	while ((j = g_queue_pop_head(ch->waiting)) != NULL)
		job_free(j);
	loop_timer_free(ch->poll);
	loop_timer_free(ch->hold);
	if (ch->inotify != -1)
		close(ch->inotify);
	g_queue_free(ch->waiting);
	g_hash_table_unref(ch->busy);
}

static void
maildir_pause(struct channel *base)
{
	base->paused = true;
}

static void
maildir_resume(struct channel *base)
{
	base->paused = false;
	start_reading((struct maildir_channel *)base);
}

static void
maildir_report(const struct channel *base, GString *issue)
{
	const struct maildir_channel	*ch = (const struct maildir_channel *)base;

	if (ch->problem.kind != ERR_NONE)
		g_string_append_printf(issue, "maildir %s: %s", base->name, ch->problem.text);
}

const struct channel_ops maildir_channel_ops = {
	.kind = "maildir",
	.size = sizeof(struct maildir_channel),
	.sections = offsetof(struct settings, maildir),
	.start = maildir_start,
	.stop = maildir_stop,
	.free = maildir_free,
	.pause = maildir_pause,
	.resume = maildir_resume,
	.status = maildir_report
};
