/* SPDX-License-Identifier: ISC */
/*
 * ctl/mail_files.h - the messages in a file: one RFC 5322 message, or an
 * mbox of many.
 */
#ifndef CTL_MAIL_FILES_H
#define CTL_MAIL_FILES_H

#include <glib.h>

#include "base/err.h"

/* name is what to call it: the file's, with ":2" for the second of an mbox. */
typedef int	mail_file_fn(void *arg, const char *name, GBytes *message);

/*
 * Calls fn for each message of the file ("-": standard input) and stops when
 * it returns non-zero, returning that.  -1 with err if it cannot be read.
 */
int	mail_file_each(const char *path, mail_file_fn *, void *arg, struct err *);

#endif
