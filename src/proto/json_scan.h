/* SPDX-License-Identifier: ISC */
/*
 * proto/json_scan.h - is it JSON, and what stands at one place in it?
 *
 * Reads once, builds nothing: for the moment in which a sender waits for an
 * answer.  Strict RFC 8259 in valid UTF-8, an object or an array at the top,
 * not deeper than JSON_SCAN_DEPTH.  Time is linear, memory constant.
 *
 * Used by channel/webhook; fuzzed by tests/fuzz/fuzz_json_scan.c.
 */
#ifndef PROTO_JSON_SCAN_H
#define PROTO_JSON_SCAN_H

#include <stdbool.h>
#include <stddef.h>

#define JSON_SCAN_DEPTH		64

/* A place as RFC 6901 names it; made once, used for many documents. */
struct json_pointer;

/* NULL if the text is no JSON pointer. */
struct json_pointer	*json_pointer_new(const char *text);
void			 json_pointer_free(struct json_pointer *);	/* NULL is fine */

struct json_scan {
	const char	*value;		/* where the pointer points to, as written; or NULL */
	size_t		 len;
	const char	*why;		/* what is wrong with the document */
	size_t		 at;		/* ... and at which byte */
};

/*
 * 0 when the document is well formed; -1 and why if not.  pointer may be
 * NULL.  Of members with the same name the last one counts.
 */
int	json_scan(const char *bytes, size_t len, const struct json_pointer *,
	    struct json_scan *);

/*
 * A found string without quotes and escapes, a number or a word as it is;
 * NULL for null, an object, an array, nothing found, and for strings that
 * hold what no text can: NUL or half a surrogate pair.  g_free() it.
 */
char	*json_scan_text(const struct json_scan *);

#endif
