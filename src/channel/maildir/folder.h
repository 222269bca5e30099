/* SPDX-License-Identifier: ISC */
/*
 * channel/maildir/folder.h - the file system's part of a maildir.
 *
 * Everything here blocks and is meant for a work lane.  File names are bytes
 * and may hold anything but '/' and NUL.  Used by channel/maildir only.
 */
#ifndef CHANNEL_MAILDIR_FOLDER_H
#define CHANNEL_MAILDIR_FOLDER_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct folder_entry {
	char		*name;		/* in new/ */
	char		*key;		/* name without flags, escaped, with inode and time */
	uint64_t	 size;
};

void	folder_entry_free(struct folder_entry *);	/* NULL is fine */

/* Make new, cur and tmp if they are not there. */
int	folder_make(const char *path, struct err *);

/*
 * The regular files of new/, oldest name first, as a GPtrArray of entries
 * that frees them; at most max.  NULL on failure.
 */
GPtrArray	*folder_list(const char *path, unsigned max, struct err *);

/*
 * A file of new/; when it is larger than max, only its header and *full its
 * size, else *full is 0.  NULL on failure; *gone: it is not there any more.
 */
GBytes	*folder_read(const char *path, const char *name, uint64_t max, uint64_t *full,
	    bool *gone, struct err *);

/*
 * What may become of a file of new/ that has been taken.  It is no failure
 * if it is gone.
 */
int	folder_mark_seen(const char *path, const char *name, struct err *);
int	folder_move(const char *path, const char *name, const char *to, struct err *);
int	folder_delete(const char *path, const char *name, struct err *);

#endif
