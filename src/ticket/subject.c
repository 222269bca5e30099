/* SPDX-License-Identifier: ISC */
#include "ticket/subject.h"

#include <string.h>

#include "base/text.h"

enum { SUBJECT_MAX = 2000, ID_HALF = 5, IDS_MAX = 5 };

/* What mail programs put in front, in the languages they speak; case folded. */
static const char *const prefixes[] = {
	"re", "aw", "antw", "antwort", "sv", "vs", "vá", "fw", "fwd", "wg", "tr", "rv", "rif",
	"ref", "r", "i", "res", "enc", "odp", "pd", "ynt", "ilt", "doorst", "vb", "bls", "απ",
	"σχετ", "πρθ", "отв", "回复", "答复", "转发", "回覆", "轉寄", "返信", "転送"
};

/* Behind "re" may come a count: "Re[2]:", "Re(3):", "Re^2:". */
static const char *
skip_count(const char *at)
{
	if (*at != '[' && *at != '(' && *at != '^' && *at != '*')
		return at;
	at++;
	while (g_ascii_isdigit(*at))
		at++;
	if (*at == ']' || *at == ')')
		at++;
	return at;
}

/* The text behind one prefix and its colon, or NULL if there is none. */
static const char *
skip_prefix(const char *at)
{
	const char	*end;
	size_t		 i, len;

	for (i = 0; i < G_N_ELEMENTS(prefixes); i++) {
		len = strlen(prefixes[i]);
		if (strncmp(at, prefixes[i], len) != 0)
			continue;
		end = skip_count(at + len);
		while (*end == ' ')
			end++;
		if (*end == ':')
			return end + 1;
		if (g_str_has_prefix(end, "："))
			return end + strlen("：");
	}
	return NULL;
}

char *
subject_base(const char *subject, bool *is_reply)
{
	g_autofree char	*line = text_one_line(subject, strlen(subject), SUBJECT_MAX);
	g_autofree char	*folded = g_utf8_casefold(line, -1);
	const char	*at = folded, *next;

	*is_reply = skip_prefix(folded + strspn(folded, " ")) != NULL;
	for (;;) {
		while (*at == ' ')
			at++;
		if (*at == '[' && (next = strchr(at, ']')) != NULL && next[1] != '\0')
			at = next + 1;
		else if ((next = skip_prefix(at)) != NULL)
			at = next;
		else
			return g_strchomp(g_strdup(at));
	}
}

static bool
is_id_letter(char c)
{
	return c != '\0' && strchr("0123456789ABCDEFGHJKMNPQRSTVWXYZ", g_ascii_toupper(c)) != NULL;
}

/* Five letters, a hyphen, five letters, a digit among them, and no more. */
static bool
is_id(const char *at)
{
	size_t	i, digits = 0;

	for (i = 0; i < 2 * ID_HALF + 1; i++) {
		if (i == ID_HALF ? at[i] != '-' : !is_id_letter(at[i]))
			return false;
		digits += g_ascii_isdigit(at[i]);
	}
	return digits > 0 && !g_ascii_isalnum(at[i]) && at[i] != '-';
}

void
subject_ticket_ids(const char *subject, GPtrArray *ids)
{
	const char	*at;
	char		*id;
	char		 before = ' ';

	for (at = subject; *at != '\0' && ids->len < IDS_MAX; before = *at++) {
		if (g_ascii_isalnum(before) || before == '-' || !is_id(at))
			continue;
		id = g_ascii_strup(at, 2 * ID_HALF + 1);
		if (g_ptr_array_find_with_equal_func(ids, id, g_str_equal, NULL))
			g_free(id);
		else
			g_ptr_array_add(ids, id);
	}
}
