/* SPDX-License-Identifier: ISC */
#include "queue/redis_args.h"

#include <hiredis/hiredis.h>
#include <stdarg.h>
#include <string.h>

#define COPIES_BLOCK	1024

struct redis_args *
redis_args_new(const char *word, ...)
{
	struct redis_args	*a = g_new0(struct redis_args, 1);
	va_list			 ap;

	a->words = g_ptr_array_new();
	a->lengths = g_array_new(FALSE, FALSE, sizeof(size_t));
	a->copies = g_string_chunk_new(COPIES_BLOCK);
	va_start(ap, word);
	for (; word != NULL; word = va_arg(ap, const char *))
		redis_args_add(a, word);
	va_end(ap);
	return a;
}

void
redis_args_free(struct redis_args *a)
{
	if (a == NULL)
		return;
	g_ptr_array_unref(a->words);
	g_array_unref(a->lengths);
	g_string_chunk_free(a->copies);
	g_free(a);
}

void
redis_args_addn(struct redis_args *a, const char *word, size_t len)
{
	g_ptr_array_add(a->words, (gpointer)word);
	g_array_append_val(a->lengths, len);
}

void
redis_args_add(struct redis_args *a, const char *word)
{
	redis_args_addn(a, word, strlen(word));
}

void
redis_args_copy(struct redis_args *a, const char *word)
{
	redis_args_add(a, g_string_chunk_insert(a->copies, word));
}

void
redis_args_pair(struct redis_args *a, const char *name, const char *value)
{
	if (value == NULL)
		return;
	redis_args_add(a, name);
	redis_args_add(a, value);
}

void
redis_args_pair_copy(struct redis_args *a, const char *name, const char *value)
{
	if (value == NULL)
		return;
	redis_args_add(a, name);
	redis_args_copy(a, value);
}

void
redis_args_pair_str(struct redis_args *a, const char *name, const GString *value)
{
	redis_args_add(a, name);
	redis_args_addn(a, value->str, value->len);
}

void
redis_args_pair_int(struct redis_args *a, const char *name, int64_t value)
{
	char	number[24];

	g_snprintf(number, sizeof number, "%" G_GINT64_FORMAT, value);
	redis_args_pair_copy(a, name, number);
}

char *
redis_args_format(const struct redis_args *a, size_t *len)
{
	char	*wire = NULL;
	int	 n;

	n = redisFormatCommandArgv(&wire, (int)a->words->len,
	    (const char **)a->words->pdata, (const size_t *)(void *)a->lengths->data);
	if (n < 0)
		g_error("redis: a command of %u words cannot be written", a->words->len);
	*len = (size_t)n;
	return wire;
}

void
redis_args_free_wire(char *wire)
{
	redisFreeCommand(wire);
}
