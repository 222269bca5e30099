/* SPDX-License-Identifier: ISC */
#include "store_fixture.h"

#include <errno.h>

#include "store/blob.h"

static void
on_synced(void *arg)
{
	struct fixture	*f = arg;

	if (--f->waiting == 0)
		loop_stop(f->loop);
}

static void
on_stored(void *arg, const struct err *why)
{
	struct fixture	*f = arg;

	if (why == NULL)
		return;
	f->failures++;
	f->why = *why;
	on_synced(f);
}

static const struct blob_events on_blobs = { on_stored, on_synced };

static struct blob *
make(const char *text)
{
	g_autoptr(GBytes)	bytes = g_bytes_new(text, strlen(text));

	return blob_new(bytes);
}

static void
store(struct fixture *f, struct blobs *bs, const char *const *texts)
{
	GPtrArray	*list = blob_list_new();

	for (; *texts != NULL; texts++)
		g_ptr_array_add(list, make(*texts));
	f->waiting++;
	blob_store(bs, list, &on_blobs, f);
}

/* The content by digest, through the public way in. */
static char *
content(struct fixture *f, const char *text)
{
	char	hex[DIGEST_HEX_SIZE], buf[100];
	ssize_t	n;
	int	fd;

	digest_sha256_hex(text, strlen(text), hex);
	if ((fd = blob_open(f->dir, hex)) == -1)
		return NULL;
	n = read(fd, buf, sizeof buf);
	close(fd);
	return n < 0 ? NULL : g_strndup(buf, (gsize)n);
}

static void
check(struct fixture *f, const char *text)
{
	g_autofree char	*got = content(f, text);

	assert_non_null(got);
	assert_string_equal(got, text);
}

static void
blob_store__several_lists__all_readable_by_digest_and_private(void **state)
{
	struct fixture	*f = fixture_new();
	struct blobs	*bs = blobs_open(f->loop, f->dir, NULL);
	const char	*one[] = { "alpha", "beta", "", NULL }, *two[] = { "gamma", NULL };
	char		 hex[DIGEST_HEX_SIZE];
	g_autofree char	*below = NULL, *path = NULL;
	struct stat	 st;

	(void)state;
	store(f, bs, one);
	store(f, bs, two);
	loop_run(f->loop);
	assert_int_equal(f->failures, 0);
	check(f, "alpha");
	check(f, "beta");
	check(f, "");
	check(f, "gamma");
	digest_sha256_hex("alpha", 5, hex);
	below = blob_path(hex);
	path = g_build_filename(f->dir, below, NULL);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	blobs_close(bs);
	fixture_free(f);
}

static void
blob_store__there_already__is_not_written_again(void **state)
{
	struct fixture	*f = fixture_new();
	struct blobs	*bs = blobs_open(f->loop, f->dir, NULL);
	const char	*texts[] = { "alpha", "alpha", NULL };
	char		 hex[DIGEST_HEX_SIZE];
	struct stat	 before, after;
	int		 fd;

	(void)state;
	digest_sha256_hex("alpha", 5, hex);
	store(f, bs, texts);
	loop_run(f->loop);
	fd = blob_open(f->dir, hex);
	assert_int_equal(fstat(fd, &before), 0);
	close(fd);
	store(f, bs, texts);
	loop_run(f->loop);
	fd = blob_open(f->dir, hex);
	assert_int_equal(fstat(fd, &after), 0);
	close(fd);
	assert_int_equal(before.st_ino, after.st_ino);
	blobs_close(bs);
	fixture_free(f);
}

static void
blob_store__cut_short_file_in_its_place__is_written_again(void **state)
{
	struct fixture	*f = fixture_new();
	struct blobs	*bs = blobs_open(f->loop, f->dir, NULL);
	const char	*texts[] = { "alpha", NULL };
	char		 hex[DIGEST_HEX_SIZE];
	g_autofree char	*below = NULL, *path = NULL;

	(void)state;
	store(f, bs, texts);
	loop_run(f->loop);
	digest_sha256_hex("alpha", 5, hex);
	below = blob_path(hex);
	path = g_build_filename(f->dir, below, NULL);
	assert_int_equal(truncate(path, 2), 0);
	store(f, bs, texts);
	loop_run(f->loop);
	check(f, "alpha");
	blobs_close(bs);
	fixture_free(f);
}

static void
blob_store__wrong_content_of_the_right_size_in_its_place__is_written_again(void **state)
{
	struct fixture	*f = fixture_new();
	struct blobs	*bs = blobs_open(f->loop, f->dir, NULL);
	const char	*texts[] = { "alpha", NULL };
	char		 hex[DIGEST_HEX_SIZE];
	g_autofree char	*below = NULL, *path = NULL;

	(void)state;
	store(f, bs, texts);
	loop_run(f->loop);
	digest_sha256_hex("alpha", 5, hex);
	below = blob_path(hex);
	path = g_build_filename(f->dir, below, NULL);
	assert_int_equal(truncate(path, 0), 0);
	assert_int_equal(truncate(path, 5), 0);		/* as a power cut leaves it */
	store(f, bs, texts);
	loop_run(f->loop);
	check(f, "alpha");
	blobs_close(bs);
	fixture_free(f);
}

static void
blob_store__close_while_waiting__is_finished(void **state)
{
	struct fixture	*f = fixture_new();
	struct blobs	*bs = blobs_open(f->loop, f->dir, NULL);
	const char	*texts[] = { "alpha", NULL };

	(void)state;
	f->waiting = 100;
	store(f, bs, texts);
	blobs_close(bs);
	assert_int_equal(f->waiting, 100);
	check(f, "alpha");
	fixture_free(f);
}

static void
blob_store__directory_not_writable__fails_temporarily(void **state)
{
	struct fixture	*f = fixture_new();
	struct blobs	*bs = blobs_open(f->loop, f->dir, NULL);
	const char	*texts[] = { "alpha", NULL };
	g_autofree char	*path = g_build_filename(f->dir, "blobs", NULL);

	(void)state;
	fixture_remove(path);		/* a directory without a name takes nothing */
	store(f, bs, texts);
	loop_run(f->loop);
	assert_int_equal(f->failures, 1);
	assert_int_equal(f->why.kind, ERR_TEMP);
	blobs_close(bs);
	fixture_free(f);
}

static void
blob_open__no_digest__is_refused(void **state)
{
	const char	*names[] = { "", "../../../etc/passwd", "zz", "ABCDEF" };
	unsigned	 i;

	(void)state;
	for (i = 0; i < G_N_ELEMENTS(names); i++) {
		errno = 0;
		assert_int_equal(blob_open("/", names[i]), -1);
		assert_int_equal(errno, EINVAL);
	}
}

static void
blobs_sweep__old_ones_go_and_stored_again_stay(void **state)
{
	struct fixture	*f = fixture_new();
	struct blobs	*bs = blobs_open(f->loop, f->dir, NULL);
	const char	*both[] = { "alpha", "beta", NULL }, *again[] = { "beta", NULL };
	char		 hex[DIGEST_HEX_SIZE];
	const char	*texts[] = { "alpha", "beta" };
	struct timespec	 old[2] = { { 1000, 0 }, { 1000, 0 } };
	g_autofree char	*gone = NULL;
	unsigned	 i;

	(void)state;
	store(f, bs, both);
	loop_run(f->loop);
	for (i = 0; i < 2; i++) {
		g_autofree char *below = NULL, *path = NULL;

		digest_sha256_hex(texts[i], strlen(texts[i]), hex);
		below = blob_path(hex);
		path = g_build_filename(f->dir, below, NULL);
		assert_int_equal(utimensat(AT_FDCWD, path, old, 0), 0);
	}
	store(f, bs, again);
	loop_run(f->loop);
	blobs_sweep(bs, 3600 * 1000);
	blobs_close(bs);
	assert_null(gone = content(f, "alpha"));
	check(f, "beta");
	fixture_free(f);
}

static void
blob_store__what_was_missing__is_fresh_and_what_was_there_is_not(void **state)
{
	struct fixture		*f = fixture_new();
	struct blobs		*bs = blobs_open(f->loop, f->dir, NULL);
	const char		*texts[] = { "alpha", NULL };
	g_autoptr(GPtrArray)	 list = blob_list_new();

	(void)state;
	store(f, bs, texts);
	loop_run(f->loop);
	g_ptr_array_add(list, make("alpha"));
	g_ptr_array_add(list, make("beta"));
	f->waiting++;
	blob_store(bs, g_ptr_array_ref(list), &on_blobs, f);
	loop_run(f->loop);
	assert_false(((struct blob *)list->pdata[0])->fresh);
	assert_true(((struct blob *)list->pdata[1])->fresh);
	blobs_close(bs);
	fixture_free(f);
}

static void
blobs_age__aged_ones_go_earlier_and_stored_again_do_not(void **state)
{
	struct fixture	*f = fixture_new();
	struct blobs	*bs = blobs_open(f->loop, f->dir, NULL);
	const char	*all[] = { "alpha", "beta", "gamma", NULL }, *again[] = { "beta", NULL };
	GPtrArray	*digests = g_ptr_array_new_with_free_func(g_free);
	g_autofree char	*gone = NULL;
	unsigned	 i;

	(void)state;
	for (i = 0; i < 2; i++) {
		char	hex[DIGEST_HEX_SIZE];

		digest_sha256_hex(all[i], strlen(all[i]), hex);
		g_ptr_array_add(digests, g_strdup(hex));
	}
	g_ptr_array_add(digests, g_strdup("../../no digest"));
	store(f, bs, all);
	loop_run(f->loop);
	blobs_age(bs, digests, 7200 * 1000);
	store(f, bs, again);
	loop_run(f->loop);
	blobs_sweep(bs, 3600 * 1000);
	blobs_close(bs);
	assert_null(gone = content(f, "alpha"));
	check(f, "beta");
	check(f, "gamma");
	fixture_free(f);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(blob_store__several_lists__all_readable_by_digest_and_private),
		cmocka_unit_test(blob_store__there_already__is_not_written_again),
		cmocka_unit_test(blob_store__cut_short_file_in_its_place__is_written_again),
		cmocka_unit_test(
		    blob_store__wrong_content_of_the_right_size_in_its_place__is_written_again),
		cmocka_unit_test(blob_store__close_while_waiting__is_finished),
		cmocka_unit_test(blob_store__directory_not_writable__fails_temporarily),
		cmocka_unit_test(blob_open__no_digest__is_refused),
		cmocka_unit_test(blob_store__what_was_missing__is_fresh_and_what_was_there_is_not),
		cmocka_unit_test(blobs_age__aged_ones_go_earlier_and_stored_again_do_not),
		cmocka_unit_test(blobs_sweep__old_ones_go_and_stored_again_stay),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
