/* SPDX-License-Identifier: ISC */
/*
 * Content-Type and Content-Disposition.  A parameter may come whole, quoted or
 * not, in pieces (name*0=, name*1*=), percent-encoded with a charset (name*=),
 * with encoded words where none are allowed, or as raw 8-bit.
 */
#include "normalize/headers.h"

#include <stdlib.h>
#include <string.h>

#include "normalize/charset.h"
#include "normalize/transfer.h"

#define MAX_PARAMS	100

/* One "name=value" as written. */
struct piece {
	char	*name;		/* lower case, without stars */
	char	*value;		/* bytes, unquoted */
	int	 number;	/* of the piece; -1: not in pieces */
	bool	 encoded;	/* ended with a star: percent-encoded */
};

static void
piece_free(void *arg)
{
	struct piece	*p = arg;

	g_free(p->name);
	g_free(p->value);
	g_free(p);
}

/* A quoted string behind its first quote; returns behind the closing one. */
static const char *
read_quoted(const char *at, GString *out)
{
	for (; *at != '\0' && *at != '"'; at++) {
		/* Windows paths are not escapes: only \" and \\ are */
		if (*at == '\\' && (at[1] == '"' || at[1] == '\\'))
			at++;
		g_string_append_c(out, *at);
	}
	return *at == '"' ? at + 1 : at;
}

/*
 * Up to the next ";", or a comment where the parameter allows it: file names
 * have parentheses of their own, boundaries have them without a blank.
 */
static const char *
read_token(const char *at, const char *name, GString *out)
{
	bool	is_name = strcmp(name, "name") == 0 || strcmp(name, "filename") == 0;
	bool	is_boundary = strcmp(name, "boundary") == 0;

	for (; *at != '\0' && *at != ';'; at++) {
		if (*at == '(' && out->len > 0 && !is_name &&
		    !(is_boundary && !g_ascii_isspace(at[-1])))
			break;
		g_string_append_c(out, *at);
	}
	at += strcspn(at, ";");
	while (out->len > 0 && g_ascii_isspace(out->str[out->len - 1]))
		g_string_truncate(out, out->len - 1);
	return at;
}

/* "filename*1*" into its parts. */
static void
split_name(struct piece *p, const char *name, size_t n)
{
	char	*star;

	p->name = g_ascii_strdown(name, (gssize)n);
	g_strstrip(p->name);
	p->number = -1;
	if (g_str_has_suffix(p->name, "*")) {
		p->encoded = true;
		p->name[strlen(p->name) - 1] = '\0';
	}
	if ((star = strchr(p->name, '*')) != NULL) {
		if (g_ascii_isdigit(star[1]))
			p->number = atoi(star + 1) % 10000;
		*star = '\0';
	}
}

/* Read one parameter at "at"; returns where to go on. */
static const char *
read_piece(const char *at, GPtrArray *pieces)
{
	const char	*name = at;
	size_t		 n = strcspn(at, "=;");
	struct piece	*p;
	GString		*value;

	if (at[n] != '=' || n > 200)
		return at + n + (at[n] != '\0');
	p = g_new0(struct piece, 1);
	split_name(p, name, n);
	at += n + 1;
	at += strspn(at, " \t");
	value = g_string_new(NULL);
	if (*at == '"') {
		at = read_quoted(at + 1, value);
		if (*at != ';' && *at != '\0' && !g_ascii_isspace(*at))	/* "a"b.pdf" */
			at = read_token(at, p->name, value);
		at += strcspn(at, ";=");
		if (*at == '=') {		/* no ";" between two parameters */
			while (at > name && !g_ascii_isspace(at[-1]) && at[-1] != '"')
				at--;
			at--;
		}
	} else {
		at = read_token(at, p->name, value);
	}
	p->value = g_string_free(value, FALSE);
	g_ptr_array_add(pieces, p);
	return *at != '\0' ? at + 1 : at;
}

/* charset'language'percent-encoded */
static char *
decode_extended(const char *value, size_t encoded_len)
{
	g_autofree char	*charset = NULL;
	GString		*bytes = g_string_new(NULL);
	const char	*first = strchr(value, '\''), *second = NULL, *text = value;
	char		*utf8, *line;

	if (first != NULL && first - value < 40)
		second = strchr(first + 1, '\'');
	if (second != NULL && second - first < 20) {
		charset = g_strndup(value, (gsize)(first - value));
		text = second + 1;
	}
	encoded_len -= MIN(encoded_len, (size_t)(text - value));
	transfer_percent(text, MIN(strlen(text), encoded_len), bytes);
	g_string_append(bytes, text + MIN(strlen(text), encoded_len));
	utf8 = charset_decode(bytes->str, bytes->len, charset != NULL && *charset ? charset : NULL,
	    NULL);
	g_string_free(bytes, TRUE);
	if (charset == NULL && strstr(utf8, "=?") != NULL) {
		line = headers_decode(utf8);
	} else {
		line = g_strdelimit(g_strdup(utf8), "\r\n\t", ' ');
		g_strstrip(line);
	}
	g_free(utf8);
	return line;
}

static int
by_number(const void *a, const void *b)
{
	const struct piece	*const *x = a, *const *y = b;

	return (*x)->number - (*y)->number;
}

/* Put the pieces of one name together; later duplicates of a number are dropped. */
static char *
join_pieces(GPtrArray *mine)
{
	g_autoptr(GString)	 all = g_string_new(NULL);
	struct piece		*first = g_ptr_array_index(mine, 0);
	bool			 encoded = false;
	int			 last = -2;
	guint			 i;

	for (i = 0; i < mine->len; i++) {
		struct piece	*p = g_ptr_array_index(mine, i);

		if (p->number == last)
			continue;
		last = p->number;
		if (p->encoded)
			encoded = true;
		if (!encoded || p->encoded) {
			g_string_append(all, p->value);
		} else {		/* plain behind encoded: keep its "%" */
			const char	*c;

			for (c = p->value; *c != '\0'; c++)
				if (*c == '%')
					g_string_append(all, "%25");
				else
					g_string_append_c(all, *c);
		}
	}
	if (encoded || (first->number == 0 && strstr(all->str, "''") != NULL &&
	    strchr(all->str, '%') != NULL))
		return decode_extended(all->str, all->len);
	return headers_decode(all->str);
}

/* name* wins over name*0..., and both over the plain one made for old readers. */
static char *
value_of(GPtrArray *pieces, const char *name)
{
	g_autoptr(GPtrArray)	 mine = g_ptr_array_new();
	struct piece		*plain = NULL;
	guint			 i;

	for (i = 0; i < pieces->len; i++) {
		struct piece	*p = g_ptr_array_index(pieces, i);

		if (strcmp(p->name, name) != 0)
			continue;
		if (p->number == -1 && p->encoded)
			return decode_extended(p->value, strlen(p->value));
		if (p->number >= 0)
			g_ptr_array_add(mine, p);
		else if (plain == NULL)
			plain = p;
	}
	if (mine->len == 0)
		return headers_decode(plain->value);
	qsort(mine->pdata, mine->len, sizeof(void *), by_number);
	return join_pieces(mine);
}

static void
param_free(void *arg)
{
	struct headers_param	*p = arg;

	g_free(p->name);
	g_free(p->value);
	g_free(p);
}

/* Behind a comment that begins at p; the end of the text if it is not closed. */
static const char *
skip_comment(const char *p)
{
	int	depth = 0;

	for (; *p != '\0'; p++) {
		if (*p == '\\' && p[1] != '\0')
			p++;
		else if (*p == '(')
			depth++;
		else if (*p == ')' && --depth == 0)
			return p + 1;
	}
	return p;
}

/* "text / plain" */
static void
close_slash(GString *s)
{
	g_string_replace(s, " /", "/", 0);
	g_string_replace(s, "/ ", "/", 0);
}

/*
 * What stands before the parameters, in lower case, and where they begin:
 * behind a ";", but also behind a comma or a blank, or at once.
 */
static char *
read_value(const char *raw, const char **params)
{
	GString		*out = g_string_new(NULL);
	const char	*p = raw, *word = raw;

	while (*p != '\0' && *p != ';' && *p != ',') {
		if (*p == '(') {
			p = skip_comment(p);
			continue;
		}
		if (*p == '=' && p[1] != '?' && (p == raw || p[-1] != '?')) {
			g_string_truncate(out, out->len - MIN(out->len, (gsize)(p - word)));
			p = word;
			break;
		}
		if (g_ascii_isspace(*p) || *p == '"') {
			word = p + 1;
			if (out->len > 0 && out->str[out->len - 1] != ' ')
				g_string_append_c(out, ' ');
		} else {
			g_string_append_c(out, g_ascii_tolower(*p));
		}
		p++;
	}
	*params = p;
	close_slash(out);
	return g_strstrip(g_string_free(out, FALSE));
}

struct headers_params *
headers_params_parse(const char *raw)
{
	struct headers_params	*params = g_new0(struct headers_params, 1);
	g_autoptr(GPtrArray)	 pieces = g_ptr_array_new_with_free_func(piece_free);
	const char		*at;
	guint			 i;

	params->list = g_ptr_array_new_with_free_func(param_free);
	params->value = read_value(raw != NULL ? raw : "", &at);
	while (*at != '\0' && pieces->len < MAX_PARAMS) {
		at += strspn(at, ";, \t");
		if (*at != '\0')
			at = read_piece(at, pieces);
	}
	for (i = 0; i < pieces->len; i++) {
		struct piece		*p = g_ptr_array_index(pieces, i);
		struct headers_param	*param;

		if (headers_params_get(params, p->name) != NULL)
			continue;
		param = g_new0(struct headers_param, 1);
		param->name = g_strdup(p->name);
		param->value = value_of(pieces, p->name);
		g_ptr_array_add(params->list, param);
	}
	return params;
}

void
headers_params_free(struct headers_params *params)
{
	g_ptr_array_unref(params->list);
	g_free(params->value);
	g_free(params);
}

const char *
headers_params_get(const struct headers_params *params, const char *name)
{
	guint	i;

	for (i = 0; i < params->list->len; i++) {
		const struct headers_param *p = g_ptr_array_index(params->list, i);

		if (strcmp(p->name, name) == 0)
			return p->value;
	}
	return NULL;
}
