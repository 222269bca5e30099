/* SPDX-License-Identifier: ISC */
/*
 * The door of queue/ against a real redis-server.
 */
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "fixture.h"

static void
queue_commit__new_ticket__is_pushed_once_however_often_repeated(void **state)
{
	struct fixture	*f = fixture_new(NULL, 1);
	struct plan	*p = plan_new(f, "AAAAA-00001", "m-1");
	struct got	 g = { 0 };
	redisReply	*r;
	const char	*doc;
	int		 i;

	(void)state;
	commit(f, p, &g);
	assert_int_equal(g.outcome, QUEUE_DONE);
	assert_string_equal(g.ticket, "AAAAA-00001");
	assert_string_equal(g.event_id, "m-1");
	assert_true(g.entry_id[0] != '\0');
	for (i = 0; i < 3; i++) {
		commit(f, p, &g);
		assert_int_equal(g.outcome, QUEUE_KNOWN);
		assert_string_equal(g.ticket, "AAAAA-00001");
		assert_string_equal(g.event_id, "m-1");
	}
	assert_int_equal(server_int(f->server, "XLEN intake:{0}:queue:billing:high"), 1);
	r = server_do(f->server, "XRANGE intake:{0}:queue:billing:high - +");
	doc = r->element[0]->element[1]->element[9]->str;
	assert_non_null(strstr(doc, "\"id\":\"AAAAA-00001\""));
	assert_non_null(strstr(doc, "\"contacts\":1"));
	assert_int_equal(doc[strlen(doc) - 1], '}');
	freeReplyObject(r);
	got_clear(&g);
	plan_free(p);
	fixture_free(f);
}

static void
queue_find__thread_key__gives_ticket_with_version_and_status(void **state)
{
	struct fixture		*f = fixture_new(NULL, 4);
	GPtrArray		*threads = strings("m-1", NULL), *none = strings("m-2", NULL);
	struct queue_lookup	 l = { .threads = threads, .customer = "bob@example.org" };
	struct got		 g = { 0 };

	(void)state;
	commit_new(f, "AAAAA-00001", "m-1");
	queue_find(f->queue, &l, on_answer, &g);
	assert_true(run_until(f->loop, &g.done, WAIT_MS));
	assert_int_equal(g.outcome, QUEUE_DONE);
	assert_int_equal(g.candidates->len, 1);
	assert_string_equal(candidate(&g, 0)->id, "AAAAA-00001");
	assert_int_equal(candidate(&g, 0)->version, 1);
	assert_int_equal(((struct queue_candidate *)g.candidates->pdata[0])->partition,
	    queue_partition_of(f->queue, "ann@example.org"));
	got_clear(&g);
	l.threads = none;
	queue_find(f->queue, &l, on_answer, &g);
	assert_true(run_until(f->loop, &g.done, WAIT_MS));
	assert_int_equal(g.candidates->len, 0);
	got_clear(&g);
	g_ptr_array_unref(threads);
	g_ptr_array_unref(none);
	fixture_free(f);
}

static void
queue_commit__two_queues_at_once__one_ticket(void **state)
{
	struct fixture		*f = fixture_new(NULL, 1), other = *f;
	struct plan		*p = plan_new(f, "AAAAA-00001", "m-1");
	struct got		 one = { 0 }, two = { 0 };

	(void)state;
	other.up = false;
	open_queue(&other);
	assert_true(run_until(f->loop, &other.up, WAIT_MS));
	queue_commit(f->queue, &p->c, on_answer, &one);
	queue_commit(other.queue, &p->c, on_answer, &two);
	assert_true(run_until(f->loop, &one.done, WAIT_MS));
	assert_true(run_until(f->loop, &two.done, WAIT_MS));
	assert_int_equal((one.outcome == QUEUE_DONE) + (two.outcome == QUEUE_DONE), 1);
	assert_int_equal((one.outcome == QUEUE_KNOWN) + (two.outcome == QUEUE_KNOWN), 1);
	assert_int_equal(server_int(f->server, "XLEN intake:{0}:queue:billing:high"), 1);
	queue_free(other.queue);
	got_clear(&one);
	got_clear(&two);
	plan_free(p);
	fixture_free(f);
}

static void
queue_commit__older_version__is_stale_with_what_is_there_now(void **state)
{
	struct fixture	*f = fixture_new(NULL, 1);
	struct plan	*p;
	struct got	 g = { 0 };

	(void)state;
	commit_new(f, "AAAAA-00001", "m-1");
	assert_int_equal(server_int(f->server, "FCALL intake_claim 1 intake:{0} group g consumer w"), 0);
	freeReplyObject(server_do(f->server, "FCALL intake_reply 1 intake:{0} ticket AAAAA-00001 "
	    "id r1 author %s text %s", "Eve", "Your invoice \"is\" \xff paid"));
	p = plan_new(f, "AAAAA-00001", "m-2");
	p->ticket->version = 1;
	commit(f, p, &g);
	assert_int_equal(g.outcome, QUEUE_STALE);
	assert_int_equal(g.candidates->len, 1);
	assert_int_equal(candidate(&g, 0)->version, 3);
	assert_int_equal(candidate(&g, 0)->status, TICKET_IN_PROGRESS);
	assert_int_equal(candidate(&g, 0)->turns->len, 1);
	assert_string_equal(((struct ticket_turn *)candidate(&g, 0)->turns->pdata[0])->excerpt,
	    "Your invoice \"is\" \xef\xbf\xbd paid");
	p->ticket->version = 3;
	commit(f, p, &g);
	assert_int_equal(g.outcome, QUEUE_DONE);
	got_clear(&g);
	plan_free(p);
	fixture_free(f);
}

static void
queue_commit__id_of_another_arrival__is_a_collision(void **state)
{
	struct fixture	*f = fixture_new(NULL, 1);
	struct plan	*p;
	struct got	 g = { 0 };

	(void)state;
	commit_new(f, "AAAAA-00001", "m-1");
	p = plan_new(f, "AAAAA-00001", "m-2");
	commit(f, p, &g);
	assert_int_equal(g.outcome, QUEUE_COLLISION);
	got_clear(&g);
	plan_free(p);
	fixture_free(f);
}

static void
queue_commit__many_in_flight__each_answered_once_and_pushed_once(void **state)
{
	enum { MANY = 500 };
	struct fixture	*f = fixture_new(NULL, 4);
	struct got	*g = g_new0(struct got, MANY);
	long long	 sum = 0;
	int		 i;

	(void)state;
	for (i = 0; i < MANY; i++) {
		g_autofree char	*id = g_strdup_printf("AAAAA-%05d", i);
		g_autofree char	*key = g_strdup_printf("m-%d", i);
		struct plan	*p = plan_new(f, id, key);

		p->c.customer = key;
		p->c.partition = queue_partition_of(f->queue, key);
		queue_commit(f->queue, &p->c, on_answer, &g[i]);
		plan_free(p);
	}
	for (i = 0; i < MANY; i++) {
		assert_true(run_until(f->loop, &g[i].done, WAIT_MS));
		assert_int_equal(g[i].outcome, QUEUE_DONE);
		assert_int_equal(g[i].answers, 1);
	}
	for (i = 0; i < 4; i++) {
		long long n = server_int(f->server, "XLEN intake:{%d}:queue:billing:high", i);

		assert_true(n > 0);
		sum += n;
	}
	assert_int_equal(sum, MANY);
	for (i = 0; i < MANY; i++)
		got_clear(&g[i]);
	g_free(g);
	fixture_free(f);
}

static void
queue_due__deadline_passed__ticket_is_lent_once(void **state)
{
	struct fixture	*f = fixture_new(NULL, 2);
	struct plan	*p = plan_new(f, "AAAAA-00001", "m-1");
	struct got	 g = { 0 };

	(void)state;
	p->ticket->status = TICKET_AWAITING_CUSTOMER;
	p->ticket->deadline_ms = clock_wall_ms() - 1;
	p->c.hold = true;
	commit(f, p, &g);
	assert_int_equal(g.outcome, QUEUE_DONE);
	assert_string_equal(g.entry_id, "");
	got_clear(&g);
	queue_due(f->queue, 10, 60000, on_answer, &g);
	assert_true(run_until(f->loop, &g.done, WAIT_MS));
	assert_int_equal(g.candidates->len, 1);
	assert_int_equal(candidate(&g, 0)->status, TICKET_AWAITING_CUSTOMER);
	got_clear(&g);
	queue_due(f->queue, 10, 60000, on_answer, &g);
	assert_true(run_until(f->loop, &g.done, WAIT_MS));
	assert_int_equal(g.outcome, QUEUE_DONE);
	assert_int_equal(g.candidates->len, 0);
	got_clear(&g);
	plan_free(p);
	fixture_free(f);
}

static void
on_taken(void *arg, enum queue_outcome outcome, GPtrArray *list)
{
	struct got	*g = arg;

	g->outcome = outcome;
	g->list = list ? g_ptr_array_ref(list) : NULL;
	g->done = true;
}

static void
on_begun(void *arg, enum queue_outcome outcome, enum queue_begin begin, unsigned attempt)
{
	struct got	*g = arg;

	g->outcome = outcome;
	g->begin = begin;
	g->attempt = attempt;
	g->done = true;
}

static const struct queue_reply *
take_one(struct fixture *f, struct got *g)
{
	got_clear(g);
	queue_replies_take(f->queue, 10, 60000, on_taken, g);
	assert_true(run_until(f->loop, &g->done, WAIT_MS));
	assert_int_equal(g->outcome, QUEUE_DONE);
	assert_int_equal(g->list->len, 1);
	return g->list->pdata[0];
}

static enum queue_begin
begin(struct fixture *f, const struct queue_reply *r)
{
	struct got	g = { 0 };

	queue_reply_begin(f->queue, r, on_begun, &g);
	assert_true(run_until(f->loop, &g.done, WAIT_MS));
	assert_int_equal(g.outcome, QUEUE_DONE);
	return g.begin;
}

static enum queue_outcome
end(struct fixture *f, const struct queue_reply *r, const struct queue_result *result)
{
	struct got	g = { 0 };

	queue_reply_end(f->queue, r, result, on_answer, &g);
	assert_true(run_until(f->loop, &g.done, WAIT_MS));
	return g.outcome;
}

static void
queue_replies__answer_of_a_worker__is_addressed_by_its_ticket(void **state)
{
	struct fixture			*f = fixture_new(NULL, 1);
	struct got			 g = { 0 };
	const struct queue_reply	*r;
	const struct queue_result	 sent = { .end = QUEUE_END_SENT };

	(void)state;
	commit_new(f, "AAAAA-00001", "m-1");
	f->replies = false;
	freeReplyObject(server_do(f->server, "FCALL intake_reply 1 intake:{0} ticket AAAAA-00001 "
	    "id r1 author %s text %s", "Eve", "It is paid."));
	assert_true(run_until(f->loop, &f->replies, WAIT_MS));
	r = take_one(f, &g);
	assert_int_equal(r->outgoing->kind, OUTGOING_ANSWER);
	assert_string_equal(r->outgoing->id, "r1");
	assert_string_equal(r->outgoing->to_addr, "ann@example.org");
	assert_string_equal(r->outgoing->in_reply_to, "one@example.org");
	assert_string_equal(r->outgoing->subject, "Invoice 4711");
	assert_string_equal(r->outgoing->text, "It is paid.");
	assert_string_equal(r->outgoing->author, "Eve");
	assert_string_equal(r->outgoing->channel_name, "support");
	assert_int_equal(begin(f, r), QUEUE_BEGIN_GO);
	assert_int_equal(begin(f, r), QUEUE_BEGIN_UNSURE);
	assert_int_equal(end(f, r, &sent), QUEUE_DONE);
	assert_int_equal(end(f, r, &sent), QUEUE_KNOWN);
	assert_int_equal(begin(f, r), QUEUE_BEGIN_OVER);
	assert_int_equal(server_int(f->server, "XLEN intake:{0}:replies"), 0);
	got_clear(&g);
	fixture_free(f);
}

static void
queue_replies__question_of_a_commit__comes_back_as_it_was(void **state)
{
	struct fixture			*f = fixture_new(NULL, 1);
	struct plan			*p = plan_new(f, "AAAAA-00001", "m-1");
	struct outgoing			*o = outgoing_new(OUTGOING_QUESTION);
	struct got			 g = { 0 };
	const struct queue_reply	*r;
	const struct queue_result	 later = { .end = QUEUE_END_DEFERRED,
		.reason = "451", .until_ms = clock_wall_ms() - 1 };

	(void)state;
	o->id = g_strdup("q1");
	o->ticket = g_strdup("AAAAA-00001");
	o->text = g_strdup("Which order \xe2\x80\x9enumber\xe2\x80\x9c?\nThank you");
	o->to_addr = g_strdup("ann@example.org");
	p->c.reply = o;
	commit(f, p, &g);
	r = take_one(f, &g);
	assert_int_equal(r->outgoing->kind, OUTGOING_QUESTION);
	assert_string_equal(r->outgoing->text, o->text);
	assert_int_equal(begin(f, r), QUEUE_BEGIN_GO);
	assert_int_equal(end(f, r, &later), QUEUE_DONE);
	r = take_one(f, &g);
	assert_string_equal(r->outgoing->id, "q1");
	assert_int_equal(begin(f, r), QUEUE_BEGIN_GO);
	got_clear(&g);
	outgoing_free(o);
	plan_free(p);
	fixture_free(f);
}

static void
queue_replies__garbage_in_the_stream__is_ended_as_failed(void **state)
{
	struct fixture	*f = fixture_new(NULL, 1);
	struct got	 g = { 0 };

	(void)state;
	freeReplyObject(server_do(f->server, "XADD intake:{0}:replies * ticket T id x data {nonsense"));
	freeReplyObject(server_do(f->server, "XADD intake:{0}:replies * what ever"));
	queue_replies_take(f->queue, 10, 60000, on_taken, &g);
	assert_true(run_until(f->loop, &g.done, WAIT_MS));
	assert_int_equal(g.list->len, 0);
	got_clear(&g);
	queue_replies_take(f->queue, 10, 0, on_taken, &g);
	assert_true(run_until(f->loop, &g.done, WAIT_MS));
	assert_int_equal(server_int(f->server, "XLEN intake:{0}:replies"), 0);
	got_clear(&g);
	fixture_free(f);
}

static void
on_guarded(void *arg, enum queue_outcome outcome, const char *reason)
{
	struct got	*g = arg;

	g->outcome = outcome;
	g_strlcpy(g->text, reason, sizeof g->text);
	g->done = true;
}

static void
queue_guard__third_in_an_hour__is_refused_with_the_reason(void **state)
{
	struct fixture			*f = fixture_new(NULL, 3);
	const struct settings_guard	 limits = { 9, 9, 2, 9, 9, NULL };
	const char *const		 ids[] = { "a", "b", "a", "c" };
	const char *const		 want[] = { "", "", "", "address-hour" };
	size_t				 i;

	(void)state;
	for (i = 0; i < G_N_ELEMENTS(ids); i++) {
		struct got	g = { 0 };

		queue_guard(f->queue, &limits, ids[i], "ann@example.org", "T", on_guarded, &g);
		assert_true(run_until(f->loop, &g.done, WAIT_MS));
		assert_int_equal(g.outcome, QUEUE_DONE);
		assert_string_equal(g.text, want[i]);
	}
	fixture_free(f);
}

static void
queue_chat__transcript__is_notified_and_read_from_an_id(void **state)
{
	struct fixture		*f = fixture_new(NULL, 2);
	struct plan		*p = plan_new(f, "AAAAA-00001", "m-1");
	struct got		 g = { 0 };
	struct queue_chat_entry	*e;
	g_autofree char		*first = NULL;

	(void)state;
	p->c.session = "session-1";
	p->c.chat = "{\"text\":\"hello\"}";
	commit(f, p, &g);
	assert_true(run_until(f->loop, &f->chat, WAIT_MS));
	assert_string_equal(f->session, "session-1");
	got_clear(&g);
	queue_chat_read(f->queue, "session-1", NULL, 10, on_taken, &g);
	assert_true(run_until(f->loop, &g.done, WAIT_MS));
	assert_int_equal(g.list->len, 1);
	e = g.list->pdata[0];
	assert_string_equal(e->json, "{\"text\":\"hello\"}");
	first = g_strdup(e->id);
	got_clear(&g);
	queue_chat_read(f->queue, "session-1", first, 10, on_taken, &g);
	assert_true(run_until(f->loop, &g.done, WAIT_MS));
	assert_int_equal(g.list->len, 0);
	got_clear(&g);
	plan_free(p);
	fixture_free(f);
}

static void
queue_stats__two_partitions__one_object_each(void **state)
{
	struct fixture	*f = fixture_new(NULL, 2);
	struct got	 g = { 0 };

	(void)state;
	commit_new(f, "AAAAA-00001", "m-1");
	queue_stats(f->queue, on_taken, &g);
	assert_true(run_until(f->loop, &g.done, WAIT_MS));
	assert_int_equal(g.list->len, 2);
	assert_non_null(strstr(g.list->pdata[0], "\"partition\":\"intake:{0}\""));
	queue_trim(f->queue);
	got_clear(&g);
	fixture_free(f);
}

static void
queue_free__calls_under_way__are_answered(void **state)
{
	struct fixture	*f = fixture_new(NULL, 1);
	struct plan	*p = plan_new(f, "AAAAA-00001", "m-1");
	struct got	 g = { 0 };

	(void)state;
	queue_commit(f->queue, &p->c, on_answer, &g);
	queue_free(f->queue);
	f->queue = NULL;
	assert_int_equal(g.answers, 1);
	assert_int_equal(g.outcome, QUEUE_RETRY);
	got_clear(&g);
	plan_free(p);
	fixture_free(f);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		queue_test(queue_commit__new_ticket__is_pushed_once_however_often_repeated),
		queue_test(queue_find__thread_key__gives_ticket_with_version_and_status),
		queue_test(queue_commit__two_queues_at_once__one_ticket),
		queue_test(queue_commit__older_version__is_stale_with_what_is_there_now),
		queue_test(queue_commit__id_of_another_arrival__is_a_collision),
		queue_test(queue_commit__many_in_flight__each_answered_once_and_pushed_once),
		queue_test(queue_due__deadline_passed__ticket_is_lent_once),
		queue_test(queue_replies__answer_of_a_worker__is_addressed_by_its_ticket),
		queue_test(queue_replies__question_of_a_commit__comes_back_as_it_was),
		queue_test(queue_replies__garbage_in_the_stream__is_ended_as_failed),
		queue_test(queue_guard__third_in_an_hour__is_refused_with_the_reason),
		queue_test(queue_chat__transcript__is_notified_and_read_from_an_id),
		queue_test(queue_stats__two_partitions__one_object_each),
		queue_test(queue_free__calls_under_way__are_answered),
	};

	if (!server_is_installed())
		return 77;
	log_setup(g_getenv("LOG_DEBUG") ? LOG_LEVEL_DEBUG : LOG_LEVEL_ERROR, LOG_FORMAT_TEXT);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
