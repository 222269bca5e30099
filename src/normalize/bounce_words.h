/* SPDX-License-Identifier: ISC */
/*
 * normalize/bounce_words.h - how mail software says that it could not deliver.
 *
 * Subjects and sentences in many languages, compared as auto_words_fold()
 * spells.  Used by the bounce readers.
 */
#ifndef NORMALIZE_BOUNCE_WORDS_H
#define NORMALIZE_BOUNCE_WORDS_H

#include <stdbool.h>

/* Does the subject of a bounce stand here (and not "Re: ..." of one)? */
bool	bounce_words_subject(const char *subject);

/* Does the beginning of the text speak of a delivery that failed? */
bool	bounce_words_body(const char *text);

/*
 * A sentence that only mail software writes, near the start; or first of all,
 * if somebody may quote it who got such a bounce himself.
 */
bool	bounce_words_signature(const char *text, bool first);

/* Is it only a warning: still trying? */
bool	bounce_words_delay(const char *subject, const char *text);

/* Does the returned message begin on this line of a bounce? */
bool	bounce_words_cut(const char *line);

/* Does this line say that an address on it or below it is the one? */
bool	bounce_words_recipient(const char *line);

/* Does this line name an address that is not a recipient? */
bool	bounce_words_other(const char *line);

#endif
