/* SPDX-License-Identifier: ISC */
#include "channel/lmtp/lmtp_channel.h"

#include <string.h>

#include "base/digest.h"
#include "base/log.h"
#include "base/metric.h"
#include "io/line_server.h"
#include "proto/lmtp.h"

#define KEEP_BYTES	65536			/* of the last message's memory */
#define HELD_MAX	(UINT64_C(256) << 20)	/* of all messages coming in at once */

struct lmtp_channel {
	struct channel			 base;
	const struct settings_lmtp	*conf;
	struct line_server		*server;
	GQueue				 clients;
	uint64_t			 held;		/* bytes of messages coming in */
	bool				 stopped;
};

/*
 * A connection.  It outlives its peer while a message of it is with the sink.
 */
struct client {
	struct lmtp_channel	*ch;
	GList			 link;
	struct line_peer	*peer;		/* NULL: gone */
	struct lmtp		*lmtp;
	char			*address;
	char			*from;		/* of the message coming in */
	GPtrArray		*recipients;	/* char *, each once */
	GByteArray		*mail;
	struct digest		*digest;	/* of it so far, or NULL */
	bool			 too_much;	/* no memory for it: thrown away */
	unsigned		 settling;	/* arrivals with the sink */
	bool			 refused;	/* one of them was */
	struct loop_timer	*deadline;	/* for one message */
};

static void	go_on(struct client *);

static void
forget_mail(struct client *c)
{
	uint8_t	unused[DIGEST_SIZE];

	c->ch->held -= c->mail->len;
	if (c->mail->len > KEEP_BYTES) {	/* a connection may live long */
		g_byte_array_unref(c->mail);
		c->mail = g_byte_array_new();
	}
	g_byte_array_set_size(c->mail, 0);
	if (c->digest != NULL)
		digest_end(c->digest, unused);
	c->digest = NULL;
	g_ptr_array_set_size(c->recipients, 0);
	g_clear_pointer(&c->from, g_free);
	c->too_much = false;
	loop_timer_stop(c->deadline);
}

static void
free_client(struct client *c)
{
	forget_mail(c);
	g_queue_unlink(&c->ch->clients, &c->link);
	lmtp_free(c->lmtp);
	loop_timer_free(c->deadline);
	g_byte_array_unref(c->mail);
	g_ptr_array_unref(c->recipients);
	g_free(c->address);
	g_free(c);
}

static void
flush(struct client *c)
{
	GString	*out = lmtp_output(c->lmtp);

	if (c->peer != NULL)
		line_peer_send(c->peer, out->str, out->len);
	g_string_truncate(out, 0);
}

/* ---------------------------------------------------------- what it says */

static enum lmtp_answer
begin_mail(struct client *c, const struct lmtp_event *ev)
{
	struct lmtp_channel		*ch = c->ch;
	const struct channel_sink	*sink = ch->base.env->sink;
	struct err			 why = ERR_INIT;

	if (ch->base.paused || ch->held + ev->bytes > HELD_MAX ||
	    sink->admit(sink->arg, (size_t)MAX(ev->bytes, 1), &why) == -1) {
		log_debug("channel=%s peer=%s not now: %s", ch->base.name, c->address, why.text);
		return LMTP_NO_ROOM;
	}
	c->from = g_strdup(ev->address);
	loop_timer_start(c->deadline, 2 * ch->conf->timeout_ms);
	return LMTP_YES;
}

static enum lmtp_answer
add_recipient(struct client *c, const char *address)
{
	const GPtrArray	*ours = c->ch->conf->recipients;
	guint		 i;

	for (i = 0; i < ours->len; i++)
		if (lmtp_address_matches(ours->pdata[i], address))
			break;
	if (i == ours->len)
		return LMTP_UNKNOWN;
	if (!g_ptr_array_find_with_equal_func(c->recipients, address, g_str_equal, NULL))
		g_ptr_array_add(c->recipients, g_strdup(address));
	return LMTP_YES;
}

static void
add_to_mail(struct client *c, const struct lmtp_event *ev)
{
	c->too_much = c->too_much || c->ch->held + ev->bytes > HELD_MAX;
	if (c->too_much)
		return;
	g_byte_array_append(c->mail, ev->data, (guint)ev->bytes);
	/* As it comes: all at the end would hold up everybody else. */
	if (c->digest == NULL)
		c->digest = digest_new();
	digest_add(c->digest, ev->data, (size_t)ev->bytes);
	c->ch->held += ev->bytes;
}

/* The same mail from and to the same, tried again, has the same. */
static char *
make_key(const char *from, const char *to, const uint8_t mail[DIGEST_SIZE])
{
	struct digest	*d = digest_new();
	uint8_t		 sum[DIGEST_SIZE];
	char		 hex[DIGEST_HEX_SIZE];

	digest_add_field(d, from);
	digest_add_field(d, to);
	digest_add(d, mail, DIGEST_SIZE);
	digest_end(d, sum);
	digest_hex(sum, sizeof(sum), hex);
	return g_strconcat("sha256:", hex, NULL);
}

static void
answer_mail(struct client *c)
{
	bool	refused = c->refused;

	c->refused = false;
	forget_mail(c);
	line_peer_hold(c->peer, false);
	lmtp_answer(c->lmtp, refused ? LMTP_NOT_NOW : LMTP_YES);
	go_on(c);
}

static void
on_settled(void *arg, enum channel_settlement how, uint64_t lsn)
{
	struct client	*c = arg;

	c->refused = c->refused || how != SETTLED_DURABLE;
	log_debug("channel=%s peer=%s lsn=%" G_GUINT64_FORMAT " %s", c->ch->base.name, c->address,
	    lsn, how == SETTLED_DURABLE ? "taken" : "refused");
	if (--c->settling > 0)
		return;
	if (c->peer == NULL)
		free_client(c);
	else
		answer_mail(c);
}

static void
hand_over(struct client *c, const char *to, GBytes *mail, const uint8_t sum[DIGEST_SIZE])
{
	struct lmtp_channel		*ch = c->ch;
	const struct channel_sink	*sink = ch->base.env->sink;
	g_autofree char			*key = make_key(c->from, to, sum);
	struct arrival			*a;

	a = arrival_new(ARRIVAL_MAIL, ch->base.ops->kind, ch->base.name, key, mail);
	arrival_set_fact(a, ARRIVAL_FACT_MAIL_FROM, c->from);
	arrival_set_fact(a, ARRIVAL_FACT_RCPT_TO, to);
	arrival_set_fact(a, ARRIVAL_FACT_PEER, c->address);
	if (sink->known(sink->arg, a)) {
		metric_inc(METRIC_DUPLICATES, ch->base.name);
		arrival_free(a);
		return;
	}
	c->settling++;
	sink->accept(sink->arg, a, on_settled, c);
}

/* One arrival for all recipients, or for each its own, as is configured. */
static void
hand_over_all(struct client *c)
{
	const char		*policy = c->ch->base.env->settings->two_addresses;
	g_autoptr(GBytes)	 mail = NULL;
	g_autofree char		*all = NULL;
	uint8_t			 sum[DIGEST_SIZE];
	guint			 i;

	digest_end(c->digest != NULL ? c->digest : digest_new(), sum);
	c->digest = NULL;
	c->ch->held -= c->mail->len;
	mail = g_byte_array_free_to_bytes(c->mail);
	c->mail = g_byte_array_new();
	if (strcmp(policy, "per_mailbox") == 0) {
		for (i = 0; i < c->recipients->len; i++)
			hand_over(c, c->recipients->pdata[i], mail, sum);
		return;
	}
	g_ptr_array_add(c->recipients, NULL);
	all = g_strjoinv(", ", (char **)c->recipients->pdata);
	hand_over(c, all, mail, sum);
}

static void
end_mail(struct client *c)
{
	const struct channel_sink	*sink = c->ch->base.env->sink;
	struct err			 why = ERR_INIT;

	if (c->too_much || sink->admit(sink->arg, MAX(c->mail->len, 1), &why) == -1) {
		forget_mail(c);
		lmtp_answer(c->lmtp, LMTP_NO_ROOM);
		return;
	}
	loop_timer_stop(c->deadline);
	hand_over_all(c);
	if (c->settling > 0) {
		line_peer_hold(c->peer, true);
		return;
	}
	forget_mail(c);
	lmtp_answer(c->lmtp, LMTP_YES);		/* known from an earlier try */
}

static void
handle(struct client *c, const struct lmtp_event *ev)
{
	switch (ev->kind) {
	case LMTP_MAIL:
		lmtp_answer(c->lmtp, begin_mail(c, ev));
		break;
	case LMTP_RCPT:
		lmtp_answer(c->lmtp, add_recipient(c, ev->address));
		break;
	case LMTP_CHUNK:
		add_to_mail(c, ev);
		break;
	case LMTP_END:
		end_mail(c);
		break;
	case LMTP_RESET:
		forget_mail(c);
		break;
	case LMTP_CLOSE:
		flush(c);
		line_peer_end(c->peer);
		c->peer = NULL;
		break;
	}
}

/* Answers, as long as there is something to say; c may be gone after it. */
static void
go_on(struct client *c)
{
	struct lmtp_event	ev;

	if (c->ch->stopped && c->settling == 0)
		lmtp_dismiss(c->lmtp, "closing for a moment, try again");
	while (c->peer != NULL && lmtp_next(c->lmtp, &ev))
		handle(c, &ev);
	flush(c);
	if (c->peer == NULL && c->settling == 0)
		free_client(c);
}

static void
on_received(void *arg, const uint8_t *bytes, size_t len)
{
	struct client	*c = arg;

	lmtp_feed(c->lmtp, bytes, len);
	go_on(c);
}

static void
on_late(void *arg)
{
	struct client	*c = arg;

	if (c->settling > 0)
		return;
	log_info("channel=%s peer=%s too slow state=%s", c->ch->base.name, c->address,
	    lmtp_doing(c->lmtp));
	lmtp_dismiss(c->lmtp, "too slow");
	go_on(c);
}

static void
on_closed(void *arg)
{
	struct client	*c = arg;

	c->peer = NULL;
	if (c->settling == 0)
		free_client(c);
}

static void *
on_opened(void *arg, struct line_peer *peer, const char *address)
{
	static const char	 full[] = "421 4.3.2 too many connections\r\n";
	struct lmtp_channel	*ch = arg;
	struct client		*c;

	if (ch->clients.length >= (guint)ch->conf->max_connections) {
		line_peer_send(peer, full, sizeof(full) - 1);
		line_peer_end(peer);
		return NULL;
	}
	c = g_new0(struct client, 1);
	c->ch = ch;
	c->peer = peer;
	c->link.data = c;
	c->address = g_strdup(address);
	c->recipients = g_ptr_array_new_with_free_func(g_free);
	c->mail = g_byte_array_new();
	c->deadline = loop_timer_new(ch->base.env->loop, on_late, c);
	c->lmtp = lmtp_new(g_get_host_name(), (uint64_t)MIN(ch->conf->max_size,
	    ch->base.env->settings->journal.max_message));
	g_queue_push_tail_link(&ch->clients, &c->link);
	flush(c);
	return c;
}

/* --------------------------------------------------------------- the door */

static void
lmtp_channel_stop(struct channel *base)
{
	struct lmtp_channel	*ch = (struct lmtp_channel *)base;
	GList			*at, *next;

	ch->stopped = true;
	line_server_stop(ch->server);
	for (at = ch->clients.head; at != NULL; at = next) {
		next = at->next;
		go_on(at->data);
	}
}

static void
lmtp_channel_free(struct channel *base)
{
	struct lmtp_channel	*ch = (struct lmtp_channel *)base;

	while (ch->clients.head != NULL)
		free_client(ch->clients.head->data);
	line_server_free(ch->server);
}

static int
lmtp_start(struct channel *base, const void *section, struct err *e)
{
	static const struct line_server_ops	 ops = { on_opened, on_received, on_late,
						    on_closed };
	struct lmtp_channel			*ch = (struct lmtp_channel *)base;
	unsigned				 mode;
	guint					 i;

	ch->conf = section;
	g_queue_init(&ch->clients);
	mode = (unsigned)g_ascii_strtoull(ch->conf->socket_mode, NULL, 8);
	ch->server = line_server_new(base->env->loop, &ops, ch, ch->conf->timeout_ms);
	for (i = 0; i < ch->conf->listen->len; i++)
		if (line_server_listen(ch->server, ch->conf->listen->pdata[i], mode, e) == -1) {
			line_server_free(ch->server);
			return -1;
		}
	return 0;
}

/* A message is answered by room for it, not by silence. */
static void
lmtp_pause(struct channel *base)
{
	base->paused = true;
}

static void
lmtp_resume(struct channel *base)
{
	base->paused = false;
}

static void
lmtp_report(const struct channel *base, GString *issue)
{
	const struct lmtp_channel	*ch = (const struct lmtp_channel *)base;

	if (ch->clients.length >= (guint)ch->conf->max_connections)
		g_string_append_printf(issue, "lmtp %s: all %u connections are in use",
		    base->name, ch->clients.length);
}

const struct channel_ops lmtp_channel_ops = {
	.kind = "lmtp",
	.size = sizeof(struct lmtp_channel),
	.sections = offsetof(struct settings, lmtp),
	.start = lmtp_start,
	.stop = lmtp_channel_stop,
	.free = lmtp_channel_free,
	.pause = lmtp_pause,
	.resume = lmtp_resume,
	.status = lmtp_report
};
