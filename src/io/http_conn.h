/* SPDX-License-Identifier: ISC */
/*
 * io/http_conn.h - what http_server.c (listeners, routes), http_conn.c
 * (reading requests) and http_reply.c (answers, streams) share.  Nobody else
 * includes this.
 */
#ifndef IO_HTTP_CONN_H
#define IO_HTTP_CONN_H

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <glib.h>
#include <openssl/ssl.h>

#include "io/http_head.h"
#include "io/http_server.h"

struct http_server {
	struct loop		*loop;
	SSL_CTX			*tls;		/* NULL: none */
	char			*tls_certificate;
	char			*tls_key;
	struct http_options	 options;	/* its pointers are not kept */
	GArray			*proxies;	/* struct netblock */
	GPtrArray		*listeners;	/* struct evconnlistener * */
	GPtrArray		*socket_paths;	/* char *: to unlink */
	struct loop_timer	*sweep;		/* deadlines */
	bool			 is_accepting;
	bool			 is_draining;
	bool			 is_freed;	/* goes with the last of its requests */
	unsigned		 alive;		/* struct http_request that exist */
	GQueue			 conns;		/* links are in struct http_request */
	GList			*sweep_next;	/* kept right when one is dropped */
	GQueue			 ready;		/* by ready_link: look at their input again */
	struct loop_timer	*wake;		/* ... soon */
	GHashTable		*clients;	/* uint64_t * -> count of connections */
	GHashTable		*routes;	/* path -> struct route_set * */
	size_t			 body_bytes;	/* announced or read, not yet answered */
	int64_t			 date_second;
	char			 date[32];
};

struct http_state {
	const char	*name;
	/* Look at the input; true: something changed, look again. */
	bool		(*on_bytes)(struct http_request *);
	void		(*on_late)(struct http_request *);
};

extern const struct http_state http_state_idle, http_state_head, http_state_body,
    http_state_handler, http_state_stream, http_state_flush, http_state_linger;

/*
 * A connection and the one request that is under way on it.  It is freed when
 * the connection is gone, no request waits for its answer, and we are not
 * inside one of its functions.
 */
struct http_request {
	struct http_server	*server;
	struct bufferevent	*bev;		/* NULL: the connection is gone */
	GList			 link;		/* in server->conns */
	GList			 ready_link;	/* in server->ready */
	bool			 is_ready;	/* it is in there */
	const struct http_state	*state;
	int64_t			 deadline_ms;	/* monotonic; 0: none */
	bool			 is_busy;	/* inside http_conn_process() or a callback */
	bool			 is_open;	/* a request waits for its answer */
	bool			 is_eof;	/* the client sends no more */
	bool			 is_closing;	/* close when the answer is out */
	bool			 is_lingering;	/* ... and read on a little before */
	bool			 is_discarding;	/* answered before its body was read */
	bool			 has_peer;
	bool			 is_counted;	/* in server->clients */
	struct netaddr		 peer;
	char			 client[NETADDR_TEXT_SIZE];

	struct http_scan	 scan;
	char			*head_bytes;	/* what head points into */
	size_t			 head_room;
	struct http_head	 head;
	struct http_chunks	 chunks;
	GByteArray		*body_part;	/* of a body that is still coming, or NULL */
	GBytes			*body;
	size_t			 body_counted;	/* our share of server->body_bytes */

	http_closed_fn		*closed;
	void			*closed_arg;
	struct http_stream	*stream;
};

/* http_conn.c */
/* Takes fd.  peer is NULL on a unix socket.  false: closed at once. */
bool	http_conn_accept(struct http_server *, int fd, const struct netaddr *peer,
	    bool counts);
void	http_conn_enter(struct http_request *, const struct http_state *, int64_t timeout_ms);
void	http_conn_process(struct http_request *);
/* Close now.  The request may be freed by this unless it is busy or open. */
void	http_conn_drop(struct http_request *);
/* Decide whether the connection ends with this answer. */
void	http_conn_before_answer(struct http_request *);
/* The answer is written: go on with the next request, or close. */
void	http_conn_answered(struct http_request *);

/* http_reply.c */
void	http_reply_json(struct http_request *, int code, const char *headers,
	    const char *error, const char *detail);
/* Refuse what is no request; the connection ends with that. */
void	http_reply_broken(struct http_request *, int code, const char *detail);
void	http_stream_gone(struct http_stream *);

/* http_server.c */
const struct http_route	*http_server_route(struct http_server *, const char *method,
			    const char *path);
/* "GET, HEAD, POST" of the route, or NULL if there is none. */
char			*http_server_allow(struct http_server *, const char *path);
/* One struct http_request less; the last one may take the server along. */
void			 http_server_unref(struct http_server *);
/* Have it processed soon, from the loop. */
void			 http_server_wake(struct http_server *, struct http_request *);
void			 http_server_gone(struct http_server *, struct http_request *);

#endif
