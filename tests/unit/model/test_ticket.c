/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "model/reply_token.h"
#include "model/ticket.h"
#include "schema.h"

static json_t	*schema;

/* A message in which nothing is left out. */
static struct message *
full_message(void)
{
	struct message		*m = message_new();
	struct attachment	*a = attachment_new();

	m->kind = MESSAGE_BOUNCE;
	m->kind_reason = g_strdup("multipart/report");
	m->no_answer = g_strdup("bounce");
	m->from = address_new("Änna \"A\"", "anna@customer.example");
	m->sender = address_new(NULL, "list@lists.example");
	g_ptr_array_add(m->to, address_new("Support", "support@shop.example"));
	g_ptr_array_add(m->cc, address_new(NULL, "bob@customer.example"));
	g_ptr_array_add(m->reply_to, address_new(NULL, "anna@home.example"));
	m->envelope_from = g_strdup("");
	m->subject = g_strdup("Tab\there \\ \"quoted\" 日本");
	m->date_ms = 1795219200123;
	m->message_id = g_strdup("a@b");
	m->in_reply_to = g_strdup("c@d");
	g_ptr_array_add(m->references, g_strdup("c@d"));
	g_ptr_array_add(m->delivered_to, g_strdup("support@shop.example"));
	m->language = g_strdup("de");
	m->text = g_strdup("new\ntext");
	m->full_text = g_strdup("new\ntext\n> old");
	m->quoted = g_strdup("> old");
	m->html = g_strdup("<p onclick=x>hi");
	m->html_sanitised = g_strdup("<p>hi</p>");
	a->filename = g_strdup("a.pdf");
	a->content_type = g_strdup("application/pdf");
	a->sniffed_type = g_strdup("image/png");
	a->content_id = g_strdup("cid");
	a->size = 12345678901;
	g_strlcpy(a->sha256, "00000000000000000000000000000000000000000000000000000000000000aa",
	    sizeof a->sha256);
	a->location = g_strdup("blob:aa");
	g_ptr_array_add(m->attachments, a);
	message_add_field(m, "order", "1");
	m->bounce = bounce_new();
	bounce_add(m->bounce, "x@y.example", "failed", "5.1.1", "no such user");
	bounce_add(m->bounce, "z@y.example", NULL, NULL, NULL);
	m->authentication.spf = g_strdup("pass");
	message_warn(m, "charset-guessed: %s", "windows-1252");
	m->session = g_strdup("s1");
	m->verified = g_strdup("dmarc");
	memcpy(m->raw_sha256, a->sha256, sizeof m->raw_sha256);
	m->raw_size = 4711;
	m->minimal = true;
	return m;
}

static struct ticket *
full_ticket(void)
{
	struct ticket	*t = ticket_new();

	g_strlcpy(t->id, "7KQM2-XWA9F", sizeof t->id);
	t->version = 7;
	t->event = g_strdup("ticket.updated");
	t->event_id = g_strdup("E1");
	t->created_ms = 1795219200000;
	t->updated_ms = 1795219201000;
	t->status = TICKET_AWAITING_CUSTOMER;
	t->department = g_strdup("billing");
	t->priority = PRIORITY_HIGH;
	g_ptr_array_add(t->priority_reasons, g_strdup("rule urgent"));
	g_ptr_array_add(t->tags, g_strdup("vip"));
	t->language = g_strdup("de");
	t->channel_kind = g_strdup("imap");
	t->channel_name = g_strdup("support");
	t->customer = address_new("Anna", "anna@customer.example");
	t->customer_verified = g_strdup("dmarc");
	t->session = g_strdup("s1");
	g_ptr_array_add(t->participants, g_strdup("anna@customer.example"));
	t->subject = g_strdup("Hello");
	g_ptr_array_add(t->references, g_strdup("a@b"));
	t->form = g_strdup("order");
	ticket_add_detail(t, "size", "Size", "42", "label");
	ticket_add_missing(t, "order", "Order", "Which order?", "\"1\": 8 digits");
	t->asked_rounds = 2;
	t->deadline_ms = 1795305600000;
	g_free(t->completeness);
	t->completeness = g_strdup("waiting");
	ticket_add_turn(t, 1795219200000, "in", "anna@customer.example", "a@b", "Hello");
	ticket_add_turn(t, 1795219200500, "out", "worker 1", NULL, NULL);
	g_ptr_array_add(t->possibly_related, g_strdup("AAAAA-BBBB2"));
	t->lsn = 99;
	t->message = full_message();
	ticket_note(t, "step", "line\nbreak %d", 1);
	return t;
}

static json_t *
written(const struct ticket *t)
{
	g_autoptr(GString)	 out = g_string_new(NULL);
	json_error_t		 why;
	json_t			*doc;

	ticket_write(t, out, true);
	doc = json_loadb(out->str, out->len, JSON_REJECT_DUPLICATES, &why);
	if (doc == NULL)
		fail_msg("%s: %s", why.text, out->str);
	return doc;
}

static const char *
string_at(json_t *doc, const char *path)
{
	g_auto(GStrv)	 names = g_strsplit(path, "/", -1);
	size_t		 i;

	for (i = 0; names[i] != NULL; i++)
		doc = json_is_array(doc) ? json_array_get(doc, (size_t)atoi(names[i])) :
		    json_object_get(doc, names[i]);
	return json_string_value(doc);
}

static void
holds_to_schema(const struct ticket *t)
{
	g_autoptr(GString)	 why = g_string_new(NULL);
	json_t			*doc = written(t);

	if (!schema_holds(schema, doc, why))
		fail_msg("%s", why->str);
	json_decref(doc);
}

static void
ticket_write__full_and_empty__hold_to_the_schema(void **state)
{
	struct ticket	*full = full_ticket(), *bare = ticket_new();

	(void)state;
	holds_to_schema(full);
	message_free(full->message);
	full->message = message_new();
	holds_to_schema(full);
	g_clear_pointer(&full->message, message_free);
	holds_to_schema(full);

	g_strlcpy(bare->id, "7KQM2-XWA9F", sizeof bare->id);
	bare->event = g_strdup("ticket.created");
	bare->event_id = g_strdup("E");
	holds_to_schema(bare);
	ticket_free(full);
	ticket_free(bare);
}

/* That the checker says no at all. */
static void
schema__what_is_not_described__is_refused(void **state)
{
	static const char *const	breaks[] = { "{\"extra\":1}", "{\"id\":\"X\"}",
		"{\"status\":\"odd\"}", "{\"created_at\":\"yesterday\"}", "{\"tags\":[1]}",
		"{\"message\":{}}", "{\"form\":{\"name\":null}}", "{\"schema\":2}" };
	struct ticket			*t = full_ticket();
	g_autoptr(GString)		 why = g_string_new(NULL);
	size_t				 i;

	(void)state;
	for (i = 0; i < G_N_ELEMENTS(breaks); i++) {
		json_t	*doc = written(t), *wrong = json_loads(breaks[i], 0, NULL);

		json_object_update(doc, wrong);
		if (schema_holds(schema, doc, why))
			fail_msg("%s is accepted", breaks[i]);
		json_decref(doc);
		json_decref(wrong);
	}
	ticket_free(t);
}

static void
ticket_write__members__carry_what_the_struct_says(void **state)
{
	static const struct {
		const char	*path, *value;
	} cases[] = {
		{ "id", "7KQM2-XWA9F" }, { "status", "awaiting_customer" }, { "priority", "high" },
		{ "created_at", "2026-11-21T00:00:00.000Z" }, { "channel/kind", "imap" },
		{ "customer/verified", "dmarc" }, { "form/details/size", "42" },
		{ "form/labels/size", "Size" }, { "form/sources/size", "label" },
		{ "form/state", "waiting" }, { "form/missing/0/question", "Which order?" },
		{ "form/missing/0/problem", "\"1\": 8 digits" },
		{ "form/deadline", "2026-11-22T00:00:00.000Z" },
		{ "message/from/name", "Änna \"A\"" }, { "message/envelope_from", "" },
		{ "message/subject", "Tab\there \\ \"quoted\" 日本" },
		{ "message/date", "2026-11-21T00:00:00.123Z" }, { "message/kind", "bounce" },
		{ "message/bounce/status", "5.1.1" }, { "message/bounce/recipients/1/address", "z@y.example" },
		{ "message/attachments/0/sniffed_type", "image/png" },
		{ "message/fields/0/value", "1" }, { "message/raw/location", "journal:99" },
		{ "conversation/1/who", "worker 1" }, { "possibly_related/0", "AAAAA-BBBB2" },
		{ "trail/0", "step: line break 1" }
	};
	struct ticket	*t = full_ticket();
	json_t		*doc = written(t);
	char		 hex[DIGEST_HEX_SIZE];
	size_t		 i;

	(void)state;
	for (i = 0; i < G_N_ELEMENTS(cases); i++) {
		const char	*is = string_at(doc, cases[i].path);

		if (g_strcmp0(is, cases[i].value) != 0)
			fail_msg("%s is %s, not %s", cases[i].path, is, cases[i].value);
	}
	digest_sha256_hex("<p>hi</p>", 9, hex);
	assert_string_equal(string_at(doc, "message/html/sha256"), hex);
	assert_string_equal(string_at(doc, "message/html/location") + strlen("blob:"), hex);
	assert_true(json_is_true(json_object_get(json_object_get(json_object_get(doc, "message"),
	    "html"), "sanitised")));
	json_decref(doc);
	ticket_free(t);
}

static void
ticket_write__not_closed__takes_the_history_behind_it(void **state)
{
	struct ticket		*t = full_ticket();
	g_autoptr(GString)	 out = g_string_new(NULL), whole = g_string_new(NULL);

	(void)state;
	ticket_write(t, out, false);
	ticket_write(t, whole, true);
	g_string_append(out, ",\"history\":{\"open\":[],\"previous\":[],\"contacts\":1}}");
	assert_string_equal(out->str, whole->str);
	ticket_free(t);
}

static void
ticket_state__written_and_read__is_the_same(void **state)
{
	struct ticket		*t = full_ticket(), *back;
	g_autoptr(GString)	 first = g_string_new(NULL), second = g_string_new(NULL);
	struct err		 e = ERR_INIT;

	(void)state;
	g_ptr_array_add(t->held, g_strdup("{\"text\":\"earlier\"}"));
	ticket_write_state(t, first);
	back = ticket_read_state(first->str, first->len, &e);
	if (back == NULL)
		fail_msg("%s", e.text);
	assert_int_equal(back->version, 7);
	assert_int_equal(back->status, TICKET_AWAITING_CUSTOMER);
	ticket_write_state(back, second);
	assert_string_equal(first->str, second->str);
	assert_null(back->message);
	assert_non_null(strstr(back->message_json, "日本"));
	assert_string_equal(back->held->pdata[0], "{\"text\":\"earlier\"}");
	assert_int_equal(back->trail->len, 0);
	ticket_free(back);
	ticket_free(t);
}

static void
ticket_state__delivered__leaves_the_messages_out(void **state)
{
	struct ticket		*t = full_ticket(), *back;
	g_autoptr(GString)	 out = g_string_new(NULL);

	(void)state;
	g_ptr_array_add(t->held, g_strdup("{}"));
	t->delivered = true;
	ticket_write_state(t, out);
	assert_null(strstr(out->str, "full_text"));
	back = ticket_read_state(out->str, out->len, NULL);
	assert_non_null(back);
	assert_true(back->delivered);
	assert_null(back->message_json);
	assert_int_equal(back->held->len, 0);
	ticket_free(back);
	ticket_free(t);
}

static void
ticket_write_both__held_or_delivered__is_what_the_two_write_alone(void **state)
{
	int	delivered;

	(void)state;
	for (delivered = 0; delivered < 2; delivered++) {
		struct ticket		*t = full_ticket();
		g_autoptr(GString)	 doc = g_string_new(NULL), record = g_string_new(NULL);
		g_autoptr(GString)	 doc_alone = g_string_new(NULL);
		g_autoptr(GString)	 record_alone = g_string_new(NULL);
		struct ticket_span	 span = { 1, 0 };

		g_ptr_array_add(t->held, g_strdup("{\"text\":\"earlier\"}"));
		t->delivered = delivered;
		ticket_write(t, doc_alone, false);
		ticket_write_state(t, record_alone);
		ticket_write_both(t, doc, record, &span);
		assert_string_equal(doc->str, doc_alone->str);
		assert_int_equal(span.from == span.to, delivered);
		if (!delivered) {
			assert_null(strstr(record->str, "full_text"));
			g_string_append_len(record, doc->str + span.from,
			    (gssize)(span.to - span.from));
			g_string_append_c(record, '}');
		}
		assert_string_equal(record->str, record_alone->str);
		ticket_free(t);
	}
}

static void
ticket_state__released_later__carries_the_message_of_then(void **state)
{
	struct ticket		*t = full_ticket(), *back;
	g_autoptr(GString)	 out = g_string_new(NULL);
	json_t			*doc;

	(void)state;
	ticket_write_state(t, out);
	back = ticket_read_state(out->str, out->len, NULL);
	back->event = g_strdup("ticket.released");
	holds_to_schema(back);
	doc = written(back);
	assert_string_equal(string_at(doc, "message/text"), "new\ntext");
	json_decref(doc);
	ticket_free(back);
	ticket_free(t);
}

static void
ticket_read_state__anything_else__is_refused(void **state)
{
	static const struct {
		const char	*from, *to;
	} edits[] = {
		{ "\"record\":2", "\"record\":1" }, { "\"version\":7", "\"version\":\"7\"" },
		{ "\"version\":7", "\"version\":-1" }, { "\"status\":\"a", "\"status\":\"b" },
		{ "\"priority\":\"high\"", "\"priority\":\"higher\"" },
		{ "\"id\":\"7KQM2-", "\"id\":\"7KQM2-7KQM2-" }, { "\"tags\":[\"vip\"]", "\"tags\":[1]" },
		{ "\"tags\":[\"vip\"]", "\"tags\":\"vip\"" }, { "\"lsn\":99", "\"lsn\":99,\"more\":1" },
		{ "\"lsn\":99,", "" }, { "\"completeness\":\"w", "\"completeness\":\"v" },
		{ "\"delivered\":false", "\"delivered\":0" },
		{ "\"earlier_messages\":[]", "\"earlier_messages\":[1]" },
		{ "\"name\":\"size\"", "\"nome\":\"size\"" },
		{ "\"direction\":\"in\"", "\"direction\":null" }, { "{\"record\"", "[{\"record\"" }
	};
	struct ticket		*t = full_ticket();
	g_autoptr(GString)	 out = g_string_new(NULL);
	size_t			 i;

	(void)state;
	ticket_write_state(t, out);
	for (i = 0; i < G_N_ELEMENTS(edits); i++) {
		g_autoptr(GString)	 text = g_string_new(out->str);
		struct err		 e = ERR_INIT;

		assert_int_equal(g_string_replace(text, edits[i].from, edits[i].to, 1), 1);
		if (ticket_read_state(text->str, text->len, &e) != NULL)
			fail_msg("%s is accepted", edits[i].to);
		assert_int_equal(e.kind, ERR_PERM);
	}
	for (i = 0; i < out->len; i += 7)
		assert_null(ticket_read_state(out->str, i, NULL));
	ticket_free(t);
}

static void
ticket_add_turn__many_and_long__keeps_the_first_and_the_latest(void **state)
{
	struct ticket			*t = ticket_new();
	g_autofree char			*text = g_strnfill(600, 'x');
	const struct ticket_turn	*turn;
	int				 i;

	(void)state;
	memcpy(text + 498, "€", 3);
	for (i = 0; i < 50; i++)
		ticket_add_turn(t, i, "in", "anna\n@x", NULL, text);
	assert_int_equal(t->turns->len, 20);
	turn = t->turns->pdata[0];
	assert_int_equal(turn->at_ms, 0);
	assert_int_equal(strlen(turn->excerpt), 498);
	assert_string_equal(turn->who, "anna @x");
	turn = t->turns->pdata[19];
	assert_int_equal(turn->at_ms, 49);
	ticket_free(t);
}

static void
reply_token__made_for_one_recipient__is_found_only_for_him(void **state)
{
	const struct reply_token_key	 key = { "secret", 6 }, other = { "Secret", 6 };
	char				 token[REPLY_TOKEN_SIZE], id[TICKET_ID_SIZE];
	g_autofree char			*address = NULL, *upper = NULL;
	size_t				 i;

	(void)state;
	reply_token_make(&key, "7KQM2-XWA9F", "Anna@Customer.example", token);
	assert_int_equal(strlen(token), 36);
	address = g_strdup_printf("support+%s@shop.example", token);
	upper = g_ascii_strup(address, -1);
	assert_true(reply_token_find(&key, address, "anna@customer.example", id));
	assert_string_equal(id, "7KQM2-XWA9F");
	assert_true(reply_token_find(&key, upper, "anna+tag@CUSTOMER.example", id));
	assert_false(reply_token_find(&key, address, "bob@customer.example", id));
	assert_false(reply_token_find(&other, address, "anna@customer.example", id));
	for (i = 0; i < strlen(token); i++) {
		g_autofree char *forged = g_strdup(token);

		forged[i] = forged[i] == '0' ? '1' : '0';
		if (reply_token_find(&key, forged, "anna@customer.example", id))
			fail_msg("letter %zu does not count", i);
	}
	assert_false(reply_token_find(&key, "", "anna@customer.example", id));
	token[35] = '\0';
	assert_false(reply_token_find(&key, token, "anna@customer.example", id));
}

static int
load_schema(void **state)
{
	g_autofree char	*path = g_build_filename(g_getenv("top_srcdir") ? g_getenv("top_srcdir") : ".",
	    "doc/ticket.schema.json", NULL);
	json_error_t	 why;

	(void)state;
	schema = json_load_file(path, JSON_REJECT_DUPLICATES, &why);
	if (schema == NULL)
		print_error("%s:%d: %s\n", path, why.line, why.text);
	return schema == NULL ? -1 : 0;
}

static int
free_schema(void **state)
{
	(void)state;
	json_decref(schema);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(ticket_write__full_and_empty__hold_to_the_schema),
		cmocka_unit_test(schema__what_is_not_described__is_refused),
		cmocka_unit_test(ticket_write__members__carry_what_the_struct_says),
		cmocka_unit_test(ticket_write__not_closed__takes_the_history_behind_it),
		cmocka_unit_test(ticket_state__written_and_read__is_the_same),
		cmocka_unit_test(ticket_state__delivered__leaves_the_messages_out),
		cmocka_unit_test(ticket_write_both__held_or_delivered__is_what_the_two_write_alone),
		cmocka_unit_test(ticket_state__released_later__carries_the_message_of_then),
		cmocka_unit_test(ticket_read_state__anything_else__is_refused),
		cmocka_unit_test(ticket_add_turn__many_and_long__keeps_the_first_and_the_latest),
		cmocka_unit_test(reply_token__made_for_one_recipient__is_found_only_for_him),
	};

	return cmocka_run_group_tests(tests, load_schema, free_schema);
}
