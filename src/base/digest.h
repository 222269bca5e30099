/* SPDX-License-Identifier: ISC */
/*
 * base/digest.h - SHA-256, HMAC, CRC-32C, random bytes and their spellings.
 *
 * OpenSSL lives here and in io/.  Everything is constant time where it
 * touches a secret.
 */
#ifndef BASE_DIGEST_H
#define BASE_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DIGEST_SIZE	32			/* bytes of a SHA-256 */
#define DIGEST_HEX_SIZE	(2 * DIGEST_SIZE + 1)	/* its hexadecimal string */

struct digest;		/* a SHA-256 under way */

struct digest	*digest_new(void);
void		 digest_add(struct digest *, const void *, size_t);
/* Adds the length first, so that ("ab","c") and ("a","bc") differ.  NULL is "". */
void		 digest_add_field(struct digest *, const char *);
void		 digest_end(struct digest *, uint8_t out[DIGEST_SIZE]);	/* frees it */

void	digest_sha256(const void *, size_t, uint8_t out[DIGEST_SIZE]);
void	digest_sha256_hex(const void *, size_t, char out[DIGEST_HEX_SIZE]);
void	digest_hmac(const void *key, size_t key_len, const void *, size_t,
	    uint8_t out[DIGEST_SIZE]);

/* Equal length and content, in time that depends on len only. */
bool	digest_equal(const void *a, const void *b, size_t len);

/* CRC-32C (Castagnoli) of the bytes, going on from crc (0 to begin). */
uint32_t	digest_crc32c(uint32_t crc, const void *, size_t);
/* The same, as on a machine without an instruction for it. */
uint32_t	digest_crc32c_portable(uint32_t crc, const void *, size_t);

/* Aborts if the kernel has no entropy: a guessable token is worse than none. */
void	digest_random(void *, size_t);

/* Lower-case hexadecimal; out holds 2 * len + 1 bytes. */
void	digest_hex(const uint8_t *, size_t len, char *out);
/* Returns bytes written, or -1 for odd length, a wrong letter, or no room. */
int	digest_unhex(const char *, size_t len, uint8_t *out, size_t room);

/*
 * Crockford base32 without padding, upper case: no I, L, O, U, so it can be
 * read out on the phone.  Writes exactly letters characters and a NUL, from
 * the first bits of in (which must hold letters * 5 bits).
 */
void	digest_base32(const uint8_t *in, size_t letters, char *out);

#endif
