/* SPDX-License-Identifier: ISC */
/*
 * The first byte chooses whether the rest is plain text or HTML and whether it
 * is a reply.  What comes out is valid, and nothing is lost: no line of the
 * whole is missing from its parts.
 */
#include <glib.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "normalize/trim_reply.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* Lines of nothing but quote marks, or of marks that nobody sees, may go. */
static size_t
count_ink(const char *s)
{
	size_t		n = 0;
	gunichar	c;

	for (; s != NULL && *s != '\0'; s = g_utf8_next_char(s)) {
		c = g_utf8_get_char(s);
		n += *s != '>' && *s != '|' && !g_unichar_isspace(c) &&
		    g_unichar_type(c) != G_UNICODE_FORMAT;
	}
	return n;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	g_autofree char	*valid = NULL;
	struct trim	 t;
	unsigned	 mode;

	if (len == 0)
		return 0;
	mode = bytes[0];
	valid = text_valid((const char *)bytes + 1, len - 1, NULL);
	if (mode & 1)
		reply_split(mode & 4 ? valid : NULL, valid, mode & 2, &t);
	else
		trim_reply(valid, mode & 2, &t);
	if (!g_utf8_validate(t.text, -1, NULL) || !g_utf8_validate(t.full, -1, NULL) ||
	    (t.quoted != NULL && !g_utf8_validate(t.quoted, -1, NULL)))
		abort();
	if (count_ink(t.full) !=
	    count_ink(t.text) + count_ink(t.quoted) + count_ink(t.signature))
		abort();
	trim_clear(&t);
	return 0;
}
