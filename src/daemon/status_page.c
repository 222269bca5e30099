/* SPDX-License-Identifier: ISC */
/*
 * /livez: the loop turns.  /readyz: messages can be taken; a list of what is
 * wrong.  /metrics: for Prometheus.
 */
#include <string.h>

#include "base/json_out.h"
#include "base/log.h"
#include "base/metric.h"
#include "conf/conf.h"
#include "daemon/daemon_local.h"

static void
add_channel_issues(struct daemon *d, GPtrArray *issues, bool *blocking)
{
	guint	i;

	for (i = 0; i < d->now->channels->len; i++) {
		const struct channel	*c = d->now->channels->pdata[i];
		g_autoptr(GString)	 text = g_string_new(NULL);

		c->ops->status(c, text);
		if (text->len == 0)
			continue;
		*blocking = true;
		g_ptr_array_add(issues, g_strdup_printf("channel %s: %s", c->name, text->str));
	}
}

/* No reason to send messages elsewhere: attachments are safe here. */
static void
add_bucket_issue(struct daemon *d, GPtrArray *issues)
{
	struct bucket_stats	s;

	bucket_stats(d->bucket, &s);
	if (s.used && !s.up)
		g_ptr_array_add(issues, g_strdup_printf("bucket: %s", s.problem));
}

GPtrArray *
status_issues(struct daemon *d, bool *blocking)
{
	GPtrArray		*issues = g_ptr_array_new_with_free_func(g_free);
	struct intake_stats	 intake;
	struct err		 e = ERR_INIT;

	*blocking = false;
	if (d->stopping) {
		*blocking = true;
		g_ptr_array_add(issues, g_strdup("stopping"));
	}
	if (journal_admit(d->journal, DAEMON_ROOM_FOR_ONE, &e) == -1) {
		*blocking = true;
		g_ptr_array_add(issues, g_strdup_printf("journal: %s", e.text));
	}
	add_channel_issues(d, issues, blocking);
	intake_stats(d->intake, &intake);
	if (!intake.redis_up)
		g_ptr_array_add(issues, g_strdup_printf("redis: %s", intake.redis_problem));
	add_bucket_issue(d, issues);
	if (d->reload_problems != NULL)
		g_ptr_array_add(issues, g_strdup_printf("last reload was refused: %s",
		    d->reload_problems));
	return issues;
}

static void
on_livez(void *arg, struct http_request *r)
{
	(void)arg;
	http_reply(r, 200, "text/plain", NULL, "ok\n", 3);
}

/* Redis away is no reason to send messages elsewhere: they are safe here. */
static void
on_readyz(void *arg, struct http_request *r)
{
	struct daemon		*d = arg;
	bool			 blocking;
	g_autoptr(GPtrArray)	 issues = status_issues(d, &blocking);
	g_autoptr(GString)	 body = g_string_new(NULL);
	struct json_out		 j = JSON_OUT(body);

	json_open(&j, NULL, '{');
	json_str(&j, "status", blocking ? "not ready" : issues->len > 0 ? "degraded" : "ready");
	json_strings(&j, "issues", issues);
	json_close(&j, '}');
	http_reply(r, blocking ? 503 : 200, "application/json", NULL, body->str, body->len);
}

static void
on_metrics(void *arg, struct http_request *r)
{
	struct daemon		*d = arg;
	g_autoptr(GString)	 body = g_string_sized_new(8192);
	struct journal_stats	 journal;

	journal_stats(d->journal, &journal);
	metric_set(METRIC_LOOP_LAG_MS, NULL, (double)loop_lag_ms(d->loop));
	metric_set(METRIC_LOG_DROPPED, NULL, (double)log_dropped());
	metric_render(body);
	http_reply(r, 200, "text/plain; version=0.0.4", NULL, body->str, body->len);
}

static const struct {
	const char	*path;
	http_handler_fn	*handle;
} pages[] = {
	{ "/livez", on_livez },
	{ "/readyz", on_readyz },
	{ "/metrics", on_metrics },
};

int
status_page_start(struct daemon *d, struct err *e)
{
	const struct settings	*s = d->now->settings;
	GPtrArray		*const *listen = &s->admin.listen;
	struct http_options	 options = {
		.max_body = 1024,
		.max_connections = 100,
		.head_timeout_ms = 10000,
		.body_timeout_ms = 10000,
		.idle_timeout_ms = 60000,
	};
	size_t			 i;

	if ((d->admin = http_server_new(d->loop, &options, e)) == NULL)
		return -1;
	for (i = 0; i < G_N_ELEMENTS(pages); i++) {
		struct http_route	route = { "GET", pages[i].path, NULL, pages[i].handle, d };

		http_route_add(d->admin, &route);
	}
	for (i = 0; i < (*listen)->len; i++)
		if (http_server_listen(d->admin, (*listen)->pdata[i], e) == -1)
			return err_prefix(e, "%s: admin", conf_place(s, listen));
	return 0;
}
