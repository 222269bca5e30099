/* SPDX-License-Identifier: ISC */
/* Any bytes as a report and as prose give few, whole, valid recipients. */
#include <glib.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "normalize/bounce_dsn.h"
#include "normalize/bounce_prose.h"
#include "normalize/bounce_words.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
check(const struct bounce *b)
{
	if (b->recipients->len > 100)
		abort();
	for (guint i = 0; i < b->recipients->len; i++) {
		const struct bounce_recipient	*r = g_ptr_array_index(b->recipients, i);

		if (!text_is_address(r->address) || r->action == NULL)
			abort();
		if (r->diagnostic != NULL && !text_is_line(r->diagnostic))
			abort();
		if (r->status != NULL && strspn(r->status, "0123456789.") != strlen(r->status))
			abort();
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct bounce_prose	 prose = { "Undelivered", NULL, NULL };
	struct bounce		*report = bounce_new(), *words = bounce_new();
	g_autofree char		*text = text_valid((const char *)bytes, len, NULL);
	g_autofree char		*id = NULL;

	bounce_dsn_parse(text, strlen(text), report);
	check(report);
	bounce_prose_parse(text, &prose, words);
	check(words);
	id = bounce_prose_message_id(text);
	bounce_dsn_looks_like(text);
	bounce_words_delay(text, text);
	bounce_words_signature(text, text[0] == 'h');
	bounce_free(report);
	bounce_free(words);
	return 0;
}
