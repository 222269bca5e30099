/* SPDX-License-Identifier: ISC */
#include "io/http_client.h"

#include <stdio.h>
#include <unistd.h>

#include "io/curl_loop.h"

#define TIMEOUT_MS	30000
#define MAX_ANSWER	(1024 * 1024)

struct http_client {
	struct curl_loop	*curl;
	GQueue			 calls;		/* links are in struct http_call */
};

struct http_call {
	struct http_client	*client;
	GList			 link;
	CURL			*easy;
	struct curl_slist	*headers;
	GString			*body;
	size_t			 max_answer;
	bool			 is_too_large;
	int			 fd;		/* what is sent; or -1 */
	int64_t			 at, size;	/* in it */
	http_answered_fn	*answered;
	void			*arg;
	char			 error[CURL_ERROR_SIZE];
};

struct http_client *
http_client_new(struct loop *loop)
{
	struct http_client	*client = g_new0(struct http_client, 1);

	client->curl = curl_loop_new(loop);
	g_queue_init(&client->calls);
	return client;
}

void
http_client_free(struct http_client *client)
{
	if (client == NULL)
		return;
	while (client->calls.head != NULL)
		http_call_cancel(client->calls.head->data);
	curl_loop_free(client->curl);
	g_free(client);
}

void
http_call_cancel(struct http_call *call)
{
	g_queue_unlink(&call->client->calls, &call->link);
	curl_loop_remove(call->client->curl, call->easy);
	curl_easy_cleanup(call->easy);
	curl_slist_free_all(call->headers);
	g_string_free(call->body, TRUE);
	if (call->fd != -1)
		close(call->fd);
	g_free(call);
}

static size_t
take_bytes(char *bytes, size_t one, size_t len, void *arg)
{
	struct http_call	*call = arg;

	(void)one;
	if (len > call->max_answer - call->body->len) {
		call->is_too_large = true;
		return 0;
	}
	g_string_append_len(call->body, bytes, (gssize)len);
	return len;
}

static size_t
give_bytes(char *to, size_t one, size_t room, void *arg)
{
	struct http_call	*call = arg;
	size_t			 want = (size_t)MIN((int64_t)(one * room), call->size - call->at);
	ssize_t			 n = pread(call->fd, to, want, (off_t)call->at);

	/* A file that has become shorter must not leave the server waiting for the rest. */
	if (n == -1 || (n == 0 && want > 0))
		return CURL_READFUNC_ABORT;
	call->at += n;
	return (size_t)n;
}

/* curl sends again from the start what went into a connection that was just closed. */
static int
go_back(void *arg, curl_off_t to, int whence)
{
	struct http_call	*call = arg;

	if (whence != SEEK_SET || to < 0 || to > call->size)
		return CURL_SEEKFUNC_FAIL;
	call->at = to;
	return CURL_SEEKFUNC_OK;
}

/* What a second try may cure is temporary: all but what was asked wrongly. */
static enum err_kind
kind_of(CURLcode result)
{
	switch (result) {
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_URL_MALFORMAT:
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE:
		return ERR_CONFIG;
	default:
		return ERR_TEMP;
	}
}

static void
on_done(void *arg, CURL *easy, CURLcode result)
{
	struct http_call	*call = arg;
	struct http_answer	 answer = { 0 };
	struct err		 why = ERR_INIT;
	long			 code = 0;
	char			*type = NULL;
	curl_off_t		 length = -1;

	if (call->is_too_large)
		err_set(&why, ERR_PERM, "the answer is larger than %zu bytes", call->max_answer);
	else if (result != CURLE_OK)
		err_set(&why, kind_of(result), "%s",
		    *call->error ? call->error : curl_easy_strerror(result));
	curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &code);
	curl_easy_getinfo(easy, CURLINFO_CONTENT_TYPE, &type);
	answer.code = (int)code;
	answer.type = type;
	answer.body = call->body->str;
	answer.len = call->body->len;
	curl_easy_getinfo(easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
	answer.length = length;
	if (why.kind == ERR_NONE)
		call->answered(call->arg, &answer, NULL);
	else
		call->answered(call->arg, NULL, &why);
	http_call_cancel(call);
}

static void
set_limits(struct http_call *call, const struct http_ask *ask)
{
	CURL	*easy = call->easy;

	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, ask->allow_http ? "http,https" : "https");
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS,
	    (long)(ask->timeout_ms > 0 ? ask->timeout_ms : TIMEOUT_MS));
	if (ask->stall_ms > 0) {
		curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)ask->stall_ms);
		curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
		curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, (long)((ask->stall_ms + 999) / 1000));
	}
	curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (ask->ca_file != NULL)
		curl_easy_setopt(easy, CURLOPT_CAINFO, ask->ca_file);
}

/* curl asks with "100-continue" whether more than a megabyte is welcome. */
static void
set_file(struct http_call *call, const struct http_file *file)
{
	CURL	*easy = call->easy;

	call->fd = file->fd;
	call->size = file->size;
	curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
	curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)file->size);
	curl_easy_setopt(easy, CURLOPT_READFUNCTION, give_bytes);
	curl_easy_setopt(easy, CURLOPT_READDATA, call);
	curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, go_back);
	curl_easy_setopt(easy, CURLOPT_SEEKDATA, call);
	/* What everybody takes; and one that fails does not take others with it. */
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
}

static void
set_signature(CURL *easy, const struct http_sign *sign)
{
	curl_easy_setopt(easy, CURLOPT_AWS_SIGV4, sign->scope);
	curl_easy_setopt(easy, CURLOPT_USERNAME, sign->user);
	curl_easy_setopt(easy, CURLOPT_PASSWORD, sign->secret);
}

static void
set_question(struct http_call *call, const struct http_ask *ask)
{
	CURL			*easy = call->easy;
	const char *const	*line;

	curl_easy_setopt(easy, CURLOPT_URL, ask->url);
	curl_easy_setopt(easy, CURLOPT_USERAGENT, "intaked");
	if (ask->body != NULL) {
		curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)ask->len);
		curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS, (const char *)ask->body);
		/* Without it curl waits a second for "100 Continue"; signed, it would be wrong. */
		if (ask->sign == NULL)
			call->headers = curl_slist_append(call->headers, "Expect:");
	}
	if (ask->file != NULL)
		set_file(call, ask->file);
	if (ask->head)
		curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
	if (ask->sign != NULL)
		set_signature(easy, ask->sign);
	for (line = ask->headers; line != NULL && *line != NULL; line++)
		call->headers = curl_slist_append(call->headers, *line);
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, call->headers);
}

struct http_call *
http_client_ask(struct http_client *client, const struct http_ask *ask,
    http_answered_fn *answered, void *arg)
{
	struct http_call	*call = g_new0(struct http_call, 1);

	call->client = client;
	call->answered = answered;
	call->arg = arg;
	call->fd = -1;
	call->body = g_string_new(NULL);
	call->max_answer = ask->max_answer > 0 ? ask->max_answer : MAX_ANSWER;
	call->link.data = call;
	if ((call->easy = curl_easy_init()) == NULL)
		g_error("curl: no handle");
	curl_easy_setopt(call->easy, CURLOPT_ERRORBUFFER, call->error);
	curl_easy_setopt(call->easy, CURLOPT_WRITEFUNCTION, take_bytes);
	curl_easy_setopt(call->easy, CURLOPT_WRITEDATA, call);
	set_limits(call, ask);
	set_question(call, ask);
	g_queue_push_tail_link(&client->calls, &call->link);
	curl_loop_add(client->curl, call->easy, on_done, call);
	return call;
}
