/* SPDX-License-Identifier: ISC */
/*
 * ctl/mailbox.h - what the commands that log in to a mailbox share.
 */
#ifndef CTL_MAILBOX_H
#define CTL_MAILBOX_H

#include "conf/settings.h"
#include "ctl/ctl.h"
#include "mailbox/mailbox.h"

/* NULL: there is no such channel. */
const struct settings_imap	*ctl_imap_section(struct ctl *, const char *name);

/* NULL after what went wrong and what to do was printed; *status is for exit. */
struct mailbox	*ctl_mailbox_login(const struct settings_imap *, int *status);

/* 75 temporary, 77 refused, 78 configuration. */
int		 ctl_mailbox_status(const struct err *);

#endif
