/* SPDX-License-Identifier: ISC */
/*
 * io/http_client.h - ask an HTTP server something, on the loop.
 *
 * One request, one answer, or one sentence why there is none.  HTTPS unless
 * plain HTTP is allowed for this call; no redirects, no cookies, a limit on
 * time and on the size of the answer.
 *
 * A request can be signed (AWS Signature Version 4).  curl 7.88 signs every
 * header of the question, also one without a value, which it then does not
 * send; it takes the digest of the body from x-amz-content-sha256; and it puts
 * "a-b-c" in front of "a-b", which is wrong.  So a signed question brings that
 * header, none that is empty, and no two of which one begins like the other.
 */
#ifndef IO_HTTP_CLIENT_H
#define IO_HTTP_CLIENT_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "io/loop.h"

struct http_client;
struct http_call;

/* A body that is read from its file while it is sent, some kilobytes at a time. */
struct http_file {
	int			 fd;		/* taken: closed with the call */
	int64_t			 size;		/* exactly so much is sent */
};

struct http_sign {
	const char		*scope;		/* "aws:amz:eu-central-1:s3" */
	const char		*user;
	const char		*secret;
};

struct http_ask {
	const char		*url;
	const char *const	*headers;	/* "Name: value" ..., NULL; or NULL */
	const void		*body;		/* makes it a POST; NULL: GET */
	size_t			 len;
	const struct http_file	*file;		/* makes it a PUT; or NULL */
	const struct http_sign	*sign;		/* or NULL */
	bool			 head;		/* makes it a HEAD */
	int64_t			 timeout_ms;	/* for all of it; 0: 30 s */
	int64_t			 stall_ms;	/* for a while without a byte; 0: no limit */
	size_t			 max_answer;	/* 0: 1 MiB */
	const char		*ca_file;	/* NULL: the system's */
	bool			 allow_http;
};

struct http_answer {
	int		 code;
	const char	*type;		/* Content-Type, or NULL */
	const char	*body;		/* with a NUL behind */
	size_t		 len;
	int64_t		 length;	/* Content-Length, also of a HEAD; -1: not told */
};

/*
 * On the loop, once, and not before http_client_ask() has returned.  answer
 * is NULL when there is none, else why is; both are borrowed.
 */
typedef void	http_answered_fn(void *arg, const struct http_answer *, const struct err *why);

struct http_client	*http_client_new(struct loop *);
/* Calls under way are cancelled.  NULL is fine. */
void			 http_client_free(struct http_client *);

/* Copies the question.  Freed after its callback. */
struct http_call	*http_client_ask(struct http_client *, const struct http_ask *,
			    http_answered_fn *, void *arg);
/* No callback any more; not from inside it. */
void			 http_call_cancel(struct http_call *);

#endif
