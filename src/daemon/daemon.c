/* SPDX-License-Identifier: ISC */
#include "daemon/daemon.h"

#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/metric.h"
#include "conf/conf.h"
#include "daemon/daemon_local.h"

#define TICK_MS		1000
#define GRACE_MS	8000		/* for what is under way when we are told to stop */
#define SWEEP_EVERY	3600		/* ticks between looks for old attachments */

static int
status_of(const struct err *e)
{
	return e->kind == ERR_CONFIG ? EX_CONFIG : EX_TEMPFAIL;
}

/* --- stopping --- */

static bool
is_settled(const struct daemon *d)
{
	return d->now->unsettled == 0 && d->before->len == 0;
}

static void
end_if_quiet(struct daemon *d)
{
	if (d->stopping && d->idle && is_settled(d) &&
	    (d->http == NULL || http_server_connections(d->http) == 0))
		loop_stop(d->loop);
}

static void
on_idle(void *arg)
{
	struct daemon	*d = arg;

	d->idle = true;
	end_if_quiet(d);
}

static void
on_grace_over(void *arg)
{
	struct daemon	*d = arg;

	log_warn("stopping with work under way; the journal has it for the next start");
	loop_stop(d->loop);
}

static void
stop(struct daemon *d, const char *why)
{
	if (d->stopping)
		return;
	d->stopping = true;
	log_info("stopping: %s", why);
	notify_stopping();
	generation_stop(d->now);
	if (d->http != NULL)
		http_server_drain(d->http);
	loop_timer_start(d->grace, GRACE_MS);
	bucket_hurry(d->bucket);
	intake_stop(d->intake, on_idle, d);
}

static void
on_term(void *arg)
{
	stop(arg, "asked to");
}

static void
on_hup(void *arg)
{
	struct daemon	*d = arg;

	if (!d->stopping)
		daemon_reload(d);
}

/* --- each second --- */

static void
free_settled(struct daemon *d)
{
	guint	i;

	for (i = d->before->len; i > 0; i--) {
		struct generation	*g = d->before->pdata[i - 1];

		if (g->unsettled == 0)
			g_ptr_array_remove_index_fast(d->before, i - 1);
	}
}

/* Channels that fetch are stopped while the journal takes nothing. */
static void
watch_journal(struct daemon *d)
{
	struct err	e = ERR_INIT;
	bool		full = journal_admit(d->journal, DAEMON_ROOM_FOR_ONE, &e) == -1;

	if (journal_broken(d->journal)) {
		d->status = EX_IOERR;
		stop(d, "the journal's disk has failed");
	}
	if (full == d->paused)
		return;
	d->paused = full;
	if (full) {
		log_warn("channels paused: %s", e.text);
		channels_pause(d->now->channels);
	} else {
		log_info("channels resumed");
		channels_resume(d->now->channels);
	}
}

static void
on_tick(void *arg)
{
	struct daemon	*d = arg;
	static unsigned	 ticks;

	free_settled(d);
	if (!d->stopping)
		watch_journal(d);
	if (++ticks % SWEEP_EVERY == 0)
		blobs_sweep(d->blobs, d->now->settings->redis.ticket_retention_ms);
	end_if_quiet(d);
}

/* --- starting --- */

static bool
is_tapped(void *arg)
{
	struct daemon	*d = arg;

	return d->taps->len > 0;
}

static void
on_tap_line(void *arg, const char *line)
{
	control_tap(arg, line);
}

static void
on_chat_grown(void *arg, const char *session)
{
	struct daemon	*d = arg;
	guint		 i;

	for (i = 0; d->now != NULL && i < d->now->channels->len; i++) {
		struct channel	*c = d->now->channels->pdata[i];

		if (c->ops->grown != NULL)
			c->ops->grown(c, session);
	}
}

/* The journal is read as a whole: seconds for each gigabyte. */
static void
on_seen(void *arg, uint64_t lsn, const struct arrival *a)
{
	struct daemon	*d = arg;

	known_seen(d->known, lsn, a);
	notify_starting("reading the journal");
}

static int
open_store(struct daemon *d, const struct settings *s, struct err *e)
{
	struct journal_options	options = {
		.segment_size = s->journal.segment_size,
		.retain_ms = s->journal.retain_ms,
		.max_size = s->journal.max_size,
		.reserve = s->journal.reserve,
		.seen = on_seen,
		.seen_arg = d,
	};

	if ((d->state = state_dir_open(s->state_dir, e)) == NULL ||
	    state_dir_secret(d->state, s->secret_file, d->secret, e) == -1)
		return -1;
	options.dir = state_dir_path(d->state);
	d->known = known_new(0);
	if ((d->blobs = blobs_open(d->loop, options.dir, e)) == NULL ||
	    (d->bucket = bucket_open(d->loop, d->blobs, options.dir, s, e)) == NULL ||
	    (d->cursors = cursor_open(d->loop, options.dir, e)) == NULL ||
	    (d->quarantine = quarantine_open(d->loop, options.dir, e)) == NULL ||
	    (d->journal = journal_open(d->loop, &options, e)) == NULL)
		return -1;
	return 0;
}

void
daemon_http_options(const struct settings *s, struct http_options *out)
{
	*out = (struct http_options){
		.tls_certificate = s->http.tls_certificate,
		.tls_key = s->http.tls_key,
		.max_body = (size_t)s->http.max_body,
		.max_connections = (unsigned)s->http.max_connections,
		.max_per_client = (unsigned)s->http.max_per_client,
		.head_timeout_ms = s->http.head_timeout_ms,
		.body_timeout_ms = s->http.body_timeout_ms,
		.idle_timeout_ms = s->http.idle_timeout_ms,
		.trusted_proxies = s->http.trusted_proxies,
	};
}

static int
open_http(struct daemon *d, const struct settings *s, struct err *e)
{
	struct http_options	options;
	guint			i;
	int			fd;

	daemon_http_options(s, &options);
	if ((d->http = http_server_new(d->loop, &options, e)) == NULL)
		return err_prefix(e, "http");
	for (i = 0; (fd = notify_socket(i)) != -1; i++)
		if (http_server_adopt(d->http, fd, e) == -1)
			return err_prefix(e, "http: socket from the service manager");
	if (i > 0)
		return 0;	/* they come instead of our own */
	for (i = 0; i < s->http.listen->len; i++)
		if (http_server_listen(d->http, s->http.listen->pdata[i], e) == -1)
			return err_prefix(e, "%s: http", conf_place(s, &s->http.listen));
	return 0;
}

static int
open_all(struct daemon *d, struct settings *s, struct err *e)
{
	struct intake_options	options = {
		.loop = d->loop,
		.settings = s,
		.secret = d->secret,
		.events = { is_tapped, on_tap_line, on_chat_grown },
		.events_arg = d,
	};

	if (open_store(d, s, e) == -1 || open_http(d, s, e) == -1)
		return -1;
	options.journal = d->journal;
	options.blobs = d->blobs;
	options.bucket = d->bucket;
	options.quarantine = d->quarantine;
	if ((d->intake = intake_new(&options, e)) == NULL ||
	    (d->now = generation_start(d, s, e)) == NULL)
		return -1;
	if (status_page_start(d, e) == -1 || control_start(d, e) == -1)
		return -1;
	return 0;
}

static void
close_all(struct daemon *d)
{
	g_clear_pointer(&d->admin, http_server_free);
	g_clear_pointer(&d->control, http_server_free);
	g_clear_pointer(&d->http, http_server_free);
	/* Reports what is waiting, so channels and intake must still be there. */
	g_clear_pointer(&d->journal, journal_close);
	g_clear_pointer(&d->quarantine, quarantine_close);
	g_clear_pointer(&d->blobs, blobs_close);
	/* Calls nobody any more; it may still hear of files. */
	g_clear_pointer(&d->bucket, bucket_close);
	g_clear_pointer(&d->intake, intake_free);
	g_clear_pointer(&d->before, g_ptr_array_unref);
	g_clear_pointer(&d->now, generation_free);
	g_clear_pointer(&d->cursors, cursor_close);
	g_clear_pointer(&d->known, known_free);
	g_clear_pointer(&d->state, state_dir_close);
	g_ptr_array_unref(d->taps);
	g_free(d->reload_problems);
	loop_timer_free(d->tick);
	loop_timer_free(d->grace);
	notify_free(d->notify);
	loop_free(d->loop);
	explicit_bzero(d->secret, sizeof d->secret);
}

static void
run(struct daemon *d)
{
	loop_on_signal(d->loop, SIGTERM, on_term, d);
	loop_on_signal(d->loop, SIGINT, on_term, d);
	loop_on_signal(d->loop, SIGHUP, on_hup, d);
	loop_timer_every(d->tick, TICK_MS);
	metric_set(METRIC_BUILD_INFO, PACKAGE_VERSION, 1);
	metric_set(METRIC_CONFIG_GENERATION, NULL, 1);
	metric_set(METRIC_CONFIG_RELOAD_OK, NULL, 1);
	log_info("running version=%s instance=%s channels=%u waiting_in_journal=%" G_GUINT64_FORMAT,
	    PACKAGE_VERSION, d->now->settings->instance, d->now->channels->len,
	    journal_last(d->journal) - MIN(journal_done(d->journal), journal_last(d->journal)));
	notify_ready();
	notify_status("running");
	loop_run(d->loop);
	log_info("stopped");
}

int
daemon_run(struct settings *take)
{
	struct daemon	d = { .started_ms = clock_mono_ms() };
	struct err	e = ERR_INIT;

	umask(077);
	signal(SIGPIPE, SIG_IGN);
	d.loop = loop_new();
	d.before = g_ptr_array_new_with_free_func((GDestroyNotify)generation_free);
	d.taps = g_ptr_array_new();
	d.tick = loop_timer_new(d.loop, on_tick, &d);
	d.grace = loop_timer_new(d.loop, on_grace_over, &d);
	d.notify = notify_new(d.loop);
	if (open_all(&d, take, &e) == -1) {
		log_error("cannot start: %s", e.text);
		d.status = status_of(&e);
		if (d.now == NULL)
			conf_free(take);
	} else
		run(&d);
	close_all(&d);
	return d.status;
}
