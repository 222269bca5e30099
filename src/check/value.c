/* SPDX-License-Identifier: ISC */
#include "check/value.h"

#include <string.h>

#include "base/text.h"
#include "check/date.h"

enum { TEXT_MAX = 2000, SHOWN_MAX = 80, PHONE_MIN = 5, PHONE_MAX = 15 };

static const char *const type_names[] = {
	[VALUE_TEXT] = "text", [VALUE_NUMBER] = "number", [VALUE_DATE] = "date",
	[VALUE_EMAIL] = "email", [VALUE_PHONE] = "phone", [VALUE_CHOICE] = "choice"
};

int
value_rule_init(struct value_rule *r, const struct settings_detail *set, struct err *e)
{
	const char	*type = set->type != NULL ? set->type : "text";
	size_t		 i;

	memset(r, 0, sizeof *r);
	r->set = set;
	for (i = 0; i < G_N_ELEMENTS(type_names); i++)
		if (strcmp(type, type_names[i]) == 0)
			break;
	if (i == G_N_ELEMENTS(type_names))
		return err_set(e, ERR_CONFIG, "detail \"%s\": type \"%s\" is not known", set->name,
		    type);
	r->type = (enum value_type)i;
	if (r->type == VALUE_CHOICE && (set->choices == NULL || set->choices->len == 0))
		return err_set(e, ERR_CONFIG, "detail \"%s\": a choice without choices", set->name);
	if (set->valid == NULL || set->valid[0] == '\0')
		return 0;
	if ((r->whole = pattern_new(set->valid, PATTERN_WHOLE, e)) == NULL ||
	    (r->word = pattern_new(set->valid, PATTERN_WORD, e)) == NULL) {
		value_rule_fini(r);
		return err_prefix(e, "detail \"%s\": valid", set->name);
	}
	return 0;
}

void
value_rule_fini(struct value_rule *r)
{
	pattern_free(r->whole);
	pattern_free(r->word);
	r->whole = r->word = NULL;
}

bool
value_takes_anything(const struct value_rule *r)
{
	return r->type == VALUE_TEXT && r->whole == NULL;
}

/* Without blanks around, without the punctuation and quotes of a sentence. */
static char *
trim(const char *raw)
{
	static const char *const	marks[] = { ".", ",", ";", "!", "\"", "'", "„", "“", "”",
		"«", "»", "*", "_", "`", "<", ">", "#", ":", "=", NULL };
	char				*s = g_strstrip(g_strdup(raw));
	size_t				 i, len = strlen(s), mark;
	bool				 again = len > 0 && !(g_ascii_isalnum(s[0]) &&
					    g_ascii_isalnum(s[len - 1]));

	while (again) {
		again = false;
		for (i = 0; marks[i] != NULL; i++) {
			len = strlen(s);
			mark = strlen(marks[i]);
			if (len > mark && g_str_has_suffix(s, marks[i])) {
				s[len - mark] = '\0';
				again = true;
			} else if (len > mark && g_str_has_prefix(s, marks[i])) {
				memmove(s, s + mark, len - mark + 1);
				again = true;
			}
		}
		g_strstrip(s);
	}
	return s;
}

static bool
is_valid(const struct value_rule *r, const char *value)
{
	return r->whole == NULL ||
	    pattern_find(r->whole, value, strlen(value), 0, NULL, NULL) == PATTERN_YES;
}

/* "1234 5678", "12-345.678": the same number, grouped for the eye. */
static char *
compact(const char *value)
{
	GString		*out = g_string_new(NULL);
	const char	*at;

	for (at = value; *at != '\0'; at++)
		if (strchr(" \t-./", *at) == NULL)
			g_string_append_c(out, *at);
	return g_string_free(out, FALSE);
}

static char *
read_checked_text(const struct value_rule *r, const char *raw, bool search)
{
	g_autofree char	*plain = g_strstrip(g_strdup(raw)), *value = trim(raw);
	g_autofree char	*tight = compact(value);
	struct span	 hit;

	if (is_valid(r, plain))
		return g_steal_pointer(&plain);
	if (is_valid(r, value))
		return g_steal_pointer(&value);
	if (tight[0] != '\0' && is_valid(r, tight))
		return g_steal_pointer(&tight);
	if (!search ||
	    pattern_find(r->word, raw, strlen(raw), 0, &hit, NULL) != PATTERN_YES)
		return NULL;
	return g_strndup(raw + hit.from, hit.to - hit.from);
}

static char *
read_text(const struct value_rule *r, const char *raw, bool search)
{
	char	*value;

	if (r->whole != NULL)
		return read_checked_text(r, raw, search);
	value = g_strstrip(g_strdup(raw));
	value[text_cut(value, strlen(value), TEXT_MAX)] = '\0';
	if (value[0] != '\0')
		return value;
	g_free(value);
	return NULL;
}

/* Is the last mark before the digits a decimal one? */
static bool
is_decimal(const char *digits, char mark, const char *language)
{
	const char	*first = strchr(digits, mark), *last = strrchr(digits, mark);
	char		 other = mark == '.' ? ',' : '.';
	bool		 comma = language != NULL && !g_str_has_prefix(language, "en");

	if (first != last)
		return false;
	if (strchr(digits, other) != NULL)
		return strrchr(digits, other) < last;
	if (strlen(last + 1) != 3 || last - digits > 3 || digits[0] == '0')
		return true;
	return mark == (comma ? ',' : '.');
}

static char *
spell_number(const char *digits, const char *language)
{
	GString		*out = g_string_new(NULL);
	bool		 dot = strchr(digits, '.') != NULL && is_decimal(digits, '.', language);
	bool		 comma = strchr(digits, ',') != NULL && is_decimal(digits, ',', language);
	const char	*at;

	for (at = digits; *at != '\0'; at++) {
		if (g_ascii_isdigit(*at) || *at == '-')
			g_string_append_c(out, *at);
		else if ((*at == '.' && dot) || (*at == ',' && comma))
			g_string_append_c(out, '.');
	}
	return g_string_free(out, FALSE);
}

/* The first number in the text with its grouping marks, and where it ends. */
static char *
first_number(const char *raw, const char **begin, const char **end)
{
	GString		*out = g_string_new(NULL);
	const char	*at = raw + strcspn(raw, "0123456789");

	*begin = at;
	if (*at != '\0' && at > raw && at[-1] == '-' && (at - 1 == raw || at[-2] == ' ')) {
		*begin = at - 1;
		g_string_append_c(out, '-');
	}
	for (; *at != '\0'; at++) {
		if (g_ascii_isdigit(*at))
			g_string_append_c(out, *at);
		else if ((*at == '.' || *at == ',') && g_ascii_isdigit(at[1]))
			g_string_append_c(out, *at);
		else if (!((*at == ' ' || *at == '\'') && g_ascii_isdigit(at[1]) &&
		    g_ascii_isdigit(at[2]) && g_ascii_isdigit(at[3]) && !g_ascii_isdigit(at[4])))
			break;
	}
	*end = at;
	return g_string_free(out, FALSE);
}

/* Only signs and currency words around it: then it is the whole value. */
static bool
is_unit(const char *text, size_t len)
{
	size_t	i, letters = 0;

	for (i = 0; i < len; i++)
		letters += g_ascii_isalpha(text[i]);
	return letters <= 3;
}

static char *
read_number(const struct value_rule *r, const char *raw, bool search,
    const struct value_reading *how)
{
	const char	*begin, *end;
	g_autofree char	*digits = first_number(raw, &begin, &end), *value = NULL;

	if (digits[0] == '\0')
		return NULL;
	if (!search && !(is_unit(raw, (size_t)(begin - raw)) && is_unit(end, strlen(end))))
		return NULL;
	value = spell_number(digits, how->language);
	return is_valid(r, value) ? g_steal_pointer(&value) : NULL;
}

static char *
read_date(const struct value_rule *r, const char *raw, const struct value_reading *how,
    char **problem)
{
	char	day[DATE_SIZE];

	switch (date_find(raw, how->language, how->now_ms, day)) {
	case DATE_NONE:
		return NULL;
	case DATE_AMBIGUOUS:
		*problem = g_strdup("day and month can be read both ways; "
		    "please write the date as year-month-day");
		return NULL;
	case DATE_FOUND:
		break;
	}
	return is_valid(r, day) ? g_strdup(day) : NULL;
}

static char *
read_email(const struct value_rule *r, const char *raw, bool search)
{
	g_auto(GStrv)	words = g_strsplit_set(raw, " \t\n,;<>()[]\"", -1);
	g_autofree char	*value = NULL;
	size_t		 i, others = 0;

	for (i = 0; words[i] != NULL; i++) {
		const char	*word = words[i];

		if (g_str_has_prefix(word, "mailto:"))
			word += strlen("mailto:");
		if (value == NULL && strchr(word, '@') != NULL) {
			g_free(value);
			value = g_strdup(word);
			while (g_str_has_suffix(value, ".") || g_str_has_suffix(value, ":"))
				value[strlen(value) - 1] = '\0';
			if (!text_is_address(value))
				g_clear_pointer(&value, g_free);
		} else {
			others += word[0] != '\0';
		}
	}
	if (value == NULL || (others > 0 && !search) || !is_valid(r, value))
		return NULL;
	return g_steal_pointer(&value);
}

/* One run of digits with what people put between them. */
static char *
phone_at(const char *at, const char **end)
{
	GString	*out = g_string_new(NULL);

	if (*at == '+') {
		g_string_append_c(out, '+');
		at++;
	}
	for (; *at != '\0' && strchr("0123456789 \t()/.-", *at) != NULL; at++)
		if (g_ascii_isdigit(*at))
			g_string_append_c(out, *at);
	*end = at;
	/* +49 (0)30: the zero is for those who call from inside. */
	if (g_str_has_prefix(out->str, "00")) {
		g_string_erase(out, 0, 2);
		g_string_prepend_c(out, '+');
	}
	return g_string_free(out, FALSE);
}

static char *
read_phone(const struct value_rule *r, const char *raw, bool search)
{
	g_autofree char	*plain = NULL;
	g_auto(GStrv)	 parts = g_strsplit(raw, "(0)", 2);
	const char	*at, *end;
	size_t		 digits;

	plain = strchr(raw, '+') != NULL ? g_strjoinv(" ", parts) : g_strdup(raw);
	for (at = plain; *at != '\0'; at = MAX(end, at + 1)) {
		at += strcspn(at, "+(0123456789");
		if (*at == '\0')
			break;
		g_autofree char *number = phone_at(at, &end);

		digits = strlen(number) - (number[0] == '+');
		if (digits < PHONE_MIN || digits > PHONE_MAX || !is_valid(r, number))
			continue;
		if (!search && !(is_unit(plain, (size_t)(at - plain)) &&
		    is_unit(end, strlen(end))))
			continue;
		return g_steal_pointer(&number);
	}
	return NULL;
}

static bool
is_edge(gunichar c)
{
	return !g_unichar_isalnum(c);
}

/* Does the folded text hold the folded words, not inside a longer word? */
static bool
holds_words(const char *text, const char *words)
{
	const char	*at = text;
	size_t		 len = strlen(words);

	while (len > 0 && (at = strstr(at, words)) != NULL) {
		if ((at == text || is_edge(g_utf8_get_char(g_utf8_prev_char(at)))) &&
		    is_edge(g_utf8_get_char(at + len)))
			return true;
		at = g_utf8_next_char(at);
	}
	return false;
}

static char *
read_choice(const struct value_rule *r, const char *raw, bool search)
{
	g_autofree char	*value = trim(raw), *folded = g_utf8_casefold(value, -1);
	const char	*begins = NULL, *held = NULL;
	unsigned	 n_begin = 0, n_held = 0;
	guint		 i;

	for (i = 0; i < r->set->choices->len; i++) {
		const char	*choice = r->set->choices->pdata[i];
		g_autofree char	*name = g_utf8_casefold(choice, -1);

		if (strcmp(name, folded) == 0)
			return g_strdup(choice);
		if (folded[0] != '\0' && g_str_has_prefix(name, folded)) {
			begins = choice;
			n_begin++;
		}
		if (search && holds_words(folded, name)) {
			held = choice;
			n_held++;
		}
	}
	if (n_begin == 1)
		return g_strdup(begins);
	return n_held == 1 ? g_strdup(held) : NULL;
}

/* In the operator's words if there are some, for they speak the language. */
static char *
word_problem(const struct value_rule *r, const char *raw)
{
	g_autofree char	*shown = text_one_line(raw, strlen(raw), SHOWN_MAX);
	GString		*s = g_string_new(NULL);
	guint		 i;

	g_string_printf(s, "\"%s\"", shown);
	if (r->set->hint != NULL && r->set->hint[0] != '\0') {
		g_string_append_printf(s, ": %s", r->set->hint);
		return g_string_free(s, FALSE);
	}
	switch (r->type) {
	case VALUE_TEXT:
		g_string_append(s, " is not in the form that we expect");
		break;
	case VALUE_NUMBER:
		g_string_append(s, " is not the number that we expect");
		break;
	case VALUE_DATE:
		g_string_append(s, " is not a date that we can read");
		break;
	case VALUE_EMAIL:
		g_string_append(s, " is not an e-mail address");
		break;
	case VALUE_PHONE:
		g_string_append(s, " is not a phone number");
		break;
	case VALUE_CHOICE:
		g_string_append(s, " is none of");
		for (i = 0; i < r->set->choices->len; i++)
			g_string_append_printf(s, "%s %s", i > 0 ? "," : "",
			    (const char *)r->set->choices->pdata[i]);
		break;
	}
	return g_string_free(s, FALSE);
}

static char *
read_typed(const struct value_rule *r, const char *raw, bool search,
    const struct value_reading *how, char **problem)
{
	switch (r->type) {
	case VALUE_TEXT:
		return read_text(r, raw, search);
	case VALUE_NUMBER:
		return read_number(r, raw, search, how);
	case VALUE_DATE:
		return read_date(r, raw, how, problem);
	case VALUE_EMAIL:
		return read_email(r, raw, search);
	case VALUE_PHONE:
		return read_phone(r, raw, search);
	case VALUE_CHOICE:
		return read_choice(r, raw, search);
	}
	return NULL;
}

char *
value_read(const struct value_rule *r, const char *raw, bool search,
    const struct value_reading *how, char **problem)
{
	g_autofree char	*text = text_valid(raw, MIN(strlen(raw), PATTERN_TEXT_MAX), NULL);
	char		*value;

	*problem = NULL;
	if (!value_takes_anything(r) && strlen(text) > TEXT_MAX)
		text[text_cut(text, strlen(text), TEXT_MAX)] = '\0';
	value = read_typed(r, text, search, how, problem);
	if (value == NULL && *problem == NULL)
		*problem = word_problem(r, text);
	return value;
}
