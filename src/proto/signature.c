/* SPDX-License-Identifier: ISC */
#include "proto/signature.h"

#include <stdbool.h>
#include <string.h>

#include "base/digest.h"

#define ID_MAX		256
#define BASE64_SIZE	44	/* characters of 32 bytes */

const char *
signature_result_name(enum signature_result result)
{
	switch (result) {
	case SIGNATURE_GOOD:
		return "signature_good";
	case SIGNATURE_MISSING:
		return "signature_missing";
	case SIGNATURE_MALFORMED:
		return "signature_malformed";
	case SIGNATURE_TOO_OLD:
		return "timestamp_too_old";
	case SIGNATURE_TOO_NEW:
		return "timestamp_too_new";
	case SIGNATURE_WRONG:
		return "signature_wrong";
	}
	return "signature_unknown";
}

/*
 * g_base64_decode() skips what it does not know; so encode again and compare:
 * only the one right spelling is taken.
 */
static guchar *
decode_base64(const char *text, size_t len, gsize *out_len)
{
	g_autofree char	*copy = g_strndup(text, len), *again = NULL;
	guchar		*bytes = g_base64_decode(copy, out_len);

	again = g_base64_encode(bytes, *out_len);
	if (strcmp(copy, again) == 0)
		return bytes;
	g_free(bytes);
	return NULL;
}

static GBytes *
standard_secret(const char *text, struct err *e)
{
	guchar	*bytes;
	gsize	 len;

	if (g_str_has_prefix(text, "whsec_"))
		text += strlen("whsec_");
	if ((bytes = decode_base64(text, strlen(text), &len)) == NULL) {
		err_set(e, ERR_CONFIG, "the secret is not base64, with or without whsec_");
		return NULL;
	}
	return g_bytes_new_take(bytes, len);
}

GBytes *
signature_secret(enum signature_scheme scheme, const char *text, struct err *e)
{
	g_autofree char	*bare = g_strstrip(g_strdup(text));

	if (*bare == '\0' || strcmp(bare, "whsec_") == 0) {
		err_set(e, ERR_CONFIG, "the secret is empty");
		return NULL;
	}
	if (scheme == SIGNATURE_SCHEME_STANDARD)
		return standard_secret(bare, e);
	return g_bytes_new(bare, strlen(bare));
}

/* What each secret makes of the bytes: computed once, however many are claimed. */
static GByteArray *
make_macs(const GPtrArray *secrets, const void *bytes, size_t len)
{
	GByteArray	*macs = g_byte_array_new();
	const void	*secret;
	gsize		 secret_len;
	guint		 i;

	g_byte_array_set_size(macs, secrets->len * DIGEST_SIZE);
	for (i = 0; i < secrets->len; i++) {
		secret = g_bytes_get_data(secrets->pdata[i], &secret_len);
		digest_hmac(secret, secret_len, bytes, len, macs->data + i * DIGEST_SIZE);
	}
	return macs;
}

/* Looks at all of them, whatever it finds. */
static bool
is_one_of(const GByteArray *macs, const uint8_t *mac)
{
	bool	found = false;
	guint	i;

	for (i = 0; i < macs->len; i += DIGEST_SIZE)
		found |= digest_equal(macs->data + i, mac, DIGEST_SIZE);
	return found;
}

static enum signature_result
check_hex(const GPtrArray *secrets, const struct signature_claim *claim, bool needs_prefix)
{
	g_autoptr(GByteArray)	 macs = NULL;
	const char		*hex = claim->signature;
	uint8_t			 mac[DIGEST_SIZE];

	if (g_str_has_prefix(hex, "sha256="))
		hex += strlen("sha256=");
	else if (needs_prefix)
		return SIGNATURE_MALFORMED;
	if (strlen(hex) != 2 * DIGEST_SIZE ||
	    digest_unhex(hex, 2 * DIGEST_SIZE, mac, sizeof(mac)) != DIGEST_SIZE)
		return SIGNATURE_MALFORMED;
	macs = make_macs(secrets, claim->body, claim->len);
	return is_one_of(macs, mac) ? SIGNATURE_GOOD : SIGNATURE_WRONG;
}

/*
 * A "." in the id would let the parts of the signed text be cut elsewhere:
 * "a.1" "." "2" reads as "a" "." "1" "." "2".
 */
static bool
is_id(const char *id)
{
	size_t	len = strcspn(id, ".");

	return len > 0 && len <= ID_MAX && id[len] == '\0';
}

static enum signature_result
check_timestamp(const char *text, int64_t now_ms, int64_t tolerance_ms)
{
	size_t	digits = strspn(text, "0123456789");
	int64_t	ms;

	if (digits == 0 || digits > 12 || text[digits] != '\0')
		return SIGNATURE_MALFORMED;
	ms = g_ascii_strtoll(text, NULL, 10) * 1000;
	/* Whole seconds: both ends of the second count. */
	if (ms + 999 < now_ms - tolerance_ms)
		return SIGNATURE_TOO_OLD;
	return ms > now_ms + tolerance_ms ? SIGNATURE_TOO_NEW : SIGNATURE_GOOD;
}

/* Go through "v1,<base64> v1a,... v1,<base64>"; other versions are not ours. */
static enum signature_result
check_list(const GByteArray *macs, const char *list)
{
	enum signature_result	result = SIGNATURE_MALFORMED;
	size_t			n;
	gsize			mac_len = 0;

	for (; *list != '\0'; list += n) {
		g_autofree guchar	*mac = NULL;

		list += strspn(list, " ");
		n = strcspn(list, " ");
		if (n != strlen("v1,") + BASE64_SIZE || strncmp(list, "v1,", 3) != 0)
			continue;
		mac = decode_base64(list + 3, n - 3, &mac_len);
		if (mac == NULL || mac_len != DIGEST_SIZE)
			continue;
		if (is_one_of(macs, mac))
			return SIGNATURE_GOOD;
		result = SIGNATURE_WRONG;
	}
	return result;
}

static enum signature_result
check_standard(const GPtrArray *secrets, const struct signature_claim *claim,
    int64_t now_ms, int64_t tolerance_ms)
{
	g_autoptr(GString)	text = NULL;
	g_autoptr(GByteArray)	macs = NULL;
	enum signature_result	result;

	if (claim->id == NULL || claim->timestamp == NULL)
		return SIGNATURE_MISSING;
	if (!is_id(claim->id))
		return SIGNATURE_MALFORMED;
	result = check_timestamp(claim->timestamp, now_ms, tolerance_ms);
	if (result != SIGNATURE_GOOD)
		return result;
	text = g_string_sized_new(claim->len + ID_MAX + 32);
	g_string_printf(text, "%s.%s.", claim->id, claim->timestamp);
	g_string_append_len(text, claim->body, (gssize)claim->len);
	macs = make_macs(secrets, text->str, text->len);
	return check_list(macs, claim->signature);
}

enum signature_result
signature_check(enum signature_scheme scheme, const GPtrArray *secrets,
    const struct signature_claim *claim, int64_t now_ms, int64_t tolerance_ms)
{
	if (claim->signature == NULL)
		return SIGNATURE_MISSING;
	switch (scheme) {
	case SIGNATURE_SCHEME_STANDARD:
		return check_standard(secrets, claim, now_ms, tolerance_ms);
	case SIGNATURE_SCHEME_GITHUB:
		return check_hex(secrets, claim, true);
	case SIGNATURE_SCHEME_HEX:
		return check_hex(secrets, claim, false);
	}
	return SIGNATURE_WRONG;
}
