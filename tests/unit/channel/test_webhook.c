/* SPDX-License-Identifier: ISC */
/*
 * The webhook channel behind a real server on loopback, in front of a sink
 * that the tests tell what to say.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <glib.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/digest.h"
#include "channel/channel.h"
#include "io/http_server.h"

#define SECRET	"s3cret"

static struct loop *loop;
static struct http_server *server;
static struct settings settings;
static struct settings_webhook hook;
static GPtrArray *channels;
static char *secret_file;

/* What the sink does, and what it saw. */
static struct {
	bool			 is_full;
	bool			 refuses;
	bool			 knows_all;
	int64_t			 delay_ms;
	GPtrArray		*taken;		/* struct arrival * */
	channel_settled_fn	*settled;
	void			*settle_arg;
	struct loop_timer	*timer;
} sink;

static int
admit(void *arg, size_t bytes, struct err *why)
{
	(void)arg;
	assert_true(bytes > 0);
	return sink.is_full ? err_set(why, ERR_TEMP, "full") : 0;
}

static void
settle(void *arg)
{
	(void)arg;
	sink.settled(sink.settle_arg, sink.refuses ? SETTLED_REFUSED : SETTLED_DURABLE, 7);
}

static void
accept_arrival(void *arg, struct arrival *take, channel_settled_fn *settled, void *settle_arg)
{
	(void)arg;
	g_ptr_array_add(sink.taken, take);
	sink.settled = settled;
	sink.settle_arg = settle_arg;
	loop_timer_start(sink.timer, sink.delay_ms);
}

static bool
known(void *arg, const struct arrival *a)
{
	(void)arg;
	(void)a;
	return sink.knows_all;
}

static const struct channel_sink the_sink = {
	.admit = admit, .accept = accept_arrival, .known = known
};
static struct channel_env env;

static void
start_all(void)
{
	struct err	e = ERR_INIT;

	channels = channels_start(&env, &e);
	if (channels == NULL)
		fail_msg("%s", e.text);
}

static int
set_up(void **state)
{
	struct http_options	 o = { .max_body = 1000, .max_connections = 10,
				       .head_timeout_ms = 2000, .body_timeout_ms = 2000,
				       .idle_timeout_ms = 2000 };
	struct err		 e = ERR_INIT;
	int			 fd;

	(void)state;
	loop = loop_new();
	server = http_server_new(loop, &o, &e);
	assert_int_equal(http_server_listen(server, "127.0.0.1:0", &e), 0);
	fd = g_file_open_tmp("secret-XXXXXX", &secret_file, NULL);
	assert_int_equal(write(fd, SECRET "\n", 7), 7);
	close(fd);
	memset(&hook, 0, sizeof(hook));
	hook.name = (char *)"shop";
	hook.signature = SIGNATURE_HEX;
	hook.signature_header = (char *)"X-Signature";
	hook.secret_files = g_ptr_array_new();
	g_ptr_array_add(hook.secret_files, secret_file);
	hook.tolerance_ms = 300000;
	hook.allow = g_ptr_array_new();
	hook.maps = g_ptr_array_new();
	memset(&settings, 0, sizeof(settings));
	settings.webhook = g_ptr_array_new();
	g_ptr_array_add(settings.webhook, &hook);
	settings.http.max_body = 1000;
	memset(&sink, 0, sizeof(sink));
	sink.taken = g_ptr_array_new_with_free_func((GDestroyNotify)arrival_free);
	sink.timer = loop_timer_new(loop, settle, NULL);
	env = (struct channel_env){ .loop = loop, .settings = &settings, .sink = &the_sink,
				    .http = server };
	start_all();
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	channels_stop(channels);
	channels_free(channels);
	http_server_free(server);
	loop_timer_free(sink.timer);
	loop_free(loop);
	g_ptr_array_unref(sink.taken);
	g_ptr_array_unref(hook.secret_files);
	g_ptr_array_unref(hook.allow);
	g_ptr_array_unref(hook.maps);
	g_ptr_array_unref(settings.webhook);
	unlink(secret_file);
	g_free(secret_file);
	return 0;
}

/* Stop and start with changed settings. */
static void
restart(void)
{
	channels_stop(channels);
	channels_free(channels);
	start_all();
}

struct client {
	char	*send;
	GString	*got;
	int64_t	 took_ms;
};

static void
stop_loop(void *arg)
{
	(void)arg;
	loop_stop(loop);
}

static gpointer
run_client(gpointer arg)
{
	struct client		*c = arg;
	struct sockaddr_in	 in = { .sin_family = AF_INET };
	struct timeval		 tv = { 4, 0 };
	int			 fd = socket(AF_INET, SOCK_STREAM, 0);
	int64_t			 began = clock_mono_ms();
	char			 buf[2048];
	ssize_t			 n;

	in.sin_port = htons((uint16_t)http_server_port(server));
	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (connect(fd, (struct sockaddr *)&in, sizeof(in)) == -1)
		abort();
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	(void)!send(fd, c->send, strlen(c->send), MSG_NOSIGNAL);
	shutdown(fd, SHUT_WR);
	while ((n = recv(fd, buf, sizeof(buf), 0)) > 0)
		g_string_append_len(c->got, buf, n);
	close(fd);
	c->took_ms = clock_mono_ms() - began;
	loop_post(loop, stop_loop, NULL);
	return NULL;
}

static char *
exchange(char *take)
{
	struct client	 c = { take, g_string_new(NULL), 0 };
	GThread		*thread = g_thread_new("client", run_client, &c);

	loop_run(loop);
	g_thread_join(thread);
	g_free(take);
	return g_string_free(c.got, FALSE);
}

/* POST with these headers as they are. */
static char *
post_raw(const char *path, const char *headers, const char *body)
{
	return exchange(g_strdup_printf("POST %s HTTP/1.1\r\nHost: h\r\n%sContent-Length: %zu\r\n"
	    "\r\n%s", path, headers, strlen(body), body));
}

/* ... with a type and a right signature. */
static char *
post(const char *headers, const char *body)
{
	uint8_t		 mac[DIGEST_SIZE];
	char		 hex[DIGEST_HEX_SIZE];
	g_autofree char	*all = NULL;

	digest_hmac(SECRET, strlen(SECRET), body, strlen(body), mac);
	digest_hex(mac, sizeof(mac), hex);
	all = g_strdup_printf("Content-Type: application/json\r\nX-Signature: %s\r\n%s", hex,
	    headers);
	return post_raw("/hooks/shop", all, body);
}

#define assert_has(text, part)							\
	do {									\
		if (strstr((text), (part)) == NULL)				\
			fail_msg("no \"%s\" in:\n%s", (part), (text));		\
	} while (0)

static const struct arrival *
only_arrival(void)
{
	assert_int_equal(sink.taken->len, 1);
	return sink.taken->pdata[0];
}

static void
webhook__signed_json__is_202_after_it_is_durable(void **state)
{
	const struct arrival	*a;
	g_autofree char		*got = NULL;
	int64_t			 began = clock_mono_ms();

	(void)state;
	sink.delay_ms = 100;
	got = post("Idempotency-Key: evt_1\r\nX-GitHub-Event: issues\r\n", "{\"a\": 1}");
	assert_true(clock_mono_ms() - began >= 95);
	assert_has(got, "HTTP/1.1 202 Accepted\r\n");
	assert_has(got, "\r\n\r\n{\"status\":\"accepted\",\"id\":\"evt_1\"}");
	a = only_arrival();
	assert_int_equal(a->format, ARRIVAL_JSON);
	assert_string_equal(a->kind, "webhook");
	assert_string_equal(a->channel, "shop");
	assert_string_equal(a->key, "evt_1");
	assert_string_equal(arrival_fact(a, ARRIVAL_FACT_PEER), "127.0.0.1");
	assert_string_equal(arrival_fact(a, ARRIVAL_FACT_VERIFIED), "hmac");
	assert_string_equal(arrival_fact(a, ARRIVAL_FACT_EVENT), "issues");
	assert_int_equal(g_bytes_get_size(a->bytes), 8);
	assert_memory_equal(g_bytes_get_data(a->bytes, NULL), "{\"a\": 1}", 8);
}

static void
webhook__known_already__is_200_and_not_taken_again(void **state)
{
	g_autofree char	*got = NULL;

	(void)state;
	sink.knows_all = true;
	sink.is_full = true;
	got = post("Idempotency-Key: evt_1\r\n", "{}");
	assert_has(got, "HTTP/1.1 200 OK\r\n");
	assert_has(got, "{\"status\":\"duplicate\",\"id\":\"evt_1\"}");
	assert_int_equal(sink.taken->len, 0);
}

static void
webhook__our_own_trouble__is_503_with_retry_after(void **state)
{
	g_autofree char	*full = NULL, *refused = NULL, *paused = NULL, *resumed = NULL;

	(void)state;
	sink.is_full = true;
	full = post("", "{}");
	assert_has(full, "HTTP/1.1 503 ");
	assert_has(full, "Retry-After: ");
	sink.is_full = false;
	sink.refuses = true;
	refused = post("", "{}");
	assert_has(refused, "HTTP/1.1 503 ");
	assert_has(refused, "Retry-After: ");
	sink.refuses = false;
	channels_pause(channels);
	paused = post("", "{}");
	assert_has(paused, "HTTP/1.1 503 ");
	channels_resume(channels);
	resumed = post("", "{}");
	assert_has(resumed, "HTTP/1.1 202 ");
}

static void
webhook__each_fault_of_the_sender__has_its_code(void **state)
{
	static const struct {
		const char	*path, *headers, *body, *want;
	} cases[] = {
		{ "/hooks/other", "", "{}", "404" },
		{ "/hooks/", "", "{}", "404" },
		{ "/hooks/shop/", "", "{}", "404" },
		{ "/hooks/Shop", "", "{}", "404" },
		{ "/hooks/shop", "", "{}", "415" },
		{ "/hooks/shop", "Content-Type: text/plain\r\n", "{}", "415" },
		{ "/hooks/shop", "Content-Type: application/jsonp\r\n", "{}", "415" },
		{ "/hooks/shop", "Content-Type: application/x-www-form-urlencoded\r\n", "a=b",
		  "415" },
		{ "/hooks/shop", "Content-Type: application/json\r\nContent-Encoding: gzip\r\n",
		  "{}", "415" },
		{ "/hooks/shop", "Content-Type: application/json\r\n", "{}", "401" },
		{ "/hooks/shop", "Content-Type: application/cloudevents+json; a=b\r\n"
		  "X-Signature: nonsense\r\n", "{}", "401" },
		{ "/hooks/shop", "Content-Type: Application/JSON;charset=utf-8\r\nX-Signature: "
		  "0000000000000000000000000000000000000000000000000000000000000000\r\n",
		  "{}", "401" },
	};
	size_t	i;

	(void)state;
	for (i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char	*got = post_raw(cases[i].path, cases[i].headers, cases[i].body);
		g_autofree char	*want = g_strdup_printf("HTTP/1.1 %s ", cases[i].want);

		if (!g_str_has_prefix(got, want))
			fail_msg("case %zu: not %s but\n%s", i, want, got);
		assert_has(got, "{\"error\":\"");
	}
	assert_int_equal(sink.taken->len, 0);
}

static void
webhook__malformed_json_with_good_signature__is_400_and_says_where(void **state)
{
	g_autofree char	*got = post("", "{\"a\":1,}"), *empty = post("", "");

	(void)state;
	assert_has(got, "HTTP/1.1 400 ");
	assert_has(got, "{\"error\":\"malformed_json\",\"detail\":\"a name is missing, at byte 7\"}");
	assert_has(empty, "HTTP/1.1 400 ");
	assert_int_equal(sink.taken->len, 0);
}

static void
webhook__other_methods__are_405_with_allow(void **state)
{
	g_autofree char	*got = exchange(g_strdup("GET /hooks/shop HTTP/1.1\r\nHost: h\r\n\r\n"));

	(void)state;
	assert_has(got, "HTTP/1.1 405 ");
	assert_has(got, "Allow: POST\r\n");
}

static void
webhook__too_large__is_413_announced_or_chunked(void **state)
{
	g_autofree char	*big = g_strnfill(1001, ' '), *got = post("", big), *chunked = NULL;

	(void)state;
	assert_has(got, "HTTP/1.1 413 ");
	chunked = exchange(g_strdup_printf("POST /hooks/shop HTTP/1.1\r\nHost: h\r\n"
	    "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
	    "3e9\r\n%s\r\n0\r\n\r\n", big));
	assert_has(chunked, "HTTP/1.1 413 ");
	assert_int_equal(sink.taken->len, 0);
}

static void
webhook__too_many_in_a_second__is_429_with_retry_after(void **state)
{
	g_autofree char	*first = NULL, *second = NULL, *third = NULL;

	(void)state;
	hook.rate = 1;
	restart();
	first = post("", "{}");
	second = post("", "{}");
	g_usleep(1100 * 1000);
	third = post("", "{}");
	assert_has(first, "HTTP/1.1 202 ");
	assert_has(second, "HTTP/1.1 429 ");
	assert_has(second, "Retry-After: 1\r\n");
	assert_has(third, "HTTP/1.1 202 ");
}

static void
webhook__address_not_in_the_list__is_403(void **state)
{
	g_autofree char	*no = NULL, *yes = NULL;

	(void)state;
	g_ptr_array_add(hook.allow, (void *)"192.0.2.0/24");
	restart();
	no = post("", "{}");
	assert_has(no, "HTTP/1.1 403 ");
	g_ptr_array_add(hook.allow, (void *)"127.0.0.0/8");
	restart();
	yes = post("", "{}");
	assert_has(yes, "HTTP/1.1 202 ");
}

static void
webhook__key__comes_from_the_first_place_that_has_one(void **state)
{
	static const struct {
		const char	*id_header, *id_pointer, *headers, *body, *want;
	} cases[] = {
		{ "X-Id", "/id", "X-Id: h1\r\nIdempotency-Key: k\r\n", "{\"id\":\"p\"}", "h1" },
		{ "X-Id", "/id", "Idempotency-Key: k\r\n", "{\"id\":\"p\"}", "p" },
		{ "X-Id", "/id", "X-Id:\r\n", "{\"id\":17}", "17" },
		{ "X-Id", "/id", "Idempotency-Key: k\r\n", "{\"id\":null}", "k" },
		{ NULL, "/id", "X-GitHub-Delivery: g\r\nIdempotency-Key: k\r\n", "{}", "g" },
		{ NULL, NULL, "", "{\"id\":1}", "body-sha256:" },
		{ NULL, "/id", "", "{\"id\":\"a\\nb\"}", "id-sha256:" },
		{ "X-Id", NULL, "X-Id: \xff\xfe\r\n", "{}", "id-sha256:" },
	};
	size_t	i;

	(void)state;
	for (i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char		*got = NULL;
		const struct arrival	*a;

		hook.id_header = (char *)cases[i].id_header;
		hook.id_pointer = (char *)cases[i].id_pointer;
		restart();
		got = post(cases[i].headers, cases[i].body);
		assert_has(got, "HTTP/1.1 202 ");
		a = sink.taken->pdata[sink.taken->len - 1];
		if (g_str_has_suffix(cases[i].want, "sha256:")) {
			assert_true(g_str_has_prefix(a->key, cases[i].want));
			assert_int_equal(strlen(a->key), strlen(cases[i].want) + 64);
		} else
			assert_string_equal(a->key, cases[i].want);
		assert_true(g_utf8_validate(a->key, -1, NULL));
	}
}

static void
webhook__standard_scheme__takes_both_spellings_of_the_headers(void **state)
{
	static const char *const prefixes[] = { "webhook", "svix" };
	static const char	body[] = "{\"test\": 2432232314}";
	size_t			i;

	(void)state;
	assert_true(g_file_set_contents(secret_file, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n",
	    -1, NULL));
	hook.signature = SIGNATURE_STANDARD;
	restart();
	for (i = 0; i < 2; i++) {
		const char	*p = prefixes[i];
		g_autofree char	*headers = g_strdup_printf("Content-Type: application/json\r\n"
		    "%s-id: msg_p5jXN8AQM9LWM0D4loKWxJek\r\n%s-timestamp: 1614265330\r\n"
		    "%s-signature: v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=\r\n", p, p, p);
		g_autofree char	*late = NULL, *good = NULL;

		clock_hold(INT64_C(1614265330) * 1000 + 600 * 1000);
		late = post_raw("/hooks/shop", headers, body);
		assert_has(late, "HTTP/1.1 401 ");
		assert_has(late, "{\"error\":\"timestamp_too_old\"");
		clock_hold(INT64_C(1614265330) * 1000);
		good = post_raw("/hooks/shop", headers, body);
		clock_hold(-1);
		assert_has(good, "HTTP/1.1 202 ");
		assert_has(good, "\"id\":\"msg_p5jXN8AQM9LWM0D4loKWxJek\"");
	}
}

static void
channels_start__bad_secret__fails_and_names_the_channel(void **state)
{
	struct err	e = ERR_INIT;

	(void)state;
	channels_stop(channels);
	channels_free(channels);
	assert_true(g_file_set_contents(secret_file, "\n", -1, NULL));
	channels = channels_start(&env, &e);
	assert_null(channels);
	assert_int_equal(e.kind, ERR_CONFIG);
	assert_has(e.text, "webhook shop: ");
	assert_true(g_file_set_contents(secret_file, SECRET, -1, NULL));
	start_all();
	assert_non_null(channels_find(channels, "webhook", "shop"));
	assert_null(channels_find(channels, "webhook", "other"));
	assert_null(channels_find(channels, "imap", "shop"));
}

#define TEST(t)	cmocka_unit_test_setup_teardown(t, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(webhook__signed_json__is_202_after_it_is_durable),
		TEST(webhook__known_already__is_200_and_not_taken_again),
		TEST(webhook__our_own_trouble__is_503_with_retry_after),
		TEST(webhook__each_fault_of_the_sender__has_its_code),
		TEST(webhook__malformed_json_with_good_signature__is_400_and_says_where),
		TEST(webhook__other_methods__are_405_with_allow),
		TEST(webhook__too_large__is_413_announced_or_chunked),
		TEST(webhook__too_many_in_a_second__is_429_with_retry_after),
		TEST(webhook__address_not_in_the_list__is_403),
		TEST(webhook__key__comes_from_the_first_place_that_has_one),
		TEST(webhook__standard_scheme__takes_both_spellings_of_the_headers),
		TEST(channels_start__bad_secret__fails_and_names_the_channel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
