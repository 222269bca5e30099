/* SPDX-License-Identifier: ISC */
#include "io/line_server.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <glib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "io/listen.h"
#include "io/netaddr.h"

#define READ_SIZE	65536
#define UNSENT_MAX	(64 * 1024)	/* answers a client may leave unread */
#define LINGER_S	2
#define LINGER_MAX	(1024 * 1024)
#define REST_MS		250		/* after accept() has failed */

struct line_server {
	struct loop			*loop;
	struct event_base		*base;
	const struct line_server_ops	*ops;
	void				*arg;
	struct timeval			 silent;
	GPtrArray			*listeners;
	GPtrArray			*paths;
	GQueue				 peers;
	struct loop_timer		*rest;
	uint8_t				 buf[READ_SIZE];
};

struct line_peer {
	struct line_server	*server;
	GList			 link;
	int			 fd;
	void			*arg;
	struct event		*readable, *writable;
	struct evbuffer		*out;
	bool			 held;
	bool			 ending;	/* no callbacks any more */
	bool			 shut;		/* all is sent; waits for the other end to close */
	int64_t			 shut_ms;
	size_t			 lingered;
};

static void
drop(struct line_peer *p)
{
	g_queue_unlink(&p->server->peers, &p->link);
	event_free(p->readable);
	event_free(p->writable);
	evbuffer_free(p->out);
	close(p->fd);
	g_free(p);
}

static void
gone(struct line_peer *p)
{
	if (!p->ending)
		p->server->ops->closed(p->arg);
	drop(p);
}

static bool
may_read(const struct line_peer *p)
{
	return p->shut || (!p->held && !p->ending && evbuffer_get_length(p->out) <= UNSENT_MAX);
}

/* Watch for what can go on now. */
static void
watch(struct line_peer *p)
{
	const struct timeval	linger = { LINGER_S, 0 };

	if (may_read(p))
		event_add(p->readable, p->shut ? &linger : &p->server->silent);
	else
		event_del(p->readable);
	if (evbuffer_get_length(p->out) > 0)
		event_add(p->writable, &p->server->silent);
	else
		event_del(p->writable);
}

/*
 * Closing with unread input makes the kernel send a reset, which may overtake
 * our last words; so say that it was all and let the other end close.
 */
static void
finish(struct line_peer *p)
{
	p->shut = true;
	p->shut_ms = clock_mono_ms();
	shutdown(p->fd, SHUT_WR);
}

/* A failure shows again when reading. */
static void
send_more(struct line_peer *p)
{
	while (evbuffer_get_length(p->out) > 0 && evbuffer_write(p->out, p->fd) > 0)
		;
	if (p->ending && !p->shut && evbuffer_get_length(p->out) == 0)
		finish(p);
}

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct line_peer	*p = arg;
	struct line_server	*s = p->server;
	ssize_t			 n;

	if (what & EV_TIMEOUT) {
		if (p->shut)
			gone(p);
		else
			s->ops->late(p->arg);
		return;
	}
	n = recv((int)fd, s->buf, sizeof(s->buf), 0);
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0 && p->shut)
		p->lingered += (size_t)n;
	if (n <= 0 || (p->shut && (p->lingered > LINGER_MAX ||
	    clock_mono_ms() - p->shut_ms > LINGER_S * 1000)))
		gone(p);
	else if (!p->shut)
		s->ops->received(p->arg, s->buf, (size_t)n);
}

static void
on_writable(evutil_socket_t fd, short what, void *arg)
{
	struct line_peer	*p = arg;
	size_t			 before = evbuffer_get_length(p->out);

	(void)fd;
	if (what & EV_WRITE)
		send_more(p);
	/* Nobody reads, or nobody is there. */
	if (evbuffer_get_length(p->out) == before)
		gone(p);
	else
		watch(p);
}

void
line_peer_send(struct line_peer *p, const void *bytes, size_t len)
{
	bool	waiting = evbuffer_get_length(p->out) > 0;

	if (len == 0 || p->ending)
		return;
	evbuffer_add(p->out, bytes, len);
	if (!waiting)
		send_more(p);
	watch(p);
}

void
line_peer_hold(struct line_peer *p, bool hold)
{
	p->held = hold;
	watch(p);
}

void
line_peer_end(struct line_peer *p)
{
	p->ending = true;
	send_more(p);
	watch(p);
}

static void
on_accept(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *sa,
    int len, void *arg)
{
	struct line_server	*s = arg;
	struct line_peer	*p = g_new0(struct line_peer, 1);
	struct netaddr		 addr;
	char			 text[NETADDR_TEXT_SIZE];
	bool			 inet = netaddr_from_sockaddr(&addr, sa);

	(void)listener;
	(void)len;
	p->server = s;
	p->fd = (int)fd;
	p->link.data = p;
	p->out = evbuffer_new();
	p->readable = event_new(s->base, fd, EV_READ | EV_PERSIST, on_readable, p);
	p->writable = event_new(s->base, fd, EV_WRITE | EV_PERSIST, on_writable, p);
	if (p->out == NULL || p->readable == NULL || p->writable == NULL)
		g_error("no memory for a connection");
	g_queue_push_tail_link(&s->peers, &p->link);
	p->arg = s->ops->opened(s->arg, p, inet ? netaddr_format(&addr, text) : "local");
	watch(p);
}

static void
set_accepting(struct line_server *s, bool on)
{
	guint	i;

	for (i = 0; i < s->listeners->len; i++) {
		if (on)
			evconnlistener_enable(s->listeners->pdata[i]);
		else
			evconnlistener_disable(s->listeners->pdata[i]);
	}
}

/* Out of descriptors, most likely. */
static void
on_accept_error(struct evconnlistener *listener, void *arg)
{
	struct line_server	*s = arg;

	(void)listener;
	log_warn("cannot accept a connection: %s", g_strerror(errno));
	set_accepting(s, false);
	loop_timer_start(s->rest, REST_MS);
}

static void
on_rested(void *arg)
{
	set_accepting(arg, true);
}

/*
 * A child that is between fork and exec still has the socket: take it out of
 * listening, or its address cannot be listened on again at once (a reload).
 */
static void
free_listener(void *p)
{
	shutdown((int)evconnlistener_get_fd(p), SHUT_RDWR);
	evconnlistener_free(p);
}

static void
remove_socket(void *p)
{
	unlink(p);
	g_free(p);
}

struct line_server *
line_server_new(struct loop *loop, const struct line_server_ops *ops, void *arg,
    int64_t silent_ms)
{
	struct line_server	*s = g_new0(struct line_server, 1);

	s->loop = loop;
	s->base = loop_base(loop);
	s->ops = ops;
	s->arg = arg;
	s->silent.tv_sec = (time_t)(silent_ms / 1000);
	s->silent.tv_usec = (suseconds_t)(silent_ms % 1000 * 1000);
	s->listeners = g_ptr_array_new_with_free_func(free_listener);
	s->paths = g_ptr_array_new_with_free_func(remove_socket);
	s->rest = loop_timer_new(loop, on_rested, s);
	g_queue_init(&s->peers);
	return s;
}

void
line_server_stop(struct line_server *s)
{
	loop_timer_stop(s->rest);
	g_ptr_array_set_size(s->listeners, 0);
	g_ptr_array_set_size(s->paths, 0);
}

void
line_server_free(struct line_server *s)
{
	if (s == NULL)
		return;
	line_server_stop(s);
	while (s->peers.head != NULL)
		drop(s->peers.head->data);
	loop_timer_free(s->rest);
	g_ptr_array_unref(s->listeners);
	g_ptr_array_unref(s->paths);
	g_free(s);
}

int
line_server_listen(struct line_server *s, const char *address, unsigned mode, struct err *e)
{
	g_autoptr(GArray)	 fds = g_array_new(FALSE, FALSE, sizeof(int));
	bool			 is_path = strchr(address, '/') != NULL;
	struct evconnlistener	*listener;
	guint			 i;

	if (listen_open(address, fds, e) == -1)
		return -1;
	for (i = 0; i < fds->len; i++) {
		listener = evconnlistener_new(s->base, on_accept, s,
		    LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 0,
		    g_array_index(fds, int, i));
		if (listener == NULL)
			g_error("no memory for a listener");
		evconnlistener_set_error_cb(listener, on_accept_error);
		g_ptr_array_add(s->listeners, listener);
	}
	if (!is_path)
		return 0;
	g_ptr_array_add(s->paths, g_strdup(address));
	if (mode != 0 && chmod(address, mode) == -1)
		return err_errno(e, ERR_CONFIG, "%s", address);
	return 0;
}

unsigned
line_server_peers(const struct line_server *s)
{
	return s->peers.length;
}
