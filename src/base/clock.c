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

/* The last digits of n, so many of them; where the next goes. */
static char *
put_digits(char *to, int n, int digits)
{
	int	i;

	for (i = digits - 1; i >= 0; i--, n /= 10)
		to[i] = (char)('0' + n % 10);
	return to + digits;
}

/* Several in each ticket: snprintf() takes five times as long. */
char *
clock_rfc3339(int64_t wall_ms, char *buf)
{
	char		*to = buf;
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
	to = put_digits(to, MAX(tm.tm_year + 1900, 0), 4);
	*to++ = '-';
	to = put_digits(to, tm.tm_mon + 1, 2);
	*to++ = '-';
	to = put_digits(to, tm.tm_mday, 2);
	*to++ = 'T';
	to = put_digits(to, tm.tm_hour, 2);
	*to++ = ':';
	to = put_digits(to, tm.tm_min, 2);
	*to++ = ':';
	to = put_digits(to, tm.tm_sec, 2);
	*to++ = '.';
	to = put_digits(to, ms, 3);
	*to++ = 'Z';
	*to = '\0';
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
