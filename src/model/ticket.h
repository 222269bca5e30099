/* SPDX-License-Identifier: ISC */
/*
 * model/ticket.h - the conversation, and the document that workers get.
 *
 * Redis keeps the truth about a ticket; this struct is what one step knows of
 * it: read from the record (queue/queue.h), changed by ticket/ and check/,
 * written back in one atomic call that fails if someone else was faster.
 *
 * doc/ticket.schema.json describes the document that ticket_write() makes.
 */
#ifndef MODEL_TICKET_H
#define MODEL_TICKET_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "model/findings.h"
#include "model/message.h"

enum ticket_status { TICKET_OPEN, TICKET_IN_PROGRESS, TICKET_AWAITING_CUSTOMER, TICKET_CLOSED };

#define TICKET_ID_SIZE	12	/* "7KQM2-XWA9F" and its NUL */

struct ticket_detail {
	char	*name;
	char	*label;		/* how the form words it */
	char	*value;
	char	*source;
};

struct ticket_missing {
	char	*name;
	char	*label;
	char	*question;
	char	*problem;	/* why the value given was not accepted, or NULL */
};

/* One earlier or present message of the conversation, shortened. */
struct ticket_turn {
	int64_t	 at_ms;
	char	*direction;	/* "in", "out" */
	char	*who;		/* address, visitor, or worker */
	char	*message_id;
	char	*excerpt;	/* at most 500 bytes */
};

struct ticket {
	char			 id[TICKET_ID_SIZE];
	uint64_t		 version;	/* of the record this was read from; 0: new */
	char			*event;		/* "ticket.created", "ticket.updated", "ticket.completed",
						   "ticket.asked", "ticket.released" */
	char			*event_id;	/* the same however often the step is repeated */
	int64_t			 created_ms;
	int64_t			 updated_ms;
	enum ticket_status	 status;
	char			*department;
	enum priority		 priority;
	GPtrArray		*priority_reasons;	/* char * */
	GPtrArray		*tags;			/* char * */
	char			*language;

	char			*channel_kind;
	char			*channel_name;
	struct address		*customer;	/* NULL if nobody can be reached */
	char			*customer_verified;	/* "dmarc", "hmac", ...; or NULL */
	char			*session;		/* chat */
	GPtrArray		*participants;	/* char *: canonical addresses that belong to it */
	char			*subject;	/* of the first message */
	GPtrArray		*references;	/* char *: message ids for In-Reply-To, newest last,
						   at most 20 */

	char			*form;		/* NULL: no form applies */
	GPtrArray		*details;	/* struct ticket_detail * */
	GPtrArray		*missing;	/* struct ticket_missing * */
	unsigned		 asked_rounds;
	int64_t			 deadline_ms;	/* released as incomplete then; -1: not waiting */
	char			*completeness;	/* "complete", "incomplete", "waiting", "none" */

	GPtrArray		*turns;		/* struct ticket_turn *, oldest first, at most 20 */
	GPtrArray		*possibly_related;	/* char *: ticket ids */
	struct message		*message;	/* what caused this event; owned; may be NULL */
	char			*message_json;	/* or: the message as the record holds it */
	GPtrArray		*held;		/* char *: JSON of earlier messages that no event has
						   carried to a worker yet, oldest first, at most 20 */
	uint64_t		 files;		/* attachments of all its messages, those withheld not */
	uint64_t		 file_bytes;
	bool			 delivered;	/* workers have had an event of this ticket */
	uint64_t		 lsn;		/* of the arrival */
	GPtrArray		*trail;		/* char *: one line per decision of this event */
};

struct ticket	*ticket_new(void);
void		 ticket_free(struct ticket *);

/* Appends one line to the trail: "step: what was decided and why". */
void	ticket_note(struct ticket *, const char *step, const char *fmt, ...)
	    __attribute__((format(printf, 3, 4)));

void	ticket_add_detail(struct ticket *, const char *name, const char *label,
	    const char *value, const char *source);		/* replaces the same name */
const struct ticket_detail *ticket_detail(const struct ticket *, const char *name);
void	ticket_add_missing(struct ticket *, const char *name, const char *label,
	    const char *question, const char *problem);
void	ticket_add_turn(struct ticket *, int64_t at_ms, const char *direction,
	    const char *who, const char *message_id, const char *text);

const char	*ticket_status_name(enum ticket_status);	/* "open", ... */
int		 ticket_status_parse(const char *, enum ticket_status *);

/*
 * The document, without "history" and without its closing brace: the queue's
 * Lua adds the history that only Redis knows, and closes it.  With closed,
 * a history object that is empty is written and the document is whole.
 */
void	ticket_write(const struct ticket *, GString *out, bool closed);

/*
 * The HTML of a message that the document refers to by its location: the
 * sanitised one if there is one.  Who publishes the document stores it first.
 * Borrowed; NULL if the message has none.
 */
const char	*ticket_html(const struct message *);

/*
 * The record's own JSON, and back.  While the ticket is held back it holds
 * the messages too (as the JSON of the document: message comes back as
 * message_json); once delivered it does not.  event and trail belong to one
 * event and are not kept.  read takes only what write makes: everything else
 * is ERR_PERM.
 */
void		 ticket_write_state(const struct ticket *, GString *out);
struct ticket	*ticket_read_state(const char *json, size_t, struct err *);

/* A part of a text: from up to but not including to; equal if there is none. */
struct ticket_span {
	size_t	from, to;
};

/*
 * Document (not closed) and record together, with the messages only once: a
 * record that needs them ends before them, and state, that span of doc, and
 * "}" are what ticket_write_state() would have written.
 */
void	ticket_write_both(const struct ticket *, GString *doc, GString *state,
	    struct ticket_span *messages);

#endif
