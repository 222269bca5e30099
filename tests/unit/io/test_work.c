/* SPDX-License-Identifier: ISC */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <glib.h>

#include "io/work.h"

#define JOBS	500

struct lane_test {
	struct loop		*loop;
	struct work_lane	*lane;
	unsigned		 groups;	/* the thread's own until it has ended */
	unsigned		 largest;
	unsigned		 ran;
	int			 last;
	unsigned		 done;
	unsigned		 disorder;
	GThread			*loop_thread;
	unsigned		 wrong_thread;
	unsigned		 add_in_done;
};

static void
run(void *arg, GPtrArray *jobs)
{
	struct lane_test	*t = arg;

	if (g_thread_self() == t->loop_thread)
		t->wrong_thread++;
	t->groups++;
	t->ran += jobs->len;
	t->largest = MAX(t->largest, jobs->len);
	g_usleep(2000);
}

static void
done(void *arg, void *job)
{
	struct lane_test	*t = arg;
	int			 n = GPOINTER_TO_INT(job);

	if (g_thread_self() != t->loop_thread)
		t->wrong_thread++;
	if (n != t->last + 1)
		t->disorder++;
	t->last = n;
	t->done++;
	if (t->add_in_done > 0) {
		t->add_in_done--;
		work_lane_add(t->lane, GINT_TO_POINTER(n + 1));
	}
	if (n == JOBS)
		loop_stop(t->loop);
}

static const struct work_ops ops = { "test", run, done };

static void
set_up(struct lane_test *t)
{
	t->loop_thread = g_thread_self();
	t->loop = loop_new();
	t->lane = work_lane_new(t->loop, &ops, t);
}

static void
work_lane_add__many_jobs__are_grouped_and_done_in_order(void **state)
{
	struct lane_test	t = { 0 };
	int			i;

	(void)state;
	set_up(&t);
	for (i = 1; i <= JOBS; i++)
		work_lane_add(t.lane, GINT_TO_POINTER(i));
	assert_int_equal(work_lane_waiting(t.lane), JOBS);
	loop_run(t.loop);
	assert_int_equal(work_lane_waiting(t.lane), 0);
	work_lane_free(t.lane);
	loop_free(t.loop);
	assert_int_equal(t.done, JOBS);
	assert_int_equal(t.ran, JOBS);
	assert_int_equal(t.disorder, 0);
	assert_int_equal(t.wrong_thread, 0);
	assert_true(t.largest > 1);
	assert_true(t.groups < JOBS);
}

static void
work_lane_free__jobs_waiting__finishes_each_once(void **state)
{
	struct lane_test	t = { 0 };
	int			i;

	(void)state;
	set_up(&t);
	for (i = 1; i < JOBS; i++)
		work_lane_add(t.lane, GINT_TO_POINTER(i));
	work_lane_free(t.lane);
	loop_free(t.loop);
	assert_int_equal(t.done, JOBS - 1);
	assert_int_equal(t.ran, JOBS - 1);
	assert_int_equal(t.disorder, 0);
}

static void
work_lane_free__done_adds_a_job__is_not_lost(void **state)
{
	struct lane_test	t = { .add_in_done = 3 };

	(void)state;
	set_up(&t);
	work_lane_add(t.lane, GINT_TO_POINTER(1));
	work_lane_free(t.lane);
	loop_free(t.loop);
	assert_int_equal(t.done, 4);
	assert_int_equal(t.ran, 4);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(work_lane_add__many_jobs__are_grouped_and_done_in_order),
		cmocka_unit_test(work_lane_free__jobs_waiting__finishes_each_once),
		cmocka_unit_test(work_lane_free__done_adds_a_job__is_not_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
