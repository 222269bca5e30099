/* SPDX-License-Identifier: ISC */
/*
 * normalize, explain, test: what would become of a message, without a daemon
 * and without Redis.
 */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "base/json_out.h"
#include "base/log.h"
#include "check/check.h"
#include "conf/conf.h"
#include "ctl/ctl.h"
#include "ctl/mail_files.h"
#include "intake/dry_run.h"
#include "intake/parse_guarded.h"

struct bench {
	struct ctl		*ctl;
	struct parser		*parser;
	struct parse_guarded	*guarded;
	GString			*line;
	void			(*show)(struct bench *, const char *name, const struct ticket *,
				    const struct verdict *);
};

static int
on_message(void *arg, const char *name, GBytes *bytes)
{
	struct bench		*b = arg;
	struct arrival		*a = arrival_new(ARRIVAL_MAIL, "file", "file", name, bytes);
	const char		*failure;
	struct parsed		*parsed = parse_guarded_run(b->guarded, a, &failure);
	struct verdict		 verdict = { 0 };
	struct ticket		*t;

	t = dry_run(b->ctl->settings, parser_check(b->parser), a, parsed, failure, &verdict);
	b->show(b, name, t, &verdict);
	ticket_free(t);
	parsed_free(parsed);
	arrival_free(a);
	return ferror(stdout) ? EX_IOERR : 0;
}

static int
for_all(struct bench *b, int argc, char **argv)
{
	struct err	e = ERR_INIT;
	int		i, rc, status = EX_OK;

	if (argc < 2)
		return ctl_fail(EX_USAGE, "%s needs a file; - is standard input", argv[0]);
	if (ctl_settings(b->ctl, true) == NULL)
		return EX_CONFIG;
	/* The workers' own complaints are in the ticket's trail already. */
	log_setup(LOG_LEVEL_ERROR, LOG_FORMAT_TEXT);
	if ((b->parser = parser_new(b->ctl->settings, &e)) == NULL)
		return ctl_fail(EX_CONFIG, "%s", e.text);
	b->guarded = parse_guarded_new(b->ctl->settings, b->parser);
	b->line = g_string_new(NULL);
	for (i = 1; i < argc && status != EX_IOERR; i++) {
		rc = mail_file_each(argv[i], on_message, b, &e);
		if (rc == -1)
			status = ctl_fail(EX_NOINPUT, "%s", e.text);
		else if (rc != 0)
			status = rc;
	}
	g_string_free(b->line, TRUE);
	parse_guarded_free(b->guarded);
	parser_free(b->parser);
	return status;
}

static void
show_ticket(struct bench *b, const char *name, const struct ticket *t, const struct verdict *v)
{
	(void)name;
	(void)v;
	g_string_truncate(b->line, 0);
	ticket_write(t, b->line, true);
	g_string_append_c(b->line, '\n');
	fwrite(b->line->str, 1, b->line->len, stdout);
}

int
ctl_normalize(struct ctl *ctl, int argc, char **argv)
{
	struct bench	b = { .ctl = ctl, .show = show_ticket };

	return for_all(&b, argc, argv);
}

static void
print_missing(const struct ticket *t)
{
	guint	i;

	for (i = 0; i < t->missing->len; i++) {
		const struct ticket_missing	*m = t->missing->pdata[i];

		printf("  missing      %s%s%s%s\n", m->name, m->problem != NULL ? " (" : "",
		    m->problem != NULL ? m->problem : "", m->problem != NULL ? ")" : "");
	}
}

static void
print_details(const struct ticket *t)
{
	guint	i;

	for (i = 0; i < t->details->len; i++) {
		const struct ticket_detail	*d = t->details->pdata[i];

		printf("  detail       %s = %s (from %s)\n", d->name, d->value, d->source);
	}
}

static void
show_reasons(struct bench *b, const char *name, const struct ticket *t, const struct verdict *v)
{
	const struct message	*m = t->message;
	guint			 i;

	if (b->ctl->json) {
		struct json_out	j = JSON_OUT(b->line);

		g_string_truncate(b->line, 0);
		json_open(&j, NULL, '{');
		json_str(&j, "file", name);
		json_str(&j, "ticket", t->id);
		json_str(&j, "event", t->event);
		json_str(&j, "action", v->action == CHECK_HOLD ? "hold" : "push");
		json_bool(&j, "ask", v->ask);
		json_bool(&j, "acknowledge", v->acknowledge);
		json_strings(&j, "trail", t->trail);
		json_close(&j, '}');
		puts(b->line->str);
		return;
	}
	printf("%s\n", name);
	printf("  from         %s\n", m->from != NULL ? m->from->addr : "unknown");
	printf("  subject      %s\n", m->subject != NULL ? m->subject : "none");
	printf("  kind         %s\n", message_kind_name(m->kind));
	printf("  department   %s\n", t->department);
	printf("  priority     %s\n", priority_name(t->priority));
	printf("  form         %s\n", t->form != NULL ? t->form : "none");
	print_details(t);
	print_missing(t);
	printf("  action       %s%s%s\n", v->action == CHECK_HOLD ? "hold" : "push",
	    v->ask ? ", ask the customer" : "", v->acknowledge ? ", acknowledge" : "");
	for (i = 0; i < t->trail->len; i++)
		printf("  %2u. %s\n", i + 1, (const char *)t->trail->pdata[i]);
}

int
ctl_explain(struct ctl *ctl, int argc, char **argv)
{
	struct bench	b = { .ctl = ctl, .show = show_reasons };

	return for_all(&b, argc, argv);
}

/* --- rule tests --- */

static int
take_first(void *arg, const char *name, GBytes *bytes)
{
	*(struct arrival **)arg = arrival_new(ARRIVAL_MAIL, "file", "file", name, bytes);
	return 1;
}

static struct message *
load_mail(const char *path, void *arg, struct err *e)
{
	struct parse_guarded	*guarded = arg;
	struct arrival		*a = NULL;
	struct parsed		*parsed;
	struct message		*m;
	const char		*failure;

	if (mail_file_each(path, take_first, &a, e) == -1)
		return NULL;
	parsed = parse_guarded_run(guarded, a, &failure);
	m = g_steal_pointer(&parsed->message);
	parsed_free(parsed);
	arrival_free(a);
	return m;
}

static int
run_tests(struct ctl *ctl, const struct parser *parser, int argc, char **argv)
{
	struct parse_guarded		*guarded = parse_guarded_new(ctl->settings, parser);
	struct check_test_source	 source = { load_mail, guarded };
	g_autoptr(GString)		 report = g_string_new(NULL);
	struct err			 e = ERR_INIT;
	unsigned			 ran = 0, total = 0;
	int				 i, failed, all_failed = 0, status = EX_OK;

	for (i = 1; i < argc; i++) {
		failed = check_test_file(parser_check(parser), argv[i], &source, report, &ran, &e);
		if (failed == -1)
			status = ctl_fail(EX_DATAERR, "%s", e.text);
		else
			all_failed += failed;
		total += ran;
	}
	fputs(report->str, stdout);
	printf("%u passed, %d failed\n", total - (unsigned)all_failed, all_failed);
	parse_guarded_free(guarded);
	return status != EX_OK ? status : all_failed > 0 ? 1 : EX_OK;
}

int
ctl_test(struct ctl *ctl, int argc, char **argv)
{
	struct err	 e = ERR_INIT;
	struct parser	*parser;
	int		 status;

	if (argc < 2)
		return ctl_fail(EX_USAGE, "test needs a file of rule tests");
	if (ctl_settings(ctl, false) == NULL)
		return EX_CONFIG;
	if ((parser = parser_new(ctl->settings, &e)) == NULL)
		return ctl_fail(EX_CONFIG, "%s", e.text);
	status = run_tests(ctl, parser, argc, argv);
	parser_free(parser);
	return status;
}

int
ctl_check(struct ctl *ctl, int argc, char **argv)
{
	g_autoptr(GString)	 problems = g_string_new(NULL);
	struct err		 e = ERR_INIT;
	struct parser		*parser;

	if (argc > 1)
		return ctl_fail(EX_USAGE, "%s takes no argument", argv[0]);
	if (ctl_settings(ctl, false) == NULL)
		return EX_CONFIG;
	if (conf_check_files(ctl->settings, problems) == -1) {
		fputs(problems->str, stderr);
		return EX_CONFIG;
	}
	if ((parser = parser_new(ctl->settings, &e)) == NULL)
		return ctl_fail(EX_CONFIG, "%s: %s", ctl->settings->file, e.text);
	parser_free(parser);
	printf("%s: good\n", ctl->settings->file);
	return EX_OK;
}
