/* SPDX-License-Identifier: ISC */
#include "queue/redis_reader.h"

#include <glib.h>
#include <stdbool.h>

struct redis_reader {
	redisReader	*hiredis;
	size_t		 unread;	/* bytes since the last whole reply */
	size_t		 parts;		/* of the reply that is being read */
	const char	*wrong;
};

/* hiredis' own, which make the reply; ours count before them. */
static const redisReplyObjectFunctions	*plain;

static bool
count(const redisReadTask *task, size_t parts)
{
	struct redis_reader	*r = task->privdata;

	r->parts += parts;
	if (r->parts <= REDIS_READER_PARTS_MAX)
		return true;
	r->wrong = "an answer of too many parts";
	return false;
}

/* To return NULL is an error for hiredis, and it frees what there is. */
static void *
make_string(const redisReadTask *task, char *text, size_t len)
{
	return count(task, 1) ? plain->createString(task, text, len) : NULL;
}

/* All elements at once: hiredis makes room for them now. */
static void *
make_array(const redisReadTask *task, int elements)
{
	return count(task, 1 + (size_t)MAX(elements, 0)) ? plain->createArray(task, elements) : NULL;
}

static void *
make_integer(const redisReadTask *task, long long value)
{
	return count(task, 1) ? plain->createInteger(task, value) : NULL;
}

static void *
make_nil(const redisReadTask *task)
{
	return count(task, 1) ? plain->createNil(task) : NULL;
}

static redisReplyObjectFunctions counting = {
	make_string, make_array, make_integer, make_nil, freeReplyObject
};

struct redis_reader *
redis_reader_new(void)
{
	struct redis_reader	*r = g_new0(struct redis_reader, 1);

	r->hiredis = redisReaderCreate();
	if (r->hiredis == NULL)
		g_error("redis: no memory for a reader");
	plain = r->hiredis->fn;
	r->hiredis->fn = &counting;
	r->hiredis->privdata = r;
	return r;
}

void
redis_reader_free(struct redis_reader *r)
{
	if (r == NULL)
		return;
	redisReaderFree(r->hiredis);
	g_free(r);
}

void
redis_reader_feed(struct redis_reader *r, const void *bytes, size_t len)
{
	if (r->wrong != NULL)
		return;
	if (redisReaderFeed(r->hiredis, bytes, len) != REDIS_OK)
		r->wrong = "an answer too large for our memory";
	r->unread += len;
}

redisReply *
redis_reader_next(struct redis_reader *r, const char **wrong)
{
	void	*reply = NULL;

	if (r->wrong == NULL && redisReaderGetReply(r->hiredis, &reply) != REDIS_OK &&
	    r->wrong == NULL)
		r->wrong = "it does not speak RESP";
	if (reply != NULL) {
		r->parts = 0;
		r->unread = r->hiredis->len - r->hiredis->pos;
	} else if (r->wrong == NULL && r->unread > REDIS_READER_BYTES_MAX)
		r->wrong = "an answer of too many bytes";
	*wrong = r->wrong;
	return reply;
}
