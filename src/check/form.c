/* SPDX-License-Identifier: ISC */
#include "check/form.h"

#include <string.h>

#include "check/label.h"

static void
free_detail(gpointer p)
{
	struct detail	*d = p;

	value_rule_fini(&d->value);
	if (d->patterns != NULL)
		g_ptr_array_unref(d->patterns);
	g_ptr_array_unref(d->labels);
	pattern_free(d->asked);
	g_free(d);
}

static void
free_form(gpointer p)
{
	struct form	*f = p;

	if (f->subject != NULL)
		g_ptr_array_unref(f->subject);
	if (f->any != NULL)
		g_ptr_array_unref(f->any);
	g_ptr_array_unref(f->details);
	g_free(f);
}

/* "order" must not take the line of "order number". */
static gint
longer_first(gconstpointer a, gconstpointer b)
{
	size_t	la = strlen(*(char *const *)a), lb = strlen(*(char *const *)b);

	return la < lb ? 1 : la > lb ? -1 : strcmp(*(char *const *)a, *(char *const *)b);
}

static void
add_label(GPtrArray *labels, const char *label)
{
	if (label != NULL && label[0] != '\0' &&
	    !g_ptr_array_find_with_equal_func(labels, label, g_str_equal, NULL))
		g_ptr_array_add(labels, g_strdup(label));
}

static GPtrArray *
collect_labels(const struct settings_detail *set)
{
	GPtrArray	*labels = g_ptr_array_new_with_free_func(g_free);
	guint		 i;

	add_label(labels, set->label);
	add_label(labels, set->name);
	for (i = 0; set->labels != NULL && i < set->labels->len; i++)
		add_label(labels, set->labels->pdata[i]);
	g_ptr_array_sort(labels, longer_first);
	return labels;
}

/* The words of the question with any white space between them. */
static struct pattern *
compile_question(const char *question, struct err *e)
{
	g_autoptr(GString)	regex = g_string_new(NULL);
	g_auto(GStrv)		words = g_strsplit_set(question, " \t\n", -1);
	size_t			i;

	for (i = 0; words[i] != NULL; i++) {
		g_autofree char *word = g_regex_escape_string(words[i], -1);

		if (word[0] != '\0')
			g_string_append_printf(regex, "%s%s", regex->len > 0 ? "\\s+" : "", word);
	}
	return pattern_new(regex->str, PATTERN_ANYWHERE, e);
}

static int
add_detail(struct form *f, const struct settings_detail *set, struct err *e)
{
	struct detail	*d;
	guint		 i;

	for (i = 0; i < f->details->len; i++) {
		d = f->details->pdata[i];
		if (strcmp(d->set->name, set->name) == 0)
			return err_set(e, ERR_CONFIG, "detail \"%s\" is there twice", set->name);
	}
	d = g_new0(struct detail, 1);
	d->set = set;
	d->labels = collect_labels(set);
	for (i = 0; i < d->labels->len; i++)
		label_begin(d->begins, d->labels->pdata[i]);
	g_ptr_array_add(f->details, d);
	if (value_rule_init(&d->value, set, e) == -1)
		return -1;
	if (set->question != NULL && strpbrk(set->question, " ") != NULL &&
	    (d->asked = compile_question(set->question, e)) == NULL)
		return -1;
	d->patterns = pattern_list_new(set->patterns, set->name, e);
	return d->patterns == NULL ? -1 : 0;
}

static int
compile(struct form *f, struct err *e)
{
	guint	i;

	if (f->set->details == NULL || f->set->details->len == 0)
		return err_set(e, ERR_CONFIG, "it has no details");
	if ((f->subject = pattern_list_new(f->set->subject, "subject", e)) == NULL ||
	    (f->any = pattern_list_new(f->set->any, "any", e)) == NULL)
		return -1;
	for (i = 0; i < f->set->details->len; i++)
		if (add_detail(f, f->set->details->pdata[i], e) == -1)
			return -1;
	return 0;
}

GPtrArray *
form_list_new(const struct settings *settings, struct err *e)
{
	GPtrArray	*forms = g_ptr_array_new_with_free_func(free_form);
	struct form	*f;
	guint		 i;

	for (i = 0; settings->forms != NULL && i < settings->forms->len; i++) {
		f = g_new0(struct form, 1);
		f->set = settings->forms->pdata[i];
		f->details = g_ptr_array_new_with_free_func(free_detail);
		g_ptr_array_add(forms, f);
		if (compile(f, e) == -1) {
			err_prefix(e, "form \"%s\"", f->set->name);
			g_ptr_array_unref(forms);
			return NULL;
		}
	}
	return forms;
}

const struct form *
form_find(const GPtrArray *forms, const char *name)
{
	const struct form	*f;
	guint			 i;

	for (i = 0; name != NULL && i < forms->len; i++) {
		f = forms->pdata[i];
		if (strcmp(f->set->name, name) == 0)
			return f;
	}
	return NULL;
}

static bool
has(const GPtrArray *words, const char *word)
{
	return words != NULL && word != NULL &&
	    g_ptr_array_find_with_equal_func((GPtrArray *)words, word, g_str_equal, NULL);
}

static bool
is_empty(const GPtrArray *list)
{
	return list == NULL || list->len == 0;
}

static bool
any_matches(const struct form *f, const GPtrArray *patterns, struct haystack *h,
    struct findings *out)
{
	guint	i;

	for (i = 0; i < patterns->len; i++)
		switch (pattern_search(patterns->pdata[i], h, 0, NULL, NULL)) {
		case PATTERN_NO:
			break;
		case PATTERN_LIMIT:
			g_ptr_array_add(out->warnings, g_strdup_printf(
			    "form %s: match limit reached by %s", f->set->name,
			    pattern_text(patterns->pdata[i])));
			break;
		case PATTERN_YES:
			return true;
		}
	return false;
}

/* Why the form applies, or NULL. */
static const char *
applies(const struct form *f, struct source *s, struct findings *out)
{
	guint	i;

	if (!is_empty(f->set->channels) && !has(f->set->channels, s->channel))
		return NULL;
	if (is_empty(f->set->departments) && is_empty(f->set->tags) && f->subject->len == 0 &&
	    f->any->len == 0)
		return "for all messages";
	if (has(f->set->departments, out->department))
		return "for its department";
	for (i = 0; i < out->tags->len; i++)
		if (has(f->set->tags, out->tags->pdata[i]))
			return "for one of its tags";
	if (any_matches(f, f->subject, &s->in_subject, out) ||
	    any_matches(f, f->any, &s->in_subject, out))
		return "its subject matches";
	return any_matches(f, f->any, &s->in_text, out) ? "its text matches" : NULL;
}

const struct form *
form_choose(const GPtrArray *forms, struct source *s, struct findings *out)
{
	const struct form	*f;
	const char		*why;
	guint			 i;

	for (i = 0; i < forms->len; i++) {
		f = forms->pdata[i];
		if ((why = applies(f, s, out)) == NULL)
			continue;
		g_ptr_array_add(out->reasons, g_strdup_printf("form %s: %s", f->set->name, why));
		return f;
	}
	return NULL;
}
