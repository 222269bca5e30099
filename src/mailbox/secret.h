/* SPDX-License-Identifier: ISC */
/*
 * mailbox/secret.h - the password or token, from its file or command.
 *
 * It is read anew for every login, so that it can be changed without a
 * restart.  A command runs in its own process; the loop does not wait.
 */
#ifndef MAILBOX_SECRET_H
#define MAILBOX_SECRET_H

#include "base/err.h"
#include "conf/settings.h"
#include "io/loop.h"

struct secret_query;

/* secret is NULL on failure, and only valid during the call. */
typedef void	secret_done_fn(void *arg, const char *secret, const struct err *);

/* done() comes once, from the loop; it may free the query. */
struct secret_query	*secret_query_new(struct loop *, const struct settings_secret *,
			    int64_t timeout_ms, secret_done_fn *, void *arg);
void			 secret_query_free(struct secret_query *);	/* NULL is fine */

#endif
