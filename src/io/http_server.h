/* SPDX-License-Identifier: ISC */
/*
 * io/http_server.h - an HTTP/1.1 server on the loop, over TCP, unix sockets
 * and TLS, for strangers.
 *
 * Heads are read strictly (io/http_head.h).  Heads and bodies have sizes and
 * absolute deadlines, however slowly or cleverly a client sends; clients and
 * connections are counted; what a client does not read is bounded.  A refused
 * request gets {"error": ..., "detail": ...}.
 *
 * A handler gets a complete request, body and all, and must answer it once
 * with http_reply() or http_stream_open(), now or later.  Until then the
 * request is valid, whatever the client does.
 */
#ifndef IO_HTTP_SERVER_H
#define IO_HTTP_SERVER_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "io/loop.h"
#include "io/netaddr.h"

struct http_server;
struct http_request;
struct http_stream;

struct http_options {
	const char		*tls_certificate;	/* chain, PEM; NULL: no TLS */
	const char		*tls_key;
	size_t			 max_head;		/* 0: 16 KiB */
	size_t			 max_body;
	unsigned		 max_connections;
	unsigned		 max_per_client;	/* 0: no limit */
	int64_t			 head_timeout_ms;	/* from first byte to empty line */
	int64_t			 body_timeout_ms;	/* and for reading an answer */
	int64_t			 idle_timeout_ms;	/* between requests */
	const GPtrArray		*trusted_proxies;	/* addresses, networks; or NULL */
};

/* NULL if the certificate, the key or a proxy's address is no good. */
struct http_server	*http_server_new(struct loop *, const struct http_options *, struct err *);
/*
 * Closes all.  Requests under way stay valid and still have to be answered,
 * to nobody, before the loop is freed.  NULL is fine.
 */
void			 http_server_free(struct http_server *);

/* "host:port", "[v6]:port", ":port", or the path of a unix socket. */
int	http_server_listen(struct http_server *, const char *address, struct err *);
/* Listen on a socket that somebody else bound (systemd); takes the fd. */
int	http_server_adopt(struct http_server *, int fd, struct err *);
/* The port of the first TCP listener, 0 if there is none. */
unsigned	http_server_port(const struct http_server *);

/* Read certificate and key anew; on failure the old ones stay. */
int	http_server_renew_tls(struct http_server *, struct err *);
/* Stop listening, close what is idle, end the rest after its answer. */
void	http_server_drain(struct http_server *);
unsigned	http_server_connections(const struct http_server *);

/*
 * Routes.  A path that ends in "/" stands for all below it; the longest one
 * wins.  A GET route answers HEAD as well.  Other methods get 405.
 */
typedef void	http_handler_fn(void *arg, struct http_request *);

struct http_route {
	const char	*method;
	const char	*path;
	/*
	 * Called when the head is there and the body is not, to refuse what
	 * need not be read: it may answer (the body is then discarded), or do
	 * nothing.  NULL: always read the body.
	 */
	http_handler_fn	*check;
	http_handler_fn	*handle;
	void		*arg;
};

/* Copies the route.  Method and path must be new. */
void	http_route_add(struct http_server *, const struct http_route *);
void	http_route_remove(struct http_server *, const char *method, const char *path);

/* What was asked.  Strings live as long as the request. */
const char	*http_method(const struct http_request *);
const char	*http_path(const struct http_request *);	/* decoded */
const char	*http_header(const struct http_request *, const char *name);	/* or NULL */
char		*http_query(const struct http_request *, const char *name);	/* or NULL; g_free() */
GBytes		*http_body(const struct http_request *);	/* borrowed; ref it to keep it */
/* As announced; -1 if it comes in chunks. */
int64_t		 http_body_announced(const struct http_request *);
/*
 * Who asks: the peer, or, when that is a trusted proxy or a unix socket, the
 * last address in X-Forwarded-For that is not one.  False if unknown.
 */
bool		 http_client(const struct http_request *, struct netaddr *);
/* The same as text; "local" if unknown. */
const char	*http_client_text(struct http_request *);

/*
 * Called when the client has gone away, or has stopped sending, before the
 * answer.  The request still has to be answered, to nobody.
 */
typedef void	http_closed_fn(void *arg);
void	http_on_closed(struct http_request *, http_closed_fn *, void *arg);

/*
 * Answer, and give the request back.  headers is whole lines ("Retry-After:
 * 5\r\n") or NULL; type may be NULL when there is no body.
 */
void	http_reply(struct http_request *, int code, const char *type, const char *headers,
	    const void *body, size_t len);
/* {"error": error, "detail": detail}; both plain words of ours. */
void	http_reply_error(struct http_request *, int code, const char *error,
	    const char *detail);
/* The same with Retry-After: for 429 and 503. */
void	http_reply_later(struct http_request *, int code, unsigned seconds,
	    const char *error, const char *detail);

/*
 * Answer 200 with a body that goes on and on (server-sent events).  Takes the
 * request.  closed is called when the client is gone; the stream is then
 * freed.  A client that lets more than max_waiting bytes pile up is cut off.
 * NULL if the client is gone already: no stream, and closed is not called.
 */
struct http_stream	*http_stream_open(struct http_request *, const char *type,
			    const char *headers, size_t max_waiting,
			    http_closed_fn *closed, void *arg);
/* -1: the client is too slow; stream freed, closed is not called. */
int			 http_stream_send(struct http_stream *, const void *, size_t);
void			 http_stream_close(struct http_stream *);	/* closed is not called */

#endif
