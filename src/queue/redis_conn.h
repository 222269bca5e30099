/* SPDX-License-Identifier: ISC */
/*
 * queue/redis_conn.h - one connection to Redis that keeps coming back.
 *
 * Commands are sent at once and answered in order; many may be under way.
 * Every command has a time limit: when the oldest one passes it, the server
 * says something that is no RESP, or answers what nobody asked, the
 * connection is given up, because from then on no answer can be trusted.
 * Each command under way then gets a NULL reply: "outcome unknown".
 *
 * After a loss it connects again by itself, 50 ms to 5 s later, or 30 s
 * when the server refuses our credentials.  The password file is read anew
 * each time.
 *
 * Uses hiredis for its reader only (redis_reader.h); the socket is a stream of
 * io/.
 */
#ifndef QUEUE_REDIS_CONN_H
#define QUEUE_REDIS_CONN_H

#include <hiredis/hiredis.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "io/loop.h"
#include "queue/redis_args.h"
#include "queue/redis_class.h"

struct redis_conn;

struct redis_options {
	const char	*address;
	const char	*user;			/* NULL: the default user */
	const char	*password_file;		/* NULL: no AUTH */
	bool		 tls;
	const char	*tls_ca_file;
	const char	*name;			/* CLIENT SETNAME */
	int64_t		 timeout_ms;		/* per command, and to connect */
};

struct redis_ops {
	/* Connected and authenticated. */
	void	(*up)(void *arg);
	/* Lost or never had, after all pending commands got NULL. */
	void	(*down)(void *arg, const struct err *);
	/* A subscribed message: channel and payload.  NULL if never subscribed. */
	void	(*message)(void *arg, const char *channel, const char *payload, size_t);
};

/* reply is NULL when the outcome is unknown; borrowed. */
typedef void	redis_reply_fn(void *arg, const redisReply *reply);

/* Copies the options; connects at the loop's next turn. */
struct redis_conn	*redis_conn_new(struct loop *, const struct redis_options *,
			    const struct redis_ops *, void *arg);
/* Pending commands are answered with NULL before it returns; no down().
 * Not from inside one of its callbacks. */
void			 redis_conn_free(struct redis_conn *);	/* NULL is fine */

bool			 redis_conn_is_up(const struct redis_conn *);
/*
 * Sends the command; fn (never from inside this call) gets the answer.
 * Without a connection it gets NULL at the loop's next turn.
 */
void			 redis_conn_call(struct redis_conn *, struct redis_args *,
			    redis_reply_fn *, void *arg);
/* The same without sending anything: NULL at the next turn. */
void			 redis_conn_decline(struct redis_conn *, redis_reply_fn *, void *arg);
/* SUBSCRIBE and its channels: their messages are received from now on. */
void			 redis_conn_subscribe(struct redis_conn *, struct redis_args *);
/* Give this connection up and make a new one.  Takes effect at the next turn. */
void			 redis_conn_drop(struct redis_conn *, enum redis_class, const char *why);
/* This server is good: should it be lost, try it again at once. */
void			 redis_conn_settle(struct redis_conn *);
/* Commands without an answer yet. */
unsigned		 redis_conn_pending(const struct redis_conn *);

/* The class of a reply: NULL is REPLY_UNKNOWN, anything but an error is OK. */
enum redis_class	 redis_reply_class(const redisReply *);

#endif
