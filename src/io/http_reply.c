/* SPDX-License-Identifier: ISC */
#include "io/http_conn.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/json_out.h"
#include "base/metric.h"

#define HEAD_ROOM	512	/* of an answer, without the caller's headers */

struct status {
	int		 code;
	const char	*label;		/* of the metric */
	const char	*reason;
};

static const struct status statuses[] = {
	{ 200, "200", "OK" },
	{ 202, "202", "Accepted" },
	{ 204, "204", "No Content" },
	{ 304, "304", "Not Modified" },
	{ 400, "400", "Bad Request" },
	{ 401, "401", "Unauthorized" },
	{ 403, "403", "Forbidden" },
	{ 404, "404", "Not Found" },
	{ 405, "405", "Method Not Allowed" },
	{ 408, "408", "Request Timeout" },
	{ 409, "409", "Conflict" },
	{ 410, "410", "Gone" },
	{ 413, "413", "Content Too Large" },
	{ 414, "414", "URI Too Long" },
	{ 415, "415", "Unsupported Media Type" },
	{ 417, "417", "Expectation Failed" },
	{ 422, "422", "Unprocessable Content" },
	{ 429, "429", "Too Many Requests" },
	{ 431, "431", "Request Header Fields Too Large" },
	{ 500, "500", "Internal Server Error" },
	{ 503, "503", "Service Unavailable" },
	{ 505, "505", "HTTP Version Not Supported" },
};

/* Codes are ours, so one that is not in the table is a bug. */
static const struct status *
find_status(int code)
{
	size_t	i;

	for (i = 0; i < G_N_ELEMENTS(statuses); i++)
		if (statuses[i].code == code)
			return &statuses[i];
	g_error("http: no status %d", code);
}

struct http_stream {
	struct http_request	*request;
	size_t			 max_waiting;
	bool			 is_chunked;
	bool			 is_silent;	/* HEAD: no body goes out */
	http_closed_fn		*closed;
	void			*arg;
};

/* "Date: Sat, 21 Nov 2026 23:01:46 GMT", made once a second. */
static const char *
date_of(struct http_server *s)
{
	int64_t		now = clock_wall_ms() / 1000;
	time_t		t = (time_t)now;
	struct tm	tm;

	if (now != s->date_second) {
		gmtime_r(&t, &tm);
		strftime(s->date, sizeof(s->date), "%a, %d %b %Y %H:%M:%S GMT", &tm);
		s->date_second = now;
	}
	return s->date;
}

/* The first lines of each answer; framing is its Content-Length or the like. */
static void
write_head(struct http_request *r, const struct status *st, const char *type,
    const char *framing, const char *headers)
{
	struct evbuffer	*out = bufferevent_get_output(r->bev);
	char		 head[HEAD_ROOM];
	int		 n;

	n = snprintf(head, sizeof(head), "HTTP/1.1 %s %s\r\nDate: %s\r\n%s%s%s%s%s%s",
	    st->label, st->reason, date_of(r->server),
	    type != NULL ? "Content-Type: " : "", type != NULL ? type : "",
	    type != NULL ? "\r\n" : "", framing,
	    r->is_closing ? "Connection: close\r\n" :
	    r->head.is_http10 ? "Connection: keep-alive\r\n" : "",
	    headers != NULL ? "" : "\r\n");
	g_assert(n > 0 && (size_t)n < sizeof(head));
	evbuffer_add(out, head, (size_t)n);
	if (headers != NULL) {
		evbuffer_add(out, headers, strlen(headers));
		evbuffer_add(out, "\r\n", 2);
	}
}

static bool
is_head(const struct http_request *r)
{
	return strcmp(r->head.method, "HEAD") == 0;
}

void
http_reply(struct http_request *r, int code, const char *type, const char *headers,
    const void *body, size_t len)
{
	const struct status	*st = find_status(code);
	char			 framing[48] = "";

	metric_inc(METRIC_HTTP_REQUESTS, st->label);
	if (r->bev != NULL) {
		http_conn_before_answer(r);
		if (code != 204 && code != 304)
			snprintf(framing, sizeof(framing), "Content-Length: %zu\r\n", len);
		write_head(r, st, type, framing, headers);
		if (!is_head(r) && len > 0)
			bufferevent_write(r->bev, body, len);
	}
	http_conn_answered(r);
}

void
http_reply_json(struct http_request *r, int code, const char *headers,
    const char *error, const char *detail)
{
	g_autoptr(GString)	body = g_string_sized_new(160);
	struct json_out		j = JSON_OUT(body);

	json_open(&j, NULL, '{');
	json_str(&j, "error", error);
	json_str(&j, "detail", detail);
	json_close(&j, '}');
	g_string_append_c(body, '\n');
	http_reply(r, code, "application/json", headers, body->str, body->len);
}

void
http_reply_error(struct http_request *r, int code, const char *error, const char *detail)
{
	http_reply_json(r, code, NULL, error, detail);
}

void
http_reply_later(struct http_request *r, int code, unsigned seconds, const char *error,
    const char *detail)
{
	char	line[40];

	snprintf(line, sizeof(line), "Retry-After: %u\r\n", seconds);
	http_reply_json(r, code, line, error, detail);
}

void
http_reply_broken(struct http_request *r, int code, const char *detail)
{
	static const struct {
		int		 code;
		const char	*error;
	} errors[] = {
		{ 408, "too_slow" }, { 414, "too_large" }, { 431, "too_large" },
		{ 505, "bad_version" },
	};
	const char	*error = "bad_request";
	size_t		 i;

	for (i = 0; i < G_N_ELEMENTS(errors); i++)
		if (errors[i].code == code)
			error = errors[i].error;
	/* Nothing that was read of the head counts. */
	r->head.method = "";
	r->head.is_http10 = r->head.keep_alive = false;
	r->is_open = true;
	r->is_closing = r->is_lingering = true;
	http_reply_error(r, code, error, detail);
}

struct http_stream *
http_stream_open(struct http_request *r, const char *type, const char *headers,
    size_t max_waiting, http_closed_fn *closed, void *arg)
{
	struct http_stream	*st;

	metric_inc(METRIC_HTTP_REQUESTS, "200");
	if (r->bev == NULL) {
		http_conn_answered(r);
		return NULL;
	}
	st = g_new0(struct http_stream, 1);
	st->request = r;
	st->max_waiting = max_waiting;
	st->closed = closed;
	st->arg = arg;
	st->is_silent = is_head(r);
	st->is_chunked = !r->head.is_http10;
	r->is_closing = true;
	write_head(r, find_status(200), type,
	    st->is_chunked ? "Transfer-Encoding: chunked\r\n" : "", headers);
	r->stream = st;
	r->is_open = false;
	r->closed = NULL;
	if (st->is_silent)
		http_conn_enter(r, &http_state_flush, r->server->options.body_timeout_ms);
	else
		http_conn_enter(r, &http_state_stream, 0);
	return st;
}

/* Nothing of the stream may be touched after this. */
static void
end_stream(struct http_stream *st)
{
	st->request->stream = NULL;
	g_free(st);
}

int
http_stream_send(struct http_stream *st, const void *bytes, size_t len)
{
	struct http_request	*r = st->request;
	struct evbuffer		*out;
	char			 size[24];

	if (st->is_silent || len == 0)
		return 0;
	out = bufferevent_get_output(r->bev);
	if (evbuffer_get_length(out) + len > st->max_waiting) {
		end_stream(st);
		http_conn_drop(r);
		return -1;
	}
	if (st->is_chunked)
		evbuffer_add(out, size, (size_t)snprintf(size, sizeof(size), "%zx\r\n", len));
	evbuffer_add(out, bytes, len);
	if (st->is_chunked)
		evbuffer_add(out, "\r\n", 2);
	return 0;
}

void
http_stream_close(struct http_stream *st)
{
	struct http_request	*r = st->request;

	if (st->is_chunked && !st->is_silent)
		bufferevent_write(r->bev, "0\r\n\r\n", 5);
	end_stream(st);
	http_conn_answered(r);
}

void
http_stream_gone(struct http_stream *st)
{
	http_closed_fn	*closed = st->closed;
	void		*arg = st->arg;

	g_free(st);
	closed(arg);
}
