/* SPDX-License-Identifier: ISC */
/*
 * io/child.h - a helper process: our own program with another hat on, at the
 * other end of a socketpair, doing what may hang, balloon or crash.
 *
 * Requests and answers are frames: a 32-bit length and that many bytes.  A
 * child has one request at a time and a deadline for it; past the deadline
 * it is killed.  A child that dies is replaced, with a growing pause when it
 * dies before its first answer.  Whatever happens, each request gets exactly
 * one call of its done function.
 */
#ifndef IO_CHILD_H
#define IO_CHILD_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "io/loop.h"

struct child_pool;

enum child_outcome {
	CHILD_ANSWERED,		/* frame holds the answer */
	CHILD_DIED,		/* signal or exit in the middle of it */
	CHILD_LATE,		/* killed at the deadline */
	CHILD_UNAVAILABLE	/* the pool is being closed */
};

struct child_options {
	const char	*worker;	/* argv: intaked --worker=<this> */
	const char	*name;		/* for logs */
	unsigned	 count;		/* processes */
	unsigned	 recycle;	/* answers until replaced; 0: never */
	int64_t		 timeout_ms;	/* per request */
	uint32_t	 max_answer;	/* longer frames kill the child */
	const char	*config;	/* text the child reads from its fd 4; or NULL */
};

/* frame is NULL but for CHILD_ANSWERED; borrowed, who keeps of it takes a reference. */
typedef void	child_done_fn(void *arg, enum child_outcome, GBytes *frame);

/* The end of a request that is large already: sent from where it is. */
struct child_tail {
	GBytes	*bytes;		/* NULL: none */
	bool	 mapped;	/* base/mapped.h: let go once it is sent */
};

struct child_pool	*child_pool_new(struct loop *, const struct child_options *);
void			 child_pool_free(struct child_pool *);
/* Takes the request; queued until a child is free.  len of request <= 4 GiB. */
void			 child_ask(struct child_pool *, GByteArray *request, child_done_fn *, void *arg);
/* The same with a tail, of which it takes a reference. */
void			 child_ask_long(struct child_pool *, GByteArray *request,
			    const struct child_tail *, child_done_fn *, void *arg);
unsigned		 child_waiting(const struct child_pool *);
/* Replace all children once they are idle, with this configuration text. */
void			 child_pool_renew(struct child_pool *, const char *config);

/* The child's side: blocking.  0, or -1 at the end of file or on an error. */
#define CHILD_FD	3
#define CHILD_CONFIG_FD	4
int	child_read_frame(int fd, GByteArray *into, uint32_t max);
int	child_write_frame(int fd, const void *, size_t);

#endif
