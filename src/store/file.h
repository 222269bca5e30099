/* SPDX-License-Identifier: ISC */
/*
 * store/file.h - whole writes, whole reads, and replacing a file so that a
 * crash leaves the old or the new one, never a mixture.
 *
 * Everything works relative to an open directory and never follows a link
 * in the last component, so that nobody can point us elsewhere.  Blocking:
 * for lanes, for the start, and for the tools.
 */
#ifndef STORE_FILE_H
#define STORE_FILE_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"

/* All of it, through short writes and signals; -1 and errno. */
int	file_write_all(int fd, const void *, size_t);

/* Bytes read, fewer than len only at the end of the file; -1 and errno. */
ssize_t	file_pread_all(int fd, void *, size_t len, off_t at);

/* Make (0700) if it is missing, and open; the descriptor or -1. */
int	file_open_dir(int dirfd, const char *name, struct err *);

/*
 * Write to a temporary file, sync it, rename it over name, sync the
 * directory.  Mode 0600.
 */
int	file_replace(int dirfd, const char *name, const void *, size_t, struct err *);

struct file_piece {
	const void	*bytes;
	size_t		 len;
	bool		 mapped;	/* base/mapped.h: let go as it is written */
};

/* The same, with the content as it lies. */
int	file_replace_pieces(int dirfd, const char *name, const struct file_piece *, size_t count,
	    struct err *);

/* The whole content, at most max bytes; NULL with errno ENOENT if it is not there. */
GBytes	*file_load(int dirfd, const char *name, size_t max, struct err *);

/* Bytes [from, to) of fd as a new synced file; an existing one stays as it is. */
int	file_copy_range(int fd, off_t from, off_t to, int dirfd, const char *name,
	    struct err *);

/* Names in the directory, sorted, without those that begin with a dot; NULL on error. */
GPtrArray	*file_list(int dirfd, struct err *);

#endif
