/* SPDX-License-Identifier: ISC */
/*
 * The conversation on one connection: what the server can do, which folders
 * there are, and then each of them in turn (look.c, work.c).  They are
 * visited from the last to the first, so that the first is selected when all
 * is done and the connection idles there.
 */
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "channel/budget.h"
#include "channel/imap/imap_channel.h"
#include "proto/imap_name.h"

#define SLOWEST_BYTES_PER_S	16384	/* a server that delivers less is given up */
#define BUSY_POLL_MS		5000

const struct imap_steps imap_steps = {
	.asking = { "asking what the server can do" },
	.listing = { "listing folders" },
	.comparing = { "comparing a folder" },
	.selecting = { "opening a folder" },
	.searching = { "searching" },
	.working = { "fetching" },
	.idling = { "idling" },
	.waking = { "ending to idle" },
	.resting = { "resting" }
};

static void	list_all(struct imap_channel *);
static void	list_next(struct imap_channel *);
static void	look(struct imap_channel *);
static void	rest(struct imap_channel *);

void
imap_session_enter(struct imap_channel *ch, const struct step *next)
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

	if (c == NULL || ch->step == &imap_steps.idling)
		dial_expect_nothing(&ch->dial);
	else
		dial_expect(&ch->dial, c->allowed_ms);
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
	c->allowed_ms = ch->conf->login.timeout_ms + (int64_t)(bytes * 1000 / SLOWEST_BYTES_PER_S);
	g_queue_push_tail(ch->commands, c);
	dial_send(&ch->dial, out);
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

void
imap_session_refused(struct imap_channel *ch, const char *what, const struct imap_event *ev)
{
	g_autofree char	*why = g_strdup_printf("%s: the server says %s", what,
			    *ev->text != '\0' ? ev->text : "no");

	dial_lose(&ch->dial, ERR_TEMP, why);
}

/* ------------------------------------------------------------ idle and rest */

/* A server that refuses to idle or ends it by itself is asked now and then instead. */
static void
on_idle_done(struct imap_channel *ch, const struct command *c, const struct imap_event *ev)
{
	(void)c;
	if (ch->woken) {
		ch->woken = false;
		ch->no_idle |= ev->result != IMAP_OK;
	} else if (ev->result != IMAP_OK || ch->step != &imap_steps.waking) {
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

	if (budget_is_wanted(&ch->dial)) {
		imap_channel_yield(ch);
		return;
	}
	if (ch->conf->idle && !ch->no_idle && ch->selected &&
	    imap_abilities(ch->imap) & IMAP_CAN_IDLE) {
		loop_timer_start(ch->poll, CLAMP(left, 1, ch->conf->idle_ms));
		imap_session_send(ch, imap_idle(ch->imap), on_idle_done, NULL, 0);
	} else {
		loop_timer_start(ch->poll, MAX(left, 1));
		imap_session_enter(ch, &imap_steps.resting);
	}
}

/* Look again: at the selected folder if it has news, else at all there are by now. */
static void
look(struct imap_channel *ch)
{
	ch->polled = !ch->more;
	if (ch->more && ch->selected) {
		imap_look_for_new(ch);
		return;
	}
	ch->round_ms = clock_mono_ms();
	if (ch->has_patterns)
		list_all(ch);
	else if (ch->rota->len == 1 && ch->selected)
		imap_look_for_new(ch);
	else
		imap_look_visit(ch, ch->rota->len - 1);
}

static void
end_idle(struct imap_channel *ch)
{
	GString	*out = imap_output(ch->imap);

	imap_session_enter(ch, &imap_steps.waking);
	imap_idle_end(ch->imap);
	dial_send(&ch->dial, out);
	watch_oldest(ch);
}

/* There is news: the next command goes out with the DONE. */
static void
wake(struct imap_channel *ch)
{
	end_idle(ch);
	if (imap_work_box(ch)->cursor == UINT32_MAX)
		return;
	ch->woken = true;
	look(ch);
}

void
imap_session_next(struct imap_channel *ch)
{
	imap_channel_is_up(ch);
	if (ch->more && ch->selected)
		imap_look_for_new(ch);
	else if (ch->at > 0)
		imap_look_visit(ch, ch->at - 1);
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
	if (ch->step == &imap_steps.idling)
		end_idle(ch);
	else if (ch->step == &imap_steps.resting)
		look(ch);
	else if (g_queue_is_empty(ch->commands))
		imap_session_send(ch, imap_noop(ch->imap), on_noop_done, NULL, 0);
	if (ch->step != &imap_steps.resting)
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
		imap_session_refused(ch, "LIST", ev);
	else
		list_next(ch);
}

/* A folder that is no longer there need not be opened either. */
static void
forget_complaints(struct imap_channel *ch)
{
	GHashTableIter	 iter;
	void		*value;

	g_hash_table_iter_init(&iter, ch->boxes);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		struct box	*b = value;

		b->complained = b->complained && g_ptr_array_find(ch->rota, b, NULL);
	}
}

static void
list_next(struct imap_channel *ch)
{
	const GPtrArray	*folders = ch->conf->folders;

	while (ch->listing < folders->len) {
		const char	*folder = folders->pdata[ch->listing++];
		g_autofree char	*raw = imap_name_encode(folder);

		if (strpbrk(folder, "*%") != NULL) {
			ch->has_patterns = true;
			imap_session_send(ch, imap_list(ch->imap, raw), on_list_done, NULL, 0);
			return;
		}
		add_folder(ch, folder, raw);
	}
	if (ch->rota->len == 0) {
		dial_lose(&ch->dial, ERR_TEMP, "no folder matches");
		return;
	}
	forget_complaints(ch);
	ch->round_ms = clock_mono_ms();
	loop_timer_start(ch->poll, ch->conf->poll_ms);
	imap_look_visit(ch, ch->rota->len - 1);
}

static void
list_all(struct imap_channel *ch)
{
	ch->listing = 0;
	ch->selected = false;
	g_ptr_array_set_size(ch->rota, 0);
	imap_session_enter(ch, &imap_steps.listing);
	list_next(ch);
}

/* Where the messages are moved to is not read, even if a pattern matches it. */
static void
on_listed(struct imap_channel *ch, const struct imap_event *ev)
{
	g_autofree char	*aside = ch->conf->after == AFTER_MOVE ?
			    imap_name_encode(ch->conf->move_to) : NULL;

	if (ch->step != &imap_steps.listing || !ev->selectable || *ev->box_name == '\0' ||
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
		imap_session_refused(ch, "CAPABILITY", ev);
		return;
	}
	/* Some servers open no folder for a client that has not named itself. */
	if (imap_abilities(ch->imap) & IMAP_CAN_ID)
		imap_session_send(ch, imap_ident(ch->imap, PACKAGE_NAME, PACKAGE_VERSION),
		    on_ident_done, NULL, 0);
	list_all(ch);
}

void
imap_session_begin(struct imap_channel *ch)
{
	ch->imap = imap_new();
	ch->selected = ch->more = ch->no_idle = ch->woken = ch->deaf = ch->act_failed = false;
	imap_session_enter(ch, &imap_steps.asking);
	imap_session_send(ch, imap_capability(ch->imap), on_capability_done, NULL, 0);
}

bool
imap_session_is_working(const struct imap_channel *ch)
{
	return ch->step == &imap_steps.working;
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
		dial_expect_nothing(&ch->dial);
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
		if (ch->step == &imap_steps.searching) {
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
		ch->more = ch->step != &imap_steps.selecting && ch->step != &imap_steps.comparing;
		if (ch->step == &imap_steps.idling)
			wake(ch);
		break;
	case IMAP_IDLING:
		imap_session_enter(ch, &imap_steps.idling);
		if (ch->more)
			wake(ch);
		else
			watch_oldest(ch);
		break;
	case IMAP_RENUMBERED:
		dial_lose(&ch->dial, ERR_TEMP, "the folder has been renumbered");
		break;
	case IMAP_ALERT:
		log_warn("channel=%s the server alerts: %s", ch->base.name, ev->text);
		break;
	case IMAP_BYE:
		dial_lose(&ch->dial, ERR_TEMP, *ev->text != '\0' ? ev->text : "the server says BYE");
		break;
	case IMAP_BROKEN:
		dial_lose(&ch->dial, ERR_TEMP, ev->text);
		break;
	case IMAP_STATUS:
		if (ch->step == &imap_steps.comparing)
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
