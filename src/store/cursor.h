/* SPDX-License-Identifier: ISC */
/*
 * store/cursor.h - how far a channel has come in a mailbox: a few short
 * strings by name, kept on disk.
 *
 * All are in one small text file that is replaced whole, so they are as of
 * one moment.  Sets that come while a replacement is under way share the
 * next.  The file before the last is kept as "cursors.old" and used if the
 * last one is damaged: a place further back only means that some messages are
 * seen again and recognised.
 */
#ifndef STORE_CURSOR_H
#define STORE_CURSOR_H

#include "base/err.h"
#include "io/loop.h"

struct cursors;

/* ERR_CONFIG: both files are damaged.  Losing the places is not for us to decide. */
struct cursors	*cursor_open(struct loop *, const char *state_dir, struct err *);
void		 cursor_close(struct cursors *);	/* writes what is waiting; NULL is fine */

/* The value, also one that is not on disk yet; NULL: none.  Until the next set. */
const char	*cursor_get(const struct cursors *, const char *name);

/* why is NULL: on disk. */
typedef void	cursor_done_fn(void *arg, const struct err *why);
/* NULL removes.  The done function may be NULL. */
void		 cursor_set(struct cursors *, const char *name, const char *value,
		    cursor_done_fn *, void *arg);

#endif
