/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "model/reply_token.h"
#include "ticket/subject.h"
#include "ticket/ticket.h"

static GPtrArray		*ours;
static struct ticket_context	 ctx = { .secret = "secret", .secret_len = 6 };

static struct arrival *
arrival(enum arrival_format format, const char *channel, const char *key)
{
	g_autoptr(GBytes)	 bytes = g_bytes_new_static("x", 1);
	struct arrival		*a = arrival_new(format, format == ARRIVAL_CHAT ? "chat" : "imap",
	    channel, key, bytes);

	a->received_ms = 1000;
	a->lsn = 7;
	return a;
}

static struct message *
mail(const char *from, const char *subject, const char *id)
{
	struct message	*m = message_new();

	m->from = from != NULL ? address_new("Name", from) : NULL;
	m->subject = g_strdup(subject);
	m->message_id = g_strdup(id);
	m->text = g_strdup("text");
	memset(m->content_digest, 'a', DIGEST_HEX_SIZE - 1);
	return m;
}

static struct message *
answer_to(const char *from, const char *id)
{
	struct message	*m = mail(from, "Re: order", "answer@x");

	m->in_reply_to = g_strdup(id);
	return m;
}

/* A ticket of anna@customer.example, with cc@customer.example. */
static struct ticket *
annas_ticket(void)
{
	struct arrival		*a = arrival(ARRIVAL_MAIL, "support", "INBOX/1/1");
	struct message		*m = mail("Anna@Customer.example", "order", "first@customer.example");
	struct ticket_keys	*k;
	struct ticket		*t;

	g_ptr_array_add(m->to, address_new(NULL, "support+x@shop.example"));
	g_ptr_array_add(m->cc, address_new(NULL, "cc@customer.example"));
	k = ticket_keys_new(&ctx, a, m);
	t = ticket_begin(&ctx, k, a, m);
	ticket_keys_free(k);
	arrival_free(a);
	return t;
}

/* Does the mail join the ticket?  Takes the message. */
static bool
joins(const struct ticket *t, struct message *m, const char *expected_why)
{
	struct arrival		*a = arrival(ARRIVAL_MAIL, "support", "INBOX/1/2");
	struct ticket_keys	*k = ticket_keys_new(&ctx, a, m);
	const char		*why = NULL;
	bool			 yes = ticket_admits(t, k, m, &why);

	if (strstr(why, expected_why) == NULL)
		fail_msg("because \"%s\", not \"%s\"", why, expected_why);
	ticket_keys_free(k);
	message_free(m);
	arrival_free(a);
	return yes;
}

static struct ticket_keys *
keys_of(enum arrival_format format, const char *channel, const char *key, struct message *m)
{
	struct arrival		*a = arrival(format, channel, key);
	struct ticket_keys	*k = ticket_keys_new(&ctx, a, m);

	arrival_free(a);
	return k;
}

static bool
share(const GPtrArray *x, const GPtrArray *y)
{
	guint	i;

	for (i = 0; i < x->len; i++)
		if (g_ptr_array_find_with_equal_func((GPtrArray *)y, x->pdata[i], g_str_equal, NULL))
			return true;
	return false;
}

static void
ticket_keys__same_mail_by_two_ways__is_a_duplicate(void **state)
{
	struct message		*m = mail("a@b.example", "s", "i@d"), *n = mail("a@b.example", "s", "i@d");
	struct ticket_keys	*x = keys_of(ARRIVAL_MAIL, "one", "INBOX/1/1", m);
	struct ticket_keys	*y = keys_of(ARRIVAL_MAIL, "two", "INBOX/9/5", n);

	(void)state;
	assert_true(share(x->dedup, y->dedup));
	assert_string_not_equal(x->event_id, y->event_id);
	ticket_keys_free(y);
	n->content_digest[0] = 'b';
	y = keys_of(ARRIVAL_MAIL, "two", "INBOX/9/5", n);
	assert_false(share(x->dedup, y->dedup));
	ticket_keys_free(y);
	y = keys_of(ARRIVAL_MAIL, "one", "INBOX/1/1", n);
	assert_true(share(x->dedup, y->dedup));
	ticket_keys_free(x);
	ticket_keys_free(y);
	message_free(m);
	message_free(n);
}

static void
ticket_keys__per_mailbox__two_addresses_are_two_tickets(void **state)
{
	struct message		*m = mail("a@b.example", "s", "i@d"), *n = mail("a@b.example", "s", "i@d");
	struct ticket_keys	*x, *y;

	(void)state;
	g_ptr_array_add(m->delivered_to, g_strdup("support@shop.example"));
	g_ptr_array_add(n->delivered_to, g_strdup("sales@shop.example"));
	x = keys_of(ARRIVAL_MAIL, "one", "1", m);
	y = keys_of(ARRIVAL_MAIL, "one", "2", n);
	assert_true(share(x->dedup, y->dedup));
	ticket_keys_free(x);
	ticket_keys_free(y);

	ctx.per_mailbox = true;
	x = keys_of(ARRIVAL_MAIL, "one", "1", m);
	y = keys_of(ARRIVAL_MAIL, "one", "2", n);
	assert_false(share(x->dedup, y->dedup));
	ticket_keys_free(y);
	y = keys_of(ARRIVAL_MAIL, "one", "3", m);
	assert_true(share(x->dedup, y->dedup));
	ctx.per_mailbox = false;
	ticket_keys_free(x);
	ticket_keys_free(y);
	message_free(m);
	message_free(n);
}

static void
ticket_keys__hello_twice_in_a_chat__is_two_messages(void **state)
{
	struct message		*m = mail(NULL, NULL, NULL);
	struct ticket_keys	*x, *y, *z;

	(void)state;
	m->session = g_strdup("s1");
	x = keys_of(ARRIVAL_CHAT, "web", "client-1", m);
	y = keys_of(ARRIVAL_CHAT, "web", "client-2", m);
	z = keys_of(ARRIVAL_CHAT, "other", "client-1", m);
	assert_false(share(x->dedup, y->dedup));
	assert_true(share(x->own, y->threads));
	assert_false(share(x->own, z->threads));
	assert_string_equal(x->customer, y->customer);
	ticket_keys_free(x);
	ticket_keys_free(y);
	ticket_keys_free(z);
	message_free(m);
}

static void
ticket_keys__answer__finds_what_it_refers_to(void **state)
{
	struct message		*m = mail("a@b.example", "order", "first@b");
	struct message		*r = answer_to("a@b.example", "lost@x");
	struct ticket_keys	*x, *y;
	g_autofree char		*sent = ticket_message_key("question@shop.example");

	(void)state;
	x = keys_of(ARRIVAL_MAIL, "one", "1", m);
	y = keys_of(ARRIVAL_MAIL, "one", "2", r);
	assert_false(share(x->own, y->threads));
	assert_true(ticket_may_follow(y));
	assert_false(ticket_may_follow(x));
	ticket_keys_free(y);

	g_ptr_array_add(r->references, g_strdup("first@b"));
	g_ptr_array_add(r->references, g_strdup("question@shop.example"));
	y = keys_of(ARRIVAL_MAIL, "one", "2", r);
	assert_true(share(x->own, y->threads));
	assert_int_equal(y->threads->len, 3);
	assert_string_equal(y->threads->pdata[1], sent);
	assert_true(share(x->similar, y->similar));
	assert_string_equal(x->customer, y->customer);
	ticket_keys_free(x);
	ticket_keys_free(y);
	message_free(m);
	message_free(r);
}

static void
ticket_keys__subject_of_another_sender__is_not_similar(void **state)
{
	struct message		*m = mail("a@b.example", "My order", "1@b");
	struct message		*n = mail("c@d.example", "My order", "2@b");
	struct message		*s = mail("a@b.example", "Hi", "3@b");
	struct ticket_keys	*x = keys_of(ARRIVAL_MAIL, "one", "1", m);
	struct ticket_keys	*y = keys_of(ARRIVAL_MAIL, "one", "2", n);
	struct ticket_keys	*z = keys_of(ARRIVAL_MAIL, "one", "3", s);

	(void)state;
	assert_int_equal(x->similar->len, 1);
	assert_false(share(x->similar, y->similar));
	assert_int_equal(z->similar->len, 0);
	ticket_keys_free(x);
	ticket_keys_free(y);
	ticket_keys_free(z);
	message_free(m);
	message_free(n);
	message_free(s);
}

static void
ticket_propose_id__same_arrival__same_id_that_tells_nothing(void **state)
{
	struct message		*m = mail("a@b.example", "s", "i@d");
	struct ticket_keys	*x = keys_of(ARRIVAL_MAIL, "one", "1", m);
	struct ticket_keys	*y = keys_of(ARRIVAL_MAIL, "one", "1", m);
	struct ticket_keys	*z = keys_of(ARRIVAL_MAIL, "one", "2", m);
	struct ticket_context	 other = { .secret = "Secret", .secret_len = 6 };
	char			 a[TICKET_ID_SIZE], b[TICKET_ID_SIZE];

	(void)state;
	ticket_propose_id(&ctx, x, 0, a);
	ticket_propose_id(&ctx, y, 0, b);
	assert_string_equal(a, b);
	assert_string_equal(x->event_id, y->event_id);
	assert_int_equal(strlen(a), 11);
	assert_true(g_regex_match_simple("^[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}$", a, 0, 0));
	ticket_propose_id(&ctx, x, 1, b);
	assert_string_not_equal(a, b);
	ticket_propose_id(&ctx, z, 0, b);
	assert_string_not_equal(a, b);
	ticket_propose_id(&other, x, 0, b);
	assert_string_not_equal(a, b);
	ticket_keys_free(x);
	ticket_keys_free(y);
	ticket_keys_free(z);
	message_free(m);
}

static void
ticket_admits__by_reference__participants_only(void **state)
{
	struct ticket	*t = annas_ticket();
	struct message	*m;

	(void)state;
	assert_true(joins(t, answer_to("anna@customer.EXAMPLE", "first@customer.example"), "participant"));
	assert_true(joins(t, answer_to("cc@customer.example", "first@customer.example"), "participant"));
	assert_false(joins(t, answer_to("eve@evil.example", "first@customer.example"), "not a participant"));
	assert_false(joins(t, answer_to("anna+x@customer.example", "first@customer.example"),
	    "not a participant"));
	assert_false(joins(t, answer_to("support@shop.example", "first@customer.example"),
	    "not a participant"));
	assert_false(joins(t, answer_to(NULL, "first@customer.example"), "no sender"));

	m = answer_to("anna@customer.example", "first@customer.example");
	m->authentication.dmarc = g_strdup("fail");
	assert_false(joins(t, m, "DMARC failed"));
	m = answer_to("anna@customer.example", "first@customer.example");
	m->authentication.dmarc = g_strdup("pass");
	assert_true(joins(t, m, "participant"));
	ticket_free(t);
}

static struct message *
with_token(const char *from, const char *ticket, const char *recipient, bool in_address)
{
	const struct reply_token_key	 key = { ctx.secret, ctx.secret_len };
	struct message			*m = mail(from, "Re: order", "answer@x");
	char				 token[REPLY_TOKEN_SIZE];

	reply_token_make(&key, ticket, recipient, token);
	if (in_address)
		g_ptr_array_add(m->to, address_new(NULL, "x@y.example"));
	if (in_address)
		g_ptr_array_add(m->delivered_to, g_strdup_printf("support+%s@shop.example", token));
	else
		g_ptr_array_add(m->references, g_strdup_printf("%s.1@shop.example", token));
	return m;
}

static void
ticket_admits__by_token__only_who_got_it(void **state)
{
	struct ticket	*t = annas_ticket();
	struct message	*m;

	(void)state;
	assert_true(joins(t, with_token("anna@customer.example", t->id, "anna@customer.example", true),
	    "token"));
	assert_true(joins(t, with_token("anna@customer.example", t->id, "anna@customer.example", false),
	    "token"));
	/* Her second address, to which an agent wrote. */
	assert_true(joins(t, with_token("anna@home.example", t->id, "anna@home.example", false), "token"));
	assert_false(joins(t, with_token("eve@evil.example", t->id, "anna@customer.example", true),
	    "not a participant"));
	assert_false(joins(t, with_token("eve@evil.example", "AAAAA-BBBB2", "eve@evil.example", true),
	    "not a participant"));
	/* Mailing lists and forwarders break DMARC, but do not know tokens. */
	m = with_token("anna@customer.example", t->id, "anna@customer.example", false);
	m->authentication.dmarc = g_strdup("fail");
	assert_true(joins(t, m, "token"));
	ticket_free(t);
}

static void
ticket_admits__ten_thousand_guesses__none_joins(void **state)
{
	struct ticket		*t = annas_ticket();
	struct arrival		*a = arrival(ARRIVAL_MAIL, "support", "k");
	struct message		*m = mail("eve@evil.example", "Re", "e@e");
	const char		*why;
	unsigned		 i, joined = 0;

	(void)state;
	g_free(m->subject);
	m->subject = g_strdup_printf("Re: [%s] order", t->id);
	g_ptr_array_add(m->references, NULL);
	for (i = 0; i < 10000; i++) {
		struct ticket_keys	*k;

		g_free(m->references->pdata[0]);
		m->references->pdata[0] = g_strdup_printf("%.5s%.5s%026u@shop.example", t->id,
		    t->id + 6, i);
		k = ticket_keys_new(&ctx, a, m);
		joined += ticket_admits(t, k, m, &why);
		ticket_keys_free(k);
	}
	assert_int_equal(joined, 0);
	message_free(m);
	arrival_free(a);
	ticket_free(t);
}

static void
ticket_admits__bounce__only_of_what_we_sent(void **state)
{
	const struct reply_token_key	 key = { ctx.secret, ctx.secret_len };
	struct ticket			*t = annas_ticket();
	struct message			*m = mail("mailer-daemon@mx.example", "failure", NULL);
	char				 token[REPLY_TOKEN_SIZE];

	(void)state;
	m->kind = MESSAGE_BOUNCE;
	m->bounce = bounce_new();
	bounce_add(m->bounce, "anna@customer.example", "failed", "5.1.1", NULL);
	reply_token_make(&key, t->id, "anna@customer.example", token);
	m->bounce->original_message_id = g_strdup_printf("%s.2@shop.example", token);
	assert_true(joins(t, m, "token"));

	/* Anna's mail is forwarded, and the one it went to says that it is full. */
	m = mail("mailer-daemon@isp.example", "failure", NULL);
	m->kind = MESSAGE_BOUNCE;
	m->bounce = bounce_new();
	bounce_add(m->bounce, "anna-home@isp.example", "failed", "5.2.2", NULL)->original =
	    g_strdup("anna@customer.example");
	m->bounce->original_message_id = g_strdup_printf("%s.2@shop.example", token);
	assert_true(joins(t, m, "token"));

	m = mail("anna@customer.example", "failure", NULL);
	m->kind = MESSAGE_BOUNCE;
	m->bounce = bounce_new();
	m->bounce->original_message_id = g_strdup("first@customer.example");
	assert_false(joins(t, m, "bounce without"));
	ticket_free(t);
}

static struct ticket *
chat_ticket(const char *channel, const char *session)
{
	struct arrival		*a = arrival(ARRIVAL_CHAT, channel, "c1");
	struct message		*m = mail(NULL, NULL, NULL);
	struct ticket_keys	*k;
	struct ticket		*t;

	m->session = g_strdup(session);
	k = ticket_keys_new(&ctx, a, m);
	t = ticket_begin(&ctx, k, a, m);
	ticket_keys_free(k);
	arrival_free(a);
	return t;
}

static bool
chat_joins(const struct ticket *t, const char *channel, const char *session)
{
	struct message		*m = mail(NULL, NULL, NULL);
	struct ticket_keys	*k;
	const char		*why;
	bool			 yes;

	m->session = g_strdup(session);
	k = keys_of(ARRIVAL_CHAT, channel, "c2", m);
	yes = ticket_admits(t, k, m, &why);
	ticket_keys_free(k);
	message_free(m);
	return yes;
}

static void
ticket_admits__chat__same_session_of_the_same_chat(void **state)
{
	struct ticket	*t = chat_ticket("web", "s1");
	struct message	*m;

	(void)state;
	assert_true(chat_joins(t, "web", "s1"));
	assert_false(chat_joins(t, "web", "s2"));
	assert_false(chat_joins(t, "shop", "s1"));
	/* A mail cannot claim to be in a session. */
	m = mail("eve@evil.example", "x", "y@z");
	m->session = g_strdup("s1");
	message_add_field(m, "conversation", "s1");
	assert_false(joins(t, m, "not a participant"));
	ticket_free(t);
}

static void
ticket_begin__from_a_mail__has_what_it_says(void **state)
{
	struct ticket			*t = annas_ticket();
	const struct ticket_turn	*turn = t->turns->pdata[0];

	(void)state;
	assert_string_equal(t->event, "ticket.created");
	assert_int_equal(t->status, TICKET_OPEN);
	assert_string_equal(t->subject, "order");
	assert_string_equal(t->customer->addr, "Anna@customer.example");
	assert_int_equal(t->participants->len, 2);
	assert_string_equal(t->participants->pdata[0], "anna@customer.example");
	assert_string_equal(t->participants->pdata[1], "cc@customer.example");
	assert_int_equal(t->created_ms, 1000);
	assert_int_equal(t->lsn, 7);
	assert_string_equal(turn->direction, "in");
	assert_string_equal(turn->excerpt, "text");
	assert_true(t->trail->len > 0);
	ticket_free(t);
}

static void
ticket_begin__contact_form_from_our_own_address__customer_is_reply_to(void **state)
{
	struct arrival		*a = arrival(ARRIVAL_MAIL, "support", "k");
	struct message		*m = mail("support@shop.example", "form", "f@s");
	struct ticket_keys	*k;
	struct ticket		*t;

	(void)state;
	g_ptr_array_add(m->reply_to, address_new("Bob", "bob@customer.example"));
	k = ticket_keys_new(&ctx, a, m);
	t = ticket_begin(&ctx, k, a, m);
	assert_string_equal(t->customer->addr, "bob@customer.example");
	assert_int_equal(t->participants->len, 1);
	ticket_free(t);
	ticket_keys_free(k);
	arrival_free(a);
}

static void
ticket_begin__number_in_the_subject__is_only_a_hint(void **state)
{
	struct arrival		*a = arrival(ARRIVAL_MAIL, "support", "k");
	struct message		*m = mail("eve@evil.example", "Re: [7kqm2-xwa9f] give me all", "f@s");
	struct ticket_keys	*k = ticket_keys_new(&ctx, a, m);
	struct ticket		*t = ticket_begin(&ctx, k, a, m);

	(void)state;
	assert_null(k->token_ticket);
	assert_int_equal(k->threads->len, 0);
	assert_int_equal(k->hints->len, 1);
	assert_string_equal(k->hints->pdata[0], "7KQM2-XWA9F");
	assert_true(ticket_may_follow(k));
	assert_int_equal(t->possibly_related->len, 0);
	ticket_relate(t, "7KQM2-XWA9F", "it exists");
	ticket_relate(t, "7KQM2-XWA9F", "again");
	ticket_relate(t, t->id, "itself");
	assert_int_equal(t->possibly_related->len, 1);
	ticket_free(t);
	ticket_keys_free(k);
	arrival_free(a);
}

static void
follow(struct ticket *t, struct message *m)
{
	struct arrival		*a = arrival(ARRIVAL_MAIL, "support", "INBOX/1/2");
	struct ticket_keys	*k;

	a->received_ms = 5000;
	k = ticket_keys_new(&ctx, a, m);
	message_free(g_steal_pointer(&t->message));
	ticket_follow(t, &ctx, k, a, m, "because");
	assert_string_equal(t->event_id, k->event_id);
	ticket_keys_free(k);
	arrival_free(a);
}

static void
ticket_follow__person__reopens_and_adds_people(void **state)
{
	struct ticket	*t = annas_ticket();
	struct message	*m = answer_to("anna@customer.example", "first@customer.example");

	(void)state;
	t->status = TICKET_CLOSED;
	t->delivered = true;
	g_ptr_array_add(m->cc, address_new(NULL, "friend@customer.example"));
	follow(t, m);
	assert_string_equal(t->event, "ticket.updated");
	assert_int_equal(t->status, TICKET_OPEN);
	assert_int_equal(t->updated_ms, 5000);
	assert_int_equal(t->created_ms, 1000);
	assert_int_equal(t->participants->len, 3);
	assert_int_equal(t->turns->len, 2);
	assert_string_equal(t->references->pdata[1], "answer@x");
	ticket_free(t);
}

static void
ticket_follow__machine__does_not_reopen_nor_bring_people(void **state)
{
	static const enum message_kind	kinds[] = { MESSAGE_AUTO_REPLY, MESSAGE_BOUNCE,
		MESSAGE_LIST, MESSAGE_RECEIPT, MESSAGE_AUTO_GENERATED };
	size_t				i;

	(void)state;
	for (i = 0; i < G_N_ELEMENTS(kinds); i++) {
		struct ticket	*t = annas_ticket();
		struct message	*m = answer_to("anna@customer.example", "first@customer.example");

		t->status = TICKET_CLOSED;
		m->kind = kinds[i];
		g_ptr_array_add(m->cc, address_new(NULL, "friend@customer.example"));
		follow(t, m);
		assert_int_equal(t->status, TICKET_CLOSED);
		assert_int_equal(t->participants->len, 2);
		assert_int_equal(t->turns->len, 2);
		ticket_free(t);
	}
}

static void
ticket_keys_new__released_from_quarantine__is_not_known_and_goes_to_its_ticket(void **state)
{
	struct arrival		*before = arrival(ARRIVAL_MAIL, "support", "INBOX/1/1");
	struct arrival		*after = arrival(ARRIVAL_MAIL, "support", "INBOX/1/1" ARRIVAL_RELEASED);
	struct message		*m = mail("anna@customer.example", "order", "first@customer.example");
	struct ticket_keys	*old = ticket_keys_new(&ctx, before, m);
	struct ticket_keys	*new = ticket_keys_new(&ctx, after, m);
	guint			 i;

	(void)state;
	for (i = 0; i < new->dedup->len; i++)
		assert_false(g_ptr_array_find_with_equal_func(old->dedup, new->dedup->pdata[i],
		    g_str_equal, NULL));
	assert_int_equal(old->threads->len, 0);
	assert_int_equal(new->threads->len, 1);
	assert_true(g_ptr_array_find_with_equal_func(old->own, new->threads->pdata[0],
	    g_str_equal, NULL));
	ticket_keys_free(old);
	ticket_keys_free(new);
	message_free(m);
	arrival_free(before);
	arrival_free(after);
}

static void
attach(struct message *m, unsigned count, uint64_t size)
{
	for (; count > 0; count--) {
		struct attachment	*a = attachment_new();

		a->size = size;
		a->location = g_strdup("blob:x");
		g_ptr_array_add(m->attachments, a);
	}
}

static unsigned
handed_on(const struct ticket *t)
{
	unsigned	count = 0;
	guint		i;

	for (i = 0; i < t->message->attachments->len; i++)
		count += !((struct attachment *)t->message->attachments->pdata[i])->withheld;
	return count;
}

/* Also when it was judged before, for a ticket that somebody else changed. */
static void
ticket_follow__more_files_than_a_ticket_may_carry__withholds_and_warns(void **state)
{
	struct ticket		*t = annas_ticket(), *again;
	struct message		*m = answer_to("anna@customer.example", "first@customer.example");
	g_autoptr(GString)	 record = g_string_new(NULL), doc = g_string_new(NULL);

	(void)state;
	ctx.max_files = 5;
	ctx.max_file_bytes = 1000;
	attach(m, 3, 100);
	follow(t, m);
	assert_int_equal(handed_on(t), 3);
	assert_int_equal(m->warnings->len, 0);
	t->delivered = true;
	ticket_write_state(t, record);
	ticket_free(t);

	m = answer_to("anna@customer.example", "first@customer.example");
	attach(m, 1, 701);		/* too large for what is left */
	attach(m, 4, 10);
	t = ticket_read_state(record->str, record->len, NULL);
	follow(t, m);
	assert_int_equal(handed_on(t), 2);
	assert_int_equal(m->warnings->len, 1);
	t->message = NULL;
	ticket_free(t);
	again = ticket_read_state(record->str, record->len, NULL);
	follow(again, m);
	assert_int_equal(again->files, 5);
	assert_int_equal(again->file_bytes, 320);
	assert_int_equal(m->warnings->len, 1);
	assert_string_equal(m->warnings->pdata[0], "attachments-over-limit: 3 of 5");
	ticket_write(again, doc, true);
	assert_non_null(strstr(doc->str, "\"size\":701,\"sha256\":\"\",\"inline\":false,"
	    "\"content_id\":null,\"location\":null"));
	ticket_free(again);
	ctx.max_files = ctx.max_file_bytes = 0;
}

static void
ticket_follow__held_ticket__keeps_the_earlier_message(void **state)
{
	struct ticket	*t = annas_ticket();

	(void)state;
	t->message_json = g_strdup("{\"n\":1}");
	follow(t, answer_to("anna@customer.example", "first@customer.example"));
	t->message_json = g_strdup("{\"n\":2}");
	follow(t, answer_to("anna@customer.example", "first@customer.example"));
	assert_int_equal(t->held->len, 2);
	assert_string_equal(t->held->pdata[0], "{\"n\":1}");
	assert_string_equal(t->held->pdata[1], "{\"n\":2}");
	assert_null(t->message_json);
	ticket_free(t);
}

static void
ticket_follow__held_ticket_from_its_record__document_has_all_messages(void **state)
{
	struct ticket		*t = annas_ticket(), *back;
	struct message		*m = answer_to("anna@customer.example", "first@customer.example");
	g_autoptr(GString)	 record = g_string_new(NULL), doc = g_string_new(NULL);
	const char		*earlier;

	(void)state;
	g_free(t->message->text);
	t->message->text = g_strdup("the parcel is lost");
	ticket_write_state(t, record);
	ticket_free(t);

	back = ticket_read_state(record->str, record->len, NULL);
	assert_non_null(back);
	g_free(m->text);
	m->text = g_strdup("number 12345678");
	follow(back, m);
	back->delivered = true;
	ticket_write(back, doc, true);
	earlier = strstr(doc->str, "\"earlier_messages\":[{");
	assert_non_null(earlier);
	assert_non_null(strstr(earlier, "\"text\":\"the parcel is lost\""));
	assert_true(strstr(doc->str, "\"text\":\"number 12345678\"") < earlier);
	assert_int_equal(back->turns->len, 2);

	g_string_truncate(record, 0);
	ticket_write_state(back, record);
	assert_null(strstr(record->str, "full_text"));
	ticket_free(back);
}

static void
ticket_follow__many_mails__keeps_the_first_reference_and_the_latest(void **state)
{
	struct ticket	*t = annas_ticket();
	int		 i;

	(void)state;
	for (i = 0; i < 40; i++) {
		struct message *m = answer_to("anna@customer.example", "x@y");

		g_free(m->message_id);
		m->message_id = g_strdup_printf("n%d@x", i);
		follow(t, m);
	}
	assert_int_equal(t->references->len, 20);
	assert_string_equal(t->references->pdata[0], "first@customer.example");
	assert_string_equal(t->references->pdata[19], "n39@x");
	ticket_free(t);
}

static void
subject_base__prefixes_of_many_tongues__are_taken_off(void **state)
{
	static const struct {
		const char	*subject, *base;
	} cases[] = {
		{ "Order 4711", "order 4711" }, { "Re: Order 4711", "order 4711" },
		{ "AW: WG: Re[2]: Order  4711", "order 4711" }, { "RE : Order 4711", "order 4711" },
		{ "Fwd: [shop] TR: order 4711", "order 4711" }, { "回复：Order 4711", "order 4711" },
		{ "Antw: Sv: order 4711 ", "order 4711" }, { "Report: week 3", "report: week 3" },
		{ "[all]", "[all]" }, { "", "" }, { "Re:", "" }, { "R: I: ordine", "ordine" },
		{ "STRASSE", "strasse" }, { "Straße", "strasse" }
	};
	size_t	i;
	bool	is_reply;

	(void)state;
	for (i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *base = subject_base(cases[i].subject, &is_reply);

		if (strcmp(base, cases[i].base) != 0)
			fail_msg("\"%s\": \"%s\"", cases[i].subject, base);
	}
}

static void
subject_base__prefix_in_front__is_a_reply(void **state)
{
	static const struct {
		const char	*subject;
		bool		 is_reply;
	} cases[] = {
		{ " RE : order", true }, { "回复：order", true }, { "Re:", true },
		{ "Report: week 3", false }, { "[shop] Re: order", false }, { "", false }
	};
	size_t	i;
	bool	is_reply;

	(void)state;
	for (i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_free(subject_base(cases[i].subject, &is_reply));
		if (is_reply != cases[i].is_reply)
			fail_msg("\"%s\"", cases[i].subject);
	}
}

static void
subject_ticket_ids__only_what_looks_like_one__is_found(void **state)
{
	static const struct {
		const char	*subject, *ids;
	} cases[] = {
		{ "[#7KQM2-XWA9F] and 7kqm2-xwa9f", "7KQM2-XWA9F" },
		{ "AAAAA-BBBB2,CCCC3-DDDDD", "AAAAA-BBBB2 CCCC3-DDDDD" },
		{ "brand-green", "" }, { "x7KQM2-XWA9F", "" }, { "7KQM2-XWA9F1", "" },
		{ "7KQM2-XWA9F-1", "" }, { "7KQM2XWA9F", "" }, { "HELL0-W0RLD", "" }, { "", "" },
		{ "7KQM2-XWA9", "" }
	};
	size_t	i;

	(void)state;
	for (i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GPtrArray)	 ids = g_ptr_array_new_with_free_func(g_free);
		g_autofree char		*all = NULL;

		subject_ticket_ids(cases[i].subject, ids);
		g_ptr_array_add(ids, NULL);
		all = g_strjoinv(" ", (char **)ids->pdata);
		if (strcmp(all, cases[i].ids) != 0)
			fail_msg("\"%s\": \"%s\"", cases[i].subject, all);
	}
}

static int
open_house(void **state)
{
	(void)state;
	ours = g_ptr_array_new_with_free_func(g_free);
	g_ptr_array_add(ours, g_strdup("support@shop.example"));
	g_ptr_array_add(ours, g_strdup("Sales@Shop.example"));
	ctx.addresses = ours;
	return 0;
}

static int
close_house(void **state)
{
	(void)state;
	g_ptr_array_unref(ours);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(ticket_keys__same_mail_by_two_ways__is_a_duplicate),
		cmocka_unit_test(ticket_keys__per_mailbox__two_addresses_are_two_tickets),
		cmocka_unit_test(ticket_keys__hello_twice_in_a_chat__is_two_messages),
		cmocka_unit_test(ticket_keys__answer__finds_what_it_refers_to),
		cmocka_unit_test(ticket_keys__subject_of_another_sender__is_not_similar),
		cmocka_unit_test(ticket_propose_id__same_arrival__same_id_that_tells_nothing),
		cmocka_unit_test(ticket_admits__by_reference__participants_only),
		cmocka_unit_test(ticket_admits__by_token__only_who_got_it),
		cmocka_unit_test(ticket_admits__ten_thousand_guesses__none_joins),
		cmocka_unit_test(ticket_admits__bounce__only_of_what_we_sent),
		cmocka_unit_test(ticket_admits__chat__same_session_of_the_same_chat),
		cmocka_unit_test(ticket_begin__from_a_mail__has_what_it_says),
		cmocka_unit_test(ticket_begin__contact_form_from_our_own_address__customer_is_reply_to),
		cmocka_unit_test(ticket_begin__number_in_the_subject__is_only_a_hint),
		cmocka_unit_test(ticket_follow__person__reopens_and_adds_people),
		cmocka_unit_test(ticket_follow__machine__does_not_reopen_nor_bring_people),
		cmocka_unit_test(ticket_keys_new__released_from_quarantine__is_not_known_and_goes_to_its_ticket),
		cmocka_unit_test(ticket_follow__more_files_than_a_ticket_may_carry__withholds_and_warns),
		cmocka_unit_test(ticket_follow__held_ticket__keeps_the_earlier_message),
		cmocka_unit_test(
		    ticket_follow__held_ticket_from_its_record__document_has_all_messages),
		cmocka_unit_test(ticket_follow__many_mails__keeps_the_first_reference_and_the_latest),
		cmocka_unit_test(subject_base__prefixes_of_many_tongues__are_taken_off),
		cmocka_unit_test(subject_base__prefix_in_front__is_a_reply),
		cmocka_unit_test(subject_ticket_ids__only_what_looks_like_one__is_found),
	};

	return cmocka_run_group_tests(tests, open_house, close_house);
}
