/* SPDX-License-Identifier: ISC */
#include "store/known.h"

#include <string.h>

#include "base/digest.h"

/*
 * The ring holds the entries in the order they came, the table finds them by
 * key; both point to the same slots, which are reused in turn.  The key is
 * half a SHA-256: nobody can make two identities meet.
 */
struct entry {
	uint64_t	key[2];
	uint64_t	lsn;		/* 0: the slot is free */
};

struct known {
	unsigned	 most;
	unsigned	 next;		/* slot to be used next */
	struct entry	*ring;
	GHashTable	*table;		/* the entry's key -> the entry */
};

static guint
hash_key(gconstpointer key)
{
	return (guint)*(const uint64_t *)key;
}

static gboolean
same_key(gconstpointer a, gconstpointer b)
{
	return memcmp(a, b, sizeof ((struct entry *)0)->key) == 0;
}

static void
key_of(const struct arrival *a, uint64_t key[2])
{
	g_autofree char	*identity = arrival_identity(a);
	uint8_t		 digest[DIGEST_SIZE];

	digest_sha256(identity, strlen(identity), digest);
	memcpy(key, digest, sizeof ((struct entry *)0)->key);
}

struct known *
known_new(unsigned most)
{
	struct known	*k = g_new0(struct known, 1);

	k->most = most > 0 ? most : KNOWN_DEFAULT;
	k->ring = g_new0(struct entry, k->most);
	k->table = g_hash_table_new(hash_key, same_key);
	return k;
}

void
known_free(struct known *k)
{
	if (k == NULL)
		return;
	g_hash_table_unref(k->table);
	g_free(k->ring);
	g_free(k);
}

uint64_t
known_find(const struct known *k, const struct arrival *a)
{
	const struct entry	*entry;
	uint64_t		 key[2];

	key_of(a, key);
	entry = g_hash_table_lookup(k->table, key);
	return entry != NULL ? entry->lsn : 0;
}

void
known_add(struct known *k, const struct arrival *a, uint64_t lsn)
{
	struct entry	*entry;
	uint64_t	 key[2];

	key_of(a, key);
	if (g_hash_table_contains(k->table, key))
		return;			/* the first LSN stays the answer */
	entry = &k->ring[k->next];
	if (entry->lsn != 0)
		g_hash_table_remove(k->table, entry->key);
	memcpy(entry->key, key, sizeof entry->key);
	entry->lsn = lsn;
	g_hash_table_insert(k->table, entry->key, entry);
	k->next = (k->next + 1) % k->most;
}

void
known_seen(void *known, uint64_t lsn, const struct arrival *a)
{
	known_add(known, a, lsn);
}
