/* SPDX-License-Identifier: ISC */
/*
 * reply/compose.h - the one place where an outgoing mail is put together.
 *
 * Lines end with CR LF and are shorter than 998 bytes; a header holds nothing
 * but printable ASCII, whatever the strings were; the body is quoted-printable
 * or base64 where it is not plain short ASCII.  The same outgoing gives the
 * same Message-ID.
 *
 * Pure.  Used by reply/mailer.c; fuzzed by fuzz_compose.
 */
#ifndef REPLY_COMPOSE_H
#define REPLY_COMPOSE_H

#include <glib.h>
#include <stddef.h>

#include "base/err.h"
#include "model/outgoing.h"
#include "model/reply_token.h"
#include "model/ticket.h"

/* Who we are; borrowed, NULL where said. */
struct compose_sender {
	const char		*from_name;	/* or NULL */
	const char		*from_addr;
	const char		*reply_to;	/* or NULL; "+%" in it becomes the token */
	const char		*domain;	/* of our Message-IDs */
	const char		*instance;	/* for X-Intake-Loop */
	struct reply_token_key	 key;
};

struct composed {
	char	*message_id;	/* without <> */
	char	*mail_from;	/* envelope; "" for automatic mail */
	char	*rcpt_to;	/* ASCII */
	GString	*bytes;
};

/* ERR_PERM: an address that cannot be written to.  ticket may be NULL. */
int	compose_mail(const struct compose_sender *, const struct outgoing *,
	    const struct ticket *, struct composed *, struct err *);
void	composed_clear(struct composed *);

/* "7KQM2-XWA9F.0123456789ABC.<token>@domain"; g_free() it. */
char	*compose_message_id(const struct compose_sender *, const struct outgoing *);

#endif
