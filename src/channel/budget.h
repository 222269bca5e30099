/* SPDX-License-Identifier: ISC */
/*
 * channel/budget.h - how many connections there are to one server.
 *
 * Servers count them and refuse those above their limit.  A channel that finds
 * no place waits in a queue; one that has nothing to do gives its place to who
 * waits and comes again after "poll".
 */
#ifndef CHANNEL_BUDGET_H
#define CHANNEL_BUDGET_H

#include <stdbool.h>

struct dial;

/* False: no place; it is dialled when there is one. */
bool	budget_take(struct dial *);
/* Give the place back, or stop waiting for one; harmless without. */
void	budget_give(struct dial *);
/* Does anybody wait for the place of this one? */
bool	budget_is_wanted(const struct dial *);

#endif
