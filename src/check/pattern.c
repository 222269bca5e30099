/* SPDX-License-Identifier: ISC */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "check/pattern.h"

#include <pcre2.h>

#include "base/text.h"
#include "check/needle.h"

enum { STEPS_MAX = 100000, DEPTH_MAX = 20000, HEAP_MAX_KIB = 16384 };

struct pattern {
	char			*regex;
	pcre2_code		*code;
	pcre2_match_data	*block;
	pcre2_match_context	*limits;
	struct needles		*needles;	/* or NULL */
	bool			 whole;		/* matches at the first byte or not at all */
};

static char *
wrap(const char *regex, enum pattern_mode mode)
{
	switch (mode) {
	case PATTERN_ANYWHERE:
		break;
	case PATTERN_WHOLE:
		return g_strdup_printf("\\A(?:%s)\\z", regex);
	case PATTERN_WORD:
		return g_strdup_printf("(?<![\\p{L}\\p{N}_])(?:%s)(?![\\p{L}\\p{N}_])", regex);
	}
	return g_strdup(regex);
}

struct pattern *
pattern_new(const char *regex, enum pattern_mode mode, struct err *e)
{
	const uint32_t	 options = PCRE2_UTF | PCRE2_UCP | PCRE2_CASELESS | PCRE2_MULTILINE |
			    PCRE2_NEVER_BACKSLASH_C;
	g_autofree char	*whole = wrap(regex, mode);
	struct pattern	*p;
	pcre2_code	*code;
	PCRE2_UCHAR	 why[128];
	PCRE2_SIZE	 at;
	int		 error;

	code = pcre2_compile((PCRE2_SPTR)whole, PCRE2_ZERO_TERMINATED, options, &error, &at,
	    NULL);
	if (code == NULL) {
		pcre2_get_error_message(error, why, sizeof why);
		err_set(e, ERR_CONFIG, "\"%s\" is no regular expression: %s", regex,
		    (const char *)why);
		return NULL;
	}
	p = g_new0(struct pattern, 1);
	p->regex = g_strdup(regex);
	p->code = code;
	p->needles = needles_new(regex);
	p->whole = mode == PATTERN_WHOLE;
	p->block = pcre2_match_data_create_from_pattern(code, NULL);
	p->limits = pcre2_match_context_create(NULL);
	if (p->block == NULL || p->limits == NULL)
		g_error("out of memory");
	pcre2_set_match_limit(p->limits, STEPS_MAX);
	pcre2_set_depth_limit(p->limits, DEPTH_MAX);
	pcre2_set_heap_limit(p->limits, HEAP_MAX_KIB);
	return p;
}

void
pattern_free(struct pattern *p)
{
	if (p == NULL)
		return;
	needles_free(p->needles);
	pcre2_match_context_free(p->limits);
	pcre2_match_data_free(p->block);
	pcre2_code_free(p->code);
	g_free(p->regex);
	g_free(p);
}

static void
free_element(gpointer p)
{
	pattern_free(p);
}

GPtrArray *
pattern_list_new(const GPtrArray *regexes, const char *owner, struct err *e)
{
	GPtrArray	*list = g_ptr_array_new_with_free_func(free_element);
	struct pattern	*p;
	guint		 i;

	for (i = 0; regexes != NULL && i < regexes->len; i++) {
		if ((p = pattern_new(regexes->pdata[i], PATTERN_ANYWHERE, e)) == NULL) {
			err_prefix(e, "%s", owner);
			g_ptr_array_unref(list);
			return NULL;
		}
		g_ptr_array_add(list, p);
	}
	return list;
}

static void
first_group(const PCRE2_SIZE *ends, int groups, struct span *value)
{
	int	i;

	for (i = 1; i < groups; i++)
		if (ends[2 * i] != PCRE2_UNSET) {
			value->from = ends[2 * i];
			value->to = ends[2 * i + 1];
			return;
		}
	value->from = ends[0];
	value->to = ends[1];
}

/* options: PCRE2_ANCHORED for a match that begins at start, or 0. */
static enum pattern_result
match(const struct pattern *p, const char *text, size_t len, size_t start, uint32_t options,
    struct span *hit, struct span *value)
{
	const PCRE2_SIZE	*ends;
	int			 rc;

	rc = pcre2_match(p->code, (PCRE2_SPTR)text, len, start, options | PCRE2_NO_UTF_CHECK,
	    p->block, p->limits);
	if (rc == PCRE2_ERROR_MATCHLIMIT || rc == PCRE2_ERROR_DEPTHLIMIT ||
	    rc == PCRE2_ERROR_HEAPLIMIT)
		return PATTERN_LIMIT;
	if (rc < 0)
		return PATTERN_NO;
	ends = pcre2_get_ovector_pointer(p->block);
	/* \K in a look-ahead can put the start behind the end. */
	if (ends[0] > ends[1])
		return PATTERN_NO;
	if (hit != NULL) {
		hit->from = ends[0];
		hit->to = ends[1];
	}
	if (value != NULL)
		first_group(ends, rc, value);
	return PATTERN_YES;
}

static enum pattern_result
match_at_words(const struct pattern *p, const struct haystack *h, size_t start, struct span *hit,
    struct span *value)
{
	enum pattern_result	found = PATTERN_NO;
	struct needle_walk	walk;
	size_t			begin;

	needles_start(p->needles, h, start, &walk);
	while (found == PATTERN_NO &&
	    (begin = needles_next(p->needles, h, &walk)) != HAYSTACK_NONE)
		found = match(p, h->text, h->len, begin, PCRE2_ANCHORED, hit, value);
	return found;
}

/* Where it can begin only with digits or signs, the rest is not looked at. */
static enum pattern_result
match_at_openings(const struct pattern *p, const char *text, size_t len, size_t start,
    struct span *hit, struct span *value)
{
	enum pattern_result	found = PATTERN_NO;
	size_t			begin = start;

	if (p->needles == NULL || !needles_open_rarely(p->needles))
		return match(p, text, len, start, 0, hit, value);
	for (; found == PATTERN_NO; begin++) {
		begin = needles_opening(p->needles, text, len, begin);
		if (begin == HAYSTACK_NONE || (p->whole && begin > 0))
			break;
		found = match(p, text, len, begin, PCRE2_ANCHORED, hit, value);
	}
	return found;
}

enum pattern_result
pattern_find(const struct pattern *p, const char *text, size_t len, size_t start,
    struct span *hit, struct span *value)
{
	len = text_cut(text, len, PATTERN_TEXT_MAX);
	return start <= len ? match_at_openings(p, text, len, start, hit, value) : PATTERN_NO;
}

enum pattern_result
pattern_search(const struct pattern *p, struct haystack *h, size_t start, struct span *hit,
    struct span *value)
{
	const struct needles	*n = p->needles;
	bool			 words;

	if (start > h->len)
		return PATTERN_NO;
	words = n != NULL && n->list->len > 0 && haystack_prepare(h);
	if (words && n->placed)
		return match_at_words(p, h, start, hit, value);
	if (words && !needles_any(n, h))
		return PATTERN_NO;
	return match_at_openings(p, h->text, h->len, start, hit, value);
}

const char *
pattern_text(const struct pattern *p)
{
	return p->regex;
}
