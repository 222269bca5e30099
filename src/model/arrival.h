/* SPDX-License-Identifier: ISC */
/*
 * model/arrival.h - what a channel received: bytes, and where they are from.
 *
 * An arrival is made by a channel, goes into the journal whole, and is what
 * everything after is computed from; so it holds all that the channel knows
 * about the message that is not in its bytes.
 */
#ifndef MODEL_ARRIVAL_H
#define MODEL_ARRIVAL_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

enum arrival_format {		/* written to disk: never renumber */
	ARRIVAL_MAIL = 1,	/* bytes are an RFC 5322 message */
	ARRIVAL_JSON = 2,	/* bytes are a webhook's JSON body */
	ARRIVAL_CHAT = 3	/* bytes are JSON from the chat widget's POST */
};

struct arrival {
	uint64_t		 lsn;		/* place in the journal; 0 before it has one */
	int64_t			 received_ms;	/* wall clock */
	enum arrival_format	 format;
	char			*kind;		/* of channel: imap, maildir, webhook, chat, inject */
	char			*channel;	/* its name in the configuration */
	char			*key;		/* the sender's identity for it within the channel:
						   "folder/uidvalidity/uid", provider's id, client id */
	GHashTable		*facts;		/* char * -> char *: what only the channel knows,
						   see ARRIVAL_FACT_ below */
	GBytes			*bytes;
	bool			 mapped;	/* bytes are of a file: base/mapped.h */
};

/* End of the key of one that an operator took out of quarantine: it is to go its way again. */
#define ARRIVAL_RELEASED	"#released"

#define ARRIVAL_FACT_PEER	"peer"		/* address of the HTTP client */
#define ARRIVAL_FACT_MAIL_FROM	"mail_from"	/* SMTP envelope, if we were told */
#define ARRIVAL_FACT_RCPT_TO	"rcpt_to"
#define ARRIVAL_FACT_FOLDER	"folder"
#define ARRIVAL_FACT_SESSION	"session"	/* chat session id */
#define ARRIVAL_FACT_VERIFIED	"verified"	/* how the channel proved the sender: "hmac", "identity" */
#define ARRIVAL_FACT_TRUNCATED	"truncated"	/* full size in bytes; bytes hold the header only */
#define ARRIVAL_FACT_EVENT	"event"		/* webhook event type header */

/* Copies the strings, takes a reference on bytes; received now. */
struct arrival	*arrival_new(enum arrival_format, const char *kind,
		    const char *channel, const char *key, GBytes *bytes);
/* Shares the bytes. */
struct arrival	*arrival_copy(const struct arrival *);
void		 arrival_free(struct arrival *);	/* NULL is fine */
void		 arrival_set_fact(struct arrival *, const char *name, const char *value);
const char	*arrival_fact(const struct arrival *, const char *name);	/* or NULL */

/* "channel/key": what two arrivals of the same thing have in common. */
char		*arrival_identity(const struct arrival *);

/*
 * The journal's and the workers' spelling: versioned, little endian, lengths
 * in front.  decode() checks everything and takes only what encode() writes.
 */
void		 arrival_encode(const struct arrival *, GByteArray *out);
/* The same without the bytes at its end: for who writes these himself. */
void		 arrival_encode_head(const struct arrival *, GByteArray *out);
/* The bytes of the result keep a reference on whole (no copy of the body). */
struct arrival	*arrival_decode(GBytes *whole, struct err *);

#endif
