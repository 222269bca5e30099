/* SPDX-License-Identifier: ISC */
/*
 * normalize/auto_notice.h - is a text as a whole a vacation notice?
 *
 * For answers that no header and no subject gives away.  A customer may say
 * that he is away, too; so the text must begin with it, be short, want nothing
 * and have two of what notices have: thanks for the mail, a date, whom to ask
 * instead, what if it is urgent, and that it is read later or not at all.
 *
 * Pure.  Used by normalize/auto_mail.c; fuzzed by fuzz_auto_mail.
 */
#ifndef NORMALIZE_AUTO_NOTICE_H
#define NORMALIZE_AUTO_NOTICE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The words of absence that were found (static, folded), or NULL.  strict: it
 * answers nothing as far as we know, so it has to have one sign more.
 */
const char	*auto_notice_find(const char *text, size_t len, bool strict);

/* Tests: the n-th phrase of the tables, or NULL behind the last. */
const char	*auto_notice_phrase(size_t n);

#endif
