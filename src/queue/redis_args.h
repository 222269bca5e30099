/* SPDX-License-Identifier: ISC */
/*
 * queue/redis_args.h - the words of one Redis command, binary safe.
 *
 * Nothing is ever pasted into a text: each word has its length, so a key or
 * value from a stranger cannot become a command.  Words are borrowed until
 * the command was sent, except numbers and what redis_args_copy() took.
 */
#ifndef QUEUE_REDIS_ARGS_H
#define QUEUE_REDIS_ARGS_H

#include <glib.h>
#include <stdint.h>

struct redis_args {
	GPtrArray	*words;		/* const char * */
	GArray		*lengths;	/* size_t */
	GStringChunk	*copies;
};

/* The first words, to NULL: all NUL-terminated. */
struct redis_args	*redis_args_new(const char *word, ...) G_GNUC_NULL_TERMINATED;
void			 redis_args_free(struct redis_args *);

void	redis_args_add(struct redis_args *, const char *word);
void	redis_args_addn(struct redis_args *, const char *word, size_t len);
void	redis_args_copy(struct redis_args *, const char *word);

/* A name and its value, as our functions take them.  A NULL value: neither. */
void	redis_args_pair(struct redis_args *, const char *name, const char *value);
void	redis_args_pair_copy(struct redis_args *, const char *name, const char *value);
void	redis_args_pair_str(struct redis_args *, const char *name, const GString *value);
void	redis_args_pair_int(struct redis_args *, const char *name, int64_t value);

/* The bytes for the wire; free with redis_args_free_wire(). */
char	*redis_args_format(const struct redis_args *, size_t *len);
void	 redis_args_free_wire(char *);

#endif
