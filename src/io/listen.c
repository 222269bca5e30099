/* SPDX-License-Identifier: ISC */
#include "io/listen.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG		1024
#define LOST_MS		30000	/* a client may leave our bytes unacknowledged */

/*
 * Accepted sockets inherit these.  Without TCP_NODELAY an answer over TLS
 * waits 40 ms for the client's delayed acknowledgement; with the user timeout
 * a client whose cable was pulled is found out when we write.
 */
int
listen_prepare(int fd, struct err *e)
{
	int		on = 1, flags = fcntl(fd, F_GETFL), is_listening = 0;
	unsigned	lost_ms = LOST_MS;
	socklen_t	len = sizeof(is_listening);

	if (flags == -1 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) == -1 ||
	    fcntl(fd, F_SETFD, FD_CLOEXEC) == -1)
		return err_errno(e, ERR_CONFIG, "cannot use fd %d", fd);
	if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &is_listening, &len) == -1 ||
	    !is_listening)
		return err_set(e, ERR_CONFIG, "fd %d is no listening socket", fd);
	/* These fail on unix sockets, which know neither. */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	(void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &lost_ms, sizeof(lost_ms));
	(void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	return 0;
}

static int
bind_and_listen(int family, const struct sockaddr *sa, socklen_t len)
{
	int	fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1, saved;

	if (fd == -1)
		return -1;
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (family == AF_INET6)
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	if (bind(fd, sa, len) == -1 || listen(fd, BACKLOG) == -1) {
		saved = errno;
		close(fd);
		errno = saved;
		return -1;
	}
	return fd;
}

/* Who has the address now may be about to end: our predecessor, say. */
static enum err_kind
kind_of_bind_error(void)
{
	return errno == EADDRINUSE ? ERR_TEMP : ERR_CONFIG;
}

/* A socket file that nobody answers at is left over from a crash. */
static void
remove_dead(const struct sockaddr_un *un)
{
	struct stat	st;
	int		fd;

	if (lstat(un->sun_path, &st) == -1 || !S_ISSOCK(st.st_mode))
		return;
	if ((fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) == -1)
		return;
	if (connect(fd, (const struct sockaddr *)un, sizeof(*un)) == -1 && errno == ECONNREFUSED)
		unlink(un->sun_path);
	close(fd);
}

static int
open_unix(const char *path, struct err *e)
{
	struct sockaddr_un	un = { .sun_family = AF_UNIX };
	mode_t			mask;
	int			fd;

	if (strlen(path) >= sizeof(un.sun_path))
		return err_set(e, ERR_CONFIG, "%s: the path of a socket is too long", path);
	memcpy(un.sun_path, path, strlen(path) + 1);
	remove_dead(&un);
	mask = umask(0117);
	fd = bind_and_listen(AF_UNIX, (struct sockaddr *)&un, sizeof(un));
	umask(mask);
	return fd == -1 ? err_errno(e, kind_of_bind_error(), "cannot listen on %s", path) : fd;
}

/* "host:port" in two; NULL host means all interfaces. */
static int
split(const char *address, char **host, char **port, struct err *e)
{
	const char	*colon = strrchr(address, ':');
	size_t		 len = colon ? (size_t)(colon - address) : 0;

	if (colon == NULL || colon[1] == '\0')
		return err_set(e, ERR_CONFIG, "%s: not host:port, nor a path", address);
	*port = g_strdup(colon + 1);
	if (len >= 2 && address[0] == '[' && address[len - 1] == ']')
		*host = g_strndup(address + 1, len - 2);
	else if (len == 0 || (len == 1 && address[0] == '*'))
		*host = NULL;
	else
		*host = g_strndup(address, len);
	return 0;
}

static int
open_all(const char *address, const struct addrinfo *ai, GArray *fds, struct err *e)
{
	guint	before = fds->len;
	int	fd;

	for (; ai != NULL; ai = ai->ai_next) {
		fd = bind_and_listen(ai->ai_family, ai->ai_addr, ai->ai_addrlen);
		/* A host without IPv6 still resolves "all interfaces" to it. */
		if (fd == -1 && (errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL) &&
		    (ai->ai_next != NULL || fds->len > before))
			continue;
		if (fd == -1) {
			err_errno(e, kind_of_bind_error(), "cannot listen on %s", address);
			while (fds->len > before) {
				close(g_array_index(fds, int, fds->len - 1));
				g_array_set_size(fds, fds->len - 1);
			}
			return -1;
		}
		g_array_append_val(fds, fd);
	}
	return 0;
}

static int
open_inet(const char *address, GArray *fds, struct err *e)
{
	const struct addrinfo	 hints = { .ai_flags = AI_PASSIVE | AI_NUMERICSERV,
					   .ai_socktype = SOCK_STREAM };
	struct addrinfo		*list;
	g_autofree char		*host = NULL, *port = NULL;
	int			 rc;

	if (split(address, &host, &port, e) == -1)
		return -1;
	if ((rc = getaddrinfo(host, port, &hints, &list)) != 0)
		return err_set(e, rc == EAI_AGAIN ? ERR_TEMP : ERR_CONFIG, "%s: %s", address,
		    gai_strerror(rc));
	rc = open_all(address, list, fds, e);
	freeaddrinfo(list);
	return rc;
}

int
listen_open(const char *address, GArray *fds, struct err *e)
{
	guint	i = fds->len;
	int	fd;

	if (strchr(address, '/') != NULL) {
		if ((fd = open_unix(address, e)) == -1)
			return -1;
		g_array_append_val(fds, fd);
	} else if (open_inet(address, fds, e) == -1)
		return -1;
	for (; i < fds->len; i++)
		if (listen_prepare(g_array_index(fds, int, i), e) == -1)
			return -1;
	return 0;
}
