/* SPDX-License-Identifier: ISC */
/*
 * model/findings.h - what the patient reader found in a message.
 *
 * check_scan() runs the operator's regular expressions over a stranger's
 * text; that costs time, so it is done in the parse workers and its result
 * travels to the core as this plain list.  check_decide() then needs no
 * pattern any more.
 */
#ifndef MODEL_FINDINGS_H
#define MODEL_FINDINGS_H

#include <glib.h>
#include <stddef.h>

#include "base/err.h"

enum priority { PRIORITY_LOW, PRIORITY_MEDIUM, PRIORITY_HIGH };

/* One value recognised for one detail of one form. */
struct finding {
	char	*form;
	char	*detail;
	char	*value;		/* normalised, valid for its detail */
	char	*source;	/* "subject", "text", "field:order", "answer 2", ... */
	char	*problem;	/* NULL; else why it is not accepted ("must be 8 digits") */
};

struct findings {
	char		*department;
	enum priority	 priority;
	GPtrArray	*reasons;	/* char *: which rule gave department, priority, tags */
	GPtrArray	*tags;		/* char * */
	char		*form;		/* the form that applies, or NULL */
	gboolean	 urgent;	/* a rule says: do not hold back */
	gboolean	 ignore;	/* a rule says: record, ask nothing, answer nothing */
	GPtrArray	*found;		/* struct finding *, of all forms that could matter */
	GPtrArray	*warnings;	/* char *: "rule x: match limit reached" */
};

struct findings	*findings_new(void);	/* department NULL, priority medium */
void		 findings_free(struct findings *);
void		 findings_add(struct findings *, const char *form, const char *detail,
		    const char *value, const char *source, const char *problem);

void		 findings_encode(const struct findings *, GByteArray *);
struct findings	*findings_decode(const void *, size_t, struct err *);

const char	*priority_name(enum priority);			/* "high", "medium", "low" */
int		 priority_parse(const char *, enum priority *);	/* -1 if unknown */

#endif
