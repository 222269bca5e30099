/* SPDX-License-Identifier: ISC */
#include "intake/dry_run.h"

#include <string.h>

#include "base/clock.h"
#include "intake/judge.h"
#include "ticket/ticket.h"

/* Ids are made from a secret; here nobody keeps one. */
static const char	no_secret[32];

struct ticket *
dry_run(const struct settings *s, const struct check *check, const struct arrival *a,
    struct parsed *parsed, const char *failure, struct verdict *verdict)
{
	g_autoptr(GPtrArray)	 own = judge_own_addresses(s);
	struct ticket_context	 context = judge_context(s, own, no_secret, sizeof no_secret);
	struct ticket_keys	*keys = ticket_keys_new(&context, a, parsed->message);
	struct ticket		*ticket;

	ticket = ticket_begin(&context, keys, a, g_steal_pointer(&parsed->message));
	ticket_propose_id(&context, keys, 1, ticket->id);
	judge_note_arrival(ticket, a, failure);
	check_decide(check, parsed->findings, ticket, clock_wall_ms(), verdict);
	ticket_keys_free(keys);
	return ticket;
}
