/* SPDX-License-Identifier: ISC */
/*
 * daemon/notify.h - telling the service manager how we are.
 *
 * Does nothing when there is none (no NOTIFY_SOCKET).
 */
#ifndef DAEMON_NOTIFY_H
#define DAEMON_NOTIFY_H

#include "io/loop.h"

struct notify;

/* Begins to feed the watchdog, if one was asked for, from the loop. */
struct notify	*notify_new(struct loop *);
void		 notify_free(struct notify *);

/* The n-th socket that the service manager opened for us; -1: no more. */
int	notify_socket(unsigned n);

/* A start that takes long is not given up while this is called again and again. */
void	notify_starting(const char *what);
void	notify_ready(void);
void	notify_reloading(void);		/* then notify_ready() again */
void	notify_stopping(void);
void	notify_status(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
