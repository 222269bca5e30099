/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "reply/reply.h"
#include "reply/template.h"

static struct settings *
settings(void)
{
	struct settings	*s = g_new0(struct settings, 1);

	s->mail_out.from_name = (char *)"The Shop";
	s->templates = g_ptr_array_new_with_free_func(g_free);
	return s;
}

static void
settings_free(struct settings *s)
{
	g_ptr_array_free(s->templates, TRUE);
	g_free(s);
}

static void
add_template(struct settings *s, const char *kind, const char *language, const char *subject, const char *body)
{
	struct settings_template	*t = g_new0(struct settings_template, 1);

	t->name = (char *)"mine";
	t->kind = (char *)kind;
	t->language = (char *)language;
	t->subject = (char *)subject;
	t->body = (char *)body;
	g_ptr_array_add(s->templates, t);
}

static struct ticket *
ticket(const char *language)
{
	struct ticket	*t = ticket_new();

	g_strlcpy(t->id, "7KQM2-XWA9F", sizeof(t->id));
	t->event_id = g_strdup("ev1");
	t->language = g_strdup(language);
	t->channel_kind = g_strdup("imap");
	t->channel_name = g_strdup("support");
	t->subject = g_strdup("BUY PILLS http://evil.example");
	t->customer = address_new("EVIL NAME", "carla@customer.example");
	t->updated_ms = 1700000000000;
	t->message = message_new();
	t->message->message_id = g_strdup("in.1@customer.example");
	t->message->text = g_strdup("EVIL BODY");
	g_ptr_array_add(t->references, g_strdup("in.0@customer.example"));
	ticket_add_missing(t, "order", "Order number", "What is your order number?", NULL);
	ticket_add_missing(t, "date", "Date", "When did you buy it?", "must be a date");
	return t;
}

static struct outgoing *
ask(struct settings *s, struct ticket *t, const char *intro)
{
	struct err		 e = ERR_INIT;
	struct reply_templates	*templates = reply_templates_new(s, &e);
	struct outgoing		*o;

	assert_non_null(templates);
	o = reply_question(templates, t, intro);
	reply_templates_free(templates);
	return o;
}

static void
reply_question__missing_details__are_numbered_lines(void **state)
{
	struct settings	*s = settings();
	struct ticket	*t = ticket("en");
	struct outgoing	*o = ask(s, t, "We need this:");

	(void)state;
	assert_non_null(o);
	assert_non_null(strstr(o->text, "We need this:\n\n1. Order number: What is your order number?\n"
	    "2. Date: When did you buy it? (must be a date)\n"));
	assert_non_null(strstr(o->text, "Your reference: 7KQM2-XWA9F"));
	assert_non_null(strstr(o->text, "The Shop"));
	assert_string_equal(o->id, "ev1-question");
	assert_string_equal(o->to_addr, "carla@customer.example");
	assert_string_equal(o->in_reply_to, "in.1@customer.example");
	assert_int_equal(o->kind, OUTGOING_QUESTION);
	assert_null(strstr(o->text, "{{"));
	outgoing_free(o);
	ticket_free(t);
	settings_free(s);
}

static void
reply_question__languages__fall_back_to_english(void **state)
{
	static const char *const cases[][2] = {
		{ "de", "Vielen Dank" }, { "de-AT", "Vielen Dank" }, { "FR", "Merci" }, { "es", "Gracias" },
		{ "ja", "Thank you" }, { NULL, "Thank you" }, { "deu", "Thank you" },
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct settings	*s = settings();
		struct ticket	*t = ticket(cases[i][0]);
		struct outgoing	*o = ask(s, t, NULL);

		assert_true(g_str_has_prefix(o->text, cases[i][1]));
		outgoing_free(o);
		ticket_free(t);
		settings_free(s);
	}
}

static void
reply_question__operators_template__goes_before_ours(void **state)
{
	struct settings	*s = settings();
	struct ticket	*t = ticket("de");
	struct outgoing	*o;

	(void)state;
	add_template(s, "question", "", "Ref {{ticket}}", "all: {{questions}}");
	o = ask(s, t, NULL);
	assert_true(g_str_has_prefix(o->text, "all: 1. Order number"));
	assert_string_equal(o->subject, "Ref 7KQM2-XWA9F");
	outgoing_free(o);
	add_template(s, "question", "de", NULL, "deutsch: {{questions}}");
	o = ask(s, t, NULL);
	assert_true(g_str_has_prefix(o->text, "deutsch: 1. Order number"));
	assert_string_equal(o->subject, "Ihre Anfrage 7KQM2-XWA9F: uns fehlen noch Angaben");
	outgoing_free(o);
	ticket_free(t);
	settings_free(s);
}

static void
has_nothing_evil(struct outgoing *o)
{
	assert_non_null(o);
	assert_null(strstr(o->text, "EVIL"));
	assert_null(strstr(o->text, "PILLS"));
	assert_null(strstr(o->subject, "PILLS"));
	outgoing_free(o);
}

static void
reply_words__to_an_unproved_sender__hold_nothing_of_his(void **state)
{
	struct settings		*s = settings();
	struct ticket		*t = ticket("en");
	struct err		 e = ERR_INIT;
	struct reply_templates	*templates = reply_templates_new(s, &e);

	(void)state;
	has_nothing_evil(reply_question(templates, t, NULL));
	has_nothing_evil(reply_acknowledgement(templates, t));
	has_nothing_evil(reply_too_large(templates, t));
	t->customer_verified = g_strdup("dmarc");
	has_nothing_evil(reply_acknowledgement(templates, t));
	reply_templates_free(templates);
	ticket_free(t);
	settings_free(s);
}

static void
reply_question__proved_sender__sees_his_subject(void **state)
{
	struct settings	*s = settings();
	struct ticket	*t = ticket("en");
	struct outgoing	*o;

	(void)state;
	t->customer_verified = g_strdup("dmarc");
	o = ask(s, t, NULL);
	assert_string_equal(o->subject, t->subject);
	outgoing_free(o);
	ticket_free(t);
	settings_free(s);
}

static void
reply_question__chat__goes_to_the_session(void **state)
{
	struct settings	*s = settings();
	struct ticket	*t = ticket("en");
	struct outgoing	*o;

	(void)state;
	g_free(t->channel_kind);
	t->channel_kind = g_strdup("chat");
	t->session = g_strdup("s1");
	o = ask(s, t, NULL);
	assert_string_equal(o->session, "s1");
	assert_null(o->to_addr);
	outgoing_free(o);
	ticket_free(t);
	settings_free(s);
}

static void
reply_question__nobody_or_nothing__is_null(void **state)
{
	struct settings	*s = settings();
	struct ticket	*t = ticket("en");

	(void)state;
	g_ptr_array_set_size(t->missing, 0);
	assert_null(ask(s, t, NULL));
	ticket_add_missing(t, "a", NULL, NULL, NULL);
	address_free(t->customer);
	t->customer = NULL;
	assert_null(ask(s, t, NULL));
	ticket_free(t);
	settings_free(s);
}

static void
reply_templates_new__wrong_templates__are_refused(void **state)
{
	static const char *const bad[][4] = {
		{ "question", NULL, "no place for them", "has no {{questions}}" },
		{ "question", NULL, "{{questions}} {{subject}}", "unknown place {{subject}}" },
		{ "acknowledgement", NULL, "{{ticket", "without }}" },
		{ "acknowledgement", "{{name}}", "x", "unknown place {{name}}" },
		{ "acknowledgement", "a\nBcc: x@y.example", "x", "one line" },
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
		struct settings	*s = settings();
		struct err	 e = ERR_INIT;

		add_template(s, bad[i][0], "en", bad[i][1], bad[i][2]);
		assert_null(reply_templates_new(s, &e));
		assert_int_equal(e.kind, ERR_CONFIG);
		assert_non_null(strstr(e.text, bad[i][3]));
		settings_free(s);
	}
}

static void
template_fill__values__are_not_filled_again(void **state)
{
	struct template_values	 v = { .ticket = "{{signature}}", .signature = "no" };
	g_autofree char		*text = template_fill("a {{ticket}} b\n\n\n\n{{intro}}\n\nc\n\n", &v);

	(void)state;
	assert_string_equal(text, "a {{signature}} b\n\nc");
}

static void
template_builtin__all_kinds__are_there_in_four_languages(void **state)
{
	struct err	 e = ERR_INIT;
	unsigned	 n;

	(void)state;
	for (n = 0; template_builtin[n].body != NULL; n++)
		assert_int_equal(template_check(&template_builtin[n], &e), 0);
	assert_int_equal(n, 12);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reply_question__missing_details__are_numbered_lines),
		cmocka_unit_test(reply_question__languages__fall_back_to_english),
		cmocka_unit_test(reply_question__operators_template__goes_before_ours),
		cmocka_unit_test(reply_words__to_an_unproved_sender__hold_nothing_of_his),
		cmocka_unit_test(reply_question__proved_sender__sees_his_subject),
		cmocka_unit_test(reply_question__chat__goes_to_the_session),
		cmocka_unit_test(reply_question__nobody_or_nothing__is_null),
		cmocka_unit_test(reply_templates_new__wrong_templates__are_refused),
		cmocka_unit_test(template_fill__values__are_not_filled_again),
		cmocka_unit_test(template_builtin__all_kinds__are_there_in_four_languages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
