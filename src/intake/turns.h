/* SPDX-License-Identifier: ISC */
/*
 * intake/turns.h - a line in which all wait for those before them, but not for
 * ever.
 *
 * Who joins gets the next place.  Who is ready goes when all before it have
 * gone or left; if it had to wait for longer than the line's patience, those
 * before it that are still not ready are overtaken: they lose their place and
 * go when they are ready.
 *
 * Used by intake/passage.c, where it is what "in the order they came" means.
 */
#ifndef INTAKE_TURNS_H
#define INTAKE_TURNS_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "io/loop.h"

struct turns;

/* Part of who waits; all zero before it joins. */
struct turn {
	GList		 link;		/* in the line; the rest is for turns.c only */
	struct turns	*turns;
	void		*who;
	uint64_t	 place;
	int64_t		 ready_ms;	/* since when it waits for others; 0: they for it */
	bool		 in_line;
};

/* Called from inside any of the functions below, and by the line's timer. */
typedef void	turns_fn(void *who);

/* patience_ms 0: endless, and overtaken may be NULL. */
struct turns	*turns_new(struct loop *, int64_t patience_ms, turns_fn *go, turns_fn *overtaken);
/* Who still waits is forgotten, and calls nothing here any more. */
void		 turns_free(struct turns *);		/* NULL is fine */

/* To the end of the line. */
void		 turn_join(struct turns *, struct turn *, void *who);
/* Goes as soon as may be: at once if it is out of line. */
void		 turn_ready(struct turn *);
/* It has gone in vain: to its old place, not ready, and nobody goes before it. */
void		 turn_back(struct turn *);
/* Out of line, if it is in; the others need not wait for it. */
void		 turn_leave(struct turn *);

#endif
