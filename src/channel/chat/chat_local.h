/* SPDX-License-Identifier: ISC */
/*
 * channel/chat/chat_local.h - one chat, and what its files know of each other.
 */
#ifndef CHANNEL_CHAT_CHAT_LOCAL_H
#define CHANNEL_CHAT_CHAT_LOCAL_H

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>

#include "channel/channel.h"
#include "channel/chat/feed.h"
#include "channel/chat/page.h"
#include "channel/chat/token.h"
#include "channel/rate.h"
#include "io/http_server.h"

enum chat_identity_mode { CHAT_IDENTITY_OFF, CHAT_IDENTITY_MARK, CHAT_IDENTITY_REQUIRE };

struct chat {
	struct channel			 ch;
	const struct settings_chat	*settings;
	char				*path;		/* "/chat/NAME/" */
	struct chat_token_key		 key;
	enum chat_identity_mode		 identity;
	GBytes				*identity_secret;	/* NULL when off */
	struct rate			*by_session;
	struct rate			*by_client;
	struct chat_pages		*pages;
	struct chat_feeds		*feeds;
};

/* answer.c: JSON for our own pages and those of the configured origins. */

/* May the page that asks do so?  needed: a request that browsers send with Origin. */
bool	chat_admits_origin(const struct chat *, const struct http_request *, bool needed);
/* Whole header lines for an answer to this request; g_free() them. */
char	*chat_headers(const struct chat *, const struct http_request *, const char *more);
void	chat_answer(struct chat *, struct http_request *, int code, const GString *json);
void	chat_refuse(struct chat *, struct http_request *, int code, const char *error,
	    const char *detail);
/* With Retry-After. */
void	chat_put_off(struct chat *, struct http_request *, int code, unsigned seconds,
	    const char *error, const char *detail);
/* The answer to OPTIONS. */
void	chat_preflight(struct chat *, struct http_request *);

/* visitor.c: who is it? */

/* From the Authorization header; if it is nobody, answered with 401 and -1. */
int	chat_admit_visitor(struct chat *, struct http_request *, struct chat_visitor *);
/* False if that is too much; answered with 429. */
bool	chat_admit_rate(struct chat *, struct http_request *, const struct chat_visitor *);
/* The body; NULL if it is no JSON object, answered with 400. */
json_t	*chat_body(struct chat *, struct http_request *);
/*
 * What the visitor filled in before the chat: struct chat_value * in the order
 * of the settings' fields, only those.  NULL if something in it cannot be;
 * answered with 400.
 */
struct chat_value {
	const struct settings_chat_field	*field;
	char					*text;	/* "": nothing */
};
GPtrArray	*chat_values(struct chat *, struct http_request *, const json_t *body);
void	chat_post_session(struct chat *, struct http_request *);

/* message.c */
void	chat_post_message(struct chat *, struct http_request *);

#endif
