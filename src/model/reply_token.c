/* SPDX-License-Identifier: ISC */
#include "model/reply_token.h"

#include <string.h>

#include "base/digest.h"
#include "model/address.h"

enum { ID_HALF = 5, ID_LETTERS = 10, SEAL_LETTERS = 26, TRIES_MAX = 8 };

/* letters: the ticket id without hyphen, in upper case. */
static void
seal(const struct reply_token_key *key, const char *letters, const char *recipient,
    char out[SEAL_LETTERS + 1])
{
	g_autofree char	*canonical = address_canonical(recipient, TRUE);
	g_autofree char	*text = g_strdup_printf("reply %.*s %s", ID_LETTERS, letters, canonical);
	uint8_t		 sum[DIGEST_SIZE];

	digest_hmac(key->secret, key->len, text, strlen(text), sum);
	digest_base32(sum, SEAL_LETTERS, out);
}

void
reply_token_make(const struct reply_token_key *key, const char *ticket,
    const char *recipient, char out[REPLY_TOKEN_SIZE])
{
	char	token[REPLY_TOKEN_SIZE], sealed[SEAL_LETTERS + 1];
	size_t	i;

	g_snprintf(token, sizeof token, "%.5s%.5s", ticket, ticket + ID_HALF + 1);
	seal(key, token, recipient, sealed);
	g_strlcat(token, sealed, sizeof token);
	for (i = 0; token[i] != '\0'; i++)
		out[i] = g_ascii_tolower(token[i]);
	out[i] = '\0';
}

static size_t
run_length(const char *at)
{
	size_t	n = 0;

	while (g_ascii_isalnum(at[n]))
		n++;
	return n;
}

static bool
is_sealed(const struct reply_token_key *key, const char *run, const char *recipient,
    char ticket[TICKET_ID_SIZE])
{
	char	token[REPLY_TOKEN_SIZE], wanted[SEAL_LETTERS + 1];
	size_t	i;

	for (i = 0; i < REPLY_TOKEN_SIZE - 1; i++)
		token[i] = g_ascii_toupper(run[i]);
	token[i] = '\0';
	seal(key, token, recipient, wanted);
	if (!digest_equal(token + ID_LETTERS, wanted, SEAL_LETTERS))
		return false;
	g_snprintf(ticket, TICKET_ID_SIZE, "%.5s-%.5s", token, token + ID_HALF);
	return true;
}

bool
reply_token_find(const struct reply_token_key *key, const char *text,
    const char *recipient, char ticket[TICKET_ID_SIZE])
{
	const char	*at = text;
	size_t		 len;
	int		 tries = 0;

	while (*at != '\0' && tries < TRIES_MAX) {
		if ((len = run_length(at)) == 0) {
			at++;
			continue;
		}
		if (len == REPLY_TOKEN_SIZE - 1) {
			tries++;
			if (is_sealed(key, at, recipient, ticket))
				return true;
		}
		at += len;
	}
	return false;
}
