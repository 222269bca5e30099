/* SPDX-License-Identifier: ISC */
#include "check/date.h"

#include <glib.h>
#include <string.h>

enum { TOKENS_MAX = 400, WORD_MAX = 24 };

/* A text as numbers, words and what stands between them. */
struct token {
	char	word[WORD_MAX];	/* folded; "" for a number */
	int	number;		/* -1 for a word */
	int	digits;
	char	after;		/* the byte behind it: '.', '/', '-', ' ', ... */
};

struct text {
	struct token	 at[TOKENS_MAX];
	size_t		 n;
	const char	*language;
	GDate		 now;	/* not valid: unknown */
};

/* A month is written whole or by its first letters, three at least. */
static const char *const months[12][12] = {
	{ "january", "januar", "jänner", "janvier", "enero", "gennaio", "januari", "janeiro",
	  "stycznia", NULL },
	{ "february", "februar", "février", "fevrier", "febrero", "febbraio", "fevereiro",
	  "lutego", NULL },
	{ "march", "märz", "maerz", "mrz", "mars", "marzo", "maart", "mrt", "março", "marca",
	  NULL },
	{ "april", "avril", "abril", "aprile", "kwietnia", NULL },
	{ "may", "mai", "mayo", "maggio", "mei", "maio", "maja", NULL },
	{ "june", "juni", "juin", "junio", "giugno", "junho", "czerwca", NULL },
	{ "july", "juli", "juillet", "julio", "luglio", "julho", "lipca", NULL },
	{ "august", "août", "aout", "agosto", "augustus", "sierpnia", NULL },
	{ "september", "septembre", "septiembre", "settembre", "setembro", "września", NULL },
	{ "october", "oktober", "octobre", "octubre", "ottobre", "outubro", "października",
	  NULL },
	{ "november", "novembre", "noviembre", "novembro", "listopada", NULL },
	{ "december", "dezember", "décembre", "decembre", "diciembre", "dicembre", "dezembro",
	  "grudnia", NULL }
};

static const struct {
	const char	*word;
	int		 days;
} near_days[] = {
	{ "today", 0 }, { "yesterday", -1 }, { "tomorrow", 1 },
	{ "heute", 0 }, { "gestern", -1 }, { "vorgestern", -2 },
	{ "aujourd'hui", 0 }, { "hier", -1 }, { "hoy", 0 }, { "ayer", -1 },
	{ "oggi", 0 }, { "ieri", -1 }, { "vandaag", 0 }, { "gisteren", -1 },
	{ "hoje", 0 }, { "ontem", -1 }, { "dzisiaj", 0 }, { "dziś", 0 }, { "wczoraj", -1 }
};

static const char *
read_number(const char *at, struct token *t)
{
	t->number = 0;
	for (; g_ascii_isdigit(*at); at++) {
		if (t->digits < 9)
			t->number = t->number * 10 + (*at - '0');
		t->digits++;
	}
	return at;
}

static const char *
read_word(const char *at, struct token *t)
{
	char	 letter[8];
	size_t	 used = 0, len;
	gunichar c;

	t->number = -1;
	for (; (c = g_utf8_get_char(at)) != 0; at = g_utf8_next_char(at)) {
		if (!g_unichar_isalpha(c) && c != '\'')
			break;
		len = (size_t)g_unichar_to_utf8(g_unichar_tolower(c), letter);
		if (used + len < WORD_MAX) {
			memcpy(t->word + used, letter, len);
			used += len;
		}
	}
	t->word[used] = '\0';
	return at;
}

static void
split(const char *text, struct text *out)
{
	const char	*at = text;
	struct token	*t;

	while (*at != '\0' && out->n < TOKENS_MAX) {
		t = &out->at[out->n];
		memset(t, 0, sizeof *t);
		if (g_ascii_isdigit(*at))
			at = read_number(at, t);
		else if (g_unichar_isalpha(g_utf8_get_char(at)))
			at = read_word(at, t);
		else {
			at = g_utf8_next_char(at);
			continue;
		}
		t->after = *at;
		out->n++;
	}
}

/* 1 to 12, or 0.  "3 out of 5" and "2 set" are no days. */
static int
month_of(const struct token *t)
{
	int	m, i;

	if (t->number != -1 || g_utf8_strlen(t->word, -1) < 3 ||
	    strcmp(t->word, "out") == 0 || strcmp(t->word, "set") == 0)
		return 0;
	for (m = 0; m < 12; m++)
		for (i = 0; months[m][i] != NULL; i++)
			if (g_str_has_prefix(months[m][i], t->word))
				return m + 1;
	return 0;
}

static bool
put(int year, int month, int day, char out[DATE_SIZE])
{
	if (year < 100)
		year += 2000;
	if (year < 1900 || year > 2200 || month < 1 || month > 12 || day < 1 || day > 31 ||
	    !g_date_valid_dmy((GDateDay)day, (GDateMonth)month, (GDateYear)year))
		return false;
	g_snprintf(out, DATE_SIZE, "%04d-%02d-%02d", year, month, day);
	return true;
}

/* The year that brings the day nearest to now: support speaks of the past. */
static int
guess_year(const struct text *x, int month, int day)
{
	int	year;

	if (!g_date_valid(&x->now))
		return 0;
	year = g_date_get_year(&x->now);
	if (month > (int)g_date_get_month(&x->now) + 2 ||
	    (month == (int)g_date_get_month(&x->now) + 2 &&
	    day > (int)g_date_get_day(&x->now)))
		year--;
	return year;
}

static bool
is_year(const struct token *t)
{
	return t->number >= 0 && (t->digits == 4 || t->digits == 2);
}

static bool
reads_day_first(const struct text *x)
{
	return x->language != NULL && !g_str_has_prefix(x->language, "en");
}

/* 21.11.2026, 21/11/26, 11/21/2026, 21-11-2026; with dots the day is first. */
static enum date_result
numbers(const struct text *x, size_t i, char out[DATE_SIZE])
{
	const struct token	*a = &x->at[i], *b = a + 1, *c = a + 2;
	char			 sep = a->after;
	bool			 day_first = sep == '.' || reads_day_first(x);

	if (i + 2 >= x->n || strchr("./-", sep) == NULL || sep == '\0' || b->after != sep ||
	    a->number < 0 || b->number < 0 || c->number < 0)
		return DATE_NONE;
	if (a->digits == 4)
		return put(a->number, b->number, c->number, out) ? DATE_FOUND : DATE_NONE;
	if (a->digits > 2 || b->digits > 2 || !is_year(c))
		return DATE_NONE;
	if (day_first || a->number > 12)
		return put(c->number, b->number, a->number, out) ? DATE_FOUND : DATE_NONE;
	if (b->number <= 12 && a->number != b->number)
		return DATE_AMBIGUOUS;
	return put(c->number, a->number, b->number, out) ? DATE_FOUND : DATE_NONE;
}

/* 21. November 2026, 21st of November, 3 mars, 3 de mayo de 2026 */
static bool
day_month(const struct text *x, size_t i, char out[DATE_SIZE])
{
	static const char *const	fill[] = { "st", "nd", "rd", "th", "er", "of", "de", NULL };
	size_t				k = i + 1;
	int				month, year;

	if (x->at[i].number < 1 || x->at[i].digits > 2)
		return false;
	while (k < x->n && x->at[k].number == -1 && g_strv_contains(fill, x->at[k].word))
		k++;
	if (k >= x->n || (month = month_of(&x->at[k])) == 0)
		return false;
	k++;
	while (k < x->n && x->at[k].number == -1 && g_strv_contains(fill, x->at[k].word))
		k++;
	year = k < x->n && x->at[k].digits == 4 ? x->at[k].number :
	    guess_year(x, month, x->at[i].number);
	return year != 0 && put(year, month, x->at[i].number, out);
}

/* November 21st, 2026 */
static bool
month_day(const struct text *x, size_t i, char out[DATE_SIZE])
{
	static const char *const	fill[] = { "st", "nd", "rd", "th", NULL };
	size_t				k = i + 2;
	int				month = month_of(&x->at[i]), year;

	if (month == 0 || i + 1 >= x->n || x->at[i + 1].number < 1 || x->at[i + 1].digits > 2)
		return false;
	if (k < x->n && x->at[k].number == -1 && g_strv_contains(fill, x->at[k].word))
		k++;
	year = k < x->n && x->at[k].digits == 4 ? x->at[k].number :
	    guess_year(x, month, x->at[i + 1].number);
	return year != 0 && put(year, month, x->at[i + 1].number, out);
}

static bool
near_day(const struct text *x, size_t i, char out[DATE_SIZE])
{
	GDate	day = x->now;
	size_t	k;

	if (x->at[i].number != -1 || !g_date_valid(&x->now))
		return false;
	for (k = 0; k < G_N_ELEMENTS(near_days); k++) {
		if (strcmp(x->at[i].word, near_days[k].word) != 0)
			continue;
		if (near_days[k].days < 0)
			g_date_subtract_days(&day, (guint)-near_days[k].days);
		else
			g_date_add_days(&day, (guint)near_days[k].days);
		return put(g_date_get_year(&day), (int)g_date_get_month(&day),
		    g_date_get_day(&day), out);
	}
	return false;
}

static void
set_now(struct text *x, int64_t now_ms)
{
	g_autoptr(GDateTime)	now = NULL;
	int			year, month, day;

	g_date_clear(&x->now, 1);
	if (now_ms < 0 || (now = g_date_time_new_from_unix_utc(now_ms / 1000)) == NULL)
		return;
	g_date_time_get_ymd(now, &year, &month, &day);
	g_date_set_dmy(&x->now, (GDateDay)day, (GDateMonth)month, (GDateYear)year);
}

enum date_result
date_find(const char *text, const char *language, int64_t now_ms, char out[DATE_SIZE])
{
	g_autofree struct text	*x = g_new0(struct text, 1);
	enum date_result	 r;
	size_t			 i;

	x->language = language;
	set_now(x, now_ms);
	split(text, x);
	for (i = 0; i < x->n; i++) {
		if ((r = numbers(x, i, out)) != DATE_NONE)
			return r;
		if (day_month(x, i, out) || month_day(x, i, out) || near_day(x, i, out))
			return DATE_FOUND;
	}
	return DATE_NONE;
}
