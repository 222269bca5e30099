/* SPDX-License-Identifier: ISC */
/*
 * normalize/html_text_link.h - which link addresses a reader of plain text
 * needs to see.  Used by html_text only.
 */
#ifndef NORMALIZE_HTML_TEXT_LINK_H
#define NORMALIZE_HTML_TEXT_LINK_H

#include <glib.h>
#include <stddef.h>

#include "normalize/html_token.h"

/* A link that is open; zero-filled to begin with. */
struct html_link {
	char	*url;		/* NULL if none is open, or it says nothing */
	GString	*text;		/* its words so far, as in the HTML */
};

void	html_link_open(struct html_link *, const struct html_span *href);	/* or NULL */
void	html_link_words(struct html_link *, const char *, size_t len);
/* The address to show behind the link's text, or NULL; g_free() it. */
char	*html_link_close(struct html_link *);
void	html_link_clear(struct html_link *);

#endif
