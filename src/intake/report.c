/* SPDX-License-Identifier: ISC */
/*
 * What is said after a commit: to the log, the metrics, those who tap, and
 * the transcript of a chat.
 */
#include "base/clock.h"
#include "base/json_out.h"
#include "base/log.h"
#include "base/metric.h"
#include "intake/intake_local.h"

static void
tell_tap(struct intake *in, const struct ticket *t, const struct verdict *v,
    const char *entry_id)
{
	g_autoptr(GString)	line = g_string_sized_new(512);
	struct json_out		j = JSON_OUT(line);

	json_open(&j, NULL, '{');
	json_time(&j, "time", clock_wall_ms());
	json_str(&j, "event", t->event);
	json_str(&j, "ticket", t->id);
	json_str(&j, "department", t->department);
	json_str(&j, "priority", priority_name(t->priority));
	json_str(&j, "status", ticket_status_name(t->status));
	json_str(&j, "channel", t->channel_name);
	json_str(&j, "completeness", t->completeness);
	json_bool(&j, "pushed", v->action == CHECK_PUSH);
	json_str(&j, "entry", entry_id != NULL ? entry_id : "");
	json_strings(&j, "trail", t->trail);
	json_close(&j, '}');
	in->events.tap(in->events_arg, line->str);
}

void
intake_report(struct intake *in, const struct ticket *t, const struct verdict *v,
    const char *entry_id)
{
	metric_inc(METRIC_TICKET_EVENTS, t->event);
	if (v->action == CHECK_PUSH)
		metric_inc(METRIC_QUEUED, t->department);
	else
		metric_inc(METRIC_HELD, t->form != NULL ? t->form : "none");
	log_info("ticket=%s %s department=%s priority=%s channel=%s event=%s outcome=%s", t->id,
	    v->action == CHECK_PUSH ? "queued" : "held", t->department,
	    priority_name(t->priority), t->channel_name, t->event,
	    v->outcome != NULL ? v->outcome : "none");
	if (in->events.is_tapped(in->events_arg))
		tell_tap(in, t, v, entry_id);
}

char *
intake_chat_line(const char *direction, const char *kind, const char *author, const char *text,
    const char *client_id, int64_t at_ms)
{
	GString		*line = g_string_sized_new(256);
	struct json_out	 j = JSON_OUT(line);

	json_open(&j, NULL, '{');
	json_str(&j, "direction", direction);
	json_str(&j, "kind", kind);
	json_str(&j, "author", author);
	json_str(&j, "text", text != NULL ? text : "");
	json_str(&j, "client_id", client_id);
	json_time(&j, "at", at_ms);
	json_close(&j, '}');
	return g_string_free(line, FALSE);
}
