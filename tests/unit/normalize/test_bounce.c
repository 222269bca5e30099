/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "mail_text.h"
#include "normalize/bounce_dsn.h"
#include "normalize/bounce_status.h"

static unsigned	wrong;

/* "address[<original] status action ... id=..." of what was read, as the file has it. */
static char *
spell(const struct message *msg, bool with_id)
{
	GString	*s = g_string_new(NULL);

	for (guint i = 0; msg->bounce != NULL && i < msg->bounce->recipients->len; i++) {
		const struct bounce_recipient	*r = g_ptr_array_index(msg->bounce->recipients, i);

		g_string_append_printf(s, "%s%s%s%s %s %s", i == 0 ? "" : " ", r->address,
		    r->original == NULL ? "" : "<", r->original == NULL ? "" : r->original, r->status == NULL ? "-" : r->status, r->action);
	}
	if (with_id)
		g_string_append_printf(s, " id=%s", msg->bounce->original_message_id);
	return g_string_free(s, FALSE);
}

static void
check_one(unsigned line, const char *head, const char *mail)
{
	struct message	*msg = mail_text_message(mail);
	g_autofree char	*got = spell(msg, strstr(head, " id=") != NULL && msg->bounce != NULL);

	if (msg->kind != MESSAGE_BOUNCE || strcmp(got, head) != 0) {
		fprintf(stderr, "line %u: want %s\n\tgot %s %s\n", line, head,
		    message_kind_name(msg->kind), got);
		wrong++;
	}
	message_free(msg);
}

static void
bounce_read__reports_and_prose__give_recipient_status_and_action(void **state)
{
	(void)state;
	wrong = 0;
	assert_true(mail_text_each("bounces.txt", check_one) >= 80);
	assert_int_equal(wrong, 0);
}

static void
bounce_read__named_mail_systems_and_languages__are_understood(void **state)
{
	(void)state;
	wrong = 0;
	assert_true(mail_text_each("bounces_systems.txt", check_one) >= 120);
	assert_int_equal(wrong, 0);
}

static void
bounce_read__diagnostic__is_one_line_without_its_type(void **state)
{
	struct message		*msg = mail_text_message("From: mailer-daemon@x.example\nSubject: undeliverable\n"
	    "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n"
	    "--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n\n"
	    "Final-Recipient: rfc822; a@b.example\nAction: failed\nStatus: 5.1.1\n"
	    "Diagnostic-Code: smtp; 550 5.1.1\n  no such\n  user\n--b--\n");
	const struct bounce_recipient	*r;

	(void)state;
	assert_non_null(msg->bounce);
	r = g_ptr_array_index(msg->bounce->recipients, 0);
	assert_string_equal(r->diagnostic, "550 5.1.1 no such user");
	assert_string_equal(msg->bounce->reporting_mta, "mx.example");
	message_free(msg);
}

static void
bounce_dsn_address__types_and_encodings__are_undone(void **state)
{
	static const char *const good[][2] = {
		{ "rfc822;a@b.example", "a@b.example" }, { "RFC822; <a@b.example>", "a@b.example" },
		{ "a@b.example", "a@b.example" }, { "rfc822;user+20tag@b.example", "user+20tag@b.example" },
		{ "rfc822;a+40b.example", "a@b.example" }, { "utf-8;\\x{E4}@b.example", "ä@b.example" },
		{ "rfc822; a@b.example (expanded)", "a@b.example" }, { "smtp;a@b.example", "a@b.example" },
	};
	static const char *const bad[] = { "", "rfc822;", "rfc822; carla", "unknown;a\x01@b", "utf-8;\\x{110000}" };

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(good); i++) {
		g_autofree char	*got = bounce_dsn_address(good[i][0]);

		assert_non_null(got);
		assert_string_equal(got, good[i][1]);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++)
		assert_null(bounce_dsn_address(bad[i]));
}

static void
bounce_status_written__addresses_and_versions__are_no_codes(void **state)
{
	static const char *const none[] = {
		"host mx[4.2.2.1] said", "version 5.1.1.2", "postfix-5.1.1", "5.1", "15.1.1", "5.1.1a", "", NULL
	};
	char	status[BOUNCE_STATUS_SIZE];

	(void)state;
	for (size_t i = 0; none[i] != NULL; i++)
		assert_false(bounce_status_written(none[i], status));
	assert_true(bounce_status_written("550-5.7.26 no", status));
	assert_string_equal(status, "5.7.26");
	assert_true(bounce_status_written("(#5.1.1)", status));
	assert_string_equal(status, "5.1.1");
}

static void
bounce_status_meant__words_and_reply_code__agree_on_the_class(void **state)
{
	char	status[BOUNCE_STATUS_SIZE];

	(void)state;
	assert_true(bounce_status_meant("452 mailbox full", status));
	assert_string_equal(status, "4.2.2");
	assert_true(bounce_status_meant("mailbox full", status));
	assert_string_equal(status, "5.2.2");
	assert_true(bounce_status_meant("421 goodbye", status));
	assert_string_equal(status, "4.4.2");
	assert_false(bounce_status_meant("hello", status));
	assert_int_equal(bounce_status_smtp("[192.0.2.550] port 5500"), 0);
}

static void
bounce_read__many_recipients__are_bounded(void **state)
{
	GString		*mail = g_string_new("From: mailer-daemon@x.example\nSubject: undeliverable\n\nfailed:\n");
	struct message	*msg;

	(void)state;
	for (int i = 0; i < 5000; i++)
		g_string_append_printf(mail, "<u%d@x.example>: no such user\n", i);
	msg = mail_text_message(mail->str);
	assert_int_equal(msg->kind, MESSAGE_BOUNCE);
	assert_int_equal(msg->bounce->recipients->len, 100);
	message_free(msg);
	g_string_free(mail, TRUE);
}

/* They take minutes where work grows with the square of the text. */
static void
bounce_read__hostile_texts__take_little_time(void **state)
{
	static const char *const pieces[] = {
		"a@b.example ", "<a@b.example>:\n", "Final-Recipient: rfc822;a@b.example\n", "message-id:\n ",
		"rcpt to:<a@b.example> ", "\n\n", "Action: failed\n", "5.1.1 ", "[[[[",
	};
	gint64	 start = g_get_monotonic_time();

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(pieces); i++) {
		GString		*mail = g_string_new("From: mailer-daemon@x.example\nSubject: undeliverable\n\n");
		struct message	*msg;

		while (mail->len < 200000)
			g_string_append(mail, pieces[i]);
		msg = mail_text_message(mail->str);
		assert_int_equal(msg->kind, MESSAGE_BOUNCE);
		message_free(msg);
		g_string_free(mail, TRUE);
	}
	assert_true(g_get_monotonic_time() - start < 20 * G_USEC_PER_SEC);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bounce_read__reports_and_prose__give_recipient_status_and_action),
		cmocka_unit_test(bounce_read__named_mail_systems_and_languages__are_understood),
		cmocka_unit_test(bounce_read__diagnostic__is_one_line_without_its_type),
		cmocka_unit_test(bounce_read__many_recipients__are_bounded),
		cmocka_unit_test(bounce_read__hostile_texts__take_little_time),
		cmocka_unit_test(bounce_dsn_address__types_and_encodings__are_undone),
		cmocka_unit_test(bounce_status_written__addresses_and_versions__are_no_codes),
		cmocka_unit_test(bounce_status_meant__words_and_reply_code__agree_on_the_class),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
