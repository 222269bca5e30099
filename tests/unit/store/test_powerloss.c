/* SPDX-License-Identifier: ISC */
/*
 * The journal on a disk that forgets.  A process that appends writes down
 * every change it makes to the journal's directory, and every acknowledgement
 * it gives, and may be stopped at any of these changes.  From that record a
 * directory is made as a power cut could have left it: what was synced is
 * there; of what was not, each 512 bytes may be there or be zero, and names
 * that were not synced may be missing.  Recovery must find all that had been
 * acknowledged by then.
 */
#include "store_fixture.h"

#include <errno.h>
#include <sys/wait.h>

#define SECTOR	512
#define BURSTS	12
#define BURST	3
#define SIZE	700

enum op { OP_CREATE, OP_RENAME, OP_UNLINK, OP_DIRSYNC, OP_WRITE, OP_TRUNCATE, OP_SYNC, OP_ACK };

struct change {
	uint32_t	op;
	uint32_t	len;		/* of the bytes that follow */
	uint64_t	ino;		/* of the file; n for an acknowledgement */
	int64_t		at;		/* offset; size; LSN */
	char		name[40];
	char		to[40];
};

/* ---- the process that is watched ---- */

static int	record_fd = -1;		/* -1: nothing is recorded */
static gint	changes_left;

/* The linker sees the names that large files have. */
#ifdef __USE_FILE_OFFSET64
#define __real_pwrite		__real_pwrite64
#define __wrap_pwrite		__wrap_pwrite64
#define __real_openat		__real_openat64
#define __wrap_openat		__wrap_openat64
#define __real_ftruncate	__real_ftruncate64
#define __wrap_ftruncate	__wrap_ftruncate64
#endif

ssize_t	__real_write(int, const void *, size_t);
ssize_t	__real_pwrite(int, const void *, size_t, off_t);
int	__real_openat(int, const char *, int, ...);
int	__real_ftruncate(int, off_t);
int	__real_fsync(int);
int	__real_fdatasync(int);
int	__real_renameat(int, const char *, int, const char *);
int	__real_unlinkat(int, const char *, int);
ssize_t	__wrap_write(int, const void *, size_t);
ssize_t	__wrap_pwrite(int, const void *, size_t, off_t);
int	__wrap_openat(int, const char *, int, ...);
int	__wrap_ftruncate(int, off_t);
int	__wrap_fsync(int);
int	__wrap_fdatasync(int);
int	__wrap_renameat(int, const char *, int, const char *);
int	__wrap_unlinkat(int, const char *, int);

static void
record(const struct change *c, const void *bytes)
{
	g_autoptr(GByteArray)	out = g_byte_array_new();

	g_byte_array_append(out, (const guint8 *)c, sizeof *c);
	if (c->len > 0)
		g_byte_array_append(out, bytes, c->len);
	if (__real_write(record_fd, out->data, out->len) != (ssize_t)out->len)
		_exit(3);
}

/* Just before a change: this may be the one that does not happen. */
static void
tick(void)
{
	if (record_fd != -1 && g_atomic_int_dec_and_test(&changes_left))
		_exit(0);
}

static uint64_t
ino_of(int fd)
{
	struct stat	st;

	return fstat(fd, &st) == 0 ? (uint64_t)st.st_ino : 0;
}

static bool
is_file(int fd)
{
	struct stat	st;

	return fd > STDERR_FILENO && fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
}

static void
record_write(int fd, const void *bytes, size_t len, off_t at)
{
	struct change	c = { .op = OP_WRITE, .len = (uint32_t)len, .ino = ino_of(fd), .at = at };

	record(&c, bytes);
}

ssize_t
__wrap_write(int fd, const void *bytes, size_t len)
{
	off_t	at;
	ssize_t	n;

	if (record_fd == -1 || !is_file(fd))
		return __real_write(fd, bytes, len);
	tick();
	at = lseek(fd, 0, SEEK_CUR);
	if ((n = __real_write(fd, bytes, len)) > 0)
		record_write(fd, bytes, (size_t)n, at);
	return n;
}

ssize_t
__wrap_pwrite(int fd, const void *bytes, size_t len, off_t at)
{
	ssize_t	n;

	tick();
	n = __real_pwrite(fd, bytes, len, at);
	if (record_fd != -1 && n > 0)
		record_write(fd, bytes, (size_t)n, at);
	return n;
}

int
__wrap_openat(int dir, const char *name, int flags, ...)
{
	struct change	c = { .op = OP_CREATE };
	bool		fresh = record_fd != -1 && (flags & O_CREAT) != 0 &&
			    faccessat(dir, name, F_OK, AT_SYMLINK_NOFOLLOW) == -1;
	int		fd;

	if (fresh)
		tick();
	fd = __real_openat(dir, name, flags, 0600);
	if (fresh && fd != -1) {
		c.ino = ino_of(fd);
		g_strlcpy(c.name, name, sizeof c.name);
		record(&c, NULL);
	}
	return fd;
}

int
__wrap_ftruncate(int fd, off_t size)
{
	struct change	c = { .op = OP_TRUNCATE, .ino = ino_of(fd), .at = size };
	int		rc;

	tick();
	rc = __real_ftruncate(fd, size);
	if (record_fd != -1 && rc == 0)
		record(&c, NULL);
	return rc;
}

static int
record_sync(int fd, int rc)
{
	struct change	c = { .op = is_file(fd) ? OP_SYNC : OP_DIRSYNC, .ino = ino_of(fd) };

	if (record_fd != -1 && rc == 0)
		record(&c, NULL);
	return rc;
}

int
__wrap_fsync(int fd)
{
	tick();
	return record_sync(fd, __real_fsync(fd));
}

int
__wrap_fdatasync(int fd)
{
	tick();
	return record_sync(fd, __real_fdatasync(fd));
}

int
__wrap_renameat(int dir, const char *from, int to_dir, const char *to)
{
	struct change	c = { .op = OP_RENAME };
	int		rc;

	tick();
	rc = __real_renameat(dir, from, to_dir, to);
	g_strlcpy(c.name, from, sizeof c.name);
	g_strlcpy(c.to, to, sizeof c.to);
	if (record_fd != -1 && rc == 0)
		record(&c, NULL);
	return rc;
}

int
__wrap_unlinkat(int dir, const char *name, int flags)
{
	struct change	c = { .op = OP_UNLINK };
	int		rc;

	tick();
	rc = __real_unlinkat(dir, name, flags);
	g_strlcpy(c.name, name, sizeof c.name);
	if (record_fd != -1 && rc == 0)
		record(&c, NULL);
	return rc;
}

struct one {
	struct fixture	*f;
	unsigned	 n;
};

static void
on_appended(void *arg, uint64_t lsn, const struct err *why)
{
	struct one	*one = arg;
	struct change	 c = { .op = OP_ACK, .ino = one->n, .at = (int64_t)lsn };

	if (why == NULL) {
		record(&c, NULL);
		g_array_append_val(one->f->lsns, lsn);
	}
	if (--one->f->waiting == 0)
		loop_stop(one->f->loop);
	g_free(one);
}

static void
on_seen(void *arg, uint64_t lsn, const struct arrival *a)
{
	struct change	c = { .op = OP_ACK, .at = (int64_t)lsn };

	c.ino = (uint64_t)atoi(strrchr(a->key, '/') + 1);
	g_array_append_val((GArray *)arg, c);
}

/* Once the journal is open, a sender who tries again is told "known": acknowledged. */
static void
acknowledge_seen(const GArray *seen)
{
	guint	i;

	for (i = 0; i < seen->len; i++)
		record(&g_array_index(seen, struct change, i), NULL);
}

/* Appends from n on; gone without a word after so many changes. */
static void
run_watched(const char *dir, const char *record_to, unsigned n, int changes)
{
	g_autoptr(GArray)	 seen = g_array_new(FALSE, FALSE, sizeof(struct change));
	struct journal_options	 options = { dir, 4096, 0, 1 << 24, 0, on_seen, seen };
	struct fixture		 f = { .loop = loop_new() };
	unsigned		 i, k;

	log_setup(LOG_LEVEL_ERROR, LOG_FORMAT_TEXT);
	f.lsns = g_array_new(FALSE, FALSE, sizeof(uint64_t));
	record_fd = open(record_to, O_WRONLY | O_CREAT | O_APPEND, 0600);
	changes_left = changes;
	if ((f.journal = journal_open(f.loop, &options, NULL)) == NULL)
		_exit(4);
	acknowledge_seen(seen);
	for (i = 0; i < BURSTS; i++) {
		for (k = 0; k < BURST; k++, n++) {
			struct one *one = g_new0(struct one, 1);

			one->f = &f;
			one->n = n;
			f.waiting++;
			journal_append(f.journal, fixture_arrival(n, SIZE), on_appended, one);
		}
		loop_run(f.loop);
		if (i % 4 == 3) {
			journal_set_done(f.journal,
			    g_array_index(f.lsns, uint64_t, f.lsns->len / 2));
			journal_sweep(f.journal);
		}
	}
	journal_close(f.journal);
	_exit(0);
}

static void
watch(const char *dir, const char *record_to, unsigned n, int changes)
{
	pid_t	child = fork();
	int	status;

	assert_int_not_equal(child, -1);
	if (child == 0)
		run_watched(dir, record_to, n, changes);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

/* ---- what a power cut leaves ---- */

struct file {
	uint64_t	 ino;
	GByteArray	*bytes;
};

struct disk {
	GPtrArray	*files;		/* struct file *; the last with an ino counts */
	GHashTable	*names;		/* char * -> struct file * */
};

static void
file_free(void *data)
{
	struct file	*file = data;

	g_byte_array_unref(file->bytes);
	g_free(file);
}

static struct file *
file_find(struct disk *d, uint64_t ino)
{
	guint	i;

	for (i = d->files->len; i > 0; i--)
		if (((struct file *)d->files->pdata[i - 1])->ino == ino)
			return d->files->pdata[i - 1];
	fail_msg("a change to a file that was never made");
	return NULL;
}

static void
resize(GByteArray *bytes, size_t size)
{
	guint	old = bytes->len;

	g_byte_array_set_size(bytes, (guint)size);
	if (size > old)
		memset(bytes->data + old, 0, size - old);
}

/* All of it, or if it may be lost, some of its sectors. */
static void
put(GByteArray *bytes, const struct change *c, const uint8_t *from, bool unsure, GRand *rand)
{
	size_t	at = (size_t)c->at, done = 0, n;

	while (done < c->len) {
		n = MIN(SECTOR - (at + done) % SECTOR, c->len - done);
		if (!unsure || g_rand_boolean(rand)) {
			if (bytes->len < at + done + n)
				resize(bytes, at + done + n);
			memcpy(bytes->data + at + done, from + done, n);
		}
		done += n;
	}
}

/* Is there a sync of it between here and the cut? */
static bool
is_synced(GPtrArray *log, guint i, guint cut)
{
	const struct change	*c = log->pdata[i], *later;
	bool			 name = c->op <= OP_UNLINK;

	for (i++; i < cut; i++) {
		later = log->pdata[i];
		if (name ? later->op == OP_DIRSYNC :
		    later->op == OP_SYNC && later->ino == c->ino)
			return true;
		if (!name && later->op == OP_CREATE && later->ino == c->ino)
			return false;		/* the number was used again */
	}
	return false;
}

static void
change_name(struct disk *d, const struct change *c)
{
	struct file	*file;

	switch ((enum op)c->op) {
	case OP_CREATE:
		g_hash_table_insert(d->names, g_strdup(c->name), file_find(d, c->ino));
		break;
	case OP_RENAME:
		file = g_hash_table_lookup(d->names, c->name);
		g_hash_table_remove(d->names, c->name);
		if (file != NULL)
			g_hash_table_insert(d->names, g_strdup(c->to), file);
		break;
	case OP_UNLINK:
		g_hash_table_remove(d->names, c->name);
		break;
	default:
		break;
	}
}

static void
apply(struct disk *d, GPtrArray *log, guint cut, GRand *rand)
{
	const struct change	*c;
	struct file		*file;
	bool			 unsure, names_stopped = false;
	guint			 i;

	for (i = 0; i < cut; i++) {
		c = log->pdata[i];
		if (c->op == OP_CREATE) {
			file = g_new0(struct file, 1);
			file->ino = c->ino;
			file->bytes = g_byte_array_new();
			g_ptr_array_add(d->files, file);
		}
		unsure = !is_synced(log, i, cut);
		switch ((enum op)c->op) {
		case OP_CREATE:
		case OP_RENAME:
		case OP_UNLINK:
			/* A file system keeps the order of its names. */
			names_stopped |= unsure && g_rand_boolean(rand);
			if (!names_stopped)
				change_name(d, c);
			break;
		case OP_WRITE:
			put(file_find(d, c->ino)->bytes, c, (const uint8_t *)(c + 1), unsure, rand);
			break;
		case OP_TRUNCATE:
			if (!unsure || g_rand_boolean(rand))
				resize(file_find(d, c->ino)->bytes, (size_t)c->at);
			break;
		case OP_DIRSYNC:
		case OP_SYNC:
		case OP_ACK:
			break;
		}
	}
}

static void
lay_out(GPtrArray *log, guint cut, GRand *rand, const char *state_dir)
{
	struct disk	 d = { g_ptr_array_new_with_free_func(file_free),
			    g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL) };
	g_autofree char	*dir = g_build_filename(state_dir, "journal", NULL);
	GHashTableIter	 iter;
	gpointer	 name, file;

	assert_int_equal(mkdir(dir, 0700), 0);
	apply(&d, log, cut, rand);
	g_hash_table_iter_init(&iter, d.names);
	while (g_hash_table_iter_next(&iter, &name, &file)) {
		g_autofree char *path = g_build_filename(dir, name, NULL);
		GByteArray *bytes = ((struct file *)file)->bytes;

		assert_true(g_file_set_contents_full(path, (const char *)bytes->data,
		    bytes->len, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
	}
	g_hash_table_unref(d.names);
	g_ptr_array_unref(d.files);
}

/* All that was acknowledged before the cut is there, or was done. */
static void
judge(GPtrArray *log, guint cut, struct fixture *f, const char *story)
{
	const struct change	*c;
	struct arrival		*a;
	struct err		 e = ERR_INIT;
	int64_t			 highest = 0;
	guint			 i;

	for (i = 0; i < cut; i++) {
		c = log->pdata[i];
		if (c->op != OP_ACK)
			continue;
		highest = MAX(highest, c->at);
		if ((uint64_t)c->at <= journal_done(f->journal))
			continue;
		if ((a = journal_read(f->journal, (uint64_t)c->at, &e)) == NULL)
			fail_msg("%s, cut at change %u: %s", story, cut, e.text);
		fixture_check(a, (unsigned)c->ino, SIZE);
		arrival_free(a);
	}
	fixture_append(f, 1, 1, 10);
	if (g_array_index(f->lsns, uint64_t, 0) <= (uint64_t)highest)
		fail_msg("%s, cut at change %u: a number is given twice", story, cut);
}

static GPtrArray *
load_record(const char *path)
{
	GPtrArray	*log = g_ptr_array_new_with_free_func(g_free);
	g_autofree char	*bytes = NULL;
	gsize		 len, at = 0, size;
	struct change	 c;

	assert_true(g_file_get_contents(path, &bytes, &len, NULL));
	while (at < len) {
		memcpy(&c, bytes + at, sizeof c);
		size = sizeof c + c.len;
		g_ptr_array_add(log, g_memdup2(bytes + at, size));
		at += size;
	}
	return log;
}

static void
cut_power(GPtrArray *log, GRand *rand, guint cut, const char *story)
{
	struct fixture	*f = fixture_new();

	lay_out(log, cut, rand, f->dir);
	fixture_open(f, 4096, 1 << 24);
	judge(log, cut, f, story);
	fixture_free(f);
}

/*
 * One process is stopped at its change number stop, a second one finds what
 * it left and goes on, then the power is cut a few times somewhere.
 */
static void
tell_story(unsigned stop, unsigned cuts)
{
	g_autofree char		*dir = g_dir_make_tmp("intaked-power-XXXXXX", NULL);
	g_autofree char		*path = g_build_filename(dir, "record", NULL);
	g_autofree char		*journal = g_build_filename(dir, "journal", NULL);
	g_autofree char		*story = g_strdup_printf("stopped at change %u", stop);
	g_autoptr(GPtrArray)	 log = NULL;
	GRand			*rand = g_rand_new_with_seed(stop);
	unsigned		 i;

	assert_int_equal(mkdir(journal, 0700), 0);
	watch(dir, path, 1, (int)stop);
	watch(dir, path, 1000, (int)(stop % 7 * 6 + 9));
	log = load_record(path);
	for (i = 0; i < cuts; i++)
		cut_power(log, rand, (guint)g_rand_int_range(rand, 0, (gint32)log->len + 1), story);
	g_rand_free(rand);
	fixture_remove(dir);
}

static void
journal__power_cut_anywhere_after_a_stop_anywhere__keeps_what_was_acknowledged(void **state)
{
	const char	*more = g_getenv("INTAKED_TEST_POWER_CUTS");
	unsigned	 stop, cuts = more != NULL ? (unsigned)atoi(more) : 4;

	(void)state;
	for (stop = 1; stop <= 80; stop++)
		tell_story(stop, cuts);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(
		    journal__power_cut_anywhere_after_a_stop_anywhere__keeps_what_was_acknowledged),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
