/* SPDX-License-Identifier: ISC */
/*
 * One session: what the server can do, what there is, fetching, deleting,
 * QUIT.  pop3_session_pump() looks at what there is to do and is called
 * whenever something has changed.
 *
 * Nothing is deleted but what was durable in whole, and only QUIT carries it
 * out: a session that breaks has changed nothing on the server.
 */
#include <string.h>

#include "base/digest.h"
#include "base/log.h"
#include "channel/header.h"
#include "channel/pop3/pop3_channel.h"

#define PIPELINE	32			/* commands under way at once */
#define ASKED_BYTES	(UINT64_C(8) << 20)	/* of content under way */
#define UNSETTLED_BYTES	(UINT64_C(32) << 20)	/* held for the sink at once */
#define EXCESS_BYTES	(UINT64_C(1) << 20)	/* beyond twice the size that was told */
#define HEADER_BYTES	(256u << 10)		/* what a header is reckoned with */
#define SLOWEST_BYTES_PER_S 16384		/* a server that delivers less is given up */

static const struct pop3_step
	step_asking = { "asking what the server can do" },
	step_listing = { "listing messages" },
	step_working = { "fetching" },
	step_quitting = { "ending the session" };

/* A message on its way through the sink; outlives the connection. */
struct passage {
	struct pop3_channel	*ch;
	unsigned		 session;
	uint32_t		 number;
	bool			 has_uid, whole;
	uint64_t		 digest, bytes;
};

static void
enter(struct pop3_channel *ch, const struct pop3_step *next)
{
	log_debug("channel=%s %s -> %s", ch->base.name,
	    ch->step != NULL ? ch->step->name : "connecting", next->name);
	ch->step = next;
}

/* The server has something to say, or it is we who wait for the sink. */
static void
watch_server(struct pop3_channel *ch)
{
	ch->heard = 0;
	if (pop3_under_way(ch->pop3) > 0)
		dial_expect(&ch->dial, ch->conf->login.timeout_ms);
	else
		dial_expect_nothing(&ch->dial);
}

static void
send(struct pop3_channel *ch, enum pop3_command command, uint32_t number)
{
	GString	*out = pop3_output(ch->pop3);

	pop3_send(ch->pop3, command, number);
	dial_send(&ch->dial, out);
	watch_server(ch);
}

static bool
deletes(const struct pop3_channel *ch)
{
	return strcmp(ch->conf->after, "delete") == 0;
}

static uint64_t
max_message(const struct pop3_channel *ch)
{
	return (uint64_t)ch->base.env->settings->journal.max_message;
}

static bool
can_pipeline(const struct pop3_channel *ch)
{
	return !ch->no_pipeline && (pop3_abilities(ch->pop3) & POP3_CAN_PIPELINE);
}

static bool
has_room(const struct pop3_channel *ch)
{
	return pop3_under_way(ch->pop3) < (can_pipeline(ch) ? PIPELINE : 1);
}

/* ----------------------------------------------------------------- the sink */

static struct arrival *
make_arrival(const struct pop3_channel *ch, const struct drop_item *item, GBytes *bytes)
{
	g_autofree char	*key = NULL;
	char		 hex[DIGEST_HEX_SIZE];
	gsize		 len;
	const void	*data = g_bytes_get_data(bytes, &len);

	if (item->uid != NULL) {
		key = g_strdup_printf("%s/%" G_GUINT64_FORMAT, item->uid, item->size);
	} else {
		digest_sha256_hex(data, len, hex);
		key = g_strconcat("sha256:", hex, NULL);
	}
	return arrival_new(ARRIVAL_MAIL, ch->base.ops->kind, ch->base.name, key, bytes);
}

static bool
is_known(const struct pop3_channel *ch, const struct arrival *a)
{
	const struct channel_sink	*sink = ch->base.env->sink;

	return sink->known(sink->arg, a);
}

/* One that was found suspect since does not become better. */
static bool
claim(struct pop3_channel *ch, uint64_t digest, bool whole)
{
	whole = whole && drop_claimed(&ch->drop, digest) != DROP_PASSED_OVER;
	drop_claim(&ch->drop, digest, whole ? DROP_OURS : DROP_PASSED_OVER);
	return whole;
}

/* Whole or only its header: ours, or never to be asked for again. */
static void
is_durable(struct pop3_channel *ch, struct drop_item *item, bool whole)
{
	if (item->uid != NULL)
		whole = claim(ch, item->digest, whole);
	drop_set(&ch->drop, item, whole ? DROP_DURABLE : DROP_DONE);
}

static void
on_settled(void *arg, enum channel_settlement how, uint64_t lsn)
{
	g_autofree struct passage	*p = arg;
	struct pop3_channel		*ch = p->ch;
	struct drop_item		*item = NULL;

	(void)lsn;
	ch->passages--;
	ch->unsettled -= p->bytes;
	if (p->has_uid)
		g_hash_table_remove(ch->in_sink, &p->digest);
	if (p->has_uid && how == SETTLED_DURABLE)
		claim(ch, p->digest, p->whole);
	if (p->session == ch->session)
		item = drop_find(&ch->drop, p->number);
	if (item != NULL && item->state == DROP_TAKEN) {
		if (how == SETTLED_DURABLE) {
			is_durable(ch, item, p->whole);
		} else {
			drop_set(&ch->drop, item, DROP_WANTED);
			ch->enough = true;
		}
	}
	if (ch->dial.stopped && ch->passages == 0)
		pop3_channel_save(ch);
	pop3_session_pump(ch);
}

static void
hand_over(struct pop3_channel *ch, struct drop_item *item, bool whole)
{
	const struct channel_sink	*sink = ch->base.env->sink;
	g_autoptr(GBytes)		 bytes = g_byte_array_free_to_bytes(ch->mail);
	struct passage			*p;
	struct arrival			*a;

	ch->mail = NULL;
	a = make_arrival(ch, item, bytes);
	if (item->uid == NULL && is_known(ch, a)) {
		arrival_free(a);
		is_durable(ch, item, whole);
		return;
	}
	if (!whole) {
		g_autofree char *size = g_strdup_printf("%" G_GUINT64_FORMAT,
				    MAX(item->size, ch->mail_size));

		arrival_set_fact(a, ARRIVAL_FACT_TRUNCATED, size);
		log_info("channel=%s number=%u header only size=%s", ch->base.name,
		    item->number, size);
	}
	p = g_new0(struct passage, 1);
	p->ch = ch;
	p->session = ch->session;
	p->number = item->number;
	p->has_uid = item->uid != NULL;
	p->whole = whole;
	p->digest = item->digest;
	p->bytes = g_bytes_get_size(bytes);
	if (p->has_uid)
		g_hash_table_add(ch->in_sink, g_memdup2(&p->digest, sizeof(p->digest)));
	ch->passages++;
	ch->unsettled += p->bytes;
	drop_set(&ch->drop, item, DROP_TAKEN);
	sink->accept(sink->arg, a, on_settled, p);
}

/* ----------------------------------------------------------------- fetching */

static void
forget_mail(struct pop3_channel *ch)
{
	if (ch->mail != NULL)
		g_byte_array_unref(ch->mail);
	ch->mail = NULL;
	ch->mail_size = 0;
}

/* What is reckoned for it while it comes. */
static uint64_t
asked_bytes(const struct pop3_channel *ch, const struct drop_item *item)
{
	return item->size > max_message(ch) ? HEADER_BYTES : item->size;
}

/* Sizes told before are not always true: never hold more than is allowed. */
static void
on_chunk(struct pop3_channel *ch, const struct pop3_event *ev)
{
	const struct drop_item	*item = drop_find(&ch->drop, ev->number);

	if (ch->mail == NULL)
		ch->mail = g_byte_array_new();
	ch->mail_size += ev->bytes;
	g_byte_array_append(ch->mail, ev->data,
	    (guint)MIN(ev->bytes, max_message(ch) - ch->mail->len));
	if (ch->mail_size / 2 > item->size + EXCESS_BYTES)
		dial_lose(&ch->dial, ERR_TEMP, "the server sends more than it has told");
}

static void
on_mail(struct pop3_channel *ch, const struct pop3_event *ev)
{
	struct drop_item	*item = drop_find(&ch->drop, ev->number);
	bool			 cut = ch->mail_size > max_message(ch);

	ch->asked_bytes -= asked_bytes(ch, item);
	if (!ev->ok) {
		log_warn("channel=%s number=%u cannot be fetched and stays on the server: %s",
		    ch->base.name, item->number, ev->text);
		drop_set(&ch->drop, item, DROP_DONE);
	} else {
		if (ch->mail == NULL)
			ch->mail = g_byte_array_new();
		if (cut)
			g_byte_array_set_size(ch->mail,
			    (guint)header_length(ch->mail->data, ch->mail->len));
		ch->last = item->uid != NULL ? item->digest : 0;
		hand_over(ch, item, !cut && ev->command == POP3_RETR &&
		    ch->mail_size >= item->size / 2);
	}
	forget_mail(ch);
}

static bool
may_fetch(const struct pop3_channel *ch)
{
	return !ch->base.paused && !ch->enough && has_room(ch) &&
	    ch->unsettled + ch->asked_bytes < UNSETTLED_BYTES;
}

/* In a session, so that what is fetched is also deleted before long. */
static bool
is_full(const struct pop3_channel *ch)
{
	return ch->fetched >= (unsigned)ch->conf->batch && !(ch->no_uids && !deletes(ch));
}

/* False: nothing more can be asked until an answer comes. */
static bool
fetch_one(struct pop3_channel *ch)
{
	const struct channel_sink	*sink = ch->base.env->sink;
	struct drop_item		*item = drop_next(&ch->drop, DROP_WANTED);
	struct err			 why = ERR_INIT;
	uint64_t			 bytes;
	bool				 large;

	if (item == NULL)
		return false;
	bytes = asked_bytes(ch, item);
	if (ch->asked_bytes > 0 && ch->asked_bytes + bytes > ASKED_BYTES)
		return false;
	if (is_full(ch)) {
		ch->more = true;
		return false;
	}
	if (sink->admit(sink->arg, (size_t)bytes, &why) == -1) {
		ch->enough = true;
		return false;
	}
	large = item->size > max_message(ch) && (pop3_abilities(ch->pop3) & POP3_CAN_TOP);
	ch->fetched++;
	ch->asked_bytes += bytes;
	drop_set(&ch->drop, item, DROP_ASKED);
	send(ch, large ? POP3_TOP : POP3_RETR, item->number);
	return true;
}

/* ------------------------------------------------------- deleting, the end */

static void
on_deleted(struct pop3_channel *ch, const struct pop3_event *ev)
{
	struct drop_item	*item = drop_find(&ch->drop, ev->number);

	drop_set(&ch->drop, item, DROP_DONE);
	if (!ev->ok && !ch->complained)
		log_warn("channel=%s messages are taken but cannot be deleted: %s",
		    ch->base.name, ev->text);
	ch->complained = ch->complained || !ev->ok;
}

static void
on_quit(struct pop3_channel *ch, const struct pop3_event *ev)
{
	if (!ev->ok)
		log_warn("channel=%s not everything was deleted, next time again: %s",
		    ch->base.name, ev->text);
	pop3_channel_finish(ch);
}

static bool
is_finished(const struct pop3_channel *ch)
{
	const unsigned	*count = ch->drop.count;
	bool		 waits = count[DROP_WANTED] > 0 && !ch->more && !ch->enough &&
			    !ch->base.paused;

	return !waits && pop3_under_way(ch->pop3) == 0 && count[DROP_TAKEN] == 0 &&
	    (count[DROP_DURABLE] == 0 || !deletes(ch));
}

void
pop3_session_pump(struct pop3_channel *ch)
{
	struct drop_item	*item;

	if (ch->step != &step_working)
		return;
	while (may_fetch(ch) && fetch_one(ch))
		;
	while (deletes(ch) && has_room(ch) &&
	    (item = drop_next(&ch->drop, DROP_DURABLE)) != NULL) {
		drop_set(&ch->drop, item, DROP_ACTING);
		send(ch, POP3_DELE, item->number);
	}
	if (is_finished(ch)) {
		enter(ch, &step_quitting);
		send(ch, POP3_QUIT, 0);
	}
}

/* ------------------------------------------------------------------ listing */

/* What the journal has lately had, or what is on its way there. */
static void
pass_over_known(struct pop3_channel *ch)
{
	g_autoptr(GBytes)	 empty = g_bytes_new_static("", 0);
	struct drop_item	*item;
	struct arrival		*a;
	guint			 i;

	for (i = 0; i < ch->drop.items->len; i++) {
		item = ch->drop.items->pdata[i];
		if (item == NULL || item->state != DROP_WANTED || item->uid == NULL)
			continue;
		if (g_hash_table_contains(ch->in_sink, &item->digest)) {
			drop_set(&ch->drop, item, DROP_DONE);
			continue;
		}
		a = make_arrival(ch, item, empty);
		if (is_known(ch, a))
			is_durable(ch, item, item->size <= max_message(ch));
		arrival_free(a);
	}
}

static void
pass_over_old(struct pop3_channel *ch)
{
	struct drop_item	*item;

	while ((item = drop_next(&ch->drop, DROP_WANTED)) != NULL)
		is_durable(ch, item, false);
}

static void
begin_work(struct pop3_channel *ch)
{
	drop_end_listing(&ch->drop);
	pass_over_known(ch);
	if (ch->first_start && strcmp(ch->conf->import, "none") == 0)
		pass_over_old(ch);
	ch->drop.changed = ch->drop.changed || ch->first_start;
	ch->first_start = false;
	log_debug("channel=%s messages=%u new=%u", ch->base.name, ch->drop.items->len,
	    ch->drop.count[DROP_WANTED]);
	enter(ch, &step_working);
	pop3_session_pump(ch);
}

static void
on_stat(struct pop3_channel *ch, const struct pop3_event *ev)
{
	drop_begin(&ch->drop, ev->number);
	if (ev->number > DROP_MESSAGES_MAX)
		log_warn("channel=%s messages=%u only the first %d are looked at",
		    ch->base.name, ev->number, DROP_MESSAGES_MAX);
	if (ev->number == 0)
		begin_work(ch);
	else
		send(ch, POP3_LIST, 0);
}

static void
on_ids(struct pop3_channel *ch, bool ok)
{
	if (!ok && !ch->no_uids)
		log_warn("channel=%s the server has no UIDL: everything is fetched at every look",
		    ch->base.name);
	ch->no_uids = !ok;
	begin_work(ch);
}

/* ------------------------------------------------------------- conversation */

static void
refused(struct pop3_channel *ch, const char *what, const struct pop3_event *ev)
{
	g_autofree char	*why = g_strdup_printf("%s: the server says %s", what, ev->text);

	dial_lose(&ch->dial, ERR_TEMP, why);
}

static void
on_done(struct pop3_channel *ch, const struct pop3_event *ev)
{
	switch (ev->command) {
	case POP3_CAPA:		/* a server of 1996 does not know it */
		enter(ch, &step_listing);
		send(ch, POP3_STAT, 0);
		break;
	case POP3_STAT:
		if (ev->ok)
			on_stat(ch, ev);
		else
			refused(ch, "STAT", ev);
		break;
	case POP3_LIST:
		if (ev->ok)
			send(ch, POP3_UIDL, 0);
		else
			refused(ch, "LIST", ev);
		break;
	case POP3_UIDL:
		on_ids(ch, ev->ok);
		break;
	case POP3_RETR:
	case POP3_TOP:
		on_mail(ch, ev);
		break;
	case POP3_DELE:
		on_deleted(ch, ev);
		break;
	case POP3_QUIT:
		on_quit(ch, ev);
		break;
	}
}

/*
 * What comes after the end of a mail and is no reply may be the rest of it:
 * some servers forget to stuff dots.  What we have of it is not all; so it
 * must not be deleted.
 */
static void
on_broken(struct pop3_channel *ch, const char *why)
{
	if (ch->last != 0)
		drop_claim(&ch->drop, ch->last, DROP_PASSED_OVER);
	ch->no_pipeline = true;		/* perhaps it only cannot do that */
	dial_lose(&ch->dial, ERR_TEMP, why);
}

static void
handle(struct pop3_channel *ch, const struct pop3_event *ev)
{
	switch (ev->kind) {
	case POP3_LISTED:
		drop_set_size(&ch->drop, ev->number, ev->size);
		break;
	case POP3_UID:
		drop_set_uid(&ch->drop, ev->number, ev->uid);
		break;
	case POP3_CHUNK:
		on_chunk(ch, ev);
		break;
	case POP3_DONE:
		ch->answers++;
		on_done(ch, ev);
		break;
	case POP3_BROKEN:
		on_broken(ch, ev->text);
		break;
	}
}

void
pop3_session_begin(struct pop3_channel *ch)
{
	ch->pop3 = pop3_new();
	ch->session++;
	ch->enough = ch->more = false;
	ch->fetched = 0;
	ch->asked_bytes = ch->last = 0;
	enter(ch, &step_asking);
	send(ch, POP3_CAPA, 0);
}

/* A byte now and then is not enough to go on with a long answer. */
static bool
is_brisk(const struct pop3_channel *ch)
{
	return ch->heard * 1000 >= (uint64_t)ch->conf->login.timeout_ms * SLOWEST_BYTES_PER_S;
}

void
pop3_session_feed(struct pop3_channel *ch, const uint8_t *bytes, size_t len)
{
	struct pop3		*p = ch->pop3;
	uint64_t		 answers = ch->answers;
	struct pop3_event	 ev;

	ch->heard += len;
	/* Losing the connection, or ending it, frees the engine. */
	while (ch->pop3 == p && p != NULL && pop3_next(p, &bytes, &len, &ev))
		handle(ch, &ev);
	if (ch->pop3 != p || p == NULL)
		return;
	if (ch->answers != answers || is_brisk(ch))
		watch_server(ch);
	pop3_session_pump(ch);
}

void
pop3_session_end(struct pop3_channel *ch)
{
	forget_mail(ch);
	pop3_free(ch->pop3);
	ch->pop3 = NULL;
	drop_begin(&ch->drop, 0);
}
