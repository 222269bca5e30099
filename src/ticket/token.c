/* SPDX-License-Identifier: ISC */
#include "ticket/token.h"

#include "model/reply_token.h"

enum { REFERENCES_MAX = 50 };

/* A place to look in, and for whom the token there has to be. */
struct lookup {
	struct reply_token_key	 key;
	const struct message	*message;
	const char		*recipient;
	char			 ticket[TICKET_ID_SIZE];
};

static bool
is_in(struct lookup *l, const char *text)
{
	return text != NULL && reply_token_find(&l->key, text, l->recipient, l->ticket);
}

static bool
is_in_ids(struct lookup *l)
{
	const GPtrArray	*ids = l->message->references;
	guint		 i, n = MIN(ids->len, REFERENCES_MAX);

	if (is_in(l, l->message->in_reply_to))
		return true;
	if (l->message->bounce != NULL && is_in(l, l->message->bounce->original_message_id))
		return true;
	for (i = 0; i < n; i++)
		if (is_in(l, ids->pdata[ids->len - 1 - i]))
			return true;
	return false;
}

static bool
is_in_addresses(struct lookup *l)
{
	const struct message	*m = l->message;
	const GPtrArray		*lists[] = { m->to, m->cc };
	const struct address	*a;
	size_t			 k;
	guint			 i;

	for (i = 0; i < m->delivered_to->len; i++)
		if (is_in(l, m->delivered_to->pdata[i]))
			return true;
	for (k = 0; k < G_N_ELEMENTS(lists); k++)
		for (i = 0; i < lists[k]->len; i++) {
			a = lists[k]->pdata[i];
			if (is_in(l, a->addr))
				return true;
		}
	return false;
}

static bool
is_for(struct lookup *l, const char *recipient)
{
	l->recipient = recipient;
	return recipient != NULL && (is_in_ids(l) || is_in_addresses(l));
}

char *
token_find_ticket(const struct ticket_context *ctx, const struct message *m)
{
	struct lookup			 l = { { ctx->secret, ctx->secret_len }, m, NULL, "" };
	const struct bounce_recipient	*r;
	guint				 i;

	if (m->from != NULL && is_for(&l, m->from->addr))
		return g_strdup(l.ticket);
	for (i = 0; m->bounce != NULL && i < m->bounce->recipients->len && i < 10; i++) {
		r = m->bounce->recipients->pdata[i];
		if (is_for(&l, r->address) || is_for(&l, r->original))
			return g_strdup(l.ticket);
	}
	return NULL;
}
