/* SPDX-License-Identifier: ISC */
/*
 * normalize/part.h - one leaf of a mail: its parameters, bytes and text.
 */
#ifndef NORMALIZE_PART_H
#define NORMALIZE_PART_H

#include "normalize/mail_view.h"

/*
 * From the range of whole and the headers that describe it; its place in the
 * mail is the caller's to fill in.  What was odd goes into the view's
 * warnings.
 */
struct mail_part	*part_new(struct mail_view *, GBytes *whole, size_t at, size_t len,
			    const GPtrArray *headers, const char *default_type);

#endif
