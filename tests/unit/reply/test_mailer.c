/* SPDX-License-Identifier: ISC */
/*
 * The mailer with its helper process against mail servers, good and bad.
 * The helper is this very program.  Without python3 the tests are skipped.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "reply/reply.h"

#define PYTHON	"/usr/bin/python3"

struct world {
	struct loop		*loop;
	struct loop_timer	*limit;
	struct settings		 s;
	struct mailer		*mailer;
	char			*server;	/* host:port */
	GPid			 pid;
	int			 in;
	FILE			*out;
	int			 answers;
	enum mail_result	 result;
	char			*message_id;
	char			*text;
};

static char	*directory;	/* certificate and key */

static char *
script(void)
{
	const char	*dir = getenv("top_srcdir");

	return g_build_filename(dir == NULL ? "." : dir, "tests/unit/reply/smtp_server.py", NULL);
}

static void
start_server(struct world *w, const char *mode)
{
	g_autofree char	*path = script();
	g_autofree char	*cert = g_build_filename(directory, "cert.pem", NULL);
	g_autofree char	*key = g_build_filename(directory, "key.pem", NULL);
	char		*argv[] = { (char *)PYTHON, path, (char *)mode, cert, key, NULL };
	char		 line[64];
	int		 out;

	assert_true(g_spawn_async_with_pipes(NULL, argv, NULL, G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL,
	    &w->pid, &w->in, &out, NULL, NULL));
	w->out = fdopen(out, "r");
	assert_non_null(fgets(line, sizeof(line), w->out));
	assert_true(g_str_has_prefix(line, "PORT "));
	w->server = g_strdup_printf("localhost:%d", atoi(line + 5));
}

static void
on_limit(void *arg)
{
	loop_stop(((struct world *)arg)->loop);
}

static struct world *
world(const char *mode)
{
	struct world	*w = g_new0(struct world, 1);

	start_server(w, mode);
	w->loop = loop_new();
	w->limit = loop_timer_new(w->loop, on_limit, w);
	w->s.instance = (char *)"support-1";
	w->s.identity.domain = (char *)"shop.example";
	w->s.mail_out.from_name = (char *)"Shop";
	w->s.mail_out.from_addr = (char *)"answers@shop.example";
	w->s.mail_out.smtp = w->server;
	w->s.mail_out.helo = (char *)"me.shop.example";
	w->s.workers.send = 1;
	/* Only who waits for the limit wants it short: a busy machine is slow. */
	w->s.workers.send_timeout_ms = strstr(mode, "stall") != NULL ? 9000 : 60000;
	return w;
}

static void
world_free(struct world *w)
{
	mailer_free(w->mailer);
	loop_timer_free(w->limit);
	loop_free(w->loop);
	close(w->in);
	kill(w->pid, SIGKILL);
	waitpid(w->pid, NULL, 0);
	fclose(w->out);
	g_free(w->server);
	g_free(w->message_id);
	g_free(w->text);
	g_free(w);
}

static void
on_done(void *arg, enum mail_result result, const char *message_id, const char *text)
{
	struct world	*w = arg;

	w->answers++;
	w->result = result;
	g_free(w->message_id);
	w->message_id = g_strdup(message_id);
	g_free(w->text);
	w->text = g_strdup(text);
	loop_stop(w->loop);
}

static struct outgoing *
question(void)
{
	struct outgoing	*o = outgoing_new(OUTGOING_QUESTION);

	o->id = g_strdup("ev1-question");
	o->ticket = g_strdup("7KQM2-XWA9F");
	o->to_addr = g_strdup("carla@customer.example");
	o->subject = g_strdup("Your request");
	o->text = g_strdup("Hello\n.\n..dots\n");
	o->created_ms = 1700000000000;
	return o;
}

static enum mail_result
send_one(struct world *w, const struct outgoing *o)
{
	struct err	 e = ERR_INIT;

	if (w->mailer == NULL)
		w->mailer = mailer_new(w->loop, &w->s, (const uint8_t *)"0123456789abcdef", 16, &e);
	assert_non_null(w->mailer);
	w->answers = 0;
	mailer_send(w->mailer, o, NULL, on_done, w);
	loop_timer_start(w->limit, 70000);
	loop_run(w->loop);
	assert_int_equal(w->answers, 1);
	return w->result;
}

/* Within TLS from the first byte, where libesmtp does not go. */
static struct world *
world_smtps(const char *mode)
{
	static char	 ca[300];
	g_autofree char	*within = g_strconcat("smtps:", mode, NULL);
	struct world	*w = world(within);

	g_snprintf(ca, sizeof(ca), "%s/cert.pem", directory);
	w->s.mail_out.security = SECURITY_TLS;
	w->s.mail_out.tls_ca_file = ca;
	return w;
}

/* One line of what the server saw. */
static char *
seen(struct world *w)
{
	char	line[100000];

	assert_non_null(fgets(line, sizeof(line), w->out));
	return g_strdup(line);
}

static enum mail_result
send_to(struct world *w)
{
	struct outgoing		*o = question();
	enum mail_result	 result = send_one(w, o);

	assert_true(*w->text != '\0');
	assert_null(strpbrk(w->text, "\r\n"));
	outgoing_free(o);
	world_free(w);
	return result;
}

static void
sees_mail_as_composed(struct world *w)
{
	struct outgoing	*o = question();
	g_autofree char	*line = NULL, *id = NULL;

	assert_int_equal(send_one(w, o), MAIL_SENT);
	line = seen(w);
	id = mailer_message_id(w->mailer, o);
	assert_string_equal(w->message_id, id);
	assert_non_null(strstr(line, "\"EHLO me.shop.example\", \"MAIL FROM:<>"));
	assert_non_null(strstr(line, "\"RCPT TO:<carla@customer.example>\", \"DATA\""));
	assert_non_null(strstr(line, id));
	assert_non_null(strstr(line, "\\r\\n\\r\\nHello\\r\\n.\\r\\n..dots\\r\\n\""));
	outgoing_free(o);
	world_free(w);
}

static void
mailer_send__good_server__gets_the_mail_as_composed(void **state)
{
	(void)state;
	sees_mail_as_composed(world("good"));
	sees_mail_as_composed(world_smtps("good"));
}

static unsigned
count(const char *text, const char *word)
{
	unsigned	 n = 0;

	for (; (text = strstr(text, word)) != NULL; text += strlen(word))
		n++;
	return n;
}

static void
mailer_send__any_strings__reach_the_server_as_one_mail_to_one(void **state)
{
	static const char *const evil[] = {
		"x\r\nBcc: evil@x.example", "x\r\n.\r\nMAIL FROM:<a@b>\r\n", "x\n.\nRCPT TO:<evil@x.example>\n",
		"\r.\r", "\n.\r\n", "\r\n.\n", "a\r.\nb", "\x01\x02", "%n%s", "\xff\xfe", "ü\r\n\r\nbody",
	};
	struct world	*w = world("good");

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(evil); i++) {
		struct outgoing	*o = question();
		g_autofree char	*line = NULL;
		char		*head;

		o->kind = i % 2 == 0 ? OUTGOING_ANSWER : OUTGOING_QUESTION;
		o->to_name = g_strdup(evil[i]);
		g_free(o->subject);
		o->subject = g_strdup(evil[i]);
		g_free(o->text);
		o->text = g_strdup(evil[i]);
		o->in_reply_to = g_strdup(evil[i]);
		assert_int_equal(send_one(w, o), MAIL_SENT);
		line = seen(w);
		assert_int_equal(count(line, "\"RCPT TO:"), 1);
		assert_int_equal(count(line, "\"MAIL FROM:"), 1);
		assert_int_equal(count(line, "\"DATA\""), 1);
		/* what is below the blank line is only text */
		head = strstr(line, "\"data\"");
		assert_non_null(strstr(head, "\\r\\n\\r\\n"));
		*strstr(head, "\\r\\n\\r\\n") = '\0';
		assert_int_equal(count(head, "\\r\\nSubject:"), 1);
		assert_int_equal(count(head, "\\r\\nMessage-ID:"), 1);
		assert_int_equal(count(head, "\\r\\nDate:"), 1);
		assert_int_equal(count(head, "\\r\\nTo:"), 1);
		assert_null(strcasestr(head, "\\r\\nBcc:"));
		outgoing_free(o);
	}
	world_free(w);
}

static void
mailer_send__answer_of_a_person__has_an_envelope_sender(void **state)
{
	struct world	*w = world("good");
	struct outgoing	*o = question();
	g_autofree char	*line = NULL;

	(void)state;
	o->kind = OUTGOING_ANSWER;
	assert_int_equal(send_one(w, o), MAIL_SENT);
	line = seen(w);
	assert_non_null(strstr(line, "MAIL FROM:<answers@shop.example>"));
	outgoing_free(o);
	world_free(w);
}

static void
mailer_send__refusals__are_told_apart(void **state)
{
	static const struct { const char *mode; enum mail_result result; } cases[] = {
		{ "rcpt-450", MAIL_TEMPORARY }, { "rcpt-550", MAIL_PERMANENT }, { "mail-550", MAIL_PERMANENT },
		{ "data-451", MAIL_TEMPORARY }, { "data-552", MAIL_PERMANENT }, { "dot-451", MAIL_TEMPORARY },
		{ "dot-554", MAIL_PERMANENT }, { "busy", MAIL_TEMPORARY }, { "close-data", MAIL_TEMPORARY },
		{ "garbage", MAIL_TEMPORARY }, { "close-dot", MAIL_UNKNOWN }, { "slow-rcpt", MAIL_SENT },
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		enum mail_result	 got = send_to(world(cases[i].mode));
		enum mail_result	 within = send_to(world_smtps(cases[i].mode));

		if (got != cases[i].result || within != cases[i].result)
			fail_msg("%s: %d, within TLS %d, instead of %d", cases[i].mode, got,
			    within, cases[i].result);
	}
}

static void
mailer_send__refusal__is_told_without_the_address(void **state)
{
	struct world	*w = world("rcpt-550");
	struct outgoing	*o = question();

	(void)state;
	assert_int_equal(send_one(w, o), MAIL_PERMANENT);
	assert_non_null(strstr(w->text, "<...>: no"));
	assert_null(strchr(w->text, '@'));
	outgoing_free(o);
	world_free(w);
}

static void
mailer_send__server_that_stalls__is_unknown_only_after_the_mail(void **state)
{
	(void)state;
	assert_int_equal(send_to(world("stall-dot")), MAIL_UNKNOWN);
	assert_int_equal(send_to(world("stall-hello")), MAIL_TEMPORARY);
	assert_int_equal(send_to(world_smtps("stall-dot")), MAIL_UNKNOWN);
	assert_int_equal(send_to(world_smtps("stall-hello")), MAIL_TEMPORARY);
}

static void
mailer_send__helper_over_its_time__is_killed_and_unknown(void **state)
{
	struct world	*w = world("stall-dot");
	struct outgoing	*o = question();

	(void)state;
	w->s.workers.send_timeout_ms = 900;	/* less than one step may take */
	assert_int_equal(send_one(w, o), MAIL_UNKNOWN);
	outgoing_free(o);
	world_free(w);
}

static void
mailer_send__nobody_there__is_temporary(void **state)
{
	struct world	*w = world("good");
	struct outgoing	*o = question();

	(void)state;
	w->s.mail_out.smtp = (char *)"localhost:1";
	assert_int_equal(send_one(w, o), MAIL_TEMPORARY);
	outgoing_free(o);
	world_free(w);
}

static void
mailer_send__without_sender_or_address__is_refused_at_once(void **state)
{
	struct world	*w = world("good");
	struct outgoing	*o = question();

	(void)state;
	g_free(o->to_addr);
	o->to_addr = g_strdup("a@b.example>\r\nRCPT TO:<c@d.example");
	assert_int_equal(send_one(w, o), MAIL_PERMANENT);
	mailer_free(w->mailer);
	w->mailer = NULL;
	w->s.mail_out.from_addr = NULL;
	assert_int_equal(send_one(w, o), MAIL_PERMANENT);
	outgoing_free(o);
	world_free(w);
}

static char *
password_file(const char *password)
{
	char	*path = g_build_filename(directory, "password", NULL);

	assert_true(g_file_set_contents(path, password, -1, NULL));
	return path;
}

static void
login_is_needed_and_right(struct world *w)
{
	struct outgoing	*o = question();
	g_autofree char	*file = password_file("p\n");
	g_autofree char	*line = NULL;

	w->s.mail_out.user = (char *)"u";
	w->s.mail_out.password_file = file;
	assert_int_equal(send_one(w, o), MAIL_SENT);
	line = seen(w);
	assert_non_null(strstr(line, "\"AUTH "));
	g_free(password_file("wrong"));
	assert_int_equal(send_one(w, o), MAIL_TEMPORARY);
	assert_string_equal(w->text, "the server did not accept the login");
	unlink(file);
	assert_int_equal(send_one(w, o), MAIL_TEMPORARY);
	assert_string_equal(w->text, "cannot read password_file");
	outgoing_free(o);
	world_free(w);
}

static void
mailer_send__login__is_needed_and_right(void **state)
{
	(void)state;
	login_is_needed_and_right(world("auth"));
	login_is_needed_and_right(world_smtps("auth"));
}

static void
mailer_send__access_token_in_a_file__logs_in_with_tls_and_without(void **state)
{
	g_autofree char	*file = password_file("t\n");
	struct outgoing	*o = question();

	(void)state;
	for (int within = 0; within < 2; within++) {
		struct world	*w = within ? world_smtps("xoauth2") : world("xoauth2");

		w->s.mail_out.user = (char *)"u";
		w->s.mail_out.auth = (char *)"xoauth2";
		w->s.mail_out.password_file = file;
		if (send_one(w, o) != MAIL_SENT)
			fail_msg("%s", w->text);
		g_free(password_file("stale"));
		assert_int_equal(send_one(w, o), MAIL_TEMPORARY);
		assert_string_equal(w->text, "the server did not accept the login");
		g_free(password_file("t"));
		world_free(w);
	}
	outgoing_free(o);
}

/* The server wants a login, and we were told of none. */
static void
mailer_send__without_the_login_that_is_wanted__is_temporary(void **state)
{
	(void)state;
	assert_int_equal(send_to(world_smtps("auth")), MAIL_TEMPORARY);
}

/* "250" before the mail was given away must not pass for the word on it. */
static void
mailer_send__server_out_of_turn__is_never_taken_for_success(void **state)
{
	(void)state;
	assert_int_equal(send_to(world_smtps("early")), MAIL_TEMPORARY);
}

static void
mailer_send__real_server__takes_many_mails(void **state)
{
	struct world	*w = world("real");
	struct outgoing	*o = question();

	(void)state;
	for (int i = 0; i < 20; i++) {
		g_autofree char	*line = NULL;

		assert_int_equal(send_one(w, o), MAIL_SENT);
		line = seen(w);
		assert_non_null(strstr(line, "\"rcpt\": [\"carla@customer.example\"]"));
	}
	outgoing_free(o);
	world_free(w);
}

static void
mailer_send__starttls_and_login__work_again_and_again(void **state)
{
	struct world	*w = world("tls");
	struct outgoing	*o = question();
	g_autofree char	*file = password_file("p\n");
	g_autofree char	*ca = g_build_filename(directory, "cert.pem", NULL);

	(void)state;
	w->s.mail_out.security = SECURITY_STARTTLS;
	w->s.mail_out.tls_ca_file = ca;
	w->s.mail_out.user = (char *)"u";
	w->s.mail_out.password_file = file;
	for (int i = 0; i < 8; i++) {
		g_autofree char	*line = NULL;

		if (send_one(w, o) != MAIL_SENT)
			fail_msg("%s", w->text);
		line = seen(w);
		assert_non_null(strstr(line, "\"tls\": true, \"auth\": true"));
	}
	outgoing_free(o);
	world_free(w);
}

static void
mailer_send__untrusted_certificate_or_no_starttls__sends_nothing(void **state)
{
	struct world	*w = world("tls");
	struct outgoing	*o = question();

	(void)state;
	w->s.mail_out.security = SECURITY_STARTTLS;
	assert_int_equal(send_one(w, o), MAIL_TEMPORARY);
	world_free(w);
	w = world("good");
	w->s.mail_out.security = SECURITY_STARTTLS;
	assert_int_equal(send_one(w, o), MAIL_TEMPORARY);
	world_free(w);
	w = world_smtps("good");
	w->s.mail_out.tls_ca_file = NULL;
	assert_int_equal(send_one(w, o), MAIL_TEMPORARY);
	world_free(w);
	w = world("good");
	w->s.mail_out.security = SECURITY_TLS;
	assert_int_equal(send_one(w, o), MAIL_TEMPORARY);
	outgoing_free(o);
	world_free(w);
}

static void
mailer_reload__new_server__gets_the_next_mail(void **state)
{
	struct world	*first = world("rcpt-550"), *w = world("good");
	struct outgoing	*o = question();
	struct err	 e = ERR_INIT;

	(void)state;
	w->s.mail_out.smtp = first->server;
	assert_int_equal(send_one(w, o), MAIL_PERMANENT);
	w->s.mail_out.smtp = w->server;
	assert_int_equal(mailer_reload(w->mailer, &w->s, &e), 0);
	assert_int_equal(send_one(w, o), MAIL_SENT);
	outgoing_free(o);
	world_free(first);
	world_free(w);
}

static int
make_certificate(void **state)
{
	g_autofree char	*command = NULL;
	int		 status;

	(void)state;
	directory = g_dir_make_tmp("intaked-mailer-XXXXXX", NULL);
	command = g_strdup_printf("openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost "
	    "-addext subjectAltName=DNS:localhost -keyout %s/key.pem -out %s/cert.pem", directory, directory);
	return g_spawn_command_line_sync(command, NULL, NULL, &status, NULL) && status == 0 ? 0 : -1;
}

static int
remove_certificate(void **state)
{
	static const char *const names[] = { "key.pem", "cert.pem", "password" };

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autofree char	*path = g_build_filename(directory, names[i], NULL);

		unlink(path);
	}
	rmdir(directory);
	g_free(directory);
	return 0;
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mailer_send__good_server__gets_the_mail_as_composed),
		cmocka_unit_test(mailer_send__any_strings__reach_the_server_as_one_mail_to_one),
		cmocka_unit_test(mailer_send__answer_of_a_person__has_an_envelope_sender),
		cmocka_unit_test(mailer_send__refusals__are_told_apart),
		cmocka_unit_test(mailer_send__refusal__is_told_without_the_address),
		cmocka_unit_test(mailer_send__server_that_stalls__is_unknown_only_after_the_mail),
		cmocka_unit_test(mailer_send__helper_over_its_time__is_killed_and_unknown),
		cmocka_unit_test(mailer_send__nobody_there__is_temporary),
		cmocka_unit_test(mailer_send__without_sender_or_address__is_refused_at_once),
		cmocka_unit_test(mailer_send__login__is_needed_and_right),
		cmocka_unit_test(mailer_send__access_token_in_a_file__logs_in_with_tls_and_without),
		cmocka_unit_test(mailer_send__without_the_login_that_is_wanted__is_temporary),
		cmocka_unit_test(mailer_send__server_out_of_turn__is_never_taken_for_success),
		cmocka_unit_test(mailer_send__real_server__takes_many_mails),
		cmocka_unit_test(mailer_send__starttls_and_login__work_again_and_again),
		cmocka_unit_test(mailer_send__untrusted_certificate_or_no_starttls__sends_nothing),
		cmocka_unit_test(mailer_reload__new_server__gets_the_next_mail),
	};

	if (argc > 1 && strcmp(argv[1], "--worker=send") == 0)
		return reply_send_worker_main();
	if (system(PYTHON " -c 'import aiosmtpd' >/dev/null 2>&1") != 0)
		return 77;
	return cmocka_run_group_tests(tests, make_certificate, remove_certificate);
}
