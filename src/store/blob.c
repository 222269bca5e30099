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

struct blobs {
	struct work_lane	*lane;
	/* only the lane's thread */
	int			 dirfd;
	bool			 due[SHELVES];		/* to be synced by this job */
	bool			 settled[SHELVES];	/* was synced by this process */
};

struct job {
	GPtrArray	*list;		/* NULL: a sweep */
	blob_done_fn	*done;
	void		*arg;
	int64_t		 older_than_ms;
	unsigned	 removed;
	bool		 failed;
	struct err	 err;
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

static bool
is_digest(const char *sha256)
{
	return strlen(sha256) == DIGEST_HEX_SIZE - 1 &&
	    strspn(sha256, "0123456789abcdef") == DIGEST_HEX_SIZE - 1;
}

static unsigned
shelf_of(const char *sha256)
{
	return (unsigned)g_ascii_xdigit_value(sha256[0]) * 16 +
	    (unsigned)g_ascii_xdigit_value(sha256[1]);
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

	if (!is_digest(sha256)) {
		errno = EINVAL;
		return -1;
	}
	below = blob_path(sha256);
	path = g_build_filename(state_dir, below, NULL);
	return open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
}

/* ---- on the lane's thread ---- */

static int
sync_shelf(struct blobs *bs, unsigned shelf)
{
	char	name[4];
	int	fd, rc;

	snprintf(name, sizeof name, "%02x", shelf);
	if ((fd = openat(bs->dirfd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) == -1)
		return -1;
	rc = fsync(fd);
	close(fd);
	bs->due[shelf] = false;
	bs->settled[shelf] = rc == 0;
	return rc;
}

/* There, whole, and its age counts from now. */
static bool
is_there(struct blobs *bs, const char *name, gsize size)
{
	struct stat	st;

	if (fstatat(bs->dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == -1 ||
	    !S_ISREG(st.st_mode) || st.st_size != (off_t)size)
		return false;
	utimensat(bs->dirfd, name, NULL, AT_SYMLINK_NOFOLLOW);
	return true;
}

static int
fill(int fd, const void *data, gsize size)
{
	if (fault_point("blob-before-write") == -1 || file_write_all(fd, data, size) == -1)
		return -1;
	return fdatasync(fd);
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
put_blob(struct blobs *bs, const struct blob *b, struct err *e)
{
	char		name[4 + DIGEST_HEX_SIZE];
	unsigned	shelf;

	if (!is_digest(b->sha256))
		return err_set(e, ERR_PERM, "no digest: %.70s", b->sha256);
	shelf = shelf_of(b->sha256);
	snprintf(name, sizeof name, "%02x", shelf);
	if (mkdirat(bs->dirfd, name, 0700) == 0) {
		if (fsync(bs->dirfd) == -1)
			return err_errno(e, ERR_TEMP, "sync blobs");
	} else if (errno != EEXIST)
		return err_errno(e, ERR_TEMP, "make blobs/%s", name);
	snprintf(name, sizeof name, "%02x/%s", shelf, b->sha256);
	if (is_there(bs, name, g_bytes_get_size(b->bytes))) {
		/* Perhaps named by a process that died before it could sync. */
		bs->due[shelf] |= !bs->settled[shelf];
		return 0;
	}
	bs->due[shelf] = true;
	return write_blob(bs, name, b, e);
}

static void
run_store(struct blobs *bs, struct job *job)
{
	guint	i;

	for (i = 0; !job->failed && i < job->list->len; i++)
		job->failed = put_blob(bs, job->list->pdata[i], &job->err) == -1;
	for (i = 0; !job->failed && i < SHELVES; i++)
		if (bs->due[i] && (fault_point("blob-before-dirsync") == -1 ||
		    sync_shelf(bs, i) == -1)) {
			err_errno(&job->err, ERR_TEMP, "sync blobs/%02x", i);
			job->failed = true;
		}
}

static unsigned
sweep_shelf(int shelf, int64_t before_ms)
{
	g_autoptr(GPtrArray)	 names = file_list(shelf, NULL);
	struct stat		 st;
	unsigned		 removed = 0;
	guint			 i;

	for (i = 0; names != NULL && i < names->len; i++)
		if (is_digest(names->pdata[i]) &&
		    fstatat(shelf, names->pdata[i], &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		    (int64_t)st.st_mtim.tv_sec * 1000 < before_ms &&
		    unlinkat(shelf, names->pdata[i], 0) == 0)
			removed++;
	return removed;
}

static void
run_sweep(struct blobs *bs, struct job *job)
{
	int64_t	before_ms = clock_wall_ms() - job->older_than_ms;
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
run(void *arg, GPtrArray *jobs)
{
	struct job	*job;
	guint		 i;

	for (i = 0; i < jobs->len; i++) {
		job = jobs->pdata[i];
		if (job->list != NULL)
			run_store(arg, job);
		else
			run_sweep(arg, job);
	}
}

/* ---- on the loop ---- */

static void
done(void *arg, void *data)
{
	struct job	*job = data;

	(void)arg;
	if (job->list == NULL) {
		if (job->removed > 0)
			log_info("blobs removed=%u", job->removed);
	} else {
		job->done(job->arg, job->failed ? &job->err : NULL);
		g_ptr_array_unref(job->list);
	}
	g_free(job);
}

static const struct work_ops blob_work = { "blobs", run, done };

void
blob_store(struct blobs *bs, GPtrArray *list, blob_done_fn *fn, void *arg)
{
	struct job	*job = g_new0(struct job, 1);

	job->list = list;
	job->done = fn;
	job->arg = arg;
	work_lane_add(bs->lane, job);
}

void
blobs_sweep(struct blobs *bs, int64_t older_than_ms)
{
	struct job	*job = g_new0(struct job, 1);

	job->older_than_ms = older_than_ms;
	work_lane_add(bs->lane, job);
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
	bs->lane = work_lane_new(loop, &blob_work, bs);
	return bs;
}

void
blobs_close(struct blobs *bs)
{
	if (bs == NULL)
		return;
	work_lane_free(bs->lane);
	close(bs->dirfd);
	g_free(bs);
}
