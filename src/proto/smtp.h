/* SPDX-License-Identifier: ISC */
/*
 * proto/smtp.h - giving one mail to an SMTP server (RFC 5321) without a socket.
 *
 * It begins where TLS and login are done, with an EHLO of its own: the
 * server may offer more now.  What the server sends goes in by smtp_feed(),
 * what has to be sent is in smtp_output().  It does not block, touch the
 * network, or know the time.  A piece of input may end anywhere.
 *
 * One command at a time is under way.  Whatever comes while none is, and
 * whatever is no reply, breaks the session: nobody knows any more what the
 * server speaks of.
 *
 * Addresses and mail are ASCII, the mail whole lines: the caller has looked.
 *
 * Used by reply/smtp_direct.c; fuzzed by tests/fuzz/fuzz_smtp.c.
 */
#ifndef PROTO_SMTP_H
#define PROTO_SMTP_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct smtp;

/* Borrowed as long as the session lives. */
struct smtp_mail {
	const char	*helo;		/* a name or an address literal */
	const char	*mail_from;	/* "" for <> */
	const char	*rcpt_to;
	const char	*bytes;		/* whole lines that end in CR LF */
	size_t		 len;
};

enum smtp_outcome {
	SMTP_UNDER_WAY,
	SMTP_TAKEN,		/* 250 for the whole mail */
	SMTP_REFUSED,		/* with 4xx or 5xx */
	SMTP_BROKEN		/* the server does not speak SMTP */
};

struct smtp_result {
	enum smtp_outcome	 outcome;
	int			 code;		/* of the reply that decided it, or 0 */
	const char		*text;		/* one line, valid UTF-8 */
	bool			 given;		/* the mail was in the output to its end */
};

/* The first command is in the output at once. */
struct smtp	*smtp_new(const struct smtp_mail *);
void		 smtp_free(struct smtp *);	/* NULL is fine */

/* True: it is over; what is left of the input is of no interest. */
bool		 smtp_feed(struct smtp *, const uint8_t *, size_t);

/* What has to be sent; the caller truncates what it has taken. */
GString		*smtp_output(struct smtp *);

/* Valid at any time; text until the next call. */
struct smtp_result smtp_result(const struct smtp *);

#endif
