/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>
#include <time.h>

#include "samples.h"

static struct samples	shop;

struct mail_case {
	const char	*subject, *text;
	const char	*department, *priority, *form, *detail, *value, *missing;
};

static void
check_mail(const struct mail_case *c)
{
	struct message	*m = samples_mail(c->subject, c->text);
	struct verdict	 v;
	struct ticket	*t = samples_begin(&shop, m, 1000, &v);

	if (strcmp(t->department, c->department) != 0 ||
	    strcmp(priority_name(t->priority), c->priority) != 0 ||
	    g_strcmp0(t->form, c->form) != 0)
		fail_msg("\"%s\": %s, %s, %s", c->subject, t->department,
		    priority_name(t->priority), t->form);
	if (c->detail != NULL && strcmp(samples_value(t, c->detail), c->value) != 0)
		fail_msg("\"%s\": %s is \"%s\", not \"%s\"", c->subject, c->detail,
		    samples_value(t, c->detail), c->value);
	if (strcmp(samples_missing(t, 0), c->missing) != 0)
		fail_msg("\"%s\": \"%s\" is missing, not \"%s\"", c->subject,
		    samples_missing(t, 0), c->missing);
	ticket_free(t);
}

static void
check__mail_to_a_shop__is_classified_and_read(void **state)
{
	static const struct mail_case	cases[] = {
		{ "Where is my parcel?", "Hi, order 12345678 has not arrived.\nThanks\nTom",
		  "orders", "medium", "order", "order_number", "12345678", "" },
		{ "Parcel", "Order number: 12345678\nDate of the order: 3 Nov 2026", "orders", "medium",
		  "order", "ordered_on", "2026-11-03", "" },
		{ "Parcel", "Order number:\n12345678\n", "orders", "medium", "order", "order_number",
		  "12345678", "" },
		{ "Parcel", "* **Order number**: 1234 5678", "orders", "medium", "order",
		  "order_number", "12345678", "" },
		{ "Parcel", "Order number (8 digits) - 12345678", "orders", "medium", "order",
		  "order_number", "12345678", "" },
		{ "Parcel", "ORDER_NUMBER = 12345678", "orders", "medium", "order", "order_number",
		  "12345678", "" },
		{ "Lieferung", "Bestellnummer 12345678", "orders", "medium", "order", "order_number",
		  "12345678", "" },
		{ "Order 12345678", "It did not come.", "orders", "medium", "order", "order_number",
		  "12345678", "" },
		{ "Order", "Order number: 123", "orders", "medium", "order", "order_number", "",
		  "order_number" },
		{ "Livraison", "N° de commande : 12345678", "orders", "medium", "order",
		  "order_number", "12345678", "" },
		{ "Rücksendung", "Ich möchte die Hose umtauschen, Grund: wrong size", "returns",
		  "medium", "return", "reason", "wrong size", "order_number" },
		{ "Rechnung", "Rechnungsnummer: INV-2026-00417\nBetrag: 1.249,90 €", "billing",
		  "medium", "billing", "invoice_number", "INV-2026-00417", "" },
		{ "login broken", "My account is tom@mail.example and I use Firefox.", "technical",
		  "medium", "problem", "account", "tom@mail.example", "" },
		{ "Dringend: Zahlung", "Bitte sofort INV-2026-00001 prüfen", "billing", "high",
		  "billing", "invoice_number", "INV-2026-00001", "" },
		{ "Zahlung", "Nicht dringend: INV-2026-00001 prüfen", "billing", "medium", "billing",
		  "invoice_number", "INV-2026-00001", "" },
		{ "Hello", "Do you sell shoes?", "general", "medium", NULL, NULL, NULL, "" },
		{ "refund by my lawyer", "order 12345678 damaged", "returns", "high", "return",
		  "order_number", "12345678", "" },
		{ "My account was hacked", "help", "technical", "high", "problem", NULL, NULL,
		  "account" }
	};
	size_t	i;

	(void)state;
	for (i = 0; i < G_N_ELEMENTS(cases); i++)
		check_mail(&cases[i]);
}

static void
check__detail_in_quoted_text_of_a_first_mail__is_taken(void **state)
{
	struct message	*m = samples_mail("Fwd: order", "see below, the parcel is lost");
	struct verdict	 v;
	struct ticket	*t;

	(void)state;
	g_free(m->full_text);
	m->full_text = g_strdup("see below, the parcel is lost\n> Your order 12345678 was sent");
	t = samples_begin(&shop, m, 0, &v);
	assert_string_equal(samples_value(t, "order_number"), "12345678");
	assert_true(samples_trail_has(t, "12345678 (quoted)"));
	ticket_free(t);
}

static void
check__mapped_field__wins_over_the_text(void **state)
{
	struct message	*m = samples_mail("order 11111111", "parcel");
	struct verdict	 v;
	struct ticket	*t;

	(void)state;
	message_add_field(m, "order_id", "22222222");
	t = samples_begin(&shop, m, 0, &v);
	assert_string_equal(samples_value(t, "order_number"), "22222222");
	assert_true(samples_trail_has(t, "(field:order_id)"));
	ticket_free(t);
}

static void
check__text_without_content__is_marked_empty(void **state)
{
	static const char	*const texts[] = { NULL, "", " \n\n", "Hello,\n\nBest regards\nTom",
		"Order number:\nDate of the order: ______\n", "-- \nTom" };
	struct verdict		 v;
	size_t			 i;

	(void)state;
	for (i = 0; i < G_N_ELEMENTS(texts); i++) {
		struct ticket *t = samples_begin(&shop, samples_mail("order", texts[i]), 0, &v);

		if (!g_ptr_array_find_with_equal_func(t->tags, "empty", g_str_equal, NULL))
			fail_msg("text %zu is not empty", i);
		assert_string_equal(samples_missing(t, 0), "order_number");
		ticket_free(t);
	}
}

static void
check__machine_mail__has_no_form_and_is_pushed(void **state)
{
	static const enum message_kind	kinds[] = { MESSAGE_AUTO_REPLY, MESSAGE_BOUNCE,
		MESSAGE_LIST, MESSAGE_FEEDBACK, MESSAGE_RECEIPT };
	struct verdict			v;
	size_t				i;

	(void)state;
	for (i = 0; i < G_N_ELEMENTS(kinds); i++) {
		struct message	*m = samples_mail("Your order", "out of office");
		struct ticket	*t;

		m->kind = kinds[i];
		t = samples_begin(&shop, m, 0, &v);
		assert_int_equal(v.action, CHECK_PUSH);
		assert_false(v.ask || v.acknowledge);
		assert_null(t->form);
		ticket_free(t);
	}
}

#define EVIL \
	"rule \"evil\" { text = {'(a+)+$'} priority = \"high\" }\n" \
	"rule \"good\" { text = {'b'} department = \"found\" }\n" \
	"form \"f\" { detail \"d\" { patterns = {'((a|aa)+)$'} } }\n"

static void
check_scan__pattern_that_explodes__costs_little_and_is_reported(void **state)
{
	g_autofree char		*text = g_strnfill(65535, 'a');
	struct samples		 evil;
	struct message		*m;
	struct findings		*f;
	struct timespec		 from, to;
	double			 ms;

	(void)state;
	text[65534] = 'b';
	samples_open(&evil, EVIL);
	m = samples_mail("s", text);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
	f = check_scan(evil.check, "support", m);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
	ms = (double)(to.tv_sec - from.tv_sec) * 1e3 + (double)(to.tv_nsec - from.tv_nsec) / 1e6;
	print_message("two exploding patterns on 64 KB: %.1f ms\n", ms);
	assert_true(ms < 500);	/* sanitizers and a busy machine included */
	assert_string_equal(f->department, "found");
	assert_int_equal(f->priority, PRIORITY_MEDIUM);
	assert_true(f->warnings->len >= 2);
	assert_non_null(strstr(f->warnings->pdata[0], "rule evil: match limit"));
	findings_free(f);
	message_free(m);
	samples_close(&evil);
}

#define RULES \
	"rule \"vip\" { from = {'@big\\.example$'} priority = \"high\" tags = {\"vip\"} }\n" \
	"rule \"shop\" { field = {'topic=^pay'} department = \"billing\" }\n" \
	"rule \"to\" { to = {'^jobs@'} department = \"hr\" last = yes }\n" \
	"rule \"kinds\" { kind = {\"list\"} ignore = yes priority = \"low\" }\n" \
	"rule \"both\" { subject = {'one'} text = {'two'} tags = {\"both\"} }\n" \
	"rule \"chan\" { channel = {\"support\"} tags = {\"chatty\"} }\n" \
	"rule \"all\" { tags = {\"seen\"} }\n"

static struct findings *
scan(const struct samples *s, const char *channel, struct message *m)
{
	struct findings	*f = check_scan(s->check, channel, m);

	message_free(m);
	return f;
}

static bool
tagged(const struct findings *f, const char *tag)
{
	return g_ptr_array_find_with_equal_func(f->tags, tag, g_str_equal, NULL);
}

static void
rules__each_condition__has_to_be_met(void **state)
{
	struct samples	 s;
	struct message	*m;
	struct findings	*f;

	(void)state;
	samples_open(&s, RULES);

	f = scan(&s, "other", samples_mail("one", "two"));
	assert_true(tagged(f, "both") && tagged(f, "seen"));
	assert_false(tagged(f, "vip") || tagged(f, "chatty"));
	assert_string_equal(f->department, "general");
	findings_free(f);

	f = scan(&s, "support", samples_mail("one", "three"));
	assert_false(tagged(f, "both"));
	assert_true(tagged(f, "chatty"));
	findings_free(f);

	m = samples_mail("x", "y");
	g_free(m->from->addr);
	m->from->addr = g_strdup("boss@big.example");
	message_add_field(m, "topic", "payment");
	f = scan(&s, "support", m);
	assert_int_equal(f->priority, PRIORITY_HIGH);
	assert_string_equal(f->department, "billing");
	findings_free(f);

	m = samples_mail("x", "y");
	g_ptr_array_add(m->delivered_to, g_strdup("jobs@shop.example"));
	f = scan(&s, "support", m);
	assert_string_equal(f->department, "hr");
	assert_false(tagged(f, "seen"));
	findings_free(f);

	m = samples_mail("x", "y");
	m->kind = MESSAGE_LIST;
	f = scan(&s, "support", m);
	assert_true(f->ignore);
	assert_int_equal(f->priority, PRIORITY_LOW);
	findings_free(f);
	samples_close(&s);
}

static int
refused_with(struct settings *set, const char *words)
{
	struct err	 e = ERR_INIT;
	struct check	*c = check_new(set, &e);

	if (c != NULL || e.kind != ERR_CONFIG || strstr(e.text, words) == NULL) {
		check_free(c);
		print_error("%s\n", e.text);
		return -1;
	}
	return 0;
}

static void
check_new__configuration_that_cannot_work__is_refused(void **state)
{
	struct samples		 s;
	struct settings_rule	*rule;
	struct settings_form	*form;
	char			*saved;

	(void)state;
	samples_open(&s, RULES "form \"f\" { detail \"d\" { } }\n");
	rule = s.settings->rules->pdata[0];
	form = s.settings->forms->pdata[0];

	saved = rule->priority;
	rule->priority = (char *)"extreme";
	assert_int_equal(refused_with(s.settings, "rule \"vip\": priority \"extreme\""), 0);
	rule->priority = saved;

	g_ptr_array_add(rule->field, g_strdup("nothing"));
	assert_int_equal(refused_with(s.settings, "field \"nothing\""), 0);
	g_ptr_array_set_size(rule->field, 0);

	g_ptr_array_add(rule->text, g_strdup("(open"));
	assert_int_equal(refused_with(s.settings, "rule \"vip\": \"(open\""), 0);
	g_ptr_array_set_size(rule->text, 0);

	g_ptr_array_add(rule->kind, g_strdup("spam"));
	assert_int_equal(refused_with(s.settings, "\"spam\" is no kind"), 0);
	g_ptr_array_set_size(rule->kind, 0);

	g_ptr_array_add(form->details, form->details->pdata[0]);
	assert_int_equal(refused_with(s.settings, "form \"f\": detail \"d\" is there twice"), 0);
	g_ptr_array_steal_index(form->details, 1);
	samples_close(&s);
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
		cmocka_unit_test(check__mail_to_a_shop__is_classified_and_read),
		cmocka_unit_test(check__detail_in_quoted_text_of_a_first_mail__is_taken),
		cmocka_unit_test(check__mapped_field__wins_over_the_text),
		cmocka_unit_test(check__text_without_content__is_marked_empty),
		cmocka_unit_test(check__machine_mail__has_no_form_and_is_pushed),
		cmocka_unit_test(check_scan__pattern_that_explodes__costs_little_and_is_reported),
		cmocka_unit_test(rules__each_condition__has_to_be_met),
		cmocka_unit_test(check_new__configuration_that_cannot_work__is_refused),
	};

	return cmocka_run_group_tests(tests, open_shop, close_shop);
}
