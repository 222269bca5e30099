/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "base/text.h"
#include "normalize/from_json.h"
#include "normalize/language.h"

#define MAX_FIELDS	50
#define MAX_LINE	1000

static char *
line_of(const json_t *root, const char *name)
{
	g_autofree char	*text = from_json_text(json_object_get(root, name));
	char		*line;

	if (text == NULL)
		return NULL;
	line = text_one_line(text, strlen(text), MAX_LINE);
	if (*line == '\0')
		g_clear_pointer(&line, g_free);
	return line;
}

static void
add_fields(struct message *m, json_t *fields)
{
	const char	*name;
	json_t		*value;
	unsigned	 n = 0;

	json_object_foreach(fields, name, value) {
		g_autofree char	*text = from_json_text(value);
		g_autofree char	*key = text_one_line(name, strlen(name), 100);

		if (text != NULL && *key != '\0' && n++ < MAX_FIELDS)
			message_add_field(m, key, text);
	}
}

/* Who it is: what the visitor typed, unproven unless the channel says so. */
static void
read_visitor(struct message *m, const json_t *root, const struct arrival *a)
{
	g_autofree char	*name = line_of(root, "name"), *email = line_of(root, "email");

	if (email != NULL && text_is_address(email))
		m->from = address_new(name, email);
	else if (email != NULL)
		message_warn(m, "chat-email: not an address");
	if (m->from == NULL && name != NULL)
		message_add_field(m, "name", name);
	if (arrival_fact(a, ARRIVAL_FACT_SESSION) != NULL)
		m->session = g_strdup(arrival_fact(a, ARRIVAL_FACT_SESSION));
}

void
from_chat(struct message *m, const struct arrival *a, const struct normalize_options *o)
{
	json_t		*root = from_json_load(m, a, o);
	gsize		 len;
	const char	*bytes = g_bytes_get_data(a->bytes, &len);
	g_autofree char	*page = NULL;

	if (json_is_object(root)) {
		m->full_text = from_json_text(json_object_get(root, "text"));
		m->subject = line_of(root, "subject");
		m->language = line_of(root, "language");
		m->message_id = line_of(root, "client_id");
		read_visitor(m, root, a);
		add_fields(m, json_object_get(root, "fields"));
		if ((page = line_of(root, "page")) != NULL)
			message_add_field(m, "page", page);
	}
	if (m->full_text == NULL)
		m->full_text = root != NULL ? from_json_text(root) :
		    text_valid(bytes != NULL ? bytes : "", len, NULL);
	if (m->full_text == NULL)
		m->full_text = g_strdup("");
	m->text = g_strdup(m->full_text);
	m->date_ms = a->received_ms;
	if (m->language == NULL)
		m->language = g_strdup(language_guess(m->text));
	if (root != NULL)
		json_decref(root);
}
