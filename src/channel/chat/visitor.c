/* SPDX-License-Identifier: ISC */
/*
 * Who a visitor is: his session begins here, and every later request shows
 * its token.
 */
#include <string.h>

#include "base/clock.h"
#include "base/digest.h"
#include "base/json_out.h"
#include "base/log.h"
#include "base/metric.h"
#include "base/text.h"
#include "channel/chat/chat_local.h"
#include "channel/chat/identity.h"
#include "model/json_in.h"

#define VALUE_MAX	1000	/* bytes of a field before the chat */
#define NAME_MAX_BYTES	250

static const char	bearer[] = "Bearer ";

int
chat_admit_visitor(struct chat *c, struct http_request *r, struct chat_visitor *v)
{
	const char	*header = http_header(r, "Authorization");

	if (header == NULL || g_ascii_strncasecmp(header, bearer, strlen(bearer)) != 0 ||
	    chat_token_read(&c->key, header + strlen(bearer), clock_wall_ms(), v) == -1) {
		chat_refuse(c, r, 401, "no_session", "begin a session first");
		return -1;
	}
	if (c->identity == CHAT_IDENTITY_REQUIRE && !v->verified) {
		chat_visitor_clear(v);
		chat_refuse(c, r, 401, "identity_required", "only known visitors may write here");
		return -1;
	}
	return 0;
}

/* The visitor's own allowance, and that of his address. */
bool
chat_admit_rate(struct chat *c, struct http_request *r, const struct chat_visitor *v)
{
	int64_t		now = clock_mono_ms();
	struct netaddr	client;
	uint64_t	session = 0;

	if (v != NULL)
		(void)digest_unhex(v->session, 2 * sizeof(session), (uint8_t *)&session,
		    sizeof(session));
	if ((v == NULL || rate_take(c->by_session, session, now)) &&
	    (!http_client(r, &client) ||
	    rate_take(c->by_client, netaddr_client_key(&client), now)))
		return true;
	chat_put_off(c, r, 429, 60 / (unsigned)MIN(c->settings->rate, 60) + 1,
	    "too_many_requests", "slow down");
	return false;
}

json_t *
chat_body(struct chat *c, struct http_request *r)
{
	struct err	 e = ERR_INIT;
	gsize		 len;
	const char	*bytes = g_bytes_get_data(http_body(r), &len);
	json_t		*root;

	if ((root = json_in_parse(bytes != NULL ? bytes : "", len, &e)) == NULL)
		chat_refuse(c, r, 400, "malformed_json", "send one JSON object in UTF-8");
	return root;
}

/* --- what he filled in --- */

static void
free_value(void *p)
{
	struct chat_value	*value = p;

	g_free(value->text);
	g_free(value);
}

static bool
is_option(const struct settings_chat_field *f, const char *text)
{
	guint	i;

	for (i = 0; i < f->options->len; i++)
		if (strcmp(f->options->pdata[i], text) == 0)
			return true;
	return false;
}

static bool
is_acceptable(const struct settings_chat_field *f, const char *text)
{
	if (*text == '\0')
		return true;
	if (strlen(text) > VALUE_MAX)
		return false;
	if (strcmp(f->type, "select") == 0)
		return is_option(f, text);
	return strcmp(f->type, "email") != 0 || text_is_address(text);
}

/* NULL if it is no text, or not of its field's type. */
static struct chat_value *
value_of(const struct settings_chat_field *f, const json_t *fields)
{
	const json_t		*given = json_object_get(fields, f->name);
	const char		*text = json_string_value(given);
	struct chat_value	*value;
	g_autofree char		*clean = NULL;

	if (given != NULL && text == NULL)
		return NULL;
	clean = text_valid(text != NULL ? text : "", text != NULL ? strlen(text) : 0, NULL);
	g_strstrip(clean);
	if (!is_acceptable(f, clean))
		return NULL;
	value = g_new(struct chat_value, 1);
	value->field = f;
	value->text = g_steal_pointer(&clean);
	return value;
}

GPtrArray *
chat_values(struct chat *c, struct http_request *r, const json_t *body)
{
	const json_t		*fields = json_object_get(body, "fields");
	g_autoptr(GPtrArray)	 values = g_ptr_array_new_with_free_func(free_value);
	struct chat_value	*value;
	guint			 i;

	if (fields != NULL && !json_is_object(fields) && !json_is_null(fields)) {
		chat_refuse(c, r, 400, "bad_field", "fields is an object of strings");
		return NULL;
	}
	for (i = 0; i < c->settings->fields->len; i++) {
		const struct settings_chat_field	*f = c->settings->fields->pdata[i];

		if ((value = value_of(f, fields)) == NULL) {
			chat_refuse(c, r, 400, "bad_field", f->name);
			return NULL;
		}
		g_ptr_array_add(values, value);
	}
	return g_steal_pointer(&values);
}

static const char *
find_value(const GPtrArray *values, const char *name)
{
	guint	i;

	for (i = 0; i < values->len; i++) {
		const struct chat_value	*value = values->pdata[i];

		if (strcmp(value->field->name, name) == 0 && *value->text != '\0')
			return value->text;
	}
	return NULL;
}

/* --- a session begins --- */

/* The name of a required field that is not there, or NULL. */
static const char *
missing_field(const GPtrArray *values, const struct chat_visitor *v)
{
	guint	i;

	for (i = 0; i < values->len; i++) {
		const struct chat_value	*value = values->pdata[i];
		const char		*name = value->field->name;
		bool			 is_known = (strcmp(name, "name") == 0 && v->name != NULL) ||
					    (strcmp(name, "email") == 0 && v->email != NULL);

		if (value->field->required && *value->text == '\0' && !is_known)
			return name;
	}
	return NULL;
}

static int
refuse_identity(struct chat *c, struct http_request *r, enum chat_identity_result result)
{
	switch (result) {
	case IDENTITY_GOOD:
		return 0;
	case IDENTITY_MALFORMED:
		chat_refuse(c, r, 401, "identity_malformed", "the identity is not complete");
		break;
	case IDENTITY_FORGED:
		chat_refuse(c, r, 401, "identity_forged", "the identity's signature is wrong");
		break;
	case IDENTITY_OVER:
		chat_refuse(c, r, 401, "identity_expired", "the identity's time is over");
		break;
	}
	return -1;
}

/*
 * Where identities are only noted, a visitor without a good one is a
 * stranger; where they are required, he is refused.
 */
static int
identify(struct chat *c, struct http_request *r, const json_t *body, struct chat_visitor *v)
{
	const json_t			*identity = json_object_get(body, "identity");
	enum chat_identity_result	 result;

	if (c->identity == CHAT_IDENTITY_OFF)
		return 0;
	if (!json_is_object(identity)) {
		if (c->identity == CHAT_IDENTITY_MARK)
			return 0;
		chat_refuse(c, r, 401, "identity_required", "only known visitors may write here");
		return -1;
	}
	result = chat_identity_read(c->identity_secret, identity, clock_wall_ms(), v);
	if (result != IDENTITY_GOOD)
		log_info("chat=%s identity not accepted result=%d", c->ch.name, (int)result);
	return c->identity == CHAT_IDENTITY_MARK ? 0 : refuse_identity(c, r, result);
}

/* A stranger is who he says he is; that is all we know. */
static void
believe(struct chat_visitor *v, const GPtrArray *values)
{
	const char	*name = find_value(values, "name"), *email = find_value(values, "email");

	if (v->verified)
		return;
	if (name != NULL)
		v->name = text_one_line(name, strlen(name), NAME_MAX_BYTES);
	if (email != NULL && text_is_address(email))
		v->email = g_strdup(email);
}

static void
answer_session(struct chat *c, struct http_request *r, struct chat_visitor *v)
{
	g_autoptr(GString)	json = g_string_sized_new(512);
	struct json_out		j = JSON_OUT(json);
	g_autofree char		*token = chat_token_make(&c->key, v, v->created_ms);

	json_open(&j, NULL, '{');
	json_str(&j, "session", v->session);
	json_str(&j, "token", token);
	json_time(&j, "expires", chat_token_end(&c->key, v));
	json_bool(&j, "verified", v->verified);
	json_close(&j, '}');
	g_string_append_c(json, '\n');
	chat_answer(c, r, 200, json);
}

static void
begin(struct chat *c, struct http_request *r, const json_t *body)
{
	struct chat_visitor	v;
	g_autoptr(GPtrArray)	values = NULL;
	const char		*missing;

	chat_visitor_begin(&v, clock_wall_ms());
	if (identify(c, r, body, &v) == 0 && (values = chat_values(c, r, body)) != NULL) {
		believe(&v, values);
		if ((missing = missing_field(values, &v)) != NULL)
			chat_refuse(c, r, 400, "missing_field", missing);
		else
			answer_session(c, r, &v);
	}
	chat_visitor_clear(&v);
}

void
chat_post_session(struct chat *c, struct http_request *r)
{
	json_t	*body;

	if (!chat_admit_rate(c, r, NULL) || (body = chat_body(c, r)) == NULL)
		return;
	begin(c, r, body);
	json_decref(body);
}
