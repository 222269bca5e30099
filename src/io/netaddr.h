/* SPDX-License-Identifier: ISC */
/*
 * io/netaddr.h - internet addresses and networks, compared as numbers.
 *
 * An IPv4 address is kept as its IPv4-mapped IPv6 one, so that "192.0.2.1"
 * and "::ffff:192.0.2.1" are the same client.
 */
#ifndef IO_NETADDR_H
#define IO_NETADDR_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/err.h"

#define NETADDR_TEXT_SIZE	46

struct netaddr {
	uint8_t	bytes[16];
};

/* An address and how many of its 128 leading bits count. */
struct netblock {
	struct netaddr	addr;
	unsigned	bits;
};

/* false if the socket address is not an internet one. */
bool	netaddr_from_sockaddr(struct netaddr *, const struct sockaddr *);

/*
 * "192.0.2.1", "2001:db8::1", and as proxies write them: in brackets, with a
 * port behind.  len bytes, no NUL needed.  -1 if it is none.
 */
int	netaddr_parse(struct netaddr *, const char *, size_t len);

/* Into buf (NETADDR_TEXT_SIZE bytes); returns buf. */
char	*netaddr_format(const struct netaddr *, char *buf);

/* What counts as one client: an IPv4 address, an IPv6 /64. */
uint64_t	netaddr_client_key(const struct netaddr *);

/* Addresses and networks ("192.0.2.0/24") to a GArray of struct netblock. */
GArray	*netblocks_parse(const GPtrArray *texts, struct err *);
bool	 netblocks_have(const GArray *, const struct netaddr *);

#endif
