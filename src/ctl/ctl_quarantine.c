/* SPDX-License-Identifier: ISC */
/*
 * quarantine ls, show, release, drop.  All but release work without a
 * running daemon.
 */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "base/clock.h"
#include "base/json_out.h"
#include "ctl/control.h"
#include "ctl/ctl.h"
#include "store/quarantine.h"

static void
print_json(const struct quarantine_entry *q)
{
	g_autoptr(GString)	line = g_string_new(NULL);
	struct json_out		j = JSON_OUT(line);

	json_open(&j, NULL, '{');
	json_str(&j, "id", q->id);
	json_time(&j, "time", q->time_ms);
	json_str(&j, "reason", q->reason);
	json_str(&j, "detail", q->detail);
	json_str(&j, "kind", q->kind);
	json_str(&j, "channel", q->channel);
	json_str(&j, "key", q->key);
	json_int(&j, "lsn", (int64_t)q->lsn);
	json_int(&j, "size", (int64_t)q->size);
	json_close(&j, '}');
	puts(line->str);
}

static int
list(struct ctl *ctl)
{
	struct err		 e = ERR_INIT;
	g_autoptr(GPtrArray)	 entries = quarantine_list(ctl->settings->state_dir, &e);
	guint			 i;

	if (entries == NULL)
		return ctl_fail(EX_NOINPUT, "%s", e.text);
	for (i = 0; i < entries->len; i++) {
		const struct quarantine_entry	*q = entries->pdata[i];
		char				 stamp[CLOCK_RFC3339_SIZE];

		if (ctl->json)
			print_json(q);
		else
			printf("%s  %s  %-20s %-12s %s\n", q->id, clock_rfc3339(q->time_ms, stamp),
			    q->reason, q->channel, q->detail);
	}
	return EX_OK;
}

/* What the entry says on standard error, what the message is on standard out. */
static int
show(struct ctl *ctl, const char *id)
{
	struct err		 e = ERR_INIT;
	struct quarantine_entry	*q = quarantine_show(ctl->settings->state_dir, id, &e);
	struct arrival		*a = quarantine_arrival(ctl->settings->state_dir, id, &e);
	gsize			 len;
	const void		*bytes;
	int			 status = EX_OK;

	if (q == NULL || a == NULL)
		status = ctl_fail(EX_NOINPUT, "%s", e.text);
	else if (ctl->json)
		print_json(q);
	else {
		fprintf(stderr, "reason   %s\ndetail   %s\nchannel  %s (%s)\nkey      %s\n",
		    q->reason, q->detail, q->channel, q->kind, q->key);
		bytes = g_bytes_get_data(a->bytes, &len);
		fwrite(bytes, 1, len, stdout);
	}
	quarantine_entry_free(q);
	arrival_free(a);
	return status;
}

static int
drop(struct ctl *ctl, const char *id)
{
	struct err	e = ERR_INIT;

	if (quarantine_drop(ctl->settings->state_dir, id, &e) == -1)
		return ctl_fail(EX_NOINPUT, "%s", e.text);
	printf("%s dropped\n", id);
	return EX_OK;
}

static int
release(struct ctl *ctl, const char *id)
{
	g_autofree char	*safe = g_uri_escape_string(id, NULL, FALSE);
	g_autofree char	*path = g_strconcat("/quarantine/", safe, "/release", NULL);
	g_autofree char	*body = NULL;
	int		 status = ctl_ask(ctl, "POST", path, &body);

	if (status != EX_OK)
		return ctl_refused(body, status);
	printf("%s released\n", id);
	return EX_OK;
}

int
ctl_quarantine(struct ctl *ctl, int argc, char **argv)
{
	static const struct {
		const char	*word;
		int		(*run)(struct ctl *, const char *id);
	} words[] = { { "show", show }, { "release", release }, { "drop", drop } };
	size_t		i;

	if (argc < 2)
		return ctl_fail(EX_USAGE, "quarantine: ls, show ID, release ID or drop ID");
	if (ctl_settings(ctl, false) == NULL)
		return EX_CONFIG;
	if (strcmp(argv[1], "ls") == 0 && argc == 2)
		return list(ctl);
	for (i = 0; i < G_N_ELEMENTS(words); i++)
		if (strcmp(argv[1], words[i].word) == 0 && argc == 3)
			return words[i].run(ctl, argv[2]);
	return ctl_fail(EX_USAGE, "quarantine: ls, show ID, release ID or drop ID");
}
