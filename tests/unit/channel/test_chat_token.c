/* SPDX-License-Identifier: ISC */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <glib.h>
#include <jansson.h>
#include <string.h>

#include "base/digest.h"
#include "channel/chat/identity.h"
#include "channel/chat/token.h"

#define NOW	INT64_C(1763771234567)
#define IDLE	INT64_C(3600000)
#define LONGEST	(24 * IDLE)

static const uint8_t secret[DIGEST_SIZE] = "thirty-two bytes of installation";
static const uint8_t other_secret[DIGEST_SIZE] = "thirty-two bytes of another one.";
static const struct chat_token_key key = { secret, "site", IDLE, LONGEST };

/* 0 if the token is good at that time, for that chat. */
static int
try_token(const struct chat_token_key *k, const char *token, int64_t now)
{
	struct chat_visitor	v;
	int			rc = chat_token_read(k, token, now, &v);

	if (rc == 0)
		chat_visitor_clear(&v);
	return rc;
}

static char *
new_token(void)
{
	struct chat_visitor	v;

	chat_visitor_begin(&v, NOW);
	return chat_token_make(&key, &v, NOW);
}

static void
token_read__what_was_made__gives_the_visitor_back(void **state)
{
	struct chat_visitor	 made, got;
	g_autofree char		*token = NULL;

	(void)state;
	chat_visitor_begin(&made, NOW);
	made.name = g_strdup("Zoë \"Z\" Ångström");
	made.email = g_strdup("zoe@customer.example");
	made.customer = g_strdup("4711");
	made.verified = true;
	token = chat_token_make(&key, &made, NOW + 5);
	assert_int_equal(chat_token_read(&key, token, NOW + 10, &got), 0);
	assert_string_equal(got.session, made.session);
	assert_int_equal(got.created_ms, NOW);
	assert_int_equal(got.issued_ms, NOW + 5);
	assert_string_equal(got.name, made.name);
	assert_string_equal(got.email, made.email);
	assert_string_equal(got.customer, made.customer);
	assert_true(got.verified);
	chat_visitor_clear(&made);
	chat_visitor_clear(&got);
}

static void
visitor_begin__a_thousand_times__gives_a_thousand_sessions(void **state)
{
	g_autoptr(GHashTable)	seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	struct chat_visitor	v;
	unsigned		i;

	(void)state;
	for (i = 0; i < 1000; i++) {
		chat_visitor_begin(&v, NOW);
		assert_int_equal(strlen(v.session), 32);
		g_hash_table_add(seen, g_strdup(v.session));
	}
	assert_int_equal(g_hash_table_size(seen), 1000);
}

static void
token_read__any_bit_changed__is_refused(void **state)
{
	g_autofree char		*token = new_token();
	g_autofree guchar	*blob = NULL;
	gsize			 len, i;

	(void)state;
	assert_int_equal(try_token(&key, token, NOW), 0);
	blob = g_base64_decode(token, &len);
	for (i = 0; i < len * 8; i++) {
		g_autofree char	*changed = NULL;

		blob[i / 8] ^= (guchar)(1 << i % 8);
		changed = g_base64_encode(blob, len);
		assert_int_equal(try_token(&key, changed, NOW), -1);
		blob[i / 8] ^= (guchar)(1 << i % 8);
	}
	for (i = 0; i < len; i++) {
		g_autofree char	*cut = g_base64_encode(blob, i);

		assert_int_equal(try_token(&key, cut, NOW), -1);
	}
}

static void
token_read__another_chat_or_installation__is_refused(void **state)
{
	const struct chat_token_key	other_site = { secret, "site2", IDLE, LONGEST };
	const struct chat_token_key	other_host = { other_secret, "site", IDLE, LONGEST };
	g_autofree char			*token = new_token();

	(void)state;
	assert_int_equal(try_token(&key, token, NOW), 0);
	assert_int_equal(try_token(&other_site, token, NOW), -1);
	assert_int_equal(try_token(&other_host, token, NOW), -1);
}

static void
token_read__nonsense__is_refused(void **state)
{
	static const char *const	nonsense[] = { "", "=", "AAAA", "!!!!", "null", " ", "\xff\xfe" };
	g_autofree char			*huge = g_strnfill(CHAT_TOKEN_MAX + 1, 'A');
	size_t				 i;

	(void)state;
	for (i = 0; i < G_N_ELEMENTS(nonsense); i++)
		assert_int_equal(try_token(&key, nonsense[i], NOW), -1);
	assert_int_equal(try_token(&key, huge, NOW), -1);
	for (i = 0; i < G_N_ELEMENTS(nonsense); i++) {
		g_autofree char	*token = new_token();
		g_autofree char	*longer = g_strconcat(token, nonsense[i], "x", NULL);

		assert_int_equal(try_token(&key, longer, NOW), -1);
	}
}

static void
token_read__silent_session__ends_after_idle(void **state)
{
	g_autofree char	*token = new_token();

	(void)state;
	assert_int_equal(try_token(&key, token, NOW + IDLE - 1), 0);
	assert_int_equal(try_token(&key, token, NOW + IDLE), -1);
}

static void
token_read__session_in_use__ends_after_max(void **state)
{
	struct chat_visitor	v;
	int64_t			now;
	char			*token;

	(void)state;
	chat_visitor_begin(&v, NOW);
	token = chat_token_make(&key, &v, NOW);
	for (now = NOW + IDLE / 2; now < NOW + LONGEST; now += IDLE / 2) {
		assert_int_equal(chat_token_read(&key, token, now, &v), 0);
		assert_true(chat_token_is_old(&key, &v, now));
		g_free(token);
		token = chat_token_make(&key, &v, now);
		assert_false(chat_token_is_old(&key, &v, now));
		chat_visitor_clear(&v);
	}
	assert_int_equal(try_token(&key, token, NOW + LONGEST - 1), 0);
	assert_int_equal(try_token(&key, token, NOW + LONGEST), -1);
	g_free(token);
}

static void
token_read__from_the_future__is_refused(void **state)
{
	g_autofree char	*token = new_token();

	(void)state;
	assert_int_equal(try_token(&key, token, NOW - 60000), 0);
	assert_int_equal(try_token(&key, token, NOW - 3600000), -1);
}

/* --- identities --- */

#define EXP	(NOW / 1000 + 600)

static json_t *
sign(const char *with, const char *id, const char *name, const char *email, int64_t exp)
{
	g_autofree char	*text = g_strdup_printf("%s\n%s\n%s\n%" G_GINT64_FORMAT "\nn1", id, name, email, exp);
	uint8_t		 mac[DIGEST_SIZE];
	char		 hex[DIGEST_HEX_SIZE];

	digest_hmac(with, strlen(with), text, strlen(text), mac);
	digest_hex(mac, sizeof(mac), hex);
	return json_pack("{s:s, s:s, s:s, s:I, s:s, s:s}", "id", id, "name", name, "email", email,
	    "exp", (json_int_t)exp, "nonce", "n1", "hmac", hex);
}

/* Takes the identity. */
static enum chat_identity_result
identify(json_t *identity)
{
	g_autoptr(GBytes)		 bytes = g_bytes_new_static("topsecret", 9);
	struct chat_visitor		 v = { .session = "" };
	enum chat_identity_result	 result = chat_identity_read(bytes, identity, NOW, &v);

	assert_int_equal(v.verified, result == IDENTITY_GOOD);
	if (result != IDENTITY_GOOD)
		assert_null(v.email);
	chat_visitor_clear(&v);
	json_decref(identity);
	return result;
}

/* printf 'u1\nCarla\ncarla@customer.example\n1763771834\nn1' | openssl dgst -sha256 -hmac topsecret */
static void
identity_read__signed_as_the_manual_says__is_good(void **state)
{
	json_t	*identity = json_pack("{s:s, s:s, s:s, s:I, s:s, s:s}", "id", "u1", "name", "Carla",
		    "email", "carla@customer.example", "exp", (json_int_t)1763771834, "nonce", "n1",
		    "hmac", "6733163ee23e5586224a5a9358f596af62cf76f593b8787d9341d0be6f5fc5c6");

	(void)state;
	assert_int_equal(identify(identity), IDENTITY_GOOD);
	assert_int_equal(identify(sign("topsecret", "u1", "", "", EXP)), IDENTITY_GOOD);
	assert_int_equal(identify(sign("topsecret", "", "", "c@customer.example", EXP)), IDENTITY_GOOD);
}

static void
identity_read__changed_or_forged__is_refused(void **state)
{
	static const char *const	parts[] = { "id", "name", "email", "nonce", "hmac" };
	size_t				 i;
	json_t				*identity;

	(void)state;
	assert_int_equal(identify(sign("guess", "u1", "C", "", EXP)), IDENTITY_FORGED);
	for (i = 0; i < G_N_ELEMENTS(parts); i++) {
		identity = sign("topsecret", "u1", "C", "c@customer.example", EXP);
		json_object_set_new(identity, parts[i], json_string("d@customer.example"));
		assert_int_equal(identify(identity), IDENTITY_FORGED);
	}
	identity = sign("topsecret", "u1", "C", "", EXP);
	json_object_set_new(identity, "exp", json_integer(EXP + 1));
	assert_int_equal(identify(identity), IDENTITY_FORGED);
	/* What was signed as one line cannot be read as two. */
	identity = sign("topsecret", "u1\nC", "", "", EXP);
	assert_int_equal(identify(identity), IDENTITY_MALFORMED);
}

static void
identity_read__its_time_is_over_or_too_far__is_refused(void **state)
{
	(void)state;
	assert_int_equal(identify(sign("topsecret", "u1", "", "", NOW / 1000)), IDENTITY_OVER);
	assert_int_equal(identify(sign("topsecret", "u1", "", "", 0)), IDENTITY_OVER);
	assert_int_equal(identify(sign("topsecret", "u1", "", "", -5)), IDENTITY_OVER);
	assert_int_equal(identify(sign("topsecret", "u1", "", "", INT64_MAX)), IDENTITY_OVER);
	assert_int_equal(identify(sign("topsecret", "u1", "", "", NOW / 1000 + 40 * 86400)),
	    IDENTITY_OVER);
}

static void
identity_read__nobody_in_it__is_refused(void **state)
{
	json_t	*identity;

	(void)state;
	assert_int_equal(identify(json_object()), IDENTITY_MALFORMED);
	assert_int_equal(identify(sign("topsecret", "", "Only a name", "", EXP)), IDENTITY_MALFORMED);
	assert_int_equal(identify(sign("topsecret", "u1", "", "no address", EXP)), IDENTITY_MALFORMED);
	identity = sign("topsecret", "u1", "", "", EXP);
	json_object_set_new(identity, "exp", json_string("1763771834"));
	assert_int_equal(identify(identity), IDENTITY_MALFORMED);
	identity = sign("topsecret", "u1", "", "", EXP);
	json_object_set_new(identity, "id", json_integer(1));
	assert_int_equal(identify(identity), IDENTITY_MALFORMED);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(token_read__what_was_made__gives_the_visitor_back),
		cmocka_unit_test(visitor_begin__a_thousand_times__gives_a_thousand_sessions),
		cmocka_unit_test(token_read__any_bit_changed__is_refused),
		cmocka_unit_test(token_read__another_chat_or_installation__is_refused),
		cmocka_unit_test(token_read__nonsense__is_refused),
		cmocka_unit_test(token_read__silent_session__ends_after_idle),
		cmocka_unit_test(token_read__session_in_use__ends_after_max),
		cmocka_unit_test(token_read__from_the_future__is_refused),
		cmocka_unit_test(identity_read__signed_as_the_manual_says__is_good),
		cmocka_unit_test(identity_read__changed_or_forged__is_refused),
		cmocka_unit_test(identity_read__its_time_is_over_or_too_far__is_refused),
		cmocka_unit_test(identity_read__nobody_in_it__is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
