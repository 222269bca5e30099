/* SPDX-License-Identifier: ISC */
/*
 * io/work.h - a lane: one thread that does blocking jobs in order.
 *
 * A job owns all it touches; the loop sees it again only in done().  The lane
 * hands the jobs that have gathered to run() together, so that a group of
 * writes can share one fsync; done() is called for each of them on the loop,
 * in order.
 */
#ifndef IO_WORK_H
#define IO_WORK_H

#include <glib.h>

#include "io/loop.h"

struct work_lane;

struct work_ops {
	const char	*name;					/* of the thread: at most 15 letters */
	void		(*run)(void *lane_arg, GPtrArray *jobs);	/* on the lane's thread */
	void		(*done)(void *lane_arg, void *job);		/* on the loop; takes the job */
};

struct work_lane	*work_lane_new(struct loop *, const struct work_ops *, void *lane_arg);
/* Finishes what is queued, calls done() for all of it, ends the thread. */
void			 work_lane_free(struct work_lane *);
void			 work_lane_add(struct work_lane *, void *job);
unsigned		 work_lane_waiting(const struct work_lane *);

#endif
