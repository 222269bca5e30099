/* SPDX-License-Identifier: ISC */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "channel/rate.h"

static unsigned
take_many(struct rate *rate, uint64_t client, int64_t now_ms, unsigned n)
{
	unsigned	taken = 0;

	while (n-- > 0)
		taken += rate_take(rate, client, now_ms);
	return taken;
}

static void
rate_take__burst_then_average__is_what_was_asked_for(void **state)
{
	struct rate	*rate = rate_new(10, 30);

	(void)state;
	assert_int_equal(take_many(rate, 1, 1000, 100), 30);
	assert_int_equal(take_many(rate, 1, 1099, 100), 0);
	assert_int_equal(take_many(rate, 1, 1500, 100), 5);
	assert_int_equal(take_many(rate, 1, 3600000, 100), 30);
	/* A clock that steps back gives nothing. */
	assert_int_equal(take_many(rate, 1, 1000, 100), 0);
	rate_free(rate);
}

static void
rate_take__one_client_floods__others_are_not_touched(void **state)
{
	struct rate	*rate = rate_new(1, 2);
	uint64_t	client;

	(void)state;
	assert_int_equal(take_many(rate, 7, 0, 1000), 2);
	assert_int_equal(take_many(rate, 8, 0, 1000), 2);
	/* Clients from everywhere: those that were quiet make room. */
	for (client = 100; client < 100000; client++)
		assert_true(rate_take(rate, client, (int64_t)client));
	rate_free(rate);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rate_take__burst_then_average__is_what_was_asked_for),
		cmocka_unit_test(rate_take__one_client_floods__others_are_not_touched),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
