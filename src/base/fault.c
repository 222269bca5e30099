/* SPDX-License-Identifier: ISC */
#include "base/fault.h"

#ifdef INTAKED_FAULTS
#include <errno.h>
#include <glib.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char		*armed;		/* name, or "" when nothing is */
static long		 passes;	/* until it fires */
static char		 deed[16];

static void
arm(void)
{
	const char	 *spec = getenv("INTAKED_FAULT");
	g_auto(GStrv)	  part = g_strsplit(spec != NULL ? spec : "", ":", 3);

	armed = g_strdup(part[0] != NULL ? part[0] : "");
	passes = part[0] != NULL && part[1] != NULL ? atol(part[1]) : 1;
	g_strlcpy(deed, part[0] != NULL && part[1] != NULL && part[2] != NULL ?
	    part[2] : "kill", sizeof deed);
}

int
fault_point(const char *name)
{
	static GMutex	lock;
	bool		fire;

	g_mutex_lock(&lock);
	if (armed == NULL)
		arm();
	fire = strcmp(armed, name) == 0 && --passes == 0;
	g_mutex_unlock(&lock);
	if (!fire)
		return 0;
	if (strcmp(deed, "kill") == 0) {
		kill(getpid(), SIGKILL);
		abort();	/* a sandboxed worker may not send signals, but die */
	}
	errno = strcmp(deed, "enospc") == 0 ? ENOSPC : EIO;
	return -1;
}
#else
/* ISO C wants a file to hold something. */
extern const int fault_points_are_compiled_out;
const int fault_points_are_compiled_out = 1;
#endif
