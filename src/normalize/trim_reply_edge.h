/* SPDX-License-Identifier: ISC */
/*
 * normalize/trim_reply_edge.h - the lines from which on everything is history:
 * "-----Original Message-----", blocks of From, Sent, To, Subject, "reply
 * above this line", forwarded messages.  Used by trim_reply only.
 */
#ifndef NORMALIZE_TRIM_REPLY_EDGE_H
#define NORMALIZE_TRIM_REPLY_EDGE_H

#include <stdint.h>

#include "normalize/trim_reply_lines.h"

enum trim_edge {
	EDGE_NONE,
	EDGE_HISTORY,
	EDGE_FORWARD,
	EDGE_EITHER		/* the words are used for both */
};

/* What kind of header label each line begins with; free with g_free(). */
uint8_t	*trim_edge_labels(const GArray *lines);

/* Does history begin at line at?  *first is where, with the rules above it. */
enum trim_edge	trim_edge_find(const GArray *lines, const uint8_t *labels,
		    size_t at, size_t *first);

/* Does a header block begin at line at, in a quote or not? */
bool	trim_edge_is_block(const GArray *lines, const uint8_t *labels, size_t at);

#endif
