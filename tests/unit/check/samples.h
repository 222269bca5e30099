/* SPDX-License-Identifier: ISC */
/*
 * Rules, forms and messages for the tests of check/: the sample configuration
 * or a text of its own, and a conversation with one customer.
 */
#ifndef TESTS_CHECK_SAMPLES_H
#define TESTS_CHECK_SAMPLES_H

#include "check/check.h"

/* A running check; conf is the text of the file, with mail going out. */
struct samples {
	struct settings	*settings;
	struct check	*check;
};

void		 samples_open(struct samples *, const char *conf);
/* conf/rules.conf and conf/forms.conf. */
void		 samples_open_shipped(struct samples *);
void		 samples_close(struct samples *);

struct message	*samples_mail(const char *subject, const char *text);
/* An answer: refers to something. */
struct message	*samples_reply(const char *text);

/* The ticket that the message begins, decided; takes the message. */
struct ticket	*samples_begin(const struct samples *, struct message *, int64_t now_ms,
		    struct verdict *);
/* The message goes on with the ticket; takes the message. */
void		 samples_follow(const struct samples *, struct ticket *, struct message *,
		    int64_t now_ms, struct verdict *);

const char	*samples_value(const struct ticket *, const char *detail);	/* or "" */
const char	*samples_missing(const struct ticket *, guint i);	/* name or "" */
gboolean	 samples_trail_has(const struct ticket *, const char *text);

#endif
