/* SPDX-License-Identifier: ISC */
#include "store/known.h"

#include <string.h>

#include "base/digest.h"

/*
 * A ring holds the entries in the order they came, the table finds them by
 * key; both point to the same slots, which are reused in turn.  The key is
 * half a SHA-256: nobody can make two identities meet.
 */
struct entry {
	uint64_t	key[2];
	uint64_t	lsn;		/* 0: the slot is free */
};

struct ring {
	unsigned	 most;
	unsigned	 next;		/* slot to be used next */
	struct entry	*slots;
	GHashTable	*table;		/* the entry's key -> the entry */
};

struct known {
	struct ring	identities, mails;
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

static void
mail_key(const char *channel, const void *header, size_t len, uint64_t size, uint64_t key[2])
{
	struct digest	*d = digest_new();
	uint8_t		 digest[DIGEST_SIZE];

	digest_add_field(d, channel);
	digest_add(d, &size, sizeof size);
	digest_add(d, header, len);
	digest_end(d, digest);
	memcpy(key, digest, sizeof ((struct entry *)0)->key);
}

static void
ring_init(struct ring *r, unsigned most)
{
	r->most = most;
	r->slots = g_new0(struct entry, most);
	r->table = g_hash_table_new(hash_key, same_key);
}

static void
ring_fini(struct ring *r)
{
	g_hash_table_unref(r->table);
	g_free(r->slots);
}

/* The first LSN stays the answer. */
static void
ring_add(struct ring *r, const uint64_t key[2], uint64_t lsn)
{
	struct entry	*entry;

	if (g_hash_table_contains(r->table, key))
		return;
	entry = &r->slots[r->next];
	if (entry->lsn != 0)
		g_hash_table_remove(r->table, entry->key);
	memcpy(entry->key, key, sizeof entry->key);
	entry->lsn = lsn;
	g_hash_table_insert(r->table, entry->key, entry);
	r->next = (r->next + 1) % r->most;
}

struct known *
known_new(unsigned most)
{
	struct known	*k = g_new0(struct known, 1);

	ring_init(&k->identities, most > 0 ? most : KNOWN_DEFAULT);
	ring_init(&k->mails, most > 0 ? most : KNOWN_DEFAULT);
	return k;
}

void
known_free(struct known *k)
{
	if (k == NULL)
		return;
	ring_fini(&k->identities);
	ring_fini(&k->mails);
	g_free(k);
}

uint64_t
known_find(const struct known *k, const struct arrival *a)
{
	const struct entry	*entry;
	uint64_t		 key[2];

	key_of(a, key);
	entry = g_hash_table_lookup(k->identities.table, key);
	return entry != NULL ? entry->lsn : 0;
}

bool
known_has_mail(const struct known *k, const char *channel, const void *header, size_t len,
    uint64_t size)
{
	uint64_t	key[2];

	mail_key(channel, header, len, size, key);
	return g_hash_table_contains(k->mails.table, key);
}

/* Up to and with the first empty line. */
static size_t
header_length(const uint8_t *bytes, size_t len)
{
	const uint8_t	*p = bytes, *end = bytes + len, *nl;

	while ((nl = memchr(p, '\n', (size_t)(end - p))) != NULL) {
		bool	empty = nl == p || (nl == p + 1 && *p == '\r');

		p = nl + 1;
		if (empty)
			break;
	}
	return nl != NULL ? (size_t)(p - bytes) : len;
}

void
known_add(struct known *k, const struct arrival *a, uint64_t lsn)
{
	const uint8_t	*bytes;
	uint64_t	 key[2];
	gsize		 len;

	key_of(a, key);
	ring_add(&k->identities, key, lsn);
	if (a->format != ARRIVAL_MAIL || arrival_fact(a, ARRIVAL_FACT_TRUNCATED) != NULL)
		return;
	bytes = g_bytes_get_data(a->bytes, &len);
	if (bytes == NULL)
		return;
	mail_key(a->channel, bytes, header_length(bytes, len), len, key);
	ring_add(&k->mails, key, lsn);
}

void
known_seen(void *known, uint64_t lsn, const struct arrival *a)
{
	known_add(known, a, lsn);
}
