/* SPDX-License-Identifier: ISC */
#include "store_fixture.h"

#include "store/cursor.h"

static void
on_set(void *arg, const struct err *why)
{
	struct fixture	*f = arg;

	f->failures += why != NULL;
	if (--f->waiting == 0)
		loop_stop(f->loop);
}

static void
set(struct fixture *f, struct cursors *c, const char *name, const char *value)
{
	f->waiting++;
	cursor_set(c, name, value, on_set, f);
}

static void
cursor_set__many_then_reopened__last_values_are_there(void **state)
{
	struct fixture	*f = fixture_new();
	struct cursors	*c = cursor_open(f->loop, f->dir, NULL);
	char		 value[20];
	unsigned	 i;

	(void)state;
	assert_null(cursor_get(c, "a/INBOX"));
	for (i = 0; i < 300; i++) {
		snprintf(value, sizeof value, "7 %u", i);
		set(f, c, i % 2 ? "a/INBOX" : "b/INBOX", value);
		assert_string_equal(cursor_get(c, i % 2 ? "a/INBOX" : "b/INBOX"), value);
	}
	loop_run(f->loop);
	assert_int_equal(f->failures, 0);
	cursor_close(c);
	c = cursor_open(f->loop, f->dir, NULL);
	assert_string_equal(cursor_get(c, "a/INBOX"), "7 299");
	assert_string_equal(cursor_get(c, "b/INBOX"), "7 298");
	cursor_close(c);
	fixture_free(f);
}

static void
cursor_set__odd_names_and_values__come_back_as_they_were(void **state)
{
	const char *const odd[] = { "", " ", "a\tb", "a\nb", "a\\nb", "\"", "Entwürfe/ß", "\\",
			    "100%", "\x7f\x01" };
	struct fixture	*f = fixture_new();
	struct cursors	*c = cursor_open(f->loop, f->dir, NULL);
	unsigned	 i;

	(void)state;
	for (i = 0; i < G_N_ELEMENTS(odd); i++)
		set(f, c, odd[i], odd[G_N_ELEMENTS(odd) - 1 - i]);
	cursor_close(c);
	assert_int_equal(f->waiting, 0);
	c = cursor_open(f->loop, f->dir, NULL);
	for (i = 0; i < G_N_ELEMENTS(odd); i++)
		assert_string_equal(cursor_get(c, odd[i]), odd[G_N_ELEMENTS(odd) - 1 - i]);
	cursor_close(c);
	fixture_free(f);
}

static void
cursor_set__null__removes(void **state)
{
	struct fixture	*f = fixture_new();
	struct cursors	*c = cursor_open(f->loop, f->dir, NULL);

	(void)state;
	cursor_set(c, "a", "1", NULL, NULL);
	set(f, c, "a", NULL);
	loop_run(f->loop);
	assert_null(cursor_get(c, "a"));
	cursor_close(c);
	c = cursor_open(f->loop, f->dir, NULL);
	assert_null(cursor_get(c, "a"));
	cursor_close(c);
	fixture_free(f);
}

/* Two values one after the other, so that there is a file before the last. */
static void
write_two(struct fixture *f)
{
	struct cursors	*c = cursor_open(f->loop, f->dir, NULL);

	set(f, c, "a", "1");
	loop_run(f->loop);
	set(f, c, "a", "2");
	loop_run(f->loop);
	cursor_close(c);
}

static void
cursor_open__flipped_at_every_byte__the_one_before_is_used(void **state)
{
	struct fixture	*f = fixture_new();
	struct cursors	*c;
	g_autofree char	*path = g_build_filename(f->dir, "cursors", NULL), *text = NULL;
	gsize		 len, i;

	(void)state;
	write_two(f);
	assert_true(g_file_get_contents(path, &text, &len, NULL));
	for (i = 0; i < len; i++) {
		text[i] ^= 1;
		assert_true(g_file_set_contents(path, text, (gssize)len, NULL));
		text[i] ^= 1;
		assert_non_null(c = cursor_open(f->loop, f->dir, NULL));
		assert_string_equal(cursor_get(c, "a"), "1");
		cursor_close(c);
	}
	assert_int_equal(unlink(path), 0);
	assert_non_null(c = cursor_open(f->loop, f->dir, NULL));
	assert_string_equal(cursor_get(c, "a"), "1");
	cursor_close(c);
	fixture_free(f);
}

static void
cursor_open__both_damaged__refuses(void **state)
{
	struct fixture	*f = fixture_new();
	g_autofree char	*path = g_build_filename(f->dir, "cursors", NULL);
	g_autofree char	*old = g_build_filename(f->dir, "cursors.old", NULL);
	struct err	 e = ERR_INIT;

	(void)state;
	write_two(f);
	assert_true(g_file_set_contents(path, "rubbish", -1, NULL));
	assert_true(g_file_set_contents(old, "", 0, NULL));
	assert_null(cursor_open(f->loop, f->dir, &e));
	assert_int_equal(e.kind, ERR_CONFIG);
	fixture_free(f);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(cursor_set__many_then_reopened__last_values_are_there),
		cmocka_unit_test(cursor_set__odd_names_and_values__come_back_as_they_were),
		cmocka_unit_test(cursor_set__null__removes),
		cmocka_unit_test(cursor_open__flipped_at_every_byte__the_one_before_is_used),
		cmocka_unit_test(cursor_open__both_damaged__refuses),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
