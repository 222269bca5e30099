/* SPDX-License-Identifier: ISC */
#include "mailbox/place.h"

#include <glib.h>
#include <time.h>

#define MARGIN_S	(2 * 86400)
#define MOST		4

char *
place_name(const char *channel, const char *folder)
{
	return g_strdup_printf("imap/%s/%s", channel, folder);
}

char *
place_format(const struct place *p)
{
	if (p->rewinds > 0)
		return g_strdup_printf("%u %u %u", p->uidvalidity, p->cursor, p->rewinds);
	return g_strdup_printf("%u %u", p->uidvalidity, p->cursor);
}

/* How many numbers there are, at most MOST; -1: something else. */
static int
numbers(const char *text, const guint64 max[MOST], guint64 out[MOST])
{
	g_auto(GStrv)	w = g_strsplit(text, " ", MOST + 1);
	guint		i, n = g_strv_length(w);

	if (n > MOST)
		return -1;
	for (i = 0; i < n; i++) {
		if (!g_ascii_string_to_unsigned(w[i], 10, 0, max[i], &out[i], NULL))
			return -1;
	}
	return (int)n;
}

bool
place_parse(const char *text, struct place *p)
{
	static const guint64	max[MOST] = { UINT32_MAX, UINT32_MAX, UINT32_MAX, 0 };
	guint64			v[MOST] = { 0 };

	int			n = numbers(text, max, v);

	if (n != 2 && n != 3)
		return false;
	p->uidvalidity = (uint32_t)v[0];
	p->cursor = (uint32_t)v[1];
	p->rewinds = (uint32_t)v[2];
	return true;
}

char *
place_key(const struct place *p, const char *folder, uint32_t uid)
{
	if (p->rewinds > 0)
		return g_strdup_printf("%s/%u.%u/%u", folder, p->uidvalidity, p->rewinds, uid);
	return g_strdup_printf("%s/%u/%u", folder, p->uidvalidity, uid);
}

char *
place_first_name(const char *channel, const char *folder)
{
	return g_strdup_printf("imap-first/%s/%s", channel, folder);
}

char *
place_first_format(const struct place_first *f)
{
	return g_strdup_printf("%u %u %" G_GINT64_FORMAT " %d", f->uidvalidity, f->highest,
	    (gint64)f->at_s, f->renumbered);
}

bool
place_first_parse(const char *text, struct place_first *f)
{
	static const guint64	max[MOST] = { UINT32_MAX, UINT32_MAX, G_GUINT64_CONSTANT(1) << 40, 1 };
	guint64			v[MOST] = { 0 };

	if (numbers(text, max, v) != 4)
		return false;
	f->uidvalidity = (uint32_t)v[0];
	f->highest = (uint32_t)v[1];
	f->at_s = (int64_t)v[2];
	f->renumbered = v[3] != 0;
	return true;
}

char *
place_first_date(const struct place_first *f, const char *word)
{
	static const char *const	months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
					    "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
	time_t				 t = (time_t)(f->at_s - MARGIN_S);
	struct tm			 tm;

	gmtime_r(&t, &tm);
	return g_strdup_printf("%s %d-%s-%d", word, tm.tm_mday, months[tm.tm_mon],
	    tm.tm_year + 1900);
}
