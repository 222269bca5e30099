/* SPDX-License-Identifier: ISC */
/*
 * A token is base64 of a seal and the JSON that is sealed.  The seal's key is
 * derived, so that it can be mistaken for no other use of the secret.
 */
#include "channel/chat/token.h"

#include <glib.h>
#include <string.h>

#include "base/digest.h"
#include "base/json_out.h"
#include "model/json_in.h"

#define SKEW_MS		300000	/* another daemon's clock may be ahead */
#define RENEW_PART	8	/* a new token when this part of idle_ms is over */

void
chat_visitor_begin(struct chat_visitor *v, int64_t now_ms)
{
	uint8_t	id[(CHAT_SESSION_SIZE - 1) / 2];

	memset(v, 0, sizeof(*v));
	digest_random(id, sizeof(id));
	digest_hex(id, sizeof(id), v->session);
	v->created_ms = now_ms;
}

void
chat_visitor_clear(struct chat_visitor *v)
{
	g_clear_pointer(&v->name, g_free);
	g_clear_pointer(&v->email, g_free);
	g_clear_pointer(&v->customer, g_free);
}

static void
seal(const struct chat_token_key *k, const char *json, size_t len, uint8_t out[DIGEST_SIZE])
{
	g_autofree char	*use = g_strconcat("chat token of ", k->site, NULL);
	uint8_t		 key[DIGEST_SIZE];

	digest_hmac(k->secret, DIGEST_SIZE, use, strlen(use), key);
	digest_hmac(key, sizeof(key), json, len, out);
}

char *
chat_token_make(const struct chat_token_key *k, struct chat_visitor *v, int64_t now_ms)
{
	g_autoptr(GString)	blob = g_string_sized_new(256);
	g_autoptr(GString)	json = g_string_sized_new(256);
	struct json_out		j = JSON_OUT(json);
	uint8_t			mac[DIGEST_SIZE];

	v->issued_ms = now_ms;
	json_open(&j, NULL, '{');
	json_str(&j, "s", v->session);
	json_int(&j, "c", v->created_ms);
	json_int(&j, "i", v->issued_ms);
	json_str(&j, "n", v->name);
	json_str(&j, "e", v->email);
	json_str(&j, "u", v->customer);
	json_bool(&j, "v", v->verified);
	json_close(&j, '}');
	seal(k, json->str, json->len, mac);
	g_string_append_len(blob, (const char *)mac, sizeof(mac));
	g_string_append_len(blob, json->str, (gssize)json->len);
	return g_base64_encode((const guchar *)blob->str, blob->len);
}

static int
read_sealed(const char *json, size_t len, struct chat_visitor *v)
{
	struct err	 e = ERR_INIT;
	json_t		*root = json_in_parse(json, len, &e);
	struct json_in	 in;
	g_autofree char	*session = NULL;
	int		 rc;

	json_in_start(&in, root);
	session = json_in_str(&in, "s", false);
	v->created_ms = json_in_int(&in, "c", 0, INT64_MAX);
	v->issued_ms = json_in_int(&in, "i", 0, INT64_MAX);
	v->name = json_in_str(&in, "n", true);
	v->email = json_in_str(&in, "e", true);
	v->customer = json_in_str(&in, "u", true);
	v->verified = json_in_bool(&in, "v");
	rc = json_in_end(&in, "token", &e);
	if (root != NULL)
		json_decref(root);
	if (rc == -1 || strlen(session) != CHAT_SESSION_SIZE - 1)
		return -1;
	g_strlcpy(v->session, session, sizeof(v->session));
	return 0;
}

int64_t
chat_token_end(const struct chat_token_key *k, const struct chat_visitor *v)
{
	return MIN(v->issued_ms + k->idle_ms, v->created_ms + k->max_ms);
}

int
chat_token_read(const struct chat_token_key *k, const char *token, int64_t now_ms,
    struct chat_visitor *v)
{
	g_autofree guchar	*blob = NULL;
	g_autofree char		*again = NULL;
	const char		*json;
	gsize			 len;
	uint8_t			 mac[DIGEST_SIZE];

	memset(v, 0, sizeof(*v));
	if (strlen(token) > CHAT_TOKEN_MAX)
		return -1;
	/* The decoder skips what it does not know; a token has one spelling. */
	blob = g_base64_decode(token, &len);
	again = g_base64_encode(blob, len);
	if (len <= DIGEST_SIZE || strcmp(again, token) != 0)
		return -1;
	json = (const char *)blob + DIGEST_SIZE;
	len -= DIGEST_SIZE;
	seal(k, json, len, mac);
	if (!digest_equal(blob, mac, DIGEST_SIZE) || read_sealed(json, len, v) == -1 ||
	    v->issued_ms > now_ms + SKEW_MS || chat_token_end(k, v) <= now_ms) {
		chat_visitor_clear(v);
		return -1;
	}
	return 0;
}

bool
chat_token_is_old(const struct chat_token_key *k, const struct chat_visitor *v, int64_t now_ms)
{
	return now_ms - v->issued_ms >= k->idle_ms / RENEW_PART;
}
