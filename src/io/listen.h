/* SPDX-License-Identifier: ISC */
/*
 * io/listen.h - listening sockets from their spelling in the configuration.
 */
#ifndef IO_LISTEN_H
#define IO_LISTEN_H

#include <glib.h>

#include "base/err.h"

/*
 * "host:port", "[v6]:port", ":port" (all interfaces) or the path of a unix
 * socket (mode 0660; a dead one in its place is removed).  Appends the file
 * descriptors (int), non-blocking and close-on-exec: a name may stand for
 * several addresses.  All or none.
 */
int	listen_open(const char *address, GArray *fds, struct err *);

/* Options every listener wants; for sockets that were bound elsewhere. */
int	listen_prepare(int fd, struct err *);

#endif
