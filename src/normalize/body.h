/* SPDX-License-Identifier: ISC */
/*
 * normalize/body.h - which of a mail's parts are what the sender wrote.
 */
#ifndef NORMALIZE_BODY_H
#define NORMALIZE_BODY_H

#include <stdbool.h>

#include "normalize/mail_view.h"

struct body {
	char	*text;		/* readable text; "" if there is none */
	char	*html;		/* as sent, or NULL */
	bool	 text_is_html;	/* text was made from html */
	bool	*used;		/* by index of the part: it is in text or html */
};

/* max: bytes of text and of html kept, with a warning. */
void	body_choose(struct mail_view *, size_t max, struct body *);
void	body_clear(struct body *);

/* RFC 3676: soft line breaks joined. */
char	*body_unflow(const char *text, bool delsp);

#endif
