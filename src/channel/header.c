/* SPDX-License-Identifier: ISC */
#include "channel/header.h"

size_t
header_length(const uint8_t *mail, size_t len)
{
	size_t	i;

	for (i = 1; i < len; i++) {
		if (mail[i] == '\n' && (mail[i - 1] == '\n' ||
		    (i > 1 && mail[i - 1] == '\r' && mail[i - 2] == '\n')))
			return i + 1;
	}
	return len;
}
