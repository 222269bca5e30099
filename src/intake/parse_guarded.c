/* SPDX-License-Identifier: ISC */
#include "intake/parse_guarded.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "intake/parse_worker.h"
#include "io/child.h"
#include "model/wire.h"

struct parse_guarded {
	const struct settings	*settings;
	const struct parser	*parser;
	pid_t			 pid;		/* -1: none is running */
	int			 fd;
};

struct parse_guarded *
parse_guarded_new(const struct settings *s, const struct parser *p)
{
	struct parse_guarded	*g = g_new0(struct parse_guarded, 1);

	g->settings = s;
	g->parser = p;
	g->pid = -1;
	return g;
}

static void
end_child(struct parse_guarded *g)
{
	if (g->pid == -1)
		return;
	close(g->fd);
	kill(g->pid, SIGKILL);
	while (waitpid(g->pid, NULL, 0) == -1 && errno == EINTR)
		continue;
	g->pid = -1;
}

void
parse_guarded_free(struct parse_guarded *g)
{
	if (g == NULL)
		return;
	end_child(g);
	g_free(g);
}

static int
start_child(struct parse_guarded *g)
{
	int	pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == -1)
		return -1;
	if ((g->pid = fork()) == 0) {
		close(pair[0]);
		_exit(parse_worker_serve(g->parser, pair[1], g->settings->workers.parse_memory));
	}
	close(pair[1]);
	g->fd = pair[0];
	if (g->pid == -1)
		close(pair[0]);
	return g->pid == -1 ? -1 : 0;
}

/* Wait for the first byte, then read; the child writes its answer in one go. */
static int
await_answer(struct parse_guarded *g, GByteArray *frame, int64_t deadline)
{
	struct pollfd	pfd = { .fd = g->fd, .events = POLLIN };
	int64_t		left = deadline - clock_mono_ms();
	int		n;

	do
		n = poll(&pfd, 1, left > 0 ? (int)left : 0);
	while (n == -1 && errno == EINTR);
	if (n == 0) {
		errno = ETIMEDOUT;
		return -1;
	}
	return child_read_frame(g->fd, frame, UINT32_MAX);
}

static struct parsed *
try_once(struct parse_guarded *g, const GByteArray *request, const char **failure)
{
	g_autoptr(GByteArray)	 frame = g_byte_array_new();
	struct parsed		*parsed = NULL;
	struct wire_reader	 r;
	g_autoptr(GBytes)	 whole = NULL;
	const void		*bytes;
	size_t			 len;
	int64_t			 deadline = clock_mono_ms() + g->settings->workers.parse_timeout_ms;

	*failure = "parse-died";
	if (g->pid == -1 && start_child(g) == -1)
		return NULL;
	errno = 0;
	if (child_write_frame(g->fd, request->data, request->len) == -1 ||
	    await_answer(g, frame, deadline) == -1) {
		if (errno == ETIMEDOUT)
			*failure = "parse-late";
		end_child(g);
		return NULL;
	}
	wire_start(&r, frame->data, frame->len);
	bytes = wire_bytes(&r, &len);
	whole = g_bytes_new(bytes, bytes != NULL ? len : 0);
	if ((parsed = parsed_decode(whole, NULL)) == NULL)
		*failure = "parse-refused";
	else
		*failure = NULL;
	return parsed;
}

struct parsed *
parse_guarded_run(struct parse_guarded *g, const struct arrival *a, const char **failure)
{
	g_autoptr(GByteArray)	 request = g_byte_array_new();
	g_autoptr(GByteArray)	 one = g_byte_array_new();
	struct parsed		*parsed;
	int			 tries;

	arrival_encode(a, one);
	wire_put_u32(request, 1);
	wire_put_bytes(request, one->data, one->len);
	for (tries = 0; tries < 2; tries++)
		if ((parsed = try_once(g, request, failure)) != NULL)
			return parsed;
	return parser_minimal(g->parser, a, *failure);
}
