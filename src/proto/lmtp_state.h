/* SPDX-License-Identifier: ISC */
/*
 * proto/lmtp_state.h - the inside of a session, between lmtp.c, which reads
 * and answers, and lmtp_command.c, which knows the commands.
 */
#ifndef PROTO_LMTP_STATE_H
#define PROTO_LMTP_STATE_H

#include "proto/dot_text.h"
#include "proto/lmtp.h"

struct lmtp_state {
	const char	*name;
	/* Take from the front of the input; true: ev is filled.  Must make progress
	 * or want more input. */
	bool		(*read)(struct lmtp *, struct lmtp_event *);
};

enum question { ASKS_NOTHING, ASKS_MAIL, ASKS_RCPT, ASKS_END };

struct lmtp {
	char				*name;
	uint64_t			 max_size;
	GString				*out;
	GByteArray			*in;
	size_t				 used;		/* of in */
	const struct lmtp_state		*state;
	enum question			 question;
	bool				 stuck;		/* more input is needed */
	unsigned			 errors;

	bool				 greeted;	/* LHLO was said */
	bool				 has_mail;
	unsigned			 recipients;	/* accepted */
	bool				 in_chunks;	/* this message comes by BDAT */
	bool				 last_chunk;
	bool				 unwanted;	/* chunk to be thrown away */
	uint64_t			 left;		/* of the chunk */
	uint64_t			 size;		/* of the message so far */
	struct dot_text			 text;
	bool				 reset;		/* tell of it */
	bool				 closed_told;
};

extern const struct lmtp_states {
	struct lmtp_state	command, long_line, data, chunk, closed;
} lmtp_states;

/* What we say; complain() counts what the client has itself to thank for. */
void	lmtp_say(struct lmtp *, const char *line);
void	lmtp_complain(struct lmtp *, const char *line);
void	lmtp_forget_mail(struct lmtp *);

/* One line without its end, which is cut up; true: ev is filled. */
bool	lmtp_command_run(struct lmtp *, char *line, struct lmtp_event *);

#endif
