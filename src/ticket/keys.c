/* SPDX-License-Identifier: ISC */
/*
 * The keys of a message: what it is the same as, what it refers to, whose it
 * is, and what those that come later may call it.
 */
#include "ticket/ticket.h"

#include <string.h>

#include "base/digest.h"
#include "ticket/people.h"
#include "ticket/subject.h"
#include "ticket/token.h"

enum { THREADS_MAX = 30, SUBJECT_MIN = 4, KEY_BYTES = 16, EVENT_LETTERS = 26, ID_LETTERS = 10 };

/* "x-" and half of the digest of the parts; parts end with NULL. */
static char *
make_key(char kind, const char *const *parts)
{
	struct digest	*d = digest_new();
	uint8_t		 sum[DIGEST_SIZE];
	char		 hex[2 * KEY_BYTES + 1];

	for (; *parts != NULL; parts++)
		digest_add_field(d, *parts);
	digest_end(d, sum);
	digest_hex(sum, KEY_BYTES, hex);
	return g_strdup_printf("%c-%s", kind, hex);
}

#define KEY(kind, ...)	make_key(kind, (const char *const[]){ __VA_ARGS__, NULL })

static void
add_once(GPtrArray *list, char *key)
{
	if (list->len >= THREADS_MAX ||
	    g_ptr_array_find_with_equal_func(list, key, g_str_equal, NULL))
		g_free(key);
	else
		g_ptr_array_add(list, key);
}

/*
 * Which of our mailboxes this copy was for: two copies of one mail differ in
 * nothing else.
 */
static const char *
mailbox_of(const struct ticket_context *ctx, const struct message *m)
{
	guint	i;

	for (i = 0; i < m->delivered_to->len; i++)
		if (people_are_ours(ctx->addresses, m->delivered_to->pdata[i]))
			return m->delivered_to->pdata[i];
	return "";
}

char *
ticket_identity_key(const char *identity)
{
	return KEY('a', identity);
}

static bool
is_released(const struct arrival *a)
{
	return g_str_has_suffix(a->key, ARRIVAL_RELEASED);
}

/*
 * A mail is itself wherever it is found, unless somebody wants it again.  What comes as JSON is not: "hello"
 * twice in a chat is two messages, and the channel's key tells them apart.
 */
static void
add_dedup(struct ticket_keys *k, const struct ticket_context *ctx,
    const struct arrival *a, const struct message *m)
{
	g_autofree char	*mailbox = NULL;

	g_ptr_array_add(k->dedup, ticket_identity_key(k->identity));
	if (a->format != ARRIVAL_MAIL || m->content_digest[0] == '\0' || is_released(a))
		return;
	if (!ctx->per_mailbox) {
		g_ptr_array_add(k->dedup, KEY('c', m->content_digest));
		return;
	}
	mailbox = address_canonical(mailbox_of(ctx, m), TRUE);
	g_ptr_array_add(k->dedup, KEY('c', m->content_digest, a->channel, mailbox));
}

char *
ticket_message_key(const char *message_id)
{
	return KEY('m', message_id);
}

static void
add_mail_threads(struct ticket_keys *k, const struct message *m)
{
	guint	i;

	if (m->in_reply_to != NULL)
		add_once(k->threads, ticket_message_key(m->in_reply_to));
	for (i = m->references->len; i > 0; i--)
		add_once(k->threads, ticket_message_key(m->references->pdata[i - 1]));
	if (m->bounce != NULL && m->bounce->original_message_id != NULL)
		add_once(k->threads, ticket_message_key(m->bounce->original_message_id));
	if (m->message_id != NULL)
		add_once(k->own, ticket_message_key(m->message_id));
}

/*
 * Only what came with proof: a session that the server gave out, or the
 * conversation a webhook's provider names.  A mail has neither.
 */
static const char *
session_of(const struct arrival *a, const struct message *m)
{
	if (a->format == ARRIVAL_MAIL)
		return NULL;
	return m->session != NULL ? m->session : message_field(m, "conversation");
}

static void
add_session(struct ticket_keys *k)
{
	if (k->session == NULL)
		return;
	add_once(k->threads, KEY('s', k->channel, k->session));
	add_once(k->own, KEY('s', k->channel, k->session));
}

static void
add_subject(struct ticket_keys *k, const struct message *m, const char *customer)
{
	g_autofree char	*base = NULL;

	if (m->subject == NULL)
		return;
	subject_ticket_ids(m->subject, k->hints);
	base = subject_base(m->subject, &k->looks_like_reply);
	if (customer == NULL || g_utf8_strlen(base, -1) < SUBJECT_MIN)
		return;
	add_once(k->similar, KEY('b', customer, base));
	add_once(k->own, KEY('b', customer, base));
}

/* Person, else session, else channel: everything has someone to be filed under. */
static char *
customer_key(const struct ticket_keys *k, const char *customer)
{
	if (customer != NULL)
		return KEY('p', "address", customer);
	if (k->session != NULL)
		return KEY('p', "session", k->channel, k->session);
	return KEY('p', "nobody", k->channel);
}

static void
seal(const struct ticket_context *ctx, const char *text, size_t letters, char *out)
{
	uint8_t	sum[DIGEST_SIZE];

	digest_hmac(ctx->secret, ctx->secret_len, text, strlen(text), sum);
	digest_base32(sum, letters, out);
}

struct ticket_keys *
ticket_keys_new(const struct ticket_context *ctx, const struct arrival *a,
    const struct message *m)
{
	struct ticket_keys	*k = g_new0(struct ticket_keys, 1);
	const struct address	*from = people_customer(ctx->addresses, m);
	g_autofree char		*customer = NULL, *event = NULL;

	k->dedup = g_ptr_array_new_with_free_func(g_free);
	k->threads = g_ptr_array_new_with_free_func(g_free);
	k->similar = g_ptr_array_new_with_free_func(g_free);
	k->own = g_ptr_array_new_with_free_func(g_free);
	k->hints = g_ptr_array_new_with_free_func(g_free);
	k->identity = arrival_identity(a);
	k->channel = g_strdup(a->channel);
	k->session = g_strdup(session_of(a, m));
	if (from != NULL)
		customer = address_canonical(from->addr, TRUE);
	add_dedup(k, ctx, a, m);
	add_session(k);
	add_mail_threads(k, m);
	/* To the ticket that was made of it before. */
	if (is_released(a) && m->message_id != NULL)
		add_once(k->threads, ticket_message_key(m->message_id));
	add_subject(k, m, customer);
	k->token_ticket = token_find_ticket(ctx, m);
	k->customer = customer_key(k, customer);
	event = g_strdup_printf("event %s", k->identity);
	seal(ctx, event, EVENT_LETTERS, k->event_id);
	return k;
}

void
ticket_keys_free(struct ticket_keys *k)
{
	if (k == NULL)
		return;
	g_ptr_array_unref(k->dedup);
	g_ptr_array_unref(k->threads);
	g_ptr_array_unref(k->similar);
	g_ptr_array_unref(k->own);
	g_ptr_array_unref(k->hints);
	g_free(k->token_ticket);
	g_free(k->customer);
	g_free(k->identity);
	g_free(k->channel);
	g_free(k->session);
	g_free(k);
}

bool
ticket_may_follow(const struct ticket_keys *k)
{
	return k->token_ticket != NULL || k->threads->len > 0 || k->hints->len > 0 ||
	    (k->looks_like_reply && k->similar->len > 0);
}

void
ticket_propose_id(const struct ticket_context *ctx, const struct ticket_keys *k,
    unsigned attempt, char id[TICKET_ID_SIZE])
{
	g_autofree char	*text = g_strdup_printf("ticket %u %s", attempt, k->identity);
	char		 letters[ID_LETTERS + 1];

	seal(ctx, text, ID_LETTERS, letters);
	g_snprintf(id, TICKET_ID_SIZE, "%.5s-%.5s", letters, letters + ID_LETTERS / 2);
}
