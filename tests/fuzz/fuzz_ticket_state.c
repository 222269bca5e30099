/* SPDX-License-Identifier: ISC */
/*
 * Anything as a ticket's record or as an outgoing message: refused, or read
 * and written again so that it reads the same.
 */
#include <stdint.h>
#include <string.h>

#include "model/outgoing.h"
#include "model/ticket.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
try_ticket(const char *text, size_t len)
{
	struct ticket		*t = ticket_read_state(text, len, NULL), *again;
	g_autoptr(GString)	 first = g_string_new(NULL), second = g_string_new(NULL);
	g_autoptr(GString)	 doc = g_string_new(NULL);

	if (t == NULL)
		return;
	ticket_write_state(t, first);
	if ((again = ticket_read_state(first->str, first->len, NULL)) == NULL)
		g_error("does not read back: %s", first->str);
	ticket_write_state(again, second);
	if (strcmp(first->str, second->str) != 0)
		g_error("reads back differently: %s", first->str);
	ticket_write(again, doc, true);
	ticket_free(again);
	ticket_free(t);
}

static void
try_outgoing(const char *text, size_t len)
{
	struct outgoing		*o = outgoing_read(text, len, NULL), *again;
	g_autoptr(GString)	 first = g_string_new(NULL);

	if (o == NULL)
		return;
	outgoing_write(o, first);
	if ((again = outgoing_read(first->str, first->len, NULL)) == NULL)
		g_error("does not read back: %s", first->str);
	outgoing_free(again);
	outgoing_free(o);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	try_ticket((const char *)bytes, len);
	try_outgoing((const char *)bytes, len);
	return 0;
}
