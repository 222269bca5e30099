/* SPDX-License-Identifier: ISC */
#include "../unit.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/digest.h"
#include "conf/conf.h"
#include "intake/parse_guarded.h"
#include "intake/parser.h"
#include "intake/sandbox.h"

static const char	mail[] =
    "From: =?utf-8?Q?J=C3=BCrgen?= <j@customer.example>\r\n"
    "To: support@our.example\r\n"
    "Subject: Order\r\n"
    "Message-ID: <1@customer.example>\r\n"
    "MIME-Version: 1.0\r\n"
    "Content-Type: multipart/mixed; boundary=b\r\n\r\n"
    "--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nWhere is it?\r\n"
    "--b\r\nContent-Type: application/pdf; name=a.pdf\r\n"
    "Content-Transfer-Encoding: base64\r\n\r\nJVBERi0xLjQ=\r\n--b--\r\n";

static struct settings	*settings;
static struct parser	*parser;

static struct arrival *
arrival(const char *text)
{
	g_autoptr(GBytes)	bytes = g_bytes_new(text, strlen(text));

	return arrival_new(ARRIVAL_MAIL, "maildir", "drop", "k", bytes);
}

static struct parsed *
decode(const void *bytes, size_t len)
{
	g_autoptr(GBytes)	whole = g_bytes_new(bytes, len);

	return parsed_decode(whole, NULL);
}

static void
parsed_decode__of_what_was_encoded__is_the_same_message(void **state)
{
	struct arrival		*a = arrival(mail);
	struct parsed		*p = parser_run(parser, a), *q;
	g_autoptr(GByteArray)	 once = g_byte_array_new(), twice = g_byte_array_new();
	struct attachment	*file;

	(void)state;
	parsed_encode(p, once);
	assert_non_null(q = decode(once->data, once->len));
	parsed_encode(q, twice);
	assert_int_equal(once->len, twice->len);
	assert_memory_equal(once->data, twice->data, once->len);
	assert_string_equal(q->message->from->name, "J\xc3\xbcrgen");
	assert_int_equal(q->message->attachments->len, 1);
	file = q->message->attachments->pdata[0];
	assert_string_equal(file->filename, "a.pdf");
	assert_int_equal(file->size, 8);
	parsed_free(p);
	parsed_free(q);
	arrival_free(a);
}

static void
parsed_decode__any_damage__is_refused_or_still_a_whole_message(void **state)
{
	struct arrival		*a = arrival(mail);
	struct parsed		*p = parser_run(parser, a);
	g_autoptr(GByteArray)	 good = g_byte_array_new();
	size_t			 cut, at;

	(void)state;
	parsed_encode(p, good);
	for (cut = 0; cut < good->len; cut++) {
		g_autofree uint8_t	*copy = g_memdup2(good->data, cut);

		assert_null(decode(copy, cut));
	}
	for (at = 0; at < good->len; at++) {
		g_autofree uint8_t	*copy = g_memdup2(good->data, good->len);
		struct parsed		*q;

		copy[at] ^= 0x81;
		if ((q = decode(copy, good->len)) == NULL)
			continue;
		assert_true(q->message->text == NULL ||
		    g_utf8_validate(q->message->text, -1, NULL));
		parsed_free(q);
	}
	parsed_free(p);
	arrival_free(a);
}

static void
parse_guarded_run__one_message_after_the_other__is_answered_by_the_child(void **state)
{
	struct parse_guarded	*g = parse_guarded_new(settings, parser);
	int			 i;

	(void)state;
	for (i = 0; i < 50; i++) {
		struct arrival	*a = arrival(mail);
		const char	*failure;
		struct parsed	*p = parse_guarded_run(g, a, &failure);

		assert_null(failure);
		assert_string_equal(p->message->subject, "Order");
		parsed_free(p);
		arrival_free(a);
	}
	parse_guarded_free(g);
}

/* --- what a worker that was taken over could do --- */

static int
try_open(void)
{
	return open("/etc/passwd", O_RDONLY);
}

static int
try_create(void)
{
	return open("/tmp/intaked-escaped", O_CREAT | O_WRONLY, 0600);
}

static int
try_socket(void)
{
	return socket(AF_INET, SOCK_STREAM, 0);
}

static int
try_unix_socket(void)
{
	return socket(AF_UNIX, SOCK_STREAM, 0);
}

static int
try_fork(void)
{
	return fork();
}

static int
try_exec(void)
{
	return execl("/bin/true", "true", NULL);
}

static int
try_kill_parent(void)
{
	return kill(getppid(), 0);
}

static int
try_unlink(void)
{
	return unlink("/tmp/intaked-not-there");
}

static int
try_raise_limit(void)
{
	struct rlimit	rl = { RLIM_INFINITY, RLIM_INFINITY };

	return setrlimit(RLIMIT_AS, &rl);
}

static int
try_much_memory(void)
{
	void	*p = mmap(NULL, (size_t)4 << 30, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? -1 : 0;
}

static const struct {
	const char	*name;
	int		(*try)(void);
} escapes[] = {
	{ "open a file", try_open }, { "create a file", try_create },
	{ "make a socket", try_socket }, { "make a unix socket", try_unix_socket },
	{ "fork", try_fork }, { "exec", try_exec }, { "signal the parent", try_kill_parent },
	{ "unlink", try_unlink }, { "raise its limits", try_raise_limit },
	{ "take 4 GB", try_much_memory },
};

/* Exit status of a child that went in and tried: 0 held, 1 escaped, 2 not shut in. */
static int
attempt(int (*try)(void))
{
	pid_t	pid = fork();
	int	status;

	if (pid == 0) {
		if (sandbox_enter(512 << 20, NULL) == -1)
			_exit(2);
		_exit(try() == -1 ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void
sandbox_enter__every_way_out__is_shut(void **state)
{
	size_t	i;

	(void)state;
#if defined(__SANITIZE_ADDRESS__)
	skip();		/* a sanitizer needs what the sandbox takes away */
#endif
	for (i = 0; i < G_N_ELEMENTS(escapes); i++)
		if (attempt(escapes[i].try) != 0)
			fail_msg("a shut-in worker could %s", escapes[i].name);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parsed_decode__of_what_was_encoded__is_the_same_message),
		cmocka_unit_test(parsed_decode__any_damage__is_refused_or_still_a_whole_message),
		cmocka_unit_test(parse_guarded_run__one_message_after_the_other__is_answered_by_the_child),
		cmocka_unit_test(sandbox_enter__every_way_out__is_shut),
	};
	int	rc;

	settings = conf_default();
	parser = parser_new(settings, NULL);
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	parser_free(parser);
	conf_free(settings);
	return rc;
}
