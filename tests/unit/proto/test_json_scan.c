/* SPDX-License-Identifier: ISC */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <glib.h>
#include <stdlib.h>
#include <string.h>

#include "proto/json_scan.h"

/* An exact copy, so that the sanitizer sees a read too far. */
static int
scan(const char *text, size_t len, const char *pointer, struct json_scan *out, char **found)
{
	struct json_pointer	*p = pointer ? json_pointer_new(pointer) : NULL;
	char			*copy = malloc(len > 0 ? len : 1);
	int			 rc;

	if (copy == NULL)
		abort();
	memcpy(copy, text, len);
	rc = json_scan(copy, len, p, out);
	if (found != NULL)
		*found = json_scan_text(out);
	free(copy);
	json_pointer_free(p);
	return rc;
}

static void
json_scan__well_formed__is_accepted(void **state)
{
	static const char *const good[] = {
		"{}", "[]", " \t\r\n{ } \n", "[1,2.5,-0,0.1,1e9,1E+9,-2.5e-3]",
		"{\"a\":null,\"b\":[true,false,{}],\"\":\"\"}",
		"[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud83d\\ude00\"]",
		"[\"\303\244 \342\202\254 \360\237\230\200\"]", "[\"\x7f\"]",
		"{\"a\":1,\"a\":2}", "[[[[[[[[[[]]]]]]]]]]", "[\"\\u0000\\ud800\"]",
		"[1e99999]", "[123456789012345678901234567890]",
	};
	struct json_scan	out;
	size_t			i;

	(void)state;
	for (i = 0; i < G_N_ELEMENTS(good); i++)
		if (scan(good[i], strlen(good[i]), NULL, &out, NULL) == -1)
			fail_msg("%s: %s at %zu", good[i], out.why, out.at);
}

static void
json_scan__malformed__is_refused_with_a_reason(void **state)
{
	static const char *const bad[] = {
		"", " ", "1", "\"x\"", "null", "{", "[", "}", "]", "{]", "[}", "[1,]", "[,1]",
		"[1 2]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}", "{'a':1}", "{1:1}",
		"{\"a\" 1}", "{\"a\":1 \"b\":2}", "[01]", "[+1]", "[.5]", "[1.]", "[1e]", "[1e+]",
		"[-]", "[0x1]", "[NaN]", "[Infinity]", "[tru]", "[True]", "[nul", "[\"a]",
		"[\"\\x\"]", "[\"\\u12\"]", "[\"\\u12g4\"]", "[\"\\", "[\"\\u", "[\"a\nb\"]",
		"[\"\x01\"]", "{}{}", "[]x", "[] []", "\357\273\277{}", "// x\n{}", "[1]/**/",
		"[\"\x80\"]", "[\"\xc3\"]", "[\"\xc0\xaf\"]", "[\"\xe0\x80\xaf\"]",
		"[\"\xed\xa0\x80\"]", "[\"\xf5\x80\x80\x80\"]", "[\"\xf4\x90\x80\x80\"]",
		"[\"\xff\"]", "[\xc2\xa0]", "[1,\v2]", "[\"\xe2\x82\"]",
	};
	struct json_scan	out;
	size_t			i;

	(void)state;
	for (i = 0; i < G_N_ELEMENTS(bad); i++) {
		if (scan(bad[i], strlen(bad[i]), NULL, &out, NULL) == 0)
			fail_msg("accepted: %s", bad[i]);
		assert_non_null(out.why);
		assert_true(out.at <= strlen(bad[i]));
	}
	assert_int_equal(scan("[\0]", 3, NULL, &out, NULL), -1);
	assert_int_equal(scan("[\"\0\"]", 5, NULL, &out, NULL), -1);
	assert_int_equal(scan("[]\0", 3, NULL, &out, NULL), -1);
	assert_int_equal(scan("[\"\\\0\"]", 6, NULL, &out, NULL), -1);
}

static void
json_scan__depth__is_bounded(void **state)
{
	g_autofree char		*open = g_strnfill(JSON_SCAN_DEPTH + 1, '[');
	g_autofree char		*close = g_strnfill(JSON_SCAN_DEPTH + 1, ']');
	g_autofree char		*just = g_strconcat(open + 1, close + 1, NULL);
	g_autofree char		*more = g_strconcat(open, close, NULL);
	g_autofree char		*bomb = g_strnfill(1000000, '[');
	struct json_scan	out;

	(void)state;
	assert_int_equal(scan(just, strlen(just), "/0/0/0", &out, NULL), 0);
	assert_int_equal(scan(more, strlen(more), "/0/0/0", &out, NULL), -1);
	assert_int_equal(scan(bomb, 1000000, NULL, &out, NULL), -1);
	assert_string_equal(out.why, "nested too deeply");
}

static void
json_scan__pointer__finds_what_rfc_6901_says(void **state)
{
	/* The document of RFC 6901, 5, and some more. */
	static const char doc[] = "{\"foo\": [\"bar\", \"baz\"], \"\": 0, \"a/b\": 1, \"c%d\": 2,"
	    "\"e^f\": 3, \"g|h\": 4, \"i\\\\j\": 5, \"k\\\"l\": 6, \" \": 7, \"m~n\": 8,"
	    "\"deep\": {\"x\": [{\"y\": \"z\\u00e9\\ud83d\\ude00\\n\"}, null, true, {}]},"
	    "\"dup\": \"one\", \"dup\": \"two\", \"d\\u0065sc\": \"escaped\","
	    "\"nul\": \"a\\u0000b\", \"half\": \"\\ud800\", \"empty\": \"\", \"00\": 9}";
	static const struct {
		const char	*pointer, *want;
	} cases[] = {
		{ "/foo/0", "bar" }, { "/foo/1", "baz" }, { "/foo/2", NULL }, { "/foo/01", NULL },
		{ "/foo/-", NULL }, { "/", "0" }, { "/a~1b", "1" }, { "/c%d", "2" },
		{ "/e^f", "3" }, { "/g|h", "4" }, { "/i\\j", "5" }, { "/k\"l", "6" }, { "/ ", "7" },
		{ "/m~0n", "8" }, { "/deep/x/0/y", "z\303\251\360\237\230\200\n" },
		{ "/deep/x/1", NULL }, { "/deep/x/2", "true" }, { "/deep/x/3", NULL },
		{ "/deep", NULL }, { "", NULL }, { "/dup", "two" }, { "/desc", "escaped" },
		{ "/nul", NULL }, { "/half", NULL }, { "/empty", "" }, { "/y", NULL },
		{ "/foo/0/x", NULL }, { "/nothing", NULL }, { "/00", "9" }, { "/deep/x/00/y", NULL },
	};
	struct json_scan	out;
	size_t			i;

	(void)state;
	for (i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char	*got = NULL;

		assert_int_equal(scan(doc, strlen(doc), cases[i].pointer, &out, &got), 0);
		if (g_strcmp0(got, cases[i].want) != 0)
			fail_msg("%s: %s, not %s", cases[i].pointer, got, cases[i].want);
	}
	assert_null(json_pointer_new("foo"));
	assert_null(json_pointer_new("/a~2"));
	assert_null(json_pointer_new("/a~"));
}

static void
json_scan__a_found_container__is_given_whole(void **state)
{
	static const char	doc[] = " {\"a\": {\"b\": [1, {\"c\": 2}]} , \"d\": 3}";
	struct json_pointer	*p = json_pointer_new("/a/b");
	struct json_scan	out;

	(void)state;
	assert_int_equal(json_scan(doc, strlen(doc), p, &out), 0);
	assert_int_equal(out.len, strlen("[1, {\"c\": 2}]"));
	assert_memory_equal(out.value, "[1, {\"c\": 2}]", out.len);
	json_pointer_free(p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(json_scan__well_formed__is_accepted),
		cmocka_unit_test(json_scan__malformed__is_refused_with_a_reason),
		cmocka_unit_test(json_scan__depth__is_bounded),
		cmocka_unit_test(json_scan__pointer__finds_what_rfc_6901_says),
		cmocka_unit_test(json_scan__a_found_container__is_given_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
