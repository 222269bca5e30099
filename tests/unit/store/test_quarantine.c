/* SPDX-License-Identifier: ISC */
#include "store_fixture.h"

#include "store/quarantine.h"

static void
on_done(void *arg, const struct err *why)
{
	struct fixture	*f = arg;

	f->failures += why != NULL;
	if (--f->waiting == 0)
		loop_stop(f->loop);
}

static void
put(struct fixture *f, unsigned n, const char *reason)
{
	struct arrival	*a = fixture_arrival(n, 300);

	a->lsn = n;
	clock_hold(1700000000000 + n * 1000);
	assert_int_equal(quarantine_put(f->dir, reason, "the worker\ndied", a, NULL), 0);
	clock_hold(-1);
	arrival_free(a);
}

static const struct quarantine_entry *
entry(GPtrArray *list, guint i)
{
	assert_true(i < list->len);
	return list->pdata[i];
}

static void
quarantine_list__several__oldest_first_with_all_that_is_known(void **state)
{
	struct fixture		*f = fixture_new();
	g_autoptr(GPtrArray)	 list = NULL;

	(void)state;
	put(f, 9, "too-large");
	put(f, 3, "parse-died");
	list = quarantine_list(f->dir, NULL);
	assert_int_equal(list->len, 2);
	assert_string_equal(entry(list, 0)->reason, "parse-died");
	assert_string_equal(entry(list, 0)->detail, "the worker died");
	assert_string_equal(entry(list, 0)->channel, "support");
	assert_string_equal(entry(list, 0)->kind, "imap");
	assert_string_equal(entry(list, 0)->key, "INBOX/7/3");
	assert_int_equal(entry(list, 0)->lsn, 3);
	assert_int_equal(entry(list, 0)->size, 300);
	assert_int_equal(entry(list, 0)->time_ms, 1700000003000);
	assert_string_equal(entry(list, 1)->reason, "too-large");
	fixture_free(f);
}

static void
quarantine_arrival__put_before__comes_back_whole_and_unnumbered(void **state)
{
	struct fixture		*f = fixture_new();
	g_autoptr(GPtrArray)	 list = NULL;
	struct arrival		*a;

	(void)state;
	put(f, 4, "parse-died");
	list = quarantine_list(f->dir, NULL);
	a = quarantine_arrival(f->dir, entry(list, 0)->id, NULL);
	assert_non_null(a);
	fixture_check(a, 4, 300);
	assert_int_equal(a->lsn, 0);
	arrival_free(a);
	fixture_free(f);
}

static void
quarantine_put__same_again__is_one_entry_with_the_last_reason(void **state)
{
	struct fixture		*f = fixture_new();
	g_autoptr(GPtrArray)	 list = NULL;

	(void)state;
	put(f, 4, "parse-died");
	put(f, 4, "refused-by-queue");
	list = quarantine_list(f->dir, NULL);
	assert_int_equal(list->len, 1);
	assert_string_equal(entry(list, 0)->reason, "refused-by-queue");
	fixture_free(f);
}

static void
quarantine_drop__entry__is_gone_and_again_is_an_error(void **state)
{
	struct fixture		*f = fixture_new();
	g_autoptr(GPtrArray)	 list = NULL, after = NULL;
	struct err		 e = ERR_INIT;

	(void)state;
	put(f, 4, "parse-died");
	list = quarantine_list(f->dir, NULL);
	assert_int_equal(quarantine_drop(f->dir, entry(list, 0)->id, &e), 0);
	assert_int_equal(quarantine_drop(f->dir, entry(list, 0)->id, &e), -1);
	assert_int_equal(e.kind, ERR_PERM);
	after = quarantine_list(f->dir, NULL);
	assert_int_equal(after->len, 0);
	fixture_free(f);
}

static void
quarantine_show__names_that_are_no_ids__are_refused(void **state)
{
	const char	*names[] = { "", "..", "../journal", "/etc/passwd", "0123456789A", "ILOUilou00" };
	struct fixture	*f = fixture_new();
	struct err	 e;
	unsigned	 i;

	(void)state;
	for (i = 0; i < G_N_ELEMENTS(names); i++) {
		e.kind = ERR_NONE;
		assert_null(quarantine_show(f->dir, names[i], &e));
		assert_int_equal(e.kind, ERR_PERM);
		assert_int_equal(quarantine_drop(f->dir, names[i], &e), -1);
	}
	fixture_free(f);
}

static void
quarantine_arrival__flipped_at_every_byte__never_wrong_and_always_listed(void **state)
{
	struct fixture		*f = fixture_new();
	g_autoptr(GPtrArray)	 list = NULL;
	g_autofree char		*path = NULL, *text = NULL;
	struct arrival		*a;
	const char		*id;
	gsize			 len, i;

	(void)state;
	put(f, 4, "parse-died");
	list = quarantine_list(f->dir, NULL);
	id = entry(list, 0)->id;
	path = g_build_filename(f->dir, "quarantine", id, NULL);
	assert_true(g_file_get_contents(path, &text, &len, NULL));
	for (i = 0; i < len; i++) {
		g_autoptr(GPtrArray) again = NULL;

		text[i] ^= 4;
		assert_true(g_file_set_contents(path, text, (gssize)len, NULL));
		text[i] ^= 4;
		again = quarantine_list(f->dir, NULL);
		assert_int_equal(again->len, 1);
		if ((a = quarantine_arrival(f->dir, id, NULL)) != NULL) {
			fixture_check(a, 4, 300);
			arrival_free(a);
		}
	}
	fixture_free(f);
}

static void
quarantine_add__on_the_loop__is_counted_and_survives(void **state)
{
	struct fixture		*f = fixture_new();
	struct quarantine	*q = quarantine_open(f->loop, f->dir, NULL);
	g_autoptr(GPtrArray)	 list = NULL;
	unsigned		 i;

	(void)state;
	f->waiting = 5;
	for (i = 0; i < 5; i++)
		quarantine_add(q, "parse-timeout", "late", fixture_arrival(i % 4, 50), on_done, f);
	loop_run(f->loop);
	assert_int_equal(f->failures, 0);
	assert_int_equal(quarantine_count(q), 4);
	quarantine_close(q);
	q = quarantine_open(f->loop, f->dir, NULL);
	assert_int_equal(quarantine_count(q), 4);
	list = quarantine_list(f->dir, NULL);
	f->waiting = 2;
	quarantine_remove(q, entry(list, 0)->id, on_done, f);
	quarantine_remove(q, "a name that is far too long", on_done, f);
	loop_run(f->loop);
	assert_int_equal(f->failures, 1);
	assert_int_equal(quarantine_count(q), 3);
	quarantine_close(q);
	fixture_free(f);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(quarantine_list__several__oldest_first_with_all_that_is_known),
		cmocka_unit_test(quarantine_arrival__put_before__comes_back_whole_and_unnumbered),
		cmocka_unit_test(quarantine_put__same_again__is_one_entry_with_the_last_reason),
		cmocka_unit_test(quarantine_drop__entry__is_gone_and_again_is_an_error),
		cmocka_unit_test(quarantine_show__names_that_are_no_ids__are_refused),
		cmocka_unit_test(quarantine_arrival__flipped_at_every_byte__never_wrong_and_always_listed),
		cmocka_unit_test(quarantine_add__on_the_loop__is_counted_and_survives),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
