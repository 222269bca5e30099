/* SPDX-License-Identifier: ISC */
/*
 * normalize/smime.h - the mail inside an S/MIME signature (RFC 8551, opaque).
 *
 * Outlook and many banks send the whole mail as one signed file, smime.p7m.
 * Only signed is not secret: what was signed stands in the file as it is.
 * The signature is not checked and nothing is trusted because of it.
 *
 * Used by normalize/pre_scan.c; fuzzed by fuzz_mime.
 */
#ifndef NORMALIZE_SMIME_H
#define NORMALIZE_SMIME_H

#include <glib.h>
#include <stdbool.h>

/* May a part of this (lower case) type and name be such a file? */
bool	 smime_is_candidate(const char *content_type, const char *name);

/*
 * What was signed, or NULL if the bytes are anything else (encrypted, a bare
 * certificate, damaged).  Linear, no recursion.
 */
GBytes	*smime_signed_content(const void *, size_t);

#endif
