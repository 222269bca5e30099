/* SPDX-License-Identifier: ISC */
/*
 * check/label.h - "Order number: 4711", and answers numbered like questions.
 *
 * People copy the form into their mail, fill in a web form whose mailer
 * writes one line per field, or answer below, behind or between our numbered
 * questions.  This reads all of these line by line.
 */
#ifndef CHECK_LABEL_H
#define CHECK_LABEL_H

#include <glib.h>
#include <stdbool.h>

#include "check/form.h"

/* Marks the bytes that a line can begin with where this label does. */
void		 label_begin(bool begins[256], const char *label);

/*
 * The value behind a label of the detail in the lines (check/line.h) from *at on, or, when
 * nothing stands behind it, in the next line.  New, "" if the label has no
 * value; NULL if there is no (further) such line.  *at moves behind it.
 */
char		*label_find(const struct form *, const struct detail *, const GPtrArray *lines,
		    guint *at);

/*
 * Stands for a question of ours in the lines of a quoted text: a control
 * character, which no text has.
 */
#define LABEL_QUESTION	"\037"

/*
 * What a customer wrote behind or below the question of the detail in a text
 * that is quoted without signs: "1. Order number: <question>".  New, or NULL.
 */
char		*label_below_question(const struct form *, const struct detail *,
		    const GPtrArray *lines);

/* Does the line begin with a label of the form and have nothing behind it? */
bool		 label_is_empty(const struct form *, const char *line);

/* The number a line begins with ("2. ", "#2", "(2)", "2) "), 0 if none; *rest
 * is what stands behind it. */
unsigned	 label_number(const char *line, const char **rest);

/* What remains of an answer when our own label and question are taken off. */
const char	*label_strip(const struct detail *, const char *text);

#endif
