/* SPDX-License-Identifier: ISC */
#include "normalize/pre_scan.h"

#include <string.h>

#include "normalize/headers.h"
#include "normalize/part.h"
#include "normalize/smime.h"
#include "normalize/transfer.h"

/* Bytes the boundary search may look at, all levels together: a multiple of
 * the mail, so that deep nesting of a large mail does not multiply. */
#define BUDGET_FACTOR	12
#define BUDGET_FLOOR	(1024 * 1024)

#define MAX_GUESSES	3	/* lines that are tried as a boundary */
#define MAX_SIGNED	3	/* signed files within signed files that are opened */

struct splitter {
	struct mail_view	*view;
	size_t			 budget;
	unsigned		 ids;		/* multiparts so far */
};

/* Where a part stands. */
struct place {
	unsigned	 depth;
	const char	*parent;	/* type of the multipart around it */
	unsigned	 parent_id;
	unsigned	 alternative_id;
	bool		 in_related, in_report, in_digest;
	unsigned	 in_signed;	/* signed files around it */
};

static void
note_duplicates(struct mail_view *v, const GPtrArray *headers)
{
	static const char *const names[] = { "Content-Type", "Content-Transfer-Encoding",
	    "Content-Disposition" };
	unsigned	seen[G_N_ELEMENTS(names)] = { 0 };
	size_t		k;
	guint		i;

	for (i = 0; i < headers->len; i++) {
		const struct mail_header *h = g_ptr_array_index(headers, i);

		for (k = 0; k < G_N_ELEMENTS(names); k++)
			if (mail_header_is(h, names[k]) && ++seen[k] == 2)
				mail_view_warn(v, "duplicate-header: %s", names[k]);
	}
}

/* A delimiter line of this boundary at p: 0 no, 1 opens a part, 2 closes. */
static int
delimiter(const char *p, const char *end, const char *boundary, size_t n, const char **next)
{
	const char	*lf;
	int		 kind = 1;

	if ((size_t)(end - p) < n + 2 || p[0] != '-' || p[1] != '-' ||
	    memcmp(p + 2, boundary, n) != 0)
		return 0;
	p += 2 + n;
	if (end - p >= 2 && p[0] == '-' && p[1] == '-') {
		kind = 2;
		p += 2;
	}
	while (p < end && (*p == ' ' || *p == '\t' || *p == '\r'))
		p++;
	if (p < end && *p != '\n') {
		if (kind != 2)
			return 0;
		lf = memchr(p, '\n', (size_t)(end - p));	/* text behind the last one */
		p = lf != NULL ? lf : end;
	}
	*next = p < end ? p + 1 : end;
	return kind;
}

/* The next delimiter line at or behind p, which is at the start of a line. */
static int
find_delimiter(struct splitter *s, const char *p, const char *end, const char *boundary,
    const char **line, const char **next)
{
	size_t		 n = strlen(boundary);
	const char	*lf, *start = p;
	int		 kind = 0;

	for (; p < end; p = lf + 1) {
		if (*p == '-' && (kind = delimiter(p, end, boundary, n, next)) != 0)
			break;
		lf = memchr(p, '\n', (size_t)(end - p));
		if (lf == NULL) {
			p = end;
			break;
		}
	}
	*line = p;
	s->budget -= MIN(s->budget, (size_t)(MIN(p, end) - start) + 16);
	return kind;
}

/* The line at p as a boundary it might open; 0 if it does not look like one. */
static size_t
looks_like_boundary(const char *p, const char *lf)
{
	size_t	n = (size_t)(lf - p);

	while (n > 0 && g_ascii_isspace(p[n - 1]))
		n--;
	return n >= 5 && n <= 200 && p[0] == '-' && p[1] == '-' && memchr(p, ' ', n) == NULL ? n : 0;
}

/* Is there a line that closes what the n bytes at p open? */
static bool
is_closed_later(struct splitter *s, const char *p, size_t n, const char *end)
{
	g_autofree char	*boundary = g_strndup(p + 2, n - 2);
	const char	*line, *next;
	int		 kind = 1;

	for (next = p + n; kind == 1; )
		kind = find_delimiter(s, next, end, boundary, &line, &next);
	return kind == 2;
}

/*
 * The boundary was not given, or does not occur: take the first line that
 * looks like one and has a Content- header behind it, or its own end.
 */
static char *
guess_boundary(struct splitter *s, const char *p, const char *end)
{
	const char	*lf;
	size_t		 n;
	int		 lines, tried = 0;

	for (lines = 0; p < end && lines < 1000; p = lf + 1, lines++) {
		if ((lf = memchr(p, '\n', (size_t)(end - p))) == NULL)
			return NULL;
		if ((n = looks_like_boundary(p, lf)) == 0)
			continue;
		if ((end - lf > 9 && g_ascii_strncasecmp(lf + 1, "Content-", 8) == 0) ||
		    (tried++ < MAX_GUESSES && is_closed_later(s, p, n, end)))
			return g_strndup(p + 2, n - 2);
	}
	return NULL;
}

static char *
choose_boundary(struct splitter *s, const struct headers_params *type, const char *p,
    const char *end)
{
	const char	*given = headers_params_get(type, "boundary"), *line, *next;
	char		*boundary;

	if (given != NULL && *given != '\0' &&
	    find_delimiter(s, p, end, given, &line, &next) != 0)
		return g_strdup(given);
	if ((boundary = guess_boundary(s, p, end)) != NULL)
		mail_view_warn(s->view, "boundary-guessed");
	return boundary;
}

static void	split(struct splitter *, GBytes *, size_t at, size_t len, GPtrArray *headers,
		    const struct place *);

/* One part of a multipart: its own header, then whatever it is. */
static void
split_part(struct splitter *s, GBytes *whole, size_t at, size_t len, const struct place *place)
{
	g_autoptr(GPtrArray)	 headers = g_ptr_array_new_with_free_func((GDestroyNotify)mail_header_free);
	const char		*bytes = g_bytes_get_data(whole, NULL);
	bool			 cut = false;
	size_t			 body = headers_scan(bytes + at, len, false, headers, &cut);

	if (cut) {
		mail_view_warn(s->view, "part-header-too-long");
		s->view->truncated = true;
	}
	note_duplicates(s->view, headers);
	split(s, whole, at + body, len - body, headers, place);
}

/* The parts between the delimiters; false if there was none. */
static bool
split_multipart(struct splitter *s, GBytes *whole, size_t at, size_t len, const char *boundary,
    const struct place *place)
{
	const char	*bytes = g_bytes_get_data(whole, NULL);
	const char	*end = bytes + at + len, *line, *next, *start;
	guint		 before = s->view->parts->len;
	int		 kind;

	kind = find_delimiter(s, bytes + at, end, boundary, &line, &next);
	while (kind != 0 && s->view->parts->len < PRE_SCAN_MAX_PARTS && s->budget > 0) {
		start = next;
		if (start >= end)
			break;
		if (kind == 2) {	/* behind the end: look whether it really was */
			kind = find_delimiter(s, start, end, boundary, &line, &next);
			continue;
		}
		kind = find_delimiter(s, start, end, boundary, &line, &next);
		if (kind == 0 && s->budget > 0)
			mail_view_warn(s->view, "multipart-not-closed");
		if (line > start && line[-1] == '\n')
			line--;
		if (line > start && line[-1] == '\r')
			line--;
		split_part(s, whole, (size_t)(start - bytes), (size_t)(line - start), place);
	}
	return s->view->parts->len > before;
}

static void
add_leaf(struct splitter *s, GBytes *whole, size_t at, size_t len, GPtrArray *headers,
    const struct place *place)
{
	struct mail_part	*p = part_new(s->view, whole, at, len, headers,
	    place->in_digest ? "message/rfc822" : "text/plain");

	p->depth = place->depth;
	p->index = s->view->parts->len;
	p->parent = place->parent;
	p->parent_id = place->parent_id;
	p->alternative_id = place->alternative_id;
	p->in_alternative = place->alternative_id != 0;
	p->in_related = place->in_related;
	p->in_report = place->in_report;
	if (place->depth > 0)
		p->headers = g_ptr_array_ref(headers);
	else
		p->headers = g_ptr_array_new_with_free_func((GDestroyNotify)mail_header_free);
	g_ptr_array_add(s->view->parts, p);
}

/* The place of the parts inside a multipart of this type. */
static struct place
inside(struct splitter *s, const struct place *outer, const char *type)
{
	struct place	p = *outer;

	p.depth++;
	p.parent = g_intern_string(type);
	p.parent_id = ++s->ids;
	if (strcmp(type, "multipart/alternative") == 0)
		p.alternative_id = p.alternative_id != 0 ? p.alternative_id : s->ids;
	p.in_related = p.in_related || strcmp(type, "multipart/related") == 0;
	p.in_report = p.in_report || strcmp(type, "multipart/report") == 0;
	p.in_digest = strcmp(type, "multipart/digest") == 0;
	return p;
}

/* Only known names are interned: a stranger must not fill the string table. */
static const char *
known_multipart(const char *type)
{
	static const char *const types[] = { "multipart/mixed", "multipart/alternative",
	    "multipart/related", "multipart/report", "multipart/digest", "multipart/signed",
	    "multipart/encrypted", "multipart/appledouble", "multipart/form-data",
	    "multipart/parallel" };
	size_t	i;

	for (i = 0; i < G_N_ELEMENTS(types); i++)
		if (strcmp(type, types[i]) == 0)
			return types[i];
	return "multipart/mixed";
}

/* A multipart whose body is itself encoded, against the rules. */
static GBytes *
undo_encoding(GBytes *whole, size_t at, size_t len, const GPtrArray *headers)
{
	const char	*encoding = mail_headers_raw(headers, "Content-Transfer-Encoding");
	GBytes		*decoded;

	if (encoding == NULL || (g_ascii_strncasecmp(encoding, "base64", 6) != 0 &&
	    g_ascii_strncasecmp(encoding, "quoted", 6) != 0))
		return NULL;
	transfer_decode(whole, at, len, encoding, &decoded);
	return decoded;
}

/* No part between the delimiters: what stands before them is the text. */
static void
add_preamble(struct splitter *s, GBytes *whole, size_t at, size_t len, const char *boundary,
    GPtrArray *headers, const struct place *place)
{
	const char	*bytes = g_bytes_get_data(whole, NULL), *line, *next;

	find_delimiter(s, bytes + at, bytes + at + len, boundary, &line, &next);
	add_leaf(s, whole, at, (size_t)(line - bytes) - at, headers, place);
}

static bool
try_multipart(struct splitter *s, GBytes *whole, size_t at, size_t len, GPtrArray *headers,
    const struct place *place, const struct headers_params *type)
{
	const char		*bytes = g_bytes_get_data(whole, NULL);
	g_autofree char		*boundary = NULL;
	g_autoptr(GBytes)	 decoded = NULL;
	struct place		 inner = inside(s, place, known_multipart(type->value));

	boundary = choose_boundary(s, type, bytes + at, bytes + at + len);
	if (boundary != NULL) {
		if (!split_multipart(s, whole, at, len, boundary, &inner)) {
			mail_view_warn(s->view, "multipart-without-parts");
			add_preamble(s, whole, at, len, boundary, headers, place);
		}
		return true;
	}
	if ((decoded = undo_encoding(whole, at, len, headers)) == NULL)
		return false;
	bytes = g_bytes_get_data(decoded, &len);
	boundary = choose_boundary(s, type, bytes, bytes + len);
	return boundary != NULL && split_multipart(s, decoded, 0, len, boundary, &inner);
}

/* Mail that is signed and sent as one file: its part is in there. */
static bool
try_signed(struct splitter *s, GBytes *whole, size_t at, size_t len, GPtrArray *headers,
    const struct place *place, const struct headers_params *type)
{
	struct place		 inner = *place;
	g_autoptr(GBytes)	 decoded = NULL, content = NULL;
	const void		*bytes;
	gsize			 n;

	if (place->in_signed >= MAX_SIGNED ||
	    !smime_is_candidate(type->value, headers_params_get(type, "name")))
		return false;
	transfer_decode(whole, at, len, mail_headers_raw(headers, "Content-Transfer-Encoding"), &decoded);
	bytes = g_bytes_get_data(decoded, &n);
	if ((content = smime_signed_content(bytes, n)) == NULL)
		return false;
	mail_view_warn(s->view, "signed: s/mime, not checked");
	inner.depth++;
	inner.in_signed++;
	inner.in_digest = false;
	inner.parent = "multipart/signed";
	inner.parent_id = ++s->ids;
	split_part(s, content, 0, g_bytes_get_size(content), &inner);
	return true;
}

static void
split(struct splitter *s, GBytes *whole, size_t at, size_t len, GPtrArray *headers,
    const struct place *place)
{
	struct headers_params	*type = headers_params_parse(mail_headers_raw(headers, "Content-Type"));
	bool			 done = false;

	if (g_str_has_prefix(type->value, "multipart")) {
		if (place->depth >= PRE_SCAN_MAX_DEPTH || s->budget == 0) {
			mail_view_warn(s->view, s->budget == 0 ? "too-many-boundaries" : "nested-too-deep");
			s->view->truncated = true;
		} else {
			done = try_multipart(s, whole, at, len, headers, place, type);
			if (!done)
				mail_view_warn(s->view, "multipart-without-parts");
		}
	} else {
		done = try_signed(s, whole, at, len, headers, place, type);
	}
	headers_params_free(type);
	if (!done)
		add_leaf(s, whole, at, len, headers, place);
}

/* Line ends of old Macs: CR only.  A copy with LF, or NULL if not so. */
static GBytes *
fix_line_ends(const char *bytes, size_t len)
{
	const char	*cr = memchr(bytes, '\r', MIN(len, 65536)), *p;
	char		*copy;

	if (cr == NULL || (cr + 1 < bytes + len && cr[1] == '\n') ||
	    memchr(bytes, '\n', (size_t)(cr - bytes)) != NULL)
		return NULL;
	p = memchr(bytes, '\n', MIN(len, 65536));
	if (p != NULL && p - cr < 4000)
		return NULL;
	copy = g_memdup2(bytes, len);
	for (p = copy; (p = memchr(p, '\r', len - (size_t)(p - copy))) != NULL;)
		copy[p - copy] = '\n';
	return g_bytes_new_take(copy, len);
}

static struct mail_view *
view_new(void)
{
	struct mail_view	*v = g_new0(struct mail_view, 1);

	v->headers = g_ptr_array_new_with_free_func((GDestroyNotify)mail_header_free);
	v->parts = g_ptr_array_new_with_free_func((GDestroyNotify)mail_part_free);
	v->warnings = g_ptr_array_new_with_free_func(g_free);
	return v;
}

static void
read_type(struct mail_view *v)
{
	struct headers_params	*type = headers_params_parse(mail_view_raw(v, "Content-Type"));
	const char		*report = headers_params_get(type, "report-type");

	v->content_type = g_str_is_ascii(type->value) && strchr(type->value, '/') != NULL ?
	    g_strdup(type->value) : g_strdup("text/plain");
	if (report != NULL)
		v->report_type = g_ascii_strdown(report, -1);
	headers_params_free(type);
}

struct mail_view *
pre_scan(GBytes *mail, gsize max)
{
	struct splitter		 s = { view_new(), 0, 0 };
	struct place		 top = { 0, "", 0, 0, false, false, false, 0 };
	gsize			 len;
	const char		*bytes = g_bytes_get_data(mail, &len);
	g_autoptr(GBytes)	 fixed = NULL;
	bool			 cut = false;

	if (max > 0 && len > max) {
		len = max;
		mail_view_warn(s.view, "mail-too-large");
		s.view->truncated = true;
	}
	if (len > 0 && (fixed = fix_line_ends(bytes, len)) != NULL)
		bytes = g_bytes_get_data(fixed, NULL);
	s.budget = len * BUDGET_FACTOR + BUDGET_FLOOR;
	s.view->header_len = len > 0 ? headers_scan(bytes, len, true, s.view->headers, &cut) : 0;
	if (cut) {
		mail_view_warn(s.view, "header-too-long");
		s.view->truncated = true;
	}
	note_duplicates(s.view, s.view->headers);
	read_type(s.view);
	split(&s, fixed != NULL ? fixed : mail, s.view->header_len, len - s.view->header_len,
	    s.view->headers, &top);
	if (s.view->parts->len >= PRE_SCAN_MAX_PARTS) {
		mail_view_warn(s.view, "too-many-parts");
		s.view->truncated = true;
	}
	return s.view;
}
