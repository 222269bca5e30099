/* SPDX-License-Identifier: ISC */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <glib.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "io/stream.h"

#define WAIT_MS	10000

struct seen {
	struct loop		*loop;
	struct stream		*stream;
	unsigned		 ups, downs;
	GString			*data;
	struct err		 why;
	bool			 free_on_data;
};

static void
on_up(void *arg)
{
	struct seen	*s = arg;

	s->ups++;
	stream_write(s->stream, "hello", 5);
}

static void
on_data(void *arg, const uint8_t *bytes, size_t len)
{
	struct seen	*s = arg;

	g_string_append_len(s->data, (const char *)bytes, (gssize)len);
	if (s->free_on_data) {
		stream_free(s->stream);
		s->stream = NULL;
		loop_stop(s->loop);
	}
}

static void
on_down(void *arg, const struct err *e)
{
	struct seen	*s = arg;

	s->downs++;
	s->why = *e;
	loop_stop(s->loop);
}

static const struct stream_ops ops = { on_up, on_data, on_down };

static void
on_late(void *arg)
{
	loop_stop(arg);
}

/* Open, run until it is down or the time is over, close. */
static void
try_stream(struct seen *s, const struct stream_options *o, int64_t ms)
{
	struct loop_timer	*late;

	s->loop = loop_new();
	s->data = g_string_new(NULL);
	late = loop_timer_new(s->loop, on_late, s->loop);
	loop_timer_start(late, ms);
	s->stream = stream_open(s->loop, o, &ops, s);
	assert_int_equal(s->ups + s->downs, 0);
	loop_run(s->loop);
	stream_free(s->stream);
	loop_timer_free(late);
	loop_free(s->loop);
	g_string_free(s->data, TRUE);
}

static int
listen_on_loopback(char address[64])
{
	struct sockaddr_in	in = { .sin_family = AF_INET };
	socklen_t		len = sizeof in;
	int			fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(fd, (struct sockaddr *)&in, sizeof in), 0);
	assert_int_equal(listen(fd, 5), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&in, &len), 0);
	g_snprintf(address, 64, "127.0.0.1:%u", ntohs(in.sin_port));
	return fd;
}

/* Answers one connection with what it said, twice, and closes. */
static gpointer
echo_twice(gpointer arg)
{
	char	buf[64];
	ssize_t	n;
	int	fd = accept(GPOINTER_TO_INT(arg), NULL, NULL);

	if (fd != -1 && (n = read(fd, buf, sizeof buf)) > 0)
		if (write(fd, buf, (size_t)n) == n && write(fd, buf, (size_t)n) == n)
			shutdown(fd, SHUT_WR);
	while (fd != -1 && read(fd, buf, sizeof buf) > 0)
		;
	if (fd != -1)
		close(fd);
	return NULL;
}

static void
stream__server_answers_and_closes__data_then_down(void **state)
{
	char			 address[64];
	int			 fd = listen_on_loopback(address);
	GThread			*t = g_thread_new("echo", echo_twice, GINT_TO_POINTER(fd));
	struct seen		 s = { 0 };
	struct stream_options	 o = { .address = address, .connect_ms = WAIT_MS };

	(void)state;
	try_stream(&s, &o, WAIT_MS);
	assert_int_equal(s.ups, 1);
	assert_int_equal(s.downs, 1);
	assert_int_equal(s.why.kind, ERR_TEMP);
	assert_non_null(strstr(s.why.text, "closed by the server"));
	g_thread_join(t);
	close(fd);
}

static void
stream__freed_in_its_own_callback__other_end_sees_the_end_at_once(void **state)
{
	char			 address[64];
	int			 fd = listen_on_loopback(address);
	GThread			*t = g_thread_new("echo", echo_twice, GINT_TO_POINTER(fd));
	struct seen		 s = { .free_on_data = true };
	struct stream_options	 o = { .address = address, .connect_ms = WAIT_MS };

	(void)state;
	try_stream(&s, &o, WAIT_MS);
	assert_int_equal(s.ups, 1);
	assert_int_equal(s.downs, 0);
	g_thread_join(t);
	close(fd);
}

static void
stream__cannot_connect__is_down_once_with_the_kind_of_error(void **state)
{
	static const struct {
		const char	*address;
		enum err_kind	 kind;
	} cases[] = {
		{ "127.0.0.1:1", ERR_TEMP },
		{ "[::1]:1", ERR_TEMP },
		{ "/nonexistent/socket", ERR_TEMP },
		{ "localhost:1", ERR_TEMP },
		{ "no-port", ERR_CONFIG },
		{ "host:", ERR_CONFIG },
		{ "host:99999", ERR_CONFIG },
		{ "host:12x", ERR_CONFIG },
		{ ":6379", ERR_CONFIG },
		{ "", ERR_CONFIG },
	};
	size_t	i;

	(void)state;
	for (i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct seen		s = { 0 };
		struct stream_options	o = { .address = cases[i].address, .connect_ms = WAIT_MS };

		try_stream(&s, &o, WAIT_MS);
		if (s.downs != 1 || s.ups != 0 || s.why.kind != cases[i].kind)
			fail_msg("%s: %u downs, %s", cases[i].address, s.downs, s.why.text);
	}
}

static void
stream__path_too_long__is_a_matter_of_configuration(void **state)
{
	g_autofree char		*tail = g_strnfill(200, 'x'), *path = g_strconcat("/", tail, NULL);
	struct seen		 s = { 0 };
	struct stream_options	 o = { .address = path, .connect_ms = WAIT_MS };

	(void)state;
	try_stream(&s, &o, WAIT_MS);
	assert_int_equal(s.downs, 1);
	assert_int_equal(s.why.kind, ERR_CONFIG);
}

static void
stream__tls_to_a_server_that_says_nothing__times_out(void **state)
{
	char			 address[64];
	int			 fd = listen_on_loopback(address);
	struct seen		 s = { 0 };
	struct stream_options	 o = { .address = address, .tls = true, .connect_ms = 300 };
	int64_t			 began = clock_mono_ms();

	(void)state;
	try_stream(&s, &o, WAIT_MS);
	assert_int_equal(s.downs, 1);
	assert_int_equal(s.ups, 0);
	assert_non_null(strstr(s.why.text, "in time"));
	assert_in_range(clock_mono_ms() - began, 250, 5000);
	close(fd);
}

static void
stream__ca_file_missing__is_a_matter_of_configuration(void **state)
{
	struct seen		s = { 0 };
	struct stream_options	o = { .address = "127.0.0.1:1", .tls = true,
				    .tls_ca_file = "/nonexistent.pem", .connect_ms = 300 };

	(void)state;
	try_stream(&s, &o, WAIT_MS);
	assert_int_equal(s.downs, 1);
	assert_int_equal(s.why.kind, ERR_CONFIG);
}

static void
stream__freed_while_a_name_is_looked_up__is_silent(void **state)
{
	struct seen		s = { 0 };
	struct stream_options	o = { .address = "does-not-exist.invalid:6379", .connect_ms = WAIT_MS };

	(void)state;
	try_stream(&s, &o, 20);
	assert_int_equal(s.ups, 0);
}

/* Whatever the library still has queued for it is for LeakSanitizer to find. */
static void
stream__freed_with_its_loop_at_any_turn_of_connecting__nothing_is_left(void **state)
{
	g_autofree char		*dir = g_dir_make_tmp("intaked-stream-XXXXXX", NULL);
	g_autofree char		*path = g_build_filename(dir, "socket", NULL);
	struct sockaddr_un	 un = { .sun_family = AF_UNIX };
	struct stream_options	 o = { .address = path, .connect_ms = WAIT_MS };
	struct seen		 s;
	int			 fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), turns, i;

	(void)state;
	g_strlcpy(un.sun_path, path, sizeof un.sun_path);
	assert_int_equal(bind(fd, (struct sockaddr *)&un, sizeof un), 0);
	assert_int_equal(listen(fd, 8), 0);
	for (turns = 0; turns < 5; turns++) {
		s = (struct seen){ .loop = loop_new(), .data = g_string_new(NULL) };
		s.stream = stream_open(s.loop, &o, &ops, &s);
		for (i = 0; i < turns; i++) {
			loop_defer(s.loop, on_late, s.loop);
			loop_run(s.loop);
		}
		stream_free(s.stream);
		loop_free(s.loop);
		g_string_free(s.data, TRUE);
		assert_int_equal(s.downs, 0);
	}
	close(fd);
	unlink(path);
	rmdir(dir);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(stream__server_answers_and_closes__data_then_down),
		cmocka_unit_test(stream__freed_in_its_own_callback__other_end_sees_the_end_at_once),
		cmocka_unit_test(stream__cannot_connect__is_down_once_with_the_kind_of_error),
		cmocka_unit_test(stream__path_too_long__is_a_matter_of_configuration),
		cmocka_unit_test(stream__tls_to_a_server_that_says_nothing__times_out),
		cmocka_unit_test(stream__ca_file_missing__is_a_matter_of_configuration),
		cmocka_unit_test(stream__freed_while_a_name_is_looked_up__is_silent),
		cmocka_unit_test(stream__freed_with_its_loop_at_any_turn_of_connecting__nothing_is_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
