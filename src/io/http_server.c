/* SPDX-License-Identifier: ISC */
#include "io/http_server.h"

#include <errno.h>
#include <event2/listener.h>
#include <openssl/err.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "io/http_conn.h"
#include "io/listen.h"

#define SWEEP_MS	250
#define MAX_HEAD	(16 * 1024)
#define MAX_BODY	((size_t)1 << 30)

/* All methods of one path. */
struct route_set {
	char		*path;
	bool		 is_prefix;
	GArray		*routes;	/* struct http_route; method is owned */
};

static void
free_route_set(void *p)
{
	struct route_set	*set = p;
	guint			 i;

	for (i = 0; i < set->routes->len; i++)
		g_free((char *)g_array_index(set->routes, struct http_route, i).method);
	g_array_unref(set->routes);
	g_free(set->path);
	g_free(set);
}

void
http_route_add(struct http_server *s, const struct http_route *route)
{
	struct route_set	*set = g_hash_table_lookup(s->routes, route->path);
	struct http_route	 copy = *route;

	if (set == NULL) {
		set = g_new0(struct route_set, 1);
		set->path = g_strdup(route->path);
		set->is_prefix = g_str_has_suffix(route->path, "/");
		set->routes = g_array_new(FALSE, FALSE, sizeof(struct http_route));
		g_hash_table_insert(s->routes, set->path, set);
	}
	copy.path = set->path;
	copy.method = g_strdup(route->method);
	g_array_append_val(set->routes, copy);
}

void
http_route_remove(struct http_server *s, const char *method, const char *path)
{
	struct route_set	*set = g_hash_table_lookup(s->routes, path);
	struct http_route	*route;
	guint			 i;

	for (i = 0; set != NULL && i < set->routes->len; i++) {
		route = &g_array_index(set->routes, struct http_route, i);
		if (strcmp(route->method, method) != 0)
			continue;
		g_free((char *)route->method);
		g_array_remove_index(set->routes, i);
		break;
	}
	if (set != NULL && set->routes->len == 0)
		g_hash_table_remove(s->routes, path);
}

/* The exact path first, then what it is below of, longest first. */
static const struct route_set *
find_set(struct http_server *s, const char *path)
{
	struct route_set	*set = g_hash_table_lookup(s->routes, path), *found = NULL;
	GHashTableIter		 it;
	size_t			 len, longest = 0;

	if (set != NULL)
		return set;
	g_hash_table_iter_init(&it, s->routes);
	while (g_hash_table_iter_next(&it, NULL, (void **)&set)) {
		len = strlen(set->path);
		if (set->is_prefix && len > longest && strncmp(path, set->path, len) == 0) {
			found = set;
			longest = len;
		}
	}
	return found;
}

static const struct http_route *
find_method(const struct route_set *set, const char *method)
{
	const struct http_route	*route;
	guint			 i;

	for (i = 0; i < set->routes->len; i++) {
		route = &g_array_index(set->routes, struct http_route, i);
		if (strcmp(route->method, method) == 0)
			return route;
	}
	return NULL;
}

const struct http_route *
http_server_route(struct http_server *s, const char *method, const char *path)
{
	const struct route_set	*set = find_set(s, path);
	const struct http_route	*route;

	if (set == NULL)
		return NULL;
	route = find_method(set, method);
	if (route == NULL && strcmp(method, "HEAD") == 0)
		route = find_method(set, "GET");
	return route;
}

char *
http_server_allow(struct http_server *s, const char *path)
{
	const struct route_set	*set = find_set(s, path);
	const char		*method;
	GString			*allow;
	guint			 i;

	if (set == NULL)
		return NULL;
	allow = g_string_new(NULL);
	for (i = 0; i < set->routes->len; i++) {
		method = g_array_index(set->routes, struct http_route, i).method;
		g_string_append_printf(allow, "%s%s", i > 0 ? ", " : "", method);
		if (strcmp(method, "GET") == 0)
			g_string_append(allow, ", HEAD");
	}
	return g_string_free(allow, FALSE);
}

static void
set_accepting(struct http_server *s, bool on)
{
	guint	i;

	s->is_accepting = on;
	for (i = 0; i < s->listeners->len; i++) {
		if (on)
			evconnlistener_enable(s->listeners->pdata[i]);
		else
			evconnlistener_disable(s->listeners->pdata[i]);
	}
}

/* A connection between requests may be closed at any time. */
static bool
drop_idle(struct http_server *s)
{
	GList			*at;
	struct http_request	*r;

	for (at = s->conns.head; at != NULL; at = at->next) {
		r = at->data;
		if (r->state == &http_state_idle && !r->is_busy &&
		    evbuffer_get_length(bufferevent_get_output(r->bev)) == 0) {
			http_conn_drop(r);
			return true;
		}
	}
	return false;
}

static unsigned
count_client(struct http_server *s, const struct netaddr *peer, int change)
{
	uint64_t	 key = netaddr_client_key(peer), *kept;
	unsigned	 count;

	count = GPOINTER_TO_UINT(g_hash_table_lookup(s->clients, &key));
	if (change == 0)
		return count;
	count = (unsigned)((int)count + change);
	if (count == 0) {
		g_hash_table_remove(s->clients, &key);
	} else {
		kept = g_memdup2(&key, sizeof(key));
		g_hash_table_replace(s->clients, kept, GUINT_TO_POINTER(count));
	}
	return count;
}

void
http_server_wake(struct http_server *s, struct http_request *r)
{
	if (r->is_ready)
		return;
	r->is_ready = true;
	g_queue_push_tail_link(&s->ready, &r->ready_link);
	if (s->ready.length == 1)
		loop_timer_start(s->wake, 0);
}

static void
unready(struct http_server *s, struct http_request *r)
{
	if (r->is_ready)
		g_queue_unlink(&s->ready, &r->ready_link);
	r->is_ready = false;
}

/* Those that become ready meanwhile wait for the next turn of the loop. */
static void
process_ready(void *arg)
{
	struct http_server	*s = arg;
	struct http_request	*r;
	guint			 n = s->ready.length;

	while (n-- > 0 && s->ready.head != NULL) {
		r = s->ready.head->data;
		unready(s, r);
		http_conn_process(r);
	}
	if (s->ready.length > 0)
		loop_timer_start(s->wake, 0);
}

void
http_server_gone(struct http_server *s, struct http_request *r)
{
	unready(s, r);
	if (s->sweep_next == &r->link)
		s->sweep_next = r->link.next;
	g_queue_unlink(&s->conns, &r->link);
	if (r->is_counted)
		count_client(s, &r->peer, -1);
	if (!s->is_accepting && s->conns.length < s->options.max_connections)
		set_accepting(s, true);
}

/* Does this client count by itself?  A proxy stands for many. */
static bool
is_single_client(const struct http_server *s, const struct netaddr *peer)
{
	return s->options.max_per_client > 0 && !netblocks_have(s->proxies, peer);
}

static void
on_accept(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *sa,
    int len, void *arg)
{
	struct http_server	*s = arg;
	struct netaddr		 peer;
	bool			 has_peer = netaddr_from_sockaddr(&peer, sa);
	bool			 counts = has_peer && is_single_client(s, &peer);

	(void)listener;
	(void)len;
	if (counts && count_client(s, &peer, 0) >= s->options.max_per_client) {
		close((int)fd);
		return;
	}
	if (s->conns.length >= s->options.max_connections && !drop_idle(s)) {
		close((int)fd);
		return;
	}
	if (http_conn_accept(s, (int)fd, has_peer ? &peer : NULL, counts) && counts)
		count_client(s, &peer, 1);
	/* The kernel keeps the next ones until there is room. */
	if (s->conns.length >= s->options.max_connections && s->is_accepting)
		set_accepting(s, false);
}

/* Out of descriptors, most likely: wait for the next sweep. */
static void
on_accept_error(struct evconnlistener *listener, void *arg)
{
	(void)listener;
	log_warn("http cannot accept: %s", g_strerror(errno));
	set_accepting(arg, false);
}

static void
sweep(void *arg)
{
	struct http_server	*s = arg;
	struct http_request	*r;
	GList			*at;
	int64_t			 now = clock_mono_ms();

	for (at = s->conns.head; at != NULL; at = s->sweep_next) {
		r = at->data;
		s->sweep_next = at->next;
		if (r->deadline_ms > 0 && r->deadline_ms <= now)
			r->state->on_late(r);
	}
	s->sweep_next = NULL;
	if (!s->is_accepting &&
	    (s->conns.length < s->options.max_connections || drop_idle(s)))
		set_accepting(s, true);
}

static int
tls_error(struct err *e, const char *what, const char *file)
{
	unsigned long	code = ERR_get_error();
	const char	*reason = ERR_reason_error_string(code);

	ERR_clear_error();
	return err_set(e, ERR_CONFIG, "%s %s: %s", what, file, reason ? reason : "unusable");
}

static int
choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *out_len,
    const unsigned char *in, unsigned in_len, void *arg)
{
	static const unsigned char	ours[] = "\x08http/1.1";

	(void)ssl;
	(void)arg;
	if (SSL_select_next_proto((unsigned char **)out, out_len, ours, sizeof(ours) - 1,
	    in, in_len) != OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_NOACK;
	return SSL_TLSEXT_ERR_OK;
}

static SSL_CTX *
load_tls(const char *certificate, const char *key, struct err *e)
{
	SSL_CTX	*ctx = SSL_CTX_new(TLS_server_method());
	int	 rc = 0;

	if (ctx == NULL) {
		tls_error(e, "TLS", "cannot be used");
		return NULL;
	}
	SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
	SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
	    SSL_OP_CIPHER_SERVER_PREFERENCE);
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_alpn_select_cb(ctx, choose_protocol, NULL);
	if (SSL_CTX_use_certificate_chain_file(ctx, certificate) != 1)
		rc = tls_error(e, "certificate", certificate);
	else if (SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) != 1)
		rc = tls_error(e, "key", key);
	else if (SSL_CTX_check_private_key(ctx) != 1)
		rc = tls_error(e, "key does not belong to the certificate:", key);
	if (rc == -1) {
		SSL_CTX_free(ctx);
		return NULL;
	}
	return ctx;
}

int
http_server_renew_tls(struct http_server *s, struct err *e)
{
	SSL_CTX	*ctx;

	if (s->tls_certificate == NULL)
		return 0;
	if ((ctx = load_tls(s->tls_certificate, s->tls_key, e)) == NULL)
		return -1;
	SSL_CTX_free(s->tls);
	s->tls = ctx;
	return 0;
}

static void
free_listener(void *p)
{
	evconnlistener_free(p);
}

static void
remove_socket(void *p)
{
	unlink(p);
	g_free(p);
}

struct http_server *
http_server_new(struct loop *loop, const struct http_options *options, struct err *e)
{
	struct http_server	*s = g_new0(struct http_server, 1);

	s->loop = loop;
	s->options = *options;
	if (s->options.max_head == 0)
		s->options.max_head = MAX_HEAD;
	s->options.max_body = MIN(s->options.max_body, MAX_BODY);
	if (s->options.max_connections == 0)
		s->options.max_connections = 1;
	s->is_accepting = true;
	g_queue_init(&s->conns);
	s->clients = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
	s->routes = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, free_route_set);
	s->listeners = g_ptr_array_new_with_free_func(free_listener);
	s->socket_paths = g_ptr_array_new_with_free_func(remove_socket);
	g_queue_init(&s->ready);
	s->wake = loop_timer_new(loop, process_ready, s);
	s->sweep = loop_timer_new(loop, sweep, s);
	loop_timer_every(s->sweep, SWEEP_MS);
	s->tls_certificate = g_strdup(options->tls_certificate);
	s->tls_key = g_strdup(options->tls_key);
	s->proxies = netblocks_parse(options->trusted_proxies, e);
	s->options.trusted_proxies = NULL;
	s->options.tls_certificate = s->options.tls_key = NULL;
	if (s->proxies == NULL || http_server_renew_tls(s, e) == -1) {
		http_server_free(s);
		return NULL;
	}
	return s;
}

static void
drop_all(struct http_server *s)
{
	GList	*at;

	for (at = s->conns.head; at != NULL; at = s->sweep_next) {
		s->sweep_next = at->next;
		http_conn_drop(at->data);
	}
	s->sweep_next = NULL;
}

static void
free_server(struct http_server *s)
{
	loop_timer_free(s->sweep);
	loop_timer_free(s->wake);
	g_ptr_array_unref(s->listeners);
	g_ptr_array_unref(s->socket_paths);
	g_hash_table_unref(s->clients);
	g_hash_table_unref(s->routes);
	if (s->proxies != NULL)
		g_array_unref(s->proxies);
	SSL_CTX_free(s->tls);
	g_free(s->tls_certificate);
	g_free(s->tls_key);
	g_free(s);
}

void
http_server_unref(struct http_server *s)
{
	if (--s->alive == 0 && s->is_freed)
		free_server(s);
}

/* Requests that wait for their answer keep the remains of the server alive. */
void
http_server_free(struct http_server *s)
{
	if (s == NULL)
		return;
	g_ptr_array_set_size(s->listeners, 0);
	drop_all(s);
	loop_timer_stop(s->sweep);
	if (s->alive > 0)
		s->is_freed = true;
	else
		free_server(s);
}

static void
add_listener(struct http_server *s, int fd)
{
	struct evconnlistener	*listener;

	listener = evconnlistener_new(loop_base(s->loop), on_accept, s,
	    LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 0, fd);
	if (listener == NULL)
		g_error("http: no listener for fd %d", fd);
	evconnlistener_set_error_cb(listener, on_accept_error);
	g_ptr_array_add(s->listeners, listener);
}

int
http_server_listen(struct http_server *s, const char *address, struct err *e)
{
	g_autoptr(GArray)	fds = g_array_new(FALSE, FALSE, sizeof(int));
	guint			i;

	if (listen_open(address, fds, e) == -1)
		return -1;
	for (i = 0; i < fds->len; i++)
		add_listener(s, g_array_index(fds, int, i));
	if (strchr(address, '/') != NULL)
		g_ptr_array_add(s->socket_paths, g_strdup(address));
	return 0;
}

int
http_server_adopt(struct http_server *s, int fd, struct err *e)
{
	if (listen_prepare(fd, e) == -1)
		return -1;
	add_listener(s, fd);
	return 0;
}

unsigned
http_server_port(const struct http_server *s)
{
	struct sockaddr_storage	ss;
	socklen_t		len;
	guint			i;
	int			fd;

	for (i = 0; i < s->listeners->len; i++) {
		fd = (int)evconnlistener_get_fd(s->listeners->pdata[i]);
		len = sizeof(ss);
		if (getsockname(fd, (struct sockaddr *)&ss, &len) == -1)
			continue;
		if (ss.ss_family == AF_INET)
			return ntohs(((struct sockaddr_in *)(void *)&ss)->sin_port);
		if (ss.ss_family == AF_INET6)
			return ntohs(((struct sockaddr_in6 *)(void *)&ss)->sin6_port);
	}
	return 0;
}

void
http_server_drain(struct http_server *s)
{
	s->is_draining = true;
	g_ptr_array_set_size(s->listeners, 0);
	g_ptr_array_set_size(s->socket_paths, 0);
	while (drop_idle(s))
		;
}

unsigned
http_server_connections(const struct http_server *s)
{
	return s->conns.length;
}
