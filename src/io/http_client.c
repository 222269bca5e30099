/* SPDX-License-Identifier: ISC */
#include "io/http_client.h"

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
	curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (ask->ca_file != NULL)
		curl_easy_setopt(easy, CURLOPT_CAINFO, ask->ca_file);
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
		/* Without it curl waits a second for "100 Continue". */
		call->headers = curl_slist_append(call->headers, "Expect:");
	}
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
