/* SPDX-License-Identifier: ISC */
/*
 * intake/intake_local.h - what the files of intake/ share.
 */
#ifndef INTAKE_INTAKE_LOCAL_H
#define INTAKE_INTAKE_LOCAL_H

#include "check/check.h"
#include "intake/ahead.h"
#include "intake/intake.h"
#include "intake/parse_pool.h"
#include "intake/turns.h"
#include "queue/queue.h"
#include "ticket/ticket.h"

struct passage;
struct releases;
struct replies;

struct intake {
	struct loop		*loop;
	const struct settings	*settings;
	struct journal		*journal;
	struct blobs		*blobs;
	struct bucket		*bucket;
	struct quarantine	*quarantine;
	const uint8_t		*secret;
	struct intake_events	 events;
	void			*events_arg;

	struct queue		*queue;
	struct parse_pool	*parse;
	struct ahead		*ahead;
	struct check		*check;
	GPtrArray		*own;		/* char *: our addresses */
	struct releases		*releases;	/* intake/release.c */
	struct replies		*replies;	/* intake/replies.c */

	/*
	 * The window.  passages holds what was begun, in the order of the
	 * journal; one that is finished stays, empty, until all before it are,
	 * so that mark, the last one popped, never jumps over one that is not.
	 */
	GQueue			*passages;	/* struct passage * */
	unsigned		 finished;	/* of these */
	size_t			 bytes;		/* of the arrivals of the others */
	struct turns		*readers;	/* to look up what is there for them */
	struct turns		*writers;	/* to commit */
	GHashTable		*lanes;		/* thread key -> GQueue of passages waiting for
						   the one that is on it */
	uint64_t		 cursor;	/* last LSN begun */
	uint64_t		 mark;		/* all up to here are finished */
	uint64_t		 told;		/* mark Redis was last told */
	uint64_t		 highest;	/* LSN ever finished: below it, DONE means "again" */
	bool			 rewind;	/* a new server run: go back to mark once idle */
	unsigned		 waiting;	/* passages that wait for Redis */
	uint64_t		 lost_again;
	char			 problem[256];

	struct loop_timer	*retry;		/* repeats what Redis did not take */
	struct loop_timer	*tick;		/* each second */
	bool			 stopping;
	void			(*idle)(void *);
	void			*idle_arg;
};

/* intake/passage.c and passage_commit.c: one arrival on its way. */
struct passage	*passage_begin(struct intake *, uint64_t lsn);
/* Repeat the step that Redis did not take, if it is in that state. */
void		 passage_retry(struct passage *);
bool		 passage_is_finished(const struct passage *);
uint64_t	 passage_lsn(const struct passage *);
void		 passage_free(struct passage *);
/* What happens to it in line, see intake/turns.h: its turn has come, or is over. */
void		 passage_read(void *passage);
void		 passage_write(void *passage);
void		 passage_overtaken(void *passage);

/* intake/intake.c: a passage with an arrival of so many bytes has come to its end. */
void		 intake_finished(struct intake *, size_t bytes);

/* intake/release.c: tickets whose time has run out. */
struct releases	*releases_new(struct intake *);
void		 releases_free(struct releases *);
void		 releases_tick(struct releases *);

/* intake/replies.c: what is told to customers. */
struct replies	*replies_new(struct intake *, struct err *);
void		 replies_free(struct replies *);
void		 replies_look(struct replies *);	/* something may be there */
int		 replies_reload(struct replies *, const struct settings *, struct err *);
unsigned	 replies_under_way(const struct replies *);
/* The questions, the acknowledgement or the notice that the verdict asks for, or NULL. */
struct outgoing	*replies_for_verdict(struct replies *, const struct ticket *,
		    const struct verdict *);

/* intake/report.c: for tap, metrics and log, after a commit. */
void		 intake_report(struct intake *, const struct ticket *, const struct verdict *,
		    const char *entry_id);

/* JSON of one line for the transcript of a chat session.  g_free() it. */
char		*intake_chat_line(const char *direction, const char *kind, const char *author,
		    const char *text, const char *client_id, int64_t at_ms);

#endif
