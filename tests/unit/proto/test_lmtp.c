/* SPDX-License-Identifier: ISC */
/*
 * A conversation is one string; it is fed whole, byte by byte, and in two
 * parts at every place: what comes out must be the same.  In the log of a
 * run, events stand as words and the replies as they are.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <glib.h>
#include <stdlib.h>
#include <string.h>

#include "proto/lmtp.h"

#define MAX_SIZE	1000

struct run {
	struct lmtp	*lmtp;
	GString		*log;		/* events, and replies as they are */
	GString		*mail;		/* content of the last mail */
	enum lmtp_answer end;
};

static void
note_replies(struct run *r)
{
	g_string_append(r->log, lmtp_output(r->lmtp)->str);
	g_string_truncate(lmtp_output(r->lmtp), 0);
}

/* Exact copies, so that a read beyond the end is seen. */
static void
feed(struct run *r, const char *bytes, size_t len)
{
	struct lmtp_event	 ev;
	void			*copy = g_memdup2(bytes, len);

	lmtp_feed(r->lmtp, copy, len);
	g_free(copy);
	while (lmtp_next(r->lmtp, &ev)) {
		note_replies(r);
		switch (ev.kind) {
		case LMTP_MAIL:
			g_string_append_printf(r->log, "{mail %s %d}", ev.address, (int)ev.bytes);
			g_string_truncate(r->mail, 0);
			lmtp_answer(r->lmtp, LMTP_YES);
			break;
		case LMTP_RCPT:
			g_string_append_printf(r->log, "{rcpt %s}", ev.address);
			lmtp_answer(r->lmtp, g_str_has_prefix(ev.address, "no") ?
			    LMTP_UNKNOWN : LMTP_YES);
			break;
		case LMTP_CHUNK:
			assert_true(ev.bytes > 0);
			g_string_append_len(r->mail, (const char *)ev.data, (gssize)ev.bytes);
			break;
		case LMTP_END:
			assert_int_equal(ev.bytes, r->mail->len);
			g_string_append(r->log, "{end}");
			lmtp_answer(r->lmtp, r->end);
			break;
		case LMTP_RESET:
			g_string_append(r->log, "{reset}");
			break;
		case LMTP_CLOSE:
			g_string_append(r->log, "{close}");
			break;
		}
	}
	note_replies(r);
}

static void
start(struct run *r)
{
	memset(r, 0, sizeof(*r));
	r->lmtp = lmtp_new("mx.test", MAX_SIZE);
	r->log = g_string_new(NULL);
	r->mail = g_string_new(NULL);
	assert_string_equal(lmtp_output(r->lmtp)->str, "220 mx.test LMTP\r\n");
	g_string_truncate(lmtp_output(r->lmtp), 0);
}

static void
finish(struct run *r)
{
	lmtp_free(r->lmtp);
	g_string_free(r->log, TRUE);
	g_string_free(r->mail, TRUE);
}

static void
run_in_pieces(const char *in, size_t len, size_t first, size_t step, const struct run *want)
{
	struct run	r;
	size_t		at, n;

	start(&r);
	r.end = want->end;
	for (at = 0; at < len; at += n) {
		n = MIN(at == 0 ? first : step, len - at);
		feed(&r, in + at, n);
	}
	assert_string_equal(r.log->str, want->log->str);
	assert_int_equal(r.mail->len, want->mail->len);
	assert_memory_equal(r.mail->str, want->mail->str, r.mail->len);
	finish(&r);
}

static void
talk_n(const char *in, size_t len, const char *log, const char *mail)
{
	struct run	r;
	size_t		i;

	start(&r);
	feed(&r, in, len);
	assert_string_equal(r.log->str, log);
	if (mail != NULL)
		assert_string_equal(r.mail->str, mail);
	run_in_pieces(in, len, 1, 1, &r);
	for (i = 1; i < len; i++)
		run_in_pieces(in, len, i, len, &r);
	finish(&r);
}

static void
talk(const char *in, const char *log, const char *mail)
{
	talk_n(in, strlen(in), log, mail);
}

#define HELLO	"LHLO client\r\n"
#define HELLO_REPLY \
	"250-mx.test\r\n250-PIPELINING\r\n250-ENHANCEDSTATUSCODES\r\n250-SIZE 1000\r\n" \
	"250-8BITMIME\r\n250-SMTPUTF8\r\n250 CHUNKING\r\n"
#define FROM		"MAIL FROM:<a@b.c>\r\n"
#define FROM_REPLY	"{mail a@b.c 0}250 2.1.0 good\r\n"
#define TO		"RCPT TO:<x@y.z>\r\n"
#define TO_REPLY	"{rcpt x@y.z}250 2.1.5 good\r\n"
#define ENVELOPE	HELLO FROM TO
#define ENVELOPE_REPLY	HELLO_REPLY FROM_REPLY TO_REPLY
#define GO		"354 go on\r\n"
#define TAKEN		"{end}250 2.0.0 taken\r\n"

static void
conversation__one_mail__is_taken_and_answered(void **state)
{
	(void)state;
	talk(ENVELOPE "DATA\r\nSubject: x\r\n\r\nhello\r\n.\r\nQUIT\r\n",
	    ENVELOPE_REPLY GO TAKEN "221 2.0.0 good bye\r\n{close}",
	    "Subject: x\r\n\r\nhello\r\n");
}

static void
conversation__three_recipients_one_unknown__two_answers_behind_data(void **state)
{
	(void)state;
	talk(HELLO FROM TO "RCPT TO:<nobody@y.z>\r\nrcpt to:<w@y.z>\r\nDATA\r\nx\r\n.\r\n" FROM,
	    HELLO_REPLY FROM_REPLY TO_REPLY
	    "{rcpt nobody@y.z}550 5.1.1 no such recipient here\r\n"
	    "{rcpt w@y.z}250 2.1.5 good\r\n"
	    GO "{end}250 2.0.0 taken\r\n250 2.0.0 taken\r\n" FROM_REPLY, "");
}

static void
conversation__no_recipient_accepted__data_is_refused(void **state)
{
	(void)state;
	talk(HELLO FROM "RCPT TO:<nobody@y.z>\r\nDATA\r\nRSET\r\nNOOP\r\n",
	    HELLO_REPLY FROM_REPLY "{rcpt nobody@y.z}550 5.1.1 no such recipient here\r\n"
	    "503 5.5.1 no valid recipients\r\n250 2.0.0 forgotten\r\n{reset}"
	    "250 2.0.0 good\r\n", NULL);
}

static void
conversation__two_mails_in_one_session__do_not_mix(void **state)
{
	(void)state;
	talk(ENVELOPE "DATA\r\none\r\n.\r\n" FROM TO "DATA\r\ntwo\r\n.\r\n",
	    ENVELOPE_REPLY GO TAKEN FROM_REPLY TO_REPLY GO TAKEN, "two\r\n");
}

static void
conversation__commands_out_of_order__are_refused(void **state)
{
	(void)state;
	talk(FROM TO "DATA\r\n" HELLO TO "DATA\r\n" FROM FROM "DATA\r\n",
	    "503 5.5.1 say LHLO first\r\n503 5.5.1 say MAIL first\r\n"
	    "503 5.5.1 say MAIL first\r\n" HELLO_REPLY
	    "503 5.5.1 say MAIL first\r\n503 5.5.1 say MAIL first\r\n"
	    FROM_REPLY "503 5.5.1 one at a time\r\n503 5.5.1 no valid recipients\r\n", NULL);
}

static void
conversation__other_commands__have_their_answers(void **state)
{
	(void)state;
	talk("EHLO x\r\nHELO x\r\nLHLO\r\nVRFY <a@b>\r\nHELP\r\nEXPN l\r\nXYZZY\r\n\r\nnoop x\r\n",
	    "500 5.5.1 this is LMTP: say LHLO\r\n500 5.5.1 this is LMTP: say LHLO\r\n"
	    "501 5.5.4 who are you?\r\n252 2.5.0 try RCPT\r\n214 2.0.0 RFC 2033\r\n"
	    "502 5.5.1 not offered\r\n500 5.5.1 not a command\r\n500 5.5.1 not a command\r\n"
	    "250 2.0.0 good\r\n", NULL);
}

static void
conversation__second_lhlo__forgets_the_mail(void **state)
{
	(void)state;
	talk(ENVELOPE HELLO TO, ENVELOPE_REPLY HELLO_REPLY "{reset}"
	    "503 5.5.1 say MAIL first\r\n", NULL);
}

/* ------------------------------------------------------------------ data */

static void
data__dots__are_unstuffed_only_at_line_starts(void **state)
{
	(void)state;
	talk(ENVELOPE "DATA\r\n..\r\n...a\r\na.b\r\n.x\r\n.\r\n",
	    ENVELOPE_REPLY GO TAKEN, ".\r\n..a\r\na.b\r\nx\r\n");
}

static void
data__what_only_looks_like_an_end__is_content(void **state)
{
	static const char *const	not_ends[] = {
		"a\n.\n", "a\n.\r\n", "a\r.\r", "a\r.\r\n", "a\r\r.\r\n",
		"a\n\r.\r\n", "a\r\n \r\n", "a\0\n.\r\n",
	};
	size_t				i;

	(void)state;
	for (i = 0; i < G_N_ELEMENTS(not_ends); i++) {
		g_autofree char *in = g_strconcat(ENVELOPE "DATA\r\n", not_ends[i],
				    "MAIL FROM:<evil@x>\r\n.\r\n", NULL);
		g_autofree char *mail = g_strconcat(not_ends[i], "MAIL FROM:<evil@x>\r\n", NULL);

		talk(in, ENVELOPE_REPLY GO TAKEN, mail);
	}
}

static void
data__half_ends_at_a_line_start__lose_only_the_dot(void **state)
{
	(void)state;
	talk(ENVELOPE "DATA\r\n.\nMAIL FROM:<evil@x>\r\n.\rRSET\r\n.\r\r\nb\r\n.\r\n",
	    ENVELOPE_REPLY GO TAKEN, "\nMAIL FROM:<evil@x>\r\n\rRSET\r\n\r\r\nb\r\n");
}

static void
data__nothing_before_the_dot__is_an_empty_mail(void **state)
{
	(void)state;
	talk(ENVELOPE "DATA\r\n.\r\n", ENVELOPE_REPLY GO TAKEN, "");
}

static void
data__nul_and_high_bytes__pass_unchanged(void **state)
{
	static const char	in[] = ENVELOPE "DATA\r\na\0b\xff\r\n.\r\n";
	struct run		r;

	(void)state;
	talk_n(in, sizeof(in) - 1, ENVELOPE_REPLY GO TAKEN, NULL);
	start(&r);
	feed(&r, in, sizeof(in) - 1);
	assert_int_equal(r.mail->len, 6);
	assert_memory_equal(r.mail->str, "a\0b\xff\r\n", 6);
	finish(&r);
}

static void
data__larger_than_allowed__is_read_and_refused_for_each(void **state)
{
	g_autofree char	*big = g_strnfill(MAX_SIZE, 'x');
	g_autofree char	*fits = g_strnfill(MAX_SIZE - 2, 'x');
	g_autofree char	*in = g_strconcat(ENVELOPE "RCPT TO:<w@y.z>\r\nDATA\r\n", big,
			    "\r\n.\r\n" FROM TO "DATA\r\n", fits, "\r\n.\r\n", NULL);
	struct run	 r;

	(void)state;
	start(&r);
	feed(&r, in, strlen(in));
	assert_string_equal(r.log->str, ENVELOPE_REPLY "{rcpt w@y.z}250 2.1.5 good\r\n" GO
	    "552 5.3.4 message too large\r\n552 5.3.4 message too large\r\n{reset}"
	    FROM_REPLY TO_REPLY GO TAKEN);
	assert_int_equal(r.mail->len, MAX_SIZE);
	run_in_pieces(in, strlen(in), 1, 1, &r);
	finish(&r);
}

static void
answer__refused__is_said_to_each(void **state)
{
	static const struct {
		enum lmtp_answer	 answer;
		const char		*line;
	} cases[] = {
		{ LMTP_NOT_NOW, "451 4.3.0 not now, try again later\r\n" },
		{ LMTP_NO_ROOM, "452 4.3.1 no room now, try again later\r\n" },
	};
	size_t			i;

	(void)state;
	for (i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *want = g_strconcat(ENVELOPE_REPLY TO_REPLY GO "{end}",
				    cases[i].line, cases[i].line, NULL);
		struct run	 r;

		start(&r);
		r.end = cases[i].answer;
		feed(&r, ENVELOPE TO "DATA\r\nx\r\n.\r\n",
		    strlen(ENVELOPE TO "DATA\r\nx\r\n.\r\n"));
		assert_string_equal(r.log->str, want);
		finish(&r);
	}
}

static void
answer__awaited__nothing_is_read_until_then(void **state)
{
	struct lmtp		*l = lmtp_new("mx.test", MAX_SIZE);
	static const char	 in[] = ENVELOPE "DATA\r\nx\r\n.\r\nNOOP\r\nQUIT\r\n";
	struct lmtp_event	 ev;

	(void)state;
	lmtp_feed(l, in, sizeof(in) - 1);
	while (lmtp_next(l, &ev) && ev.kind != LMTP_END)
		if (ev.kind == LMTP_MAIL || ev.kind == LMTP_RCPT)
			lmtp_answer(l, LMTP_YES);
	g_string_truncate(lmtp_output(l), 0);
	assert_true(lmtp_wants_answer(l));
	assert_false(lmtp_next(l, &ev));
	assert_int_equal(lmtp_output(l)->len, 0);
	lmtp_answer(l, LMTP_YES);
	assert_true(lmtp_next(l, &ev));
	assert_int_equal(ev.kind, LMTP_CLOSE);
	assert_string_equal(lmtp_output(l)->str,
	    "250 2.0.0 taken\r\n250 2.0.0 good\r\n221 2.0.0 good bye\r\n");
	assert_false(lmtp_next(l, &ev));
	lmtp_free(l);
}

/* ------------------------------------------------------------------ BDAT */

static void
bdat__chunks__are_joined_without_unstuffing(void **state)
{
	(void)state;
	talk(ENVELOPE "BDAT 7\r\n..\r\n.\r\nBDAT 3\r\na\nbBDAT 4 LAST\r\ncd\r\nNOOP\r\n",
	    ENVELOPE_REPLY "250 2.0.0 go on\r\n250 2.0.0 go on\r\n" TAKEN "250 2.0.0 good\r\n",
	    "..\r\n.\r\na\nbcd\r\n");
	talk(ENVELOPE "BDAT 2\r\nabBDAT 0 last\r\n" FROM,
	    ENVELOPE_REPLY "250 2.0.0 go on\r\n" TAKEN FROM_REPLY, "");
}

static void
bdat__without_recipients__its_octets_are_thrown_away(void **state)
{
	(void)state;
	talk(HELLO FROM "BDAT 6 LAST\r\nRSET\r\nNOOP\r\n",
	    HELLO_REPLY FROM_REPLY "503 5.5.1 no valid recipients\r\n250 2.0.0 good\r\n", NULL);
}

static void
bdat__mixed_with_data_or_recipients__is_refused(void **state)
{
	(void)state;
	talk(ENVELOPE "BDAT 1\r\naDATA\r\n" TO "BDAT 1 LAST\r\nb",
	    ENVELOPE_REPLY "250 2.0.0 go on\r\n503 5.5.1 go on with BDAT\r\n"
	    "503 5.5.1 say MAIL first\r\n" TAKEN, "ab");
}

static void
bdat__without_a_size__ends_the_conversation(void **state)
{
	(void)state;
	talk(ENVELOPE "BDAT x\r\nNOOP\r\n", ENVELOPE_REPLY "421 4.3.2 BDAT without a size\r\n{close}",
	    NULL);
	talk(ENVELOPE "BDAT 1 FIRST\r\nNOOP\r\n",
	    ENVELOPE_REPLY "421 4.3.2 BDAT size, or BDAT size LAST\r\n{close}", NULL);
}

/* ------------------------------------------------------------- addresses */

static void
address__as_servers_write_them__are_understood(void **state)
{
	static const struct {
		const char	*in, *out;
	} cases[] = {
		{ "<a@b.c>", "a@b.c" },
		{ " <a@b.c>", "a@b.c" },
		{ "<>", "" },
		{ "<a@b.c> BODY=8BITMIME", "a@b.c" },
		{ "<a@b.c> body=7bit SMTPUTF8", "a@b.c" },
		{ "<@relay.x,@other.y:a@b.c>", "a@b.c" },
		{ "<\"a b\"@c.d>", "\"a b\"@c.d" },
		{ "<\"a>b\"@c.d>", "\"a>b\"@c.d" },
		{ "<\"a\\\"@b\"@c.d>", "\"a\\\"@b\"@c.d" },
		{ "<a+b=c@d.e>", "a+b=c@d.e" },
		{ "<a@[192.0.2.1]>", "a@[192.0.2.1]" },
		{ "<a@[IPv6:2001:db8::1]>", "a@[IPv6:2001:db8::1]" },
		{ "<root>", "root" },
		{ "<j\xc3\xb6rg@b\xc3\xbc" "cher.example>", "j\xc3\xb6rg@b\xc3\xbc" "cher.example" },
		{ "<a/b%c!d#e@f.g>", "a/b%c!d#e@f.g" },
	};
	size_t				i;

	(void)state;
	for (i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *in = g_strconcat(HELLO "MAIL FROM:", cases[i].in, "\r\n", NULL);
		g_autofree char *log = g_strconcat(HELLO_REPLY "{mail ", cases[i].out,
				    " 0}250 2.1.0 good\r\n", NULL);

		talk(in, log, NULL);
	}
}

static void
address__that_is_none__is_refused(void **state)
{
	static const char *const	bad[] = { "", "a@b", "<a@b", "a@b>", "<a b@c>", "<a@b@c>",
		"<@b>", "<a@>", "<a@b c>", "<\"a@b>", "<a\t@b>", "<a@.b>", "<<a@b>>", "<a@b>x",
		"<\xff@b>", "<a\xed\xa0\x80@b>", "<a@b(c)>", "<a,b@c>", "<a@b;c>" };
	size_t				i;

	(void)state;
	for (i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autofree char *in = g_strconcat(HELLO "MAIL FROM:", bad[i], "\r\n" FROM
				    "RCPT TO:", bad[i], "\r\nRCPT TO:<>\r\n", NULL);

		talk(in, HELLO_REPLY "501 5.1.7 bad sender address\r\n" FROM_REPLY
		    "501 5.1.3 bad recipient address\r\n501 5.1.3 bad recipient address\r\n", NULL);
	}
}

static void
parameters__each__are_checked(void **state)
{
	static const struct {
		const char	*in, *out;
	} cases[] = {
		{ " SIZE=1000", "{mail a@b.c 1000}250 2.1.0 good\r\n" },
		{ " SIZE=1001", "552 5.3.4 message too large\r\n" },
		{ " SIZE=99999999999999999999", "501 5.5.4 bad parameter\r\n" },
		{ " SIZE=-1", "501 5.5.4 bad parameter\r\n" },
		{ " SIZE=", "501 5.5.4 bad parameter\r\n" },
		{ " SIZE=1 SIZE=2", "501 5.5.4 bad parameter\r\n" },
		{ " BODY=BINARYMIME", "501 5.5.4 bad parameter\r\n" },
		{ " AUTH=<>", "555 5.5.4 parameter not known\r\n" },
		{ " RET=HDRS", "555 5.5.4 parameter not known\r\n" },
	};
	size_t				i;

	(void)state;
	for (i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *in = g_strconcat(HELLO "MAIL FROM:<a@b.c>", cases[i].in, "\r\n",
				    NULL);
		g_autofree char *log = g_strconcat(HELLO_REPLY, cases[i].out, NULL);

		talk(in, log, NULL);
	}
	talk(HELLO FROM "RCPT TO:<x@y.z> NOTIFY=NEVER\r\n",
	    HELLO_REPLY FROM_REPLY "555 5.5.4 parameter not known\r\n", NULL);
}

static void
matches__patterns__name_addresses(void **state)
{
	(void)state;
	assert_true(lmtp_address_matches("*", "a@b"));
	assert_true(lmtp_address_matches("*", "root"));
	assert_true(lmtp_address_matches("*@Shop.example", "a@shop.Example"));
	assert_false(lmtp_address_matches("*@shop.example", "a@x.shop.example"));
	assert_false(lmtp_address_matches("*@shop.example", "a@xshop.example"));
	assert_false(lmtp_address_matches("*@shop.example", "shop.example"));
	assert_true(lmtp_address_matches("Support@shop.example", "support@shop.example"));
	assert_true(lmtp_address_matches("support@shop.example", "Support+7K@shop.example"));
	assert_false(lmtp_address_matches("support@shop.example", "supporter@shop.example"));
	assert_false(lmtp_address_matches("support@shop.example", "supp+ort@shop.example"));
	assert_false(lmtp_address_matches("support@shop.example", "support+7K@shop.example.org"));
	assert_true(lmtp_address_matches("postmaster@shop.example", "Postmaster"));
	assert_false(lmtp_address_matches("support@shop.example", "postmaster"));
}

/* ---------------------------------------------------------------- limits */

static void
line__without_cr__is_refused(void **state)
{
	(void)state;
	talk("LHLO x\nNOOP\r\n", "500 5.5.2 a line ends in CR LF\r\n250 2.0.0 good\r\n", NULL);
	talk("NO\rOP\r\nNOOP\r\n", "500 5.5.2 a line ends in CR LF\r\n250 2.0.0 good\r\n", NULL);
	talk_n("NO\0P\r\nNOOP\r\n", 12, "500 5.5.2 a line ends in CR LF\r\n250 2.0.0 good\r\n", NULL);
}

static void
line__too_long__is_refused_once_and_skipped(void **state)
{
	g_autofree char	*longest = g_strnfill(LMTP_LINE_MAX - 7, 'x');
	g_autofree char	*fits = g_strconcat("NOOP ", longest, "\r\n", NULL);
	g_autofree char	*over = g_strconcat("NOOP x", longest, "\r\nNOOP\r\n", NULL);
	g_autofree char	*huge = g_strnfill(5 * LMTP_LINE_MAX, 'y');
	struct run	 r;

	(void)state;
	start(&r);
	feed(&r, fits, strlen(fits));
	assert_string_equal(r.log->str, "250 2.0.0 good\r\n");
	feed(&r, over, strlen(over));
	feed(&r, huge, strlen(huge));
	feed(&r, "\r\nNOOP\r\n", 8);
	assert_string_equal(r.log->str, "250 2.0.0 good\r\n"
	    "500 5.5.2 line too long\r\n250 2.0.0 good\r\n"
	    "500 5.5.2 line too long\r\n250 2.0.0 good\r\n");
	finish(&r);
}

static void
errors__too_many__end_the_conversation(void **state)
{
	g_autoptr(GString)	in = g_string_new(NULL), log = g_string_new(NULL);
	int			i;

	(void)state;
	for (i = 0; i < LMTP_ERRORS_MAX + 5; i++) {
		g_string_append(in, "WHAT\r\n");
		if (i < LMTP_ERRORS_MAX - 1)
			g_string_append(log, "500 5.5.1 not a command\r\n");
	}
	g_string_append(log, "421 4.3.2 too many errors\r\n{close}");
	talk(in->str, log->str, NULL);
}

static void
recipients__too_many__are_put_off(void **state)
{
	struct run	r;
	int		i;

	(void)state;
	start(&r);
	feed(&r, HELLO FROM, strlen(HELLO FROM));
	for (i = 0; i < LMTP_RECIPIENTS_MAX; i++)
		feed(&r, TO, strlen(TO));
	assert_null(strstr(r.log->str, "452"));
	feed(&r, TO, strlen(TO));
	assert_true(g_str_has_suffix(r.log->str, "452 4.5.3 too many recipients\r\n"));
	finish(&r);
}

static void
browser__made_to_speak_to_us__is_sent_away_at_once(void **state)
{
	(void)state;
	talk("POST / HTTP/1.1\r\nHost: x\r\n\r\n" ENVELOPE "DATA\r\nx\r\n.\r\n",
	    "421 4.3.2 this is LMTP, not HTTP\r\n{close}", NULL);
}

static void
dismiss__in_the_middle_of_data__closes(void **state)
{
	struct run		r;
	struct lmtp_event	ev;

	(void)state;
	start(&r);
	feed(&r, ENVELOPE "DATA\r\nabc", strlen(ENVELOPE "DATA\r\nabc"));
	lmtp_dismiss(r.lmtp, "closing");
	assert_true(lmtp_next(r.lmtp, &ev));
	assert_int_equal(ev.kind, LMTP_CLOSE);
	assert_string_equal(lmtp_output(r.lmtp)->str, "421 4.3.2 closing\r\n");
	assert_false(lmtp_next(r.lmtp, &ev));
	lmtp_feed(r.lmtp, "\r\n.\r\n", 5);
	assert_false(lmtp_next(r.lmtp, &ev));
	finish(&r);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(conversation__one_mail__is_taken_and_answered),
		cmocka_unit_test(conversation__three_recipients_one_unknown__two_answers_behind_data),
		cmocka_unit_test(conversation__no_recipient_accepted__data_is_refused),
		cmocka_unit_test(conversation__two_mails_in_one_session__do_not_mix),
		cmocka_unit_test(conversation__commands_out_of_order__are_refused),
		cmocka_unit_test(conversation__other_commands__have_their_answers),
		cmocka_unit_test(conversation__second_lhlo__forgets_the_mail),
		cmocka_unit_test(data__dots__are_unstuffed_only_at_line_starts),
		cmocka_unit_test(data__what_only_looks_like_an_end__is_content),
		cmocka_unit_test(data__half_ends_at_a_line_start__lose_only_the_dot),
		cmocka_unit_test(data__nothing_before_the_dot__is_an_empty_mail),
		cmocka_unit_test(data__nul_and_high_bytes__pass_unchanged),
		cmocka_unit_test(data__larger_than_allowed__is_read_and_refused_for_each),
		cmocka_unit_test(answer__refused__is_said_to_each),
		cmocka_unit_test(answer__awaited__nothing_is_read_until_then),
		cmocka_unit_test(bdat__chunks__are_joined_without_unstuffing),
		cmocka_unit_test(bdat__without_recipients__its_octets_are_thrown_away),
		cmocka_unit_test(bdat__mixed_with_data_or_recipients__is_refused),
		cmocka_unit_test(bdat__without_a_size__ends_the_conversation),
		cmocka_unit_test(address__as_servers_write_them__are_understood),
		cmocka_unit_test(address__that_is_none__is_refused),
		cmocka_unit_test(parameters__each__are_checked),
		cmocka_unit_test(matches__patterns__name_addresses),
		cmocka_unit_test(line__without_cr__is_refused),
		cmocka_unit_test(line__too_long__is_refused_once_and_skipped),
		cmocka_unit_test(errors__too_many__end_the_conversation),
		cmocka_unit_test(recipients__too_many__are_put_off),
		cmocka_unit_test(browser__made_to_speak_to_us__is_sent_away_at_once),
		cmocka_unit_test(dismiss__in_the_middle_of_data__closes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
