/* SPDX-License-Identifier: ISC */
/*
 * Any strings make a mail whose lines end with CR LF, are short and ASCII, and
 * which has one header of each name.  The input is cut at "|" into subject,
 * name, address, ids and text.
 */
#include <glib.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "reply/compose.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
check(const char *mail)
{
	unsigned	 headers = 0;
	gboolean	 head = TRUE;

	for (const char *line = mail; *line != '\0'; ) {
		size_t	 n = strcspn(line, "\r\n");

		if (n > 998 || line[n] != '\r' || line[n + 1] != '\n')
			abort();
		for (size_t i = 0; i < n; i++)
			if (((unsigned char)line[i] < 0x20 && line[i] != '\t') || (unsigned char)line[i] > 0x7e)
				abort();
		if (n == 0)
			head = FALSE;
		headers += head && *line != ' ';
		line += n + 2;
	}
	if (head || headers < 10 || headers > 15)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static const struct compose_sender sender = {
		"Shop", "answers@shop.example", "help+%@shop.example", "shop.example", "support-1",
		{ "0123456789abcdef", 16 }
	};
	g_autofree char	*whole = g_strndup((const char *)bytes, len);
	g_auto(GStrv)	 parts = g_strsplit(whole, "|", 6);
	struct outgoing	*o = outgoing_new(len % 2 == 0 ? OUTGOING_ANSWER : OUTGOING_QUESTION);
	struct ticket	*t = ticket_new();
	char		**into[] = { &o->subject, &o->to_name, &o->in_reply_to, &o->text, &o->to_addr };
	struct composed	 c;

	o->id = g_strdup("1");
	o->ticket = g_strdup("7KQM2-XWA9F");
	for (size_t i = 0; i < G_N_ELEMENTS(into) && parts[i] != NULL; i++)
		*into[i] = g_strdup(parts[i]);
	if (o->to_addr == NULL)
		o->to_addr = g_strdup("carla@customer.example");
	g_ptr_array_add(o->references, g_strdup(whole));
	g_ptr_array_add(t->participants, g_strdup(o->to_addr));
	t->subject = g_strdup(o->subject);
	if (compose_mail(&sender, o, t, &c, NULL) == 0) {
		check(c.bytes->str);
		composed_clear(&c);
	}
	ticket_free(t);
	outgoing_free(o);
	return 0;
}
