/* SPDX-License-Identifier: ISC */
/*
 * First byte: the scheme.  Then four lines: id, timestamp, signature, secret;
 * then the body.  Nobody guesses an HMAC, so nothing may be found good that
 * was not made so.
 */
#include <glib.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "proto/signature.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static char *
take_line(const uint8_t **at, const uint8_t *end)
{
	const uint8_t	*lf = memchr(*at, '\n', (size_t)(end - *at));
	char		*line;

	if (lf == NULL)
		lf = end;
	line = g_strndup((const char *)*at, (gsize)(lf - *at));
	*at = lf < end ? lf + 1 : end;
	return line;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t		*at = data, *end = data + size;
	g_autofree char		*id = NULL, *stamp = NULL, *signature = NULL, *secret = NULL;
	g_autoptr(GPtrArray)	 keys = NULL;
	enum signature_scheme	 scheme;
	struct signature_claim	 claim;
	struct err		 e = ERR_INIT;
	GBytes			*key;

	if (size == 0)
		return 0;
	scheme = (enum signature_scheme)(*at++ % 3);
	id = take_line(&at, end);
	stamp = take_line(&at, end);
	signature = take_line(&at, end);
	secret = take_line(&at, end);
	if ((key = signature_secret(scheme, secret, &e)) != NULL)
		g_bytes_unref(key);
	if ((key = signature_secret(scheme, "AAAA", &e)) == NULL)
		abort();
	keys = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
	g_ptr_array_add(keys, key);
	claim = (struct signature_claim){ id, stamp, signature, at, (size_t)(end - at) };
	if (signature_check(scheme, keys, &claim, 1614265330000, 300000) == SIGNATURE_GOOD)
		abort();
	return 0;
}
