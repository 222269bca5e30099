/* SPDX-License-Identifier: ISC */
#include "base/json_out.h"

#include <string.h>

#include "base/clock.h"

enum {
	BLOCK = 16,	/* bytes looked at together; lines end every few of them */
	PIECE = 4096,	/* bytes that room is made for at once */
	ESCAPE_MAX = 6,	/* "\u001f" */
	INT_SIZE = 20	/* "-9223372036854775808" */
};

static inline bool
must_escape(unsigned char c)
{
	return c < 0x20 || c == '"' || c == '\\' || c == 0x7f;
}

/* Without a branch in it: the compiler makes a few vector instructions of it. */
static bool
block_is_plain(const char *at)
{
	unsigned char	odd = 0;
	int		i;

	for (i = 0; i < BLOCK; i++)
		odd |= must_escape((unsigned char)at[i]);
	return odd == 0;
}

static size_t
plain_run(const char *from, const char *end)
{
	const char	*at = from;

	while (end - at >= BLOCK && block_is_plain(at))
		at += BLOCK;
	while (at < end && !must_escape((unsigned char)*at))
		at++;
	return (size_t)(at - from);
}

/* Returns where to go on. */
static char *
escape(char *to, unsigned char c)
{
	static const char	hex[] = "0123456789abcdef";
	static const char	letters[256] = { ['"'] = '"', ['\\'] = '\\', ['\n'] = 'n',
	    ['\t'] = 't', ['\r'] = 'r' };

	*to++ = '\\';
	if (letters[c] != '\0') {
		*to++ = letters[c];
		return to;
	}
	memcpy(to, "u00", 3);
	to[3] = hex[c >> 4];
	to[4] = hex[c & 15];
	return to + 5;
}

static void
put_piece(GString *out, const char *from, size_t len)
{
	const char	*end = from + len;
	size_t		 start = out->len, run;
	char		*to;

	g_string_set_size(out, start + len * ESCAPE_MAX);
	to = out->str + start;
	for (;;) {
		run = plain_run(from, end);
		memcpy(to, from, run);
		to += run;
		from += run;
		if (from == end)
			break;
		to = escape(to, (unsigned char)*from++);
	}
	g_string_truncate(out, (gsize)(to - out->str));
}

static void
quoted(GString *out, const char *value, size_t len)
{
	size_t	n;

	g_string_append_c(out, '"');
	for (; len > 0; value += n, len -= n) {
		n = MIN(len, PIECE);
		put_piece(out, value, n);
	}
	g_string_append_c(out, '"');
}

/* The comma before a member and its name; the next member needs one too. */
static void
begin(struct json_out *j, const char *name)
{
	if (j->comma)
		g_string_append_c(j->buf, ',');
	j->comma = true;
	if (name != NULL) {
		quoted(j->buf, name, strlen(name));
		g_string_append_c(j->buf, ':');
	}
}

void
json_open(struct json_out *j, const char *name, char bracket)
{
	begin(j, name);
	g_string_append_c(j->buf, bracket);
	j->comma = false;
}

void
json_close(struct json_out *j, char bracket)
{
	g_string_append_c(j->buf, bracket);
	j->comma = true;
}

void
json_str(struct json_out *j, const char *name, const char *value)
{
	if (value == NULL)
		json_raw(j, name, "null");
	else
		json_strn(j, name, value, strlen(value));
}

void
json_strn(struct json_out *j, const char *name, const char *value, size_t len)
{
	begin(j, name);
	quoted(j->buf, value, len);
}

void
json_int(struct json_out *j, const char *name, int64_t value)
{
	char		 digits[INT_SIZE], *at = digits + sizeof digits;
	uint64_t	 n = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;

	begin(j, name);
	do
		*--at = (char)('0' + n % 10);
	while ((n /= 10) > 0);
	if (value < 0)
		*--at = '-';
	g_string_append_len(j->buf, at, digits + sizeof digits - at);
}

void
json_bool(struct json_out *j, const char *name, bool value)
{
	json_raw(j, name, value ? "true" : "false");
}

void
json_raw(struct json_out *j, const char *name, const char *json)
{
	begin(j, name);
	g_string_append(j->buf, json);
}

void
json_time(struct json_out *j, const char *name, int64_t wall_ms)
{
	char	buf[CLOCK_RFC3339_SIZE];

	json_str(j, name, wall_ms < 0 ? NULL : clock_rfc3339(wall_ms, buf));
}

void
json_strings(struct json_out *j, const char *name, const GPtrArray *list)
{
	guint	i;

	json_open(j, name, '[');
	for (i = 0; list != NULL && i < list->len; i++)
		json_str(j, NULL, list->pdata[i]);
	json_close(j, ']');
}
