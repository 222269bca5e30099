/* SPDX-License-Identifier: ISC */
/*
 * reply/template.h - texts with {{places}} to fill in.
 *
 * Places: {{ticket}}, {{questions}}, {{intro}}, {{signature}}; nothing that
 * strangers wrote can get in.  What is filled in is not looked at again.
 * Used by reply/words.c.
 */
#ifndef REPLY_TEMPLATE_H
#define REPLY_TEMPLATE_H

#include "base/err.h"

enum template_kind { TEMPLATE_QUESTION, TEMPLATE_ACKNOWLEDGEMENT, TEMPLATE_TOO_LARGE, TEMPLATE_KINDS };

struct template_text {
	enum template_kind	 kind;
	const char		*language;	/* "en"; "" for all others */
	const char		*subject;	/* NULL: the built-in one of the language */
	const char		*body;
	const char		*intro;		/* built-in: {{intro}} when the form has none */
};

/* What goes into the places; NULL is "". */
struct template_values {
	const char	*ticket;
	const char	*questions;
	const char	*intro;
	const char	*signature;
};

/* The built-in texts in en, de, fr, es; ends with a NULL body. */
extern const struct template_text template_builtin[];

/* -1: an unknown or unclosed place, or none for the questions in a question. */
int	template_check(const struct template_text *, struct err *);

/* Filled in; blank lines at the ends and more than one in a row are gone. */
char	*template_fill(const char *text, const struct template_values *);

/* "de-AT" is good for "de", "DE"; "" for any.  0: not at all; more is better. */
int	template_fits(const char *template_language, const char *language);

const char	*template_kind_name(enum template_kind);

#endif
