/* SPDX-License-Identifier: ISC */
/*
 * proto/dot_text.h - text that ends with a dot on a line of its own, as SMTP,
 * LMTP and POP3 send mail.
 *
 * Only CR LF . CR LF ends it; a lone CR or LF is content, so that nothing in
 * a mail can pass for the end.  A dot that begins a line goes.  A piece of
 * input may end anywhere.
 *
 * Used by proto/lmtp.c and proto/pop3.c, fuzzed with them.
 */
#ifndef PROTO_DOT_TEXT_H
#define PROTO_DOT_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum dot_text_at {		/* what has been seen of a line end and a dot */
	DOT_LINE_START, DOT_DOT, DOT_DOT_CR, DOT_TEXT, DOT_CR
};

struct dot_text {
	enum dot_text_at	at;
	bool			owe_cr;		/* one that was held back is content */
};

enum dot_found {
	DOT_MORE,		/* all input is taken, this was not the end */
	DOT_DATA,		/* a piece of content; call again */
	DOT_END			/* what is left of the input comes after it */
};

void		dot_text_start(struct dot_text *);
/* Take from the front of the input; data points into it, or to one constant CR. */
enum dot_found	dot_text_next(struct dot_text *, const uint8_t **input, size_t *len,
		    const uint8_t **data, size_t *data_len);

#endif
