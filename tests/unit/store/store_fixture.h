/* SPDX-License-Identifier: ISC */
/*
 * What the tests of store/ share: a directory of their own, arrivals with
 * known content, and a loop that runs until something has happened.
 */
#ifndef TESTS_STORE_FIXTURE_H
#define TESTS_STORE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "io/loop.h"
#include "model/arrival.h"
#include "store/file.h"
#include "store/journal.h"

struct fixture {
	char		*dir;
	struct loop	*loop;
	struct journal	*journal;
	unsigned	 waiting;	/* callbacks still to come */
	GArray		*lsns;		/* uint64_t: of the good ones, in order */
	unsigned	 failures;
	struct err	 why;
};

static inline void
fixture_remove(const char *dir)
{
	g_autofree char	*quoted = g_shell_quote(dir);
	g_autofree char	*line = g_strdup_printf("rm -rf -- %s", quoted);

	assert_int_equal(system(line), 0);
}

static inline struct fixture *
fixture_new(void)
{
	struct fixture	*f = g_new0(struct fixture, 1);

	log_setup(LOG_LEVEL_ERROR, LOG_FORMAT_TEXT);
	f->dir = g_dir_make_tmp("intaked-store-XXXXXX", NULL);
	assert_non_null(f->dir);
	f->loop = loop_new();
	f->lsns = g_array_new(FALSE, FALSE, sizeof(uint64_t));
	return f;
}

static inline void
fixture_free(struct fixture *f)
{
	journal_close(f->journal);
	loop_free(f->loop);
	fixture_remove(f->dir);
	g_array_unref(f->lsns);
	g_free(f->dir);
	g_free(f);
}

/* The n-th arrival: its bytes follow from n, so that it can be checked alone. */
static inline struct arrival *
fixture_arrival(unsigned n, size_t size)
{
	g_autofree char		*key = g_strdup_printf("INBOX/7/%u", n);
	g_autoptr(GBytes)	 bytes = NULL;
	char			*text = g_malloc(size);
	size_t			 i;

	for (i = 0; i < size; i++)
		text[i] = (char)('a' + (i * 7 + n) % 26);
	bytes = g_bytes_new_take(text, size);
	return arrival_new(ARRIVAL_MAIL, "imap", "support", key, bytes);
}

static inline void
fixture_check(const struct arrival *a, unsigned n, size_t size)
{
	struct arrival	*want = fixture_arrival(n, size);

	assert_string_equal(a->key, want->key);
	assert_string_equal(a->channel, "support");
	assert_true(g_bytes_equal(a->bytes, want->bytes));
	arrival_free(want);
}

static inline void
fixture_open(struct fixture *f, int64_t segment_size, int64_t max_size)
{
	struct journal_options	options = { f->dir, segment_size, 60000, max_size, 0, NULL,
				    NULL };
	struct err		e = ERR_INIT;

	f->journal = journal_open(f->loop, &options, &e);
	if (f->journal == NULL)
		fail_msg("%s", e.text);
}

static inline void
fixture_close(struct fixture *f)
{
	journal_close(f->journal);
	f->journal = NULL;
}

static inline void
fixture_on_done(void *arg, uint64_t lsn, const struct err *why)
{
	struct fixture	*f = arg;

	if (why == NULL)
		g_array_append_val(f->lsns, lsn);
	else {
		f->failures++;
		f->why = *why;
	}
	if (--f->waiting == 0)
		loop_stop(f->loop);
}

/* Append arrivals first..first+count-1 at once, and wait for all. */
static inline void
fixture_append(struct fixture *f, unsigned first, unsigned count, size_t size)
{
	unsigned	i;

	f->waiting = count;
	for (i = 0; i < count; i++)
		journal_append(f->journal, fixture_arrival(first + i, size),
		    fixture_on_done, f);
	loop_run(f->loop);
	assert_int_equal(f->waiting, 0);
}

static inline void
fixture_stop(void *arg)
{
	loop_stop(arg);
}

/* Let the loop and the lanes do what they have to. */
static inline void
fixture_wait(struct fixture *f, int64_t ms)
{
	struct loop_timer	*timer = loop_timer_new(f->loop, fixture_stop, f->loop);

	loop_timer_start(timer, ms);
	loop_run(f->loop);
	loop_timer_free(timer);
}

/* The names in a directory below the state directory; empty if it is not there. */
static inline GPtrArray *
fixture_names(struct fixture *f, const char *below)
{
	g_autofree char	*path = g_build_filename(f->dir, below, NULL);
	int		 fd = open(path, O_RDONLY | O_DIRECTORY);
	GPtrArray	*names;

	if (fd == -1)
		return g_ptr_array_new_with_free_func(g_free);
	names = file_list(fd, NULL);
	close(fd);
	return names;
}

static inline char *
fixture_segment(struct fixture *f, uint64_t first)
{
	return g_strdup_printf("%s/journal/%020llu.seg", f->dir, (unsigned long long)first);
}

#endif
