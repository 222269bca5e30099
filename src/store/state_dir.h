/* SPDX-License-Identifier: ISC */
/*
 * store/state_dir.h - the directory that holds all that must survive.
 *
 *	lock		held by the daemon that uses it; its process id is inside
 *	secret		32 random bytes: tokens and sessions are signed with it
 *	journal/	arrivals (store/journal.h)
 *	corrupt/	what was damaged, for a human
 *	blobs/		attachments by digest (store/blob.h)
 *	uploads/	attachments to be copied to a bucket (store/pending.h)
 *	cursors		places in mailboxes (store/cursor.h)
 *	quarantine/	what could not be handled (store/quarantine.h)
 *
 * Everything is 0700 and 0600.  Used by the daemon at its start; intakectl
 * looks into the directory without the lock.
 */
#ifndef STORE_STATE_DIR_H
#define STORE_STATE_DIR_H

#include <stdint.h>

#include "base/err.h"

#define STATE_SECRET_SIZE	32

struct state_dir;

/*
 * Make the directory if it is missing, see that it is ours and nobody else
 * can enter it, and lock it.  ERR_TEMP: another daemon has it; ERR_CONFIG:
 * it is not fit for use.
 */
struct state_dir	*state_dir_open(const char *path, struct err *);
void			 state_dir_close(struct state_dir *);	/* gives the lock back; NULL is fine */
const char		*state_dir_path(const struct state_dir *);

/*
 * The instance's secret: from file, or if that is NULL from "secret" in the
 * directory, which is made at the first start.  A file that others may read
 * is refused.
 */
int	state_dir_secret(const struct state_dir *, const char *file,
	    uint8_t out[STATE_SECRET_SIZE], struct err *);

#endif
