/* SPDX-License-Identifier: ISC */
#include "model/arrival.h"

#include "base/clock.h"
#include "model/wire.h"

#define ARRIVAL_VERSION	1
#define FACTS_MAX	64

struct arrival *
arrival_new(enum arrival_format format, const char *kind, const char *channel,
    const char *key, GBytes *bytes)
{
	struct arrival	*a = g_new0(struct arrival, 1);

	a->received_ms = clock_wall_ms();
	a->format = format;
	a->kind = g_strdup(kind);
	a->channel = g_strdup(channel);
	a->key = g_strdup(key);
	a->facts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	a->bytes = g_bytes_ref(bytes);
	return a;
}

struct arrival *
arrival_copy(const struct arrival *a)
{
	struct arrival	*copy = arrival_new(a->format, a->kind, a->channel, a->key, a->bytes);
	GHashTableIter	 iter;
	gpointer	 name, value;

	copy->lsn = a->lsn;
	copy->received_ms = a->received_ms;
	copy->mapped = a->mapped;
	g_hash_table_iter_init(&iter, a->facts);
	while (g_hash_table_iter_next(&iter, &name, &value))
		arrival_set_fact(copy, name, value);
	return copy;
}

void
arrival_free(struct arrival *a)
{
	if (a == NULL)
		return;
	g_free(a->kind);
	g_free(a->channel);
	g_free(a->key);
	g_hash_table_unref(a->facts);
	g_bytes_unref(a->bytes);
	g_free(a);
}

void
arrival_set_fact(struct arrival *a, const char *name, const char *value)
{
	g_hash_table_insert(a->facts, g_strdup(name), g_strdup(value));
}

const char *
arrival_fact(const struct arrival *a, const char *name)
{
	return g_hash_table_lookup(a->facts, name);
}

char *
arrival_identity(const struct arrival *a)
{
	return g_strconcat(a->channel, "/", a->key, NULL);
}

void
arrival_encode_head(const struct arrival *a, GByteArray *out)
{
	GHashTableIter	 iter;
	gpointer	 name, value;

	wire_put_u8(out, ARRIVAL_VERSION);
	wire_put_u8(out, (uint8_t)a->format);
	wire_put_u64(out, a->lsn);
	wire_put_u64(out, (uint64_t)a->received_ms);
	wire_put_str(out, a->kind);
	wire_put_str(out, a->channel);
	wire_put_str(out, a->key);
	wire_put_u32(out, g_hash_table_size(a->facts));
	g_hash_table_iter_init(&iter, a->facts);
	while (g_hash_table_iter_next(&iter, &name, &value)) {
		wire_put_str(out, name);
		wire_put_str(out, value);
	}
	wire_put_length(out, g_bytes_get_size(a->bytes));
}

void
arrival_encode(const struct arrival *a, GByteArray *out)
{
	gsize		 len;
	const void	*bytes = g_bytes_get_data(a->bytes, &len);

	arrival_encode_head(a, out);
	if (len > 0)
		g_byte_array_append(out, bytes, (guint)len);
}

static void
decode_facts(struct wire_reader *r, struct arrival *a)
{
	uint32_t	n = wire_count(r, 8);

	if (n > FACTS_MAX)
		r->bad = true;
	for (; n > 0 && !r->bad; n--) {
		char	*name = wire_str(r);
		char	*value = wire_str(r);

		if (name == NULL || value == NULL) {
			r->bad = true;
			g_free(name);
			g_free(value);
		} else
			g_hash_table_insert(a->facts, name, value);
	}
}

struct arrival *
arrival_decode(GBytes *whole, struct err *e)
{
	struct arrival		*a = g_new0(struct arrival, 1);
	struct wire_reader	 r;
	const uint8_t		*start, *body;
	gsize			 len;
	size_t			 body_len;
	uint8_t			 version;

	start = g_bytes_get_data(whole, &len);
	wire_start(&r, start, len);
	version = wire_u8(&r);
	a->format = (enum arrival_format)wire_u8(&r);
	a->lsn = wire_u64(&r);
	a->received_ms = (int64_t)wire_u64(&r);
	a->kind = wire_str(&r);
	a->channel = wire_str(&r);
	a->key = wire_str(&r);
	a->facts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	decode_facts(&r, a);
	body = wire_bytes(&r, &body_len);
	a->bytes = body != NULL ?
	    g_bytes_new_from_bytes(whole, (gsize)(body - start), body_len) :
	    g_bytes_new(NULL, 0);
	if (version != ARRIVAL_VERSION || a->format < ARRIVAL_MAIL || a->format > ARRIVAL_CHAT ||
	    a->kind == NULL || a->channel == NULL || a->key == NULL || wire_bad(&r)) {
		err_set(e, ERR_PERM, "not an arrival of version %d (version byte %u, %zu bytes)",
		    ARRIVAL_VERSION, version, (size_t)len);
		arrival_free(a);
		return NULL;
	}
	return a;
}
