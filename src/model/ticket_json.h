/* SPDX-License-Identifier: ISC */
/*
 * model/ticket_json.h - what the document and the record spell alike.
 *
 * Shared by ticket_write.c and ticket_state.c; nobody else includes it.
 */
#ifndef MODEL_TICKET_JSON_H
#define MODEL_TICKET_JSON_H

#include <stdint.h>

#include "base/json_out.h"
#include "model/ticket.h"

/* "message" of the document; lsn 0 if the raw message is in no journal. */
void	ticket_json_message(struct json_out *, const char *name, const struct message *,
	    uint64_t lsn);
void	ticket_json_missing(struct json_out *, const GPtrArray *);

#endif
