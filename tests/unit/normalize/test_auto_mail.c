/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "mail_text.h"
#include "normalize/auto_notice.h"
#include "normalize/auto_words.h"

static unsigned	wrong;

static void
check_one(unsigned line, const char *head, const char *mail)
{
	struct message	*msg = mail_text_message(mail);
	g_auto(GStrv)	 want = g_strsplit(head, " ", 2);

	if (strcmp(message_kind_name(msg->kind), want[0]) != 0 || g_strcmp0(msg->no_answer, want[1]) != 0 ||
	    (msg->kind_reason == NULL) != (msg->kind == MESSAGE_NORMAL)) {
		fprintf(stderr, "line %u: want %s, got %s %s (%s): %s\n", line, head,
		    message_kind_name(msg->kind), msg->no_answer == NULL ? "" : msg->no_answer,
		    msg->kind_reason == NULL ? "" : msg->kind_reason, msg->subject);
		wrong++;
	}
	message_free(msg);
}

static void
auto_mail_classify__mails_of_people_and_machines__are_told_apart(void **state)
{
	(void)state;
	wrong = 0;
	assert_true(mail_text_each("auto_mail.txt", check_one) > 250);
	assert_true(mail_text_each("auto_mail_people.txt", check_one) > 600);
	assert_int_equal(wrong, 0);
}

static void
auto_mail_classify__abuse_report__names_the_recipient(void **state)
{
	struct message	*msg = mail_text_message("From: fbl@isp.example\nSubject: x\n"
	    "Content-Type: multipart/report; report-type=feedback-report; boundary=b\n\n"
	    "--b\nContent-Type: message/feedback-report\n\nFeedback-Type: abuse\n"
	    "Original-Rcpt-To: rfc822;carla@customer.example\n"
	    "--b\nContent-Type: message/rfc822\n\nMessage-ID: <o.1@support.example>\nTo: x@y.example\n\nhi\n--b--\n");

	(void)state;
	assert_int_equal(msg->kind, MESSAGE_FEEDBACK);
	assert_string_equal(message_field(msg, "feedback_type"), "abuse");
	assert_string_equal(message_field(msg, "feedback_recipient"), "carla@customer.example");
	assert_string_equal(message_field(msg, "feedback_message_id"), "o.1@support.example");
	message_free(msg);
}

static void
auto_words__tables__are_spelled_as_folded(void **state)
{
	const char	*phrase;
	size_t		 n;

	(void)state;
	for (n = 0; (phrase = auto_words_phrase(n)) != NULL; n++) {
		g_autofree char	*folded = auto_words_fold(phrase, strlen(phrase));

		assert_string_equal(folded, phrase);
	}
	assert_true(n > 600);
	for (n = 0; (phrase = auto_notice_phrase(n)) != NULL; n++) {
		g_autofree char	*folded = auto_words_fold(phrase, strlen(phrase));

		/* a blank at the end is where the word has to end */
		if (!g_str_has_prefix(phrase, folded))
			fail_msg("%s is folded to %s", phrase, folded);
	}
	assert_true(n > 300);
}

static void
auto_words_fold__accents_case_and_widths__do_not_count(void **state)
{
	static const char *const pairs[][2] = {
		{ "RÉPONSE   Automatique\t", "reponse automatique" }, { "Ｏｕｔ：ｏｆ", "out:of" },
		{ "OTOMATİK YANIT", "otomatik yanit" }, { "Otomatik yanıt", "otomatik yanit" },
		{ "Ødegård–Łódź", "odegard-lodz" }, { "Fravær", "fravaer" },
		{ "a\xe2\x80\x8b" "b\xc2\xa0" "c", "ab c" }, { "Straße", "strasse" }, { "ダメ", "ダメ" },
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(pairs); i++) {
		g_autofree char	*folded = auto_words_fold(pairs[i][0], strlen(pairs[i][0]));

		assert_string_equal(folded, pairs[i][1]);
	}
}

static void
auto_words_body__sentence_of_a_notice__is_found(void **state)
{
	static const char	 text[] = "Hallo,\n\nich bin bis zum 5. Mai nicht im\nBüro.";

	(void)state;
	assert_non_null(auto_words_body(text, strlen(text)));
	assert_null(auto_words_body("Where is my order?", 18));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(auto_mail_classify__mails_of_people_and_machines__are_told_apart),
		cmocka_unit_test(auto_mail_classify__abuse_report__names_the_recipient),
		cmocka_unit_test(auto_words__tables__are_spelled_as_folded),
		cmocka_unit_test(auto_words_fold__accents_case_and_widths__do_not_count),
		cmocka_unit_test(auto_words_body__sentence_of_a_notice__is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
