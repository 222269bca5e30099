/* SPDX-License-Identifier: ISC */
#include "channel/chat/identity.h"

#include <stdbool.h>
#include <string.h>

#include "base/digest.h"
#include "base/text.h"

#define VALUE_MAX	250	/* bytes of a name, an address, an id */

/* "" for what is not there, NULL for what cannot be. */
static const char *
value_of(const json_t *identity, const char *name)
{
	const json_t	*value = json_object_get(identity, name);
	const char	*text = json_string_value(value);

	if (value == NULL || json_is_null(value))
		return "";
	return text != NULL && strlen(text) <= VALUE_MAX && text_is_line(text) ? text : NULL;
}

static bool
is_signed(GBytes *secret, const char *text, const char *hex)
{
	uint8_t		 mac[DIGEST_SIZE], given[DIGEST_SIZE];
	gsize		 len;
	const void	*key = g_bytes_get_data(secret, &len);

	if (digest_unhex(hex, strlen(hex), given, sizeof(given)) != DIGEST_SIZE)
		return false;
	digest_hmac(key, len, text, strlen(text), mac);
	return digest_equal(mac, given, DIGEST_SIZE);
}

static char *
copy_or_null(const char *text)
{
	return *text != '\0' ? g_strdup(text) : NULL;
}

enum chat_identity_result
chat_identity_read(GBytes *secret, const json_t *identity, int64_t now_ms,
    struct chat_visitor *v)
{
	const char		*id = value_of(identity, "id"), *name = value_of(identity, "name");
	const char		*email = value_of(identity, "email");
	const char		*nonce = value_of(identity, "nonce");
	const char		*hmac = value_of(identity, "hmac");
	const json_t		*exp = json_object_get(identity, "exp");
	json_int_t		 end = json_integer_value(exp), now = now_ms / 1000;
	g_autofree char		*text = NULL;

	if (id == NULL || name == NULL || email == NULL || nonce == NULL || hmac == NULL ||
	    !json_is_integer(exp) || (*id == '\0' && *email == '\0') ||
	    (*email != '\0' && !text_is_address(email)))
		return IDENTITY_MALFORMED;
	text = g_strdup_printf("%s\n%s\n%s\n%" JSON_INTEGER_FORMAT "\n%s", id, name, email, end,
	    nonce);
	if (!is_signed(secret, text, hmac))
		return IDENTITY_FORGED;
	if (end <= now || end - now > CHAT_IDENTITY_MAX_MS / 1000)
		return IDENTITY_OVER;
	v->customer = copy_or_null(id);
	v->name = copy_or_null(name);
	v->email = copy_or_null(email);
	v->verified = true;
	return IDENTITY_GOOD;
}
