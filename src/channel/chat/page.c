/* SPDX-License-Identifier: ISC */
#include "channel/chat/page.h"

#include <string.h>

#include "base/digest.h"
#include "base/json_out.h"
#include "channel/chat/files.h"

#define NAME_BYTES	8	/* of the digest, in the name that never changes */

struct chat_pages {
	GString	*config;
	char	*index;
	char	*fixed_name;		/* "widget-0123456789abcdef.js" */
	char	 digest[DIGEST_HEX_SIZE];	/* of the widget */
};

static const char	page_headers[] =
	"Cache-Control: no-cache\r\n"
	"X-Content-Type-Options: nosniff\r\n"
	"Referrer-Policy: no-referrer\r\n"
	"Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; "
	"connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
	"require-trusted-types-for 'script'; trusted-types 'none'\r\n";

/* Anybody may load the script, also with a hash that it has to have. */
static const char	script_headers[] =
	"X-Content-Type-Options: nosniff\r\n"
	"Access-Control-Allow-Origin: *\r\n"
	"Vary: Accept-Encoding\r\n"
	"Cross-Origin-Resource-Policy: cross-origin\r\n";

static void
write_field(struct json_out *j, const struct settings_chat_field *f)
{
	json_open(j, NULL, '{');
	json_str(j, "name", f->name);
	json_str(j, "label", f->label != NULL ? f->label : f->name);
	json_str(j, "type", f->type);
	json_strings(j, "options", f->options);
	json_bool(j, "required", f->required);
	json_close(j, '}');
}

static void
write_widget(struct json_out *j, const char *name, const uint8_t digest[DIGEST_SIZE])
{
	g_autofree char	*base64 = g_base64_encode(digest, DIGEST_SIZE);
	g_autofree char	*integrity = g_strconcat("sha256-", base64, NULL);

	json_open(j, "widget", '{');
	json_str(j, "name", name);
	json_str(j, "integrity", integrity);
	json_close(j, '}');
}

static GString *
make_config(const struct chat_pages *p, const struct settings_chat *s,
    const uint8_t digest[DIGEST_SIZE])
{
	GString		*json = g_string_sized_new(1024);
	struct json_out	 j = JSON_OUT(json);
	guint		 i;

	json_open(&j, NULL, '{');
	json_str(&j, "title", s->title);
	json_str(&j, "greeting", s->greeting);
	json_str(&j, "colour", s->colour);
	json_str(&j, "language", s->language);
	json_str(&j, "identity", s->identity);
	json_open(&j, "fields", '[');
	for (i = 0; i < s->fields->len; i++)
		write_field(&j, s->fields->pdata[i]);
	json_close(&j, ']');
	write_widget(&j, p->fixed_name, digest);
	json_close(&j, '}');
	g_string_append_c(json, '\n');
	return json;
}

/* The page's two blanks are filled in. */
static char *
make_index(const struct settings_chat *s)
{
	g_autofree char		*title = g_markup_escape_text(s->title, -1);
	g_autofree char		*language = g_markup_escape_text(s->language, -1);
	g_autoptr(GString)	 page = g_string_new_len((const char *)chat_page_html,
				    sizeof(chat_page_html));

	g_string_replace(page, "@LANGUAGE@", language, 0);
	g_string_replace(page, "@TITLE@", title, 0);
	return g_string_free(g_steal_pointer(&page), FALSE);
}

struct chat_pages *
chat_pages_new(const struct settings_chat *s)
{
	struct chat_pages	*p = g_new0(struct chat_pages, 1);
	uint8_t			 digest[DIGEST_SIZE];

	digest_sha256(chat_widget_js, sizeof(chat_widget_js), digest);
	digest_hex(digest, sizeof(digest), p->digest);
	p->fixed_name = g_strdup_printf("widget-%.*s.js", 2 * NAME_BYTES, p->digest);
	p->config = make_config(p, s, digest);
	p->index = make_index(s);
	return p;
}

void
chat_pages_free(struct chat_pages *p)
{
	if (p == NULL)
		return;
	g_string_free(p->config, TRUE);
	g_free(p->index);
	g_free(p->fixed_name);
	g_free(p);
}

const GString *
chat_pages_config(const struct chat_pages *p)
{
	return p->config;
}

/* "gzip, deflate, br", but not "gzip;q=0". */
static bool
takes_gzip(const struct http_request *r)
{
	const char	*accept = http_header(r, "Accept-Encoding");

	return accept != NULL &&
	    g_regex_match_simple("(^|[,\\s])gzip\\s*(;\\s*q=(1|0?\\.0*[1-9])[^,]*)?\\s*(,|$)", accept,
	    G_REGEX_CASELESS, 0);
}

static void
serve_widget(const struct chat_pages *p, struct http_request *r, const char *caching)
{
	const char	*have = http_header(r, "If-None-Match");
	bool		 is_small = takes_gzip(r);
	g_autofree char	*tag = g_strconcat(is_small ? "\"gz-" : "\"", p->digest, "\"", NULL);
	g_autofree char	*headers = g_strconcat(script_headers, "Cache-Control: ", caching,
			    "\r\nETag: ", tag, "\r\n", is_small ? "Content-Encoding: gzip\r\n" : "",
			    NULL);
	const char	*type = "text/javascript; charset=utf-8";

	if (have != NULL && strstr(have, tag) != NULL)
		http_reply(r, 304, NULL, headers, NULL, 0);
	else if (is_small)
		http_reply(r, 200, type, headers, chat_widget_js_gz, sizeof(chat_widget_js_gz));
	else
		http_reply(r, 200, type, headers, chat_widget_js, sizeof(chat_widget_js));
}

bool
chat_pages_serve(const struct chat_pages *p, struct http_request *r, const char *name)
{
	if (strcmp(name, "") == 0)
		http_reply(r, 200, "text/html; charset=utf-8", page_headers, p->index,
		    strlen(p->index));
	else if (strcmp(name, "page.css") == 0)
		http_reply(r, 200, "text/css; charset=utf-8", page_headers, chat_page_css,
		    sizeof(chat_page_css));
	else if (strcmp(name, "widget.js") == 0)
		serve_widget(p, r, "public, max-age=300");
	else if (strcmp(name, p->fixed_name) == 0)
		serve_widget(p, r, "public, max-age=31536000, immutable");
	else
		return false;
	return true;
}
