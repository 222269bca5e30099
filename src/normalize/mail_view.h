/* SPDX-License-Identifier: ISC */
/*
 * normalize/mail_view.h - a mail taken apart: headers and leaf parts, decoded.
 *
 * Made once by pre_scan() (normalize/pre_scan.h); everything that
 * interprets a mail (sender, body, attachments, automatic mail, bounces)
 * works on this and never on the bytes.  Whatever the bytes were, there is a
 * view: damage is repaired or shortened, and said in warnings.
 *
 * Bounds: at most 1,000 headers of 64 KB and 256 KB together, 1,000 parts,
 * depth 50.  All text is valid UTF-8.  A view owns all it points to.
 */
#ifndef NORMALIZE_MAIL_VIEW_H
#define NORMALIZE_MAIL_VIEW_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

struct mail_header {
	char	*name;		/* as written; compare without case */
	char	*raw;		/* unfolded, trimmed, any bytes but NUL, CR and LF */
	char	*value;		/* RFC 2047 decoded, valid UTF-8, one line */
};

/*
 * A leaf: everything that is not a multipart.  A message/rfc822 part is a leaf
 * too (its bytes are the whole inner message, which is not taken apart); the
 * header of the inner message is then in nested.
 */
struct mail_part {
	char		*content_type;	/* lower-case "type/subtype"; never NULL */
	char		*charset;	/* parameters of Content-Type, or NULL */
	char		*name;		/* decoded */
	char		*format;	/* lower case: "flowed" */
	char		*delsp;		/* lower case: "yes" */
	char		*method;	/* lower case: "reply" (text/calendar) */
	char		*disposition;	/* lower case: "inline", "attachment"; or NULL */
	char		*filename;	/* decoded, cleaned for display; or NULL */
	char		*content_id;	/* without <>, or NULL */
	char		*content_location;	/* or NULL */
	char		*encoding;	/* Content-Transfer-Encoding, lower case; or NULL */
	unsigned	 depth;		/* 0: the message itself is this part */
	unsigned	 index;		/* place among the leaves, from 0 */
	const char	*parent;	/* type of the multipart it is directly in; "" at depth 0 */
	unsigned	 parent_id;	/* leaves of one multipart share it; 0 at depth 0 */
	unsigned	 alternative_id;	/* leaves of one multipart/alternative, however deep,
						   share it; 0: in none */
	bool		 in_alternative;	/* in any of the enclosing multiparts */
	bool		 in_related;
	bool		 in_report;
	GPtrArray	*headers;	/* struct mail_header *: the part's own; at depth 0 empty */
	GBytes		*bytes;		/* transfer decoding undone; never NULL */
	char		*text;		/* text and message parts (not message/rfc822): UTF-8,
					   lines end with \n; else NULL */
	size_t		 text_len;
	GPtrArray	*nested;	/* struct mail_header *: header of the inner message, for
					   message/rfc822 and text/rfc822-headers; else NULL */
};

struct mail_view {
	GPtrArray	*headers;	/* struct mail_header *, in order */
	GPtrArray	*parts;		/* struct mail_part *, in order; at least one */
	char		*content_type;	/* of the message, lower case: "multipart/report" */
	char		*report_type;	/* parameter of it, lower case: "delivery-status"; or NULL */
	GPtrArray	*warnings;	/* char *, coded: "charset-guessed: ..." */
	size_t		 header_len;	/* bytes of the mail before the body */
	bool		 truncated;	/* a cap was hit; a warning names it */
	unsigned	 foreign_texts;	/* parts so far that were not in UTF-8 */
};

void	mail_view_free(struct mail_view *);		/* NULL is fine */

/* The first header of this name: its value (decoded, one line), or NULL. */
const char	*mail_view_header(const struct mail_view *, const char *name);
/* The same, the bytes as written (structured fields: addresses, ids). */
const char	*mail_view_raw(const struct mail_view *, const char *name);
bool		 mail_view_has(const struct mail_view *, const char *name);

/* All headers of one name, in order, until fn returns false. */
typedef bool	mail_header_fn(const struct mail_header *, void *arg);
void		 mail_view_each_header(const struct mail_view *, const char *name,
		    mail_header_fn *, void *arg);

/* The same for the headers of a part or an inner message; list may be NULL. */
const char	*mail_headers_find(const GPtrArray *list, const char *name);
const char	*mail_headers_raw(const GPtrArray *list, const char *name);
bool		 mail_header_is(const struct mail_header *, const char *name);

/* The first part of this type, or NULL. */
const struct mail_part	*mail_view_part(const struct mail_view *, const char *content_type);

void	mail_view_warn(struct mail_view *, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));

struct mail_header	*mail_header_new(const char *name, const char *raw);	/* decodes */
void			 mail_header_free(struct mail_header *);
void			 mail_part_free(struct mail_part *);

#endif
