/* SPDX-License-Identifier: ISC */
#include "store/blob.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "io/work.h"
#include "store/file.h"

#define SHELVES	256		/* directories 00..ff */
#define FEW	4		/* blobs that are synced one by one */
#define AGAIN_MS 500

/* Two threads: one writes and names, the other one syncs. */
struct blobs {
	int			 dirfd;
	struct work_lane	*writer;
	struct work_lane	*syncer;
	GQueue			*unsynced;	/* struct job *: to be written anew */
	struct loop_timer	*again;
	bool			 closing;
};

struct job {
	void				(*run)(struct blobs *, struct job *);
	GPtrArray			*list;		/* struct blob *, or char *; NULL: a sweep */
	const struct blob_events	*events;	/* NULL: nothing is stored */
	void				*arg;
	int64_t				 ms;
	unsigned			 removed;
	bool				 new_shelf;
	bool				 anew;		/* what is there cannot be trusted */
	bool				 failed;
	struct err			 err;
};

struct blob *
blob_new_known(GBytes *bytes, const char *sha256)
{
	struct blob	*b = g_new0(struct blob, 1);

	g_strlcpy(b->sha256, sha256, sizeof b->sha256);
	b->bytes = g_bytes_ref(bytes);
	return b;
}

struct blob *
blob_new(GBytes *bytes)
{
	char		 sha256[DIGEST_HEX_SIZE];
	gsize		 len;
	const void	*data = g_bytes_get_data(bytes, &len);

	digest_sha256_hex(data, len, sha256);
	return blob_new_known(bytes, sha256);
}

void
blob_free(struct blob *b)
{
	if (b == NULL)
		return;
	g_bytes_unref(b->bytes);
	g_free(b);
}

GPtrArray *
blob_list_new(void)
{
	return g_ptr_array_new_with_free_func((GDestroyNotify)blob_free);
}

bool
blob_is_digest(const char *sha256)
{
	return strlen(sha256) == DIGEST_HEX_SIZE - 1 &&
	    strspn(sha256, "0123456789abcdef") == DIGEST_HEX_SIZE - 1;
}

char *
blob_path(const char *sha256)
{
	return g_strdup_printf("blobs/%.2s/%s", sha256, sha256);
}

int
blob_open(const char *state_dir, const char *sha256)
{
	g_autofree char	*below = NULL, *path = NULL;

	if (!blob_is_digest(sha256)) {
		errno = EINVAL;
		return -1;
	}
	below = blob_path(sha256);
	path = g_build_filename(state_dir, below, NULL);
	return open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
}

static void
name_of(const struct blob *b, char name[4 + DIGEST_HEX_SIZE])
{
	snprintf(name, 4 + DIGEST_HEX_SIZE, "%.2s/%s", b->sha256, b->sha256);
}

/* ---- on the writer's thread ---- */

static bool
same_content(int fd, const struct blob *b)
{
	gsize		 size, at = 0;
	const char	*data = g_bytes_get_data(b->bytes, &size);
	char		 buf[65536];
	ssize_t		 n = 1;

	while (at < size && (n = file_pread_all(fd, buf, MIN(size - at, sizeof buf),
	    (off_t)at)) > 0 && memcmp(buf, data + at, (size_t)n) == 0)
		at += (size_t)n;
	return at == size;
}

/* There, whole, and its age counts from now. */
static bool
is_there(struct blobs *bs, const char *name, const struct blob *b)
{
	struct stat	st;
	bool		same;
	int		fd;

	fd = openat(bs->dirfd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd == -1)
		return false;
	same = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    st.st_size == (off_t)g_bytes_get_size(b->bytes) && same_content(fd, b);
	if (same)
		futimens(fd, NULL);
	close(fd);
	return same;
}

static int
fill(int fd, const void *data, gsize size)
{
	if (fault_point("blob-before-write") == -1 || file_write_all(fd, data, size) == -1)
		return -1;
	return 0;
}

static int
write_blob(struct blobs *bs, const char *name, const struct blob *b, struct err *e)
{
	const char	*tmp = ".new";
	gsize		 size;
	const void	*data = g_bytes_get_data(b->bytes, &size);
	int		 fd, rc;

	fd = openat(bs->dirfd, tmp, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd == -1)
		return err_errno(e, ERR_TEMP, "create a blob");
	rc = fill(fd, data, size);
	if (rc == -1)
		err_errno(e, ERR_TEMP, "write blob %s", b->sha256);
	close(fd);
	if (rc == 0 && (fault_point("blob-before-rename") == -1 ||
	    renameat(bs->dirfd, tmp, bs->dirfd, name) == -1))
		rc = err_errno(e, ERR_TEMP, "name blob %s", b->sha256);
	if (rc == -1)
		unlinkat(bs->dirfd, tmp, 0);
	return rc;
}

static int
put_blob(struct blobs *bs, struct blob *b, struct job *job)
{
	struct err	*e = &job->err;
	char		 name[4 + DIGEST_HEX_SIZE];

	if (!blob_is_digest(b->sha256))
		return err_set(e, ERR_PERM, "no digest: %.70s", b->sha256);
	name_of(b, name);
	if (!job->anew && is_there(bs, name, b))
		return 0;
	name[2] = '\0';
	if (mkdirat(bs->dirfd, name, 0700) == 0)
		job->new_shelf = true;
	else if (errno != EEXIST)
		return err_errno(e, ERR_TEMP, "make blobs/%s", name);
	name_of(b, name);
	b->fresh = true;
	return write_blob(bs, name, b, e);
}

static void
run_store(struct blobs *bs, struct job *job)
{
	guint	i;

	for (i = 0; !job->failed && i < job->list->len; i++)
		job->failed = put_blob(bs, job->list->pdata[i], job) == -1;
}

static unsigned
sweep_shelf(int shelf, int64_t before_ms)
{
	g_autoptr(GPtrArray)	 names = file_list(shelf, NULL);
	struct stat		 st;
	unsigned		 removed = 0;
	guint			 i;

	for (i = 0; names != NULL && i < names->len; i++)
		if (blob_is_digest(names->pdata[i]) &&
		    fstatat(shelf, names->pdata[i], &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		    (int64_t)st.st_mtim.tv_sec * 1000 < before_ms &&
		    unlinkat(shelf, names->pdata[i], 0) == 0)
			removed++;
	return removed;
}

static void
run_sweep(struct blobs *bs, struct job *job)
{
	int64_t	before_ms = clock_wall_ms() - job->ms;
	char	name[4];
	int	i, fd;

	for (i = 0; i < SHELVES; i++) {
		snprintf(name, sizeof name, "%02x", (unsigned)i);
		fd = openat(bs->dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd == -1)
			continue;
		job->removed += sweep_shelf(fd, before_ms);
		close(fd);
	}
}

static void
run_age(struct blobs *bs, struct job *job)
{
	int64_t		at_ms = clock_wall_ms() - job->ms;
	struct timespec	times[2] = { { .tv_nsec = UTIME_OMIT }, { .tv_sec = at_ms / 1000 } };
	char		name[4 + DIGEST_HEX_SIZE];
	guint		i;

	for (i = 0; i < job->list->len; i++) {
		const char	*sha256 = job->list->pdata[i];

		if (!blob_is_digest(sha256))
			continue;
		snprintf(name, sizeof name, "%.2s/%s", sha256, sha256);
		utimensat(bs->dirfd, name, times, AT_SYMLINK_NOFOLLOW);
	}
}

static void
run_writer(void *arg, GPtrArray *jobs)
{
	guint	i;

	for (i = 0; i < jobs->len; i++) {
		struct job	*job = jobs->pdata[i];

		job->run(arg, job);
	}
}

/* ---- on the syncer's thread ---- */

static int
sync_name(struct blobs *bs, const char *name)
{
	int	fd, rc;

	if ((fd = openat(bs->dirfd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)) == -1)
		return -1;
	rc = fsync(fd);
	close(fd);
	return rc;
}

/* The file, and its name. */
static int
sync_blob(struct blobs *bs, const struct blob *b)
{
	char	name[4 + DIGEST_HEX_SIZE];

	name_of(b, name);
	if (sync_name(bs, name) == -1)
		return -1;
	name[2] = '\0';
	return fault_point("blob-before-dirsync") == -1 ? -1 : sync_name(bs, name);
}

static int
sync_job(struct blobs *bs, const struct job *job)
{
	guint	i;

	for (i = 0; i < job->list->len; i++)
		if (sync_blob(bs, job->list->pdata[i]) == -1)
			return -1;
	return job->new_shelf ? fsync(bs->dirfd) : 0;
}

static int
sync_all(struct blobs *bs)
{
	return fault_point("blob-before-syncfs") == -1 ? -1 : syncfs(bs->dirfd);
}

static void
run_syncer(void *arg, GPtrArray *jobs)
{
	struct job	*job;
	unsigned	 count = 0;
	guint		 i;
	int		 rc = 0;

	for (i = 0; i < jobs->len; i++)
		count += ((struct job *)jobs->pdata[i])->list->len;
	if (count > FEW)
		rc = sync_all(arg);
	for (i = 0; i < jobs->len; i++) {
		job = jobs->pdata[i];
		if (count <= FEW)
			rc = sync_job(arg, job);
		if (rc == -1)
			job->failed = err_errno(&job->err, ERR_TEMP, "sync blobs") == -1;
	}
}

/* ---- on the loop ---- */

static void
job_free(struct job *job)
{
	if (job->list != NULL)
		g_ptr_array_unref(job->list);
	g_free(job);
}

/*
 * The pages of a failed sync count as clean, so that another sync of the same
 * file would find nothing to do and succeed.
 */
static void
write_anew(struct blobs *bs, struct job *job)
{
	log_error("blobs: %s; they are written anew", job->err.text);
	job->anew = true;
	job->failed = false;
	g_queue_push_tail(bs->unsynced, job);
	if (!bs->closing)
		loop_timer_start(bs->again, AGAIN_MS);
}

static void
on_again(void *arg)
{
	struct blobs	*bs = arg;
	struct job	*job;

	while ((job = g_queue_pop_head(bs->unsynced)) != NULL)
		work_lane_add(bs->writer, job);
}

static void
on_tidied(struct job *job)
{
	if (job->removed > 0)
		log_info("blobs removed=%u", job->removed);
	job_free(job);
}

static void
on_written(void *arg, void *data)
{
	struct blobs	*bs = arg;
	struct job	*job = data;

	if (job->events == NULL) {
		on_tidied(job);
		return;
	}
	if (!job->anew)
		job->events->stored(job->arg, job->failed ? &job->err : NULL);
	if (!job->failed)
		work_lane_add(bs->syncer, job);
	else if (job->anew)
		write_anew(bs, job);
	else
		job_free(job);
}

static void
on_synced(void *arg, void *data)
{
	struct job	*job = data;

	if (job->failed) {
		write_anew(arg, job);
		return;
	}
	job->events->synced(job->arg);
	job_free(job);
}

static const struct work_ops writer_ops = { "blobs", run_writer, on_written };
static const struct work_ops syncer_ops = { "blob-sync", run_syncer, on_synced };

void
blob_store(struct blobs *bs, GPtrArray *list, const struct blob_events *events, void *arg)
{
	struct job	*job = g_new0(struct job, 1);

	job->run = run_store;
	job->list = list;
	job->events = events;
	job->arg = arg;
	work_lane_add(bs->writer, job);
}

void
blobs_sweep(struct blobs *bs, int64_t older_than_ms)
{
	struct job	*job = g_new0(struct job, 1);

	job->run = run_sweep;
	job->ms = older_than_ms;
	work_lane_add(bs->writer, job);
}

void
blobs_age(struct blobs *bs, GPtrArray *digests, int64_t by_ms)
{
	struct job	*job = g_new0(struct job, 1);

	job->run = run_age;
	job->list = digests;
	job->ms = by_ms;
	work_lane_add(bs->writer, job);
}

struct blobs *
blobs_open(struct loop *loop, const char *state_dir, struct err *e)
{
	struct blobs	*bs;
	int		 root, fd;

	root = open(state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (root == -1) {
		err_errno(e, ERR_CONFIG, "open %s", state_dir);
		return NULL;
	}
	fd = file_open_dir(root, "blobs", e);
	/* Names that a killed process made and did not sync. */
	if (fd != -1 && (fsync(fd) == -1 || fsync(root) == -1)) {
		err_errno(e, ERR_TEMP, "sync blobs");
		close(fd);
		fd = -1;
	}
	close(root);
	if (fd == -1)
		return NULL;
	bs = g_new0(struct blobs, 1);
	bs->dirfd = fd;
	bs->unsynced = g_queue_new();
	bs->again = loop_timer_new(loop, on_again, bs);
	bs->writer = work_lane_new(loop, &writer_ops, bs);
	bs->syncer = work_lane_new(loop, &syncer_ops, bs);
	return bs;
}

void
blobs_close(struct blobs *bs)
{
	if (bs == NULL)
		return;
	bs->closing = true;
	work_lane_free(bs->writer);	/* gives what it has to the syncer */
	work_lane_free(bs->syncer);
	g_queue_free_full(bs->unsynced, (GDestroyNotify)job_free);
	loop_timer_free(bs->again);
	close(bs->dirfd);
	g_free(bs);
}
