/* SPDX-License-Identifier: ISC */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <glib.h>
#include <string.h>

#include "base/digest.h"
#include "proto/signature.h"

/* The example of the Standard Webhooks documentation. */
#define SECRET		"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
#define ID		"msg_p5jXN8AQM9LWM0D4loKWxJek"
#define STAMP		"1614265330"
#define NOW		(INT64_C(1614265330) * 1000)
#define BODY		"{\"test\": 2432232314}"
#define SIGNED		"v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
#define TOLERANCE	(5 * 60 * 1000)

static GPtrArray *
secrets_of(enum signature_scheme scheme, const char *one, const char *two)
{
	GPtrArray	*list = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
	struct err	 e = ERR_INIT;

	g_ptr_array_add(list, signature_secret(scheme, one, &e));
	assert_non_null(list->pdata[0]);
	if (two != NULL)
		g_ptr_array_add(list, signature_secret(scheme, two, &e));
	return list;
}

static void
standard__variations_of_the_official_example__are_told_apart(void **state)
{
	static const struct {
		const char		*id, *stamp, *signature, *body;
		int64_t			 now;
		enum signature_result	 want;
	} cases[] = {
		{ ID, STAMP, SIGNED, BODY, NOW, SIGNATURE_GOOD },
		{ ID, STAMP, "v1,AAAA v1," SIGNED " " SIGNED, BODY, NOW, SIGNATURE_GOOD },
		{ ID, STAMP, "v2,x v1a,y  " SIGNED, BODY, NOW, SIGNATURE_GOOD },
		{ ID, STAMP, SIGNED " v1,Q0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", BODY, NOW,
		  SIGNATURE_GOOD },
		{ ID, STAMP, SIGNED, BODY, NOW + TOLERANCE, SIGNATURE_GOOD },
		{ ID, STAMP, SIGNED, BODY, NOW - TOLERANCE, SIGNATURE_GOOD },
		{ ID, STAMP, SIGNED, BODY, NOW + TOLERANCE + 1000, SIGNATURE_TOO_OLD },
		{ ID, STAMP, SIGNED, BODY, NOW - TOLERANCE - 1, SIGNATURE_TOO_NEW },
		{ ID, STAMP, SIGNED, BODY, 0, SIGNATURE_TOO_NEW },
		{ ID, STAMP, SIGNED, BODY " ", NOW, SIGNATURE_WRONG },
		{ ID, STAMP, SIGNED, "{\"test\":2432232314}", NOW, SIGNATURE_WRONG },
		{ ID, STAMP, SIGNED, "", NOW, SIGNATURE_WRONG },
		{ ID, "1614265331", SIGNED, BODY, NOW, SIGNATURE_WRONG },
		{ "msg_p5jXN8AQM9LWM0D4loKWxJeK", STAMP, SIGNED, BODY, NOW, SIGNATURE_WRONG },
		{ ID, STAMP, "v1,G0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", BODY, NOW,
		  SIGNATURE_WRONG },
		{ NULL, STAMP, SIGNED, BODY, NOW, SIGNATURE_MISSING },
		{ ID, NULL, SIGNED, BODY, NOW, SIGNATURE_MISSING },
		{ ID, STAMP, NULL, BODY, NOW, SIGNATURE_MISSING },
		{ ID, STAMP, "", BODY, NOW, SIGNATURE_MALFORMED },
		{ ID, STAMP, "v1,", BODY, NOW, SIGNATURE_MALFORMED },
		{ ID, STAMP, "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", BODY, NOW,
		  SIGNATURE_MALFORMED },
		{ ID, STAMP, "V1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", BODY, NOW,
		  SIGNATURE_MALFORMED },
		{ ID, STAMP, "v2,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", BODY, NOW,
		  SIGNATURE_MALFORMED },
		/* Other spellings of the same 32 bytes. */
		{ ID, STAMP, "v1,g0hM9SsE-OTPJTGt_tmIKtSyZlE3uFJELVlNIOLJ1OE=", BODY, NOW,
		  SIGNATURE_MALFORMED },
		{ ID, STAMP, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OF=", BODY, NOW,
		  SIGNATURE_MALFORMED },
		{ ID, STAMP, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE", BODY, NOW,
		  SIGNATURE_MALFORMED },
		{ ID, STAMP, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=\t", BODY, NOW,
		  SIGNATURE_MALFORMED },
		{ ID, "", SIGNED, BODY, NOW, SIGNATURE_MALFORMED },
		{ ID, " 1614265330", SIGNED, BODY, NOW, SIGNATURE_MALFORMED },
		{ ID, "1614265330.0", SIGNED, BODY, NOW, SIGNATURE_MALFORMED },
		{ ID, "+1614265330", SIGNED, BODY, NOW, SIGNATURE_MALFORMED },
		{ ID, "-1614265330", SIGNED, BODY, NOW, SIGNATURE_MALFORMED },
		{ ID, "0x6037BD72", SIGNED, BODY, NOW, SIGNATURE_MALFORMED },
		{ ID, "99999999999999999999", SIGNED, BODY, NOW, SIGNATURE_MALFORMED },
		{ ID, "999999999999", SIGNED, BODY, NOW, SIGNATURE_TOO_NEW },
		{ "", STAMP, SIGNED, BODY, NOW, SIGNATURE_MALFORMED },
		{ "a.b", STAMP, SIGNED, BODY, NOW, SIGNATURE_MALFORMED },
	};
	g_autoptr(GPtrArray)	keys = secrets_of(SIGNATURE_SCHEME_STANDARD, SECRET, NULL);
	size_t			i;

	(void)state;
	for (i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct signature_claim	claim = { cases[i].id, cases[i].stamp,
			cases[i].signature, cases[i].body, strlen(cases[i].body) };
		enum signature_result	got = signature_check(SIGNATURE_SCHEME_STANDARD, keys,
			&claim, cases[i].now, TOLERANCE);

		if (got != cases[i].want)
			fail_msg("case %zu: %s, not %s", i, signature_result_name(got),
			    signature_result_name(cases[i].want));
	}
}

static void
standard__every_byte_of_everything__counts(void **state)
{
	g_autoptr(GPtrArray)	keys = secrets_of(SIGNATURE_SCHEME_STANDARD, SECRET, NULL);
	char			parts[4][80] = { ID, STAMP, SIGNED, BODY };
	struct signature_claim	claim = { parts[0], parts[1], parts[2], parts[3], 0 };
	size_t			p, i;

	(void)state;
	claim.len = strlen(parts[3]);
	for (p = 0; p < 4; p++)
		for (i = 0; parts[p][i] != '\0'; i++) {
			parts[p][i] ^= 1;
			assert_int_not_equal(signature_check(SIGNATURE_SCHEME_STANDARD, keys,
			    &claim, NOW, TOLERANCE), SIGNATURE_GOOD);
			parts[p][i] ^= 1;
		}
	assert_int_equal(signature_check(SIGNATURE_SCHEME_STANDARD, keys, &claim, NOW,
	    TOLERANCE), SIGNATURE_GOOD);
}

static void
standard__second_secret_while_rotating__is_accepted_too(void **state)
{
	g_autoptr(GPtrArray)	both = secrets_of(SIGNATURE_SCHEME_STANDARD,
	    "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n");
	g_autoptr(GPtrArray)	other = secrets_of(SIGNATURE_SCHEME_STANDARD,
	    "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", NULL);
	struct signature_claim	claim = { ID, STAMP, SIGNED, BODY, strlen(BODY) };

	(void)state;
	assert_int_equal(signature_check(SIGNATURE_SCHEME_STANDARD, both, &claim, NOW,
	    TOLERANCE), SIGNATURE_GOOD);
	assert_int_equal(signature_check(SIGNATURE_SCHEME_STANDARD, other, &claim, NOW,
	    TOLERANCE), SIGNATURE_WRONG);
}

/* GitHub's documented example. */
#define GH_SECRET	"It's a Secret to Everybody"
#define GH_BODY		"Hello, World!"
#define GH_HEX		"757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"

static void
hex_schemes__prefix_length_and_case__are_handled(void **state)
{
	static const struct {
		const char		*signature;
		enum signature_result	 github, hex;
	} cases[] = {
		{ "sha256=" GH_HEX, SIGNATURE_GOOD, SIGNATURE_GOOD },
		{ GH_HEX, SIGNATURE_MALFORMED, SIGNATURE_GOOD },
		{ "sha256=757107EA0EB2509FC211221CCE984B8A37570B6D7586C22C46F4379C8B043E17",
		  SIGNATURE_GOOD, SIGNATURE_GOOD },
		{ "sha1=" GH_HEX, SIGNATURE_MALFORMED, SIGNATURE_MALFORMED },
		{ "sha256=" GH_HEX "00", SIGNATURE_MALFORMED, SIGNATURE_MALFORMED },
		{ "sha256=", SIGNATURE_MALFORMED, SIGNATURE_MALFORMED },
		{ "", SIGNATURE_MALFORMED, SIGNATURE_MALFORMED },
		{ NULL, SIGNATURE_MISSING, SIGNATURE_MISSING },
		{ "sha256=857107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
		  SIGNATURE_WRONG, SIGNATURE_WRONG },
		{ "sha256=x57107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
		  SIGNATURE_MALFORMED, SIGNATURE_MALFORMED },
	};
	g_autoptr(GPtrArray)	keys = secrets_of(SIGNATURE_SCHEME_GITHUB, GH_SECRET "\n", NULL);
	size_t			i;

	(void)state;
	for (i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct signature_claim	claim = { NULL, NULL, cases[i].signature, GH_BODY,
			strlen(GH_BODY) };

		assert_int_equal(signature_check(SIGNATURE_SCHEME_GITHUB, keys, &claim, 0, 0),
		    cases[i].github);
		assert_int_equal(signature_check(SIGNATURE_SCHEME_HEX, keys, &claim, 0, 0),
		    cases[i].hex);
	}
}

static void
signature_secret__empty_or_no_base64__is_refused(void **state)
{
	struct err	e = ERR_INIT;

	(void)state;
	assert_null(signature_secret(SIGNATURE_SCHEME_STANDARD, "", &e));
	assert_int_equal(e.kind, ERR_CONFIG);
	assert_null(signature_secret(SIGNATURE_SCHEME_STANDARD, "whsec_\n", &e));
	assert_null(signature_secret(SIGNATURE_SCHEME_STANDARD, "whsec_not base64!", &e));
	assert_null(signature_secret(SIGNATURE_SCHEME_STANDARD, "whsec_abc", &e));
	assert_null(signature_secret(SIGNATURE_SCHEME_GITHUB, " \n", &e));
	assert_null(signature_secret(SIGNATURE_SCHEME_HEX, "", &e));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(standard__variations_of_the_official_example__are_told_apart),
		cmocka_unit_test(standard__every_byte_of_everything__counts),
		cmocka_unit_test(standard__second_secret_while_rotating__is_accepted_too),
		cmocka_unit_test(hex_schemes__prefix_length_and_case__are_handled),
		cmocka_unit_test(signature_secret__empty_or_no_base64__is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
