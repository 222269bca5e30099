/* SPDX-License-Identifier: ISC */
/*
 * queue/redis_class.h - what an error reply of Redis means for us.
 */
#ifndef QUEUE_REDIS_CLASS_H
#define QUEUE_REDIS_CLASS_H

enum redis_class {
	REPLY_OK,
	REPLY_UNKNOWN,		/* no reply: it may have happened or not; repeat */
	REPLY_WAIT,		/* not now: LOADING, OOM, MISCONF, BUSY, ...; repeat */
	REPLY_MOVED,		/* this server is the wrong one (READONLY), or lost our
				   functions: connect anew, then repeat */
	REPLY_ELSEWHERE,	/* a node of a Redis Cluster that does not have our partition, and
				   we do not follow it: as REPLY_CONFIG, and connect anew */
	REPLY_CONFIG,		/* NOAUTH, NOPERM, ...: repeat slowly, tell the operator */
	REPLY_BUG		/* the command is wrong and will be wrong again */
};

/* The text of an error reply: its first word decides. */
enum redis_class	redis_class_of(const char *error);
/* "ok", "unknown", "wait", "moved", "elsewhere", "config", "bug": the metric's label. */
const char		*redis_class_name(enum redis_class);

#endif
