/* SPDX-License-Identifier: ISC */
#include "ctl/recognise.h"

#include <string.h>

#include "intake/judge.h"
#include "intake/parse_guarded.h"

struct recognise {
	struct ctl			*ctl;
	const struct settings_imap	*s;
	struct mailbox			*mailbox;
	const struct known		*known;
	struct parser			*parser;	/* made when it is needed */
	struct parse_guarded		*guarded;
};

struct fetched {
	uint32_t	 uid;
	uint64_t	 size;		/* RFC822.SIZE; 0: not told */
	GByteArray	*bytes;
	bool		 whole;		/* the reply was complete */
};

struct recognise *
recognise_new(struct ctl *ctl, const struct settings_imap *s, struct mailbox *mailbox,
    const struct known *known)
{
	struct recognise	*r = g_new0(struct recognise, 1);

	r->ctl = ctl;
	r->s = s;
	r->mailbox = mailbox;
	r->known = known;
	return r;
}

void
recognise_free(struct recognise *r)
{
	if (r == NULL)
		return;
	if (r->guarded != NULL)
		parse_guarded_free(r->guarded);
	parser_free(r->parser);
	g_free(r);
}

static void
on_fetched(void *arg, const struct imap_event *ev)
{
	struct fetched	*f = arg;

	if (ev->kind == IMAP_MAIL_BEGIN && !f->whole) {
		g_byte_array_set_size(f->bytes, 0);
	} else if (ev->kind == IMAP_MAIL_CHUNK && !f->whole) {
		g_byte_array_append(f->bytes, ev->data, (guint)ev->bytes);
	} else if (ev->kind == IMAP_FETCHED && ev->uid == f->uid) {
		if (ev->has_size)
			f->size = ev->size;
		f->whole = ev->part != IMAP_NO_PART;
	}
}

static bool
fetch(struct recognise *r, struct fetched *f, enum imap_part part)
{
	struct imap	*im = mailbox_imap(r->mailbox);
	g_autofree char	*set = g_strdup_printf("%u", f->uid);

	return mailbox_run(r->mailbox, imap_fetch_info(im, set), on_fetched, f, NULL) == 0 &&
	    f->size > 0 && f->size <= (uint64_t)r->ctl->settings->journal.max_message &&
	    mailbox_run(r->mailbox, imap_fetch_mail(im, set, part), on_fetched, f, NULL) == 0 &&
	    f->whole;
}

bool
recognise_header(struct recognise *r, uint32_t uid)
{
	g_autoptr(GByteArray)	bytes = g_byte_array_new();
	struct fetched		f = { .uid = uid, .bytes = bytes };

	return fetch(r, &f, IMAP_HEADER) &&
	    known_has_mail(r->known, r->s->name, bytes->data, bytes->len, f.size);
}

static bool
prepare(struct recognise *r)
{
	if (r->parser == NULL && (r->parser = parser_new(r->ctl->settings, NULL)) != NULL)
		r->guarded = parse_guarded_new(r->ctl->settings, r->parser);
	return r->guarded != NULL;
}

/* Of the keys only that of the identity needs the arrival's own key. */
static char *
content_key(struct recognise *r, GBytes *mail)
{
	static const uint8_t	 none[32];
	const struct settings	*s = r->ctl->settings;
	g_autoptr(GPtrArray)	 own = judge_own_addresses(s);
	struct ticket_context	 context = judge_context(s, own, none, sizeof none);
	struct arrival		*a = arrival_new(ARRIVAL_MAIL, "imap", r->s->name, "", mail);
	const char		*failure = NULL;
	struct parsed		*parsed = parse_guarded_run(r->guarded, a, &failure);
	struct ticket_keys	*keys = ticket_keys_new(&context, a, parsed->message);
	char			*key = NULL;

	if (keys->dedup->len > 1)
		key = g_strdup(keys->dedup->pdata[1]);
	ticket_keys_free(keys);
	parsed_free(parsed);
	arrival_free(a);
	return key;
}

char *
recognise_content(struct recognise *r, uint32_t uid)
{
	struct fetched		f = { .uid = uid, .bytes = g_byte_array_new() };
	bool			good = fetch(r, &f, IMAP_WHOLE) && prepare(r);
	g_autoptr(GBytes)	mail = g_byte_array_free_to_bytes(f.bytes);

	return good ? content_key(r, mail) : NULL;
}
