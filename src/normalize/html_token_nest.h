/* SPDX-License-Identifier: ISC */
/*
 * normalize/html_token_nest.h - which tags end which elements, as browsers
 * have it.  Used by html_text and html_sanitise.
 */
#ifndef NORMALIZE_HTML_TOKEN_NEST_H
#define NORMALIZE_HTML_TOKEN_NEST_H

#include <stdbool.h>
#include <stddef.h>

#include "normalize/html_token.h"

#define HTML_IMPLIED_MAX	4

/* The elements a start tag closes if they are open in its scope. */
size_t	html_nest_implied(enum html_tag starting, enum html_tag out[HTML_IMPLIED_MAX]);

/* Does an open element keep an end tag from closing what is outside of it? */
bool	html_nest_is_wall(enum html_tag open, enum html_tag closing);

bool	html_nest_is_list(enum html_tag);
bool	html_nest_is_cell(enum html_tag);
bool	html_nest_is_table_part(enum html_tag);

#endif
