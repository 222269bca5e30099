/* SPDX-License-Identifier: ISC */
/*
 * normalize/bounce_status.h - an enhanced status code (RFC 3463) from words.
 *
 * Used by the bounce readers.
 */
#ifndef NORMALIZE_BOUNCE_STATUS_H
#define NORMALIZE_BOUNCE_STATUS_H

#include <stdbool.h>

#define BOUNCE_STATUS_SIZE	12	/* "5.123.456" and its NUL */

/* The first enhanced status code written in text; false if there is none. */
bool	bounce_status_written(const char *text, char out[BOUNCE_STATUS_SIZE]);

/*
 * What the words mean ("mailbox full": 5.2.2), else what the SMTP code says
 * ("550": 5.0.0).  False if neither says anything.
 */
bool	bounce_status_meant(const char *text, char out[BOUNCE_STATUS_SIZE]);

/* The SMTP reply code at the start of a word ("550 ", "550-"), or 0. */
int	bounce_status_smtp(const char *text);

#endif
