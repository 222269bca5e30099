/* SPDX-License-Identifier: ISC */
/* A mail through all of normalize(); the result must survive the wire. */
#include <stdint.h>
#include <stdlib.h>

#include "normalize/normalize.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static const struct normalize_options options = { .authserv_id = "mx.example.org" };
	g_autoptr(GBytes)	 mail = g_bytes_new(bytes, len), whole = NULL;
	g_autoptr(GByteArray)	 wire = g_byte_array_new();
	struct arrival		*a = arrival_new(ARRIVAL_MAIL, "imap", "fuzz", "1", mail);
	struct message		*m = normalize(a, &options), *back;

	message_encode(m, wire);
	whole = g_bytes_new(wire->data, wire->len);
	if ((back = message_decode(whole, NULL)) == NULL)
		abort();
	message_free(back);
	message_free(m);
	m = normalize_minimal(a, "test");
	message_free(m);
	arrival_free(a);
	return 0;
}
