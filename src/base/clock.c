/* SPDX-License-Identifier: ISC */
#include "base/clock.h"

#include <glib.h>
#include <stdio.h>
#include <time.h>

static int64_t held = -1;

static int64_t
read_clock(clockid_t id)
{
	struct timespec	ts;

	clock_gettime(id, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int64_t
clock_wall_ms(void)
{
	return held >= 0 ? held : read_clock(CLOCK_REALTIME);
}

int64_t
clock_mono_ms(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

void
clock_hold(int64_t wall_ms)
{
	held = wall_ms;
}

char *
clock_rfc3339(int64_t wall_ms, char *buf)
{
	time_t		seconds = (time_t)(wall_ms / 1000);
	int		ms = (int)(wall_ms % 1000);
	struct tm	tm;

	if (ms < 0) {
		ms += 1000;
		seconds--;
	}
	if (gmtime_r(&seconds, &tm) == NULL || tm.tm_year + 1900 > 9999) {
		g_strlcpy(buf, "1970-01-01T00:00:00.000Z", CLOCK_RFC3339_SIZE);
		return buf;
	}
	snprintf(buf, CLOCK_RFC3339_SIZE, "%04u-%02u-%02uT%02u:%02u:%02u.%03uZ",
	    (unsigned)(tm.tm_year + 1900) % 10000, (unsigned)(tm.tm_mon + 1) % 100,
	    (unsigned)tm.tm_mday % 100, (unsigned)tm.tm_hour % 100,
	    (unsigned)tm.tm_min % 100, (unsigned)tm.tm_sec % 100,
	    (unsigned)ms % 1000);
	return buf;
}

int64_t
clock_parse_rfc3339(const char *text)
{
	g_autoptr(GDateTime)	when = NULL;

	if (text == NULL)
		return -1;
	if ((when = g_date_time_new_from_iso8601(text, NULL)) == NULL)
		return -1;
	return g_date_time_to_unix(when) * 1000 +
	    g_date_time_get_microsecond(when) / 1000;
}
