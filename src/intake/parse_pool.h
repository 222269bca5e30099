/* SPDX-License-Identifier: ISC */
/*
 * intake/parse_pool.h - the loop's side of the parse workers.
 *
 * Every request is answered exactly once, with a message that can be used: a
 * message that kills its worker, or keeps it longer than the deadline, is
 * tried once more and then answered with a minimal message.
 */
#ifndef INTAKE_PARSE_POOL_H
#define INTAKE_PARSE_POOL_H

#include "base/err.h"
#include "conf/settings.h"
#include "intake/parser.h"
#include "io/loop.h"

struct parse_pool;

/*
 * failure is NULL, or the coded reason ("parse-died", "parse-late",
 * "parse-refused") why the message is only minimal.  parsed is the callee's.
 * parsed is NULL only while the pool is being freed.
 */
typedef void	parse_done_fn(void *arg, struct parsed *take, const char *failure);

struct parse_pool	*parse_pool_new(struct loop *, const struct settings *, struct err *);
void			 parse_pool_free(struct parse_pool *);		/* NULL is fine */
/* Reload: -1 and the old configuration stays. */
int			 parse_pool_reload(struct parse_pool *, const struct settings *, struct err *);
/* Borrows the arrival until done is called. */
void			 parse_pool_ask(struct parse_pool *, const struct arrival *,
			    parse_done_fn *, void *arg);

#endif
