/* SPDX-License-Identifier: ISC */
#include "../unit.h"

#include <glib.h>
#include <string.h>

#include "base/clock.h"
#include "intake/turns.h"

#define PATIENCE_MS	40

struct one {
	struct turn	 turn;
	char		 name;
};

struct fixture {
	struct loop	*loop;
	struct turns	*turns;
	struct one	 one[6];
};

static GString	*went, *passed;		/* names, in the order of the calls */

static void
on_turn(void *who)
{
	g_string_append_c(went, ((struct one *)who)->name);
}

static void
on_overtaken(void *who)
{
	g_string_append_c(passed, ((struct one *)who)->name);
}

static void
set_up(struct fixture *f, int64_t patience_ms)
{
	guint	i;

	memset(f, 0, sizeof *f);
	g_string_truncate(went, 0);
	g_string_truncate(passed, 0);
	f->loop = loop_new();
	f->turns = turns_new(f->loop, patience_ms, on_turn, on_overtaken);
	for (i = 0; i < G_N_ELEMENTS(f->one); i++) {
		f->one[i].name = (char)('a' + i);
		turn_join(f->turns, &f->one[i].turn, &f->one[i]);
	}
}

static void
tear_down(struct fixture *f)
{
	turns_free(f->turns);
	loop_free(f->loop);
}

static void
ready(struct fixture *f, const char *names)
{
	for (; *names != '\0'; names++)
		turn_ready(&f->one[*names - 'a'].turn);
}

static void
stop(void *loop)
{
	loop_stop(loop);
}

static void
run_for(struct fixture *f, int64_t ms)
{
	struct loop_timer	*timer = loop_timer_new(f->loop, stop, f->loop);

	loop_timer_start(timer, ms);
	loop_run(f->loop);
	loop_timer_free(timer);
}

static void
turns__ready_in_any_order__go_in_the_order_they_joined(void **state)
{
	struct fixture	f;

	(void)state;
	set_up(&f, PATIENCE_MS);
	ready(&f, "fcb");
	assert_string_equal(went->str, "");
	ready(&f, "a");
	assert_string_equal(went->str, "abc");
	ready(&f, "ed");
	assert_string_equal(went->str, "abcdef");
	tear_down(&f);
}

static void
turns__one_that_leaves__is_not_waited_for(void **state)
{
	struct fixture	f;

	(void)state;
	set_up(&f, PATIENCE_MS);
	ready(&f, "bd");
	turn_leave(&f.one[0].turn);
	turn_leave(&f.one[0].turn);
	assert_string_equal(went->str, "b");
	turn_leave(&f.one[2].turn);
	assert_string_equal(went->str, "bd");
	tear_down(&f);
}

static void
turns__waited_too_long_for__are_overtaken_and_go_when_ready(void **state)
{
	struct fixture	f;
	int64_t		began;

	(void)state;
	set_up(&f, PATIENCE_MS);
	ready(&f, "bd");
	began = clock_mono_ms();
	while (went->len == 0)
		run_for(&f, 5);
	assert_in_range(clock_mono_ms() - began, PATIENCE_MS - 1, 20 * PATIENCE_MS);
	/* All before the last of those that waited, together: not a patience for each. */
	assert_string_equal(went->str, "bd");
	assert_string_equal(passed->str, "ac");
	ready(&f, "a");
	assert_string_equal(went->str, "bda");
	ready(&f, "e");
	ready(&f, "fc");
	assert_string_equal(went->str, "bdaefc");
	assert_string_equal(passed->str, "ac");
	tear_down(&f);
}

static void
turns__nobody_ready__nobody_is_overtaken(void **state)
{
	struct fixture	f;

	(void)state;
	set_up(&f, PATIENCE_MS);
	ready(&f, "a");
	run_for(&f, 3 * PATIENCE_MS);
	assert_string_equal(passed->str, "");
	ready(&f, "cb");
	assert_string_equal(went->str, "abc");
	tear_down(&f);
}

static void
turns__ready_later__has_its_own_time_to_wait(void **state)
{
	struct fixture	f;

	(void)state;
	set_up(&f, 400);
	ready(&f, "b");
	run_for(&f, 250);
	ready(&f, "d");
	run_for(&f, 250);
	assert_string_equal(went->str, "b");
	assert_string_equal(passed->str, "a");
	run_for(&f, 250);
	assert_string_equal(went->str, "bd");
	assert_string_equal(passed->str, "ac");
	tear_down(&f);
}

static void
turns__back_after_it_went__the_others_wait_for_it_without_end(void **state)
{
	struct fixture	f;

	(void)state;
	set_up(&f, 0);
	ready(&f, "abc");
	turn_back(&f.one[1].turn);
	turn_back(&f.one[0].turn);
	ready(&f, "d");
	run_for(&f, 2 * PATIENCE_MS);
	assert_string_equal(went->str, "abc");
	ready(&f, "b");
	assert_string_equal(went->str, "abc");
	ready(&f, "a");
	assert_string_equal(went->str, "abcabd");
	tear_down(&f);
}

int
main(void)
{
	static const struct CMUnitTest	tests[] = {
		cmocka_unit_test(turns__ready_in_any_order__go_in_the_order_they_joined),
		cmocka_unit_test(turns__one_that_leaves__is_not_waited_for),
		cmocka_unit_test(turns__waited_too_long_for__are_overtaken_and_go_when_ready),
		cmocka_unit_test(turns__nobody_ready__nobody_is_overtaken),
		cmocka_unit_test(turns__ready_later__has_its_own_time_to_wait),
		cmocka_unit_test(turns__back_after_it_went__the_others_wait_for_it_without_end),
	};
	int	failures;

	went = g_string_new(NULL);
	passed = g_string_new(NULL);
	failures = cmocka_run_group_tests(tests, NULL, NULL);
	g_string_free(went, TRUE);
	g_string_free(passed, TRUE);
	return failures;
}
