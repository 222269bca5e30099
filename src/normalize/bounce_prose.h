/* SPDX-License-Identifier: ISC */
/*
 * normalize/bounce_prose.h - recipients and reasons from a bounce in words.
 *
 * Every mail system words it differently, but nearly all put the address at
 * the start of a line, in <>, or into a sentence about delivery, and the
 * reason behind or below it.  That is what is looked for, not the systems.
 *
 * Used by normalize/bounce.c.
 */
#ifndef NORMALIZE_BOUNCE_PROSE_H
#define NORMALIZE_BOUNCE_PROSE_H

#include <glib.h>

#include "model/message.h"

struct bounce_prose {
	const char	*subject;	/* of the bounce, or NULL */
	const GPtrArray	*failed;	/* char *: recipients given in a header */
	const GPtrArray	*not_them;	/* char *: addresses that are ours or the daemon's */
};

/* Adds the recipients to b, with action, status and diagnostic. */
void	bounce_prose_parse(const char *text, const struct bounce_prose *, struct bounce *b);

/* The Message-ID in the returned message quoted in the text, or NULL. */
char	*bounce_prose_message_id(const char *text);

/* The first address in a line at or behind *at; advances *at.  Or NULL. */
char	*bounce_prose_address(const char **at);

#endif
