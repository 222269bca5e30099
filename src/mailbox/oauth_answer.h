/* SPDX-License-Identifier: ISC */
/*
 * mailbox/oauth_answer.h - what is sent to a token server and what it says
 * (RFC 6749, 4.4, 5 and 6).  Pure.
 */
#ifndef MAILBOX_OAUTH_ANSWER_H
#define MAILBOX_OAUTH_ANSWER_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct oauth_answer {
	char	*access_token;
	char	*refresh_token;		/* NULL: the old one stays */
	int64_t	 expires_s;		/* from now */
};

/*
 * The form: grant refresh_token, or client_credentials if refresh_token is
 * NULL.  secret and scope may be NULL.  g_free() it.
 */
char	*oauth_form(const char *client_id, const char *secret, const char *refresh_token,
	    const char *scope);

/* ERR_PERM: the account is refused.  Clear the answer in any case. */
int	oauth_answer_read(int code, const char *body, size_t len, struct oauth_answer *,
	    struct err *);
void	oauth_answer_clear(struct oauth_answer *);

#endif
