/* SPDX-License-Identifier: ISC */
/* winmail.dat, its compressed RTF, and the RTF itself. */
#include <stdint.h>
#include <stdlib.h>

#include "normalize/tnef.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
take_file(void *arg, const char *name, const char *type, GBytes *content)
{
	(void)arg;
	if ((name != NULL && !g_utf8_validate(name, -1, NULL)) ||
	    (type != NULL && !g_utf8_validate(type, -1, NULL)) || content == NULL)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	g_autofree char	*text = tnef_read(bytes, len, take_file, NULL);
	g_autofree char	*plain = tnef_rtf_text((const char *)bytes, len);
	GString		*rtf = tnef_rtf_unpack(bytes, len);

	if ((text != NULL && !g_utf8_validate(text, -1, NULL)) ||
	    (plain != NULL && !g_utf8_validate(plain, -1, NULL)))
		abort();
	if (rtf != NULL)
		g_string_free(rtf, TRUE);
	return 0;
}
