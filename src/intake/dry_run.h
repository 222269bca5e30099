/* SPDX-License-Identifier: ISC */
/*
 * intake/dry_run.h - the way of one message without journal and Redis.
 *
 * The same steps in the same order as for real, for a message that nobody
 * ever wrote before: what intakectl normalize, explain and test show.
 */
#ifndef INTAKE_DRY_RUN_H
#define INTAKE_DRY_RUN_H

#include "check/check.h"
#include "conf/settings.h"
#include "intake/parser.h"
#include "model/arrival.h"
#include "model/ticket.h"

/*
 * A new ticket; takes the message out of parsed.  failure: the coded reason
 * why the message is minimal, or NULL.
 */
struct ticket	*dry_run(const struct settings *, const struct check *, const struct arrival *,
		    struct parsed *, const char *failure, struct verdict *);

#endif
