/* SPDX-License-Identifier: ISC */
/*
 * A server's bytes against proto/imap, after four commands.  The bytes 1 to 4
 * stand for the tags of these; randomness is replaced by a count, so that a
 * run can be repeated.  The input is fed whole and byte by byte: both must
 * give the same events.
 */
#include <glib.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "proto/imap.h"

#define COMMANDS	4

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);
void	__wrap_digest_random(void *, size_t);

static uint8_t	count;

void
__wrap_digest_random(void *out, size_t len)
{
	memset(out, 0xa5 ^ ++count, len);
}

static void
require(bool held)
{
	if (!held)
		abort();
}

static GString *
with_tags(struct imap *im, const uint8_t *data, size_t size)
{
	g_auto(GStrv)	 lines = NULL;
	GString		*in = g_string_new(NULL), *out = imap_output(im);
	size_t		 i;

	imap_select(im, "INBOX", false);
	imap_search(im, "ALL");
	imap_fetch_mail(im, "1:*", IMAP_WHOLE);
	imap_idle(im);
	lines = g_strsplit(out->str, "\r\n", -1);
	for (i = 0; i < size; i++) {
		if (data[i] >= 1 && data[i] <= COMMANDS)
			g_string_append_len(in, lines[data[i] - 1],
			    (gssize)strcspn(lines[data[i] - 1], " "));
		else
			g_string_append_c(in, (char)data[i]);
	}
	g_string_truncate(out, 0);
	return in;
}

static void
note(GString *log, const struct imap_event *ev, uint64_t *promised)
{
	if (ev->kind == IMAP_MAIL_CHUNK) {
		require(ev->bytes <= *promised);
		*promised -= ev->bytes;
		g_string_append_len(log, (const char *)ev->data, (gssize)ev->bytes);
		return;
	}
	if (ev->kind == IMAP_MAIL_BEGIN)
		*promised = ev->bytes;
	else
		require(*promised == 0 || ev->kind == IMAP_BROKEN);
	if (ev->text != NULL)
		require(g_utf8_validate(ev->text, -1, NULL));
	if (ev->name != NULL)
		require(g_utf8_validate(ev->name, -1, NULL));
	if (ev->box_name != NULL)
		require(strpbrk(ev->box_name, "\r\n") == NULL);
	g_string_append_printf(log, "\n%d %u %d %s %s %s %u %u %u %d %" G_GUINT64_FORMAT
	    " %x %" G_GUINT64_FORMAT "\n", (int)ev->kind, ev->id, (int)ev->result,
	    ev->code ? ev->code : "", ev->text ? ev->text : "", ev->name ? ev->name : "",
	    ev->uid, ev->count, ev->status.uidvalidity, (int)ev->part, ev->size, ev->flags,
	    ev->bytes);
}

static GString *
run(const uint8_t *data, size_t size, size_t step)
{
	struct imap		*im = imap_new();
	g_autoptr(GString)	 in = NULL;
	GString			*log = g_string_new(NULL);
	uint64_t		 promised = 0;
	size_t			 at, n;
	struct imap_event	 ev;
	bool			 broken = false;

	count = 0;
	in = with_tags(im, data, size);
	for (at = 0; at < in->len && !broken; at += step) {
		const uint8_t *p = (const uint8_t *)in->str + at;

		n = MIN(step, in->len - at);
		while (!broken && imap_next(im, &p, &n, &ev)) {
			note(log, &ev, &promised);
			broken = ev.kind == IMAP_BROKEN;
		}
	}
	imap_free(im);
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
