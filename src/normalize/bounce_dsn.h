/* SPDX-License-Identifier: ISC */
/*
 * normalize/bounce_dsn.h - the machine's part of a delivery report.
 *
 * Reads the fields of a message/delivery-status part, also when blank lines,
 * types or whole fields are missing.  Used by normalize/bounce.c.
 */
#ifndef NORMALIZE_BOUNCE_DSN_H
#define NORMALIZE_BOUNCE_DSN_H

#include <stdbool.h>
#include <stddef.h>

#include "model/message.h"

/* Adds each recipient, and the reporting MTA and original id if given. */
void	bounce_dsn_parse(const char *text, size_t len, struct bounce *);

/* Does this text (of a part with the wrong type) hold such fields? */
bool	bounce_dsn_looks_like(const char *text);

/* "rfc822; <a@b>" to "a@b", decoded; NULL if no address is in it. */
char	*bounce_dsn_address(const char *value);

#endif
