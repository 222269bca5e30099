/* SPDX-License-Identifier: ISC */
#include "normalize/from_json.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "normalize/headers.h"
#include "normalize/html_sanitise.h"
#include "normalize/html_text.h"
#include "normalize/language.h"

#define DEFAULT_MAX_JSON	(8 * 1024 * 1024)
#define MAX_DEPTH		100
#define MAX_VALUES		200000
#define MAX_FIELD		(256 * 1024)
#define MAX_LIST		100

/* Nesting and values, counted before a tree is built: a tree of numbers takes
 * twenty times the bytes. */
static const char *
find_excess(const char *p, size_t len)
{
	size_t	i, depth = 0, values = 0;
	bool	quoted = false;

	for (i = 0; i < len; i++) {
		if (quoted) {
			if (p[i] == '\\')
				i++;
			else if (p[i] == '"')
				quoted = false;
			continue;
		}
		if (p[i] == '"')
			quoted = true;
		else if (p[i] == '[' || p[i] == '{')
			depth++;
		else if ((p[i] == ']' || p[i] == '}') && depth > 0)
			depth--;
		else if (p[i] == ',')
			values++;
		if (depth > MAX_DEPTH)
			return "nested too deep";
		if (values > MAX_VALUES)
			return "too many values";
	}
	return NULL;
}

json_t *
from_json_load(struct message *m, const struct arrival *a, const struct normalize_options *o)
{
	gsize		 len;
	const char	*bytes = g_bytes_get_data(a->bytes, &len), *excess;
	json_error_t	 e;
	json_t		*root;

	if (bytes == NULL || len > (o->max_json ? o->max_json : DEFAULT_MAX_JSON)) {
		message_warn(m, bytes == NULL ? "json-empty" : "json-too-large");
		return NULL;
	}
	if (len >= 3 && memcmp(bytes, "\357\273\277", 3) == 0) {
		bytes += 3;
		len -= 3;
	}
	if ((excess = find_excess(bytes, len)) != NULL) {
		message_warn(m, "json-refused: %s", excess);
		return NULL;
	}
	root = json_loadb(bytes, len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &e);
	if (root != NULL)
		return root;
	root = json_loadb(bytes, len, JSON_DECODE_ANY | JSON_ALLOW_NUL, &e);
	if (root != NULL)
		message_warn(m, "json-odd: duplicate keys or NUL");
	else
		message_warn(m, "json-invalid: line %d column %d", e.line, e.column);
	return root;
}

char *
from_json_text(const json_t *v)
{
	g_autofree char	*dump = NULL;
	char		*raw;

	if (v == NULL || json_is_null(v))
		return NULL;
	if (json_is_string(v))
		return text_valid(json_string_value(v), MIN(json_string_length(v), MAX_FIELD), NULL);
	raw = json_dumps(v, JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION(15));
	if (raw == NULL)
		return NULL;
	dump = text_valid(raw, MIN(strlen(raw), MAX_FIELD), NULL);
	free(raw);
	return g_steal_pointer(&dump);
}

/* A list of plain values is read as "a, b, c". */
static char *
text_of(const json_t *v)
{
	GString	*out;
	size_t	 i;

	if (!json_is_array(v))
		return from_json_text(v);
	out = g_string_new(NULL);
	for (i = 0; i < json_array_size(v) && i < MAX_LIST; i++) {
		g_autofree char	*one = from_json_text(json_array_get(v, i));

		if (one != NULL)
			g_string_append_printf(out, "%s%s", out->len > 0 ? ", " : "", one);
	}
	return g_string_free(out, FALSE);
}

/* RFC 6901: "/a/0/b"; also tolerates a name without the slash. */
static const json_t *
resolve(const json_t *v, const char *pointer)
{
	gchar	**steps;
	int	  i;

	if (*pointer == '\0')
		return v;
	steps = g_strsplit(pointer + (*pointer == '/'), "/", MAX_DEPTH);
	for (i = 0; steps[i] != NULL && v != NULL; i++) {
		GString	*key = g_string_new(steps[i]);
		char	*end;

		g_string_replace(key, "~1", "/", 0);
		g_string_replace(key, "~0", "~", 0);
		if (json_is_object(v)) {
			v = json_object_get(v, key->str);
		} else if (json_is_array(v) && g_ascii_isdigit(key->str[0])) {
			guint64	n = g_ascii_strtoull(key->str, &end, 10);

			v = *end == '\0' ? json_array_get(v, (size_t)n) : NULL;
		} else {
			v = NULL;
		}
		g_string_free(key, TRUE);
	}
	g_strfreev(steps);
	return v;
}

static void
set(char **slot, const char *value)
{
	g_free(*slot);
	*slot = g_strdup(value);
}

static void
set_line(char **slot, const char *value)
{
	g_free(*slot);
	*slot = text_one_line(value, strlen(value), 2000);
}

static void
use_from(struct message *m, const char *value)
{
	g_autoptr(GPtrArray)	list = address_list_new();
	g_autofree char		*line = text_one_line(value, strlen(value), 1000);
	struct address		*a;

	headers_addresses(line, list);
	if (list->len == 0)
		return;
	a = g_ptr_array_index(list, 0);
	if (a->name == NULL && m->from != NULL && m->from->name != NULL)
		a->name = g_strdup(m->from->name);
	address_free(m->from);
	m->from = address_copy(a);
}

/* A list of people, with their names and brackets or bare. */
static void
use_list(GPtrArray *to, const char *value)
{
	g_autofree char	*line = text_one_line(value, strlen(value), 10000);

	headers_addresses(line, to);
}

static void
use_value(struct message *m, const char *name, const char *value, char **from_name)
{
	g_autoptr(GPtrArray)	ids = g_ptr_array_new_with_free_func(g_free);

	if (strcmp(name, "subject") == 0)
		set_line(&m->subject, value);
	else if (strcmp(name, "text") == 0)
		set(&m->full_text, value);
	else if (strcmp(name, "html") == 0)
		set(&m->html, value);
	else if (strcmp(name, "from") == 0)
		use_from(m, value);
	else if (strcmp(name, "from_name") == 0)
		set_line(from_name, value);
	else if (strcmp(name, "to") == 0)
		use_list(m->to, value);
	else if (strcmp(name, "cc") == 0)
		use_list(m->cc, value);
	else if (strcmp(name, "reply_to") == 0)
		use_list(m->reply_to, value);
	else if (strcmp(name, "language") == 0)
		set_line(&m->language, value);
	else if (strcmp(name, "message_id") == 0 || strcmp(name, "in_reply_to") == 0) {
		headers_ids(value, ids);
		if (ids->len > 0)
			set(name[0] == 'm' ? &m->message_id : &m->in_reply_to,
			    g_ptr_array_index(ids, 0));
	} else if (strcmp(name, "references") == 0)
		headers_ids(value, m->references);
	else if (strcmp(name, "date") == 0)
		m->date_ms = headers_date(value);
	else
		message_add_field(m, name, value);
}

static void
apply_map(struct message *m, const json_t *root, const GPtrArray *map)
{
	g_autofree char	*from_name = NULL;
	guint		 i;

	for (i = 0; i < map->len; i++) {
		const struct normalize_map *row = g_ptr_array_index(map, i);
		g_autofree char		*value = row->pointer != NULL ?
		    text_of(resolve(root, row->pointer)) : g_strdup(row->value);

		if (row->name == NULL)
			continue;
		if (value == NULL)
			message_warn(m, "json-missing: %s", row->name);
		else
			use_value(m, row->name, value, &from_name);
	}
	if (from_name != NULL && *from_name != '\0') {
		if (m->from == NULL)
			message_add_field(m, "from_name", from_name);
		else
			set(&m->from->name, from_name);
	}
}

/* No rows for the text: the document itself, readable. */
static char *
pretty(const json_t *root)
{
	char		*dump = json_dumps(root, JSON_ENCODE_ANY | JSON_INDENT(2) | JSON_PRESERVE_ORDER);
	char		*text;

	if (dump == NULL)
		return g_strdup("");
	text = text_valid(dump, strlen(dump), NULL);
	free(dump);
	return text;
}

void
from_json(struct message *m, const struct arrival *a, const struct normalize_options *o)
{
	json_t		*root = from_json_load(m, a, o);
	const GPtrArray	*map = o->maps != NULL && a->channel != NULL ?
	    g_hash_table_lookup(o->maps, a->channel) : NULL;
	gsize		 len;
	const char	*bytes = g_bytes_get_data(a->bytes, &len);

	if (root != NULL && map != NULL)
		apply_map(m, root, map);
	if (m->full_text == NULL && m->html != NULL)
		m->full_text = html_text(m->html, strlen(m->html));
	if (m->html != NULL)
		m->html_sanitised = html_sanitise(m->html, strlen(m->html));
	if (m->full_text == NULL)
		m->full_text = root != NULL ? pretty(root) :
		    text_valid(bytes != NULL ? bytes : "", MIN(len, MAX_FIELD), NULL);
	set(&m->text, m->full_text);
	if (m->language == NULL)
		m->language = g_strdup(language_guess(m->text));
	if (root != NULL)
		json_decref(root);
}
