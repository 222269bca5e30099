/* SPDX-License-Identifier: ISC */
/*
 * What libcurl wants of CONNECT_ONLY (7.88): the easy handle stays in its
 * multi handle for as long as the connection is used; the first recv comes
 * at once when it is done, or the connection may be taken for an idle one;
 * afterwards the socket is watched by us.  TLS may hold data of which the
 * kernel knows nothing: recv until it has no more, or come back by ourselves.
 */
#include "io/line_stream.h"

#include <curl/curl.h>
#include <event2/event.h>
#include <glib.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

#include "io/curl_loop.h"

#define READ_SIZE	65536
#define READ_BUDGET	32		/* reads before the others on the loop get their turn */
#define KEEPALIVE_S	60
#define USER_TIMEOUT_MS	90000		/* sent and not acknowledged: the peer is gone */

struct line_stream {
	struct line_handler	 handler;
	struct curl_loop	*curl;
	CURL			*easy;
	struct event_base	*base;
	struct event		*readable, *writable;
	struct loop_timer	*settled;	/* takes the outcome out of libcurl's callback */
	CURLcode		 result;
	char			 problem[CURL_ERROR_SIZE];
	uint8_t			*buf;		/* READ_SIZE */
	size_t			 first;		/* bytes that came with the first recv */
	GByteArray		*out;
	bool			 open, calling, dead;
};

static void
destroy(struct line_stream *ls)
{
	if (ls->readable != NULL)
		event_free(ls->readable);
	if (ls->writable != NULL)
		event_free(ls->writable);
	loop_timer_free(ls->settled);
	if (ls->easy != NULL) {
		curl_loop_remove(ls->curl, ls->easy);
		curl_easy_cleanup(ls->easy);
	}
	curl_loop_free(ls->curl);
	g_byte_array_unref(ls->out);
	g_free(ls->buf);
	g_free(ls);
}

void
line_stream_free(struct line_stream *ls)
{
	if (ls == NULL)
		return;
	ls->dead = true;
	ls->open = false;
	if (!ls->calling)
		destroy(ls);
}

static enum err_kind
kind_of(CURLcode code)
{
	switch (code) {
	case CURLE_LOGIN_DENIED:
	case CURLE_AUTH_ERROR:
		return ERR_PERM;
	case CURLE_URL_MALFORMAT:
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_NOT_BUILT_IN:
		return ERR_CONFIG;
	default:
		return ERR_TEMP;
	}
}

static const char *
sentence(const struct line_stream *ls, CURLcode code)
{
	switch (code) {
	case CURLE_USE_SSL_FAILED:
		return "the server does not offer STARTTLS";
	case CURLE_LOGIN_DENIED:
		return "the server refuses the login";
	default:
		return *ls->problem != '\0' ? ls->problem : curl_easy_strerror(code);
	}
}

/* The last callback; ls may be gone when it returns. */
static void
close_with(struct line_stream *ls, enum err_kind kind, const char *what)
{
	struct err	e = ERR_INIT;

	if (ls->readable != NULL)
		event_del(ls->readable);
	if (ls->writable != NULL)
		event_del(ls->writable);
	ls->open = false;
	err_set(&e, kind, "%s", what);
	ls->calling = true;
	ls->handler.closed(ls->handler.arg, &e);
	ls->calling = false;
	if (ls->dead)
		destroy(ls);
}

/* False: freed, or closed and told so. */
static bool
deliver(struct line_stream *ls, size_t n)
{
	ls->calling = true;
	ls->handler.received(ls->handler.arg, ls->buf, n);
	ls->calling = false;
	if (ls->dead)
		destroy(ls);
	else
		return true;
	return false;
}

static void
read_more(struct line_stream *ls)
{
	CURLcode	rc;
	size_t		n;
	int		i;

	for (i = 0; i < READ_BUDGET; i++) {
		*ls->problem = '\0';
		rc = curl_easy_recv(ls->easy, ls->buf, READ_SIZE, &n);
		if (rc == CURLE_AGAIN)
			return;
		if (rc != CURLE_OK || n == 0) {
			close_with(ls, ERR_TEMP, rc == CURLE_OK ?
			    "the server closed the connection" : sentence(ls, rc));
			return;
		}
		if (!deliver(ls, n))
			return;
	}
	event_active(ls->readable, EV_READ, 0);
}

/* A failure to send shows again as a failure to read, with its reason. */
static void
send_more(struct line_stream *ls)
{
	size_t	sent = 0, n;

	while (sent < ls->out->len && curl_easy_send(ls->easy, ls->out->data + sent,
	    ls->out->len - sent, &n) == CURLE_OK)
		sent += n;
	g_byte_array_remove_range(ls->out, 0, (guint)sent);
	if (ls->out->len > 0)
		event_add(ls->writable, NULL);
}

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	read_more(arg);
}

static void
on_writable(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	send_more(arg);
}

static void
on_settled(void *arg)
{
	struct line_stream	*ls = arg;
	curl_socket_t		 fd = CURL_SOCKET_BAD;

	if (ls->result != CURLE_OK) {
		close_with(ls, kind_of(ls->result), sentence(ls, ls->result));
		return;
	}
	curl_easy_getinfo(ls->easy, CURLINFO_ACTIVESOCKET, &fd);
	if (fd == CURL_SOCKET_BAD) {
		close_with(ls, ERR_TEMP, "the server closed the connection");
		return;
	}
	ls->readable = event_new(ls->base, fd, EV_READ | EV_PERSIST, on_readable, ls);
	ls->writable = event_new(ls->base, fd, EV_WRITE, on_writable, ls);
	event_add(ls->readable, NULL);
	ls->open = true;
	ls->calling = true;
	ls->handler.opened(ls->handler.arg);
	ls->calling = false;
	if (ls->dead)
		destroy(ls);
	else if (ls->first == 0 || deliver(ls, ls->first))
		read_more(ls);
}

/* Inside libcurl's callback: only take hold of the connection. */
static void
on_done(void *arg, CURL *easy, CURLcode result)
{
	struct line_stream	*ls = arg;

	ls->result = result;
	if (result == CURLE_OK)
		curl_easy_recv(easy, ls->buf, READ_SIZE, &ls->first);
	loop_timer_start(ls->settled, 0);
}

static int
on_socket_made(void *arg, curl_socket_t fd, curlsocktype purpose)
{
	const unsigned	ms = USER_TIMEOUT_MS;

	(void)arg;
	(void)purpose;
	setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &ms, sizeof(ms));
	return CURL_SOCKOPT_OK;
}

/* Free with curl_free(). */
static char *
make_url(const struct line_options *o)
{
	g_autofree char	*scheme = g_strconcat(o->protocol,
			    o->security == LINE_TLS ? "s" : "", NULL);
	g_autofree char	*port = g_strdup_printf("%d", o->port);
	g_autofree char	*path = g_strconcat("/", o->helo, NULL);
	g_autofree char	*host = strchr(o->host, ':') != NULL && *o->host != '[' ?
			    g_strdup_printf("[%s]", o->host) : g_strdup(o->host);
	CURLU		*url = curl_url();
	char		*text = NULL;

	if (url == NULL || curl_url_set(url, CURLUPART_SCHEME, scheme, 0) != CURLUE_OK ||
	    curl_url_set(url, CURLUPART_HOST, host, 0) != CURLUE_OK ||
	    (o->port != 0 && curl_url_set(url, CURLUPART_PORT, port, 0) != CURLUE_OK) ||
	    (o->helo != NULL && curl_url_set(url, CURLUPART_PATH, path, 0) != CURLUE_OK) ||
	    curl_url_get(url, CURLUPART_URL, &text, 0) != CURLUE_OK)
		text = NULL;
	curl_url_cleanup(url);
	return text;
}

static void
set_login(CURL *easy, const struct line_options *o)
{
	bool	bearer = g_strcmp0(o->auth, "xoauth2") == 0;

	if (o->user != NULL)
		curl_easy_setopt(easy, CURLOPT_USERNAME, o->user);
	curl_easy_setopt(easy, bearer ? CURLOPT_XOAUTH2_BEARER : CURLOPT_PASSWORD, o->secret);
	if (bearer)
		curl_easy_setopt(easy, CURLOPT_LOGIN_OPTIONS, "AUTH=XOAUTH2");
	else if (g_strcmp0(o->auth, "plain") == 0)
		curl_easy_setopt(easy, CURLOPT_LOGIN_OPTIONS, "AUTH=PLAIN");
}

static void
set_options(struct line_stream *ls, const struct line_options *o)
{
	CURL	*easy = ls->easy;

	curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, 1L);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, ls->problem);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_PROXY, "");
	curl_easy_setopt(easy, CURLOPT_USE_SSL,
	    (long)(o->security == LINE_PLAIN ? CURLUSESSL_NONE : CURLUSESSL_ALL));
	curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (o->ca_file != NULL)
		curl_easy_setopt(easy, CURLOPT_CAINFO, o->ca_file);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)o->timeout_ms);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)o->timeout_ms);
	curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
	curl_easy_setopt(easy, CURLOPT_TCP_KEEPIDLE, (long)KEEPALIVE_S);
	curl_easy_setopt(easy, CURLOPT_TCP_KEEPINTVL, (long)KEEPALIVE_S / 3);
	curl_easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, on_socket_made);
	set_login(easy, o);
}

struct line_stream *
line_stream_open(struct loop *loop, const struct line_options *o, const struct line_handler *h)
{
	struct line_stream	*ls = g_new0(struct line_stream, 1);
	char			*url;

	ls->handler = *h;
	ls->base = loop_base(loop);
	ls->curl = curl_loop_new(loop);
	ls->settled = loop_timer_new(loop, on_settled, ls);
	ls->buf = g_malloc(READ_SIZE);
	ls->out = g_byte_array_new();
	if ((url = make_url(o)) == NULL) {
		ls->result = CURLE_URL_MALFORMAT;
		loop_timer_start(ls->settled, 0);
		return ls;
	}
	if ((ls->easy = curl_easy_init()) == NULL)
		g_error("curl: no handle");
	curl_easy_setopt(ls->easy, CURLOPT_URL, url);
	set_options(ls, o);
	curl_loop_add(ls->curl, ls->easy, on_done, ls);
	curl_free(url);
	return ls;
}

void
line_stream_send(struct line_stream *ls, const void *bytes, size_t len)
{
	if (!ls->open)
		return;
	g_byte_array_append(ls->out, bytes, (guint)len);
	if (ls->out->len == len)
		send_more(ls);
}
