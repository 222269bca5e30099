/* SPDX-License-Identifier: ISC */
/*
 * queue/queue_local.h - what the files of this folder share.
 */
#ifndef QUEUE_QUEUE_LOCAL_H
#define QUEUE_QUEUE_LOCAL_H

#include "queue/queue.h"
#include "queue/redis_conn.h"

#define QUEUE_HASH_SIZE	33	/* of a customer, address or identity inside a key */

struct queue_step;

struct queue {
	struct loop			*loop;
	const struct queue_events	*events;
	void				*arg;
	struct settings_redis		 redis;		/* strings are ours */
	char				*instance;
	char				*journal;
	char				*replies_channel;
	char				*chat_channel;
	GPtrArray			*bases;		/* char *: "intake:{0}" per partition */
	unsigned			*unmarked;	/* per partition: commits that had a mark to tell */
	struct redis_conn		*conn;		/* for calls */
	struct redis_conn		*listener;	/* for messages */
	bool				 ready;		/* set up: calls may be sent */
	char				*run_id;	/* of the server we last were set up with */
	char				*seen_run_id;	/* of the one we are setting up with: it may
							   be loading still, and must stay new until
							   its replay was asked for */
	const struct queue_step		*step;		/* of the setting up */
	unsigned			 awaited;	/* answers to this step */
	struct queue_marks		 marks;
	int64_t				 alarm_ms;	/* the last complaint, not to repeat it often */
};

/* FCALL of a function on a partition; add pairs, then queue_send(). */
struct redis_args	*queue_args(const struct queue *, unsigned partition, const char *function);
/* Sends and frees the args; fn gets NULL when the queue is not ready. */
void			 queue_send(struct queue *, struct redis_args *, redis_reply_fn *, void *arg);
void			 queue_add_list(struct redis_args *, const char *name, const GPtrArray *);
/*
 * What keys know an identity, a customer, an address by: itself if it is a
 * short word of letters, digits and "-", as the keys of ticket/ are; else its
 * digest, in hash.  NULL for NULL.
 */
const char		*queue_word(const char *text, char hash[QUEUE_HASH_SIZE]);
void			 queue_add_word(struct redis_args *, const char *name, const char *text);

/*
 * The outcome of a reply that may be an error; does what the error asks for
 * (drop the connection, complain).  DONE for a reply of the type
 * (REDIS_REPLY_...); another one is a misreading.
 */
enum queue_outcome	 queue_judge(struct queue *, const redisReply *, int type, struct err *);
/*
 * An answer that our functions do not give: whatever it was, it says nothing
 * of what was asked.  Gives the connection up; RETRY.
 */
enum queue_outcome	 queue_misread(struct queue *, struct err *);

/* Setting up a new connection: calls queue_go_up() in the end. */
void			 queue_setup(struct queue *);
void			 queue_go_up(struct queue *);

/* queue_record.c: reading what the functions return. */
bool			 queue_is_word(const redisReply *, const char *word);
const char		*queue_text(const redisReply *, size_t index);	/* "" if not there */
struct ticket		*queue_read_ticket(const redisReply *record, struct err *);
int			 queue_read_candidates(const redisReply *, unsigned partition,
			    GPtrArray *into, struct err *);
GPtrArray		*queue_candidates_new(void);

#endif
