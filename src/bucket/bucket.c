/* SPDX-License-Identifier: ISC */
#include "bucket/bucket.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/metric.h"
#include "bucket/bucket_local.h"

#define FIRST_RETRY_MS	1000
#define SECRET_MS	60000	/* then it is read anew */
#define REFUSED_MS	(3600 * 1000)
#define REFUSED_AFTER	3	/* failures, while others are taken */
#define TICK_MS		30000
#define BACKLOG_TURN	4	/* each so many-th upload is one that nobody waits for */

bool
bucket_is_used(const struct bucket *b)
{
	return b->settings->name != NULL;
}

/* --- objects and their queues --- */

static void
object_free(struct object *o)
{
	upload_cancel(o->upload);
	g_ptr_array_unref(o->wants);
	g_free(o->sha256);
	g_free(o);
}

/* The only way to change where it waits; NULL: nowhere. */
static void
move(struct object *o, GQueue *queue)
{
	if (o->queue != NULL)
		g_queue_remove(o->queue, o);
	o->queue = queue;
	if (queue != NULL)
		g_queue_push_tail(queue, o);
}

struct object *
bucket_object(struct bucket *b, const char *sha256, bool wanted)
{
	struct object	*o = g_hash_table_lookup(b->objects, sha256);

	if (o == NULL) {
		o = g_new0(struct object, 1);
		o->bucket = b;
		o->sha256 = g_strdup(sha256);
		o->wants = g_ptr_array_new();
		g_hash_table_insert(b->objects, o->sha256, o);
		move(o, b->backlog);
	}
	if (wanted && o->queue == b->backlog)
		move(o, b->wanted);
	return o;
}

void
bucket_drop(struct object *o)
{
	move(o, NULL);
	g_hash_table_remove(o->bucket->objects, o->sha256);
}

static struct object *
next_object(struct bucket *b)
{
	GQueue		*first = b->wanted, *second = b->backlog;
	struct object	*o;

	if (++b->begun % BACKLOG_TURN == 0) {
		first = b->backlog;
		second = b->wanted;
	}
	o = g_queue_peek_head(first->length > 0 ? first : second);
	move(o, NULL);
	return o;
}

/* --- how the bucket is --- */

static int64_t
pause_ms(const struct bucket *b)
{
	int64_t	ms = (int64_t)FIRST_RETRY_MS << MIN(b->failures, 20u);

	ms = MIN(ms, b->settings->retry_max_ms);
	return ms - g_random_int_range(0, (gint32)(ms / 4 + 1));
}

static void
fail_all(struct bucket *b, const struct err *why)
{
	if (!b->down || strcmp(b->problem.text, why->text) != 0)
		log_warn("bucket=%s takes nothing: %s; attachments wait in the state directory",
		    b->settings->name, why->text);
	b->problem = *why;
	b->down = true;
	/* Perhaps it is corrected. */
	if (why->kind == ERR_PERM)
		b->secret_ms = 0;
	if (!b->pausing) {
		loop_timer_start(b->retry, pause_ms(b));
		b->pausing = true;
		b->failures++;
	}
	want_give_up_all(b);
}

static void
succeed(struct bucket *b)
{
	if (b->down)
		log_info("bucket=%s takes files again", b->settings->name);
	b->down = false;
	b->failures = 0;
	b->taken_ms = clock_mono_ms();
	memset(&b->problem, 0, sizeof b->problem);
}

static void
on_retry(void *arg)
{
	struct bucket	*b = arg;

	b->pausing = false;
	bucket_pump(b);
}

/* --- what becomes of an object --- */

static void
on_there(struct object *o)
{
	struct bucket		*b = o->bucket;
	g_autoptr(GPtrArray)	 wants = g_ptr_array_ref(o->wants);
	guint			 i;

	succeed(b);
	stored_add(b->stored, o->sha256);
	if (o->linked)
		pending_remove(b->pending, o->sha256);
	bucket_drop(o);
	for (i = 0; i < wants->len; i++)
		want_got_one(wants->pdata[i]);
}

static void
let_go(struct object *o)
{
	while (o->wants->len > 0)
		want_give_up(o->wants->pdata[0]);
}

static void
on_lost(struct object *o, const struct err *why)
{
	log_error("bucket=%s a file to be sent is not there: %s", o->bucket->settings->name,
	    why->text);
	let_go(o);
	if (o->linked)
		pending_remove(o->bucket->pending, o->sha256);
	bucket_drop(o);
}

static void
on_refused(struct object *o, const struct err *why)
{
	log_warn("bucket=%s object=%s is not taken, others are: %s; it is tried again in an hour",
	    o->bucket->settings->name, o->sha256, why->text);
	o->refused_ms = clock_mono_ms();
	o->failures = 0;
	move(o, o->bucket->refused);
	let_go(o);
}

/* To the end of the queue: were it its fault, others would get through. */
static void
on_failed(struct object *o, const struct err *why)
{
	struct bucket	*b = o->bucket;

	if (o->failures++ == 0)
		o->failed_ms = clock_mono_ms();
	if (o->failures >= REFUSED_AFTER && b->taken_ms > o->failed_ms) {
		on_refused(o, why);
		return;
	}
	move(o, b->backlog);
	fail_all(b, why);
}

static void
on_upload(void *arg, enum upload_outcome outcome, int64_t size, const struct err *why)
{
	static const char *const	words[] = {
		[UPLOAD_SENT] = "sent", [UPLOAD_KNOWN] = "known", [UPLOAD_LOST] = "lost",
		[UPLOAD_REFUSED] = "refused", [UPLOAD_FAILED] = "failed"
	};
	struct object			*o = arg;
	struct bucket			*b = o->bucket;

	o->upload = NULL;
	b->running--;
	metric_inc(METRIC_BUCKET_OBJECTS, words[outcome]);
	if (outcome == UPLOAD_SENT)
		metric_add(METRIC_BUCKET_BYTES, NULL, (double)size);
	switch (outcome) {
	case UPLOAD_SENT:
	case UPLOAD_KNOWN:
		on_there(o);
		break;
	case UPLOAD_LOST:
		on_lost(o, why);
		break;
	case UPLOAD_REFUSED:
		on_refused(o, why);
		break;
	case UPLOAD_FAILED:
		on_failed(o, why);
		break;
	}
	bucket_pump(b);
}

static void
begin(struct bucket *b, struct object *o)
{
	struct upload_options	options = { b->http, b->settings, b->secret, b->state_dir };

	b->running++;
	o->upload = upload_start(b->loop, &options, o->sha256, on_upload, o);
}

/* --- the secret --- */

static void
forget_secret(struct bucket *b)
{
	if (b->secret != NULL)
		explicit_bzero(b->secret, strlen(b->secret));
	g_clear_pointer(&b->secret, g_free);
}

static void
on_secret(void *arg, const char *secret, const struct err *why)
{
	struct bucket	*b = arg;
	struct err	 e = ERR_INIT;

	forget_secret(b);
	if (secret != NULL) {
		b->secret = g_strdup(secret);
		b->secret_ms = clock_mono_ms();
	} else {
		err_set(&e, ERR_TEMP, "secret key: %s", why->text);
	}
	secret_query_free(b->query);
	b->query = NULL;
	if (secret == NULL)
		fail_all(b, &e);
	bucket_pump(b);
}

/* Read anew now and then, and after a refusal, so that it can be changed without a restart. */
static bool
have_secret(struct bucket *b)
{
	if (b->query != NULL)
		return false;
	if (b->secret != NULL && b->secret_ms != 0 && clock_mono_ms() - b->secret_ms < SECRET_MS)
		return true;
	b->query = secret_query_new(b->loop, &b->settings->secret, b->settings->timeout_ms,
	    on_secret, b);
	return false;
}

/* --- the pump --- */

static void
on_listed(void *arg, GPtrArray *digests)
{
	struct bucket	*b = arg;
	guint		 i;

	b->listing = false;
	b->more = digests->len >= b->list_max;
	if (b->closing)
		return;
	for (i = 0; i < digests->len; i++)
		bucket_object(b, digests->pdata[i], false)->linked = true;
	bucket_pump(b);
}

/* As many more than we know of, so that there are new ones among them. */
static void
look_for_more(struct bucket *b)
{
	if (!b->more || b->listing || b->backlog->length > 0)
		return;
	b->listing = true;
	b->list_max = BUCKET_KEEP_MAX + g_hash_table_size(b->objects);
	pending_list(b->pending, b->list_max, on_listed, b);
}

static void
show(struct bucket *b)
{
	if (bucket_is_used(b))
		metric_set(METRIC_BUCKET_UP, b->settings->name, !b->down);
	metric_set(METRIC_BUCKET_PENDING, NULL, (double)pending_count(b->pending));
}

/* Begin what may: several while things go well, else one to see whether they do. */
void
bucket_pump(struct bucket *b)
{
	unsigned	most = b->down ? 1 : (unsigned)b->settings->transfers;

	show(b);
	if (!bucket_is_used(b) || b->closing || b->pausing)
		return;
	look_for_more(b);
	while (b->wanted->length + b->backlog->length > 0 && b->running < most && have_secret(b))
		begin(b, next_object(b));
}

static void
on_tick(void *arg)
{
	struct bucket	*b = arg;
	struct object	*o;

	while ((o = g_queue_peek_head(b->refused)) != NULL &&
	    clock_mono_ms() - o->refused_ms > REFUSED_MS)
		move(o, b->backlog);
	bucket_pump(b);
}

/* --- for others --- */

char *
bucket_location(const struct bucket *b, const char *sha256)
{
	if (bucket_is_used(b) && stored_was(b->stored, sha256))
		return object_place(b->settings, sha256);
	return g_strconcat("blob:", sha256, NULL);
}

void
bucket_stats(struct bucket *b, struct bucket_stats *s)
{
	g_free(b->place);
	b->place = bucket_is_used(b) ? object_place(b->settings, "") : NULL;
	s->used = bucket_is_used(b);
	s->up = bucket_is_used(b) && !b->down;
	s->pending = pending_count(b->pending);
	s->waiting = b->wants->length;
	s->place = b->place;
	s->problem = b->problem.text;
}

/* --- life --- */

static void
note_unused(const struct bucket *b)
{
	if (!bucket_is_used(b) && pending_count(b->pending) > 0)
		log_warn("%" G_GUINT64_FORMAT " attachments wait for a bucket, and none is "
		    "configured", pending_count(b->pending));
}

struct bucket *
bucket_open(struct loop *loop, struct blobs *blobs, const char *state_dir,
    const struct settings *s, struct err *e)
{
	struct bucket	*b;
	struct pending	*pending = pending_open(loop, state_dir, e);

	if (pending == NULL)
		return NULL;
	b = g_new0(struct bucket, 1);
	b->loop = loop;
	b->blobs = blobs;
	b->state_dir = state_dir;
	b->all = s;
	b->settings = &s->bucket;
	b->pending = pending;
	b->http = http_client_new(loop);
	b->stored = stored_new();
	b->objects = g_hash_table_new_full(g_str_hash, g_str_equal, NULL,
	    (GDestroyNotify)object_free);
	b->wanted = g_queue_new();
	b->backlog = g_queue_new();
	b->refused = g_queue_new();
	b->wants = g_queue_new();
	b->retry = loop_timer_new(loop, on_retry, b);
	b->tick = loop_timer_new(loop, on_tick, b);
	b->more = pending_count(pending) > 0;
	note_unused(b);
	loop_timer_every(b->tick, TICK_MS);
	loop_timer_start(b->retry, 0);
	return b;
}

void
bucket_close(struct bucket *b)
{
	if (b == NULL)
		return;
	b->closing = true;
	secret_query_free(b->query);
	pending_close(b->pending);
	g_hash_table_unref(b->objects);
	g_queue_free(b->wanted);
	g_queue_free(b->backlog);
	g_queue_free(b->refused);
	g_queue_free_full(b->wants, (GDestroyNotify)want_free);
	http_client_free(b->http);
	stored_free(b->stored);
	loop_timer_free(b->retry);
	loop_timer_free(b->tick);
	forget_secret(b);
	g_free(b->place);
	g_free(b);
}

/* What is under way was asked with the words of the old configuration. */
static void
begin_again(gpointer key, gpointer object, gpointer arg)
{
	struct object	*o = object;
	struct bucket	*b = arg;

	(void)key;
	if (o->upload == NULL)
		return;
	upload_cancel(o->upload);
	o->upload = NULL;
	b->running--;
	move(o, o->wants->len > 0 ? b->wanted : b->backlog);
}

void
bucket_reload(struct bucket *b, const struct settings *s)
{
	g_autofree char	*before = bucket_is_used(b) ? object_url(b->settings, "") : NULL;
	g_autofree char	*after = NULL;

	secret_query_free(b->query);
	b->query = NULL;
	forget_secret(b);
	g_hash_table_foreach(b->objects, begin_again, b);
	b->all = s;
	b->settings = &s->bucket;
	after = bucket_is_used(b) ? object_url(b->settings, "") : NULL;
	if (g_strcmp0(before, after) != 0)
		stored_clear(b->stored);
	b->down = b->pausing = false;
	b->failures = 0;
	memset(&b->problem, 0, sizeof b->problem);
	loop_timer_stop(b->retry);
	note_unused(b);
	if (!bucket_is_used(b))
		want_give_up_all(b);
	bucket_pump(b);
}

void
bucket_hurry(struct bucket *b)
{
	b->hurry = true;
	want_give_up_all(b);
}
