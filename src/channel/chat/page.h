/* SPDX-License-Identifier: ISC */
/*
 * channel/chat/page.h - what a chat serves that stays the same: the widget,
 * its configuration and a page of our own to try it on.
 *
 * The widget is there under two names: widget.js, which is looked after once
 * in a while, and widget-DIGEST.js, which never changes and is gone when the
 * widget does.  The configuration has that name and a hash for the page's
 * integrity attribute.
 */
#ifndef CHANNEL_CHAT_PAGE_H
#define CHANNEL_CHAT_PAGE_H

#include <stdbool.h>

#include "conf/settings.h"
#include "io/http_server.h"

struct chat_pages;

struct chat_pages	*chat_pages_new(const struct settings_chat *);
void			 chat_pages_free(struct chat_pages *);	/* NULL is fine */

/* The JSON for GET config; borrowed. */
const GString	*chat_pages_config(const struct chat_pages *);
/* True when the file of this name was served. */
bool		 chat_pages_serve(const struct chat_pages *, struct http_request *,
		    const char *name);

#endif
