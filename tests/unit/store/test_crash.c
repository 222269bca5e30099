/* SPDX-License-Identifier: ISC */
/*
 * Kills or fails a process at each fault point of store/, several times over,
 * and then looks at what it left: everything it was told is durable must be
 * there, nothing it was told has failed may be.
 *
 * Needs --enable-faults; skipped without.  Runs itself as
 * "test_crash child DIR FIRST": that one appends numbered arrivals from FIRST
 * on and writes "+n" or "-n" for each, as soon as it knows.
 */
#include "store_fixture.h"

#include <signal.h>
#include <sys/wait.h>

#include "store/blob.h"
#include "store/cursor.h"
#include "store/quarantine.h"

#define BURSTS	30
#define BURST	4
#define SIZE	700

/* ---- the child ---- */


struct one {
	struct fixture	*f;
	unsigned	 n;
};

static void
tell(char sign, char what, unsigned n, uint64_t lsn)
{
	char	line[64];
	int	len = snprintf(line, sizeof line, "%c%c%u %llu\n", sign, what, n,
		    (unsigned long long)lsn);

	if (write(STDOUT_FILENO, line, (size_t)len) != len)
		_exit(3);
}

static void
came_back(struct one *one, char what, uint64_t lsn, const struct err *why)
{
	tell(why == NULL ? '+' : '-', what, one->n, lsn);
	if (--one->f->waiting == 0)
		loop_stop(one->f->loop);
	g_free(one);
}

static void
on_appended(void *arg, uint64_t lsn, const struct err *why)
{
	struct one	*one = arg;

	if (why == NULL)
		g_array_append_val(one->f->lsns, lsn);
	came_back(one, 'j', lsn, why);
}

static void
on_quarantined(void *arg, const struct err *why)
{
	came_back(arg, 'q', 0, why);
}

static void
on_blob(void *arg, const struct err *why)
{
	if (why != NULL)
		came_back(arg, 'b', 0, why);
}

static void
on_blob_synced(void *arg)
{
	came_back(arg, 'b', 0, NULL);
}

static const struct blob_events on_blobs = { on_blob, on_blob_synced };

static void
on_cursor(void *arg, const struct err *why)
{
	came_back(arg, 'c', 0, why);
}

static struct one *
one_new(struct fixture *f, unsigned n)
{
	struct one	*one = g_new0(struct one, 1);

	one->f = f;
	one->n = n;
	f->waiting++;
	return one;
}

static GPtrArray *
blob_of(unsigned n)
{
	g_autofree char		*text = g_strdup_printf("%0*u", SIZE, n);
	g_autoptr(GBytes)	 bytes = g_bytes_new(text, SIZE);
	GPtrArray		*list = blob_list_new();

	g_ptr_array_add(list, blob_new(bytes));
	return list;
}

static int
child(const char *dir, unsigned n)
{
	struct journal_options	 options = { dir, 8192, 0, 1 << 24, 0, NULL, NULL };
	struct fixture		 f = { .loop = loop_new() };
	struct cursors		*c;
	struct quarantine	*q;
	struct blobs		*bs;
	GPtrArray		*blobs;
	char			 text[20];
	unsigned		 i, k;
	bool			 opened;

	log_setup(LOG_LEVEL_ERROR, LOG_FORMAT_TEXT);
	f.lsns = g_array_new(FALSE, FALSE, sizeof(uint64_t));
	f.journal = journal_open(f.loop, &options, NULL);
	c = cursor_open(f.loop, dir, NULL);
	q = quarantine_open(f.loop, dir, NULL);
	bs = blobs_open(f.loop, dir, NULL);
	opened = f.journal != NULL && c != NULL && q != NULL && bs != NULL;
	for (i = 0; opened && i < BURSTS; i++) {
		snprintf(text, sizeof text, "%u", n);
		cursor_set(c, "place", text, on_cursor, one_new(&f, n));
		quarantine_add(q, "test", "", fixture_arrival(n, SIZE), on_quarantined,
		    one_new(&f, n));
		blobs = blob_of(n);
		/* Few are synced one by one, many at once. */
		for (k = 1; i % 5 == 1 && k <= 2 * BURST; k++) {
			g_autoptr(GPtrArray)	another = blob_of(n * 1000 + k);

			g_ptr_array_add(blobs, g_ptr_array_steal_index(another, 0));
		}
		blob_store(bs, blobs, &on_blobs, one_new(&f, n));
		for (k = 0; k < BURST; k++, n++)
			journal_append(f.journal, fixture_arrival(n, SIZE), on_appended,
			    one_new(&f, n));
		loop_run(f.loop);
		/* Half of what is there is done, and may be removed. */
		if (i % 5 == 4 && f.lsns->len > 0) {
			journal_set_done(f.journal,
			    g_array_index(f.lsns, uint64_t, f.lsns->len / 2));
			journal_sweep(f.journal);
		}
	}
	journal_close(f.journal);
	cursor_close(c);
	quarantine_close(q);
	blobs_close(bs);
	g_array_free(f.lsns, TRUE);
	loop_free(f.loop);
	return opened ? 0 : 4;
}

/* ---- the judge ---- */

static const char	*self;

struct story {
	char		*dir;
	GHashTable	*good;		/* "j17" -> LSN: told to be durable */
	GHashTable	*bad;		/* "j18": told to have failed */
	unsigned	 next;
	int		 status;	/* of the last child */
};

static void
read_story(struct story *s, const char *text)
{
	g_auto(GStrv)	lines = g_strsplit(text, "\n", -1);
	guint		i;
	char		*blank;

	for (i = 0; lines[i] != NULL && lines[i + 1] != NULL; i++) {
		assert_non_null(blank = strchr(lines[i], ' '));
		*blank = '\0';
		g_hash_table_insert(lines[i][0] == '+' ? s->good : s->bad,
		    g_strdup(lines[i] + 1), g_strdup(blank + 1));
	}
}

/* Run a child with this fault armed; NULL: none. */
static void
run_child(struct story *s, const char *fault)
{
	g_autofree char	*first = g_strdup_printf("%u", s->next), *out = NULL, *errors = NULL;
	char		*argv[] = { (char *)self, (char *)"child", s->dir, first, NULL };
	g_auto(GStrv)	 env = g_get_environ();

	env = fault != NULL ? g_environ_setenv(env, "INTAKED_FAULT", fault, TRUE) :
	    g_environ_unsetenv(env, "INTAKED_FAULT");
	assert_true(g_spawn_sync(NULL, argv, env, 0, NULL, NULL, &out, &errors, &s->status, NULL));
	read_story(s, out);
	s->next += BURSTS * BURST;
	if (fault == NULL && s->status != 0)
		fail_msg("child: %x\n%s", (unsigned)s->status, errors);
}

/* Keys that are in the journal, or were done and so may be gone. */
static GHashTable *
journaled(struct story *s, uint64_t *done)
{
	GHashTable		*keys = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	struct journal_options	 options = { s->dir, 8192, 3600000, 1 << 24, 0, NULL, NULL };
	struct loop		*loop = loop_new();
	struct journal		*j;
	struct arrival		*a;
	struct err		 e = ERR_INIT;
	uint64_t		 lsn = 0;

	if ((j = journal_open(loop, &options, &e)) == NULL)
		fail_msg("%s", e.text);
	*done = journal_done(j);
	while ((lsn = journal_next(j, lsn)) != 0) {
		a = journal_read(j, lsn, &e);
		if (a == NULL)
			fail_msg("%s", e.text);
		fixture_check(a, (unsigned)atoi(strrchr(a->key, '/') + 1), SIZE);
		g_hash_table_add(keys, g_strdup_printf("j%s", strrchr(a->key, '/') + 1));
		arrival_free(a);
	}
	journal_close(j);
	loop_free(loop);
	return keys;
}

static bool
has_blob(struct story *s, unsigned n)
{
	g_autoptr(GPtrArray)	 list = blob_of(n);
	struct blob		*b = list->pdata[0];
	char			 buf[SIZE + 1];
	int			 fd = blob_open(s->dir, b->sha256);
	bool			 same;

	if (fd == -1)
		return false;
	same = read(fd, buf, sizeof buf) == SIZE &&
	    memcmp(buf, g_bytes_get_data(b->bytes, NULL), SIZE) == 0;
	close(fd);
	return same;
}

static bool
has_quarantined(struct story *s, unsigned n)
{
	struct arrival	*a = fixture_arrival(n, SIZE), *got;
	char		 id[QUARANTINE_ID_SIZE];

	quarantine_id(a, id);
	arrival_free(a);
	if ((got = quarantine_arrival(s->dir, id, NULL)) == NULL)
		return false;
	fixture_check(got, n, SIZE);
	arrival_free(got);
	return true;
}

static unsigned
cursor_place(struct story *s)
{
	struct loop	*loop = loop_new();
	struct cursors	*c = cursor_open(loop, s->dir, NULL);
	const char	*value;
	unsigned	 n;

	assert_non_null(c);
	value = cursor_get(c, "place");
	n = value != NULL ? (unsigned)atoi(value) : 0;
	cursor_close(c);
	loop_free(loop);
	return n;
}

static void
judge(struct story *s, const char *fault)
{
	uint64_t		 done;
	g_autoptr(GHashTable)	 keys = journaled(s, &done);
	unsigned		 place = cursor_place(s), n;
	GHashTableIter		 iter;
	gpointer		 key, lsn;

	g_hash_table_iter_init(&iter, s->good);
	while (g_hash_table_iter_next(&iter, &key, &lsn)) {
		n = (unsigned)atoi((char *)key + 1);
		switch (*(char *)key) {
		case 'j':
			/* Only what is done may be gone. */
			if (g_ascii_strtoull(lsn, NULL, 10) > done &&
			    !g_hash_table_contains(keys, key))
				fail_msg("%s: durable %s is gone", fault, (char *)key);
			break;
		case 'q':
			if (!has_quarantined(s, n))
				fail_msg("%s: quarantined %u is gone", fault, n);
			break;
		case 'b':
			if (!has_blob(s, n))
				fail_msg("%s: blob %u is gone", fault, n);
			break;
		default:
			if (place < n)
				fail_msg("%s: cursor %u fell back to %u", fault, n, place);
		}
	}
	g_hash_table_iter_init(&iter, s->bad);
	while (g_hash_table_iter_next(&iter, &key, NULL))
		if (*(char *)key == 'j' && g_hash_table_contains(keys, key))
			fail_msg("%s: failed %s came back", fault, (char *)key);
}

/* What a write that was cut short leaves: half a head behind the last record. */
static void
tear_the_end(struct story *s)
{
	g_autofree char		*path = g_build_filename(s->dir, "journal", NULL);
	int			 dir = open(path, O_RDONLY | O_DIRECTORY), fd = -1;
	g_autoptr(GPtrArray)	 names = file_list(dir, NULL);
	guint			 i;

	for (i = names->len; fd == -1 && i > 0; i--)
		if (g_str_has_suffix(names->pdata[i - 1], ".seg"))
			fd = openat(dir, names->pdata[i - 1], O_WRONLY | O_APPEND);
	assert_int_not_equal(fd, -1);
	assert_int_equal(write(fd, "\x4a\x52\xc3\xa7 torn", 9), 9);
	close(fd);
	close(dir);
}

static struct story *
story_new(void)
{
	struct story	*s = g_new0(struct story, 1);

	s->dir = g_dir_make_tmp("intaked-crash-XXXXXX", NULL);
	s->good = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	s->bad = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	s->next = 1;
	return s;
}

static void
story_free(struct story *s)
{
	fixture_remove(s->dir);
	g_hash_table_unref(s->good);
	g_hash_table_unref(s->bad);
	g_free(s->dir);
	g_free(s);
}

/* A good run, then the fault again and again, then a good run. */
static void
try_point(const char *point, const char *deed)
{
	struct story	*s = story_new();
	unsigned	 pass;

	run_child(s, NULL);
	for (pass = 1; pass <= 3; pass++) {
		g_autofree char *fault = g_strdup_printf("%s:%u:%s", point,
		    g_str_has_prefix(point, "recover") ? 1 : pass, deed);

		tear_the_end(s);
		run_child(s, fault);
		if (strcmp(deed, "kill") == 0 &&
		    !(WIFSIGNALED(s->status) && WTERMSIG(s->status) == SIGKILL))
			fail_msg("%s: was not reached", fault);
		judge(s, fault);
	}
	run_child(s, NULL);
	judge(s, point);
	story_free(s);
}

static void
try_all(const char *deed)
{
	const char	*src = g_getenv("top_srcdir");
	g_autofree char	*path = g_build_filename(src != NULL ? src : ".",
			    "tests/system/faults.txt", NULL);
	g_autofree char	*text = NULL;
	g_auto(GStrv)	 lines = NULL;
	unsigned	 i, tried = 0;

	assert_true(g_file_get_contents(path, &text, NULL, NULL));
	lines = g_strsplit(text, "\n", -1);
	for (i = 0; lines[i] != NULL; i++) {
		lines[i][strcspn(lines[i], " \t#")] = '\0';
		if (!g_regex_match_simple("^(journal|segment|ledger|recover|replace|blob|quarantine)-",
		    lines[i], 0, 0))
			continue;
		try_point(lines[i], deed);
		tried++;
	}
	assert_true(tried >= 19);
}

static void
store__killed_at_every_point__loses_nothing_acknowledged(void **state)
{
	(void)state;
	try_all("kill");
}

static void
store__io_error_at_every_point__says_so_and_loses_nothing(void **state)
{
	(void)state;
	try_all("eio");
}

static void
store__disk_full_at_every_point__says_so_and_loses_nothing(void **state)
{
	(void)state;
	try_all("enospc");
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(store__killed_at_every_point__loses_nothing_acknowledged),
		cmocka_unit_test(store__io_error_at_every_point__says_so_and_loses_nothing),
		cmocka_unit_test(store__disk_full_at_every_point__says_so_and_loses_nothing),
	};
#ifndef INTAKED_FAULTS
	return 77;
#endif
	self = argv[0];
	log_setup(LOG_LEVEL_ERROR, LOG_FORMAT_TEXT);
	if (argc == 4 && strcmp(argv[1], "child") == 0)
		return child(argv[2], (unsigned)atoi(argv[3]));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
