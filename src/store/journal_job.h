/* SPDX-License-Identifier: ISC */
/*
 * store/journal_job.h - what the journal's loop side asks of its lane, and the
 * lane's doing of it.
 *
 * Used by store/journal.c only.
 */
#ifndef STORE_JOURNAL_JOB_H
#define STORE_JOURNAL_JOB_H

#include <glib.h>
#include <stdint.h>

#include "base/err.h"
#include "model/arrival.h"
#include "store/journal.h"
#include "store/journal_ledger.h"
#include "store/journal_writer.h"

/* What only the lane's thread touches while it runs. */
struct journal_disk {
	int			 dirfd;		/* borrowed */
	struct journal_writer	 writer;
	struct journal_ledger	 ledger;
};

enum journal_job_kind {
	JOB_APPEND,
	JOB_LEDGER,		/* write down what is done; touch the names */
	JOB_SWEEP,		/* the same, then remove the names; look at the disk */
	JOB_SKIP		/* give no LSN up to this one */
};

struct journal_job {
	enum journal_job_kind	 kind;
	/* append */
	struct arrival		*arrival;
	int64_t			 bytes;		/* as counted in waiting */
	journal_done_fn		*done;
	void			*arg;
	struct writer_item	 item;
	/* ledger, sweep, skip */
	uint64_t		 lsn;
	GPtrArray		*names;		/* to touch, or to remove */
	/* what came of it */
	enum writer_state	 state;
	struct err		 err;
	int64_t			 free_bytes;	/* -1: not looked */
};

struct journal_job	*journal_job_new(enum journal_job_kind);
void			 journal_job_free(struct journal_job *);

/* On the lane: do them all, in order; appends that follow each other together. */
void	journal_job_run(struct journal_disk *, GPtrArray *jobs);

/* Bytes that may be used, 0 if there are no inodes; -1: unknown. */
int64_t	journal_free_space(int fd);

#endif
