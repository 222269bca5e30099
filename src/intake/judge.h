/* SPDX-License-Identifier: ISC */
/*
 * intake/judge.h - the small decisions that the real way and the dry run of
 * a message share.
 */
#ifndef INTAKE_JUDGE_H
#define INTAKE_JUDGE_H

#include "conf/settings.h"
#include "model/arrival.h"
#include "model/ticket.h"
#include "ticket/ticket.h"

/* Every address that is ours: identity.addresses and those that mail goes out with. */
GPtrArray		*judge_own_addresses(const struct settings *);

/* Borrows everything. */
struct ticket_context	judge_context(const struct settings *, const GPtrArray *own,
			    const void *secret, size_t secret_len);

/* First lines of the trail: where it came from, what it was taken for. */
void	judge_note_arrival(struct ticket *, const struct arrival *, const char *failure);

#endif
