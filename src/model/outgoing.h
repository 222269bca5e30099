/* SPDX-License-Identifier: ISC */
/*
 * model/outgoing.h - something to tell a customer, on its way out.
 *
 * Created in the same atomic Redis call as the decision to say it (a question)
 * or by a worker (an answer); kept in the reply stream until it was sent or
 * the guard said no.
 */
#ifndef MODEL_OUTGOING_H
#define MODEL_OUTGOING_H

#include <glib.h>
#include <stdint.h>

#include "base/err.h"

enum outgoing_kind { OUTGOING_QUESTION, OUTGOING_ACKNOWLEDGEMENT, OUTGOING_ANSWER, OUTGOING_NOTICE };

struct outgoing {
	char			*entry_id;	/* in the reply stream; NULL before it is there */
	char			*id;		/* the same however often the step is repeated */
	char			*ticket;
	enum outgoing_kind	 kind;
	char			*channel_kind;	/* where the customer wrote from */
	char			*channel_name;
	char			*session;	/* chat: where to show it */
	char			*to_name;
	char			*to_addr;	/* mail; NULL on chat */
	char			*subject;	/* of the conversation; sent as "Re: ..." where allowed */
	char			*in_reply_to;	/* message id answered, or NULL */
	GPtrArray		*references;	/* char * */
	char			*text;		/* plain text, valid UTF-8 */
	char			*language;
	char			*author;	/* worker's name for an answer, or NULL */
	int64_t			 created_ms;
	unsigned		 attempts;
};

struct outgoing	*outgoing_new(enum outgoing_kind);
void		 outgoing_free(struct outgoing *);
const char	*outgoing_kind_name(enum outgoing_kind);	/* "question", ... */
int		 outgoing_kind_parse(const char *, enum outgoing_kind *);

/* One JSON object; the stream's "data" field (doc/queue.md). */
void		 outgoing_write(const struct outgoing *, GString *);
struct outgoing	*outgoing_read(const char *json, size_t, struct err *);

#endif
