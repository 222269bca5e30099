/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "samples.h"

#define HOUR	INT64_C(3600000)

static struct samples	shop;

static struct ticket *
begin(const char *subject, const char *text, int64_t now_ms, struct verdict *v)
{
	return samples_begin(&shop, samples_mail(subject, text), now_ms, v);
}

static void
answer(struct ticket *t, const char *text, int64_t now_ms, struct verdict *v)
{
	samples_follow(&shop, t, samples_reply(text), now_ms, v);
}

static void
decide__complete_first_mail__is_pushed(void **state)
{
	struct verdict	 v;
	struct ticket	*t = begin("parcel", "order 12345678", 0, &v);

	(void)state;
	assert_int_equal(v.action, CHECK_PUSH);
	assert_false(v.ask);
	assert_string_equal(t->event, "ticket.created");
	assert_string_equal(t->completeness, "complete");
	assert_int_equal(t->status, TICKET_OPEN);
	assert_int_equal(t->deadline_ms, -1);
	assert_true(t->delivered);
	ticket_free(t);
}

static void
decide__no_form__is_pushed_as_none(void **state)
{
	struct verdict	 v;
	struct ticket	*t = begin("Hello", "Do you sell shoes?", 0, &v);

	(void)state;
	assert_int_equal(v.action, CHECK_PUSH);
	assert_string_equal(t->completeness, "none");
	assert_null(t->form);
	ticket_free(t);
}

static void
decide__detail_missing__is_held_and_asked(void **state)
{
	struct verdict			 v;
	struct ticket			*t = begin("parcel", "where is it?", 5000, &v);
	const struct ticket_missing	*m = t->missing->pdata[0];

	(void)state;
	assert_int_equal(v.action, CHECK_HOLD);
	assert_true(v.ask);
	assert_false(v.acknowledge);
	assert_string_equal(t->event, "ticket.asked");
	assert_string_equal(t->completeness, "waiting");
	assert_int_equal(t->status, TICKET_AWAITING_CUSTOMER);
	assert_int_equal(t->asked_rounds, 1);
	assert_int_equal(t->deadline_ms, 5000 + 24 * HOUR);
	assert_false(t->delivered);
	assert_string_equal(m->label, "Order number");
	assert_string_equal(m->question, "What is your order number?");
	assert_null(m->problem);
	ticket_free(t);
}

static void
decide__urgent_with_detail_missing__is_pushed_and_asked(void **state)
{
	struct verdict	 v;
	struct ticket	*t = begin("urgent: parcel", "where is it?", 0, &v);

	(void)state;
	assert_int_equal(v.action, CHECK_PUSH);
	assert_true(v.ask);
	assert_string_equal(t->event, "ticket.created");
	assert_string_equal(t->completeness, "waiting");
	assert_int_equal(t->status, TICKET_OPEN);
	assert_true(t->delivered);

	answer(t, "12345678", HOUR, &v);
	assert_int_equal(v.action, CHECK_PUSH);
	assert_string_equal(t->event, "ticket.completed");
	assert_string_equal(t->completeness, "complete");
	assert_int_equal(t->deadline_ms, -1);
	ticket_free(t);
}

/* Two questions are open: 1 order_number, 2 reason. */
struct answer_case {
	const char	*text;
	const char	*full;		/* NULL: the same */
	const char	*order, *reason;
};

static void
check_answer(const struct answer_case *c)
{
	struct verdict	 v;
	struct ticket	*t = begin("refund", "I want my money back", 0, &v);
	struct message	*m = samples_reply(c->text);
	bool		 whole = c->order[0] != '\0' && c->reason[0] != '\0';

	assert_string_equal(samples_missing(t, 0), "order_number");
	assert_string_equal(samples_missing(t, 1), "reason");
	if (c->full != NULL) {
		g_free(m->full_text);
		m->full_text = g_strdup(c->full);
	}
	samples_follow(&shop, t, m, HOUR, &v);
	if (strcmp(samples_value(t, "order_number"), c->order) != 0 ||
	    strcmp(samples_value(t, "reason"), c->reason) != 0)
		fail_msg("\"%s\" gives \"%s\" and \"%s\"", c->text,
		    samples_value(t, "order_number"), samples_value(t, "reason"));
	assert_string_equal(t->event, whole ? "ticket.completed" : "ticket.asked");
	assert_int_equal(v.action, whole ? CHECK_PUSH : CHECK_HOLD);
	assert_int_equal(v.ask, !whole);
	ticket_free(t);
}

static void
decide__answer_in_any_shape__is_read(void **state)
{
	static const struct answer_case	cases[] = {
		{ "1. 12345678\n2. damaged", NULL, "12345678", "damaged" },
		{ "1) 12345678\n2) wrong size\n", NULL, "12345678", "wrong size" },
		{ "#1 12345678\n#2 damaged", NULL, "12345678", "damaged" },
		{ "(1) 12345678\n(2) damaged", NULL, "12345678", "damaged" },
		{ "1: 12345678\n2: damaged", NULL, "12345678", "damaged" },
		{ "1 - 12345678\n2 - damaged", NULL, "12345678", "damaged" },
		{ "zu 1: 12345678\nzu 2: damaged", NULL, "12345678", "damaged" },
		{ "2. it was damaged\n1. 1234 5678", NULL, "12345678", "damaged" },
		{ "1.\n12345678\n\n2.\nnot wanted", NULL, "12345678", "not wanted" },
		{ "1. Order number: 12345678\n2. Reason: damaged", NULL, "12345678", "damaged" },
		{ "1. What is your order number? 12345678\n2. damaged", NULL, "12345678", "damaged" },
		{ "Order number: 12345678\nReason: damaged", NULL, "12345678", "damaged" },
		{ "Bestellnummer: 12345678, Grund: siehe unten\nGrund: damaged", NULL,
		  "12345678", "damaged" },
		{ "Hi,\n\n12345678\ndamaged\n\nThanks\nAnna", NULL, "12345678", "damaged" },
		{ "It is order 12345678 and it came damaged.", NULL, "12345678", "damaged" },
		{ "12345678\ndamaged", "> 1. What is your order number?\n12345678\n"
		  "> 2. Why do you send it back: damaged, wrong item, wrong size, or not wanted?\n"
		  "damaged\n", "12345678", "damaged" },
		{ "sure, see below", "sure, see below\n> Hello,\n>\n> 1. What is your order number?\n\n"
		  "12345678\n\n> 2. Why do you send it back: damaged, wrong item, wrong size, or\n"
		  "> not wanted?\n\nwrong item\n\n> Kind regards\n", "12345678", "wrong item" },
		/* Written into our mail by a program that quotes without signs. */
		{ "My answers are below.", "My answers are below.\nFrom: Support\n\n"
		  "1. Order number: What is your order number?\n\n12345678\n\n"
		  "2. Reason: Why do you send it back: damaged, wrong item, wrong\n"
		  "size, or not wanted?\nwrong size\n\nPlease reply to this message.\n",
		  "12345678", "wrong size" },
		{ "See below.", "See below.\nFrom: Support\n\n"
		  "1. Order number: What is your order number? 12345678\n"
		  "2. Reason: Why do you send it back: damaged, wrong item, wrong size, or not wanted?"
		  "\n\nPlease reply to this message.\n", "12345678", "" },
		{ "1. Order number: What is your order number?\n12345678\n2. Reason: Why do you "
		  "send it back: damaged, wrong item, wrong size, or\nnot wanted?\n", NULL,
		  "12345678", "" },
		{ "1. Order number: What is your order number? (\"4711\": 8 digits)\n12345678\n"
		  "2. Reason: wrong size", NULL, "12345678", "wrong size" },
		/* Nobody took the quoted lines out. */
		{ "Hi, see below\n\nOn 21 Nov, Support <s@shop.example> wrote:\n"
		  "> 1. What is your order number?\n12345678\n"
		  "> 2. Why do you send it back: damaged, wrong item, wrong size, or not wanted?\n\n"
		  "wrong size\n\n> Kind regards\nTom", NULL, "12345678", "wrong size" },
		{ "> 2. damaged, wrong item, wrong size, or not wanted?\nI will tell you later", NULL,
		  "", "" },
		{ "1. 12345678", NULL, "12345678", "" },
		{ "damaged", NULL, "", "damaged" },
		{ "12345678", NULL, "12345678", "" },
		{ "3. 12345 parcels", NULL, "", "" },
		{ "I do not know", NULL, "", "" },
		/* What we quoted to them is not what they say. */
		{ "When?", "When?\n> Reason: damaged\n> Order number: 87654321", "", "" }
	};
	size_t	i;

	(void)state;
	for (i = 0; i < G_N_ELEMENTS(cases); i++)
		check_answer(&cases[i]);
}

static void
decide__answer_that_is_wrong__is_asked_again_with_the_problem(void **state)
{
	struct verdict			 v;
	struct ticket			*t = begin("parcel", "where is it?", 0, &v);
	const struct ticket_missing	*m;

	(void)state;
	answer(t, "4711", HOUR, &v);
	m = t->missing->pdata[0];
	assert_int_equal(v.action, CHECK_HOLD);
	assert_true(v.ask);
	assert_int_equal(t->asked_rounds, 2);
	assert_int_equal(t->deadline_ms, 25 * HOUR);
	assert_string_equal(m->problem, "\"4711\": 8 digits, as in your confirmation mail");

	answer(t, "4712", 2 * HOUR, &v);
	assert_int_equal(v.action, CHECK_PUSH);
	assert_false(v.ask);
	assert_string_equal(t->event, "ticket.released");
	assert_string_equal(t->completeness, "incomplete");
	assert_int_equal(t->status, TICKET_OPEN);
	assert_int_equal(t->deadline_ms, -1);
	assert_true(samples_trail_has(t, "asked often enough"));
	ticket_free(t);
}

static void
decide__answer_after_release__completes(void **state)
{
	struct verdict	 v;
	struct ticket	*t = begin("parcel", "where is it?", 0, &v);

	(void)state;
	assert_true(check_release(t, 24 * HOUR));
	answer(t, "order 12345678", 30 * HOUR, &v);
	assert_int_equal(v.action, CHECK_PUSH);
	assert_string_equal(t->event, "ticket.completed");
	assert_string_equal(t->completeness, "complete");
	ticket_free(t);
}

static void
check_release__at_the_deadline__goes_on_as_incomplete_once(void **state)
{
	struct verdict	 v;
	struct ticket	*t = begin("parcel", "where is it?", 0, &v);
	g_autofree char	*first = g_strdup(t->event_id);

	(void)state;
	assert_false(check_release(t, 24 * HOUR - 1));
	assert_string_equal(t->event, "ticket.asked");
	assert_true(check_release(t, 24 * HOUR));
	assert_string_equal(t->event, "ticket.released");
	assert_string_equal(t->completeness, "incomplete");
	assert_int_equal(t->status, TICKET_OPEN);
	assert_true(t->delivered);
	assert_string_not_equal(t->event_id, first);
	assert_int_equal(strlen(t->event_id), 26);
	assert_int_equal(t->missing->len, 1);
	assert_false(check_release(t, 48 * HOUR));
	ticket_free(t);
}

static void
decide__nobody_to_ask__is_pushed_as_incomplete(void **state)
{
	struct message	*m[5];
	struct verdict	 v;
	size_t		 i;

	(void)state;
	for (i = 0; i < G_N_ELEMENTS(m); i++)
		m[i] = samples_mail("parcel", "where is it?");
	g_clear_pointer(&m[0]->from, address_free);
	m[1]->no_answer = g_strdup("Precedence: bulk");
	m[2]->kind = MESSAGE_AUTO_GENERATED;
	g_free(m[3]->from->addr);
	m[3]->from->addr = g_strdup("not an address");
	m[4]->kind = MESSAGE_CALENDAR;
	for (i = 0; i < G_N_ELEMENTS(m); i++) {
		struct ticket *t = samples_begin(&shop, m[i], 0, &v);

		assert_int_equal(v.action, CHECK_PUSH);
		assert_false(v.ask || v.acknowledge);
		assert_string_equal(t->event, "ticket.created");
		assert_string_equal(t->completeness, "incomplete");
		assert_string_equal(samples_missing(t, 0), "order_number");
		ticket_free(t);
	}
}

static void
decide__vacation_notice_while_waiting__changes_nothing(void **state)
{
	struct verdict	 v;
	struct ticket	*t = begin("parcel", "where is it?", 0, &v);
	struct message	*m = samples_reply("I am away until 12345678");

	(void)state;
	m->kind = MESSAGE_AUTO_REPLY;
	samples_follow(&shop, t, m, HOUR, &v);
	assert_int_equal(v.action, CHECK_HOLD);
	assert_false(v.ask);
	assert_int_equal(t->asked_rounds, 1);
	assert_int_equal(t->deadline_ms, 24 * HOUR);
	assert_string_equal(samples_value(t, "order_number"), "");
	assert_string_equal(samples_missing(t, 0), "order_number");
	ticket_free(t);
}

static void
decide__bounce_of_the_question__releases_at_once(void **state)
{
	struct verdict	 v;
	struct ticket	*t = begin("parcel", "where is it?", 0, &v);
	struct message	*m = samples_reply("Undelivered");

	(void)state;
	m->kind = MESSAGE_BOUNCE;
	m->bounce = bounce_new();
	bounce_add(m->bounce, "anna@customer.example", "delayed", "4.4.1", NULL);
	samples_follow(&shop, t, m, HOUR, &v);
	assert_int_equal(v.action, CHECK_HOLD);

	m = samples_reply("Undelivered");
	m->kind = MESSAGE_BOUNCE;
	m->bounce = bounce_new();
	bounce_add(m->bounce, "anna@customer.example", "failed", "5.1.1", NULL);
	samples_follow(&shop, t, m, 2 * HOUR, &v);
	assert_int_equal(v.action, CHECK_PUSH);
	assert_string_equal(t->event, "ticket.released");
	assert_string_equal(t->completeness, "incomplete");
	assert_int_equal(t->status, TICKET_OPEN);
	ticket_free(t);
}

static void
decide__customer_gets_urgent_while_held__is_pushed(void **state)
{
	struct verdict	 v;
	struct ticket	*t = begin("parcel", "where is it?", 0, &v);

	(void)state;
	answer(t, "This is urgent now!", HOUR, &v);
	assert_int_equal(v.action, CHECK_PUSH);
	assert_string_equal(t->event, "ticket.released");
	assert_int_equal(t->priority, PRIORITY_HIGH);
	assert_string_equal(t->completeness, "waiting");
	assert_true(t->priority_reasons->len > 0);
	ticket_free(t);
}

static void
decide__follow_up_names_a_new_value__replaces_it(void **state)
{
	struct verdict	 v;
	struct ticket	*t = begin("parcel", "order 12345678", 0, &v);

	(void)state;
	answer(t, "I also have 11111111 here", HOUR, &v);
	assert_string_equal(samples_value(t, "order_number"), "12345678");
	assert_string_equal(t->event, "ticket.updated");
	answer(t, "Sorry!\nOrder number: 22222222", 2 * HOUR, &v);
	assert_string_equal(samples_value(t, "order_number"), "22222222");
	assert_true(samples_trail_has(t, "was 12345678"));
	ticket_free(t);
}

static void
decide__follow_up_to_another_department__stays_with_its_owner(void **state)
{
	struct verdict	 v;
	struct ticket	*t = begin("parcel", "order 12345678", 0, &v);

	(void)state;
	answer(t, "and where is my invoice?", HOUR, &v);
	assert_string_equal(t->department, "orders");
	assert_string_equal(t->form, "order");
	assert_int_equal(v.action, CHECK_PUSH);
	assert_string_equal(t->event, "ticket.updated");
	ticket_free(t);
}

static struct message *
chat_line(const char *text)
{
	struct message	*m = samples_mail(NULL, text);

	m->session = g_strdup("s1");
	return m;
}

static void
decide__chat_in_pieces__is_not_asked_twice_at_once(void **state)
{
	struct verdict	 v;
	struct ticket	*t = samples_begin(&shop, chat_line("my parcel is lost"), 0, &v);

	(void)state;
	assert_true(v.ask);
	samples_follow(&shop, t, chat_line("it really is"), 5000, &v);
	assert_int_equal(v.action, CHECK_HOLD);
	assert_false(v.ask);
	assert_int_equal(t->asked_rounds, 1);
	samples_follow(&shop, t, chat_line("hello??"), 90000, &v);
	assert_true(v.ask);
	assert_int_equal(t->asked_rounds, 2);
	samples_follow(&shop, t, chat_line("12345678"), 95000, &v);
	assert_string_equal(t->event, "ticket.completed");
	ticket_free(t);
}

static void
decide__workers_wait_for_the_customer__his_mail_opens_again(void **state)
{
	struct verdict	 v;
	struct ticket	*t = begin("Hello", "Do you sell shoes?", 0, &v);
	struct message	*m;

	(void)state;
	t->status = TICKET_AWAITING_CUSTOMER;
	m = samples_reply("I am away");
	m->kind = MESSAGE_AUTO_REPLY;
	samples_follow(&shop, t, m, HOUR, &v);
	assert_int_equal(t->status, TICKET_AWAITING_CUSTOMER);
	answer(t, "Size 42", 2 * HOUR, &v);
	assert_int_equal(t->status, TICKET_OPEN);
	t->status = TICKET_IN_PROGRESS;
	answer(t, "or 43", 3 * HOUR, &v);
	assert_int_equal(t->status, TICKET_IN_PROGRESS);
	ticket_free(t);
}

static void
decide__too_many_messages_held__lets_go(void **state)
{
	struct verdict	 v;
	struct ticket	*t = begin("parcel", "where is it?", 0, &v);
	struct message	*m;
	int		 i;

	(void)state;
	for (i = 0; i < 19; i++)
		g_ptr_array_add(t->held, g_strdup("{}"));
	m = samples_reply("away");
	m->kind = MESSAGE_AUTO_REPLY;
	samples_follow(&shop, t, m, HOUR, &v);
	assert_int_equal(v.action, CHECK_PUSH);
	assert_string_equal(t->event, "ticket.released");
	ticket_free(t);
}

#define SILENT \
	"acknowledge = yes\n" \
	"rule \"n\" { subject = {'noreply'} ignore = yes }\n" \
	"form \"f\" { subject = {'form'} rounds = 0 detail \"d\" { } }\n"

static void
decide__acknowledge__only_people_who_are_not_asked(void **state)
{
	struct samples	 s;
	struct verdict	 v;

	(void)state;
	samples_open(&s, SILENT);
	ticket_free(samples_begin(&s, samples_mail("hello", "x"), 0, &v));
	assert_true(v.acknowledge);
	ticket_free(samples_begin(&s, samples_mail("noreply", "x"), 0, &v));
	assert_false(v.acknowledge);
	ticket_free(samples_begin(&s, samples_mail("form", "x"), 0, &v));
	assert_int_equal(v.action, CHECK_PUSH);
	assert_true(v.acknowledge);
	assert_string_equal(v.outcome, "incomplete");
	samples_close(&s);
}

static struct message *
load_none(const char *path, void *arg, struct err *e)
{
	(void)arg;
	err_set(e, ERR_PERM, "no %s", path);
	return NULL;
}

static const struct check_test_source	no_mail = { load_none, NULL };

static void
check_test_file__shipped_tests__pass(void **state)
{
	g_autofree char		*path = g_build_filename(g_getenv("top_srcdir") ?
	    g_getenv("top_srcdir") : ".", "conf/rules.test.json", NULL);
	g_autoptr(GString)	 report = g_string_new(NULL);
	unsigned		 ran;

	(void)state;
	if (check_test_file(shop.check, path, &no_mail, report, &ran, NULL) != 0)
		fail_msg("%s", report->str);
	assert_int_equal(ran, 6);
}

static void
check_test_file__what_is_not_so__fails(void **state)
{
	static const char	text[] =
	    "[{\"subject\":\"parcel\",\"expect\":{\"department\":\"billing\"}},"
	    "{\"subject\":\"parcel\",\"expect\":{\"missing\":[]}},"
	    "{\"subject\":\"parcel\",\"expect\":{\"tags\":[\"none\"]}},"
	    "{\"subject\":\"parcel\",\"expect\":{\"details\":{\"order_number\":\"1\"}}},"
	    "{\"subject\":\"parcel\",\"expect\":{\"form\":null}},"
	    "{\"subject\":\"parcel\",\"expect\":{\"action\":\"push\"}},"
	    "{\"subject\":\"parcel\",\"expect\":{\"departmint\":\"billing\"}},"
	    "{\"subject\":\"parcel\"},"
	    "{\"subject\":\"parcel\",\"kind\":\"odd\",\"expect\":{}},"
	    "{\"mail\":\"gone.eml\",\"expect\":{}},"
	    "{\"subject\":\"parcel\",\"expect\":{\"department\":\"orders\"}}]";
	g_autofree char		*path = g_build_filename(g_get_tmp_dir(), "check.test.json", NULL);
	g_autoptr(GString)	 report = g_string_new(NULL);
	struct err		 e = ERR_INIT;
	unsigned		 ran;

	(void)state;
	assert_true(g_file_set_contents(path, text, -1, NULL));
	assert_int_equal(check_test_file(shop.check, path, &no_mail, report, &ran, &e), 10);
	assert_int_equal(ran, 11);
	assert_non_null(strstr(report->str, "department is orders, not billing"));
	assert_non_null(strstr(report->str, "\"departmint\" is not known"));
	assert_true(g_file_set_contents(path, "[{]", -1, NULL));
	assert_int_equal(check_test_file(shop.check, path, &no_mail, report, &ran, &e), -1);
	assert_int_equal(e.kind, ERR_CONFIG);
	remove(path);
}

static int
open_shop(void **state)
{
	(void)state;
	samples_open_shipped(&shop);
	return 0;
}

static int
close_shop(void **state)
{
	(void)state;
	samples_close(&shop);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(decide__complete_first_mail__is_pushed),
		cmocka_unit_test(decide__no_form__is_pushed_as_none),
		cmocka_unit_test(decide__detail_missing__is_held_and_asked),
		cmocka_unit_test(decide__urgent_with_detail_missing__is_pushed_and_asked),
		cmocka_unit_test(decide__answer_in_any_shape__is_read),
		cmocka_unit_test(decide__answer_that_is_wrong__is_asked_again_with_the_problem),
		cmocka_unit_test(decide__answer_after_release__completes),
		cmocka_unit_test(check_release__at_the_deadline__goes_on_as_incomplete_once),
		cmocka_unit_test(decide__nobody_to_ask__is_pushed_as_incomplete),
		cmocka_unit_test(decide__vacation_notice_while_waiting__changes_nothing),
		cmocka_unit_test(decide__bounce_of_the_question__releases_at_once),
		cmocka_unit_test(decide__customer_gets_urgent_while_held__is_pushed),
		cmocka_unit_test(decide__follow_up_names_a_new_value__replaces_it),
		cmocka_unit_test(decide__follow_up_to_another_department__stays_with_its_owner),
		cmocka_unit_test(decide__chat_in_pieces__is_not_asked_twice_at_once),
		cmocka_unit_test(decide__workers_wait_for_the_customer__his_mail_opens_again),
		cmocka_unit_test(decide__too_many_messages_held__lets_go),
		cmocka_unit_test(decide__acknowledge__only_people_who_are_not_asked),
		cmocka_unit_test(check_test_file__shipped_tests__pass),
		cmocka_unit_test(check_test_file__what_is_not_so__fails),
	};

	return cmocka_run_group_tests(tests, open_shop, close_shop);
}
