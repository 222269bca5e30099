/* SPDX-License-Identifier: ISC */
#include "store_fixture.h"

#include "store/journal_tool.h"

struct seen {
	unsigned	records, segments, damages, done, unfinished;
	uint64_t	last;
	uint64_t	stop_at;
};

static bool
on_record(void *arg, uint64_t lsn, int64_t time_ms, const struct arrival *a)
{
	struct seen	*s = arg;

	assert_true(lsn > s->last);
	assert_true(time_ms > 0);
	assert_int_equal(a->lsn, lsn);
	fixture_check(a, (unsigned)lsn - 1, 800);
	s->last = lsn;
	s->records++;
	return s->stop_at == 0 || lsn < s->stop_at;
}

static void
on_segment(void *arg, const struct journal_tool_segment *segment)
{
	struct seen	*s = arg;

	s->segments++;
	s->done += segment->done;
	s->unfinished += segment->unfinished;
	assert_true(segment->last >= segment->first);
}

static void
on_damage(void *arg, const struct journal_tool_damage *damage)
{
	struct seen	*s = arg;

	s->damages++;
	assert_true(damage->from < damage->to);
}

static void
visit(struct fixture *f, struct seen *s, uint64_t from, struct journal_tool_summary *sum)
{
	struct journal_tool_visitor	visitor = { on_record, on_segment, on_damage, s, from };

	assert_int_equal(journal_tool_visit(f->dir, &visitor, sum, NULL), 0);
}

static void
journal_tool_visit__while_the_daemon_runs__sees_all(void **state)
{
	struct fixture			*f = fixture_new();
	struct seen			 s = { 0 }, part = { 0 };
	struct journal_tool_summary	 sum;

	(void)state;
	fixture_open(f, 8192, 1 << 24);
	fixture_append(f, 0, 30, 800);
	fixture_append(f, 30, 30, 800);
	visit(f, &s, 0, &sum);
	assert_int_equal(s.records, 60);
	assert_true(s.segments > 2);
	assert_int_equal(s.done, 0);
	assert_int_equal(sum.damaged, 0);
	assert_int_equal(sum.records, 60);
	assert_string_equal(sum.id, journal_id(f->journal));
	visit(f, &part, 51, &sum);
	assert_int_equal(part.records, 10);
	journal_set_done(f->journal, 60);
	fixture_close(f);
	memset(&s, 0, sizeof s);
	visit(f, &s, 0, &sum);
	assert_int_equal(sum.done, 60);
	assert_int_equal(s.done, s.segments);
	fixture_free(f);
}

static void
journal_tool_visit__asked_to_stop__stops(void **state)
{
	struct fixture			*f = fixture_new();
	struct seen			 s = { .stop_at = 7 };
	struct journal_tool_summary	 sum;

	(void)state;
	fixture_open(f, 8192, 1 << 24);
	fixture_append(f, 0, 30, 800);
	visit(f, &s, 0, &sum);
	assert_int_equal(s.records, 7);
	assert_true(sum.stopped);
	fixture_free(f);
}

static void
journal_tool_visit__damage_and_torn_end__are_told_apart_and_left_alone(void **state)
{
	struct fixture			*f = fixture_new();
	struct seen			 s = { 0 };
	struct journal_tool_summary	 sum;
	g_autofree char			*path = fixture_segment(f, 1), *before = NULL, *after = NULL;
	gsize				 len, after_len;
	int				 fd;

	(void)state;
	fixture_open(f, 1 << 20, 1 << 24);
	fixture_append(f, 0, 10, 800);
	fixture_close(f);
	fd = open(path, O_RDWR);
	assert_int_equal(pwrite(fd, "??", 2, 2000), 2);
	assert_int_equal(ftruncate(fd, lseek(fd, 0, SEEK_END) - 11), 0);
	close(fd);
	assert_true(g_file_get_contents(path, &before, &len, NULL));
	visit(f, &s, 0, &sum);
	assert_int_equal(s.records, 8);
	assert_int_equal(s.damages, 1);
	assert_int_equal(sum.damaged, 1);
	assert_int_equal(s.unfinished, 1);
	assert_true(g_file_get_contents(path, &after, &after_len, NULL));
	assert_int_equal(len, after_len);
	assert_memory_equal(before, after, len);
	fixture_free(f);
}

static void
journal_tool_read__by_number__gives_the_arrival(void **state)
{
	struct fixture	*f = fixture_new();
	struct arrival	*a;
	struct err	 e = ERR_INIT;

	(void)state;
	assert_null(journal_tool_read(f->dir, 1, &e));
	assert_int_equal(e.kind, ERR_PERM);
	fixture_open(f, 8192, 1 << 24);
	fixture_append(f, 0, 30, 800);
	assert_non_null(a = journal_tool_read(f->dir, 17, &e));
	fixture_check(a, 16, 800);
	assert_int_equal(a->lsn, 17);
	arrival_free(a);
	assert_null(journal_tool_read(f->dir, 31, &e));
	assert_int_equal(e.kind, ERR_PERM);
	fixture_free(f);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(journal_tool_visit__while_the_daemon_runs__sees_all),
		cmocka_unit_test(journal_tool_visit__asked_to_stop__stops),
		cmocka_unit_test(journal_tool_visit__damage_and_torn_end__are_told_apart_and_left_alone),
		cmocka_unit_test(journal_tool_read__by_number__gives_the_arrival),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
