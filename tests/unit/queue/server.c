/* SPDX-License-Identifier: ISC */
#include "server.h"

#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"

#define STARTS_WITHIN	3000	/* times 20 ms */

static GPtrArray	*living;	/* struct server *: made and not freed */

/* Whatever becomes of the test, its server does not outlive it. */
static void
die_with_parent(gpointer unused)
{
	(void)unused;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
}

static bool
answers(const struct server *s)
{
	redisContext	*c = redisConnectUnix(s->socket);
	redisReply	*r;
	bool		 ok = c != NULL && c->err == 0;

	if (ok) {
		r = redisCommand(c, "PING");
		/* An ACL may refuse even this; LOADING is a life sign, too. */
		ok = r != NULL;
		freeReplyObject(r);
	}
	if (c != NULL)
		redisFree(c);
	return ok;
}

int
run_program(const char *const *argv)
{
	int	status = -1;

	if (!g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH |
	    G_SPAWN_STDOUT_TO_DEV_NULL | G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL, NULL, NULL,
	    &status, NULL))
		return -1;
	return status;
}

bool
server_is_installed(void)
{
	g_autofree char	*path = g_find_program_in_path("redis-server");

	return path != NULL;
}

void
server_start(struct server *s, const char *const *extra)
{
	g_autoptr(GPtrArray)	 argv = g_ptr_array_new();
	int			 i;
	const char *const	 always[] = {
		"redis-server", "--port", "0", "--unixsocket", s->socket, "--dir", s->dir,
		"--save", "", "--logfile", "redis.log", "--enable-debug-command", "yes",
		"--repl-diskless-sync-delay", "0"
	};

	for (i = 0; i < (int)G_N_ELEMENTS(always); i++)
		g_ptr_array_add(argv, (gpointer)always[i]);
	for (i = 0; extra != NULL && extra[i] != NULL; i++)
		g_ptr_array_add(argv, (gpointer)extra[i]);
	g_ptr_array_add(argv, NULL);
	unlink(s->socket);
	if (!g_spawn_async(NULL, (char **)argv->pdata, NULL, G_SPAWN_SEARCH_PATH |
	    G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDOUT_TO_DEV_NULL, die_with_parent, NULL,
	    &s->pid, NULL))
		g_error("cannot start redis-server");
	for (i = 0; i < STARTS_WITHIN && !answers(s); i++)
		g_usleep(20000);
	if (i == STARTS_WITHIN)
		g_error("redis-server does not answer on %s", s->socket);
}

struct server *
server_new(const char *const *extra)
{
	struct server	*s = g_new0(struct server, 1);

	s->dir = g_dir_make_tmp("queue-XXXXXX", NULL);
	s->socket = g_build_filename(s->dir, "redis.sock", NULL);
	if (living == NULL)
		living = g_ptr_array_new();
	g_ptr_array_add(living, s);
	server_start(s, extra);
	return s;
}

void
server_kill(struct server *s)
{
	if (s->pid == 0)
		return;
	kill(s->pid, SIGKILL);
	waitpid(s->pid, NULL, 0);
	s->pid = 0;
}

void
server_free(struct server *s)
{
	const char	*argv[] = { "rm", "-rf", s->dir, NULL };

	server_kill(s);
	g_ptr_array_remove_fast(living, s);
	run_program(argv);
	g_free(s->dir);
	g_free(s->socket);
	g_free(s);
}

void
server_kill_all(void)
{
	while (living != NULL && living->len > 0)
		server_free(living->pdata[0]);
}

static redisReply *
do_command(const struct server *s, const char *fmt, va_list ap)
{
	redisContext	*c = redisConnectUnix(s->socket);
	redisReply	*r;

	if (c == NULL || c->err != 0)
		g_error("redis: %s", c ? c->errstr : "no memory");
	r = redisvCommand(c, fmt, ap);
	redisFree(c);
	return r;
}

redisReply *
server_do(const struct server *s, const char *fmt, ...)
{
	redisReply	*r;
	va_list		 ap;

	va_start(ap, fmt);
	r = do_command(s, fmt, ap);
	va_end(ap);
	return r;
}

long long
server_int(const struct server *s, const char *fmt, ...)
{
	redisReply	*r;
	va_list		 ap;
	long long	 n;

	va_start(ap, fmt);
	r = do_command(s, fmt, ap);
	va_end(ap);
	if (r == NULL)
		g_error("no answer to %s", fmt);
	if (r->type == REDIS_REPLY_ERROR)
		g_error("%s: %s", fmt, r->str);
	n = r->integer;
	freeReplyObject(r);
	return n;
}

struct waiting {
	struct loop	*loop;
	const bool	*done;
	int64_t		 until_ms;
};

static void
look(void *arg)
{
	struct waiting	*w = arg;

	if (*w->done || clock_mono_ms() > w->until_ms)
		loop_stop(w->loop);
}

bool
run_until(struct loop *loop, const bool *done, int64_t ms)
{
	struct waiting		 w = { loop, done, clock_mono_ms() + ms };
	struct loop_timer	*t = loop_timer_new(loop, look, &w);

	loop_timer_every(t, 2);
	if (!*done)
		loop_run(loop);
	loop_timer_free(t);
	return *done;
}

struct ticket *
make_ticket(const char *id, const char *event_id)
{
	struct ticket	*t = ticket_new();

	g_strlcpy(t->id, id, sizeof t->id);
	t->event = g_strdup("ticket.created");
	t->event_id = g_strdup(event_id);
	t->created_ms = t->updated_ms = clock_wall_ms();
	t->status = TICKET_OPEN;
	t->department = g_strdup("billing");
	t->priority = PRIORITY_HIGH;
	t->channel_kind = g_strdup("imap");
	t->channel_name = g_strdup("support");
	t->customer = address_new("Ann", "ann@example.org");
	t->subject = g_strdup("Invoice 4711");
	g_ptr_array_add(t->participants, g_strdup("ann@example.org"));
	g_ptr_array_add(t->references, g_strdup("one@example.org"));
	return t;
}

GPtrArray *
strings(const char *first, ...)
{
	GPtrArray	*list = g_ptr_array_new();
	va_list		 ap;

	va_start(ap, first);
	for (; first != NULL; first = va_arg(ap, const char *))
		g_ptr_array_add(list, (gpointer)first);
	va_end(ap);
	return list;
}
