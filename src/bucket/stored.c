/* SPDX-License-Identifier: ISC */
#include "bucket/stored.h"

#include <glib.h>
#include <stdint.h>
#include <string.h>

#include "base/clock.h"

#define STORED_MAX	65536
#define FRESH_MS	(3600 * 1000)

struct seen {
	char	sha256[65];
	int64_t	at_ms;		/* monotonic */
};

struct stored {
	GHashTable	*seen;		/* sha256 -> struct seen * */
	GQueue		*order;		/* the same, longest known first */
};

struct stored *
stored_new(void)
{
	struct stored	*st = g_new0(struct stored, 1);

	st->seen = g_hash_table_new(g_str_hash, g_str_equal);
	st->order = g_queue_new();
	return st;
}

void
stored_clear(struct stored *st)
{
	g_hash_table_remove_all(st->seen);
	g_queue_free_full(st->order, g_free);
	st->order = g_queue_new();
}

void
stored_free(struct stored *st)
{
	g_hash_table_unref(st->seen);
	g_queue_free_full(st->order, g_free);
	g_free(st);
}

void
stored_add(struct stored *st, const char *sha256)
{
	struct seen	*s = g_hash_table_lookup(st->seen, sha256);

	if (s != NULL) {
		s->at_ms = clock_mono_ms();
		return;
	}
	if (st->order->length >= STORED_MAX) {
		s = g_queue_pop_head(st->order);
		g_hash_table_remove(st->seen, s->sha256);
		g_free(s);
	}
	s = g_new0(struct seen, 1);
	g_strlcpy(s->sha256, sha256, sizeof s->sha256);
	s->at_ms = clock_mono_ms();
	g_hash_table_insert(st->seen, s->sha256, s);
	g_queue_push_tail(st->order, s);
}

bool
stored_was(const struct stored *st, const char *sha256)
{
	return g_hash_table_contains(st->seen, sha256);
}

bool
stored_has(const struct stored *st, const char *sha256)
{
	const struct seen	*s = g_hash_table_lookup(st->seen, sha256);

	return s != NULL && clock_mono_ms() - s->at_ms < FRESH_MS;
}
