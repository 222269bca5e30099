/* SPDX-License-Identifier: ISC */
/*
 * Reading the configuration again while messages go on coming.
 *
 * All is read, checked and compiled first; then the channels change over in
 * one turn of the loop, so that no request meets a gap.  Whatever fails, the
 * configuration in use stays in use.
 */
#include <string.h>

#include "base/log.h"
#include "base/metric.h"
#include "conf/conf.h"
#include "daemon/daemon_local.h"

static bool
same_list(const GPtrArray *a, const GPtrArray *b)
{
	guint	i;

	if (a->len != b->len)
		return false;
	for (i = 0; i < a->len; i++)
		if (strcmp(a->pdata[i], b->pdata[i]) != 0)
			return false;
	return true;
}

/* What a running process cannot change is said, and the old value kept. */
static void
name_what_needs_a_restart(const struct settings *old, const struct settings *new)
{
	const struct {
		const char	*key;
		bool		 differs;
	} keys[] = {
		{ "state_dir", g_strcmp0(old->state_dir, new->state_dir) != 0 },
		{ "instance", g_strcmp0(old->instance, new->instance) != 0 },
		{ "secret_file", g_strcmp0(old->secret_file, new->secret_file) != 0 },
		{ "redis.address", g_strcmp0(old->redis.address, new->redis.address) != 0 },
		{ "redis.prefix", g_strcmp0(old->redis.prefix, new->redis.prefix) != 0 },
		{ "redis.partitions", old->redis.partitions != new->redis.partitions },
		{ "http.listen", !same_list(old->http.listen, new->http.listen) },
		{ "admin.listen", !same_list(old->admin.listen, new->admin.listen) },
		{ "workers.parse", old->workers.parse != new->workers.parse },
	};
	size_t	i;

	for (i = 0; i < G_N_ELEMENTS(keys); i++)
		if (keys[i].differs)
			log_warn("config %s changes only with a restart; the old value stays in use",
			    keys[i].key);
}

/*
 * Old ones out and new ones in, within one turn of the loop.  If the new ones
 * cannot start, the old configuration is started again.
 */
static int
change_over(struct daemon *d, struct settings *take, struct err *e)
{
	struct generation	*old = d->now, *fresh;
	struct settings		*back;
	struct err		 again = ERR_INIT;

	generation_stop(old);
	g_ptr_array_add(d->before, old);
	if ((fresh = generation_start(d, take, e)) != NULL) {
		d->now = fresh;
		return 0;
	}
	back = old->settings;
	old->settings = NULL;		/* moves on to the generation that replaces it */
	if ((d->now = generation_start(d, back, &again)) == NULL)
		log_error("config the channels cannot be started again: %s", again.text);
	return -1;
}

static int
refused(struct daemon *d, const char *why)
{
	g_free(d->reload_problems);
	d->reload_problems = g_strdup(why);
	metric_set(METRIC_CONFIG_RELOAD_OK, NULL, 0);
	log_error("config not reloaded, the one before stays in use: %s", why);
	notify_status("reload refused, running with the configuration before: %s", why);
	return -1;
}

static int
take_into_use(struct daemon *d, struct settings *fresh)
{
	struct settings		*old = d->now->settings;
	struct journal_options	 limits = {
		.segment_size = fresh->journal.segment_size,
		.retain_ms = fresh->journal.retain_ms,
		.max_size = fresh->journal.max_size,
		.reserve = fresh->journal.reserve,
	};
	struct err		 e = ERR_INIT;

	if (intake_reload(d->intake, fresh, &e) == -1) {
		conf_free(fresh);
		return refused(d, e.text);
	}
	name_what_needs_a_restart(old, fresh);
	if (change_over(d, fresh, &e) == -1) {
		struct err	back = ERR_INIT;

		intake_reload(d->intake, d->now != NULL ? d->now->settings : old, &back);
		conf_free(fresh);
		return refused(d, e.text);
	}
	journal_set_options(d->journal, &limits);
	bucket_reload(d->bucket, fresh);
	log_setup((enum log_level)fresh->log.level, (enum log_format)fresh->log.format);
	if (d->http != NULL && http_server_renew_tls(d->http, &e) == -1)
		log_warn("http certificate not renewed: %s", e.text);
	return 0;
}

int
daemon_reload(struct daemon *d)
{
	g_autoptr(GString)	 problems = g_string_new(NULL);
	struct settings		*fresh;
	int			 rc;

	notify_reloading();
	fresh = conf_load(d->now->settings->file, problems);
	if (fresh != NULL && daemon_check(fresh, problems) == -1)
		g_clear_pointer(&fresh, conf_free);
	if (fresh == NULL)
		rc = refused(d, g_strchomp(problems->str));
	else
		rc = take_into_use(d, fresh);
	if (rc == 0) {
		d->reloads++;
		g_clear_pointer(&d->reload_problems, g_free);
		metric_set(METRIC_CONFIG_GENERATION, NULL, d->reloads + 1);
		metric_set(METRIC_CONFIG_RELOAD_OK, NULL, 1);
		log_info("config reloaded generation=%u", d->reloads + 1);
		notify_status("running");
	}
	notify_ready();
	return rc;
}
