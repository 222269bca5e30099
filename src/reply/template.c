/* SPDX-License-Identifier: ISC */
#include "reply/template.h"

#include <glib.h>
#include <stdbool.h>
#include <string.h>

static const char *const kind_names[] = {
	[TEMPLATE_QUESTION] = "question",
	[TEMPLATE_ACKNOWLEDGEMENT] = "acknowledgement",
	[TEMPLATE_TOO_LARGE] = "too_large",
};

const char *
template_kind_name(enum template_kind kind)
{
	return kind_names[kind];
}

/* The value for a place, or NULL if there is no such place. */
static const char *
value_of(const char *place, size_t len, const struct template_values *v)
{
	const struct { const char *name, *value; } places[] = {
		{ "ticket", v->ticket }, { "questions", v->questions }, { "intro", v->intro },
		{ "signature", v->signature },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(places); i++)
		if (strlen(places[i].name) == len && strncmp(place, places[i].name, len) == 0)
			return places[i].value == NULL ? "" : places[i].value;
	return NULL;
}

static int
check_text(const char *text, const char *what, struct err *e)
{
	static const struct template_values	 none;
	const char				*open = text, *close;

	for (; (open = strstr(open, "{{")) != NULL; open = close) {
		if ((close = strstr(open, "}}")) == NULL)
			return err_set(e, ERR_CONFIG, "%s: {{ without }}", what);
		if (value_of(open + 2, (size_t)(close - open - 2), &none) == NULL)
			return err_set(e, ERR_CONFIG, "%s: unknown place %.*s; there are {{ticket}}, "
			    "{{questions}}, {{intro}}, {{signature}}", what,
			    (int)MIN(close + 2 - open, 60), open);
	}
	return 0;
}

int
template_check(const struct template_text *t, struct err *e)
{
	if (t->subject != NULL) {
		if (check_text(t->subject, "subject", e) == -1)
			return -1;
		if (strpbrk(t->subject, "\r\n") != NULL)
			return err_set(e, ERR_CONFIG, "subject: must be one line");
	}
	if (check_text(t->body, "body", e) == -1)
		return -1;
	if (t->kind == TEMPLATE_QUESTION && strstr(t->body, "{{questions}}") == NULL)
		return err_set(e, ERR_CONFIG, "body: has no {{questions}}");
	return 0;
}

/* One blank line at most, none at the ends; so an empty place leaves no hole. */
static char *
close_holes(const char *text)
{
	GString	*out = g_string_new(NULL);
	size_t	 breaks = 0;

	for (text += strspn(text, "\n"); *text != '\0'; text++) {
		if (*text == '\n') {
			breaks++;
			continue;
		}
		for (; breaks > 0; breaks--)
			if (breaks <= 2)
				g_string_append_c(out, '\n');
		g_string_append_c(out, *text);
	}
	return g_string_free(out, FALSE);
}

char *
template_fill(const char *text, const struct template_values *v)
{
	g_autoptr(GString)	 out = g_string_new(NULL);
	const char		*open, *close, *value;

	while ((open = strstr(text, "{{")) != NULL && (close = strstr(open, "}}")) != NULL) {
		g_string_append_len(out, text, open - text);
		if ((value = value_of(open + 2, (size_t)(close - open - 2), v)) != NULL)
			g_string_append(out, value);
		text = close + 2;
	}
	g_string_append(out, text);
	return close_holes(out->str);
}

int
template_fits(const char *template_language, const char *language)
{
	size_t	 n = strlen(template_language);

	if (n == 0)
		return 1;
	if (language == NULL || g_ascii_strncasecmp(template_language, language, n) != 0)
		return 0;
	if (language[n] == '\0')
		return 3;
	return language[n] == '-' || language[n] == '_' ? 2 : 0;
}
