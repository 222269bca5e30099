/* SPDX-License-Identifier: ISC */
/*
 * A visitor's message.  What goes into the journal is written anew from what
 * was checked: nobody can say there who he is but through his session.
 */
#include <string.h>

#include "base/clock.h"
#include "base/json_out.h"
#include "base/metric.h"
#include "base/text.h"
#include "channel/chat/chat_local.h"

#define TEXT_MAX	8192	/* bytes */
#define CLIENT_ID_MAX	64
#define PAGE_MAX	1000
#define LANGUAGE_MAX	35	/* RFC 5646 */
#define RETRY_SECONDS	5

/* What the answer needs when the journal has settled. */
struct posting {
	struct chat		*chat;
	struct http_request	*request;
	struct chat_visitor	 visitor;
	char			*client_id;
};

static void
free_posting(struct posting *p)
{
	chat_visitor_clear(&p->visitor);
	g_free(p->client_id);
	g_free(p);
}

static void
answer_taken(struct posting *p, int code, const char *word)
{
	const struct chat_token_key	*key = &p->chat->key;
	g_autoptr(GString)		 json = g_string_sized_new(512);
	struct json_out			 j = JSON_OUT(json);
	g_autofree char			*token = NULL;
	int64_t				 now = clock_wall_ms();

	json_open(&j, NULL, '{');
	json_str(&j, "status", word);
	json_str(&j, "client_id", p->client_id);
	if (chat_token_is_old(key, &p->visitor, now)) {
		token = chat_token_make(key, &p->visitor, now);
		json_str(&j, "token", token);
		json_time(&j, "expires", chat_token_end(key, &p->visitor));
	}
	json_close(&j, '}');
	g_string_append_c(json, '\n');
	chat_answer(p->chat, p->request, code, json);
	free_posting(p);
}

static void
answer_not_taken(struct posting *p)
{
	chat_put_off(p->chat, p->request, 503, RETRY_SECONDS, "unavailable",
	    "it could not be stored, please send it again");
	free_posting(p);
}

static void
settled(void *arg, enum channel_settlement settlement, uint64_t lsn)
{
	(void)lsn;
	if (settlement == SETTLED_DURABLE)
		answer_taken(arg, 202, "accepted");
	else
		answer_not_taken(arg);
}

/* --- what goes into the journal --- */

static bool
is_client_id(const char *id)
{
	size_t	len = strlen(id);

	return len > 0 && len <= CLIENT_ID_MAX && strspn(id, G_CSET_A_2_Z G_CSET_a_2_z
	    G_CSET_DIGITS "-_") == len;
}

static void
write_fields(struct json_out *j, const struct chat_visitor *v, const GPtrArray *values)
{
	guint	i;

	json_open(j, "fields", '{');
	if (v->customer != NULL)
		json_str(j, "customer_id", v->customer);
	for (i = 0; i < values->len; i++) {
		const struct chat_value	*value = values->pdata[i];
		const char		*name = value->field->name;

		/* Who he is stands in the session; and nothing unsigned passes as signed. */
		if (*value->text != '\0' && strcmp(name, "name") != 0 &&
		    strcmp(name, "email") != 0 &&
		    (v->customer == NULL || strcmp(name, "customer_id") != 0))
			json_str(j, name, value->text);
	}
	json_close(j, '}');
}

static void
write_line(struct json_out *j, const json_t *body, const char *name, size_t max)
{
	const char	*text = json_string_value(json_object_get(body, name));
	g_autofree char	*line = NULL;

	if (text == NULL)
		return;
	line = text_one_line(text, strlen(text), max);
	if (*line != '\0')
		json_str(j, name, line);
}

static GBytes *
make_document(const json_t *body, const struct posting *p, const char *text,
    const GPtrArray *values)
{
	GString		*json = g_string_sized_new(strlen(text) + 512);
	struct json_out	 j = JSON_OUT(json);

	json_open(&j, NULL, '{');
	json_str(&j, "client_id", p->client_id);
	json_str(&j, "text", text);
	if (p->visitor.name != NULL)
		json_str(&j, "name", p->visitor.name);
	if (p->visitor.email != NULL)
		json_str(&j, "email", p->visitor.email);
	write_line(&j, body, "page", PAGE_MAX);
	write_line(&j, body, "language", LANGUAGE_MAX);
	write_fields(&j, &p->visitor, values);
	json_close(&j, '}');
	return g_string_free_to_bytes(json);
}

static struct arrival *
make_arrival(struct posting *p, GBytes *document)
{
	struct chat	*c = p->chat;
	g_autofree char	*key = g_strconcat(p->visitor.session, "/", p->client_id, NULL);
	struct arrival	*a = arrival_new(ARRIVAL_CHAT, "chat", c->ch.name, key, document);

	arrival_set_fact(a, ARRIVAL_FACT_SESSION, p->visitor.session);
	arrival_set_fact(a, ARRIVAL_FACT_PEER, http_client_text(p->request));
	if (p->visitor.verified)
		arrival_set_fact(a, ARRIVAL_FACT_VERIFIED, "identity");
	return a;
}

/* --- taking it --- */

static void
take(struct posting *p, struct arrival *a)
{
	const struct channel_sink	*sink = p->chat->ch.env->sink;
	struct err			 why = ERR_INIT;

	if (sink->known(sink->arg, a)) {
		metric_inc(METRIC_DUPLICATES, p->chat->ch.name);
		arrival_free(a);
		answer_taken(p, 200, "duplicate");
		return;
	}
	if (p->chat->ch.paused ||
	    sink->admit(sink->arg, g_bytes_get_size(a->bytes), &why) == -1) {
		arrival_free(a);
		answer_not_taken(p);
		return;
	}
	sink->accept(sink->arg, a, settled, p);
}

/* NULL if it cannot be; then it is answered. */
static char *
text_of(struct chat *c, struct http_request *r, const json_t *body)
{
	const char	*given = json_string_value(json_object_get(body, "text"));
	g_autofree char	*text = NULL;

	if (given == NULL) {
		chat_refuse(c, r, 400, "bad_text", "text is a string");
		return NULL;
	}
	if (strlen(given) > TEXT_MAX) {
		chat_refuse(c, r, 413, "too_long", "text has at most 8192 bytes");
		return NULL;
	}
	text = text_valid(given, strlen(given), NULL);
	g_strchomp(text);
	if (*text == '\0') {
		chat_refuse(c, r, 400, "empty", "there is nothing in text");
		return NULL;
	}
	return g_steal_pointer(&text);
}

static void
post(struct chat *c, struct http_request *r, struct chat_visitor *v, const json_t *body)
{
	const char		*id = json_string_value(json_object_get(body, "client_id"));
	g_autofree char		*text = NULL;
	g_autoptr(GPtrArray)	 values = NULL;
	g_autoptr(GBytes)	 document = NULL;
	struct posting		*p;

	if (id == NULL || !is_client_id(id)) {
		chat_refuse(c, r, 400, "bad_client_id",
		    "client_id is 1 to 64 of letters, digits, - and _");
		return;
	}
	if ((text = text_of(c, r, body)) == NULL || (values = chat_values(c, r, body)) == NULL)
		return;
	p = g_new0(struct posting, 1);
	p->chat = c;
	p->request = r;
	p->client_id = g_strdup(id);
	p->visitor = *v;
	memset(v, 0, sizeof(*v));
	document = make_document(body, p, text, values);
	take(p, make_arrival(p, document));
}

void
chat_post_message(struct chat *c, struct http_request *r)
{
	struct chat_visitor	 v;
	json_t			*body;

	if (chat_admit_visitor(c, r, &v) == -1)
		return;
	if (chat_admit_rate(c, r, &v) && (body = chat_body(c, r)) != NULL) {
		post(c, r, &v, body);
		json_decref(body);
	}
	chat_visitor_clear(&v);
}
