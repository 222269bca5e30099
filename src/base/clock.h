/* SPDX-License-Identifier: ISC */
/*
 * base/clock.h - the only source of time, so that a test can set it.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

/* Milliseconds since 1970-01-01T00:00:00Z; may jump when the clock is set. */
int64_t	clock_wall_ms(void);

/* Milliseconds on a clock that only goes forward: for timers and intervals. */
int64_t	clock_mono_ms(void);

/* Tests: hold the wall clock at this value; a negative one lets it run again. */
void	clock_hold(int64_t wall_ms);

#define CLOCK_RFC3339_SIZE	32

/* "2026-11-21T23:01:46.123Z" into buf (CLOCK_RFC3339_SIZE bytes); returns buf. */
char	*clock_rfc3339(int64_t wall_ms, char *buf);

/* The reverse; -1 if the text is no RFC 3339 date-time. */
int64_t	clock_parse_rfc3339(const char *text);

#endif
