/* SPDX-License-Identifier: ISC */
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/dns.h>
#include <event2/event.h>
#include <event2/util.h>

#include <glib.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "io/stream.h"

#define UNSENT_PEER_MS	10000	/* TCP_USER_TIMEOUT: a peer that is silently gone */
#define WRITE_STEP	((size_t)256 << 10)

struct stream {
	struct loop		*loop;
	const struct stream_ops	*ops;
	void			*arg;
	struct bufferevent	*bev;
	struct evdns_base	*dns;
	SSL_CTX			*ctx;
	struct loop_timer	*timer;		/* until it is up; then reports a failed start */
	struct err		 failure;	/* found before anything was tried */
	char			*address;
	bool			 up;
};

static void
fail(struct stream *s, const struct err *e)
{
	struct err	why = *e;

	if (s->bev != NULL)
		bufferevent_disable(s->bev, EV_READ | EV_WRITE);
	loop_timer_stop(s->timer);
	s->ops->down(s->arg, &why);	/* may free s */
}

static void
on_timer(void *arg)
{
	struct stream	*s = arg;

	if (s->failure.kind == ERR_NONE)
		err_set(&s->failure, ERR_TEMP, "%s: no connection in time", s->address);
	fail(s, &s->failure);
}

static void
on_read(struct bufferevent *bev, void *arg)
{
	struct stream		*s = arg;
	struct evbuffer		*in = bufferevent_get_input(bev);
	size_t			 len = evbuffer_get_length(in);
	g_autofree uint8_t	*bytes = g_malloc(len + 1);

	evbuffer_remove(in, bytes, len);
	s->ops->data(s->arg, bytes, len);	/* may free s */
}

static void
describe_tls(struct stream *s, struct err *e)
{
	SSL		*ssl = bufferevent_openssl_get_ssl(s->bev);
	unsigned long	 code = bufferevent_get_openssl_error(s->bev);
	long		 verify = ssl ? SSL_get_verify_result(ssl) : X509_V_OK;

	if (verify != X509_V_OK)
		err_set(e, ERR_CONFIG, "%s: certificate refused: %s", s->address,
		    X509_verify_cert_error_string(verify));
	else
		err_set(e, ERR_TEMP, "%s: TLS: %s", s->address,
		    code ? ERR_reason_error_string(code) : "connection closed");
}

static void
describe(struct stream *s, short what, struct err *e)
{
	int	dns = s->dns ? bufferevent_socket_get_dns_error(s->bev) : 0;

	if (dns != 0)
		err_set(e, ERR_TEMP, "%s: %s", s->address, evutil_gai_strerror(dns));
	else if (what & BEV_EVENT_EOF)
		err_set(e, ERR_TEMP, "%s: closed by the server", s->address);
	else if (s->ctx != NULL && EVUTIL_SOCKET_ERROR() == 0)
		describe_tls(s, e);
	else
		err_set(e, ERR_TEMP, "%s: %s", s->address,
		    evutil_socket_error_to_string(EVUTIL_SOCKET_ERROR()));
	if (s->ctx != NULL && !s->up && SSL_get_verify_result(
	    bufferevent_openssl_get_ssl(s->bev)) != X509_V_OK)
		describe_tls(s, e);
}

static void
set_options(int fd)
{
	int	one = 1, ms = UNSENT_PEER_MS;

	/* They fail on a Unix socket, which needs neither. */
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &ms, sizeof ms);
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof one);
}

static void
on_event(struct bufferevent *bev, short what, void *arg)
{
	struct stream	*s = arg;
	struct err	 e = ERR_INIT;

	if (what & BEV_EVENT_CONNECTED) {
		s->up = true;
		loop_timer_stop(s->timer);
		set_options(bufferevent_getfd(bev));
		s->ops->up(s->arg);
		return;
	}
	describe(s, what, &e);
	fail(s, &e);
}

/* The name in the certificate must be the host of the address. */
static int
expect_host(SSL *ssl, const char *host)
{
	X509_VERIFY_PARAM	*param = SSL_get0_param(ssl);

	if (X509_VERIFY_PARAM_set1_ip_asc(param, host) == 1)
		return 0;
	SSL_set_tlsext_host_name(ssl, host);
	return SSL_set1_host(ssl, host) == 1 ? 0 : -1;
}

static int
make_tls(struct stream *s, const struct stream_options *o, const char *host)
{
	SSL	*ssl;
	int	 ok;

	s->ctx = SSL_CTX_new(TLS_client_method());
	SSL_CTX_set_min_proto_version(s->ctx, TLS1_2_VERSION);
	SSL_CTX_set_verify(s->ctx, SSL_VERIFY_PEER, NULL);
	ok = o->tls_ca_file ? SSL_CTX_load_verify_locations(s->ctx, o->tls_ca_file, NULL)
	    : SSL_CTX_set_default_verify_paths(s->ctx);
	if (ok != 1)
		return err_set(&s->failure, ERR_CONFIG, "%s: cannot read CA certificates %s",
		    s->address, o->tls_ca_file ? o->tls_ca_file : "of the system");
	ssl = SSL_new(s->ctx);
	if (expect_host(ssl, host) == -1) {
		SSL_free(ssl);
		return err_set(&s->failure, ERR_CONFIG, "%s: no name to verify", s->address);
	}
	s->bev = bufferevent_openssl_socket_new(loop_base(s->loop), -1, ssl,
	    BUFFEREVENT_SSL_CONNECTING, BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS);
	return 0;
}

static void
make_plain(struct stream *s)
{
	s->bev = bufferevent_socket_new(loop_base(s->loop), -1,
	    BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS);
}

/* A ticket is sent in one piece, not in steps of 16 KB with a look around after each. */
static void
watch(struct stream *s)
{
	bufferevent_setcb(s->bev, on_read, NULL, on_event, s);
	bufferevent_set_max_single_write(s->bev, WRITE_STEP);
}

static int
connect_path(struct stream *s)
{
	struct sockaddr_un	un = { .sun_family = AF_UNIX };

	if (strlen(s->address) >= sizeof un.sun_path)
		return err_set(&s->failure, ERR_CONFIG, "%s: path too long", s->address);
	memcpy(un.sun_path, s->address, strlen(s->address));
	make_plain(s);
	watch(s);
	if (bufferevent_socket_connect(s->bev, (struct sockaddr *)&un, sizeof un) == -1)
		return err_errno(&s->failure, ERR_TEMP, "%s", s->address);
	return 0;
}

/* "host:port" or "[v6]:port"; the host without brackets, yours. */
static char *
split_address(const char *address, int *port)
{
	const char	*colon = strrchr(address, ':');
	gint64		 number;
	char		*end;

	if (colon == NULL || colon == address)
		return NULL;
	number = g_ascii_strtoll(colon + 1, &end, 10);
	if (end == colon + 1 || *end != '\0' || number < 1 || number > 65535)
		return NULL;
	*port = (int)number;
	if (address[0] == '[' && colon[-1] == ']')
		return g_strndup(address + 1, (gsize)(colon - address) - 2);
	return g_strndup(address, (gsize)(colon - address));
}

static int
connect_host(struct stream *s, const struct stream_options *o)
{
	g_autofree char	*host = NULL;
	int		 port = 0;

	if ((host = split_address(s->address, &port)) == NULL)
		return err_set(&s->failure, ERR_CONFIG, "%s: neither host:port nor a path",
		    s->address);
	if (o->tls) {
		if (make_tls(s, o, host) == -1)
			return -1;
	} else
		make_plain(s);
	watch(s);
	/* A fresh resolver each time: /etc/resolv.conf and /etc/hosts may have changed. */
	s->dns = evdns_base_new(loop_base(s->loop),
	    EVDNS_BASE_INITIALIZE_NAMESERVERS | EVDNS_BASE_DISABLE_WHEN_INACTIVE);
	if (bufferevent_socket_connect_hostname(s->bev, s->dns, AF_UNSPEC, host, port) == -1)
		return err_set(&s->failure, ERR_TEMP, "%s: cannot connect", s->address);
	return 0;
}

struct stream *
stream_open(struct loop *loop, const struct stream_options *o,
    const struct stream_ops *ops, void *arg)
{
	struct stream	*s = g_new0(struct stream, 1);
	int		 rc;

	s->loop = loop;
	s->ops = ops;
	s->arg = arg;
	s->address = g_strdup(o->address ? o->address : "");
	s->timer = loop_timer_new(loop, on_timer, s);
	rc = s->address[0] == '/' ? connect_path(s) : connect_host(s, o);
	if (rc == 0) {
		bufferevent_enable(s->bev, EV_READ | EV_WRITE);
		loop_timer_start(s->timer, o->connect_ms);
		return s;
	}
	/* bufferevents report some failures both ways: this one is enough */
	if (s->bev != NULL)
		bufferevent_setcb(s->bev, NULL, NULL, NULL, NULL);
	loop_timer_start(s->timer, 0);
	return s;
}

void
stream_free(struct stream *s)
{
	if (s == NULL)
		return;
	loop_timer_free(s->timer);
	if (s->bev != NULL) {
		bufferevent_setcb(s->bev, NULL, NULL, NULL, NULL);
		/* libevent closes it at its next turn; the other end knows it now. */
		if (bufferevent_getfd(s->bev) != -1)
			shutdown(bufferevent_getfd(s->bev), SHUT_RDWR);
		bufferevent_free(s->bev);
	}
	if (s->dns != NULL)
		evdns_base_free(s->dns, 0);
	SSL_CTX_free(s->ctx);
	g_free(s->address);
	g_free(s);
}

void
stream_write(struct stream *s, const void *bytes, size_t len)
{
	if (s->bev != NULL)
		bufferevent_write(s->bev, bytes, len);
}

size_t
stream_unsent(const struct stream *s)
{
	return s->bev ? evbuffer_get_length(bufferevent_get_output(s->bev)) : 0;
}
