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

static void
end_request(struct account *a)
{
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

static void
fail(struct account *a, enum err_kind kind, const char *why)
{
	forget_secret(&a->access_token);
	err_set(&a->problem, kind, "access token: %s", why);
	loop_timer_free(a->timer);
	a->timer = NULL;
	finish(a);
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

/* Blocks for the time of two syncs: once in the life of a refresh token. */
static int
store_rotated(struct account *a, const char *path, struct err *e)
{
	g_autofree char	*dir = g_path_get_dirname(path), *name = g_path_get_basename(path);
	g_autofree char	*line = g_strconcat(a->rotated, "\n", NULL);
	int		 dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc;

	if (dirfd == -1)
		return err_errno(e, ERR_TEMP, "%s", dir);
	rc = file_replace(dirfd, name, line, strlen(line), e);
	close(dirfd);
	if (rc == -1)
		return err_prefix(e, "a new refresh token cannot be stored");
	forget_secret(&a->rotated);
	a->warned = false;
	log_info("oauth refresh token replaced by the provider, stored in %s", path);
	return 0;
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

static const struct settings_oauth *
conf_of(const struct account *a)
{
	const struct oauth_query	*q = g_queue_peek_head(a->queries);

	return q->conf;
}

static void
on_answered(void *arg, const struct http_answer *http, const struct err *why)
{
	struct account			*a = arg;
	const struct settings_oauth	*s = conf_of(a);
	struct oauth_answer		 got = { 0 };
	struct err			 e = ERR_INIT;

	if (http == NULL) {
		err_set(&a->problem, ERR_TEMP, "access token: %s", why->text);
	} else if (oauth_answer_read(http->code, http->body, http->len, &got, &e) == -1) {
		err_set(&a->problem, e.kind, "access token: %s", e.text);
	} else {
		if (got.refresh_token != NULL && g_strcmp0(got.refresh_token, a->sent) != 0 &&
		    s->refresh_token_file != NULL)
			a->rotated = g_steal_pointer(&got.refresh_token);
		if (a->rotated == NULL || store_rotated(a, s->refresh_token_file, &e) == 0) {
			a->access_token = g_steal_pointer(&got.access_token);
			a->expires_ms = clock_wall_ms() + got.expires_s * 1000;
		} else {
			err_set(&a->problem, ERR_TEMP, "%s", e.text);
		}
	}
	oauth_answer_clear(&got);
	/* The client may not be freed from inside its callback. */
	loop_timer_free(a->timer);
	a->timer = loop_timer_new(((struct oauth_query *)g_queue_peek_head(a->queries))->loop,
	    finish, a);
	loop_timer_start(a->timer, 0);
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
with_refresh_token(struct account *a, struct loop *loop, const struct settings_oauth *s)
{
	const char	*path = s->refresh_token_file;
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
	if (a->rotated != NULL && store_rotated(a, path, &e) == -1) {
		fail(a, e.kind, e.text);
		return;
	}
	look_at_age(a, g_queue_peek_head(a->queries));
	if ((a->sent = read_secret_file(path, &e)) == NULL)
		fail(a, e.kind, e.text);
	else
		ask(a, loop, s);
}

static void
on_start(void *arg)
{
	struct account			*a = arg;
	const struct oauth_query	*q = g_queue_peek_head(a->queries);

	if (q->conf->refresh_token_file != NULL)
		with_refresh_token(a, q->loop, q->conf);
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
