/* SPDX-License-Identifier: ISC */
/*
 * bucket/object.h - the words in which S3 is spoken to: the address of an
 * object, the headers of a request, and what an answer means.
 *
 * An object is named by its SHA-256, so it can never change, and two who send
 * it at the same time do no harm.  It is application/octet-stream and to be
 * downloaded, whatever a stranger said that it is: nobody's browser shall
 * take it for a page of the bucket's owner.
 */
#ifndef BUCKET_OBJECT_H
#define BUCKET_OBJECT_H

#include <glib.h>
#include <stdint.h>

#include "base/err.h"
#include "conf/settings.h"
#include "io/http_client.h"

char	*object_url(const struct settings_bucket *, const char *sha256);
char	*object_place(const struct settings_bucket *, const char *sha256);	/* s3://bucket/key */
char	*object_scope(const struct settings_bucket *);	/* for struct http_sign */

/* "Name: value" ..., NULL.  g_strfreev() them. */
char	**object_head_headers(void);
char	**object_put_headers(const struct settings_bucket *, const char *sha256);

enum object_state {
	OBJECT_THERE,
	OBJECT_UNKNOWN,		/* only sending it will tell */
	OBJECT_REFUSED,		/* it, not others */
	OBJECT_FAILED		/* nothing can be sent now */
};

/* For all but THERE and UNKNOWN a sentence is left, with what to do about it. */
enum object_state	object_judge_head(const struct http_answer *, int64_t size, struct err *);
enum object_state	object_judge_put(const struct http_answer *, struct err *);

#endif
