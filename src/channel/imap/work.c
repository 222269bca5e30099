/* SPDX-License-Identifier: ISC */
/*
 * Bringing messages in: sizes first, then content, two commands under way so
 * that the line is never empty, then the sink, and when that has settled, the
 * after-action.  imap_work_pump() looks at what there is to do and is called
 * whenever something has changed.
 */
#include <string.h>

#include "base/log.h"
#include "channel/header.h"
#include "channel/imap/imap_channel.h"
#include "proto/imap_name.h"

#define MEASURE_AT_ONCE	500		/* UIDs in one command: its line stays below 8 KB */
#define ACT_AT_ONCE	500
#define IN_FLIGHT	2
#define BATCH_BYTES	(UINT64_C(8) << 20)	/* of content in one command */
#define UNSETTLED_BYTES	(UINT64_C(32) << 20)	/* held for the sink at once */
#define HOLD_MS		1000
#define HEADER_TRIES	3		/* content asked for in vain: only the header */
#define SKIP_TRIES	6		/* and then given up, loudly */
#define HEADER_BYTES	(256u << 10)	/* what a header is reckoned with */

/* A message on its way through the sink; outlives the connection. */
struct passage {
	struct imap_channel	*ch;
	struct box		*box;
	uint32_t		 uidvalidity, rewinds, uid;
	uint64_t		 bytes;
};

struct box *
imap_work_box(struct imap_channel *ch)
{
	return ch->selected ? g_ptr_array_index(ch->rota, ch->at) : NULL;
}

static GArray *
pick(struct box *b, enum box_state from, enum box_state to, unsigned max, const uint64_t *bytes)
{
	GArray	*uids = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	guint	 i;

	box_pick(b, from, max, bytes, uids);
	for (i = 0; i < uids->len; i++)
		box_set(b, box_find(b, g_array_index(uids, uint32_t, i)), to);
	return uids;
}

static char *
set_of(const GArray *uids)
{
	GString	*set = g_string_new(NULL);

	imap_set_format(set, (const uint32_t *)(const void *)uids->data, uids->len);
	return g_string_free(set, FALSE);
}

static struct arrival *
make_arrival(const struct imap_channel *ch, const struct box *b, uint32_t uid, GBytes *bytes)
{
	g_autofree char	*key = box_key(b, uid);
	struct arrival	*a = arrival_new(ARRIVAL_MAIL, ch->base.ops->kind, ch->base.name, key,
			    bytes);

	arrival_set_fact(a, ARRIVAL_FACT_FOLDER, b->name);
	return a;
}

static void
hold(struct imap_channel *ch)
{
	if (ch->held)
		return;
	ch->held = true;
	loop_timer_start(ch->hold, HOLD_MS);
}

/* ------------------------------------------------------------- after-action */

static bool
acts(const struct imap_channel *ch)
{
	return ch->conf->after != AFTER_NOTHING;
}

static void
all_done(struct imap_channel *ch, struct box *b, const GArray *uids)
{
	guint	i;

	for (i = 0; i < uids->len; i++) {
		struct box_item	*item = box_find(b, g_array_index(uids, uint32_t, i));

		if (item != NULL && item->state == BOX_ACTING)
			box_set(b, item, BOX_DONE);
	}
	imap_look_save(ch, b);
}

static void
complain(struct imap_channel *ch, const struct box *b, const char *why)
{
	if (!ch->act_failed)
		log_warn("channel=%s folder=%s messages are taken but cannot be %s: %s",
		    ch->base.name, b->name, ch->conf->after == AFTER_FLAG ? "flagged" :
		    ch->conf->after == AFTER_MOVE ? "moved" : "deleted", why);
	ch->act_failed = true;
}

/* The messages are ours already: a refusal is told, not repeated. */
static void
on_acted(struct imap_channel *ch, const struct command *c, const struct imap_event *ev)
{
	struct box	*b = imap_work_box(ch);

	if (ev->result != IMAP_OK)
		complain(ch, b, ev->text);
	ch->acting = false;
	all_done(ch, b, c->uids);
	imap_work_pump(ch);
}

static void
on_marked_deleted(struct imap_channel *ch, const struct command *c, const struct imap_event *ev)
{
	(void)c;
	if (ev->result != IMAP_OK)
		complain(ch, imap_work_box(ch), ev->text);
}

/*
 * Without UIDPLUS an EXPUNGE would take what others have marked, too: then
 * the messages stay, marked.
 */
static void
delete_marked(struct imap_channel *ch, GArray *uids)
{
	g_autofree char	*set = set_of(uids);
	unsigned	 id = imap_add_flags(ch->imap, set, "\\Deleted");

	if (imap_abilities(ch->imap) & IMAP_CAN_UIDPLUS) {
		imap_session_send(ch, id, on_marked_deleted, NULL, 0);
		imap_session_send(ch, imap_expunge(ch->imap, set), on_acted, uids, 0);
	} else {
		imap_session_send(ch, id, on_acted, uids, 0);
	}
}

static void
on_copied(struct imap_channel *ch, const struct command *c, const struct imap_event *ev)
{
	if (ev->result != IMAP_OK)
		on_acted(ch, c, ev);
	else
		delete_marked(ch, g_array_ref(c->uids));
}

static void
move(struct imap_channel *ch, GArray *uids)
{
	g_autofree char	*set = set_of(uids), *target = imap_name_encode(ch->conf->move_to);

	if (imap_abilities(ch->imap) & IMAP_CAN_MOVE)
		imap_session_send(ch, imap_move(ch->imap, set, target), on_acted, uids, 0);
	else
		imap_session_send(ch, imap_copy(ch->imap, set, target), on_copied, uids, 0);
}

static void
act(struct imap_channel *ch, struct box *b)
{
	g_autofree char	*set = NULL;
	GArray		*uids;

	if (ch->acting || b->count[BOX_DURABLE] == 0 ||
	    (ch->fetching > 0 && b->count[BOX_DURABLE] < (unsigned)ch->conf->batch))
		return;
	uids = pick(b, BOX_DURABLE, BOX_ACTING, ACT_AT_ONCE, NULL);
	if (ch->read_only) {
		complain(ch, b, "the folder is read-only");
		all_done(ch, b, uids);
		g_array_unref(uids);
		return;
	}
	ch->acting = true;
	switch ((enum settings_after)ch->conf->after) {
	case AFTER_FLAG:
		set = set_of(uids);
		imap_session_send(ch, imap_add_flags(ch->imap, set, ch->conf->flag), on_acted,
		    uids, 0);
		break;
	case AFTER_MOVE:
		move(ch, uids);
		break;
	case AFTER_DELETE:
		delete_marked(ch, uids);
		break;
	case AFTER_NOTHING:
		break;
	}
}

/* ----------------------------------------------------------------- the sink */

static void
is_durable(struct imap_channel *ch, struct box *b, struct box_item *item)
{
	box_set(b, item, acts(ch) ? BOX_DURABLE : BOX_DONE);
}

static void
on_settled(void *arg, enum channel_settlement how, uint64_t lsn)
{
	g_autofree struct passage	*p = arg;
	struct imap_channel		*ch = p->ch;
	struct box_item			*item = box_find(p->box, p->uid);

	(void)lsn;
	ch->unsettled -= p->bytes;
	if (item == NULL || item->state != BOX_TAKEN ||
	    p->box->uidvalidity != p->uidvalidity || p->box->rewinds != p->rewinds)
		return;
	if (how == SETTLED_DURABLE) {
		is_durable(ch, p->box, item);
	} else {
		box_set(p->box, item, BOX_READY);
		hold(ch);
	}
	if (!acts(ch))
		imap_look_save(ch, p->box);
	imap_work_pump(ch);
}

static void
hand_over(struct imap_channel *ch, struct box *b, struct box_item *item, enum imap_part part)
{
	struct passage		*p = g_new0(struct passage, 1);
	uint64_t		 full = MAX(item->size, ch->mail_size);
	bool			 cut = ch->mail->len < ch->mail_size;
	g_autoptr(GBytes)	 bytes = NULL;
	struct arrival		*a;

	if (cut)
		g_byte_array_set_size(ch->mail,
		    (guint)header_length(ch->mail->data, ch->mail->len));
	bytes = g_byte_array_free_to_bytes(ch->mail);
	ch->mail = NULL;
	a = make_arrival(ch, b, item->uid, bytes);
	if (cut || part == IMAP_HEADER) {
		g_autofree char	*size = g_strdup_printf("%" G_GUINT64_FORMAT, full);

		arrival_set_fact(a, ARRIVAL_FACT_TRUNCATED, size);
		log_info("channel=%s folder=%s uid=%u header only size=%s", ch->base.name,
		    b->name, item->uid, size);
	}
	p->ch = ch;
	p->box = b;
	p->uidvalidity = b->uidvalidity;
	p->rewinds = b->rewinds;
	p->uid = item->uid;
	p->bytes = g_bytes_get_size(bytes);
	ch->unsettled += p->bytes;
	box_set(b, item, BOX_TAKEN);
	ch->base.env->sink->accept(ch->base.env->sink->arg, a, on_settled, p);
}

/* --------------------------------------------------------- what is fetched */

static void
forget_mail(struct imap_channel *ch)
{
	if (ch->mail != NULL)
		g_byte_array_unref(ch->mail);
	ch->mail = NULL;
}

static uint64_t
max_message(const struct imap_channel *ch)
{
	return (uint64_t)ch->base.env->settings->journal.max_message;
}

static void
begin_mail(struct imap_channel *ch, const struct imap_event *ev)
{
	forget_mail(ch);
	if (imap_work_box(ch) == NULL || ch->fetching == 0)
		return;
	ch->mail_size = ev->bytes;
	ch->mail = g_byte_array_sized_new((guint)MIN(ev->bytes, max_message(ch)));
}

/* Sizes told before are not always true: never hold more than is allowed. */
static void
add_to_mail(struct imap_channel *ch, const struct imap_event *ev)
{
	if (ch->mail != NULL)
		g_byte_array_append(ch->mail, ev->data,
		    (guint)MIN(ev->bytes, max_message(ch) - ch->mail->len));
}

/* The header of a mail with a new UID: is it an old one? */
static void
settle_doubt(struct imap_channel *ch, struct box *b, struct box_item *item)
{
	const struct channel_sink	*sink = ch->base.env->sink;

	item->doubtful = false;
	if (ch->mail->len == ch->mail_size && sink->known_mail != NULL &&
	    sink->known_mail(sink->arg, ch->base.name, ch->mail->data, ch->mail->len, item->size)) {
		log_debug("channel=%s folder=%s uid=%u is known", ch->base.name, b->name,
		    item->uid);
		is_durable(ch, b, item);
	} else {
		box_set(b, item, BOX_READY);
	}
}

static void
end_mail(struct imap_channel *ch, const struct imap_event *ev)
{
	struct box	*b = imap_work_box(ch);
	struct box_item	*item = b != NULL && ev->uid != 0 ? box_find(b, ev->uid) : NULL;

	if (item != NULL && item->state == BOX_MEASURING && ev->has_size) {
		item->size = ev->size;
		box_set(b, item, BOX_READY);
	}
	if (item != NULL && item->state == BOX_ASKED && ch->mail != NULL && item->doubtful &&
	    ev->part == IMAP_HEADER)
		settle_doubt(ch, b, item);
	else if (item != NULL && item->state == BOX_ASKED && ch->mail != NULL &&
	    (ev->part == IMAP_WHOLE || ev->part == IMAP_HEADER))
		hand_over(ch, b, item, ev->part);
	forget_mail(ch);
}

void
imap_work_mail(struct imap_channel *ch, const struct imap_event *ev)
{
	if (ev->kind == IMAP_MAIL_BEGIN)
		begin_mail(ch, ev);
	else if (ev->kind == IMAP_MAIL_CHUNK)
		add_to_mail(ch, ev);
	else
		end_mail(ch, ev);
}

/* ---------------------------------------------------------------- measuring */

/* Asked for and not told: somebody has removed it. */
static void
on_measured(struct imap_channel *ch, const struct command *c, const struct imap_event *ev)
{
	struct box	*b = imap_work_box(ch);
	guint		 i;

	ch->measuring = false;
	if (ev->result != IMAP_OK) {
		g_autofree char *why = g_strdup_printf("FETCH: the server says %s", ev->text);
		dial_lose(&ch->dial, ERR_TEMP, why);
		return;
	}
	for (i = 0; i < c->uids->len; i++) {
		struct box_item	*item = box_find(b, g_array_index(c->uids, uint32_t, i));

		if (item != NULL && item->state == BOX_MEASURING) {
			log_debug("channel=%s folder=%s uid=%u is gone", ch->base.name,
			    b->name, item->uid);
			box_set(b, item, BOX_DONE);
		}
	}
	imap_look_save(ch, b);
	imap_work_pump(ch);
}

/* What came before and was not acknowledged then need not come again. */
static void
pass_over_known(struct imap_channel *ch, struct box *b, GArray *uids)
{
	const struct channel_sink	*sink = ch->base.env->sink;
	g_autoptr(GBytes)		 empty = g_bytes_new_static("", 0);
	guint				 i, left = 0;

	for (i = 0; i < uids->len; i++) {
		uint32_t	 uid = g_array_index(uids, uint32_t, i);
		struct arrival	*a = make_arrival(ch, b, uid, empty);

		if (sink->known(sink->arg, a))
			is_durable(ch, b, box_find(b, uid));
		else
			g_array_index(uids, uint32_t, left++) = uid;
		arrival_free(a);
	}
	g_array_set_size(uids, left);
}

static void
measure(struct imap_channel *ch, struct box *b)
{
	g_autofree char	*set = NULL;
	GArray		*uids;

	if (ch->measuring || b->count[BOX_READY] >= MEASURE_AT_ONCE)
		return;
	while (b->count[BOX_WANTED] > 0) {
		uids = pick(b, BOX_WANTED, BOX_MEASURING, MEASURE_AT_ONCE, NULL);
		pass_over_known(ch, b, uids);
		if (uids->len > 0) {
			set = set_of(uids);
			ch->measuring = true;
			imap_session_send(ch, imap_fetch_info(ch->imap, set), on_measured, uids, 0);
			return;
		}
		g_array_unref(uids);
		if (!acts(ch))
			imap_look_save(ch, b);
	}
}

/* ----------------------------------------------------------------- fetching */

static void
in_vain(struct imap_channel *ch, struct box *b, struct box_item *item, const char *why)
{
	if (++item->tries < SKIP_TRIES) {
		box_set(b, item, BOX_WANTED);
		return;
	}
	log_error("channel=%s folder=%s uid=%u cannot be fetched and stays on the server: %s",
	    ch->base.name, b->name, item->uid, why);
	box_set(b, item, BOX_DONE);
}

static void
on_fetched(struct imap_channel *ch, const struct command *c, const struct imap_event *ev)
{
	struct box	*b = imap_work_box(ch);
	guint		 i;

	ch->fetching--;
	for (i = 0; i < c->uids->len; i++) {
		struct box_item	*item = box_find(b, g_array_index(c->uids, uint32_t, i));

		if (item != NULL && item->state == BOX_ASKED)
			in_vain(ch, b, item, ev->text);
	}
	imap_look_save(ch, b);
	imap_work_pump(ch);
}

/*
 * The first of the picked says which kind of command it is; those of the
 * other kind go back.  Returns the bytes to expect.
 */
static uint64_t
keep_one_kind(struct imap_channel *ch, struct box *b, GArray *uids, enum imap_part *part)
{
	uint64_t	sum = 0;
	guint		i;

	for (i = 0; i < uids->len; i++) {
		struct box_item	*item = box_find(b, g_array_index(uids, uint32_t, i));
		enum imap_part	 own;

		if (item->size > max_message(ch) || item->tries > 0)
			item->doubtful = false;
		own = item->size > max_message(ch) || item->tries >= HEADER_TRIES ||
		    item->doubtful ? IMAP_HEADER : IMAP_WHOLE;
		if (i == 0)
			*part = own;
		if (own != *part)
			break;
		sum += own == IMAP_HEADER ? MIN(item->size, HEADER_BYTES) : item->size;
	}
	g_array_set_size(uids, i);
	return sum;
}

/* False: nothing more can be asked until an answer comes. */
static bool
fetch(struct imap_channel *ch, struct box *b)
{
	const struct channel_sink	*sink = ch->base.env->sink;
	const uint64_t			 limit = BATCH_BYTES;
	GArray				*uids = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	enum imap_part			 part = IMAP_WHOLE;
	g_autofree char			*set = NULL;
	uint64_t			 bytes;
	struct err			 why = ERR_INIT;
	guint				 i;

	box_pick(b, BOX_READY, (unsigned)ch->conf->batch, &limit, uids);
	bytes = keep_one_kind(ch, b, uids, &part);
	if (uids->len == 0 || sink->admit(sink->arg, (size_t)bytes, &why) == -1) {
		if (uids->len > 0)
			hold(ch);
		g_array_unref(uids);
		return false;
	}
	for (i = 0; i < uids->len; i++)
		box_set(b, box_find(b, g_array_index(uids, uint32_t, i)), BOX_ASKED);
	set = set_of(uids);
	ch->fetching++;
	imap_session_send(ch, imap_fetch_mail(ch->imap, set, part), on_fetched, uids, bytes);
	return true;
}

void
imap_work_pump(struct imap_channel *ch)
{
	struct box	*b = imap_work_box(ch);

	if (b == NULL || !imap_session_is_working(ch))
		return;
	measure(ch, b);
	while (!ch->base.paused && !ch->held && ch->fetching < IN_FLIGHT &&
	    ch->unsettled < UNSETTLED_BYTES && fetch(ch, b))
		;
	act(ch, b);
	if (box_open(b) == 0 && g_queue_is_empty(ch->commands)) {
		imap_look_save(ch, b);
		imap_session_next(ch);
	}
}

void
imap_work_forget(struct imap_channel *ch)
{
	GHashTableIter	 boxes;
	void		*b;

	forget_mail(ch);
	ch->fetching = 0;
	ch->measuring = ch->acting = false;
	g_hash_table_iter_init(&boxes, ch->boxes);
	while (g_hash_table_iter_next(&boxes, NULL, &b))
		box_disconnect(b);
}
