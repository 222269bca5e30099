/* SPDX-License-Identifier: ISC */
/*
 * channel/channel.h - the door to the channels: what the daemon gives to one
 * and what one offers.
 *
 * A channel brings messages from somewhere, hands each to the sink as an
 * arrival, and acknowledges its sender only after the sink has called back
 * that the arrival is durable.  It knows neither the journal nor the other
 * channels.  Everything here is called on the loop; nothing may block.
 *
 * Each kind has a folder of its own and one struct channel_ops, named in the
 * list in channel.c.
 */
#ifndef CHANNEL_CHANNEL_H
#define CHANNEL_CHANNEL_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "conf/settings.h"
#include "io/loop.h"
#include "model/arrival.h"

struct cursors;			/* store/cursor.h */
struct http_server;		/* io/http_server.h */

enum channel_settlement {
	SETTLED_DURABLE,	/* on disk: acknowledge the sender */
	SETTLED_REFUSED		/* not taken: the sender has to try again */
};

/* lsn is the place in the journal, 0 when refused. */
typedef void	channel_settled_fn(void *settle_arg, enum channel_settlement, uint64_t lsn);

/* Where arrivals go.  The daemon's; channels only call it. */
struct channel_sink {
	void	*arg;

	/*
	 * Is there room for one more of so many bytes?  -1: full or shutting
	 * down, the sentence says which; answer 503 or pause, lose nothing.
	 */
	int	(*admit)(void *arg, size_t bytes, struct err *why);

	/*
	 * Takes the arrival and journals it.  Calls settled exactly once, on
	 * the loop, and not before accept() has returned.
	 */
	void	(*accept)(void *arg, struct arrival *take, channel_settled_fn *, void *settle_arg);

	/* Is an arrival of this identity durable from earlier? */
	bool	(*known)(void *arg, const struct arrival *);

	/*
	 * Has the channel lately taken a mail of exactly this header and size,
	 * under whatever key?  NULL: cannot say.
	 */
	bool	(*known_mail)(void *arg, const char *channel, const void *header, size_t len,
		    uint64_t size);
};

/* One line of a chat's transcript: what the visitor wrote, or is told. */
struct channel_line {
	const char	*id;		/* to read on after it; orders lines */
	const char	*json;		/* {"direction": "in" | "out", "kind", "author", "text",
					   "client_id", "at"} */
};

/* lines is NULL when they cannot be had now: try again later. */
typedef void	channel_lines_fn(void *arg, const struct channel_line *lines, unsigned count);

/* What was said in a chat, kept where all daemons see it. */
struct channel_transcripts {
	void	*arg;

	/* At most max lines after that id (NULL: from the start); calls back once, later. */
	void	(*read)(void *arg, const char *session, const char *after, unsigned max,
		    channel_lines_fn *, void *fn_arg);
};

/* Borrowed by every channel until it is freed. */
struct channel_env {
	struct loop			*loop;
	const struct settings		*settings;
	const struct channel_sink	*sink;
	const struct channel_transcripts *transcripts;
	struct http_server		*http;
	struct cursors			*cursors;
	const uint8_t			*secret;	/* 32 bytes, this installation's own */
};

/* The head of each kind's struct. */
struct channel {
	const struct channel_ops	*ops;
	const struct channel_env	*env;
	const char			*name;		/* borrowed from the settings */
	bool				 paused;
};

struct channel_ops {
	const char	*kind;		/* the section's word in intaked.conf */
	size_t		 size;		/* of its struct, which begins with struct channel */
	size_t		 sections;	/* offset in struct settings of a GPtrArray * of
					   structs that begin with char *name */

	/* On failure the struct is as if never started. */
	int	(*start)(struct channel *, const void *section, struct err *);
	/*
	 * Take nothing more and give up connections.  What was handed to the
	 * sink is still settled and answered after this.
	 */
	void	(*stop)(struct channel *);
	/* After stop() and after the last settlement.  NULL: nothing to free. */
	void	(*free)(struct channel *);
	/* The sink is full: take nothing, lose nothing. */
	void	(*pause)(struct channel *);
	void	(*resume)(struct channel *);
	/*
	 * One line for /readyz and intakectl status, appended when something
	 * is wrong; nothing when all is well.
	 */
	void	(*status)(const struct channel *, GString *issue);
	/* The transcript of this session grew; NULL: any may have.  Or NULL. */
	void	(*grown)(struct channel *, const char *session);
};

/* Ends with NULL. */
extern const struct channel_ops *const channel_kinds[];

/*
 * A channel for each section of the settings, started; in the order of kinds
 * and of the file.  All or none: on failure NULL, and the sentence names the
 * channel.  Free with channels_free().
 */
GPtrArray	*channels_start(const struct channel_env *, struct err *);
void		 channels_stop(GPtrArray *);
void		 channels_free(GPtrArray *);		/* NULL is fine */
void		 channels_pause(GPtrArray *);		/* twice is once */
void		 channels_resume(GPtrArray *);
/* NULL if there is none of that kind and name. */
struct channel	*channels_find(GPtrArray *, const char *kind, const char *name);

#endif
