/* SPDX-License-Identifier: ISC */
/*
 * A client's bytes against proto/lmtp, fed whole and byte by byte: both must
 * give the same mails and replies.  Any sender but "no..." is welcome.
 */
#include <glib.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "proto/lmtp.h"

#define MAX_SIZE	300

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
require(bool held)
{
	if (!held)
		abort();
}

static void
note(struct lmtp *l, GString *log, const struct lmtp_event *ev, uint64_t *size)
{
	switch (ev->kind) {
	case LMTP_MAIL:
	case LMTP_RCPT:
		require(lmtp_wants_answer(l));
		require(g_utf8_validate(ev->address, -1, NULL));
		require(strpbrk(ev->address, "\r\n") == NULL && ev->bytes <= MAX_SIZE);
		g_string_append_printf(log, "{%d %s}", (int)ev->kind, ev->address);
		*size = 0;
		lmtp_answer(l, g_str_has_prefix(ev->address, "no") ? LMTP_UNKNOWN : LMTP_YES);
		break;
	case LMTP_CHUNK:
		require(ev->bytes > 0);
		*size += ev->bytes;
		require(*size <= MAX_SIZE);
		g_string_append_len(log, (const char *)ev->data, (gssize)ev->bytes);
		break;
	case LMTP_END:
		require(lmtp_wants_answer(l) && ev->bytes == *size);
		lmtp_answer(l, LMTP_YES);
		break;
	case LMTP_RESET:
	case LMTP_CLOSE:
		g_string_append_printf(log, "{%d}", (int)ev->kind);
		break;
	}
}

static GString *
run(const uint8_t *data, size_t size, size_t step)
{
	struct lmtp		*l = lmtp_new("fuzz", MAX_SIZE);
	GString			*log = g_string_new(NULL), *said = g_string_new(NULL);
	struct lmtp_event	 ev;
	uint64_t		 mail = 0;
	size_t			 at, n;

	for (at = 0; at < size; at += n) {
		n = MIN(step, size - at);
		lmtp_feed(l, data + at, n);
		while (lmtp_next(l, &ev))
			note(l, log, &ev, &mail);
		require(!lmtp_wants_answer(l));
		g_string_append(said, lmtp_output(l)->str);
		g_string_truncate(lmtp_output(l), 0);
	}
	g_string_append(log, said->str);
	g_string_free(said, TRUE);
	lmtp_free(l);
	return log;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autoptr(GString)	whole = NULL, bytes = NULL;

	if (size > 8192)
		return 0;
	whole = run(data, size, 65536);
	bytes = run(data, size, 1);
	require(g_string_equal(whole, bytes));
	return 0;
}
