/* SPDX-License-Identifier: ISC */
#include "io/work.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/eventfd.h>
#include <unistd.h>

/*
 * Two lists under one lock: queued is filled by the loop and taken whole by the
 * thread; done is filled by the thread and taken whole by the loop, which
 * done_fd wakes.  waiting is the loop's own and counts both.
 */
struct work_lane {
	const struct work_ops	*ops;
	void			*lane_arg;
	pthread_t		 thread;
	pthread_mutex_t		 lock;
	pthread_cond_t		 more;		/* queued is not empty, or ending */
	GPtrArray		*queued;		/* under lock */
	GPtrArray		*done;		/* under lock */
	bool			 ending;	/* under lock */
	int			 done_fd;
	struct loop_watch	*watch;
	unsigned		 waiting;
};

/* Wait for jobs; NULL when there are none and there will be none. */
static GPtrArray *
take_jobs(struct work_lane *lane)
{
	GPtrArray	*jobs = NULL;

	pthread_mutex_lock(&lane->lock);
	while (lane->queued->len == 0 && !lane->ending)
		pthread_cond_wait(&lane->more, &lane->lock);
	if (lane->queued->len > 0) {
		jobs = lane->queued;
		lane->queued = g_ptr_array_new();
	}
	pthread_mutex_unlock(&lane->lock);
	return jobs;
}

static void
give_back(struct work_lane *lane, GPtrArray *jobs)
{
	bool	first;

	pthread_mutex_lock(&lane->lock);
	first = lane->done->len == 0;
	g_ptr_array_extend_and_steal(lane->done, jobs);
	pthread_mutex_unlock(&lane->lock);
	if (first)
		eventfd_write(lane->done_fd, 1);
}

static void *
run_thread(void *arg)
{
	struct work_lane	*lane = arg;
	GPtrArray		*jobs;

	pthread_setname_np(pthread_self(), lane->ops->name);
	while ((jobs = take_jobs(lane)) != NULL) {
		lane->ops->run(lane->lane_arg, jobs);
		give_back(lane, jobs);
	}
	return NULL;
}

static void
finish_jobs(struct work_lane *lane)
{
	GPtrArray	*jobs;
	guint		 i;

	pthread_mutex_lock(&lane->lock);
	jobs = lane->done;
	lane->done = g_ptr_array_new();
	pthread_mutex_unlock(&lane->lock);
	for (i = 0; i < jobs->len; i++) {
		lane->waiting--;
		lane->ops->done(lane->lane_arg, g_ptr_array_index(jobs, i));
	}
	g_ptr_array_unref(jobs);
}

static void
on_done(int fd, void *arg)
{
	eventfd_t	count;

	eventfd_read(fd, &count);
	finish_jobs(arg);
}

/* Signals are the loop's: the thread is born with all of them blocked. */
static void
start_thread(struct work_lane *lane)
{
	sigset_t	all, before;
	int		rc;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	rc = pthread_create(&lane->thread, NULL, run_thread, lane);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (rc != 0)
		g_error("lane %s: no thread: %s", lane->ops->name, g_strerror(rc));
}

struct work_lane *
work_lane_new(struct loop *loop, const struct work_ops *ops, void *lane_arg)
{
	struct work_lane	*lane = g_new0(struct work_lane, 1);

	lane->ops = ops;
	lane->lane_arg = lane_arg;
	lane->queued = g_ptr_array_new();
	lane->done = g_ptr_array_new();
	pthread_mutex_init(&lane->lock, NULL);
	pthread_cond_init(&lane->more, NULL);
	if ((lane->done_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) == -1)
		g_error("lane %s: no eventfd: %s", ops->name, g_strerror(errno));
	lane->watch = loop_watch_read(loop, lane->done_fd, on_done, lane);
	start_thread(lane);
	return lane;
}

/*
 * done() may add a job while we end; the thread is gone then, so such a job
 * is run here: late and blocking, but not lost.
 */
static void
run_stragglers(struct work_lane *lane)
{
	GPtrArray	*jobs;

	while (lane->waiting > 0) {
		if ((jobs = take_jobs(lane)) != NULL) {
			lane->ops->run(lane->lane_arg, jobs);
			give_back(lane, jobs);
		}
		finish_jobs(lane);
	}
}

void
work_lane_free(struct work_lane *lane)
{
	if (lane == NULL)
		return;
	pthread_mutex_lock(&lane->lock);
	lane->ending = true;
	pthread_cond_signal(&lane->more);
	pthread_mutex_unlock(&lane->lock);
	pthread_join(lane->thread, NULL);
	loop_watch_free(lane->watch);
	run_stragglers(lane);
	close(lane->done_fd);
	pthread_cond_destroy(&lane->more);
	pthread_mutex_destroy(&lane->lock);
	g_ptr_array_unref(lane->queued);
	g_ptr_array_unref(lane->done);
	g_free(lane);
}

void
work_lane_add(struct work_lane *lane, void *job)
{
	lane->waiting++;
	pthread_mutex_lock(&lane->lock);
	g_ptr_array_add(lane->queued, job);
	pthread_cond_signal(&lane->more);
	pthread_mutex_unlock(&lane->lock);
}

unsigned
work_lane_waiting(const struct work_lane *lane)
{
	return lane->waiting;
}
