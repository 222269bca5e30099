/* SPDX-License-Identifier: ISC */
/* Any bytes, made UTF-8 first as the callers do, give valid UTF-8 text. */
#include <glib.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "normalize/html_text.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	g_autofree char		*valid = text_valid((const char *)bytes, len, NULL);
	size_t			 n = strlen(valid), i;
	char			*exact = malloc(n > 0 ? n : 1);
	struct html_page	 page;
	const struct html_line	*l;

	if (exact == NULL)
		abort();
	memcpy(exact, valid, n);
	html_page_render(&page, exact, n);
	if (!g_utf8_validate(page.text->str, (gssize)page.text->len, NULL))
		abort();
	for (i = 0; i < page.lines->len; i++) {
		l = &g_array_index(page.lines, struct html_line, i);
		if (l->prefix > l->len || page.text->str[l->off + l->len] != '\n')
			abort();
	}
	html_page_clear(&page);
	free(exact);
	return 0;
}
