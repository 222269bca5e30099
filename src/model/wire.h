/* SPDX-License-Identifier: ISC */
/*
 * model/wire.h - the binary spelling shared by journal, workers and structs.
 *
 * Little endian; a string is its length + 1 in 32 bits (0 is NULL) and its
 * bytes.  The reader never reads past its end: after the first mistake every
 * further read gives 0 or NULL and wire_bad() says so, so a decoder can read
 * on and ask once at the end.
 */
#ifndef MODEL_WIRE_H
#define MODEL_WIRE_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void	wire_put_u8(GByteArray *, uint8_t);
void	wire_put_u32(GByteArray *, uint32_t);
void	wire_put_u64(GByteArray *, uint64_t);
void	wire_put_str(GByteArray *, const char *);		/* NULL is kept */
void	wire_put_bytes(GByteArray *, const void *, size_t);
void	wire_put_length(GByteArray *, size_t);	/* of bytes that the caller puts behind it */
void	wire_put_strings(GByteArray *, const GPtrArray *);	/* of char * */

/* What is put between the two is one wire_put_bytes(); begin's result is end's. */
size_t	wire_begin(GByteArray *);
void	wire_end(GByteArray *, size_t begun);

struct wire_reader {
	const uint8_t	*at;
	const uint8_t	*end;
	bool		 bad;
};

void		 wire_start(struct wire_reader *, const void *, size_t);
uint8_t		 wire_u8(struct wire_reader *);
uint32_t	 wire_u32(struct wire_reader *);
uint64_t	 wire_u64(struct wire_reader *);
/* A new string, or NULL.  Not valid UTF-8 or with NUL: bad. */
char		*wire_str(struct wire_reader *);
/* Borrowed from the input; NULL with *len 0 at the end. */
const void	*wire_bytes(struct wire_reader *, size_t *len);
/* Appends to a list that frees with g_free; at most max strings, else bad. */
void		 wire_strings(struct wire_reader *, GPtrArray *, uint32_t max);
/* A count of things that take at least least bytes each: else bad, and 0. */
uint32_t	 wire_count(struct wire_reader *, size_t least);
bool		 wire_bad(const struct wire_reader *);		/* or bytes are left over */

#endif
