/* SPDX-License-Identifier: ISC */
/*
 * mail_text.h - test mails written as text, and files full of them.
 */
#ifndef TESTS_MAIL_TEXT_H
#define TESTS_MAIL_TEXT_H

#include <stddef.h>

#include "model/message.h"
#include "normalize/mail_view.h"

/* Takes a mail in UTF-8 with \n line ends apart: no transfer encodings. */
struct mail_view	*mail_text_view(const char *text, size_t len);

/* What auto_mail.c wants to know about it beforehand. */
struct message		*mail_text_message(const struct mail_view *);

/* Calls fn for each "=== head line" and the mail below it; returns how many. */
unsigned	mail_text_each(const char *file, void (*fn)(unsigned line, const char *head,
		    const char *mail));

#endif
