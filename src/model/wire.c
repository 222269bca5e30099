/* SPDX-License-Identifier: ISC */
#include "model/wire.h"

#include <string.h>

#include "base/text.h"
#include "base/utf8.h"

void
wire_put_u8(GByteArray *out, uint8_t value)
{
	g_byte_array_append(out, &value, 1);
}

void
wire_put_u32(GByteArray *out, uint32_t value)
{
	uint32_t	le = GUINT32_TO_LE(value);

	g_byte_array_append(out, (const guint8 *)&le, sizeof le);
}

void
wire_put_u64(GByteArray *out, uint64_t value)
{
	uint64_t	le = GUINT64_TO_LE(value);

	g_byte_array_append(out, (const guint8 *)&le, sizeof le);
}

/* Everything that is written here was bounded far below 4 GiB on its way in. */
static uint32_t
length32(size_t len)
{
	g_assert(len < UINT32_MAX);
	return (uint32_t)len;
}

void
wire_put_str(GByteArray *out, const char *s)
{
	uint32_t	len;

	if (s == NULL) {
		wire_put_u32(out, 0);
		return;
	}
	len = length32(strlen(s));
	wire_put_u32(out, len + 1);
	g_byte_array_append(out, (const guint8 *)s, len);
}

void
wire_put_length(GByteArray *out, size_t len)
{
	wire_put_u32(out, length32(len));
}

void
wire_put_bytes(GByteArray *out, const void *bytes, size_t len)
{
	wire_put_length(out, len);
	if (len > 0)
		g_byte_array_append(out, bytes, (guint)len);
}

size_t
wire_begin(GByteArray *out)
{
	wire_put_u32(out, 0);
	return out->len;
}

void
wire_end(GByteArray *out, size_t begun)
{
	uint32_t	le = GUINT32_TO_LE(length32(out->len - begun));

	memcpy(out->data + begun - sizeof le, &le, sizeof le);
}

void
wire_put_strings(GByteArray *out, const GPtrArray *list)
{
	guint	i, n = list != NULL ? list->len : 0;

	wire_put_u32(out, n);
	for (i = 0; i < n; i++)
		wire_put_str(out, list->pdata[i]);
}

void
wire_start(struct wire_reader *r, const void *bytes, size_t len)
{
	r->at = bytes;
	r->end = r->at + len;
	r->bad = false;
}

/* The next len bytes, or NULL (and bad) if there are not that many. */
static const uint8_t *
take(struct wire_reader *r, size_t len)
{
	const uint8_t	*at = r->at;

	if (r->bad || (size_t)(r->end - r->at) < len) {
		r->bad = true;
		return NULL;
	}
	r->at += len;
	return at;
}

uint8_t
wire_u8(struct wire_reader *r)
{
	const uint8_t	*at = take(r, 1);

	return at != NULL ? *at : 0;
}

uint32_t
wire_u32(struct wire_reader *r)
{
	const uint8_t	*at = take(r, 4);
	uint32_t	 le;

	if (at == NULL)
		return 0;
	memcpy(&le, at, sizeof le);
	return GUINT32_FROM_LE(le);
}

uint64_t
wire_u64(struct wire_reader *r)
{
	const uint8_t	*at = take(r, 8);
	uint64_t	 le;

	if (at == NULL)
		return 0;
	memcpy(&le, at, sizeof le);
	return GUINT64_FROM_LE(le);
}

char *
wire_str(struct wire_reader *r)
{
	uint32_t	 len = wire_u32(r);
	const uint8_t	*at;

	if (len == 0 || (at = take(r, len - 1)) == NULL)
		return NULL;
	/* With a length given, a NUL inside is not valid either. */
	if (!utf8_is_valid((const char *)at, len - 1, NULL)) {
		r->bad = true;
		return NULL;
	}
	return text_copy((const char *)at, len - 1);
}

const void *
wire_bytes(struct wire_reader *r, size_t *len)
{
	const uint8_t	*at;

	*len = wire_u32(r);
	if ((at = take(r, *len)) == NULL)
		*len = 0;
	return at;
}

uint32_t
wire_count(struct wire_reader *r, size_t least)
{
	uint32_t	n = wire_u32(r);

	if (!r->bad && n > (size_t)(r->end - r->at) / least)
		r->bad = true;
	return r->bad ? 0 : n;
}

void
wire_strings(struct wire_reader *r, GPtrArray *into, uint32_t max)
{
	uint32_t	n = wire_count(r, sizeof n);

	if (n > max)
		r->bad = true;
	for (; n > 0 && !r->bad; n--) {
		char	*s = wire_str(r);

		if (s == NULL)
			r->bad = true;
		else
			g_ptr_array_add(into, s);
	}
}

bool
wire_bad(const struct wire_reader *r)
{
	return r->bad || r->at != r->end;
}
