/* SPDX-License-Identifier: ISC */
/*
 * channel/chat/feed.h - the open event streams of a chat's visitors.
 *
 * A feed sends the lines of its session's transcript, from the one after
 * which the visitor asked on, whenever it is told that there are more.  When
 * the transcript cannot be read now it tries again later.  Heartbeats go out
 * spread over time, so that a thousand visitors are not one burst.
 *
 * A visitor has up to CHAT_FEEDS_MAX feeds (tabs of a browser); one more ends
 * the oldest, which is told.  A client that does not read is cut off; it loses
 * nothing, it reads on from its last line when it comes back.
 */
#ifndef CHANNEL_CHAT_FEED_H
#define CHANNEL_CHAT_FEED_H

#include "channel/channel.h"
#include "channel/chat/token.h"
#include "io/http_server.h"

#define CHAT_FEEDS_MAX	4

struct chat_feeds;

/* The key and the environment are borrowed. */
struct chat_feeds	*chat_feeds_new(const struct channel_env *, const struct chat_token_key *,
			    int64_t heartbeat_ms);
/* Ends them all. */
void			 chat_feeds_close(struct chat_feeds *);
void			 chat_feeds_free(struct chat_feeds *);	/* NULL is fine */

/*
 * Answers the request with a stream.  Takes the visitor.  after is the id of
 * a line or NULL.
 */
void	chat_feed_open(struct chat_feeds *, struct http_request *, const char *headers,
	    struct chat_visitor *, const char *after);

/* There are more lines; session is NULL: in any. */
void	chat_feeds_wake(struct chat_feeds *, const char *session);

#endif
