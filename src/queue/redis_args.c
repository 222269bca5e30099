/* SPDX-License-Identifier: ISC */
#include "queue/redis_args.h"

#include <stdarg.h>
#include <string.h>

#define HEAD_SIZE	16	/* room for "*<words>\r\n", known only at the end */
#define FIRST_SIZE	4096	/* a commit of a short mail */
#define INT_SIZE	24

struct redis_args {
	GString		*wire;
	unsigned	 words;
};

struct redis_args *
redis_args_new(const char *word, ...)
{
	struct redis_args	*a = g_new0(struct redis_args, 1);
	va_list			 ap;

	a->wire = g_string_sized_new(FIRST_SIZE);
	g_string_set_size(a->wire, HEAD_SIZE);
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
	g_string_free(a->wire, TRUE);
	g_free(a);
}

/* Decimal digits of n right before end; where they begin. */
static char *
put_digits(char *end, uint64_t n)
{
	do
		*--end = (char)('0' + n % 10);
	while ((n /= 10) > 0);
	return end;
}

/* What comes before the bytes of a word. */
static void
begin_word(struct redis_args *a, size_t len)
{
	char	 head[INT_SIZE], *at = head + sizeof head;

	*--at = '\n';
	*--at = '\r';
	at = put_digits(at, len);
	*--at = '$';
	g_string_append_len(a->wire, at, head + sizeof head - at);
	a->words++;
}

void
redis_args_addn(struct redis_args *a, const char *word, size_t len)
{
	begin_word(a, len);
	g_string_append_len(a->wire, word, (gssize)len);
	g_string_append_len(a->wire, "\r\n", 2);
}

void
redis_args_add(struct redis_args *a, const char *word)
{
	redis_args_addn(a, word ? word : "", word ? strlen(word) : 0);
}

void
redis_args_add_joined(struct redis_args *a, const char *x, const char *y, const char *z)
{
	begin_word(a, strlen(x) + strlen(y) + strlen(z));
	g_string_append(a->wire, x);
	g_string_append(a->wire, y);
	g_string_append(a->wire, z);
	g_string_append_len(a->wire, "\r\n", 2);
}

void
redis_args_add_int(struct redis_args *a, int64_t n)
{
	char	 text[INT_SIZE], *at;

	at = put_digits(text + sizeof text, n < 0 ? 0 - (uint64_t)n : (uint64_t)n);
	if (n < 0)
		*--at = '-';
	redis_args_addn(a, at, (size_t)(text + sizeof text - at));
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
redis_args_pair_str(struct redis_args *a, const char *name, const GString *value)
{
	redis_args_add(a, name);
	redis_args_addn(a, value->str, value->len);
}

void
redis_args_pair_int(struct redis_args *a, const char *name, int64_t value)
{
	redis_args_add(a, name);
	redis_args_add_int(a, value);
}

const char *
redis_args_wire(struct redis_args *a, size_t *len)
{
	char	*end = a->wire->str + HEAD_SIZE, *at = end - 2;

	memcpy(at, "\r\n", 2);
	at = put_digits(at, a->words);
	*--at = '*';
	*len = a->wire->len - (size_t)(at - a->wire->str);
	return at;
}
