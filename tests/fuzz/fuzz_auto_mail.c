/* SPDX-License-Identifier: ISC */
/* Any bytes as a mail get a kind, and the words of its reasons are UTF-8. */
#include <glib.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "normalize/auto_mail.h"
#include "normalize/auto_notice.h"
#include "normalize/auto_words.h"
#include "normalize/normalize.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
must_be_utf8(const char *s)
{
	if (s != NULL && !g_utf8_validate(s, -1, NULL))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct normalize_options options = { .own_domain = "support.example", .instance = "support-1" };
	g_autoptr(GBytes)	 mail = g_bytes_new(bytes, len);
	struct arrival		*a = arrival_new(ARRIVAL_MAIL, "inject", "fuzz", "1", mail);
	struct message		*msg = normalize(a, &options);
	g_autofree char		*text = g_strndup((const char *)bytes, len);
	const char		*phrase;

	must_be_utf8(msg->kind_reason);
	if (msg->kind != MESSAGE_NORMAL && (msg->kind_reason == NULL || msg->no_answer == NULL))
		abort();
	auto_words_subject(text, &phrase);
	auto_words_body(text, strlen(text));
	auto_notice_find(text, strlen(text), len % 2 == 0);
	message_free(msg);
	arrival_free(a);
	return 0;
}
