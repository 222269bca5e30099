/* SPDX-License-Identifier: ISC */
/*
 * The server on a unix socket in a temporary directory, clients that block in
 * threads of their own.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <glib.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "io/line_server.h"

#define SILENT_MS	200

struct fixture {
	struct loop		*loop;
	struct line_server	*server;
	char			*dir, *path;
	struct line_peer	*peer;
	GString			*got;
	const char		*greeting, *answer;
	bool			 ends;
	unsigned		 opened, late, closed;
	struct loop_timer	*limit;
};

static void *
on_opened(void *arg, struct line_peer *peer, const char *address)
{
	struct fixture	*f = arg;

	assert_string_equal(address, "local");
	f->peer = peer;
	f->opened++;
	if (f->greeting != NULL)
		line_peer_send(peer, f->greeting, strlen(f->greeting));
	if (f->ends)
		line_peer_end(peer);
	return f;
}

static void
on_received(void *arg, const uint8_t *bytes, size_t len)
{
	struct fixture	*f = arg;

	g_string_append_len(f->got, (const char *)bytes, (gssize)len);
	if (f->answer != NULL)
		line_peer_send(f->peer, f->answer, strlen(f->answer));
}

static void
on_late(void *arg)
{
	struct fixture	*f = arg;

	f->late++;
	line_peer_send(f->peer, "late", 4);
	line_peer_end(f->peer);
}

static void
on_closed(void *arg)
{
	((struct fixture *)arg)->closed++;
}

static const struct line_server_ops ops = { on_opened, on_received, on_late, on_closed };

static void
on_limit(void *arg)
{
	(void)arg;
	g_error("the test takes too long");
}

static int
setup(void **state)
{
	struct fixture	*f = g_new0(struct fixture, 1);
	struct err	 e = ERR_INIT;

	f->loop = loop_new();
	f->server = line_server_new(f->loop, &ops, f, SILENT_MS);
	f->dir = g_dir_make_tmp("line-server-XXXXXX", NULL);
	f->path = g_build_filename(f->dir, "s", NULL);
	f->got = g_string_new(NULL);
	f->limit = loop_timer_new(f->loop, on_limit, f);
	loop_timer_start(f->limit, 20000);
	assert_int_equal(line_server_listen(f->server, f->path, 0600, &e), 0);
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture	*f = *state;

	line_server_free(f->server);
	assert_false(g_file_test(f->path, G_FILE_TEST_EXISTS));
	loop_timer_free(f->limit);
	loop_free(f->loop);
	g_rmdir(f->dir);
	g_string_free(f->got, TRUE);
	g_free(f->path);
	g_free(f->dir);
	g_free(f);
	return 0;
}

/* What a client does, and what it has read up to the end. */
struct client {
	struct fixture	*f;
	size_t		 to_send;	/* bytes, before it reads anything */
	bool		 stays;		/* does not say that this was all */
	GString		*read;
};

static void
stop_loop(void *loop)
{
	loop_stop(loop);
}

static gpointer
run_client(gpointer arg)
{
	struct client		*c = arg;
	struct sockaddr_un	 un = { .sun_family = AF_UNIX };
	int			 fd = socket(AF_UNIX, SOCK_STREAM, 0);
	char			 buf[65536];
	ssize_t			 n;

	g_strlcpy(un.sun_path, c->f->path, sizeof(un.sun_path));
	if (connect(fd, (struct sockaddr *)&un, sizeof(un)) == -1)
		g_error("no connection");
	memset(buf, 'x', sizeof(buf));
	while (c->to_send > 0 && (n = send(fd, buf, MIN(c->to_send, sizeof(buf)),
	    MSG_NOSIGNAL)) > 0)
		c->to_send -= (size_t)n;
	if (!c->stays)
		shutdown(fd, SHUT_WR);
	while ((n = recv(fd, buf, sizeof(buf), 0)) > 0)
		g_string_append_len(c->read, buf, n);
	close(fd);
	loop_post(c->f->loop, stop_loop, c->f->loop);
	return NULL;
}

static void
run_to_end(struct client *c)
{
	GThread	*thread;

	c->read = g_string_new(NULL);
	thread = g_thread_new("client", run_client, c);
	loop_run(c->f->loop);
	g_thread_join(thread);
}

static void
socket__listened_on__has_the_mode_that_was_asked_for(void **state)
{
	struct fixture	*f = *state;
	struct stat	 st;

	assert_int_equal(stat(f->path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

static void
peer__talks__gets_answers_and_is_told_to_have_gone(void **state)
{
	struct fixture	*f = *state;
	struct client	 c = { .f = f, .to_send = 300000 };

	f->greeting = "hello ";
	f->answer = "ok ";
	run_to_end(&c);
	assert_int_equal(f->opened, 1);
	assert_int_equal(f->closed, 1);
	assert_int_equal(f->got->len, 300000);
	assert_true(g_str_has_prefix(c.read->str, "hello ok ok "));
	g_string_free(c.read, TRUE);
}

static void
peer__silent__is_late_once_and_hears_the_last_words(void **state)
{
	struct fixture	*f = *state;
	struct client	 c = { .f = f, .stays = true };

	run_to_end(&c);
	assert_string_equal(c.read->str, "late");
	assert_int_equal(f->late, 1);
	assert_int_equal(f->closed, 0);
	g_string_free(c.read, TRUE);
}

static void
peer__ended_at_once__hears_it_though_it_has_sent_much(void **state)
{
	struct fixture	*f = *state;
	struct client	 c = { .f = f, .to_send = 500000 };

	f->greeting = "go away";
	f->ends = true;
	run_to_end(&c);
	assert_string_equal(c.read->str, "go away");
	assert_int_equal(f->got->len, 0);
	assert_int_equal(f->closed, 0);
	g_string_free(c.read, TRUE);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test_setup_teardown(
		    socket__listened_on__has_the_mode_that_was_asked_for, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    peer__talks__gets_answers_and_is_told_to_have_gone, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    peer__silent__is_late_once_and_hears_the_last_words, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    peer__ended_at_once__hears_it_though_it_has_sent_much, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
