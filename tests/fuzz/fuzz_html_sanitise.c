/* SPDX-License-Identifier: ISC */
/*
 * Whatever comes in, what goes out is valid UTF-8, holds no tag outside the
 * allow-list, and is not changed by a second run.
 */
#include <glib.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "normalize/html_sanitise.h"
#include "normalize/html_token.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
check_tokens(const char *out)
{
	struct html_lexer	lx;
	struct html_token	t;
	unsigned		i;

	html_token_init(&lx, out, strlen(out));
	while (html_token_next(&lx, &t)) {
		if (t.kind == HTML_COMMENT || t.raw)
			abort();
		if (t.kind == HTML_TEXT)
			continue;
		if (t.tag == HTML_OTHER || (html_tag_traits(t.tag) & HTML_UNSEEN))
			abort();
		for (i = 0; i < t.attrs; i++)
			if (g_ascii_strncasecmp(t.attr[i].name.p, "on", 2) == 0 ||
			    html_span_is(t.attr[i].name, "style"))
				abort();
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	g_autofree char	*valid = text_valid((const char *)bytes, len, NULL);
	g_autofree char	*once = html_sanitise(valid, strlen(valid));
	g_autofree char	*twice = html_sanitise(once, strlen(once));

	if (!g_utf8_validate(once, -1, NULL) || strcmp(once, twice) != 0)
		abort();
	check_tokens(once);
	return 0;
}
