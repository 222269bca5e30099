/* SPDX-License-Identifier: ISC */
#include "channel/chat/feed.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json_out.h"
#include "base/log.h"
#include "base/metric.h"

#define SLOTS		25		/* of the wheel on which heartbeats go round */
#define BATCH		16		/* lines read at once */
#define WAITING_MAX	(256 * 1024)	/* bytes a client has not read yet */

struct session {
	char	id[CHAT_SESSION_SIZE];
	GQueue	feeds;			/* of struct feed, by its with_session; oldest first */
};

struct feed {
	struct chat_feeds	*feeds;
	struct http_stream	*out;	/* NULL: gone, freed when what it waits for has come */
	struct session		*session;
	GList			 in_slot;
	GList			 with_session;
	unsigned		 slot;
	struct chat_visitor	 visitor;
	char			*after;		/* id of the last line sent, or NULL */
	bool			 is_reading;
	bool			 is_stale;	/* there may be lines we have not read */
};

struct chat_feeds {
	const struct channel_env	*env;
	const struct chat_token_key	*key;
	int64_t				 heartbeat_ms;
	GHashTable			*sessions;	/* of struct session, by its id */
	GQueue				 slots[SLOTS];	/* of struct feed, by its in_slot */
	unsigned			 next_slot;	/* of the next feed */
	unsigned			 hand;		/* slot whose turn it is */
	struct loop_timer		*wheel;
};

static void
free_feed(struct feed *f)
{
	chat_visitor_clear(&f->visitor);
	g_free(f->after);
	g_free(f);
}

/* Its stream is gone. */
static void
leave(struct feed *f)
{
	struct chat_feeds	*fs = f->feeds;

	metric_add(METRIC_CHAT_CONNECTIONS, NULL, -1);
	f->out = NULL;
	g_queue_unlink(&fs->slots[f->slot], &f->in_slot);
	g_queue_unlink(&f->session->feeds, &f->with_session);
	if (g_queue_is_empty(&f->session->feeds))
		g_hash_table_remove(fs->sessions, f->session->id);
	if (g_hash_table_size(fs->sessions) == 0)
		loop_timer_stop(fs->wheel);
	if (!f->is_reading)
		free_feed(f);
}

static void
on_closed(void *arg)
{
	leave(arg);
}

/* -1: too slow, the feed has left. */
static int
send_bytes(struct feed *f, const char *bytes, size_t len)
{
	if (http_stream_send(f->out, bytes, len) == 0)
		return 0;
	log_debug("chat=%s session cut off: it does not read", f->feeds->key->site);
	leave(f);
	return -1;
}

static int
send_event(struct feed *f, const char *event, const char *json)
{
	g_autofree char	*text = g_strdup_printf("event: %s\ndata: %s\n\n", event, json);

	return send_bytes(f, text, strlen(text));
}

static void
end_with(struct feed *f, const char *event)
{
	if (send_event(f, event, "{}") == -1)
		return;
	http_stream_close(f->out);
	leave(f);
}

/* --- lines --- */

static void	read_on(struct feed *);

/* By time, then by number: "1763771234567-0". */
static int
compare_ids(const void *a, const void *b)
{
	const char	*x = ((const struct channel_line *)a)->id;
	const char	*y = ((const struct channel_line *)b)->id;
	char		*x_end, *y_end;
	uint64_t	 n = strtoull(x, &x_end, 10), m = strtoull(y, &y_end, 10);

	if (n == m) {
		n = *x_end == '-' ? strtoull(x_end + 1, NULL, 10) : 0;
		m = *y_end == '-' ? strtoull(y_end + 1, NULL, 10) : 0;
	}
	return (n > m) - (n < m);
}

static int
send_lines(struct feed *f, const struct channel_line *lines, unsigned count)
{
	g_autoptr(GString)		 text = g_string_sized_new(1024);
	g_autofree struct channel_line	*sorted = g_memdup2(lines, count * sizeof(*lines));
	unsigned			 i;

	/* Several partitions of Redis may have had some, each in its order. */
	qsort(sorted, count, sizeof(*sorted), compare_ids);
	for (i = 0; i < count; i++)
		g_string_append_printf(text, "id: %s\ndata: %s\n\n", sorted[i].id, sorted[i].json);
	g_free(f->after);
	f->after = g_strdup(sorted[count - 1].id);
	return send_bytes(f, text->str, text->len);
}

static void
on_lines(void *arg, const struct channel_line *lines, unsigned count)
{
	struct feed	*f = arg;
	bool		 again = f->is_stale;

	f->is_reading = false;
	if (f->out == NULL) {
		free_feed(f);
		return;
	}
	f->is_stale = lines == NULL;	/* read again when its turn comes */
	if (lines == NULL || (count > 0 && send_lines(f, lines, count) == -1))
		return;
	if (again || count >= BATCH)
		read_on(f);
}

static void
read_on(struct feed *f)
{
	const struct channel_transcripts	*t = f->feeds->env->transcripts;

	if (f->is_reading) {
		f->is_stale = true;
		return;
	}
	f->is_reading = true;
	f->is_stale = false;
	t->read(t->arg, f->visitor.session, f->after, BATCH, on_lines, f);
}

void
chat_feeds_wake(struct chat_feeds *fs, const char *id)
{
	struct session	*s;
	GList		*l;
	unsigned	 i;

	if (id != NULL) {
		s = g_hash_table_lookup(fs->sessions, id);
		for (l = s != NULL ? s->feeds.head : NULL; l != NULL; l = l->next)
			read_on(l->data);
		return;
	}
	for (i = 0; i < SLOTS; i++)
		for (l = fs->slots[i].head; l != NULL; l = l->next)
			read_on(l->data);
}

/* --- heartbeats --- */

static int
send_token(struct feed *f, int64_t now)
{
	const struct chat_token_key	*key = f->feeds->key;
	g_autoptr(GString)		 json = g_string_sized_new(512);
	struct json_out			 j = JSON_OUT(json);
	g_autofree char			*token = chat_token_make(key, &f->visitor, now);

	json_open(&j, NULL, '{');
	json_str(&j, "token", token);
	json_time(&j, "expires", chat_token_end(key, &f->visitor));
	json_close(&j, '}');
	return send_event(f, "token", json->str);
}

static void
beat(struct feed *f)
{
	const struct chat_token_key	*key = f->feeds->key;
	int64_t				 now = clock_wall_ms();

	if (chat_token_end(key, &f->visitor) <= now) {
		end_with(f, "expired");
		return;
	}
	if (chat_token_is_old(key, &f->visitor, now)) {
		if (send_token(f, now) == -1)
			return;
	} else if (send_bytes(f, ":\n\n", 3) == -1)
		return;
	if (f->is_stale)
		read_on(f);
}

static void
on_turn(void *arg)
{
	struct chat_feeds	*fs = arg;
	GList			*l, *next;

	fs->hand = (fs->hand + 1) % SLOTS;
	for (l = fs->slots[fs->hand].head; l != NULL; l = next) {
		next = l->next;
		beat(l->data);
	}
}

/* --- life --- */

static struct session *
session_of(struct chat_feeds *fs, const char *id)
{
	struct session	*s = g_hash_table_lookup(fs->sessions, id);

	if (s != NULL)
		return s;
	s = g_new0(struct session, 1);
	g_strlcpy(s->id, id, sizeof(s->id));
	g_queue_init(&s->feeds);
	if (g_hash_table_size(fs->sessions) == 0)
		loop_timer_every(fs->wheel, MAX(fs->heartbeat_ms / SLOTS, 1));
	g_hash_table_insert(fs->sessions, s->id, s);
	return s;
}

static void
join(struct chat_feeds *fs, struct feed *f)
{
	f->session = session_of(fs, f->visitor.session);
	f->slot = fs->next_slot++ % SLOTS;
	f->in_slot.data = f->with_session.data = f;
	g_queue_push_tail_link(&fs->slots[f->slot], &f->in_slot);
	g_queue_push_tail_link(&f->session->feeds, &f->with_session);
	metric_inc(METRIC_CHAT_CONNECTIONS, NULL);
	if (f->session->feeds.length > CHAT_FEEDS_MAX)
		end_with(f->session->feeds.head->data, "full");
}

void
chat_feed_open(struct chat_feeds *fs, struct http_request *r, const char *headers,
    struct chat_visitor *take, const char *after)
{
	struct feed	*f = g_new0(struct feed, 1);
	g_autofree char	*hello = g_strdup_printf("{\"heartbeat_ms\":%" G_GINT64_FORMAT "}",
			    fs->heartbeat_ms);

	f->feeds = fs;
	f->visitor = *take;
	memset(take, 0, sizeof(*take));
	f->after = g_strdup(after);
	f->out = http_stream_open(r, "text/event-stream", headers, WAITING_MAX, on_closed, f);
	if (f->out == NULL) {
		free_feed(f);
		return;
	}
	join(fs, f);
	if (send_event(f, "hello", hello) == 0)
		read_on(f);
}

struct chat_feeds *
chat_feeds_new(const struct channel_env *env, const struct chat_token_key *key,
    int64_t heartbeat_ms)
{
	struct chat_feeds	*fs = g_new0(struct chat_feeds, 1);

	fs->env = env;
	fs->key = key;
	fs->heartbeat_ms = heartbeat_ms;
	fs->sessions = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, g_free);
	fs->wheel = loop_timer_new(env->loop, on_turn, fs);
	return fs;
}

void
chat_feeds_close(struct chat_feeds *fs)
{
	struct feed	*f;
	unsigned	 i;

	for (i = 0; i < SLOTS; i++)
		while ((f = g_queue_peek_head(&fs->slots[i])) != NULL) {
			http_stream_close(f->out);
			leave(f);
		}
}

void
chat_feeds_free(struct chat_feeds *fs)
{
	if (fs == NULL)
		return;
	chat_feeds_close(fs);
	loop_timer_free(fs->wheel);
	g_hash_table_unref(fs->sessions);
	g_free(fs);
}
