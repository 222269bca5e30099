/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "base/json_out.h"
#include "channel/chat/chat_local.h"

#define PREFLIGHT_SECONDS	"7200"

/* A page that we served ourselves: its origin is the host it asked us under. */
static bool
is_own_page(const struct http_request *r, const char *origin)
{
	const char	*host = http_header(r, "Host");

	if (g_str_has_prefix(origin, "https://"))
		origin += strlen("https://");
	else if (g_str_has_prefix(origin, "http://"))
		origin += strlen("http://");
	else
		return false;
	return host != NULL && g_ascii_strcasecmp(origin, host) == 0;
}

static bool
is_configured(const struct chat *c, const char *origin)
{
	guint	i;

	for (i = 0; i < c->settings->origins->len; i++)
		if (strcmp(c->settings->origins->pdata[i], origin) == 0)
			return true;
	return false;
}

bool
chat_admits_origin(const struct chat *c, const struct http_request *r, bool needed)
{
	const char	*origin = http_header(r, "Origin");

	if (origin == NULL)
		return !needed;
	return is_configured(c, origin) || is_own_page(r, origin);
}

char *
chat_headers(const struct chat *c, const struct http_request *r, const char *more)
{
	GString		*lines = g_string_new("Cache-Control: no-store\r\n"
			    "X-Content-Type-Options: nosniff\r\nVary: Origin\r\n");
	const char	*origin = http_header(r, "Origin");

	if (origin != NULL && chat_admits_origin(c, r, true))
		g_string_append_printf(lines, "Access-Control-Allow-Origin: %s\r\n"
		    "Access-Control-Expose-Headers: Retry-After\r\n", origin);
	if (more != NULL)
		g_string_append(lines, more);
	return g_string_free(lines, FALSE);
}

static void
answer(struct chat *c, struct http_request *r, int code, const GString *json, const char *more)
{
	g_autofree char	*headers = chat_headers(c, r, more);

	http_reply(r, code, "application/json", headers, json->str, json->len);
}

void
chat_answer(struct chat *c, struct http_request *r, int code, const GString *json)
{
	answer(c, r, code, json, NULL);
}

static void
refuse(struct chat *c, struct http_request *r, int code, const char *error, const char *detail,
    const char *more)
{
	g_autoptr(GString)	json = g_string_sized_new(160);
	struct json_out		j = JSON_OUT(json);

	json_open(&j, NULL, '{');
	json_str(&j, "error", error);
	json_str(&j, "detail", detail);
	json_close(&j, '}');
	g_string_append_c(json, '\n');
	answer(c, r, code, json, more);
}

void
chat_refuse(struct chat *c, struct http_request *r, int code, const char *error,
    const char *detail)
{
	refuse(c, r, code, error, detail,
	    code == 401 ? "WWW-Authenticate: Bearer\r\n" : NULL);
}

void
chat_put_off(struct chat *c, struct http_request *r, int code, unsigned seconds,
    const char *error, const char *detail)
{
	char	line[40];

	g_snprintf(line, sizeof(line), "Retry-After: %u\r\n", seconds);
	refuse(c, r, code, error, detail, line);
}

void
chat_preflight(struct chat *c, struct http_request *r)
{
	static const char	allow[] = "Access-Control-Allow-Methods: GET, POST\r\n"
				    "Access-Control-Allow-Headers: "
				    "Authorization, Content-Type, Last-Event-ID\r\n"
				    "Access-Control-Max-Age: " PREFLIGHT_SECONDS "\r\n";
	g_autofree char		*headers = chat_headers(c, r, allow);

	http_reply(r, 204, NULL, headers, NULL, 0);
}
