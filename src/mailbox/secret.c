/* SPDX-License-Identifier: ISC */
#include "mailbox/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define SECRET_MAX	16384		/* bearer tokens may be some kilobytes */
#define REAP_MS		10

struct secret_query {
	secret_done_fn		*done;
	void			*arg;
	struct loop		*loop;
	char			*file;
	char			 text[SECRET_MAX + 1];
	size_t			 len;
	pid_t			 pid;
	int			 fd;
	struct loop_watch	*watch;
	struct loop_timer	*timer;		/* start, or deadline, or reaping */
	struct loop_timer	*reaper;
	struct err		 problem;
};

static void
end(struct secret_query *q)
{
	q->text[q->len] = '\0';
	q->text[strcspn(q->text, "\r\n")] = '\0';
	if (q->problem.kind == ERR_NONE && *q->text == '\0')
		err_set(&q->problem, ERR_TEMP, "the password is empty");
	q->done(q->arg, q->problem.kind == ERR_NONE ? q->text : NULL, &q->problem);
}

/* True at the end of the file, or when it has failed. */
static bool
read_some(struct secret_query *q)
{
	ssize_t	n = read(q->fd, q->text + q->len, SECRET_MAX - q->len);

	if (n == -1 && (errno == EINTR || errno == EAGAIN))
		return false;
	if (n > 0)
		q->len += (size_t)n;
	if (n == -1)
		err_errno(&q->problem, ERR_TEMP, "reading the password");
	if (q->len == SECRET_MAX)
		err_set(&q->problem, ERR_TEMP, "the password is too long");
	return n <= 0 || q->len == SECRET_MAX;
}

static void
read_file(void *arg)
{
	struct secret_query	*q = arg;

	if ((q->fd = open(q->file, O_RDONLY | O_CLOEXEC)) == -1) {
		err_errno(&q->problem, ERR_TEMP, "%s", q->file);
	} else {
		while (!read_some(q))
			;
		close(q->fd);
		q->fd = -1;
	}
	end(q);
}

static void
reap(void *arg)
{
	struct secret_query	*q = arg;
	int			 status = 0;
	pid_t			 pid = waitpid(q->pid, &status, WNOHANG);

	if (pid == 0) {
		loop_timer_start(q->reaper, REAP_MS);
		return;
	}
	q->pid = 0;
	loop_timer_stop(q->timer);
	if (q->problem.kind == ERR_NONE && (!WIFEXITED(status) || WEXITSTATUS(status) != 0))
		err_set(&q->problem, ERR_TEMP, "password_command ended with status %d",
		    WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
	end(q);
}

static void
on_output(int fd, void *arg)
{
	struct secret_query	*q = arg;

	(void)fd;
	if (!read_some(q))
		return;
	loop_watch_free(q->watch);
	q->watch = NULL;
	reap(q);
}

static void
on_deadline(void *arg)
{
	struct secret_query	*q = arg;

	err_set(&q->problem, ERR_TEMP, "password_command takes too long");
	loop_watch_free(q->watch);
	q->watch = NULL;
	kill(-q->pid, SIGKILL);
	reap(q);
}

static void
start_command(struct secret_query *q, const char *command, int64_t timeout_ms)
{
	char				*argv[] = { (char *)"sh", (char *)"-c", (char *)command, NULL };
	posix_spawn_file_actions_t	 files;
	posix_spawnattr_t		 attr;
	int				 ends[2], rc;

	if (pipe2(ends, O_CLOEXEC) == -1) {
		err_errno(&q->problem, ERR_TEMP, "password_command");
		loop_timer_start(q->reaper, 0);
		return;
	}
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&files, ends[1], STDOUT_FILENO);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETPGROUP);
	rc = posix_spawn(&q->pid, "/bin/sh", &files, &attr, argv, environ);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attr);
	close(ends[1]);
	q->fd = ends[0];
	if (rc != 0) {
		errno = rc;
		err_errno(&q->problem, ERR_TEMP, "password_command");
		q->pid = 0;
		loop_timer_start(q->reaper, 0);
		return;
	}
	fcntl(q->fd, F_SETFL, O_NONBLOCK);
	q->watch = loop_watch_read(q->loop, q->fd, on_output, q);
	loop_timer_start(q->timer, timeout_ms);
}

/* Nothing was started: only the outcome is to be told. */
static void
on_reaper(void *arg)
{
	struct secret_query	*q = arg;

	if (q->pid != 0)
		reap(q);
	else if (q->file != NULL)
		read_file(q);
	else
		end(q);
}

struct secret_query *
secret_query_new(struct loop *loop, const struct settings_secret *s, int64_t timeout_ms,
    secret_done_fn *done, void *arg)
{
	struct secret_query	*q = g_new0(struct secret_query, 1);

	q->loop = loop;
	q->done = done;
	q->arg = arg;
	q->fd = -1;
	q->file = g_strdup(s->file);
	q->timer = loop_timer_new(loop, on_deadline, q);
	q->reaper = loop_timer_new(loop, on_reaper, q);
	if (s->file != NULL)
		loop_timer_start(q->reaper, 0);
	else
		start_command(q, s->command, timeout_ms);
	return q;
}

void
secret_query_free(struct secret_query *q)
{
	if (q == NULL)
		return;
	if (q->pid != 0) {
		kill(-q->pid, SIGKILL);
		waitpid(q->pid, NULL, 0);
	}
	loop_watch_free(q->watch);
	loop_timer_free(q->timer);
	loop_timer_free(q->reaper);
	if (q->fd != -1)
		close(q->fd);
	explicit_bzero(q->text, sizeof(q->text));
	g_free(q->file);
	g_free(q);
}
