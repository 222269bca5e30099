/* SPDX-License-Identifier: ISC */
/*
 * normalize/html_text.h - HTML mail as the plain text a reader would see.
 *
 * Blocks are lines, paragraphs have a blank line between them, lists "- " or
 * "1. ", table cells a tab, block quotes "> " in front; a link's address
 * follows in <> where it is not the link's text; of pictures the alternative
 * text stays.  What is hidden from the reader (display:none, preheaders,
 * zero-size text, Outlook's conditional comments, scripts) is left out.
 *
 * Linear in time; memory is bounded by a small multiple of the input; no
 * recursion.  Valid UTF-8 in gives valid UTF-8 out.
 *
 * trim_reply uses html_page_render() to know where each line came from.
 * Fuzzed by tests/fuzz/fuzz_html_text.c.
 */
#ifndef NORMALIZE_HTML_TEXT_H
#define NORMALIZE_HTML_TEXT_H

#include <glib.h>
#include <stddef.h>

/* What the HTML said about a line beyond its words. */
enum html_mark {
	HTML_MARK_CITE = 1,	/* in a quote of an earlier message */
	HTML_MARK_BOX = 2,	/* in a container of introduction and quote */
	HTML_MARK_INTRO = 4,	/* "On ... wrote:", marked as such */
	HTML_MARK_CUT = 8,	/* first line behind a "reply begins here" */
	HTML_MARK_SIGNATURE = 16,
	HTML_MARK_FORWARD = 32,	/* in a forwarded message, marked as such */
	HTML_MARK_BORDER = 64,	/* in a block with a rule above it (Outlook) */
	HTML_MARK_RULE = 128,	/* the line is a <hr> */
	HTML_MARK_INDENT = 256	/* in a block quote that may be layout only */
};

struct html_line {
	size_t		off, len;	/* in the text, without the newline */
	size_t		prefix;		/* bytes of "> " in front */
	unsigned	marks;
};

struct html_page {
	GString		*text;		/* lines end with \n, also the last */
	GArray		*lines;		/* struct html_line */
	const char	*client;	/* whose marks were seen ("gmail"), or NULL */
};

void	html_page_render(struct html_page *, const char *html, size_t len);
void	html_page_clear(struct html_page *);

/* Only the text, without white space at its ends; g_free() it. */
char	*html_text(const char *html, size_t len);

#endif
