/* SPDX-License-Identifier: ISC */
/*
 * normalize/trim_reply_lines.h - a message as lines, and what each one is.
 * Used by the trim_reply files only.
 */
#ifndef NORMALIZE_TRIM_REPLY_LINES_H
#define NORMALIZE_TRIM_REPLY_LINES_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

#include "normalize/html_text.h"

enum trim_kind {
	TRIM_TEXT,
	TRIM_BLANK,
	TRIM_QUOTE,		/* of an earlier message */
	TRIM_INTRO,		/* "On ... wrote:" */
	TRIM_HISTORY,		/* behind a line that says "the old message begins" */
	TRIM_SIGNATURE
};

struct trim_line {
	const char	*p;		/* as it stands in the text */
	size_t		 len;
	const char	*body;		/* without quote marks and white space around */
	size_t		 body_len;
	unsigned	 depth;		/* of '>' in front */
	unsigned	 marks;		/* enum html_mark; 0 in plain text */
	enum trim_kind	 kind;
	bool		 kept;		/* goes to the reader as new */
};

/* The lines point into text, which must be NUL-terminated and outlive them. */
GArray	*trim_lines_of_text(const char *text);
GArray	*trim_lines_of_page(const struct html_page *);

static inline struct trim_line *
trim_line_at(const GArray *lines, size_t i)
{
	return &g_array_index(lines, struct trim_line, i);
}

/* Nothing to read in it? */
static inline bool
trim_line_is_blank(const struct trim_line *l)
{
	return l->body_len == 0;
}

void	trim_lines_set(const GArray *, size_t from, size_t to, enum trim_kind);

/* The first line from i on (before end) with words, or end. */
size_t	trim_lines_skip_blank(const GArray *, size_t i, size_t end);

#endif
