/* SPDX-License-Identifier: ISC */
/*
 * base/log.h - one event, one line.
 *
 * A line begins with what it is about, then what happened, then key=value:
 *
 *	ticket=7KQM2-XWA9F queued department=billing channel=support
 *
 * Control characters and terminal escapes are written as \xNN, so that
 * nothing a stranger sends can forge a line.  Bodies, secrets and (above
 * debug) addresses are never logged.  Writing never blocks: a line that the
 * reader does not take in time is counted and dropped.
 *
 * Only the loop thread logs.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>
#include <stdint.h>

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };
enum log_format { LOG_FORMAT_TEXT, LOG_FORMAT_JSON };

/* Before the first call: text lines of level info and up on standard error. */
void	log_setup(enum log_level, enum log_format);

/* Put in front of each line as name=value ("worker", "parse"); NULL clears. */
void	log_context(const char *name);

bool	log_wants(enum log_level);
void	log_write(enum log_level, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));

/* Lines dropped because standard error was full. */
uint64_t	log_dropped(void);

#define log_error(...)	log_write(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warn(...)	log_write(LOG_LEVEL_WARN, __VA_ARGS__)
#define log_info(...)	log_write(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...)						\
	do {							\
		if (log_wants(LOG_LEVEL_DEBUG))			\
			log_write(LOG_LEVEL_DEBUG, __VA_ARGS__);\
	} while (0)

#endif
