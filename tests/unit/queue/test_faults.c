/* SPDX-License-Identifier: ISC */
/*
 * What Redis does to us, and that nothing is lost or doubled by it.
 */
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "fixture.h"
#include "queue/redis_class.h"

static void
redis_class_of__every_error_we_know__has_its_class(void **state)
{
	static const struct {
		const char		*error;
		enum redis_class	 class;
	} cases[] = {
		{ "LOADING Redis is loading the dataset in memory", REPLY_WAIT },
		{ "OOM command not allowed when used memory > 'maxmemory'.", REPLY_WAIT },
		{ "MISCONF Redis is configured to save RDB snapshots, but ...", REPLY_WAIT },
		{ "NOREPLICAS Not enough good replicas to write.", REPLY_WAIT },
		{ "MASTERDOWN Link with MASTER is down", REPLY_WAIT },
		{ "BUSY Redis is busy running a script.", REPLY_WAIT },
		{ "TRYAGAIN Multiple keys request during rehashing of slot", REPLY_WAIT },
		{ "CLUSTERDOWN The cluster is down", REPLY_WAIT },
		{ "MOVED 3999 127.0.0.1:6381", REPLY_ELSEWHERE },
		{ "ASK 3999 127.0.0.1:6381", REPLY_ELSEWHERE },
		{ "ERR max number of clients reached", REPLY_WAIT },
		{ "READONLY You can't write against a read only replica.", REPLY_MOVED },
		{ "ERR Function not found", REPLY_MOVED },
		{ "NOAUTH Authentication required.", REPLY_CONFIG },
		{ "WRONGPASS invalid username-password pair or user is disabled.", REPLY_CONFIG },
		{ "NOPERM this user has no permissions to run the 'fcall' command", REPLY_CONFIG },
		{ "ERR unknown command 'FCALL', with args beginning with: ", REPLY_CONFIG },
		{ "BUSYGROUP Consumer Group name already exists", REPLY_BUG },
		{ "WRONGTYPE Operation against a key", REPLY_BUG },
		{ "ERR intake: unknown argument x script: intake_commit", REPLY_BUG },
		{ "", REPLY_BUG },
	};
	size_t	i;

	(void)state;
	for (i = 0; i < G_N_ELEMENTS(cases); i++)
		if (redis_class_of(cases[i].error) != cases[i].class)
			fail_msg("%s: %s", cases[i].error,
			    redis_class_name(redis_class_of(cases[i].error)));
}

static void
queue__no_server_at_start__retries_until_it_comes(void **state)
{
	struct fixture	*f = fixture_new(NULL, 1);
	struct plan	*p = plan_new(f, "AAAAA-00001", "m-1");
	struct got	 g = { 0 };

	(void)state;
	queue_free(f->queue);
	server_kill(f->server);
	f->up = f->down = false;
	open_queue(f);
	assert_true(run_until(f->loop, &f->down, WAIT_MS));
	commit(f, p, &g);
	assert_int_equal(g.outcome, QUEUE_RETRY);
	server_start(f->server, NULL);
	assert_true(run_until(f->loop, &f->up, WAIT_MS));
	commit(f, p, &g);
	assert_int_equal(g.outcome, QUEUE_DONE);
	got_clear(&g);
	plan_free(p);
	fixture_free(f);
}

static void
queue__server_killed_with_commits_in_flight__each_is_answered_once(void **state)
{
	enum { MANY = 200 };
	struct fixture	*f = fixture_new(NULL, 1);
	struct got	*g = g_new0(struct got, MANY);
	struct plan	*p = plan_new(f, "AAAAA-00001", "m-1");
	int		 i;

	(void)state;
	kill(f->server->pid, SIGSTOP);
	for (i = 0; i < MANY; i++)
		queue_commit(f->queue, &p->c, on_answer, &g[i]);
	server_kill(f->server);
	for (i = 0; i < MANY; i++) {
		assert_true(run_until(f->loop, &g[i].done, WAIT_MS));
		assert_int_equal(g[i].outcome, QUEUE_RETRY);
	}
	server_start(f->server, NULL);
	assert_int_equal(commit_at_last(f, p), QUEUE_DONE);
	assert_int_equal(f->ups, 2);
	assert_true(f->marks.new_run);
	assert_false(f->marks.found);
	for (i = 0; i < MANY; i++) {
		assert_int_equal(g[i].answers, 1);
		got_clear(&g[i]);
	}
	g_free(g);
	plan_free(p);
	fixture_free(f);
}

static void
queue__connection_lost_but_same_server__is_no_new_run(void **state)
{
	struct fixture	*f = fixture_new(NULL, 2);
	struct plan	*p = plan_new(f, "AAAAA-00001", "m-1");

	(void)state;
	assert_true(f->marks.new_run);
	queue_mark(f->queue, 41);
	assert_int_equal(commit_at_last(f, p), QUEUE_DONE);
	f->up = false;
	server_int(f->server, "CLIENT KILL TYPE normal SKIPME yes");
	assert_true(run_until(f->loop, &f->up, WAIT_MS));
	assert_false(f->marks.new_run);
	assert_true(f->marks.found);
	assert_int_equal(f->marks.mark, 41);
	assert_int_equal(commit_at_last(f, p), QUEUE_KNOWN);
	plan_free(p);
	fixture_free(f);
}

static void
queue__server_hangs__times_out_and_recovers(void **state)
{
	struct fixture	*f = fixture_new(NULL, 1);
	struct plan	*p = plan_new(f, "AAAAA-00001", "m-1");
	struct got	 g = { 0 };
	int64_t		 began;

	(void)state;
	reopen_impatient(f, 1000);
	began = clock_mono_ms();
	kill(f->server->pid, SIGSTOP);
	commit(f, p, &g);
	assert_int_equal(g.outcome, QUEUE_RETRY);
	assert_true(clock_mono_ms() - began >= 1000);
	kill(f->server->pid, SIGCONT);
	/* The first attempt may have arrived: then it is known, and there once. */
	assert_in_range(commit_at_last(f, p), QUEUE_DONE, QUEUE_KNOWN);
	assert_int_equal(server_int(f->server, "XLEN intake:{0}:queue:billing:high"), 1);
	got_clear(&g);
	plan_free(p);
	fixture_free(f);
}

static void
queue__made_a_replica__goes_down_until_it_is_a_master(void **state)
{
	struct fixture	*f = fixture_new(NULL, 1);
	struct plan	*p = plan_new(f, "AAAAA-00001", "m-1");
	struct got	 g = { 0 };

	(void)state;
	freeReplyObject(server_do(f->server, "REPLICAOF 127.0.0.1 1"));
	freeReplyObject(server_do(f->server, "CONFIG SET replica-serve-stale-data yes"));
	commit(f, p, &g);
	assert_int_equal(g.outcome, QUEUE_RETRY);
	assert_true(run_until(f->loop, &f->down, WAIT_MS));
	freeReplyObject(server_do(f->server, "REPLICAOF NO ONE"));
	assert_int_equal(commit_at_last(f, p), QUEUE_DONE);
	got_clear(&g);
	plan_free(p);
	fixture_free(f);
}

static void
queue__out_of_memory__retries_stays_up_and_can_still_look(void **state)
{
	struct fixture		*f = fixture_new(NULL, 1);
	struct plan		*p = plan_new(f, "AAAAA-00002", "m-2");
	GPtrArray		*threads = strings("m-1", NULL);
	struct queue_lookup	 l = { .threads = threads, .customer = "ann@example.org" };
	struct got		 g = { 0 };

	(void)state;
	commit_new(f, "AAAAA-00001", "m-1");
	freeReplyObject(server_do(f->server, "CONFIG SET maxmemory 100kb"));
	commit(f, p, &g);
	assert_int_equal(g.outcome, QUEUE_RETRY);
	assert_true(queue_is_up(f->queue));
	got_clear(&g);
	queue_find(f->queue, &l, on_answer, &g);
	assert_true(run_until(f->loop, &g.done, WAIT_MS));
	assert_int_equal(g.outcome, QUEUE_DONE);
	assert_int_equal(g.candidates->len, 1);
	freeReplyObject(server_do(f->server, "CONFIG SET maxmemory 0"));
	assert_int_equal(commit_at_last(f, p), QUEUE_DONE);
	assert_int_equal(f->ups, 1);
	got_clear(&g);
	g_ptr_array_unref(threads);
	plan_free(p);
	fixture_free(f);
}

static void
queue__too_few_replicas__retries(void **state)
{
	struct fixture	*f = fixture_new(NULL, 1);
	struct plan	*p = plan_new(f, "AAAAA-00001", "m-1");
	struct got	 g = { 0 };

	(void)state;
	freeReplyObject(server_do(f->server, "CONFIG SET min-replicas-to-write 1"));
	commit(f, p, &g);
	assert_int_equal(g.outcome, QUEUE_RETRY);
	freeReplyObject(server_do(f->server, "CONFIG SET min-replicas-to-write 0"));
	assert_int_equal(commit_at_last(f, p), QUEUE_DONE);
	got_clear(&g);
	plan_free(p);
	fixture_free(f);
}

static void
queue__functions_flushed__are_loaded_again(void **state)
{
	struct fixture	*f = fixture_new(NULL, 1);
	struct plan	*p = plan_new(f, "AAAAA-00001", "m-1");
	struct got	 g = { 0 };

	(void)state;
	freeReplyObject(server_do(f->server, "FUNCTION FLUSH"));
	commit(f, p, &g);
	assert_int_equal(g.outcome, QUEUE_RETRY);
	assert_int_equal(commit_at_last(f, p), QUEUE_DONE);
	got_clear(&g);
	plan_free(p);
	fixture_free(f);
}

static void
queue__key_of_a_wrong_type__is_refused(void **state)
{
	struct fixture	*f = fixture_new(NULL, 1);
	struct plan	*p = plan_new(f, "AAAAA-00001", "m-1");
	struct got	 g = { 0 };

	(void)state;
	freeReplyObject(server_do(f->server, "SET intake:{0}:audit 1"));
	log_setup(LOG_LEVEL_ERROR, LOG_FORMAT_TEXT);
	commit(f, p, &g);
	assert_int_equal(g.outcome, QUEUE_REFUSED);
	assert_true(queue_is_up(f->queue));
	got_clear(&g);
	plan_free(p);
	fixture_free(f);
}

static void
wait_for_rewrite(struct fixture *f)
{
	const bool	never = false;
	redisReply	*r;
	bool		 over = false;
	int		 i;

	for (i = 0; i < 400 && !over; i++) {
		r = server_do(f->server, "INFO persistence");
		over = strstr(r->str, "aof_rewrite_in_progress:0") != NULL &&
		    strstr(r->str, "aof_rewrite_scheduled:0") != NULL;
		freeReplyObject(r);
		run_until(f->loop, &never, 10);
	}
	assert_true(over);
}

static void
queue__still_loading__waits_and_comes_up(void **state)
{
	const char *const	 aof[] = { "--appendonly", "yes", NULL };
	const char *const	 slow[] = { "--appendonly", "yes", "--key-load-delay", "1000",
				    "--loading-process-events-interval-bytes", "1024", NULL };
	struct fixture		*f = fixture_new(aof, 1);
	struct plan		*p = plan_new(f, "AAAAA-00001", "m-1");
	redisReply		*r;
	int			 i;

	(void)state;
	assert_int_equal(commit_at_last(f, p), QUEUE_DONE);
	for (i = 0; i < 1000; i++)
		freeReplyObject(server_do(f->server, "SET filler:%d %0100d", i, i));
	/* The delay is for keys of the rewritten part of the file. */
	wait_for_rewrite(f);
	freeReplyObject(server_do(f->server, "BGREWRITEAOF"));
	wait_for_rewrite(f);
	f->up = false;
	server_kill(f->server);
	server_start(f->server, slow);
	r = server_do(f->server, "GET filler:1");
	assert_int_equal(r->type, REDIS_REPLY_ERROR);
	assert_true(g_str_has_prefix(r->str, "LOADING"));
	freeReplyObject(r);
	assert_true(run_until(f->loop, &f->up, WAIT_MS));
	assert_int_equal(commit_at_last(f, p), QUEUE_KNOWN);
	plan_free(p);
	fixture_free(f);
}

struct liar {
	int		 fd;
	const char	*says;
};

static gpointer
lie(gpointer arg)
{
	struct liar	*l = arg;
	char		 buf[4096];
	int		 i, fd;

	for (i = 0; i < 2; i++) {
		if ((fd = accept(l->fd, NULL, NULL)) == -1)
			break;
		if (read(fd, buf, sizeof buf) > 0 && write(fd, l->says, strlen(l->says)) > 0)
			while (read(fd, buf, sizeof buf) > 0)
				;
		close(fd);
	}
	return NULL;
}

static void
try_liar(const char *says, const char *complaint)
{
	struct fixture		*f = fixture_new(NULL, 1);
	g_autofree char		*path = g_build_filename(f->server->dir, "liar", NULL);
	struct sockaddr_un	 un = { .sun_family = AF_UNIX };
	struct liar		 l = { socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), says };
	GThread			*t;

	g_strlcpy(un.sun_path, path, sizeof un.sun_path);
	assert_int_equal(bind(l.fd, (struct sockaddr *)&un, sizeof un), 0);
	assert_int_equal(listen(l.fd, 5), 0);
	t = g_thread_new("liar", lie, &l);
	queue_free(f->queue);
	f->settings.address = path;
	f->settings.timeout_ms = 1000;
	f->up = f->down = false;
	open_queue(f);
	assert_true(run_until(f->loop, &f->down, WAIT_MS));
	assert_false(f->up);
	if (strstr(f->why.text, complaint) == NULL)
		fail_msg("%s", f->why.text);
	shutdown(l.fd, SHUT_RDWR);
	queue_free(f->queue);
	f->queue = NULL;
	g_thread_join(t);
	close(l.fd);
	f->settings.address = f->server->socket;
	fixture_free(f);
}

static void
redis_conn__not_redis_at_the_other_end__is_given_up(void **state)
{
	(void)state;
	try_liar("HTTP/1.1 400 Bad Request\r\n\r\n", "does not speak RESP");
	try_liar("+OK\r\n+OK\r\n+OK\r\n+OK\r\n+OK\r\n+OK\r\n+OK\r\n", "");
	try_liar("*3\r\n$1\r\n", "no answer");
	try_liar("+OK\r\n+x\r\n-MOVED 1 127.0.0.1:7\r\n", "redirections are not followed");
	try_liar("*2000000000\r\n", "too many parts");
	try_liar("*2147483648\r\n", "does not speak RESP");
}

/* Another library under our name, that answers with nothing. */
static void
load_nonsense(struct fixture *f)
{
	redisReply	*r = server_do(f->server, "FUNCTION LOAD REPLACE %s",
			    "#!lua name=intake\n"
			    "local function nothing() return {} end\n"
			    "redis.register_function('intake_find', nothing)\n"
			    "redis.register_function('intake_commit', nothing)\n"
			    "redis.register_function('intake_guard', nothing)\n");

	if (r->type == REDIS_REPLY_ERROR)
		fail_msg("%s", r->str);
	freeReplyObject(r);
}

static void
on_guard_answer(void *arg, enum queue_outcome outcome, const char *reason)
{
	struct got	*g = arg;

	(void)reason;
	g->outcome = outcome;
	g->done = true;
}

static void
queue__answer_that_is_none_of_ours__is_repeated_on_a_new_connection(void **state)
{
	const struct settings_guard	 limits = { .all_per_minute = 1 };
	const struct queue_lookup	 lookup = { .customer = "ann@example.org" };
	struct fixture			*f = fixture_new(NULL, 1);
	struct plan			*p = plan_new(f, "AAAAA-00001", "m-1");
	struct got			 g = { 0 };
	int				 i;

	(void)state;
	for (i = 0; i < 3; i++) {
		load_nonsense(f);
		f->up = false;
		got_clear(&g);
		if (i == 0)
			queue_commit(f->queue, &p->c, on_answer, &g);
		else if (i == 1)
			queue_find(f->queue, &lookup, on_answer, &g);
		else
			queue_guard(f->queue, &limits, "id", "ann", "T", on_guard_answer, &g);
		assert_true(run_until(f->loop, &g.done, WAIT_MS));
		assert_int_equal(g.outcome, QUEUE_RETRY);
		assert_true(run_until(f->loop, &f->up, WAIT_MS));
	}
	assert_int_equal(commit_at_last(f, p), QUEUE_DONE);
	got_clear(&g);
	plan_free(p);
	fixture_free(f);
}

/* The server's file of the last transactions. */
static char *
increment_file(struct fixture *f)
{
	g_autofree char		*dir = g_build_filename(f->server->dir, "appendonlydir", NULL);
	g_autoptr(GDir)		 d = g_dir_open(dir, 0, NULL);
	const char		*name;
	char			*found = NULL;

	assert_non_null(d);
	while ((name = g_dir_read_name(d)) != NULL)
		if (strstr(name, ".incr.aof") != NULL && (found == NULL ||
		    strcmp(name, strrchr(found, '/') + 1) > 0)) {
			g_free(found);
			found = g_build_filename(dir, name, NULL);
		}
	assert_non_null(found);
	return found;
}

/*
 * Cut the file inside its nth transaction from the end: cut bytes after MULTI,
 * or so many before EXEC when negative.
 */
static void
tear(struct fixture *f, unsigned nth, int cut)
{
	g_autofree char	*path = increment_file(f), *text = NULL;
	gsize		 len;
	char		*at;

	assert_true(g_file_get_contents(path, &text, &len, NULL));
	assert_true(len > 11);
	at = text + len - 10;
	while (nth > 0 && at > text)
		if (memcmp(--at, "$5\r\nMULTI\r\n", 11) == 0)
			nth--;
	assert_int_equal(nth, 0);
	at += 11;
	if (cut < 0)
		at = g_strstr_len(at, text + len - at, "*1\r\n$4\r\nEXEC\r\n");
	assert_non_null(at);
	assert_int_equal(truncate(path, at - text + cut), 0);
}

/* The journal: arrivals are the numbers 1 to count; commit those after from. */
static unsigned
drain(struct fixture *f, unsigned from, unsigned count)
{
	unsigned	i, done = 0;

	for (i = from + 1; i <= count; i++) {
		g_autofree char	*id = g_strdup_printf("AAAAA-%05u", i);
		g_autofree char	*key = g_strdup_printf("m-%u", i);
		struct plan	*p = plan_new(f, id, key);
		enum queue_outcome outcome;

		p->c.mark = i;
		outcome = commit_at_last(f, p);
		assert_in_range(outcome, QUEUE_DONE, QUEUE_KNOWN);
		done += outcome == QUEUE_DONE;
		plan_free(p);
	}
	return done;
}

static void
assert_all_there_once(struct fixture *f, unsigned count)
{
	redisReply		*r = server_do(f->server, "XRANGE intake:{0}:queue:billing:high - +");
	g_autoptr(GHashTable)	 seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	size_t			 i;

	for (i = 0; i < r->elements; i++)
		if (!g_hash_table_add(seen, g_strdup(r->element[i]->element[1]->element[3]->str)))
			fail_msg("twice: %s", r->element[i]->element[1]->element[3]->str);
	assert_int_equal(g_hash_table_size(seen), count);
	freeReplyObject(r);
}

static void
restart(struct fixture *f, const char *const *extra)
{
	f->up = false;
	server_start(f->server, extra);
	assert_true(run_until(f->loop, &f->up, WAIT_MS));
	assert_true(f->marks.new_run);
}

/* One commit in 16 tells the mark: it may lag behind, but never be ahead. */
static void
assert_mark(const struct fixture *f, unsigned at_most)
{
	assert_in_range(f->marks.mark, at_most > 16 ? at_most - 16 : 0, at_most);
}

static void
queue__aof_torn_inside_a_transaction__replay_from_the_mark_restores_all(void **state)
{
	/* A killed server loses nothing that it wrote, so it need not fsync. */
	const char *const	 aof[] = { "--appendonly", "yes", "--appendfsync", "no",
				    "--auto-aof-rewrite-percentage", "0", NULL };
	/* Those before EXEC leave an entry in the file that a later one would revive. */
	static const int	 cuts[] = { 0, 40, 1000, -1, -30 };
	struct fixture		*f = fixture_new(aof, 1);
	unsigned		 count = 0;
	size_t			 i;

	(void)state;
	wait_for_rewrite(f);
	for (i = 0; i < G_N_ELEMENTS(cuts); i++) {
		drain(f, count, count + 15);
		count += 15;
		server_kill(f->server);
		tear(f, (unsigned)i + 1, cuts[i]);
		restart(f, aof);
		/* Acknowledged and in the file, and gone: the mark went with it. */
		assert_mark(f, count - (unsigned)i - 1);
		assert_int_equal(drain(f, (unsigned)f->marks.mark, count), i + 1);
		assert_all_there_once(f, count);
		wait_for_rewrite(f);
		/* Behind the torn transaction nothing must get lost any more. */
		drain(f, count, count + 10);
		count += 10;
		freeReplyObject(server_do(f->server, "SHUTDOWN"));
		server_kill(f->server);
		restart(f, aof);
		assert_mark(f, count);
		assert_all_there_once(f, count);
		wait_for_rewrite(f);
	}
	assert_int_equal(drain(f, 0, count), 0);
	assert_all_there_once(f, count);
	fixture_free(f);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		queue_test(redis_class_of__every_error_we_know__has_its_class),
		queue_test(queue__no_server_at_start__retries_until_it_comes),
		queue_test(queue__server_killed_with_commits_in_flight__each_is_answered_once),
		queue_test(queue__connection_lost_but_same_server__is_no_new_run),
		queue_test(queue__server_hangs__times_out_and_recovers),
		queue_test(queue__made_a_replica__goes_down_until_it_is_a_master),
		queue_test(queue__out_of_memory__retries_stays_up_and_can_still_look),
		queue_test(queue__too_few_replicas__retries),
		queue_test(queue__functions_flushed__are_loaded_again),
		queue_test(queue__key_of_a_wrong_type__is_refused),
		queue_test(queue__still_loading__waits_and_comes_up),
		queue_test(queue__answer_that_is_none_of_ours__is_repeated_on_a_new_connection),
		queue_test(redis_conn__not_redis_at_the_other_end__is_given_up),
		queue_test(queue__aof_torn_inside_a_transaction__replay_from_the_mark_restores_all),
	};

	if (!server_is_installed())
		return 77;
	signal(SIGPIPE, SIG_IGN);
	log_setup(g_getenv("LOG_DEBUG") ? LOG_LEVEL_DEBUG : LOG_LEVEL_ERROR, LOG_FORMAT_TEXT);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
