/* SPDX-License-Identifier: ISC */
#include "intake/ahead.h"

#include <string.h>

#define LARGE	((size_t)256 << 10)	/* the journal gives these back as others */

struct ahead {
	struct loop		*loop;
	struct parse_pool	*pool;
	struct arrival		*arrival;	/* a copy; NULL: none is ahead */
	bool			 asked;		/* the pool has not answered yet */
	struct parsed		*parsed;	/* it has, and nobody has come for it */
	const char		*failure;
	parse_done_fn		*done;		/* who waits for it */
	void			*arg;
};

struct ahead *
ahead_new(struct loop *loop, struct parse_pool *pool)
{
	struct ahead	*ah = g_new0(struct ahead, 1);

	ah->loop = loop;
	ah->pool = pool;
	return ah;
}

/* Nobody will come for it any more. */
static void
forget(struct ahead *ah)
{
	g_clear_pointer(&ah->arrival, arrival_free);
	g_clear_pointer(&ah->parsed, parsed_free);
	ah->done = NULL;
}

void
ahead_free(struct ahead *ah)
{
	if (ah == NULL)
		return;
	forget(ah);
	g_free(ah);
}

static void
hand_out(void *arg)
{
	struct ahead	*ah = arg;
	parse_done_fn	*done = ah->done;
	struct parsed	*parsed = g_steal_pointer(&ah->parsed);

	forget(ah);
	done(ah->arg, parsed, ah->failure);
}

static void
on_parsed(void *arg, struct parsed *parsed, const char *failure)
{
	struct ahead	*ah = arg;

	ah->asked = false;
	ah->parsed = parsed;
	ah->failure = failure;
	if (ah->done != NULL)
		hand_out(ah);
}

void
ahead_begin(struct ahead *ah, const struct arrival *a)
{
	if (ah->asked || ah->done != NULL || g_bytes_get_size(a->bytes) >= LARGE)
		return;
	forget(ah);
	ah->arrival = arrival_copy(a);
	ah->asked = true;
	parse_pool_ask(ah->pool, ah->arrival, on_parsed, ah);
}

/* What the journal has just written it gives back with the very same bytes. */
bool
ahead_take(struct ahead *ah, const struct arrival *a, parse_done_fn *done, void *arg)
{
	if (ah->arrival == NULL || ah->done != NULL || ah->arrival->bytes != a->bytes ||
	    strcmp(ah->arrival->key, a->key) != 0)
		return false;
	ah->done = done;
	ah->arg = arg;
	if (!ah->asked)
		loop_defer(ah->loop, hand_out, ah);
	return true;
}
