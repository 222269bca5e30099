/* SPDX-License-Identifier: ISC */
/* Our client asks our server, over plain TCP and over TLS, on one loop. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <glib.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <unistd.h>

#include "io/http_client.h"
#include "io/http_server.h"

static struct loop *loop;
static struct http_server *server;
static struct http_client *client;
static char *cert_file, *key_file;
static struct loop_timer *late;
static struct http_request *held;
static unsigned answers;
static struct err last_why;
static int last_code;
static char last_body[64], last_type[64];

static void
on_post(void *arg, struct http_request *r)
{
	gsize		 len;
	const char	*body = g_bytes_get_data(http_body(r), &len);
	const char	*extra = http_header(r, "X-Extra");
	g_autofree char	*text = g_strdup_printf("%.*s+%s", (int)len, body, extra ? extra : "");

	(void)arg;
	http_reply(r, 202, "text/plain", NULL, text, strlen(text));
}

static void
on_get(void *arg, struct http_request *r)
{
	(void)arg;
	http_reply(r, 200, "application/json", NULL, "{}", 2);
}

static void
on_big(void *arg, struct http_request *r)
{
	g_autofree char	*big = g_strnfill(200000, 'x');

	(void)arg;
	http_reply(r, 200, "text/plain", NULL, big, 200000);
}

static void
on_never(void *arg, struct http_request *r)
{
	(void)arg;
	held = r;
}

static void
on_gone(void *arg, struct http_request *r)
{
	(void)arg;
	http_reply(r, 409, NULL, "Location: /get\r\n", NULL, 0);
}

static void
stop(void *arg)
{
	(void)arg;
	loop_stop(loop);
}

static void
on_answer(void *arg, const struct http_answer *a, const struct err *why)
{
	(void)arg;
	answers++;
	memset(&last_why, 0, sizeof(last_why));
	last_code = 0;
	if (why != NULL)
		last_why = *why;
	if (a != NULL) {
		last_code = a->code;
		g_strlcpy(last_body, a->body, sizeof(last_body));
		g_strlcpy(last_type, a->type ? a->type : "", sizeof(last_type));
	}
	if (GPOINTER_TO_UINT(arg) == answers)
		loop_stop(loop);
}

static void
start_server(const char *cert, const char *key)
{
	static const struct http_route routes[] = {
		{ "POST", "/post", NULL, on_post, NULL }, { "GET", "/get", NULL, on_get, NULL },
		{ "GET", "/big", NULL, on_big, NULL }, { "GET", "/never", NULL, on_never, NULL },
		{ "GET", "/gone", NULL, on_gone, NULL },
	};
	struct http_options	o = { .max_body = 300000, .max_connections = 100,
				      .head_timeout_ms = 5000, .body_timeout_ms = 5000,
				      .idle_timeout_ms = 5000, .tls_certificate = cert,
				      .tls_key = key };
	struct err		e = ERR_INIT;
	size_t			i;

	server = http_server_new(loop, &o, &e);
	if (server == NULL)
		fail_msg("%s", e.text);
	assert_int_equal(http_server_listen(server, "127.0.0.1:0", &e), 0);
	for (i = 0; i < G_N_ELEMENTS(routes); i++)
		http_route_add(server, &routes[i]);
}

static int
set_up(void **state)
{
	(void)state;
	loop = loop_new();
	client = http_client_new(loop);
	late = loop_timer_new(loop, stop, NULL);
	answers = 0;
	held = NULL;
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	http_client_free(client);
	if (held != NULL)
		http_reply(held, 200, NULL, NULL, NULL, 0);
	http_server_free(server);
	loop_timer_free(late);
	loop_free(loop);
	return 0;
}

static char *
url(const char *scheme, const char *path)
{
	return g_strdup_printf("%s://127.0.0.1:%u%s", scheme, http_server_port(server), path);
}

static void
ask(struct http_ask *a)
{
	http_client_ask(client, a, on_answer, GUINT_TO_POINTER(answers + 1));
	loop_timer_start(late, 5000);
	loop_run(loop);
}

static void
http_client_ask__get_and_post__bring_code_type_and_body(void **state)
{
	static const char *const	headers[] = { "X-Extra: yes", NULL };
	struct http_ask			a = { .allow_http = true };
	g_autofree char			*get = NULL, *post = NULL;

	(void)state;
	start_server(NULL, NULL);
	get = url("http", "/get");
	post = url("http", "/post");
	a.url = get;
	ask(&a);
	assert_int_equal(last_code, 200);
	assert_string_equal(last_body, "{}");
	assert_string_equal(last_type, "application/json");
	a.url = post;
	a.body = "hi";
	a.len = 2;
	a.headers = headers;
	ask(&a);
	assert_int_equal(last_code, 202);
	assert_string_equal(last_body, "hi+yes");
}

static void
http_client_ask__many_at_once__are_all_answered(void **state)
{
	struct http_ask	a = { .allow_http = true };
	g_autofree char	*get = NULL;
	unsigned	i;

	(void)state;
	start_server(NULL, NULL);
	a.url = get = url("http", "/get");
	for (i = 0; i < 50; i++)
		http_client_ask(client, &a, on_answer, GUINT_TO_POINTER(50));
	loop_timer_start(late, 5000);
	loop_run(loop);
	assert_int_equal(answers, 50);
	assert_int_equal(last_code, 200);
}

static void
http_client_ask__what_cannot_be_answered__says_why(void **state)
{
	struct http_ask	a = { .allow_http = true };
	g_autofree char	*big = NULL, *never = NULL, *gone = NULL, *plain = NULL;

	(void)state;
	start_server(NULL, NULL);
	a.url = big = url("http", "/big");
	a.max_answer = 1000;
	ask(&a);
	assert_int_equal(last_why.kind, ERR_PERM);
	assert_non_null(strstr(last_why.text, "1000"));
	a.url = never = url("http", "/never");
	a.timeout_ms = 100;
	ask(&a);
	assert_int_equal(last_why.kind, ERR_TEMP);
	a.url = gone = url("http", "/gone");
	ask(&a);
	assert_int_equal(last_code, 409);
	assert_string_equal(last_body, "");
	a.url = plain = url("http", "/get");
	a.allow_http = false;
	ask(&a);
	assert_int_equal(last_why.kind, ERR_CONFIG);
	a.url = "http://127.0.0.1:1/";
	a.allow_http = true;
	ask(&a);
	assert_int_equal(last_why.kind, ERR_TEMP);
	assert_true(*last_why.text != '\0');
	assert_int_equal(answers, 5);
}

static void
http_call_cancel__under_way__never_calls_back(void **state)
{
	struct http_ask		 a = { .allow_http = true };
	g_autofree char		*get = NULL;
	struct http_call	*call;

	(void)state;
	start_server(NULL, NULL);
	a.url = get = url("http", "/get");
	call = http_client_ask(client, &a, on_answer, NULL);
	http_call_cancel(call);
	/* One that the end of the client cancels. */
	http_client_ask(client, &a, on_answer, NULL);
	http_client_free(client);
	client = NULL;
	loop_timer_start(late, 50);
	loop_run(loop);
	assert_int_equal(answers, 0);
}

/* --- TLS --- */

static int
make_certificate(void **state)
{
	EVP_PKEY	*key = EVP_EC_gen("P-256");
	X509		*cert = X509_new();
	X509_NAME	*name = X509_get_subject_name(cert);
	X509_EXTENSION	*san = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name,
			    "IP:127.0.0.1");
	FILE		*f;

	(void)state;
	ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
	X509_set_version(cert, 2);
	X509_gmtime_adj(X509_getm_notBefore(cert), -3600);
	X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
	X509_set_pubkey(cert, key);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const uint8_t *)"test", -1, -1, 0);
	X509_set_issuer_name(cert, name);
	X509_add_ext(cert, san, -1);
	X509_sign(cert, key, EVP_sha256());
	close(g_file_open_tmp("cert-XXXXXX", &cert_file, NULL));
	close(g_file_open_tmp("key-XXXXXX", &key_file, NULL));
	f = fopen(cert_file, "w");
	PEM_write_X509(f, cert);
	fclose(f);
	f = fopen(key_file, "w");
	PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL);
	fclose(f);
	X509_EXTENSION_free(san);
	X509_free(cert);
	EVP_PKEY_free(key);
	return 0;
}

static int
remove_certificate(void **state)
{
	(void)state;
	unlink(cert_file);
	unlink(key_file);
	g_free(cert_file);
	g_free(key_file);
	return 0;
}

static void
http_server__over_tls__serves_and_the_client_verifies(void **state)
{
	static char	body[100000];
	struct http_ask	a = { 0 };
	struct err	e = ERR_INIT;
	g_autofree char	*get = NULL, *big = NULL, *post = NULL;
	int		i;

	(void)state;
	start_server(cert_file, key_file);
	a.url = get = url("https", "/get");
	ask(&a);
	assert_int_equal(last_why.kind, ERR_CONFIG);	/* nobody vouches for it */
	a.ca_file = cert_file;
	for (i = 0; i < 20; i++) {
		ask(&a);
		assert_int_equal(last_code, 200);
		assert_string_equal(last_body, "{}");
	}
	a.url = big = url("https", "/big");
	ask(&a);
	assert_int_equal(last_code, 200);
	memset(body, 'b', sizeof(body));
	a.url = post = url("https", "/post");
	a.body = body;
	a.len = sizeof(body);
	ask(&a);
	assert_int_equal(last_code, 202);
	assert_int_equal(http_server_renew_tls(server, &e), 0);
	ask(&a);
	assert_int_equal(last_code, 202);
}

#define TEST(t)	cmocka_unit_test_setup_teardown(t, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(http_client_ask__get_and_post__bring_code_type_and_body),
		TEST(http_client_ask__many_at_once__are_all_answered),
		TEST(http_client_ask__what_cannot_be_answered__says_why),
		TEST(http_call_cancel__under_way__never_calls_back),
		TEST(http_server__over_tls__serves_and_the_client_verifies),
	};

	return cmocka_run_group_tests(tests, make_certificate, remove_certificate);
}
