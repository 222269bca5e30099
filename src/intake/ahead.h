/* SPDX-License-Identifier: ISC */
/*
 * intake/ahead.h - taking an arrival apart while the journal still syncs it.
 *
 * For one at a time, when there is nothing else to do: its way then takes the
 * longer of the two and not both.  That it is durable is waited for all the
 * same; only then its passage begins, and finds the answer here.
 */
#ifndef INTAKE_AHEAD_H
#define INTAKE_AHEAD_H

#include <stdbool.h>

#include "intake/parse_pool.h"

struct ahead;

struct ahead	*ahead_new(struct loop *, struct parse_pool *);
/* After the pool, which may still answer here. */
void		 ahead_free(struct ahead *);		/* NULL is fine */

/* Ignored for a large one, and while another is under way. */
void		 ahead_begin(struct ahead *, const struct arrival *);

/* True: this is the one; done is called once, later, as by parse_pool_ask(). */
bool		 ahead_take(struct ahead *, const struct arrival *, parse_done_fn *, void *arg);

#endif
