/* SPDX-License-Identifier: ISC */
/*
 * Those who wait until the bucket has their blobs, and what becomes of the
 * blobs when they wait no longer.
 */
#include "bucket/bucket_local.h"

#define AHEAD_MAX	64	/* uploads in front of us that are worth waiting for */

struct want {
	struct bucket		*bucket;
	GPtrArray		*digests;	/* char *: all that is to be there */
	GPtrArray		*fresh;		/* char *: of these, what the local store did not have */
	unsigned		 missing;
	bool			 hopeless;	/* one of them was refused */
	struct loop_timer	*timer;
	bucket_done_fn		*done;
	void			*arg;
};

void
want_free(struct want *w)
{
	g_ptr_array_unref(w->digests);
	g_ptr_array_unref(w->fresh);
	loop_timer_free(w->timer);
	g_free(w);
}

static void
tell(struct want *w, const struct err *why)
{
	w->done(w->arg, why);
	want_free(w);
}

/* Only a reference to the bucket is given away for what is fresh. */
static void
end(struct want *w)
{
	struct bucket	*b = w->bucket;
	int64_t		 by_ms = b->all->redis.ticket_retention_ms - b->settings->keep_local_ms;

	g_queue_remove(b->wants, w);
	if (w->fresh->len > 0 && by_ms > 0)
		blobs_age(b->blobs, g_ptr_array_ref(w->fresh), by_ms);
	tell(w, NULL);
}

void
want_got_one(struct want *w)
{
	if (--w->missing == 0)
		end(w);
}

/* Its link is durable.  What the bucket got meanwhile needs none. */
static void
note_link(struct bucket *b, const char *sha256)
{
	struct object	*o = g_hash_table_lookup(b->objects, sha256);

	if (o == NULL && stored_has(b->stored, sha256)) {
		pending_remove(b->pending, sha256);
		return;
	}
	if (o == NULL) {
		b->more = true;
		return;
	}
	o->linked = true;
	if (o->upload == NULL && o->wants->len == 0 &&
	    g_hash_table_size(b->objects) > BUCKET_KEEP_MAX) {
		bucket_drop(o);
		b->more = true;
	}
}

static void
on_linked(void *arg, const struct err *why)
{
	struct want	*w = arg;
	struct bucket	*b = w->bucket;
	guint		 i;

	if (b->closing) {
		want_free(w);
		return;
	}
	for (i = 0; why == NULL && i < w->digests->len; i++)
		note_link(b, w->digests->pdata[i]);
	tell(w, why);
	bucket_pump(b);
}

void
want_give_up(struct want *w)
{
	struct bucket	*b = w->bucket;
	GPtrArray	*links = g_ptr_array_new_with_free_func(g_free);
	guint		 i;

	g_queue_remove(b->wants, w);
	loop_timer_stop(w->timer);
	for (i = 0; i < w->digests->len; i++) {
		struct object	*o = g_hash_table_lookup(b->objects, w->digests->pdata[i]);

		if (o == NULL)
			continue;
		g_ptr_array_remove_fast(o->wants, w);
		g_ptr_array_add(links, g_strdup(o->sha256));
	}
	pending_add(b->pending, links, on_linked, w);
}

void
want_give_up_all(struct bucket *b)
{
	while (b->wants->head != NULL)
		want_give_up(b->wants->head->data);
}

static void
on_patience_over(void *arg)
{
	want_give_up(arg);
}

static void
add_digest(struct want *w, const struct blob *blob)
{
	struct bucket	*b = w->bucket;
	struct object	*o;

	if (g_ptr_array_find_with_equal_func(w->digests, blob->sha256, g_str_equal, NULL))
		return;
	g_ptr_array_add(w->digests, g_strdup(blob->sha256));
	if (blob->fresh)
		g_ptr_array_add(w->fresh, g_strdup(blob->sha256));
	if (stored_has(b->stored, blob->sha256))
		return;
	o = bucket_object(b, blob->sha256, true);
	g_ptr_array_add(o->wants, w);
	w->hopeless |= o->queue == b->refused;
	w->missing++;
}

static bool
is_worth_waiting(const struct want *w, unsigned ahead)
{
	const struct bucket	*b = w->bucket;

	return !w->hopeless && !b->down && !b->hurry && b->settings->wait_ms > 0 &&
	    ahead <= AHEAD_MAX;
}

void
bucket_put(struct bucket *b, const GPtrArray *blobs, bucket_done_fn *done, void *arg)
{
	unsigned	 ahead = b->wanted->length;
	struct want	*w;
	guint		 i;

	if (!bucket_is_used(b)) {
		done(arg, NULL);
		return;
	}
	w = g_new0(struct want, 1);
	w->bucket = b;
	w->digests = g_ptr_array_new_with_free_func(g_free);
	w->fresh = g_ptr_array_new_with_free_func(g_free);
	w->timer = loop_timer_new(b->loop, on_patience_over, w);
	w->done = done;
	w->arg = arg;
	g_queue_push_tail(b->wants, w);
	for (i = 0; i < blobs->len; i++)
		add_digest(w, blobs->pdata[i]);
	if (w->missing == 0) {
		end(w);
		return;
	}
	if (is_worth_waiting(w, ahead))
		loop_timer_start(w->timer, b->settings->wait_ms);
	else
		want_give_up(w);
	bucket_pump(b);
}
