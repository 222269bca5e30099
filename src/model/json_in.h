/* SPDX-License-Identifier: ISC */
/*
 * model/json_in.h - reads small JSON objects of our own making, strictly.
 *
 * Like wire_reader: after the first mistake every further read gives nothing
 * and json_in_end() says what it was, so a reader can read on and ask once.
 * Every member has to be asked for; one that nobody asked for is a mistake.
 *
 * Used by model/ticket_state.c and model/outgoing.c.
 */
#ifndef MODEL_JSON_IN_H
#define MODEL_JSON_IN_H

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct json_in {
	json_t		*object;	/* borrowed */
	size_t		 taken;		/* members asked for and there */
	const char	*wrong;		/* name of the first member that was not right */
};

/* The whole text must be one object without duplicate names; else NULL. */
json_t	*json_in_parse(const char *text, size_t len, struct err *);

void	 json_in_start(struct json_in *, json_t *object);	/* NULL or no object: bad */
/* A new string; NULL for null or nothing, when it may be null. */
char	*json_in_str(struct json_in *, const char *name, bool may_be_null);
int64_t	 json_in_int(struct json_in *, const char *name, int64_t min, int64_t max);
bool	 json_in_bool(struct json_in *, const char *name);
/* Appends copies to a list that frees with g_free; more than max is wrong. */
void	 json_in_strings(struct json_in *, const char *name, GPtrArray *, size_t max);
/* Borrowed; an array of at most max values, NULL also for an empty one; an object. */
json_t	*json_in_array(struct json_in *, const char *name, size_t max);
json_t	*json_in_object(struct json_in *, const char *name, bool may_be_null);
void	 json_in_reject(struct json_in *, const char *name);
/* 0, or -1 with the name of the member that is wrong. */
int	 json_in_end(struct json_in *, const char *what, struct err *);

#endif
