/* SPDX-License-Identifier: ISC */
/*
 * check/pattern.h - an operator's regular expression on a stranger's text.
 *
 * PCRE2 with Unicode, ignoring case, ^ and $ at every line, without JIT and
 * with limits on steps, depth and heap: the worst pattern costs milliseconds.
 *
 * Where a pattern names words (check/needle.h), a text is searched for these
 * first: that is most of the speed.
 *
 * A pattern keeps its match block, so one pattern is used by one thread only.
 */
#ifndef CHECK_PATTERN_H
#define CHECK_PATTERN_H

#include <glib.h>
#include <stddef.h>

#include "base/err.h"
#include "check/haystack.h"

struct pattern;

enum pattern_mode {
	PATTERN_ANYWHERE,	/* as written */
	PATTERN_WHOLE,		/* has to match from the first to the last byte */
	PATTERN_WORD		/* not inside a longer run of letters and digits */
};

enum pattern_result { PATTERN_NO, PATTERN_YES, PATTERN_LIMIT };

struct span {
	size_t	from;
	size_t	to;
};

/* Text is looked at up to here. */
#define PATTERN_TEXT_MAX	65536

/* NULL with ERR_CONFIG if it is no regular expression. */
struct pattern	*pattern_new(const char *regex, enum pattern_mode, struct err *);
void		 pattern_free(struct pattern *);	/* NULL is fine */
/* Compiles a list of char *; whole is what they belong to, for the sentence. */
GPtrArray	*pattern_list_new(const GPtrArray *regexes, const char *owner, struct err *);

/*
 * The first match at start or behind it.  text must be valid UTF-8.  hit is
 * the match, value its first group that took part (or the match); both may
 * be NULL.
 */
enum pattern_result	pattern_find(const struct pattern *, const char *text, size_t len,
			    size_t start, struct span *hit, struct span *value);

/* The same for a text that many patterns are tried on. */
enum pattern_result	pattern_search(const struct pattern *, struct haystack *, size_t start,
			    struct span *hit, struct span *value);

const char	*pattern_text(const struct pattern *);	/* as written */

#endif
