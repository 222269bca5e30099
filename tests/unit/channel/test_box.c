/* SPDX-License-Identifier: ISC */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "channel/header.h"
#include "channel/imap/box.h"

static struct box *
with_hits(uint32_t cursor, const uint32_t *uids, size_t n)
{
	struct box	*b = box_new("INBOX", "INBOX");

	box_begin(b, 7, cursor);
	while (n-- > 0)
		box_found(b, *uids++);
	box_end_search(b);
	return b;
}

#define WITH(cursor, ...)							\
	with_hits((cursor), (const uint32_t[]){ __VA_ARGS__ },			\
	    sizeof((uint32_t[]){ __VA_ARGS__ }) / sizeof(uint32_t))

static void
set(struct box *b, uint32_t uid, enum box_state state)
{
	struct box_item	*item = box_find(b, uid);

	assert_non_null(item);
	box_set(b, item, state);
}

static void
assert_picks(struct box *b, enum box_state state, unsigned max, const char *wanted)
{
	g_autoptr(GArray)	uids = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	g_autoptr(GString)	text = g_string_new(NULL);
	guint			i;

	box_pick(b, state, max, NULL, uids);
	for (i = 0; i < uids->len; i++)
		g_string_append_printf(text, "%u ", g_array_index(uids, uint32_t, i));
	assert_string_equal(text->str, wanted);
}

static void
box_found__below_the_cursor_or_twice__is_not_wanted(void **state)
{
	struct box	*b = WITH(10, 10, 3, 11, 12, 11, 15);

	(void)state;
	assert_picks(b, BOX_WANTED, 100, "11 12 15 ");
	box_found(b, 15);
	box_found(b, 14);
	assert_int_equal(box_end_search(b), 1);
	assert_picks(b, BOX_WANTED, 100, "11 12 14 15 ");
	box_free(b);
}

static void
box_advance__a_gap__holds_the_cursor(void **state)
{
	struct box	*b = WITH(0, 1, 2, 3, 4);

	(void)state;
	set(b, 1, BOX_DONE);
	set(b, 3, BOX_DONE);
	set(b, 4, BOX_DONE);
	assert_true(box_advance(b));
	assert_int_equal(b->cursor, 1);
	assert_false(box_advance(b));
	assert_int_equal(box_open(b), 1);
	set(b, 2, BOX_DONE);
	assert_true(box_advance(b));
	assert_int_equal(b->cursor, 4);
	assert_int_equal(b->items->len, 0);
	box_free(b);
}

static void
box_advance__all_listed_done__goes_to_the_horizon(void **state)
{
	struct box	*b = WITH(0, 5, 9);

	(void)state;
	b->importing = true;
	b->horizon = 30;
	set(b, 5, BOX_DONE);
	box_advance(b);
	assert_true(b->importing);
	set(b, 9, BOX_DONE);
	box_advance(b);
	assert_false(b->importing);
	assert_int_equal(b->cursor, 30);
	box_free(b);
}

static void
box_pick__limits__hold_but_one_is_always_taken(void **state)
{
	struct box		*b = WITH(0, 1, 2, 3, 4);
	g_autoptr(GArray)	 uids = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	uint64_t		 limit = 100;
	uint32_t		 uid;

	(void)state;
	for (uid = 1; uid <= 4; uid++) {
		box_find(b, uid)->size = 60;
		set(b, uid, BOX_READY);
	}
	box_pick(b, BOX_READY, 10, &limit, uids);
	assert_int_equal(uids->len, 1);
	assert_picks(b, BOX_READY, 3, "1 2 3 ");
	box_free(b);
}

static void
box_pick__one_that_has_failed__is_picked_alone(void **state)
{
	struct box	*b = WITH(0, 1, 2, 3);

	(void)state;
	box_find(b, 2)->tries = 1;
	assert_picks(b, BOX_WANTED, 10, "1 ");
	set(b, 1, BOX_TAKEN);
	assert_picks(b, BOX_WANTED, 10, "2 ");
	set(b, 2, BOX_TAKEN);
	assert_picks(b, BOX_WANTED, 10, "3 ");
	box_free(b);
}

static void
box_pick__one_that_comes_back__is_found_again(void **state)
{
	struct box	*b = WITH(0, 1, 2, 3);

	(void)state;
	set(b, 1, BOX_MEASURING);
	set(b, 2, BOX_MEASURING);
	assert_picks(b, BOX_WANTED, 1, "3 ");
	set(b, 1, BOX_WANTED);
	assert_picks(b, BOX_WANTED, 10, "1 3 ");
	box_free(b);
}

static void
box_disconnect__what_was_asked__is_open_and_what_was_taken_stays(void **state)
{
	struct box	*b = WITH(0, 1, 2, 3, 4, 5, 6);

	(void)state;
	set(b, 1, BOX_MEASURING);
	set(b, 2, BOX_ASKED);
	set(b, 3, BOX_TAKEN);
	set(b, 4, BOX_ACTING);
	set(b, 5, BOX_DONE);
	box_disconnect(b);
	assert_picks(b, BOX_WANTED, 10, "1 6 ");
	assert_picks(b, BOX_READY, 10, "2 ");
	assert_picks(b, BOX_DURABLE, 10, "4 ");
	assert_int_equal(b->count[BOX_TAKEN], 1);
	assert_int_equal(box_open(b), 5);
	box_free(b);
}

static void
box_cursor__kept_text__comes_back_and_nothing_else_does(void **state)
{
	static const char *const	bad[] = { "", "1", "1 2 3 4", "x 2", "1 -2", "4294967296 1",
				    "1 4294967296", "1  2" };
	struct box			*b = WITH(0, 4294967295U);
	g_autofree char			*text = NULL, *key = NULL, *again = NULL;
	struct box			*c = box_new("INBOX", "INBOX");

	(void)state;
	set(b, 4294967295U, BOX_DONE);
	box_advance(b);
	text = box_cursor_format(b);
	assert_string_equal(text, "7 4294967295");
	assert_true(box_cursor_restore(c, text));
	assert_int_equal(c->uidvalidity, 7);
	assert_true(c->cursor == 4294967295U);
	key = box_key(c, 9);
	assert_string_equal(key, "INBOX/7/9");
	assert_true(box_cursor_restore(c, "7 5 2"));
	again = box_key(c, 9);
	assert_string_equal(again, "INBOX/7.2/9");
	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++)
		assert_false(box_cursor_restore(c, bad[i]));
	assert_int_equal(c->cursor, 5);
	box_free(c);
	box_free(b);
}

static void
header_length__any_mail__ends_behind_the_empty_line(void **state)
{
	static const struct { const char *mail; size_t len; } rows[] = {
		{ "a: b\r\n\r\nbody", 8 }, { "a: b\n\nbody", 6 }, { "a: b\r\n", 6 }, { "", 0 },
		{ "\r\n\r\nx", 4 }, { "\n\nx", 2 }, { "a\r\n\nb", 4 }, { "a\n\r\nb", 4 }
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
		assert_int_equal(header_length((const uint8_t *)rows[i].mail,
		    strlen(rows[i].mail)), rows[i].len);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(box_found__below_the_cursor_or_twice__is_not_wanted),
		cmocka_unit_test(box_advance__a_gap__holds_the_cursor),
		cmocka_unit_test(box_advance__all_listed_done__goes_to_the_horizon),
		cmocka_unit_test(box_pick__limits__hold_but_one_is_always_taken),
		cmocka_unit_test(box_pick__one_that_has_failed__is_picked_alone),
		cmocka_unit_test(box_pick__one_that_comes_back__is_found_again),
		cmocka_unit_test(box_disconnect__what_was_asked__is_open_and_what_was_taken_stays),
		cmocka_unit_test(box_cursor__kept_text__comes_back_and_nothing_else_does),
		cmocka_unit_test(header_length__any_mail__ends_behind_the_empty_line),
	};

	return cmocka_run_group_tests_name("box", tests, NULL, NULL);
}
