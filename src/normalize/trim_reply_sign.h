/* SPDX-License-Identifier: ISC */
/*
 * normalize/trim_reply_sign.h - what stands below or around a person's words
 * without being of them: signatures, "Sent from my phone", the footers of
 * mailing lists and virus scanners, PGP's armour.  Used by trim_reply only.
 */
#ifndef NORMALIZE_TRIM_REPLY_SIGN_H
#define NORMALIZE_TRIM_REPLY_SIGN_H

#include "normalize/trim_reply_lines.h"

/* The lines PGP adds become TRIM_SIGNATURE. */
void	trim_sign_armour(const GArray *lines);

/* So does the signature under the words from..to. */
void	trim_sign_mark(const GArray *lines, size_t from, size_t to);

#endif
