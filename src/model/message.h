/* SPDX-License-Identifier: ISC */
/*
 * model/message.h - what an arrival says: the same for all channels.
 *
 * Every string is valid UTF-8 without NUL; NULL means "not there".  A message
 * owns all it points to.
 */
#ifndef MODEL_MESSAGE_H
#define MODEL_MESSAGE_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/err.h"
#include "model/address.h"

enum message_kind {		/* what wrote it; written to disk: never renumber */
	MESSAGE_NORMAL = 0,	/* a person, as far as we can tell */
	MESSAGE_AUTO_REPLY = 1,	/* vacation notice and the like */
	MESSAGE_BOUNCE = 2,	/* delivery status notification, also in prose */
	MESSAGE_LIST = 3,	/* mailing list or bulk */
	MESSAGE_FEEDBACK = 4,	/* abuse report (ARF) */
	MESSAGE_RECEIPT = 5,	/* read receipt (MDN) */
	MESSAGE_CALENDAR = 6,	/* meeting reply */
	MESSAGE_AUTO_GENERATED = 7,	/* a machine wrote it first: monitoring, shop */
	MESSAGE_OWN = 8		/* sent by ourselves, came back */
};

struct attachment {
	char		*filename;	/* cleaned for display; never a path; or NULL */
	char		*content_type;	/* as declared, lower case "type/subtype" */
	char		*sniffed_type;	/* from the first bytes, or NULL if unknown */
	char		*content_id;	/* without <>, or NULL */
	bool		 is_inline;	/* part of the body (a logo), not a file */
	uint64_t	 size;		/* decoded bytes */
	char		 sha256[DIGEST_HEX_SIZE];	/* of the decoded bytes */
	char		*location;	/* once stored: "blob:<sha256>", "s3://bucket/key" */
	GBytes		*content;	/* until it is stored; then NULL */
	bool		 withheld;	/* over a limit of its ticket: no location is told */
};

struct bounce_recipient {
	char	*address;	/* who was not reached */
	char	*original;	/* whom we wrote to, if that mail was forwarded; or NULL */
	char	*action;	/* failed, delayed, delivered, relayed, expanded */
	char	*status;	/* "5.1.1", or NULL */
	char	*diagnostic;	/* one line, or NULL */
};

struct bounce {
	GPtrArray	*recipients;		/* struct bounce_recipient *; may be empty */
	char		*reporting_mta;
	char		*original_message_id;	/* of the mail that bounced, without <> */
};

/* What our own MTA said (RFC 8601); words of the result, or NULL. */
struct authentication {
	char	*spf;
	char	*dkim;
	char	*dmarc;
	char	*authserv_id;
};

/* A detail given by name: mapped from JSON, a chat form, ... */
struct field {
	char	*name;
	char	*value;
};

struct message {
	enum message_kind	 kind;
	char			*kind_reason;	/* what gave it away, for the trail */
	char			*no_answer;	/* reason never to answer automatically, or NULL */

	struct address		*from;		/* who it is really from; NULL if unknown */
	struct address		*sender;	/* the From header if from came from elsewhere:
						   a list, or an agent who passes it on */
	GPtrArray		*to;		/* struct address * */
	GPtrArray		*cc;
	GPtrArray		*reply_to;
	char			*envelope_from;	/* Return-Path; "" for <> */
	char			*subject;
	int64_t			 date_ms;	/* what the sender claims; -1 if nothing usable */
	char			*message_id;	/* without <> */
	char			*in_reply_to;	/* first id, without <> */
	GPtrArray		*references;	/* char *, oldest first, without <> */
	GPtrArray		*delivered_to;	/* char *: addresses the mail was delivered to */
	char			*language;	/* "de", or NULL */

	char			*text;		/* what is new in this message */
	char			*full_text;	/* all of it */
	char			*quoted;	/* what text leaves out, or NULL */
	char			*html;		/* as sent, untrusted, or NULL */
	char			*html_sanitised;/* allow-list rendering, or NULL */
	char			*html_location;	/* of ticket_html(), once stored; as of an attachment */

	GPtrArray		*attachments;	/* struct attachment * */
	GPtrArray		*fields;	/* struct field * */
	struct bounce		*bounce;	/* only for MESSAGE_BOUNCE */
	struct authentication	 authentication;
	GPtrArray		*warnings;	/* char *: what was guessed or repaired, coded:
						   "charset-guessed: windows-1252" */

	char			*session;	/* chat session, or NULL */
	char			*verified;	/* "hmac", "identity", "dmarc", "auth", or NULL */
	char			 content_digest[DIGEST_HEX_SIZE];	/* identity of the content
						   without trace headers: the same mail fetched
						   twice or by two ways gives the same */
	char			 raw_sha256[DIGEST_HEX_SIZE];
	uint64_t		 raw_size;
	bool			 minimal;	/* could not be parsed; only what was certain */
};

struct message	*message_new(void);		/* lists empty, strings NULL, date_ms -1 */
void		 message_free(struct message *);	/* NULL is fine */

/* "message", "auto_reply", "bounce", "list", ... as the ticket spells it. */
const char	*message_kind_name(enum message_kind);

void	message_warn(struct message *, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));
void	message_add_field(struct message *, const char *name, const char *value);
const char	*message_field(const struct message *, const char *name);	/* or NULL */

struct attachment	*attachment_new(void);
void			 attachment_free(struct attachment *);
struct bounce		*bounce_new(void);
void			 bounce_free(struct bounce *);
struct bounce_recipient	*bounce_add(struct bounce *, const char *address,
			    const char *action, const char *status,
			    const char *diagnostic);	/* copies; NULLs allowed */

/*
 * The workers' spelling (model/wire.h): the core decodes what a sandboxed
 * worker sent, so decode() trusts nothing: lengths, counts, UTF-8 and enums
 * are checked and a violation is ERR_PERM.
 */
void		 message_encode(const struct message *, GByteArray *out);
/* Large attachments stay where they are and keep a reference on whole. */
struct message	*message_decode(GBytes *whole, struct err *);

#endif
