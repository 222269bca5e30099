/* SPDX-License-Identifier: ISC */
#include "channel/pop3/drop.h"

#include <string.h>

#include "base/digest.h"

#define FORMAT	"1:"

static void
free_item(void *p)
{
	struct drop_item	*item = p;

	if (item != NULL)
		g_free(item->uid);
	g_free(item);
}

void
drop_begin(struct drop *d, uint32_t messages)
{
	g_ptr_array_set_size(d->items, 0);
	g_ptr_array_set_size(d->items, (gint)MIN(messages, DROP_MESSAGES_MAX));
	memset(d->count, 0, sizeof(d->count));
	memset(d->first, 0, sizeof(d->first));
}

static struct drop_item *
make(struct drop *d, uint32_t number)
{
	struct drop_item	*item;

	if (number == 0 || number > d->items->len)
		return NULL;
	if ((item = d->items->pdata[number - 1]) == NULL) {
		item = g_new0(struct drop_item, 1);
		item->number = number;
		d->items->pdata[number - 1] = item;
	}
	return item;
}

void
drop_set_size(struct drop *d, uint32_t number, uint64_t size)
{
	struct drop_item	*item = make(d, number);

	if (item == NULL)
		return;
	item->size = size;
	if (item->state == DROP_ABSENT)
		drop_set(d, item, DROP_WANTED);
}

void
drop_set_uid(struct drop *d, uint32_t number, const char *uid)
{
	struct drop_item	*item = make(d, number);

	if (item == NULL)
		return;
	g_free(item->uid);
	item->uid = g_strdup(uid);
}

/* The lowest bit is free: it says in the file what the claim is. */
static uint64_t
digest_of(const struct drop_item *item)
{
	g_autofree char	*text = g_strdup_printf("%s %" G_GUINT64_FORMAT, item->uid, item->size);
	uint8_t		 sum[DIGEST_SIZE];
	uint64_t	 digest;

	digest_sha256(text, strlen(text), sum);
	memcpy(&digest, sum, sizeof(digest));
	return digest & ~UINT64_C(1);
}

static GHashTable *
new_table(void)
{
	return g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
}

void
drop_init(struct drop *d)
{
	memset(d, 0, sizeof(*d));
	d->items = g_ptr_array_new_with_free_func(free_item);
	d->ours = new_table();
}

void
drop_fini(struct drop *d)
{
	g_ptr_array_unref(d->items);
	g_hash_table_unref(d->ours);
}

enum drop_claim
drop_claimed(const struct drop *d, uint64_t digest)
{
	return (enum drop_claim)GPOINTER_TO_INT(g_hash_table_lookup(d->ours, &digest));
}

void
drop_claim(struct drop *d, uint64_t digest, enum drop_claim claim)
{
	if (drop_claimed(d, digest) == claim)
		return;
	g_hash_table_replace(d->ours, g_memdup2(&digest, sizeof(digest)), GINT_TO_POINTER(claim));
	d->changed = true;
}

void
drop_end_listing(struct drop *d)
{
	GHashTable		*fresh = new_table();
	struct drop_item	*item;
	enum drop_claim		 claim;
	guint			 i;

	for (i = 0; i < d->items->len; i++) {
		item = d->items->pdata[i];
		if (item == NULL || item->state != DROP_WANTED || item->uid == NULL)
			continue;
		item->digest = digest_of(item);
		if ((claim = drop_claimed(d, item->digest)) == DROP_NOT_OURS)
			continue;
		drop_set(d, item, claim == DROP_OURS ? DROP_DURABLE : DROP_DONE);
		g_hash_table_replace(fresh, g_memdup2(&item->digest, sizeof(item->digest)),
		    GINT_TO_POINTER(claim));
	}
	d->changed = d->changed || g_hash_table_size(fresh) != g_hash_table_size(d->ours);
	g_hash_table_unref(d->ours);
	d->ours = fresh;
}

struct drop_item *
drop_find(struct drop *d, uint32_t number)
{
	return number > 0 && number <= d->items->len ? d->items->pdata[number - 1] : NULL;
}

struct drop_item *
drop_next(struct drop *d, enum drop_state state)
{
	guint	i;

	for (i = d->first[state]; d->count[state] > 0 && i < d->items->len; i++) {
		struct drop_item *item = d->items->pdata[i];

		if (item != NULL && item->state == state) {
			d->first[state] = i;
			return item;
		}
	}
	return NULL;
}

void
drop_set(struct drop *d, struct drop_item *item, enum drop_state state)
{
	if (item->state != DROP_ABSENT)
		d->count[item->state]--;
	d->count[state]++;
	item->state = state;
	d->first[state] = MIN(d->first[state], item->number - 1);
}

char *
drop_format(struct drop *d)
{
	g_autoptr(GByteArray)	 all = g_byte_array_new();
	g_autofree char		*text = NULL;
	GHashTableIter		 it;
	void			*digest, *claim;
	uint64_t		 word;

	g_hash_table_iter_init(&it, d->ours);
	while (g_hash_table_iter_next(&it, &digest, &claim)) {
		word = *(const uint64_t *)digest | (GPOINTER_TO_INT(claim) == DROP_OURS);
		g_byte_array_append(all, (const uint8_t *)&word, sizeof(word));
	}
	text = g_base64_encode(all->data, all->len);
	d->changed = false;
	return g_strconcat(FORMAT, text, NULL);
}

bool
drop_parse(struct drop *d, const char *text)
{
	static const char	 letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "abcdefghijklmnopqrstuvwxyz0123456789+/=";
	g_autofree uint8_t	*all = NULL;
	gsize			 len, at;
	uint64_t		 word;

	if (!g_str_has_prefix(text, FORMAT))
		return false;
	text += strlen(FORMAT);
	if (strspn(text, letters) != strlen(text))
		return false;
	all = g_base64_decode(text, &len);
	if (len % sizeof(word) != 0)
		return false;
	for (at = 0; at < len; at += sizeof(word)) {
		memcpy(&word, all + at, sizeof(word));
		drop_claim(d, word & ~UINT64_C(1), word & 1 ? DROP_OURS : DROP_PASSED_OVER);
	}
	d->changed = false;
	return true;
}
