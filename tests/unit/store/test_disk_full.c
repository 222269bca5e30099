/* SPDX-License-Identifier: ISC */
/*
 * A disk that is really full: a small tmpfs in a mount namespace of our own.
 * Skipped where we may not have one.
 */
#include "store_fixture.h"

#include <errno.h>
#include <sched.h>
#include <sys/mount.h>

#include "store/cursor.h"

#define SIZE	3000

static const char	*const options = "size=300k,nr_inodes=40";

struct full {
	struct fixture	*f;
	unsigned	 sent;
};

static int
setup(void **state)
{
	struct full	*full = g_new0(struct full, 1);

	full->f = fixture_new();
	assert_int_equal(mount("none", full->f->dir, "tmpfs", 0, options), 0);
	*state = full;
	return 0;
}

static int
teardown(void **state)
{
	struct full	*full = *state;

	fixture_close(full->f);
	umount2(full->f->dir, MNT_DETACH);
	fixture_free(full->f);
	g_free(full);
	return 0;
}

/* One after the other until one fails; those before are all durable. */
static void
fill(struct full *full)
{
	while (full->f->failures == 0) {
		fixture_append(full->f, full->sent++, 1, SIZE);
		assert_true(full->sent < 1000);
	}
}

static void
check_all(struct full *full, unsigned without)
{
	struct arrival	*a;
	uint64_t	 lsn = 0;
	unsigned	 n;

	for (n = 0; n < full->sent; n++) {
		if (n == without)
			continue;
		assert_int_not_equal(lsn = journal_next(full->f->journal, lsn), 0);
		assert_non_null(a = journal_read(full->f->journal, lsn, NULL));
		fixture_check(a, n, SIZE);
		arrival_free(a);
	}
	assert_int_equal(journal_next(full->f->journal, lsn), 0);
}

/* Refuses at once, takes again by itself when there is space, keeps all but the one. */
static void
comes_through(struct full *full, void (*make_room)(struct full *))
{
	struct err	e = ERR_INIT;
	unsigned	failed = full->sent - 1;

	assert_int_equal(full->f->why.kind, ERR_TEMP);
	assert_false(journal_broken(full->f->journal));
	assert_int_equal(journal_admit(full->f->journal, SIZE, &e), -1);
	assert_int_equal(e.kind, ERR_TEMP);
	check_all(full, failed);
	make_room(full);
	fixture_wait(full->f, 2500);
	journal_sweep(full->f->journal);
	fixture_wait(full->f, 50);
	assert_int_equal(journal_admit(full->f->journal, SIZE, &e), 0);
	fixture_append(full->f, full->sent++, 1, SIZE);
	assert_int_equal(full->f->failures, 1);
	check_all(full, failed);
	fixture_close(full->f);
	fixture_open(full->f, 16384, 1 << 24);
	check_all(full, failed);
}

static char *
ballast(struct full *full, unsigned n)
{
	return g_strdup_printf("%s/ballast%u", full->f->dir, n);
}

static void
remove_ballast(struct full *full)
{
	g_autofree char	*path = ballast(full, 0);

	assert_int_equal(unlink(path), 0);
}

static void
journal__no_blocks_left__refuses_and_resumes_by_itself(void **state)
{
	struct full	*full = *state;
	g_autofree char	*path = ballast(full, 0), *bytes = g_malloc0(100000);

	assert_true(g_file_set_contents(path, bytes, 100000, NULL));
	fixture_open(full->f, 16384, 1 << 24);
	fill(full);
	assert_non_null(strstr(full->f->why.text, strerror(ENOSPC)));
	comes_through(full, remove_ballast);
}

static void
journal__no_inodes_left__refuses_and_resumes_by_itself(void **state)
{
	struct full	*full = *state;
	unsigned	 n;

	fixture_open(full->f, 16384, 1 << 24);
	fixture_append(full->f, full->sent++, 1, SIZE);
	for (n = 0; n < 100; n++) {
		g_autofree char	*path = ballast(full, n);
		int		 fd = open(path, O_CREAT | O_WRONLY, 0600);

		if (fd == -1)
			break;
		close(fd);
	}
	assert_int_equal(errno, ENOSPC);
	fill(full);
	comes_through(full, remove_ballast);
}

static void
on_set(void *arg, const struct err *why)
{
	struct fixture	*f = arg;

	f->failures += why != NULL;
	if (--f->waiting == 0)
		loop_stop(f->loop);
}

static void
cursor__no_blocks_left__old_places_stay_and_error_is_told(void **state)
{
	struct full	*full = *state;
	struct fixture	*f = full->f;
	struct cursors	*c = cursor_open(f->loop, f->dir, NULL);
	g_autofree char	*path = ballast(full, 0), *bytes = g_malloc0(4096);
	int		 fd;

	assert_non_null(c);
	f->waiting = 1;
	cursor_set(c, "a", "1", on_set, f);
	loop_run(f->loop);
	fd = open(path, O_CREAT | O_WRONLY, 0600);
	while (write(fd, bytes, 4096) > 0)
		continue;
	close(fd);
	f->waiting = 1;
	cursor_set(c, "a", "2", on_set, f);
	loop_run(f->loop);
	assert_int_equal(f->failures, 1);
	cursor_close(c);
	c = cursor_open(f->loop, f->dir, NULL);
	assert_string_equal(cursor_get(c, "a"), "1");
	cursor_close(c);
}

#define TEST(name)	cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		TEST(journal__no_blocks_left__refuses_and_resumes_by_itself),
		TEST(journal__no_inodes_left__refuses_and_resumes_by_itself),
		TEST(cursor__no_blocks_left__old_places_stay_and_error_is_told),
	};
	if (unshare(CLONE_NEWNS) == -1 && unshare(CLONE_NEWUSER | CLONE_NEWNS) == -1)
		return 77;
	if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == -1)
		return 77;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
