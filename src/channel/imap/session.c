/* SPDX-License-Identifier: ISC */
/*
 * The conversation on one connection: what the server can do, which folders
 * there are, and for each in turn SELECT, SEARCH and the work.  The folders
 * are visited from the last to the first, so that the first is selected when
 * all is done and the connection idles there.
 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "channel/imap/imap_channel.h"
#include "proto/imap_name.h"
#include "store/cursor.h"

#define SLOWEST_BYTES_PER_S	16384	/* a server that delivers less is given up */
#define BUSY_POLL_MS		5000

static const struct step
	asking = { "asking what the server can do" },
	listing = { "listing folders" },
	comparing = { "comparing a folder" },
	selecting = { "opening a folder" },
	searching = { "searching" },
	working = { "fetching" },
	idling = { "idling" },
	waking = { "ending to idle" },
	resting = { "resting" };

static void	list_next(struct imap_channel *);
static void	look(struct imap_channel *);
static void	rest(struct imap_channel *);

static void
enter(struct imap_channel *ch, const struct step *next)
{
	log_debug("channel=%s %s -> %s", ch->base.name,
	    ch->step != NULL ? ch->step->name : "connecting", next->name);
	ch->step = next;
}

/* ------------------------------------------------------ commands, deadlines */

/* The oldest command's time runs; it began when the one before it was done. */
static void
watch_oldest(struct imap_channel *ch)
{
	const struct command	*c = g_queue_peek_head(ch->commands);

	if (c == NULL || ch->step == &idling)
		loop_timer_stop(ch->deadline);
	else
		loop_timer_start(ch->deadline, c->allowed_ms);
}

void
imap_session_send(struct imap_channel *ch, unsigned id, command_done_fn *done,
    GArray *take_uids, uint64_t bytes)
{
	struct command	*c = g_new0(struct command, 1);
	GString		*out = imap_output(ch->imap);

	c->id = id;
	c->done = done;
	c->uids = take_uids;
	c->allowed_ms = ch->conf->timeout_ms + (int64_t)(bytes * 1000 / SLOWEST_BYTES_PER_S);
	g_queue_push_tail(ch->commands, c);
	line_stream_send(ch->stream, out->str, out->len);
	g_string_truncate(out, 0);
	if (g_queue_get_length(ch->commands) == 1)
		watch_oldest(ch);
}

static void
free_command(struct command *c)
{
	if (c->uids != NULL)
		g_array_unref(c->uids);
	g_free(c);
}

static struct command *
take_command(struct imap_channel *ch, unsigned id)
{
	GList	*at;

	for (at = ch->commands->head; at != NULL; at = at->next) {
		struct command *c = at->data;

		if (c->id == id) {
			g_queue_delete_link(ch->commands, at);
			return c;
		}
	}
	return NULL;
}

static void
refused(struct imap_channel *ch, const char *what, const struct imap_event *ev)
{
	g_autofree char	*why = g_strdup_printf("%s: the server says %s", what,
			    *ev->text != '\0' ? ev->text : "no");

	imap_channel_lose(ch, ERR_TEMP, why);
}

/* ---------------------------------------------------------------- searching */

static void
begin_work(struct imap_channel *ch)
{
	enter(ch, &working);
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
		refused(ch, "SEARCH", ev);
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
	imap_session_save(ch, b);
	begin_work(ch);
}

static void
search(struct imap_channel *ch, const char *criteria, command_done_fn *done)
{
	enter(ch, &searching);
	ch->more = false;
	imap_session_send(ch, imap_search(ch->imap, criteria), done, NULL, 0);
}

static void
search_new(struct imap_channel *ch)
{
	g_autofree char	*criteria = g_strdup_printf("UID %u:*",
			    imap_work_box(ch)->cursor + 1);

	if (imap_work_box(ch)->cursor == UINT32_MAX)
		imap_session_next(ch);
	else
		search(ch, criteria, on_search_done);
}

/* -------------------------------------------------------- the very first time */

static void
search_first(struct imap_channel *ch)
{
	static const char *const	months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
					    "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
	g_autofree char			*criteria = NULL;
	int				 year, month, day;

	switch ((enum settings_import)ch->conf->import) {
	case IMPORT_NONE:
		imap_session_save(ch, imap_work_box(ch));
		begin_work(ch);
		return;
	case IMPORT_UNSEEN:
		criteria = g_strdup("UNSEEN");
		break;
	case IMPORT_SINCE:
		if (sscanf(ch->conf->since, "%d-%d-%d", &year, &month, &day) != 3 ||
		    month < 1 || month > 12) {
			imap_channel_lose(ch, ERR_CONFIG, "since is no date");
			return;
		}
		criteria = g_strdup_printf("SINCE %d-%s-%d", day, months[month - 1], year);
		break;
	case IMPORT_ALL:
		criteria = g_strdup("ALL");
		break;
	}
	search(ch, criteria, on_search_done);
}

static void
begin_import(struct imap_channel *ch, uint32_t highest)
{
	struct box	*b = imap_work_box(ch);

	b->importing = ch->conf->import != IMPORT_ALL;
	if (b->importing)
		b->horizon = highest;
	log_info("channel=%s folder=%s first look uidvalidity=%u highest=%u", ch->base.name,
	    b->name, b->uidvalidity, highest);
	search_first(ch);
}

/* What the search for "UID *" has found above the cursor; -1: it was refused. */
static int
take_highest(struct imap_channel *ch, const struct imap_event *ev, uint32_t *highest)
{
	struct box	*b = imap_work_box(ch);
	guint		 i;

	*highest = 0;
	if (ev->result != IMAP_OK) {
		refused(ch, "SEARCH", ev);
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

static char *
cursor_name(const struct imap_channel *ch, const struct box *b)
{
	return g_strdup_printf("imap/%s/%s", ch->base.name, b->name);
}

void
imap_session_save(struct imap_channel *ch, struct box *b)
{
	g_autofree char	*name = cursor_name(ch, b), *value = NULL;

	box_advance(b);
	if (b->importing)
		return;
	value = box_cursor_format(b);
	if (g_strcmp0(cursor_get(ch->base.env->cursors, name), value) != 0)
		cursor_set(ch->base.env->cursors, name, value, NULL, NULL);
}

/* A folder that has been renumbered is looked at as a whole. */
static void
renumber(struct imap_channel *ch, struct box *b, const struct imap_box *now)
{
	log_warn("channel=%s folder=%s renumbered uidvalidity=%u before=%u: all of it is read again",
	    ch->base.name, b->name, now->uidvalidity, b->uidvalidity);
	box_begin(b, now->uidvalidity, 0);
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
		box_begin(b, b->uidvalidity, 0);
		b->rewinds++;
	}
	ch->uidnext = 0;
	search_new(ch);
}

static void
open_box(struct imap_channel *ch, struct box *b, const struct imap_box *now)
{
	g_autofree char	*name = cursor_name(ch, b);
	const char	*saved = cursor_get(ch->base.env->cursors, name);

	if (b->uidvalidity == 0 && saved != NULL && !box_cursor_restore(b, saved))
		log_error("channel=%s folder=%s the place kept for it is not readable",
		    ch->base.name, b->name);
	if (b->uidvalidity == 0 || (b->importing && box_open(b) == 0)) {
		box_begin(b, now->uidvalidity, 0);
		if (now->uidnext > 0)
			begin_import(ch, now->uidnext - 1);
		else
			search(ch, "UID *", on_highest_known);
		return;
	}
	if (b->uidvalidity != now->uidvalidity)
		renumber(ch, b, now);
	if (now->uidnext > 0 && now->uidnext - 1 < b->cursor) {
		ch->reaches_cursor = false;
		search(ch, "UID *", on_rewind_checked);
	} else if (b->importing) {
		ch->more = true;	/* go on with the list of old ones, then look for new */
		begin_work(ch);
	} else {
		search_new(ch);
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

	enter(ch, &selecting);
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
static void
visit(struct imap_channel *ch, unsigned at)
{
	const struct box	*b = g_ptr_array_index(ch->rota, at);

	ch->at = at;
	ch->selected = false;
	if (at == 0 || b->uidvalidity == 0 || box_open(b) > 0) {
		open_folder(ch);
		return;
	}
	enter(ch, &comparing);
	memset(&ch->status, 0, sizeof(ch->status));
	imap_session_send(ch, imap_status(ch->imap, b->raw), on_status_done, NULL, 0);
}

/* ------------------------------------------------------------ idle and rest */

/* A server that refuses to idle or ends it by itself is asked now and then instead. */
static void
on_idle_done(struct imap_channel *ch, const struct command *c, const struct imap_event *ev)
{
	(void)c;
	if (ev->result != IMAP_OK || ch->step != &waking) {
		ch->no_idle = true;
		rest(ch);
	} else {
		look(ch);
	}
}

static void
rest(struct imap_channel *ch)
{
	int64_t	left = ch->round_ms + ch->conf->poll_ms - clock_mono_ms();

	if (ch->conf->idle && !ch->no_idle && ch->selected &&
	    imap_abilities(ch->imap) & IMAP_CAN_IDLE) {
		loop_timer_start(ch->poll, CLAMP(left, 1, ch->conf->idle_ms));
		imap_session_send(ch, imap_idle(ch->imap), on_idle_done, NULL, 0);
	} else {
		loop_timer_start(ch->poll, MAX(left, 1));
		enter(ch, &resting);
	}
}

/* Look again: at the selected folder if it has news, else at all of them. */
static void
look(struct imap_channel *ch)
{
	ch->polled = !ch->more;
	if (ch->more && ch->selected) {
		search_new(ch);
		return;
	}
	ch->round_ms = clock_mono_ms();
	if (ch->rota->len == 1 && ch->selected)
		search_new(ch);
	else
		visit(ch, ch->rota->len - 1);
}

static void
end_idle(struct imap_channel *ch)
{
	GString	*out = imap_output(ch->imap);

	enter(ch, &waking);
	imap_idle_end(ch->imap);
	line_stream_send(ch->stream, out->str, out->len);
	g_string_truncate(out, 0);
	watch_oldest(ch);
}

void
imap_session_next(struct imap_channel *ch)
{
	imap_channel_is_up(ch);
	if (ch->more && ch->selected)
		search_new(ch);
	else if (ch->at > 0)
		visit(ch, ch->at - 1);
	else
		rest(ch);
}

static void
on_noop_done(struct imap_channel *ch, const struct command *c, const struct imap_event *ev)
{
	(void)c;
	(void)ev;
	imap_work_pump(ch);
}

void
imap_session_poll(struct imap_channel *ch)
{
	if (ch->step == &idling)
		end_idle(ch);
	else if (ch->step == &resting)
		look(ch);
	else if (g_queue_is_empty(ch->commands))
		imap_session_send(ch, imap_noop(ch->imap), on_noop_done, NULL, 0);
	if (ch->step != &resting)
		loop_timer_start(ch->poll, MIN(ch->conf->poll_ms, BUSY_POLL_MS));
}

/* ---------------------------------------------------------------- beginning */

static void
add_folder(struct imap_channel *ch, const char *name, const char *raw)
{
	struct box	*b = g_hash_table_lookup(ch->boxes, raw);

	if (b == NULL) {
		b = box_new(name, raw);
		g_hash_table_insert(ch->boxes, b->raw, b);
	}
	if (!g_ptr_array_find(ch->rota, b, NULL))
		g_ptr_array_add(ch->rota, b);
}

static void
on_list_done(struct imap_channel *ch, const struct command *c, const struct imap_event *ev)
{
	(void)c;
	if (ev->result != IMAP_OK)
		refused(ch, "LIST", ev);
	else
		list_next(ch);
}

static void
list_next(struct imap_channel *ch)
{
	const GPtrArray	*folders = ch->conf->folders;

	while (ch->listing < folders->len) {
		const char	*folder = folders->pdata[ch->listing++];
		g_autofree char	*raw = imap_name_encode(folder);

		if (strpbrk(folder, "*%") != NULL) {
			imap_session_send(ch, imap_list(ch->imap, raw), on_list_done, NULL, 0);
			return;
		}
		add_folder(ch, folder, raw);
	}
	if (ch->rota->len == 0) {
		imap_channel_lose(ch, ERR_TEMP, "no folder matches");
		return;
	}
	ch->round_ms = clock_mono_ms();
	loop_timer_start(ch->poll, ch->conf->poll_ms);
	visit(ch, ch->rota->len - 1);
}

/* Where the messages are moved to is not read, even if a pattern matches it. */
static void
on_listed(struct imap_channel *ch, const struct imap_event *ev)
{
	g_autofree char	*aside = ch->conf->after == AFTER_MOVE ?
			    imap_name_encode(ch->conf->move_to) : NULL;

	if (ch->step != &listing || !ev->selectable || *ev->box_name == '\0' ||
	    g_strcmp0(ev->box_name, aside) == 0)
		return;
	add_folder(ch, ev->name, ev->box_name);
}

static void
on_ident_done(struct imap_channel *ch, const struct command *c, const struct imap_event *ev)
{
	(void)ch;
	(void)c;
	(void)ev;
}

static void
on_capability_done(struct imap_channel *ch, const struct command *c, const struct imap_event *ev)
{
	(void)c;
	if (ev->result != IMAP_OK) {
		refused(ch, "CAPABILITY", ev);
		return;
	}
	/* Some servers open no folder for a client that has not named itself. */
	if (imap_abilities(ch->imap) & IMAP_CAN_ID)
		imap_session_send(ch, imap_ident(ch->imap, PACKAGE_NAME, PACKAGE_VERSION),
		    on_ident_done, NULL, 0);
	enter(ch, &listing);
	list_next(ch);
}

void
imap_session_begin(struct imap_channel *ch)
{
	ch->imap = imap_new();
	ch->selected = ch->more = ch->no_idle = ch->deaf = ch->act_failed = false;
	ch->listing = 0;
	g_ptr_array_set_size(ch->rota, 0);
	enter(ch, &asking);
	imap_session_send(ch, imap_capability(ch->imap), on_capability_done, NULL, 0);
}

bool
imap_session_is_working(const struct imap_channel *ch)
{
	return ch->step == &working;
}

void
imap_session_end(struct imap_channel *ch)
{
	struct command	*c;

	while ((c = g_queue_pop_head(ch->commands)) != NULL)
		free_command(c);
	imap_free(ch->imap);
	ch->imap = NULL;
	ch->step = NULL;
	ch->selected = false;
	imap_work_forget(ch);
}

/* ------------------------------------------------------------------- events */

static void
on_done(struct imap_channel *ch, const struct imap_event *ev)
{
	struct command	*c = take_command(ch, ev->id);

	if (c == NULL)
		return;
	if (!g_queue_is_empty(ch->commands))
		watch_oldest(ch);
	else
		loop_timer_stop(ch->deadline);
	c->done(ch, c, ev);
	free_command(c);
}

static void
on_event(struct imap_channel *ch, const struct imap_event *ev)
{
	switch (ev->kind) {
	case IMAP_DONE:
		on_done(ch, ev);
		break;
	case IMAP_LISTED:
		on_listed(ch, ev);
		break;
	case IMAP_FOUND:
		if (ch->step == &searching) {
			if (ev->uid >= imap_work_box(ch)->cursor)
				ch->reaches_cursor = true;
			box_found(imap_work_box(ch), ev->uid);
		}
		break;
	case IMAP_MAIL_BEGIN:
	case IMAP_MAIL_CHUNK:
	case IMAP_FETCHED:
		imap_work_mail(ch, ev);
		break;
	case IMAP_EXISTS:
		ch->more = ch->step != &selecting && ch->step != &comparing;
		if (ch->step == &idling)
			end_idle(ch);
		break;
	case IMAP_IDLING:
		enter(ch, &idling);
		if (ch->more)
			end_idle(ch);
		else
			watch_oldest(ch);
		break;
	case IMAP_RENUMBERED:
		imap_channel_lose(ch, ERR_TEMP, "the folder has been renumbered");
		break;
	case IMAP_ALERT:
		log_warn("channel=%s the server alerts: %s", ch->base.name, ev->text);
		break;
	case IMAP_BYE:
		imap_channel_lose(ch, ERR_TEMP, *ev->text != '\0' ? ev->text : "the server says BYE");
		break;
	case IMAP_BROKEN:
		imap_channel_lose(ch, ERR_TEMP, ev->text);
		break;
	case IMAP_STATUS:
		if (ch->step == &comparing)
			ch->status = ev->status;
		break;
	case IMAP_EXPUNGED:
		break;
	}
}

/* An event may cost the connection, and with it the engine. */
void
imap_session_feed(struct imap_channel *ch, const uint8_t *bytes, size_t len)
{
	struct imap		*im = ch->imap;
	struct imap_event	 ev;

	while (ch->imap == im && imap_next(im, &bytes, &len, &ev))
		on_event(ch, &ev);
}
