/* SPDX-License-Identifier: ISC */
/*
 * channel/rate.h - token buckets, one per client.
 *
 * A client may do burst things at once and per_second on average.  Clients
 * are numbers (an address, a hash of a session); those that have been quiet
 * are forgotten, so memory is bounded.
 */
#ifndef CHANNEL_RATE_H
#define CHANNEL_RATE_H

#include <stdbool.h>
#include <stdint.h>

struct rate;

struct rate	*rate_new(double per_second, double burst);
void		 rate_free(struct rate *);	/* NULL is fine */

/* One more by this client: false if that is too much. */
bool	rate_take(struct rate *, uint64_t client, int64_t now_ms);

#endif
