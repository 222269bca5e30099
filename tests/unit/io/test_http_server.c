/* SPDX-License-Identifier: ISC */
/*
 * The server on loopback, and a client thread that speaks bytes: whatever a
 * hostile, broken or vanishing client can do to it.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <glib.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "io/http_server.h"

#define LATE_MS		60

static struct loop *loop;
static struct http_server *server;
static struct http_request *waiting;
static struct loop_timer *answer_timer;
static struct http_stream *stream;
static unsigned handled, closed_calls;
static char last_client[NETADDR_TEXT_SIZE];
static char last_body[64];

static void
on_hello(void *arg, struct http_request *r)
{
	g_autofree char	*name = http_query(r, "name");
	g_autofree char	*text = g_strdup_printf("hello %s", name ? name : "you");

	(void)arg;
	handled++;
	g_strlcpy(last_client, http_client_text(r), sizeof(last_client));
	http_reply(r, 200, "text/plain", "X-Extra: 1\r\n", text, strlen(text));
}

static void
on_echo(void *arg, struct http_request *r)
{
	gsize		 len;
	const char	*body = g_bytes_get_data(http_body(r), &len);

	(void)arg;
	handled++;
	g_snprintf(last_body, sizeof(last_body), "%.*s", (int)MIN(len, 60), body);
	http_reply(r, 202, "text/plain", NULL, body, len);
}

static void
answer(void *arg)
{
	(void)arg;
	http_reply(waiting, 202, "text/plain", NULL, "late", 4);
	waiting = NULL;
}

static void
on_closed(void *arg)
{
	(void)arg;
	closed_calls++;
}

static void
on_late(void *arg, struct http_request *r)
{
	(void)arg;
	handled++;
	waiting = r;
	http_on_closed(r, on_closed, NULL);
	loop_timer_start(answer_timer, LATE_MS);
}

static void
stream_closed(void *arg)
{
	(void)arg;
	stream = NULL;
	closed_calls++;
}

static void
on_stream(void *arg, struct http_request *r)
{
	(void)arg;
	stream = http_stream_open(r, "text/event-stream", "Cache-Control: no-store\r\n",
	    100000, stream_closed, NULL);
	assert_int_equal(http_stream_send(stream, ": hi\n\n", 6), 0);
}

static void
check_type(void *arg, struct http_request *r)
{
	(void)arg;
	if (http_header(r, "Content-Type") == NULL)
		http_reply_error(r, 415, "unsupported", "say what it is");
}

static struct http_options
options(void)
{
	struct http_options	o = {
		.max_head = 4096, .max_body = 100000, .max_connections = 20,
		.head_timeout_ms = 400, .body_timeout_ms = 400, .idle_timeout_ms = 4000,
	};

	return o;
}

static void
set_up_with(const struct http_options *o)
{
	static const struct http_route routes[] = {
		{ "GET", "/hello", NULL, on_hello, NULL },
		{ "POST", "/echo", NULL, on_echo, NULL },
		{ "POST", "/late", NULL, on_late, NULL },
		{ "GET", "/late", NULL, on_late, NULL },
		{ "GET", "/stream", NULL, on_stream, NULL },
		{ "POST", "/typed/", check_type, on_echo, NULL },
	};
	struct err	e = ERR_INIT;
	size_t		i;

	loop = loop_new();
	answer_timer = loop_timer_new(loop, answer, NULL);
	server = http_server_new(loop, o, &e);
	assert_non_null(server);
	assert_int_equal(http_server_listen(server, "127.0.0.1:0", &e), 0);
	for (i = 0; i < G_N_ELEMENTS(routes); i++)
		http_route_add(server, &routes[i]);
	handled = closed_calls = 0;
	waiting = NULL;
	stream = NULL;
}

static int
set_up(void **state)
{
	struct http_options	o = options();

	(void)state;
	set_up_with(&o);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	if (waiting != NULL)
		answer(NULL);
	http_server_free(server);
	loop_timer_free(answer_timer);
	loop_free(loop);
	return 0;
}

/* --- the client: a script run in a thread while the loop runs here --- */

struct client {
	const char	*send;
	size_t		 len;
	size_t		 piece;		/* bytes at a time; 0: all */
	unsigned	 pause_ms;	/* between pieces */
	bool		 half_close;
	bool		 vanish;	/* close without reading */
	unsigned	 vanish_ms;	/* ... after so long */
	GString		*got;
	int64_t		 took_ms;
	const char	*until;		/* stop reading when this was seen */
};

static int
dial(void)
{
	struct sockaddr_in	in = { .sin_family = AF_INET };
	struct timeval		tv = { 4, 0 };
	int			fd = socket(AF_INET, SOCK_STREAM, 0);

	in.sin_port = htons((uint16_t)http_server_port(server));
	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (connect(fd, (struct sockaddr *)&in, sizeof(in)) == -1)
		abort();
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	return fd;
}

static void
send_all(struct client *c, int fd)
{
	size_t	at, n, piece = c->piece ? c->piece : c->len;
	ssize_t	w;

	for (at = 0; at < c->len; at += n) {
		n = MIN(piece, c->len - at);
		if ((w = send(fd, c->send + at, n, MSG_NOSIGNAL)) == -1)
			return;
		n = (size_t)w;
		if (c->pause_ms > 0)
			g_usleep(c->pause_ms * 1000);
	}
}

static void
receive_all(struct client *c, int fd)
{
	char	buf[4096];
	ssize_t	n;

	while ((n = recv(fd, buf, sizeof(buf), 0)) > 0) {
		g_string_append_len(c->got, buf, n);
		if (c->until != NULL && strstr(c->got->str, c->until) != NULL)
			break;
	}
	if (n == -1)
		g_string_append_printf(c->got, "<error %s>", g_strerror(errno));
}

static void
stop(void *arg)
{
	(void)arg;
	loop_stop(loop);
}

static gpointer
run_client(gpointer arg)
{
	struct client	*c = arg;
	int		 fd = dial();
	int64_t		 began = clock_mono_ms();

	send_all(c, fd);
	if (c->half_close)
		shutdown(fd, SHUT_WR);
	if (c->vanish)
		g_usleep(c->vanish_ms * 1000);
	else
		receive_all(c, fd);
	c->took_ms = clock_mono_ms() - began;
	close(fd);
	loop_post(loop, stop, NULL);
	return NULL;
}

static void
converse(struct client *c)
{
	GThread	*thread;

	c->got = g_string_new(NULL);
	thread = g_thread_new("client", run_client, c);
	loop_run(loop);
	g_thread_join(thread);
}

/* Send, half-close, return all that came. */
static char *
ask(const char *bytes)
{
	struct client	c = { .send = bytes, .len = strlen(bytes), .half_close = true };

	converse(&c);
	return g_string_free(c.got, FALSE);
}

static void
run_for(int64_t ms)
{
	struct loop_timer	*end = loop_timer_new(loop, stop, NULL);

	loop_timer_start(end, ms);
	loop_run(loop);
	loop_timer_free(end);
}

static unsigned
count(const char *text, const char *what)
{
	unsigned	n = 0;

	for (; (text = strstr(text, what)) != NULL; text++)
		n++;
	return n;
}

#define assert_has(text, part)							\
	do {									\
		if (strstr((text), (part)) == NULL)				\
			fail_msg("no \"%s\" in:\n%s", (part), (text));		\
	} while (0)
#define assert_has_not(text, part)						\
	do {									\
		if (strstr((text), (part)) != NULL)				\
			fail_msg("\"%s\" in:\n%s", (part), (text));		\
	} while (0)
#define assert_begins(text, part)						\
	do {									\
		if (!g_str_has_prefix((text), (part)))				\
			fail_msg("not \"%s\" but:\n%s", (part), (text));	\
	} while (0)

/* --- good requests --- */

static void
http_server__get__is_answered_with_headers_and_body(void **state)
{
	g_autofree char	*got = ask("GET /hello?x=1&name=J%C3%BCrgen+M HTTP/1.1\r\n"
	    "Host: h\r\n\r\n");

	(void)state;
	assert_begins(got, "HTTP/1.1 200 OK\r\n");
	assert_has(got, "Content-Type: text/plain\r\n");
	assert_has(got, "Content-Length: 15\r\n");
	assert_has(got, "X-Extra: 1\r\n");
	assert_has(got, "\r\n\r\nhello J\303\274rgen M");
	assert_string_equal(last_client, "127.0.0.1");
}

static void
http_server__head__has_the_length_and_no_body(void **state)
{
	g_autofree char	*got = ask("HEAD /hello HTTP/1.1\r\nHost: h\r\n\r\n");

	(void)state;
	assert_begins(got, "HTTP/1.1 200 OK\r\n");
	assert_has(got, "Content-Length: 9\r\n");
	assert_true(g_str_has_suffix(got, "\r\n\r\n"));
}

static void
http_server__pipelined_requests__are_answered_in_order(void **state)
{
	g_autofree char	*got = ask(
	    "GET /hello?name=1 HTTP/1.1\r\nHost: h\r\n\r\n"
	    "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\ntwo"
	    "POST /late HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nx"
	    "\r\nGET /hello?name=4 HTTP/1.1\r\nHost: h\r\n\r\n");
	const char	*one = strstr(got, "hello 1"), *two = strstr(got, "two");
	const char	*three = strstr(got, "late"), *four = strstr(got, "hello 4");

	(void)state;
	assert_non_null(one);
	assert_non_null(two);
	assert_non_null(three);
	assert_non_null(four);
	assert_true(one < two && two < three && three < four);
	assert_int_equal(count(got, "HTTP/1.1 20"), 4);
}

static void
http_server__every_byte_alone__is_understood(void **state)
{
	static const char	bytes[] = "POST /echo HTTP/1.1\r\nHost: h\r\n"
	    "Transfer-Encoding: chunked\r\n\r\n3;a=b\r\nabc\r\n2\r\nde\r\n0\r\nT: 1\r\n\r\n";
	struct client		c = { .send = bytes, .len = sizeof(bytes) - 1, .piece = 1,
				      .pause_ms = 1, .half_close = true };

	(void)state;
	converse(&c);
	assert_begins(c.got->str, "HTTP/1.1 202 Accepted\r\n");
	assert_string_equal(last_body, "abcde");
	g_string_free(c.got, TRUE);
}

static void
http_server__http_1_0__is_closed_unless_kept_alive(void **state)
{
	static const char	one[] = "GET /hello HTTP/1.0\r\n\r\n";
	struct client		c = { .send = one, .len = sizeof(one) - 1 };
	g_autofree char		*two = NULL;

	(void)state;
	converse(&c);
	assert_begins(c.got->str, "HTTP/1.1 200 OK\r\n");
	assert_has(c.got->str, "Connection: close\r\n");
	assert_true(c.took_ms < 3000);
	g_string_free(c.got, TRUE);
	two = ask("GET /hello HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n"
	    "GET /hello HTTP/1.0\r\n\r\n");
	assert_int_equal(count(two, "HTTP/1.1 200"), 2);
	assert_has(two, "Connection: keep-alive\r\n");
}

static void
http_server__connection_close__ends_after_the_answer(void **state)
{
	g_autofree char	*got = ask(
	    "GET /hello HTTP/1.1\r\nHost: h\r\nConnection: foo, Close\r\n\r\n"
	    "GET /hello HTTP/1.1\r\nHost: h\r\n\r\n");

	(void)state;
	assert_int_equal(count(got, "HTTP/1.1"), 1);
	assert_has(got, "Connection: close\r\n");
}

static void
http_server__expect_continue__is_told_to_go_on(void **state)
{
	static const char	bytes[] = "POST /echo HTTP/1.1\r\nHost: h\r\n"
	    "Expect: 100-continue\r\nContent-Length: 5\r\n\r\n";
	struct client		c = { .send = bytes, .len = sizeof(bytes) - 1,
				      .until = "\r\n\r\n" };

	(void)state;
	converse(&c);
	assert_string_equal(c.got->str, "HTTP/1.1 100 Continue\r\n\r\n");
	g_string_free(c.got, TRUE);
	assert_int_equal(handled, 0);
}

static void
http_server__expect_continue_too_large__is_refused_instead(void **state)
{
	static const char	bytes[] = "POST /echo HTTP/1.1\r\nHost: h\r\n"
	    "Expect: 100-continue\r\nContent-Length: 5000000\r\n\r\n";
	struct client		c = { .send = bytes, .len = sizeof(bytes) - 1 };

	(void)state;
	converse(&c);
	assert_begins(c.got->str, "HTTP/1.1 413 ");
	assert_has(c.got->str, "Connection: close\r\n");
	g_string_free(c.got, TRUE);
}

static void
http_server__absolute_target_of_our_host__is_served(void **state)
{
	g_autofree char	*got = ask("GET http://H:80/hello HTTP/1.1\r\nHost: h:80\r\n\r\n");

	(void)state;
	assert_begins(got, "HTTP/1.1 200 OK\r\n");
}

/* --- routes --- */

static void
http_server__unknown_path_and_method__404_and_405_with_allow(void **state)
{
	g_autofree char	*got = ask("GET /nothing HTTP/1.1\r\nHost: h\r\n\r\n"
	    "DELETE /late HTTP/1.1\r\nHost: h\r\n\r\n"
	    "POST /hello HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nxx"
	    "GET /hello HTTP/1.1\r\nHost: h\r\n\r\n");

	(void)state;
	assert_begins(got, "HTTP/1.1 404 Not Found\r\n");
	assert_has(got, "{\"error\":\"not_found\"");
	assert_has(got, "HTTP/1.1 405 Method Not Allowed\r\n");
	assert_has(got, "Allow: POST, GET, HEAD\r\n");
	assert_has(got, "Allow: GET, HEAD\r\n");
	assert_has(got, "hello you");
	assert_int_equal(handled, 1);
}

static void
http_server__check_refuses__small_body_is_skipped_and_the_connection_kept(void **state)
{
	g_autofree char	*got = ask("POST /typed/x HTTP/1.1\r\nHost: h\r\n"
	    "Content-Length: 4\r\n\r\nabcd"
	    "POST /typed/y HTTP/1.1\r\nHost: h\r\nContent-Type: a/b\r\n"
	    "Content-Length: 4\r\n\r\nefgh");

	(void)state;
	assert_begins(got, "HTTP/1.1 415 ");
	assert_has(got, "HTTP/1.1 202 ");
	assert_int_equal(handled, 1);
	assert_string_equal(last_body, "efgh");
}

static void
http_route_remove__while_the_body_comes__is_503(void **state)
{
	static const char	bytes[] = "POST /echo HTTP/1.1\r\nHost: h\r\n"
	    "Content-Length: 20\r\n\r\n01234567890123456789";
	struct client		c = { .send = bytes, .len = sizeof(bytes) - 1, .piece = 60,
				      .pause_ms = 50, .half_close = true };
	GThread			*thread;

	(void)state;
	c.got = g_string_new(NULL);
	thread = g_thread_new("client", run_client, &c);
	run_for(25);
	http_route_remove(server, "POST", "/echo");
	loop_run(loop);
	g_thread_join(thread);
	assert_begins(c.got->str, "HTTP/1.1 503 ");
	assert_has(c.got->str, "Retry-After: 5\r\n");
	g_string_free(c.got, TRUE);
}

/* --- hostile heads --- */

#define H	"Host: h\r\n"

static const struct {
	const char	*bytes;
	int		 status;
} hostile[] = {
	{ "GET /hello HTTP/1.1\r\n\r\n", 400 },				/* no Host */
	{ "GET /hello HTTP/1.1\r\n" H H "\r\n", 400 },			/* two */
	{ "GET /hello HTTP/1.1\r\nHost: a/b\r\n\r\n", 400 },
	{ "GET /hello HTTP/1.1\r\nHost: a b\r\n\r\n", 400 },
	{ "GET /hello HTTP/1.1\r\nHost: a, b\r\n\r\n", 400 },
	{ "GET /hello HTTP/1.1\nHost: h\n\n", 400 },			/* bare LF */
	{ "GET /hello HTTP/1.1\r\nHost: h\n\r\n", 400 },
	{ "GET /hello HTTP/1.1\r\nHost: h\rX: y\r\n\r\n", 400 },	/* bare CR */
	{ "GET /hello HTTP/1.1\r\n" H "A: b\r\n c\r\n\r\n", 400 },	/* folded */
	{ "GET /hello HTTP/1.1\r\n " H "\r\n", 400 },
	{ "GET /hello HTTP/1.1\r\n" H "A : b\r\n\r\n", 400 },		/* blank before colon */
	{ "GET /hello HTTP/1.1\r\n" H ": b\r\n\r\n", 400 },		/* no name */
	{ "GET /hello HTTP/1.1\r\n" H "nonsense\r\n\r\n", 400 },	/* no colon */
	{ "GET /hello HTTP/1.1\r\n" H "A\xc3\xa9: b\r\n\r\n", 400 },
	{ "GET /hello HTTP/1.1\r\n" H "A: b\x01\r\n\r\n", 400 },
	{ "GET /hello HTTP/1.1\r\n" H "A: b\x7f\r\n\r\n", 400 },
	{ "GET  /hello HTTP/1.1\r\n" H "\r\n", 400 },
	{ "GET /hello  HTTP/1.1\r\n" H "\r\n", 400 },
	{ "GET /hello HTTP/1.1 \r\n" H "\r\n", 400 },
	{ " GET /hello HTTP/1.1\r\n" H "\r\n", 400 },
	{ "GET\t/hello\tHTTP/1.1\r\n" H "\r\n", 400 },
	{ "GET /hello\r\n" H "\r\n", 400 },				/* HTTP/0.9 */
	{ "G(T /hello HTTP/1.1\r\n" H "\r\n", 400 },
	{ "GET /h%zzllo HTTP/1.1\r\n" H "\r\n", 400 },
	{ "GET /h%00 HTTP/1.1\r\n" H "\r\n", 400 },
	{ "GET /h%0d%0aX:y HTTP/1.1\r\n" H "\r\n", 400 },
	{ "GET /h%ff HTTP/1.1\r\n" H "\r\n", 400 },
	{ "GET /h\xc3\xa9 HTTP/1.1\r\n" H "\r\n", 400 },
	{ "GET hello HTTP/1.1\r\n" H "\r\n", 400 },
	{ "GET http://other/hello HTTP/1.1\r\n" H "\r\n", 400 },
	{ "CONNECT h:443 HTTP/1.1\r\n" H "\r\n", 400 },
	{ "GET /hello HTTP/2.0\r\n" H "\r\n", 505 },
	{ "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505 },
	{ "GET /hello HTTX/1.1\r\n" H "\r\n", 400 },
	{ "GET /hello HTTP/1.1\r\n" H "Expect: a miracle\r\n\r\n", 417 },
	{ "\x16\x03\x01\x02\x01\x01\x01\x01\xfc\x03\x03\r\n\r\n", 400 },	/* TLS hello */
	{ "POST /echo HTTP/1.1\r\n" H "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", 400 },
	{ "POST /echo HTTP/1.1\r\n" H "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc", 400 },
	{ "POST /echo HTTP/1.1\r\n" H "Content-Length: 3, 3\r\n\r\nabc", 400 },
	{ "POST /echo HTTP/1.1\r\n" H "Content-Length: +3\r\n\r\nabc", 400 },
	{ "POST /echo HTTP/1.1\r\n" H "Content-Length: -1\r\n\r\nabc", 400 },
	{ "POST /echo HTTP/1.1\r\n" H "Content-Length: 0x3\r\n\r\nabc", 400 },
	{ "POST /echo HTTP/1.1\r\n" H "Content-Length: 3 3\r\n\r\nabc", 400 },
	{ "POST /echo HTTP/1.1\r\n" H "Content-Length:\r\n\r\n", 400 },
	{ "POST /echo HTTP/1.1\r\n" H "Content-Length : 3\r\n\r\nabc", 400 },
	{ "POST /echo HTTP/1.1\r\n" H "Content-Length: 99999999999999999999\r\n\r\n", 400 },
	{ "POST /echo HTTP/1.1\r\n" H "Content-Length: 999999999\r\n\r\n", 413 },
	{ "POST /echo HTTP/1.1\r\n" H "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"
	  "0\r\n\r\n", 400 },
	{ "POST /echo HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n"
	  "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400 },
	{ "POST /echo HTTP/1.1\r\n" H "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 400 },
	{ "POST /echo HTTP/1.1\r\n" H "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 400 },
	{ "POST /echo HTTP/1.1\r\n" H "Transfer-Encoding: identity\r\n\r\n", 400 },
	{ "POST /echo HTTP/1.0\r\n" H "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400 },
#define C	"POST /echo HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n"
	{ C "0x5\r\nabcde\r\n0\r\n\r\n", 400 },
	{ C "-5\r\nabcde\r\n0\r\n\r\n", 400 },
	{ C " 5\r\nabcde\r\n0\r\n\r\n", 400 },
	{ C "5 \r\nabcde\r\n0\r\n\r\n", 400 },
	{ C "5\nabcde\r\n0\r\n\r\n", 400 },
	{ C "5;a\nbcde\r\n0\r\n\r\n", 400 },
	{ C "5\r\nabcdeX\r\n0\r\n\r\n", 400 },
	{ C "5\r\nabcde\n0\r\n\r\n", 400 },
	{ C "\r\n", 400 },
	{ C "fffffffffffffffff\r\n", 400 },
	{ C "fffffffffffffff\r\nx", 413 },
	{ C "186a1\r\nx", 413 },
	{ C "0\r\nA: b\n\r\n", 400 },
	{ C "0\r\n folded\r\n\r\n", 400 },
};

static void
http_server__hostile_heads__are_refused_and_the_connection_closed(void **state)
{
	g_autofree char	*begin = NULL;
	size_t		 i;

	(void)state;
	for (i = 0; i < G_N_ELEMENTS(hostile); i++) {
		struct client	c = { .send = hostile[i].bytes,
				      .len = strlen(hostile[i].bytes) };

		converse(&c);
		begin = g_strdup_printf("HTTP/1.1 %d ", hostile[i].status);
		if (!g_str_has_prefix(c.got->str, begin) ||
		    strstr(c.got->str, "Connection: close\r\n") == NULL ||
		    strstr(c.got->str, "{\"error\":\"") == NULL ||
		    count(c.got->str, "\r\nDate: ") != 1 || c.took_ms > 1900)
			fail_msg("case %zu, %s:\n%s\nafter %d ms", i, hostile[i].bytes,
			    c.got->str, (int)c.took_ms);
		g_clear_pointer(&begin, g_free);
		g_string_free(c.got, TRUE);
	}
	assert_int_equal(handled, 0);
	assert_int_equal(http_server_connections(server), 0);
}

static void
http_server__nul_in_a_header__is_refused(void **state)
{
	static const char	bytes[] = "GET /hello HTTP/1.1\r\nHost: h\r\nA: b\0c\r\n\r\n";
	struct client		c = { .send = bytes, .len = sizeof(bytes) - 1 };

	(void)state;
	converse(&c);
	assert_begins(c.got->str, "HTTP/1.1 400 ");
	g_string_free(c.got, TRUE);
}

static void
http_server__endless_head__is_cut_at_the_limit(void **state)
{
	g_autoptr(GString)	s = g_string_new("GET /hello HTTP/1.1\r\n" H);
	g_autoptr(GString)	many = g_string_new("GET /hello HTTP/1.1\r\n" H);
	struct client		c = { 0 };
	int			i;

	(void)state;
	while (s->len < 60000)
		g_string_append(s, "A: bbbbbbbbbbbbbbbbbbbbbbbbbbb\r\n");
	for (i = 0; i < 120; i++)
		g_string_append(many, "A: b\r\n");
	g_string_append(many, "\r\n");
	c.send = s->str;
	c.len = s->len;
	converse(&c);
	assert_begins(c.got->str, "HTTP/1.1 431 ");
	g_string_free(c.got, TRUE);
	c.send = many->str;
	c.len = many->len;
	converse(&c);
	assert_begins(c.got->str, "HTTP/1.1 431 ");
	g_string_free(c.got, TRUE);
}

static void
http_server__body_at_the_limit__is_taken_and_one_more_refused(void **state)
{
	g_autoptr(GString)	s = g_string_new("POST /echo HTTP/1.1\r\n" H
	    "Content-Length: 100000\r\nConnection: close\r\n\r\n");
	struct client		c = { 0 };

	(void)state;
	while (g_str_has_suffix(s->str, "\r\n\r\n") || s->len < 100000)
		g_string_append(s, "0123456789");
	g_string_set_size(s, (gsize)(strstr(s->str, "\r\n\r\n") + 4 - s->str));
	g_string_append_printf(s, "%0100000d", 7);
	c.send = s->str;
	c.len = s->len;
	converse(&c);
	assert_begins(c.got->str, "HTTP/1.1 202 ");
	assert_true(c.got->len > 100000);
	g_string_free(c.got, TRUE);
	memcpy(strstr(s->str, "100000"), "100001", 6);
	converse(&c);
	assert_begins(c.got->str, "HTTP/1.1 413 ");
	g_string_free(c.got, TRUE);
}

/* --- slow and vanishing clients --- */

static void
http_server__head_byte_by_byte__is_cut_at_the_deadline(void **state)
{
	static const char	bytes[] = "GET /hello HTTP/1.1\r\nHost: h\r\nA: bbbbbbbbbbbbbbb";
	struct client		c = { .send = bytes, .len = sizeof(bytes) - 1, .piece = 1,
				      .pause_ms = 30 };

	(void)state;
	converse(&c);
	assert_begins(c.got->str, "HTTP/1.1 408 ");
	g_string_free(c.got, TRUE);
	assert_int_equal(handled, 0);
}

static void
http_server__body_byte_by_byte__is_cut_at_the_deadline(void **state)
{
	static const char	bytes[] = "POST /echo HTTP/1.1\r\nHost: h\r\n"
	    "Content-Length: 100\r\n\r\naaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
	struct client		c = { .send = bytes, .len = sizeof(bytes) - 1, .piece = 4,
				      .pause_ms = 40 };

	(void)state;
	converse(&c);
	assert_begins(c.got->str, "HTTP/1.1 408 ");
	g_string_free(c.got, TRUE);
	assert_int_equal(handled, 0);
}

static void
http_server__silent_client__is_closed_without_a_word(void **state)
{
	struct client	c = { .send = "", .len = 0 };

	(void)state;
	converse(&c);
	assert_string_equal(c.got->str, "");
	assert_in_range(c.took_ms, 300, 3900);
	g_string_free(c.got, TRUE);
}

static void
http_server__late_answer__reaches_a_half_closed_client(void **state)
{
	g_autofree char	*got = ask("POST /late HTTP/1.1\r\nHost: h\r\n"
	    "Content-Length: 2\r\n\r\nhi");

	(void)state;
	assert_begins(got, "HTTP/1.1 202 ");
	assert_has(got, "late");
	assert_int_equal(closed_calls, 1);
}

static void
http_server__client_vanishes_before_the_answer__nothing_happens(void **state)
{
	static const char	bytes[] = "POST /late HTTP/1.1\r\nHost: h\r\n"
	    "Content-Length: 2\r\n\r\nhiGET /hello HTTP/1.1\r\nHost: h\r\n\r\n";
	struct client		c = { .send = bytes, .len = sizeof(bytes) - 1,
				      .vanish = true, .vanish_ms = 20 };

	(void)state;
	converse(&c);
	g_string_free(c.got, TRUE);
	run_for(LATE_MS * 3);
	assert_null(waiting);
	assert_int_equal(closed_calls, 1);
	assert_int_equal(http_server_connections(server), 0);
}

static void
http_server_free__during_a_request__the_answer_goes_to_nobody(void **state)
{
	static const char	bytes[] = "POST /late HTTP/1.1\r\nHost: h\r\n"
	    "Content-Length: 2\r\n\r\nhi";
	struct client		c = { .send = bytes, .len = sizeof(bytes) - 1,
				      .vanish = true, .vanish_ms = 20 };

	(void)state;
	converse(&c);
	g_string_free(c.got, TRUE);
	assert_non_null(waiting);
	loop_timer_stop(answer_timer);
	http_server_free(server);
	server = NULL;
	assert_memory_equal(g_bytes_get_data(http_body(waiting), NULL), "hi", 2);
	answer(NULL);
	run_for(10);
}

/* --- caps --- */

static void
http_server__more_clients_than_allowed__the_rest_wait_until_there_is_room(void **state)
{
	int		fds[30], i;
	char		buf[2048];
	struct client	c = { .send = "GET /hello HTTP/1.1\r\n" H "Connection: close\r\n\r\n" };

	(void)state;
	c.len = strlen(c.send);
	for (i = 0; i < 30; i++) {
		fds[i] = dial();
		assert_int_equal(send(fds[i], "GET /he", 7, 0), 7);
	}
	run_for(50);
	assert_int_equal(http_server_connections(server), 20);
	/* The slow ones are cut, so a good one behind them gets through. */
	converse(&c);
	assert_begins(c.got->str, "HTTP/1.1 200 ");
	g_string_free(c.got, TRUE);
	for (i = 0; i < 30; i++) {
		(void)!read(fds[i], buf, 0);
		close(fds[i]);
	}
}

static void
http_server__idle_connections_at_the_cap__make_room_for_a_new_one(void **state)
{
	int			fds[20], i;
	struct http_options	o = options();
	struct client		c = { .send = "GET /hello HTTP/1.1\r\n" H
				      "Connection: close\r\n\r\n" };

	(void)state;
	tear_down(NULL);
	o.head_timeout_ms = 4000;
	set_up_with(&o);
	c.len = strlen(c.send);
	for (i = 0; i < 20; i++)
		fds[i] = dial();
	run_for(20);
	assert_int_equal(http_server_connections(server), 20);
	converse(&c);
	assert_begins(c.got->str, "HTTP/1.1 200 ");
	assert_true(c.took_ms < 3000);
	g_string_free(c.got, TRUE);
	for (i = 0; i < 20; i++)
		close(fds[i]);
}

static void
http_server__one_client_with_many_connections__is_capped(void **state)
{
	struct http_options	o = options();
	char			buf[8];
	int			fds[6], i, shut = 0;

	(void)state;
	tear_down(NULL);
	o.max_per_client = 4;
	set_up_with(&o);
	for (i = 0; i < 6; i++)
		fds[i] = dial();
	run_for(20);
	assert_int_equal(http_server_connections(server), 4);
	for (i = 0; i < 6; i++)
		shut += recv(fds[i], buf, sizeof(buf), MSG_DONTWAIT) != -1;
	assert_int_equal(shut, 2);
	close(fds[0]);
	run_for(20);
	fds[0] = dial();
	run_for(20);
	assert_int_equal(http_server_connections(server), 4);
	for (i = 0; i < 6; i++)
		close(fds[i]);
}

/* --- streams --- */

static void
http_stream__events__come_in_chunks_and_the_end_closes(void **state)
{
	static const char	bytes[] = "GET /stream HTTP/1.1\r\nHost: h\r\n\r\n";
	struct client		c = { .send = bytes, .len = sizeof(bytes) - 1 };
	GThread			*thread;

	(void)state;
	c.got = g_string_new(NULL);
	thread = g_thread_new("client", run_client, &c);
	run_for(30);
	assert_non_null(stream);
	assert_int_equal(http_stream_send(stream, "data: 1\n\n", 9), 0);
	/* Longer than any deadline: a stream has none. */
	run_for(700);
	assert_non_null(stream);
	assert_int_equal(http_stream_send(stream, "data: 2\n\n", 9), 0);
	http_stream_close(stream);
	loop_run(loop);
	g_thread_join(thread);
	assert_begins(c.got->str, "HTTP/1.1 200 OK\r\n");
	assert_has(c.got->str, "Cache-Control: no-store\r\n");
	assert_has(c.got->str, "\r\n\r\n6\r\n: hi\n\n\r\n9\r\ndata: 1\n\n\r\n"
	    "9\r\ndata: 2\n\n\r\n0\r\n\r\n");
	g_string_free(c.got, TRUE);
	assert_int_equal(closed_calls, 0);
	assert_int_equal(http_server_connections(server), 0);
}

static void
http_stream__client_leaves__closed_is_called(void **state)
{
	static const char	bytes[] = "GET /stream HTTP/1.1\r\nHost: h\r\n\r\n";
	struct client		c = { .send = bytes, .len = sizeof(bytes) - 1,
				      .vanish = true, .vanish_ms = 30 };

	(void)state;
	converse(&c);
	g_string_free(c.got, TRUE);
	run_for(20);
	assert_null(stream);
	assert_int_equal(closed_calls, 1);
	assert_int_equal(http_server_connections(server), 0);
}

static void
http_stream__client_does_not_read__is_cut_off(void **state)
{
	g_autofree char	*block = g_strnfill(50000, 'x');
	int		 fd = dial(), i;

	(void)state;
	assert_int_equal(send(fd, "GET /stream HTTP/1.1\r\nHost: h\r\n\r\n", 34, 0), 34);
	run_for(30);
	assert_non_null(stream);
	for (i = 0; i < 2000; i++) {
		if (http_stream_send(stream, block, 50000) == -1)
			break;
		run_for(1);
	}
	assert_true(i < 2000);
	assert_int_equal(closed_calls, 0);
	assert_int_equal(http_server_connections(server), 0);
	close(fd);
}

static void
http_stream__head_request__ends_after_the_head(void **state)
{
	g_autofree char	*got = ask("HEAD /stream HTTP/1.1\r\nHost: h\r\n\r\n");

	(void)state;
	assert_begins(got, "HTTP/1.1 200 OK\r\n");
	assert_true(g_str_has_suffix(got, "\r\n\r\n"));
	assert_has_not(got, ": hi");
	assert_null(stream);
}

/* --- who is it --- */

static void
http_client__forwarded_for__counts_only_from_trusted_proxies(void **state)
{
	static const struct {
		const char	*trusted, *header, *want;
	} cases[] = {
		{ NULL, "X-Forwarded-For: 192.0.2.1\r\n", "127.0.0.1" },
		{ "127.0.0.0/8", "X-Forwarded-For: 192.0.2.1\r\n", "192.0.2.1" },
		{ "127.0.0.1", "X-Forwarded-For: 198.51.100.9, 192.0.2.1\r\n", "192.0.2.1" },
		{ "127.0.0.1", "X-Forwarded-For: 192.0.2.1 ,127.0.0.1\r\n", "192.0.2.1" },
		{ "127.0.0.1", "X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-For: 127.0.0.1\r\n",
		  "192.0.2.1" },
		{ "127.0.0.1", "X-Forwarded-For: [2001:db8::1]:99\r\n", "2001:db8::1" },
		{ "127.0.0.1", "X-Forwarded-For: 192.0.2.1:4711\r\n", "192.0.2.1" },
		{ "127.0.0.1", "X-Forwarded-For: 192.0.2.1, junk\r\n", "127.0.0.1" },
		{ "127.0.0.1", "X-Forwarded-For: 192.0.2.1, junk, 127.0.0.1\r\n", "127.0.0.1" },
		{ "127.0.0.1", "X-Forwarded-For:\r\n", "127.0.0.1" },
		{ "127.0.0.1", "", "127.0.0.1" },
	};
	size_t	i;

	(void)state;
	for (i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct http_options	 o = options();
		g_autoptr(GPtrArray)	 list = g_ptr_array_new();
		g_autofree char		*bytes = NULL, *got = NULL;

		tear_down(NULL);
		if (cases[i].trusted != NULL)
			g_ptr_array_add(list, (void *)cases[i].trusted);
		o.trusted_proxies = list;
		set_up_with(&o);
		bytes = g_strdup_printf("GET /hello HTTP/1.1\r\nHost: h\r\n%s\r\n", cases[i].header);
		got = ask(bytes);
		assert_begins(got, "HTTP/1.1 200");
		assert_string_equal(last_client, cases[i].want);
	}
}

static void
http_server_new__bad_proxy_or_certificate__says_which(void **state)
{
	struct http_options	o = options();
	g_autoptr(GPtrArray)	list = g_ptr_array_new();
	struct err		e = ERR_INIT;

	(void)state;
	g_ptr_array_add(list, "10.0.0.0/33");
	o.trusted_proxies = list;
	assert_null(http_server_new(loop, &o, &e));
	assert_int_equal(e.kind, ERR_CONFIG);
	assert_has(e.text, "10.0.0.0/33");
	o = options();
	o.tls_certificate = "/nowhere/cert.pem";
	o.tls_key = "/nowhere/key.pem";
	assert_null(http_server_new(loop, &o, &e));
	assert_has(e.text, "/nowhere/cert.pem");
	assert_int_equal(http_server_listen(server, "localhost", &e), -1);
	assert_int_equal(http_server_listen(server, "/nowhere/sock", &e), -1);
}

static void
http_server_drain__idle_connections__are_closed_and_nobody_gets_in(void **state)
{
	int	fds[3], i;
	char	c;

	(void)state;
	for (i = 0; i < 3; i++)
		fds[i] = dial();
	run_for(20);
	assert_int_equal(http_server_connections(server), 3);
	http_server_drain(server);
	assert_int_equal(http_server_connections(server), 0);
	run_for(5);
	for (i = 0; i < 3; i++) {
		assert_int_equal(recv(fds[i], &c, 1, 0), 0);
		close(fds[i]);
	}
}

static void
http_server__unix_socket__is_local_and_removed_at_the_end(void **state)
{
	g_autofree char		*dir = g_dir_make_tmp("http-XXXXXX", NULL);
	g_autofree char		*path = g_build_filename(dir, "s", NULL);
	struct sockaddr_un	 un = { .sun_family = AF_UNIX };
	struct err		 e = ERR_INIT;
	static const char	 bytes[] = "GET /hello HTTP/1.1\r\nHost: h\r\n\r\n";
	char			 buf[1024];
	int			 fd;

	(void)state;
	assert_int_equal(http_server_listen(server, path, &e), 0);
	g_strlcpy(un.sun_path, path, sizeof(un.sun_path));
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&un, sizeof(un)), 0);
	assert_int_equal(send(fd, bytes, sizeof(bytes) - 1, 0), sizeof(bytes) - 1);
	run_for(30);
	assert_true(recv(fd, buf, sizeof(buf), 0) > 50);
	assert_string_equal(last_client, "local");
	close(fd);
	http_server_drain(server);
	assert_int_equal(access(path, F_OK), -1);
	rmdir(dir);
}

#define TEST(t)	cmocka_unit_test_setup_teardown(t, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(http_server__get__is_answered_with_headers_and_body),
		TEST(http_server__head__has_the_length_and_no_body),
		TEST(http_server__pipelined_requests__are_answered_in_order),
		TEST(http_server__every_byte_alone__is_understood),
		TEST(http_server__http_1_0__is_closed_unless_kept_alive),
		TEST(http_server__connection_close__ends_after_the_answer),
		TEST(http_server__expect_continue__is_told_to_go_on),
		TEST(http_server__expect_continue_too_large__is_refused_instead),
		TEST(http_server__absolute_target_of_our_host__is_served),
		TEST(http_server__unknown_path_and_method__404_and_405_with_allow),
		TEST(http_server__check_refuses__small_body_is_skipped_and_the_connection_kept),
		TEST(http_route_remove__while_the_body_comes__is_503),
		TEST(http_server__hostile_heads__are_refused_and_the_connection_closed),
		TEST(http_server__nul_in_a_header__is_refused),
		TEST(http_server__endless_head__is_cut_at_the_limit),
		TEST(http_server__body_at_the_limit__is_taken_and_one_more_refused),
		TEST(http_server__head_byte_by_byte__is_cut_at_the_deadline),
		TEST(http_server__body_byte_by_byte__is_cut_at_the_deadline),
		TEST(http_server__silent_client__is_closed_without_a_word),
		TEST(http_server__late_answer__reaches_a_half_closed_client),
		TEST(http_server__client_vanishes_before_the_answer__nothing_happens),
		TEST(http_server_free__during_a_request__the_answer_goes_to_nobody),
		TEST(http_server__more_clients_than_allowed__the_rest_wait_until_there_is_room),
		TEST(http_server__idle_connections_at_the_cap__make_room_for_a_new_one),
		TEST(http_server__one_client_with_many_connections__is_capped),
		TEST(http_stream__events__come_in_chunks_and_the_end_closes),
		TEST(http_stream__client_leaves__closed_is_called),
		TEST(http_stream__client_does_not_read__is_cut_off),
		TEST(http_stream__head_request__ends_after_the_head),
		TEST(http_client__forwarded_for__counts_only_from_trusted_proxies),
		TEST(http_server_new__bad_proxy_or_certificate__says_which),
		TEST(http_server_drain__idle_connections__are_closed_and_nobody_gets_in),
		TEST(http_server__unix_socket__is_local_and_removed_at_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
