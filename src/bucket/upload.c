/* SPDX-License-Identifier: ISC */
#include "bucket/upload.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/digest.h"
#include "base/fault.h"
#include "store/blob.h"
#include "store/pending.h"

#define TIMEOUT_MS	(6 * 3600 * 1000)	/* of all; silence is found much sooner */
#define SOON_MS		1000
#define MAX_ANSWER	(64 * 1024)

struct upload {
	struct http_client		*http;
	const struct settings_bucket	*settings;
	const char			*state_dir;
	char				*secret;
	char				 sha256[DIGEST_HEX_SIZE];
	int				 fd;		/* until it is given to the request */
	int64_t				 size;
	struct http_call		*call;
	int64_t				 asked_ms;	/* monotonic */
	bool				 is_second;	/* try */
	struct loop_timer		*timer;		/* begins, also anew */
	upload_done_fn			*done;
	void				*arg;
	enum upload_outcome		 outcome;
	struct err			 why;
};

void
upload_cancel(struct upload *u)
{
	if (u == NULL)
		return;
	if (u->call != NULL)
		http_call_cancel(u->call);
	loop_timer_free(u->timer);
	if (u->fd != -1)
		close(u->fd);
	explicit_bzero(u->secret, strlen(u->secret));
	g_free(u->secret);
	g_free(u);
}

static void
end(struct upload *u, enum upload_outcome outcome)
{
	u->done(u->arg, outcome, u->size, u->why.kind != ERR_NONE ? &u->why : NULL);
	upload_cancel(u);
}

static void
ask(struct upload *u, struct http_ask *a, http_answered_fn *answered)
{
	g_autofree char		*url = object_url(u->settings, u->sha256);
	g_autofree char		*scope = object_scope(u->settings);
	struct http_sign	 sign = { scope, u->settings->access_key, u->secret };

	a->url = url;
	a->sign = &sign;
	a->stall_ms = u->settings->timeout_ms;
	a->timeout_ms = TIMEOUT_MS;
	a->max_answer = MAX_ANSWER;
	a->ca_file = u->settings->tls_ca_file;
	a->allow_http = g_str_has_prefix(url, "http:");
	u->asked_ms = clock_mono_ms();
	u->call = http_client_ask(u->http, a, answered, u);
}

/*
 * A server may close a connection that was kept open in the very moment in
 * which it is used again; that says nothing about the server.
 */
static bool
try_again(struct upload *u, const struct err *why)
{
	if (u->is_second || why->kind != ERR_TEMP || clock_mono_ms() - u->asked_ms > SOON_MS)
		return false;
	u->is_second = true;
	loop_timer_start(u->timer, 0);
	return true;
}

static void
on_put(void *arg, const struct http_answer *a, const struct err *why)
{
	struct upload		*u = arg;
	enum object_state	 state = OBJECT_FAILED;

	u->call = NULL;
	if (a == NULL && try_again(u, why))
		return;
	if (a != NULL)
		state = object_judge_put(a, &u->why);
	else
		u->why = *why;
	if (fault_point("bucket-after-put") == -1 && state == OBJECT_THERE) {
		err_errno(&u->why, ERR_TEMP, "the answer is lost");
		state = OBJECT_FAILED;
	}
	end(u, state == OBJECT_THERE ? UPLOAD_SENT :
	    state == OBJECT_REFUSED ? UPLOAD_REFUSED : UPLOAD_FAILED);
}

static void
put(struct upload *u)
{
	g_auto(GStrv)		headers = object_put_headers(u->settings, u->sha256);
	struct http_file	file = { u->fd, u->size };
	struct http_ask		a = { .headers = (const char *const *)headers, .file = &file };

	if (fault_point("bucket-before-put") == -1) {
		err_errno(&u->why, ERR_TEMP, "not sent");
		end(u, UPLOAD_FAILED);
		return;
	}
	u->fd = -1;
	ask(u, &a, on_put);
}

static void
on_head(void *arg, const struct http_answer *a, const struct err *why)
{
	struct upload		*u = arg;
	enum object_state	 state = OBJECT_FAILED;

	u->call = NULL;
	if (a == NULL && try_again(u, why))
		return;
	if (a != NULL)
		state = object_judge_head(a, u->size, &u->why);
	else
		u->why = *why;
	if (state == OBJECT_UNKNOWN)
		put(u);
	else
		end(u, state == OBJECT_THERE ? UPLOAD_KNOWN : UPLOAD_FAILED);
}

static void
head(struct upload *u)
{
	g_auto(GStrv)	headers = object_head_headers();
	struct http_ask	a = { .headers = (const char *const *)headers, .head = true };

	ask(u, &a, on_head);
}

/* The sweep may have taken it from blobs/; the link is there as long as we need it. */
static int
open_blob(struct upload *u)
{
	struct stat	st;

	if ((u->fd = blob_open(u->state_dir, u->sha256)) == -1 && errno == ENOENT)
		u->fd = pending_open_file(u->state_dir, u->sha256);
	if (u->fd == -1 || fstat(u->fd, &st) == -1) {
		u->outcome = errno == ENOENT ? UPLOAD_LOST : UPLOAD_FAILED;
		return err_errno(&u->why, ERR_TEMP, "open blob %s", u->sha256);
	}
	u->size = st.st_size;
	/* So that it is there when it is read, on the loop. */
	posix_fadvise(u->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	posix_fadvise(u->fd, 0, 1 << 20, POSIX_FADV_WILLNEED);
	return 0;
}

static void
on_timer(void *arg)
{
	struct upload	*u = arg;

	if (u->fd != -1 || open_blob(u) == 0)
		head(u);
	else
		end(u, u->outcome);
}

struct upload *
upload_start(struct loop *loop, const struct upload_options *o, const char *sha256,
    upload_done_fn *done, void *arg)
{
	struct upload	*u = g_new0(struct upload, 1);

	u->http = o->http;
	u->settings = o->settings;
	u->secret = g_strdup(o->secret);
	u->done = done;
	u->arg = arg;
	g_strlcpy(u->sha256, sha256, sizeof u->sha256);
	u->timer = loop_timer_new(loop, on_timer, u);
	u->fd = -1;
	u->state_dir = o->state_dir;
	loop_timer_start(u->timer, 0);
	return u;
}
