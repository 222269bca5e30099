/* SPDX-License-Identifier: ISC */
/*
 * normalize/html_text_lines.h - lays words out in lines as a browser would:
 * white space collapses, blocks break lazily, blank lines do not pile up.
 * Used by html_text only.
 */
#ifndef NORMALIZE_HTML_TEXT_LINES_H
#define NORMALIZE_HTML_TEXT_LINES_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

#include "normalize/html_text.h"

/* What the element around the words says about them. */
struct html_place {
	unsigned	quotes;		/* block quotes around */
	unsigned	lists;		/* lists around */
	unsigned	marks;		/* enum html_mark */
	bool		preformatted;
};

struct html_layout {
	struct html_page	*page;
	GString			*line;		/* the line being filled */
	struct html_place	 at;		/* of the line being filled */
	char			 bullet[16];	/* for the next words, or "" */
	unsigned		 once;		/* marks for the next line only */
	bool			 space;		/* white space before the next word */
	bool			 broken;	/* the next word begins a line */
	bool			 blank;		/* the line has a blank line before it */
	bool			 after;		/* and one after it */
	bool			 cell;		/* a tab goes before it */
	bool			 seen;		/* the line has something to see */
	bool			 held;		/* only no-break spaces: a blank line */
	size_t			 done;		/* lines written */
};

void	html_layout_init(struct html_layout *, struct html_page *);
void	html_layout_finish(struct html_layout *);

/* Words with entities as they are in HTML, or (raw) to be taken as they are. */
void	html_layout_words(struct html_layout *, const struct html_place *,
	    const char *, size_t len, bool raw);

void	html_layout_break(struct html_layout *);	/* a block begins or ends */
void	html_layout_paragraph(struct html_layout *);	/* the same, with a margin */
void	html_layout_br(struct html_layout *);
void	html_layout_flush(struct html_layout *);	/* a break that no cell undoes */
/* A table cell begins, in a row that began when "done" was first. */
void	html_layout_cell(struct html_layout *, size_t first);

#endif
