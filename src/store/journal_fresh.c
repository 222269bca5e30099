/* SPDX-License-Identifier: ISC */
#include "store/journal_fresh.h"

#define MOST	((size_t)4 << 20)	/* bytes in all */
#define LARGE	((size_t)256 << 10)	/* from here on not worth the room */

void
journal_fresh_init(struct journal_fresh *f)
{
	g_queue_init(&f->line);
	f->bytes = 0;
}

static struct arrival *
take_first(struct journal_fresh *f)
{
	struct arrival	*a = g_queue_pop_head(&f->line);

	f->bytes -= g_bytes_get_size(a->bytes);
	return a;
}

void
journal_fresh_fini(struct journal_fresh *f)
{
	while (!g_queue_is_empty(&f->line))
		arrival_free(take_first(f));
}

void
journal_fresh_put(struct journal_fresh *f, struct arrival *a)
{
	if (g_bytes_get_size(a->bytes) >= LARGE) {
		arrival_free(a);
		return;
	}
	g_queue_push_tail(&f->line, a);
	f->bytes += g_bytes_get_size(a->bytes);
	while (f->bytes > MOST)
		arrival_free(take_first(f));
}

uint64_t
journal_fresh_first(const struct journal_fresh *f)
{
	const struct arrival	*first = f->line.head != NULL ? f->line.head->data : NULL;

	return first != NULL ? first->lsn : 0;
}

/* A reader that goes back to earlier ones leaves the later ones here. */
struct arrival *
journal_fresh_take(struct journal_fresh *f, uint64_t lsn)
{
	while (!g_queue_is_empty(&f->line) && journal_fresh_first(f) < lsn)
		arrival_free(take_first(f));
	return journal_fresh_first(f) == lsn ? take_first(f) : NULL;
}
