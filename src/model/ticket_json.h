/* SPDX-License-Identifier: ISC */
/*
 * model/ticket_json.h - what the document and the record spell alike.
 *
 * Shared by ticket_write.c and ticket_state.c; nobody else includes it.
 */
#ifndef MODEL_TICKET_JSON_H
#define MODEL_TICKET_JSON_H

#include "base/json_out.h"
#include "model/ticket.h"

/* "message" and "earlier_messages". */
void	ticket_json_messages(struct json_out *, const struct ticket *);
/* ticket_write(), and where in out the messages are, from the comma before them. */
void	ticket_write_document(const struct ticket *, GString *out, bool closed,
	    struct ticket_span *messages);
void	ticket_json_missing(struct json_out *, const GPtrArray *);

#endif
