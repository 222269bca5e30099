/* SPDX-License-Identifier: ISC */
/*
 * What our client really sends when it signs and when it sends a file: a
 * server that writes down each request, and the signatures that Amazon
 * documents for S3 ("Authenticating Requests: Using the Authorization
 * Header") for one key, one moment and one bucket.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <glib.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/digest.h"
#include "io/http_client.h"

#define KEY	"AKIAIOSFODNN7EXAMPLE"
#define SECRET	"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
#define HOST	"http://examplebucket.s3.amazonaws.com"
#define DAY	"X-Amz-Date: 20130524T000000Z"
#define EMPTY	"x-amz-content-sha256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static const struct http_sign	sign = { "aws:amz:us-east-1:s3", KEY, SECRET };

static struct loop		*loop;
static struct http_client	*client;
static struct loop_timer	*late;
static int			 listener = -1;
static unsigned			 port;
static GThread			*thread;
static GString			*seen;		/* head and body of the request */
static int			 code;
static int64_t			 length;
static struct err		 problem;

static void
stop(void *arg)
{
	(void)arg;
	loop_stop(loop);
}

static int64_t
content_length(const char *head)
{
	const char	*at = strstr(head, "Content-Length: ");

	return at != NULL ? g_ascii_strtoll(at + strlen("Content-Length: "), NULL, 10) : 0;
}

static void
say(int fd, const char *text)
{
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
}

/* One request on one connection: head, "100-continue" if asked for, body, answer. */
static void
serve(int fd)
{
	static const char	answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 123\r\n"
				    "Connection: close\r\n\r\n";
	char			chunk[65536];
	const char		*end;
	int64_t			whole;
	ssize_t			n;

	while ((end = strstr(seen->str, "\r\n\r\n")) == NULL) {
		if ((n = read(fd, chunk, sizeof chunk)) <= 0)
			return;
		g_string_append_len(seen, chunk, n);
	}
	if (strstr(seen->str, "Expect: 100-continue") != NULL)
		say(fd, "HTTP/1.1 100 Continue\r\n\r\n");
	whole = end - seen->str + 4 + content_length(seen->str);
	while ((int64_t)seen->len < whole) {
		if ((n = read(fd, chunk, sizeof chunk)) <= 0)
			return;
		g_string_append_len(seen, chunk, n);
	}
	say(fd, answer);
	if (!g_str_has_prefix(seen->str, "HEAD "))
		say(fd, "123456789 123456789 123456789 123456789 123456789 123456789 "
		    "123456789 123456789 123456789 123456789 123456789 123456789 123");
}

static void *
run_server(void *arg)
{
	int	fd;

	(void)arg;
	while ((fd = accept(listener, NULL, NULL)) != -1) {
		serve(fd);
		close(fd);
	}
	return NULL;
}

static int
set_up(void **state)
{
	struct sockaddr_in	sin = { .sin_family = AF_INET,
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t		len = sizeof sin;
	g_autofree char		*proxy = NULL;

	(void)state;
	listener = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(bind(listener, (struct sockaddr *)&sin, len), 0);
	assert_int_equal(listen(listener, 8), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&sin, &len), 0);
	port = ntohs(sin.sin_port);
	/* So that requests for Amazon come here, with their own names in them. */
	proxy = g_strdup_printf("http://127.0.0.1:%u", port);
	g_setenv("http_proxy", proxy, TRUE);
	g_setenv("no_proxy", "127.0.0.1", TRUE);
	seen = g_string_new(NULL);
	thread = g_thread_new("server", run_server, NULL);
	loop = loop_new();
	client = http_client_new(loop);
	late = loop_timer_new(loop, stop, NULL);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	http_client_free(client);
	loop_timer_free(late);
	loop_free(loop);
	shutdown(listener, SHUT_RDWR);
	g_thread_join(thread);
	close(listener);
	g_string_free(seen, TRUE);
	return 0;
}

static void
on_answer(void *arg, const struct http_answer *a, const struct err *why)
{
	(void)arg;
	code = a != NULL ? a->code : 0;
	length = a != NULL ? a->length : -2;
	problem = why != NULL ? *why : (struct err)ERR_INIT;
	loop_stop(loop);
}

static void
ask(struct http_ask *a)
{
	g_string_truncate(seen, 0);
	code = -1;
	a->allow_http = true;
	http_client_ask(client, a, on_answer, NULL);
	loop_timer_start(late, 10000);
	loop_run(loop);
	if (code == -1)
		fail_msg("no answer; seen: %s", seen->str);
}

static void
check_signature(const char *signature)
{
	g_autofree char	*want = g_strconcat(", Signature=", signature, "\r\n", NULL);

	if (strstr(seen->str, want) == NULL)
		fail_msg("not signed with %s: %s", signature, seen->str);
}

static int
file_of(const char *text, size_t len)
{
	char	name[] = "/tmp/intaked-http-XXXXXX";
	int	fd = mkstemp(name);

	assert_int_not_equal(fd, -1);
	unlink(name);
	assert_int_equal(write(fd, text, len), len);
	return fd;
}

static void
http_client_ask__signed_get__has_the_documented_signature(void **state)
{
	static const char *const	ranged[] = { DAY, EMPTY, "Range: bytes=0-9", NULL };
	static const char *const	plain[] = { DAY, EMPTY, NULL };
	struct http_ask			a = { .url = HOST "/test.txt", .headers = ranged,
						.sign = &sign };

	(void)state;
	ask(&a);
	check_signature("f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
	a.headers = plain;
	a.url = HOST "/?max-keys=2&prefix=J";
	ask(&a);
	check_signature("34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
}

static void
http_client_ask__signed_put__has_the_documented_signature_and_the_bytes(void **state)
{
	static const char		text[] = "Welcome to Amazon S3.";
	static const char *const	headers[] = {
		"Date: Fri, 24 May 2013 00:00:00 GMT", DAY,
		"x-amz-storage-class: REDUCED_REDUNDANCY", "x-amz-content-sha256: "
		"44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072", NULL
	};
	struct http_file		file = { file_of(text, strlen(text)), (int64_t)strlen(text) };
	struct http_ask			a = { .url = HOST "/test%24file.text", .headers = headers,
						.sign = &sign, .file = &file };

	(void)state;
	ask(&a);
	assert_int_equal(code, 200);
	assert_true(g_str_has_prefix(seen->str, "PUT "));
	check_signature("98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");
	assert_true(g_str_has_suffix(seen->str, "\r\n\r\nWelcome to Amazon S3."));
}

static void
http_client_ask__head__tells_the_length_and_no_secret(void **state)
{
	static const char *const	headers[] = { EMPTY, NULL };
	g_autofree char			*url = g_strdup_printf("http://127.0.0.1:%u/bucket/k", port);
	struct http_ask			a = { .url = url, .headers = headers, .sign = &sign,
						.head = true };

	(void)state;
	ask(&a);
	assert_int_equal(code, 200);
	assert_int_equal(length, 123);
	assert_true(g_str_has_prefix(seen->str, "HEAD /bucket/k HTTP/1.1\r\n"));
	assert_non_null(strstr(seen->str, "SignedHeaders=host;x-amz-content-sha256;x-amz-date,"));
	assert_null(strstr(seen->str, SECRET));
}

static void
http_client_ask__large_file__is_sent_whole_after_the_server_agreed(void **state)
{
	size_t			size = 3 * 1024 * 1024 + 17;
	g_autofree char		*text = g_malloc(size);
	g_autofree char		*url = g_strdup_printf("http://127.0.0.1:%u/k", port);
	struct http_file	file;
	struct http_ask		a = { .url = url, .file = &file };
	char			want[DIGEST_HEX_SIZE], got[DIGEST_HEX_SIZE];
	const char		*body;
	size_t			i;

	(void)state;
	for (i = 0; i < size; i++)
		text[i] = (char)('a' + i * 31 % 26);
	file.fd = file_of(text, size);
	file.size = (int64_t)size;
	ask(&a);
	assert_int_equal(code, 200);
	assert_non_null(strstr(seen->str, "Expect: 100-continue\r\n"));
	body = strstr(seen->str, "\r\n\r\n") + 4;
	assert_int_equal(seen->str + seen->len - body, size);
	digest_sha256_hex(text, size, want);
	digest_sha256_hex(body, size, got);
	assert_string_equal(got, want);
}

static void
http_client_ask__file_that_became_shorter__fails_instead_of_hanging(void **state)
{
	g_autofree char		*url = g_strdup_printf("http://127.0.0.1:%u/k", port);
	struct http_file	file = { file_of("short", 5), 500 };
	struct http_ask		a = { .url = url, .file = &file };

	(void)state;
	ask(&a);
	assert_int_equal(code, 0);
	assert_int_equal(problem.kind, ERR_TEMP);
}

#define TEST(t)	cmocka_unit_test_setup_teardown(t, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(http_client_ask__signed_get__has_the_documented_signature),
		TEST(http_client_ask__signed_put__has_the_documented_signature_and_the_bytes),
		TEST(http_client_ask__head__tells_the_length_and_no_secret),
		TEST(http_client_ask__large_file__is_sent_whole_after_the_server_agreed),
		TEST(http_client_ask__file_that_became_shorter__fails_instead_of_hanging),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
