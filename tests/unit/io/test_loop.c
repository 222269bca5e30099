/* SPDX-License-Identifier: ISC */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <glib.h>
#include <signal.h>
#include <unistd.h>

#include "base/clock.h"
#include "io/loop.h"

static struct loop *loop;
static GString *seen;

static int
set_up(void **state)
{
	(void)state;
	loop = loop_new();
	seen = g_string_new(NULL);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	loop_free(loop);
	g_string_free(seen, TRUE);
	return 0;
}

static void
note(void *arg)
{
	g_string_append(seen, arg);
}

static void
stop(void *arg)
{
	(void)arg;
	loop_stop(loop);
}

/* Run the loop for about so long. */
static void
run_for(int64_t ms)
{
	struct loop_timer	*end = loop_timer_new(loop, stop, NULL);

	loop_timer_start(end, ms);
	loop_run(loop);
	loop_timer_free(end);
}

static void
loop_timer_start__several_timers__fire_in_order_of_time(void **state)
{
	struct loop_timer	*a = loop_timer_new(loop, note, "a");
	struct loop_timer	*b = loop_timer_new(loop, note, "b");
	struct loop_timer	*c = loop_timer_new(loop, note, "c");

	(void)state;
	loop_timer_start(c, 20);
	loop_timer_start(b, 10);
	loop_timer_start(a, 0);
	run_for(40);
	assert_string_equal(seen->str, "abc");
	loop_timer_free(a);
	loop_timer_free(b);
	loop_timer_free(c);
}

static void
loop_timer_every__until_stopped__repeats_and_can_be_one_shot_again(void **state)
{
	struct loop_timer	*t = loop_timer_new(loop, note, "x");
	gsize			 many;

	(void)state;
	loop_timer_every(t, 5);
	for (many = 0; many < 3; many = seen->len)
		run_for(20);
	loop_timer_stop(t);
	run_for(20);
	assert_int_equal(seen->len, many);
	loop_timer_start(t, 1);
	run_for(20);
	assert_int_equal(seen->len, many + 1);
	loop_timer_free(t);
}

static struct loop_timer *suicide;

static void
free_own_timer(void *arg)
{
	(void)arg;
	loop_timer_free(suicide);
	note("f");
}

static void
loop_timer_free__inside_its_own_callback__is_safe(void **state)
{
	(void)state;
	suicide = loop_timer_new(loop, free_own_timer, NULL);
	loop_timer_every(suicide, 1);
	run_for(15);
	assert_string_equal(seen->str, "f");
}

static void
defer_again(void *arg)
{
	static int	left = 3;

	note("d");
	if (--left > 0)
		loop_defer(loop, defer_again, arg);
}

static void
loop_defer__calls_that_defer__all_run_in_order(void **state)
{
	(void)state;
	loop_defer(loop, note, "1");
	loop_defer(loop, defer_again, NULL);
	loop_defer(loop, note, "2");
	run_for(20);
	assert_string_equal(seen->str, "1d2dd");
}

static int posted_sum, posted_last, posted_disorder;

static void
add_up(void *arg)
{
	int	n = GPOINTER_TO_INT(arg);

	if (n != posted_last + 1)
		posted_disorder++;
	posted_last = n;
	posted_sum += n;
	if (n == 20000)
		loop_stop(loop);
}

static gpointer
post_many(gpointer arg)
{
	int	i;

	(void)arg;
	for (i = 1; i <= 20000; i++)
		loop_post(loop, add_up, GINT_TO_POINTER(i));
	return NULL;
}

static void
loop_post__from_a_thread__arrives_complete_and_in_order(void **state)
{
	GThread	*thread = g_thread_new("poster", post_many, NULL);

	(void)state;
	loop_run(loop);
	g_thread_join(thread);
	assert_int_equal(posted_disorder, 0);
	assert_int_equal(posted_sum, 20000 / 2 * 20001);
}

static void
take_byte(int fd, void *arg)
{
	char	c = 0;

	(void)arg;
	assert_int_equal(read(fd, &c, 1), 1);
	g_string_append_c(seen, c);
}

static void
loop_watch_read__bytes_in_a_pipe__are_seen_until_freed(void **state)
{
	struct loop_watch	*w;
	int			 fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	w = loop_watch_read(loop, fds[0], take_byte, NULL);
	assert_int_equal(write(fds[1], "hey", 3), 3);
	run_for(15);
	loop_watch_free(w);
	assert_int_equal(write(fds[1], "x", 1), 1);
	run_for(15);
	assert_string_equal(seen->str, "hey");
	close(fds[0]);
	close(fds[1]);
}

static void
loop_on_signal__usr1__calls_back_on_the_loop(void **state)
{
	(void)state;
	loop_on_signal(loop, SIGUSR1, note, "s");
	raise(SIGUSR1);
	assert_string_equal(seen->str, "");
	run_for(15);
	assert_string_equal(seen->str, "s");
}

static void
hog(void *arg)
{
	(void)arg;
	g_usleep(700 * 1000);
}

static void
loop_lag_ms__a_callback_that_blocks__shows(void **state)
{
	(void)state;
	loop_defer(loop, hog, NULL);
	run_for(750);
	assert_in_range(loop_lag_ms(loop), 150, 5000);
}

#define TEST(t)	cmocka_unit_test_setup_teardown(t, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(loop_timer_start__several_timers__fire_in_order_of_time),
		TEST(loop_timer_every__until_stopped__repeats_and_can_be_one_shot_again),
		TEST(loop_timer_free__inside_its_own_callback__is_safe),
		TEST(loop_defer__calls_that_defer__all_run_in_order),
		TEST(loop_post__from_a_thread__arrives_complete_and_in_order),
		TEST(loop_watch_read__bytes_in_a_pipe__are_seen_until_freed),
		TEST(loop_on_signal__usr1__calls_back_on_the_loop),
		TEST(loop_lag_ms__a_callback_that_blocks__shows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
