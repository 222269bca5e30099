/* SPDX-License-Identifier: ISC */
/*
 * A queue connected to a server of our own, and commits for it.
 */
#ifndef TESTS_QUEUE_FIXTURE_H
#define TESTS_QUEUE_FIXTURE_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "queue/queue.h"
#include "server.h"

/* So long that only what never comes is missed, however busy the machine is. */
#define WAIT_MS	60000

/* In place of cmocka_unit_test(): a test that fails leaves no server running. */
#define queue_test(f)	cmocka_unit_test_teardown(f, end_servers)
int		 end_servers(void **state);

/* What one call of the queue was answered. */
struct got {
	bool			 done;
	unsigned		 answers;
	enum queue_outcome	 outcome;
	char			 ticket[64];
	char			 event_id[64];
	char			 entry_id[64];
	GPtrArray		*candidates;
	GPtrArray		*related;
	GPtrArray		*list;
	enum queue_begin	 begin;
	unsigned		 attempt;
	char			 text[64];
};

struct fixture {
	struct server		*server;
	struct loop		*loop;
	struct settings_redis	 settings;
	struct queue		*queue;
	struct queue_marks	 marks;
	bool			 up;
	bool			 down;
	bool			 replies;
	bool			 chat;
	unsigned		 ups;
	char			 session[64];
	struct err		 why;
};

/* A commit of a new ticket: as the arrival "identity" would make it. */
struct plan {
	struct ticket		*ticket;
	GPtrArray		*dedup;
	GPtrArray		*own;
	struct queue_commit	 c;
};

/* Starts a server (extra: see server_new()) and a queue; waits until it is up. */
struct fixture	*fixture_new(const char *const *extra, int64_t partitions);
void		 fixture_free(struct fixture *);
/* Another queue with the fixture's settings. */
void		 open_queue(struct fixture *);
/* The queue anew, with commands that are given up so soon. */
void		 reopen_impatient(struct fixture *, int64_t timeout_ms);

void		 got_clear(struct got *);
void		 on_answer(void *got, struct queue_answer *);
const struct ticket *candidate(const struct got *, guint);

struct plan	*plan_new(struct fixture *, const char *id, const char *identity);
void		 plan_free(struct plan *);
/* Waits for the answer. */
void		 commit(struct fixture *, const struct plan *, struct got *);
/* A new ticket that must be DONE. */
void		 commit_new(struct fixture *, const char *id, const char *identity);
/* Commit until it is neither RETRY nor the time over; the last outcome. */
enum queue_outcome commit_at_last(struct fixture *, const struct plan *);

#endif
