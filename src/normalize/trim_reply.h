/* SPDX-License-Identifier: ISC */
/*
 * normalize/trim_reply.h - what is new in a message, apart from the history
 * that mail programs put below (or around) it.
 *
 *	reply_split(plain, html, is_reply, &t);
 *
 * with the text/plain and text/html bodies as valid UTF-8 (either may be
 * NULL), and whether the mail's headers say it answers one (In-Reply-To,
 * References, "Re:").  The structure of the HTML decides where there is one;
 * else the words.  Where the two bodies agree nothing is lost by that.
 *
 * Promises: nothing is thrown away, text and quoted and signature together
 * hold every line of full; text is empty only if the message is; answers
 * written between quoted lines stay in text with the last quoted paragraph
 * before each (but a farewell below the only quote needs none); a forwarded
 * message stays in text, it is what the customer wanted us to see; a line with
 * '>' is no quote unless something says so: the mail's headers, an introduction,
 * or sentences quoted at its top or bottom.
 * What a program, a company or the sender's habit puts below every mail is
 * signature: below "-- ", "Sent from my phone", disclaimers, HTML that says so;
 * a name and a greeting without any mark are not.
 * Linear in time, no recursion, no regular expressions.
 *
 * The words of all languages are rows of quote_words.h.
 * Fuzzed by tests/fuzz/fuzz_trim_reply.c.
 */
#ifndef NORMALIZE_TRIM_REPLY_H
#define NORMALIZE_TRIM_REPLY_H

#include <stdbool.h>

struct trim {
	char		*text;		/* what is new; never NULL */
	char		*quoted;	/* what text leaves out, or NULL */
	char		*signature;	/* left out too, or NULL */
	char		*full;		/* everything, as text; never NULL */
	const char	*how;		/* what decided: "none", "forward", "inline", "words",
					   or the client whose HTML it is: "gmail", ... */
};

/* The words only. */
void	trim_reply(const char *full_text, bool is_reply, struct trim *out);

/* The HTML only: its structure, then its words. */
void	trim_reply_html(const char *html, bool is_reply, struct trim *out);

/* The best of both bodies; NULL for one that is not there. */
void	reply_split(const char *plain, const char *html, bool is_reply,
	    struct trim *out);

/* "Re: order", "AW: [x] order", "Re[2]: order"; NULL is none. */
bool	reply_subject(const char *);

/* "Fwd: order", "WG: order": what is below is what the sender wants to show. */
bool	forward_subject(const char *);

void	trim_clear(struct trim *);

#endif
