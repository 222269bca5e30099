/* SPDX-License-Identifier: ISC */
/*
 * store/journal_tool.h - looks into a journal from outside: for intakectl,
 * while the daemon runs or when it cannot.
 *
 * Changes nothing and takes no lock.  A record that is being written at the
 * moment looks like a torn end and is passed over.  Everything blocks.
 */
#ifndef STORE_JOURNAL_TOOL_H
#define STORE_JOURNAL_TOOL_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "model/arrival.h"

enum journal_tool_kind {
	JOURNAL_TOOL_SEGMENT_GOOD,
	JOURNAL_TOOL_SEGMENT_NEWER,	/* version: its records were not read */
	JOURNAL_TOOL_SEGMENT_HEAD_BAD
};

struct journal_tool_segment {
	uint64_t	first;		/* of its name */
	uint64_t	last;		/* first - 1: no record */
	uint64_t	records;
	int64_t		size;
	int64_t		newest_ms;	/* -1: no record */
	uint64_t	damaged;	/* pieces */
	bool		unfinished;	/* ends in part of a record */
	bool		done;		/* all of it is on the queue, by the ledger */
	enum journal_tool_kind kind;
};

/* What is no good record; reported where it is found. */
struct journal_tool_damage {
	uint64_t	segment;	/* first LSN of its name */
	int64_t		from, to;	/* bytes of the file */
	const char	*what;		/* one sentence */
};

struct journal_tool_visitor {
	/* Any may be NULL.  A record's function returns false to stop there. */
	bool	(*record)(void *arg, uint64_t lsn, int64_t time_ms, const struct arrival *);
	void	(*segment)(void *arg, const struct journal_tool_segment *);
	void	(*damage)(void *arg, const struct journal_tool_damage *);
	void	*arg;
	uint64_t from;			/* lowest LSN for record() */
};

struct journal_tool_summary {
	char		id[33];		/* "" if it has none yet */
	uint64_t	done;
	uint64_t	records;
	uint64_t	damaged;	/* pieces, heads and the ledger; 0: all is well */
	bool		stopped;	/* record() did */
};

/* Every record in order of LSN.  -1: there is no journal, or it cannot be read. */
int	journal_tool_visit(const char *state_dir, const struct journal_tool_visitor *,
	    struct journal_tool_summary *, struct err *);

/* The arrival with that LSN; NULL and ERR_PERM: there is none. */
struct arrival	*journal_tool_read(const char *state_dir, uint64_t lsn, struct err *);

#endif
