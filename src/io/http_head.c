/* SPDX-License-Identifier: ISC */
#include "io/http_head.h"

#include <string.h>

#define TARGET_MAX	8000		/* RFC 9112, 3: at least that much */
#define IDLE_MAX	8192		/* chunk extensions and trailers of one body */

ssize_t
http_head_end(struct http_scan *scan, const char *bytes, size_t len)
{
	const char	*lf;
	size_t		 at;

	while ((lf = memchr(bytes + scan->at, '\n', len - scan->at)) != NULL) {
		at = (size_t)(lf - bytes);
		if (at == scan->line || bytes[at - 1] != '\r')
			return -1;
		if (at == scan->line + 1)
			return (ssize_t)at + 1;
		scan->at = scan->line = at + 1;
	}
	scan->at = len;
	return 0;
}

/* RFC 9110, 5.6.2 */
static bool
is_token_char(unsigned char c)
{
	return g_ascii_isalnum(c) || (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

static bool
is_token(const char *s)
{
	if (*s == '\0')
		return false;
	while (is_token_char((unsigned char)*s))
		s++;
	return *s == '\0';
}

static bool
is_visible(const char *s)
{
	for (; *s != '\0'; s++)
		if ((unsigned char)*s <= ' ' || (unsigned char)*s >= 0x7f)
			return false;
	return true;
}

static int
refuse(int status, const char **why, const char *sentence)
{
	*why = sentence;
	return status;
}

/* Decode in place; false for a broken escape, a control character, bad UTF-8. */
static bool
decode_percent(char *s, bool plus)
{
	char	*out = s, *begin = s;
	int	 c, hi, lo;

	while ((c = (unsigned char)*s++) != '\0') {
		if (c == '+' && plus)
			c = ' ';
		if (c == '%') {
			if ((hi = g_ascii_xdigit_value(s[0])) == -1 ||
			    (lo = g_ascii_xdigit_value(s[1])) == -1)
				return false;
			c = hi << 4 | lo;
			s += 2;
		}
		if (!plus && (c < ' ' || c == 0x7f))
			return false;
		if (c == '\0')
			return false;
		*out++ = (char)c;
	}
	*out = '\0';
	return g_utf8_validate(begin, -1, NULL);
}

/*
 * "http://host/path" is allowed for our own Host only; it is checked once
 * that is known.  Returns the path in it, or NULL.
 */
static char *
skip_authority(char *target, const char **authority, size_t *len)
{
	char	*slash;

	if (g_ascii_strncasecmp(target, "http://", 7) == 0)
		target += 7;
	else if (g_ascii_strncasecmp(target, "https://", 8) == 0)
		target += 8;
	else
		return NULL;
	if ((slash = strchr(target, '/')) == NULL)
		return NULL;
	*authority = target;
	*len = (size_t)(slash - target);
	return slash;
}

struct head_parse {
	struct http_head	*head;
	const char		**why;
	char			*at;		/* next line */
	char			*end;		/* behind the last line */
	const char		*authority;	/* of an absolute target */
	size_t			 authority_len;
	const char		*host;
	const char		*length;
	const char		*encoding;
	const char		*type;
	const char		*expect;
};

/* The next line, its CR made a NUL; lines end in CR LF for sure. */
static char *
take_line(struct head_parse *p, size_t *len)
{
	char	*line = p->at;
	char	*lf = memchr(line, '\n', (size_t)(p->end - line));

	*len = (size_t)(lf - 1 - line);
	line[*len] = '\0';
	p->at = lf + 1;
	return line;
}

static int
parse_version(struct head_parse *p, const char *version)
{
	if (strcmp(version, "HTTP/1.1") == 0)
		p->head->keep_alive = true;
	else if (strcmp(version, "HTTP/1.0") == 0)
		p->head->is_http10 = true;
	else if (strncmp(version, "HTTP/", 5) == 0 && g_ascii_isdigit(version[5]) &&
	    version[6] == '.' && g_ascii_isdigit(version[7]) && version[8] == '\0')
		return refuse(505, p->why, "only HTTP/1.0 and HTTP/1.1 are spoken here");
	else
		return refuse(400, p->why, "malformed request line");
	return 0;
}

static int
parse_target(struct head_parse *p, char *target)
{
	char	*query;

	if (strlen(target) > TARGET_MAX)
		return refuse(414, p->why, "the request target is too long");
	if (*target != '/' && strcmp(target, "*") != 0)
		target = skip_authority(target, &p->authority, &p->authority_len);
	if (target == NULL)
		return refuse(400, p->why, "malformed request target");
	if ((query = strchr(target, '?')) != NULL) {
		*query++ = '\0';
		p->head->query = query;
	}
	if (!decode_percent(target, false))
		return refuse(400, p->why, "malformed escape in the path");
	p->head->path = target;
	return 0;
}

static int
parse_request_line(struct head_parse *p)
{
	size_t	 len;
	char	*line = take_line(p, &len), *target, *version;
	int	 status;

	if (strlen(line) != len || (target = strchr(line, ' ')) == NULL ||
	    (version = strchr(target + 1, ' ')) == NULL)
		return refuse(400, p->why, "malformed request line");
	*target++ = '\0';
	*version++ = '\0';
	if (!is_token(line) || *target == '\0' || !is_visible(target))
		return refuse(400, p->why, "malformed request line");
	p->head->method = line;
	if ((status = parse_version(p, version)) != 0)
		return status;
	return parse_target(p, target);
}

/* Tab, blank, visible, and the upper half, which is opaque. */
static bool
is_field_value(const char *s, size_t len)
{
	size_t	i;

	for (i = 0; i < len; i++)
		if (((unsigned char)s[i] < ' ' && s[i] != '\t') || s[i] == 0x7f)
			return false;
	return true;
}

/* Keep the value of a field that may come only once. */
static int
note_once(struct head_parse *p, const char **where, const char *value)
{
	if (*where != NULL)
		return refuse(400, p->why, "a header that may come only once came twice");
	*where = value;
	return 0;
}

static bool
has_word(const char *list, const char *word)
{
	size_t	len = strlen(word);

	while (*list != '\0') {
		list += strspn(list, ", \t");
		if (g_ascii_strncasecmp(list, word, len) == 0 &&
		    strchr(", \t", list[len]) != NULL)
			return true;
		list += strcspn(list, ",");
	}
	return false;
}

static int
note_field(struct head_parse *p, const struct http_field *f)
{
	if (g_ascii_strcasecmp(f->name, "Host") == 0)
		return note_once(p, &p->host, f->value);
	if (g_ascii_strcasecmp(f->name, "Content-Length") == 0)
		return note_once(p, &p->length, f->value);
	if (g_ascii_strcasecmp(f->name, "Transfer-Encoding") == 0)
		return note_once(p, &p->encoding, f->value);
	if (g_ascii_strcasecmp(f->name, "Content-Type") == 0)
		return note_once(p, &p->type, f->value);
	if (g_ascii_strcasecmp(f->name, "Expect") == 0)
		return note_once(p, &p->expect, f->value);
	if (g_ascii_strcasecmp(f->name, "Connection") == 0) {
		if (has_word(f->value, "close"))
			p->head->keep_alive = false;
		else if (p->head->is_http10 && has_word(f->value, "keep-alive"))
			p->head->keep_alive = true;
	}
	return 0;
}

static int
parse_field(struct head_parse *p, char *line, size_t len)
{
	struct http_field	*f;
	char			*colon = memchr(line, ':', len), *value;

	if (*line == ' ' || *line == '\t')
		return refuse(400, p->why, "folded header lines are not allowed");
	if (colon == NULL || !is_field_value(line, len))
		return refuse(400, p->why, "malformed header line");
	*colon = '\0';
	if (!is_token(line))
		return refuse(400, p->why, "malformed header name");
	if (p->head->count == HTTP_FIELDS_MAX)
		return refuse(431, p->why, "too many headers");
	value = colon + 1;
	value += strspn(value, " \t");
	f = &p->head->fields[p->head->count++];
	f->name = line;
	f->value = g_strchomp(value);
	return note_field(p, f);
}

/* RFC 3986's host and port, loosely: what can be no part of anything else. */
static bool
is_host(const char *s)
{
	for (; *s != '\0'; s++)
		if (!g_ascii_isalnum(*s) && strchr("-._~%!$&'()*+;=:[]", *s) == NULL)
			return false;
	return true;
}

static int
check_host(struct head_parse *p)
{
	if (p->host == NULL)
		return p->head->is_http10 && p->authority == NULL ? 0 :
		    refuse(400, p->why, "the Host header is missing");
	if (!is_host(p->host))
		return refuse(400, p->why, "malformed Host header");
	if (p->authority != NULL && (strlen(p->host) != p->authority_len ||
	    g_ascii_strncasecmp(p->host, p->authority, p->authority_len) != 0))
		return refuse(400, p->why, "the request target is for another host");
	return 0;
}

/* Digits only; so many that it fits. */
static int
check_length(struct head_parse *p)
{
	size_t	digits = strspn(p->length, "0123456789");

	if (digits == 0 || digits > 18 || p->length[digits] != '\0')
		return refuse(400, p->why, "malformed Content-Length");
	p->head->content_length = (int64_t)g_ascii_strtoull(p->length, NULL, 10);
	return 0;
}

static int
check_framing(struct head_parse *p)
{
	if (p->encoding != NULL) {
		if (p->length != NULL)
			return refuse(400, p->why,
			    "Content-Length and Transfer-Encoding exclude each other");
		if (p->head->is_http10 || g_ascii_strcasecmp(p->encoding, "chunked") != 0)
			return refuse(400, p->why, "unknown Transfer-Encoding");
		p->head->is_chunked = true;
	}
	if (p->expect != NULL && !p->head->is_http10) {
		if (g_ascii_strcasecmp(p->expect, "100-continue") != 0)
			return refuse(417, p->why, "unknown expectation");
		p->head->expects_continue = true;
	}
	return p->length != NULL ? check_length(p) : 0;
}

int
http_head_parse(struct http_head *head, char *bytes, size_t len, const char **why)
{
	/* The empty line at the end is two bytes. */
	struct head_parse	p = { .head = head, .why = why, .at = bytes,
				      .end = bytes + len - 2 };
	char			*line;
	size_t			 line_len;
	int			 status;

	head->query = NULL;
	head->is_http10 = head->keep_alive = false;
	head->is_chunked = head->expects_continue = false;
	head->content_length = -1;
	head->count = 0;
	if (len <= 2)
		return refuse(400, why, "malformed request line");
	if ((status = parse_request_line(&p)) != 0)
		return status;
	while (p.at < p.end) {
		line = take_line(&p, &line_len);
		if ((status = parse_field(&p, line, line_len)) != 0)
			return status;
	}
	if ((status = check_host(&p)) != 0)
		return status;
	return check_framing(&p);
}

const char *
http_head_field(const struct http_head *head, const char *name)
{
	unsigned	i;

	for (i = 0; i < head->count; i++)
		if (g_ascii_strcasecmp(head->fields[i].name, name) == 0)
			return head->fields[i].value;
	return NULL;
}

char *
http_head_query(const struct http_head *head, const char *name)
{
	const char	*at = head->query;
	size_t		 len, name_len = strlen(name);
	char		*value;

	for (; at != NULL && *at != '\0'; at += len + (at[len] == '&')) {
		len = strcspn(at, "&");
		if (len < name_len || strncmp(at, name, name_len) != 0 ||
		    (len > name_len && at[name_len] != '='))
			continue;
		value = len > name_len ? g_strndup(at + name_len + 1, len - name_len - 1) :
		    g_strdup("");
		if (decode_percent(value, true))
			return value;
		g_free(value);
		return NULL;
	}
	return NULL;
}

/* The states of a chunked body (RFC 9112, 7.1), named for what comes next. */
enum {
	SIZE, EXTENSION, SIZE_LF, DATA, DATA_CR, DATA_LF,
	TRAILER, IN_TRAILER, TRAILER_LF, LAST_LF, END, BROKEN
};

static int
after_size(struct http_chunks *ch, unsigned char c)
{
	int	digit = g_ascii_xdigit_value((char)c);

	if (digit != -1) {
		if (++ch->digits > 15)
			return BROKEN;
		ch->left = ch->left << 4 | (unsigned)digit;
		return SIZE;
	}
	if (ch->digits == 0)
		return BROKEN;
	if (c == '\r')
		return SIZE_LF;
	return c == ';' ? EXTENSION : BROKEN;
}

static int
after_filler(struct http_chunks *ch, unsigned char c, int same, int lf)
{
	if (c == '\r')
		return lf;
	if (++ch->idle > IDLE_MAX || (c < ' ' && c != '\t') || c == 0x7f)
		return BROKEN;
	return same;
}

static int
after_size_line(struct http_chunks *ch)
{
	ch->digits = 0;
	return ch->left > 0 ? DATA : TRAILER;
}

static int
after_byte(struct http_chunks *ch, unsigned char c)
{
	switch (ch->state) {
	case SIZE:
		return after_size(ch, c);
	case EXTENSION:
		return after_filler(ch, c, EXTENSION, SIZE_LF);
	case SIZE_LF:
		return c == '\n' ? after_size_line(ch) : BROKEN;
	case DATA_CR:
		return c == '\r' ? DATA_LF : BROKEN;
	case DATA_LF:
		return c == '\n' ? SIZE : BROKEN;
	case TRAILER:
		return c == ' ' || c == '\t' ? BROKEN :
		    after_filler(ch, c, IN_TRAILER, LAST_LF);
	case IN_TRAILER:
		return after_filler(ch, c, IN_TRAILER, TRAILER_LF);
	case TRAILER_LF:
		return c == '\n' ? TRAILER : BROKEN;
	case LAST_LF:
		return c == '\n' ? END : BROKEN;
	default:
		return BROKEN;
	}
}

enum http_chunks_result
http_chunks_feed(struct http_chunks *ch, const char *bytes, size_t len, size_t *used,
    GByteArray *body, size_t max)
{
	size_t	at = 0, n;

	while (at < len && ch->state != END && ch->state != BROKEN) {
		if (ch->state != DATA) {
			ch->state = after_byte(ch, (unsigned char)bytes[at++]);
			continue;
		}
		if (ch->left > max || body->len > max - ch->left)
			return CHUNKS_TOO_LARGE;
		n = MIN(len - at, (size_t)ch->left);
		g_byte_array_append(body, (const guint8 *)bytes + at, (guint)n);
		at += n;
		ch->left -= n;
		if (ch->left == 0)
			ch->state = DATA_CR;
	}
	*used = at;
	if (ch->state == BROKEN)
		return CHUNKS_BAD;
	return ch->state == END ? CHUNKS_END : CHUNKS_MORE;
}
