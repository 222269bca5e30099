/* SPDX-License-Identifier: ISC */
/*
 * A closed loop of HTTP POSTs on loopback: so many connections, each with one
 * request under way, for so many seconds.  Prints one line:
 *
 *	requests/s p50_ms p99_ms max_ms other_answers
 *
 * usage: http_load PORT PATH CONNECTIONS SECONDS BODY-FILE SECRET
 *
 * The body is signed once in GitHub's way (over the body alone), and each
 * request has an id of its own in X-Request-Id, so that the server does all
 * of its work and the load next to none.  Only 127.0.0.1 is ever asked.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/digest.h"

#define MAX_SECONDS	60

struct connection {
	int	fd;
	int64_t	sent_us;
	char	in[2048];
	size_t	have;
};

static char		*head, *body;
static size_t		 body_len;
static GArray		*latencies;
static unsigned long	 accepted, others, serial;

static int64_t
now_us(void)
{
	struct timespec	ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

static void
fire(struct connection *c)
{
	static char	out[65536];
	int		n = snprintf(out, sizeof out, "%sX-Request-Id: %d-%lu\r\n\r\n", head,
			    (int)getpid(), ++serial);

	memcpy(out + n, body, body_len);
	c->sent_us = now_us();
	if (write(c->fd, out, (size_t)n + body_len) != n + (ssize_t)body_len) {
		perror("write");
		exit(1);
	}
}

/* A whole answer is in the buffer: head, and the body it announces. */
static size_t
answer_length(const struct connection *c)
{
	const char	*end = g_strstr_len(c->in, (gssize)c->have, "\r\n\r\n");
	const char	*length = end != NULL ?
			    g_strstr_len(c->in, end - c->in, "Content-Length: ") : NULL;
	size_t		 total;

	if (end == NULL)
		return 0;
	total = (size_t)(end - c->in) + 4 + (length != NULL ? strtoul(length + 16, NULL, 10) : 0);
	return total <= c->have ? total : 0;
}

static void
on_readable(struct connection *c)
{
	ssize_t	n = read(c->fd, c->in + c->have, sizeof c->in - c->have);
	guint32	took;

	if (n <= 0) {
		fprintf(stderr, "connection lost: %s\n", n == 0 ? "closed" : strerror(errno));
		exit(1);
	}
	c->have += (size_t)n;
	if (answer_length(c) == 0)
		return;
	took = (guint32)(now_us() - c->sent_us);
	g_array_append_val(latencies, took);
	if (memcmp(c->in + 9, "202", 3) == 0)
		accepted++;
	else
		others++;
	c->have = 0;
	fire(c);
}

static void
dial(struct connection *c, int port)
{
	struct sockaddr_in	sin = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port),
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int			one = 1;

	c->fd = socket(AF_INET, SOCK_STREAM, 0);
	if (connect(c->fd, (struct sockaddr *)&sin, sizeof sin) == -1) {
		perror("connect");
		exit(1);
	}
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
}

static void
prepare(const char *path, const char *body_file, const char *secret)
{
	uint8_t	mac[DIGEST_SIZE];
	char	hex[DIGEST_HEX_SIZE];
	gsize	len;

	if (!g_file_get_contents(body_file, &body, &len, NULL)) {
		fprintf(stderr, "cannot read %s\n", body_file);
		exit(1);
	}
	body_len = len;
	digest_hmac(secret, strlen(secret), body, len, mac);
	digest_hex(mac, sizeof mac, hex);
	head = g_strdup_printf("POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\n"
	    "Content-Type: application/json\r\nContent-Length: %zu\r\n"
	    "X-Hub-Signature-256: sha256=%s\r\n", path, body_len, hex);
}

static int
by_value(gconstpointer a, gconstpointer b)
{
	guint32	x = *(const guint32 *)a, y = *(const guint32 *)b;

	return (x > y) - (x < y);
}

static double
quantile_ms(double q)
{
	if (latencies->len == 0)
		return 0;
	return g_array_index(latencies, guint32, (guint)(q * (latencies->len - 1))) / 1000.0;
}

static void
run(int connections, int port, int seconds)
{
	struct connection	*c = g_new0(struct connection, (gsize)connections);
	struct epoll_event	 ev, ready[256];
	int			 ep = epoll_create1(0), i, n;
	int64_t			 end;

	for (i = 0; i < connections; i++) {
		dial(&c[i], port);
		ev.events = EPOLLIN;
		ev.data.ptr = &c[i];
		epoll_ctl(ep, EPOLL_CTL_ADD, c[i].fd, &ev);
	}
	end = now_us() + (int64_t)seconds * 1000000;
	for (i = 0; i < connections; i++)
		fire(&c[i]);
	while (now_us() < end) {
		n = epoll_wait(ep, ready, 256, 100);
		for (i = 0; i < n; i++)
			on_readable(ready[i].data.ptr);
	}
	g_free(c);
}

int
main(int argc, char **argv)
{
	int	seconds;

	if (argc != 7) {
		fprintf(stderr, "usage: http_load PORT PATH CONNECTIONS SECONDS BODY-FILE SECRET\n");
		return 64;
	}
	seconds = MIN(atoi(argv[4]), MAX_SECONDS);
	latencies = g_array_new(FALSE, FALSE, sizeof(guint32));
	prepare(argv[2], argv[5], argv[6]);
	run(atoi(argv[3]), atoi(argv[1]), seconds);
	g_array_sort(latencies, by_value);
	printf("%.0f %.2f %.2f %.2f %lu\n", (double)accepted / seconds, quantile_ms(.5),
	    quantile_ms(.99), quantile_ms(1), others);
	return 0;
}
