/* SPDX-License-Identifier: ISC */
#include "normalize/bounce_dsn.h"

#include <glib.h>
#include <string.h>

#include "base/text.h"
#include "normalize/bounce_status.h"

#define MAX_RECIPIENTS	100
#define MAX_DIAGNOSTIC	1000

/* One recipient's fields while they come in. */
struct fields {
	char	*final;
	char	*original;
	char	*action;
	char	*status;
	char	*diagnostic;
};

static void
set(char **field, char *value)
{
	g_free(*field);
	*field = value;
}

static int
hex_digit(char c)
{
	return g_ascii_isxdigit(c) && !g_ascii_islower(c) ? g_ascii_xdigit_value(c) : -1;
}

/* RFC 3461 xtext: "+40" is "@". */
static char *
decode_xtext(const char *s)
{
	GString	*out = g_string_new(NULL);

	for (; *s != '\0'; s++)
		if (*s == '+' && hex_digit(s[1]) >= 0 && hex_digit(s[2]) >= 0) {
			g_string_append_c(out, (char)(hex_digit(s[1]) * 16 + hex_digit(s[2])));
			s += 2;
		} else {
			g_string_append_c(out, *s);
		}
	return g_string_free(out, FALSE);
}

/* RFC 6533 utf-8-addr-xtext: "\x{FC}" is U+00FC. */
static char *
decode_unitext(const char *s)
{
	GString	*out = g_string_new(NULL);

	for (; *s != '\0'; s++) {
		char	*end;
		guint64	 c;

		if (strncmp(s, "\\x{", 3) != 0) {
			g_string_append_c(out, *s);
			continue;
		}
		c = g_ascii_strtoull(s + 3, &end, 16);
		if (*end != '}' || c == 0 || c > 0x10ffff || !g_unichar_validate((gunichar)c)) {
			g_string_append_c(out, *s);
			continue;
		}
		g_string_append_unichar(out, (gunichar)c);
		s = end;
	}
	return g_string_free(out, FALSE);
}

/* What stands in <>, or the first word. */
static char *
bare_address(const char *s)
{
	const char	*open = strchr(s, '<');
	const char	*close = open == NULL ? NULL : strchr(open, '>');

	if (close != NULL)
		return g_strstrip(g_strndup(open + 1, (gsize)(close - open - 1)));
	while (*s == ' ' || *s == '\t' || *s == '"' || *s == '\'')
		s++;
	return g_strndup(s, strcspn(s, " \t,;()<>\"'"));
}

char *
bounce_dsn_address(const char *value)
{
	const char		*semicolon = strchr(value, ';');
	const char		*text = semicolon == NULL ? value : semicolon + 1;
	bool			 utf8 = g_ascii_strncasecmp(value, "utf-8", 5) == 0;
	g_autofree char		*bare = bare_address(text);
	char			*addr = utf8 ? decode_unitext(bare) : g_strdup(bare);

	/* also where only what has to be encoded is: "carla+2Btag@customer.example" */
	if (strchr(addr, '@') == NULL || strstr(addr, "+2B") != NULL)
		set(&addr, decode_xtext(addr));
	g_strdelimit(addr, "\r\n\t ", '_');
	if (strchr(addr, '@') != NULL && text_is_address(addr))
		return addr;
	g_free(addr);
	return NULL;
}

/* "failed (permanent)" and "failure" to the word of RFC 3464, or NULL. */
static char *
clean_action(const char *value)
{
	static const char *const words[][2] = {
		{ "fail", "failed" }, { "delay", "delayed" }, { "deliver", "delivered" },
		{ "relay", "relayed" }, { "expand", "expanded" }, { "bounce", "failed" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
		if (g_ascii_strncasecmp(value, words[i][0], strlen(words[i][0])) == 0)
			return g_strdup(words[i][1]);
	return NULL;
}

static char *
clean_diagnostic(const char *value)
{
	const char	*semicolon = strchr(value, ';');
	size_t		 type = strcspn(value, " \t");

	/* "smtp; 550 ...": the type is one short word */
	if (semicolon != NULL && (size_t)(semicolon - value) <= MIN(type, 16))
		value = semicolon + 1;
	while (*value == ' ')
		value++;
	return text_one_line(value, strlen(value), MAX_DIAGNOSTIC);
}

static const char *
action_of_status(const char *status)
{
	if (status == NULL || *status == '5')
		return "failed";
	return *status == '2' ? "delivered" : "delayed";
}

/* "5.0.0" says nothing that "550 5.1.1 ..." does not say better. */
static void
sharpen(char status[BOUNCE_STATUS_SIZE], const char *diagnostic)
{
	g_autofree char	*both = g_strdup_printf("%s %s", status, diagnostic);

	bounce_status_written(both, status);
}

/* Whom we wrote to, where it is not who was not reached in the end. */
static void
set_original(struct bounce_recipient *r, const char *original)
{
	if (original != NULL && g_ascii_strcasecmp(original, r->address) != 0)
		r->original = g_strdup(original);
}

/* One recipient is complete: give it to the bounce and begin anew. */
static void
flush(struct fields *f, struct bounce *b)
{
	const char	*addr = f->final != NULL ? f->final : f->original;
	char		 status[BOUNCE_STATUS_SIZE] = "";

	if (f->status != NULL && !bounce_status_written(f->status, status))
		*status = '\0';
	if (*status != '\0' && f->diagnostic != NULL)
		sharpen(status, f->diagnostic);
	if (*status == '\0' && f->diagnostic != NULL && !bounce_status_written(f->diagnostic, status))
		bounce_status_meant(f->diagnostic, status);
	if (addr != NULL && b->recipients->len < MAX_RECIPIENTS)
		set_original(bounce_add(b, addr, f->action != NULL ? f->action :
		    action_of_status(*status == '\0' ? NULL : status),
		    *status == '\0' ? NULL : status, f->diagnostic), f->original);
	set(&f->final, NULL);
	set(&f->original, NULL);
	set(&f->action, NULL);
	set(&f->status, NULL);
	set(&f->diagnostic, NULL);
}

/* A field that this recipient has already belongs to the next one. */
static void
take(char **field, char *value, struct fields *f, struct bounce *b)
{
	if (value == NULL)
		return;
	if (*field != NULL)
		flush(f, b);
	set(field, value);
}

static void
take_message_id(struct bounce *b, const char *value)
{
	if (b->original_message_id == NULL && strchr(value, '@') != NULL)
		b->original_message_id = bare_address(value);
}

static void
take_field(struct fields *f, struct bounce *b, const char *name, const char *value)
{
	if (g_ascii_strcasecmp(name, "Final-Recipient") == 0) {
		take(&f->final, bounce_dsn_address(value), f, b);
	} else if (g_ascii_strcasecmp(name, "Original-Recipient") == 0) {
		if (f->final != NULL && f->action != NULL && f->original == NULL && f->status != NULL)
			flush(f, b);
		take(&f->original, bounce_dsn_address(value), f, b);
	} else if (g_ascii_strcasecmp(name, "Action") == 0) {
		take(&f->action, clean_action(value), f, b);
	} else if (g_ascii_strcasecmp(name, "Status") == 0) {
		take(&f->status, g_strdup(value), f, b);
	} else if (g_ascii_strcasecmp(name, "Diagnostic-Code") == 0) {
		if (f->diagnostic == NULL)
			f->diagnostic = clean_diagnostic(value);
	} else if (g_ascii_strcasecmp(name, "Reporting-MTA") == 0) {
		if (b->reporting_mta == NULL)
			b->reporting_mta = clean_diagnostic(value);
	} else if (g_ascii_strcasecmp(name, "X-Original-Message-ID") == 0 ||
	    g_ascii_strcasecmp(name, "Original-Message-ID") == 0 ||
	    g_ascii_strcasecmp(name, "X-Postfix-Original-Message-ID") == 0) {
		take_message_id(b, value);
	}
}

/* "Name: value" with its folded lines; what is none is passed over. */
static void
take_line(struct fields *f, struct bounce *b, const char *line)
{
	const char	*colon = strchr(line, ':');
	g_autofree char	*name = NULL, *value = NULL;

	if (colon == NULL || colon == line || colon - line > 60)
		return;
	name = g_strstrip(g_strndup(line, (gsize)(colon - line)));
	value = g_strstrip(g_strdup(colon + 1));
	take_field(f, b, name, value);
}

void
bounce_dsn_parse(const char *text, size_t len, struct bounce *b)
{
	g_autofree char		*copy = g_strndup(text, len);
	g_auto(GStrv)		 lines = g_strsplit(copy, "\n", 20000);
	g_autoptr(GString)	 whole = g_string_new(NULL);
	struct fields		 f = { 0 };

	for (size_t i = 0; lines[i] != NULL; i++) {
		const char	*line = lines[i];

		if ((*line == ' ' || *line == '\t') && whole->len > 0 && *g_strchug(lines[i]) != '\0') {
			g_string_append_c(whole, ' ');
			g_string_append(whole, lines[i]);
			continue;
		}
		take_line(&f, b, whole->str);
		g_string_assign(whole, line);
		if (*g_strstrip(lines[i]) == '\0' && (f.final != NULL || f.original != NULL))
			flush(&f, b);
	}
	take_line(&f, b, whole->str);
	flush(&f, b);
}

bool
bounce_dsn_looks_like(const char *text)
{
	static const char *const names[] = { "Final-Recipient:", "Original-Recipient:" };

	if (strcasestr(text, "\nAction:") == NULL)
		return false;
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
		for (const char *p = text; (p = strcasestr(p, names[i])) != NULL; p++)
			if (p == text || p[-1] == '\n')
				return true;
	return false;
}
