/* SPDX-License-Identifier: ISC */
/*
 * io/loop.h - the one event loop: timers, signals, file descriptors.
 *
 * libevent is seen only in io/; everybody else has these few words.  All
 * callbacks run on the loop thread.  Nothing that is called on it may block.
 */
#ifndef IO_LOOP_H
#define IO_LOOP_H

#include <stdbool.h>
#include <stdint.h>

struct loop;
struct loop_timer;
struct loop_watch;

typedef void	loop_fn(void *arg);
typedef void	loop_fd_fn(int fd, void *arg);

/* Aborts if the kernel gives no epoll.  Has the process ignore SIGPIPE. */
struct loop	*loop_new(void);
void		 loop_free(struct loop *);
void		 loop_run(struct loop *);	/* until loop_stop() */
void		 loop_stop(struct loop *);	/* after the present callback */

/* A timer that is not running.  Owned by the caller; free stops it. */
struct loop_timer	*loop_timer_new(struct loop *, loop_fn *, void *arg);
void			 loop_timer_free(struct loop_timer *);		/* NULL is fine */
void			 loop_timer_start(struct loop_timer *, int64_t ms);	/* once; restarts */
void			 loop_timer_every(struct loop_timer *, int64_t ms);
void			 loop_timer_stop(struct loop_timer *);

/* Call back while fd is readable, until freed.  Does not own fd. */
struct loop_watch	*loop_watch_read(struct loop *, int fd, loop_fd_fn *, void *arg);
void			 loop_watch_free(struct loop_watch *);		/* NULL is fine */

/* Call back on the loop when the signal arrives; for the life of the loop. */
void	loop_on_signal(struct loop *, int signum, loop_fn *, void *arg);

/* Call back once, after the callbacks that are due now. */
void	loop_defer(struct loop *, loop_fn *, void *arg);

/*
 * Post from another thread: fn(arg) runs on the loop soon, in the order of
 * the posts.  The only function here that other threads may call.
 */
void	loop_post(struct loop *, loop_fn *, void *arg);

/* How late the loop's half-second tick came last, in milliseconds. */
int64_t	loop_lag_ms(const struct loop *);

/* The event_base, as void so that only io/ can use it. */
void	*loop_base(struct loop *);

#endif
