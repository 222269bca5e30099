/* SPDX-License-Identifier: ISC */
/*
 * io/stream.h - a connection we make: TCP or Unix socket, plain or TLS.
 *
 * For the line and frame protocols that we speak ourselves (Redis).  Names
 * are resolved without blocking; with TLS the server's certificate and name
 * are always verified.  One of up() or down() comes first; after down() the
 * stream is dead and only stream_free() may be called.  No callback comes
 * from inside one of these functions, and none after stream_free(), which may
 * be called from any callback.
 */
#ifndef IO_STREAM_H
#define IO_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "io/loop.h"

struct stream;

struct stream_options {
	const char	*address;	/* "host:port", "[::1]:port", or a path beginning with / */
	bool		 tls;
	const char	*tls_ca_file;	/* NULL: the system's */
	int64_t		 connect_ms;	/* name, connection and TLS together */
};

struct stream_ops {
	void	(*up)(void *arg);
	void	(*data)(void *arg, const uint8_t *, size_t);
	/* Refused, timed out, closed by the other end: ERR_TEMP; bad address,
	 * unusable CA file, certificate not verified: ERR_CONFIG. */
	void	(*down)(void *arg, const struct err *);
};

/* Copies the options.  Never fails: what is wrong comes with down(). */
struct stream	*stream_open(struct loop *, const struct stream_options *,
		    const struct stream_ops *, void *arg);
void		 stream_free(struct stream *);		/* NULL is fine */

void		 stream_write(struct stream *, const void *, size_t);
/* Bytes written that the kernel has not taken yet. */
size_t		 stream_unsent(const struct stream *);

#endif
