/* SPDX-License-Identifier: ISC */
/*
 * channel/pop3/pop3_channel.h - mailboxes read by POP3.
 *
 * One session at each poll: list, fetch what is not ours yet, delete what is
 * (if so configured), QUIT, without which a server deletes nothing.  What has
 * been fetched and not yet deleted is known by its unique-id and never
 * fetched again (channel/pop3/drop.h).
 *
 * channel/dial.h makes the connection and makes it again, pop3_channel.c is
 * the door, session.c leads the conversation.
 */
#ifndef CHANNEL_POP3_POP3_CHANNEL_H
#define CHANNEL_POP3_POP3_CHANNEL_H

#include "channel/channel.h"
#include "channel/dial.h"
#include "channel/pop3/drop.h"
#include "proto/pop3.h"

extern const struct channel_ops pop3_channel_ops;

/* --- what follows is between the files of this folder --- */

struct pop3_step {			/* what the connection is doing */
	const char	*name;
};

struct pop3_channel {
	struct channel			 base;
	const struct settings_pop3	*conf;

	/* the connection */
	struct dial			 dial;
	const struct pop3_step		*step;		/* NULL: there is none */
	struct pop3			*pop3;
	int64_t				 looked_ms;	/* wall clock: last complete look */
	bool				 no_pipeline;	/* it went wrong with this server */

	/* the session */
	unsigned			 session;	/* counts them */
	struct drop			 drop;
	bool				 first_start;	/* nothing is known of this maildrop */
	bool				 no_uids;
	bool				 enough;	/* fetch no more in this session */
	bool				 more;		/* there is: come again at once */
	bool				 complained;	/* about messages that cannot be deleted */
	unsigned			 fetched;
	uint64_t			 answers;	/* of the server, counted */
	uint64_t			 heard;		/* bytes since its time was last measured */
	uint64_t			 asked_bytes;	/* of what is being fetched */
	uint64_t			 last;		/* digest of what came last; 0: none */

	/* messages */
	GByteArray			*mail;		/* content coming in */
	uint64_t			 mail_size;	/* that has come, also beyond the limit */
	GHashTable			*in_sink;	/* digests of messages with the sink */
	unsigned			 passages;	/* with the sink */
	uint64_t			 unsettled;	/* bytes */
};

/* pop3_channel.c: the session has ended as it should. */
void	pop3_channel_finish(struct pop3_channel *);
/* Keep what is ours. */
void	pop3_channel_save(struct pop3_channel *);

/* session.c */
void	pop3_session_begin(struct pop3_channel *);
void	pop3_session_feed(struct pop3_channel *, const uint8_t *, size_t);
void	pop3_session_pump(struct pop3_channel *);
void	pop3_session_end(struct pop3_channel *);

#endif
