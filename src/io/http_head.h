/* SPDX-License-Identifier: ISC */
/*
 * io/http_head.h - reads HTTP/1 request heads and chunked bodies, strictly.
 *
 * Pure: bytes in, struct out.  What two servers could understand differently
 * is refused, because a proxy in front of us may be the other one: bare line
 * feeds, folded lines, blanks before a colon, several lengths, a length and
 * an encoding, signs, control characters, a missing or second Host.
 *
 * Used by http_conn; fuzzed by tests/fuzz/fuzz_http_head.c.
 */
#ifndef IO_HTTP_HEAD_H
#define IO_HTTP_HEAD_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define HTTP_FIELDS_MAX	100

struct http_field {
	const char	*name;
	const char	*value;		/* without blanks around */
};

/* Strings point into the bytes that were parsed. */
struct http_head {
	const char		*method;
	const char		*path;		/* percent-decoded, valid UTF-8 */
	const char		*query;		/* as sent, without "?"; or NULL */
	bool			 is_http10;
	bool			 keep_alive;
	bool			 is_chunked;
	bool			 expects_continue;
	int64_t			 content_length;	/* -1: none given */
	unsigned		 count;
	struct http_field	 fields[HTTP_FIELDS_MAX];
};

/* How far the search for the end of a head has come; begins as zeros. */
struct http_scan {
	size_t	at;		/* bytes looked at */
	size_t	line;		/* where the present line begins */
};

/*
 * Length of the head including its empty line; 0: not complete; -1: a line
 * feed without carriage return.  Bytes looked at are not looked at again.
 */
ssize_t	http_head_end(struct http_scan *, const char *bytes, size_t len);

/*
 * Parse a head that http_head_end() measured.  Writes NULs into the bytes.
 * 0, or the status to refuse it with (400, 414, 417, 431, 505) and why.
 */
int	http_head_parse(struct http_head *, char *bytes, size_t len, const char **why);

/* The first field of this name in any case, or NULL. */
const char	*http_head_field(const struct http_head *, const char *name);

/* A value of the query string, decoded; NULL if not there.  g_free() it. */
char	*http_head_query(const struct http_head *, const char *name);

enum http_chunks_result {
	CHUNKS_MORE,		/* all was used */
	CHUNKS_END,		/* the body is complete; the rest is the next request */
	CHUNKS_BAD,
	CHUNKS_TOO_LARGE	/* the body would be longer than max */
};

struct http_chunks {
	int		state;		/* begins as zeros */
	unsigned	digits;
	unsigned	idle;		/* bytes of extensions and trailers */
	uint64_t	left;		/* of the present chunk */
};

/* Append the data of the chunks to body; *used bytes were consumed. */
enum http_chunks_result	http_chunks_feed(struct http_chunks *, const char *bytes,
			    size_t len, size_t *used, GByteArray *body, size_t max);

#endif
