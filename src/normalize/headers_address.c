/* SPDX-License-Identifier: ISC */
/*
 * Address lists.  First the list is cut at the commas that really separate,
 * then each piece is read for an address and a name, with whatever brackets,
 * quotes and comments are there.
 */
#include "normalize/headers.h"

#include <string.h>

#include "model/address.h"

#define MAX_ONE	2000	/* bytes of one address with its name */

/* Behind a quoted string that begins at p, or NULL if it does not end. */
static const char *
quoted_end(const char *p)
{
	for (p++; *p != '\0'; p++) {
		if (*p == '\\' && p[1] != '\0')
			p++;
		else if (*p == '"')
			return p + 1;
	}
	return NULL;
}

/* Behind a comment (nested) that begins at p, or NULL. */
static const char *
comment_end(const char *p)
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
	return NULL;
}

/* Behind an encoded word that begins at p, or NULL. */
static const char *
word_end(const char *p)
{
	const char	*q = p + 2 + strcspn(p + 2, "? \t<>");
	size_t		 n;

	if (*q != '?' || q[1] == '\0' || q[2] != '?')
		return NULL;
	for (q += 3; *q != '\0'; q += n) {
		n = strcspn(q, "? \t<>");
		if (q[n] != '?')
			return NULL;
		if (q[n + 1] == '=')
			return q + n + 2;
		n++;
	}
	return NULL;
}

/* What must not be cut at p: a quoted string, comment, <...> or encoded word. */
struct atomic {
	bool	no_quote, no_comment, no_angle;	/* none ends behind here: do not search again */
};

static const char *
atomic_end(struct atomic *a, const char *p, char before)
{
	const char	*end = NULL;

	if (*p == '"' && !a->no_quote && (before == '\0' || strchr(" \t,;:<(.", before) != NULL)) {
		end = quoted_end(p);
		a->no_quote = end == NULL;
	} else if (*p == '(' && !a->no_comment) {
		end = comment_end(p);
		a->no_comment = end == NULL;
	} else if (*p == '<' && !a->no_angle) {
		end = strchr(p, '>');
		a->no_angle = end == NULL;
		/* "<a@b, c@d>": the bracket was forgotten */
		if (end != NULL && memchr(p + 1, '<', (size_t)(end - p - 1)) != NULL &&
		    memchr(p, ',', (size_t)(end - p)) != NULL)
			end = NULL;
		else if (end != NULL)
			end++;
	} else if (*p == '=' && p[1] == '?') {
		end = word_end(p);
	}
	return end;
}

/* Unquoted, with escapes undone. */
static char *
unquote(const char *p, size_t n)
{
	GString	*out = g_string_new(NULL);
	size_t	 i;

	for (i = 0; i < n; i++) {
		if (p[i] == '\\' && i + 1 < n)
			g_string_append_c(out, p[++i]);
		else if (p[i] != '"')
			g_string_append_c(out, p[i]);
	}
	return g_string_free(out, FALSE);
}

static size_t
count_char(const char *p, size_t n, char c)
{
	size_t	i, count = 0;

	for (i = 0; i < n; i++)
		count += p[i] == c;
	return count;
}

/* "Ann <a@b <a@b>>": the address is not part of the name. */
static void
drop_repeated(char *name, const char *addr)
{
	char	*angle = strrchr(name, '<');

	if (angle != NULL && addr != NULL && *addr != '\0' &&
	    g_ascii_strncasecmp(angle + 1, addr, strlen(addr)) == 0) {
		*angle = '\0';
		g_strchomp(name);
	}
}

/* The name as shown, or NULL: quotes gone, words decoded. */
static char *
clean_name(const char *p, size_t n, const char *addr)
{
	g_autofree char	*plain = NULL;
	char		*name;
	size_t		 len;

	while (n > 0 && strchr(" \t,;", *p) != NULL)
		p++, n--;
	while (n > 0 && strchr(" \t,;:<", p[n - 1]) != NULL)
		n--;
	if (n > 0 && *p == '"' && memchr(p + 1, '"', n - 1) == NULL)	/* never closed */
		p++, n--;
	plain = memchr(p, '\\', n) != NULL || count_char(p, n, '"') > 1 ? unquote(p, n) :
	    g_strndup(p, n);
	name = headers_decode(plain);
	drop_repeated(name, addr);
	len = strlen(name);
	while (len > 1 && ((name[0] == '\'' && name[len - 1] == '\'') ||
	    (name[0] == '"' && name[len - 1] == '"'))) {
		memmove(name, name + 1, len - 2);
		name[len -= 2] = '\0';
		g_strstrip(name);
		len = strlen(name);
	}
	if (len == 0 || (addr != NULL && g_ascii_strcasecmp(name, addr) == 0)) {
		g_free(name);
		return NULL;
	}
	return name;
}

/* Take away what is often around an address. */
static char *
strip_wrapping(char *addr)
{
	size_t	n;

	g_strstrip(addr);
	if (g_ascii_strncasecmp(addr, "mailto:", 7) == 0)
		memmove(addr, addr + 7, strlen(addr + 7) + 1);
	if (addr[0] == '@' && strchr(addr, ':') != NULL)	/* a route */
		memmove(addr, strchr(addr, ':') + 1, strlen(strchr(addr, ':') + 1) + 1);
	while (addr[0] != '\0' && strchr("<'[(,;", addr[0]) != NULL)
		memmove(addr, addr + 1, strlen(addr));
	for (n = strlen(addr); n > 0 && strchr(">'.,;:)\"", addr[n - 1]) != NULL; n--) {
		if (addr[n - 1] == '"' && addr[0] != '"')
			;
		else if (addr[n - 1] == '"' && strchr(addr, '@') == NULL)
			break;
		addr[n - 1] = '\0';
	}
	if (strchr(addr, ']') == NULL && strchr(addr, '[') != NULL)
		*strchr(addr, '[') = '\0';
	return addr;
}

/* "a@@b": a slip of the finger; what was meant is plain to see. */
static void
join_ats(char *addr)
{
	char	*at;

	for (at = strstr(addr, "@@"); at != NULL; at = strstr(at, "@@"))
		memmove(at, at + 1, strlen(at));
}

/* Remove blanks and comments outside of quotes; decode words; never NULL. */
static char *
clean_addr(const char *p, size_t n)
{
	g_autofree char	*bytes = g_strndup(p, n);
	g_autofree char	*decoded = headers_decode(bytes);
	GString		*out = g_string_new(NULL);
	bool		 quoted = false;
	const char	*c, *end;
	char		*at;

	for (c = decoded; *c != '\0'; c++) {
		if (*c == '"' && (quoted || quoted_end(c) != NULL))
			quoted = !quoted;
		if (quoted && *c == '\\' && c[1] != '\0')
			g_string_append_c(out, *c++);
		else if (!quoted && *c == '(' && (end = comment_end(c)) != NULL) {
			c = end - 1;
			continue;
		}
		if (quoted || !g_ascii_isspace(*c))
			g_string_append_c(out, *c);
	}
	strip_wrapping(out->str);
	join_ats(out->str);
	at = strrchr(out->str, '@');
	if (at != NULL && out->str[0] == '"' && at > out->str + 1 && at[-1] != '"' &&
	    strchr(out->str + 1, '"') == NULL)			/* "a@b with a lost quote */
		memmove(out->str, out->str + 1, strlen(out->str));
	if (strlen(out->str) > 1000)
		out->str[0] = '\0';
	return g_string_free(out, FALSE);
}

/* What stands for "we do not say to whom". */
static bool
is_nobody(const char *addr)
{
	return strchr(addr, '@') == NULL && (strchr(addr, ':') != NULL ||
	    g_ascii_strncasecmp(addr, "undisclosed", 11) == 0 ||
	    g_ascii_strncasecmp(addr, "unlisted-recipients", 19) == 0);
}

static void
add_address(GPtrArray *list, const char *name, const char *addr)
{
	struct address	*a;
	char		*at;

	if (list->len >= HEADERS_MAX_ADDRESSES || addr == NULL || *addr == '\0' ||
	    !g_utf8_validate(addr, -1, NULL) || is_nobody(addr))
		return;
	a = address_new(name, addr);
	if ((at = strrchr(a->addr, '@')) != NULL)
		for (at++; *at != '\0'; at++)
			*at = g_ascii_tolower(*at);
	g_ptr_array_add(list, a);
}

/* The last <...> that looks like an address; else the last at all. */
static const char *
find_angle(const char *p, size_t n, size_t *len)
{
	const char	*best = NULL, *c, *close, *end = p + n;
	bool		 quoted = false, best_at = false;

	for (c = p; c < end; c++) {
		if (*c == '\\' && quoted && c + 1 < end) {
			c++;
			continue;
		}
		if (*c == '"' && (quoted || memchr(c + 1, '"', (size_t)(end - c - 1)) != NULL))
			quoted = !quoted;
		if (*c != '<' || quoted)
			continue;
		close = memchr(c, '>', (size_t)(end - c));
		if (close == NULL)
			close = end;
		if (best == NULL || memchr(c, '@', (size_t)(close - c)) != NULL || !best_at) {
			best = c;
			*len = (size_t)(close - c) - 1;
			best_at = memchr(c, '@', (size_t)(close - c)) != NULL;
		}
	}
	return best;
}

/* Name <addr>, also with the name behind. */
static void
read_angle(const char *p, size_t n, const char *angle, size_t len, GPtrArray *list)
{
	g_autofree char	*addr = clean_addr(angle + 1, len);
	g_autofree char	*name = clean_name(p, (size_t)(angle - p), addr);
	const char	*behind = angle + 1 + len + (angle + 1 + len < p + n);

	behind += strspn(behind, " \t>");
	if (name == NULL && behind < p + n) {
		size_t	rest = (size_t)(p + n - behind);

		if (*behind == '(' && behind[rest - 1] == ')' && rest > 2)
			name = clean_name(behind + 1, rest - 2, addr);
		else
			name = clean_name(behind, rest, addr);
	}
	add_address(list, name, addr);
}

/*
 * addr (Name), addr, "Name addr", Name [mailto:addr].  Returns what is behind
 * the address, for there may be another, with only a blank between them.
 */
static const char *
read_bare(const char *p, size_t n, GPtrArray *list)
{
	const char	*at, *start, *end, *paren, *stop = p + n, *text = p;
	g_autofree char	*addr = NULL, *name = NULL;

	/* the address is the last word with an @ that is not in a leading quoted name */
	if (*p == '"' && (end = quoted_end(p)) != NULL && end < stop && *end != '@')
		text = end;
	at = memchr(text, '@', (size_t)(stop - text));
	if (at == NULL) {
		paren = memchr(p, '(', n);
		end = paren != NULL && paren > p ? paren : stop;
		addr = clean_addr(p, (size_t)(end - p));
		if (memchr(p, ' ', (size_t)(end - p)) == NULL && strpbrk(addr, " \"") == NULL)
			add_address(list, NULL, addr);
		return stop;
	}
	for (start = at; start > text && strchr(" \t,;[]<>():", start[-1]) == NULL; start--)
		if (start[-1] == '"' && start > text + 1) {	/* a quoted local part */
			const char *q = start - 2;

			while (q > text && *q != '"')
				q--;
			if (*q == '"')
				start = q + 1;
		}
	for (end = at; end < stop && strchr(" \t,;<>()", *end) == NULL; end++)
		;
	if (end[-1] == ']' && memchr(start, '[', (size_t)(end - start)) == NULL)
		end--;
	addr = clean_addr(start, (size_t)(end - start));
	paren = memchr(end, '(', (size_t)(stop - end));
	if (paren != NULL) {
		const char *close = comment_end(paren);

		name = clean_name(paren + 1, (size_t)((close ? close - 1 : stop) - paren - 1), addr);
	} else if (start > p) {
		size_t	before = (size_t)(start - p);

		if (before >= 8 && g_ascii_strncasecmp(start - 8, "[mailto:", 8) == 0)
			before -= 8;
		else
			while (before > 0 && strchr("[<(", p[before - 1]) != NULL)
				before--;
		name = clean_name(p, before, addr);
	}
	add_address(list, name, addr);
	return paren != NULL ? stop : end;
}

/* "test . example" behind an @. */
static void
close_dots(char *domain)
{
	char	*dot, *right;
	size_t	 n;

	while (*domain != '\0') {
		n = strcspn(domain, " \t,;<>()");
		dot = domain + n + strspn(domain + n, " \t");
		right = *dot == '.' ? dot + 1 + strspn(dot + 1, " \t") : dot;
		if (dot == domain + n || *dot != '.' || !g_ascii_isalnum(*right))
			return;
		domain += n;
		*domain++ = '.';
		memmove(domain, right, strlen(right) + 1);
	}
}

/* Blanks and comments beside the @ are allowed by the standard: away with them. */
static void
close_gaps(char *s)
{
	char		*at, *left, *right;
	const char	*open, *close;

	for (at = strchr(s, '@'); at != NULL; at = strchr(at + 1, '@')) {
		for (left = at; left > s && (left[-1] == ' ' || left[-1] == '\t'); left--)
			;
		if (left > s && left[-1] == ')') {
			for (open = left; open > s && *open != '('; open--)
				;
			if (open > s)
				left = s + (open - s);
		}
		right = at + 1 + strspn(at + 1, " \t");
		if (*right == '(' && (close = comment_end(right)) != NULL && g_ascii_isalnum(*close))
			right += close - right;
		memmove(left + 1, right, strlen(right) + 1);
		*left = '@';
		at = left;
		close_dots(at + 1);
	}
}

static void
read_bares(const char *p, GPtrArray *list)
{
	do {
		p = read_bare(p, strlen(p), list);
	} while (strchr(p, '@') != NULL && list->len < HEADERS_MAX_ADDRESSES);
}

/* One address as written between two commas. */
static void
read_one(const char *p, size_t n, GPtrArray *list)
{
	g_autofree char	*decoded = NULL, *piece = NULL;
	const char	*angle;
	size_t		 len = 0;

	while (n > 0 && strchr(" \t,;", *p) != NULL)
		p++, n--;
	while (n > 0 && strchr(" \t,;", p[n - 1]) != NULL)
		n--;
	if (n == 0)
		return;
	n = MIN(n, MAX_ONE);
	piece = g_strndup(p, n);
	if (strstr(piece, "=?") != NULL && strchr(piece, '@') == NULL) {
		decoded = headers_decode(piece);	/* all of it in encoded words */
		p = decoded;
	} else {
		p = piece;
	}
	n = strlen(p);
	if ((angle = find_angle(p, n, &len)) != NULL)
		read_angle(p, n, angle, len, list);
	else {
		g_autofree char	*closed = g_strdup(p);

		close_gaps(closed);
		read_bares(closed, list);
	}
}

/*
 * The comma (or semicolon) at "comma" belongs to a name, "Lee, Ann <a@b>":
 * before it is no address, and what follows is a word and a bracket.
 */
static bool
is_in_name(const char *start, const char *comma)
{
	const char	*c, *next = comma + 1 + strspn(comma + 1, " \t\r\n");
	size_t		 n, inside;
	bool		 plain = true;

	for (c = start; c < comma; c++) {
		if (strchr("@<>:\"", *c) != NULL)
			return false;
		plain = plain && (g_ascii_islower(*c) || strchr(" \t-_.", *c) != NULL);
	}
	n = strcspn(next, "<,;\"@:");
	if (plain || n == 0 || next[n] != '<')	/* all lower case: a local user */
		return false;
	inside = strcspn(next + n + 1, "@<>,;");
	return next[n + 1 + inside] == '@';
}

/* Behind "<a@b>": does another one with a name follow without a comma? */
static bool
is_glued(const char *behind)
{
	const char	*p = behind + strspn(behind, " \t\r\n");
	size_t		 n = strcspn(p, "<,;\"(@:"), inside;

	if (p == behind || n == 0 || p[n] != '<' || g_ascii_strncasecmp(p, "on behalf", 9) == 0)
		return false;
	inside = strcspn(p + n + 1, "@<>,;");
	return p[n + 1 + inside] == '@';
}

/* "Ann &lt;a@b&gt;", escaped once too often; NULL if it is not. */
static char *
undo_entities(const char *raw)
{
	GString	*s;

	if (strstr(raw, "&lt;") == NULL || strchr(raw, '<') != NULL)
		return NULL;
	s = g_string_new(raw);
	g_string_replace(s, "&lt;", "<", 0);
	g_string_replace(s, "&gt;", ">", 0);
	return g_string_free(s, FALSE);
}

void
headers_addresses(const char *raw, GPtrArray *list)
{
	struct atomic	 a = { false, false, false };
	const char	*start, *p, *end;
	g_autofree char	*plain = NULL;
	bool		 has_semicolon;

	if (raw == NULL)
		return;
	if ((plain = undo_entities(raw)) != NULL)
		raw = plain;
	has_semicolon = strchr(raw, ';') != NULL;
	for (start = p = raw; *p != '\0' && list->len < HEADERS_MAX_ADDRESSES;) {
		if ((end = atomic_end(&a, p, p > start ? p[-1] : '\0')) != NULL) {
			bool	angle = *p == '<' && memchr(p, '@', (size_t)(end - p)) != NULL;

			p = end;
			if (angle && is_glued(p)) {
				read_one(start, (size_t)(p - start), list);
				start = p;
			}
		} else if (*p == '\\' && p[1] == ',') {
			p += 2;
		} else if ((*p == ',' || *p == ';') && is_in_name(start, p)) {
			p++;
		} else if (*p == ',' || *p == ';') {
			read_one(start, (size_t)(p - start), list);
			start = ++p;
		} else if (*p == ':' && has_semicolon &&
		    memchr(start, '@', (size_t)(p - start)) == NULL &&
		    !(p - start >= 6 && g_ascii_strncasecmp(p - 6, "mailto", 6) == 0)) {
			start = ++p;			/* a group's name */
			has_semicolon = strchr(p, ';') != NULL;
		} else {
			p++;
		}
	}
	read_one(start, strlen(start), list);
}
