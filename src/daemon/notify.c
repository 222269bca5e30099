/* SPDX-License-Identifier: ISC */
#include "daemon/notify.h"

#include <glib.h>
#include <inttypes.h>
#include <stdarg.h>
#include <systemd/sd-daemon.h>
#include <time.h>

#include "base/clock.h"

#define TELL_EVERY_MS	2000
#define EXTEND_USEC	60000000

struct notify {
	struct loop_timer	*watchdog;
};

static void
feed(void *arg)
{
	(void)arg;
	sd_notify(0, "WATCHDOG=1");
}

struct notify *
notify_new(struct loop *loop)
{
	struct notify	*n = g_new0(struct notify, 1);
	uint64_t	 usec = 0;

	n->watchdog = loop_timer_new(loop, feed, NULL);
	if (sd_watchdog_enabled(0, &usec) > 0)
		loop_timer_every(n->watchdog, (int64_t)(usec / 1000 / 3));
	return n;
}

void
notify_free(struct notify *n)
{
	if (n == NULL)
		return;
	loop_timer_free(n->watchdog);
	g_free(n);
}

int
notify_socket(unsigned n)
{
	static int	count = -1;

	/* Can be asked only once: it clears what it was told. */
	if (count == -1 && (count = sd_listen_fds(1)) < 0)
		count = 0;
	return n < (unsigned)count ? SD_LISTEN_FDS_START + (int)n : -1;
}

void
notify_starting(const char *what)
{
	static int64_t	told_ms;
	int64_t		now_ms = clock_mono_ms();

	if (told_ms != 0 && now_ms - told_ms < TELL_EVERY_MS)
		return;
	told_ms = now_ms;
	sd_notifyf(0, "STATUS=%s\nEXTEND_TIMEOUT_USEC=%d", what, EXTEND_USEC);
}

void
notify_ready(void)
{
	sd_notify(0, "READY=1");
}

/* systemd wants the time in the same message, to tell reloads apart. */
void
notify_reloading(void)
{
	struct timespec	ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64,
	    (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000);
}

void
notify_stopping(void)
{
	sd_notify(0, "STOPPING=1");
}

void
notify_status(const char *fmt, ...)
{
	g_autofree char	*text = NULL;
	va_list		 ap;

	va_start(ap, fmt);
	text = g_strdup_vprintf(fmt, ap);
	va_end(ap);
	sd_notifyf(0, "STATUS=%s", text);
}
