/* SPDX-License-Identifier: ISC */
#include "check/fill.h"

#include <stdio.h>
#include <string.h>

/* From what to believe most; NEVER is not to be used at all. */
enum rank {
	BY_FIELD, BY_ANSWER, BY_LABEL, BY_LINE, BY_SUBJECT, BY_TEXT, BY_BELOW, BY_WHOLE, BY_QUOTE,
	NEVER
};

struct fill {
	struct ticket		*ticket;
	const struct form	*form;
	const struct findings	*findings;
	bool			 following;
	unsigned		 asked;		/* questions in the last mail of ours */
	bool			 by_lines;	/* as many lines as questions, all fit */
};

static bool
is_for(const struct fill *f, const struct finding *found, const char *detail)
{
	return strcmp(found->form, f->form->set->name) == 0 &&
	    strcmp(found->detail, detail) == 0;
}

static const struct finding *
find_source(const struct fill *f, const char *detail, const char *source)
{
	const struct finding	*found;
	guint			 i;

	for (i = 0; i < f->findings->found->len; i++) {
		found = f->findings->found->pdata[i];
		if (is_for(f, found, detail) && strcmp(found->source, source) == 0)
			return found;
	}
	return NULL;
}

/* Two lines for two questions are the answers only if both make sense. */
static bool
lines_fit(const struct fill *f)
{
	const struct ticket_missing	*m;
	const struct finding		*found;
	guint				 i;

	if (f->asked < 2)
		return false;
	for (i = 0; i < f->asked; i++) {
		g_autofree char *source = g_strdup_printf("line %u/%u", i + 1, f->asked);

		m = f->ticket->missing->pdata[i];
		found = find_source(f, m->name, source);
		if (found == NULL || found->problem != NULL)
			return false;
	}
	return true;
}

/* The number under which we asked for the detail, 0 if we did not. */
static unsigned
number_of(const struct fill *f, const char *detail)
{
	const struct ticket_missing	*m;
	guint				 i;

	for (i = 0; i < f->asked; i++) {
		m = f->ticket->missing->pdata[i];
		if (strcmp(m->name, detail) == 0)
			return i + 1;
	}
	return 0;
}

static enum rank
rank_of(const struct fill *f, const char *source, unsigned number)
{
	unsigned	n, of;

	if (g_str_has_prefix(source, "field:"))
		return BY_FIELD;
	if (sscanf(source, "answer %u", &n) == 1)
		return number != 0 && n == number ? BY_ANSWER : NEVER;
	if (strcmp(source, "label") == 0)
		return BY_LABEL;
	if (sscanf(source, "line %u/%u", &n, &of) == 2)
		return f->by_lines && of == f->asked && n == number ? BY_LINE : NEVER;
	if (strcmp(source, "subject") == 0)
		return BY_SUBJECT;
	if (strcmp(source, "text") == 0)
		return BY_TEXT;
	if (strcmp(source, "below") == 0)
		return f->following && number != 0 ? BY_BELOW : NEVER;
	if (strcmp(source, "answer") == 0)
		return f->asked == 1 && number == 1 ? BY_WHOLE : NEVER;
	return f->following ? NEVER : BY_QUOTE;
}

/* The best one with a value, or else the best one with a problem; or NULL. */
static const struct finding *
best_for(const struct fill *f, const char *detail, enum rank *rank)
{
	const struct finding	*found, *best = NULL;
	unsigned		 number = number_of(f, detail);
	enum rank		 r;
	guint			 i;

	*rank = NEVER;
	for (i = 0; i < f->findings->found->len; i++) {
		found = f->findings->found->pdata[i];
		if (!is_for(f, found, detail) ||
		    (r = rank_of(f, found->source, number)) == NEVER)
			continue;
		if (best == NULL || (best->problem != NULL && found->problem == NULL) ||
		    ((best->problem == NULL) == (found->problem == NULL) && r < *rank)) {
			best = found;
			*rank = r;
		}
	}
	return best;
}

/* True if the ticket has a new value. */
static bool
fill_one(const struct fill *f, const struct detail *d)
{
	const struct ticket_detail	*old = ticket_detail(f->ticket, d->set->name);
	const struct finding		*found;
	enum rank			 rank;

	found = best_for(f, d->set->name, &rank);
	if (found == NULL || found->problem != NULL)
		return false;
	if (old != NULL && strcmp(old->value, found->value) == 0)
		return false;
	if (old != NULL && rank != BY_FIELD && rank != BY_LABEL) {
		ticket_note(f->ticket, "detail", "%s stays %s; %s also says %s", d->set->name,
		    old->value, found->source, found->value);
		return false;
	}
	ticket_note(f->ticket, "detail", "%s is %s (%s)%s%s", d->set->name, found->value,
	    found->source, old != NULL ? ", was " : "", old != NULL ? old->value : "");
	ticket_add_detail(f->ticket, d->set->name,
	    d->set->label != NULL ? d->set->label : d->set->name, found->value, found->source);
	return true;
}

static void
add_missing(const struct fill *f, const struct detail *d, const char *problem)
{
	const char	*label = d->set->label != NULL ? d->set->label : d->set->name;

	ticket_add_missing(f->ticket, d->set->name, label,
	    d->set->question != NULL ? d->set->question : label, problem);
	ticket_note(f->ticket, "missing", "%s%s%s", d->set->name, problem != NULL ? ": " : "",
	    problem != NULL ? problem : "");
}

unsigned
fill_details(struct ticket *t, const struct form *form, const struct findings *findings,
    bool following)
{
	struct fill		 f = { t, form, findings, following, 0, false };
	g_autoptr(GPtrArray)	 problems = g_ptr_array_new();
	const struct finding	*found;
	const struct detail	*d;
	enum rank		 rank;
	unsigned		 filled = 0;
	guint			 i;

	f.asked = following ? t->missing->len : 0;
	f.by_lines = lines_fit(&f);
	for (i = 0; i < form->details->len; i++) {
		d = form->details->pdata[i];
		found = best_for(&f, d->set->name, &rank);
		g_ptr_array_add(problems, found != NULL ? found->problem : NULL);
		filled += fill_one(&f, d);
	}
	g_ptr_array_set_size(t->missing, 0);
	for (i = 0; i < form->details->len; i++) {
		d = form->details->pdata[i];
		if (d->set->required && ticket_detail(t, d->set->name) == NULL)
			add_missing(&f, d, problems->pdata[i]);
	}
	return filled;
}
