/* SPDX-License-Identifier: ISC */
/*
 * normalize/pre_scan.h - takes a mail's bytes apart into a mail_view.
 *
 * One linear pass per nesting level, with caps on everything that a sender
 * can multiply; past a cap what is left is one opaque part.  The parts are
 * ranges of the original bytes: nothing is copied before it is decoded, and
 * nothing is ever written again as a mail.
 *
 * This is done here and not by a MIME library because we need the exact bytes
 * of enclosed messages, repair of broken structure, and bounds: building a
 * tree of objects costs a hundred times the input on hostile mail.
 */
#ifndef NORMALIZE_PRE_SCAN_H
#define NORMALIZE_PRE_SCAN_H

#include <glib.h>

#include "normalize/mail_view.h"

#define PRE_SCAN_MAX_DEPTH	50
#define PRE_SCAN_MAX_PARTS	1000

/* Never NULL.  max: bytes looked at; 0: no limit. */
struct mail_view	*pre_scan(GBytes *mail, gsize max);

#endif
