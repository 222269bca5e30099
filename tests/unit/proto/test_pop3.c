/* SPDX-License-Identifier: ISC */
/*
 * What a server sends is one string; it is fed whole, byte by byte, and in
 * two parts at every place: the events must be the same.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <glib.h>
#include <string.h>

#include "proto/pop3.h"

struct sent {
	enum pop3_command	command;
	uint32_t		number;
};

static void
note(GString *log, const struct pop3_event *ev)
{
	switch (ev->kind) {
	case POP3_LISTED:
		g_string_append_printf(log, "size %u %" G_GUINT64_FORMAT "\n", ev->number,
		    ev->size);
		break;
	case POP3_UID:
		g_string_append_printf(log, "uid %u %s\n", ev->number, ev->uid);
		break;
	case POP3_CHUNK:
		assert_true(ev->bytes > 0);
		g_string_append_len(log, (const char *)ev->data, (gssize)ev->bytes);
		break;
	case POP3_DONE:
		g_string_append_printf(log, "%s %d %u %" G_GUINT64_FORMAT " [%s] %s\n",
		    ev->ok ? "ok" : "err", (int)ev->command, ev->number, ev->size, ev->code,
		    ev->text);
		break;
	case POP3_BROKEN:
		g_string_append_printf(log, "broken: %s\n", ev->text);
		break;
	}
}

static void
feed(struct pop3 *p, GString *log, const char *in, size_t len)
{
	g_autofree uint8_t	*copy = g_memdup2(in, len);
	const uint8_t		*at = copy;
	struct pop3_event	 ev;

	while (pop3_next(p, &at, &len, &ev))
		note(log, &ev);
	assert_int_equal(len, 0);
}

static char *
run(const struct sent *sent, const char *in, size_t len, size_t first, size_t step)
{
	struct pop3	*p = pop3_new();
	GString		*log = g_string_new(NULL);
	size_t		 at, n;

	for (; sent->number != UINT32_MAX; sent++)
		pop3_send(p, sent->command, sent->number);
	for (at = 0; at < len; at += n) {
		n = MIN(at == 0 ? first : step, len - at);
		feed(p, log, in + at, n);
	}
	pop3_free(p);
	return g_string_free(log, FALSE);
}

static void
talk_n(const struct sent *sent, const char *in, size_t len, const char *want)
{
	size_t	i;

	for (i = 0; i <= len; i++) {
		g_autofree char *got = i == 0 ? run(sent, in, len, 1, 1) :
				    run(sent, in, len, i, len);

		assert_string_equal(got, want);
	}
}

#define END	{ POP3_QUIT, UINT32_MAX }
#define TALK(in, want, ...) do {						\
	static const struct sent	sent_[] = { __VA_ARGS__, END };		\
	talk_n(sent_, in, sizeof(in) - 1, want);				\
} while (0)

static void
commands__appended__are_spelled_with_their_numbers(void **state)
{
	struct pop3	*p = pop3_new();

	(void)state;
	pop3_send(p, POP3_CAPA, 0);
	pop3_send(p, POP3_STAT, 0);
	pop3_send(p, POP3_LIST, 0);
	pop3_send(p, POP3_UIDL, 0);
	pop3_send(p, POP3_RETR, 7);
	pop3_send(p, POP3_TOP, 4294967295U);
	pop3_send(p, POP3_DELE, 12);
	pop3_send(p, POP3_QUIT, 0);
	assert_string_equal(pop3_output(p)->str, "CAPA\r\nSTAT\r\nLIST\r\nUIDL\r\nRETR 7\r\n"
	    "TOP 4294967295 0\r\nDELE 12\r\nQUIT\r\n");
	assert_int_equal(pop3_under_way(p), 8);
	pop3_free(p);
}

static void
capa__of_dovecot__is_understood(void **state)
{
	static const char	in[] = "+OK\r\nCAPA\r\nTOP\r\nUIDL\r\nRESP-CODES\r\nPIPELINING\r\n"
				    "AUTH-RESP-CODE\r\nUSER\r\nSASL PLAIN\r\n.\r\n";
	struct pop3		*p = pop3_new();
	g_autoptr(GString)	 log = g_string_new(NULL);

	(void)state;
	TALK("+OK\r\nCAPA\r\nTOP\r\n.\r\n", "ok 0 0 0 [] \n", { POP3_CAPA, 0 });
	pop3_send(p, POP3_CAPA, 0);
	feed(p, log, in, sizeof(in) - 1);
	assert_int_equal(pop3_abilities(p), POP3_CAN_UIDL | POP3_CAN_TOP | POP3_CAN_PIPELINE);
	pop3_free(p);
}

static void
capa__words_that_only_begin_alike__are_not_taken(void **state)
{
	static const char	in[] = "+OK yes\r\nTOPLESS\r\nUID\r\nxPIPELINING\r\nuidl extra\r\n.\r\n";
	struct pop3		*p = pop3_new();
	g_autoptr(GString)	 log = g_string_new(NULL);

	(void)state;
	pop3_send(p, POP3_CAPA, 0);
	feed(p, log, in, sizeof(in) - 1);
	assert_int_equal(pop3_abilities(p), POP3_CAN_UIDL);
	pop3_free(p);
}

static void
session__pipelined__events_come_in_order(void **state)
{
	(void)state;
	TALK("+OK 2 320\r\n"
	    "+OK 2 messages:\r\n1 120\r\n2 200\r\n.\r\n"
	    "+OK\r\n1 00000001558f3c5e\r\n2 whqtswO00WBw418f9t5JxYwZ\r\n.\r\n"
	    "+OK 120 octets\r\nSubject: x\r\n\r\n..\r\n...x\r\na.b\r\n.\r\n"
	    "-ERR [SYS/TEMP] not now\r\n"
	    "+OK Marked to be deleted.\r\n"
	    "+OK Logging out.\r\n",
	    "ok 1 2 320 [] 2 320\n"
	    "size 1 120\nsize 2 200\nok 2 0 0 [] 2 messages:\n"
	    "uid 1 00000001558f3c5e\nuid 2 whqtswO00WBw418f9t5JxYwZ\nok 3 0 0 [] \n"
	    "Subject: x\r\n\r\n.\r\n..x\r\na.b\r\nok 4 1 0 [] 120 octets\n"
	    "err 4 2 0 [SYS/TEMP] not now\n"
	    "ok 6 1 0 [] Marked to be deleted.\n"
	    "ok 7 0 0 [] Logging out.\n",
	    { POP3_STAT, 0 }, { POP3_LIST, 0 }, { POP3_UIDL, 0 }, { POP3_RETR, 1 },
	    { POP3_RETR, 2 }, { POP3_DELE, 1 }, { POP3_QUIT, 0 });
}

static void
session__empty_box__has_empty_lists(void **state)
{
	(void)state;
	TALK("+OK 0 0\r\n+OK\r\n.\r\n+OK\r\n.\r\n",
	    "ok 1 0 0 [] 0 0\nok 2 0 0 [] \nok 3 0 0 [] \n",
	    { POP3_STAT, 0 }, { POP3_LIST, 0 }, { POP3_UIDL, 0 });
}

static void
session__as_odd_servers_write__is_understood(void **state)
{
	(void)state;
	TALK("+ok 1 5 and more words\r\n+OK\n1  5\t(octets)\n.\n+OK \r\n1\tabc \r\n.\r\n-err\r\n",
	    "ok 1 1 5 [] 1 5 and more words\nsize 1 5\nok 2 0 0 [] \n"
	    "uid 1 abc\nok 3 0 0 [] \nerr 6 1 0 [] \n",
	    { POP3_STAT, 0 }, { POP3_LIST, 0 }, { POP3_UIDL, 0 }, { POP3_DELE, 1 });
}

static void
content__that_looks_like_its_end_or_a_reply__is_content(void **state)
{
	(void)state;
	TALK("+OK\r\na\n.\r\n+OK\r\n-ERR\r\n\n.\n\r.\r\r\n..\r\n.\r\n+OK\r\n",
	    "a\n.\r\n+OK\r\n-ERR\r\n\n.\n\r.\r\r\n.\r\nok 5 3 0 [] \nok 6 3 0 [] \n",
	    { POP3_TOP, 3 }, { POP3_DELE, 3 });
}

static void
content__empty__is_done_at_once(void **state)
{
	(void)state;
	TALK("+OK\r\n.\r\n", "ok 4 1 0 [] \n", { POP3_RETR, 1 });
}

static void
uid__that_is_none__is_left_out(void **state)
{
	g_autofree char	*longest = g_strnfill(POP3_UID_MAX, 'x');
	g_autofree char	*in = g_strconcat("+OK\r\n1 \r\n2 a b\r\n3 \xc3\xa4\r\n4 ", longest,
			    "\r\n5 ", longest, "y\r\n6 good\r\n.\r\n", NULL);
	g_autofree char	*want = g_strconcat("uid 4 ", longest, "\nuid 6 good\nok 3 0 0 [] \n", NULL);
	struct sent	 sent[] = { { POP3_UIDL, 0 }, END };

	(void)state;
	talk_n(sent, in, strlen(in), want);
}

#define BROKEN_BY(in, ...)	TALK(in, "broken: " __VA_ARGS__)

static void
hostile__what_is_no_reply__breaks_the_session(void **state)
{
	(void)state;
	BROKEN_BY("* OK IMAP\r\n+OK\r\n", "that is no reply of POP3\n", { POP3_DELE, 1 });
	BROKEN_BY("+OKAY\r\n", "that is no reply of POP3\n", { POP3_DELE, 1 });
	BROKEN_BY("+\r\n", "that is no reply of POP3\n", { POP3_DELE, 1 });
	BROKEN_BY("\r\n", "that is no reply of POP3\n", { POP3_DELE, 1 });
	BROKEN_BY("+OK many\r\n", "STAT is not answered with two numbers\n", { POP3_STAT, 0 });
	BROKEN_BY("+OK 1\r\n", "STAT is not answered with two numbers\n", { POP3_STAT, 0 });
	BROKEN_BY("+OK 4294967296 1\r\n", "STAT is not answered with two numbers\n",
	    { POP3_STAT, 0 });
	BROKEN_BY("+OK -1 1\r\n", "STAT is not answered with two numbers\n", { POP3_STAT, 0 });
	BROKEN_BY("+OK\r\n1 x\r\n", "LIST is not answered with two numbers\n", { POP3_LIST, 0 });
	BROKEN_BY("+OK\r\n1 99999999999999999999999\r\n",
	    "LIST is not answered with two numbers\n", { POP3_LIST, 0 });
	BROKEN_BY("+OK\r\nx y\r\n", "UIDL is not answered with a number and an id\n",
	    { POP3_UIDL, 0 });
	BROKEN_BY("+OK\0\r\n", "a NUL in a reply\n", { POP3_DELE, 1 });
}

static void
hostile__more_than_was_asked_for__breaks_the_session(void **state)
{
	(void)state;
	TALK("+OK\r\n+OK\r\n+OK\r\n", "ok 6 1 0 [] \nbroken: the server speaks without being asked\n",
	    { POP3_DELE, 1 });
	TALK("+OK\r\nmail\r\n.\r\nrest of it\r\n.\r\n+OK\r\n",
	    "mail\r\nok 4 1 0 [] \nbroken: that is no reply of POP3\n",
	    { POP3_RETR, 1 }, { POP3_RETR, 2 });
}

static void
hostile__endless_line__breaks_the_session(void **state)
{
	g_autofree char		*line = g_strnfill(POP3_LINE_MAX + 1, 'x');
	g_autofree char		*in = g_strconcat("+OK ", line, NULL);
	struct pop3		*p = pop3_new();
	g_autoptr(GString)	 log = g_string_new(NULL);

	(void)state;
	pop3_send(p, POP3_DELE, 1);
	while (log->len == 0)
		feed(p, log, in, 100);
	assert_string_equal(log->str, "broken: a reply is too long\n");
	feed(p, log, "+OK\r\n", 5);
	assert_string_equal(log->str, "broken: a reply is too long\n");
	pop3_free(p);
}

static void
hostile__escapes_in_a_sentence__are_not_passed_on(void **state)
{
	(void)state;
	TALK("-ERR [x\x1by] \x1b[31mred\xff\r\n", "err 6 1 0 [] [xy] [31mred\xef\xbf\xbd\n",
	    { POP3_DELE, 1 });
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(commands__appended__are_spelled_with_their_numbers),
		cmocka_unit_test(capa__of_dovecot__is_understood),
		cmocka_unit_test(capa__words_that_only_begin_alike__are_not_taken),
		cmocka_unit_test(session__pipelined__events_come_in_order),
		cmocka_unit_test(session__empty_box__has_empty_lists),
		cmocka_unit_test(session__as_odd_servers_write__is_understood),
		cmocka_unit_test(content__that_looks_like_its_end_or_a_reply__is_content),
		cmocka_unit_test(content__empty__is_done_at_once),
		cmocka_unit_test(uid__that_is_none__is_left_out),
		cmocka_unit_test(hostile__what_is_no_reply__breaks_the_session),
		cmocka_unit_test(hostile__more_than_was_asked_for__breaks_the_session),
		cmocka_unit_test(hostile__endless_line__breaks_the_session),
		cmocka_unit_test(hostile__escapes_in_a_sentence__are_not_passed_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
