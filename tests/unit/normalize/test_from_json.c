/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <glib.h>
#include <string.h>

#include "normalize/normalize.h"

static struct message *
from(enum arrival_format format, const char *json, const struct normalize_options *o)
{
	g_autoptr(GBytes)	 b = g_bytes_new(json, strlen(json));
	struct arrival		*a = arrival_new(format, "webhook", "shop", "1", b);
	struct message		*m;

	arrival_set_fact(a, ARRIVAL_FACT_SESSION, "s1");
	arrival_set_fact(a, ARRIVAL_FACT_VERIFIED, "hmac");
	m = normalize(a, o);
	arrival_free(a);
	return m;
}

static struct message *
mapped(const char *json)
{
	static struct normalize_map	 rows[] = {
		{ "subject", "/issue/title", NULL }, { "text", "/issue/body", NULL },
		{ "from", "/issue/user/email", NULL }, { "from_name", "/issue/user/name", NULL },
		{ "order", "/order/no", NULL }, { "labels", "/labels", NULL },
		{ "first_item", "/items/0/na~1me", NULL }, { "source", NULL, "shop" },
	};
	g_autoptr(GHashTable)	 maps = g_hash_table_new(g_str_hash, g_str_equal);
	g_autoptr(GPtrArray)	 list = g_ptr_array_new();
	struct normalize_options o = { .maps = maps };
	size_t			 i;

	for (i = 0; i < G_N_ELEMENTS(rows); i++)
		g_ptr_array_add(list, &rows[i]);
	g_hash_table_insert(maps, (char *)"shop", list);
	return from(ARRIVAL_JSON, json, &o);
}

static bool
has_warning(const struct message *m, const char *text)
{
	guint	i;

	for (i = 0; i < m->warnings->len; i++)
		if (strstr(g_ptr_array_index(m->warnings, i), text) != NULL)
			return true;
	return false;
}

static void
from_json__all_rows_found__fill_the_message_and_fields(void **state)
{
	struct message	*m = mapped("{\"issue\":{\"title\":\"Late\\norder\",\"body\":\"Where?\","
	    "\"user\":{\"email\":\"Ann@Example.COM\",\"name\":\"Ann\"}},\"order\":{\"no\":12345678},"
	    "\"labels\":[\"a\",2,true],\"items\":[{\"na/me\":\"bolt\"}]}");

	(void)state;
	assert_string_equal(m->subject, "Late order");
	assert_string_equal(m->text, "Where?");
	assert_string_equal(m->from->addr, "Ann@example.com");
	assert_string_equal(m->from->name, "Ann");
	assert_string_equal(message_field(m, "order"), "12345678");
	assert_string_equal(message_field(m, "labels"), "a, 2, true");
	assert_string_equal(message_field(m, "first_item"), "bolt");
	assert_string_equal(message_field(m, "source"), "shop");
	assert_string_equal(m->verified, "hmac");
	assert_int_equal(m->warnings->len, 0);
	message_free(m);
}

static void
from_json__missing_rows__are_warned_and_the_document_is_the_text(void **state)
{
	struct message	*m = mapped("{\"order\":{\"no\":null}}");

	(void)state;
	assert_true(has_warning(m, "json-missing: subject"));
	assert_true(has_warning(m, "json-missing: order"));
	assert_null(message_field(m, "order"));
	assert_non_null(strstr(m->text, "\"order\""));
	message_free(m);
}

static void
from_json__no_mapping__is_the_document_in_order(void **state)
{
	struct message	*m = from(ARRIVAL_JSON, "{\"b\":1,\"a\":[true]}", NULL);

	(void)state;
	assert_string_equal(m->text, "{\n  \"b\": 1,\n  \"a\": [\n    true\n  ]\n}");
	message_free(m);
}

static void
from_json__odd_documents__are_still_messages(void **state)
{
	static const struct { const char *json, *warning; } cases[] = {
		{ "", "json-" }, { "{", "json-invalid" }, { "not json", "json-invalid" },
		{ "{\"a\":1,\"a\":2}", "json-odd" }, { "{\"a\":\"\xff\"}", "json-invalid" },
		{ "{\"a\":\"x\\u0000y\"}", "json-odd" },
	};
	size_t	i;

	(void)state;
	for (i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct message	*m = from(ARRIVAL_JSON, cases[i].json, NULL);

		assert_non_null(m->text);
		assert_true(g_utf8_validate(m->text, -1, NULL));
		assert_true(has_warning(m, cases[i].warning));
		message_free(m);
	}
}

static void
from_json__bombs__are_refused_before_a_tree_is_built(void **state)
{
	g_autoptr(GString)	deep = g_string_new(NULL), wide = g_string_new("[1");
	struct message		*m;
	int			 i;

	(void)state;
	for (i = 0; i < 100000; i++)
		g_string_append_c(deep, '[');
	m = from(ARRIVAL_JSON, deep->str, NULL);
	assert_true(has_warning(m, "nested too deep"));
	message_free(m);
	for (i = 0; i < 300000; i++)
		g_string_append(wide, ",1");
	g_string_append_c(wide, ']');
	m = from(ARRIVAL_JSON, wide->str, NULL);
	assert_true(has_warning(m, "too many values"));
	message_free(m);
}

static void
from_chat__widget_post__becomes_a_message(void **state)
{
	struct message	*m = from(ARRIVAL_CHAT, "{\"text\":\"Hallo, wo ist meine Bestellung?\\nDanke\","
	    "\"client_id\":\"c-1\",\"page\":\"https://example.com/a\",\"language\":\"de\","
	    "\"fields\":{\"order\":\"12345678\",\"n\":3},\"name\":\"Ann\\u202e Lee\",\"email\":\"ann@example.com\"}",
	    NULL);

	(void)state;
	assert_string_equal(m->text, "Hallo, wo ist meine Bestellung?\nDanke");
	assert_string_equal(m->from->name, "Ann Lee");
	assert_string_equal(m->from->addr, "ann@example.com");
	assert_string_equal(m->session, "s1");
	assert_string_equal(m->language, "de");
	assert_string_equal(message_field(m, "order"), "12345678");
	assert_string_equal(message_field(m, "n"), "3");
	assert_string_equal(message_field(m, "page"), "https://example.com/a");
	message_free(m);
}

static void
from_chat__without_an_address__has_no_sender_but_the_name(void **state)
{
	struct message	*m = from(ARRIVAL_CHAT, "{\"text\":\"hi\",\"name\":\"Ann\",\"email\":\"a b\\r\\nBcc: x\"}",
	    NULL);

	(void)state;
	assert_null(m->from);
	assert_string_equal(message_field(m, "name"), "Ann");
	assert_true(has_warning(m, "chat-email"));
	message_free(m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(from_json__all_rows_found__fill_the_message_and_fields),
		cmocka_unit_test(from_json__missing_rows__are_warned_and_the_document_is_the_text),
		cmocka_unit_test(from_json__no_mapping__is_the_document_in_order),
		cmocka_unit_test(from_json__odd_documents__are_still_messages),
		cmocka_unit_test(from_json__bombs__are_refused_before_a_tree_is_built),
		cmocka_unit_test(from_chat__widget_post__becomes_a_message),
		cmocka_unit_test(from_chat__without_an_address__has_no_sender_but_the_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
