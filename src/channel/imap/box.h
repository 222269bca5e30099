/* SPDX-License-Identifier: ISC */
/*
 * channel/imap/box.h - what we know of one folder: how far it is done, and
 * which messages are on their way.
 *
 * A message goes WANTED, MEASURING, READY, ASKED, TAKEN, DURABLE, ACTING,
 * DONE.  The cursor is the highest UID below which all is done; only it is
 * kept over a restart, so what was under way then comes again and is known
 * by its key.  \Seen and other flags play no part.
 *
 * Pure bookkeeping: no I/O, no clock.  Used by channel/imap only.
 */
#ifndef CHANNEL_IMAP_BOX_H
#define CHANNEL_IMAP_BOX_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mailbox/place.h"

enum box_state {
	BOX_WANTED,		/* size not known */
	BOX_MEASURING,		/* asked for it */
	BOX_READY,		/* size known */
	BOX_ASKED,		/* content asked for */
	BOX_TAKEN,		/* handed to the sink */
	BOX_DURABLE,		/* settled: the sender may be told */
	BOX_ACTING,		/* being flagged, moved, deleted */
	BOX_DONE
};

struct box_item {
	uint32_t	uid;
	uint8_t		state;		/* enum box_state */
	uint8_t		tries;		/* how often asked for in vain */
	bool		doubtful;	/* may be an old one: look at its header first */
	uint64_t	size;
};

struct box {
	char		*name;		/* UTF-8: for keys and people */
	char		*raw;		/* for the server */
	uint32_t	 uidvalidity;	/* 0: never opened */
	uint32_t	 cursor;
	uint32_t	 rewinds;	/* UIDs were used again without a new UIDVALIDITY */
	uint32_t	 doubt;		/* up to here are messages with new UIDs */
	struct place_first first;	/* uidvalidity 0: not known */
	uint32_t	 horizon;	/* the cursor when everything listed is done */
	bool		 importing;	/* first start: the cursor does not count yet */
	bool		 complained;	/* could not be opened, and it was logged */
	GArray		*items;		/* struct box_item, by uid */
	GArray		*found;		/* uint32_t: hits of the search under way */
	unsigned	 count[BOX_DONE + 1];	/* items in each state */
	size_t		 first_wanted, first_ready;	/* none in that state before */
};

struct box	*box_new(const char *name, const char *raw);
void		 box_free(struct box *);

/* Forget all messages and begin behind this UID. */
void	box_begin(struct box *, uint32_t uidvalidity, uint32_t cursor);

/* The hits of one search; those that are new become wanted at the end. */
void	box_found(struct box *, uint32_t uid);
unsigned box_end_search(struct box *);		/* how many are new */

struct box_item	*box_find(struct box *, uint32_t uid);	/* or NULL */
void	box_set(struct box *, struct box_item *, enum box_state);

/*
 * Up to max UIDs of that state, ascending, appended to uids; bytes, if not
 * NULL, limits the sum of sizes (but one is always taken).  Only WANTED,
 * READY and DURABLE can be picked.  A message that has failed is picked alone.
 */
void	box_pick(struct box *, enum box_state, unsigned max, const uint64_t *bytes,
	    GArray *uids);

/* Drop what is done at the front.  True if the cursor has moved. */
bool	box_advance(struct box *);

/* The connection is lost: what was asked for is open again. */
void	box_disconnect(struct box *);

/* Not yet done. */
unsigned box_open(const struct box *);

/* "uidvalidity cursor [rewinds]" as it is kept; restore() begins there. */
char	*box_cursor_format(const struct box *);
bool	 box_cursor_restore(struct box *, const char *);

/* What is unique of a message: "folder/uidvalidity[.rewinds]/uid". */
char	*box_key(const struct box *, uint32_t uid);

#endif
