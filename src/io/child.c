/* SPDX-License-Identifier: ISC */
/*
 * A pool is a fixed row of slots.  A slot is down (between two processes,
 * waiting for its pause to end), idle or busy with exactly one request; the
 * requests that found no idle slot wait in one queue in the order they came.
 *
 * A process leaves its slot long before it is reaped: what it was asked is
 * answered at once, its pid goes to the list of the leaving, and a timer
 * collects it.  So nothing here ever waits for a process to die, except
 * child_pool_free().
 */
#include "io/child.h"

#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mapped.h"
#include "io/child_spawn.h"

#define REAP_EVERY_MS	20
#define LEAVE_MS	2000		/* a child that was told to go may take so long */
#define PAUSE_FIRST_MS	100
#define PAUSE_MAX_MS	5000
#define READ_STEP	65536
#define SEND_STEP	((size_t)1 << 20)

struct request {
	GByteArray	*bytes;
	GBytes		*tail;			/* sent behind it; or NULL */
	bool		 mapped;		/* the tail is: let go what is sent */
	child_done_fn	*done;
	void		*arg;
};

enum slot_state { SLOT_DOWN, SLOT_IDLE, SLOT_BUSY };

struct slot {
	struct child_pool	*pool;
	enum slot_state		 state;
	pid_t			 pid;
	int			 fd;
	unsigned		 generation;	/* of the configuration it was given */
	unsigned		 answers;
	struct event		*readable, *writable;
	struct loop_timer	*deadline;	/* of the request under way */
	struct loop_timer	*pause;		/* until the next process is started */
	struct request		*request;	/* while busy */
	size_t			 sent;		/* of the head and the request */
	uint32_t		 head;		/* length of the request, as sent */
	GByteArray		*answer;	/* head and body as far as they came */
};

struct leaving {
	pid_t		pid;
	int64_t		kill_at;	/* monotonic; 0: has been killed */
};

struct child_pool {
	struct loop		*loop;
	char			*worker, *name, *config;
	unsigned		 count, recycle;
	int64_t			 timeout_ms;
	uint32_t		 max_answer;
	struct slot		*slots;
	GQueue			*queue;		/* struct request * */
	GArray			*leaving;	/* struct leaving */
	struct loop_timer	*reaper;
	unsigned		 generation;
	unsigned		 stillborn;	/* in a row, died before an answer */
	bool			 closing;
};

static void	dispatch(struct child_pool *);
static void	start(struct slot *);

static void
request_free(struct request *r)
{
	g_byte_array_unref(r->bytes);
	if (r->tail != NULL)
		g_bytes_unref(r->tail);
	g_free(r);
}

/* ------------------------------------------------------------- processes */

static void
reap(void *arg)
{
	struct child_pool	*pool = arg;
	unsigned		 i;
	int			 status = 0;

	for (i = 0; i < pool->leaving->len; ) {
		struct leaving *l = &g_array_index(pool->leaving, struct leaving, i);

		if (waitpid(l->pid, &status, WNOHANG) == 0) {
			if (l->kill_at != 0 && clock_mono_ms() >= l->kill_at) {
				kill(l->pid, SIGKILL);
				l->kill_at = 0;
			}
			i++;
			continue;
		}
		if (WIFSIGNALED(status) && WTERMSIG(status) != SIGKILL)
			log_warn("worker=%s pid=%d died signal=%d", pool->name,
			    (int)l->pid, WTERMSIG(status));
		else if (WIFEXITED(status) && WEXITSTATUS(status) != 0)
			log_warn("worker=%s pid=%d exited status=%d", pool->name,
			    (int)l->pid, WEXITSTATUS(status));
		g_array_remove_index_fast(pool->leaving, i);
	}
	if (pool->leaving->len == 0)
		loop_timer_stop(pool->reaper);
}

/* Take the process out of its slot; what it was asked is the caller's matter. */
static void
part(struct slot *s, bool at_once)
{
	struct leaving	l = { s->pid, at_once ? 0 : clock_mono_ms() + LEAVE_MS };

	event_free(s->readable);
	event_free(s->writable);
	s->readable = s->writable = NULL;
	close(s->fd);
	s->fd = -1;
	loop_timer_stop(s->deadline);
	if (at_once)
		kill(s->pid, SIGKILL);
	s->pid = 0;
	s->state = SLOT_DOWN;
	g_array_append_val(s->pool->leaving, l);
	loop_timer_every(s->pool->reaper, REAP_EVERY_MS);
}

static int64_t
pause_ms(const struct child_pool *pool)
{
	unsigned	doublings;

	if (pool->stillborn <= 1)
		return 0;
	doublings = MIN(pool->stillborn - 2, 16);
	return MIN((int64_t)PAUSE_FIRST_MS << doublings, PAUSE_MAX_MS);
}

/* Let the next process in, at once or after the pause that the losses earn. */
static void
replace(struct slot *s)
{
	int64_t	ms = pause_ms(s->pool);

	if (s->pool->closing)
		return;
	if (ms == 0)
		start(s);
	else
		loop_timer_start(s->pause, ms);
}

static void
finish(struct slot *s, enum child_outcome outcome, GBytes *frame)
{
	struct request	*r = s->request;

	s->request = NULL;
	r->done(r->arg, outcome, frame);
	request_free(r);
}

/* The process is lost or has to go: kill, replace, tell who waits. */
static void
lose(struct slot *s, enum child_outcome outcome, const char *why)
{
	bool	busy = s->state == SLOT_BUSY;

	if (s->answers == 0)
		s->pool->stillborn++;
	log_warn("worker=%s pid=%d %s answers=%u", s->pool->name, (int)s->pid, why,
	    s->answers);
	part(s, true);
	replace(s);
	if (busy)
		finish(s, outcome, NULL);
	dispatch(s->pool);
}

/* ---------------------------------------------------------------- frames */

static void
on_deadline(void *arg)
{
	lose(arg, CHILD_LATE, "killed at its deadline");
}

/* What is still to be sent, as at most three pieces and no more than one step. */
static size_t
pieces_left(struct slot *s, struct iovec iov[3])
{
	const struct request	*r = s->request;
	gsize			 tail_len = 0;
	const void		*tail = r->tail != NULL ? g_bytes_get_data(r->tail, &tail_len) : NULL;
	const struct iovec	 all[3] = { { &s->head, sizeof(s->head) },
				    { r->bytes->data, r->bytes->len }, { (void *)tail, tail_len } };
	size_t			 skip = s->sent, room = SEND_STEP, n = 0, i, k;

	for (i = 0; i < G_N_ELEMENTS(all) && room > 0; i++) {
		if (skip >= all[i].iov_len) {
			skip -= all[i].iov_len;
			continue;
		}
		k = MIN(room, all[i].iov_len - skip);
		iov[n++] = (struct iovec){ (uint8_t *)all[i].iov_base + skip, k };
		skip = 0;
		room -= k;
	}
	return n;
}

/* What one step may have read of a tail that is mapped. */
static void
let_go(const struct slot *s, const struct request *r)
{
	const size_t	 before = sizeof(s->head) + r->bytes->len;
	gsize		 len;
	const uint8_t	*tail;
	size_t		 at;

	if (!r->mapped)
		return;
	tail = g_bytes_get_data(r->tail, &len);
	at = s->sent > before ? s->sent - before : 0;
	mapped_forget(tail + at, MIN(SEND_STEP, len - at));
}

static void
send_more(struct slot *s)
{
	struct iovec	 iov[3];
	struct msghdr	 msg = { .msg_iov = iov };
	ssize_t		 n;

	while ((msg.msg_iovlen = pieces_left(s, iov)) > 0) {
		n = sendmsg(s->fd, &msg, MSG_NOSIGNAL | MSG_DONTWAIT);
		let_go(s, s->request);
		if (n > 0) {
			s->sent += (size_t)n;
		} else if (errno == EAGAIN) {
			event_add(s->writable, NULL);
			return;
		} else if (errno != EINTR) {
			/* It is dead; the end of file tells what it still said. */
			return;
		}
	}
}

static void
on_writable(evutil_socket_t fd, short what, void *arg)
{
	struct slot	*s = arg;

	(void)fd;
	(void)what;
	if (s->state == SLOT_BUSY)
		send_more(s);
}

static void
answered(struct slot *s)
{
	struct child_pool	*pool = s->pool;
	g_autoptr(GBytes)	 whole = g_byte_array_free_to_bytes(s->answer), frame = NULL;
	const size_t		 head = sizeof(uint32_t);

	frame = g_bytes_new_from_bytes(whole, head, g_bytes_get_size(whole) - head);
	loop_timer_stop(s->deadline);
	event_del(s->writable);
	s->answer = g_byte_array_new();
	s->state = SLOT_IDLE;
	s->answers++;
	pool->stillborn = 0;
	if ((pool->recycle > 0 && s->answers >= pool->recycle) ||
	    s->generation != pool->generation) {
		part(s, false);
		start(s);
	}
	finish(s, CHILD_ANSWERED, frame);
	dispatch(pool);
}

/*
 * How many bytes are still to come, the head included; -1 if the frame is
 * larger than allowed or nobody asked.
 */
static int64_t
missing(const struct slot *s)
{
	uint32_t	head;

	if (s->answer->len < sizeof(head))
		return (int64_t)(sizeof(head) - s->answer->len);
	memcpy(&head, s->answer->data, sizeof(head));
	if (head > s->pool->max_answer)
		return -1;
	return (int64_t)sizeof(head) + head - s->answer->len;
}

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct slot	*s = arg;
	int64_t		 want;
	size_t		 step;
	ssize_t		 n;
	guint		 had;

	(void)what;
	while ((want = missing(s)) > 0) {
		step = MIN((size_t)want, READ_STEP);
		had = s->answer->len;
		g_byte_array_set_size(s->answer, had + (guint)step);
		n = recv((int)fd, s->answer->data + had, step, MSG_DONTWAIT);
		g_byte_array_set_size(s->answer, had + (guint)MAX(n, 0));
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1 && errno == EAGAIN)
			return;
		if (n <= 0) {
			lose(s, CHILD_DIED, "went away");
			return;
		}
		if (s->state != SLOT_BUSY) {
			lose(s, CHILD_DIED, "spoke unasked");
			return;
		}
	}
	if (want == -1)
		lose(s, CHILD_DIED, "answered more than allowed");
	else
		answered(s);
}

/* -------------------------------------------------------------- starting */

static void
start(struct slot *s)
{
	struct child_pool	*pool = s->pool;
	struct event_base	*base = loop_base(pool->loop);
	int			 pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == -1) {
		pair[0] = pair[1] = -1;
	} else if ((s->pid = child_spawn(pool->worker, pool->config, pair[1])) == -1) {
		close(pair[0]);
		close(pair[1]);
		pair[0] = -1;
	}
	if (pair[0] == -1) {
		log_error("worker=%s cannot be started: %s", pool->name, g_strerror(errno));
		pool->stillborn += 2;
		replace(s);
		return;
	}
	close(pair[1]);
	s->fd = pair[0];
	s->generation = pool->generation;
	s->answers = 0;
	g_byte_array_set_size(s->answer, 0);
	s->readable = event_new(base, s->fd, EV_READ | EV_PERSIST, on_readable, s);
	s->writable = event_new(base, s->fd, EV_WRITE, on_writable, s);
	event_add(s->readable, NULL);
	s->state = SLOT_IDLE;
}

static void
on_pause_over(void *arg)
{
	struct slot	*s = arg;

	start(s);
	dispatch(s->pool);
}

/* ------------------------------------------------------------ the queue */

static void
assign(struct slot *s, struct request *r)
{
	s->state = SLOT_BUSY;
	s->request = r;
	s->sent = 0;
	s->head = r->bytes->len + (r->tail != NULL ? (uint32_t)g_bytes_get_size(r->tail) : 0);
	loop_timer_start(s->deadline, s->pool->timeout_ms);
	send_more(s);
}

static void
dispatch(struct child_pool *pool)
{
	unsigned	i;

	for (i = 0; i < pool->count && !pool->closing; i++) {
		if (g_queue_is_empty(pool->queue))
			return;
		if (pool->slots[i].state == SLOT_IDLE)
			assign(&pool->slots[i], g_queue_pop_head(pool->queue));
	}
}

void
child_ask_long(struct child_pool *pool, GByteArray *request, const struct child_tail *tail,
    child_done_fn *done, void *arg)
{
	struct request	*r = g_new0(struct request, 1);

	r->bytes = request;
	r->tail = tail->bytes != NULL ? g_bytes_ref(tail->bytes) : NULL;
	r->mapped = r->tail != NULL && tail->mapped;
	r->done = done;
	r->arg = arg;
	if (pool->closing) {
		done(arg, CHILD_UNAVAILABLE, NULL);
		request_free(r);
		return;
	}
	g_queue_push_tail(pool->queue, r);
	dispatch(pool);
}

void
child_ask(struct child_pool *pool, GByteArray *request, child_done_fn *done, void *arg)
{
	const struct child_tail	none = { NULL, false };

	child_ask_long(pool, request, &none, done, arg);
}

unsigned
child_waiting(const struct child_pool *pool)
{
	return g_queue_get_length(pool->queue);
}

void
child_pool_renew(struct child_pool *pool, const char *config)
{
	unsigned	i;

	g_free(pool->config);
	pool->config = g_strdup(config);
	pool->generation++;
	for (i = 0; i < pool->count; i++) {
		if (pool->slots[i].state == SLOT_IDLE) {
			part(&pool->slots[i], false);
			start(&pool->slots[i]);
		}
	}
	dispatch(pool);
}

struct child_pool *
child_pool_new(struct loop *loop, const struct child_options *o)
{
	struct child_pool	*pool = g_new0(struct child_pool, 1);
	unsigned		 i;

	pool->loop = loop;
	pool->worker = g_strdup(o->worker);
	pool->name = g_strdup(o->name);
	pool->config = g_strdup(o->config);
	pool->count = MAX(o->count, 1);
	pool->recycle = o->recycle;
	pool->timeout_ms = o->timeout_ms;
	pool->max_answer = o->max_answer;
	pool->queue = g_queue_new();
	pool->leaving = g_array_new(FALSE, FALSE, sizeof(struct leaving));
	pool->reaper = loop_timer_new(loop, reap, pool);
	pool->slots = g_new0(struct slot, pool->count);
	for (i = 0; i < pool->count; i++) {
		struct slot *s = &pool->slots[i];

		s->pool = pool;
		s->fd = -1;
		s->answer = g_byte_array_new();
		s->deadline = loop_timer_new(loop, on_deadline, s);
		s->pause = loop_timer_new(loop, on_pause_over, s);
		start(s);
	}
	return pool;
}

/* The sockets are closed, so the idle ones end by themselves; then patience ends. */
static void
wait_for_all(GArray *leaving)
{
	const struct timespec	tick = { 0, 2 * 1000 * 1000 };
	int64_t			until = clock_mono_ms() + LEAVE_MS / 4;
	unsigned		i;

	for (i = 0; i < leaving->len; i++) {
		pid_t pid = g_array_index(leaving, struct leaving, i).pid;

		while (waitpid(pid, NULL, WNOHANG) == 0) {
			if (clock_mono_ms() >= until)
				kill(pid, SIGKILL);
			nanosleep(&tick, NULL);
		}
	}
}

void
child_pool_free(struct child_pool *pool)
{
	struct request	*r;
	unsigned	 i;

	if (pool == NULL)
		return;
	pool->closing = true;
	for (i = 0; i < pool->count; i++) {
		struct slot *s = &pool->slots[i];

		if (s->state != SLOT_DOWN)
			part(s, s->state == SLOT_BUSY);
		if (s->request != NULL)
			finish(s, CHILD_UNAVAILABLE, NULL);
		loop_timer_free(s->deadline);
		loop_timer_free(s->pause);
		g_byte_array_unref(s->answer);
	}
	while ((r = g_queue_pop_head(pool->queue)) != NULL) {
		r->done(r->arg, CHILD_UNAVAILABLE, NULL);
		request_free(r);
	}
	wait_for_all(pool->leaving);
	loop_timer_free(pool->reaper);
	g_queue_free(pool->queue);
	g_array_unref(pool->leaving);
	g_free(pool->slots);
	g_free(pool->worker);
	g_free(pool->name);
	g_free(pool->config);
	g_free(pool);
}
