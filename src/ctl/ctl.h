/* SPDX-License-Identifier: ISC */
/*
 * ctl/ctl.h - what the commands of intakectl share.
 *
 * A command is a row: word, arguments, one line of help, function.  It gets
 * what stands behind its word and returns an exit status of sysexits.h.
 */
#ifndef CTL_CTL_H
#define CTL_CTL_H

#include <stdbool.h>

#include "conf/settings.h"

struct ctl {
	const char		*config;	/* -c, or NULL */
	bool			 json;		/* --json */
	struct settings		*settings;	/* after ctl_settings() */
};

struct ctl_command {
	const char	*name;
	const char	*arguments;
	const char	*help;
	int		(*run)(struct ctl *, int argc, char **argv);
};

/* Prints "intakectl: ..." on standard error; returns status. */
int	ctl_fail(int status, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/*
 * The configuration of -c, else the installed one, else (only if optional)
 * the defaults.  NULL after the complaint was printed.
 */
struct settings	*ctl_settings(struct ctl *, bool optional);

int	ctl_normalize(struct ctl *, int argc, char **argv);
int	ctl_explain(struct ctl *, int argc, char **argv);
int	ctl_test(struct ctl *, int argc, char **argv);
int	ctl_check(struct ctl *, int argc, char **argv);
int	ctl_journal(struct ctl *, int argc, char **argv);
int	ctl_quarantine(struct ctl *, int argc, char **argv);
int	ctl_mailbox(struct ctl *, int argc, char **argv);
int	ctl_reconcile(struct ctl *, int argc, char **argv);
int	ctl_status(struct ctl *, int argc, char **argv);
int	ctl_ticket(struct ctl *, int argc, char **argv);
int	ctl_tap(struct ctl *, int argc, char **argv);
int	ctl_inject(struct ctl *, int argc, char **argv);
int	ctl_reload(struct ctl *, int argc, char **argv);

#endif
