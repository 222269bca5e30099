/* SPDX-License-Identifier: ISC */
/*
 * proto/lmtp.h - the server's side of an LMTP conversation without a socket.
 *
 * LMTP (RFC 2033) is how a mail server on this host hands mail over for good:
 * SMTP with LHLO, and with one answer per recipient behind the data.  Offers
 * PIPELINING, ENHANCEDSTATUSCODES, SIZE, 8BITMIME, SMTPUTF8 and CHUNKING.
 *
 * Feed it what the client sends; lmtp_next() gives back one event at a time
 * and the output holds what to send.  It does not block, touch the network,
 * or know the time.  A piece of input may end anywhere.
 *
 * The events MAIL, RCPT and END are questions: nothing goes on until
 * lmtp_answer() is called, now or later.  Everything else it answers itself.
 *
 * Commands end in CR LF and data in CR LF . CR LF; a lone CR or LF never
 * ends anything, so a mail cannot smuggle in another one.  Lines, recipients
 * and errors have limits; data beyond the size that was given is read, thrown
 * away and refused.
 *
 * Used by channel/lmtp; fuzzed by tests/fuzz/fuzz_lmtp.c.
 */
#ifndef PROTO_LMTP_H
#define PROTO_LMTP_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LMTP_LINE_MAX		2048	/* of a command, its line end included */
#define LMTP_RECIPIENTS_MAX	1000	/* of one message */
#define LMTP_ERRORS_MAX		20	/* then the client is sent away */

struct lmtp;

enum lmtp_event_kind {
	LMTP_MAIL,		/* address ("" for <>), bytes as announced or 0; answer */
	LMTP_RCPT,		/* address; answer */
	LMTP_CHUNK,		/* data, bytes: of the message, dots unstuffed */
	LMTP_END,		/* the message is whole; answer */
	LMTP_RESET,		/* forget what came since MAIL, if anything */
	LMTP_CLOSE		/* send what there is to send and close */
};

/* Pointers are borrowed until the next call. */
struct lmtp_event {
	enum lmtp_event_kind	 kind;
	const char		*address;	/* valid UTF-8, one line */
	const uint8_t		*data;
	uint64_t		 bytes;
};

enum lmtp_answer {
	LMTP_YES,		/* 250; behind END: it is durable */
	LMTP_NOT_NOW,		/* 451 4.3.0 */
	LMTP_NO_ROOM,		/* 452 4.3.1 */
	LMTP_UNKNOWN,		/* 550 5.1.1: no such recipient */
	LMTP_TOO_LARGE		/* 552 5.3.4 */
};

/* The greeting is in the output at once.  name: of this host. */
struct lmtp	*lmtp_new(const char *name, uint64_t max_size);
void		 lmtp_free(struct lmtp *);	/* NULL is fine */

void	lmtp_feed(struct lmtp *, const void *, size_t);
/*
 * True if there is an event.  False: more input is needed, or an answer; after
 * LMTP_CLOSE always.
 */
bool	lmtp_next(struct lmtp *, struct lmtp_event *);

/* What has to be sent; the caller truncates what it has taken. */
GString	*lmtp_output(struct lmtp *);

/* "command", "data", ...: for the log. */
const char	*lmtp_doing(const struct lmtp *);

/* Does it wait for this? */
bool	lmtp_wants_answer(const struct lmtp *);
/* Behind END: the same for each recipient that was accepted. */
void	lmtp_answer(struct lmtp *, enum lmtp_answer);

/* 421: send the client away; the next event is LMTP_CLOSE. */
void	lmtp_dismiss(struct lmtp *, const char *why);

/*
 * Does the address match: "support@shop.example" (which "support+x@..." does,
 * too), "*@shop.example", "*"?  Without regard to case.  "postmaster" without
 * a domain is that of any.
 */
bool	lmtp_address_matches(const char *pattern, const char *address);

#endif
