/* SPDX-License-Identifier: ISC */
/*
 * Many clients that do as they please - good, broken, slow, pipelining,
 * resetting, leaving - and handlers that answer whenever they like.  At the
 * end nothing is left, and the sanitizers have seen nothing.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <glib.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "io/http_server.h"

#define CLIENTS		8
#define ROUNDS		150

static struct loop *loop;
static struct http_server *server;
static struct loop_timer *timer;
static GPtrArray *waiting;	/* struct http_request * */
static GPtrArray *streams;	/* struct http_stream ** */
static gint running = CLIENTS;
static gint good_asked, good_answered;
static GRand *dice;

static void
on_now(void *arg, struct http_request *r)
{
	(void)arg;
	http_reply(r, 202, "text/plain", NULL, "now", 3);
}

static void
on_closed(void *arg)
{
	struct http_request	*r = arg;

	/* Some handlers give up at once, some do not care. */
	if (g_rand_boolean(dice) && g_ptr_array_remove_fast(waiting, r))
		http_reply(r, 503, NULL, NULL, NULL, 0);
}

static void
on_later(void *arg, struct http_request *r)
{
	(void)arg;
	http_on_closed(r, on_closed, r);
	g_ptr_array_add(waiting, r);
}

static void
stream_closed(void *arg)
{
	g_ptr_array_remove_fast(streams, arg);
	g_free(arg);
}

static void
on_stream(void *arg, struct http_request *r)
{
	struct http_stream	**place = g_new0(struct http_stream *, 1);

	(void)arg;
	*place = http_stream_open(r, "text/event-stream", NULL, 20000, stream_closed, place);
	if (*place == NULL)
		g_free(place);
	else
		g_ptr_array_add(streams, place);
}

static void
forget_stream(guint i)
{
	g_free(g_ptr_array_remove_index_fast(streams, i));
}

static void
feed_streams(void)
{
	static char	block[3000];
	guint		i;

	for (i = streams->len; i-- > 0;) {
		struct http_stream	*st = *(struct http_stream **)streams->pdata[i];

		if (g_rand_int_range(dice, 0, 10) == 0) {
			http_stream_close(st);
			forget_stream(i);
		} else if (http_stream_send(st, block, sizeof(block)) == -1)
			forget_stream(i);
	}
}

static void
on_tick(void *arg)
{
	guint	n = waiting->len;

	(void)arg;
	while (n-- > 0 && waiting->len > 0)
		if (g_rand_boolean(dice))
			http_reply(g_ptr_array_remove_index_fast(waiting,
			    (guint)g_rand_int_range(dice, 0, (gint)waiting->len)), 202,
			    "text/plain", NULL, "later", 5);
	feed_streams();
	if (g_atomic_int_get(&running) == 0 && waiting->len == 0)
		loop_stop(loop);
}

/* --- the clients --- */

static const char *const pieces[] = {
	"GET /now HTTP/1.1\r\nHost: h\r\n\r\n",
	"HEAD /now HTTP/1.1\r\nHost: h\r\n\r\n",
	"POST /now HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello",
	"POST /later HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello",
	"POST /later HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
	"POST /later HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nhello",
	"GET /later HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
	"GET /stream HTTP/1.1\r\nHost: h\r\n\r\n",
	"POST /nowhere HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nsomething",
	"POST /now HTTP/1.1\r\nHost: h\r\nContent-Length: 99999\r\n\r\n",
	"POST /now HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nfffff\r\n",
	"GET /now HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
	"\r\n\r\n", "garbage\r\n\r\n", "\x16\x03\x01", "GET /now HTTP/1.1\r\nHo",
};

static int
dial(void)
{
	struct sockaddr_in	in = { .sin_family = AF_INET };
	struct timeval		tv = { 0, 200000 };
	int			fd = socket(AF_INET, SOCK_STREAM, 0);

	in.sin_port = htons((uint16_t)http_server_port(server));
	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (connect(fd, (struct sockaddr *)&in, sizeof(in)) == -1)
		abort();
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	return fd;
}

static void
send_some(GRand *r, int fd)
{
	gint	n = g_rand_int_range(r, 1, 5);

	while (n-- > 0) {
		const char	*p = pieces[g_rand_int_range(r, 0, G_N_ELEMENTS(pieces))];
		size_t		 len = strlen(p), cut = (size_t)g_rand_int_range(r, 0, (gint)len + 1);

		(void)!send(fd, p, cut, MSG_NOSIGNAL);
		if (g_rand_int_range(r, 0, 4) == 0)
			g_usleep((gulong)g_rand_int_range(r, 0, 3000));
		if (g_rand_int_range(r, 0, 8) != 0)
			(void)!send(fd, p + cut, len - cut, MSG_NOSIGNAL);
	}
}

static void
misbehave(GRand *r)
{
	struct linger	reset = { 1, 0 };
	char		buf[4096];
	int		fd = dial();

	send_some(r, fd);
	switch (g_rand_int_range(r, 0, 5)) {
	case 0:
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
		break;
	case 1:
		shutdown(fd, SHUT_WR);
		(void)!recv(fd, buf, sizeof(buf), 0);
		break;
	case 2:
		(void)!recv(fd, buf, 1, 0);
		break;
	case 3:
		g_usleep((gulong)g_rand_int_range(r, 0, 5000));
		break;
	default:
		break;
	}
	close(fd);
}

/* Between the others a good client always gets its answer. */
static void
behave(void)
{
	static const char	ask[] = "POST /later HTTP/1.1\r\nHost: h\r\nConnection: close\r\n"
	    "Content-Length: 2\r\n\r\nhi";
	char			buf[1024];
	struct timeval		tv = { 5, 0 };
	int			fd = dial();
	ssize_t			n;

	g_atomic_int_inc(&good_asked);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	(void)!send(fd, ask, sizeof(ask) - 1, MSG_NOSIGNAL);
	n = recv(fd, buf, sizeof(buf) - 1, 0);
	buf[MAX(n, 0)] = '\0';
	if (g_str_has_prefix(buf, "HTTP/1.1 202 "))
		g_atomic_int_inc(&good_answered);
	close(fd);
}

static gpointer
run_client(gpointer seed)
{
	GRand	*r = g_rand_new_with_seed(GPOINTER_TO_UINT(seed));
	int	 i;

	for (i = 0; i < ROUNDS; i++)
		if (g_rand_int_range(r, 0, 4) == 0)
			behave();
		else
			misbehave(r);
	g_rand_free(r);
	g_atomic_int_add(&running, -1);
	return NULL;
}

static void
http_server__clients_and_handlers_at_random__leave_nothing_behind(void **state)
{
	static const struct http_route routes[] = {
		{ "GET", "/now", NULL, on_now, NULL }, { "POST", "/now", NULL, on_now, NULL },
		{ "GET", "/later", NULL, on_later, NULL }, { "POST", "/later", NULL, on_later, NULL },
		{ "GET", "/stream", NULL, on_stream, NULL },
	};
	struct http_options	o = { .max_head = 2048, .max_body = 5000, .max_connections = 200,
				      .head_timeout_ms = 1500, .body_timeout_ms = 1500,
				      .idle_timeout_ms = 1500 };
	struct err		e = ERR_INIT;
	GThread			*threads[CLIENTS];
	int64_t			end;
	size_t			i;

	(void)state;
	loop = loop_new();
	server = http_server_new(loop, &o, &e);
	assert_int_equal(http_server_listen(server, "127.0.0.1:0", &e), 0);
	for (i = 0; i < G_N_ELEMENTS(routes); i++)
		http_route_add(server, &routes[i]);
	waiting = g_ptr_array_new();
	streams = g_ptr_array_new();
	dice = g_rand_new_with_seed(4711);
	timer = loop_timer_new(loop, on_tick, NULL);
	loop_timer_every(timer, 3);
	for (i = 0; i < CLIENTS; i++)
		threads[i] = g_thread_new("client", run_client, GUINT_TO_POINTER(i + 1));
	loop_run(loop);
	for (i = 0; i < CLIENTS; i++)
		g_thread_join(threads[i]);
	assert_true(good_asked > 100);
	assert_int_equal(good_answered, good_asked);
	/* All deadlines pass; with or without a sweep the last ones go. */
	end = clock_mono_ms() + 10000;
	while (http_server_connections(server) > 0 && clock_mono_ms() < end)
		loop_run(loop);
	assert_int_equal(http_server_connections(server), 0);
	assert_int_equal(streams->len, 0);
	loop_timer_free(timer);
	http_server_free(server);
	loop_free(loop);
	g_rand_free(dice);
	g_ptr_array_unref(waiting);
	g_ptr_array_unref(streams);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(http_server__clients_and_handlers_at_random__leave_nothing_behind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
