/* SPDX-License-Identifier: ISC */
/*
 * check/rules.h - the operator's ordered rules: department, priority, tags.
 *
 * A rule matches if all its conditions are met, a condition if any of its
 * patterns matches.  The first matching rule that names a department gives
 * it; of the priorities the highest counts; tags add up.  In a rule for high
 * priority a match behind a negation ("not urgent") does not count.
 */
#ifndef CHECK_RULES_H
#define CHECK_RULES_H

#include <glib.h>

#include "base/err.h"
#include "check/source.h"
#include "conf/settings.h"
#include "model/findings.h"

struct rules;

struct rules	*rules_new(const struct settings *, struct err *);	/* borrows settings */
void		 rules_free(struct rules *);
/* Fills department, priority, tags, urgent, ignore, reasons, warnings. */
void		 rules_apply(const struct rules *, struct source *, struct findings *);

#endif
