/* SPDX-License-Identifier: ISC */
/*
 * queue/redis_reader.h - bytes from Redis into replies, with limits.
 *
 * hiredis' reader believes every length it is told: "*1000000000" takes 8 GB
 * before the first element came.  Here a reply may have a million parts and
 * 256 MB; what is larger, nested deeper than hiredis goes (7), or no RESP2
 * at all, is wrong, and from then on nothing is right any more.
 *
 * Used by redis_conn.c, one for each connection.
 */
#ifndef QUEUE_REDIS_READER_H
#define QUEUE_REDIS_READER_H

#include <hiredis/hiredis.h>
#include <stddef.h>

#define REDIS_READER_PARTS_MAX	1000000
#define REDIS_READER_BYTES_MAX	((size_t)256 << 20)

struct redis_reader;

struct redis_reader	*redis_reader_new(void);
void			 redis_reader_free(struct redis_reader *);	/* NULL is fine */

void			 redis_reader_feed(struct redis_reader *, const void *, size_t);
/*
 * The next whole reply, yours: freeReplyObject().  NULL: more bytes are
 * needed, or what came is wrong: then *wrong is set, now and for ever
 * (static; else NULL).
 */
redisReply		*redis_reader_next(struct redis_reader *, const char **wrong);

#endif
