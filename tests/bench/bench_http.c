/* SPDX-License-Identifier: ISC */
/*
 * What an acknowledgement costs: requests a second and latency at 64
 * connections, each with a 1.5 KB JSON body, for
 *
 *	evhttp	libevent's own server that answers 202 and does nothing
 *	ours	our server that answers 202 and does nothing
 *	hook	the webhook channel: HMAC, JSON scan, journal with fsync, 202
 *
 * The rounds are interleaved, so that a busy machine hits all alike; the
 * goal is hook >= 0.7 of evhttp.  usage: bench_http DIR [SECONDS [ROUNDS]]
 */
#include <arpa/inet.h>
#include <errno.h>
#include <event2/event.h>
#include <event2/http.h>
#include <glib.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/digest.h"
#include "channel/channel.h"
#include "io/http_server.h"
#include "store/journal.h"

#define CONNECTIONS	64
#define BODY_SIZE	1500
#define SECRET		"s3cret"

static char *
make_body(void)
{
	GString	*s = g_string_new("{\"type\":\"ticket.created\",\"data\":{\"items\":[");

	while (s->len < BODY_SIZE - 60)
		g_string_append(s, "{\"sku\":\"A-4711\",\"n\":2,\"price\":19.99,\"ok\":true},");
	g_string_append(s, "null]},\"note\":\"gr\303\274n\"}");
	return g_string_free(s, FALSE);
}

/* --- the three servers, each in a process of its own --- */

static void
answer_evhttp(struct evhttp_request *r, void *arg)
{
	(void)arg;
	evhttp_send_reply(r, 202, "Accepted", NULL);
}

static void
serve_evhttp(int fd)
{
	struct event_base	*base = event_base_new();
	struct evhttp		*http = evhttp_new(base);

	evhttp_accept_socket(http, fd);
	evhttp_set_gencb(http, answer_evhttp, NULL);
	event_base_dispatch(base);
}

static struct http_server *
make_server(struct loop *loop, int fd)
{
	struct http_options	 o = { .max_body = 1 << 20, .max_connections = 1000,
				       .head_timeout_ms = 10000, .body_timeout_ms = 10000,
				       .idle_timeout_ms = 60000 };
	struct err		 e = ERR_INIT;
	struct http_server	*s = http_server_new(loop, &o, &e);

	if (s == NULL || http_server_adopt(s, fd, &e) == -1)
		g_error("%s", e.text);
	return s;
}

static void
answer_ours(void *arg, struct http_request *r)
{
	(void)arg;
	http_reply(r, 202, NULL, NULL, NULL, 0);
}

static void
serve_ours(int fd)
{
	const struct http_route	 route = { "POST", "/hooks/shop", NULL, answer_ours, NULL };
	struct loop		*loop = loop_new();

	http_route_add(make_server(loop, fd), &route);
	loop_run(loop);
}

struct settle_later {
	channel_settled_fn	*settled;
	void			*arg;
};

static int
admit(void *arg, size_t bytes, struct err *why)
{
	return journal_admit(arg, bytes, why);
}

static void
journaled(void *arg, uint64_t lsn, const struct err *why)
{
	struct settle_later	*s = arg;

	s->settled(s->arg, why == NULL ? SETTLED_DURABLE : SETTLED_REFUSED, lsn);
	g_free(s);
}

static void
accept_arrival(void *arg, struct arrival *take, channel_settled_fn *settled, void *settle_arg)
{
	struct settle_later	*s = g_new(struct settle_later, 1);

	s->settled = settled;
	s->arg = settle_arg;
	journal_append(arg, take, journaled, s);
}

static bool
known(void *arg, const struct arrival *a)
{
	(void)arg;
	(void)a;
	return false;
}

static void
serve_hook(int fd, const char *dir)
{
	g_autofree char			*secret = g_build_filename(dir, "secret", NULL);
	struct loop			*loop = loop_new();
	struct journal_options		 jo = { .dir = dir, .segment_size = 64 << 20,
						.retain_ms = 1000, .max_size = INT64_C(8) << 30 };
	struct err			 e = ERR_INIT;
	struct settings_webhook		 hook = { .name = (char *)"shop",
						  .signature = SIGNATURE_HEX,
						  .signature_header = (char *)"X-Signature" };
	struct settings			 settings = { 0 };
	struct channel_sink		 sink = { .admit = admit, .accept = accept_arrival,
					    .known = known };
	struct channel_env		 env = { .loop = loop, .settings = &settings,
						 .sink = &sink };

	g_file_set_contents(secret, SECRET, -1, NULL);
	if ((sink.arg = journal_open(loop, &jo, &e)) == NULL)
		g_error("%s", e.text);
	hook.secret_files = g_ptr_array_new();
	g_ptr_array_add(hook.secret_files, secret);
	settings.http.max_body = 1 << 20;
	settings.webhook = g_ptr_array_new();
	g_ptr_array_add(settings.webhook, &hook);
	env.http = make_server(loop, fd);
	if (channels_start(&env, &e) == NULL)
		g_error("%s", e.text);
	loop_run(loop);
}

/* --- the client --- */

static char *request;
static size_t request_len;
static GArray *latencies;	/* double, milliseconds */

struct connection {
	int	fd;
	int64_t	began_us;
	size_t	got;
};

static void
send_request(struct connection *c)
{
	c->got = 0;
	c->began_us = g_get_monotonic_time();
	if (send(c->fd, request, request_len, MSG_NOSIGNAL) != (ssize_t)request_len)
		g_error("short send: %s", g_strerror(errno));
}

/* Answers are short and come whole; the body is found by Content-Length. */
static bool
take_answer(struct connection *c)
{
	char		buf[2048], *end, *length;
	ssize_t		n = recv(c->fd, buf, sizeof(buf) - 1, 0);
	size_t		body = 0;
	double		ms;

	if (n <= 0)
		g_error("the server closed");
	buf[n] = '\0';
	if (strncmp(buf, "HTTP/1.1 202", 12) != 0)
		g_error("not 202 but %.100s", buf);
	if ((end = strstr(buf, "\r\n\r\n")) == NULL)
		g_error("half an answer");
	if ((length = strcasestr(buf, "Content-Length:")) != NULL)
		body = strtoul(length + 15, NULL, 10);
	if ((size_t)(buf + n - end - 4) != body)
		g_error("a body in pieces");
	ms = (double)(g_get_monotonic_time() - c->began_us) / 1000;
	g_array_append_val(latencies, ms);
	return true;
}

static void
load(unsigned port, double seconds)
{
	struct connection	conns[CONNECTIONS];
	struct sockaddr_in	in = { .sin_family = AF_INET };
	struct epoll_event	ev, evs[CONNECTIONS];
	int			ep = epoll_create1(0), i, n, on = 1;
	int64_t			end;

	in.sin_port = htons((uint16_t)port);
	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	for (i = 0; i < CONNECTIONS; i++) {
		conns[i].fd = socket(AF_INET, SOCK_STREAM, 0);
		while (connect(conns[i].fd, (struct sockaddr *)&in, sizeof(in)) == -1)
			g_usleep(1000);
		setsockopt(conns[i].fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		ev.events = EPOLLIN;
		ev.data.ptr = &conns[i];
		epoll_ctl(ep, EPOLL_CTL_ADD, conns[i].fd, &ev);
		send_request(&conns[i]);
	}
	end = g_get_monotonic_time() + (int64_t)(seconds * 1e6);
	while (g_get_monotonic_time() < end) {
		n = epoll_wait(ep, evs, CONNECTIONS, 1000);
		for (i = 0; i < n; i++)
			if (take_answer(evs[i].data.ptr))
				send_request(evs[i].data.ptr);
	}
	for (i = 0; i < CONNECTIONS; i++)
		close(conns[i].fd);
	close(ep);
}

static int
listen_loopback(unsigned *port)
{
	struct sockaddr_in	in = { .sin_family = AF_INET };
	socklen_t		len = sizeof(in);
	int			fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), on = 1;

	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(fd, (struct sockaddr *)&in, sizeof(in)) == -1 || listen(fd, 128) == -1)
		g_error("cannot listen: %s", g_strerror(errno));
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	getsockname(fd, (struct sockaddr *)&in, &len);
	*port = ntohs(in.sin_port);
	return fd;
}

static int
compare(const void *a, const void *b)
{
	double	x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double
run(const char *kind, const char *dir, double seconds)
{
	unsigned	port;
	int		fd = listen_loopback(&port);
	pid_t		pid = fork();
	double		rate, cpu_us, *ms;
	struct rusage	ru;
	guint		n;

	if (pid == 0) {
		if (strcmp(kind, "evhttp") == 0)
			serve_evhttp(fd);
		else if (strcmp(kind, "ours") == 0)
			serve_ours(fd);
		else
			serve_hook(fd, dir);
		_exit(1);
	}
	close(fd);
	latencies = g_array_new(FALSE, FALSE, sizeof(double));
	load(port, seconds);
	kill(pid, SIGKILL);
	wait4(pid, NULL, 0, &ru);
	n = latencies->len;
	rate = n / seconds;
	g_array_sort(latencies, compare);
	ms = (double *)(void *)latencies->data;
	cpu_us = ((double)(ru.ru_utime.tv_sec + ru.ru_stime.tv_sec) * 1e6 +
	    (double)(ru.ru_utime.tv_usec + ru.ru_stime.tv_usec)) / n;
	printf("%-6s %8.0f req/s  %5.1f us CPU each  p50 %6.2f  p99 %6.2f  p99.9 %6.2f  "
	    "max %6.2f ms\n", kind, rate, cpu_us,
	    ms[n / 2], ms[n - 1 - n / 100], ms[n - 1 - n / 1000], ms[n - 1]);
	fflush(stdout);
	g_array_unref(latencies);
	return rate;
}

static void
make_request(void)
{
	g_autofree char	*body = make_body();
	uint8_t		 mac[DIGEST_SIZE];
	char		 hex[DIGEST_HEX_SIZE];

	digest_hmac(SECRET, strlen(SECRET), body, strlen(body), mac);
	digest_hex(mac, sizeof(mac), hex);
	request = g_strdup_printf("POST /hooks/shop HTTP/1.1\r\nHost: localhost:8080\r\n"
	    "User-Agent: bench/1\r\nAccept: */*\r\nContent-Type: application/json\r\n"
	    "Idempotency-Key: 0192f6c1-7d7c-7000-8000-000000000001\r\n"
	    "X-Signature: %s\r\nContent-Length: %zu\r\n\r\n%s", hex, strlen(body), body);
	request_len = strlen(request);
}

int
main(int argc, char **argv)
{
	static const char *const	kinds[] = { "evhttp", "ours", "hook" };
	double				seconds = argc > 2 ? atof(argv[2]) : 3;
	int				rounds = argc > 3 ? atoi(argv[3]) : 3, i, k;
	GArray				*rates[3];

	if (argc < 2) {
		fprintf(stderr, "usage: bench_http DIR [SECONDS [ROUNDS]]\n");
		return 2;
	}
	make_request();
	for (k = 0; k < 3; k++)
		rates[k] = g_array_new(FALSE, FALSE, sizeof(double));
	for (i = 0; i < rounds; i++)
		for (k = 0; k < 3; k++) {
			double	rate = run(kinds[k], argv[1], seconds);

			g_array_append_val(rates[k], rate);
		}
	for (k = 0; k < 3; k++)
		g_array_sort(rates[k], compare);
	printf("medians: ours %.2f, hook %.2f of evhttp\n",
	    g_array_index(rates[1], double, rounds / 2) / g_array_index(rates[0], double, rounds / 2),
	    g_array_index(rates[2], double, rounds / 2) / g_array_index(rates[0], double, rounds / 2));
	for (k = 0; k < 3; k++)
		g_array_unref(rates[k]);
	g_free(request);
	return 0;
}
