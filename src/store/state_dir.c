/* SPDX-License-Identifier: ISC */
#include "store/state_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/digest.h"
#include "store/file.h"

#define SECRET_NAME	"secret"

struct state_dir {
	char	*path;
	int	 fd;
	int	 lock_fd;
};

static int
check_owner(int fd, const char *path, struct err *e)
{
	struct stat	st;

	if (fstat(fd, &st) == -1)
		return err_errno(e, ERR_CONFIG, "stat %s", path);
	if (st.st_uid != geteuid())
		return err_set(e, ERR_CONFIG, "%s belongs to user %u, not to us", path,
		    (unsigned)st.st_uid);
	if ((st.st_mode & 022) != 0)
		return err_set(e, ERR_CONFIG, "%s can be written by others (mode %04o); "
		    "make it 0700", path, (unsigned)(st.st_mode & 07777));
	/* A service manager may have made it 0755: what is in it is private anyway. */
	if ((st.st_mode & 077) != 0 && fchmod(fd, 0700) == -1)
		return err_errno(e, ERR_CONFIG, "make %s private", path);
	return 0;
}

/* The directory's name is durable, and all names in it. */
static int
sync_names(int fd, struct err *e)
{
	int	above = openat(fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc;

	/* We may have no right to look above; then it was not us who made it. */
	rc = above != -1 && fsync(above) == -1 && errno == EIO ? -1 : fsync(fd);
	if (rc == -1)
		err_errno(e, ERR_TEMP, "sync the state directory");
	if (above != -1)
		close(above);
	return rc;
}

static int
open_root(const char *path, struct err *e)
{
	int	fd;

	if (mkdir(path, 0700) == -1 && errno != EEXIST)
		return err_errno(e, ERR_CONFIG, "make the state directory %s", path);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1)
		return err_errno(e, ERR_CONFIG, "open the state directory %s", path);
	if (check_owner(fd, path, e) == -1 || sync_names(fd, e) == -1) {
		close(fd);
		return -1;
	}
	return fd;
}

static int
refuse_second(int lock_fd, const char *path, struct err *e)
{
	char	text[32] = "";
	ssize_t	n = pread(lock_fd, text, sizeof text - 1, 0);

	text[n > 0 ? n : 0] = '\0';
	return err_set(e, ERR_TEMP, "%s is already in use by pid %ld", path, atol(text));
}

static int
take_lock(struct state_dir *dir, struct err *e)
{
	char	text[32];
	int	len;

	dir->lock_fd = openat(dir->fd, "lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (dir->lock_fd == -1)
		return err_errno(e, ERR_CONFIG, "open %s/lock", dir->path);
	if (flock(dir->lock_fd, LOCK_EX | LOCK_NB) == -1)
		return errno == EWOULDBLOCK ? refuse_second(dir->lock_fd, dir->path, e) :
		    err_errno(e, ERR_TEMP, "lock %s", dir->path);
	len = snprintf(text, sizeof text, "%ld\n", (long)getpid());
	/* The number is only for the message above: no harm if it cannot be written. */
	if (ftruncate(dir->lock_fd, 0) == 0 &&
	    pwrite(dir->lock_fd, text, (size_t)len, 0) == -1)
		return 0;
	return 0;
}

struct state_dir *
state_dir_open(const char *path, struct err *e)
{
	struct state_dir	*dir = g_new0(struct state_dir, 1);

	dir->path = g_strdup(path);
	dir->lock_fd = -1;
	if ((dir->fd = open_root(path, e)) == -1 || take_lock(dir, e) == -1) {
		state_dir_close(dir);
		return NULL;
	}
	return dir;
}

void
state_dir_close(struct state_dir *dir)
{
	if (dir == NULL)
		return;
	if (dir->lock_fd != -1)
		close(dir->lock_fd);
	if (dir->fd != -1)
		close(dir->fd);
	g_free(dir->path);
	g_free(dir);
}

const char *
state_dir_path(const struct state_dir *dir)
{
	return dir->path;
}

/* Written under another name first: a crash must not leave half a secret. */
static int
make_secret(const struct state_dir *dir, struct err *e)
{
	uint8_t	bytes[STATE_SECRET_SIZE];

	digest_random(bytes, sizeof bytes);
	if (file_replace(dir->fd, SECRET_NAME, bytes, sizeof bytes, e) == -1)
		return err_prefix(e, "make the secret");
	explicit_bzero(bytes, sizeof bytes);
	return 0;
}

static int
check_secret(int fd, const char *name, struct err *e)
{
	struct stat	st;

	if (fstat(fd, &st) == -1)
		return err_errno(e, ERR_CONFIG, "stat %s", name);
	if (!S_ISREG(st.st_mode))
		return err_set(e, ERR_CONFIG, "%s is not a file", name);
	if ((st.st_mode & 077) != 0)
		return err_set(e, ERR_CONFIG, "%s can be read by others (mode %04o); "
		    "make it 0600", name, (unsigned)(st.st_mode & 07777));
	return 0;
}

static int
read_secret(int fd, const char *name, uint8_t out[STATE_SECRET_SIZE], struct err *e)
{
	ssize_t	n;

	if (check_secret(fd, name, e) == -1)
		return -1;
	if ((n = file_pread_all(fd, out, STATE_SECRET_SIZE, 0)) == -1)
		return err_errno(e, ERR_CONFIG, "read %s", name);
	if (n != STATE_SECRET_SIZE)
		return err_set(e, ERR_CONFIG, "%s holds %zd bytes, it must be %d or more "
		    "random ones", name, n, STATE_SECRET_SIZE);
	return 0;
}

int
state_dir_secret(const struct state_dir *dir, const char *file,
    uint8_t out[STATE_SECRET_SIZE], struct err *e)
{
	const char	*name = file != NULL ? file : SECRET_NAME;
	int		 fd, rc;

	if (file == NULL && faccessat(dir->fd, SECRET_NAME, F_OK, AT_SYMLINK_NOFOLLOW) == -1 &&
	    errno == ENOENT && make_secret(dir, e) == -1)
		return -1;
	fd = openat(file != NULL ? AT_FDCWD : dir->fd, name,
	    O_RDONLY | O_NONBLOCK | O_CLOEXEC | (file != NULL ? 0 : O_NOFOLLOW));
	if (fd == -1)
		return err_errno(e, ERR_CONFIG, "open the secret %s", name);
	rc = read_secret(fd, name, out, e);
	close(fd);
	return rc;
}
