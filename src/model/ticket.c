/* SPDX-License-Identifier: ISC */
#include "model/ticket.h"

#include <stdarg.h>
#include <string.h>

#include "base/text.h"

enum { TURNS_MAX = 20, EXCERPT_MAX = 500, WHO_MAX = 320, NOTE_MAX = 1000 };

static const char *const status_names[] = {
	[TICKET_OPEN] = "open",
	[TICKET_IN_PROGRESS] = "in_progress",
	[TICKET_AWAITING_CUSTOMER] = "awaiting_customer",
	[TICKET_CLOSED] = "closed"
};

static void
free_detail(gpointer p)
{
	struct ticket_detail	*d = p;

	g_free(d->name);
	g_free(d->label);
	g_free(d->value);
	g_free(d->source);
	g_free(d);
}

static void
free_missing(gpointer p)
{
	struct ticket_missing	*m = p;

	g_free(m->name);
	g_free(m->label);
	g_free(m->question);
	g_free(m->problem);
	g_free(m);
}

static void
free_turn(gpointer p)
{
	struct ticket_turn	*t = p;

	g_free(t->direction);
	g_free(t->who);
	g_free(t->message_id);
	g_free(t->excerpt);
	g_free(t);
}

struct ticket *
ticket_new(void)
{
	struct ticket	*t = g_new0(struct ticket, 1);

	t->priority = PRIORITY_MEDIUM;
	t->deadline_ms = -1;
	t->completeness = g_strdup("none");
	t->priority_reasons = g_ptr_array_new_with_free_func(g_free);
	t->tags = g_ptr_array_new_with_free_func(g_free);
	t->participants = g_ptr_array_new_with_free_func(g_free);
	t->references = g_ptr_array_new_with_free_func(g_free);
	t->details = g_ptr_array_new_with_free_func(free_detail);
	t->missing = g_ptr_array_new_with_free_func(free_missing);
	t->turns = g_ptr_array_new_with_free_func(free_turn);
	t->possibly_related = g_ptr_array_new_with_free_func(g_free);
	t->held = g_ptr_array_new_with_free_func(g_free);
	t->trail = g_ptr_array_new_with_free_func(g_free);
	return t;
}

void
ticket_free(struct ticket *t)
{
	if (t == NULL)
		return;
	g_free(t->event);
	g_free(t->event_id);
	g_free(t->department);
	g_free(t->language);
	g_free(t->channel_kind);
	g_free(t->channel_name);
	address_free(t->customer);
	g_free(t->customer_verified);
	g_free(t->session);
	g_free(t->subject);
	g_free(t->form);
	g_free(t->completeness);
	g_free(t->message_json);
	message_free(t->message);
	g_ptr_array_unref(t->priority_reasons);
	g_ptr_array_unref(t->tags);
	g_ptr_array_unref(t->participants);
	g_ptr_array_unref(t->references);
	g_ptr_array_unref(t->details);
	g_ptr_array_unref(t->missing);
	g_ptr_array_unref(t->turns);
	g_ptr_array_unref(t->possibly_related);
	g_ptr_array_unref(t->held);
	g_ptr_array_unref(t->trail);
	g_free(t);
}

void
ticket_note(struct ticket *t, const char *step, const char *fmt, ...)
{
	g_autofree char	*what = NULL, *clean = NULL;
	va_list		 ap;

	va_start(ap, fmt);
	what = g_strdup_vprintf(fmt, ap);
	va_end(ap);
	clean = text_one_line(what, strlen(what), NOTE_MAX);
	g_ptr_array_add(t->trail, g_strdup_printf("%s: %s", step, clean));
}

void
ticket_add_detail(struct ticket *t, const char *name, const char *label,
    const char *value, const char *source)
{
	struct ticket_detail	*d;
	guint			 i;

	for (i = 0; i < t->details->len; i++) {
		d = t->details->pdata[i];
		if (strcmp(d->name, name) == 0) {
			g_ptr_array_remove_index(t->details, i);
			break;
		}
	}
	d = g_new0(struct ticket_detail, 1);
	d->name = g_strdup(name);
	d->label = g_strdup(label);
	d->value = g_strdup(value);
	d->source = g_strdup(source);
	g_ptr_array_insert(t->details, (gint)i, d);
}

const struct ticket_detail *
ticket_detail(const struct ticket *t, const char *name)
{
	const struct ticket_detail	*d;
	guint				 i;

	for (i = 0; i < t->details->len; i++) {
		d = t->details->pdata[i];
		if (strcmp(d->name, name) == 0)
			return d;
	}
	return NULL;
}

void
ticket_add_missing(struct ticket *t, const char *name, const char *label,
    const char *question, const char *problem)
{
	struct ticket_missing	*m = g_new0(struct ticket_missing, 1);

	m->name = g_strdup(name);
	m->label = g_strdup(label);
	m->question = g_strdup(question);
	m->problem = g_strdup(problem);
	g_ptr_array_add(t->missing, m);
}

void
ticket_add_turn(struct ticket *t, int64_t at_ms, const char *direction,
    const char *who, const char *message_id, const char *text)
{
	struct ticket_turn	*turn = g_new0(struct ticket_turn, 1);

	turn->at_ms = at_ms;
	turn->direction = g_strdup(direction);
	turn->who = who == NULL ? NULL : text_one_line(who, strlen(who), WHO_MAX);
	turn->message_id = g_strdup(message_id);
	if (text != NULL)
		turn->excerpt = g_strndup(text, text_cut(text, strlen(text), EXCERPT_MAX));
	g_ptr_array_add(t->turns, turn);
	/* The first says what it is about: the oldest after it makes room. */
	if (t->turns->len > TURNS_MAX)
		g_ptr_array_remove_index(t->turns, 1);
}

const char *
ticket_status_name(enum ticket_status status)
{
	return status_names[status];
}

int
ticket_status_parse(const char *name, enum ticket_status *status)
{
	size_t	i;

	for (i = 0; i < G_N_ELEMENTS(status_names); i++)
		if (strcmp(name, status_names[i]) == 0) {
			*status = (enum ticket_status)i;
			return 0;
		}
	return -1;
}

const char *
ticket_html(const struct message *m)
{
	return m->html_sanitised != NULL ? m->html_sanitised : m->html;
}
