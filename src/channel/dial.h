/* SPDX-License-Identifier: ISC */
/*
 * channel/dial.h - the life of a channel's connection to a mail server: a
 * password or token, the login, its loss, pauses that grow before the next
 * try, and a place among as many connections as the server allows.
 *
 * What is said on the connection is the channel's.  Errors that are the
 * account's (ERR_PERM) are tried again much later than others, because a
 * wrong password tried too often locks an account; a refused access token is
 * first replaced by a new one, once.
 *
 * Used by channel/imap and channel/pop3.
 */
#ifndef CHANNEL_DIAL_H
#define CHANNEL_DIAL_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "channel/channel.h"
#include "io/line_stream.h"
#include "mailbox/oauth.h"
#include "mailbox/secret.h"

struct dial_ops {
	const char	*protocol;		/* "imap", "pop3" */
	/* Logged in: the conversation may begin. */
	void		(*opened)(void *arg);
	void		(*received)(void *arg, const uint8_t *, size_t);
	/* The connection is gone, if there was one: forget what belongs to it. */
	void		(*closed)(void *arg);
	/* What is going on, for people; NULL: nothing yet. */
	const char	*(*doing)(const void *arg);
	/* Another waits for the place: true if it is soon given up.  NULL: never idle. */
	bool		(*make_room)(void *arg);
};

struct dial {
	const struct dial_ops		*ops;
	void				*arg;
	struct loop			*loop;
	const char			*channel;	/* its name */
	const struct settings_login	*conf;
	bool				 stopped;	/* not to be dialled again */
	struct secret_query		*secret;
	struct oauth_query		*oauth;		/* instead of it */
	bool				 token_renewed;	/* after the server refused the last one */
	struct line_stream		*stream;
	struct loop_timer		*next, *deadline;
	unsigned			 failures;	/* in a row */
	unsigned			 refusals;	/* of the login, in a row */
	struct err			 problem;	/* why it does not work */
};

/* Borrows all; conf must outlive it. */
void	dial_init(struct dial *, const struct channel *, const struct settings_login *,
	    const struct dial_ops *, void *arg);
void	dial_fini(struct dial *);

/* Connect after so long; 0: soon. */
void	dial_after(struct dial *, int64_t ms);
/* Not before dial_after() says so. */
void	dial_rest(struct dial *);
/* Give the connection up, with its place, and what was under way to it. */
void	dial_hang_up(struct dial *);
/* The same because something is wrong; tried again after a pause. */
void	dial_lose(struct dial *, enum err_kind, const char *why);
/* The conversation works: failures are forgotten. */
void	dial_works(struct dial *);
/* Is there a connection, or one on its way? */
bool	dial_is_busy(const struct dial *);

/* Sends what has gathered, and empties it. */
void	dial_send(struct dial *, GString *);
/* The server has so long to answer. */
void	dial_expect(struct dial *, int64_t ms);
void	dial_expect_nothing(struct dial *);

/* ms and a quarter of it more or less, so that channels do not march in step. */
int64_t	dial_jitter(int64_t ms);

#endif
