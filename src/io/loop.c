/* SPDX-License-Identifier: ISC */
#include "io/loop.h"

#include <errno.h>
#include <event2/event.h>
#include <glib.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"

#define TICK_MS	500

struct call {
	loop_fn	*fn;
	void	*arg;
};

struct on_signal {
	struct event	*event;
	loop_fn		*fn;
	void		*arg;
};

struct loop {
	struct event_base	*base;
	GPtrArray		*signals;	/* struct on_signal * */

	struct event		*defer_event;
	GArray			*deferred;	/* struct call */

	int			 post_fd;	/* eventfd: the queue is not empty */
	struct event		*post_event;
	pthread_mutex_t		 post_lock;
	GArray			*posted;	/* struct call; under post_lock */

	struct event		*tick;
	int64_t			 tick_due_ms;
	int64_t			 lag_ms;
};

struct loop_timer {
	struct event_base	*base;
	struct event		*event;
	bool			 repeats;
	loop_fn			*fn;
	void			*arg;
};

struct loop_watch {
	struct event	*event;
	loop_fd_fn	*fn;
	void		*arg;
};

static struct timeval
timeval_of(int64_t ms)
{
	struct timeval	tv;

	if (ms < 0)
		ms = 0;
	tv.tv_sec = (time_t)(ms / 1000);
	tv.tv_usec = (suseconds_t)(ms % 1000 * 1000);
	return tv;
}

static struct event *
make_event(struct event_base *base, int fd, short what, event_callback_fn fn, void *arg)
{
	struct event	*ev = event_new(base, fd, what, fn, arg);

	if (ev == NULL)
		g_error("loop: no event for fd %d", fd);
	return ev;
}

static void
add_event(struct event *ev, const struct timeval *tv)
{
	if (event_add(ev, tv) == -1)
		g_error("loop: the kernel refuses to watch fd %d", (int)event_get_fd(ev));
}

/* Calls may add calls: those belong to the next round. */
static void
run_calls(GArray *calls)
{
	const struct call	*call;
	guint			 i;

	for (i = 0; i < calls->len; i++) {
		call = &g_array_index(calls, struct call, i);
		call->fn(call->arg);
	}
	g_array_unref(calls);
}

static GArray *
new_calls(void)
{
	return g_array_new(FALSE, FALSE, sizeof(struct call));
}

static void
on_deferred(evutil_socket_t fd, short what, void *arg)
{
	struct loop	*l = arg;
	GArray		*calls = l->deferred;

	(void)fd;
	(void)what;
	l->deferred = new_calls();
	run_calls(calls);
}

static void
on_posted(evutil_socket_t fd, short what, void *arg)
{
	struct loop	*l = arg;
	GArray		*calls;
	eventfd_t	 count;

	(void)what;
	eventfd_read((int)fd, &count);
	pthread_mutex_lock(&l->post_lock);
	calls = l->posted;
	l->posted = new_calls();
	pthread_mutex_unlock(&l->post_lock);
	run_calls(calls);
}

static void
start_tick(struct loop *l)
{
	const struct timeval	tv = timeval_of(TICK_MS);

	l->tick_due_ms = clock_mono_ms() + TICK_MS;
	add_event(l->tick, &tv);
}

static void
on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct loop	*l = arg;

	(void)fd;
	(void)what;
	l->lag_ms = MAX(clock_mono_ms() - l->tick_due_ms, 0);
	start_tick(l);
}

static void
free_signal(void *p)
{
	struct on_signal	*s = p;

	event_free(s->event);
	g_free(s);
}

/*
 * One thread uses the base, and the others come in through post_fd; so the
 * base needs no locks.
 */
struct loop *
loop_new(void)
{
	struct loop		*l = g_new0(struct loop, 1);
	struct event_config	*config = event_config_new();

	if (config == NULL)
		g_error("loop: no memory");
	/* A client that hangs up is an error of that write, not our end. */
	signal(SIGPIPE, SIG_IGN);
	event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);
	if ((l->base = event_base_new_with_config(config)) == NULL)
		g_error("loop: the kernel gives no epoll");
	event_config_free(config);
	if ((l->post_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) == -1)
		g_error("loop: no eventfd: %s", g_strerror(errno));
	pthread_mutex_init(&l->post_lock, NULL);
	l->posted = new_calls();
	l->deferred = new_calls();
	l->signals = g_ptr_array_new_with_free_func(free_signal);
	l->defer_event = make_event(l->base, -1, 0, on_deferred, l);
	l->post_event = make_event(l->base, l->post_fd, EV_READ | EV_PERSIST, on_posted, l);
	add_event(l->post_event, NULL);
	l->tick = make_event(l->base, -1, 0, on_tick, l);
	start_tick(l);
	return l;
}

/*
 * A bufferevent that is freed while a deferred callback of it is queued is
 * held by that callback; event_base_free() drops the callback without giving
 * the hold back.  Nothing else is left in the base here, so this ends at once.
 */
static void
run_deferred_of_libevent(struct loop *l)
{
	event_base_loop(l->base, EVLOOP_NONBLOCK);
}

void
loop_free(struct loop *l)
{
	if (l == NULL)
		return;
	event_free(l->tick);
	event_free(l->post_event);
	event_free(l->defer_event);
	g_ptr_array_unref(l->signals);
	run_deferred_of_libevent(l);
	event_base_free(l->base);
	close(l->post_fd);
	pthread_mutex_destroy(&l->post_lock);
	g_array_unref(l->posted);
	g_array_unref(l->deferred);
	g_free(l);
}

void
loop_run(struct loop *l)
{
	if (event_base_dispatch(l->base) == -1)
		g_error("loop: epoll failed: %s", g_strerror(errno));
}

void
loop_stop(struct loop *l)
{
	event_base_loopbreak(l->base);
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct loop_timer	*t = arg;

	(void)fd;
	(void)what;
	t->fn(t->arg);
}

struct loop_timer *
loop_timer_new(struct loop *l, loop_fn *fn, void *arg)
{
	struct loop_timer	*t = g_new0(struct loop_timer, 1);

	t->base = l->base;
	t->fn = fn;
	t->arg = arg;
	t->event = make_event(l->base, -1, 0, on_timer, t);
	return t;
}

void
loop_timer_free(struct loop_timer *t)
{
	if (t == NULL)
		return;
	event_free(t->event);
	g_free(t);
}

static void
start_timer(struct loop_timer *t, int64_t ms, bool repeats)
{
	const struct timeval	tv = timeval_of(ms);

	event_del(t->event);
	if (t->repeats != repeats) {
		event_assign(t->event, t->base, -1, repeats ? EV_PERSIST : 0, on_timer, t);
		t->repeats = repeats;
	}
	add_event(t->event, &tv);
}

void
loop_timer_start(struct loop_timer *t, int64_t ms)
{
	start_timer(t, ms, false);
}

/* libevent takes a persistent timer of 0 for one that is always due. */
void
loop_timer_every(struct loop_timer *t, int64_t ms)
{
	start_timer(t, MAX(ms, 1), true);
}

void
loop_timer_stop(struct loop_timer *t)
{
	event_del(t->event);
}

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct loop_watch	*w = arg;

	(void)what;
	w->fn((int)fd, w->arg);
}

struct loop_watch *
loop_watch_read(struct loop *l, int fd, loop_fd_fn *fn, void *arg)
{
	struct loop_watch	*w = g_new0(struct loop_watch, 1);

	w->fn = fn;
	w->arg = arg;
	w->event = make_event(l->base, fd, EV_READ | EV_PERSIST, on_readable, w);
	add_event(w->event, NULL);
	return w;
}

void
loop_watch_free(struct loop_watch *w)
{
	if (w == NULL)
		return;
	event_free(w->event);
	g_free(w);
}

static void
on_signal(evutil_socket_t signum, short what, void *arg)
{
	struct on_signal	*s = arg;

	(void)signum;
	(void)what;
	s->fn(s->arg);
}

void
loop_on_signal(struct loop *l, int signum, loop_fn *fn, void *arg)
{
	struct on_signal	*s = g_new0(struct on_signal, 1);

	s->fn = fn;
	s->arg = arg;
	s->event = make_event(l->base, signum, EV_SIGNAL | EV_PERSIST, on_signal, s);
	add_event(s->event, NULL);
	g_ptr_array_add(l->signals, s);
}

/* A timer of 0 comes after a look at the sockets, so a chain of deferred
 * calls cannot starve them. */
void
loop_defer(struct loop *l, loop_fn *fn, void *arg)
{
	const struct timeval	now = { 0, 0 };
	const struct call	call = { fn, arg };

	g_array_append_val(l->deferred, call);
	if (l->deferred->len == 1)
		add_event(l->defer_event, &now);
}

void
loop_post(struct loop *l, loop_fn *fn, void *arg)
{
	const struct call	call = { fn, arg };
	bool			first;

	pthread_mutex_lock(&l->post_lock);
	g_array_append_val(l->posted, call);
	first = l->posted->len == 1;
	pthread_mutex_unlock(&l->post_lock);
	if (first)
		eventfd_write(l->post_fd, 1);
}

int64_t
loop_lag_ms(const struct loop *l)
{
	return l->lag_ms;
}

void *
loop_base(struct loop *l)
{
	return l->base;
}
