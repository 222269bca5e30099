/* SPDX-License-Identifier: ISC */
#include "channel/imap/box.h"

#include <stdlib.h>
#include <string.h>

struct box *
box_new(const char *name, const char *raw)
{
	struct box	*b = g_new0(struct box, 1);

	b->name = g_strdup(name);
	b->raw = g_strdup(raw);
	b->items = g_array_new(FALSE, FALSE, sizeof(struct box_item));
	b->found = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	return b;
}

void
box_free(struct box *b)
{
	g_free(b->name);
	g_free(b->raw);
	g_array_unref(b->items);
	g_array_unref(b->found);
	g_free(b);
}

void
box_begin(struct box *b, uint32_t uidvalidity, uint32_t cursor)
{
	b->uidvalidity = uidvalidity;
	b->cursor = b->horizon = cursor;
	b->importing = false;
	g_array_set_size(b->items, 0);
	g_array_set_size(b->found, 0);
	memset(b->count, 0, sizeof(b->count));
	b->first_wanted = b->first_ready = 0;
}

static struct box_item *
item_at(const struct box *b, size_t i)
{
	return &g_array_index(b->items, struct box_item, i);
}

static int
compare_uid(const void *a, const void *b)
{
	uint32_t	x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static int
compare_item(const void *a, const void *b)
{
	const struct box_item	*x = a, *y = b;

	return compare_uid(&x->uid, &y->uid);
}

/* A server answers "9:*" with its last message even if that is number 5. */
void
box_found(struct box *b, uint32_t uid)
{
	if (uid > b->cursor)
		g_array_append_val(b->found, uid);
}

struct box_item *
box_find(struct box *b, uint32_t uid)
{
	struct box_item	key = { .uid = uid };

	if (b->items->len == 0)
		return NULL;
	return bsearch(&key, b->items->data, b->items->len, sizeof(key), compare_item);
}

unsigned
box_end_search(struct box *b)
{
	guint		had = b->items->len, i;
	uint32_t	last = 0;

	g_array_sort(b->found, compare_uid);
	for (i = 0; i < b->found->len; i++) {
		struct box_item	item = { .uid = g_array_index(b->found, uint32_t, i) };
		struct box_item	key = item;

		if (item.uid == last || (had > 0 && bsearch(&key, b->items->data, had,
		    sizeof(key), compare_item) != NULL))
			continue;
		last = item.uid;
		item.doubtful = item.uid <= b->doubt;
		g_array_append_val(b->items, item);
		b->count[BOX_WANTED]++;
	}
	if (had > 0 && b->items->len > had && item_at(b, had)->uid < item_at(b, had - 1)->uid)
		g_array_sort(b->items, compare_item);
	g_array_set_size(b->found, 0);
	b->first_wanted = b->first_ready = 0;
	if (b->items->len > 0)
		b->horizon = MAX(b->horizon, item_at(b, b->items->len - 1)->uid);
	return b->items->len - had;
}

void
box_set(struct box *b, struct box_item *item, enum box_state state)
{
	size_t	i = (size_t)(item - item_at(b, 0));

	b->count[item->state]--;
	b->count[state]++;
	item->state = (uint8_t)state;
	if (state == BOX_WANTED)
		b->first_wanted = MIN(b->first_wanted, i);
	else if (state == BOX_READY)
		b->first_ready = MIN(b->first_ready, i);
}

static size_t *
first_of(struct box *b, enum box_state state, size_t *zero)
{
	*zero = 0;
	return state == BOX_WANTED ? &b->first_wanted :
	    state == BOX_READY ? &b->first_ready : zero;
}

void
box_pick(struct box *b, enum box_state state, unsigned max, const uint64_t *bytes,
    GArray *uids)
{
	size_t		 zero, *first = first_of(b, state, &zero), i;
	uint64_t	 sum = 0;

	if (b->count[state] == 0)
		return;
	while (*first < b->items->len && item_at(b, *first)->state != state)
		++*first;
	for (i = *first; i < b->items->len && uids->len < max; i++) {
		struct box_item	*item = item_at(b, i);

		if (item->state != state)
			continue;
		if (uids->len > 0 && (item->tries > 0 ||
		    (bytes != NULL && sum + item->size > *bytes)))
			return;
		sum += item->size;
		g_array_append_val(uids, item->uid);
		if (item->tries > 0)
			return;
	}
}

bool
box_advance(struct box *b)
{
	uint32_t	before = b->cursor;
	bool		was_importing = b->importing;
	guint		n = 0;

	for (; n < b->items->len && item_at(b, n)->state == BOX_DONE; n++)
		b->cursor = MAX(b->cursor, item_at(b, n)->uid);
	if (n > 0) {
		g_array_remove_range(b->items, 0, n);
		b->count[BOX_DONE] -= n;
		b->first_wanted -= MIN(b->first_wanted, n);
		b->first_ready -= MIN(b->first_ready, n);
	}
	if (b->items->len == 0) {
		b->cursor = MAX(b->cursor, b->horizon);
		b->importing = false;
	}
	return b->cursor != before || b->importing != was_importing;
}

void
box_disconnect(struct box *b)
{
	static const enum box_state	back[BOX_DONE + 1] = {
		[BOX_WANTED] = BOX_WANTED, [BOX_MEASURING] = BOX_WANTED,
		[BOX_READY] = BOX_READY, [BOX_ASKED] = BOX_READY,
		[BOX_TAKEN] = BOX_TAKEN, [BOX_DURABLE] = BOX_DURABLE,
		[BOX_ACTING] = BOX_DURABLE, [BOX_DONE] = BOX_DONE
	};
	guint	i;

	for (i = 0; i < b->items->len; i++) {
		struct box_item	*item = item_at(b, i);

		if (back[item->state] != (enum box_state)item->state)
			box_set(b, item, back[item->state]);
	}
	g_array_set_size(b->found, 0);
}

unsigned
box_open(const struct box *b)
{
	return b->items->len - b->count[BOX_DONE];
}

static struct place
place_of(const struct box *b)
{
	return (struct place){ b->uidvalidity, b->cursor, b->rewinds };
}

char *
box_cursor_format(const struct box *b)
{
	const struct place	p = place_of(b);

	return place_format(&p);
}

bool
box_cursor_restore(struct box *b, const char *text)
{
	struct place	p;

	if (!place_parse(text, &p))
		return false;
	box_begin(b, p.uidvalidity, p.cursor);
	b->rewinds = p.rewinds;
	return true;
}

char *
box_key(const struct box *b, uint32_t uid)
{
	const struct place	p = place_of(b);

	return place_key(&p, b->name, uid);
}
