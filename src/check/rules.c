/* SPDX-License-Identifier: ISC */
#include "check/rules.h"

#include <stddef.h>
#include <string.h>

#include "base/text.h"
#include "check/negation.h"
#include "check/pattern.h"

enum { EVIDENCE_MAX = 60, MATCHES_MAX = 100, KINDS = MESSAGE_OWN + 1 };

struct field_pattern {
	char		*name;
	struct pattern	*pattern;
};

struct rule {
	const struct settings_rule	*set;
	GPtrArray			*subject;	/* struct pattern * */
	GPtrArray			*text;
	GPtrArray			*any;
	GPtrArray			*from;
	GPtrArray			*to;
	GPtrArray			*fields;	/* struct field_pattern * */
	bool				 guarded;	/* look for negations */
};

struct rules {
	const struct settings	*settings;
	GPtrArray		*list;		/* struct rule * */
};

/* One rule being tried on one message. */
struct trial {
	const struct rule	*rule;
	struct source		*source;
	struct findings		*out;
	GString			*evidence;	/* "subject has 'invoice'" */
};

static void
free_field(gpointer p)
{
	struct field_pattern	*f = p;

	g_free(f->name);
	pattern_free(f->pattern);
	g_free(f);
}

static void
free_rule(gpointer p)
{
	struct rule	*r = p;
	GPtrArray	*lists[] = { r->subject, r->text, r->any, r->from, r->to, r->fields };
	size_t		 i;

	for (i = 0; i < G_N_ELEMENTS(lists); i++)
		if (lists[i] != NULL)
			g_ptr_array_unref(lists[i]);
	g_free(r);
}

static int
check_words(const struct settings_rule *set, const char *owner, struct err *e)
{
	enum priority	 priority;
	const char	*word;
	guint		 i;
	int		 kind;

	if (set->priority != NULL && priority_parse(set->priority, &priority) == -1)
		return err_set(e, ERR_CONFIG, "%s: priority \"%s\" is not high, medium or low",
		    owner, set->priority);
	for (i = 0; set->kind != NULL && i < set->kind->len; i++) {
		word = set->kind->pdata[i];
		for (kind = 0; kind < KINDS; kind++)
			if (strcmp(word, message_kind_name((enum message_kind)kind)) == 0)
				break;
		if (kind == KINDS)
			return err_set(e, ERR_CONFIG, "%s: \"%s\" is no kind of message", owner,
			    word);
	}
	return 0;
}

static int
add_fields(struct rule *r, const char *owner, struct err *e)
{
	struct field_pattern	*f;
	const char		*text, *equals;
	guint			 i;

	r->fields = g_ptr_array_new_with_free_func(free_field);
	for (i = 0; r->set->field != NULL && i < r->set->field->len; i++) {
		text = r->set->field->pdata[i];
		if ((equals = strchr(text, '=')) == NULL || equals == text)
			return err_set(e, ERR_CONFIG,
			    "%s: field \"%s\" is not \"name=regular expression\"", owner, text);
		f = g_new0(struct field_pattern, 1);
		g_ptr_array_add(r->fields, f);
		f->name = g_strndup(text, (gsize)(equals - text));
		if ((f->pattern = pattern_new(equals + 1, PATTERN_ANYWHERE, e)) == NULL)
			return err_prefix(e, "%s", owner);
	}
	return 0;
}

static int
compile(struct rule *r, struct err *e)
{
	const struct settings_rule	*set = r->set;
	g_autofree char			*owner = g_strdup_printf("rule \"%s\"", set->name);

	r->guarded = set->urgent || g_strcmp0(set->priority, "high") == 0;
	if (check_words(set, owner, e) == -1 || add_fields(r, owner, e) == -1 ||
	    (r->subject = pattern_list_new(set->subject, owner, e)) == NULL ||
	    (r->text = pattern_list_new(set->text, owner, e)) == NULL ||
	    (r->any = pattern_list_new(set->any, owner, e)) == NULL ||
	    (r->from = pattern_list_new(set->from, owner, e)) == NULL ||
	    (r->to = pattern_list_new(set->to, owner, e)) == NULL)
		return -1;
	return 0;
}

struct rules *
rules_new(const struct settings *settings, struct err *e)
{
	struct rules	*rules = g_new0(struct rules, 1);
	struct rule	*r;
	guint		 i;

	rules->settings = settings;
	rules->list = g_ptr_array_new_with_free_func(free_rule);
	for (i = 0; settings->rules != NULL && i < settings->rules->len; i++) {
		r = g_new0(struct rule, 1);
		r->set = settings->rules->pdata[i];
		g_ptr_array_add(rules->list, r);
		if (compile(r, e) == -1) {
			rules_free(rules);
			return NULL;
		}
	}
	return rules;
}

void
rules_free(struct rules *rules)
{
	if (rules == NULL)
		return;
	g_ptr_array_unref(rules->list);
	g_free(rules);
}

static void
add_evidence(struct trial *t, const char *where, const char *text, struct span hit)
{
	g_autofree char	*what = text_one_line(text + hit.from, hit.to - hit.from, EVIDENCE_MAX);

	g_string_append_printf(t->evidence, "%s%s has '%s'", t->evidence->len > 0 ? ", " : "",
	    where, what);
}

static void
warn_limit(struct trial *t, const struct pattern *p)
{
	g_autofree char	*what = g_strdup_printf("rule %s: match limit reached by %s",
	    t->rule->set->name, pattern_text(p));

	g_ptr_array_add(t->out->warnings, text_one_line(what, strlen(what), 300));
}

static bool
matches(struct trial *t, const struct pattern *p, const char *where, struct haystack *h)
{
	bool		 prose = strcmp(where, "subject") == 0 || strcmp(where, "text") == 0;
	const char	*text = h->text;
	size_t		 start = 0;
	struct span	 hit;
	int		 i;

	for (i = 0; i < MATCHES_MAX; i++) {
		switch (pattern_search(p, h, start, &hit, NULL)) {
		case PATTERN_NO:
			return false;
		case PATTERN_LIMIT:
			warn_limit(t, p);
			return false;
		case PATTERN_YES:
			break;
		}
		if (!t->rule->guarded || !prose || !negation_before(text, hit.from)) {
			add_evidence(t, where, text, hit);
			return true;
		}
		if (hit.to >= h->len)
			return false;
		start = hit.to > hit.from ? hit.to :
		    (size_t)(g_utf8_next_char(text + hit.to) - text);
	}
	return false;
}

static bool
any_matches(struct trial *t, const GPtrArray *patterns, const char *where, struct haystack *h)
{
	guint	i;

	for (i = 0; i < patterns->len; i++)
		if (matches(t, patterns->pdata[i], where, h))
			return true;
	return false;
}

static bool
address_matches(struct trial *t, const GPtrArray *patterns, const char *where, const char *addr)
{
	struct haystack	h;
	bool		found;

	haystack_init(&h, addr);
	found = any_matches(t, patterns, where, &h);
	haystack_fini(&h);
	return found;
}

static bool
sender_matches(struct trial *t)
{
	const struct message	*m = t->source->message;

	return m->from != NULL && address_matches(t, t->rule->from, "sender", m->from->addr);
}

static bool
recipient_matches(struct trial *t)
{
	const struct message	*m = t->source->message;
	const GPtrArray		*lists[] = { m->to, m->cc };
	const struct address	*a;
	size_t			 i;
	guint			 k;

	for (i = 0; i < G_N_ELEMENTS(lists); i++)
		for (k = 0; k < lists[i]->len; k++) {
			a = lists[i]->pdata[k];
			if (address_matches(t, t->rule->to, "recipient", a->addr))
				return true;
		}
	for (k = 0; k < m->delivered_to->len; k++)
		if (address_matches(t, t->rule->to, "recipient", m->delivered_to->pdata[k]))
			return true;
	return false;
}

static bool
field_value_matches(struct trial *t, const struct field_pattern *f, const char *value)
{
	g_autofree char	*text = text_valid(value, strlen(value), NULL);
	struct haystack	 h;
	bool		 found;

	haystack_init(&h, text);
	found = matches(t, f->pattern, f->name, &h);
	haystack_fini(&h);
	return found;
}

static bool
field_matches(struct trial *t)
{
	const struct field_pattern	*f;
	const struct field		*given;
	guint				 i, k;

	for (i = 0; i < t->rule->fields->len; i++) {
		f = t->rule->fields->pdata[i];
		for (k = 0; k < t->source->message->fields->len; k++) {
			given = t->source->message->fields->pdata[k];
			if (strcmp(given->name, f->name) != 0 || given->value == NULL)
				continue;
			if (field_value_matches(t, f, given->value))
				return true;
		}
	}
	return false;
}

static bool
word_matches(struct trial *t, const GPtrArray *words, const char *where, const char *word)
{
	if (word == NULL ||
	    !g_ptr_array_find_with_equal_func((GPtrArray *)words, word, g_str_equal, NULL))
		return false;
	g_string_append_printf(t->evidence, "%s%s is %s", t->evidence->len > 0 ? ", " : "",
	    where, word);
	return true;
}

static bool
is_set(const GPtrArray *list)
{
	return list != NULL && list->len > 0;
}

static bool
rule_matches(struct trial *t)
{
	const struct rule	*r = t->rule;
	struct source		*s = t->source;

	/* Cheap ones first. */
	if (is_set(r->set->channel) &&
	    !word_matches(t, r->set->channel, "channel", s->channel))
		return false;
	if (is_set(r->set->kind) &&
	    !word_matches(t, r->set->kind, "kind", message_kind_name(s->message->kind)))
		return false;
	if (is_set(r->from) && !sender_matches(t))
		return false;
	if (is_set(r->to) && !recipient_matches(t))
		return false;
	if (is_set(r->fields) && !field_matches(t))
		return false;
	if (is_set(r->subject) && !any_matches(t, r->subject, "subject", &s->in_subject))
		return false;
	if (is_set(r->text) && !any_matches(t, r->text, "text", &s->in_text))
		return false;
	return !is_set(r->any) || any_matches(t, r->any, "subject", &s->in_subject) ||
	    any_matches(t, r->any, "text", &s->in_text);
}

static void
add_tags(struct findings *out, const GPtrArray *tags, GString *effect)
{
	guint	i;

	for (i = 0; tags != NULL && i < tags->len; i++) {
		g_string_append_printf(effect, ", tag %s", (const char *)tags->pdata[i]);
		if (!g_ptr_array_find_with_equal_func(out->tags, tags->pdata[i], g_str_equal,
		    NULL))
			g_ptr_array_add(out->tags, g_strdup(tags->pdata[i]));
	}
}

/* *ranked: some rule has given a priority already. */
static void
take_effect(struct trial *t, bool *ranked)
{
	const struct settings_rule	*set = t->rule->set;
	struct findings			*out = t->out;
	g_autoptr(GString)		 effect = g_string_new(NULL);
	enum priority			 priority;

	if (set->department != NULL && out->department == NULL) {
		out->department = g_strdup(set->department);
		g_string_append_printf(effect, ", department %s", set->department);
	}
	if (set->priority != NULL && priority_parse(set->priority, &priority) == 0) {
		if (!*ranked || priority > out->priority)
			out->priority = priority;
		*ranked = true;
		g_string_append_printf(effect, ", priority %s", set->priority);
	}
	add_tags(out, set->tags, effect);
	if (set->urgent) {
		out->urgent = true;
		g_string_append(effect, ", urgent");
	}
	if (set->ignore) {
		out->ignore = true;
		g_string_append(effect, ", ignore");
	}
	g_ptr_array_add(out->reasons, g_strdup_printf("rule %s: %s%s%s", set->name,
	    t->evidence->len > 0 ? t->evidence->str : "always",
	    effect->len > 0 ? ": " : "", effect->len > 0 ? effect->str + 2 : ""));
}

/* Every kind of channel begins with its name and may have a department. */
static const struct {
	size_t	list;
	size_t	department;
} channel_kinds[] = {
	{ offsetof(struct settings, imap), offsetof(struct settings_imap, department) },
	{ offsetof(struct settings, lmtp), offsetof(struct settings_lmtp, department) },
	{ offsetof(struct settings, maildir), offsetof(struct settings_maildir, department) },
	{ offsetof(struct settings, pop3), offsetof(struct settings_pop3, department) },
	{ offsetof(struct settings, webhook), offsetof(struct settings_webhook, department) },
	{ offsetof(struct settings, chat), offsetof(struct settings_chat, department) }
};

static const char *
channel_department(const struct settings *set, const char *channel)
{
	const GPtrArray	*list;
	const char	*one;
	size_t		 i;
	guint		 k;

	for (i = 0; i < G_N_ELEMENTS(channel_kinds); i++) {
		list = G_STRUCT_MEMBER(GPtrArray *, set, channel_kinds[i].list);
		for (k = 0; list != NULL && k < list->len; k++) {
			one = list->pdata[k];
			if (strcmp(G_STRUCT_MEMBER(char *, one, 0), channel) == 0)
				return G_STRUCT_MEMBER(char *, one,
				    channel_kinds[i].department);
		}
	}
	return NULL;
}

static void
give_department(const struct settings *set, const char *channel, struct findings *out)
{
	const char	*name = channel != NULL ? channel_department(set, channel) : NULL;

	if (out->department != NULL)
		return;
	if (name != NULL) {
		out->department = g_strdup(name);
		g_ptr_array_add(out->reasons,
		    g_strdup_printf("channel %s: department %s", channel, name));
		return;
	}
	out->department = g_strdup(set->default_department);
	g_ptr_array_add(out->reasons,
	    g_strdup_printf("no rule: default department %s", set->default_department));
}

void
rules_apply(const struct rules *rules, struct source *s, struct findings *out)
{
	bool	ranked = false;
	guint	i;

	for (i = 0; i < rules->list->len; i++) {
		g_autoptr(GString)	evidence = g_string_new(NULL);
		struct trial		t = { rules->list->pdata[i], s, out, evidence };

		if (!rule_matches(&t))
			continue;
		take_effect(&t, &ranked);
		if (t.rule->set->last)
			break;
	}
	if (out->urgent && !ranked)
		out->priority = PRIORITY_HIGH;
	give_department(rules->settings, s->channel, out);
}
