/* SPDX-License-Identifier: ISC */
/*
 * ctl/recognise.h - is this message in a mailbox one that we know under
 * another name?  For intakectl reconcile, after UIDs have changed.
 *
 * What is asked for is fetched from the selected folder and leaves no flag.
 */
#ifndef CTL_RECOGNISE_H
#define CTL_RECOGNISE_H

#include <stdbool.h>
#include <stdint.h>

#include "ctl/ctl.h"
#include "mailbox/mailbox.h"
#include "store/known.h"

struct recognise;

/* Borrows all; known holds the channel's arrivals. */
struct recognise	*recognise_new(struct ctl *, const struct settings_imap *,
			    struct mailbox *, const struct known *);
void			 recognise_free(struct recognise *);	/* NULL is fine */

/* By header and size, as the daemon does it. */
bool	recognise_header(struct recognise *, uint32_t uid);

/* What the queue knows the content by; NULL: it cannot be fetched or read. */
char	*recognise_content(struct recognise *, uint32_t uid);

#endif
