/* SPDX-License-Identifier: ISC */
/*
 * check/answer.h - a reply to numbered questions, taken apart.
 */
#ifndef CHECK_ANSWER_H
#define CHECK_ANSWER_H

#include <glib.h>

struct answer {
	unsigned	 number;	/* of the question, from 1 */
	char		*text;		/* may have several lines */
};

void		 answer_free(gpointer);

/*
 * struct answer *: numbered lines (check/line.h) of the new text, with the lines that go on;
 * then what stands between quoted numbered questions in the full text, for
 * numbers not answered yet.
 */
GPtrArray	*answer_list(const GPtrArray *lines, const GPtrArray *full_lines);

/* The lines that are not blank, without greeting and ending; borrowed. */
GPtrArray	*answer_core(const GPtrArray *lines);

#endif
