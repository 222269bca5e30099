/* SPDX-License-Identifier: ISC */
#include "channel/chat/chat.h"

#include <string.h>

#include "channel/chat/chat_local.h"

#define BODY_MAX	(32 * 1024)
#define CLIENT_RATE	20	/* an address may do what so many visitors may */

/* --- requests --- */

static void
get_config(struct chat *c, struct http_request *r)
{
	chat_answer(c, r, 200, chat_pages_config(c->pages));
}

/* The id of a line: "1763771234567-0". */
static bool
is_line_id(const char *id)
{
	size_t	time = strspn(id, G_CSET_DIGITS), number;

	if (time == 0 || time > 20 || id[time] != '-')
		return false;
	number = strspn(id + time + 1, G_CSET_DIGITS);
	return number > 0 && number <= 20 && id[time + 1 + number] == '\0';
}

static void
get_events(struct chat *c, struct http_request *r)
{
	struct chat_visitor	 v;
	g_autofree char		*query = http_query(r, "after"), *headers = NULL;
	const char		*after = http_header(r, "Last-Event-ID");

	if (chat_admit_visitor(c, r, &v) == -1)
		return;
	if (after == NULL)
		after = query;
	if (after != NULL && !is_line_id(after))
		after = NULL;
	if (chat_admit_rate(c, r, NULL)) {
		/* Proxies shall pass on at once what comes. */
		headers = chat_headers(c, r, "X-Accel-Buffering: no\r\n");
		chat_feed_open(c->feeds, r, headers, &v, after);
	}
	chat_visitor_clear(&v);
}

static const struct endpoint {
	const char	*method;
	const char	*name;		/* below the chat's path */
	void		(*handle)(struct chat *, struct http_request *);
} endpoints[] = {
	{ "GET", "config", get_config },
	{ "GET", "events", get_events },
	{ "POST", "session", chat_post_session },
	{ "POST", "messages", chat_post_message },
};

static const char *
name_below(const struct chat *c, const struct http_request *r)
{
	return http_path(r) + strlen(c->path);
}

static bool
is_json(const struct http_request *r)
{
	const char	*type = http_header(r, "Content-Type");
	const char	*encoding = http_header(r, "Content-Encoding");
	size_t		 len;

	if (type == NULL || encoding != NULL)
		return false;
	len = strcspn(type, "; \t");
	return len == strlen("application/json") &&
	    g_ascii_strncasecmp(type, "application/json", len) == 0;
}

/* Before the body of a POST is read. */
static void
check_head(void *arg, struct http_request *r)
{
	struct chat	*c = arg;

	if (!chat_admits_origin(c, r, true))
		chat_refuse(c, r, 403, "foreign_origin", "this page may not use this chat");
	else if (!is_json(r))
		chat_refuse(c, r, 415, "unsupported_media_type", "send JSON as application/json");
	else if (http_body_announced(r) > BODY_MAX)
		chat_refuse(c, r, 413, "too_large", "the body is too large");
}

static void
refuse_method(struct chat *c, struct http_request *r, const char *right)
{
	g_autofree char	*line = g_strdup_printf("Allow: %s, OPTIONS\r\n", right);
	g_autofree char	*headers = chat_headers(c, r, line);
	static const char	body[] = "{\"error\":\"method_not_allowed\",\"detail\":\"see Allow\"}\n";

	http_reply(r, 405, "application/json", headers, body, strlen(body));
}

static void
call(struct chat *c, struct http_request *r)
{
	const char	*name = name_below(c, r), *method = http_method(r);
	size_t		 i;

	if (strcmp(method, "HEAD") == 0)
		method = "GET";
	for (i = 0; i < G_N_ELEMENTS(endpoints); i++) {
		if (strcmp(endpoints[i].name, name) != 0)
			continue;
		if (strcmp(endpoints[i].method, method) == 0)
			endpoints[i].handle(c, r);
		else
			refuse_method(c, r, endpoints[i].method);
		return;
	}
	chat_refuse(c, r, 404, "not_found", "there is nothing of this name");
}

static void
handle_get(void *arg, struct http_request *r)
{
	struct chat	*c = arg;

	if (chat_pages_serve(c->pages, r, name_below(c, r)))
		return;
	if (!chat_admits_origin(c, r, false))
		chat_refuse(c, r, 403, "foreign_origin", "this page may not use this chat");
	else
		call(c, r);
}

static void
handle_post(void *arg, struct http_request *r)
{
	struct chat	*c = arg;

	if (g_bytes_get_size(http_body(r)) > BODY_MAX)
		chat_refuse(c, r, 413, "too_large", "the body is too large");
	else
		call(c, r);
}

static void
handle_options(void *arg, struct http_request *r)
{
	struct chat	*c = arg;

	if (!chat_admits_origin(c, r, true))
		chat_refuse(c, r, 403, "foreign_origin", "this page may not use this chat");
	else
		chat_preflight(c, r);
}

/* --- life --- */

static int
read_identity_secret(struct chat *c, struct err *e)
{
	g_autofree char		*text = NULL;
	g_autoptr(GError)	 ge = NULL;

	if (strcmp(c->settings->identity, "off") == 0)
		return 0;
	c->identity = strcmp(c->settings->identity, "require") == 0 ?
	    CHAT_IDENTITY_REQUIRE : CHAT_IDENTITY_MARK;
	if (!g_file_get_contents(c->settings->identity_secret_file, &text, NULL, &ge))
		return err_set(e, ERR_CONFIG, "identity_secret_file: %s", ge->message);
	g_strstrip(text);
	if (*text == '\0')
		return err_set(e, ERR_CONFIG, "identity_secret_file: %s is empty",
		    c->settings->identity_secret_file);
	c->identity_secret = g_bytes_new(text, strlen(text));
	return 0;
}

static void
free_chat(struct channel *ch)
{
	struct chat	*c = (struct chat *)ch;

	chat_feeds_free(c->feeds);
	chat_pages_free(c->pages);
	rate_free(c->by_session);
	rate_free(c->by_client);
	g_clear_pointer(&c->identity_secret, g_bytes_unref);
	g_free(c->path);
}

static void
add_routes(struct chat *c)
{
	struct http_route	get = { "GET", c->path, NULL, handle_get, c };
	struct http_route	post = { "POST", c->path, check_head, handle_post, c };
	struct http_route	options = { "OPTIONS", c->path, NULL, handle_options, c };

	http_route_add(c->ch.env->http, &get);
	http_route_add(c->ch.env->http, &post);
	http_route_add(c->ch.env->http, &options);
}

static int
start(struct channel *ch, const void *section, struct err *e)
{
	struct chat	*c = (struct chat *)ch;
	double		 rate;

	c->settings = section;
	if (read_identity_secret(c, e) == -1)
		return -1;
	c->path = g_strconcat("/chat/", ch->name, "/", NULL);
	c->key = (struct chat_token_key){ ch->env->secret, ch->name,
	    c->settings->session_idle_ms, c->settings->session_max_ms };
	rate = (double)c->settings->rate;
	c->by_session = rate_new(rate / 60, rate);
	c->by_client = rate_new(CLIENT_RATE * rate / 60, CLIENT_RATE * rate);
	c->pages = chat_pages_new(c->settings);
	c->feeds = chat_feeds_new(ch->env, &c->key, c->settings->heartbeat_ms);
	add_routes(c);
	return 0;
}

static void
stop(struct channel *ch)
{
	struct chat	*c = (struct chat *)ch;

	http_route_remove(ch->env->http, "GET", c->path);
	http_route_remove(ch->env->http, "POST", c->path);
	http_route_remove(ch->env->http, "OPTIONS", c->path);
	chat_feeds_close(c->feeds);
}

/* Nothing to do: messages look at paused, feeds go on. */
static void
pause_or_resume(struct channel *ch)
{
	(void)ch;
}

/* All is well as long as the server listens; strangers can make no issue. */
static void
status(const struct channel *ch, GString *issue)
{
	(void)ch;
	(void)issue;
}

static void
grown(struct channel *ch, const char *session)
{
	chat_feeds_wake(((struct chat *)ch)->feeds, session);
}

const struct channel_ops chat_channel = {
	.kind = "chat",
	.size = sizeof(struct chat),
	.sections = offsetof(struct settings, chat),
	.start = start,
	.stop = stop,
	.free = free_chat,
	.pause = pause_or_resume,
	.resume = pause_or_resume,
	.status = status,
	.grown = grown,
};
