/* SPDX-License-Identifier: ISC */
/*
 * intake/parser.h - the costly half of a message's way: take it apart and
 * read it patiently.
 *
 * normalize() and check_scan() behind one door, with what both need from the
 * settings.  Run in a worker process (intake/parse_worker.h) where hostile
 * bytes can do no harm; what comes out crosses back as one frame.
 */
#ifndef INTAKE_PARSER_H
#define INTAKE_PARSER_H

#include <glib.h>

#include "base/err.h"
#include "conf/settings.h"
#include "model/arrival.h"
#include "model/findings.h"
#include "model/message.h"

struct check;		/* check/check.h */
struct parser;

struct parsed {
	struct message	*message;
	struct findings	*findings;
};

/* Compiles rules and forms: ERR_CONFIG if one is wrong.  Borrows settings. */
struct parser	*parser_new(const struct settings *, struct err *);
void		 parser_free(struct parser *);		/* NULL is fine */

/* For the other half of the check: check_decide().  Borrowed. */
const struct check	*parser_check(const struct parser *);

struct parsed	*parser_run(const struct parser *, const struct arrival *);

/* What is certain without taking it apart; why goes into the warnings. */
struct parsed	*parser_minimal(const struct parser *, const struct arrival *, const char *why);

void		 parsed_free(struct parsed *);		/* NULL is fine */

void		 parsed_encode(const struct parsed *, GByteArray *out);
/* From a process that is not trusted: everything is checked.  Large attachments stay in whole. */
struct parsed	*parsed_decode(GBytes *whole, struct err *);

#endif
