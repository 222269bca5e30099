/* SPDX-License-Identifier: ISC */
#include "io/http_conn.h"

#include <event2/bufferevent_ssl.h>
#include <event2/event.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"

#define READ_AHEAD	(64 * 1024)	/* input we let pile up during a request */
#define OUTPUT_MAX	(256 * 1024)	/* answers a pipelining client may leave unread */
#define DISCARD_MAX	(64 * 1024)	/* body we read just to keep the connection */
#define BODIES_MAX	((size_t)256 << 20)	/* of all requests together */
#define LINGER_MS	2000
#define LINGER_MAX	(1024 * 1024)	/* bytes thrown away while lingering */

void
http_conn_enter(struct http_request *r, const struct http_state *state, int64_t timeout_ms)
{
	r->state = state;
	r->deadline_ms = timeout_ms > 0 ? clock_mono_ms() + timeout_ms : 0;
}

static void
forget_body(struct http_request *r)
{
	if (r->body_part != NULL)
		g_byte_array_unref(r->body_part);
	if (r->body != NULL)
		g_bytes_unref(r->body);
	r->body_part = NULL;
	r->body = NULL;
	r->server->body_bytes -= r->body_counted;
	r->body_counted = 0;
}

static void
release(struct http_request *r)
{
	struct http_server	*s = r->server;

	if (r->bev != NULL || r->is_open || r->is_busy)
		return;
	forget_body(r);
	g_free(r->head_bytes);
	g_free(r);
	http_server_unref(s);
}

static void
tell_closed(struct http_request *r)
{
	http_closed_fn	*closed = r->closed;
	bool		 was_busy = r->is_busy;

	r->closed = NULL;
	if (closed == NULL || !r->is_open)
		return;
	r->is_busy = true;
	closed(r->closed_arg);
	r->is_busy = was_busy;
}

void
http_conn_drop(struct http_request *r)
{
	struct http_stream	*stream = r->stream;
	bool			 was_busy = r->is_busy;

	if (r->bev == NULL)
		return;
	/* No handler has a request whose body is not there yet. */
	if (r->state == &http_state_body)
		r->is_open = false;
	http_server_gone(r->server, r);
	bufferevent_free(r->bev);
	r->bev = NULL;
	r->stream = NULL;
	r->is_busy = true;
	if (stream != NULL)
		http_stream_gone(stream);
	tell_closed(r);
	r->is_busy = was_busy;
	release(r);
}

/* Wait until the client has what we wrote, then close. */
static void
close_softly(struct http_request *r)
{
	r->is_closing = true;
	http_conn_enter(r, &http_state_flush, r->server->options.body_timeout_ms);
	if (evbuffer_get_length(bufferevent_get_output(r->bev)) == 0 && !r->is_lingering)
		http_conn_drop(r);
}

/* All of the answer is with the kernel. */
static void
flushed(struct http_request *r)
{
	if (!r->is_lingering || r->is_eof) {
		http_conn_drop(r);
		return;
	}
	/*
	 * Closing with unread input makes the kernel send a reset, which may
	 * overtake the answer; so read on until the client has closed.
	 */
	if (r->server->tls == NULL)
		shutdown(bufferevent_getfd(r->bev), SHUT_WR);
	r->chunks.left = 0;
	http_conn_enter(r, &http_state_linger, LINGER_MS);
	http_conn_process(r);
}

static bool
read_idle(struct http_request *r)
{
	struct evbuffer	*in = bufferevent_get_input(r->bev);
	char		 two[2];

	/* RFC 9112, 2.2: empty lines before a request are let pass. */
	while (evbuffer_copyout(in, two, 2) == 2 && memcmp(two, "\r\n", 2) == 0)
		evbuffer_drain(in, 2);
	if (evbuffer_get_length(in) > 0) {
		memset(&r->scan, 0, sizeof(r->scan));
		http_conn_enter(r, &http_state_head, r->server->options.head_timeout_ms);
		return true;
	}
	if (r->is_eof)
		close_softly(r);
	return false;
}

/* Move the head out of the input, so that it outlives what comes after. */
static void
take_head(struct http_request *r, size_t len)
{
	if (len > r->head_room) {
		r->head_room = MAX(len, 1024);
		g_free(r->head_bytes);
		r->head_bytes = g_malloc(r->head_room);
	}
	evbuffer_remove(bufferevent_get_input(r->bev), r->head_bytes, len);
}

static void
dispatch(struct http_request *r)
{
	const struct http_route	*route;

	/* Looked up again: it may have gone while the body came (a reload). */
	route = http_server_route(r->server, r->head.method, r->head.path);
	http_conn_enter(r, &http_state_handler, 0);
	if (r->body == NULL)
		r->body = g_bytes_new_static("", 0);
	if (route != NULL)
		route->handle(route->arg, r);
	else
		http_reply_later(r, 503, 5, "unavailable", "closed just now");
}

static bool
has_body(const struct http_request *r)
{
	return r->head.is_chunked || r->head.content_length > 0;
}

/* Find who is to answer; refuse what needs no body to be refused. */
static void
check_request(struct http_request *r)
{
	const struct http_route	*route;
	g_autofree char		*allow = NULL, *line = NULL;

	route = http_server_route(r->server, r->head.method, r->head.path);
	if (route == NULL) {
		allow = http_server_allow(r->server, r->head.path);
		if (allow == NULL && r->server->is_draining) {
			http_reply_later(r, 503, 5, "unavailable", "shutting down");
			return;
		}
		if (allow == NULL) {
			http_reply_error(r, 404, "not_found", "there is nothing here");
			return;
		}
		line = g_strdup_printf("Allow: %s\r\n", allow);
		http_reply_json(r, 405, line, "method_not_allowed", "see Allow");
		return;
	}
	if (route->check != NULL)
		route->check(route->arg, r);
	if (r->is_open && r->head.content_length > (int64_t)r->server->options.max_body)
		http_reply_error(r, 413, "too_large", "the body is too large");
	else if (r->is_open && has_body(r) && r->server->body_bytes > BODIES_MAX)
		http_reply_later(r, 503, 5, "busy", "too many requests at once");
}

static void
start_body(struct http_request *r)
{
	struct evbuffer	*in = bufferevent_get_input(r->bev);

	memset(&r->chunks, 0, sizeof(r->chunks));
	http_conn_enter(r, &http_state_body, r->server->options.body_timeout_ms);
	r->body_counted = r->head.is_chunked ? r->server->options.max_body :
	    (size_t)r->head.content_length;
	r->server->body_bytes += r->body_counted;
	if (r->head.expects_continue && evbuffer_get_length(in) == 0)
		bufferevent_write(r->bev, "HTTP/1.1 100 Continue\r\n\r\n", 25);
}

/* The head is in head_bytes. */
static void
begin_request(struct http_request *r, size_t len)
{
	const char	*why = NULL;
	int		 status = http_head_parse(&r->head, r->head_bytes, len, &why);

	if (status != 0) {
		http_reply_broken(r, status, why);
		return;
	}
	r->is_open = true;
	r->client[0] = '\0';
	check_request(r);
	if (!r->is_open || r->bev == NULL)
		return;
	if (has_body(r))
		start_body(r);
	else
		dispatch(r);
}

static bool
read_head(struct http_request *r)
{
	struct evbuffer	*in = bufferevent_get_input(r->bev);
	size_t		 len = MIN(evbuffer_get_length(in), r->server->options.max_head);
	ssize_t		 end;

	end = http_head_end(&r->scan, (char *)evbuffer_pullup(in, (ssize_t)len), len);
	if (end > 0) {
		take_head(r, (size_t)end);
		begin_request(r, (size_t)end);
		return true;
	}
	if (end == -1)
		http_reply_broken(r, 400, "a line does not end in CR LF");
	else if (len == r->server->options.max_head)
		http_reply_broken(r, 431, "the request head is too large");
	else if (r->is_eof)
		http_conn_drop(r);
	return end == -1;
}

static void
body_complete(struct http_request *r)
{
	if (r->body_part != NULL)
		r->body = g_byte_array_free_to_bytes(r->body_part);
	r->body_part = NULL;
	if (r->is_discarding) {
		r->is_discarding = false;
		http_conn_answered(r);
	} else
		dispatch(r);
}

static bool
read_chunks(struct http_request *r)
{
	struct evbuffer	*in = bufferevent_get_input(r->bev);
	size_t		 len = evbuffer_get_contiguous_space(in), used = 0;
	char		*bytes = (char *)evbuffer_pullup(in, (ssize_t)len);

	if (len == 0)
		return false;
	if (r->body_part == NULL)
		r->body_part = g_byte_array_new();
	switch (http_chunks_feed(&r->chunks, bytes, len, &used, r->body_part,
	    r->server->options.max_body)) {
	case CHUNKS_MORE:
		evbuffer_drain(in, used);
		return true;
	case CHUNKS_END:
		evbuffer_drain(in, used);
		body_complete(r);
		return true;
	case CHUNKS_TOO_LARGE:
		r->is_lingering = r->is_closing = true;
		http_reply_error(r, 413, "too_large", "the body is too large");
		return true;
	case CHUNKS_BAD:
		http_reply_broken(r, 400, "malformed chunk");
		return true;
	}
	return false;
}

/* Most bodies are there whole: one allocation, one copy. */
static bool
read_length(struct http_request *r)
{
	struct evbuffer	*in = bufferevent_get_input(r->bev);
	size_t		 have = evbuffer_get_length(in), before, n;
	size_t		 want = (size_t)r->head.content_length;
	void		*whole;

	if (r->body_part == NULL && have >= want) {
		whole = g_malloc(want);
		evbuffer_remove(in, whole, want);
		r->body = g_bytes_new_take(whole, want);
		body_complete(r);
		return true;
	}
	if (have == 0)
		return false;
	if (r->body_part == NULL)
		r->body_part = g_byte_array_new();
	before = r->body_part->len;
	n = MIN(have, want - before);
	g_byte_array_set_size(r->body_part, (guint)(before + n));
	evbuffer_remove(in, r->body_part->data + before, n);
	if (before + n < want)
		return false;
	body_complete(r);
	return true;
}

static bool
read_body(struct http_request *r)
{
	bool	again = r->head.is_chunked ? read_chunks(r) : read_length(r);

	if (!again && r->is_eof)
		http_conn_drop(r);
	return again;
}

static bool
wait_for_handler(struct http_request *r)
{
	if (r->is_eof)
		tell_closed(r);
	return !r->is_open;
}

/* A client of a stream has nothing to say; when it hangs up it is gone. */
static bool
read_stream(struct http_request *r)
{
	struct evbuffer	*in = bufferevent_get_input(r->bev);

	evbuffer_drain(in, evbuffer_get_length(in));
	if (r->is_eof)
		http_conn_drop(r);
	return false;
}

static bool
read_nothing(struct http_request *r)
{
	(void)r;
	return false;
}

static bool
read_linger(struct http_request *r)
{
	struct evbuffer	*in = bufferevent_get_input(r->bev);

	r->chunks.left += evbuffer_get_length(in);
	evbuffer_drain(in, evbuffer_get_length(in));
	if (r->is_eof || r->chunks.left > LINGER_MAX)
		http_conn_drop(r);
	return false;
}

static void
late_head(struct http_request *r)
{
	http_reply_broken(r, 408, "the request head came too slowly");
}

static void
late_body(struct http_request *r)
{
	if (r->is_discarding)
		http_conn_drop(r);
	else
		http_reply_broken(r, 408, "the request body came too slowly");
}

const struct http_state
	http_state_idle = { "idle", read_idle, http_conn_drop },
	http_state_head = { "head", read_head, late_head },
	http_state_body = { "body", read_body, late_body },
	http_state_handler = { "handler", wait_for_handler, http_conn_drop },
	http_state_stream = { "stream", read_stream, http_conn_drop },
	http_state_flush = { "flush", read_nothing, http_conn_drop },
	http_state_linger = { "linger", read_linger, http_conn_drop };

/* Not while the client leaves our answers lying: on_written() comes back. */
static bool
may_go_on(const struct http_request *r)
{
	if (r->bev == NULL)
		return false;
	return r->state != &http_state_idle ||
	    evbuffer_get_length(bufferevent_get_output(r->bev)) <= OUTPUT_MAX;
}

void
http_conn_process(struct http_request *r)
{
	if (r->is_busy)
		return;
	r->is_busy = true;
	while (may_go_on(r) && r->state->on_bytes(r))
		;
	r->is_busy = false;
	release(r);
}

static bool
has_unread_body(const struct http_request *r)
{
	return r->state == &http_state_head && has_body(r);
}

/* A large body, or one the client asks about first, is not worth reading. */
void
http_conn_before_answer(struct http_request *r)
{
	r->is_closing |= !r->head.keep_alive || r->server->is_draining;
	if (!has_unread_body(r))
		return;
	r->is_closing |= r->head.is_chunked || r->head.expects_continue ||
	    r->head.content_length > DISCARD_MAX;
	r->is_lingering |= r->is_closing;
}

void
http_conn_answered(struct http_request *r)
{
	r->is_open = false;
	r->closed = NULL;
	forget_body(r);
	if (r->bev == NULL) {
		release(r);
		return;
	}
	if (r->is_closing) {
		close_softly(r);
		return;
	}
	if (has_unread_body(r)) {
		r->is_discarding = true;
		start_body(r);
		return;
	}
	http_conn_enter(r, &http_state_idle, r->server->options.idle_timeout_ms);
	/* Answered late: look at what came meanwhile, but not from in here. */
	if (!r->is_busy && (r->is_eof ||
	    evbuffer_get_length(bufferevent_get_input(r->bev)) > 0))
		http_server_wake(r->server, r);
}

static void
on_readable(struct bufferevent *bev, void *arg)
{
	(void)bev;
	http_conn_process(arg);
}

static void
on_written(struct bufferevent *bev, void *arg)
{
	struct http_request	*r = arg;

	(void)bev;
	if (r->state == &http_state_flush)
		flushed(r);
	else
		http_conn_process(r);
}

static void
on_event(struct bufferevent *bev, short what, void *arg)
{
	struct http_request	*r = arg;

	(void)bev;
	if (what & BEV_EVENT_ERROR) {
		http_conn_drop(r);
	} else if (what & BEV_EVENT_EOF) {
		r->is_eof = true;
		http_conn_process(r);
	}
}

static struct bufferevent *
make_bufferevent(struct http_server *s, int fd)
{
	struct event_base	*base = loop_base(s->loop);
	struct bufferevent	*bev;
	SSL			*ssl;

	if (s->tls == NULL)
		return bufferevent_socket_new(base, fd, BEV_OPT_CLOSE_ON_FREE);
	if ((ssl = SSL_new(s->tls)) == NULL)
		return NULL;
	bev = bufferevent_openssl_socket_new(base, fd, ssl, BUFFEREVENT_SSL_ACCEPTING,
	    BEV_OPT_CLOSE_ON_FREE);
	if (bev == NULL)
		SSL_free(ssl);
	else
		bufferevent_openssl_set_allow_dirty_shutdown(bev, 1);
	return bev;
}

bool
http_conn_accept(struct http_server *s, int fd, const struct netaddr *peer, bool counts)
{
	struct bufferevent	*bev = make_bufferevent(s, fd);
	struct http_request	*r;

	if (bev == NULL) {
		close(fd);
		return false;
	}
	r = g_new0(struct http_request, 1);
	r->server = s;
	s->alive++;
	r->bev = bev;
	r->link.data = r->ready_link.data = r;
	r->is_counted = counts;
	if ((r->has_peer = peer != NULL))
		r->peer = *peer;
	g_queue_push_tail_link(&s->conns, &r->link);
	http_conn_enter(r, &http_state_idle, s->options.head_timeout_ms);
	bufferevent_setcb(bev, on_readable, on_written, on_event, r);
	bufferevent_setwatermark(bev, EV_READ, 0, READ_AHEAD);
	bufferevent_enable(bev, EV_READ | EV_WRITE);
	return true;
}
