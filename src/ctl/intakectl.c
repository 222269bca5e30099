/* SPDX-License-Identifier: ISC */
/*
 * intakectl - the command line of intaked.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "conf/conf.h"
#include "ctl/ctl.h"

static const struct ctl_command commands[] = {
	{ "normalize", "FILE...", "print one JSON ticket for each message (- is standard input)",
	    ctl_normalize },
	{ "explain", "FILE...", "print every decision that would be made about a message",
	    ctl_explain },
	{ "test", "FILE...", "run rule tests", ctl_test },
	{ "check", "", "check the configuration", ctl_check },
	{ "status", "", "how the running daemon is", ctl_status },
	{ "ticket", "ID", "what is known of a ticket", ctl_ticket },
	{ "tap", "[COUNT]", "print ticket events as they happen", ctl_tap },
	{ "inject", "[--channel NAME] [--from ADDR] [--to ADDR]",
	    "hand in the mail on standard input", ctl_inject },
	{ "reload", "", "make the daemon read its configuration again", ctl_reload },
	{ "journal", "ls | check | export LSN", "look into the journal", ctl_journal },
	{ "mailbox", "test NAME [--probe]", "log in to an imap channel and look around",
	    ctl_mailbox },
	{ "reconcile", "NAME", "each message of an imap channel: what became of it", ctl_reconcile },
	{ "quarantine", "ls | show ID | release ID | drop ID", "messages set aside",
	    ctl_quarantine },
};

int
ctl_fail(int status, const char *fmt, ...)
{
	va_list	ap;

	fprintf(stderr, "intakectl: ");
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	return status;
}

struct settings *
ctl_settings(struct ctl *ctl, bool optional)
{
	g_autoptr(GString)	 problems = g_string_new(NULL);
	const char		*file = ctl->config != NULL ? ctl->config :
				    INTAKED_SYSCONFDIR "/intaked/intaked.conf";

	if (ctl->settings != NULL)
		return ctl->settings;
	if (ctl->config == NULL && optional && access(file, R_OK) == -1)
		return ctl->settings = conf_default();
	if ((ctl->settings = conf_load(file, problems)) == NULL)
		fputs(problems->str, stderr);
	return ctl->settings;
}

static void
usage(FILE *to)
{
	size_t	i;

	fprintf(to, "usage: intakectl [-c FILE] [--json] COMMAND [ARGUMENT...]\n\n"
	    "  -c FILE    configuration; default " INTAKED_SYSCONFDIR "/intaked/intaked.conf\n"
	    "  --json     for scripts: one JSON document or one per line\n"
	    "  --version  print the version\n\ncommands:\n");
	for (i = 0; i < G_N_ELEMENTS(commands); i++)
		fprintf(to, "  %-10s %-36s %s\n", commands[i].name, commands[i].arguments,
		    commands[i].help);
}

static int
run(struct ctl *ctl, int argc, char **argv)
{
	size_t	i;

	for (i = 0; i < G_N_ELEMENTS(commands); i++)
		if (strcmp(commands[i].name, argv[0]) == 0)
			return commands[i].run(ctl, argc, argv);
	return ctl_fail(EX_USAGE, "there is no command \"%s\"; see intakectl --help", argv[0]);
}

int
main(int argc, char **argv)
{
	static const struct option	options[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 }
	};
	struct ctl			ctl = { 0 };
	int				opt, status;

	signal(SIGPIPE, SIG_IGN);
	while ((opt = getopt_long(argc, argv, "+c:hV", options, NULL)) != -1) {
		switch (opt) {
		case 'c':
			ctl.config = optarg;
			break;
		case 'j':
			ctl.json = true;
			break;
		case 'h':
			usage(stdout);
			return EX_OK;
		case 'V':
			puts("intakectl " PACKAGE_VERSION);
			return EX_OK;
		default:
			usage(stderr);
			return EX_USAGE;
		}
	}
	if (optind == argc) {
		usage(stderr);
		return EX_USAGE;
	}
	status = run(&ctl, argc - optind, argv + optind);
	conf_free(ctl.settings);
	if (fflush(stdout) == EOF && status == EX_OK)
		status = ctl_fail(EX_IOERR, "standard output: %s", strerror(errno));
	return status;
}
