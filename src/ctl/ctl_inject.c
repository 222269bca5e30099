/* SPDX-License-Identifier: ISC */
/*
 * inject: hands the mail on standard input to the running daemon, for the
 * pipe of a mail server.
 *
 * A mail server bounces on most exit statuses and tries again on EX_TEMPFAIL
 * only.  So that is the answer to all that is not the mail's own fault.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sysexits.h>
#include <unistd.h>

#include "ctl/control.h"
#include "ctl/ctl.h"

#define MOST		((size_t)1 << 30)	/* whatever the daemon allows */
#define PATIENCE_S	120			/* until it has answered */

struct envelope {
	const char	*channel, *from, *to, *socket;
};

static int
read_arguments(struct envelope *env, int argc, char **argv)
{
	static const struct option	options[] = {
		{ "channel", required_argument, NULL, 'c' },
		{ "from", required_argument, NULL, 'f' },
		{ "to", required_argument, NULL, 't' },
		{ "socket", required_argument, NULL, 's' },
		{ NULL, 0, NULL, 0 }
	};
	int				opt;

	optind = 0;
	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (opt == 'c')
			env->channel = optarg;
		else if (opt == 'f')
			env->from = optarg;
		else if (opt == 't')
			env->to = optarg;
		else if (opt == 's')
			env->socket = optarg;
		else
			return EX_USAGE;
	}
	if (optind != argc)
		return ctl_fail(EX_USAGE, "inject takes the mail from standard input");
	return EX_OK;
}

static int
read_mail(GByteArray *mail)
{
	uint8_t	chunk[65536];
	ssize_t	n;

	while ((n = read(STDIN_FILENO, chunk, sizeof chunk)) != 0) {
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return ctl_fail(EX_TEMPFAIL, "standard input: %s", strerror(errno));
		g_byte_array_append(mail, chunk, (guint)n);
		if (mail->len > MOST)
			return ctl_fail(EX_DATAERR, "the mail is too large");
	}
	return EX_OK;
}

/* "From jane@x Sat Nov 21 ...", which some pipes put in front. */
static void
drop_mbox_line(GByteArray *mail)
{
	const uint8_t	*nl;

	if (mail->len < 5 || memcmp(mail->data, "From ", 5) != 0)
		return;
	if ((nl = memchr(mail->data, '\n', mail->len)) != NULL)
		g_byte_array_remove_range(mail, 0, (guint)(nl - mail->data) + 1);
}

/* Does it begin with a header field? */
static bool
is_mail(const GByteArray *mail)
{
	guint	i = 0;

	while (i < mail->len && mail->data[i] > ' ' && mail->data[i] < 0x7f &&
	    mail->data[i] != ':')
		i++;
	if (i == 0)
		return false;
	while (i < mail->len && (mail->data[i] == ' ' || mail->data[i] == '\t'))
		i++;
	return i < mail->len && mail->data[i] == ':';
}

static int
dial(struct ctl *ctl, const struct envelope *env, int *fd)
{
	const struct timeval	 patience = { PATIENCE_S, 0 };
	struct sockaddr_un	 sun = { .sun_family = AF_UNIX };
	g_autofree char		*path = NULL;

	if (env->socket == NULL && ctl_settings(ctl, false) == NULL)
		return EX_TEMPFAIL;
	path = env->socket != NULL ? g_strdup(env->socket) : control_socket_path(ctl->settings);
	if (g_strlcpy(sun.sun_path, path, sizeof sun.sun_path) >= sizeof sun.sun_path)
		return ctl_fail(EX_TEMPFAIL, "%s: too long for a socket", path);
	if ((*fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) == -1)
		return ctl_fail(EX_TEMPFAIL, "socket: %s", strerror(errno));
	setsockopt(*fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	setsockopt(*fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
	if (connect(*fd, (struct sockaddr *)&sun, sizeof sun) == 0)
		return EX_OK;
	return ctl_fail(errno == EACCES || errno == EPERM ? EX_NOPERM : EX_TEMPFAIL, "%s: %s",
	    path, strerror(errno));
}

static void
add_parameter(GString *head, char *before, const char *name, const char *value)
{
	if (value == NULL)
		return;
	g_string_append_printf(head, "%c%s=", *before, name);
	g_string_append_uri_escaped(head, value, NULL, FALSE);
	*before = '&';
}

/* It may answer before it has read all: then that counts. */
static void
send_all(int fd, const void *bytes, size_t len)
{
	const char	*p = bytes;
	ssize_t		 n;

	while (len > 0 && ((n = write(fd, p, len)) > 0 || (n == -1 && errno == EINTR))) {
		if (n == -1)
			continue;
		p += n;
		len -= (size_t)n;
	}
}

static int
hand_over(int fd, const struct envelope *env, const GByteArray *mail)
{
	g_autoptr(GString)	head = g_string_new("POST /inject");
	char			before = '?', answer[1024];
	size_t			have = 0;
	ssize_t			n;
	int			code = 0;
	const char		*why;

	add_parameter(head, &before, "channel", env->channel);
	add_parameter(head, &before, "from", env->from);
	add_parameter(head, &before, "to", env->to);
	g_string_append_printf(head, " HTTP/1.0\r\nHost: localhost\r\nContent-Length: %u\r\n\r\n",
	    mail->len);
	send_all(fd, head->str, head->len);
	send_all(fd, mail->data, mail->len);
	while (have < sizeof answer - 1 &&
	    (n = read(fd, answer + have, sizeof answer - 1 - have)) > 0)
		have += (size_t)n;
	answer[have] = '\0';
	if (sscanf(answer, "HTTP/1.%*d %d", &code) != 1)
		return ctl_fail(EX_TEMPFAIL, "the daemon gave no answer");
	if (code == 200 || code == 202)
		return EX_OK;
	why = strstr(answer, "\r\n\r\n");
	return ctl_fail(code == 400 || code == 413 ? EX_DATAERR : EX_TEMPFAIL,
	    "the daemon answers %d %s", code, why != NULL ? why + 4 : "");
}

int
ctl_inject(struct ctl *ctl, int argc, char **argv)
{
	g_autoptr(GByteArray)	mail = g_byte_array_new();
	struct envelope		env = { 0 };
	int			fd = -1, status;

	if ((status = read_arguments(&env, argc, argv)) != EX_OK ||
	    (status = read_mail(mail)) != EX_OK)
		return status;
	drop_mbox_line(mail);
	if (!is_mail(mail))
		return ctl_fail(EX_DATAERR, mail->len == 0 ? "there is no mail" :
		    "that is not a mail: it does not begin with a header field");
	if ((status = dial(ctl, &env, &fd)) == EX_OK)
		status = hand_over(fd, &env, mail);
	if (fd != -1)
		close(fd);
	return status;
}
