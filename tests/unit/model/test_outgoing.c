/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "model/outgoing.h"

static struct outgoing *
read_text(const char *text, struct err *e)
{
	return outgoing_read(text, strlen(text), e);
}

static void
outgoing__written_and_read__is_the_same(void **state)
{
	struct outgoing		*o = outgoing_new(OUTGOING_ANSWER), *back;
	g_autoptr(GString)	 first = g_string_new(NULL), second = g_string_new(NULL);

	(void)state;
	o->id = g_strdup("O1");
	o->ticket = g_strdup("7KQM2-XWA9F");
	o->channel_kind = g_strdup("imap");
	o->channel_name = g_strdup("support");
	o->to_name = g_strdup("Änna");
	o->to_addr = g_strdup("anna@customer.example");
	o->subject = g_strdup("Re");
	o->in_reply_to = g_strdup("a@b");
	g_ptr_array_add(o->references, g_strdup("a@b"));
	o->text = g_strdup("Hello\n\"you\"");
	o->language = g_strdup("de");
	o->author = g_strdup("w1");
	o->created_ms = 1795219200123;
	o->attempts = 3;
	outgoing_write(o, first);
	back = outgoing_read(first->str, first->len, NULL);
	assert_non_null(back);
	outgoing_write(back, second);
	assert_string_equal(first->str, second->str);
	assert_int_equal(back->kind, OUTGOING_ANSWER);
	assert_null(back->session);
	assert_int_equal(back->created_ms, 1795219200123);
	outgoing_free(back);
	outgoing_free(o);
}

/* Redis' cjson: nil members are gone, an empty list is {}. */
static void
outgoing_read__as_lua_writes_it__is_understood(void **state)
{
	struct outgoing	*o = read_text("{\"id\":\"1\",\"ticket\":\"t\",\"kind\":\"answer\","
	    "\"text\":\"x\",\"references\":{},\"created_ms\":1}", NULL);

	(void)state;
	assert_non_null(o);
	assert_null(o->to_addr);
	assert_int_equal(o->references->len, 0);
	assert_int_equal(o->attempts, 0);
	outgoing_free(o);
}

static void
outgoing_read__anything_else__is_refused(void **state)
{
	static const char *const	texts[] = { "", "null", "[]", "{}", "{\"id\":\"1\"}",
		"{\"id\":\"1\",\"ticket\":\"t\",\"kind\":\"shout\",\"text\":\"x\",\"created_ms\":1}",
		"{\"id\":\"1\",\"ticket\":\"t\",\"kind\":\"answer\",\"text\":null,\"created_ms\":1}",
		"{\"id\":\"1\",\"ticket\":\"t\",\"kind\":\"answer\",\"text\":\"x\",\"created_ms\":\"1\"}",
		"{\"id\":\"1\",\"ticket\":\"t\",\"kind\":\"answer\",\"text\":\"x\",\"created_ms\":1,"
		"\"bcc\":\"all@x\"}",
		"{\"id\":\"1\",\"id\":\"2\",\"ticket\":\"t\",\"kind\":\"answer\",\"text\":\"x\","
		"\"created_ms\":1}",
		"{\"id\":\"1\",\"ticket\":\"t\",\"kind\":\"answer\",\"text\":\"x\",\"created_ms\":1,"
		"\"to_addr\":7}" };
	size_t				i;

	(void)state;
	for (i = 0; i < G_N_ELEMENTS(texts); i++) {
		struct err	 e = ERR_INIT;

		if (read_text(texts[i], &e) != NULL)
			fail_msg("%s is accepted", texts[i]);
		assert_int_equal(e.kind, ERR_PERM);
	}
}

static void
outgoing_kind__each__has_a_name_that_reads_back(void **state)
{
	enum outgoing_kind	kind, back;

	(void)state;
	for (kind = OUTGOING_QUESTION; kind <= OUTGOING_NOTICE; kind++) {
		assert_int_equal(outgoing_kind_parse(outgoing_kind_name(kind), &back), 0);
		assert_int_equal(back, kind);
	}
	assert_int_equal(outgoing_kind_parse("", &back), -1);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(outgoing__written_and_read__is_the_same),
		cmocka_unit_test(outgoing_read__as_lua_writes_it__is_understood),
		cmocka_unit_test(outgoing_read__anything_else__is_refused),
		cmocka_unit_test(outgoing_kind__each__has_a_name_that_reads_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
