/* SPDX-License-Identifier: ISC */
/* What a proved agent passes on: the customer found in it is an address, and not us. */
#include <glib.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "normalize/normalize.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static const char	proved[] = "Authentication-Results: mx.shop.example; dmarc=pass\n"
	"From: Bob <bob@shop.example>\nTo: support@shop.example\n";

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	g_autoptr(GPtrArray)	 agents = g_ptr_array_new();
	struct normalize_options options = { .agents = agents, .authserv_id = "mx.shop.example" };
	g_autoptr(GByteArray)	 whole = g_byte_array_new();
	g_autoptr(GBytes)	 mail = NULL;
	struct arrival		*a;
	struct message		*m;

	g_ptr_array_add(agents, (char *)"@shop.example");
	g_byte_array_append(whole, (const guint8 *)proved, strlen(proved));
	g_byte_array_append(whole, bytes, (guint)len);
	mail = g_bytes_new(whole->data, whole->len);
	a = arrival_new(ARRIVAL_MAIL, "inject", "fuzz", "1", mail);
	m = normalize(a, &options);
	if (message_field(m, "forwarded_by") != NULL && (m->sender == NULL || m->from == NULL ||
	    strchr(m->from->addr, '@') == NULL || g_str_has_suffix(m->from->addr, "@shop.example") ||
	    m->verified != NULL || m->text == NULL || !g_utf8_validate(m->text, -1, NULL)))
		abort();
	message_free(m);
	arrival_free(a);
	return 0;
}
