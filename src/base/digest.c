/* SPDX-License-Identifier: ISC */
#include "base/digest.h"

#include <glib.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <string.h>

#define HMAC_BLOCK	64	/* bytes SHA-256 works on at once */

/* Fetched once: the implicit fetch of EVP_sha256() costs more than the hash. */
static EVP_MD *
sha256(void)
{
	static EVP_MD	*md;

	if (g_once_init_enter(&md)) {
		EVP_MD	*fetched = EVP_MD_fetch(NULL, "SHA256", NULL);

		if (fetched == NULL)
			g_error("OpenSSL has no SHA-256");
		g_once_init_leave(&md, fetched);
	}
	return md;
}

struct digest *
digest_new(void)
{
	EVP_MD_CTX	*ctx = EVP_MD_CTX_new();

	if (ctx == NULL || EVP_DigestInit_ex2(ctx, sha256(), NULL) != 1)
		g_error("cannot start a SHA-256");
	return (struct digest *)ctx;
}

void
digest_add(struct digest *d, const void *bytes, size_t len)
{
	if (EVP_DigestUpdate((EVP_MD_CTX *)d, bytes, len) != 1)
		g_error("cannot go on with a SHA-256");
}

void
digest_add_field(struct digest *d, const char *text)
{
	uint64_t	len = text != NULL ? strlen(text) : 0;
	uint64_t	le = GUINT64_TO_LE(len);

	digest_add(d, &le, sizeof le);
	if (len > 0)
		digest_add(d, text, len);
}

void
digest_end(struct digest *d, uint8_t out[DIGEST_SIZE])
{
	unsigned	len = DIGEST_SIZE;

	if (EVP_DigestFinal_ex((EVP_MD_CTX *)d, out, &len) != 1)
		g_error("cannot end a SHA-256");
	EVP_MD_CTX_free((EVP_MD_CTX *)d);
}

void
digest_sha256(const void *bytes, size_t len, uint8_t out[DIGEST_SIZE])
{
	unsigned	got = DIGEST_SIZE;

	if (EVP_Digest(bytes, len, out, &got, sha256(), NULL) != 1)
		g_error("cannot compute a SHA-256");
}

void
digest_sha256_hex(const void *bytes, size_t len, char out[DIGEST_HEX_SIZE])
{
	uint8_t	sum[DIGEST_SIZE];

	digest_sha256(bytes, len, sum);
	digest_hex(sum, sizeof sum, out);
}

/* RFC 2104 by hand: each HMAC() of OpenSSL looks its algorithm up anew. */
void
digest_hmac(const void *key, size_t key_len, const void *bytes, size_t len,
    uint8_t out[DIGEST_SIZE])
{
	uint8_t		 inner[HMAC_BLOCK] = { 0 }, outer[HMAC_BLOCK];
	struct digest	*d;
	size_t		 i;

	if (key_len > HMAC_BLOCK)
		digest_sha256(key, key_len, inner);
	else if (key_len > 0)
		memcpy(inner, key, key_len);
	for (i = 0; i < HMAC_BLOCK; i++) {
		outer[i] = inner[i] ^ 0x5c;
		inner[i] ^= 0x36;
	}
	d = digest_new();
	digest_add(d, inner, sizeof inner);
	digest_add(d, bytes, len);
	digest_end(d, out);
	d = digest_new();
	digest_add(d, outer, sizeof outer);
	digest_add(d, out, DIGEST_SIZE);
	digest_end(d, out);
	OPENSSL_cleanse(inner, sizeof inner);
	OPENSSL_cleanse(outer, sizeof outer);
}

bool
digest_equal(const void *a, const void *b, size_t len)
{
	return CRYPTO_memcmp(a, b, len) == 0;
}

void
digest_random(void *out, size_t len)
{
	if (RAND_bytes(out, (int)len) != 1)
		g_error("no random bytes");
}

void
digest_hex(const uint8_t *bytes, size_t len, char *out)
{
	static const char	letters[] = "0123456789abcdef";
	size_t			i;

	for (i = 0; i < len; i++) {
		out[2 * i] = letters[bytes[i] >> 4];
		out[2 * i + 1] = letters[bytes[i] & 15];
	}
	out[2 * len] = '\0';
}

int
digest_unhex(const char *text, size_t len, uint8_t *out, size_t room)
{
	size_t	i;

	if (len % 2 != 0 || len / 2 > room)
		return -1;
	for (i = 0; i < len / 2; i++) {
		int	high = g_ascii_xdigit_value(text[2 * i]);
		int	low = g_ascii_xdigit_value(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return -1;
		out[i] = (uint8_t)(high << 4 | low);
	}
	return (int)(len / 2);
}

void
digest_base32(const uint8_t *in, size_t letters, char *out)
{
	static const char	crockford[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
	size_t			i, bit;

	for (i = 0; i < letters; i++) {
		unsigned	value = 0;

		for (bit = i * 5; bit < i * 5 + 5; bit++)
			value = value << 1 | ((unsigned)in[bit / 8] >> (7 - bit % 8) & 1u);
		out[i] = crockford[value];
	}
	out[letters] = '\0';
}

/*
 * CRC-32C: the journal checks every record with it, once written and once
 * read.  By the instruction for it where there is one, else eight bytes at a
 * time by tables ("slicing by 8").
 */
static uint32_t crc_table[8][256];

static void
fill_crc_table(void)
{
	uint32_t	i, bit, crc;

	for (i = 0; i < 256; i++) {
		for (crc = i, bit = 0; bit < 8; bit++)
			crc = crc & 1 ? crc >> 1 ^ 0x82f63b78u : crc >> 1;
		crc_table[0][i] = crc;
	}
	for (i = 0; i < 256; i++)
		for (bit = 1; bit < 8; bit++)
			crc_table[bit][i] = crc_table[bit - 1][i] >> 8 ^
			    crc_table[0][crc_table[bit - 1][i] & 255];
}

static uint32_t
crc_by_table(uint32_t crc, const uint8_t *at, size_t len)
{
	static gsize	filled;

	if (g_once_init_enter(&filled)) {
		fill_crc_table();
		g_once_init_leave(&filled, 1);
	}
	for (; len >= 8; at += 8, len -= 8) {
		uint32_t	low, high;

		memcpy(&low, at, 4);
		memcpy(&high, at + 4, 4);
		low = GUINT32_FROM_LE(low) ^ crc;
		high = GUINT32_FROM_LE(high);
		crc = crc_table[7][low & 255] ^ crc_table[6][low >> 8 & 255] ^
		    crc_table[5][low >> 16 & 255] ^ crc_table[4][low >> 24] ^
		    crc_table[3][high & 255] ^ crc_table[2][high >> 8 & 255] ^
		    crc_table[1][high >> 16 & 255] ^ crc_table[0][high >> 24];
	}
	for (; len > 0; at++, len--)
		crc = crc >> 8 ^ crc_table[0][(crc ^ *at) & 255];
	return crc;
}

#ifdef __x86_64__
__attribute__((target("sse4.2")))
static uint32_t
crc_by_instruction(uint32_t crc, const uint8_t *at, size_t len)
{
	uint64_t	wide = crc, eight;

	for (; len >= 8; at += 8, len -= 8) {
		memcpy(&eight, at, 8);
		wide = __builtin_ia32_crc32di(wide, eight);
	}
	for (crc = (uint32_t)wide; len > 0; at++, len--)
		crc = __builtin_ia32_crc32qi(crc, *at);
	return crc;
}

static uint32_t
crc_of(uint32_t crc, const uint8_t *at, size_t len)
{
	return __builtin_cpu_supports("sse4.2") ? crc_by_instruction(crc, at, len) :
	    crc_by_table(crc, at, len);
}
#else
#define crc_of	crc_by_table
#endif

uint32_t
digest_crc32c(uint32_t crc, const void *bytes, size_t len)
{
	return ~crc_of(~crc, bytes, len);
}

uint32_t
digest_crc32c_portable(uint32_t crc, const void *bytes, size_t len)
{
	return ~crc_by_table(~crc, bytes, len);
}
