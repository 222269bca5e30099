/* SPDX-License-Identifier: ISC */
/*
 * normalize/trim_reply_intro.h - "On Monday, Jo <jo@example.com> wrote:" in
 * any language and over several lines.  Used by trim_reply only.
 */
#ifndef NORMALIZE_TRIM_REPLY_INTRO_H
#define NORMALIZE_TRIM_REPLY_INTRO_H

#include "normalize/trim_reply_lines.h"

enum trim_intro {
	INTRO_NONE,
	INTRO_OF_QUOTE,		/* and quoted lines follow */
	INTRO_OF_REST		/* what follows carries no quote marks */
};

/* Does an introduction end with line at?  *first is where it begins. */
enum trim_intro	trim_intro_find(const GArray *lines, size_t at, bool is_reply,
		    size_t *first);

/* Does the quote at line at begin with an introduction of its own (iPhones)? */
bool	trim_intro_in_quote(const GArray *lines, size_t at);

#endif
