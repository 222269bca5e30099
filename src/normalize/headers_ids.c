/* SPDX-License-Identifier: ISC */
/* Message-ID, In-Reply-To, References. */
#include "normalize/headers.h"

#include <string.h>

#define MAX_ID	998

static void
add_id(GPtrArray *list, const char *p, size_t n)
{
	g_autofree char	*bytes = g_strndup(p, n);
	g_autofree char	*line = headers_decode(bytes);
	char		*from, *to = line;
	guint		 i;

	for (from = line; *from != '\0'; from++)
		if (!g_ascii_isspace(*from) && *from != '<' && *from != '>')
			*to++ = *from;
	*to = '\0';
	if (*line == '\0' || strlen(line) > MAX_ID)
		return;
	for (i = 0; i < list->len; i++)
		if (strcmp(g_ptr_array_index(list, i), line) == 0)
			return;
	/* the first one names the thread, the last ones the message answered */
	if (list->len >= HEADERS_MAX_IDS)
		g_ptr_array_remove_index(list, 1);
	g_ptr_array_add(list, g_steal_pointer(&line));
}

/* Without brackets: words with an @; if there is none, the first word. */
static void
bare_ids(const char *p, GPtrArray *list)
{
	const char	*all = p;
	guint		 before = list->len;
	size_t		 n;

	while (*p != '\0') {
		p += strspn(p, " \t,;");
		n = strcspn(p, " \t,;");
		if (n > 2 && memchr(p, '@', n) != NULL)
			add_id(list, p, n);
		p += n;
	}
	all += strspn(all, " \t");
	if (list->len == before && *all != '\0' && strpbrk(all, " \t") == NULL)
		add_id(list, all, strlen(all));
}

void
headers_ids(const char *raw, GPtrArray *list)
{
	const char	*open, *close;
	size_t		 n;

	if (raw == NULL)
		return;
	if (strchr(raw, '<') == NULL) {
		bare_ids(raw, list);
		return;
	}
	for (open = strchr(raw, '<'); open != NULL; open = strchr(close, '<')) {
		n = strcspn(open + 1, "<>");
		close = open + 1 + n;
		if (n > 0)
			add_id(list, open + 1, n);
	}
}
