/* SPDX-License-Identifier: ISC */
#include "proto/json_scan.h"

#include <glib.h>
#include <limits.h>
#include <stdint.h>
#include <string.h>

#define NO_INDEX	UINT_MAX

struct json_pointer {
	char		**tokens;	/* unescaped; ends with NULL */
	unsigned	 *indexes;	/* what they mean in an array, or NO_INDEX */
	unsigned	  count;
};

/* "~1" is "/" and "~0" is "~"; false for any other "~". */
static bool
unescape_token(char *s)
{
	char	*out = s;

	for (; *s != '\0'; s++) {
		if (*s == '~') {
			s++;
			if (*s != '0' && *s != '1')
				return false;
			*out++ = *s == '0' ? '~' : '/';
		} else
			*out++ = *s;
	}
	*out = '\0';
	return true;
}

/* Digits without a leading zero. */
static unsigned
index_of(const char *token)
{
	size_t	digits = strspn(token, "0123456789");

	if (digits == 0 || digits > 9 || token[digits] != '\0' ||
	    (digits > 1 && token[0] == '0'))
		return NO_INDEX;
	return (unsigned)g_ascii_strtoull(token, NULL, 10);
}

struct json_pointer *
json_pointer_new(const char *text)
{
	struct json_pointer	*p;
	unsigned		 i;

	if (*text != '\0' && *text != '/')
		return NULL;
	p = g_new0(struct json_pointer, 1);
	p->tokens = *text == '\0' ? g_new0(char *, 1) : g_strsplit(text + 1, "/", -1);
	/* g_strsplit("") gives nothing, but "/" names the member "". */
	if (strcmp(text, "/") == 0) {
		g_strfreev(p->tokens);
		p->tokens = g_new0(char *, 2);
		p->tokens[0] = g_strdup("");
	}
	p->count = g_strv_length(p->tokens);
	p->indexes = g_new0(unsigned, p->count + 1);
	for (i = 0; i < p->count; i++) {
		p->indexes[i] = index_of(p->tokens[i]);
		if (!unescape_token(p->tokens[i])) {
			json_pointer_free(p);
			return NULL;
		}
	}
	return p;
}

void
json_pointer_free(struct json_pointer *p)
{
	if (p == NULL)
		return;
	g_strfreev(p->tokens);
	g_free(p->indexes);
	g_free(p);
}

struct level {
	bool		is_object;
	bool		is_on_path;	/* the pointer leads into this one */
	unsigned	index;		/* of the present element */
};

struct scan {
	const uint8_t			*begin;
	const uint8_t			*at;
	const uint8_t			*end;
	const struct json_pointer	*pointer;
	struct json_scan		*out;
	unsigned			 depth;
	struct level			 levels[JSON_SCAN_DEPTH + 1];
	bool				 is_next_on_path;	/* the value that comes */
	const uint8_t			*found;		/* began here, not ended yet */
	unsigned			 found_depth;
};

static int
fail(struct scan *s, const char *why)
{
	s->out->why = why;
	s->out->at = (size_t)(s->at - s->begin);
	s->out->value = NULL;
	s->out->len = 0;
	return -1;
}

static void
skip_blanks(struct scan *s)
{
	while (s->at < s->end &&
	    (*s->at == ' ' || *s->at == '\n' || *s->at == '\r' || *s->at == '\t'))
		s->at++;
}

static bool
is_continuation(const uint8_t *p, const uint8_t *end, unsigned n)
{
	if ((size_t)(end - p) < n)
		return false;
	while (n-- > 0)
		if ((*p++ & 0xc0) != 0x80)
			return false;
	return true;
}

/* Length of the valid UTF-8 sequence of 2 to 4 bytes here, or 0. */
static unsigned
utf8_length(const uint8_t *p, const uint8_t *end)
{
	if (*p >= 0xc2 && *p <= 0xdf)
		return is_continuation(p + 1, end, 1) ? 2 : 0;
	if (*p >= 0xe0 && *p <= 0xef) {
		if (!is_continuation(p + 1, end, 2) || (*p == 0xe0 && p[1] < 0xa0) ||
		    (*p == 0xed && p[1] > 0x9f))
			return 0;
		return 3;
	}
	if (*p >= 0xf0 && *p <= 0xf4) {
		if (!is_continuation(p + 1, end, 3) || (*p == 0xf0 && p[1] < 0x90) ||
		    (*p == 0xf4 && p[1] > 0x8f))
			return 0;
		return 4;
	}
	return 0;
}

static int
skip_escape(struct scan *s)
{
	unsigned	i;

	if (s->end - s->at < 2)
		return fail(s, "the document ends in a string");
	if (s->at[1] == 'u') {
		if (s->end - s->at < 6)
			return fail(s, "the document ends in a string");
		for (i = 2; i < 6; i++)
			if (!g_ascii_isxdigit((char)s->at[i]))
				return fail(s, "malformed \\u escape");
		s->at += 6;
		return 0;
	}
	if (s->at[1] == '\0' || strchr("\"\\/bfnrt", s->at[1]) == NULL)
		return fail(s, "unknown escape in a string");
	s->at += 2;
	return 0;
}

/* At the opening quote; afterwards behind the closing one. */
static int
skip_string(struct scan *s)
{
	unsigned	n;

	s->at++;
	while (s->at < s->end) {
		if (*s->at == '"') {
			s->at++;
			return 0;
		}
		if (*s->at == '\\') {
			if (skip_escape(s) == -1)
				return -1;
		} else if (*s->at >= 0x80) {
			if ((n = utf8_length(s->at, s->end)) == 0)
				return fail(s, "invalid UTF-8");
			s->at += n;
		} else if (*s->at < ' ') {
			return fail(s, "control character in a string");
		} else
			s->at++;
	}
	return fail(s, "the document ends in a string");
}

static bool
skip_digits(struct scan *s)
{
	const uint8_t	*from = s->at;

	while (s->at < s->end && g_ascii_isdigit((char)*s->at))
		s->at++;
	return s->at > from;
}

static bool
skip_char(struct scan *s, char c)
{
	if (s->at == s->end || *s->at != (uint8_t)c)
		return false;
	s->at++;
	return true;
}

static int
skip_number(struct scan *s)
{
	skip_char(s, '-');
	if (!skip_char(s, '0') && !skip_digits(s))
		return fail(s, "malformed number");
	if (skip_char(s, '.') && !skip_digits(s))
		return fail(s, "malformed number");
	if (skip_char(s, 'e') || skip_char(s, 'E')) {
		if (!skip_char(s, '-'))
			skip_char(s, '+');
		if (!skip_digits(s))
			return fail(s, "malformed number");
	}
	return 0;
}

static int
skip_word(struct scan *s, const char *word)
{
	size_t	len = strlen(word);

	if ((size_t)(s->end - s->at) < len || memcmp(s->at, word, len) != 0)
		return fail(s, "this is no value");
	s->at += len;
	return 0;
}

static int
open_level(struct scan *s, bool is_object)
{
	struct level	*level;

	if (s->depth == JSON_SCAN_DEPTH)
		return fail(s, "nested too deeply");
	level = &s->levels[++s->depth];
	level->is_object = is_object;
	level->is_on_path = s->is_next_on_path;
	level->index = 0;
	s->at++;
	return 0;
}

/* The value that ended here was the one: later ones of its name replace it. */
static void
note_end(struct scan *s)
{
	if (s->found == NULL || s->found_depth != s->depth)
		return;
	s->out->value = (const char *)s->found;
	s->out->len = (size_t)(s->at - s->found);
	s->found = NULL;
}

static void
note_begin(struct scan *s)
{
	if (!s->is_next_on_path || s->depth != s->pointer->count)
		return;
	s->found = s->at;
	s->found_depth = s->depth;
	s->is_next_on_path = false;
}

/* Does the pointer go on with this element of the present array? */
static void
match_index(struct scan *s)
{
	const struct level	*level = &s->levels[s->depth];

	s->is_next_on_path = level->is_on_path && s->depth <= s->pointer->count &&
	    level->index == s->pointer->indexes[s->depth - 1];
}

static void
match_name(struct scan *s, const uint8_t *quoted)
{
	const char	*token;
	struct json_scan name = { .value = (const char *)quoted,
				  .len = (size_t)(s->at - quoted) };
	g_autofree char	*text = NULL;

	s->is_next_on_path = s->levels[s->depth].is_on_path && s->depth <= s->pointer->count;
	if (!s->is_next_on_path)
		return;
	token = s->pointer->tokens[s->depth - 1];
	if (memchr(name.value, '\\', name.len) == NULL) {
		s->is_next_on_path = name.len - 2 == strlen(token) &&
		    memcmp(name.value + 1, token, name.len - 2) == 0;
		return;
	}
	text = json_scan_text(&name);
	s->is_next_on_path = text != NULL && strcmp(text, token) == 0;
}

/* At a name, or a blank in front of it; afterwards behind the colon. */
static int
skip_name(struct scan *s)
{
	const uint8_t	*quoted;

	skip_blanks(s);
	if (s->at == s->end || *s->at != '"')
		return fail(s, "a name is missing");
	quoted = s->at;
	if (skip_string(s) == -1)
		return -1;
	match_name(s, quoted);
	skip_blanks(s);
	return skip_char(s, ':') ? 0 : fail(s, "a colon is missing");
}

enum next { NEXT_VALUE, NEXT_END_OF_VALUE, NEXT_FAILED };

static enum next
scalar(int rc)
{
	return rc == -1 ? NEXT_FAILED : NEXT_END_OF_VALUE;
}

/* Behind "{" or "[": it may be empty. */
static enum next
first_member(struct scan *s)
{
	bool	is_object = s->levels[s->depth].is_object;

	skip_blanks(s);
	if (skip_char(s, is_object ? '}' : ']')) {
		s->depth--;
		return NEXT_END_OF_VALUE;
	}
	if (is_object)
		return skip_name(s) == -1 ? NEXT_FAILED : NEXT_VALUE;
	match_index(s);
	return NEXT_VALUE;
}

static enum next
take_value(struct scan *s)
{
	skip_blanks(s);
	if (s->at == s->end) {
		fail(s, "the document ends too early");
		return NEXT_FAILED;
	}
	note_begin(s);
	switch (*s->at) {
	case '{':
	case '[':
		return open_level(s, *s->at == '{') == -1 ? NEXT_FAILED : first_member(s);
	case '"':
		return scalar(skip_string(s));
	case 't':
		return scalar(skip_word(s, "true"));
	case 'f':
		return scalar(skip_word(s, "false"));
	case 'n':
		return scalar(skip_word(s, "null"));
	default:
		return scalar(skip_number(s));
	}
}

/* Behind a value in an object or array: the next member, or its end. */
static enum next
take_separator(struct scan *s)
{
	struct level	*level = &s->levels[s->depth];

	skip_blanks(s);
	if (skip_char(s, level->is_object ? '}' : ']')) {
		s->depth--;
		return NEXT_END_OF_VALUE;
	}
	if (!skip_char(s, ',')) {
		fail(s, s->at == s->end ? "the document ends too early" :
		    "a comma or a closing bracket is missing");
		return NEXT_FAILED;
	}
	if (level->is_object)
		return skip_name(s) == -1 ? NEXT_FAILED : NEXT_VALUE;
	level->index++;
	match_index(s);
	return NEXT_VALUE;
}

static int
scan_document(struct scan *s)
{
	enum next	next = NEXT_VALUE;

	while (next != NEXT_FAILED) {
		if (next == NEXT_VALUE) {
			next = take_value(s);
			continue;
		}
		note_end(s);
		if (s->depth == 0)
			break;
		next = take_separator(s);
	}
	if (next == NEXT_FAILED)
		return -1;
	skip_blanks(s);
	return s->at == s->end ? 0 : fail(s, "something follows the document");
}

int
json_scan(const char *bytes, size_t len, const struct json_pointer *pointer,
    struct json_scan *out)
{
	struct scan	s;

	memset(out, 0, sizeof(*out));
	s.begin = s.at = (const uint8_t *)bytes;
	s.end = s.begin + len;
	s.pointer = pointer;
	s.out = out;
	s.depth = 0;
	s.is_next_on_path = pointer != NULL;
	s.found = NULL;
	s.found_depth = 0;
	skip_blanks(&s);
	if (s.at == s.end || (*s.at != '{' && *s.at != '['))
		return fail(&s, "neither an object nor an array");
	return scan_document(&s);
}

/* Four hexadecimal digits. */
static unsigned
read_hex(const char *p)
{
	unsigned	n = 0, i;

	for (i = 0; i < 4; i++)
		n = n << 4 | (unsigned)g_ascii_xdigit_value(p[i]);
	return n;
}

/* Behind "\u"; returns how much was read, 0 if it is no character. */
static size_t
append_unicode(GString *out, const char *p, const char *end)
{
	unsigned	c = read_hex(p), low;

	if (c >= 0xd800 && c <= 0xdbff) {
		if (end - p < 10 || p[4] != '\\' || p[5] != 'u')
			return 0;
		low = read_hex(p + 6);
		if (low < 0xdc00 || low > 0xdfff)
			return 0;
		g_string_append_unichar(out, 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00));
		return 10;
	}
	if (c == 0 || (c >= 0xdc00 && c <= 0xdfff))
		return 0;
	g_string_append_unichar(out, c);
	return 4;
}

static char *
unquote(const char *p, const char *end)
{
	static const char	letters[] = "bfnrt", meanings[] = "\b\f\n\r\t";
	g_autoptr(GString)	out = g_string_sized_new((gsize)(end - p));
	const char		*letter;
	size_t			n;

	while (p < end) {
		if (*p != '\\') {
			g_string_append_c(out, *p++);
		} else if (p[1] == 'u') {
			if ((n = append_unicode(out, p + 2, end)) == 0)
				return NULL;
			p += 2 + n;
		} else {
			letter = strchr(letters, p[1]);
			g_string_append_c(out, letter ? meanings[letter - letters] : p[1]);
			p += 2;
		}
	}
	return g_strndup(out->str, out->len);
}

char *
json_scan_text(const struct json_scan *scan)
{
	if (scan->value == NULL || scan->len == 0)
		return NULL;
	switch (*scan->value) {
	case '{':
	case '[':
	case 'n':
		return NULL;
	case '"':
		return unquote(scan->value + 1, scan->value + scan->len - 1);
	default:
		return g_strndup(scan->value, scan->len);
	}
}
