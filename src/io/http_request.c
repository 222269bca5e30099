/* SPDX-License-Identifier: ISC */
#include "io/http_conn.h"

#include <string.h>

const char *
http_method(const struct http_request *r)
{
	return r->head.method;
}

const char *
http_path(const struct http_request *r)
{
	return r->head.path;
}

const char *
http_header(const struct http_request *r, const char *name)
{
	return http_head_field(&r->head, name);
}

char *
http_query(const struct http_request *r, const char *name)
{
	return http_head_query(&r->head, name);
}

GBytes *
http_body(const struct http_request *r)
{
	return r->body;
}

int64_t
http_body_announced(const struct http_request *r)
{
	if (r->head.is_chunked)
		return -1;
	return MAX(r->head.content_length, 0);
}

void
http_on_closed(struct http_request *r, http_closed_fn *closed, void *arg)
{
	r->closed = closed;
	r->closed_arg = arg;
}

static bool
is_proxy(const struct http_request *r, const struct netaddr *addr)
{
	return netblocks_have(r->server->proxies, addr);
}

/* The part behind the last comma; *len becomes what is in front of it. */
static const char *
last_part(const char *list, size_t *len, size_t *part_len)
{
	const char	*comma = memrchr(list, ',', *len), *part = list;
	size_t		 rest = *len;

	*len = 0;
	if (comma != NULL) {
		part = comma + 1;
		rest -= (size_t)(part - list);
		*len = (size_t)(comma - list);
	}
	while (rest > 0 && (*part == ' ' || *part == '\t')) {
		part++;
		rest--;
	}
	while (rest > 0 && (part[rest - 1] == ' ' || part[rest - 1] == '\t'))
		rest--;
	*part_len = rest;
	return part;
}

/*
 * Go through one X-Forwarded-For from its end.  True when the search is over:
 * an address that is no proxy of ours, or something unreadable, behind which
 * nothing can be trusted.
 */
static bool
search_forwarded(const struct http_request *r, const char *list, struct netaddr *found)
{
	size_t		len = strlen(list), part_len;
	const char	*part;
	struct netaddr	addr;

	while (len > 0) {
		part = last_part(list, &len, &part_len);
		if (netaddr_parse(&addr, part, part_len) == -1)
			return true;
		*found = addr;
		if (!is_proxy(r, &addr))
			return true;
	}
	return false;
}

bool
http_client(const struct http_request *r, struct netaddr *addr)
{
	bool		known = r->has_peer;
	struct netaddr	found;
	unsigned	i;

	if (known)
		*addr = r->peer;
	if (known && !is_proxy(r, &r->peer))
		return true;
	memset(&found, 0, sizeof(found));
	for (i = r->head.count; i-- > 0;)
		if (g_ascii_strcasecmp(r->head.fields[i].name, "X-Forwarded-For") == 0 &&
		    search_forwarded(r, r->head.fields[i].value, &found))
			break;
	if (memcmp(&found, &(struct netaddr){ { 0 } }, sizeof(found)) == 0)
		return known;
	*addr = found;
	return true;
}

const char *
http_client_text(struct http_request *r)
{
	struct netaddr	addr;

	if (r->client[0] == '\0') {
		if (http_client(r, &addr))
			netaddr_format(&addr, r->client);
		else
			g_strlcpy(r->client, "local", sizeof(r->client));
	}
	return r->client;
}
