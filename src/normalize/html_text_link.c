/* SPDX-License-Identifier: ISC */
#include <stdbool.h>
#include <string.h>

#include "normalize/html_entities.h"
#include "normalize/html_text_link.h"

#define URL_MAX		400	/* longer ones are for machines */
#define TEXT_MAX	1024	/* of a link's words looked at */

/* Services that wrap a link, and the parameter that holds the true one. */
static const char *const wrappers[][2] = {
	{ ".safelinks.protection.outlook.com/", "url=" },
	{ "//www.google.com/url?", "q=" },
	{ "//l.facebook.com/l.php?", "u=" },
};

static char *
unwrap(char *url)
{
	const char	*query, *from, *stop;
	char		*inner;
	size_t		 i;

	for (i = 0; i < G_N_ELEMENTS(wrappers); i++) {
		if (strstr(url, wrappers[i][0]) == NULL ||
		    (query = strchr(url, '?')) == NULL ||
		    (from = strstr(query, wrappers[i][1])) == NULL ||
		    (from[-1] != '?' && from[-1] != '&'))
			continue;
		from += strlen(wrappers[i][1]);
		stop = from + strcspn(from, "&");
		inner = g_uri_unescape_segment(from, stop, NULL);
		if (inner != NULL && g_utf8_validate(inner, -1, NULL) &&
		    g_str_has_prefix(inner, "http")) {
			g_free(url);
			return inner;
		}
		g_free(inner);
	}
	return url;
}

static bool
is_plain_line(const char *s)
{
	for (; *s != '\0'; s++)
		if ((unsigned char)*s <= ' ' || *s == 0x7F || *s == '<' || *s == '>')
			return false;
	return true;
}

/* What is worth showing: web addresses, mail addresses without "mailto:". */
static char *
shown_url(char *url)
{
	char	*rest = NULL;

	g_strstrip(url);
	if (g_ascii_strncasecmp(url, "mailto:", 7) == 0) {
		rest = g_strndup(url + 7, strcspn(url + 7, "?"));
	} else if (g_ascii_strncasecmp(url, "tel:", 4) == 0) {
		rest = g_strdup(url + 4);
	} else if (g_ascii_strncasecmp(url, "http://", 7) == 0 ||
	    g_ascii_strncasecmp(url, "https://", 8) == 0) {
		rest = unwrap(g_strdup(url));
	}
	if (rest != NULL && (*rest == '\0' || strlen(rest) > URL_MAX || !is_plain_line(rest)))
		g_clear_pointer(&rest, g_free);
	g_free(url);
	return rest;
}

void
html_link_open(struct html_link *link, const struct html_span *href)
{
	GString	*url;

	html_link_clear(link);
	if (href == NULL || href->len == 0 || href->len > 8 * URL_MAX)
		return;
	url = g_string_new(NULL);
	html_entities_decode(url, href->p, href->len, true);
	link->url = shown_url(g_string_free(url, FALSE));
	if (link->url != NULL)
		link->text = g_string_new(NULL);
}

void
html_link_words(struct html_link *link, const char *p, size_t len)
{
	if (link->url != NULL && link->text->len < TEXT_MAX)
		html_entities_decode(link->text, p, MIN(len, TEXT_MAX), false);
}

/* Only what tells two addresses apart: no scheme, no www., no slash at the end. */
static char *
essence(const char *s, bool phone)
{
	GString	*out = g_string_new(NULL);

	while (g_ascii_isspace(*s))
		s++;
	if (g_ascii_strncasecmp(s, "http://", 7) == 0)
		s += 7;
	else if (g_ascii_strncasecmp(s, "https://", 8) == 0)
		s += 8;
	else if (g_ascii_strncasecmp(s, "mailto:", 7) == 0)
		s += 7;
	if (g_ascii_strncasecmp(s, "www.", 4) == 0)
		s += 4;
	for (; *s != '\0'; s++)
		if (phone ? g_ascii_isdigit(*s) : !g_ascii_isspace(*s))
			g_string_append_c(out, g_ascii_tolower(*s));
	while (out->len > 0 && out->str[out->len - 1] == '/')
		g_string_truncate(out, out->len - 1);
	return g_string_free(out, FALSE);
}

static bool
says_nothing_new(const char *text, const char *url)
{
	bool		 phone = strpbrk(url, "@/.") == NULL;
	g_autofree char	*a = essence(text, phone);
	g_autofree char	*b = essence(url, phone);

	if (*a == '\0' || *b == '\0')
		return true;
	return phone ? g_str_has_suffix(b, a) || g_str_has_suffix(a, b + strlen(b) / 3) :
	    strstr(a, b) != NULL;
}

char *
html_link_close(struct html_link *link)
{
	char	*url = NULL;

	if (link->url != NULL && !says_nothing_new(link->text->str, link->url))
		url = g_steal_pointer(&link->url);
	html_link_clear(link);
	return url;
}

void
html_link_clear(struct html_link *link)
{
	g_clear_pointer(&link->url, g_free);
	if (link->text != NULL)
		g_string_free(link->text, TRUE);
	link->text = NULL;
}
