/* SPDX-License-Identifier: ISC */
/*
 * daemon/daemon.h - everything put together: start, reload, stop.
 *
 * Only the daemon knows everyone.  It opens the state directory, the journal
 * and the listeners, starts the channels and gives them the journal as their
 * sink, and lets intake run.
 */
#ifndef DAEMON_DAEMON_H
#define DAEMON_DAEMON_H

#include "base/err.h"
#include "conf/settings.h"

/*
 * Run with these settings until told to stop; takes them.  Returns the exit
 * status: 0, or of sysexits.h (74 the disk fails, 75 the state directory is in
 * use, 78 the configuration).
 */
int	daemon_run(struct settings *take);

/*
 * Everything that can be checked without starting: patterns, templates,
 * secrets, certificates.  -1 and sentences like conf_load()'s.
 */
int	daemon_check(const struct settings *, GString *problems);

#endif
