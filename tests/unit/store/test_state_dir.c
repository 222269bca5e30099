/* SPDX-License-Identifier: ISC */
/* Who may use the state directory, and its secret. */
#include "store_fixture.h"

#include <sys/wait.h>

#include "store/state_dir.h"

struct place {
	char	*top;
	char	*path;
};

static int
setup(void **state)
{
	struct place	*p = g_new0(struct place, 1);

	p->top = g_dir_make_tmp("intaked-state-XXXXXX", NULL);
	p->path = g_build_filename(p->top, "state", NULL);
	*state = p;
	return 0;
}

static int
teardown(void **state)
{
	struct place	*p = *state;

	fixture_remove(p->top);
	g_free(p->top);
	g_free(p->path);
	g_free(p);
	return 0;
}

static void
state_dir_open__first_start__makes_a_private_directory(void **state)
{
	struct place		*p = *state;
	struct state_dir	*dir = state_dir_open(p->path, NULL);
	struct stat		 st;

	assert_non_null(dir);
	assert_string_equal(state_dir_path(dir), p->path);
	assert_int_equal(stat(p->path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	state_dir_close(dir);
}

static void
state_dir_open__second_daemon__is_told_the_pid_and_may_retry(void **state)
{
	struct place		*p = *state;
	struct state_dir	*dir = state_dir_open(p->path, NULL);
	struct err		 e = ERR_INIT;
	g_autofree char		*pid = g_strdup_printf("already in use by pid %ld", (long)getpid());

	assert_non_null(dir);
	assert_null(state_dir_open(p->path, &e));
	assert_int_equal(e.kind, ERR_TEMP);
	assert_non_null(strstr(e.text, pid));
	state_dir_close(dir);
	assert_non_null(dir = state_dir_open(p->path, &e));
	state_dir_close(dir);
}

static void
state_dir_open__holder_killed__lock_is_free(void **state)
{
	struct place		*p = *state;
	struct state_dir	*dir;
	pid_t			 child = fork();
	int			 status;

	if (child == 0)
		_exit(state_dir_open(p->path, NULL) != NULL ? 0 : 1);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_non_null(dir = state_dir_open(p->path, NULL));
	state_dir_close(dir);
}

static void
state_dir_open__others_can_write__refuses(void **state)
{
	struct place	*p = *state;
	struct err	 e = ERR_INIT;

	assert_int_equal(mkdir(p->path, 0700), 0);
	assert_int_equal(chmod(p->path, 0770), 0);
	assert_null(state_dir_open(p->path, &e));
	assert_int_equal(e.kind, ERR_CONFIG);
}

static void
state_dir_open__readable_by_others__is_made_private(void **state)
{
	struct place		*p = *state;
	struct state_dir	*dir;
	struct stat		 st;

	assert_int_equal(mkdir(p->path, 0755), 0);
	assert_non_null(dir = state_dir_open(p->path, NULL));
	assert_int_equal(stat(p->path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	state_dir_close(dir);
}

static void
state_dir_open__a_file_is_there__refuses(void **state)
{
	struct place	*p = *state;
	struct err	 e = ERR_INIT;

	assert_true(g_file_set_contents(p->path, "x", 1, NULL));
	assert_null(state_dir_open(p->path, &e));
	assert_int_equal(e.kind, ERR_CONFIG);
}

static void
state_dir_secret__made_once__is_the_same_ever_after(void **state)
{
	struct place		*p = *state;
	struct state_dir	*dir = state_dir_open(p->path, NULL);
	uint8_t			 one[STATE_SECRET_SIZE], two[STATE_SECRET_SIZE];
	const uint8_t		 zeros[STATE_SECRET_SIZE] = { 0 };
	g_autofree char		*path = g_build_filename(p->path, "secret", NULL);
	struct stat		 st;

	assert_int_equal(state_dir_secret(dir, NULL, one, NULL), 0);
	assert_memory_not_equal(one, zeros, sizeof one);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	state_dir_close(dir);
	dir = state_dir_open(p->path, NULL);
	assert_int_equal(state_dir_secret(dir, NULL, two, NULL), 0);
	assert_memory_equal(one, two, sizeof one);
	state_dir_close(dir);
}

static void
state_dir_secret__readable_by_the_group__refuses(void **state)
{
	struct place		*p = *state;
	struct state_dir	*dir = state_dir_open(p->path, NULL);
	uint8_t			 out[STATE_SECRET_SIZE];
	g_autofree char		*path = g_build_filename(p->path, "secret", NULL);
	struct err		 e = ERR_INIT;

	assert_int_equal(state_dir_secret(dir, NULL, out, NULL), 0);
	assert_int_equal(chmod(path, 0640), 0);
	assert_int_equal(state_dir_secret(dir, NULL, out, &e), -1);
	assert_int_equal(e.kind, ERR_CONFIG);
	state_dir_close(dir);
}

static void
state_dir_secret__short_or_missing_file__refuses(void **state)
{
	struct place		*p = *state;
	struct state_dir	*dir = state_dir_open(p->path, NULL);
	uint8_t			 out[STATE_SECRET_SIZE];
	g_autofree char		*path = g_build_filename(p->top, "key", NULL);
	struct err		 e = ERR_INIT;

	assert_int_equal(state_dir_secret(dir, path, out, &e), -1);
	assert_int_equal(e.kind, ERR_CONFIG);
	assert_true(g_file_set_contents(path, "short", -1, NULL));
	assert_int_equal(chmod(path, 0600), 0);
	assert_int_equal(state_dir_secret(dir, path, out, &e), -1);
	assert_true(g_file_set_contents(path, "0123456789abcdef0123456789abcdef", -1, NULL));
	assert_int_equal(chmod(path, 0600), 0);
	assert_int_equal(state_dir_secret(dir, path, out, &e), 0);
	assert_memory_equal(out, "0123456789abcdef0123456789abcdef", 32);
	state_dir_close(dir);
}

#define TEST(name)	cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		TEST(state_dir_open__first_start__makes_a_private_directory),
		TEST(state_dir_open__second_daemon__is_told_the_pid_and_may_retry),
		TEST(state_dir_open__holder_killed__lock_is_free),
		TEST(state_dir_open__others_can_write__refuses),
		TEST(state_dir_open__readable_by_others__is_made_private),
		TEST(state_dir_open__a_file_is_there__refuses),
		TEST(state_dir_secret__made_once__is_the_same_ever_after),
		TEST(state_dir_secret__readable_by_the_group__refuses),
		TEST(state_dir_secret__short_or_missing_file__refuses),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
