/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "reply/reply.h"

#define MINUTE	((int64_t)60000)

struct fixture {
	struct settings	 s;
	struct outgoing	*o;
	struct ticket	*t;
};

static int
setup(void **state)
{
	static char	*own[] = { (char *)"support@shop.example", (char *)"Sales@Shop.example" };
	static char	*never[] = { (char *)"noreply@*", (char *)"*@blocked.example" };
	struct fixture	*f = g_new0(struct fixture, 1);

	f->s.mail_out.from_addr = (char *)"answers@shop.example";
	f->s.mail_out.reply_to = (char *)"help+%@shop.example";
	f->s.mail_out.retry_for_ms = 24 * 60 * MINUTE;
	f->s.identity.addresses = g_ptr_array_new();
	f->s.guard.never_answer = g_ptr_array_new();
	for (size_t i = 0; i < 2; i++) {
		g_ptr_array_add(f->s.identity.addresses, own[i]);
		g_ptr_array_add(f->s.guard.never_answer, never[i]);
	}
	f->o = outgoing_new(OUTGOING_QUESTION);
	f->o->to_addr = g_strdup("carla@customer.example");
	f->o->in_reply_to = g_strdup("in.1@customer.example");
	f->t = ticket_new();
	f->t->message = message_new();
	f->t->message->message_id = g_strdup("in.1@customer.example");
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture	*f = *state;

	g_ptr_array_free(f->s.identity.addresses, TRUE);
	g_ptr_array_free(f->s.guard.never_answer, TRUE);
	outgoing_free(f->o);
	ticket_free(f->t);
	g_free(f);
	return 0;
}

static const char *
guard_to(struct fixture *f, const char *addr)
{
	g_free(f->o->to_addr);
	f->o->to_addr = g_strdup(addr);
	return reply_guard(&f->s, f->o, f->t);
}

static void
reply_guard__addresses__are_refused_with_their_reason(void **state)
{
	static const char *const cases[][2] = {
		{ "carla@customer.example", NULL }, { "support@shop.example", "own-address" },
		{ "SALES@shop.example", "own-address" }, { "support+x@shop.example", "own-address" },
		{ "answers@shop.example", "own-address" }, { "help+abc@shop.example", "own-address" },
		{ "noreply@x.example", "never-answer" }, { "NoReply@x.example", "never-answer" },
		{ "a@blocked.example", "never-answer" }, { "", "invalid-address" },
		{ "a@b@c", "invalid-address" }, { "a@x.example\r\nRCPT TO:<b@y>", "invalid-address" },
		{ "a <b@c.example>", "invalid-address" }, { "jörg@x.example", "invalid-address" },
		{ "jorg@köln.example", NULL },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		const char	*got = guard_to(*state, cases[i][0]);

		if (cases[i][1] == NULL)
			assert_null(got);
		else
			assert_string_equal(got, cases[i][1]);
	}
}

static void
reply_guard__kinds_of_mail__decide(void **state)
{
	static const struct { enum message_kind kind; const char *reason; } cases[] = {
		{ MESSAGE_NORMAL, NULL }, { MESSAGE_AUTO_REPLY, "auto-mail" }, { MESSAGE_BOUNCE, "bounce" },
		{ MESSAGE_LIST, "list" }, { MESSAGE_FEEDBACK, "auto-mail" }, { MESSAGE_RECEIPT, "auto-mail" },
		{ MESSAGE_CALENDAR, "auto-mail" }, { MESSAGE_AUTO_GENERATED, "auto-mail" },
		{ MESSAGE_OWN, "own-address" },
	};
	struct fixture	*f = *state;

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		const char	*got;

		f->t->message->kind = cases[i].kind;
		got = reply_guard(&f->s, f->o, f->t);
		if (cases[i].reason == NULL)
			assert_null(got);
		else
			assert_string_equal(got, cases[i].reason);
	}
}

static void
reply_guard__record_in_json__is_read(void **state)
{
	struct fixture	*f = *state;

	message_free(f->t->message);
	f->t->message = NULL;
	f->t->message_json = g_strdup("{\"kind\":\"auto_reply\",\"no_answer\":\"auto-reply\","
	    "\"message_id\":\"in.1@customer.example\",\"text\":\"x\"}");
	assert_string_equal(reply_guard(&f->s, f->o, f->t), "auto-mail");
	g_free(f->t->message_json);
	f->t->message_json = g_strdup("{\"kind\":\"message\",\"no_answer\":\"x-auto-response-suppress\"}");
	assert_string_equal(reply_guard(&f->s, f->o, f->t), "no-answer-wanted");
	g_free(f->t->message_json);
	f->t->message_json = g_strdup("{\"kind\":\"message\",\"no_answer\":null}");
	assert_null(reply_guard(&f->s, f->o, f->t));
}

static void
reply_guard__notice_that_came_after__does_not_take_a_question_back(void **state)
{
	struct fixture	*f = *state;

	g_free(f->t->message->message_id);
	f->t->message->message_id = g_strdup("later@customer.example");
	f->t->message->kind = MESSAGE_AUTO_REPLY;
	assert_null(reply_guard(&f->s, f->o, f->t));
	f->t->message->kind = MESSAGE_BOUNCE;
	assert_string_equal(reply_guard(&f->s, f->o, f->t), "bounce");
}

static void
reply_guard__answer_of_a_person__is_refused_only_where_it_cannot_go(void **state)
{
	struct fixture	*f = *state;

	f->o->kind = OUTGOING_ANSWER;
	f->t->message->kind = MESSAGE_AUTO_REPLY;
	assert_null(reply_guard(&f->s, f->o, f->t));
	assert_null(guard_to(f, "noreply@x.example"));
	assert_string_equal(guard_to(f, "support@shop.example"), "own-address");
	assert_string_equal(guard_to(f, "nobody"), "invalid-address");
	f->s.mail_out.from_addr = NULL;
	assert_string_equal(guard_to(f, "carla@customer.example"), "no-mail-out");
}

static void
reply_guard__chat__needs_no_mail(void **state)
{
	struct fixture	*f = *state;

	g_free(f->o->to_addr);
	f->o->to_addr = NULL;
	f->o->session = g_strdup("s");
	f->s.mail_out.from_addr = NULL;
	assert_null(reply_guard(&f->s, f->o, f->t));
	assert_null(reply_guard(&f->s, f->o, NULL));
}

static void
reply_retry_at__attempts__grow_until_given_up(void **state)
{
	struct fixture	*f = *state;

	f->o->created_ms = 0;
	assert_int_equal(reply_retry_at(&f->s, f->o, 1, 0), 5 * MINUTE);
	assert_int_equal(reply_retry_at(&f->s, f->o, 2, 0), 15 * MINUTE);
	assert_int_equal(reply_retry_at(&f->s, f->o, 3, 0), 30 * MINUTE);
	assert_int_equal(reply_retry_at(&f->s, f->o, 4, 0), 60 * MINUTE);
	assert_int_equal(reply_retry_at(&f->s, f->o, 9, 0), 60 * MINUTE);
	assert_int_equal(reply_retry_at(&f->s, f->o, 9, 23 * 60 * MINUTE), 24 * 60 * MINUTE);
	assert_int_equal(reply_retry_at(&f->s, f->o, 9, 23 * 60 * MINUTE + 1), -1);
	f->o->kind = OUTGOING_ACKNOWLEDGEMENT;
	assert_int_equal(reply_retry_at(&f->s, f->o, 1, 0), 5 * MINUTE);
	assert_int_equal(reply_retry_at(&f->s, f->o, 4, 0), -1);
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(reply_guard__addresses__are_refused_with_their_reason),
		TEST(reply_guard__kinds_of_mail__decide),
		TEST(reply_guard__record_in_json__is_read),
		TEST(reply_guard__notice_that_came_after__does_not_take_a_question_back),
		TEST(reply_guard__answer_of_a_person__is_refused_only_where_it_cannot_go),
		TEST(reply_guard__chat__needs_no_mail),
		TEST(reply_retry_at__attempts__grow_until_given_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
