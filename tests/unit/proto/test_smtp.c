/* SPDX-License-Identifier: ISC */
/*
 * A server's turns, each fed whole, byte by byte and cut in two at every
 * place: what the client says after each turn, and how it ends, must be the
 * same.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <glib.h>
#include <string.h>

#include "proto/smtp.h"

#define MAIL	"Subject: x\r\n\r\n.\r\n..\r\nend\r\n"

static const struct smtp_mail mail = {
	"me.example", "us@shop.example", "carla@customer.example", MAIL, sizeof(MAIL) - 1
};

static bool
feed(struct smtp *s, const char *in, size_t len)
{
	g_autofree uint8_t	*copy = g_memdup2(in, len);

	return smtp_feed(s, copy, len);
}

static void
take_output(struct smtp *s, GString *log)
{
	g_string_append_printf(log, "%s|", smtp_output(s)->str);
	g_string_truncate(smtp_output(s), 0);
}

/* step 0: each turn in two parts, the first of them cut bytes long. */
static char *
talk(const char *const *turns, size_t cut, size_t step)
{
	struct smtp		*s = smtp_new(&mail);
	GString			*log = g_string_new(NULL);
	struct smtp_result	 r;
	size_t			 len, at, n;
	bool			 over = false;

	take_output(s, log);
	for (; *turns != NULL && !over; turns++) {
		len = strlen(*turns);
		for (at = 0; at < len && !over; at += n) {
			n = step > 0 ? step : at == 0 ? MIN(MAX(cut, 1), len) : len - at;
			over = feed(s, *turns + at, MIN(n, len - at));
		}
		take_output(s, log);
	}
	r = smtp_result(s);
	assert_int_equal(over, r.outcome != SMTP_UNDER_WAY);
	g_string_append_printf(log, "%d %d %s%s", (int)r.outcome, r.code, r.text,
	    r.given ? " (given)" : "");
	smtp_free(s);
	return g_string_free(log, FALSE);
}

static void
expect(const char *const *turns, const char *want)
{
	size_t	longest = 0, i;

	for (i = 0; turns[i] != NULL; i++)
		longest = MAX(longest, strlen(turns[i]));
	for (i = 1; i <= longest; i++) {
		g_autofree char	*got = talk(turns, i, 0);

		assert_string_equal(got, want);
	}
	g_autofree char	*bytes = talk(turns, 0, 1);
	assert_string_equal(bytes, want);
}

#define EXPECT(want, ...) expect((const char *const[]){ __VA_ARGS__, NULL }, want)
#define HELLO	"EHLO me.example\r\n|"
#define FROM	"MAIL FROM:<us@shop.example>\r\n|"
#define TO	"RCPT TO:<carla@customer.example>\r\n|"
#define SENT	"Subject: x\r\n\r\n..\r\n...\r\nend\r\n.\r\n|"

static void
smtp__server_takes_the_mail__dots_are_doubled_and_it_is_told(void **state)
{
	(void)state;
	EXPECT(HELLO FROM TO "DATA\r\n|" SENT "QUIT\r\n|1 250 2.0.0 queued as 7 (given)",
	    "250 hello\r\n", "250 fine\r\n", "250 fine\r\n", "354 go\r\n", "250 2.0.0 queued as 7\r\n");
}

static void
smtp__server_says_size__is_told_it(void **state)
{
	(void)state;
	EXPECT(HELLO "MAIL FROM:<us@shop.example> SIZE=26\r\n|" "QUIT\r\n|2 552 too big for us",
	    "250-hello\r\n250-pipelining\r\n250-size 1000\r\n250 HELP\r\n",
	    "552-too big\r\n552 for us\r\n");
	EXPECT(HELLO FROM "0 0 ", "250-hello\r\n250-SIZES\r\n250 XSIZE\r\n");
	EXPECT(HELLO FROM "0 0 ", "250 SIZE\r\n");
}

static void
smtp__old_server__is_greeted_as_such(void **state)
{
	(void)state;
	EXPECT(HELLO "HELO me.example\r\n|" FROM "0 0 ", "502 what?\r\n", "250 hello\r\n");
	EXPECT(HELLO "HELO me.example\r\n|" "QUIT\r\n|2 550 no", "500 what?\r\n", "550 no\r\n");
	EXPECT(HELLO "QUIT\r\n|2 554 not you", "554 not you\r\n");
}

static void
smtp__refused_at_any_step__says_by_what_and_whether_it_was_given(void **state)
{
	(void)state;
	EXPECT(HELLO FROM TO "QUIT\r\n|2 550 5.1.1 nobody", "250 a\n", "250 b\n", "550 5.1.1 nobody\n");
	EXPECT(HELLO FROM TO "DATA\r\n|QUIT\r\n|2 451 later", "250 a\r\n", "250 b\r\n", "251 c\r\n",
	    "451 later\r\n");
	EXPECT(HELLO FROM TO "DATA\r\n|" SENT "QUIT\r\n|2 554 spam (given)", "250\r\n", "250\r\n",
	    "250\r\n", "354\r\n", "554 spam\r\n");
	EXPECT(HELLO FROM TO "DATA\r\n|" SENT "QUIT\r\n|2 421 bye (given)", "250\r\n", "250\r\n",
	    "250\r\n", "354\r\n", "421 bye\r\n");
}

static void
smtp__no_smtp__breaks(void **state)
{
	g_autofree char	*endless = g_strnfill(5000, 'x'), *many = NULL;
	GString		*lines = g_string_new(NULL);
	unsigned	 i;

	(void)state;
	EXPECT(HELLO "|3 0 the mail server does not speak SMTP", "HTTP/1.1 400 Bad Request\r\n");
	EXPECT(HELLO "|3 0 the mail server does not speak SMTP", "\r\n");
	EXPECT(HELLO "|3 0 the mail server does not speak SMTP", "2500 x\r\n");
	EXPECT(HELLO "|3 0 the mail server mixes two answers", "250-a\r\n251 b\r\n");
	EXPECT(HELLO "|3 354 the mail server's answer is none to what was said", "354 go\r\n");
	EXPECT(HELLO FROM TO "DATA\r\n||3 250 the mail server's answer is none to what was said",
	    "250 a\r\n", "250 b\r\n", "250 c\r\n", "250 d\r\n");
	EXPECT(HELLO "|3 0 the mail server's line has no end", endless);
	for (i = 0; i < 200; i++)
		g_string_append(lines, "250-x\r\n");
	many = g_string_free(lines, FALSE);
	EXPECT(HELLO "|3 0 the mail server does not speak SMTP", many);
}

/* An answer that came before the question is for something else. */
static void
smtp__answer_before_the_question__breaks_and_nothing_is_given(void **state)
{
	struct smtp	*s = smtp_new(&mail);

	(void)state;
	assert_true(feed(s, "250 hello\r\n", 11));
	assert_int_equal(smtp_result(s).outcome, SMTP_BROKEN);
	smtp_free(s);
	EXPECT(HELLO "|3 0 the mail server speaks out of turn", "250 a\r\n250 b\r\n");
	EXPECT(HELLO FROM TO "DATA\r\n||3 0 the mail server speaks out of turn", "250 a\r\n", "250 b\r\n",
	    "250 c\r\n", "354 go\r\n250 taken\r\n");
}

static void
smtp__server_text__is_one_valid_line(void **state)
{
	(void)state;
	EXPECT(HELLO "QUIT\r\n|2 550 a b \xef\xbf\xbd", "550-a\t\r\n550 b \xff\r\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(smtp__server_takes_the_mail__dots_are_doubled_and_it_is_told),
		cmocka_unit_test(smtp__server_says_size__is_told_it),
		cmocka_unit_test(smtp__old_server__is_greeted_as_such),
		cmocka_unit_test(smtp__refused_at_any_step__says_by_what_and_whether_it_was_given),
		cmocka_unit_test(smtp__no_smtp__breaks),
		cmocka_unit_test(smtp__answer_before_the_question__breaks_and_nothing_is_given),
		cmocka_unit_test(smtp__server_text__is_one_valid_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
