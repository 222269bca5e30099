/* SPDX-License-Identifier: ISC */
/*
 * store/quarantine.h - messages that could not be handled, with the reason,
 * until an operator looks: quarantine/<id> in the state directory.
 *
 * An entry is one file: a few lines that can be read with any pager, an empty
 * line, and the arrival as the journal spells it.  Its id follows from the
 * arrival's identity, so that the same one set aside twice (after a crash, or
 * after a release that did not help) is one entry.
 *
 * The functions with a directory block and need no daemon: intakectl uses
 * them, and a lane of the daemon's does.
 */
#ifndef STORE_QUARANTINE_H
#define STORE_QUARANTINE_H

#include <glib.h>
#include <stdint.h>

#include "base/err.h"
#include "io/loop.h"
#include "model/arrival.h"

#define QUARANTINE_ID_SIZE	11	/* ten letters and a NUL */

struct quarantine_entry {
	char		 id[QUARANTINE_ID_SIZE];
	int64_t		 time_ms;
	char		*reason;	/* a code: "parse-timeout", "too-large", ... */
	char		*detail;	/* one sentence */
	char		*kind;		/* of the arrival's channel */
	char		*channel;
	char		*key;
	uint64_t	 lsn;		/* in the journal then; 0: never */
	uint64_t	 size;		/* of the arrival's bytes */
};

void	quarantine_entry_free(struct quarantine_entry *);	/* NULL is fine */

/* The id that an arrival has or would have. */
void	quarantine_id(const struct arrival *, char id[QUARANTINE_ID_SIZE]);

/* Blocking; state_dir is a path. */
int		 quarantine_put(const char *state_dir, const char *reason,
		    const char *detail, const struct arrival *, struct err *);
/* struct quarantine_entry *, oldest first; NULL on error, empty if there are none. */
GPtrArray	*quarantine_list(const char *state_dir, struct err *);
struct quarantine_entry	*quarantine_show(const char *state_dir, const char *id, struct err *);
/* To be journaled again; then drop the entry. */
struct arrival	*quarantine_arrival(const char *state_dir, const char *id, struct err *);
int		 quarantine_drop(const char *state_dir, const char *id, struct err *);

/* On the loop. */
struct quarantine;

struct quarantine	*quarantine_open(struct loop *, const char *state_dir, struct err *);
void			 quarantine_close(struct quarantine *);	/* NULL is fine */
/* Entries there are. */
unsigned		 quarantine_count(const struct quarantine *);

/* why is NULL: on disk. */
typedef void	quarantine_done_fn(void *arg, const struct err *why);
void		 quarantine_add(struct quarantine *, const char *reason, const char *detail,
		    struct arrival *take, quarantine_done_fn *, void *arg);
/* Drop on the lane; the done function may be NULL. */
void		 quarantine_remove(struct quarantine *, const char *id,
		    quarantine_done_fn *, void *arg);

#endif
