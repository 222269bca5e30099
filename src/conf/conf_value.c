/* SPDX-License-Identifier: ISC */
#include "conf/conf_value.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

struct unit {
	const char	*name;
	long long	 factor;
};

static const struct unit size_units[] = {
	{ "", 1 }, { "K", 1LL << 10 }, { "M", 1LL << 20 }, { "G", 1LL << 30 },
	{ "KB", 1LL << 10 }, { "MB", 1LL << 20 }, { "GB", 1LL << 30 }, { NULL, 0 }
};
static const struct unit time_units[] = {
	{ "ms", 1 }, { "s", 1000 }, { "m", 60000 }, { "h", 3600000 }, { "d", 86400000 },
	{ NULL, 0 }
};
static const struct unit no_units[] = { { "", 1 }, { NULL, 0 } };

static const char *const truths[] = { "yes", "true", "on", "no", "false", "off" };

static void *
place(const struct conf_key *key, const void *base)
{
	return (char *)(uintptr_t)base + key->offset;
}

bool
conf_value_is_list(const struct conf_key *key)
{
	return key->type == CONF_LIST || key->type == CONF_REGEX_LIST;
}

static int
word_index(const char *const *words, const char *text)
{
	int	i;

	for (i = 0; words[i] != NULL; i++)
		if (strcmp(words[i], text) == 0)
			return i;
	return -1;
}

static int
check_word(const struct conf_key *key, const char *text, struct err *e)
{
	g_autofree char	*all = NULL;

	if (word_index(key->words, text) >= 0)
		return 0;
	all = g_strjoinv(", ", (char **)(uintptr_t)key->words);
	return err_set(e, ERR_CONFIG, "%s = \"%s\" is none of: %s", key->name, text, all);
}

static const struct unit *
units_of(const struct conf_key *key)
{
	return key->type == CONF_SIZE ? size_units :
	    key->type == CONF_TIME ? time_units : no_units;
}

static int
parse_number(const struct conf_key *key, const char *text, long long *value)
{
	const struct unit	*unit;
	char			*rest;

	errno = 0;
	*value = strtoll(text, &rest, 10);
	if (rest == text || errno != 0)
		return -1;
	if (key->type == CONF_TIME && strcmp(text, "0") == 0)
		return 0;
	for (unit = units_of(key); unit->name != NULL; unit++)
		if (strcmp(unit->name, rest) == 0)
			return __builtin_mul_overflow(*value, unit->factor, value) ? -1 : 0;
	return -1;
}

static int
check_number(const struct conf_key *key, const char *text, struct err *e)
{
	static const char *const	examples[] = {
		[CONF_INT] = "a number like 10",
		[CONF_SIZE] = "a size like 500K, 64M or 2G",
		[CONF_TIME] = "a time like 250ms, 30s, 5m, 24h or 7d",
	};
	long long			value;

	if (parse_number(key, text, &value) == -1)
		return err_set(e, ERR_CONFIG, "%s = \"%s\" is not %s", key->name, text,
		    examples[key->type]);
	if ((key->min != 0 || key->max != 0) && (value < key->min || value > key->max))
		return err_set(e, ERR_CONFIG,
		    "%s = \"%s\" is out of range: %lld to %lld%s are allowed", key->name, text,
		    key->min, key->max,
		    key->type == CONF_TIME ? " milliseconds" : key->type == CONF_SIZE ?
		    " bytes" : "");
	return 0;
}

static int
check_bool(const struct conf_key *key, const char *text, struct err *e)
{
	size_t	i;

	for (i = 0; i < G_N_ELEMENTS(truths); i++)
		if (strcmp(text, truths[i]) == 0)
			return 0;
	return err_set(e, ERR_CONFIG, "%s = \"%s\" is neither yes nor no", key->name, text);
}

static int
check_regex(const struct conf_key *key, const char *text, struct err *e)
{
	PCRE2_SIZE	 at;
	int		 code;
	PCRE2_UCHAR	 why[128];
	pcre2_code	*compiled;

	compiled = pcre2_compile((PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED,
	    PCRE2_UTF | PCRE2_UCP | PCRE2_CASELESS, &code, &at, NULL);
	if (compiled == NULL) {
		pcre2_get_error_message(code, why, sizeof why);
		return err_set(e, ERR_CONFIG,
		    "%s: pattern '%s' is wrong at character %zu: %s", key->name, text,
		    (size_t)at + 1, (const char *)why);
	}
	pcre2_code_free(compiled);
	return 0;
}

int
conf_value_check(const struct conf_key *key, const char *text, struct err *e)
{
	if (!g_utf8_validate(text, -1, NULL))
		return err_set(e, ERR_CONFIG, "%s is not valid UTF-8", key->name);
	switch (key->type) {
	case CONF_STR:
		return key->words != NULL ? check_word(key, text, e) : 0;
	case CONF_WORD:
		return check_word(key, text, e);
	case CONF_INT:
	case CONF_SIZE:
	case CONF_TIME:
		return check_number(key, text, e);
	case CONF_BOOL:
		return check_bool(key, text, e);
	case CONF_REGEX:
	case CONF_REGEX_LIST:
		return check_regex(key, text, e);
	case CONF_LIST:
		return 0;
	}
	return 0;
}

void
conf_value_append(const struct conf_key *key, void *base, const char *text)
{
	g_ptr_array_add(*(GPtrArray **)place(key, base), g_strdup(text));
}

void
conf_value_store(const struct conf_key *key, void *base, const char *text)
{
	void		*at = place(key, base);
	long long	 number = 0;

	switch (key->type) {
	case CONF_STR:
	case CONF_REGEX:
		*(char **)at = g_strdup(text);
		break;
	case CONF_WORD:
		*(int *)at = word_index(key->words, text);
		break;
	case CONF_INT:
	case CONF_SIZE:
	case CONF_TIME:
		parse_number(key, text, &number);
		*(int64_t *)at = number;
		break;
	case CONF_BOOL:
		*(bool *)at = *text == 'y' || *text == 't' || strcmp(text, "on") == 0;
		break;
	case CONF_LIST:
	case CONF_REGEX_LIST:
		*(GPtrArray **)at = g_ptr_array_new_with_free_func(g_free);
		break;
	}
}

bool
conf_value_is_unset(const struct conf_key *key, const void *base)
{
	const void	*at = place(key, base);

	if (conf_value_is_list(key))
		return (*(GPtrArray *const *)at)->len == 0 && key->def == NULL;
	if (key->type == CONF_STR || key->type == CONF_REGEX)
		return *(char *const *)at == NULL;
	return false;
}

/* In single quotes only the quote and the backslash are special. */
static void
print_quoted(GString *out, const char *text)
{
	g_string_append_c(out, '\'');
	for (; *text != '\0'; text++) {
		if (*text == '\'' || *text == '\\')
			g_string_append_c(out, '\\');
		g_string_append_c(out, *text);
	}
	g_string_append_c(out, '\'');
}

static void
print_list(GString *out, const GPtrArray *list)
{
	guint	i;

	g_string_append_c(out, '{');
	for (i = 0; i < list->len; i++) {
		if (i > 0)
			g_string_append(out, ", ");
		print_quoted(out, list->pdata[i]);
	}
	g_string_append_c(out, '}');
}

void
conf_value_print(const struct conf_key *key, const void *base, GString *out)
{
	const void	*at = place(key, base);

	switch (key->type) {
	case CONF_STR:
	case CONF_REGEX:
		print_quoted(out, *(char *const *)at);
		break;
	case CONF_WORD:
		g_string_append(out, key->words[*(const int *)at]);
		break;
	case CONF_INT:
	case CONF_SIZE:
	case CONF_TIME:
		g_string_append_printf(out, "%" G_GINT64_FORMAT "%s",
		    (gint64)*(const int64_t *)at, key->type == CONF_TIME ? "ms" : "");
		break;
	case CONF_BOOL:
		g_string_append(out, *(const bool *)at ? "yes" : "no");
		break;
	case CONF_LIST:
	case CONF_REGEX_LIST:
		print_list(out, *(GPtrArray *const *)at);
		break;
	}
}

void
conf_value_free(const struct conf_key *key, void *base)
{
	void	*at = place(key, base);

	if (conf_value_is_list(key))
		g_clear_pointer((GPtrArray **)at, g_ptr_array_unref);
	else if (key->type == CONF_STR || key->type == CONF_REGEX)
		g_clear_pointer((char **)at, g_free);
}
