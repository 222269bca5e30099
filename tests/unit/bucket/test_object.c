/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "bucket/object.h"
#include "bucket/stored.h"

#define ERROR(code, message)	"<?xml version=\"1.0\"?><Error><Code>" code "</Code><Message>" \
				message "</Message></Error>"

static struct settings_bucket
bucket(const char *endpoint, const char *style)
{
	return (struct settings_bucket){
		.name = (char *)"files", .endpoint = (char *)endpoint, .style = (char *)style,
		.prefix = (char *)"in/", .region = (char *)"eu-1", .encryption = (char *)"none"
	};
}

static void
object_url__endpoint_and_style__give_address_and_place(void **state)
{
	static const struct {
		const char	*endpoint, *style, *url;
	} cases[] = {
		{ "https://s3.example.net", "path", "https://s3.example.net/files/in/ab" },
		{ "https://s3.example.net/", "path", "https://s3.example.net/files/in/ab" },
		{ "http://127.0.0.1:9000/s3", "path", "http://127.0.0.1:9000/s3/files/in/ab" },
		{ "https://s3.example.net", "host", "https://files.s3.example.net/in/ab" },
		{ "https://s3.example.net:444/", "host", "https://files.s3.example.net:444/in/ab" },
	};
	size_t	i;

	(void)state;
	for (i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct settings_bucket	 s = bucket(cases[i].endpoint, cases[i].style);
		g_autofree char		*url = object_url(&s, "ab"), *place = object_place(&s, "ab");

		assert_string_equal(url, cases[i].url);
		assert_string_equal(place, "s3://files/in/ab");
	}
}

static enum object_state
judge(int code, const char *body, struct err *e)
{
	struct http_answer	a = { .code = code, .body = body, .len = strlen(body), .length = -1 };

	memset(e, 0, sizeof *e);
	return object_judge_put(&a, e);
}

static void
object_judge_put__refusals__say_whom_they_are_about_and_what_to_do(void **state)
{
	struct err	e;

	(void)state;
	assert_int_equal(judge(200, "", &e), OBJECT_THERE);
	assert_int_equal(e.kind, ERR_NONE);
	assert_int_equal(judge(403, ERROR("SignatureDoesNotMatch", "not ours"), &e), OBJECT_FAILED);
	assert_string_equal(e.text, "the server answers 403 SignatureDoesNotMatch, not ours; correct "
	    "the secret key, or bucket.access_key, or bucket.region");
	assert_int_equal(e.kind, ERR_PERM);
	assert_int_equal(judge(400, ERROR("EntityTooLarge", "big"), &e), OBJECT_REFUSED);
	assert_int_equal(judge(413, "<html>nginx</html>", &e), OBJECT_REFUSED);
	assert_int_equal(judge(403, "", &e), OBJECT_FAILED);
	assert_non_null(strstr(e.text, "secret key"));
	assert_int_equal(judge(503, ERROR("SlowDown", "please"), &e), OBJECT_FAILED);
	assert_int_equal(e.kind, ERR_TEMP);
}

/* What a server says goes into a log and onto a page. */
static void
object_judge_put__hostile_answer__is_made_fit_for_a_log(void **state)
{
	g_autofree char	*many = g_strnfill(100000, 'A');
	g_autofree char	*body = g_strdup_printf("<Code>%s", many);
	struct err	 e;

	(void)state;
	assert_int_equal(judge(400, ERROR("X\ny", "a\r\nFAKE line \x1b[2J\xff"), &e), OBJECT_FAILED);
	assert_string_equal(e.text, "the server answers 400 X?y, a??FAKE line ?[2J?");
	judge(400, body, &e);
	assert_true(strlen(e.text) < 200);
	judge(400, "<Code>", &e);
	assert_string_equal(e.text, "the server answers 400");
}

static void
object_judge_head__only_an_object_of_that_size__is_there(void **state)
{
	struct http_answer	a = { .code = 200, .body = "", .length = 5 };
	struct err		e = ERR_INIT;

	(void)state;
	assert_int_equal(object_judge_head(&a, 5, &e), OBJECT_THERE);
	assert_int_equal(object_judge_head(&a, 6, &e), OBJECT_UNKNOWN);
	a.code = 404;
	assert_int_equal(object_judge_head(&a, 5, &e), OBJECT_UNKNOWN);
	a.code = 403;
	assert_int_equal(object_judge_head(&a, 5, &e), OBJECT_UNKNOWN);
	assert_int_equal(e.kind, ERR_NONE);
	a.code = 500;
	assert_int_equal(object_judge_head(&a, 5, &e), OBJECT_FAILED);
	assert_int_equal(e.kind, ERR_TEMP);
}

static void
stored_add__very_many__keeps_the_latest(void **state)
{
	struct stored	*st = stored_new();
	char		 name[65];
	unsigned	 i;

	(void)state;
	for (i = 0; i < 70000; i++) {
		g_snprintf(name, sizeof name, "%064u", i);
		stored_add(st, name);
		stored_add(st, name);
	}
	assert_true(stored_has(st, name));
	g_snprintf(name, sizeof name, "%064u", 70000 - 65536);
	assert_true(stored_has(st, name) && stored_was(st, name));
	g_snprintf(name, sizeof name, "%064u", 70000 - 65537);
	assert_false(stored_has(st, name) || stored_was(st, name));
	stored_clear(st);
	assert_false(stored_has(st, name));
	stored_free(st);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(object_url__endpoint_and_style__give_address_and_place),
		cmocka_unit_test(object_judge_put__refusals__say_whom_they_are_about_and_what_to_do),
		cmocka_unit_test(object_judge_put__hostile_answer__is_made_fit_for_a_log),
		cmocka_unit_test(object_judge_head__only_an_object_of_that_size__is_there),
		cmocka_unit_test(stored_add__very_many__keeps_the_latest),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
