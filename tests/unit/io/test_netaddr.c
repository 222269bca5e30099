/* SPDX-License-Identifier: ISC */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "io/netaddr.h"

static void
netaddr_parse__spellings__are_one_address(void **state)
{
	static const struct {
		const char	*text, *want;	/* NULL: refused */
	} cases[] = {
		{ "192.0.2.1", "192.0.2.1" }, { "::ffff:192.0.2.1", "192.0.2.1" },
		{ "192.0.2.1:80", "192.0.2.1" }, { "2001:DB8:0::1", "2001:db8::1" },
		{ "[2001:db8::1]", "2001:db8::1" }, { "[2001:db8::1]:443", "2001:db8::1" },
		{ "::", "::" }, { "", NULL }, { "localhost", NULL }, { "192.0.2", NULL },
		{ "192.0.2.256", NULL }, { "0300.0.2.1", NULL }, { "192.0.2.1 ", NULL },
		{ "[2001:db8::1", NULL }, { "unknown", NULL }, { "_hidden", NULL },
		{ "2001:db8::1%eth0", NULL },
		{ "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc", NULL },
	};
	struct netaddr	na;
	char		buf[NETADDR_TEXT_SIZE];
	size_t		i;

	(void)state;
	for (i = 0; i < G_N_ELEMENTS(cases); i++) {
		int	rc = netaddr_parse(&na, cases[i].text, strlen(cases[i].text));

		if ((rc == 0) != (cases[i].want != NULL))
			fail_msg("\"%s\": %d", cases[i].text, rc);
		if (rc == 0)
			assert_string_equal(netaddr_format(&na, buf), cases[i].want);
	}
}

static bool
is_in(const char *block, const char *address)
{
	g_autoptr(GPtrArray)	texts = g_ptr_array_new();
	g_autoptr(GArray)	blocks = NULL;
	struct netaddr		na;
	struct err		e = ERR_INIT;

	g_ptr_array_add(texts, (void *)block);
	blocks = netblocks_parse(texts, &e);
	if (blocks == NULL)
		fail_msg("%s", e.text);
	assert_int_equal(netaddr_parse(&na, address, strlen(address)), 0);
	return netblocks_have(blocks, &na);
}

static void
netblocks_have__edges_of_networks__are_exact(void **state)
{
	(void)state;
	assert_true(is_in("192.0.2.0/24", "192.0.2.0"));
	assert_true(is_in("192.0.2.0/24", "192.0.2.255"));
	assert_false(is_in("192.0.2.0/24", "192.0.3.0"));
	assert_true(is_in("192.0.2.128/25", "192.0.2.200"));
	assert_false(is_in("192.0.2.128/25", "192.0.2.127"));
	assert_true(is_in("192.0.2.7/32", "192.0.2.7"));
	assert_false(is_in("192.0.2.7", "192.0.2.6"));
	assert_true(is_in("0.0.0.0/0", "203.0.113.9"));
	assert_false(is_in("0.0.0.0/0", "2001:db8::1"));
	assert_true(is_in("::/0", "203.0.113.9"));
	assert_true(is_in("2001:db8::/33", "2001:db8:7fff::1"));
	assert_false(is_in("2001:db8::/33", "2001:db8:8000::1"));
}

static void
netblocks_parse__nonsense__is_refused_by_name(void **state)
{
	static const char *const bad[] = {
		"", "a", "192.0.2.0/33", "192.0.2.0/-1", "192.0.2.0/", "192.0.2.0/a", "::/129",
		"192.0.2.0/24/1", "/24",
	};
	size_t	i;

	(void)state;
	for (i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autoptr(GPtrArray)	texts = g_ptr_array_new();
		struct err		e = ERR_INIT;

		g_ptr_array_add(texts, (void *)bad[i]);
		assert_null(netblocks_parse(texts, &e));
		assert_int_equal(e.kind, ERR_CONFIG);
		assert_non_null(strstr(e.text, bad[i]));
	}
}

static void
netaddr_client_key__one_site__is_one_client(void **state)
{
	struct netaddr	a, b, c, v4, mapped;

	(void)state;
	netaddr_parse(&a, "2001:db8:1:2::1", 15);
	netaddr_parse(&b, "2001:db8:1:2:ffff::9", 20);
	netaddr_parse(&c, "2001:db8:1:3::1", 15);
	netaddr_parse(&v4, "192.0.2.1", 9);
	netaddr_parse(&mapped, "::ffff:192.0.2.1", 16);
	assert_true(netaddr_client_key(&a) == netaddr_client_key(&b));
	assert_true(netaddr_client_key(&a) != netaddr_client_key(&c));
	assert_true(netaddr_client_key(&v4) == netaddr_client_key(&mapped));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(netaddr_parse__spellings__are_one_address),
		cmocka_unit_test(netblocks_have__edges_of_networks__are_exact),
		cmocka_unit_test(netblocks_parse__nonsense__is_refused_by_name),
		cmocka_unit_test(netaddr_client_key__one_site__is_one_client),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
