/* SPDX-License-Identifier: ISC */
/*
 * io/line_server.h - connections that others make to us, as streams of bytes.
 *
 * For line protocols that we serve (LMTP), over TCP and unix sockets, in the
 * clear.  What a client does not read holds back what we read from it.
 *
 * A peer lives until closed() has returned, or until line_peer_end().  All
 * callbacks come from the loop, never from inside a function here, and may
 * call any of these.
 */
#ifndef IO_LINE_SERVER_H
#define IO_LINE_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "io/loop.h"

struct line_server;
struct line_peer;

struct line_server_ops {
	/*
	 * Somebody has come; address is "local" on a unix socket, and only
	 * valid during the call.  What it returns goes to the others.
	 */
	void	*(*opened)(void *arg, struct line_peer *, const char *address);
	/* Not for keeping. */
	void	 (*received)(void *peer_arg, const uint8_t *, size_t);
	/* Silent, or not reading, for longer than allowed: end it. */
	void	 (*late)(void *peer_arg);
	/* It has gone, and with it struct line_peer. */
	void	 (*closed)(void *peer_arg);
};

struct line_server	*line_server_new(struct loop *, const struct line_server_ops *,
			    void *arg, int64_t silent_ms);
/* Drops all peers without a word and without closed().  NULL is fine. */
void			 line_server_free(struct line_server *);

/* As io/listen.h says; mode, if not 0, is that of a unix socket. */
int		line_server_listen(struct line_server *, const char *address, unsigned mode,
		    struct err *);
void		line_server_stop(struct line_server *);		/* listens no more */
unsigned	line_server_peers(const struct line_server *);	/* connected, the ending ones too */

void	line_peer_send(struct line_peer *, const void *, size_t);
/* Read nothing, and do not mind its silence, until told otherwise. */
void	line_peer_hold(struct line_peer *, bool);
/* Close it when all is sent; nothing is called back any more. */
void	line_peer_end(struct line_peer *);

#endif
