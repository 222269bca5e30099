/* SPDX-License-Identifier: ISC */
/* The last resort: header lines found by eye, the rest as text. */
#include <string.h>

#include "base/text.h"
#include "normalize/normalize.h"

#define MAX_SCAN	(64 * 1024)
#define MAX_TEXT	(64 * 1024)

/* The value of "name:" at the start of a line, up to its end; or NULL. */
static char *
find_line(const char *bytes, size_t len, const char *name)
{
	size_t		 n = strlen(name), v;
	const char	*at = bytes, *end = bytes + len, *lf;

	for (; at < end; at = lf + 1) {
		if ((lf = memchr(at, '\n', (size_t)(end - at))) == NULL)
			lf = end;
		v = (size_t)(lf - at);
		if (v > n && at[n] == ':' && g_ascii_strncasecmp(at, name, n) == 0)
			return text_one_line(at + n + 1, v - n - 1, 500);
		if (v == 0 || (v == 1 && *at == '\r') || lf == end)
			return NULL;
	}
	return NULL;
}

/* The first word with an @ in it. */
static struct address *
find_address(const char *line)
{
	const char	*at = line != NULL ? strchr(line, '@') : NULL, *start, *end;
	g_autofree char	*addr = NULL;

	if (at == NULL)
		return NULL;
	for (start = at; start > line && strchr(" <\"'(,:;[", start[-1]) == NULL; start--)
		;
	end = at + strcspn(at, " >\"'),;]");
	addr = g_strndup(start, (gsize)(end - start));
	return address_new(NULL, addr);
}

struct message *
normalize_minimal(const struct arrival *a, const char *why)
{
	struct message	*m = message_new();
	gsize		 len;
	const char	*bytes = g_bytes_get_data(a->bytes, &len);
	g_autofree char	*from = NULL;

	if (bytes == NULL)
		bytes = "";
	m->minimal = true;
	m->raw_size = len;
	digest_sha256_hex(bytes, len, m->raw_sha256);
	digest_sha256_hex(bytes, len, m->content_digest);
	m->full_text = text_valid(bytes, MIN(len, MAX_TEXT), NULL);
	m->text = g_strdup(m->full_text);
	if (a->format == ARRIVAL_MAIL) {
		from = find_line(bytes, MIN(len, MAX_SCAN), "From");
		m->from = find_address(from);
		m->subject = find_line(bytes, MIN(len, MAX_SCAN), "Subject");
	}
	if (arrival_fact(a, ARRIVAL_FACT_SESSION) != NULL)
		m->session = g_strdup(arrival_fact(a, ARRIVAL_FACT_SESSION));
	message_warn(m, "minimal: %s", why);
	return m;
}
