/* SPDX-License-Identifier: ISC */
/*
 * mailbox/mailbox.h - a mailbox for tools: log in and ask, one command after
 * the other.
 *
 * Everything here blocks, on a loop of its own; the daemon's channel does not
 * use it.  The conversation is proto/imap's: begin a command on
 * mailbox_imap(), then mailbox_run() until it is done.
 */
#ifndef MAILBOX_MAILBOX_H
#define MAILBOX_MAILBOX_H

#include <glib.h>

#include "base/err.h"
#include "conf/settings.h"
#include "proto/imap.h"

struct mailbox;

struct mailbox_folder {
	char	*name;		/* UTF-8 */
	char	*raw;		/* for the server */
};

/*
 * Connected, logged in, and asked what it can do.  ERR_PERM: the login is
 * refused; ERR_CONFIG: it cannot work with these settings; else ERR_TEMP.
 */
struct mailbox	*mailbox_open(const struct settings_imap *, struct err *);
/* Says goodbye.  NULL is fine. */
void		 mailbox_close(struct mailbox *);

struct imap	*mailbox_imap(struct mailbox *);

/* What comes before the command is done. */
typedef void	mailbox_event_fn(void *arg, const struct imap_event *);

/*
 * 0: the server says OK.  -1, ERR_PERM: it refuses, and what it says;
 * ERR_TEMP: the connection is lost, and nothing more can be asked.
 */
int	mailbox_run(struct mailbox *, unsigned id, mailbox_event_fn *, void *arg, struct err *);

/* struct mailbox_folder *, those the channel reads; NULL on failure. */
GPtrArray	*mailbox_folders(struct mailbox *, struct err *);

/* uint32_t, the UIDs that match, ascending; NULL on failure. */
GArray		*mailbox_search(struct mailbox *, const char *criteria, struct err *);

#endif
