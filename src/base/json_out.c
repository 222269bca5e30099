/* SPDX-License-Identifier: ISC */
#include "base/json_out.h"

#include <string.h>

#include "base/clock.h"

/* 1: a byte that JSON wants escaped. */
static const unsigned char must_escape[256] = {
	[0 ... 0x1f] = 1, ['"'] = 1, ['\\'] = 1, [0x7f] = 1,
};

static void
escape(GString *out, unsigned char c)
{
	static const char	hex[] = "0123456789abcdef";

	switch (c) {
	case '"':
		g_string_append_len(out, "\\\"", 2);
		break;
	case '\\':
		g_string_append_len(out, "\\\\", 2);
		break;
	case '\n':
		g_string_append_len(out, "\\n", 2);
		break;
	case '\t':
		g_string_append_len(out, "\\t", 2);
		break;
	case '\r':
		g_string_append_len(out, "\\r", 2);
		break;
	default:
		g_string_append_len(out, "\\u00", 4);
		g_string_append_c(out, hex[c >> 4]);
		g_string_append_c(out, hex[c & 15]);
	}
}

static void
quoted(GString *out, const char *value, size_t len)
{
	size_t	from = 0, i;

	g_string_append_c(out, '"');
	for (i = 0; i < len; i++) {
		if (!must_escape[(unsigned char)value[i]])
			continue;
		g_string_append_len(out, value + from, (gssize)(i - from));
		escape(out, (unsigned char)value[i]);
		from = i + 1;
	}
	g_string_append_len(out, value + from, (gssize)(len - from));
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
	begin(j, name);
	g_string_append_printf(j->buf, "%" G_GINT64_FORMAT, (gint64)value);
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
