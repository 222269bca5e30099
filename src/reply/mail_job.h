/* SPDX-License-Identifier: ISC */
/*
 * reply/mail_job.h - what passes between the mailer and its helper process.
 *
 * Used by reply/mailer.c and reply/send_worker.c.
 */
#ifndef REPLY_MAIL_JOB_H
#define REPLY_MAIL_JOB_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "reply/reply.h"

/* One mail and the server to give it to. */
struct mail_job {
	char	*server;		/* "host:port" */
	int	 security;		/* enum settings_security */
	char	*tls_ca_file;		/* or NULL */
	char	*user;			/* or NULL */
	char	*password_file;
	bool	 bearer;		/* log in with an access token, XOAUTH2 */
	char	*helo;			/* or NULL */
	int64_t	 step_timeout_ms;
	char	*mail_from;		/* "" for <> */
	char	*rcpt_to;
	char	*bytes;			/* CR LF lines; no NUL in it */
	char	*token;			/* NULL: password_file has it */
};

/* How it went; text is one line. */
struct mail_answer {
	enum mail_result	 result;
	int			 code;		/* of the server, or 0 */
	char			*text;
};

/* Without the token, which may only be had after the mail was composed. */
void	mail_job_encode(const struct mail_job *, GByteArray *);
void	mail_job_add_token(GByteArray *, const char *token);	/* last; may be NULL */
int	mail_job_decode(struct mail_job *, const void *, size_t, struct err *);
void	mail_job_clear(struct mail_job *);

/*
 * Why it must not be sent, or NULL: everything in it is looked at again before
 * it is put on the line as it is.
 */
const char	*mail_job_fault(const struct mail_job *);
/* The token, or the first line of password_file; NULL if that cannot be read.
 * g_free() it. */
char		*mail_job_secret(const struct mail_job *);

/* Replaces what was there; text is made one line. */
void	mail_answer_set(struct mail_answer *, enum mail_result, int code, const char *text);
void	mail_answer_encode(const struct mail_answer *, GByteArray *);
int	mail_answer_decode(struct mail_answer *, const void *, size_t, struct err *);
/* RFC 4954 6: it is we that are refused, not the mail. */
bool	mail_answer_is_about_login(const struct mail_answer *);
void	mail_answer_clear(struct mail_answer *);

#endif
