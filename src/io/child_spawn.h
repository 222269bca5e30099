/* SPDX-License-Identifier: ISC */
/*
 * io/child_spawn.h - one helper process: this program again, with nothing of
 * ours open but its socket and its configuration.
 *
 * Used by io/child.c.
 */
#ifndef IO_CHILD_SPAWN_H
#define IO_CHILD_SPAWN_H

#include <sys/types.h>

/*
 * "intaked --worker=<worker>" with sock as CHILD_FD and a file of its own with
 * the text as CHILD_CONFIG_FD; it dies with us.  -1 with errno: none.
 */
pid_t	child_spawn(const char *worker, const char *config_text, int sock);

#endif
