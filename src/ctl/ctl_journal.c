/* SPDX-License-Identifier: ISC */
/*
 * journal ls, check, export: looks into the journal, with or without a
 * running daemon.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/clock.h"
#include "base/json_out.h"
#include "ctl/ctl.h"
#include "store/journal_tool.h"

static const char *
state_of(const struct journal_tool_segment *s)
{
	switch (s->kind) {
	case JOURNAL_TOOL_SEGMENT_NEWER:
		return "newer version";
	case JOURNAL_TOOL_SEGMENT_HEAD_BAD:
		return "head damaged";
	case JOURNAL_TOOL_SEGMENT_GOOD:
		break;
	}
	return s->damaged > 0 ? "damaged" : s->unfinished ? "being written" :
	    s->done ? "done" : "waiting";
}

static void
print_segment(void *arg, const struct journal_tool_segment *s)
{
	const struct ctl	*ctl = arg;
	char			 stamp[CLOCK_RFC3339_SIZE] = "-";

	if (s->newest_ms >= 0)
		clock_rfc3339(s->newest_ms, stamp);
	if (!ctl->json) {
		printf("%20" G_GUINT64_FORMAT " %20" G_GUINT64_FORMAT " %8" G_GUINT64_FORMAT
		    " %12" G_GINT64_FORMAT "  %-24s  %s\n", s->first, s->last, s->records,
		    (gint64)s->size, stamp, state_of(s));
		return;
	}
	g_autoptr(GString)	line = g_string_new(NULL);
	struct json_out		j = JSON_OUT(line);

	json_open(&j, NULL, '{');
	json_int(&j, "first_lsn", (int64_t)s->first);
	json_int(&j, "last_lsn", (int64_t)s->last);
	json_int(&j, "records", (int64_t)s->records);
	json_int(&j, "size", s->size);
	json_time(&j, "newest", s->newest_ms);
	json_int(&j, "damaged", (int64_t)s->damaged);
	json_str(&j, "state", state_of(s));
	json_close(&j, '}');
	puts(line->str);
}

static int
visit(struct ctl *ctl, struct journal_tool_visitor *visitor, struct journal_tool_summary *sum)
{
	struct err	e = ERR_INIT;

	visitor->arg = ctl;
	if (journal_tool_visit(ctl->settings->state_dir, visitor, sum, &e) == -1)
		return ctl_fail(e.kind == ERR_PERM ? EX_NOINPUT : EX_IOERR, "%s", e.text);
	return EX_OK;
}

static int
list(struct ctl *ctl)
{
	struct journal_tool_visitor	visitor = { .segment = print_segment };
	struct journal_tool_summary	sum = { 0 };
	int				status;

	if (!ctl->json)
		printf("%20s %20s %8s %12s  %-24s  %s\n", "first", "last", "records", "bytes",
		    "newest", "state");
	if ((status = visit(ctl, &visitor, &sum)) == EX_OK && !ctl->json)
		printf("journal %s, %" G_GUINT64_FORMAT " records, on the queue up to %"
		    G_GUINT64_FORMAT "\n", sum.id, sum.records, sum.done);
	return status;
}

static void
print_damage(void *arg, const struct journal_tool_damage *d)
{
	const struct ctl	*ctl = arg;

	if (ctl->json) {
		g_autoptr(GString)	line = g_string_new(NULL);
		struct json_out		j = JSON_OUT(line);

		json_open(&j, NULL, '{');
		json_int(&j, "segment", (int64_t)d->segment);
		json_int(&j, "from", d->from);
		json_int(&j, "to", d->to);
		json_str(&j, "what", d->what);
		json_close(&j, '}');
		puts(line->str);
		return;
	}
	printf("segment %" G_GUINT64_FORMAT ", bytes %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT
	    ": %s\n", d->segment, (gint64)d->from, (gint64)d->to, d->what);
}

static int
check(struct ctl *ctl)
{
	struct journal_tool_visitor	visitor = { .damage = print_damage };
	struct journal_tool_summary	sum = { 0 };
	int				status = visit(ctl, &visitor, &sum);

	if (status != EX_OK)
		return status;
	if (!ctl->json)
		printf("%" G_GUINT64_FORMAT " records, %" G_GUINT64_FORMAT " damaged pieces\n",
		    sum.records, sum.damaged);
	return sum.damaged > 0 ? EX_DATAERR : EX_OK;
}

static int
export(struct ctl *ctl, const char *word)
{
	char		*end;
	uint64_t	 lsn = g_ascii_strtoull(word, &end, 10);
	struct err	 e = ERR_INIT;
	struct arrival	*a;
	gsize		 len;
	const void	*bytes;

	if (*end != '\0' || end == word)
		return ctl_fail(EX_USAGE, "\"%s\" is not a number of the journal", word);
	if ((a = journal_tool_read(ctl->settings->state_dir, lsn, &e)) == NULL)
		return ctl_fail(EX_NOINPUT, "%s", e.text);
	bytes = g_bytes_get_data(a->bytes, &len);
	fwrite(bytes, 1, len, stdout);
	arrival_free(a);
	return EX_OK;
}

int
ctl_journal(struct ctl *ctl, int argc, char **argv)
{
	if (argc < 2)
		return ctl_fail(EX_USAGE, "journal: ls, check or export LSN");
	if (ctl_settings(ctl, false) == NULL)
		return EX_CONFIG;
	if (strcmp(argv[1], "ls") == 0 && argc == 2)
		return list(ctl);
	if (strcmp(argv[1], "check") == 0 && argc == 2)
		return check(ctl);
	if (strcmp(argv[1], "export") == 0 && argc == 3)
		return export(ctl, argv[2]);
	return ctl_fail(EX_USAGE, "journal: ls, check or export LSN");
}
