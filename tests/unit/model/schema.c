/* SPDX-License-Identifier: ISC */
#include "schema.h"

#include <string.h>

struct place {
	json_t		*root;
	GString		*why;
	const char	*path;
};

static bool	holds(const struct place *, json_t *schema, json_t *value);

static bool
wrong(const struct place *p, const char *what, const char *detail)
{
	g_string_printf(p->why, "%s: %s %s", p->path, what, detail);
	return false;
}

static bool
is_type(const char *type, json_t *value)
{
	if (strcmp(type, "null") == 0)
		return json_is_null(value);
	if (strcmp(type, "string") == 0)
		return json_is_string(value);
	if (strcmp(type, "integer") == 0)
		return json_is_integer(value);
	if (strcmp(type, "boolean") == 0)
		return json_is_boolean(value);
	if (strcmp(type, "array") == 0)
		return json_is_array(value);
	return strcmp(type, "object") == 0 && json_is_object(value);
}

static bool
check_type(const struct place *p, json_t *type, json_t *value)
{
	json_t	*one;
	size_t	 i;

	if (json_is_string(type) && is_type(json_string_value(type), value))
		return true;
	json_array_foreach(type, i, one)
		if (is_type(json_string_value(one), value))
			return true;
	return wrong(p, "wrong type", "");
}

static bool
check_enum(const struct place *p, json_t *list, json_t *value)
{
	json_t	*one;
	size_t	 i;

	json_array_foreach(list, i, one)
		if (json_equal(one, value))
			return true;
	return wrong(p, "not one of the words", "");
}

static bool
check_pattern(const struct place *p, json_t *pattern, json_t *value)
{
	return !json_is_string(value) ||
	    g_regex_match_simple(json_string_value(pattern), json_string_value(value), 0, 0) ||
	    wrong(p, "does not match", json_string_value(pattern));
}

static bool
check_time(const struct place *p, json_t *value)
{
	g_autoptr(GDateTime)	t = NULL;

	if (!json_is_string(value))
		return true;
	t = g_date_time_new_from_iso8601(json_string_value(value), NULL);
	return t != NULL || wrong(p, "no date-time", json_string_value(value));
}

static bool
check_members(const struct place *p, json_t *schema, json_t *value)
{
	json_t		*known = json_object_get(schema, "properties"), *one;
	json_t		*others = json_object_get(schema, "additionalProperties");
	const char	*name;
	size_t		 i;

	if (!json_is_object(value))
		return true;
	json_array_foreach(json_object_get(schema, "required"), i, one)
		if (json_object_get(value, json_string_value(one)) == NULL)
			return wrong(p, "lacks", json_string_value(one));
	json_object_foreach(value, name, one) {
		g_autofree char	*path = g_strconcat(p->path, "/", name, NULL);
		struct place	 inner = { p->root, p->why, path };
		json_t		*sub = json_object_get(known, name);

		if (sub == NULL && json_is_false(others))
			return wrong(p, "is not described:", name);
		if (!holds(&inner, sub != NULL ? sub : others, one))
			return false;
	}
	return true;
}

static bool
check_items(const struct place *p, json_t *items, json_t *value)
{
	json_t	*one;
	size_t	 i;

	json_array_foreach(value, i, one) {
		g_autofree char	*path = g_strdup_printf("%s/%zu", p->path, i);
		struct place	 inner = { p->root, p->why, path };

		if (!holds(&inner, items, one))
			return false;
	}
	return true;
}

static bool
check_any(const struct place *p, json_t *list, json_t *value)
{
	json_t	*one;
	size_t	 i;

	json_array_foreach(list, i, one)
		if (holds(p, one, value))
			return true;
	return false;
}

static bool
check_ref(const struct place *p, const char *ref, json_t *value)
{
	json_t	*defs = json_object_get(p->root, "$defs");

	if (!g_str_has_prefix(ref, "#/$defs/") ||
	    json_object_get(defs, ref + strlen("#/$defs/")) == NULL)
		return wrong(p, "refers to nothing:", ref);
	return holds(p, json_object_get(defs, ref + strlen("#/$defs/")), value);
}

static bool
check_keyword(const struct place *p, json_t *schema, const char *word, json_t *arg, json_t *value)
{
	static const char *const	silent[] = { "$schema", "$id", "$defs", "title",
		"description", "properties", "required", NULL };

	if (g_strv_contains(silent, word))
		return true;
	if (strcmp(word, "$ref") == 0)
		return check_ref(p, json_string_value(arg), value);
	if (strcmp(word, "type") == 0)
		return check_type(p, arg, value);
	if (strcmp(word, "enum") == 0)
		return check_enum(p, arg, value);
	if (strcmp(word, "const") == 0)
		return json_equal(arg, value) || wrong(p, "is not the constant", "");
	if (strcmp(word, "pattern") == 0)
		return check_pattern(p, arg, value);
	if (strcmp(word, "format") == 0)
		return check_time(p, value);
	if (strcmp(word, "minimum") == 0)
		return json_integer_value(value) >= json_integer_value(arg) ||
		    wrong(p, "too small", "");
	if (strcmp(word, "items") == 0)
		return check_items(p, arg, value);
	if (strcmp(word, "anyOf") == 0)
		return check_any(p, arg, value);
	if (strcmp(word, "additionalProperties") == 0)
		return check_members(p, schema, value);
	return wrong(p, "keyword is not known here:", word);
}

static bool
holds(const struct place *p, json_t *schema, json_t *value)
{
	const char	*word;
	json_t		*arg;

	json_object_foreach(schema, word, arg)
		if (!check_keyword(p, schema, word, arg, value))
			return false;
	return true;
}

bool
schema_holds(json_t *schema, json_t *value, GString *why)
{
	struct place	p = { schema, why, "" };

	return holds(&p, schema, value);
}
