/* SPDX-License-Identifier: ISC */
/*
 * queue/redis_args.h - one Redis command, binary safe.
 *
 * Each word goes to the wire with its length before it and is never pasted
 * into a text, so a key or value from a stranger cannot become a command.
 * All words are copied at once.
 */
#ifndef QUEUE_REDIS_ARGS_H
#define QUEUE_REDIS_ARGS_H

#include <glib.h>
#include <stdint.h>

struct redis_args;

/* The first words, to NULL: all NUL-terminated. */
struct redis_args	*redis_args_new(const char *word, ...) G_GNUC_NULL_TERMINATED;
void			 redis_args_free(struct redis_args *);

void	redis_args_add(struct redis_args *, const char *word);	/* NULL: an empty one */
void	redis_args_addn(struct redis_args *, const char *word, size_t len);
void	redis_args_add_int(struct redis_args *, int64_t);
/* One word made of three. */
void	redis_args_add_joined(struct redis_args *, const char *, const char *, const char *);

/* A name and its value, as most of our functions take them.  A NULL value: neither. */
void	redis_args_pair(struct redis_args *, const char *name, const char *value);
void	redis_args_pair_str(struct redis_args *, const char *name, const GString *value);
void	redis_args_pair_int(struct redis_args *, const char *name, int64_t value);

/* The bytes for the wire, until the next word is added. */
const char	*redis_args_wire(struct redis_args *, size_t *len);

#endif
