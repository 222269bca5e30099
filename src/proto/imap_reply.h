/* SPDX-License-Identifier: ISC */
/*
 * proto/imap_reply.h - what stands in one complete IMAP reply.
 *
 * Pure functions over the words of proto/imap_lex; each returns false when
 * the reply is not what it claims to be.  Used by proto/imap only.
 */
#ifndef PROTO_IMAP_REPLY_H
#define PROTO_IMAP_REPLY_H

#include <glib.h>
#include <stdbool.h>

#include "proto/imap.h"
#include "proto/imap_lex.h"

/* OK [CODE argument] text */
struct imap_condition {
	enum imap_result	 result;
	bool			 bye;
	char			 code[32];	/* upper case; "" if none */
	struct imap_span	 argument;
	struct imap_span	 text;
};
bool	imap_reply_condition(struct imap_lex *, struct imap_condition *);

/* The words after CAPABILITY as enum imap_can. */
unsigned	imap_reply_capability(struct imap_lex *);

/* What follows LIST.  box is emptied first. */
bool	imap_reply_list(struct imap_lex *, GString *box, bool *selectable);

/* What follows STATUS. */
bool	imap_reply_status(struct imap_lex *, GString *box, struct imap_status *);

/*
 * What follows "* n FETCH".  Content that came as a quoted string goes to
 * quoted, and ev->part says so; a streamed literal is passed over.
 */
bool	imap_reply_fetch(struct imap_lex *, struct imap_event *, GString *quoted);

/* The part that an item such as BODY[], BODY[HEADER]<0> or RFC822 names. */
enum imap_part	imap_reply_part(const struct imap_span *item);

/*
 * If a reply that is cut here, in front of a literal, is a FETCH whose next
 * value is mail content: which part.
 */
enum imap_part	imap_reply_part_at_end(const char *text, size_t len);

#endif
