/* SPDX-License-Identifier: ISC */
/*
 * Heads one after the other, then the rest as a chunked body in pieces.
 * Whatever the input, a head that is accepted keeps its promises.
 */
#include <glib.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "io/http_head.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
check(const struct http_head *h)
{
	g_autofree char	*value = NULL;
	unsigned	 i;

	if (*h->method == '\0' || (*h->path != '/' && strcmp(h->path, "*") != 0) ||
	    !g_utf8_validate(h->path, -1, NULL) || strpbrk(h->path, "\r\n") != NULL)
		abort();
	if (h->is_chunked && h->content_length != -1)
		abort();
	for (i = 0; i < h->count; i++)
		if (*h->fields[i].name == '\0' || strpbrk(h->fields[i].name, " \t\r\n:") ||
		    strpbrk(h->fields[i].value, "\r\n") != NULL)
			abort();
	if (!h->is_http10 && http_head_field(h, "HOST") == NULL)
		abort();
	value = http_head_query(h, "a");
	if (value != NULL && !g_utf8_validate(value, -1, NULL))
		abort();
}

static size_t
run_head(const uint8_t *data, size_t size)
{
	struct http_scan	 scan = { 0 };
	struct http_head	 head;
	g_autofree char		*copy = NULL;
	const char		*why = NULL;
	ssize_t			 end = 0;
	size_t			 part;

	/* In two steps, as it may arrive. */
	part = size / 2;
	if ((end = http_head_end(&scan, (const char *)data, part)) == 0)
		end = http_head_end(&scan, (const char *)data, size);
	if (end <= 0)
		return 0;
	copy = g_memdup2(data, (gsize)end);
	if (http_head_parse(&head, copy, (size_t)end, &why) == 0)
		check(&head);
	else if (why == NULL)
		abort();
	return (size_t)end;
}

static void
run_chunks(const uint8_t *data, size_t size)
{
	struct http_chunks	ch = { 0 };
	GByteArray		*body = g_byte_array_new();
	size_t			at = 0, used = 0, n;

	while (at < size) {
		n = MIN(size - at, 7);
		if (http_chunks_feed(&ch, (const char *)data + at, n, &used, body, 1000) !=
		    CHUNKS_MORE)
			break;
		if (used != n)
			abort();
		at += n;
	}
	if (body->len > 1000)
		abort();
	g_byte_array_unref(body);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t	n;

	while (size > 0 && (n = run_head(data, size)) > 0) {
		data += n;
		size -= n;
	}
	if (size > 0)
		run_chunks(data, size);
	return 0;
}
