/* SPDX-License-Identifier: ISC */
/*
 * base/metric.h - counters and gauges that anyone may bump.
 *
 * Every metric is a row in base/metric.c: name, type, help, the one label it
 * may carry.  Only the daemon's status page renders them.  Label values come
 * from the configuration or from fixed lists, never from a stranger.
 * Loop thread only.
 */
#ifndef BASE_METRIC_H
#define BASE_METRIC_H

#include <glib.h>
#include <stdint.h>

enum metric {
	METRIC_RECEIVED,		/* channel: arrivals made durable */
	METRIC_DUPLICATES,		/* channel */
	METRIC_TICKET_EVENTS,		/* event: ticket.created, ... */
	METRIC_QUEUED,			/* department */
	METRIC_HELD,			/* form: asked for details */
	METRIC_RELEASED,		/* outcome: complete, rounds, time */
	METRIC_QUARANTINED,		/* reason */
	METRIC_PARSE_FAILURES,		/* reason: died, timeout, refused */
	METRIC_OVERTAKEN,
	METRIC_REPLIES_SENT,		/* kind: question, acknowledgement, answer */
	METRIC_REPLIES_SUPPRESSED,	/* reason */
	METRIC_REPLIES_FAILED,		/* kind */
	METRIC_HTTP_REQUESTS,		/* code */
	METRIC_MAILBOX_UP,		/* channel */
	METRIC_MAILBOX_LAST_SUCCESS,	/* channel: seconds since 1970 */
	METRIC_MAILBOX_FAILURES,	/* channel */
	METRIC_OAUTH_EXPIRES,		/* channel: seconds since 1970 */
	METRIC_OAUTH_REFRESH_TOKEN,	/* channel: seconds since 1970 */
	METRIC_OAUTH_FAILURES,		/* channel */
	METRIC_BUCKET_UP,		/* bucket */
	METRIC_BUCKET_PENDING,
	METRIC_BUCKET_OBJECTS,		/* outcome: sent, known, refused, failed, lost */
	METRIC_BUCKET_BYTES,
	METRIC_CHAT_CONNECTIONS,
	METRIC_JOURNAL_BYTES,
	METRIC_JOURNAL_WAITING,		/* arrivals not yet on the queue */
	METRIC_JOURNAL_OLDEST_SECONDS,
	METRIC_JOURNAL_SYNCS,
	METRIC_REDIS_UP,
	METRIC_REDIS_ERRORS,		/* class */
	METRIC_REDIS_RUNS,		/* new server runs seen */
	METRIC_REDIS_LOST_ENTRIES,	/* replayed that Redis had forgotten */
	METRIC_LOOP_LAG_MS,
	METRIC_END_TO_END_SECONDS,	/* histogram: received to queued */
	METRIC_CONFIG_GENERATION,
	METRIC_CONFIG_RELOAD_OK,
	METRIC_LOG_DROPPED,
	METRIC_BUILD_INFO,		/* version */
	METRIC_COUNT
};

/* label is NULL for a metric without one. */
void	metric_add(enum metric, const char *label, double);
#define metric_inc(m, label)	metric_add((m), (label), 1)
void	metric_set(enum metric, const char *label, double);
double	metric_get(enum metric, const char *label);
/* For METRIC_END_TO_END_SECONDS. */
void	metric_observe(enum metric, double seconds);

/* Prometheus text exposition 0.0.4, appended to out. */
void	metric_render(GString *out);

/* Name and help of a row, for the check against the manual. */
const char	*metric_name(enum metric);
const char	*metric_help(enum metric);
const char	*metric_label(enum metric);

#endif
