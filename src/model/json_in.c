/* SPDX-License-Identifier: ISC */
#include "model/json_in.h"

json_t *
json_in_parse(const char *text, size_t len, struct err *e)
{
	json_error_t	 why;
	json_t		*root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &why);

	if (root == NULL) {
		err_set(e, ERR_PERM, "not JSON: %s", why.text);
		return NULL;
	}
	if (json_is_object(root))
		return root;
	json_decref(root);
	err_set(e, ERR_PERM, "not a JSON object");
	return NULL;
}

void
json_in_start(struct json_in *in, json_t *object)
{
	in->object = json_is_object(object) ? object : NULL;
	in->taken = 0;
	in->wrong = in->object == NULL ? "object" : NULL;
}

void
json_in_reject(struct json_in *in, const char *name)
{
	if (in->wrong == NULL)
		in->wrong = name;
}

static json_t *
take(struct json_in *in, const char *name)
{
	json_t	*value;

	if (in->wrong != NULL)
		return NULL;
	if ((value = json_object_get(in->object, name)) == NULL)
		json_in_reject(in, name);
	else
		in->taken++;
	return value;
}

char *
json_in_str(struct json_in *in, const char *name, bool may_be_null)
{
	json_t	*value;

	/* Lua cannot hold nil in a table: what is NULL there is left out. */
	if (may_be_null && json_object_get(in->object, name) == NULL)
		return NULL;
	value = take(in, name);
	if (json_is_string(value))
		return g_strdup(json_string_value(value));
	if (value != NULL && !(may_be_null && json_is_null(value)))
		json_in_reject(in, name);
	/* A caller that allows no NULL gets none, also after a mistake. */
	return may_be_null ? NULL : g_strdup("");
}

int64_t
json_in_int(struct json_in *in, const char *name, int64_t min, int64_t max)
{
	json_t	*value = take(in, name);

	if (json_is_integer(value) && json_integer_value(value) >= min &&
	    json_integer_value(value) <= max)
		return json_integer_value(value);
	if (value != NULL)
		json_in_reject(in, name);
	return min;
}

bool
json_in_bool(struct json_in *in, const char *name)
{
	json_t	*value = take(in, name);

	if (value != NULL && !json_is_boolean(value))
		json_in_reject(in, name);
	return json_is_true(value);
}

json_t *
json_in_array(struct json_in *in, const char *name, size_t max)
{
	json_t	*value = take(in, name);

	if (json_is_array(value) && json_array_size(value) <= max)
		return value;
	/* Redis' cjson writes an empty array as an empty object. */
	if (json_is_object(value) && json_object_size(value) == 0)
		return NULL;
	if (value != NULL)
		json_in_reject(in, name);
	return NULL;
}

json_t *
json_in_object(struct json_in *in, const char *name, bool may_be_null)
{
	json_t	*value = take(in, name);

	if (json_is_object(value))
		return value;
	if (value != NULL && !(may_be_null && json_is_null(value)))
		json_in_reject(in, name);
	return NULL;
}

void
json_in_strings(struct json_in *in, const char *name, GPtrArray *out, size_t max)
{
	json_t	*array = json_in_array(in, name, max), *value;
	size_t	 i;

	json_array_foreach(array, i, value) {
		if (json_is_string(value))
			g_ptr_array_add(out, g_strdup(json_string_value(value)));
		else
			json_in_reject(in, name);
	}
}

int
json_in_end(struct json_in *in, const char *what, struct err *e)
{
	if (in->wrong != NULL)
		return err_set(e, ERR_PERM, "%s: \"%s\" is missing or not right", what,
		    in->wrong);
	if (in->taken != json_object_size(in->object))
		return err_set(e, ERR_PERM, "%s: a member that is not known", what);
	return 0;
}
