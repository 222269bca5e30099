/* SPDX-License-Identifier: ISC */
/*
 * The control socket (ctl/control.h), for intakectl.
 */
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/digest.h"
#include "base/json_out.h"
#include "base/log.h"
#include "ctl/control.h"
#include "daemon/daemon_local.h"
#include "queue/queue.h"

#define TAP_WAITING	(1u << 20)

/* --- /status --- */

static void
write_journal(struct daemon *d, struct json_out *j)
{
	struct journal_stats	s;

	journal_stats(d->journal, &s);
	json_open(j, "journal", '{');
	json_int(j, "first_lsn", (int64_t)journal_first(d->journal));
	json_int(j, "last_lsn", (int64_t)journal_last(d->journal));
	json_int(j, "done_lsn", (int64_t)journal_done(d->journal));
	json_int(j, "waiting", (int64_t)s.waiting);
	json_int(j, "bytes", s.bytes);
	json_int(j, "segments", s.segments);
	json_int(j, "damaged", (int64_t)s.damaged);
	json_close(j, '}');
}

static void
write_intake(struct daemon *d, struct json_out *j)
{
	struct intake_stats	s;

	intake_stats(d->intake, &s);
	json_open(j, "redis", '{');
	json_bool(j, "up", s.redis_up);
	json_str(j, "problem", s.redis_problem);
	json_int(j, "pushed_again", (int64_t)s.lost_again);
	json_close(j, '}');
	json_int(j, "under_way", s.under_way);
}

static void
write_bucket(struct daemon *d, struct json_out *j)
{
	struct bucket_stats	s;

	bucket_stats(d->bucket, &s);
	if (!s.used && s.pending == 0)
		return;
	json_open(j, "bucket", '{');
	json_bool(j, "up", s.up);
	json_str(j, "place", s.place);
	json_str(j, "problem", s.problem);
	json_int(j, "pending", (int64_t)s.pending);
	json_int(j, "tickets_waiting", s.waiting);
	json_close(j, '}');
}

static void
write_channels(struct daemon *d, struct json_out *j)
{
	guint	i;

	json_open(j, "channels", '[');
	for (i = 0; i < d->now->channels->len; i++) {
		const struct channel	*c = d->now->channels->pdata[i];
		g_autoptr(GString)	 issue = g_string_new(NULL);

		c->ops->status(c, issue);
		json_open(j, NULL, '{');
		json_str(j, "name", c->name);
		json_str(j, "kind", c->ops->kind);
		json_str(j, "state", issue->len > 0 ? issue->str : c->paused ? "paused" : "good");
		json_close(j, '}');
	}
	json_close(j, ']');
}

struct status {
	struct daemon		*daemon;
	struct http_request	*request;
};

static void
on_stats(void *arg, enum queue_outcome outcome, GPtrArray *partitions)
{
	struct status		*s = arg;
	struct daemon		*d = s->daemon;
	bool			 blocking;
	g_autoptr(GPtrArray)	 issues = status_issues(d, &blocking);
	g_autoptr(GString)	 body = g_string_new(NULL);
	struct json_out		 j = JSON_OUT(body);
	guint			 i;

	json_open(&j, NULL, '{');
	json_str(&j, "instance", d->now->settings->instance);
	json_str(&j, "version", PACKAGE_VERSION);
	json_str(&j, "status", blocking ? "not ready" : issues->len > 0 ? "degraded" : "ready");
	json_int(&j, "up_seconds", (clock_mono_ms() - d->started_ms) / 1000);
	json_int(&j, "config_generation", d->reloads + 1);
	json_strings(&j, "issues", issues);
	write_channels(d, &j);
	write_journal(d, &j);
	write_intake(d, &j);
	write_bucket(d, &j);
	json_int(&j, "quarantine", quarantine_count(d->quarantine));
	json_open(&j, "queues", '[');
	for (i = 0; outcome == QUEUE_DONE && partitions != NULL && i < partitions->len; i++)
		json_raw(&j, NULL, partitions->pdata[i]);
	json_close(&j, ']');
	json_close(&j, '}');
	http_reply(s->request, 200, "application/json", NULL, body->str, body->len);
	g_free(s);
}

static void
on_status(void *arg, struct http_request *r)
{
	struct status	*s = g_new0(struct status, 1);

	s->daemon = arg;
	s->request = r;
	queue_stats(intake_queue(s->daemon->intake), on_stats, s);
}

/* --- /tap --- */

struct tap {
	struct daemon		*daemon;
	struct http_stream	*stream;
};

static void
on_tap_closed(void *arg)
{
	struct tap	*tap = arg;

	g_ptr_array_remove_fast(tap->daemon->taps, tap);
	g_free(tap);
}

static void
on_tap(void *arg, struct http_request *r)
{
	struct tap	*tap = g_new0(struct tap, 1);

	tap->daemon = arg;
	tap->stream = http_stream_open(r, "application/x-ndjson", NULL, TAP_WAITING,
	    on_tap_closed, tap);
	g_ptr_array_add(tap->daemon->taps, tap);
}

void
control_tap(struct daemon *d, const char *line)
{
	g_autofree char	*whole = NULL;
	guint		 i;

	if (d->taps->len == 0)
		return;
	whole = g_strconcat(line, "\n", NULL);
	/* Backwards: one that is too slow is taken out. */
	for (i = d->taps->len; i > 0; i--) {
		struct tap	*tap = d->taps->pdata[i - 1];

		if (http_stream_send(tap->stream, whole, strlen(whole)) == -1)
			on_tap_closed(tap);
	}
}

/* --- /known --- */

static void
on_known(void *arg, struct queue_answer *answer)
{
	struct http_request	*r = arg;
	g_autofree char		*text = NULL;

	switch (answer->outcome) {
	case QUEUE_KNOWN:
		text = g_strdup_printf("%s %s\n", answer->ticket, answer->event_id);
		http_reply(r, 200, "text/plain", NULL, text, strlen(text));
		return;
	case QUEUE_DONE:
		http_reply_error(r, 404, "not known", "the queue does not know it");
		return;
	default:
		http_reply_later(r, 503, 10, "not now", answer->err.text);
	}
}

static void
find_known(struct daemon *d, char *key, queue_answer_fn *answer, void *arg)
{
	g_autoptr(GPtrArray)	dedup = g_ptr_array_new();
	struct queue_lookup	lookup = { .dedup = dedup, .customer = "", .everywhere = true };

	g_ptr_array_add(dedup, key);
	queue_find(intake_queue(d->intake), &lookup, answer, arg);
}

/* Many keys of one request: what is known of each goes into its line. */
struct inquiry {
	struct http_request	*request;
	char			**lines;	/* as many as keys, then NULL */
	guint			 count, open;
	bool			 failed;
};

struct inquiry_key {
	struct inquiry	*inquiry;
	guint		 index;
};

static void
end_inquiry(struct inquiry *q)
{
	g_autofree char	*text = g_strjoinv("\n", q->lines);

	if (q->failed)
		http_reply_later(q->request, 503, 10, "not now", "the queue cannot be asked");
	else
		http_reply(q->request, 200, "text/plain", NULL, text, strlen(text));
	g_strfreev(q->lines);
	g_free(q);
}

static void
on_key_known(void *arg, struct queue_answer *answer)
{
	g_autofree struct inquiry_key	*k = arg;
	struct inquiry			*q = k->inquiry;

	if (answer->outcome == QUEUE_KNOWN)
		q->lines[k->index] = g_strdup_printf("%s %s", answer->ticket, answer->event_id);
	else if (answer->outcome == QUEUE_DONE)
		q->lines[k->index] = g_strdup("-");
	else {
		q->lines[k->index] = g_strdup("?");
		q->failed = true;
	}
	if (--q->open == 0)
		end_inquiry(q);
}

static void
ask_many(struct daemon *d, struct http_request *r, char **keys)
{
	struct inquiry	*q = g_new0(struct inquiry, 1);
	guint		 i;

	q->request = r;
	q->count = q->open = g_strv_length(keys);
	q->lines = g_new0(char *, q->count + 1);
	for (i = 0; i < q->count; i++) {
		struct inquiry_key	*k = g_new0(struct inquiry_key, 1);

		k->inquiry = q;
		k->index = i;
		find_known(d, keys[i], on_key_known, k);
	}
}

static void
on_ask_known(void *arg, struct http_request *r)
{
	struct daemon	*d = arg;
	g_autofree char	*key = http_query(r, "key"), *many = http_query(r, "keys");
	g_auto(GStrv)	 keys = many != NULL && *many != '\0' ? g_strsplit(many, ",", -1) : NULL;

	if (keys != NULL)
		ask_many(d, r, keys);
	else if (key != NULL)
		find_known(d, key, on_known, r);
	else
		http_reply_error(r, 400, "no key", "GET /known?key=KEY or keys=KEY,KEY");
}

/* --- /ticket --- */

static void
on_found(void *arg, struct queue_answer *answer)
{
	struct http_request		*r = arg;
	g_autoptr(GString)		 body = NULL;
	const struct queue_candidate	*c;

	if (answer->outcome != QUEUE_DONE) {
		http_reply_later(r, 503, 10, "not now", answer->err.text);
		return;
	}
	if (answer->candidates == NULL || answer->candidates->len == 0) {
		http_reply_error(r, 404, "not known", "there is no such ticket");
		return;
	}
	c = answer->candidates->pdata[0];
	body = g_string_sized_new(4096);
	ticket_write_state(c->ticket, body);
	http_reply(r, 200, "application/json", NULL, body->str, body->len);
}

static void
on_ticket(void *arg, struct http_request *r)
{
	struct daemon		*d = arg;
	g_autofree char		*id = http_query(r, "id"), *upper = NULL;
	struct queue_lookup	 lookup = { .customer = "", .everywhere = true };

	if (id == NULL) {
		http_reply_error(r, 400, "no id", "GET /ticket?id=ID");
		return;
	}
	lookup.token_ticket = upper = g_ascii_strup(id, -1);
	queue_find(intake_queue(d->intake), &lookup, on_found, r);
}

/* --- /reload --- */

static void
on_reload(void *arg, struct http_request *r)
{
	struct daemon	*d = arg;
	g_autofree char	*text = NULL;

	if (daemon_reload(d) == -1) {
		text = g_strconcat(d->reload_problems, "\n", NULL);
		http_reply(r, 422, "text/plain", NULL, text, strlen(text));
		return;
	}
	text = g_strdup_printf("configuration generation %u is in use\n", d->reloads + 1);
	http_reply(r, 200, "text/plain", NULL, text, strlen(text));
}

/* --- /quarantine/ID/release --- */

struct release {
	struct daemon		*daemon;
	struct http_request	*request;
	char			 id[QUARANTINE_ID_SIZE];
};

static void
on_dropped(void *arg, const struct err *why)
{
	struct release	*rel = arg;
	static const char	good[] = "released\n";

	if (why != NULL)
		http_reply_error(rel->request, 500, "not dropped", why->text);
	else
		http_reply(rel->request, 200, "text/plain", NULL, good, sizeof good - 1);
	g_free(rel);
}

static void
on_journaled_again(void *arg, uint64_t lsn, const struct err *why)
{
	struct release	*rel = arg;

	if (why != NULL) {
		http_reply_later(rel->request, 503, 10, "not taken", why->text);
		g_free(rel);
		return;
	}
	log_info("quarantine=%s released lsn=%" G_GUINT64_FORMAT, rel->id, lsn);
	intake_wake(rel->daemon->intake);
	quarantine_remove(rel->daemon->quarantine, rel->id, on_dropped, rel);
}

static void
on_release(void *arg, struct http_request *r)
{
	struct daemon	*d = arg;
	g_auto(GStrv)	 part = g_strsplit(http_path(r), "/", 4);
	struct err	 e = ERR_INIT;
	struct release	*rel;
	struct arrival	*a;
	char		*old_key;

	if (g_strv_length(part) != 4 || strcmp(part[3], "release") != 0) {
		http_reply_error(r, 404, "not found", "POST /quarantine/ID/release");
		return;
	}
	a = quarantine_arrival(state_dir_path(d->state), part[2], &e);
	if (a == NULL) {
		http_reply_error(r, 404, "not found", e.text);
		return;
	}
	/*
	 * Under its own key it would be known: a minimal ticket was made of it.
	 * The same each time, so that two releases make one event.
	 */
	old_key = a->key;
	a->key = g_strconcat(old_key, ARRIVAL_RELEASED, NULL);
	g_free(old_key);
	rel = g_new0(struct release, 1);
	rel->daemon = d;
	rel->request = r;
	g_strlcpy(rel->id, part[2], sizeof rel->id);
	journal_append(d->journal, a, on_journaled_again, rel);
}

/* --- /inject --- */

#define INJECT	"inject"

/* From and to, if told: "" is the sender of a bounce. */
static void
note_envelope(struct arrival *a, struct http_request *r)
{
	g_autofree char	*from = http_query(r, "from"), *to = http_query(r, "to");

	if (from != NULL && g_utf8_validate(from, -1, NULL))
		arrival_set_fact(a, ARRIVAL_FACT_MAIL_FROM, from);
	if (to != NULL && g_utf8_validate(to, -1, NULL))
		arrival_set_fact(a, ARRIVAL_FACT_RCPT_TO, to);
}

/* A second try of the sender's makes the same key. */
static struct arrival *
injected(struct http_request *r, const char *channel)
{
	g_autofree char	*from = http_query(r, "from"), *to = http_query(r, "to"), *key = NULL;
	struct digest	*d = digest_new();
	uint8_t		 sum[DIGEST_SIZE];
	char		 hex[DIGEST_HEX_SIZE];
	gsize		 len;
	const void	*bytes = g_bytes_get_data(http_body(r), &len);
	struct arrival	*a;

	digest_add_field(d, from);
	digest_add_field(d, to);
	digest_add(d, bytes, len);
	digest_end(d, sum);
	digest_hex(sum, sizeof sum, hex);
	key = g_strconcat("sha256:", hex, NULL);
	a = arrival_new(ARRIVAL_MAIL, INJECT, channel, key, http_body(r));
	note_envelope(a, r);
	return a;
}

static void
on_inject_settled(void *arg, enum channel_settlement how, uint64_t lsn)
{
	struct http_request	*r = arg;
	g_autofree char		*text = g_strdup_printf("lsn %" G_GUINT64_FORMAT "\n", lsn);

	if (how == SETTLED_DURABLE)
		http_reply(r, 202, "text/plain", NULL, text, strlen(text));
	else
		http_reply_later(r, 503, 10, "not taken", "it could not be stored");
}

/* Names are metric labels and meant by rules: none but those of the file. */
static bool
is_channel(const struct daemon *d, const char *name)
{
	guint	i;

	for (i = 0; i < d->now->channels->len; i++)
		if (strcmp(((const struct channel *)d->now->channels->pdata[i])->name, name) == 0)
			return true;
	return strcmp(name, INJECT) == 0;
}

static void
on_inject(void *arg, struct http_request *r)
{
	static const char		 known[] = "known\n";
	struct daemon			*d = arg;
	const struct channel_sink	*sink = &d->now->sink;
	gsize				 len = g_bytes_get_size(http_body(r));
	g_autofree char			*channel = http_query(r, "channel");
	struct err			 why = ERR_INIT;
	struct arrival			*a;

	if (len == 0) {
		http_reply_error(r, 400, "empty", "there is no mail");
		return;
	}
	if (!is_channel(d, channel != NULL ? channel : INJECT)) {
		http_reply_error(r, 404, "not found", "there is no channel of that name");
		return;
	}
	a = injected(r, channel != NULL ? channel : INJECT);
	if (sink->known(sink->arg, a)) {
		arrival_free(a);
		http_reply(r, 200, "text/plain", NULL, known, sizeof known - 1);
	} else if (sink->admit(sink->arg, len, &why) == -1) {
		arrival_free(a);
		http_reply_later(r, 503, 10, "not taken", why.text);
	} else
		sink->accept(sink->arg, a, on_inject_settled, r);
}

static const struct {
	const char	*method, *path;
	http_handler_fn	*handle;
} routes[] = {
	{ "GET", "/status", on_status },
	{ "GET", "/tap", on_tap },
	{ "GET", "/known", on_ask_known },
	{ "GET", "/ticket", on_ticket },
	{ "POST", "/reload", on_reload },
	{ "POST", "/quarantine/", on_release },
	{ "POST", "/inject", on_inject },
};

int
control_start(struct daemon *d, struct err *e)
{
	g_autofree char		*path = control_socket_path(d->now->settings);
	struct http_options	 options = {
		.max_body = (size_t)d->now->settings->journal.max_message,
		.max_connections = 100,
		.head_timeout_ms = 10000,
		.body_timeout_ms = 60000,
		.idle_timeout_ms = 60000,
	};
	size_t			 i;

	if ((d->control = http_server_new(d->loop, &options, e)) == NULL)
		return -1;
	for (i = 0; i < G_N_ELEMENTS(routes); i++) {
		struct http_route	route = { routes[i].method, routes[i].path, NULL,
					    routes[i].handle, d };

		http_route_add(d->control, &route);
	}
	if (http_server_listen(d->control, path, e) == -1)
		return err_prefix(e, "control socket");
	return 0;
}
