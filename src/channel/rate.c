/* SPDX-License-Identifier: ISC */
#include "channel/rate.h"

#include <glib.h>

#define CLIENTS_MAX	4096

struct bucket {
	uint64_t	client;
	double		tokens;
	int64_t		at_ms;		/* when tokens was right */
};

struct rate {
	double		 per_ms;
	double		 burst;
	GHashTable	*buckets;	/* of struct bucket *, by its client */
};

struct rate *
rate_new(double per_second, double burst)
{
	struct rate	*rate = g_new0(struct rate, 1);

	rate->per_ms = per_second / 1000;
	rate->burst = MAX(burst, 1);
	rate->buckets = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, g_free);
	return rate;
}

void
rate_free(struct rate *rate)
{
	if (rate == NULL)
		return;
	g_hash_table_unref(rate->buckets);
	g_free(rate);
}

static double
tokens_now(const struct rate *rate, const struct bucket *b, int64_t now_ms)
{
	double	tokens = b->tokens + rate->per_ms * (double)MAX(now_ms - b->at_ms, 0);

	return MIN(tokens, rate->burst);
}

/* A bucket that is full again says no more than none. */
static void
forget_full(struct rate *rate, int64_t now_ms)
{
	GHashTableIter	 it;
	struct bucket	*b;

	g_hash_table_iter_init(&it, rate->buckets);
	while (g_hash_table_iter_next(&it, NULL, (void **)&b))
		if (tokens_now(rate, b, now_ms) >= rate->burst)
			g_hash_table_iter_remove(&it);
}

static struct bucket *
find_bucket(struct rate *rate, uint64_t client, int64_t now_ms)
{
	struct bucket	*b = g_hash_table_lookup(rate->buckets, &client);

	if (b != NULL)
		return b;
	if (g_hash_table_size(rate->buckets) >= CLIENTS_MAX)
		forget_full(rate, now_ms);
	/* So many at once: an attack from everywhere; be lenient, not larger. */
	if (g_hash_table_size(rate->buckets) >= CLIENTS_MAX)
		g_hash_table_remove_all(rate->buckets);
	b = g_new(struct bucket, 1);
	b->client = client;
	b->tokens = rate->burst;
	b->at_ms = now_ms;
	g_hash_table_insert(rate->buckets, &b->client, b);
	return b;
}

bool
rate_take(struct rate *rate, uint64_t client, int64_t now_ms)
{
	struct bucket	*b = find_bucket(rate, client, now_ms);

	b->tokens = tokens_now(rate, b, now_ms);
	b->at_ms = now_ms;
	if (b->tokens < 1)
		return false;
	b->tokens -= 1;
	return true;
}
