/* SPDX-License-Identifier: ISC */
/*
 * Users, passwords and certificates: that what the manual says is enough, and
 * that what is wrong is told to the operator.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "fixture.h"

/* The text between two lines of the manual, so that what it says is tested. */
static char *
from_manual(const char *begin, const char *end)
{
	const char	*top = g_getenv("top_srcdir");
	g_autofree char	*path = g_build_filename(top ? top : ".", "doc/queue.md", NULL);
	g_autofree char	*text = NULL;
	char		*at, *to;

	if (!g_file_get_contents(path, &text, NULL, NULL))
		fail_msg("cannot read %s", path);
	at = strstr(text, begin);
	assert_non_null(at);
	to = strstr(at, end);
	assert_non_null(to);
	return g_strndup(at, (gsize)(to - at));
}

/* Joins the continued lines of "ACL SETUSER ... \" and runs them. */
static void
set_user_of_manual(struct fixture *f, const char *name)
{
	g_autofree char	*begin = g_strconcat("ACL SETUSER ", name, " ", NULL);
	g_autofree char	*text = from_manual(begin, "\n```");
	g_auto(GStrv)	 words = g_strsplit_set(text, " \t\n\\", -1);
	g_autoptr(GPtrArray) argv = g_ptr_array_new();
	redisContext	*c = redisConnectUnix(f->server->socket);
	redisReply	*r;
	int		 i;

	for (i = 0; words[i] != NULL; i++)
		if (words[i][0] != '\0')
			g_ptr_array_add(argv, words[i]);
	r = redisCommandArgv(c, (int)argv->len, (const char **)argv->pdata, NULL);
	if (r->type == REDIS_REPLY_ERROR)
		fail_msg("%s: %s", text, r->str);
	freeReplyObject(r);
	redisFree(c);
}

static char *
write_password(struct fixture *f, const char *password)
{
	char	*path = g_build_filename(f->server->dir, "password", NULL);

	assert_true(g_file_set_contents(path, password, -1, NULL));
	return path;
}

static void
on_list(void *arg, enum queue_outcome outcome, GPtrArray *list)
{
	struct got	*g = arg;

	g->outcome = outcome;
	g->list = list ? g_ptr_array_ref(list) : NULL;
	g->done = true;
}

static void
queue__user_of_the_manual__may_do_all_we_need_and_no_more(void **state)
{
	struct fixture	*f = fixture_new(NULL, 2);
	struct plan	*p;
	struct got	 g = { 0 };
	g_autofree char	*path = NULL;
	redisReply	*r;

	(void)state;
	queue_free(f->queue);
	set_user_of_manual(f, "intaked");
	freeReplyObject(server_do(f->server, "FUNCTION FLUSH"));
	freeReplyObject(server_do(f->server, "ACL LOG RESET"));
	path = write_password(f, "change-me\n");
	f->settings.user = (char *)"intaked";
	f->settings.password_file = path;
	f->up = f->chat = f->replies = false;
	open_queue(f);
	assert_true(run_until(f->loop, &f->up, WAIT_MS));
	p = plan_new(f, "AAAAA-00001", "m-1");
	p->c.session = "s";
	p->c.chat = "{}";
	assert_int_equal(commit_at_last(f, p), QUEUE_DONE);
	assert_true(run_until(f->loop, &f->chat, WAIT_MS));
	queue_due(f->queue, 1, 1, on_answer, &g);
	assert_true(run_until(f->loop, &g.done, WAIT_MS));
	assert_int_equal(g.outcome, QUEUE_DONE);
	got_clear(&g);
	queue_replies_take(f->queue, 1, 1, on_list, &g);
	assert_true(run_until(f->loop, &g.done, WAIT_MS));
	assert_int_equal(g.outcome, QUEUE_DONE);
	got_clear(&g);
	queue_stats(f->queue, on_list, &g);
	assert_true(run_until(f->loop, &g.done, WAIT_MS));
	assert_int_equal(g.outcome, QUEUE_DONE);
	got_clear(&g);
	queue_chat_read(f->queue, "s", NULL, 1, on_list, &g);
	assert_true(run_until(f->loop, &g.done, WAIT_MS));
	assert_int_equal(g.outcome, QUEUE_DONE);
	queue_trim(f->queue);
	queue_mark(f->queue, 1);
	assert_int_equal(commit_at_last(f, p), QUEUE_KNOWN);
	r = server_do(f->server, "ACL LOG");
	assert_int_equal(r->elements, 0);
	freeReplyObject(r);
	r = server_do(f->server, "ACL DRYRUN intaked FLUSHALL");
	assert_non_null(strstr(r->str, "no permissions"));
	freeReplyObject(r);
	r = server_do(f->server, "ACL DRYRUN intaked SET other:key 1");
	assert_string_not_equal(r->str, "OK");
	freeReplyObject(r);
	got_clear(&g);
	plan_free(p);
	fixture_free(f);
}

static void
queue__wrong_password__is_down_for_the_operator_and_not_tried_in_haste(void **state)
{
	struct fixture	*f = fixture_new(NULL, 1);
	g_autofree char	*path = NULL;
	const bool	 never = false;
	long long	 before, after;

	(void)state;
	queue_free(f->queue);
	set_user_of_manual(f, "intaked");
	path = write_password(f, "wrong");
	f->settings.user = (char *)"intaked";
	f->settings.password_file = path;
	f->up = f->down = false;
	log_setup(LOG_LEVEL_ERROR, LOG_FORMAT_TEXT);
	open_queue(f);
	assert_true(run_until(f->loop, &f->down, WAIT_MS));
	assert_int_equal(f->why.kind, ERR_CONFIG);
	assert_non_null(strstr(f->why.text, "WRONGPASS"));
	assert_null(strstr(f->why.text, "wrong\n"));
	before = server_int(f->server, "EVAL %s 0",
	    "return tonumber(redis.call('INFO','stats'):match('total_connections_received:(%d+)'))");
	run_until(f->loop, &never, 1500);
	after = server_int(f->server, "EVAL %s 0",
	    "return tonumber(redis.call('INFO','stats'):match('total_connections_received:(%d+)'))");
	assert_in_range(after - before, 1, 2);
	fixture_free(f);
}

static bool
make_certificate(const char *dir)
{
	g_autofree char		*key = g_build_filename(dir, "key.pem", NULL);
	g_autofree char		*pem = g_build_filename(dir, "cert.pem", NULL);
	const char *const	 argv[] = { "openssl", "req", "-x509", "-newkey", "rsa:2048",
				    "-nodes", "-days", "2", "-subj", "/CN=redis test",
				    "-addext", "subjectAltName=IP:127.0.0.1",
				    "-keyout", key, "-out", pem, NULL };

	return run_program(argv) == 0;
}

/* A port that was free a moment ago. */
static unsigned
free_port(void)
{
	struct sockaddr_in	in = { .sin_family = AF_INET };
	socklen_t		len = sizeof in;
	int			fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(fd, (struct sockaddr *)&in, sizeof in), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&in, &len), 0);
	close(fd);
	return ntohs(in.sin_port);
}

static void
queue__tls__works_with_the_right_authority_only(void **state)
{
	struct fixture	*f = fixture_new(NULL, 1);
	g_autofree char	*key = g_build_filename(f->server->dir, "key.pem", NULL);
	g_autofree char	*pem = g_build_filename(f->server->dir, "cert.pem", NULL);
	g_autofree char	*port = g_strdup_printf("%u", free_port());
	g_autofree char	*address = g_strconcat("127.0.0.1:", port, NULL);
	const char	*tls[] = { "--tls-port", port, "--tls-cert-file", pem, "--tls-key-file", key,
			    "--tls-ca-cert-file", pem, "--tls-auth-clients", "no", NULL };
	struct plan	*p = plan_new(f, "AAAAA-00001", "m-1");

	(void)state;
	if (!make_certificate(f->server->dir))
		fail_msg("openssl cannot make a certificate");
	queue_free(f->queue);
	server_kill(f->server);
	server_start(f->server, tls);
	f->settings.address = address;
	f->settings.tls = true;
	f->up = f->down = false;
	log_setup(LOG_LEVEL_ERROR, LOG_FORMAT_TEXT);
	open_queue(f);
	assert_true(run_until(f->loop, &f->down, WAIT_MS));
	assert_int_equal(f->why.kind, ERR_CONFIG);
	assert_non_null(strstr(f->why.text, "certificate refused"));
	queue_free(f->queue);
	f->settings.tls_ca_file = pem;
	f->up = f->down = false;
	open_queue(f);
	assert_true(run_until(f->loop, &f->up, WAIT_MS));
	assert_int_equal(commit_at_last(f, p), QUEUE_DONE);
	plan_free(p);
	fixture_free(f);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		queue_test(queue__user_of_the_manual__may_do_all_we_need_and_no_more),
		queue_test(queue__wrong_password__is_down_for_the_operator_and_not_tried_in_haste),
		queue_test(queue__tls__works_with_the_right_authority_only),
	};

	if (!server_is_installed())
		return 77;
	signal(SIGPIPE, SIG_IGN);
	log_setup(LOG_LEVEL_ERROR, LOG_FORMAT_TEXT);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
