/* SPDX-License-Identifier: ISC */
/*
 * check/value.h - is this what the form wants, and how is it spelled?
 */
#ifndef CHECK_VALUE_H
#define CHECK_VALUE_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "check/pattern.h"
#include "conf/settings.h"

enum value_type { VALUE_TEXT, VALUE_NUMBER, VALUE_DATE, VALUE_EMAIL, VALUE_PHONE, VALUE_CHOICE };

/* What a value of one detail has to be. */
struct value_rule {
	const struct settings_detail	*set;		/* borrowed */
	enum value_type			 type;
	struct pattern			*whole;		/* valid; NULL: anything of the type */
	struct pattern			*word;		/* valid, anywhere between other words */
};

int	value_rule_init(struct value_rule *, const struct settings_detail *, struct err *);
void	value_rule_fini(struct value_rule *);

/* How the message at hand is to be read. */
struct value_reading {
	const char	*language;	/* or NULL */
	int64_t		 now_ms;	/* -1: unknown */
};

/*
 * The value as the ticket spells it: numbers with a dot, days as ISO 8601,
 * phones as digits, choices as configured.  search: it may stand among other
 * words ("it is 12345678, thanks"); else the whole raw text has to be it.
 * NULL if it is not acceptable; then *problem is a new sentence.
 */
char	*value_read(const struct value_rule *, const char *raw, bool search,
	    const struct value_reading *, char **problem);

/* Would any text do?  Then a value says little about what it answers. */
bool	value_takes_anything(const struct value_rule *);

#endif
