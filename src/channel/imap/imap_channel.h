/* SPDX-License-Identifier: ISC */
/*
 * channel/imap/imap_channel.h - mailboxes read by IMAP.
 *
 * One channel is one connection: connect, look through its folders, take
 * what is new, tell the server when it is durable, and idle.  Which messages
 * are new is decided by UIDVALIDITY and UID alone (channel/imap/box.h).
 *
 * channel/dial.h makes the connection and makes it again, imap_channel.c is
 * the door, session.c leads the conversation, look.c finds out which messages of a folder are new, and
 * work.c brings these in and carries out what is configured as "after".
 */
#ifndef CHANNEL_IMAP_IMAP_CHANNEL_H
#define CHANNEL_IMAP_IMAP_CHANNEL_H

#include "channel/channel.h"
#include "channel/dial.h"
#include "channel/imap/box.h"
#include "proto/imap.h"

extern const struct channel_ops imap_channel_ops;

/* --- what follows is between the files of this folder --- */

struct imap_channel;
struct command;

typedef void	command_done_fn(struct imap_channel *, const struct command *,
		    const struct imap_event *);

/* One command under way. */
struct command {
	unsigned	 id;
	int64_t		 allowed_ms;	/* how long it may take */
	command_done_fn	*done;
	GArray		*uids;		/* uint32_t, what it is about; or NULL */
};

struct step {				/* what the connection is doing */
	const char	*name;
};

extern const struct imap_steps {
	struct step	asking, listing, comparing, selecting, searching, working, idling,
			waking, resting;
} imap_steps;

struct imap_channel {
	struct channel			 base;
	const struct settings_imap	*conf;

	/* the connection */
	struct dial			 dial;
	const struct step		*step;
	struct imap			*imap;
	GQueue				*commands;	/* struct command *, oldest first */
	struct loop_timer		*poll;
	bool				 up;
	int64_t				 looked_ms;	/* wall clock: last complete look */
	int64_t				 round_ms;	/* monotonic: when the last round began */

	/* the folders */
	GHashTable			*boxes;		/* raw name -> struct box *, owned */
	GPtrArray			*rota;		/* struct box *, those of this connection */
	unsigned			 listing;	/* next of conf->folders */
	bool				 has_patterns;	/* among these: listed again each round */
	unsigned			 at;		/* in rota */
	bool				 selected, read_only;
	uint32_t			 uidnext;	/* when it was selected; 0: not told */
	struct imap_status		 status;	/* of the folder being compared */
	bool				 more;		/* the server has announced something */
	bool				 reaches_cursor;	/* a hit of this search does */
	bool				 polled;	/* this look is not because it has */
	bool				 no_idle;	/* the server does not really */
	bool				 woken;		/* the next command went out with the DONE */
	bool				 deaf, act_failed;	/* has been logged */

	/* messages */
	GByteArray			*mail;		/* content coming in */
	uint64_t			 mail_size;	/* as announced */
	unsigned			 fetching;	/* commands for content under way */
	bool				 measuring, acting;
	struct loop_timer		*hold;		/* the sink has no room: wait a little */
	bool				 held;
	uint64_t			 unsettled;	/* bytes */
};

/* imap_channel.c: nothing to do, and another waits for a connection: come again later. */
void	imap_channel_yield(struct imap_channel *);
/* The conversation works: a folder has been looked at. */
void	imap_channel_is_up(struct imap_channel *);

/* session.c */
void	imap_session_begin(struct imap_channel *);
void	imap_session_feed(struct imap_channel *, const uint8_t *, size_t);
void	imap_session_poll(struct imap_channel *);
void	imap_session_end(struct imap_channel *);
/* The folder is done: search again, go on to the next, or idle. */
void	imap_session_next(struct imap_channel *);
bool	imap_session_is_working(const struct imap_channel *);
/* The only way to change the step. */
void	imap_session_enter(struct imap_channel *, const struct step *);
/* The server has answered NO or BAD where we cannot do without. */
void	imap_session_refused(struct imap_channel *, const char *what, const struct imap_event *);
/* A command has been appended: remember what to do when it is done. */
void	imap_session_send(struct imap_channel *, unsigned id, command_done_fn *,
	    GArray *take_uids, uint64_t bytes);

/* look.c */
void	imap_look_visit(struct imap_channel *, unsigned at);	/* of the rota */
void	imap_look_for_new(struct imap_channel *);		/* in the selected folder */
/* Advance the cursor of the folder and keep it. */
void	imap_look_save(struct imap_channel *, struct box *);

/* work.c */
void	imap_work_pump(struct imap_channel *);
void	imap_work_mail(struct imap_channel *, const struct imap_event *);
void	imap_work_forget(struct imap_channel *);	/* the connection is gone */
struct box	*imap_work_box(struct imap_channel *);	/* the selected one, or NULL */

#endif
