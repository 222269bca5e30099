/* SPDX-License-Identifier: ISC */
/*
 * mailbox/oauth.h - an access token for auth = "xoauth2", fetched from the
 * provider with a refresh token (grant refresh_token) or with the client's own
 * secret (grant client_credentials).
 *
 * Tokens are kept in memory for all channels of the process that name the same
 * account, and asked for anew five minutes before they end.  One request at a
 * time: in the process, and by a lock on the refresh token's file among
 * processes.  A refresh token that the provider replaces is on disk before the
 * access token that came with it is used.
 */
#ifndef MAILBOX_OAUTH_H
#define MAILBOX_OAUTH_H

#include <stdbool.h>

#include "conf/settings.h"
#include "io/loop.h"
#include "mailbox/secret.h"

struct oauth_query;

bool			 oauth_is_used(const struct settings_oauth *);

/*
 * done() comes once, from the loop; it may free the query.  Its error is
 * ERR_PERM when the provider refuses the account: a human has to look.
 */
struct oauth_query	*oauth_query_new(struct loop *, const struct settings_oauth *,
			    const char *channel, secret_done_fn *, void *arg);
/* The request under way is given up with the last query for it.  NULL is fine. */
void			 oauth_query_free(struct oauth_query *);

/* The mail server refuses the token: the next query asks for another. */
void			 oauth_forget(const struct settings_oauth *);

#endif
