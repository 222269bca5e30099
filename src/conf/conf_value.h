/* SPDX-License-Identifier: ISC */
/*
 * conf/conf_value.h - one value: from its text, checked by its row.
 */
#ifndef CONF_CONF_VALUE_H
#define CONF_CONF_VALUE_H

#include "conf/conf.h"

/* Is text allowed by the row?  Else says what is wrong and what is allowed. */
int	conf_value_check(const struct conf_key *, const char *text, struct err *);

/* Put a checked text (or NULL) where the row says, in the struct at base. */
void	conf_value_store(const struct conf_key *, void *base, const char *text);

/* Append a checked text to the list there. */
void	conf_value_append(const struct conf_key *, void *base, const char *text);

bool	conf_value_is_list(const struct conf_key *);

/* As it would stand in the file: quoted, with its unit.  Lists in braces. */
void	conf_value_print(const struct conf_key *, const void *base, GString *out);

/* Nothing to print: NULL or an empty list. */
bool	conf_value_is_unset(const struct conf_key *, const void *base);

void	conf_value_free(const struct conf_key *, void *base);

#endif
