/* SPDX-License-Identifier: ISC */
/*
 * normalize/auto_words.h - the words by which automatic mail gives itself away.
 *
 * Vacation notices and auto-replies in some forty languages, as mail software
 * and people word them.  A phrase in a subject counts only where software puts
 * it: in front of the subject it answers, in brackets, or alone; so "Automatic
 * reply: invoice" is one and "Automatic reply settings broken" is not.
 *
 * Pure.  Used by normalize/auto_mail.c; fuzzed by fuzz_auto_mail.
 */
#ifndef NORMALIZE_AUTO_WORDS_H
#define NORMALIZE_AUTO_WORDS_H

#include <stdbool.h>
#include <stddef.h>

enum auto_words {
	AUTO_WORDS_NONE,
	AUTO_WORDS_WEAK,	/* counts together with something else */
	AUTO_WORDS_ALONE,	/* nothing but such words: also a person's who writes about them */
	AUTO_WORDS_STRONG
};

/*
 * What the subject of a mail says about itself.  *phrase is set to the words
 * that were recognised (static, folded), or NULL.
 */
enum auto_words	auto_words_subject(const char *subject, const char **phrase);

/* Does a text speak of something that does not work, or ask? */
bool		auto_words_human(const char *text, size_t len);

/* A sentence of a vacation notice near the beginning of a text, or NULL. */
const char	*auto_words_body(const char *text, size_t len);

/*
 * The spelling the tables are written in: compatibility forms and case
 * folded, accents of Latin and Greek letters gone, white space and invisible
 * characters one blank, typographic dashes and quotes plain.  g_free() it.
 */
char		*auto_words_fold(const char *utf8, size_t len);

/* Tests: the n-th phrase of all tables, or NULL behind the last. */
const char	*auto_words_phrase(size_t n);

#endif
