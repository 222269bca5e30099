/* SPDX-License-Identifier: ISC */
/*
 * mailbox/place.h - how far a folder is done, how that is written down, and
 * what makes a message in it unique.
 *
 * Used by channel/imap, which keeps it, and by intakectl, which compares.
 */
#ifndef MAILBOX_PLACE_H
#define MAILBOX_PLACE_H

#include <stdbool.h>
#include <stdint.h>

struct place {
	uint32_t	uidvalidity;	/* 0: none */
	uint32_t	cursor;		/* up to there all is done */
	uint32_t	rewinds;	/* UIDs were used again without a new UIDVALIDITY */
};

/* Where it is kept (store/cursor.h). */
char	*place_name(const char *channel, const char *folder);

/* "uidvalidity cursor [rewinds]". */
char	*place_format(const struct place *);
bool	 place_parse(const char *, struct place *);

/* "folder/uidvalidity[.rewinds]/uid": the key of the arrival. */
char	*place_key(const struct place *, const char *folder, uint32_t uid);

/*
 * What was there when the folder was looked at for the very first time: of
 * this only what "import" says is taken.  When the UIDs have changed since,
 * highest is the one there was at the change, and of those up to it all are
 * old that were delivered before the first look.  Kept beside the place.
 */
struct place_first {
	uint32_t	uidvalidity, highest;
	int64_t		at_s;		/* seconds since 1970; 0: everything was taken */
	bool		renumbered;
};

char	*place_first_name(const char *channel, const char *folder);
char	*place_first_format(const struct place_first *);
bool	 place_first_parse(const char *, struct place_first *);

/*
 * For a search, "BEFORE 19-Nov-2026": what was delivered before the first
 * look, with two days for clocks and time zones.
 */
char	*place_first_date(const struct place_first *, const char *word);

#endif
