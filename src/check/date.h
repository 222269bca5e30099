/* SPDX-License-Identifier: ISC */
/*
 * check/date.h - a day as people write it.
 *
 * 2026-11-21, 21.11.2026, 21/11/26, 21 November, Nov 21st 2026, "le 3 mars",
 * yesterday, gestern; in en, de, fr, es, it, nl, pt and pl.
 */
#ifndef CHECK_DATE_H
#define CHECK_DATE_H

#include <stdbool.h>
#include <stdint.h>

#define DATE_SIZE	11	/* "2026-11-21" and its NUL */

enum date_result { DATE_NONE, DATE_FOUND, DATE_AMBIGUOUS };

/*
 * The first day named in text.  language decides between 3/4 and 4/3 (NULL
 * and "en": ambiguous unless one of them is above 12); now_ms gives the year
 * when none is written, and is what "yesterday" counts from (-1: neither is
 * understood).
 */
enum date_result	date_find(const char *text, const char *language, int64_t now_ms,
			    char out[DATE_SIZE]);

#endif
