/* SPDX-License-Identifier: ISC */
#include "store/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/mapped.h"

#define WRITE_STEP	((size_t)1 << 20)

int
file_write_all(int fd, const void *bytes, size_t len)
{
	const char	*at = bytes;
	ssize_t		 n;

	while (len > 0) {
		if ((n = write(fd, at, len)) == -1) {
			if (errno == EINTR)
				continue;
			return -1;
		}
		at += n;
		len -= (size_t)n;
	}
	return 0;
}

ssize_t
file_pread_all(int fd, void *bytes, size_t len, off_t at)
{
	char	*to = bytes;
	size_t	 have = 0;
	ssize_t	 n;

	while (have < len) {
		if ((n = pread(fd, to + have, len - have, at + (off_t)have)) == -1) {
			if (errno == EINTR)
				continue;
			return -1;
		}
		if (n == 0)
			break;
		have += (size_t)n;
	}
	return (ssize_t)have;
}

int
file_open_dir(int dirfd, const char *name, struct err *e)
{
	int	fd;

	if (mkdirat(dirfd, name, 0700) == 0) {
		if (dirfd != AT_FDCWD && fsync(dirfd) == -1)
			return err_errno(e, ERR_TEMP, "sync above %s", name);
	} else if (errno != EEXIST)
		return err_errno(e, ERR_CONFIG, "make directory %s", name);
	fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd == -1)
		return err_errno(e, ERR_CONFIG, "open directory %s", name);
	return fd;
}

/* What is mapped does not have to be in memory all at once. */
static int
write_piece(int fd, const struct file_piece *p)
{
	const uint8_t	*at = p->bytes;
	size_t		 left, step;

	for (left = p->len; left > 0; left -= step, at += step) {
		step = p->mapped ? MIN(left, WRITE_STEP) : left;
		if (file_write_all(fd, at, step) == -1)
			return -1;
		if (p->mapped)
			mapped_forget(at, step);
	}
	return 0;
}

static int
fill_and_sync(int fd, const struct file_piece *pieces, size_t count)
{
	size_t	i;

	for (i = 0; i < count; i++)
		if (write_piece(fd, &pieces[i]) == -1)
			return -1;
	if (fault_point("replace-after-write") == -1)
		return -1;
	return fsync(fd);
}

int
file_replace_pieces(int dirfd, const char *name, const struct file_piece *pieces, size_t count,
    struct err *e)
{
	g_autofree char	*tmp = g_strdup_printf(".%s.tmp", name);
	int		 fd, rc;

	fd = openat(dirfd, tmp, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd == -1)
		return err_errno(e, ERR_TEMP, "create %s", tmp);
	rc = fill_and_sync(fd, pieces, count);
	if (rc == -1)
		err_errno(e, ERR_TEMP, "write %s", tmp);
	if (close(fd) == -1 && rc == 0)
		rc = err_errno(e, ERR_TEMP, "close %s", tmp);
	if (rc == 0 && (fault_point("replace-before-rename") == -1 ||
	    renameat(dirfd, tmp, dirfd, name) == -1))
		rc = err_errno(e, ERR_TEMP, "rename %s", tmp);
	if (rc == -1) {
		unlinkat(dirfd, tmp, 0);
		return -1;
	}
	if (fault_point("replace-before-dirsync") == -1 || fsync(dirfd) == -1)
		return err_errno(e, ERR_TEMP, "sync the directory of %s", name);
	return 0;
}

int
file_replace(int dirfd, const char *name, const void *bytes, size_t len, struct err *e)
{
	const struct file_piece	whole = { bytes, len, false };

	return file_replace_pieces(dirfd, name, &whole, 1, e);
}

static GBytes *
load(int fd, const char *name, size_t max, struct err *e)
{
	struct stat	 st;
	char		*bytes;
	ssize_t		 n;

	if (fstat(fd, &st) == -1) {
		err_errno(e, ERR_TEMP, "stat %s", name);
		return NULL;
	}
	if (!S_ISREG(st.st_mode) || st.st_size < 0 || (uintmax_t)st.st_size > max) {
		errno = EFBIG;
		err_set(e, ERR_PERM, "%s is no file of at most %zu bytes", name, max);
		return NULL;
	}
	bytes = g_malloc((size_t)st.st_size + 1);
	if ((n = file_pread_all(fd, bytes, (size_t)st.st_size, 0)) == -1) {
		err_errno(e, ERR_TEMP, "read %s", name);
		g_free(bytes);
		return NULL;
	}
	return g_bytes_new_take(bytes, (size_t)n);
}

GBytes *
file_load(int dirfd, const char *name, size_t max, struct err *e)
{
	GBytes	*bytes;
	int	 fd, saved;

	fd = openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd == -1) {
		err_errno(e, ERR_PERM, "open %s", name);
		return NULL;
	}
	bytes = load(fd, name, max, e);
	saved = errno;
	close(fd);
	errno = saved;
	return bytes;
}

static int
copy_range(int fd, off_t from, off_t to, int out)
{
	char	buf[65536];
	size_t	want;
	ssize_t	n;

	while (from < to) {
		want = MIN((size_t)(to - from), sizeof buf);
		if ((n = file_pread_all(fd, buf, want, from)) <= 0)
			return (int)n;
		if (file_write_all(out, buf, (size_t)n) == -1)
			return -1;
		from += n;
	}
	return 0;
}

int
file_copy_range(int fd, off_t from, off_t to, int dirfd, const char *name, struct err *e)
{
	int	out, rc;

	out = openat(dirfd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (out == -1)
		return errno == EEXIST ? 0 : err_errno(e, ERR_TEMP, "create %s", name);
	rc = copy_range(fd, from, to, out);
	if (rc == 0)
		rc = fsync(out);
	if (rc == 0)
		rc = fsync(dirfd);
	if (rc == -1) {
		err_errno(e, ERR_TEMP, "write %s", name);
		unlinkat(dirfd, name, 0);
	}
	close(out);
	return rc;
}

static gint
by_name(gconstpointer a, gconstpointer b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

GPtrArray *
file_list(int dirfd, struct err *e)
{
	GPtrArray	*names;
	struct dirent	*entry;
	DIR		*dir;
	int		 fd;

	fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1 || (dir = fdopendir(fd)) == NULL) {
		err_errno(e, ERR_TEMP, "list a directory");
		if (fd != -1)
			close(fd);
		return NULL;
	}
	names = g_ptr_array_new_with_free_func(g_free);
	while ((entry = readdir(dir)) != NULL)
		if (entry->d_name[0] != '.')
			g_ptr_array_add(names, g_strdup(entry->d_name));
	closedir(dir);
	g_ptr_array_sort(names, by_name);
	return names;
}
