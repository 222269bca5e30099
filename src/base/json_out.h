/* SPDX-License-Identifier: ISC */
/*
 * base/json_out.h - writes JSON straight into a GString.
 *
 * For documents that we make ourselves, often and large: no tree, no copies.
 * Commas are put by the writer.  Strings must be valid UTF-8 (base/text.h
 * makes them so); jansson is for reading and for small documents.
 *
 *	struct json_out j = JSON_OUT(buf);
 *	json_open(&j, NULL, '{');
 *	json_str(&j, "id", id);
 *	json_close(&j, '}');
 */
#ifndef BASE_JSON_OUT_H
#define BASE_JSON_OUT_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

struct json_out {
	GString	*buf;
	bool	 comma;		/* the next member needs one in front */
};

#define JSON_OUT(gstring)	{ (gstring), false }

/* name is NULL inside an array and at the top. */
void	json_open(struct json_out *, const char *name, char bracket);
void	json_close(struct json_out *, char bracket);
/* NULL is written as null. */
void	json_str(struct json_out *, const char *name, const char *value);
void	json_strn(struct json_out *, const char *name, const char *value, size_t);
void	json_int(struct json_out *, const char *name, int64_t);
void	json_bool(struct json_out *, const char *name, bool);
/* A value that is JSON already. */
void	json_raw(struct json_out *, const char *name, const char *json);
/* Milliseconds since 1970 as RFC 3339; negative is null. */
void	json_time(struct json_out *, const char *name, int64_t wall_ms);
/* NULL or empty: []. */
void	json_strings(struct json_out *, const char *name, const GPtrArray *);

#endif
