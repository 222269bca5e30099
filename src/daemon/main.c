/* SPDX-License-Identifier: ISC */
/*
 * intaked - takes mail, chat and webhooks and makes tickets of them.
 *
 * The same program is its own helpers: --worker=parse takes messages apart,
 * --worker=send sends mail (src/README).
 */
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "base/log.h"
#include "conf/conf.h"
#include "daemon/daemon.h"
#include "intake/intake.h"

#define DEFAULT_CONFIG	INTAKED_SYSCONFDIR "/intaked/intaked.conf"

static void
usage(FILE *to)
{
	fputs("usage: intaked [-t] [-c FILE]\n\n"
	    "  -c FILE    configuration; default " DEFAULT_CONFIG "\n"
	    "  -t         check the configuration and exit: 0 good, 78 not\n"
	    "  --version  print the version\n"
	    "  --help     print this\n\n"
	    "See intaked(8) and intaked.conf(5).\n", to);
}

/* Read and checked; NULL after all that is wrong was printed. */
static struct settings *
load(const char *file)
{
	g_autoptr(GString)	 problems = g_string_new(NULL);
	struct settings		*s = conf_load(file, problems);

	if (s != NULL && daemon_check(s, problems) == -1)
		g_clear_pointer(&s, conf_free);
	fputs(problems->str, stderr);
	return s;
}

static int
run(const char *file, bool only_check)
{
	struct settings	*s = load(file);

	if (s == NULL)
		return EX_CONFIG;
	if (only_check) {
		printf("%s: good\n", file);
		conf_free(s);
		return EX_OK;
	}
	log_setup((enum log_level)s->log.level, (enum log_format)s->log.format);
	return daemon_run(s);
}

int
main(int argc, char **argv)
{
	static const struct option	options[] = {
		{ "worker", required_argument, NULL, 'w' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 }
	};
	const char			*file = DEFAULT_CONFIG;
	bool				 only_check = false;
	int				 opt;

	while ((opt = getopt_long(argc, argv, "c:thV", options, NULL)) != -1) {
		switch (opt) {
		case 'c':
			file = optarg;
			break;
		case 't':
			only_check = true;
			break;
		case 'w':
			return intake_worker_main(optarg);
		case 'h':
			usage(stdout);
			return EX_OK;
		case 'V':
			puts("intaked " PACKAGE_VERSION);
			return EX_OK;
		default:
			usage(stderr);
			return EX_USAGE;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "intaked: what is \"%s\"?\n", argv[optind]);
		usage(stderr);
		return EX_USAGE;
	}
	return run(file, only_check);
}
