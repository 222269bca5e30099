/* SPDX-License-Identifier: ISC */
#include "channel/imap/budget.h"

#include "channel/imap/imap_channel.h"

struct host {
	char		*name;
	GPtrArray	*holders;	/* struct imap_channel * */
	GQueue		*waiting;	/* struct imap_channel *, longest first */
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
find(const struct imap_channel *ch)
{
	return hosts != NULL ? g_hash_table_lookup(hosts, ch->conf->host) : NULL;
}

static struct host *
find_or_make(const struct imap_channel *ch)
{
	struct host	*h = find(ch);

	if (h != NULL)
		return h;
	if (hosts == NULL)
		hosts = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, free_host);
	h = g_new0(struct host, 1);
	h->name = g_strdup(ch->conf->host);
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
		struct imap_channel	*ch = h->holders->pdata[i];

		if (ch->step == &imap_steps.idling || ch->step == &imap_steps.resting) {
			imap_session_poll(ch);
			return;
		}
	}
}

bool
budget_take(struct imap_channel *ch)
{
	struct host	*h = find_or_make(ch);

	if (g_ptr_array_find(h->holders, ch, NULL))
		return true;
	if (h->holders->len < (guint)ch->conf->max_per_host) {
		g_queue_remove(h->waiting, ch);
		g_ptr_array_add(h->holders, ch);
		return true;
	}
	if (g_queue_find(h->waiting, ch) == NULL)
		g_queue_push_tail(h->waiting, ch);
	wake_idle(h);
	return false;
}

void
budget_give(struct imap_channel *ch)
{
	struct host		*h = find(ch);
	struct imap_channel	*next;

	if (h == NULL)
		return;
	g_queue_remove(h->waiting, ch);
	if (g_ptr_array_remove_fast(h->holders, ch) &&
	    (next = g_queue_pop_head(h->waiting)) != NULL)
		loop_timer_start(next->retry, 0);
	if (h->holders->len == 0 && g_queue_is_empty(h->waiting))
		g_hash_table_remove(hosts, h->name);
}

bool
budget_is_wanted(const struct imap_channel *ch)
{
	const struct host	*h = find(ch);

	return h != NULL && !g_queue_is_empty(h->waiting);
}
