/* SPDX-License-Identifier: ISC */
/*
 * check/form.h - the forms: which details a handler needs, for what.
 */
#ifndef CHECK_FORM_H
#define CHECK_FORM_H

#include <glib.h>

#include "base/err.h"
#include "check/source.h"
#include "check/value.h"
#include "conf/settings.h"
#include "model/findings.h"

struct detail {
	const struct settings_detail	*set;		/* borrowed */
	struct value_rule		 value;
	GPtrArray			*patterns;	/* struct pattern * */
	GPtrArray			*labels;	/* char *: as in the text, longest first */
	bool				 begins[256];	/* bytes that some label begins with */
	struct pattern			*asked;		/* its question, however wrapped; or NULL */
};

struct form {
	const struct settings_form	*set;		/* borrowed */
	GPtrArray			*subject;	/* struct pattern * */
	GPtrArray			*any;
	GPtrArray			*details;	/* struct detail * */
};

/* All forms in order; NULL with ERR_CONFIG. */
GPtrArray		*form_list_new(const struct settings *, struct err *);
const struct form	*form_find(const GPtrArray *forms, const char *name);	/* or NULL */

/*
 * The first form that is for this message, given its department and tags;
 * NULL if none is.  A form without any condition is for all messages.
 */
const struct form	*form_choose(const GPtrArray *forms, struct source *,
			    struct findings *);

#endif
