/* SPDX-License-Identifier: ISC */
#include "check/extract.h"

#include <string.h>

#include "base/text.h"
#include "check/answer.h"
#include "check/label.h"
#include "check/line.h"

enum { MATCHES_MAX = 50, LABELS_MAX = 20, FINDINGS_MAX = 4000, SHORT_BYTES = 300,
	SHORT_LINES = 5, PLAIN_LINES = 10 };

struct extract {
	struct source		*source;
	const GPtrArray		*forms;
	char			*text;		/* without our questions; NULL: as in the source */
	struct haystack		 in_own;	/* that text */
	struct haystack		*in_text;	/* that, or the source's */
	struct value_reading	 reading;
	char			*cut_text;	/* what the lines are made of */
	char			*cut_full;
	GPtrArray		*lines;		/* char *, of the text */
	GPtrArray		*full;		/* of the full text */
	GPtrArray		*core;		/* of the text without hello and goodbye */
	GPtrArray		*answers;	/* struct answer * */
};

/* One detail being looked for. */
struct search {
	struct extract		*x;
	const struct form	*form;
	const struct detail	*detail;
	struct findings		*out;
	bool			 found;		/* some value was acceptable */
};

/* A copy of the text with every match replaced; NULL if there is none. */
static char *
replace(struct haystack *h, const struct pattern *p, const char *with)
{
	g_autoptr(GString)	out = g_string_new(NULL);
	size_t			at = 0;
	struct span		hit;

	while (pattern_search(p, h, at, &hit, NULL) == PATTERN_YES && hit.to > hit.from) {
		g_string_append_len(out, h->text + at, (gssize)(hit.from - at));
		g_string_append(out, with);
		at = hit.to;
	}
	if (at == 0)
		return NULL;
	g_string_append(out, h->text + at);
	return g_string_free(g_steal_pointer(&out), FALSE);
}

/*
 * Our questions name what we want to hear, "damaged or not wanted?".  What
 * comes back of them must not be taken for the answer.
 */
static char *
replace_questions(const char *text, const GPtrArray *forms, const char *with)
{
	char			*out = g_strdup(text), *fewer;
	const struct form	*f;
	const struct detail	*d;
	struct haystack		 h;
	guint			 i, k;

	haystack_init(&h, out);
	for (i = 0; i < forms->len; i++) {
		f = forms->pdata[i];
		for (k = 0; k < f->details->len; k++) {
			d = f->details->pdata[k];
			if (d->asked == NULL || (fewer = replace(&h, d->asked, with)) == NULL)
				continue;
			haystack_fini(&h);
			g_free(out);
			out = fewer;
			haystack_init(&h, out);
		}
	}
	haystack_fini(&h);
	return out;
}

struct extract *
extract_new(struct source *s, const GPtrArray *forms)
{
	struct extract	*x = g_new0(struct extract, 1);

	x->source = s;
	x->forms = forms;
	x->text = s->may_answer ? replace_questions(s->text, forms, "") : NULL;
	x->cut_full = s->may_answer ? replace_questions(s->full, forms, LABEL_QUESTION) :
	    g_strdup(s->full);
	haystack_init(&x->in_own, x->text != NULL ? x->text : "");
	x->in_text = x->text != NULL ? &x->in_own : &s->in_text;
	x->reading.language = s->message->language;
	x->reading.now_ms = s->message->date_ms;
	x->cut_text = g_strdup(x->in_text->text);
	x->lines = line_list(x->cut_text);
	x->full = line_list(x->cut_full);
	x->core = answer_core(x->lines);
	x->answers = s->may_answer ? answer_list(x->lines, x->full) :
	    g_ptr_array_new_with_free_func(answer_free);
	return x;
}

void
extract_free(struct extract *x)
{
	g_ptr_array_unref(x->lines);
	g_ptr_array_unref(x->full);
	g_ptr_array_unref(x->core);
	g_ptr_array_unref(x->answers);
	haystack_fini(&x->in_own);
	g_free(x->cut_text);
	g_free(x->cut_full);
	g_free(x->text);
	g_free(x);
}

static void
add(struct search *s, const char *value, const char *source, const char *problem)
{
	if (s->out->found->len < FINDINGS_MAX)
		findings_add(s->out, s->form->set->name, s->detail->set->name, value, source,
		    problem);
}

/* True if the raw text holds an acceptable value. */
static bool
offer(struct search *s, const char *raw, const char *source)
{
	g_autofree char	*problem = NULL, *value = NULL;

	if (raw[strspn(raw, " \t\n_.-?")] == '\0')
		return false;
	value = value_read(&s->detail->value, raw, true, &s->x->reading, &problem);
	add(s, value != NULL ? value : raw, source, value != NULL ? NULL : problem);
	return value != NULL;
}

static void
look_in_fields(struct search *s)
{
	const GPtrArray	*names = s->detail->set->fields;
	const char	*name, *value;
	guint		 i;

	for (i = 0; i == 0 || (names != NULL && i < names->len); i++) {
		name = names != NULL && names->len > 0 ? names->pdata[i] : s->detail->set->name;
		if ((value = message_field(s->x->source->message, name)) == NULL)
			continue;
		g_autofree char *source = g_strdup_printf("field:%s", name);

		if (offer(s, value, source)) {
			s->found = true;
			return;
		}
	}
}

static void
look_behind_labels(struct search *s, const GPtrArray *lines, const char *source)
{
	guint	at = 0;
	int	i;

	for (i = 0; i < LABELS_MAX && at < lines->len; i++) {
		g_autofree char *raw = label_find(s->form, s->detail, lines, &at);

		if (raw != NULL && offer(s, raw, source)) {
			s->found = true;
			return;
		}
	}
}

static void
warn_limit(struct search *s, const struct pattern *p)
{
	g_autofree char	*what = g_strdup_printf("form %s: %s: match limit reached by %s",
	    s->form->set->name, s->detail->set->name, pattern_text(p));

	g_ptr_array_add(s->out->warnings, text_one_line(what, strlen(what), 300));
}

/* What a pattern hits but the detail does not accept was not meant. */
static bool
accept_match(struct search *s, const char *text, struct span hit, const char *source)
{
	g_autofree char	*raw = g_strndup(text + hit.from, hit.to - hit.from);
	g_autofree char	*problem = NULL, *value = NULL;

	value = value_read(&s->detail->value, raw, false, &s->x->reading, &problem);
	if (value == NULL)
		return false;
	add(s, value, source, NULL);
	return true;
}

static bool
try_pattern(struct search *s, const struct pattern *p, struct haystack *h, const char *source)
{
	const char	*text = h->text;
	size_t		start = 0;
	struct span	hit, value;
	int		i;

	for (i = 0; i < MATCHES_MAX && start <= h->len; i++) {
		switch (pattern_search(p, h, start, &hit, &value)) {
		case PATTERN_NO:
			return false;
		case PATTERN_LIMIT:
			warn_limit(s, p);
			return false;
		case PATTERN_YES:
			break;
		}
		if (accept_match(s, text, value, source))
			return true;
		if (hit.to >= h->len)
			return false;
		start = hit.to > hit.from ? hit.to :
		    (size_t)(g_utf8_next_char(text + hit.to) - text);
	}
	return false;
}

static void
look_for_patterns(struct search *s, struct haystack *h, const char *source)
{
	guint	i;

	for (i = 0; h->len > 0 && i < s->detail->patterns->len; i++)
		if (try_pattern(s, s->detail->patterns->pdata[i], h, source)) {
			s->found = true;
			return;
		}
}

static void
look_at_answers(struct search *s)
{
	const struct answer	*a;
	guint			 i;

	for (i = 0; i < s->x->answers->len; i++) {
		a = s->x->answers->pdata[i];
		g_autofree char *source = g_strdup_printf("answer %u", a->number);

		offer(s, label_strip(s->detail, a->text), source);
	}
}

static void
look_at_lines(struct search *s)
{
	const GPtrArray	*core = s->x->core;
	guint		 i;

	if (core->len < 2 || core->len > PLAIN_LINES)
		return;
	for (i = 0; i < core->len; i++) {
		g_autofree char *source = g_strdup_printf("line %u/%u", i + 1, core->len);

		if (strlen(core->pdata[i]) <= SHORT_BYTES)
			offer(s, label_strip(s->detail, core->pdata[i]), source);
	}
}

/*
 * Where any text would do, the words of our mail below the last question
 * would do as well: only what cannot be them counts.
 */
static void
look_below(struct search *s)
{
	g_autofree char	*raw = NULL, *problem = NULL, *value = NULL;

	if (value_takes_anything(&s->detail->value) ||
	    (raw = label_below_question(s->form, s->detail, s->x->full)) == NULL)
		return;
	value = value_read(&s->detail->value, raw, true, &s->x->reading, &problem);
	if (value != NULL)
		add(s, value, "below", NULL);
}

static void
look_at_whole(struct search *s)
{
	g_autoptr(GString)	whole = g_string_new(NULL);
	guint			i;

	for (i = 0; i < s->x->core->len; i++)
		g_string_append_printf(whole, "%s%s", i > 0 ? "\n" : "",
		    (const char *)s->x->core->pdata[i]);
	if (value_takes_anything(&s->detail->value) ||
	    (whole->len <= SHORT_BYTES && s->x->core->len <= SHORT_LINES))
		offer(s, label_strip(s->detail, whole->str), "answer");
}

void
extract_form(struct extract *x, const struct form *f, struct findings *out)
{
	guint	i;

	for (i = 0; i < f->details->len; i++) {
		struct search	s = { x, f, f->details->pdata[i], out, false };

		look_in_fields(&s);
		look_behind_labels(&s, x->lines, "label");
		look_for_patterns(&s, &x->source->in_subject, "subject");
		look_for_patterns(&s, x->in_text, "text");
		if (x->source->may_answer) {
			look_at_answers(&s);
			look_at_lines(&s);
			look_below(&s);
			look_at_whole(&s);
		}
		if (s.found)
			continue;
		look_behind_labels(&s, x->full, "quoted");
		look_for_patterns(&s, &x->source->in_full, "quoted");
	}
}

static bool
is_filler(const char *line, const GPtrArray *forms)
{
	guint	i;

	if (line[strspn(line, " \t-_*=.>")] == '\0')
		return true;
	for (i = 0; i < forms->len; i++)
		if (label_is_empty(forms->pdata[i], line))
			return true;
	return false;
}

bool
extract_is_empty(const struct extract *x)
{
	guint	i;

	for (i = 0; i < x->core->len; i++)
		if (!is_filler(x->core->pdata[i], x->forms))
			return false;
	return x->source->message->attachments->len == 0 && x->source->message->fields->len == 0;
}
