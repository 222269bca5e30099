/* SPDX-License-Identifier: ISC */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <glib.h>
#include <string.h>

#include "channel/pop3/drop.h"

static void
list(struct drop *d, const char *const *uids)
{
	uint32_t	i, n = 0;

	while (uids[n] != NULL)
		n++;
	drop_begin(d, n);
	for (i = 1; i <= n; i++) {
		drop_set_size(d, i, 100 + i);
		drop_set_uid(d, i, uids[i - 1]);
	}
	drop_end_listing(d);
}

static void
listing__nothing_known__all_are_wanted_in_order(void **state)
{
	static const char *const	uids[] = { "a", "b", "c", NULL };
	struct drop			d;

	(void)state;
	drop_init(&d);
	list(&d, uids);
	assert_int_equal(d.count[DROP_WANTED], 3);
	assert_int_equal(drop_next(&d, DROP_WANTED)->number, 1);
	drop_set(&d, drop_find(&d, 1), DROP_ASKED);
	assert_int_equal(drop_next(&d, DROP_WANTED)->number, 2);
	drop_set(&d, drop_find(&d, 1), DROP_WANTED);
	assert_int_equal(drop_next(&d, DROP_WANTED)->number, 1);
	assert_null(drop_next(&d, DROP_DURABLE));
	drop_fini(&d);
}

static void
listing__what_is_ours__is_durable_and_what_was_passed_over_is_done(void **state)
{
	static const char *const	uids[] = { "a", "b", "c", NULL };
	struct drop			d;

	(void)state;
	drop_init(&d);
	list(&d, uids);
	drop_claim(&d, drop_find(&d, 1)->digest, DROP_OURS);
	drop_claim(&d, drop_find(&d, 2)->digest, DROP_PASSED_OVER);
	list(&d, uids);
	assert_int_equal(drop_find(&d, 1)->state, DROP_DURABLE);
	assert_int_equal(drop_find(&d, 2)->state, DROP_DONE);
	assert_int_equal(drop_find(&d, 3)->state, DROP_WANTED);
	drop_fini(&d);
}

static void
listing__id_given_again_for_another_size__is_another_message(void **state)
{
	struct drop	d;

	(void)state;
	drop_init(&d);
	drop_begin(&d, 1);
	drop_set_size(&d, 1, 100);
	drop_set_uid(&d, 1, "same");
	drop_end_listing(&d);
	drop_claim(&d, drop_find(&d, 1)->digest, DROP_OURS);
	drop_begin(&d, 1);
	drop_set_size(&d, 1, 101);
	drop_set_uid(&d, 1, "same");
	drop_end_listing(&d);
	assert_int_equal(drop_find(&d, 1)->state, DROP_WANTED);
	drop_fini(&d);
}

static void
listing__what_the_server_has_no_longer__is_forgotten(void **state)
{
	static const char *const	one[] = { "a", NULL }, *const none[] = { NULL };
	struct drop			d;
	uint64_t			digest;

	(void)state;
	drop_init(&d);
	list(&d, one);
	digest = drop_find(&d, 1)->digest;
	drop_claim(&d, digest, DROP_OURS);
	list(&d, none);
	assert_int_equal(drop_claimed(&d, digest), DROP_NOT_OURS);
	assert_true(d.changed);
	drop_fini(&d);
}

static void
listing__numbers_the_server_does_not_have__are_let_pass(void **state)
{
	struct drop	d;

	(void)state;
	drop_init(&d);
	drop_begin(&d, 2);
	drop_set_size(&d, 0, 1);
	drop_set_size(&d, 3, 1);
	drop_set_uid(&d, 4294967295U, "x");
	drop_set_uid(&d, 1, "only an id");
	drop_set_size(&d, 2, 5);
	drop_end_listing(&d);
	assert_int_equal(d.count[DROP_WANTED], 1);
	assert_int_equal(drop_next(&d, DROP_WANTED)->number, 2);
	assert_null(drop_find(&d, 0));
	assert_null(drop_find(&d, 3));
	drop_begin(&d, 4294967295U);
	assert_int_equal(d.items->len, DROP_MESSAGES_MAX);
	drop_fini(&d);
}

static void
kept__formatted_and_parsed__is_the_same(void **state)
{
	struct drop	d, e;
	uint64_t	i;
	g_autofree char	*text = NULL;

	(void)state;
	drop_init(&d);
	drop_init(&e);
	for (i = 1; i <= 1000; i++)
		drop_claim(&d, i * 0x9e3779b97f4a7c14U & ~UINT64_C(1),
		    i % 3 == 0 ? DROP_PASSED_OVER : DROP_OURS);
	text = drop_format(&d);
	assert_false(d.changed);
	assert_true(drop_parse(&e, text));
	assert_int_equal(g_hash_table_size(e.ours), g_hash_table_size(d.ours));
	for (i = 1; i <= 1000; i++)
		assert_int_equal(drop_claimed(&e, i * 0x9e3779b97f4a7c14U & ~UINT64_C(1)),
		    i % 3 == 0 ? DROP_PASSED_OVER : DROP_OURS);
	drop_fini(&d);
	drop_fini(&e);
}

static void
kept__damaged__is_not_taken(void **state)
{
	static const char *const	bad[] = { "", "1", "2:", "1:AAAA", "1:AAAAAAAAAA!=", "1:A",
					    NULL };
	struct drop			d;
	int				i;

	(void)state;
	drop_init(&d);
	for (i = 0; bad[i] != NULL; i++)
		assert_true(!drop_parse(&d, bad[i]) || g_hash_table_size(d.ours) == 0);
	assert_true(drop_parse(&d, "1:"));
	drop_fini(&d);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(listing__nothing_known__all_are_wanted_in_order),
		cmocka_unit_test(listing__what_is_ours__is_durable_and_what_was_passed_over_is_done),
		cmocka_unit_test(listing__id_given_again_for_another_size__is_another_message),
		cmocka_unit_test(listing__what_the_server_has_no_longer__is_forgotten),
		cmocka_unit_test(listing__numbers_the_server_does_not_have__are_let_pass),
		cmocka_unit_test(kept__formatted_and_parsed__is_the_same),
		cmocka_unit_test(kept__damaged__is_not_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
