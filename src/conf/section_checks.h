/* SPDX-License-Identifier: ISC */
/*
 * conf/section_checks.h - what no single row can say: keys of a section that
 * need or exclude each other.
 *
 * Called by conf/conf.c through conf/rows.c when a section has been read
 * whole; on -1 the error says what is wrong, and conf.c adds file and line.
 */
#ifndef CONF_SECTION_CHECKS_H
#define CONF_SECTION_CHECKS_H

#include "base/err.h"

int	section_check_http(const void *section, struct err *);
int	section_check_mail_out(const void *section, struct err *);
int	section_check_bucket(const void *section, struct err *);
int	section_check_imap(const void *section, struct err *);
int	section_check_pop3(const void *section, struct err *);
int	section_check_lmtp(const void *section, struct err *);
int	section_check_maildir(const void *section, struct err *);
int	section_check_webhook(const void *section, struct err *);
int	section_check_map(const void *section, struct err *);
int	section_check_chat(const void *section, struct err *);
int	section_check_chat_field(const void *section, struct err *);
int	section_check_detail(const void *section, struct err *);
int	section_check_template(const void *section, struct err *);

#endif
