/* SPDX-License-Identifier: ISC */
/*
 * Whatever Redis answers, in whatever pieces: each call gets exactly one
 * answer, the same however the bytes were split, and what is no answer of
 * ours ends as "repeat", never as done.
 *
 * The stream below the connections is replaced: the harness is the server.
 * The first byte is for the pieces, the second chooses the listener (0) or
 * the connection for calls, with the question in front that is answered first.
 */
#include <stdint.h>
#include <string.h>

#include "base/log.h"
#include "io/stream.h"
#include "queue/queue.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

enum { CALLS = 9, OUTCOMES = CALLS + 2 };

struct stream {
	const struct stream_ops	*ops;
	void			*arg;
	bool			 gone;
};

/* What came of one input. */
struct result {
	unsigned	answers[CALLS];
	int		outcomes[OUTCOMES];
};

struct asked {
	struct result	*result;
	unsigned	 number;
};

static struct stream	streams[2];	/* for calls, for messages */
static unsigned		opened;

struct stream	*__wrap_stream_open(struct loop *, const struct stream_options *,
		    const struct stream_ops *, void *);
void		 __wrap_stream_free(struct stream *);
void		 __wrap_stream_write(struct stream *, const void *, size_t);

struct stream *
__wrap_stream_open(struct loop *loop, const struct stream_options *o,
    const struct stream_ops *ops, void *arg)
{
	struct stream	*s = &streams[opened++ % G_N_ELEMENTS(streams)];

	(void)loop;
	(void)o;
	s->ops = ops;
	s->arg = arg;
	s->gone = false;
	return s;
}

void
__wrap_stream_free(struct stream *s)
{
	if (s != NULL)
		s->gone = true;
}

void
__wrap_stream_write(struct stream *s, const void *bytes, size_t len)
{
	(void)bytes;
	(void)len;
	if (s->gone)
		g_error("written to a stream that was freed");
}

static void
on_up(void *arg, const struct queue_marks *marks)
{
	(void)marks;
	*(bool *)arg = true;
}

static void
on_down(void *arg, const struct err *e)
{
	(void)e;
	*(bool *)arg = false;
}

static void
on_replies(void *arg)
{
	(void)arg;
}

static void
on_chat(void *arg, const char *session)
{
	(void)arg;
	if (session != NULL && strlen(session) == SIZE_MAX)
		g_error("not a text");
}

static void
answered(struct asked *a, int outcome)
{
	a->result->answers[a->number]++;
	a->result->outcomes[a->number] = outcome;
}

static void
on_answer(void *arg, struct queue_answer *a)
{
	answered(arg, (int)a->outcome);
	if (a->outcome == QUEUE_RETRY && a->err.text[0] == '\0')
		g_error("to be repeated, and nobody says why");
}

static void
on_list(void *arg, enum queue_outcome outcome, GPtrArray *list)
{
	answered(arg, (int)outcome);
	if ((outcome == QUEUE_DONE) != (list != NULL))
		g_error("a list and no list");
}

static void
on_begin(void *arg, enum queue_outcome outcome, enum queue_begin begin, unsigned attempt)
{
	(void)attempt;
	answered(arg, (int)outcome * 10 + (int)begin);
}

static void
on_guard(void *arg, enum queue_outcome outcome, const char *reason)
{
	answered(arg, (int)outcome * 10 + (reason[0] == '\0'));
}

static void
stop(void *arg)
{
	loop_stop(arg);
}

static void
turn(struct loop *loop)
{
	struct loop_timer	*t = loop_timer_new(loop, stop, loop);

	loop_timer_start(t, 0);
	loop_run(loop);
	loop_timer_free(t);
}

static void
say(struct stream *s, const char *bytes, size_t len)
{
	if (!s->gone)
		s->ops->data(s->arg, (const uint8_t *)bytes, len);
}

static void
set_up(struct loop *loop)
{
	static const char	answers[] = "+OK\r\n$26\r\nx\r\nrole:master\r\nrun_id:7\r\n\r\n"
				    "-ERR Function not found\r\n+intake\r\n+OK\r\n+OK\r\n*0\r\n";

	turn(loop);
	streams[0].ops->up(streams[0].arg);
	say(&streams[0], answers, sizeof answers - 1);
	streams[1].ops->up(streams[1].arg);
	say(&streams[1], "+OK\r\n", 5);
}

static void
ask(struct queue *q, struct asked *asked, unsigned number, const struct ticket *t)
{
	struct queue_lookup		 lookup = { .token_ticket = "AAAAA-00001", .customer = "c" };
	struct queue_commit		 commit = { .ticket = t, .customer = "c", .origin = "o" };
	struct outgoing			*out = outgoing_new(OUTGOING_ANSWER);
	struct queue_reply		 reply = { .outgoing = out };
	const struct queue_result	 sent = { .end = QUEUE_END_SENT };
	const struct settings_guard	 guard = { .all_per_minute = 1 };

	out->id = g_strdup("r");
	out->ticket = g_strdup("AAAAA-00001");
	out->entry_id = g_strdup("1-1");
	switch (number) {
	case 0: queue_find(q, &lookup, on_answer, asked); break;
	case 1: queue_commit(q, &commit, on_answer, asked); break;
	case 2: queue_due(q, 10, 1000, on_answer, asked); break;
	case 3: queue_replies_take(q, 10, 1000, on_list, asked); break;
	case 4: queue_reply_begin(q, &reply, on_begin, asked); break;
	case 5: queue_reply_end(q, &reply, &sent, on_answer, asked); break;
	case 6: queue_guard(q, &guard, "i", "a", "t", on_guard, asked); break;
	case 7: queue_chat_read(q, "s", NULL, 10, on_list, asked); break;
	default: queue_stats(q, on_list, asked); break;
	}
	outgoing_free(out);
}

static void
ask_all(struct queue *q, struct asked *asked, unsigned first)
{
	struct ticket	*t = ticket_new();
	unsigned	 i;

	g_strlcpy(t->id, "AAAAA-00001", sizeof t->id);
	t->event = g_strdup("ticket.created");
	t->event_id = g_strdup("e");
	t->department = g_strdup("d");
	for (i = 0; i < CALLS; i++)
		ask(q, &asked[(first + i) % CALLS], (first + i) % CALLS, t);
	ticket_free(t);
}

/* seed 0: in one piece. */
static void
play(const uint8_t *bytes, size_t len, uint32_t seed, unsigned first, struct result *result)
{
	const struct settings_redis	 redis = { .address = (char *)"/x", .prefix = (char *)"p",
					    .partitions = 1, .timeout_ms = 100000 };
	const struct queue_options	 o = { &redis, "one", "journal" };
	const struct queue_events	 events = { on_up, on_down, on_replies, on_chat };
	struct loop			*loop = loop_new();
	struct asked			 asked[CALLS];
	bool				 up = false;
	struct queue			*q;
	size_t				 n;
	unsigned			 i;

	memset(result, 0, sizeof *result);
	for (i = 0; i < CALLS; i++)
		asked[i] = (struct asked){ result, i };
	opened = 0;
	q = queue_new(loop, &o, &events, &up);
	set_up(loop);
	if (!up)
		g_error("not set up");
	ask_all(q, asked, first);
	for (; len > 0; bytes += n, len -= n) {
		seed = seed == 0 ? 0 : seed * 1664525 + 1013904223;
		n = seed == 0 ? len : MIN(len, 1 + (seed >> 16) % 7);
		say(&streams[first == 0], (const char *)bytes, n);
	}
	turn(loop);
	result->outcomes[CALLS] = up;
	queue_free(q);
	loop_free(loop);
	for (i = 0; i < CALLS; i++)
		if (result->answers[i] != 1)
			g_error("call %u was answered %u times", i, result->answers[i]);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct result	whole, pieces;

	log_setup(LOG_LEVEL_ERROR, LOG_FORMAT_TEXT);
	if (len < 2)
		return 0;
	play(bytes + 2, len - 2, 0, bytes[1] % (CALLS + 1), &whole);
	play(bytes + 2, len - 2, bytes[0] + 1U, bytes[1] % (CALLS + 1), &pieces);
	if (memcmp(&whole, &pieces, sizeof whole) != 0)
		g_error("it matters in which pieces the bytes come");
	return 0;
}
