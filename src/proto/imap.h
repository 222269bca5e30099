/* SPDX-License-Identifier: ISC */
/*
 * proto/imap.h - an IMAP4rev1 client session without a socket.
 *
 * It begins where the login is done.  Commands append to the output, what
 * the server sends goes in by imap_next(), which gives back one event at a
 * time.  It does not block, touch the network, or know the time.  A piece of
 * input may end anywhere, also inside a literal.
 *
 * Mail content comes in pieces as it arrives and is never held here:
 * MAIL_BEGIN, any number of MAIL_CHUNK, and - only when the whole reply was
 * there - FETCHED, which says whose it was.  A content without its FETCHED
 * is to be thrown away.
 *
 * Bytes of a literal are counted and never looked at, and the tags of our
 * commands are random: what stands in a mail cannot pass for a reply.  Every
 * number is checked; lines and literals have limits.
 *
 * After IMAP_BROKEN only imap_free() may be called.
 *
 * Used by channel/imap; fuzzed by tests/fuzz/fuzz_imap.c.
 */
#ifndef PROTO_IMAP_H
#define PROTO_IMAP_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define IMAP_LINE_MAX		(256u << 10)	/* of one reply, its small literals included */
#define IMAP_LITERAL_MAX	(64u << 10)	/* of a literal that is no mail content */
#define IMAP_MAIL_MAX		UINT32_MAX	/* of mail content */

struct imap;

enum imap_can {				/* what the server says it can do */
	IMAP_CAN_IDLE		= 1 << 0,
	IMAP_CAN_MOVE		= 1 << 1,
	IMAP_CAN_UIDPLUS	= 1 << 2,
	IMAP_CAN_ID		= 1 << 3
};

enum imap_flag {			/* of a message */
	IMAP_SEEN		= 1 << 0,
	IMAP_ANSWERED		= 1 << 1,
	IMAP_FLAGGED		= 1 << 2,
	IMAP_DELETED		= 1 << 3,
	IMAP_DRAFT		= 1 << 4
};

enum imap_part { IMAP_NO_PART, IMAP_WHOLE, IMAP_HEADER, IMAP_OTHER_PART };

enum imap_result { IMAP_OK, IMAP_NO, IMAP_BAD };

enum imap_event_kind {
	IMAP_DONE,		/* id, result, code, text: a command has ended */
	IMAP_LISTED,		/* box_name, name, selectable */
	IMAP_STATUS,		/* box_name, status */
	IMAP_FOUND,		/* uid: one hit of a search */
	IMAP_MAIL_BEGIN,	/* part, bytes: content of so many bytes follows */
	IMAP_MAIL_CHUNK,	/* data, bytes */
	IMAP_FETCHED,		/* uid, or 0; flags, size if told; part that has been delivered */
	IMAP_EXISTS,		/* count: messages in the folder now */
	IMAP_EXPUNGED,		/* count: the sequence number */
	IMAP_RENUMBERED,	/* UIDVALIDITY has changed under us: select again */
	IMAP_IDLING,		/* the server has begun to idle */
	IMAP_ALERT,		/* text: the server wants a human to read it */
	IMAP_BYE,		/* text: the server is closing */
	IMAP_BROKEN		/* text: not IMAP, or beyond a limit */
};

struct imap_status {			/* 0: not told */
	uint32_t	messages, uidnext, uidvalidity;
};

/* Strings are borrowed until the next call. */
struct imap_event {
	enum imap_event_kind	 kind;
	unsigned		 id;		/* of the command that has ended */
	enum imap_result	 result;
	const char		*code;		/* "AUTHENTICATIONFAILED", ...; or "" */
	const char		*text;		/* one line, valid UTF-8 */
	const char		*box_name;	/* as the server spells it: for imap_select() */
	const char		*name;		/* the same in UTF-8 */
	bool			 selectable;
	struct imap_status	 status;
	uint32_t		 uid, count;
	bool			 has_size, has_flags;
	uint64_t		 size;		/* RFC822.SIZE */
	unsigned		 flags;
	enum imap_part		 part;
	const uint8_t		*data;
	uint64_t		 bytes;
};

struct imap_box {			/* the selected folder */
	uint32_t	exists, uidvalidity, uidnext;	/* 0: not told */
	bool		read_only;
};

struct imap	*imap_new(void);
void		 imap_free(struct imap *);	/* NULL is fine */

/*
 * Take from the front of the input until there is an event; true if there is
 * one, false when all is taken.  Call again until false.
 */
bool	imap_next(struct imap *, const uint8_t **input, size_t *len, struct imap_event *);

/* What has to be sent; the caller truncates what it has taken. */
GString	*imap_output(struct imap *);

unsigned		 imap_abilities(const struct imap *);	/* enum imap_can; after a CAPABILITY */
const struct imap_box	*imap_box(const struct imap *);		/* after a SELECT was OK */
unsigned		 imap_under_way(const struct imap *);	/* commands not yet done */

/*
 * Each appends one command and returns its id for IMAP_DONE.  Commands may
 * follow each other without waiting, except that nothing may follow
 * imap_idle() before its IMAP_DONE, or before imap_idle_end() after its
 * IMAP_IDLING.  Box names are in the server's spelling (proto/imap_name.h);
 * sets are UID sets.
 */
unsigned	imap_capability(struct imap *);
unsigned	imap_ident(struct imap *, const char *name, const char *version);
unsigned	imap_list(struct imap *, const char *pattern);
unsigned	imap_select(struct imap *, const char *box_name, bool read_only);
unsigned	imap_status(struct imap *, const char *box_name);
unsigned	imap_search(struct imap *, const char *criteria);
unsigned	imap_fetch_info(struct imap *, const char *set);	/* UID, size, flags */
unsigned	imap_fetch_mail(struct imap *, const char *set, enum imap_part);
unsigned	imap_add_flags(struct imap *, const char *set, const char *flags);
unsigned	imap_move(struct imap *, const char *set, const char *box_name);
unsigned	imap_copy(struct imap *, const char *set, const char *box_name);
unsigned	imap_expunge(struct imap *, const char *set);		/* needs UIDPLUS */
/* As seen.  The bytes go out when the server asks for them: nothing may follow before its DONE. */
unsigned	imap_append(struct imap *, const char *box_name, GBytes *mail);
unsigned	imap_noop(struct imap *);
unsigned	imap_idle(struct imap *);
void		imap_idle_end(struct imap *);	/* twice is once */
unsigned	imap_logout(struct imap *);

/* Append ascending UIDs as a set, runs joined: "3,5:9,12". */
void	imap_set_format(GString *out, const uint32_t *uids, size_t count);

/* Would it be safe as a flag: "\Seen", "$Done", "intaked"? */
bool	imap_flag_is_valid(const char *);

#endif
