/* SPDX-License-Identifier: ISC */
/*
 * status, ticket, tap, reload: talks to the running daemon over its control socket,
 * which speaks HTTP.
 */
#include <errno.h>
#include <jansson.h>
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

#define ANSWER_SECONDS	30

/* Connects; prints what to do when that fails. */
static int
dial(struct ctl *ctl)
{
	struct sockaddr_un	 sun = { .sun_family = AF_UNIX };
	struct timeval		 patience = { .tv_sec = ANSWER_SECONDS };
	g_autofree char		*path = NULL;
	int			 fd;

	if (ctl_settings(ctl, false) == NULL)
		return -1;
	path = control_socket_path(ctl->settings);
	if (g_strlcpy(sun.sun_path, path, sizeof sun.sun_path) >= sizeof sun.sun_path) {
		ctl_fail(EX_CONFIG, "%s: too long for a socket", path);
		return -1;
	}
	if ((fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) == -1 ||
	    connect(fd, (struct sockaddr *)&sun, sizeof sun) == -1) {
		ctl_fail(EX_UNAVAILABLE, "%s: %s; is intaked running with this configuration?",
		    path, strerror(errno));
		if (fd != -1)
			close(fd);
		return -1;
	}
	/* One that is stopped in a debugger takes connections and is silent. */
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	return fd;
}

/* Sends the request; returns a stream at the first byte of the body. */
static FILE *
request(struct ctl *ctl, const char *method, const char *path, int *code)
{
	int	 fd = dial(ctl);
	FILE	*file;
	char	 line[1024];

	if (fd == -1)
		return NULL;
	dprintf(fd, "%s %s HTTP/1.0\r\nHost: localhost\r\n\r\n", method, path);
	file = fdopen(fd, "r");
	if (fgets(line, sizeof line, file) == NULL || sscanf(line, "HTTP/1.%*d %d", code) != 1) {
		ctl_fail(EX_UNAVAILABLE, "the daemon does not answer");
		fclose(file);
		return NULL;
	}
	while (fgets(line, sizeof line, file) != NULL)
		if (line[strspn(line, "\r\n")] == '\0')
			break;
	return file;
}

static char *
read_all(FILE *file)
{
	GString	*all = g_string_new(NULL);
	char	 chunk[4096];
	size_t	 n;

	while ((n = fread(chunk, 1, sizeof chunk, file)) > 0)
		g_string_append_len(all, chunk, (gssize)n);
	fclose(file);
	return g_string_free(all, FALSE);
}

int
ctl_ask(struct ctl *ctl, const char *method, const char *path, char **body)
{
	int	 code = 0;
	FILE	*file = request(ctl, method, path, &code);

	*body = NULL;
	if (file == NULL)
		return ctl->settings == NULL ? EX_CONFIG : EX_UNAVAILABLE;
	*body = read_all(file);
	return code >= 200 && code < 300 ? EX_OK : code == 404 ? EX_NOINPUT : EX_TEMPFAIL;
}

static void
print_value(const char *name, const json_t *value, int depth)
{
	const char	*key;
	json_t		*member;
	size_t		 i;
	g_autofree char	*flat = NULL;

	if (json_is_object(value)) {
		if (*name != '\0')
			printf("%*s%s\n", depth, "", name);
		json_object_foreach((json_t *)(uintptr_t)value, key, member)
			print_value(key, member, *name != '\0' ? depth + 2 : depth);
		return;
	}
	if (json_is_array(value)) {
		printf("%*s%s%s\n", depth, "", name, json_array_size(value) > 0 ? "" : "  none");
		json_array_foreach(value, i, member) {
			if (json_is_string(member))
				printf("%*s- %s\n", depth + 2, "", json_string_value(member));
			else
				print_value("-", member, depth + 2);
		}
		return;
	}
	if (json_is_string(value)) {
		printf("%*s%-*s  %s\n", depth, "", 24 - depth, name, json_string_value(value));
		return;
	}
	flat = json_dumps(value, JSON_ENCODE_ANY);
	printf("%*s%-*s  %s\n", depth, "", 24 - depth, name, flat);
}

static int
show(struct ctl *ctl, const char *body)
{
	json_t	*doc;

	if (ctl->json) {
		puts(body);
		return EX_OK;
	}
	if ((doc = json_loads(body, 0, NULL)) == NULL)
		return ctl_fail(EX_PROTOCOL, "the daemon's answer is not JSON");
	print_value("", doc, 0);
	json_decref(doc);
	return EX_OK;
}

int
ctl_refused(const char *body, int status)
{
	json_t		*doc = body != NULL ? json_loads(body, 0, NULL) : NULL;
	const char	*detail = json_string_value(json_object_get(doc, "detail"));

	if (detail != NULL)
		ctl_fail(status, "%s", detail);
	else if (body != NULL)
		fputs(body, stderr);
	json_decref(doc);
	return status;
}

int
ctl_status(struct ctl *ctl, int argc, char **argv)
{
	g_autofree char	*body = NULL;
	int		 status;

	if (argc > 1)
		return ctl_fail(EX_USAGE, "%s takes no argument", argv[0]);
	if ((status = ctl_ask(ctl, "GET", "/status", &body)) != EX_OK)
		return ctl_refused(body, status);
	return show(ctl, body);
}

int
ctl_ticket(struct ctl *ctl, int argc, char **argv)
{
	g_autofree char	*id = NULL, *path = NULL, *body = NULL;
	int		 status;

	if (argc != 2)
		return ctl_fail(EX_USAGE, "ticket takes the id of one");
	id = g_uri_escape_string(argv[1], NULL, FALSE);
	path = g_strconcat("/ticket?id=", id, NULL);
	if ((status = ctl_ask(ctl, "GET", path, &body)) != EX_OK)
		return ctl_refused(body, status);
	return show(ctl, body);
}

int
ctl_tap(struct ctl *ctl, int argc, char **argv)
{
	long		 left = argc > 1 ? atol(argv[1]) : -1;
	struct timeval	 for_ever = { 0 };
	int		 code = 0, c = 0;
	FILE		*file;

	if (argc > 2 || (argc > 1 && left <= 0))
		return ctl_fail(EX_USAGE, "tap takes a number of events, or nothing");
	if ((file = request(ctl, "GET", "/tap", &code)) == NULL)
		return ctl->settings == NULL ? EX_CONFIG : EX_UNAVAILABLE;
	setsockopt(fileno(file), SOL_SOCKET, SO_RCVTIMEO, &for_ever, sizeof for_ever);
	while (left != 0 && (c = getc(file)) != EOF && putchar(c) != EOF)
		if (c == '\n') {
			if (fflush(stdout) == EOF)
				break;
			left -= left > 0;
		}
	fclose(file);
	if (ferror(stdout))
		return ctl_fail(EX_IOERR, "standard output: %s", strerror(errno));
	return c == EOF ? ctl_fail(EX_UNAVAILABLE, "the daemon has ended") : EX_OK;
}

int
ctl_reload(struct ctl *ctl, int argc, char **argv)
{
	g_autofree char	*body = NULL;
	int		 status;

	if (argc > 1)
		return ctl_fail(EX_USAGE, "%s takes no argument", argv[0]);
	status = ctl_ask(ctl, "POST", "/reload", &body);
	if (body != NULL)
		fputs(body, status == EX_OK ? stdout : stderr);
	return status == EX_TEMPFAIL ? EX_CONFIG : status;
}
