/* SPDX-License-Identifier: ISC */
/*
 * Holds a JSON value to a JSON Schema, as far as doc/ticket.schema.json uses
 * the language; a keyword that is not known here is a mistake too.
 */
#ifndef TESTS_MODEL_SCHEMA_H
#define TESTS_MODEL_SCHEMA_H

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>

/* False with the first mistake and its place in why. */
bool	schema_holds(json_t *schema, json_t *value, GString *why);

#endif
