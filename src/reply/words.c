/* SPDX-License-Identifier: ISC */
/*
 * What we say on our own account: from templates, in the customer's language,
 * without a word that a stranger wrote; else a forged sender would make us
 * deliver his text to others.
 */
#include <string.h>

#include "base/text.h"
#include "reply/reply.h"
#include "reply/template.h"

#define MAX_FILE	(256 * 1024)
#define MAX_LINE	500	/* of one question */

struct reply_templates {
	GPtrArray	*texts;		/* struct template_text *: the operator's */
	GPtrArray	*strings;	/* char *: what they point at */
	char		*signature;
};

static const char *
keep(struct reply_templates *t, char *string)
{
	g_ptr_array_add(t->strings, string);
	return string;
}

static char *
body_of(const struct settings_template *s, struct err *e)
{
	g_autofree char		*text = NULL;
	g_autoptr(GError)	 error = NULL;
	gsize			 len;

	if (s->file == NULL)
		return text_valid(s->body, strlen(s->body), NULL);
	if (!g_file_get_contents(s->file, &text, &len, &error)) {
		err_set(e, ERR_CONFIG, "template %s: %s", s->name, error->message);
		return NULL;
	}
	if (len > MAX_FILE) {
		err_set(e, ERR_CONFIG, "template %s: %s is larger than 256 KB", s->name, s->file);
		return NULL;
	}
	return text_valid(text, len, NULL);
}

static int
kind_of(const char *name)
{
	for (int k = 0; k < TEMPLATE_KINDS; k++)
		if (strcmp(template_kind_name((enum template_kind)k), name) == 0)
			return k;
	return -1;
}

static int
add_template(struct reply_templates *t, const struct settings_template *s, struct err *e)
{
	struct template_text	*text;
	char			*body = body_of(s, e);
	int			 kind = kind_of(s->kind);

	if (body == NULL)
		return -1;
	text = g_new0(struct template_text, 1);
	g_ptr_array_add(t->texts, text);
	text->body = keep(t, body);
	if (kind == -1)
		return err_set(e, ERR_CONFIG, "template %s: unknown kind %s", s->name, s->kind);
	text->kind = (enum template_kind)kind;
	text->language = keep(t, g_strdup(s->language == NULL ? "" : s->language));
	if (s->subject != NULL)
		text->subject = keep(t, g_strdup(s->subject));
	if (template_check(text, e) == -1)
		return err_prefix(e, "template %s", s->name);
	return 0;
}

struct reply_templates *
reply_templates_new(const struct settings *s, struct err *e)
{
	struct reply_templates	*t = g_new0(struct reply_templates, 1);

	t->texts = g_ptr_array_new_with_free_func(g_free);
	t->strings = g_ptr_array_new_with_free_func(g_free);
	t->signature = g_strdup(s->mail_out.from_name == NULL ? "" : s->mail_out.from_name);
	for (guint i = 0; s->templates != NULL && i < s->templates->len; i++)
		if (add_template(t, g_ptr_array_index(s->templates, i), e) == -1) {
			reply_templates_free(t);
			return NULL;
		}
	return t;
}

void
reply_templates_free(struct reply_templates *t)
{
	if (t == NULL)
		return;
	g_ptr_array_free(t->texts, TRUE);
	g_ptr_array_free(t->strings, TRUE);
	g_free(t->signature);
	g_free(t);
}

/* The operator's best text for the language, or NULL. */
static const struct template_text *
operators(const struct reply_templates *t, enum template_kind kind, const char *language)
{
	const struct template_text	*best = NULL;
	int				 points = 0;

	for (guint i = 0; i < t->texts->len; i++) {
		const struct template_text	*text = g_ptr_array_index(t->texts, i);
		int				 fits = template_fits(text->language, language);

		if (text->kind == kind && fits > points) {
			best = text;
			points = fits;
		}
	}
	return best;
}

/* Ours in the language, or in English, which stands first. */
static const struct template_text *
builtin(enum template_kind kind, const char *language)
{
	const struct template_text	*best = NULL;

	for (size_t i = 0; template_builtin[i].body != NULL; i++) {
		const struct template_text	*text = &template_builtin[i];

		if (text->kind == kind && (best == NULL || template_fits(text->language, language) > 0))
			best = text;
	}
	return best;
}

static char *
line_of(const char *text)
{
	return text_one_line(text, strlen(text), MAX_LINE);
}

/* "2. Order number: What is your order number? (must be 8 digits)" */
static char *
list_questions(const GPtrArray *missing)
{
	GString	*out = g_string_new(NULL);

	for (guint i = 0; i < missing->len; i++) {
		const struct ticket_missing	*m = g_ptr_array_index(missing, i);
		g_autofree char			*label = line_of(m->label != NULL ? m->label : m->name);
		g_autofree char			*question = line_of(m->question != NULL ? m->question : "");
		g_autofree char			*problem = line_of(m->problem != NULL ? m->problem : "");

		g_string_append_printf(out, "%u. %s:", i + 1, label);
		if (*question != '\0')
			g_string_append_printf(out, " %s", question);
		if (*problem != '\0')
			g_string_append_printf(out, " (%s)", problem);
		g_string_append_c(out, '\n');
	}
	return g_string_free(out, FALSE);
}

static struct outgoing *
address_to(const struct ticket *ticket, enum outgoing_kind kind, const char *what)
{
	struct outgoing	*o;
	bool		 chat = g_strcmp0(ticket->channel_kind, "chat") == 0 && ticket->session != NULL;

	if (!chat && (ticket->customer == NULL || ticket->customer->addr == NULL))
		return NULL;
	o = outgoing_new(kind);
	o->id = g_strdup_printf("%s-%s", ticket->event_id == NULL ? ticket->id : ticket->event_id, what);
	o->ticket = g_strdup(ticket->id);
	o->channel_kind = g_strdup(ticket->channel_kind);
	o->channel_name = g_strdup(ticket->channel_name);
	o->language = g_strdup(ticket->language);
	o->created_ms = ticket->updated_ms;
	if (chat) {
		o->session = g_strdup(ticket->session);
		return o;
	}
	o->to_name = g_strdup(ticket->customer->name);
	o->to_addr = g_strdup(ticket->customer->addr);
	if (ticket->message != NULL)
		o->in_reply_to = g_strdup(ticket->message->message_id);
	for (guint i = 0; i < ticket->references->len; i++)
		g_ptr_array_add(o->references, g_strdup(g_ptr_array_index(ticket->references, i)));
	return o;
}

/*
 * A customer whom somebody vouched for sees his own subject again; to any
 * other it might be a stranger's text.
 */
static char *
subject_for(const struct ticket *ticket, const char *template_subject, const struct template_values *v)
{
	if (ticket->customer_verified != NULL && ticket->subject != NULL && *ticket->subject != '\0')
		return g_strdup(ticket->subject);
	return template_fill(template_subject, v);
}

static void
write_words(struct outgoing *o, const struct reply_templates *t, enum template_kind kind,
    const struct ticket *ticket, struct template_values *v)
{
	const struct template_text	*ours = builtin(kind, ticket->language);
	const struct template_text	*text = operators(t, kind, ticket->language);
	const char			*subject;

	if (text == NULL)
		text = ours;
	subject = text->subject != NULL ? text->subject : ours->subject;
	v->ticket = ticket->id;
	v->signature = t->signature;
	if (v->intro == NULL || *v->intro == '\0')
		v->intro = ours->intro;
	o->text = template_fill(text->body, v);
	o->subject = kind == TEMPLATE_QUESTION ? subject_for(ticket, subject, v) : template_fill(subject, v);
}

struct outgoing *
reply_question(const struct reply_templates *t, const struct ticket *ticket, const char *intro)
{
	g_autofree char		*questions = list_questions(ticket->missing);
	struct template_values	 v = { .questions = questions, .intro = intro };
	struct outgoing		*o;

	if (ticket->missing->len == 0 || (o = address_to(ticket, OUTGOING_QUESTION, "question")) == NULL)
		return NULL;
	write_words(o, t, TEMPLATE_QUESTION, ticket, &v);
	return o;
}

struct outgoing *
reply_acknowledgement(const struct reply_templates *t, const struct ticket *ticket)
{
	struct template_values	 v = { .intro = "" };
	struct outgoing		*o = address_to(ticket, OUTGOING_ACKNOWLEDGEMENT, "ack");

	if (o != NULL)
		write_words(o, t, TEMPLATE_ACKNOWLEDGEMENT, ticket, &v);
	return o;
}

struct outgoing *
reply_too_large(const struct reply_templates *t, const struct ticket *ticket)
{
	struct template_values	 v = { .intro = "" };
	struct outgoing		*o = address_to(ticket, OUTGOING_NOTICE, "too-large");

	if (o != NULL)
		write_words(o, t, TEMPLATE_TOO_LARGE, ticket, &v);
	return o;
}
