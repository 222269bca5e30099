/* SPDX-License-Identifier: ISC */
/*
 * ticket/subject.h - what a subject tells about belonging together.
 *
 * Never enough to join a ticket: used for hints only.
 */
#ifndef TICKET_SUBJECT_H
#define TICKET_SUBJECT_H

#include <glib.h>
#include <stdbool.h>

/*
 * The subject without "Re:", "AW:", "Fwd[2]:" and the like in front and
 * without "[...]" tags there, case folded, blanks joined.  Free with g_free().
 * is_reply: it begins with "Re:" or one of its relatives.
 */
char	*subject_base(const char *subject, bool *is_reply);

/* Appends each ticket id named in the subject to ids (upper case, once). */
void	 subject_ticket_ids(const char *subject, GPtrArray *ids);

#endif
