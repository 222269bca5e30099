/* SPDX-License-Identifier: ISC */
/*
 * A server's bytes against proto/smtp; a NUL ends its turn.  Fed by turns
 * whole and byte by byte: both must say the same and end the same.
 */
#include <glib.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "proto/smtp.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
require(bool held)
{
	if (!held)
		abort();
}

static bool
feed_turn(struct smtp *s, const uint8_t *turn, size_t len, size_t step)
{
	size_t	at;
	bool	over = false;

	for (at = 0; at < len && !over; at += step)
		over = smtp_feed(s, turn + at, MIN(step, len - at));
	return over;
}

static GString *
run(const uint8_t *data, size_t size, size_t step)
{
	static const char		 bytes[] = "Subject: x\r\n\r\n.\r\n";
	static const struct smtp_mail	 mail = { "me", "", "a@b.example", bytes, sizeof(bytes) - 1 };
	struct smtp			*s = smtp_new(&mail);
	GString				*log = g_string_new(NULL);
	struct smtp_result		 r;
	const uint8_t			*end;
	bool				 over = false;

	while (size > 0 && !over) {
		g_string_append(log, smtp_output(s)->str);
		g_string_truncate(smtp_output(s), 0);
		end = memchr(data, '\0', size);
		over = feed_turn(s, data, end != NULL ? (size_t)(end - data) : size, step);
		size = end != NULL ? size - (size_t)(end + 1 - data) : 0;
		data = end != NULL ? end + 1 : data;
	}
	r = smtp_result(s);
	require(over == (r.outcome != SMTP_UNDER_WAY));
	require(r.outcome != SMTP_TAKEN || (r.given && r.code / 100 == 2));
	require(g_utf8_validate(r.text, -1, NULL) && strpbrk(r.text, "\r\n") == NULL);
	g_string_append_printf(log, "%s %d %d %d %s", smtp_output(s)->str, (int)r.outcome, r.code,
	    r.given, r.text);
	smtp_free(s);
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
