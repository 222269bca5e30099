/* SPDX-License-Identifier: ISC */
/*
 * normalize/html_text_style.h - what attributes do to an element's text: is it
 * hidden, is it a quote, who says so.  Used by html_text only.
 */
#ifndef NORMALIZE_HTML_TEXT_STYLE_H
#define NORMALIZE_HTML_TEXT_STYLE_H

#include <stdbool.h>

#include "normalize/html_token.h"

struct html_look {
	bool		 hidden;
	bool		 preformatted;	/* white-space: pre, pre-wrap, pre-line */
	bool		 collapsed;	/* white-space: normal, nowrap */
	bool		 tight;		/* no margin above and below */
	bool		 bullet;	/* Word's way to write a list item's number */
	unsigned	 marks;		/* enum html_mark */
	const char	*client;	/* who writes such marks, or NULL */
};

/* Look at the attributes of a start tag. */
void	html_look_read(const struct html_token *, struct html_look *);

/* A picture that is there to count readers, or to fill space. */
bool	html_look_is_pixel(const struct html_token *);

#endif
