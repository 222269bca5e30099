/* SPDX-License-Identifier: ISC */
/*
 * ContentInfo { signedData, [0] SignedData { version, digests,
 * { type, [0] OCTET STRING } ... } } in BER: lengths may be indefinite (0x80,
 * ended by two zero bytes) and the octets cut into pieces.
 */
#include "normalize/smime.h"

#include <stdint.h>
#include <string.h>

enum { INTEGER = 0x02, OCTETS = 0x04, OID = 0x06, SEQUENCE = 0x30, SET = 0x31,
	OCTETS_IN_PIECES = 0x24, TAGGED = 0xa0 };

struct ber {
	const uint8_t	*p, *end;
};

/* Steps behind tag and length; *len is SIZE_MAX for an indefinite one. */
static int
read_head(struct ber *b, size_t *len)
{
	int	 tag;
	unsigned n;

	if (b->end - b->p < 2)
		return -1;
	tag = *b->p++;
	n = *b->p++;
	if ((tag & 0x1f) == 0x1f)
		return -1;
	*len = n;
	if (n == 0x80) {
		*len = SIZE_MAX;
	} else if (n > 0x80) {
		n -= 0x80;
		if (n > sizeof(uint32_t) || (size_t)(b->end - b->p) < n)
			return -1;
		for (*len = 0; n > 0; n--)
			*len = *len << 8 | *b->p++;
	}
	return *len == SIZE_MAX || *len <= (size_t)(b->end - b->p) ? tag : -1;
}

/* Narrows b to what is inside the value of this tag at its beginning. */
static bool
enter(struct ber *b, int tag)
{
	size_t	len;

	if (read_head(b, &len) != tag)
		return false;
	if (len != SIZE_MAX)
		b->end = b->p + len;
	return true;
}

static bool
skip(struct ber *b, int tag)
{
	size_t		len;
	unsigned	open = 0;
	int		found = read_head(b, &len);

	if (found != tag)
		return false;
	for (;;) {
		if (len == SIZE_MAX)
			open++;
		else if (found == 0 && len == 0 && open > 0)
			open--;
		else
			b->p += len;
		if (open == 0)
			return true;
		if ((found = read_head(b, &len)) == -1)
			return false;
	}
}

static bool
skip_oid(struct ber *b, const char *oid, size_t n)
{
	struct ber	inside = *b;

	return enter(&inside, OID) && (size_t)(inside.end - inside.p) == n &&
	    memcmp(inside.p, oid, n) == 0 && skip(b, OID);
}

/* The pieces of an octet string, however they are nested, one after another. */
static GBytes *
join_pieces(struct ber b)
{
	GByteArray	*out = g_byte_array_new();
	unsigned	 open = 1;
	size_t		 len;
	int		 tag;

	while (open > 0 && b.p < b.end && (tag = read_head(&b, &len)) != -1) {
		if (tag == OCTETS && len != SIZE_MAX) {
			g_byte_array_append(out, b.p, (guint)len);
			b.p += len;
		} else if (tag == OCTETS_IN_PIECES) {
			open += len == SIZE_MAX;
		} else if (tag == 0 && len == 0) {
			open--;
		} else {
			break;
		}
	}
	return g_byte_array_free_to_bytes(out);
}

bool
smime_is_candidate(const char *type, const char *name)
{
	if (strcmp(type, "application/pkcs7-mime") == 0 ||
	    strcmp(type, "application/x-pkcs7-mime") == 0)
		return true;
	return name != NULL && strcmp(type, "application/octet-stream") == 0 &&
	    g_ascii_strcasecmp(name, "smime.p7m") == 0;
}

GBytes *
smime_signed_content(const void *bytes, size_t len)
{
	static const char	signed_data[] = "\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02";
	struct ber		b = { bytes, (const uint8_t *)bytes + len }, pieces;
	size_t			n;

	if (len == 0 || !enter(&b, SEQUENCE) ||
	    !skip_oid(&b, signed_data, sizeof signed_data - 1) || !enter(&b, TAGGED) ||
	    !enter(&b, SEQUENCE) || !skip(&b, INTEGER) || !skip(&b, SET) ||
	    !enter(&b, SEQUENCE) || !skip(&b, OID) || !enter(&b, TAGGED))
		return NULL;
	pieces = b;
	if (enter(&pieces, OCTETS_IN_PIECES))
		return join_pieces(pieces);
	if (read_head(&b, &n) != OCTETS || n == SIZE_MAX)
		return NULL;
	return g_bytes_new(b.p, n);
}
