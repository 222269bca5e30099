/* SPDX-License-Identifier: ISC */
/*
 * normalize/quote_words.h - what mail programs in many languages write between
 * a reply and what it replies to, as rows.  The rows are in quote_words_intro.c
 * (introductions), _label.c (header blocks), _edge.c (separators) and _sign.c
 * (signatures, subjects); a language may have several of a kind.
 *
 * Words are lower case where the script has ASCII letters; the rest of a row
 * is compared as it is, so a capital "É" needs a row of its own.
 */
#ifndef NORMALIZE_QUOTE_WORDS_H
#define NORMALIZE_QUOTE_WORDS_H

#include <stdbool.h>
#include <stddef.h>

enum quote_kind {		/* how the row is compared */
	QUOTE_VERB,		/* "wrote": a whole word of an introduction */
	QUOTE_PREFIX,		/* "on": an introduction begins with it */
	QUOTE_PRONOUN,		/* "you wrote": prose, not an introduction */
	QUOTE_FROM,		/* labels in front of a colon */
	QUOTE_TO,
	QUOTE_CC,
	QUOTE_SENT,		/* "Sent", which only programs write */
	QUOTE_DATE,
	QUOTE_SUBJECT,
	QUOTE_ORIGINAL,		/* "original message" between dashes */
	QUOTE_FORWARD,		/* "forwarded message" between dashes */
	QUOTE_BEGIN_FORWARD,	/* "begin forwarded message:", a line of its own */
	QUOTE_MARKER,		/* "reply above this line": a line begins with it */
	QUOTE_BETWEEN,		/* "original": nothing but it between dashes */
	QUOTE_ABOVE,		/* a marker in other words holds one of these, */
	QUOTE_LINE,		/* and one of these */
	QUOTE_DEVICE,		/* "sent from my": a line begins with it */
	QUOTE_DEVICE_END,	/* the same in languages that end with it */
	QUOTE_DEVICE_NAME,	/* one of these must be in such a line, in whatever form */
	QUOTE_FOOTER,		/* "virus-free": a line begins with it, to the end */
	QUOTE_DISCLAIMER,	/* "confidential": a paragraph begins with it, to the end */
	QUOTE_BANNER,		/* "caution, from outside": a paragraph begins with it */
	QUOTE_TELLS,		/* words of sentences, not of a device's line */
	QUOTE_REPLY_SUBJECT,	/* "re" before a colon */
	QUOTE_FORWARD_SUBJECT	/* "fwd" before a colon */
};

struct quote_word {
	enum quote_kind	 kind;
	const char	*language;
	const char	*words;		/* one or several: "wrote|writes" */
};

/* The rows of a kind: *n of them. */
const struct quote_word	*quote_words(enum quote_kind, size_t *n);

/* Is there such a row? Bounded by the text's length and the rows' number. */
bool	quote_is(enum quote_kind, const char *, size_t);
bool	quote_begins_any(enum quote_kind, const char *, size_t);
bool	quote_ends_any(enum quote_kind, const char *, size_t);
/* Anywhere, also inside of other words. */
bool	quote_contains_any(enum quote_kind, const char *, size_t);
/* As a word of its own anywhere in it; of scripts without blanks, anywhere. */
bool	quote_holds_any(enum quote_kind, const char *, size_t);

#endif
