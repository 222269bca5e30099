/* SPDX-License-Identifier: ISC */
/*
 * Dates: RFC 5322 with its obsolete forms, asctime(), RFC 850, ISO 8601, US
 * style, months in a few languages.  The words of the header are sorted by
 * what they look like, not by their place.
 */
#include "normalize/headers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct date {
	int	 year, month, day;	/* -1: not seen */
	int	 hour, minute, second;
	int	 zone;			/* minutes east */
	bool	 has_time, has_zone;
	int	 pm;			/* -1: no am or pm */
};

static int
find_month(const char *word)
{
	static const char *const names[12] = {
		"jan gen ene stycz led janv", "feb fev fév lut ún", "mar mär mrt mars mrz",
		"apr avr abr kwi dub", "may mai mag maj mei kvě", "jun giu juin cze čer",
		"jul lug juil lip", "aug ago août aou sie srp", "sep set wrz zář sept",
		"oct okt ott out paź říj", "nov lis noy", "dec dez dic déc gru pro",
	};
	static const char english[] = "janfebmaraprmayjunjulaugsepoctnovdec";
	g_autofree char	*lower = NULL;
	const char	*name;
	size_t		 n;
	int		 m;

	if (strlen(word) < 3)
		return -1;
	for (m = 0; m < 12; m++)
		if (g_ascii_strncasecmp(word, english + 3 * m, 3) == 0)
			return m + 1;

	lower = g_utf8_strdown(word, -1);
	for (m = 0; m < 12; m++)
		for (name = names[m]; *name != '\0'; name += n + (name[n] == ' ')) {
			n = strcspn(name, " ");
			if (strncmp(lower, name, n) == 0)
				return m + 1;
		}
	return -1;
}

static bool
set_zone_word(struct date *d, const char *w)
{
	static const struct { const char *name; int hours; } zones[] = {
		{ "gmt", 0 }, { "ut", 0 }, { "utc", 0 }, { "z", 0 }, { "wet", 0 }, { "bst", 1 },
		{ "cet", 1 }, { "met", 1 }, { "mez", 1 }, { "cest", 2 }, { "mest", 2 },
		{ "mesz", 2 }, { "eet", 2 }, { "eest", 3 }, { "msk", 3 }, { "msd", 4 },
		{ "est", -5 }, { "edt", -4 }, { "cst", -6 }, { "cdt", -5 }, { "mst", -7 },
		{ "mdt", -6 }, { "pst", -8 }, { "pdt", -7 }, { "jst", 9 }, { "kst", 9 },
		{ "hst", -10 }, { "akst", -9 }, { "akdt", -8 }, { "aest", 10 }, { "aedt", 11 },
	};
	size_t	i;

	for (i = 0; i < G_N_ELEMENTS(zones); i++)
		if (g_ascii_strcasecmp(w, zones[i].name) == 0) {
			d->zone = zones[i].hours * 60;
			d->has_zone = true;
			return true;
		}
	return false;
}

/* +0200, -05:00, GMT+2 */
static void
set_zone_number(struct date *d, const char *w)
{
	char	 digits[8];
	size_t	 n = 0;
	int	 v, sign = *w == '-' ? -1 : 1;

	for (w++; *w != '\0' && n < 6; w++)
		if (g_ascii_isdigit(*w))
			digits[n++] = *w;
	digits[n] = '\0';
	v = atoi(digits);
	if (n == 0 || n > 4)
		return;
	v = n <= 2 ? v * 60 : v / 100 * 60 + v % 100;
	if (v <= 15 * 60) {
		d->zone = sign * v;
		d->has_zone = true;
	}
}

static bool
set_time(struct date *d, const char *w)
{
	int	h, m, s = 0, n = 0;

	if (d->has_time || sscanf(w, "%2d%*[:.]%2d%n", &h, &m, &n) < 2 || n == 0)
		return false;
	if (w[n] == ':' || w[n] == '.')
		s = atoi(w + n + 1) % 100;
	if (h > 24 || m > 59 || h < 0 || m < 0)
		return false;
	d->hour = h;
	d->minute = m;
	d->second = MIN(MAX(s, 0), 60);
	d->has_time = true;
	return true;
}

static void
set_year(struct date *d, int v)
{
	d->year = v < 50 ? v + 2000 : v < 1000 ? v + 1900 : v;
}

static void
set_number(struct date *d, const char *w)
{
	int	v = atoi(w);

	if (strlen(w) >= 3 && strlen(w) <= 4 && d->year == -1)
		set_year(d, v);
	else if (d->day == -1 && v >= 1 && v <= 31)
		d->day = v;
	else if (d->year == -1 && strlen(w) <= 4)
		set_year(d, v);
}

/* 21.11.2026; 21/11/2026 or 11/21/2026, if only one of them can be */
static bool
set_numbers(struct date *d, const char *w)
{
	int	first, second, y, n = 0;
	char	mark;

	if (d->year != -1 || sscanf(w, "%2d%c%2d%*1[./]%4d%n", &first, &mark, &second, &y, &n) < 4 ||
	    w[n] != '\0' || y < 1970 || (mark != '.' && (mark != '/' || MAX(first, second) <= 12)))
		return false;
	d->day = mark == '.' || first > 12 ? first : second;
	d->month = mark == '.' || first > 12 ? second : first;
	d->year = y;
	return true;
}

/* 2026-11-21T10:00:00+01:00, 2026/11/21, 21-Nov-94 */
static bool
set_whole(struct date *d, const char *w)
{
	char	 month[32];
	int	 y, m, day, n = 0;

	if (strpbrk(w + 1, "-/.") == NULL)	/* sscanf() takes its time */
		return false;
	if (sscanf(w, "%4d%*1[-/.]%2d%*1[-/.]%2d%n", &y, &m, &day, &n) == 3 && n >= 8 && y > 1900) {
		d->year = y;
		d->month = m;
		d->day = day;
		if (w[n] == 'T' && set_time(d, w + n + 1)) {
			const char *zone = strpbrk(w + n + 1, "+-zZ");

			if (zone != NULL && (*zone == '+' || *zone == '-'))
				set_zone_number(d, zone);
		}
		return true;
	}
	if (sscanf(w, "%2d-%31[^0-9-]-%4d", &day, month, &y) == 3 && (m = find_month(month)) > 0) {
		d->day = day;
		d->month = m;
		set_year(d, y);
		return true;
	}
	return set_numbers(d, w);
}

static void
take_word(struct date *d, const char *w)
{
	if (set_whole(d, w))
		return;
	if (g_ascii_isdigit(*w)) {
		if (strpbrk(w, ":") != NULL || (strchr(w, '.') != NULL && strchr(w, '.') != strrchr(w, '.') && d->day != -1)) {
			if (set_time(d, w)) {
				if (g_ascii_strcasecmp(w + strlen(w) - 2, "pm") == 0)
					d->pm = 1;
				else if (g_ascii_strcasecmp(w + strlen(w) - 2, "am") == 0)
					d->pm = 0;
				w = strpbrk(w, "+-");
				if (w != NULL)
					set_zone_number(d, w);
			}
			return;
		}
		set_number(d, w);
	} else if ((*w == '+' || *w == '-') && g_ascii_isdigit(w[1])) {
		if (d->has_time && !d->has_zone)
			set_zone_number(d, w);
	} else if (g_ascii_strcasecmp(w, "am") == 0 || g_ascii_strcasecmp(w, "pm") == 0) {
		d->pm = g_ascii_tolower(*w) == 'p';
	} else if (d->has_time && !d->has_zone && (set_zone_word(d, w) ||
	    ((g_ascii_strncasecmp(w, "gmt", 3) == 0 || g_ascii_strncasecmp(w, "utc", 3) == 0) &&
	    (w[3] == '+' || w[3] == '-')))) {
		if (!d->has_zone)
			set_zone_number(d, w + 3);
	} else if (d->month == -1 && !(strlen(w) > 3 && g_str_has_suffix(w, "day"))) {
		d->month = find_month(w);
	}
}

static int64_t
to_ms(const struct date *d)
{
	static const int cumulative[] = { 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334 };
	static const int length[] = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	int64_t	y = d->year, days;
	int	hour = d->hour;

	if (d->year < 1970 || d->year > 2200 || d->month < 1 || d->month > 12 || d->day < 1 ||
	    d->day > length[d->month - 1])
		return -1;
	if (d->pm == 1 && hour < 12)
		hour += 12;
	else if (d->pm == 0 && hour == 12)
		hour = 0;
	days = (y - 1970) * 365 + (y - 1969) / 4 - (y - 1901) / 100 + (y - 1601) / 400;
	days += cumulative[d->month - 1] + d->day - 1;
	if (d->month > 2 && ((y % 4 == 0 && y % 100 != 0) || y % 400 == 0))
		days++;
	return (days * 86400 + hour * 3600 + (d->minute - d->zone) * 60 + d->second) * 1000;
}

/* "10 : 20 : 30" */
static void
close_colons(GString *s)
{
	if (strchr(s->str, ':') == NULL)
		return;
	while (g_string_replace(s, " :", ":", 0) > 0)
		continue;
	while (g_string_replace(s, ": ", ":", 0) > 0)
		continue;
}

/* A copy without comments, with the commas as blanks. */
static char *
flatten(const char *raw)
{
	g_autofree char	*utf8 = headers_decode(raw);
	GString		*out = g_string_new(NULL);
	int		 depth = 0;
	const char	*c;

	for (c = utf8; *c != '\0' && out->len < 200; c++) {
		if (*c == '(')
			depth++;
		else if (*c == ')' && depth > 0)
			depth--;
		else if (depth == 0)
			g_string_append_c(out, *c == ',' || *c == ';' || *c == '"' ? ' ' : *c);
	}
	close_colons(out);
	return g_string_free(out, FALSE);
}

static void
drop_empty(char **words)
{
	char	**from, **to = words;

	for (from = words; *from != NULL; from++) {
		if (**from != '\0')
			*to++ = *from;
		else
			g_free(*from);
	}
	*to = NULL;
}

int64_t
headers_date(const char *raw)
{
	struct date	  d = { -1, -1, -1, 0, 0, 0, 0, false, false, -1 };
	g_autofree char	 *flat = NULL;
	char		**words;
	int		  i;
	int64_t		  ms;

	if (raw == NULL)
		return -1;
	flat = flatten(raw);
	words = g_strsplit_set(flat, " \t", 60);
	drop_empty(words);
	for (i = 0; words[i] != NULL; i++) {
		size_t	n = strlen(words[i]);

		if (n > 0 && words[i][n - 1] == '.')
			words[i][n - 1] = '\0';
		/* the first word is the weekday when a day of the month follows */
		if (i == 0 && words[1] != NULL && !g_ascii_isdigit(words[0][0]) && n > 0 &&
		    strpbrk(words[0], "0123456789") == NULL && find_month(words[0]) > 0 &&
		    words[2] != NULL && find_month(words[2]) > 0)
			continue;
		if (*words[i] != '\0')
			take_word(&d, words[i]);
	}
	g_strfreev(words);
	ms = to_ms(&d);
	return ms < 0 ? -1 : ms;
}
