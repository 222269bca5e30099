/* SPDX-License-Identifier: ISC */
/*
 * ctl/control.h - where intakectl and the daemon meet.
 *
 * The control socket speaks HTTP and answers only who may open it (0600):
 * GET /status, GET /tap (a line per ticket event, until closed),
 * GET /known?key= (one of ticket_keys.dedup: 200, ticket and event, or 404),
 * GET /known?keys= (up to 400 with commas between: 200, a line for each, "-" if not known),
 * GET /ticket?id= (its record in Redis, or 404),
 * POST /reload, POST /quarantine/<id>/release, POST /inject?channel=&from=&to=
 * (a mail; 202: durable, 200: known, 400 and 413: never, all else: later).
 */
#ifndef CTL_CONTROL_H
#define CTL_CONTROL_H

#include "conf/settings.h"

struct ctl;

/* admin.socket, or control.sock in the state directory.  g_free() it. */
char	*control_socket_path(const struct settings *);

/*
 * Ask the daemon.  Returns a status of sysexits.h; *body is the answer, or
 * NULL after a complaint was printed.  g_free() it.
 */
int	 ctl_ask(struct ctl *, const char *method, const char *path, char **body);
/* Prints what the daemon gave as its reason in place of an answer; returns status. */
int	 ctl_refused(const char *body, int status);

#endif
