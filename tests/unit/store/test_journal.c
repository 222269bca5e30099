/* SPDX-License-Identifier: ISC */
/* The journal as its users see it: append, read, done, retention, full. */
#include "store_fixture.h"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>

static int
setup(void **state)
{
	*state = fixture_new();
	return 0;
}

static int
teardown(void **state)
{
	fixture_free(*state);
	return 0;
}

static void
read_all(struct fixture *f, unsigned first, unsigned count, size_t size)
{
	struct err	 e = ERR_INIT;
	struct arrival	*a;
	uint64_t	 lsn = 0;
	unsigned	 i;

	for (i = 0; i < count; i++) {
		lsn = journal_next(f->journal, lsn);
		assert_int_not_equal(lsn, 0);
		a = journal_read(f->journal, lsn, &e);
		if (a == NULL)
			fail_msg("%s", e.text);
		assert_int_equal(a->lsn, lsn);
		fixture_check(a, first + i, size);
		arrival_free(a);
	}
	assert_int_equal(journal_next(f->journal, lsn), 0);
}

static void
journal_open__nothing_there__is_empty(void **state)
{
	struct fixture	*f = *state;
	struct err	 e = ERR_INIT;

	fixture_open(f, 1 << 20, 1 << 24);
	assert_int_equal(journal_first(f->journal), 0);
	assert_int_equal(journal_last(f->journal), 0);
	assert_int_equal(journal_next(f->journal, 0), 0);
	assert_null(journal_read(f->journal, 1, &e));
	assert_int_equal(e.kind, ERR_PERM);
	assert_int_equal(strlen(journal_id(f->journal)), 32);
}

static void
journal_append__many_at_once__numbered_in_order_and_readable(void **state)
{
	struct fixture	*f = *state;
	unsigned	 i;

	fixture_open(f, 1 << 20, 1 << 24);
	fixture_append(f, 0, 500, 1500);
	assert_int_equal(f->lsns->len, 500);
	for (i = 0; i < 500; i++)
		assert_int_equal(g_array_index(f->lsns, uint64_t, i), i + 1);
	assert_int_equal(journal_last(f->journal), 500);
	read_all(f, 0, 500, 1500);
}

static void
journal_append__empty_and_large_bodies__come_back_whole(void **state)
{
	struct fixture	*f = *state;
	const size_t	 sizes[] = { 0, 1, 39, 40, 41, 4096, 300000, 9000000 };
	struct arrival	*a;
	unsigned	 i;

	fixture_open(f, 1 << 22, 1 << 28);
	for (i = 0; i < G_N_ELEMENTS(sizes); i++)
		fixture_append(f, i, 1, sizes[i]);
	fixture_close(f);
	fixture_open(f, 1 << 22, 1 << 28);
	for (i = 0; i < G_N_ELEMENTS(sizes); i++) {
		a = journal_read(f->journal, i + 1, NULL);
		assert_non_null(a);
		fixture_check(a, i, sizes[i]);
		arrival_free(a);
	}
}

static void
journal_open__after_close__same_id_and_records_and_numbers_go_on(void **state)
{
	struct fixture	*f = *state;
	g_autofree char	*id = NULL;

	fixture_open(f, 1 << 20, 1 << 24);
	id = g_strdup(journal_id(f->journal));
	fixture_append(f, 0, 20, 700);
	fixture_close(f);
	fixture_open(f, 1 << 20, 1 << 24);
	assert_string_equal(journal_id(f->journal), id);
	read_all(f, 0, 20, 700);
	fixture_append(f, 20, 20, 700);
	assert_int_equal(journal_last(f->journal), 40);
	read_all(f, 0, 40, 700);
}

static void
journal_append__segment_full__rolls_and_reads_across(void **state)
{
	struct fixture		*f = *state;
	g_autoptr(GPtrArray)	 names = NULL;
	struct arrival		*a;
	unsigned		 i;

	fixture_open(f, 16384, 1 << 24);
	for (i = 0; i < 30; i++)
		fixture_append(f, i * 5, 5, 1000);
	names = fixture_names(f, "journal");
	assert_true(names->len > 8);
	read_all(f, 0, 150, 1000);
	for (i = 150; i > 0; i--) {		/* and out of order */
		a = journal_read(f->journal, i, NULL);
		assert_non_null(a);
		fixture_check(a, i - 1, 1000);
		arrival_free(a);
	}
	fixture_close(f);
	fixture_open(f, 16384, 1 << 24);
	read_all(f, 0, 150, 1000);
}

static void
journal_set_done__after_close__is_remembered(void **state)
{
	struct fixture		*f = *state;
	struct journal_stats	 stats;

	fixture_open(f, 1 << 20, 1 << 24);
	fixture_append(f, 0, 10, 100);
	journal_set_done(f->journal, 7);
	journal_set_done(f->journal, 3);
	assert_int_equal(journal_done(f->journal), 7);
	journal_stats(f->journal, &stats);
	assert_int_equal(stats.waiting, 3);
	assert_true(stats.oldest_ms > 0);
	fixture_close(f);
	fixture_open(f, 1 << 20, 1 << 24);
	assert_int_equal(journal_done(f->journal), 7);
	journal_set_done(f->journal, 10);
	journal_stats(f->journal, &stats);
	assert_int_equal(stats.waiting, 0);
	assert_int_equal(stats.oldest_ms, -1);
}

static void
journal_set_done__above_the_last__what_comes_later_is_not_done(void **state)
{
	struct fixture	*f = *state;

	fixture_open(f, 1 << 20, 1 << 24);
	fixture_append(f, 0, 3, 100);
	journal_set_done(f->journal, 100);
	assert_int_equal(journal_done(f->journal), 3);
	fixture_append(f, 3, 2, 100);
	assert_int_equal(journal_next(f->journal, journal_done(f->journal)), 4);
}

static void
journal_skip_to__numbers_seen_elsewhere__are_not_given(void **state)
{
	struct fixture	*f = *state;

	fixture_open(f, 1 << 20, 1 << 24);
	fixture_append(f, 0, 3, 100);
	journal_skip_to(f->journal, 5000);
	fixture_append(f, 3, 2, 100);
	assert_int_equal(g_array_index(f->lsns, uint64_t, 3), 5001);
	assert_int_equal(journal_next(f->journal, 3), 5001);
	read_all(f, 0, 5, 100);
	fixture_close(f);
	fixture_open(f, 1 << 20, 1 << 24);
	read_all(f, 0, 5, 100);
}

static unsigned
count_segments(struct fixture *f)
{
	g_autoptr(GPtrArray)	names = fixture_names(f, "journal");
	unsigned		i, n = 0;

	for (i = 0; i < names->len; i++)
		n += g_str_has_suffix(names->pdata[i], ".seg") ? 1 : 0;
	return n;
}

static void
journal_admit__full_of_undone__refuses_and_keeps_all(void **state)
{
	struct fixture	*f = *state;
	struct err	 e = ERR_INIT;
	unsigned	 n = 0;

	fixture_open(f, 16384, 100000);
	while (journal_admit(f->journal, 1000, &e) == 0) {
		fixture_append(f, n++, 1, 1000);
		assert_true(n < 200);
	}
	assert_int_equal(e.kind, ERR_TEMP);
	assert_true(n > 70);
	read_all(f, 0, n, 1000);
	assert_int_equal(journal_first(f->journal), 1);
}

static void
journal_admit__full_of_done__gives_up_the_oldest_and_goes_on(void **state)
{
	struct fixture	*f = *state;
	struct err	 e = ERR_INIT;
	unsigned	 n;

	fixture_open(f, 16384, 100000);
	for (n = 0; n < 400; n++) {
		if (journal_admit(f->journal, 1000, &e) == -1)
			fail_msg("%u: %s", n, e.text);
		fixture_append(f, n, 1, 1000);
		journal_set_done(f->journal, n + 1);
	}
	assert_true(journal_first(f->journal) > 300);
	fixture_close(f);
	assert_true(count_segments(f) < 12);
	fixture_open(f, 16384, 100000);
	assert_int_equal(journal_last(f->journal), 400);
	assert_int_equal(journal_done(f->journal), 400);
}

static void
journal_sweep__retention_over__only_done_segments_go(void **state)
{
	struct fixture		*f = *state;
	struct journal_options	 options = { NULL, 0, 0, 1 << 24, 0, NULL, NULL };
	unsigned		 before;

	fixture_open(f, 4096, 1 << 24);
	fixture_append(f, 0, 5, 3000);
	fixture_append(f, 5, 5, 3000);
	fixture_append(f, 10, 5, 3000);
	before = count_segments(f);
	assert_true(before >= 3);
	journal_set_done(f->journal, 7);
	journal_set_options(f->journal, &options);
	journal_sweep(f->journal);
	fixture_close(f);
	assert_true(count_segments(f) < before);
	fixture_open(f, 4096, 1 << 24);
	assert_true(journal_first(f->journal) > 1);
	assert_true(journal_first(f->journal) <= 8);
	assert_int_equal(journal_next(f->journal, 7), 8);
	assert_int_equal(journal_last(f->journal), 15);
}

static void
journal_admit__little_disk_free__refuses(void **state)
{
	struct fixture		*f = *state;
	struct journal_options	 options = { NULL, 0, 0, 1 << 24, INT64_MAX / 4, NULL, NULL };
	struct err		 e = ERR_INIT;

	fixture_open(f, 4096, 1 << 24);
	assert_int_equal(journal_admit(f->journal, 10, &e), 0);
	journal_set_options(f->journal, &options);
	assert_int_equal(journal_admit(f->journal, 10, &e), -1);
	assert_int_equal(e.kind, ERR_TEMP);
}

/* A file that may not grow stands in for a full disk: EFBIG, as EDQUOT and ENOSPC. */
static void
journal_append__no_room__fails_keeps_what_was_and_recovers(void **state)
{
	struct fixture	*f = *state;
	struct rlimit	 before, small;
	struct err	 e = ERR_INIT;

	signal(SIGXFSZ, SIG_IGN);
	fixture_open(f, 1 << 20, 1 << 24);
	fixture_append(f, 0, 10, 1000);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	small = before;
	small.rlim_cur = 500;	/* part of a record fits a new segment */
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	fixture_append(f, 100, 8, 1000);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(f->failures, 8);
	assert_int_equal(f->why.kind, ERR_TEMP);
	assert_false(journal_broken(f->journal));
	assert_int_equal(journal_admit(f->journal, 10, &e), -1);
	fixture_append(f, 10, 10, 1000);
	assert_int_equal(f->failures, 8);
	read_all(f, 0, 20, 1000);
	fixture_close(f);
	fixture_open(f, 1 << 20, 1 << 24);
	read_all(f, 0, 20, 1000);
}

static void
remember(void *arg, uint64_t lsn, const struct arrival *a)
{
	g_ptr_array_add(arg, g_strdup_printf("%llu %s", (unsigned long long)lsn, a->key));
}

static void
journal_open__with_seen__shows_each_record_once(void **state)
{
	struct fixture		*f = *state;
	g_autoptr(GPtrArray)	 seen = g_ptr_array_new_with_free_func(g_free);
	struct journal_options	 options = { f->dir, 4096, 60000, 1 << 24, 0, remember, seen };

	fixture_open(f, 4096, 1 << 24);
	fixture_append(f, 0, 12, 1000);
	fixture_close(f);
	f->journal = journal_open(f->loop, &options, NULL);
	assert_non_null(f->journal);
	assert_int_equal(seen->len, 12);
	assert_string_equal(seen->pdata[0], "1 INBOX/7/0");
	assert_string_equal(seen->pdata[11], "12 INBOX/7/11");
}

static void
journal_close__appends_waiting__are_written_and_reported(void **state)
{
	struct fixture	*f = *state;
	unsigned	 i;

	fixture_open(f, 1 << 20, 1 << 24);
	f->waiting = 1000;		/* never reached: nobody runs the loop */
	for (i = 0; i < 50; i++)
		journal_append(f->journal, fixture_arrival(i, 100), fixture_on_done, f);
	fixture_close(f);
	assert_int_equal(f->lsns->len, 50);
	fixture_open(f, 1 << 20, 1 << 24);
	read_all(f, 0, 50, 100);
}

#define TEST(name)	cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		TEST(journal_open__nothing_there__is_empty),
		TEST(journal_append__many_at_once__numbered_in_order_and_readable),
		TEST(journal_append__empty_and_large_bodies__come_back_whole),
		TEST(journal_open__after_close__same_id_and_records_and_numbers_go_on),
		TEST(journal_append__segment_full__rolls_and_reads_across),
		TEST(journal_set_done__after_close__is_remembered),
		TEST(journal_set_done__above_the_last__what_comes_later_is_not_done),
		TEST(journal_skip_to__numbers_seen_elsewhere__are_not_given),
		TEST(journal_admit__full_of_undone__refuses_and_keeps_all),
		TEST(journal_admit__full_of_done__gives_up_the_oldest_and_goes_on),
		TEST(journal_sweep__retention_over__only_done_segments_go),
		TEST(journal_admit__little_disk_free__refuses),
		TEST(journal_append__no_room__fails_keeps_what_was_and_recovers),
		TEST(journal_open__with_seen__shows_each_record_once),
		TEST(journal_close__appends_waiting__are_written_and_reported),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
