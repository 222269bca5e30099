/* SPDX-License-Identifier: ISC */
/*
 * Looking through one folder: is there anything new (STATUS), open it
 * (SELECT), is it still the one we knew, and which messages are new (SEARCH).
 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "channel/imap/imap_channel.h"
#include "mailbox/place.h"
#include "store/cursor.h"

/* ---------------------------------------------------------------- searching */

static void
begin_work(struct imap_channel *ch)
{
	imap_session_enter(ch, &imap_steps.working);
	imap_channel_is_up(ch);
	imap_work_pump(ch);
}

static void
on_search_done(struct imap_channel *ch, const struct command *c, const struct imap_event *ev)
{
	struct box	*b = imap_work_box(ch);
	unsigned	 new;

	(void)c;
	if (ev->result != IMAP_OK) {
		imap_session_refused(ch, "SEARCH", ev);
		return;
	}
	new = box_end_search(b);
	if (ch->uidnext > 0)	/* what is below and was not found will never come */
		b->horizon = MAX(b->horizon, ch->uidnext - 1);
	if (new > 0)
		log_debug("channel=%s folder=%s new=%u", ch->base.name, b->name, new);
	if (new > 0 && ch->polled && ch->conf->idle && ch->rota->len == 1 && !ch->deaf) {
		ch->deaf = true;
		log_info("channel=%s the server did not tell of new mail while idling",
		    ch->base.name);
	}
	imap_look_save(ch, b);
	begin_work(ch);
}

static void
search(struct imap_channel *ch, const char *criteria, command_done_fn *done)
{
	imap_session_enter(ch, &imap_steps.searching);
	ch->more = false;
	imap_session_send(ch, imap_search(ch->imap, criteria), done, NULL, 0);
}

/* Of a folder with new UIDs: is there still old mail that "import" has left out? */
static bool
has_old(const struct box *b)
{
	return b->first.renumbered && b->first.at_s > 0 &&
	    b->first.uidvalidity == b->uidvalidity && b->first.highest < UINT32_MAX &&
	    b->cursor < b->first.highest;
}

void
imap_look_for_new(struct imap_channel *ch)
{
	const struct box	*b = imap_work_box(ch);
	g_autofree char		*criteria = NULL, *since = NULL;

	criteria = g_strdup_printf("UID %u:*", b->cursor + 1);
	if (has_old(b)) {
		since = place_first_date(&b->first, "SINCE");
		g_free(criteria);
		criteria = g_strdup_printf("UID %u:* OR UID %u:%u %s", b->cursor + 1,
		    b->first.highest + 1, UINT32_MAX, since);
	}
	if (imap_work_box(ch)->cursor == UINT32_MAX)
		imap_session_next(ch);
	else
		search(ch, criteria, on_search_done);
}

/* -------------------------------------------------------- the very first time */

/* What was there at the first look; what came after it is taken in any case. */
static char *
old_or_new(const char *old, uint32_t highest)
{
	if (highest == UINT32_MAX)
		return g_strdup(old);
	return g_strdup_printf("OR UID %u:%u %s", highest + 1, UINT32_MAX, old);
}

static void
search_first(struct imap_channel *ch, uint32_t highest)
{
	static const char *const	months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
					    "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
	g_autofree char			*criteria = NULL, *since = NULL;
	int				 year, month, day;

	switch ((enum settings_import)ch->conf->import) {
	case IMPORT_NONE:
		imap_look_save(ch, imap_work_box(ch));
		begin_work(ch);
		return;
	case IMPORT_UNSEEN:
		criteria = old_or_new("UNSEEN", highest);
		break;
	case IMPORT_SINCE:
		if (sscanf(ch->conf->since, "%d-%d-%d", &year, &month, &day) != 3 ||
		    month < 1 || month > 12) {
			dial_lose(&ch->dial, ERR_CONFIG, "since is no date");
			return;
		}
		since = g_strdup_printf("SINCE %d-%s-%d", day, months[month - 1], year);
		criteria = old_or_new(since, highest);
		break;
	case IMPORT_ALL:
		criteria = g_strdup("ALL");
		break;
	}
	search(ch, criteria, on_search_done);
}

static void
save_first(struct imap_channel *ch, const struct box *b)
{
	g_autofree char	*name = place_first_name(ch->base.name, b->name),
			*text = place_first_format(&b->first);

	cursor_set(ch->base.env->cursors, name, text, NULL, NULL);
}

/*
 * The highest UID there was at the first look.  It is kept, so that a crash
 * before the import is done does not make a later look the first one, and for
 * telling afterwards what was left out on purpose.
 */
static uint32_t
first_look(struct imap_channel *ch, struct box *b, uint32_t highest)
{
	bool	all = ch->conf->import == IMPORT_ALL;

	if (b->first.uidvalidity == b->uidvalidity && b->first.highest <= highest)
		return b->first.highest;
	b->first = (struct place_first){ b->uidvalidity, all ? 0 : highest,
	    all ? 0 : clock_wall_ms() / 1000, false };
	save_first(ch, b);
	return highest;
}

static void
begin_import(struct imap_channel *ch, uint32_t highest)
{
	struct box	*b = imap_work_box(ch);

	highest = first_look(ch, b, highest);
	b->importing = ch->conf->import != IMPORT_ALL;
	if (b->importing)
		b->horizon = highest;
	log_info("channel=%s folder=%s first look uidvalidity=%u highest=%u", ch->base.name,
	    b->name, b->uidvalidity, highest);
	search_first(ch, highest);
}

/* What the search for "UID *" has found above the cursor; -1: it was refused. */
static int
take_highest(struct imap_channel *ch, const struct imap_event *ev, uint32_t *highest)
{
	struct box	*b = imap_work_box(ch);
	guint		 i;

	*highest = 0;
	if (ev->result != IMAP_OK) {
		imap_session_refused(ch, "SEARCH", ev);
		return -1;
	}
	for (i = 0; i < b->found->len; i++)
		*highest = MAX(*highest, g_array_index(b->found, uint32_t, i));
	g_array_set_size(b->found, 0);
	return 0;
}

/* For a server that does not tell UIDNEXT. */
static void
on_highest_known(struct imap_channel *ch, const struct command *c, const struct imap_event *ev)
{
	uint32_t	 highest;

	(void)c;
	if (take_highest(ch, ev, &highest) == 0)
		begin_import(ch, highest);
}

/* ----------------------------------------------------------------- selecting */

void
imap_look_save(struct imap_channel *ch, struct box *b)
{
	g_autofree char	*name = place_name(ch->base.name, b->name), *value = NULL;

	box_advance(b);
	if (b->importing)
		return;
	value = box_cursor_format(b);
	if (g_strcmp0(cursor_get(ch->base.env->cursors, name), value) != 0)
		cursor_set(ch->base.env->cursors, name, value, NULL, NULL);
}

/*
 * All messages have new UIDs, and with them new keys.  Those that are there
 * now are in doubt: only of those whose header is not known the rest is asked
 * for.  What was old at the first look is old now.
 */
static void
begin_again(struct imap_channel *ch, struct box *b, uint32_t uidvalidity, uint32_t uidnext)
{
	box_begin(b, uidvalidity, 0);
	b->doubt = uidnext > 0 ? uidnext - 1 : UINT32_MAX;
	b->first.uidvalidity = uidvalidity;
	b->first.highest = uidnext > 0 ? uidnext - 1 : 0;
	b->first.renumbered = true;
	save_first(ch, b);
	imap_look_save(ch, b);
}

/*
 * The server counts from a lower number than it has given before.  If no
 * message has a higher one either, UIDs are used again, which must not be but
 * is (a mailbox restored from a backup): then the keys have to differ from
 * the old ones.
 */
static void
on_rewind_checked(struct imap_channel *ch, const struct command *c, const struct imap_event *ev)
{
	struct box	*b = imap_work_box(ch);
	uint32_t	 highest;

	(void)c;
	if (take_highest(ch, ev, &highest) == -1)
		return;
	if (highest == 0 && !ch->reaches_cursor) {
		log_warn("channel=%s folder=%s uses UIDs again: all of it is read again",
		    ch->base.name, b->name);
		b->rewinds++;
		begin_again(ch, b, b->uidvalidity, ch->uidnext);
	}
	ch->uidnext = 0;
	imap_look_for_new(ch);
}

static void
restore(struct imap_channel *ch, struct box *b)
{
	g_autofree char	*name = place_name(ch->base.name, b->name),
			*first = place_first_name(ch->base.name, b->name);
	const char	*saved = cursor_get(ch->base.env->cursors, name);

	if (saved != NULL && !box_cursor_restore(b, saved))
		log_error("channel=%s folder=%s the place kept for it is not readable",
		    ch->base.name, b->name);
	saved = cursor_get(ch->base.env->cursors, first);
	if (saved == NULL || !place_first_parse(saved, &b->first))
		return;
	if (b->first.renumbered && b->first.uidvalidity == b->uidvalidity)
		b->doubt = b->first.highest;
}

static void
open_box(struct imap_channel *ch, struct box *b, const struct imap_box *now)
{
	if (b->uidvalidity == 0)
		restore(ch, b);
	if (b->uidvalidity == 0 || (b->importing && box_open(b) == 0)) {
		box_begin(b, now->uidvalidity, 0);
		if (now->uidnext > 0)
			begin_import(ch, now->uidnext - 1);
		else
			search(ch, "UID *", on_highest_known);
		return;
	}
	if (b->uidvalidity != now->uidvalidity) {
		log_warn("channel=%s folder=%s renumbered uidvalidity=%u before=%u: all of it "
		    "is looked at again", ch->base.name, b->name, now->uidvalidity,
		    b->uidvalidity);
		begin_again(ch, b, now->uidvalidity, now->uidnext);
	}
	if (now->uidnext > 0 && now->uidnext - 1 < b->cursor) {
		ch->reaches_cursor = false;
		search(ch, "UID *", on_rewind_checked);
	} else if (b->importing) {
		ch->more = true;	/* go on with the list of old ones, then look for new */
		begin_work(ch);
	} else {
		imap_look_for_new(ch);
	}
}

static void
on_select_done(struct imap_channel *ch, const struct command *c, const struct imap_event *ev)
{
	struct box	*b = g_ptr_array_index(ch->rota, ch->at);
	struct imap_box	 now = *imap_box(ch->imap);

	(void)c;
	if (ev->result != IMAP_OK) {
		if (!b->complained)
			log_warn("channel=%s folder=%s cannot be opened: %s", ch->base.name,
			    b->name, ev->text);
		b->complained = true;
		imap_session_next(ch);
		return;
	}
	b->complained = false;
	ch->selected = true;
	ch->uidnext = now.uidnext;
	ch->read_only = now.read_only;
	if (now.uidvalidity == 0)
		now.uidvalidity = 1;	/* none told: the only one there is */
	open_box(ch, b, &now);
}

static void
open_folder(struct imap_channel *ch)
{
	const struct box	*b = g_ptr_array_index(ch->rota, ch->at);

	imap_session_enter(ch, &imap_steps.selecting);
	imap_session_send(ch, imap_select(ch->imap, b->raw, ch->conf->after == AFTER_NOTHING),
	    on_select_done, NULL, 0);
}

static void
on_status_done(struct imap_channel *ch, const struct command *c, const struct imap_event *ev)
{
	const struct box	*b = g_ptr_array_index(ch->rota, ch->at);

	(void)c;
	if (ev->result == IMAP_OK && ch->status.uidvalidity == b->uidvalidity &&
	    ch->status.uidnext > 0 && ch->status.uidnext - 1 == b->cursor)
		imap_session_next(ch);
	else
		open_folder(ch);
}

/* A folder that we know and that is not to be idled in need not be opened. */
void
imap_look_visit(struct imap_channel *ch, unsigned at)
{
	const struct box	*b = g_ptr_array_index(ch->rota, at);

	ch->at = at;
	ch->selected = false;
	if (at == 0 || b->uidvalidity == 0 || box_open(b) > 0) {
		open_folder(ch);
		return;
	}
	imap_session_enter(ch, &imap_steps.comparing);
	memset(&ch->status, 0, sizeof(ch->status));
	imap_session_send(ch, imap_status(ch->imap, b->raw), on_status_done, NULL, 0);
}
