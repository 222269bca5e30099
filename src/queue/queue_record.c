/* SPDX-License-Identifier: ISC */
/*
 * Reading what the functions return.
 */
#include <jansson.h>
#include <string.h>

#include "base/text.h"
#include "queue/queue_local.h"

bool
queue_is_word(const redisReply *r, const char *word)
{
	return strcmp(queue_text(r, 0), word) == 0;
}

const char *
queue_text(const redisReply *r, size_t index)
{
	if (r == NULL || r->type != REDIS_REPLY_ARRAY || index >= r->elements ||
	    r->element[index]->str == NULL)
		return "";
	return r->element[index]->str;
}

/* What a worker said or noted; its bytes are the worker's, so they are made valid. */
static void
read_turn(const redisReply *r, struct ticket *t)
{
	g_autofree char	*text = text_valid(r->str, (size_t)r->len, NULL);
	json_t		*turn = json_loads(text, JSON_ALLOW_NUL, NULL);
	const char	*at = json_string_value(json_object_get(turn, "at"));
	const char	*direction = json_string_value(json_object_get(turn, "direction"));
	const char	*who = json_string_value(json_object_get(turn, "who"));
	const char	*said = json_string_value(json_object_get(turn, "text"));

	if (direction != NULL && who != NULL && said != NULL)
		ticket_add_turn(t, at ? g_ascii_strtoll(at, NULL, 10) : 0, direction, who,
		    NULL, said);
	json_decref(turn);
}

/* {id, version, status, owner, state, {turns}} */
struct ticket *
queue_read_ticket(const redisReply *r, struct err *e)
{
	struct ticket	*t;
	size_t		 i;

	if (r->type != REDIS_REPLY_ARRAY || r->elements != 6 ||
	    r->element[4]->type != REDIS_REPLY_STRING ||
	    r->element[5]->type != REDIS_REPLY_ARRAY) {
		err_set(e, ERR_PERM, "redis: not a ticket's record");
		return NULL;
	}
	t = ticket_read_state(r->element[4]->str, (size_t)r->element[4]->len, e);
	if (t == NULL) {
		err_prefix(e, "ticket %s", queue_text(r, 0));
		return NULL;
	}
	t->version = g_ascii_strtoull(queue_text(r, 1), NULL, 10);
	/* Workers change the status beside the record. */
	if (ticket_status_parse(queue_text(r, 2), &t->status) == -1) {
		err_set(e, ERR_PERM, "ticket %s: unknown status", queue_text(r, 0));
		ticket_free(t);
		return NULL;
	}
	for (i = 0; i < r->element[5]->elements; i++)
		if (r->element[5]->element[i]->type == REDIS_REPLY_STRING)
			read_turn(r->element[5]->element[i], t);
	return t;
}

static void
free_candidate(gpointer p)
{
	struct queue_candidate	*c = p;

	ticket_free(c->ticket);
	g_free(c);
}

GPtrArray *
queue_candidates_new(void)
{
	return g_ptr_array_new_with_free_func(free_candidate);
}

int
queue_read_candidates(const redisReply *r, unsigned partition, GPtrArray *into, struct err *e)
{
	struct queue_candidate	*c;
	struct ticket		*t;
	size_t			 i;

	if (r->type != REDIS_REPLY_ARRAY)
		return err_set(e, ERR_PERM, "redis: no list of records");
	for (i = 0; i < r->elements; i++) {
		if ((t = queue_read_ticket(r->element[i], e)) == NULL)
			return -1;
		c = g_new0(struct queue_candidate, 1);
		c->ticket = t;
		c->partition = partition;
		g_ptr_array_add(into, c);
	}
	return 0;
}
