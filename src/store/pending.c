/* SPDX-License-Identifier: ISC */
#include "store/pending.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include "base/fault.h"
#include "io/work.h"
#include "store/blob.h"
#include "store/file.h"

#define UPLOADS	"uploads"

struct pending {
	struct work_lane	*lane;
	int			 rootfd;
	int			 dirfd;
	uint64_t		 count;		/* the loop's */
};

struct job {
	void		(*run)(struct pending *, struct job *);
	GPtrArray	*digests;
	unsigned	 max;
	pending_done_fn	*done;
	pending_list_fn	*listed;
	void		*arg;
	int		 more;		/* links, or fewer */
	struct err	 err;
};

/* ---- on the lane's thread ---- */

static void
run_add(struct pending *p, struct job *job)
{
	guint	i;

	for (i = 0; i < job->digests->len; i++) {
		const char	*name = job->digests->pdata[i];
		g_autofree char	*blob = blob_path(name);

		if (fault_point("pending-before-link") == 0 &&
		    linkat(p->rootfd, blob, p->dirfd, name, 0) == 0)
			job->more++;
		else if (errno != EEXIST) {
			err_errno(&job->err, ERR_TEMP, "link %s/%s", UPLOADS, name);
			return;
		}
	}
	if (fault_point("pending-before-sync") == -1 || fsync(p->dirfd) == -1)
		err_errno(&job->err, ERR_TEMP, "sync %s", UPLOADS);
}

static void
run_remove(struct pending *p, struct job *job)
{
	guint	i;

	for (i = 0; i < job->digests->len; i++)
		if (unlinkat(p->dirfd, job->digests->pdata[i], 0) == 0)
			job->more--;
}

static GPtrArray *
list_some(int dirfd, unsigned max)
{
	GPtrArray	*found = g_ptr_array_new_with_free_func(g_free);
	int		 fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR		*dir = fd != -1 ? fdopendir(fd) : NULL;
	struct dirent	*entry;

	if (dir == NULL && fd != -1)
		close(fd);
	while (dir != NULL && found->len < max && (entry = readdir(dir)) != NULL)
		if (blob_is_digest(entry->d_name))
			g_ptr_array_add(found, g_strdup(entry->d_name));
	if (dir != NULL)
		closedir(dir);
	return found;
}

static void
run_list(struct pending *p, struct job *job)
{
	job->digests = list_some(p->dirfd, job->max);
}

static void
run(void *arg, GPtrArray *jobs)
{
	guint	i;

	for (i = 0; i < jobs->len; i++) {
		struct job	*job = jobs->pdata[i];

		job->run(arg, job);
	}
}

/* ---- on the loop ---- */

static void
done(void *arg, void *data)
{
	struct pending	*p = arg;
	struct job	*job = data;

	if (job->more < 0)
		p->count -= MIN(p->count, (uint64_t)-job->more);
	else
		p->count += (uint64_t)job->more;
	if (job->done != NULL)
		job->done(job->arg, job->err.kind != ERR_NONE ? &job->err : NULL);
	if (job->listed != NULL)
		job->listed(job->arg, job->digests);
	g_ptr_array_unref(job->digests);
	g_free(job);
}

static const struct work_ops pending_work = { "uploads", run, done };

uint64_t
pending_count(const struct pending *p)
{
	return p->count;
}

void
pending_add(struct pending *p, GPtrArray *digests, pending_done_fn *fn, void *arg)
{
	struct job	*job = g_new0(struct job, 1);

	job->run = run_add;
	job->digests = digests;
	job->done = fn;
	job->arg = arg;
	work_lane_add(p->lane, job);
}

void
pending_remove(struct pending *p, const char *sha256)
{
	struct job	*job = g_new0(struct job, 1);

	job->run = run_remove;
	job->digests = g_ptr_array_new_with_free_func(g_free);
	g_ptr_array_add(job->digests, g_strdup(sha256));
	work_lane_add(p->lane, job);
}

void
pending_list(struct pending *p, unsigned max, pending_list_fn *fn, void *arg)
{
	struct job	*job = g_new0(struct job, 1);

	job->run = run_list;
	job->max = max;
	job->listed = fn;
	job->arg = arg;
	work_lane_add(p->lane, job);
}

int
pending_open_file(const char *state_dir, const char *sha256)
{
	g_autofree char	*path = NULL;

	if (!blob_is_digest(sha256)) {
		errno = EINVAL;
		return -1;
	}
	path = g_build_filename(state_dir, UPLOADS, sha256, NULL);
	return open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
}

struct pending *
pending_open(struct loop *loop, const char *state_dir, struct err *e)
{
	struct pending		*p;
	g_autoptr(GPtrArray)	 found = NULL;
	int			 root, fd;

	root = open(state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (root == -1) {
		err_errno(e, ERR_CONFIG, "open %s", state_dir);
		return NULL;
	}
	if ((fd = file_open_dir(root, UPLOADS, e)) == -1) {
		close(root);
		return NULL;
	}
	found = list_some(fd, UINT_MAX);
	p = g_new0(struct pending, 1);
	p->rootfd = root;
	p->dirfd = fd;
	p->count = found->len;
	p->lane = work_lane_new(loop, &pending_work, p);
	return p;
}

void
pending_close(struct pending *p)
{
	if (p == NULL)
		return;
	work_lane_free(p->lane);
	close(p->dirfd);
	close(p->rootfd);
	g_free(p);
}
