/* SPDX-License-Identifier: ISC */
#include "io/netaddr.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#define V4_PREFIX_BITS	96

static const uint8_t v4_prefix[12] = { [10] = 0xff, [11] = 0xff };

static void
set_v4(struct netaddr *na, const void *four)
{
	memcpy(na->bytes, v4_prefix, sizeof(v4_prefix));
	memcpy(na->bytes + sizeof(v4_prefix), four, 4);
}

static bool
is_v4(const struct netaddr *na)
{
	return memcmp(na->bytes, v4_prefix, sizeof(v4_prefix)) == 0;
}

bool
netaddr_from_sockaddr(struct netaddr *na, const struct sockaddr *sa)
{
	struct sockaddr_in	in;
	struct sockaddr_in6	in6;

	switch (sa->sa_family) {
	case AF_INET:
		memcpy(&in, sa, sizeof(in));
		set_v4(na, &in.sin_addr);
		return true;
	case AF_INET6:
		memcpy(&in6, sa, sizeof(in6));
		memcpy(na->bytes, &in6.sin6_addr, sizeof(na->bytes));
		return true;
	default:
		return false;
	}
}

/* Leave off "[...]" and ":port"; the rest of an IPv6 address has colons too. */
static void
bare_address(const char **text, size_t *len)
{
	const char	*close, *colon;

	if (*len > 0 && **text == '[') {
		if ((close = memchr(*text, ']', *len)) == NULL)
			return;
		(*text)++;
		*len = (size_t)(close - *text);
		return;
	}
	colon = memchr(*text, ':', *len);
	if (colon != NULL && memrchr(*text, ':', *len) == colon)
		*len = (size_t)(colon - *text);
}

int
netaddr_parse(struct netaddr *na, const char *text, size_t len)
{
	char		buf[INET6_ADDRSTRLEN];
	struct in_addr	four;

	bare_address(&text, &len);
	if (len == 0 || len >= sizeof(buf) || memchr(text, '\0', len) != NULL)
		return -1;
	memcpy(buf, text, len);
	buf[len] = '\0';
	if (inet_pton(AF_INET, buf, &four) == 1) {
		set_v4(na, &four);
		return 0;
	}
	return inet_pton(AF_INET6, buf, na->bytes) == 1 ? 0 : -1;
}

char *
netaddr_format(const struct netaddr *na, char *buf)
{
	if (is_v4(na))
		inet_ntop(AF_INET, na->bytes + sizeof(v4_prefix), buf, NETADDR_TEXT_SIZE);
	else
		inet_ntop(AF_INET6, na->bytes, buf, NETADDR_TEXT_SIZE);
	return buf;
}

/* The upper half of an IPv6 address is never a small number: 2000::/3. */
uint64_t
netaddr_client_key(const struct netaddr *na)
{
	uint64_t	key = 0;
	size_t		i, from = is_v4(na) ? 12 : 0, n = is_v4(na) ? 4 : 8;

	for (i = from; i < from + n; i++)
		key = key << 8 | na->bytes[i];
	return key;
}

static int
parse_block(struct netblock *block, const char *text, struct err *e)
{
	const char	*slash = strchr(text, '/');
	size_t		 len = slash ? (size_t)(slash - text) : strlen(text);
	guint64		 bits;

	if (netaddr_parse(&block->addr, text, len) == -1)
		return err_set(e, ERR_CONFIG, "\"%s\" is no address or network", text);
	block->bits = 128;
	if (slash == NULL)
		return 0;
	if (!g_ascii_string_to_unsigned(slash + 1, 10, 0, is_v4(&block->addr) ? 32 : 128,
	    &bits, NULL))
		return err_set(e, ERR_CONFIG, "\"%s\" has no valid network size", text);
	block->bits = (unsigned)bits + (is_v4(&block->addr) ? V4_PREFIX_BITS : 0);
	return 0;
}

GArray *
netblocks_parse(const GPtrArray *texts, struct err *e)
{
	GArray		*blocks = g_array_new(FALSE, FALSE, sizeof(struct netblock));
	struct netblock	 block;
	guint		 i;

	for (i = 0; texts != NULL && i < texts->len; i++) {
		if (parse_block(&block, texts->pdata[i], e) == -1) {
			g_array_unref(blocks);
			return NULL;
		}
		g_array_append_val(blocks, block);
	}
	return blocks;
}

static bool
block_has(const struct netblock *block, const struct netaddr *na)
{
	unsigned	whole = block->bits / 8, rest = block->bits % 8;

	if (memcmp(block->addr.bytes, na->bytes, whole) != 0)
		return false;
	return rest == 0 || (block->addr.bytes[whole] ^ na->bytes[whole]) >> (8 - rest) == 0;
}

bool
netblocks_have(const GArray *blocks, const struct netaddr *na)
{
	guint	i;

	for (i = 0; i < blocks->len; i++)
		if (block_has(&g_array_index(blocks, struct netblock, i), na))
			return true;
	return false;
}
