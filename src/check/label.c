/* SPDX-License-Identifier: ISC */
#include "check/label.h"

#include <string.h>

enum { NUMBER_MAX = 30 };

/* The length of a bullet, bold sign or blank that at begins with, or 0. */
static size_t
ornament(const char *at)
{
	static const char *const	signs[] = { " ", "\t", "*", "-", "•", "·", "–", "_", "☐",
		"▪", "➤", "|", "\302\240" };
	size_t				i;

	if (g_ascii_isalnum(*at))	/* as nearly always */
		return 0;
	for (i = 0; i < G_N_ELEMENTS(signs); i++)
		if (g_str_has_prefix(at, signs[i]))
			return strlen(signs[i]);
	return 0;
}

static const char *
skip_ornaments(const char *at)
{
	size_t	len;

	while ((len = ornament(at)) > 0)
		at += len;
	return at;
}

static bool
is_gap(gunichar c)
{
	return c == ' ' || c == '\t' || c == '_' || c == '-' || c == 0xa0;
}

static const char *
skip_gap(const char *at)
{
	while (*at != '\0' && is_gap(g_utf8_get_char(at)))
		at = g_utf8_next_char(at);
	return at;
}

void
label_begin(bool begins[256], const char *label)
{
	int	c;

	if ((*label & 0x80) != 0 || is_gap((unsigned char)*label))
		memset(begins, true, 256);	/* it may look different in the text */
	else
		begins[(unsigned char)g_ascii_tolower(*label)] =
		    begins[(unsigned char)g_ascii_toupper(*label)] = true;
	for (c = 0x80; c < 256; c++)
		begins[c] = true;
}

/* Quick no for most labels; another letter than ASCII: maybe. */
static bool
may_begin_with(const char *at, const char *words)
{
	return ((*at | *words) & 0x80) != 0 || g_ascii_tolower(*at) == g_ascii_tolower(*words) ||
	    is_gap((unsigned char)*words);
}

/* The same letter in either case? */
static bool
same_letter(const char *at, const char *words)
{
	if (((*at | *words) & 0x80) == 0)
		return g_ascii_tolower(*at) == g_ascii_tolower(*words);
	return g_unichar_tolower(g_utf8_get_char(at)) ==
	    g_unichar_tolower(g_utf8_get_char(words));
}

/* Behind the label, or NULL: letters in any case, any gap between words. */
static const char *
skip_words(const char *at, const char *words)
{
	while (*words != '\0') {
		if (is_gap(g_utf8_get_char(words))) {
			if (!is_gap(g_utf8_get_char(at)))
				return NULL;
			words = skip_gap(words);
			at = skip_gap(at);
			continue;
		}
		if (*at == '\0' || !same_letter(at, words))
			return NULL;
		at = g_utf8_next_char(at);
		words = g_utf8_next_char(words);
	}
	return g_unichar_isalnum(g_utf8_get_char(at)) ? NULL : at;
}

/* "(8 digits)", "*" and "**" between a label and its colon. */
static const char *
skip_remark(const char *at)
{
	const char	*end;

	while (*at == ' ' || *at == '*' || *at == '\t')
		at++;
	if (*at == '(' && (end = strchr(at, ')')) != NULL)
		at = end + 1;
	while (*at == ' ' || *at == '*' || *at == '\t')
		at++;
	return at;
}

/*
 * Behind the sign that parts label and value, or NULL.  A mere blank parts
 * them only if the detail is picky: "Order status unknown" is no order.
 */
static const char *
skip_separator(const struct detail *d, const char *at)
{
	static const char *const	signs[] = { ":", "：", "=", "–", "—", "->", "- ", "#",
		"|", ">" };
	const char			*behind = skip_remark(at);
	size_t				 i;

	for (i = 0; i < G_N_ELEMENTS(signs); i++)
		if (g_str_has_prefix(behind, signs[i])) {
			behind += strlen(signs[i]);
			return behind + strspn(behind, " \t*");
		}
	if (*behind == '\0' || behind == at)
		return *behind == '\0' ? behind : NULL;
	if (memchr(at, '\t', (size_t)(behind - at)) != NULL || behind - at >= 2 ||
	    !value_takes_anything(&d->value))
		return behind;
	return NULL;
}

/* Behind "label:", or NULL if the line does not begin with the label. */
static const char *
behind_label(const struct detail *d, const char *line)
{
	const char	*rest, *at, *behind;
	guint		 i;

	label_number(line, &rest);
	at = skip_ornaments(rest);
	if (!d->begins[(unsigned char)*at])	/* as nearly always */
		return NULL;
	for (i = 0; i < d->labels->len; i++) {
		if (!may_begin_with(at, d->labels->pdata[i]) ||
		    (behind = skip_words(at, d->labels->pdata[i])) == NULL)
			continue;
		if ((behind = skip_separator(d, behind)) != NULL)
			return behind;
	}
	return NULL;
}

static bool
begins_with_label(const struct form *f, const char *line)
{
	guint	i;

	for (i = 0; i < f->details->len; i++)
		if (behind_label(f->details->pdata[i], line) != NULL)
			return true;
	return false;
}

static const char *
strip_question(const struct detail *d, const char *text)
{
	const char	*behind;

	if (d->set->question == NULL || d->set->question[0] == '\0' ||
	    (behind = skip_words(text, d->set->question)) == NULL)
		return text;
	return behind + strspn(behind, " \t:*");
}

bool
label_is_empty(const struct form *f, const char *line)
{
	const char	*behind;
	guint		 i;

	for (i = 0; i < f->details->len; i++) {
		behind = behind_label(f->details->pdata[i], line);
		if (behind == NULL)
			continue;
		behind = strip_question(f->details->pdata[i], behind);
		if (behind[strspn(behind, "_. ")] == '\0')
			return true;
	}
	return false;
}

const char *
label_strip(const struct detail *d, const char *text)
{
	const char	*behind = behind_label(d, text);

	return strip_question(d, behind != NULL ? behind : text);
}

char *
label_find(const struct form *f, const struct detail *d, const GPtrArray *lines, guint *at)
{
	const char	*behind, *next;
	guint		 i;

	for (i = *at; i < lines->len; i++) {
		if ((behind = behind_label(d, lines->pdata[i])) == NULL)
			continue;
		behind = strip_question(d, behind);
		/* What was wrong with the last answer, as we put it. */
		if (g_str_has_prefix(behind, "(\""))
			behind = skip_remark(behind);
		if (*behind == '\0' && i + 1 < lines->len) {
			next = lines->pdata[i + 1];
			if (*next == '\0' && i + 2 < lines->len)
				next = lines->pdata[i + 2];
			if (!begins_with_label(f, next) && *next != '>')
				behind = next;
		}
		*at = i + 1;
		return g_strdup(behind);
	}
	*at = lines->len;
	return NULL;
}

/* The first line from i on that is not blank, unless it is another question. */
static const char *
next_answer(const struct form *f, const GPtrArray *lines, guint i)
{
	const char	*line, *rest;

	while (i < lines->len && *(const char *)lines->pdata[i] == '\0')
		i++;
	if (i >= lines->len)
		return NULL;
	line = lines->pdata[i];
	return begins_with_label(f, line) || *line == '>' || label_number(line, &rest) > 0 ?
	    NULL : line;
}

char *
label_below_question(const struct form *f, const struct detail *d, const GPtrArray *lines)
{
	const char	*behind;
	guint		 i;

	for (i = 0; i < lines->len; i++) {
		behind = behind_label(d, lines->pdata[i]);
		if (behind == NULL || !g_str_has_prefix(behind, LABEL_QUESTION))
			continue;
		behind = skip_remark(behind + strlen(LABEL_QUESTION));
		if (*behind == '\0')
			behind = next_answer(f, lines, i + 1);
		return g_strdup(behind);
	}
	return NULL;
}

/* Words that point back to a question: "zu 1:", "to 1)", "re 1:". */
static const char *
skip_pointer(const char *at)
{
	static const char *const	words[] = { "zu ", "to ", "ad ", "re ", "question ",
		"answer ", "frage ", "antwort ", "no. ", "nr. ", "punkt ", "point ", "#", "(", "[",
		"a", "q" };
	size_t				i;

	for (i = 0; i < G_N_ELEMENTS(words); i++)
		if (g_ascii_strncasecmp(at, words[i], strlen(words[i])) == 0 &&
		    g_ascii_isdigit(at[strlen(words[i])]))
			return at + strlen(words[i]);
	return at;
}

/* Could a number stand here, behind the longest pointer at most? */
static bool
has_early_digit(const char *line)
{
	size_t	i;

	for (i = 0; i < sizeof "question " && line[i] != '\0'; i++)
		if (g_ascii_isdigit(line[i]))
			return true;
	return false;
}

unsigned
label_number(const char *line, const char **rest)
{
	const char	*at;
	bool		 pointed;
	unsigned	 n = 0;
	size_t		 i;

	*rest = line;
	if (!has_early_digit(line))
		return 0;
	at = skip_pointer(line);
	pointed = at > line;
	for (i = 0; g_ascii_isdigit(at[i]) && i < 3; i++)
		n = n * 10 + (unsigned)(at[i] - '0');
	if (i == 0 || i > 2 || n == 0 || n > NUMBER_MAX)
		return 0;
	at += i;
	i = strspn(at, ".):]-=");
	/* "1.5 kg" and "3 parcels" begin with a number and are no answers by number. */
	if (i == 0 && !(pointed && (*at == ' ' || *at == '\0')))
		if (at[0] != ' ' || (at[1] != '-' && at[1] != ':' && at[1] != '='))
			return 0;
	if (i == 1 && *at != ')' && *at != ':' && g_ascii_isdigit(at[1]))
		return 0;
	at += i;
	at += strspn(at, " \t");
	if (i == 0)
		at += strspn(at, "-:= ");
	*rest = at;
	return n;
}
