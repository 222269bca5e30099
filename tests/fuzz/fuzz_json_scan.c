/* SPDX-License-Identifier: ISC */
/*
 * The scanner beside jansson: what jansson reads, the scanner must accept
 * (unless it is too deep), and a found text must be the one jansson finds.
 */
#include <glib.h>
#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "proto/json_scan.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
compare(const json_t *root, const struct json_scan *scan)
{
	g_autofree char	*text = json_scan_text(scan);
	const json_t	*value = json_object_get(root, "id");

	if (json_is_string(value) && (text == NULL || strcmp(text, json_string_value(value)) != 0))
		abort();
	if (!json_is_string(value) && text != NULL && scan->value[0] == '"')
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct json_pointer	*id, *deep;
	struct json_scan		 scan, other;
	json_error_t			 error;
	json_t				*root;

	if (id == NULL) {
		id = json_pointer_new("/id");
		deep = json_pointer_new("/a/0/b~1c/");
	}
	if (json_scan((const char *)data, size, id, &scan) !=
	    json_scan((const char *)data, size, deep, &other))
		abort();
	if (scan.value != NULL && (scan.value < (const char *)data ||
	    scan.value + scan.len > (const char *)data + size || scan.why != NULL))
		abort();
	g_free(json_scan_text(&other));
	/* jansson 2.14 lets a NUL behind a number pass. */
	if (memchr(data, '\0', size) != NULL)
		return 0;
	root = json_loadb((const char *)data, size, 0, &error);
	if (root != NULL && scan.why != NULL && strcmp(scan.why, "nested too deeply") != 0)
		abort();
	if (root != NULL && scan.why == NULL)
		compare(root, &scan);
	json_decref(root);
	return 0;
}
