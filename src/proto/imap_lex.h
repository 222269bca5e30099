/* SPDX-License-Identifier: ISC */
/*
 * proto/imap_lex.h - the words of one complete IMAP reply.
 *
 * A reply is text in which a literal stands as "{n}", CR LF and its n bytes,
 * except that a literal which has been streamed away is only a marker (see
 * IMAP_LEX_STREAMED).  Each function takes one thing from the front and says
 * whether it was there; when it was not, nothing is taken.
 *
 * Used by proto/imap_reply and proto/imap only.
 */
#ifndef PROTO_IMAP_LEX_H
#define PROTO_IMAP_LEX_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* What proto/imap puts in the place of a literal that it has passed on. */
#define IMAP_LEX_STREAMED	"{*}"

struct imap_lex {
	const char	*p, *end;
};

struct imap_span {
	const char	*p;
	size_t		 len;
};

/* One or more blanks. */
bool	imap_lex_space(struct imap_lex *);
bool	imap_lex_char(struct imap_lex *, char);
/* Everything up to a blank, parenthesis or quote; at least one character. */
bool	imap_lex_word(struct imap_lex *, struct imap_span *);
/* A word that goes on over blanks inside its brackets: BODY[HEADER.FIELDS (A)]<0>. */
bool	imap_lex_item(struct imap_lex *, struct imap_span *);
/* Digits only, and no more than fits. */
bool	imap_lex_number(struct imap_lex *, uint64_t *);
bool	imap_lex_number32(struct imap_lex *, uint32_t *);
/* A quoted string or a literal, its content to out; or a word, as it is. */
bool	imap_lex_string(struct imap_lex *, GString *out);
bool	imap_lex_astring(struct imap_lex *, GString *out);
bool	imap_lex_streamed(struct imap_lex *);
/* Any value: word, string, list in lists to a sane depth. */
bool	imap_lex_skip(struct imap_lex *);

bool	imap_span_is(const struct imap_span *, const char *word);
bool	imap_span_begins(const struct imap_span *, const char *word);

/*
 * The number in front of end as a literal spells it: "{123}", "{123+}" or
 * "~{123}".  1: found, *begin is where it starts.  0: not a literal.
 * -1: meant as one, but the number is negative, absent or too large.
 */
int	imap_lex_literal_at_end(const char *text, size_t len, uint64_t max,
	    uint64_t *size, size_t *begin);

#endif
