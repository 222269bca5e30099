/* SPDX-License-Identifier: ISC */
/*
 * The pool runs this very program as its worker: "--worker=test" answers
 * what the first letter of the request says.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mapped.h"
#include "io/child.h"

#define MAX_ANSWER	(8 << 20)

/* ------------------------------------------------------------ the worker */

static void
answer_fds(GString *out)
{
	int	fd;

	for (fd = 0; fd < 256; fd++) {
		if (fcntl(fd, F_GETFD) != -1)
			g_string_append_printf(out, "%d ", fd);
	}
}

static void
answer_config(GString *out)
{
	char	buf[4096];
	ssize_t	n = read(CHILD_CONFIG_FD, buf, sizeof(buf));

	g_string_append_len(out, buf, n);
}

static int
worker(void)
{
	g_autoptr(GByteArray)	 in = g_byte_array_new();
	g_autoptr(GString)	 out = g_string_new(NULL);

	while (child_read_frame(CHILD_FD, in, MAX_ANSWER) == 0) {
		g_string_truncate(out, 0);
		switch (in->len > 0 ? in->data[0] : 0) {
		case 'e': g_string_append_len(out, (char *)in->data, in->len); break;
		case 'p': g_string_printf(out, "%d", (int)getpid()); break;
		case 'f': answer_fds(out); break;
		case 'c': answer_config(out); break;
		case 'k': kill(getpid(), SIGKILL); break;
		case 'x': _exit(3);
		case 's': sleep(60); break;
		case 'b': g_string_set_size(out, MAX_ANSWER + 1); break;
		default: break;
		}
		if (child_write_frame(CHILD_FD, out->str, out->len) == -1)
			return 1;
	}
	return 0;
}

/* ------------------------------------------------------------- the tests */

struct result {
	struct fixture		*fixture;
	unsigned		 calls;
	enum child_outcome	 outcome;
	char			*text;
	size_t			 len;
};

struct fixture {
	struct loop		*loop;
	struct child_pool	*pool;
	struct result		 results[64];
	unsigned		 asked, awaited;
};

static void
on_done(void *arg, enum child_outcome outcome, GBytes *frame)
{
	struct result	*r = arg;
	gsize		 len = 0;
	const char	*text = frame != NULL ? g_bytes_get_data(frame, &len) : NULL;

	r->calls++;
	r->outcome = outcome;
	r->text = g_strndup(text, len);
	r->len = len;
	if (--r->fixture->awaited == 0)
		loop_stop(r->fixture->loop);
}

static struct fixture *
begin(unsigned count, unsigned recycle, int64_t timeout_ms)
{
	struct fixture		*f = g_new0(struct fixture, 1);
	struct child_options	 o = {
		.worker = "test", .name = "test", .count = count, .recycle = recycle,
		.timeout_ms = timeout_ms, .max_answer = MAX_ANSWER, .config = "one"
	};

	f->loop = loop_new();
	f->pool = child_pool_new(f->loop, &o);
	return f;
}

static void
end(struct fixture *f)
{
	unsigned	i;

	child_pool_free(f->pool);
	loop_free(f->loop);
	for (i = 0; i < f->asked; i++) {
		assert_int_equal(f->results[i].calls, 1);
		g_free(f->results[i].text);
	}
	g_free(f);
}

static struct result *
ask_bytes(struct fixture *f, const void *bytes, size_t len)
{
	struct result	*r = &f->results[f->asked++];
	GByteArray	*b = g_byte_array_new();

	r->fixture = f;
	f->awaited++;
	g_byte_array_append(b, bytes, (guint)len);
	child_ask(f->pool, b, on_done, r);
	return r;
}

static struct result *
ask(struct fixture *f, const char *text)
{
	return ask_bytes(f, text, strlen(text));
}

static struct result *
ask_and_wait(struct fixture *f, const char *text)
{
	struct result	*r = ask(f, text);

	loop_run(f->loop);
	return r;
}

static void
child_ask__one_request__is_answered(void **state)
{
	struct fixture	*f = begin(1, 0, 5000);
	struct result	*r = ask_and_wait(f, "echo");

	(void)state;
	assert_int_equal(r->outcome, CHILD_ANSWERED);
	assert_string_equal(r->text, "echo");
	end(f);
}

static void
child_ask__megabytes_both_ways__arrive_whole(void **state)
{
	struct fixture		*f = begin(1, 0, 20000);
	g_autofree char		*big = g_malloc(MAX_ANSWER);
	struct result		*r;
	size_t			 i;

	(void)state;
	for (i = 0; i < MAX_ANSWER; i++)
		big[i] = (char)('a' + i % 23);
	big[0] = 'e';
	r = ask_bytes(f, big, MAX_ANSWER);
	loop_run(f->loop);
	assert_int_equal(r->outcome, CHILD_ANSWERED);
	assert_int_equal(r->len, MAX_ANSWER);
	assert_memory_equal(r->text, big, MAX_ANSWER);
	end(f);
}

/* Pages of files that are mapped and in memory. */
static long
rss_file_kib(void)
{
	g_autofree char	*status = NULL;
	const char	*at;

	assert_true(g_file_get_contents("/proc/self/status", &status, NULL, NULL));
	assert_non_null(at = strstr(status, "RssFile:"));
	return strtol(at + strlen("RssFile:"), NULL, 10);
}

/* A file of 8 MB as it is mapped: sent from there, and not kept in memory for it. */
static void
child_ask_long__mapped_tail__arrives_whole_and_is_let_go(void **state)
{
	struct fixture		*f = begin(1, 0, 20000);
	g_autofree char		*big = g_malloc(MAX_ANSWER);
	FILE			*file = tmpfile();
	struct child_tail	 tail = { NULL, true };
	GByteArray		*head = g_byte_array_new();
	struct result		*r = &f->results[f->asked++];
	long			 before;
	size_t			 i;

	(void)state;
	for (i = 0; i < MAX_ANSWER; i++)
		big[i] = (char)('a' + i % 23);
	big[100] = 'e';
	fwrite(big, 1, MAX_ANSWER, file);
	fflush(file);
	tail.bytes = mapped_bytes(fileno(file), 200, MAX_ANSWER - 200);
	assert_non_null(tail.bytes);
	before = rss_file_kib();
	g_byte_array_append(head, (const guint8 *)big + 100, 100);
	r->fixture = f;
	f->awaited++;
	child_ask_long(f->pool, head, &tail, on_done, r);
	loop_run(f->loop);
	assert_int_equal(r->len, MAX_ANSWER - 100);
	assert_memory_equal(r->text, big + 100, MAX_ANSWER - 100);
	assert_true(rss_file_kib() < before + 1024);
	g_bytes_unref(tail.bytes);
	fclose(file);
	end(f);
}

static void
child_ask__empty_request__gets_an_empty_answer(void **state)
{
	struct fixture	*f = begin(1, 0, 5000);
	struct result	*r = ask_and_wait(f, "");

	(void)state;
	assert_int_equal(r->outcome, CHILD_ANSWERED);
	assert_int_equal(r->len, 0);
	end(f);
}

static void
child_ask__more_requests_than_children__wait_in_order(void **state)
{
	struct fixture	*f = begin(2, 0, 5000);
	unsigned	 i;

	(void)state;
	for (i = 0; i < 40; i++) {
		g_autofree char *text = g_strdup_printf("e%u", i);
		ask(f, text);
	}
	assert_int_equal(child_waiting(f->pool), 38);
	loop_run(f->loop);
	assert_int_equal(child_waiting(f->pool), 0);
	for (i = 0; i < 40; i++) {
		g_autofree char *text = g_strdup_printf("e%u", i);
		assert_string_equal(f->results[i].text, text);
	}
	end(f);
}

static void
child_ask__child_killed_in_the_middle__dies_once_and_is_replaced(void **state)
{
	struct fixture	*f = begin(1, 0, 5000);

	(void)state;
	assert_int_equal(ask_and_wait(f, "echo")->outcome, CHILD_ANSWERED);
	assert_int_equal(ask_and_wait(f, "k")->outcome, CHILD_DIED);
	assert_int_equal(ask_and_wait(f, "x")->outcome, CHILD_DIED);
	assert_int_equal(ask_and_wait(f, "echo")->outcome, CHILD_ANSWERED);
	end(f);
}

static void
child_ask__always_dying__pauses_grow(void **state)
{
	struct fixture	*f = begin(1, 0, 5000);
	int64_t		 began;
	unsigned	 i;

	(void)state;
	began = clock_mono_ms();
	for (i = 0; i < 5; i++)
		assert_int_equal(ask_and_wait(f, "k")->outcome, CHILD_DIED);
	/* none, 100, 200, 400 ms before the 2nd to the 5th process */
	assert_true(clock_mono_ms() - began >= 650);
	assert_int_equal(ask_and_wait(f, "echo")->outcome, CHILD_ANSWERED);
	began = clock_mono_ms();
	ask_and_wait(f, "k");
	assert_int_equal(ask_and_wait(f, "echo")->outcome, CHILD_ANSWERED);
	assert_true(clock_mono_ms() - began < 600);
	end(f);
}

static void
child_ask__hanging__is_killed_at_its_deadline(void **state)
{
	struct fixture	*f = begin(1, 0, 300);
	int64_t		 began = clock_mono_ms();

	(void)state;
	assert_int_equal(ask_and_wait(f, "s")->outcome, CHILD_LATE);
	assert_true(clock_mono_ms() - began < 3000);
	end(f);
}

static void
child_ask__answer_larger_than_allowed__kills_the_child(void **state)
{
	struct fixture	*f = begin(1, 0, 5000);

	(void)state;
	assert_int_equal(ask_and_wait(f, "b")->outcome, CHILD_DIED);
	assert_int_equal(ask_and_wait(f, "echo")->outcome, CHILD_ANSWERED);
	end(f);
}

static void
child_ask__after_recycle_answers__is_another_process(void **state)
{
	struct fixture	*f = begin(1, 2, 5000);
	struct result	*first = ask_and_wait(f, "p"), *second = ask_and_wait(f, "p"),
			*third = ask_and_wait(f, "p");

	(void)state;
	assert_string_equal(first->text, second->text);
	assert_string_not_equal(second->text, third->text);
	end(f);
}

static void
child__its_descriptors__are_the_five_and_no_more(void **state)
{
	int		 stray = open("/dev/null", O_RDONLY);	/* not close-on-exec */
	struct fixture	*f = begin(1, 0, 5000);

	(void)state;
	assert_string_equal(ask_and_wait(f, "f")->text, "0 1 2 3 4 ");
	end(f);
	close(stray);
}

static void
child_pool_renew__new_text__is_what_the_next_child_reads(void **state)
{
	struct fixture	*f = begin(1, 0, 5000);

	(void)state;
	assert_string_equal(ask_and_wait(f, "c")->text, "one");
	child_pool_renew(f->pool, "two");
	assert_string_equal(ask_and_wait(f, "c")->text, "two");
	end(f);
}

static void
child_pool_renew__while_busy__lets_the_request_end(void **state)
{
	struct fixture	*f = begin(1, 0, 5000);
	struct result	*r = ask(f, "c"), *next;

	(void)state;
	child_pool_renew(f->pool, "two");
	next = ask(f, "c");
	loop_run(f->loop);
	assert_string_equal(r->text, "one");
	assert_string_equal(next->text, "two");
	end(f);
}

static void
child_pool_free__requests_under_way__are_unavailable(void **state)
{
	struct fixture	*f = begin(1, 0, 5000);
	struct result	*busy = ask(f, "s"), *queued = ask(f, "echo");

	(void)state;
	f->awaited = 1000;
	child_pool_free(f->pool);
	f->pool = NULL;
	assert_int_equal(busy->outcome, CHILD_UNAVAILABLE);
	assert_int_equal(queued->outcome, CHILD_UNAVAILABLE);
	end(f);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(child_ask__one_request__is_answered),
		cmocka_unit_test(child_ask__megabytes_both_ways__arrive_whole),
		cmocka_unit_test(child_ask_long__mapped_tail__arrives_whole_and_is_let_go),
		cmocka_unit_test(child_ask__empty_request__gets_an_empty_answer),
		cmocka_unit_test(child_ask__more_requests_than_children__wait_in_order),
		cmocka_unit_test(child_ask__child_killed_in_the_middle__dies_once_and_is_replaced),
		cmocka_unit_test(child_ask__always_dying__pauses_grow),
		cmocka_unit_test(child_ask__hanging__is_killed_at_its_deadline),
		cmocka_unit_test(child_ask__answer_larger_than_allowed__kills_the_child),
		cmocka_unit_test(child_ask__after_recycle_answers__is_another_process),
		cmocka_unit_test(child__its_descriptors__are_the_five_and_no_more),
		cmocka_unit_test(child_pool_renew__new_text__is_what_the_next_child_reads),
		cmocka_unit_test(child_pool_renew__while_busy__lets_the_request_end),
		cmocka_unit_test(child_pool_free__requests_under_way__are_unavailable),
	};

	if (argc > 1 && strcmp(argv[1], "--worker=test") == 0)
		return worker();
	return cmocka_run_group_tests_name("child", tests, NULL, NULL);
}
