/* SPDX-License-Identifier: ISC */
/*
 * proto/imap_state.h - the inside of a session, between imap.c, which reads,
 * and imap_command.c, which writes.
 */
#ifndef PROTO_IMAP_STATE_H
#define PROTO_IMAP_STATE_H

#include "proto/imap.h"

#define TAG_LETTERS	12

enum reading {
	READ_LINE,		/* text, up to the line end */
	READ_LITERAL,		/* a small one: gathered */
	READ_CONTENT,		/* mail content: passed on */
	READ_HITS,		/* the numbers of a SEARCH: passed on */
	READ_NOTHING		/* broken */
};

enum verb { VERB_OTHER, VERB_SELECT, VERB_IDLE, VERB_APPEND };

struct command {
	char		tag[TAG_LETTERS + 1];
	unsigned	id;
	enum verb	verb;
};

struct imap {
	GString			*out;
	GQueue			*under_way;	/* struct command *, oldest first */
	unsigned		 last_id;
	bool			 tagged_once;	/* some command has ended */

	enum reading		 reading;
	GString			*reply;		/* gathered so far */
	size_t			 piece;		/* where in it the present text began */
	uint64_t		 left;		/* of the literal */
	enum imap_part		 part;		/* of the content delivered in this reply */
	bool			 mute;		/* content that nobody asked for */
	uint64_t		 hit;		/* digits read so far, 0: none */
	bool			 hit_bad;
	int			 hit_depth;	/* inside "(MODSEQ n)" */

	GQueue			*events;	/* struct imap_event *, from the last reply */
	GString			*text, *code, *box_name, *content;	/* what they point to */
	char			*name;

	unsigned		 abilities;
	struct imap_box		 box, opening;
	bool			 idling, idle_end;
	GBytes			*appending;	/* to be sent at the server's "+"; or NULL */
};

/* Is the last command sent an IDLE? */
bool	imap_idle_under_way(const struct imap *);

#endif
