/* SPDX-License-Identifier: ISC */
/*
 * mail_text.h - files full of test mails, and what normalize() makes of them.
 */
#ifndef TESTS_MAIL_TEXT_H
#define TESTS_MAIL_TEXT_H

#include "model/message.h"

/* From and To are put in front where the mail has none. */
struct message	*mail_text_message(const char *mail);

/*
 * Calls fn for each "=== head line" of a file in tests/golden/normalize and
 * the mail below it; returns how many.
 */
unsigned	mail_text_each(const char *file, void (*fn)(unsigned line, const char *head,
		    const char *mail));

#endif
