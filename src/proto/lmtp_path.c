/* SPDX-License-Identifier: ISC */
#include "proto/lmtp_path.h"

#include <glib.h>
#include <string.h>

#include "proto/lmtp.h"

#define ADDRESS_MAX	1000		/* beyond the 254 of RFC 5321: SMTPUTF8, long tokens */

/* Behind the closing quote; NULL if there is none. */
static char *
skip_quoted(char *p)
{
	for (p++; *p != '"'; p++) {
		if (*p == '\\' && p[1] != '\0')
			p++;
		if (*p == '\0')
			return NULL;
	}
	return p + 1;
}

/* The ">" that ends the path: not one inside of a quoted local part. */
static char *
find_end(char *p)
{
	while (p != NULL && *p != '\0' && *p != '>')
		p = *p == '"' ? skip_quoted(p) : p + 1;
	return p != NULL && *p == '>' ? p : NULL;
}

/* "@a,@b:user@domain": the way is of no interest to anybody any more. */
static char *
skip_route(char *address)
{
	char	*colon;

	if (*address != '@' || (colon = strchr(address, ':')) == NULL)
		return address;
	return colon + 1;
}

static bool
is_plain(const char *p, const char *end)
{
	for (; p < end; p++)
		if ((unsigned char)*p <= ' ' || *p == 0x7f || strchr("<>()[]:;,\\\"", *p) != NULL)
			return false;
	return true;
}

static bool
is_local_part(char *local, const char *at)
{
	const char	*p;

	if (*local != '"')
		return local < at && is_plain(local, at);
	if (skip_quoted(local) != at)
		return false;
	for (p = local; p < at; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			return false;
	return true;
}

static bool
is_domain(const char *domain)
{
	size_t	len = strlen(domain);

	if (len > 2 && domain[0] == '[' && domain[len - 1] == ']')
		return strspn(domain + 1, "0123456789abcdefABCDEF.:IPv") == len - 2;
	return len > 0 && domain[0] != '.' && strchr(domain, '@') == NULL &&
	    is_plain(domain, domain + len);
}

static bool
is_address(char *address)
{
	char	*at = *address == '"' ? skip_quoted(address) :
		    address + strcspn(address, "@");

	if (at == NULL || strlen(address) > ADDRESS_MAX || !is_local_part(address, at))
		return false;
	/* "postmaster", "root": what runs on this host may leave out the domain. */
	return *at == '\0' || (*at == '@' && is_domain(at + 1));
}

static bool
parse_size(const char *text, uint64_t *size)
{
	if (*text == '\0' || strlen(text) > 20 || strspn(text, "0123456789") != strlen(text))
		return false;
	return g_ascii_string_to_unsigned(text, 10, 0, UINT64_MAX, size, NULL);
}

static enum lmtp_path
read_parameter(struct lmtp_parameters *p, const char *word)
{
	if (g_ascii_strncasecmp(word, "SIZE=", 5) == 0) {
		if (p->has_size || !parse_size(word + 5, &p->size))
			return PATH_BAD_VALUE;
		p->has_size = true;
	} else if (g_ascii_strncasecmp(word, "BODY=", 5) == 0) {
		if (p->has_body || (g_ascii_strcasecmp(word + 5, "7BIT") != 0 &&
		    g_ascii_strcasecmp(word + 5, "8BITMIME") != 0))
			return PATH_BAD_VALUE;
		p->has_body = true;
	} else if (g_ascii_strcasecmp(word, "SMTPUTF8") == 0) {
		if (p->utf8)
			return PATH_BAD_VALUE;
		p->utf8 = true;
	} else
		return PATH_UNKNOWN_PARAMETER;
	return PATH_GOOD;
}

static enum lmtp_path
read_parameters(struct lmtp_parameters *p, char *text)
{
	enum lmtp_path	 rc = PATH_GOOD;
	char		*word;

	if (*text != '\0' && *text != ' ')
		return PATH_BAD;
	while (rc == PATH_GOOD && (word = strsep(&text, " ")) != NULL) {
		if (*word != '\0')
			rc = p != NULL ? read_parameter(p, word) : PATH_UNKNOWN_PARAMETER;
	}
	return rc;
}

enum lmtp_path
lmtp_path_parse(char *text, bool may_be_empty, struct lmtp_parameters *p, const char **address)
{
	enum lmtp_path	 rc;
	char		*end;

	text += strspn(text, " ");
	if (*text != '<' || (end = find_end(text + 1)) == NULL)
		return PATH_BAD;
	*end = '\0';
	*address = text + 1;
	if ((rc = read_parameters(p, end + 1)) != PATH_GOOD)
		return rc;
	if (**address == '\0')
		return may_be_empty ? PATH_GOOD : PATH_BAD;
	text = skip_route(text + 1);
	*address = text;
	/*
	 * Beyond ASCII also without SMTPUTF8: a server that hands it over has
	 * taken it, and to refuse it now would only make a bounce.
	 */
	return is_address(text) && g_utf8_validate(text, -1, NULL) ? PATH_GOOD : PATH_BAD;
}

bool
lmtp_address_matches(const char *pattern, const char *address)
{
	const char	*at = strrchr(address, '@');
	size_t		 local;

	if (strcmp(pattern, "*") == 0)
		return true;
	if (at == NULL)
		return g_ascii_strcasecmp(address, "postmaster") == 0 &&
		    g_ascii_strncasecmp(pattern, "postmaster@", 11) == 0;
	if (pattern[0] == '*' && pattern[1] == '@')
		return g_ascii_strcasecmp(pattern + 1, at) == 0;
	if (g_ascii_strcasecmp(pattern, address) == 0)
		return true;
	local = strcspn(address, "+@");
	return address + local < at && g_ascii_strncasecmp(pattern, address, local) == 0 &&
	    g_ascii_strcasecmp(pattern + local, at) == 0;
}
