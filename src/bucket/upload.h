/* SPDX-License-Identifier: ISC */
/*
 * bucket/upload.h - one blob on its way into the bucket: is it there already?
 * If not, it is sent, from its file, some kilobytes at a time.
 */
#ifndef BUCKET_UPLOAD_H
#define BUCKET_UPLOAD_H

#include <stdint.h>

#include "bucket/object.h"

struct upload;

struct upload_options {
	struct http_client		*http;
	const struct settings_bucket	*settings;	/* used while it is started, and until done */
	const char			*secret;	/* copied */
	const char			*state_dir;	/* borrowed until done, too */
};

enum upload_outcome {
	UPLOAD_SENT,
	UPLOAD_KNOWN,		/* it was there */
	UPLOAD_LOST,		/* we have no such file */
	UPLOAD_REFUSED,		/* the server wants everything but this one */
	UPLOAD_FAILED		/* nothing can be sent now */
};

/* On the loop, once; why is set for the last three.  The upload is freed after it. */
typedef void	upload_done_fn(void *arg, enum upload_outcome, int64_t size, const struct err *why);

struct upload	*upload_start(struct loop *, const struct upload_options *, const char *sha256,
		    upload_done_fn *, void *arg);
void		 upload_cancel(struct upload *);	/* no callback; NULL is fine */

#endif
