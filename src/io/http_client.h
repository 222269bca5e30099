/* SPDX-License-Identifier: ISC */
/*
 * io/http_client.h - ask an HTTP server something, on the loop.
 *
 * One request, one answer, or one sentence why there is none.  HTTPS unless
 * plain HTTP is allowed for this call; no redirects, no cookies, a limit on
 * time and on the size of the answer.
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

struct http_ask {
	const char		*url;
	const char *const	*headers;	/* "Name: value" ..., NULL; or NULL */
	const void		*body;		/* makes it a POST; NULL: GET */
	size_t			 len;
	int64_t			 timeout_ms;	/* for all of it; 0: 30 s */
	size_t			 max_answer;	/* 0: 1 MiB */
	const char		*ca_file;	/* NULL: the system's */
	bool			 allow_http;
};

struct http_answer {
	int		 code;
	const char	*type;		/* Content-Type, or NULL */
	const char	*body;		/* with a NUL behind */
	size_t		 len;
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
