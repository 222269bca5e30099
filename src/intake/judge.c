/* SPDX-License-Identifier: ISC */
#include "intake/judge.h"

#include <string.h>

GPtrArray *
judge_own_addresses(const struct settings *s)
{
	GPtrArray	*own = g_ptr_array_new_with_free_func(g_free);
	guint		 i;

	for (i = 0; i < s->identity.addresses->len; i++)
		g_ptr_array_add(own, g_strdup(s->identity.addresses->pdata[i]));
	if (s->mail_out.from_addr != NULL)
		g_ptr_array_add(own, g_strdup(s->mail_out.from_addr));
	if (s->mail_out.reply_to != NULL) {
		/* With the token's "+%" it is the address without a tag. */
		g_auto(GStrv)	part = g_strsplit(s->mail_out.reply_to, "+%", 2);

		g_ptr_array_add(own, g_strjoinv("", part));
	}
	return own;
}

struct ticket_context
judge_context(const struct settings *s, const GPtrArray *own, const void *secret,
    size_t secret_len)
{
	struct ticket_context	context = {
		.secret = secret,
		.secret_len = secret_len,
		.addresses = own,
		.per_mailbox = strcmp(s->two_addresses, "per_mailbox") == 0,
		.max_files = (uint64_t)s->attachments.max_files,
		.max_file_bytes = (uint64_t)s->attachments.max_size,
	};

	return context;
}

void
judge_note_arrival(struct ticket *t, const struct arrival *a, const char *failure)
{
	const struct message	*m = t->message;
	guint			 i;

	if (a->lsn != 0)
		ticket_note(t, "journal", "%" G_GSIZE_FORMAT " bytes durable as lsn %" G_GUINT64_FORMAT,
		    g_bytes_get_size(a->bytes), a->lsn);
	if (failure != NULL)
		ticket_note(t, "normalize", "only the header was read: %s", failure);
	else
		ticket_note(t, "normalize", "%s%s%s", message_kind_name(m->kind),
		    m->kind_reason != NULL ? ": " : "",
		    m->kind_reason != NULL ? m->kind_reason : "");
	for (i = 0; i < m->warnings->len; i++)
		ticket_note(t, "normalize", "%s", (const char *)m->warnings->pdata[i]);
}
