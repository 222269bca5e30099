/* SPDX-License-Identifier: ISC */
#include "mailbox/oauth.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/metric.h"
#include "io/http_client.h"
#include "io/work.h"
#include "mailbox/oauth_answer.h"
#include "store/file.h"

#define EARLY_MS	(5 * 60 * 1000)
#define JITTER_MS	(60 * 1000)
#define LOCK_TRY_MS	100
#define REQUEST_MS	30000
#define SECRET_MAX	16384
#define OLD_S		(60 * 86400)	/* many providers end a refresh token at 90 days */

/* What is the same for all channels that log in with it. */
struct account {
	char			*id;
	GQueue			*queries;	/* struct oauth_query *, waiting */
	char			*access_token;	/* NULL: none */
	int64_t			 expires_ms;	/* wall clock */
	char			*rotated;	/* a refresh token that is not on disk yet */
	struct work_lane	*lane;		/* that puts it there; while it does */
	void			(*stored)(struct account *);	/* what comes then */
	bool			 warned;

	/* the request under way */
	bool			 busy;
	int			 lock_fd;	/* the refresh token's file; or -1 */
	struct http_client	*http;
	char			*sent;		/* the refresh token that was sent */
	struct loop_timer	*timer;		/* for the lock, or the outcome */
	int64_t			 give_up_ms;	/* monotonic: waiting for the lock */
	struct err		 problem;
};

struct oauth_query {
	struct loop			*loop;
	const struct settings_oauth	*conf;
	const char			*channel;	/* its name */
	struct account			*account;
	secret_done_fn			*done;
	void				*arg;
	struct loop_timer		*timer;		/* the token is there already */
};

static GHashTable	*accounts;	/* id -> struct account *; loop thread only */

static void	start(struct account *, struct loop *);

bool
oauth_is_used(const struct settings_oauth *s)
{
	return s->token_url != NULL;
}

static char *
account_id(const struct settings_oauth *o)
{
	return g_strjoin("\n", o->token_url, o->client_id,
	    o->refresh_token_file != NULL ? o->refresh_token_file : "",
	    o->scope != NULL ? o->scope : "", NULL);
}

static struct account *
find_account(const struct settings_oauth *s)
{
	g_autofree char	*id = account_id(s);
	struct account	*a;

	if (accounts == NULL)
		accounts = g_hash_table_new(g_str_hash, g_str_equal);
	if ((a = g_hash_table_lookup(accounts, id)) != NULL)
		return a;
	a = g_new0(struct account, 1);
	a->id = g_steal_pointer(&id);
	a->queries = g_queue_new();
	a->lock_fd = -1;
	g_hash_table_insert(accounts, a->id, a);
	return a;
}

static void
forget_secret(char **secret)
{
	if (*secret != NULL)
		explicit_bzero(*secret, strlen(*secret));
	g_clear_pointer(secret, g_free);
}

/* A token on its way to the disk gets there first. */
static void
end_request(struct account *a)
{
	work_lane_free(a->lane);
	a->lane = NULL;
	http_client_free(a->http);
	a->http = NULL;
	loop_timer_free(a->timer);
	a->timer = NULL;
	if (a->lock_fd != -1)
		close(a->lock_fd);
	a->lock_fd = -1;
	forget_secret(&a->sent);
	a->busy = false;
}

/* -------------------------------------------------------------- the outcome */

static bool
is_fresh(const struct account *a)
{
	return a->access_token != NULL && a->expires_ms - clock_wall_ms() >
	    EARLY_MS + g_random_int_range(0, JITTER_MS);
}

static void
answer(struct oauth_query *q)
{
	struct account	*a = q->account;

	if (a->access_token != NULL) {
		metric_set(METRIC_OAUTH_EXPIRES, q->channel, (double)(a->expires_ms / 1000));
		q->done(q->arg, a->access_token, &a->problem);
	} else {
		metric_inc(METRIC_OAUTH_FAILURES, q->channel);
		if (a->problem.kind == ERR_NONE)
			err_set(&a->problem, ERR_TEMP, "access token: it was given up");
		q->done(q->arg, NULL, &a->problem);
	}
}

static void
finish(void *arg)
{
	struct account		*a = arg;
	struct oauth_query	*q;
	guint			 left = g_queue_get_length(a->queries);

	end_request(a);
	while (!a->busy && left-- > 0 && (q = g_queue_pop_head(a->queries)) != NULL)
		answer(q);
}

static const struct settings_oauth *
conf_of(const struct account *a)
{
	const struct oauth_query	*q = g_queue_peek_head(a->queries);

	return q->conf;
}

static struct loop *
loop_of(const struct account *a)
{
	const struct oauth_query	*q = g_queue_peek_head(a->queries);

	return q->loop;
}

/* From within callbacks of what finish() frees. */
static void
finish_soon(struct account *a)
{
	loop_timer_free(a->timer);
	a->timer = loop_timer_new(loop_of(a), finish, a);
	loop_timer_start(a->timer, 0);
}

static void
fail(struct account *a, enum err_kind kind, const char *why)
{
	forget_secret(&a->access_token);
	err_set(&a->problem, kind, "access token: %s", why);
	finish_soon(a);
}

/* ------------------------------------------------------- the refresh token */

static char *
read_secret(int fd, const char *path, struct err *e)
{
	char	text[SECRET_MAX + 1];
	ssize_t	n = pread(fd, text, SECRET_MAX, 0);
	char	*secret;

	if (n <= 0) {
		err_set(e, ERR_TEMP, "%s: %s", path, n == 0 ? "empty" : g_strerror(errno));
		return NULL;
	}
	text[n] = '\0';
	text[strcspn(text, "\r\n")] = '\0';
	secret = g_strdup(text);
	explicit_bzero(text, sizeof text);
	return secret;
}

static char *
read_secret_file(const char *path, struct err *e)
{
	int	 fd = open(path, O_RDONLY | O_CLOEXEC);
	char	*secret;

	if (fd == -1) {
		err_errno(e, ERR_TEMP, "%s", path);
		return NULL;
	}
	secret = read_secret(fd, path, e);
	close(fd);
	return secret;
}

struct store_job {
	char		*path, *line;
	struct err	 problem;
};

static int
store(struct store_job *job)
{
	g_autofree char	*dir = g_path_get_dirname(job->path), *name = g_path_get_basename(job->path);
	int		 dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc;

	if (dirfd == -1)
		return err_errno(&job->problem, ERR_TEMP, "%s", dir);
	rc = file_replace(dirfd, name, job->line, strlen(job->line), &job->problem);
	close(dirfd);
	return rc;
}

static void
store_all(void *unused, GPtrArray *jobs)
{
	guint	i;

	(void)unused;
	for (i = 0; i < jobs->len; i++)
		(void)store(jobs->pdata[i]);
}

static void
on_stored(void *arg, void *data)
{
	struct account		*a = arg;
	struct store_job	*job = data;

	if (job->problem.kind == ERR_NONE) {
		forget_secret(&a->rotated);
		a->warned = false;
		log_info("oauth refresh token replaced by the provider, stored in %s", job->path);
	} else {
		forget_secret(&a->access_token);
		err_set(&a->problem, ERR_TEMP, "a new refresh token cannot be stored: %s",
		    job->problem.text);
	}
	/* Unless it was given up meanwhile. */
	if (!g_queue_is_empty(a->queries)) {
		if (job->problem.kind == ERR_NONE)
			a->stored(a);
		else
			finish_soon(a);
	}
	forget_secret(&job->line);
	g_free(job->path);
	g_free(job);
}

/* The syncs are the lane's; what comes when it is on disk is stored(). */
static void
store_rotated(struct account *a, const char *path, void (*stored)(struct account *))
{
	static const struct work_ops	 ops = { "oauth", store_all, on_stored };
	struct store_job		*job = g_new0(struct store_job, 1);

	job->path = g_strdup(path);
	job->line = g_strconcat(a->rotated, "\n", NULL);
	a->stored = stored;
	if (a->lane == NULL)
		a->lane = work_lane_new(loop_of(a), &ops, a);
	work_lane_add(a->lane, job);
}

static void
look_at_age(struct account *a, const struct oauth_query *q)
{
	struct stat	st;
	int64_t		age;

	if (fstat(a->lock_fd, &st) == -1)
		return;
	age = clock_wall_ms() / 1000 - st.st_mtime;
	metric_set(METRIC_OAUTH_REFRESH_TOKEN, q->channel, (double)st.st_mtime);
	if (age > OLD_S && !a->warned)
		log_warn("channel=%s the refresh token in %s is %d days old and has not been "
		    "replaced: have a new one made before it ends", q->channel,
		    q->conf->refresh_token_file, (int)(age / 86400));
	a->warned = age > OLD_S;
}

/* ------------------------------------------------------------- the request */

static void
take_answer(struct account *a, struct oauth_answer *got)
{
	const char	*path = conf_of(a)->refresh_token_file;

	a->access_token = g_steal_pointer(&got->access_token);
	a->expires_ms = clock_wall_ms() + got->expires_s * 1000;
	if (got->refresh_token == NULL || g_strcmp0(got->refresh_token, a->sent) == 0 || path == NULL) {
		finish_soon(a);
		return;
	}
	a->rotated = g_steal_pointer(&got->refresh_token);
	store_rotated(a, path, finish_soon);
}

static void
on_answered(void *arg, const struct http_answer *http, const struct err *why)
{
	struct account		*a = arg;
	struct oauth_answer	 got = { 0 };
	struct err		 e = ERR_INIT;

	if (http == NULL) {
		err_set(&a->problem, ERR_TEMP, "access token: %s", why->text);
		finish_soon(a);
	} else if (oauth_answer_read(http->code, http->body, http->len, &got, &e) == -1) {
		err_set(&a->problem, e.kind, "access token: %s", e.text);
		finish_soon(a);
	} else
		take_answer(a, &got);
	oauth_answer_clear(&got);
}

static void
ask(struct account *a, struct loop *loop, const struct settings_oauth *s)
{
	static const char *const	headers[] = {
		"Content-Type: application/x-www-form-urlencoded", "Accept: application/json", NULL
	};
	struct err			e = ERR_INIT;
	char				*secret = NULL, *form;
	struct http_ask			question = {
		.url = s->token_url, .headers = headers, .timeout_ms = REQUEST_MS,
		.max_answer = 65536, .ca_file = s->ca_file,
		.allow_http = g_str_has_prefix(s->token_url, "http:")
	};

	if (s->client_secret_file != NULL &&
	    (secret = read_secret_file(s->client_secret_file, &e)) == NULL) {
		fail(a, e.kind, e.text);
		return;
	}
	form = oauth_form(s->client_id, secret, a->sent, s->scope);
	question.body = form;
	question.len = strlen(form);
	a->http = http_client_new(loop);
	http_client_ask(a->http, &question, on_answered, a);
	forget_secret(&form);
	forget_secret(&secret);
}

/* The file may be replaced while we wait for its lock: then lock the new one. */
static bool
lock(struct account *a, const char *path, struct err *e)
{
	struct stat	ours, there;

	if (a->lock_fd == -1 && (a->lock_fd = open(path, O_RDONLY | O_CLOEXEC)) == -1) {
		err_errno(e, ERR_TEMP, "%s", path);
		return false;
	}
	if (flock(a->lock_fd, LOCK_EX | LOCK_NB) == -1)
		return false;
	if (fstat(a->lock_fd, &ours) == 0 && stat(path, &there) == 0 &&
	    ours.st_ino == there.st_ino && ours.st_dev == there.st_dev)
		return true;
	close(a->lock_fd);
	a->lock_fd = -1;
	return false;
}

static void
ask_with_refresh_token(struct account *a)
{
	struct err	e = ERR_INIT;

	if ((a->sent = read_secret_file(conf_of(a)->refresh_token_file, &e)) == NULL)
		fail(a, e.kind, e.text);
	else
		ask(a, loop_of(a), conf_of(a));
}

static void
with_refresh_token(struct account *a)
{
	const char	*path = conf_of(a)->refresh_token_file;
	struct err	 e = ERR_INIT;

	if (!lock(a, path, &e)) {
		if (e.kind != ERR_NONE)
			fail(a, e.kind, e.text);
		else if (clock_mono_ms() > a->give_up_ms)
			fail(a, ERR_TEMP, "another process holds the lock of the refresh token");
		else
			loop_timer_start(a->timer, LOCK_TRY_MS);
		return;
	}
	look_at_age(a, g_queue_peek_head(a->queries));
	if (a->rotated != NULL)
		store_rotated(a, path, ask_with_refresh_token);
	else
		ask_with_refresh_token(a);
}

static void
on_start(void *arg)
{
	struct account			*a = arg;
	const struct oauth_query	*q = g_queue_peek_head(a->queries);

	if (q->conf->refresh_token_file != NULL)
		with_refresh_token(a);
	else
		ask(a, q->loop, q->conf);
}

static void
start(struct account *a, struct loop *loop)
{
	a->busy = true;
	forget_secret(&a->access_token);
	memset(&a->problem, 0, sizeof a->problem);
	a->give_up_ms = clock_mono_ms() + REQUEST_MS;
	a->timer = loop_timer_new(loop, on_start, a);
	loop_timer_start(a->timer, 0);
}

/* ------------------------------------------------------------------ queries */

static void
on_there(void *arg)
{
	answer(arg);
}

struct oauth_query *
oauth_query_new(struct loop *loop, const struct settings_oauth *s, const char *channel,
    secret_done_fn *done, void *arg)
{
	struct oauth_query	*q = g_new0(struct oauth_query, 1);

	q->loop = loop;
	q->conf = s;
	q->channel = channel;
	q->done = done;
	q->arg = arg;
	q->account = find_account(s);
	q->timer = loop_timer_new(loop, on_there, q);
	if (!q->account->busy && is_fresh(q->account)) {
		loop_timer_start(q->timer, 0);
		return q;
	}
	g_queue_push_tail(q->account->queries, q);
	if (!q->account->busy)
		start(q->account, loop);
	return q;
}

void
oauth_query_free(struct oauth_query *q)
{
	struct account	*a;

	if (q == NULL)
		return;
	a = q->account;
	g_queue_remove(a->queries, q);
	if (a->busy && g_queue_is_empty(a->queries))
		end_request(a);
	loop_timer_free(q->timer);
	g_free(q);
}

void
oauth_forget(const struct settings_oauth *s)
{
	struct account	*a = find_account(s);

	if (!a->busy)
		forget_secret(&a->access_token);
}
