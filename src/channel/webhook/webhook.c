/* SPDX-License-Identifier: ISC */
#include "channel/webhook/webhook.h"

#include <string.h>

#include "base/clock.h"
#include "base/digest.h"
#include "base/json_out.h"
#include "base/log.h"
#include "base/metric.h"
#include "base/text.h"
#include "channel/rate.h"
#include "io/http_server.h"
#include "proto/json_scan.h"
#include "proto/signature.h"

#define ID_MAX		200	/* longer ids are replaced by their digest */
#define EVENT_MAX	100
#define RETRY_SECONDS	5
#define WARN_EVERY_MS	60000	/* refusals are logged once in that time */

struct webhook {
	struct channel			 ch;
	const struct settings_webhook	*settings;
	char				*path;
	GPtrArray			*secrets;	/* GBytes * */
	GArray				*allow;		/* struct netblock; empty: all */
	struct json_pointer		*id_pointer;	/* or NULL */
	struct rate			*rate;		/* or NULL: no limit */
	unsigned			 refused;	/* since the last warning */
	int64_t				 warned_ms;
};

/* A request that waits for the journal. */
struct delivery {
	struct http_request	*request;
	char			*key;
};

static void
reply_taken(struct http_request *r, int code, const char *word, const char *key)
{
	g_autoptr(GString)	body = g_string_sized_new(128);
	struct json_out		j = JSON_OUT(body);

	json_open(&j, NULL, '{');
	json_str(&j, "status", word);
	json_str(&j, "id", key);
	json_close(&j, '}');
	g_string_append_c(body, '\n');
	http_reply(r, code, "application/json", NULL, body->str, body->len);
}

/* A sender with a wrong secret shall not fill the log. */
static void
note_refusal(struct webhook *w, const char *why)
{
	int64_t	now = clock_mono_ms();

	w->refused++;
	if (w->warned_ms != 0 && now - w->warned_ms < WARN_EVERY_MS)
		return;
	log_warn("webhook=%s refused reason=%s count=%u", w->ch.name, why, w->refused);
	w->refused = 0;
	w->warned_ms = now;
}

/* "application/json", "application/something+json", whatever parameters. */
static bool
is_json_type(const char *type)
{
	static const char	prefix[] = "application/";
	size_t			len;

	if (type == NULL || g_ascii_strncasecmp(type, prefix, strlen(prefix)) != 0)
		return false;
	type += strlen(prefix);
	len = strcspn(type, "; \t");
	if (len >= 5 && g_ascii_strncasecmp(type + len - 5, "+json", 5) == 0)
		return true;
	return len == 4 && g_ascii_strncasecmp(type, "json", 4) == 0;
}

static bool
is_encoded(const struct http_request *r)
{
	const char	*encoding = http_header(r, "Content-Encoding");

	return encoding != NULL && g_ascii_strcasecmp(encoding, "identity") != 0;
}

/* Called before the body is read. */
static void
check_head(void *arg, struct http_request *r)
{
	struct webhook	*w = arg;
	struct netaddr	 client = { { 0 } };
	bool		 is_known = http_client(r, &client);

	if (!is_json_type(http_header(r, "Content-Type"))) {
		http_reply_error(r, 415, "unsupported_media_type",
		    "send JSON as application/json");
	} else if (is_encoded(r)) {
		http_reply_error(r, 415, "unsupported_media_type",
		    "send JSON without Content-Encoding");
	} else if (http_body_announced(r) > w->ch.env->settings->http.max_body) {
		http_reply_error(r, 413, "too_large", "the body is too large");
	} else if (w->rate != NULL &&
	    !rate_take(w->rate, netaddr_client_key(&client), clock_mono_ms())) {
		note_refusal(w, "rate");
		http_reply_later(r, 429, 1, "too_many_requests", "slow down");
	} else if (w->allow->len > 0 && (!is_known || !netblocks_have(w->allow, &client))) {
		note_refusal(w, "address");
		http_reply_error(r, 403, "forbidden", "this address may not send here");
	}
}

static enum signature_scheme
scheme_of(const struct webhook *w)
{
	switch (w->settings->signature) {
	case SIGNATURE_GITHUB:
		return SIGNATURE_SCHEME_GITHUB;
	case SIGNATURE_HEX:
		return SIGNATURE_SCHEME_HEX;
	default:
		return SIGNATURE_SCHEME_STANDARD;
	}
}

/* The three headers go together: all webhook-*, or all svix-*. */
static void
claim_standard(const struct http_request *r, struct signature_claim *claim)
{
	claim->signature = http_header(r, "webhook-signature");
	if (claim->signature != NULL) {
		claim->id = http_header(r, "webhook-id");
		claim->timestamp = http_header(r, "webhook-timestamp");
		return;
	}
	claim->signature = http_header(r, "svix-signature");
	claim->id = http_header(r, "svix-id");
	claim->timestamp = http_header(r, "svix-timestamp");
}

static enum signature_result
check_signature(const struct webhook *w, const struct http_request *r)
{
	struct signature_claim	claim = { 0 };
	enum signature_scheme	scheme = scheme_of(w);
	gsize			len;

	if (w->settings->signature == SIGNATURE_NONE)
		return SIGNATURE_GOOD;
	claim.body = g_bytes_get_data(http_body(r), &len);
	claim.len = len;
	if (scheme == SIGNATURE_SCHEME_STANDARD)
		claim_standard(r, &claim);
	else if (scheme == SIGNATURE_SCHEME_GITHUB)
		claim.signature = http_header(r, "X-Hub-Signature-256");
	else
		claim.signature = http_header(r, w->settings->signature_header);
	return signature_check(scheme, w->secrets, &claim, clock_wall_ms(),
	    w->settings->tolerance_ms);
}

/* The header in which senders of this scheme give the event its id. */
static const char *
usual_id(const struct webhook *w, const struct http_request *r)
{
	static const char *const	standard[] = { "webhook-id", "svix-id", NULL };
	static const char *const	others[] = { "X-GitHub-Delivery", "Idempotency-Key", NULL };
	const char *const		*name;
	const char			*id;

	name = w->settings->signature == SIGNATURE_STANDARD ? standard : others;
	for (; *name != NULL; name++)
		if ((id = http_header(r, *name)) != NULL && *id != '\0')
			return id;
	return NULL;
}

/* An id becomes part of keys and answers: printable text, not too long. */
static char *
key_of_id(const char *id)
{
	char	hex[DIGEST_HEX_SIZE];

	if (strlen(id) <= ID_MAX && text_is_line(id))
		return g_strdup(id);
	digest_sha256_hex(id, strlen(id), hex);
	return g_strconcat("id-sha256:", hex, NULL);
}

static char *
make_key(const struct webhook *w, const struct http_request *r, const struct json_scan *scan)
{
	g_autofree char	*found = NULL;
	const char	*id = NULL;
	char		 hex[DIGEST_HEX_SIZE];
	const void	*body;
	gsize		 len;

	if (w->settings->id_header != NULL)
		id = http_header(r, w->settings->id_header);
	if ((id == NULL || *id == '\0') && (found = json_scan_text(scan)) != NULL)
		id = found;
	if (id == NULL || *id == '\0')
		id = usual_id(w, r);
	if (id != NULL && *id != '\0')
		return key_of_id(id);
	body = g_bytes_get_data(http_body(r), &len);
	digest_sha256_hex(body, len, hex);
	return g_strconcat("body-sha256:", hex, NULL);
}

static void
note_event(struct arrival *a, const struct http_request *r)
{
	static const char *const	names[] = {
		"webhook-event", "X-GitHub-Event", "X-Gitlab-Event", "X-Event-Key",
		"X-Event-Type", "X-Event", NULL
	};
	const char *const		*name;
	const char			*value;
	g_autofree char			*event = NULL;

	for (name = names; *name != NULL; name++)
		if ((value = http_header(r, *name)) != NULL) {
			event = text_one_line(value, strlen(value), EVENT_MAX);
			arrival_set_fact(a, ARRIVAL_FACT_EVENT, event);
			return;
		}
}

static struct arrival *
make_arrival(const struct webhook *w, struct http_request *r, const char *key)
{
	struct arrival	*a = arrival_new(ARRIVAL_JSON, "webhook", w->ch.name, key, http_body(r));

	arrival_set_fact(a, ARRIVAL_FACT_PEER, http_client_text(r));
	if (w->settings->signature != SIGNATURE_NONE)
		arrival_set_fact(a, ARRIVAL_FACT_VERIFIED, "hmac");
	note_event(a, r);
	return a;
}

static void
settled(void *arg, enum channel_settlement settlement, uint64_t lsn)
{
	struct delivery	*d = arg;

	(void)lsn;
	if (settlement == SETTLED_DURABLE)
		reply_taken(d->request, 202, "accepted", d->key);
	else
		http_reply_later(d->request, 503, RETRY_SECONDS, "unavailable",
		    "it could not be stored, please send it again");
	g_free(d->key);
	g_free(d);
}

/* The request is one of the sender's: now it is our job. */
static void
take(struct webhook *w, struct http_request *r, struct arrival *a)
{
	const struct channel_sink	*sink = w->ch.env->sink;
	struct delivery			*d;
	struct err			 why = ERR_INIT;

	if (sink->known(sink->arg, a)) {
		metric_inc(METRIC_DUPLICATES, w->ch.name);
		reply_taken(r, 200, "duplicate", a->key);
		arrival_free(a);
		return;
	}
	if (w->ch.paused ||
	    sink->admit(sink->arg, g_bytes_get_size(a->bytes), &why) == -1) {
		http_reply_later(r, 503, RETRY_SECONDS, "unavailable",
		    "not taking messages now, please send it again");
		arrival_free(a);
		return;
	}
	d = g_new(struct delivery, 1);
	d->request = r;
	d->key = g_strdup(a->key);
	sink->accept(sink->arg, a, settled, d);
}

static void
handle(void *arg, struct http_request *r)
{
	struct webhook		*w = arg;
	enum signature_result	 result = check_signature(w, r);
	g_autofree char		*key = NULL, *detail = NULL;
	struct json_scan	 scan;
	gsize			 len;
	const char		*body = g_bytes_get_data(http_body(r), &len);

	if (result != SIGNATURE_GOOD) {
		note_refusal(w, signature_result_name(result));
		http_reply_error(r, 401, signature_result_name(result),
		    "the signature of this request was not accepted");
		return;
	}
	if (json_scan(body, len, w->id_pointer, &scan) == -1) {
		note_refusal(w, "malformed_json");
		detail = g_strdup_printf("%s, at byte %zu", scan.why, scan.at);
		http_reply_error(r, 400, "malformed_json", detail);
		return;
	}
	key = make_key(w, r, &scan);
	take(w, r, make_arrival(w, r, key));
}

static int
read_secrets(struct webhook *w, struct err *e)
{
	const GPtrArray	*files = w->settings->secret_files;
	GBytes		*secret;
	guint		 i;

	if (w->settings->signature == SIGNATURE_NONE)
		return 0;
	for (i = 0; i < files->len; i++) {
		g_autofree char		*text = NULL;
		g_autoptr(GError)	 ge = NULL;

		if (!g_file_get_contents(files->pdata[i], &text, NULL, &ge))
			return err_set(e, ERR_CONFIG, "secret_files: %s", ge->message);
		if ((secret = signature_secret(scheme_of(w), text, e)) == NULL)
			return err_prefix(e, "secret_files: %s", (char *)files->pdata[i]);
		g_ptr_array_add(w->secrets, secret);
	}
	if (w->secrets->len == 0)
		return err_set(e, ERR_CONFIG, "a signed webhook needs secret_files");
	return 0;
}

static void
free_webhook(struct channel *ch)
{
	struct webhook	*w = (struct webhook *)ch;

	g_clear_pointer(&w->secrets, g_ptr_array_unref);
	g_clear_pointer(&w->allow, g_array_unref);
	json_pointer_free(w->id_pointer);
	rate_free(w->rate);
	g_free(w->path);
}

static int
prepare(struct webhook *w, struct err *e)
{
	const struct settings_webhook	*s = w->settings;

	if (read_secrets(w, e) == -1 || (w->allow = netblocks_parse(s->allow, e)) == NULL)
		return -1;
	if (s->id_pointer != NULL && (w->id_pointer = json_pointer_new(s->id_pointer)) == NULL)
		return err_set(e, ERR_CONFIG, "id_pointer: \"%s\" is no JSON pointer",
		    s->id_pointer);
	if (s->rate > 0)
		w->rate = rate_new((double)s->rate, (double)s->rate);
	return 0;
}

static int
start(struct channel *ch, const void *section, struct err *e)
{
	struct webhook		*w = (struct webhook *)ch;
	struct http_route	 route = { "POST", NULL, check_head, handle, w };

	w->settings = section;
	w->secrets = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
	if (prepare(w, e) == -1) {
		free_webhook(ch);
		return -1;
	}
	w->path = g_strconcat("/hooks/", ch->name, NULL);
	route.path = w->path;
	http_route_add(ch->env->http, &route);
	return 0;
}

static void
stop(struct channel *ch)
{
	struct webhook	*w = (struct webhook *)ch;

	http_route_remove(ch->env->http, "POST", w->path);
}

/* Nothing to do: take() looks at paused. */
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

const struct channel_ops webhook_channel = {
	.kind = "webhook",
	.size = sizeof(struct webhook),
	.sections = offsetof(struct settings, webhook),
	.start = start,
	.stop = stop,
	.free = free_webhook,
	.pause = pause_or_resume,
	.resume = pause_or_resume,
	.status = status,
	.grown = NULL,
};
