/* SPDX-License-Identifier: ISC */
#include "base/metric.h"

#include <math.h>
#include <string.h>

enum type { COUNTER, GAUGE, HISTOGRAM };

static const struct {
	const char	*name;
	enum type	 type;
	const char	*label;
	const char	*help;
} rows[METRIC_COUNT] = {
	[METRIC_RECEIVED] = { "intaked_received_messages_total", COUNTER, "channel",
	    "Messages made durable in the journal." },
	[METRIC_DUPLICATES] = { "intaked_duplicates_total", COUNTER, "channel",
	    "Messages recognised as already known." },
	[METRIC_TICKET_EVENTS] = { "intaked_ticket_events_total", COUNTER, "event",
	    "Ticket events made." },
	[METRIC_QUEUED] = { "intaked_queued_messages_total", COUNTER, "department",
	    "Entries pushed to the queues of routing workers." },
	[METRIC_HELD] = { "intaked_held_tickets_total", COUNTER, "form",
	    "Tickets held back to ask the customer for details." },
	[METRIC_RELEASED] = { "intaked_released_tickets_total", COUNTER, "outcome",
	    "Held tickets released: complete, rounds (asked often enough) or time." },
	[METRIC_QUARANTINED] = { "intaked_quarantined_messages_total", COUNTER, "reason",
	    "Messages put into quarantine." },
	[METRIC_PARSE_FAILURES] = { "intaked_parse_failures_total", COUNTER, "reason",
	    "Messages a parse worker could not finish: died, late or refused." },
	[METRIC_OVERTAKEN] = { "intaked_overtaken_messages_total", COUNTER, NULL,
	    "Messages slow to be taken apart, so that later ones went before them." },
	[METRIC_REPLIES_SENT] = { "intaked_replies_sent_total", COUNTER, "kind",
	    "Messages sent to customers." },
	[METRIC_REPLIES_SUPPRESSED] = { "intaked_replies_suppressed_total", COUNTER, "reason",
	    "Messages to customers that the guard did not let out." },
	[METRIC_REPLIES_FAILED] = { "intaked_replies_failed_total", COUNTER, "kind",
	    "Messages to customers that could not be sent." },
	[METRIC_HTTP_REQUESTS] = { "intaked_http_requests_total", COUNTER, "code",
	    "HTTP requests answered." },
	[METRIC_MAILBOX_UP] = { "intaked_mailbox_up", GAUGE, "channel",
	    "1 while the mailbox is connected or watched." },
	[METRIC_MAILBOX_LAST_SUCCESS] = { "intaked_mailbox_last_success_timestamp_seconds", GAUGE,
	    "channel", "When the mailbox last answered." },
	[METRIC_MAILBOX_FAILURES] = { "intaked_mailbox_failures_total", COUNTER, "channel",
	    "Failed connections, logins and commands." },
	[METRIC_OAUTH_EXPIRES] = { "intaked_oauth_token_expires_timestamp_seconds", GAUGE,
	    "channel", "When the access token of the mailbox ends." },
	[METRIC_OAUTH_REFRESH_TOKEN] = { "intaked_oauth_refresh_token_timestamp_seconds", GAUGE,
	    "channel", "When the refresh token of the mailbox was stored." },
	[METRIC_OAUTH_FAILURES] = { "intaked_oauth_failures_total", COUNTER, "channel",
	    "Times no access token could be had." },
	[METRIC_BUCKET_UP] = { "intaked_bucket_up", GAUGE, "bucket",
	    "1 while the bucket takes attachments." },
	[METRIC_BUCKET_PENDING] = { "intaked_bucket_pending_objects", GAUGE, NULL,
	    "Attachments that went out without waiting for the bucket and are still to be sent." },
	[METRIC_BUCKET_OBJECTS] = { "intaked_bucket_objects_total", COUNTER, "outcome",
	    "Attachments sent, known to the bucket, refused, failed or lost." },
	[METRIC_BUCKET_BYTES] = { "intaked_bucket_sent_bytes_total", COUNTER, NULL,
	    "Bytes of attachments sent to the bucket." },
	[METRIC_CHAT_CONNECTIONS] = { "intaked_chat_connections", GAUGE, NULL,
	    "Open event streams of chat visitors." },
	[METRIC_JOURNAL_BYTES] = { "intaked_journal_bytes", GAUGE, NULL,
	    "Size of the journal on disk." },
	[METRIC_JOURNAL_WAITING] = { "intaked_journal_waiting_messages", GAUGE, NULL,
	    "Messages in the journal that Redis does not have yet." },
	[METRIC_JOURNAL_OLDEST_SECONDS] = { "intaked_journal_oldest_seconds", GAUGE, NULL,
	    "Age of the oldest of them." },
	[METRIC_JOURNAL_SYNCS] = { "intaked_journal_syncs_total", COUNTER, NULL,
	    "Group commits of the journal." },
	[METRIC_REDIS_UP] = { "intaked_redis_up", GAUGE, NULL,
	    "1 while Redis takes our commands." },
	[METRIC_REDIS_ERRORS] = { "intaked_redis_errors_total", COUNTER, "class",
	    "Error replies and lost connections by class." },
	[METRIC_REDIS_RUNS] = { "intaked_redis_runs_total", COUNTER, NULL,
	    "New runs of the Redis server seen; each is followed by a replay." },
	[METRIC_REDIS_LOST_ENTRIES] = { "intaked_redis_lost_entries_total", COUNTER, NULL,
	    "Entries Redis had acknowledged and forgotten, pushed again." },
	[METRIC_LOOP_LAG_MS] = { "intaked_event_loop_lag_milliseconds", GAUGE, NULL,
	    "How late the event loop's last tick came." },
	[METRIC_END_TO_END_SECONDS] = { "intaked_end_to_end_seconds", HISTOGRAM, NULL,
	    "From receiving a message to its ticket event in Redis." },
	[METRIC_CONFIG_GENERATION] = { "intaked_config_generation", GAUGE, NULL,
	    "Counts the configurations taken into use." },
	[METRIC_CONFIG_RELOAD_OK] = { "intaked_config_last_reload_successful", GAUGE, NULL,
	    "0 if the last reload was refused and the old configuration lives on." },
	[METRIC_LOG_DROPPED] = { "intaked_log_dropped_lines_total", COUNTER, NULL,
	    "Log lines dropped because nobody read them." },
	[METRIC_BUILD_INFO] = { "intaked_build_info", GAUGE, "version",
	    "1, labelled with the version." },
};

static const double bounds[] = { .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5,
	5, 10, 30, 60, 300, 3600 };

static struct {
	uint64_t	 buckets[G_N_ELEMENTS(bounds)];
	uint64_t	 count;
	double		 sum;
} histogram;

static double		 plain[METRIC_COUNT];
static GHashTable	*labelled[METRIC_COUNT];	/* char * -> double * */

static double *
slot(enum metric m, const char *label)
{
	double	*value;

	if (label == NULL)
		return &plain[m];
	if (labelled[m] == NULL)
		labelled[m] = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	if ((value = g_hash_table_lookup(labelled[m], label)) == NULL) {
		value = g_new0(double, 1);
		g_hash_table_insert(labelled[m], g_strdup(label), value);
	}
	return value;
}

void
metric_add(enum metric m, const char *label, double by)
{
	*slot(m, label) += by;
}

void
metric_set(enum metric m, const char *label, double to)
{
	*slot(m, label) = to;
}

double
metric_get(enum metric m, const char *label)
{
	return *slot(m, label);
}

void
metric_observe(enum metric m, double seconds)
{
	size_t	i;

	if (m != METRIC_END_TO_END_SECONDS)
		return;
	for (i = 0; i < G_N_ELEMENTS(bounds); i++)
		if (seconds <= bounds[i])
			histogram.buckets[i]++;
	histogram.count++;
	histogram.sum += seconds;
}

static void
append_number(GString *out, double value)
{
	char	buf[G_ASCII_DTOSTR_BUF_SIZE];

	g_string_append(out, g_ascii_formatd(buf, sizeof buf,
	    fabs(value - floor(value)) < 1e-9 ? "%.0f" : "%.6g", value));
	g_string_append_c(out, '\n');
}

static void
append_label_value(GString *out, const char *value)
{
	for (; *value != '\0'; value++) {
		if (*value == '\\' || *value == '"')
			g_string_append_c(out, '\\');
		if (*value == '\n')
			g_string_append(out, "\\n");
		else
			g_string_append_c(out, *value);
	}
}

static void
render_histogram(GString *out, const char *name)
{
	size_t	i;

	for (i = 0; i < G_N_ELEMENTS(bounds); i++) {
		char	buf[G_ASCII_DTOSTR_BUF_SIZE];

		g_string_append_printf(out, "%s_bucket{le=\"%s\"} %" G_GUINT64_FORMAT "\n", name,
		    g_ascii_formatd(buf, sizeof buf, "%g", bounds[i]), histogram.buckets[i]);
	}
	g_string_append_printf(out, "%s_bucket{le=\"+Inf\"} %" G_GUINT64_FORMAT "\n", name,
	    histogram.count);
	g_string_append_printf(out, "%s_sum ", name);
	append_number(out, histogram.sum);
	g_string_append_printf(out, "%s_count %" G_GUINT64_FORMAT "\n", name, histogram.count);
}

static void
render_labelled(GString *out, enum metric m)
{
	GHashTableIter	 iter;
	gpointer	 label, value;

	if (labelled[m] == NULL)
		return;
	g_hash_table_iter_init(&iter, labelled[m]);
	while (g_hash_table_iter_next(&iter, &label, &value)) {
		g_string_append_printf(out, "%s{%s=\"", rows[m].name, rows[m].label);
		append_label_value(out, label);
		g_string_append(out, "\"} ");
		append_number(out, *(double *)value);
	}
}

void
metric_render(GString *out)
{
	static const char *const	types[] = { "counter", "gauge", "histogram" };
	enum metric			m;

	for (m = 0; m < METRIC_COUNT; m++) {
		g_string_append_printf(out, "# HELP %s %s\n# TYPE %s %s\n", rows[m].name,
		    rows[m].help, rows[m].name, types[rows[m].type]);
		if (rows[m].type == HISTOGRAM)
			render_histogram(out, rows[m].name);
		else if (rows[m].label != NULL)
			render_labelled(out, m);
		else {
			g_string_append_printf(out, "%s ", rows[m].name);
			append_number(out, plain[m]);
		}
	}
}

const char *
metric_name(enum metric m)
{
	return rows[m].name;
}

const char *
metric_help(enum metric m)
{
	return rows[m].help;
}

const char *
metric_label(enum metric m)
{
	return rows[m].label;
}
