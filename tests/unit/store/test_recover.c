/* SPDX-License-Identifier: ISC */
/*
 * Recovery against every way a small segment can be cut or flipped: never a
 * crash, never a whole record lost before the damage, never a wrong one.
 */
#include "store_fixture.h"

#include "store/journal_ledger.h"
#include "store/journal_record.h"

#define RECORDS	6
#define SIZE	90

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

/* One segment of RECORDS small records; its bytes, and where each ends. */
static void
make_segment(struct fixture *f, char **bytes, gsize *len, gsize ends[RECORDS])
{
	g_autofree char	*path = fixture_segment(f, 1);
	struct stat	 st;
	unsigned	 i;

	fixture_open(f, 1 << 20, 1 << 24);
	for (i = 0; i < RECORDS; i++) {
		fixture_append(f, i, 1, SIZE);
		assert_int_equal(stat(path, &st), 0);
		ends[i] = (gsize)st.st_size;
	}
	fixture_close(f);
	assert_true(g_file_get_contents(path, bytes, len, NULL));
	assert_int_equal(*len, ends[RECORDS - 1]);
}

/* Put this segment there alone, and whatever else the journal knows away. */
static void
lay_out(struct fixture *f, const char *bytes, gsize len)
{
	g_autofree char	*journal = g_build_filename(f->dir, "journal", NULL);
	g_autofree char	*corrupt = g_build_filename(f->dir, "corrupt", NULL);
	g_autofree char	*ledger = g_build_filename(journal, LEDGER_NAME, NULL);
	g_autofree char	*path = fixture_segment(f, 1);
	g_autoptr(GPtrArray) names = fixture_names(f, "journal");
	unsigned	 i;

	for (i = 0; i < names->len; i++)
		if (g_str_has_suffix(names->pdata[i], ".seg")) {
			g_autofree char *old = g_build_filename(journal, names->pdata[i], NULL);
			unlink(old);
		}
	unlink(ledger);
	fixture_remove(corrupt);
	assert_true(g_file_set_contents(path, bytes, (gssize)len, NULL));
}

/* Which of the RECORDS come back, as bits; each must be as it was written. */
static unsigned
found(struct fixture *f)
{
	struct arrival	*a;
	uint64_t	 lsn = 0;
	unsigned	 bits = 0;

	while ((lsn = journal_next(f->journal, lsn)) != 0) {
		assert_in_range(lsn, 1, RECORDS);
		a = journal_read(f->journal, lsn, NULL);
		assert_non_null(a);
		fixture_check(a, (unsigned)lsn - 1, SIZE);
		arrival_free(a);
		bits |= 1U << (lsn - 1);
	}
	return bits;
}

/* The next append must get a number that was never given before. */
static void
goes_on(struct fixture *f)
{
	struct arrival	*a;
	uint64_t	 lsn;

	g_array_set_size(f->lsns, 0);
	fixture_append(f, 77, 1, 20);
	assert_int_equal(f->lsns->len, 1);
	lsn = g_array_index(f->lsns, uint64_t, 0);
	assert_non_null(a = journal_read(f->journal, lsn, NULL));
	fixture_check(a, 77, 20);
	arrival_free(a);
}

static void
recover__cut_at_every_byte__whole_records_before_stay(void **state)
{
	struct fixture	*f = *state;
	g_autofree char	*bytes = NULL;
	gsize		 len, ends[RECORDS], cut;
	unsigned	 whole, i;

	make_segment(f, &bytes, &len, ends);
	for (cut = 0; cut <= len; cut++) {
		for (whole = 0, i = 0; i < RECORDS; i++)
			if (ends[i] <= cut)
				whole |= 1U << i;
		lay_out(f, bytes, cut);
		fixture_open(f, 1 << 20, 1 << 24);
		assert_int_equal(found(f), whole);
		if (cut % 16 == 0)
			goes_on(f);
		fixture_close(f);
	}
}

static void
recover__cut_short__is_no_damage(void **state)
{
	struct fixture		*f = *state;
	g_autofree char		*bytes = NULL;
	g_autoptr(GPtrArray)	 corrupt = NULL;
	struct journal_stats	 stats;
	gsize			 len, ends[RECORDS];

	make_segment(f, &bytes, &len, ends);
	lay_out(f, bytes, len - 30);
	fixture_open(f, 1 << 20, 1 << 24);
	journal_stats(f->journal, &stats);
	assert_int_equal(stats.damaged, 0);
	corrupt = fixture_names(f, "corrupt");
	assert_int_equal(corrupt->len, 0);
}

/* The record a byte belongs to, as a bit; none for the segment's head. */
static unsigned
owner(gsize at, const gsize ends[RECORDS])
{
	unsigned	i;

	for (i = 0; at >= SEGMENT_HEAD_SIZE && i < RECORDS; i++)
		if (at < ends[i])
			return 1U << i;
	return 0;
}

/* What was damaged must be counted and kept aside, whatever the bit was. */
static void
is_set_aside(struct fixture *f)
{
	g_autoptr(GPtrArray)	corrupt = fixture_names(f, "corrupt");
	struct journal_stats	stats;

	journal_stats(f->journal, &stats);
	assert_int_equal(stats.damaged, 1);
	assert_int_equal(corrupt->len, 1);
}

static void
recover__bit_flipped_at_every_byte__only_that_record_is_lost(void **state)
{
	struct fixture	*f = *state;
	g_autofree char	*bytes = NULL;
	gsize		 len, ends[RECORDS], at;
	const unsigned	 all = (1U << RECORDS) - 1;

	make_segment(f, &bytes, &len, ends);
	log_setup(LOG_LEVEL_ERROR, LOG_FORMAT_TEXT);
	for (at = 0; at < len; at++) {
		bytes[at] = (char)(bytes[at] ^ (1 << (at % 8)));
		lay_out(f, bytes, len);
		fixture_open(f, 1 << 20, 1 << 24);
		assert_int_equal(found(f), all & ~owner(at, ends));
		/* A length in the last head may now reach behind the end. */
		if (at < ends[RECORDS - 2])
			is_set_aside(f);
		if (at % 16 == 0)
			goes_on(f);
		fixture_close(f);
		bytes[at] = (char)(bytes[at] ^ (1 << (at % 8)));
	}
}

static void
recover__run_of_bytes_zeroed__others_stay(void **state)
{
	struct fixture	*f = *state;
	g_autofree char	*bytes = NULL, *copy = NULL;
	gsize		 len, ends[RECORDS], at;
	unsigned	 lost;

	make_segment(f, &bytes, &len, ends);
	copy = g_memdup2(bytes, len);
	for (at = SEGMENT_HEAD_SIZE; at + 100 < len; at += 13) {
		memcpy(copy, bytes, len);
		memset(copy + at, 0, 100);
		lost = owner(at, ends) | owner(at + 99, ends);
		lay_out(f, copy, len);
		fixture_open(f, 1 << 20, 1 << 24);
		assert_int_equal(found(f), ((1U << RECORDS) - 1) & ~lost);
		fixture_close(f);
	}
}

static void
recover__damage_again_and_again__same_result_and_one_copy(void **state)
{
	struct fixture	*f = *state;
	g_autofree char	*bytes = NULL;
	gsize		 len, ends[RECORDS];
	unsigned	 i;

	make_segment(f, &bytes, &len, ends);
	bytes[ends[1] + 50] ^= 4;
	lay_out(f, bytes, len);
	for (i = 0; i < 3; i++) {
		fixture_open(f, 1 << 20, 1 << 24);
		assert_int_equal(found(f), 0x3b);
		is_set_aside(f);
		fixture_close(f);
	}
}

static void
recover__last_record_damaged__its_number_is_not_given_again(void **state)
{
	struct fixture	*f = *state;
	g_autofree char	*bytes = NULL;
	gsize		 len, ends[RECORDS];

	make_segment(f, &bytes, &len, ends);
	bytes[ends[RECORDS - 2] + 3] ^= 1;	/* not even its LSN can be read */
	lay_out(f, bytes, len);
	fixture_open(f, 1 << 20, 1 << 24);
	fixture_close(f);
	fixture_open(f, 1 << 20, 1 << 24);	/* nothing was written in between */
	g_array_set_size(f->lsns, 0);
	fixture_append(f, 77, 1, 20);
	assert_true(g_array_index(f->lsns, uint64_t, 0) > RECORDS);
}

static void
recover__record_inside_a_mail__is_not_taken_for_one(void **state)
{
	struct fixture		*f = *state;
	struct fixture		*other = fixture_new();
	g_autofree char		*bytes = NULL, *path = NULL, *mine = NULL;
	g_autoptr(GBytes)	 mail = NULL;
	gsize			 len, ends[RECORDS], mine_len;

	make_segment(other, &bytes, &len, ends);
	fixture_free(other);
	mail = g_bytes_new(bytes, len);
	fixture_open(f, 1 << 20, 1 << 24);
	f->waiting = 1;
	journal_append(f->journal, arrival_new(ARRIVAL_MAIL, "imap", "support", "k", mail),
	    fixture_on_done, f);
	loop_run(f->loop);
	fixture_close(f);
	path = fixture_segment(f, 1);
	assert_true(g_file_get_contents(path, &mine, &mine_len, NULL));
	mine[SEGMENT_HEAD_SIZE + 5] ^= 1;
	assert_true(g_file_set_contents(path, mine, (gssize)mine_len, NULL));
	fixture_open(f, 1 << 20, 1 << 24);
	assert_int_equal(journal_next(f->journal, 0), 0);
}

static void
recover__newer_version__refuses_and_changes_nothing(void **state)
{
	struct fixture		*f = *state;
	struct segment_head	 head = { JOURNAL_VERSION + 1, { 1, 2, 3 }, 1, 0 };
	struct journal_options	 options = { f->dir, 4096, 60000, 1 << 24, 0, NULL, NULL };
	g_autofree char		*bytes = NULL, *after = NULL, *path = fixture_segment(f, 1);
	gsize			 len, after_len, ends[RECORDS];
	struct err		 e = ERR_INIT;

	make_segment(f, &bytes, &len, ends);
	segment_head_encode(&head, (uint8_t *)bytes);
	lay_out(f, bytes, len);
	assert_null(journal_open(f->loop, &options, &e));
	assert_int_equal(e.kind, ERR_CONFIG);
	assert_non_null(strstr(e.text, "version 2"));
	assert_true(g_file_get_contents(path, &after, &after_len, NULL));
	assert_int_equal(after_len, len);
	assert_memory_equal(after, bytes, len);
}

static void
recover__id_file_lost_or_damaged__id_comes_from_the_segments(void **state)
{
	struct fixture	*f = *state;
	g_autofree char	*bytes = NULL, *id = NULL;
	g_autofree char	*path = g_build_filename(f->dir, "journal/id", NULL);
	gsize		 len, ends[RECORDS];

	make_segment(f, &bytes, &len, ends);
	fixture_open(f, 1 << 20, 1 << 24);
	id = g_strdup(journal_id(f->journal));
	fixture_close(f);
	assert_int_equal(unlink(path), 0);
	fixture_open(f, 1 << 20, 1 << 24);
	assert_string_equal(journal_id(f->journal), id);
	assert_int_equal(found(f), 0x3f);
	fixture_close(f);
	assert_true(g_file_set_contents(path, "rubbish", -1, NULL));
	fixture_open(f, 1 << 20, 1 << 24);
	assert_string_equal(journal_id(f->journal), id);
	assert_int_equal(found(f), 0x3f);
}

static void
recover__ledger_flipped_at_every_byte__older_or_same_done_never_more(void **state)
{
	struct fixture	*f = *state;
	g_autofree char	*path = g_build_filename(f->dir, "journal/ledger", NULL);
	g_autofree char	*ledger = NULL;
	gsize		 len, at;

	fixture_open(f, 1 << 20, 1 << 24);
	fixture_append(f, 0, 20, 100);
	journal_set_done(f->journal, 4);
	fixture_close(f);
	fixture_open(f, 1 << 20, 1 << 24);
	journal_set_done(f->journal, 9);
	fixture_close(f);
	assert_true(g_file_get_contents(path, &ledger, &len, NULL));
	for (at = 0; at < len; at++) {
		if (at == 64)
			at = 4096;		/* nothing between the slots */
		ledger[at] = (char)(ledger[at] ^ 16);
		assert_true(g_file_set_contents(path, ledger, (gssize)len, NULL));
		fixture_open(f, 1 << 20, 1 << 24);
		assert_true(journal_done(f->journal) == 9 || journal_done(f->journal) == 4);
		assert_int_equal(journal_last(f->journal), 20);
		fixture_close(f);
		ledger[at] = (char)(ledger[at] ^ 16);
	}
}

static void
recover__both_ledger_slots_lost__all_is_undone(void **state)
{
	struct fixture		*f = *state;
	g_autofree char		*path = g_build_filename(f->dir, "journal/ledger", NULL);
	char			 rubbish[8192];
	struct journal_stats	 stats;

	fixture_open(f, 1 << 20, 1 << 24);
	fixture_append(f, 0, 20, 100);
	journal_set_done(f->journal, 4);
	fixture_close(f);
	memset(rubbish, 0x5a, sizeof rubbish);
	assert_true(g_file_set_contents(path, rubbish, sizeof rubbish, NULL));
	fixture_open(f, 1 << 20, 1 << 24);
	assert_int_equal(journal_done(f->journal), 0);
	journal_stats(f->journal, &stats);
	assert_int_equal(stats.waiting, 20);
	assert_int_equal(stats.damaged, 1);
	goes_on(f);
}

static void
recover__segments_gone_but_ledger_there__numbers_go_on_above(void **state)
{
	struct fixture	*f = *state;
	g_autofree char	*path = fixture_segment(f, 1);

	fixture_open(f, 1 << 20, 1 << 24);
	fixture_append(f, 0, 20, 100);
	journal_set_done(f->journal, 20);
	fixture_close(f);
	assert_int_equal(unlink(path), 0);
	fixture_open(f, 1 << 20, 1 << 24);
	g_array_set_size(f->lsns, 0);
	fixture_append(f, 0, 1, 100);
	assert_int_equal(g_array_index(f->lsns, uint64_t, 0), 21);
}

static void
recover__foreign_files_beside_segments__are_left_alone(void **state)
{
	struct fixture	*f = *state;
	g_autofree char	*bytes = NULL, *path = NULL;
	gsize		 len, ends[RECORDS];

	make_segment(f, &bytes, &len, ends);
	path = g_build_filename(f->dir, "journal", "1.seg", NULL);
	assert_true(g_file_set_contents(path, "hello", -1, NULL));
	fixture_open(f, 1 << 20, 1 << 24);
	assert_int_equal(found(f), 0x3f);
	assert_int_equal(access(path, F_OK), 0);
}

/* What version 1 wrote must be read by every later one. */
static void
recover__journal_written_by_version_1__is_read(void **state)
{
	static const char *const names[] = { "id", "ledger", "00000000000000000001.seg",
			    "00000000000000000004.seg" };
	struct fixture	*f = *state;
	const char	*src = g_getenv("top_srcdir");
	g_autofree char	*from = g_build_filename(src != NULL ? src : ".",
			    "tests/unit/store/journal-v1", NULL);
	g_autofree char	*to = g_build_filename(f->dir, "journal", NULL);
	gsize		 len;
	guint		 i;

	assert_int_equal(mkdir(to, 0700), 0);
	for (i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autofree char *source = g_build_filename(from, names[i], NULL);
		g_autofree char *target = g_build_filename(to, names[i], NULL);
		g_autofree char *bytes = NULL;

		assert_true(g_file_get_contents(source, &bytes, &len, NULL));
		assert_true(g_file_set_contents(target, bytes, (gssize)len, NULL));
	}
	fixture_open(f, 1 << 20, 1 << 24);
	assert_string_equal(journal_id(f->journal), "8f098cf550a69787069e641583176793");
	assert_int_equal(journal_done(f->journal), 2);
	assert_int_equal(found(f), 0x1f);
}

static void
journal_read__bytes_damaged_while_open__says_so_and_goes_on(void **state)
{
	struct fixture	*f = *state;
	g_autofree char	*bytes = NULL, *path = fixture_segment(f, 1);
	gsize		 len, ends[RECORDS];
	struct err	 e = ERR_INIT;
	struct arrival	*a;
	int		 fd;

	make_segment(f, &bytes, &len, ends);
	fixture_open(f, 1 << 20, 1 << 24);
	fd = open(path, O_RDWR);
	assert_int_equal(pwrite(fd, "XX", 2, (off_t)ends[1] + 60), 2);
	close(fd);
	assert_null(journal_read(f->journal, 3, &e));
	assert_int_equal(e.kind, ERR_PERM);
	assert_non_null(a = journal_read(f->journal, 4, &e));
	arrival_free(a);
}

#define TEST(name)	cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		TEST(recover__cut_at_every_byte__whole_records_before_stay),
		TEST(recover__cut_short__is_no_damage),
		TEST(recover__bit_flipped_at_every_byte__only_that_record_is_lost),
		TEST(recover__run_of_bytes_zeroed__others_stay),
		TEST(recover__damage_again_and_again__same_result_and_one_copy),
		TEST(recover__last_record_damaged__its_number_is_not_given_again),
		TEST(recover__record_inside_a_mail__is_not_taken_for_one),
		TEST(recover__newer_version__refuses_and_changes_nothing),
		TEST(recover__id_file_lost_or_damaged__id_comes_from_the_segments),
		TEST(recover__ledger_flipped_at_every_byte__older_or_same_done_never_more),
		TEST(recover__both_ledger_slots_lost__all_is_undone),
		TEST(recover__segments_gone_but_ledger_there__numbers_go_on_above),
		TEST(recover__foreign_files_beside_segments__are_left_alone),
		TEST(recover__journal_written_by_version_1__is_read),
		TEST(journal_read__bytes_damaged_while_open__says_so_and_goes_on),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
