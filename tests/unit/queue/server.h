/* SPDX-License-Identifier: ISC */
/*
 * A redis-server of our own on a Unix socket in a temporary directory, and
 * what the tests of this folder do with it.
 */
#ifndef TESTS_QUEUE_SERVER_H
#define TESTS_QUEUE_SERVER_H

#include <glib.h>
#include <hiredis/hiredis.h>
#include <stdbool.h>

#include "io/loop.h"
#include "queue/queue.h"

struct server {
	char	*dir;
	char	*socket;
	GPid	 pid;
};

/* Is redis-server 7 there at all? */
bool		 server_is_installed(void);
/* extra: more words of its command line, ends with NULL; or NULL. */
struct server	*server_new(const char *const *extra);
void		 server_start(struct server *, const char *const *extra);
void		 server_kill(struct server *);		/* SIGKILL */
/* Those that a failed test did not free, with what they left on disk. */
void		 server_kill_all(void);
void		 server_free(struct server *);
/* A command in one text, its answer by the blocking client; freed by the caller. */
redisReply	*server_do(const struct server *, const char *fmt, ...);
long long	 server_int(const struct server *, const char *fmt, ...);
/* Run a program to its end; its exit status. */
int		 run_program(const char *const *argv);

/* Run the loop until *done, at most ms; false if it never was. */
bool		 run_until(struct loop *, const bool *done, int64_t ms);

/* Tickets to commit. */
struct ticket	*make_ticket(const char *id, const char *event_id);
/* A list of strings, ends with NULL. */
GPtrArray	*strings(const char *first, ...) G_GNUC_NULL_TERMINATED;

#endif
