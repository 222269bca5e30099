/* SPDX-License-Identifier: ISC */
/*
 * daemon/daemon_local.h - what the files of daemon/ share.
 */
#ifndef DAEMON_DAEMON_LOCAL_H
#define DAEMON_DAEMON_LOCAL_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "bucket/bucket.h"
#include "channel/channel.h"
#include "conf/settings.h"
#include "daemon/daemon.h"
#include "daemon/notify.h"
#include "intake/intake.h"
#include "io/http_server.h"
#include "io/loop.h"
#include "store/blob.h"
#include "store/cursor.h"
#include "store/journal.h"
#include "store/known.h"
#include "store/quarantine.h"
#include "store/state_dir.h"

/* A journal without room for an ordinary mail is full. */
#define DAEMON_ROOM_FOR_ONE	((size_t)256 * 1024)

struct daemon;

/*
 * One configuration in use, with the channels it made.  After a reload the
 * one before lives on until its last message is settled.
 */
struct generation {
	struct daemon		*daemon;
	struct settings		*settings;	/* owned */
	struct channel_sink	 sink;
	struct channel_transcripts transcripts;
	struct channel_env	 env;
	GPtrArray		*channels;
	unsigned		 unsettled;	/* accepted, not yet reported */
};

struct daemon {
	struct loop		*loop;
	struct state_dir	*state;
	uint8_t			 secret[STATE_SECRET_SIZE];
	struct journal		*journal;
	struct known		*known;
	struct blobs		*blobs;
	struct bucket		*bucket;
	struct cursors		*cursors;
	struct quarantine	*quarantine;
	struct http_server	*http;		/* webhooks and chat; NULL: none configured */
	struct http_server	*admin;
	struct http_server	*control;
	struct intake		*intake;
	struct notify		*notify;
	struct generation	*now;
	GPtrArray		*before;	/* struct generation *, not settled yet */
	GPtrArray		*taps;		/* struct http_stream * */
	struct loop_timer	*tick;
	struct loop_timer	*grace;		/* of a stop */
	int64_t			 started_ms;
	unsigned		 reloads;
	char			*reload_problems;	/* of the last reload; NULL: it was good */
	bool			 stopping;
	bool			 idle;		/* nothing is under way in intake */
	bool			 paused;	/* the journal takes nothing; channels know */
	unsigned		 refused;	/* for want of room, since it was logged */
	int64_t			 refusal_logged_ms;	/* monotonic; 0: never */
	int			 status;	/* to exit with */
};

/* daemon/daemon.c */
void	daemon_http_options(const struct settings *, struct http_options *out);

/* daemon/generation.c */
struct generation	*generation_start(struct daemon *, struct settings *take, struct err *);
void			 generation_stop(struct generation *);
void			 generation_free(struct generation *);	/* settled and stopped */

/* daemon/reload.c: 0, or -1 with the reasons in daemon->reload_problems. */
int	daemon_reload(struct daemon *);

/* daemon/status_page.c: /livez, /readyz, /metrics. */
int	status_page_start(struct daemon *, struct err *);
/* "reason" strings of what is wrong; *blocking: messages cannot be taken. */
GPtrArray	*status_issues(struct daemon *, bool *blocking);

/* daemon/control.c: for intakectl. */
int	control_start(struct daemon *, struct err *);
void	control_tap(struct daemon *, const char *line);

#endif
