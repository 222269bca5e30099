/* SPDX-License-Identifier: ISC */
#include "channel/budget.h"

#include "channel/dial.h"

struct host {
	char		*name;
	GPtrArray	*holders;	/* struct dial * */
	GQueue		*waiting;	/* struct dial *, longest first */
};

static GHashTable	*hosts;		/* name -> struct host *; loop thread only */

static void
free_host(void *p)
{
	struct host	*h = p;

	g_free(h->name);
	g_ptr_array_unref(h->holders);
	g_queue_free(h->waiting);
	g_free(h);
}

static struct host *
find(const struct dial *d)
{
	return hosts != NULL ? g_hash_table_lookup(hosts, d->conf->host) : NULL;
}

static struct host *
find_or_make(const struct dial *d)
{
	struct host	*h = find(d);

	if (h != NULL)
		return h;
	if (hosts == NULL)
		hosts = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, free_host);
	h = g_new0(struct host, 1);
	h->name = g_strdup(d->conf->host);
	h->holders = g_ptr_array_new();
	h->waiting = g_queue_new();
	g_hash_table_insert(hosts, h->name, h);
	return h;
}

/* One that has nothing to do looks once more and then makes room. */
static void
wake_idle(const struct host *h)
{
	guint	i;

	for (i = 0; i < h->holders->len; i++) {
		struct dial	*d = h->holders->pdata[i];

		if (d->ops->make_room != NULL && d->ops->make_room(d->arg))
			return;
	}
}

bool
budget_take(struct dial *d)
{
	struct host	*h = find_or_make(d);

	if (g_ptr_array_find(h->holders, d, NULL))
		return true;
	if (h->holders->len < (guint)d->conf->max_per_host) {
		g_queue_remove(h->waiting, d);
		g_ptr_array_add(h->holders, d);
		return true;
	}
	if (g_queue_find(h->waiting, d) == NULL)
		g_queue_push_tail(h->waiting, d);
	wake_idle(h);
	return false;
}

void
budget_give(struct dial *d)
{
	struct host		*h = find(d);
	struct dial	*next;

	if (h == NULL)
		return;
	g_queue_remove(h->waiting, d);
	if (g_ptr_array_remove_fast(h->holders, d) &&
	    (next = g_queue_pop_head(h->waiting)) != NULL)
		dial_after(next, 0);
	if (h->holders->len == 0 && g_queue_is_empty(h->waiting))
		g_hash_table_remove(hosts, h->name);
}

bool
budget_is_wanted(const struct dial *d)
{
	const struct host	*h = find(d);

	return h != NULL && !g_queue_is_empty(h->waiting);
}
