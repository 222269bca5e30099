/* SPDX-License-Identifier: ISC */
#include "store_fixture.h"

#include "store/known.h"

static uint64_t
find(struct known *k, unsigned n)
{
	struct arrival	*a = fixture_arrival(n, 10);
	uint64_t	 lsn = known_find(k, a);

	arrival_free(a);
	return lsn;
}

static void
add(struct known *k, unsigned n, uint64_t lsn)
{
	struct arrival	*a = fixture_arrival(n, 10);

	known_add(k, a, lsn);
	arrival_free(a);
}

static void
known_find__same_key_other_bytes__is_known(void **state)
{
	struct known	*k = known_new(0);
	struct arrival	*again = fixture_arrival(1, 500);

	(void)state;
	add(k, 1, 17);
	assert_int_equal(known_find(k, again), 17);
	assert_int_equal(find(k, 2), 0);
	arrival_free(again);
	known_free(k);
}

static void
known_find__same_key_other_channel__is_not_known(void **state)
{
	struct known	*k = known_new(0);
	struct arrival	*other = fixture_arrival(1, 10);

	(void)state;
	add(k, 1, 17);
	g_free(other->channel);
	other->channel = g_strdup("sales");
	assert_int_equal(known_find(k, other), 0);
	arrival_free(other);
	known_free(k);
}

static void
known_add__more_than_fit__forgets_the_oldest_only(void **state)
{
	struct known	*k = known_new(100);
	unsigned	 i;

	(void)state;
	for (i = 1; i <= 250; i++)
		add(k, i, i);
	for (i = 1; i <= 150; i++)
		assert_int_equal(find(k, i), 0);
	for (i = 151; i <= 250; i++)
		assert_int_equal(find(k, i), i);
	known_free(k);
}

static void
known_add__again__keeps_the_first_number_and_takes_no_room(void **state)
{
	struct known	*k = known_new(2);
	unsigned	 i;

	(void)state;
	add(k, 1, 1);
	add(k, 2, 2);
	for (i = 3; i < 10; i++)
		add(k, 2, i);
	assert_int_equal(find(k, 1), 1);
	assert_int_equal(find(k, 2), 2);
	known_free(k);
}

static void
known_seen__journal_reopened__retries_are_recognised(void **state)
{
	struct fixture		*f = fixture_new();
	struct known		*k = known_new(0);
	struct journal_options	 options = { f->dir, 4096, 60000, 1 << 24, 0, known_seen, k };
	unsigned		 i;

	(void)state;
	fixture_open(f, 4096, 1 << 24);
	fixture_append(f, 0, 40, 500);
	fixture_close(f);
	f->journal = journal_open(f->loop, &options, NULL);
	for (i = 0; i < 40; i++)
		assert_int_equal(find(k, i), i + 1);
	assert_int_equal(find(k, 40), 0);
	known_free(k);
	fixture_free(f);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(known_find__same_key_other_bytes__is_known),
		cmocka_unit_test(known_find__same_key_other_channel__is_not_known),
		cmocka_unit_test(known_add__more_than_fit__forgets_the_oldest_only),
		cmocka_unit_test(known_add__again__keeps_the_first_number_and_takes_no_room),
		cmocka_unit_test(known_seen__journal_reopened__retries_are_recognised),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
