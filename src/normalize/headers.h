/* SPDX-License-Identifier: ISC */
/*
 * normalize/headers.h - the header of a mail or a part, as it is really written.
 *
 * RFC 5322, 2047 and 2231 are the smaller half: there are encoded words in
 * quotes, split characters, raw 8-bit, unbalanced quotes, addresses without
 * @, dates in local languages.  All functions take any bytes, never fail
 * (but may find nothing), take time linear in their input, and give valid
 * UTF-8.  Fuzzed by fuzz_headers.
 */
#ifndef NORMALIZE_HEADERS_H
#define NORMALIZE_HEADERS_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HEADERS_MAX		1000		/* of one block */
#define HEADERS_MAX_BYTES	(256 * 1024)
#define HEADERS_MAX_LINE	(64 * 1024)
#define HEADERS_MAX_ADDRESSES	1000
#define HEADERS_MAX_IDS		100
#define HEADERS_MAX_MBOX_FROM	320

/* The address in an mbox file's "From " line; no header can have this name. */
#define HEADERS_MBOX_FROM	"From "

/*
 * Appends the block's struct mail_header to list and returns where the body
 * begins.  top: the header of a whole mail, before which blank lines and an
 * mbox "From " line may stand.  *cut is set to true when a cap was hit.
 */
size_t	headers_scan(const char *bytes, size_t len, bool top, GPtrArray *list, bool *cut);

/* RFC 2047 and raw 8-bit: one line of UTF-8.  Free with g_free(). */
char	*headers_decode(const char *raw);

/* One parameter of a structured header; value decoded (RFC 2231, 2047). */
struct headers_param {
	char	*name;		/* lower case, without RFC 2231's stars */
	char	*value;
};

struct headers_params {
	char		*value;		/* what stands before the first ";", lower case */
	GPtrArray	*list;		/* struct headers_param * */
};

struct headers_params	*headers_params_parse(const char *raw);	/* NULL is as "" */
void			 headers_params_free(struct headers_params *);
const char		*headers_params_get(const struct headers_params *, const char *name);

/* Adds the addresses of an address list to a list of struct address *. */
void	headers_addresses(const char *raw, GPtrArray *list);

/* Adds message ids (char *, without <>) to list, at most HEADERS_MAX_IDS in all. */
void	headers_ids(const char *raw, GPtrArray *list);

/* Milliseconds since 1970, or -1. */
int64_t	headers_date(const char *raw);

#endif
