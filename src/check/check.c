/* SPDX-License-Identifier: ISC */
#include "check/check.h"

#include "check/extract.h"
#include "check/form.h"
#include "check/inside.h"
#include "check/rules.h"
#include "check/source.h"

struct check *
check_new(const struct settings *settings, struct err *e)
{
	struct check	*c = g_new0(struct check, 1);

	c->settings = settings;
	if ((c->rules = rules_new(settings, e)) == NULL ||
	    (c->forms = form_list_new(settings, e)) == NULL) {
		check_free(c);
		return NULL;
	}
	return c;
}

void
check_free(struct check *c)
{
	if (c == NULL)
		return;
	rules_free(c->rules);
	if (c->forms != NULL)
		g_ptr_array_unref(c->forms);
	g_free(c);
}

/* Bounces, vacation notices and the like have nothing to fill in. */
static bool
can_have_form(const struct message *m)
{
	switch (m->kind) {
	case MESSAGE_NORMAL:
	case MESSAGE_CALENDAR:
	case MESSAGE_AUTO_GENERATED:
		return true;
	case MESSAGE_AUTO_REPLY:
	case MESSAGE_BOUNCE:
	case MESSAGE_LIST:
	case MESSAGE_FEEDBACK:
	case MESSAGE_RECEIPT:
	case MESSAGE_OWN:
		return false;
	}
	return false;
}

static void
mark_empty(const struct extract *x, struct findings *out)
{
	if (!extract_is_empty(x))
		return;
	g_ptr_array_add(out->tags, g_strdup("empty"));
	g_ptr_array_add(out->reasons, g_strdup("text: nothing but greetings and empty lines"));
}

/*
 * What goes on with a conversation may belong to a ticket with any form, so
 * all of them are tried; a first message needs only its own.
 */
static void
scan_forms(const struct check *c, struct source *s, struct findings *out)
{
	const struct form	*f;
	struct extract		*x;
	guint			 i;

	if (!can_have_form(s->message))
		return;
	x = extract_new(s, c->forms);
	mark_empty(x, out);
	if ((f = form_choose(c->forms, s, out)) != NULL) {
		out->form = g_strdup(f->set->name);
		extract_form(x, f, out);
	}
	for (i = 0; s->may_answer && i < c->forms->len; i++)
		if (c->forms->pdata[i] != f)
			extract_form(x, c->forms->pdata[i], out);
	extract_free(x);
}

struct findings *
check_scan(const struct check *c, const char *channel, const struct message *m)
{
	struct findings	*out = findings_new();
	struct source	 s;

	source_init(&s, channel, m);
	rules_apply(c->rules, &s, out);
	scan_forms(c, &s, out);
	source_fini(&s);
	return out;
}
