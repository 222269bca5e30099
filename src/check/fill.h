/* SPDX-License-Identifier: ISC */
/*
 * check/fill.h - which findings become the details of a ticket.
 */
#ifndef CHECK_FILL_H
#define CHECK_FILL_H

#include <glib.h>
#include <stdbool.h>

#include "check/form.h"
#include "model/ticket.h"

/*
 * Takes the best finding for each detail of the form.  With following, the
 * numbers of answers refer to ticket->missing as it was asked, what is only
 * quoted does not count, and what is already there is replaced only by what
 * the customer names (a field or a label).  Then ticket->missing is made
 * anew.  Returns how many details were filled or replaced.
 */
unsigned	fill_details(struct ticket *, const struct form *, const struct findings *,
		    bool following);

#endif
