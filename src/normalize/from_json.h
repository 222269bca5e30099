/* SPDX-License-Identifier: ISC */
/*
 * normalize/from_json.h - what arrives as JSON: webhooks and the chat widget.
 */
#ifndef NORMALIZE_FROM_JSON_H
#define NORMALIZE_FROM_JSON_H

#include <jansson.h>

#include "normalize/normalize.h"

/* A webhook's body, by the rows of its channel. */
void	from_json(struct message *, const struct arrival *, const struct normalize_options *);

/* The chat widget's POST. */
void	from_chat(struct message *, const struct arrival *, const struct normalize_options *);

/* The arrival's JSON, or NULL with a warning in the message. */
json_t	*from_json_load(struct message *, const struct arrival *,
	    const struct normalize_options *);

/* A scalar as text, anything else as compact JSON; NULL for null. */
char	*from_json_text(const json_t *);

#endif
