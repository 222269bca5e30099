/* SPDX-License-Identifier: ISC */
#include "store_fixture.h"

#include <errno.h>

#include "base/digest.h"
#include "store/blob.h"
#include "store/pending.h"

struct scene {
	struct fixture	*f;
	struct blobs	*blobs;
	struct pending	*pending;
	GPtrArray	*listed;
	char		 alpha[DIGEST_HEX_SIZE], beta[DIGEST_HEX_SIZE];
};

static void
on_done(void *arg, const struct err *why)
{
	struct fixture	*f = arg;

	if (why != NULL) {
		f->failures++;
		f->why = *why;
	}
	loop_stop(f->loop);
}

static void
on_stored(void *arg, const struct err *why)
{
	(void)arg;
	assert_null(why);
}

static void
on_synced(void *arg)
{
	on_done(arg, NULL);
}

static const struct blob_events	on_blobs = { on_stored, on_synced };

static void
on_listed(void *arg, GPtrArray *digests)
{
	struct scene	*s = arg;

	g_clear_pointer(&s->listed, g_ptr_array_unref);
	s->listed = g_ptr_array_ref(digests);
	loop_stop(s->f->loop);
}

static void
open_pending(struct scene *s)
{
	struct err	e = ERR_INIT;

	s->pending = pending_open(s->f->loop, s->f->dir, &e);
	if (s->pending == NULL)
		fail_msg("%s", e.text);
}

static void
open_scene(struct scene *s)
{
	g_autoptr(GBytes)	one = g_bytes_new_static("alpha", 5);
	g_autoptr(GBytes)	two = g_bytes_new_static("beta", 4);
	GPtrArray		*list = blob_list_new();

	s->f = fixture_new();
	s->listed = NULL;
	s->blobs = blobs_open(s->f->loop, s->f->dir, NULL);
	g_ptr_array_add(list, blob_new(one));
	g_ptr_array_add(list, blob_new(two));
	digest_sha256_hex("alpha", 5, s->alpha);
	digest_sha256_hex("beta", 4, s->beta);
	blob_store(s->blobs, list, &on_blobs, s->f);
	loop_run(s->f->loop);
	open_pending(s);
}

static void
close_scene(struct scene *s)
{
	pending_close(s->pending);
	blobs_close(s->blobs);
	g_clear_pointer(&s->listed, g_ptr_array_unref);
	fixture_free(s->f);
}

static void
add(struct scene *s, const char *one, const char *two)
{
	GPtrArray	*list = g_ptr_array_new_with_free_func(g_free);

	g_ptr_array_add(list, g_strdup(one));
	if (two != NULL)
		g_ptr_array_add(list, g_strdup(two));
	pending_add(s->pending, list, on_done, s->f);
	loop_run(s->f->loop);
}

static guint
list(struct scene *s, unsigned max)
{
	pending_list(s->pending, max, on_listed, s);
	loop_run(s->f->loop);
	return s->listed->len;
}

static void
pending_add__twice_the_same__is_counted_once_and_there_after_a_restart(void **state)
{
	struct scene	s;

	(void)state;
	open_scene(&s);
	add(&s, s.alpha, s.beta);
	add(&s, s.alpha, NULL);
	assert_int_equal(s.f->failures, 0);
	assert_int_equal(pending_count(s.pending), 2);
	assert_int_equal(list(&s, 1), 1);
	pending_close(s.pending);
	open_pending(&s);
	assert_int_equal(pending_count(s.pending), 2);
	assert_int_equal(list(&s, 10), 2);
	pending_remove(s.pending, s.alpha);
	pending_remove(s.pending, s.alpha);
	assert_int_equal(list(&s, 10), 1);
	assert_string_equal(s.listed->pdata[0], s.beta);
	assert_int_equal(pending_count(s.pending), 1);
	close_scene(&s);
}

static void
pending_add__blob_swept_since__can_still_be_read(void **state)
{
	struct scene	s;
	char		text[10] = "";
	int		fd;

	(void)state;
	open_scene(&s);
	add(&s, s.alpha, NULL);
	blobs_sweep(s.blobs, -10000);
	blobs_close(s.blobs);
	s.blobs = NULL;
	assert_int_equal(blob_open(s.f->dir, s.alpha), -1);
	fd = pending_open_file(s.f->dir, s.alpha);
	assert_int_equal(read(fd, text, sizeof text), 5);
	close(fd);
	assert_string_equal(text, "alpha");
	assert_int_equal(pending_open_file(s.f->dir, "../blobs"), -1);
	assert_int_equal(errno, EINVAL);
	close_scene(&s);
}

static void
pending_add__no_such_blob__fails_temporarily(void **state)
{
	struct scene	s;
	char		hex[DIGEST_HEX_SIZE];

	(void)state;
	open_scene(&s);
	digest_sha256_hex("never stored", 12, hex);
	add(&s, hex, NULL);
	assert_int_equal(s.f->failures, 1);
	assert_int_equal(s.f->why.kind, ERR_TEMP);
	assert_int_equal(pending_count(s.pending), 0);
	close_scene(&s);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(pending_add__twice_the_same__is_counted_once_and_there_after_a_restart),
		cmocka_unit_test(pending_add__blob_swept_since__can_still_be_read),
		cmocka_unit_test(pending_add__no_such_blob__fails_temporarily),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
