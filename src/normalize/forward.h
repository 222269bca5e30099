/* SPDX-License-Identifier: ISC */
/*
 * normalize/forward.h - a mail of a customer that one of our agents passes on.
 *
 * The customer is who wrote the mail that is in it: attached as
 * message/rfc822, or below a forward's header block as mail programs write it
 * in many languages.  He becomes message->from and the agent message->sender;
 * text is what the customer wrote, and what the agent wrote above it the field
 * "agent_note".
 *
 * Anybody can write an agent's address into From, and a forward makes us write
 * to whoever it names.  So it counts only where our own MTA says that the
 * agent is who he says (message->verified); else it stays the agent's mail,
 * with the warning "forward-unproven".
 *
 * Pure.  Called by from_mime() when all else of the message is known; fuzzed by
 * fuzz_forward.
 */
#ifndef NORMALIZE_FORWARD_H
#define NORMALIZE_FORWARD_H

#include "model/message.h"
#include "normalize/mail_view.h"
#include "normalize/normalize.h"

void	forward_unwrap(struct message *, struct mail_view *, const struct normalize_options *);

#endif
