/* SPDX-License-Identifier: ISC */
/*
 * A server's bytes against proto/pop3, after one command of each kind.  Fed
 * whole and byte by byte: both must give the same events.
 */
#include <glib.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "proto/pop3.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
require(bool held)
{
	if (!held)
		abort();
}

static void
note(GString *log, const struct pop3_event *ev)
{
	if (ev->kind == POP3_CHUNK) {
		require(ev->bytes > 0);
		g_string_append_len(log, (const char *)ev->data, (gssize)ev->bytes);
		return;
	}
	if (ev->text != NULL)
		require(g_utf8_validate(ev->text, -1, NULL) && strpbrk(ev->text, "\r\n") == NULL);
	if (ev->kind == POP3_UID)
		require(strlen(ev->uid) > 0 && strlen(ev->uid) <= POP3_UID_MAX);
	g_string_append_printf(log, "\n%d %d %u %" G_GUINT64_FORMAT " %s %d %s %s\n",
	    (int)ev->kind, (int)ev->command, ev->number, ev->size, ev->uid ? ev->uid : "",
	    ev->ok, ev->code ? ev->code : "", ev->text ? ev->text : "");
}

static GString *
run(const uint8_t *data, size_t size, size_t step)
{
	struct pop3		*p = pop3_new();
	GString			*log = g_string_new(NULL);
	struct pop3_event	 ev;
	size_t			 at, n;
	bool			 broken = false;

	for (n = POP3_CAPA; n <= POP3_QUIT; n++)
		pop3_send(p, (enum pop3_command)n, 1);
	for (at = 0; at < size && !broken; at += step) {
		const uint8_t *in = data + at;

		n = MIN(step, size - at);
		while (!broken && pop3_next(p, &in, &n, &ev)) {
			note(log, &ev);
			broken = ev.kind == POP3_BROKEN;
		}
	}
	g_string_append_printf(log, "%u %u", pop3_abilities(p), pop3_under_way(p));
	pop3_free(p);
	return log;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autoptr(GString)	whole = NULL, bytes = NULL;

	if (size > 16384)
		return 0;
	whole = run(data, size, 65536);
	bytes = run(data, size, 1);
	require(g_string_equal(whole, bytes));
	return 0;
}
