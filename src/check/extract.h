/* SPDX-License-Identifier: ISC */
/*
 * check/extract.h - candidates for the details of a form.
 *
 * Everything that could be the value of a detail becomes a finding with its
 * source; which one counts is decided later, when it is known whether the
 * message begins a ticket or answers a question:
 *
 *	field:NAME	the mapped field NAME
 *	label		a line "label: value"
 *	subject, text	a pattern of the detail
 *	quoted		label or pattern, but only in what the message quotes
 *	answer N	behind the number N of a question, also between the quoted ones
 *	below		below our question in a text quoted without signs
 *	line N/M	the Nth of M lines, when that is all the message says
 *	answer		the whole message, when it is short enough to be one value
 */
#ifndef CHECK_EXTRACT_H
#define CHECK_EXTRACT_H

#include "check/form.h"
#include "check/source.h"
#include "model/findings.h"

struct extract;		/* one message, split into lines and answers */

/* Borrows both; forms are all there are, since any may have been asked. */
struct extract	*extract_new(struct source *, const GPtrArray *forms);
void		 extract_free(struct extract *);

/* Adds the findings of one form. */
void		 extract_form(struct extract *, const struct form *, struct findings *);

/* Does the message say nothing beyond greetings and empty lines of the forms? */
bool		 extract_is_empty(const struct extract *);

#endif
