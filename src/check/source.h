/* SPDX-License-Identifier: ISC */
/*
 * check/source.h - the texts of one message, as rules and forms read them.
 *
 * Valid UTF-8 and at most PATTERN_TEXT_MAX bytes each, so that the pattern
 * code needs not ask again.
 */
#ifndef CHECK_SOURCE_H
#define CHECK_SOURCE_H

#include <glib.h>
#include <stdbool.h>

#include "check/haystack.h"
#include "model/message.h"

struct source {
	const struct message	*message;	/* borrowed */
	const char		*channel;	/* borrowed; may be NULL */
	char			*subject;	/* never NULL */
	char			*text;		/* what is new, without quoted lines; never NULL */
	char			*full;		/* with what is quoted; "" if there is no more */
	struct haystack		 in_subject;	/* the same, to be searched */
	struct haystack		 in_text;
	struct haystack		 in_full;
	bool			 may_answer;	/* it may go on with a conversation */
};

void	source_init(struct source *, const char *channel, const struct message *);
void	source_fini(struct source *);

#endif
