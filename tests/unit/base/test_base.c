/* SPDX-License-Identifier: ISC */
#include "../unit.h"

#include <errno.h>
#include <glib.h>
#include <jansson.h>
#include <openssl/hmac.h>
#include <string.h>

#include "base/clock.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/json_out.h"
#include "base/metric.h"
#include "base/text.h"
#include "base/utf8.h"

/* --- err --- */

static void
err_set__returns_minus_one_and_keeps_kind_and_sentence(void **state)
{
	struct err	e = ERR_INIT;

	(void)state;
	assert_int_equal(err_set(&e, ERR_PERM, "mail %d", 7), -1);
	assert_int_equal(e.kind, ERR_PERM);
	assert_string_equal(e.text, "mail 7");
	errno = ENOENT;
	assert_int_equal(err_errno(&e, ERR_TEMP, "open %s", "x"), -1);
	assert_string_equal(e.text, "open x: No such file or directory");
	assert_int_equal(errno, ENOENT);
	assert_int_equal(err_prefix(&e, "imap"), -1);
	assert_string_equal(e.text, "imap: open x: No such file or directory");
	assert_int_equal(err_set(NULL, ERR_TEMP, "nobody listens"), -1);
}

static void
err_prefix__longer_than_the_room__is_cut_not_overrun(void **state)
{
	struct err	e = ERR_INIT;
	int		i;

	(void)state;
	for (i = 0; i < 200; i++)
		err_prefix(&e, "a prefix");
	assert_true(strlen(e.text) < sizeof e.text);
}

/* --- clock --- */

static void
clock_rfc3339__and_back__is_the_same_millisecond(void **state)
{
	static const int64_t	times[] = { 0, 1, 999, 1000, 951782400123, 1795305359407,
				    4102444800000, -1, -1500 };
	char			buf[CLOCK_RFC3339_SIZE];
	size_t			i;

	(void)state;
	assert_string_equal(clock_rfc3339(1795305359407, buf), "2026-11-21T23:55:59.407Z");
	assert_string_equal(clock_rfc3339(-1, buf), "1969-12-31T23:59:59.999Z");
	for (i = 0; i < G_N_ELEMENTS(times); i++)
		assert_int_equal(clock_parse_rfc3339(clock_rfc3339(times[i], buf)), times[i]);
	assert_int_equal(clock_parse_rfc3339("2026-11-21T23:55:59+01:00"), 1795301759000);
	assert_int_equal(clock_parse_rfc3339("yesterday"), -1);
	assert_int_equal(clock_parse_rfc3339(NULL), -1);
}

static void
clock_hold__stops_the_wall_clock_for_tests(void **state)
{
	(void)state;
	clock_hold(12345);
	assert_int_equal(clock_wall_ms(), 12345);
	clock_hold(-1);
	assert_true(clock_wall_ms() > 1700000000000);
	assert_true(clock_mono_ms() <= clock_mono_ms());
}

/* --- digest: vectors of FIPS 180-2, RFC 4231 and RFC 3720 --- */

static void
digest__published_vectors__match(void **state)
{
	char	hex[DIGEST_HEX_SIZE];
	uint8_t	mac[DIGEST_SIZE], zeros[32] = { 0 }, key[131];

	(void)state;
	digest_sha256_hex("abc", 3, hex);
	assert_string_equal(hex,
	    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	digest_hmac("Jefe", 4, "what do ya want for nothing?", 28, mac);
	digest_hex(mac, sizeof mac, hex);
	assert_string_equal(hex,
	    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
	memset(key, 0xaa, sizeof key);
	digest_hmac(key, sizeof key, "Test Using Larger Than Block-Size Key - Hash Key First", 54,
	    mac);
	digest_hex(mac, sizeof mac, hex);
	assert_string_equal(hex,
	    "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
	assert_int_equal(digest_crc32c(0, "123456789", 9), 0xe3069283u);
	assert_int_equal(digest_crc32c(0, zeros, sizeof zeros), 0x8a9136aau);
}

static void
digest_hmac__keys_of_any_length__as_openssl_says(void **state)
{
	uint8_t		key[130], mac[DIGEST_SIZE], expected[DIGEST_SIZE];
	unsigned	n;
	int		len;

	(void)state;
	memset(key, 0x5a, sizeof key);
	for (len = 0; len <= (int)sizeof key; len++) {
		digest_hmac(key, (size_t)len, "text", 4, mac);
		assert_non_null(HMAC(EVP_sha256(), key, len, (const uint8_t *)"text", 4, expected,
		    &n));
		assert_memory_equal(mac, expected, DIGEST_SIZE);
	}
}

static void
digest_crc32c__in_pieces__is_that_of_the_whole(void **state)
{
	const char	*text = "the quick brown fox jumps over the lazy dog";
	size_t		 len = strlen(text), cut;

	(void)state;
	for (cut = 0; cut <= len; cut++)
		assert_int_equal(digest_crc32c(digest_crc32c(0, text, cut), text + cut, len - cut),
		    digest_crc32c(0, text, len));
}

static void
digest_crc32c__with_and_without_an_instruction__is_the_same(void **state)
{
	uint8_t		bytes[100];
	size_t		len, from;

	(void)state;
	digest_random(bytes, sizeof bytes);
	for (from = 0; from < 9; from++)
		for (len = 0; len <= sizeof bytes - from; len++)
			assert_int_equal(digest_crc32c(7, bytes + from, len),
			    digest_crc32c_portable(7, bytes + from, len));
	assert_int_equal(digest_crc32c_portable(0, "123456789", 9), 0xe3069283u);
}

static void
digest_add_field__moves_no_letter_between_fields(void **state)
{
	uint8_t		one[DIGEST_SIZE], two[DIGEST_SIZE];
	struct digest	*d = digest_new();

	(void)state;
	digest_add_field(d, "ab");
	digest_add_field(d, "c");
	digest_end(d, one);
	d = digest_new();
	digest_add_field(d, "a");
	digest_add_field(d, "bc");
	digest_end(d, two);
	assert_memory_not_equal(one, two, sizeof one);
}

static void
digest_unhex__takes_only_whole_bytes_that_fit(void **state)
{
	uint8_t	out[4];

	(void)state;
	assert_int_equal(digest_unhex("00fFa0", 6, out, sizeof out), 3);
	assert_memory_equal(out, "\x00\xff\xa0", 3);
	assert_int_equal(digest_unhex("abc", 3, out, sizeof out), -1);
	assert_int_equal(digest_unhex("zz", 2, out, sizeof out), -1);
	assert_int_equal(digest_unhex("0011223344", 10, out, sizeof out), -1);
}

static void
digest_base32__has_no_letter_that_is_misheard(void **state)
{
	uint8_t	bytes[20];
	char	out[33];
	int	i;

	(void)state;
	digest_base32((const uint8_t *)"\xff\xff\xff\xff\xff", 8, out);
	assert_string_equal(out, "ZZZZZZZZ");
	digest_base32((const uint8_t *)"\x08\x42\x10\x84\x21", 8, out);
	assert_string_equal(out, "11111111");
	for (i = 0; i < 200; i++) {
		digest_random(bytes, sizeof bytes);
		digest_base32(bytes, 32, out);
		assert_int_equal(strlen(out), 32);
		assert_int_equal(strcspn(out, "ILOUilou"), 32);
	}
}

/* --- text --- */

static void
text_valid__whatever_comes__is_valid_utf8_without_controls(void **state)
{
	char	bytes[64];
	int	round;

	(void)state;
	for (round = 0; round < 5000; round++) {
		g_autofree char	*out = NULL;
		const char	*p;

		digest_random(bytes, sizeof bytes);
		out = text_valid(bytes, sizeof bytes, NULL);
		assert_true(g_utf8_validate(out, -1, NULL));
		for (p = out; *p != '\0'; p++)
			assert_true((unsigned char)*p >= 0x20 || *p == '\n' || *p == '\t');
	}
}

static void
text_valid__table(void **state)
{
	static const struct {
		const char	*in, *out;
		size_t		 len;
		bool		 changed;
	} cases[] = {
		{ "abc", "abc", 3, false },
		{ "a\r\nb\rc\n", "a\nb\nc\n", 7, false },
		{ "gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f", 6, false },
		{ "a\xff" "b", "a\xef\xbf\xbd" "b", 3, true },
		{ "a\xc3", "a\xef\xbf\xbd", 2, true },
		{ "a\xed\xa0\x80z", "a\xef\xbf\xbdz", 5, true },
		{ "a\0b", "ab", 3, false },
		{ "\x1b[31mred", "[31mred", 8, false },
		{ "", "", 0, false },
	};
	size_t			i;

	(void)state;
	for (i = 0; i < G_N_ELEMENTS(cases); i++) {
		bool		 changed = false;
		g_autofree char	*out = text_valid(cases[i].in, cases[i].len, &changed);

		assert_string_equal(out, cases[i].out);
		assert_int_equal(changed, cases[i].changed);
	}
}

static void
text_one_line__shows_nothing_that_deceives(void **state)
{
	static const char	*const cases[][2] = {
		{ "  two   words\n", "two words" },
		{ "a\r\nBcc: x@y", "a Bcc: x@y" },
		{ "exe\xe2\x80\xae" "fdp.pdf", "exefdp.pdf" },
		{ "\xe2\x81\xa6hidden\xe2\x81\xa9", "hidden" },
		{ "no\xe2\x80\x8b" "gap", "nogap" },
		{ "", "" },
	};
	g_autofree char		*cut = text_one_line("\xc3\xbc\xc3\xbc\xc3\xbc", 6, 5);
	size_t			 i;

	(void)state;
	assert_string_equal(cut, "\xc3\xbc\xc3\xbc");
	for (i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char	*out = text_one_line(cases[i][0], strlen(cases[i][0]), 200);

		assert_string_equal(out, cases[i][1]);
	}
}

static void
text_is_address__lets_nothing_into_smtp_that_could_be_a_command(void **state)
{
	static const char *const	good[] = { "a@b", "a.b+c@d-e.example", "o'neil@x.example",
	    "j\xc3\xbcrgen@m\xc3\xbcller.example", "1@2.3" };
	static const char *const	bad[] = { "", "a", "@b", "a@", "a@b\r\nRCPT TO:<c@d>",
	    "a@b>", "<a@b", "a b@c", "a@b c", "a@@b", "a@b..c", "a@.b", "-a@b", "a@b.",
	    "a\"@b", "a@b\xff", "a,b@c", "a;b@c", "a@b/c" };
	size_t				i;

	(void)state;
	for (i = 0; i < G_N_ELEMENTS(good); i++)
		if (!text_is_address(good[i]))
			fail_msg("not taken for an address: %s", good[i]);
	for (i = 0; i < G_N_ELEMENTS(bad); i++)
		if (text_is_address(bad[i]))
			fail_msg("taken for an address: %s", bad[i]);
}

/* --- JSON --- */

/* --- utf8 --- */

/* All characters and halves of them, at any place in and across blocks. */
static void
utf8_is_valid__says_what_glib_says(void **state)
{
	static const unsigned char	edges[] = { 0, 1, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0,
		0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xec, 0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3,
		0xf4, 0xf5, 0xff };
	const unsigned	n = G_N_ELEMENTS(edges);
	char		bytes[140];
	const char	*bad, *expected;
	unsigned	i, k;

	(void)state;
	for (i = 0; i < n * n * n * n; i++) {
		unsigned	at = i % 131, len = at + 4 + i % 5;
		bool		valid;

		memset(bytes, 'x', sizeof bytes);
		for (k = 0; k < 4; k++)
			bytes[at + k] = (char)edges[k == 0 ? i % n : k == 1 ? i / n % n :
			    k == 2 ? i / n / n % n : i / n / n / n];
		valid = g_utf8_validate_len(bytes, len, &expected);
		if (utf8_is_valid(bytes, len, &bad) != valid || bad != expected)
			fail_msg("%02x %02x %02x %02x at %u", (unsigned char)bytes[at],
			    (unsigned char)bytes[at + 1], (unsigned char)bytes[at + 2],
			    (unsigned char)bytes[at + 3], at);
	}
}

static void
utf8_ascii_run__ends_before_the_first_other_byte(void **state)
{
	char	bytes[200];
	size_t	at;

	(void)state;
	for (at = 0; at < sizeof bytes; at++) {
		memset(bytes, 'a', sizeof bytes);
		assert_int_equal(utf8_ascii_run(bytes, at), at);
		bytes[at] = at % 2 == 0 ? '\0' : (char)0x80;
		assert_int_equal(utf8_ascii_run(bytes, sizeof bytes), at);
		assert_false(utf8_is_ascii(bytes, at + 1));
		assert_true(utf8_is_ascii(bytes, at));
	}
}

static void
json_out__any_text__is_read_back_by_jansson_as_it_was(void **state)
{
	int	round;

	(void)state;
	for (round = 0; round < 2000; round++) {
		char			 bytes[40];
		g_autofree char		*text = NULL;
		g_autoptr(GString)	 buf = g_string_new(NULL);
		struct json_out		 j = JSON_OUT(buf);
		json_t			*doc;

		digest_random(bytes, sizeof bytes);
		text = text_valid(bytes, sizeof bytes, NULL);
		json_open(&j, NULL, '{');
		json_str(&j, "text\"\\\n", text);
		json_int(&j, "n", INT64_MIN);
		json_close(&j, '}');
		assert_non_null(doc = json_loadb(buf->str, buf->len, JSON_REJECT_DUPLICATES, NULL));
		assert_string_equal(json_string_value(json_object_get(doc, "text\"\\\n")), text);
		assert_true(json_integer_value(json_object_get(doc, "n")) == INT64_MIN);
		json_decref(doc);
	}
}

static void
json_out__nesting_and_commas__as_expected(void **state)
{
	g_autoptr(GString)	buf = g_string_new(NULL);
	g_autoptr(GPtrArray)	list = g_ptr_array_new();
	struct json_out		j = JSON_OUT(buf);

	(void)state;
	g_ptr_array_add(list, "a");
	g_ptr_array_add(list, "b\t\x01");
	json_open(&j, NULL, '{');
	json_str(&j, "s", NULL);
	json_open(&j, "o", '{');
	json_close(&j, '}');
	json_strings(&j, "l", list);
	json_strings(&j, "none", NULL);
	json_bool(&j, "b", true);
	json_time(&j, "t", 0);
	json_time(&j, "never", -1);
	json_close(&j, '}');
	assert_string_equal(buf->str, "{\"s\":null,\"o\":{},\"l\":[\"a\",\"b\\t\\u0001\"],"
	    "\"none\":[],\"b\":true,\"t\":\"1970-01-01T00:00:00.000Z\",\"never\":null}");
}

/* --- metrics --- */

static void
metric_render__every_row_has_name_help_and_type_once(void **state)
{
	g_autoptr(GString)	out = g_string_new(NULL);
	int			m;

	(void)state;
	metric_inc(METRIC_RECEIVED, "a\"b\\c\n");
	metric_add(METRIC_RECEIVED, "plain", 2);
	metric_observe(METRIC_END_TO_END_SECONDS, 0.02);
	metric_render(out);
	for (m = 0; m < METRIC_COUNT; m++) {
		g_autofree char	*type = g_strdup_printf("# TYPE %s ", metric_name((enum metric)m));
		const char	*first = strstr(out->str, type);

		assert_non_null(first);
		assert_null(strstr(first + 1, type));
		assert_true(strlen(metric_help((enum metric)m)) > 5);
	}
	assert_non_null(strstr(out->str, "{channel=\"a\\\"b\\\\c\\n\"} 1\n"));
	assert_non_null(strstr(out->str, "{channel=\"plain\"} 2\n"));
	assert_non_null(strstr(out->str, "intaked_end_to_end_seconds_bucket{le=\"0.025\"} 1\n"));
	assert_non_null(strstr(out->str, "intaked_end_to_end_seconds_bucket{le=\"0.01\"} 0\n"));
	assert_non_null(strstr(out->str, "intaked_end_to_end_seconds_count 1\n"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(err_set__returns_minus_one_and_keeps_kind_and_sentence),
		cmocka_unit_test(err_prefix__longer_than_the_room__is_cut_not_overrun),
		cmocka_unit_test(clock_rfc3339__and_back__is_the_same_millisecond),
		cmocka_unit_test(clock_hold__stops_the_wall_clock_for_tests),
		cmocka_unit_test(digest__published_vectors__match),
		cmocka_unit_test(digest_hmac__keys_of_any_length__as_openssl_says),
		cmocka_unit_test(digest_crc32c__in_pieces__is_that_of_the_whole),
		cmocka_unit_test(digest_crc32c__with_and_without_an_instruction__is_the_same),
		cmocka_unit_test(digest_add_field__moves_no_letter_between_fields),
		cmocka_unit_test(digest_unhex__takes_only_whole_bytes_that_fit),
		cmocka_unit_test(digest_base32__has_no_letter_that_is_misheard),
		cmocka_unit_test(text_valid__whatever_comes__is_valid_utf8_without_controls),
		cmocka_unit_test(text_valid__table),
		cmocka_unit_test(text_one_line__shows_nothing_that_deceives),
		cmocka_unit_test(text_is_address__lets_nothing_into_smtp_that_could_be_a_command),
		cmocka_unit_test(utf8_is_valid__says_what_glib_says),
		cmocka_unit_test(utf8_ascii_run__ends_before_the_first_other_byte),
		cmocka_unit_test(json_out__any_text__is_read_back_by_jansson_as_it_was),
		cmocka_unit_test(json_out__nesting_and_commas__as_expected),
		cmocka_unit_test(metric_render__every_row_has_name_help_and_type_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
