/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <gmime/gmime.h>
#include <string.h>

#include "reply/compose.h"
#include "reply/encode.h"

static const struct compose_sender sender = {
	"The \"Shop\"", "answers@shop.example", "help+%@shop.example", "shop.example", "support-1",
	{ "0123456789abcdef0123456789abcdef", 32 }
};

static struct outgoing *
question(void)
{
	struct outgoing	*o = outgoing_new(OUTGOING_QUESTION);

	o->id = g_strdup("ev1-question");
	o->ticket = g_strdup("7KQM2-XWA9F");
	o->to_addr = g_strdup("carla@customer.example");
	o->to_name = g_strdup("Carla");
	o->subject = g_strdup("Your request");
	o->in_reply_to = g_strdup("in.1@customer.example");
	g_ptr_array_add(o->references, g_strdup("in.0@customer.example"));
	o->text = g_strdup("Hello\n.\n..dots\nGrüße");
	o->created_ms = 1700000000000;
	return o;
}

static char *
compose(const struct outgoing *o, const struct ticket *t)
{
	struct composed	 c;
	struct err	 e = ERR_INIT;
	char		*bytes;

	assert_int_equal(compose_mail(&sender, o, t, &c, &e), 0);
	bytes = g_strdup(c.bytes->str);
	composed_clear(&c);
	return bytes;
}

/* Every line ends with CR LF, is short and ASCII; the header has these names. */
static void
check_form(const char *mail, const char *names)
{
	g_autoptr(GString)	 seen = g_string_new(NULL);
	bool			 head = true;

	for (const char *line = mail; *line != '\0'; ) {
		size_t	 n = strcspn(line, "\r\n");

		assert_true(n <= 998);
		assert_true(line[n] == '\r' && line[n + 1] == '\n');
		for (size_t i = 0; i < n; i++)
			assert_true((line[i] >= 0x20 && line[i] < 0x7f) || line[i] == '\t');
		if (n == 0)
			head = false;
		if (head && *line != ' ')
			g_string_append_printf(seen, "%.*s,", (int)strcspn(line, ":"), line);
		line += n + 2;
	}
	assert_false(head);
	assert_string_equal(seen->str, names);
}

#define AUTOMATIC "From,To,Subject,Date,Message-ID,Reply-To,In-Reply-To,References," \
    "Auto-Submitted,X-Auto-Response-Suppress,Precedence,X-Intake-Loop,MIME-Version,Content-Type," \
    "Content-Transfer-Encoding,"
#define ANSWER "From,To,Subject,Date,Message-ID,Reply-To,In-Reply-To,References,X-Intake-Loop," \
    "MIME-Version,Content-Type,Content-Transfer-Encoding,"

static GMimeMessage *
parse(const char *mail)
{
	GMimeStream	*stream = g_mime_stream_mem_new_with_buffer(mail, strlen(mail));
	GMimeParser	*parser = g_mime_parser_new_with_stream(stream);
	GMimeMessage	*msg = g_mime_parser_construct_message(parser, NULL);

	g_object_unref(parser);
	g_object_unref(stream);
	assert_non_null(msg);
	return msg;
}

static char *
body_of(GMimeMessage *msg)
{
	char	*text = g_mime_text_part_get_text(GMIME_TEXT_PART(g_mime_message_get_mime_part(msg)));
	char	**lines = g_strsplit(text, "\r\n", -1);
	char	*joined = g_strjoinv("\n", lines);

	g_strfreev(lines);
	g_free(text);
	return joined;
}

static void
compose_mail__question__says_that_it_is_automatic(void **state)
{
	struct outgoing	*o = question();
	g_autofree char	*mail = compose(o, NULL);
	g_autofree char	*text = NULL;
	GMimeMessage	*msg;

	(void)state;
	check_form(mail, AUTOMATIC);
	msg = parse(mail);
	assert_string_equal(g_mime_message_get_subject(msg), "Your request [7KQM2-XWA9F]");
	assert_string_equal(g_mime_object_get_header(GMIME_OBJECT(msg), "Auto-Submitted"), "auto-replied");
	assert_string_equal(g_mime_object_get_header(GMIME_OBJECT(msg), "X-Auto-Response-Suppress"), "All");
	assert_string_equal(g_mime_object_get_header(GMIME_OBJECT(msg), "X-Intake-Loop"), "support-1");
	assert_non_null(strstr(mail, "\r\nTo: <carla@customer.example>\r\n"));
	assert_non_null(strstr(mail, "\r\nIn-Reply-To: <in.1@customer.example>\r\n"
	    "References: <in.0@customer.example>\r\n <in.1@customer.example>\r\n"));
	assert_non_null(strstr(mail, "\r\nDate: Tue, 14 Nov 2023 22:13:20 +0000\r\n"));
	assert_non_null(strstr(mail, "From: \"The \\\"Shop\\\"\"\r\n <answers@shop.example>\r\n"));
	text = body_of(msg);
	assert_string_equal(text, "Hello\n.\n..dots\nGrüße\n");
	g_object_unref(msg);
	outgoing_free(o);
}

static void
compose_mail__envelope__is_empty_only_for_automatic_mail(void **state)
{
	struct outgoing	*o = question();
	struct composed	 c;
	struct err	 e = ERR_INIT;

	(void)state;
	assert_int_equal(compose_mail(&sender, o, NULL, &c, &e), 0);
	assert_string_equal(c.mail_from, "");
	assert_string_equal(c.rcpt_to, "carla@customer.example");
	composed_clear(&c);
	o->kind = OUTGOING_ANSWER;
	assert_int_equal(compose_mail(&sender, o, NULL, &c, &e), 0);
	assert_string_equal(c.mail_from, "answers@shop.example");
	composed_clear(&c);
	outgoing_free(o);
}

static void
compose_mail__tokens__are_in_message_id_and_reply_to_and_verify(void **state)
{
	struct outgoing	*o = question();
	g_autofree char	*id = compose_message_id(&sender, o);
	g_autofree char	*again = compose_message_id(&sender, o);
	g_autofree char	*mail = compose(o, NULL);
	g_autofree char	*reply_to = g_strdup(strstr(mail, "\r\nReply-To: "));
	char		 ticket[TICKET_ID_SIZE];

	(void)state;
	reply_to[2 + strcspn(reply_to + 2, "\r")] = '\0';
	assert_string_equal(id, again);
	assert_true(g_str_has_prefix(id, "7KQM2-XWA9F."));
	assert_true(g_str_has_suffix(id, "@shop.example"));
	assert_true(reply_token_find(&sender.key, id, "carla@customer.example", ticket));
	assert_string_equal(ticket, "7KQM2-XWA9F");
	assert_true(reply_token_find(&sender.key, reply_to, "Carla@customer.example", ticket));
	assert_false(reply_token_find(&sender.key, id, "mallory@customer.example", ticket));
	g_free(o->id);
	o->id = g_strdup("ev2-question");
	g_free(again);
	again = compose_message_id(&sender, o);
	assert_string_not_equal(id, again);
	outgoing_free(o);
}

static void
compose_mail__answer__has_re_and_name_only_for_a_participant(void **state)
{
	struct outgoing	*o = question();
	struct ticket	*t = ticket_new();
	g_autofree char	*mail = NULL;

	(void)state;
	o->kind = OUTGOING_ANSWER;
	t->subject = g_strdup("Your request");
	mail = compose(o, t);
	check_form(mail, ANSWER);
	assert_non_null(strstr(mail, "\r\nSubject: [7KQM2-XWA9F]\r\n"));
	g_free(mail);
	g_ptr_array_add(t->participants, g_strdup("carla@customer.example"));
	mail = compose(o, t);
	assert_non_null(strstr(mail, "\r\nSubject: Re: Your request [7KQM2-XWA9F]\r\n"));
	assert_non_null(strstr(mail, "\r\nTo: Carla\r\n <carla@customer.example>\r\n"));
	assert_null(strstr(mail, "Auto-Submitted"));
	ticket_free(t);
	outgoing_free(o);
}

static void
compose_mail__long_conversations__keep_few_references(void **state)
{
	struct outgoing	*o = question();
	g_autofree char	*mail = NULL;
	unsigned	 n = 0;

	(void)state;
	for (int i = 1; i < 90; i++)
		g_ptr_array_add(o->references, g_strdup_printf("r%d@customer.example", i));
	mail = compose(o, NULL);
	for (const char *p = strstr(mail, "References:"); *p != '\0' && strncmp(p, "Auto-", 5) != 0; p++)
		n += *p == '<';
	assert_true(n >= 10 && n <= 13);
	assert_non_null(strstr(mail, "<in.0@customer.example>"));
	assert_non_null(strstr(mail, "<r89@customer.example>"));
	outgoing_free(o);
}

static void
compose_mail__bodies__survive_their_encoding(void **state)
{
	static const char *const bodies[] = {
		"", "a", "plain\n", "Größe = 5\n trailing \n\ttab\t\n", "日本語のテキスト\nです", "\n\n\n",
		"From me\n.\n", "=3D =\n", NULL
	};
	g_autofree char	*wide = g_strnfill(5000, 'x');

	(void)state;
	for (size_t i = 0; i == 0 || bodies[i - 1] != NULL; i++) {
		struct outgoing	*o = question();
		g_autofree char	*mail = NULL, *got = NULL, *want = NULL;
		const char	*body = bodies[i] == NULL ? wide : bodies[i];
		GMimeMessage	*msg;

		g_free(o->text);
		o->text = g_strdup(body);
		mail = compose(o, NULL);
		check_form(mail, AUTOMATIC);
		msg = parse(mail);
		got = body_of(msg);
		want = g_strconcat(body, g_str_has_suffix(body, "\n") ? "" : "\n", NULL);
		assert_string_equal(got, want);
		g_object_unref(msg);
		outgoing_free(o);
	}
}

static void
compose_mail__wrong_addresses__are_refused(void **state)
{
	static const char *const bad[] = { "", "carla", "a@b\r\n", "a b@c.example", "<a@b.example>", "jörg@x.example" };
	struct composed	 c;
	struct err	 e = ERR_INIT;

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
		struct outgoing	*o = question();

		g_free(o->to_addr);
		o->to_addr = g_strdup(bad[i]);
		assert_int_equal(compose_mail(&sender, o, NULL, &c, &e), -1);
		assert_int_equal(e.kind, ERR_PERM);
		outgoing_free(o);
	}
}

static void
encode_address__domain_with_umlaut__gets_its_ascii_spelling(void **state)
{
	g_autofree char	*addr = encode_address("user@köln.example");

	(void)state;
	assert_string_equal(addr, "user@xn--kln-sna.example");
}

/* --- any strings -------------------------------------------------------- */

static char *
random_string(GRand *rand)
{
	static const char *const pieces[] = {
		"\r\n", "\n", "\r", "\r\nBcc: evil@x.example\r\n", "a", " ", ".", "\r\n.\r\n", "=?UTF-8?Q?=0D=0A?=",
		"ü", "日本", "\t", "\x01", "\x7f", "<", ">", "@", ",", "\"", "\\", "\xe2\x80\xae", "\xe2\x80\xa8",
		"\xff", "\xc3", "Subject: x", "longlonglonglonglonglonglonglong", "\n.\n", "%s", "]", "\v\f",
	};
	GString	*s = g_string_new(NULL);

	for (int n = g_rand_int_range(rand, 0, 40); n > 0; n--)
		g_string_append(s, pieces[g_rand_int_range(rand, 0, G_N_ELEMENTS(pieces))]);
	return g_string_free(s, FALSE);
}

static void
set(char **field, GRand *rand)
{
	g_free(*field);
	*field = random_string(rand);
}

static void
compose_mail__any_strings__give_exactly_the_intended_headers(void **state)
{
	GRand	*rand = g_rand_new_with_seed(4711);

	(void)state;
	for (int i = 0; i < 20000; i++) {
		struct outgoing	*o = question();
		struct ticket	*t = ticket_new();
		g_autofree char	*mail = NULL;

		o->kind = i % 2 == 0 ? OUTGOING_ANSWER : OUTGOING_QUESTION;
		g_ptr_array_add(t->participants, g_strdup(o->to_addr));
		set(&o->subject, rand);
		set(&o->to_name, rand);
		set(&o->text, rand);
		t->subject = i % 3 == 0 ? g_strdup(o->subject) : random_string(rand);
		g_ptr_array_add(o->references, random_string(rand));
		mail = compose(o, t);
		check_form(mail, i % 2 == 0 ? ANSWER : AUTOMATIC);
		ticket_free(t);
		outgoing_free(o);
	}
	g_rand_free(rand);
}

static void
compose_mail__any_message_id__is_written_only_if_it_is_one(void **state)
{
	GRand	*rand = g_rand_new_with_seed(815);

	(void)state;
	for (int i = 0; i < 5000; i++) {
		struct outgoing	*o = question();
		g_autofree char	*mail = NULL;

		set(&o->in_reply_to, rand);
		mail = compose(o, NULL);
		check_form(mail, strstr(mail, "\r\nIn-Reply-To:") != NULL ? AUTOMATIC :
		    "From,To,Subject,Date,Message-ID,Reply-To,References,Auto-Submitted,"
		    "X-Auto-Response-Suppress,Precedence,X-Intake-Loop,MIME-Version,Content-Type,"
		    "Content-Transfer-Encoding,");
		outgoing_free(o);
	}
	g_rand_free(rand);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(compose_mail__question__says_that_it_is_automatic),
		cmocka_unit_test(compose_mail__envelope__is_empty_only_for_automatic_mail),
		cmocka_unit_test(compose_mail__tokens__are_in_message_id_and_reply_to_and_verify),
		cmocka_unit_test(compose_mail__answer__has_re_and_name_only_for_a_participant),
		cmocka_unit_test(compose_mail__long_conversations__keep_few_references),
		cmocka_unit_test(compose_mail__bodies__survive_their_encoding),
		cmocka_unit_test(compose_mail__wrong_addresses__are_refused),
		cmocka_unit_test(encode_address__domain_with_umlaut__gets_its_ascii_spelling),
		cmocka_unit_test(compose_mail__any_strings__give_exactly_the_intended_headers),
		cmocka_unit_test(compose_mail__any_message_id__is_written_only_if_it_is_one),
	};

	g_mime_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
