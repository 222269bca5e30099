/* SPDX-License-Identifier: ISC */
/*
 * normalize/auto_phrases.h - the word lists of normalize/auto_words.c.
 *
 * Each ends with NULL and is written as auto_words_fold() spells, with a
 * blank for a hyphen between letters; a test holds the lists to it.
 */
#ifndef NORMALIZE_AUTO_PHRASES_H
#define NORMALIZE_AUTO_PHRASES_H

extern const char *const auto_phrases_strong[];
extern const char *const auto_phrases_weak[];
extern const char *const auto_phrases_anywhere[];
extern const char *const auto_phrases_away[];
extern const char *const auto_phrases_body[];
extern const char *const auto_phrases_reply_prefixes[];
extern const char *const auto_phrases_gateway_prefixes[];
extern const char *const auto_phrases_nouns[];
extern const char *const auto_phrases_followers[];
extern const char *const auto_phrases_until[];
extern const char *const auto_phrases_human[];

#endif
