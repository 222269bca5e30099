/* SPDX-License-Identifier: ISC */
/*
 * io/curl_loop.h - libcurl's transfers on the loop.
 *
 * One multi handle whose sockets and timer are events of the loop, so that
 * name look-ups, connecting, TLS and HTTP never block.  Used inside io/ by
 * http_client (whole requests) and line_stream (CURLOPT_CONNECT_ONLY).
 */
#ifndef IO_CURL_LOOP_H
#define IO_CURL_LOOP_H

#include <curl/curl.h>

#include "io/loop.h"

struct curl_loop;

/* On the loop, never from inside curl_loop_add() or curl_loop_remove(). */
typedef void	curl_loop_done_fn(void *arg, CURL *easy, CURLcode result);

struct curl_loop	*curl_loop_new(struct loop *);
/* All handles must have been removed.  Closes the cached connections. */
void			 curl_loop_free(struct curl_loop *);

/*
 * Begin the transfer; done() comes once unless the handle is removed before.
 * After done() the handle still belongs to the multi handle - a connection
 * made with CURLOPT_CONNECT_ONLY lives only that long - until
 * curl_loop_remove(), which done() may call.  CURLOPT_PRIVATE is ours.
 * Give CURLOPT_ERRORBUFFER for the sentence.
 */
void	curl_loop_add(struct curl_loop *, CURL *easy, curl_loop_done_fn *, void *arg);

/*
 * Take the handle out, finished or not; no done() after it.  Does not clean
 * it up.  Must not be called from a callback of the transfer itself (write,
 * header, ...): return an error from there instead.
 */
void	curl_loop_remove(struct curl_loop *, CURL *easy);

#endif
