/* SPDX-License-Identifier: ISC */
/*
 * proto/pop3.h - a POP3 client session (RFC 1939, 2449) without a socket.
 *
 * It begins where the login is done.  Commands append to the output, what the
 * server sends goes in by pop3_next(), which gives back one event at a time.
 * It does not block, touch the network, or know the time.  A piece of input
 * may end anywhere.
 *
 * Replies come in the order of the commands.  Mail content comes in pieces as
 * it arrives, dots unstuffed, and is never held here; only POP3_DONE says
 * that it was whole.  Anything that is not a reply where one is due breaks the
 * session, because then nobody knows any more what belongs to what.
 *
 * After POP3_BROKEN only pop3_free() may be called.
 *
 * Used by channel/pop3; fuzzed by tests/fuzz/fuzz_pop3.c.
 */
#ifndef PROTO_POP3_H
#define PROTO_POP3_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define POP3_LINE_MAX	4096		/* of a reply; 512 by RFC 2449 */
#define POP3_UID_MAX	255		/* 70 by RFC 1939 */

struct pop3;

enum pop3_can {				/* after CAPA */
	POP3_CAN_UIDL		= 1 << 0,
	POP3_CAN_TOP		= 1 << 1,
	POP3_CAN_PIPELINE	= 1 << 2
};

enum pop3_command {
	POP3_CAPA, POP3_STAT, POP3_LIST, POP3_UIDL, POP3_RETR, POP3_TOP, POP3_DELE, POP3_QUIT
};

enum pop3_event_kind {
	POP3_LISTED,		/* number, size: a line of LIST */
	POP3_UID,		/* number, uid: a line of UIDL */
	POP3_CHUNK,		/* number, data, bytes: of the mail asked for */
	POP3_DONE,		/* command, number, ok, code, text; size and number of a STAT */
	POP3_BROKEN		/* text */
};

/* Pointers are borrowed until the next call. */
struct pop3_event {
	enum pop3_event_kind	 kind;
	enum pop3_command	 command;	/* that this belongs to */
	uint32_t		 number;	/* of the message */
	uint64_t		 size;
	const char		*uid;		/* printable ASCII */
	bool			 ok;
	const char		*code;		/* "IN-USE", "SYS/TEMP", ...; or "" */
	const char		*text;		/* one line, valid UTF-8 */
	const uint8_t		*data;
	size_t			 bytes;
};

struct pop3	*pop3_new(void);
void		 pop3_free(struct pop3 *);	/* NULL is fine */

/*
 * Take from the front of the input until there is an event; true if there is
 * one, false when all is taken.  Call again until false.
 */
bool	pop3_next(struct pop3 *, const uint8_t **input, size_t *len, struct pop3_event *);

/* What has to be sent; the caller truncates what it has taken. */
GString	*pop3_output(struct pop3 *);

unsigned pop3_abilities(const struct pop3 *);		/* enum pop3_can */
unsigned pop3_under_way(const struct pop3 *);		/* commands not yet done */

/*
 * Append a command.  number is that of a message, for RETR, TOP (its header)
 * and DELE.  More than one may be under way only if the server can pipeline.
 */
void	pop3_send(struct pop3 *, enum pop3_command, uint32_t number);

#endif
