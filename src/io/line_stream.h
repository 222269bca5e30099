/* SPDX-License-Identifier: ISC */
/*
 * io/line_stream.h - a logged-in connection to a mail server as a stream of
 * bytes.
 *
 * libcurl resolves, connects, does TLS, reads the greeting and logs in; from
 * then on the bytes are the caller's (CURLOPT_CONNECT_ONLY).  Nothing blocks.
 * With STARTTLS the connection fails rather than go on in the clear, and a
 * certificate that does not verify is never accepted.
 *
 * Used by channel/imap, channel/pop3 and reply.  All callbacks come from the loop, never from inside
 * a function here, and each of them may free the stream.
 */
#ifndef IO_LINE_STREAM_H
#define IO_LINE_STREAM_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "io/loop.h"

struct line_stream;

enum line_security { LINE_PLAIN, LINE_STARTTLS, LINE_TLS };

/* Only read while opening; secrets are copied into libcurl and nowhere else. */
struct line_options {
	const char		*protocol;	/* "imap", "pop3", "smtp" */
	const char		*host;
	int			 port;		/* 0: the protocol's own */
	enum line_security	 security;
	const char		*ca_file;	/* NULL: the system's */
	const char		*user;
	const char		*secret;	/* password or bearer token */
	const char		*auth;		/* "plain", "xoauth2"; else what the server offers
						   for a password */
	const char		*helo;		/* smtp: what to call ourselves; or NULL */
	int64_t			 timeout_ms;	/* until logged in */
};

struct line_handler {
	void	*arg;
	void	(*opened)(void *arg);
	/* Not for keeping. */
	void	(*received)(void *arg, const uint8_t *bytes, size_t len);
	/*
	 * Could not be opened, or was lost; comes once and nothing after it.
	 * ERR_PERM: the server refuses the login.  ERR_CONFIG: the options
	 * cannot work.  Everything else is ERR_TEMP.
	 */
	void	(*closed)(void *arg, const struct err *);
};

struct line_stream	*line_stream_open(struct loop *, const struct line_options *,
			    const struct line_handler *);
/* Before opened() or after closed(): nothing is sent. */
void			 line_stream_send(struct line_stream *, const void *, size_t);
/* Closes without a word; no callback after it.  NULL is fine. */
void			 line_stream_free(struct line_stream *);

#endif
