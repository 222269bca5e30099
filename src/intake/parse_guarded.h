/* SPDX-License-Identifier: ISC */
/*
 * intake/parse_guarded.h - take one message after the other apart in a child
 * process, waiting for each: for the command line, which has no loop.
 */
#ifndef INTAKE_PARSE_GUARDED_H
#define INTAKE_PARSE_GUARDED_H

#include "intake/parser.h"

struct parse_guarded;

/* Borrows both. */
struct parse_guarded	*parse_guarded_new(const struct settings *, const struct parser *);
void			 parse_guarded_free(struct parse_guarded *);	/* NULL is fine */

/* Never NULL; *failure as in intake/parse_pool.h. */
struct parsed		*parse_guarded_run(struct parse_guarded *, const struct arrival *,
			    const char **failure);

#endif
