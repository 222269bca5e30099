/* SPDX-License-Identifier: ISC */
#include "conf/conf_scan.h"

#include <glib.h>
#include <string.h>

struct scan {
	const char	*at;
	int		 line;
	GArray		*open;		/* lines of braces that wait for their end */
};

/* To just behind the end mark; -1: it does not come. */
static int
skip_to(struct scan *s, const char *mark)
{
	size_t	len = strlen(mark);

	for (; *s->at != '\0'; s->at++) {
		if (strncmp(s->at, mark, len) == 0) {
			s->at += len;
			return 0;
		}
		s->line += *s->at == '\n';
	}
	return -1;
}

static int
skip_quoted(struct scan *s)
{
	char	quote = *s->at++;

	for (; *s->at != '\0'; s->at++) {
		if (*s->at == quote) {
			s->at++;
			return 0;
		}
		if (*s->at == '\\' && s->at[1] != '\0')
			s->at++;
		s->line += *s->at == '\n';
	}
	return -1;
}

static void
skip_line(struct scan *s)
{
	s->at += strcspn(s->at, "\n");
}

/* One step; what it is that has no end, or NULL. */
static const char *
step(struct scan *s)
{
	switch (*s->at) {
	case '"':
	case '\'':
		return skip_quoted(s) == -1 ? "the quoted text that begins here has no end" : NULL;
	case '#':
		skip_line(s);
		return NULL;
	case '/':
		if (s->at[1] == '/')
			skip_line(s);
		else if (s->at[1] == '*')
			return skip_to(s, "*/") == -1 ? "the comment that begins here has no end" : NULL;
		else
			s->at++;
		return NULL;
	case '{':
		g_array_append_val(s->open, s->line);
		break;
	case '}':
		if (s->open->len > 0)
			g_array_set_size(s->open, s->open->len - 1);
		break;
	case '\n':
		s->line++;
		break;
	default:
		/* A bare word: // in the middle of one is no comment. */
		s->at += strcspn(s->at + 1, " \t\r\n\"'={}()+,#");
		break;
	}
	s->at++;
	return NULL;
}

int
conf_scan(const char *file, int *line, struct err *e)
{
	g_autofree char	*text = NULL;
	struct scan	 s = { .line = 1 };
	const char	*problem = NULL;

	if (!g_file_get_contents(file, &text, NULL, NULL))
		return 0;
	s.at = text;
	s.open = g_array_new(FALSE, FALSE, sizeof(int));
	while (*s.at != '\0' && problem == NULL) {
		*line = s.line;
		problem = step(&s);
	}
	if (problem == NULL && s.open->len > 0) {
		*line = g_array_index(s.open, int, s.open->len - 1);
		problem = "the { here is never closed";
	}
	g_array_unref(s.open);
	return problem != NULL ? err_set(e, ERR_CONFIG, "%s", problem) : 0;
}
