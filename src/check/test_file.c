/* SPDX-License-Identifier: ISC */
/*
 * Tests that operators keep beside their rules.
 *
 * Everything a test says is checked before it runs: a misspelled expectation
 * would otherwise pass for ever.
 */
#include "check/check.h"

#include <jansson.h>
#include <string.h>

#include "base/text.h"

enum { FILE_MAX_BYTES = 4 << 20 };

/* One test of a file. */
struct trial {
	const struct check		*check;
	const struct check_test_source	*source;
	const char			*path;		/* of the test file */
	json_t				*test;		/* borrowed */
	const char			*channel;
	struct ticket			*ticket;
	struct verdict			 verdict;
	GString				*wrong;		/* "priority is low, not high; ..." */
};

static const char *const test_members[] = {
	"name", "mail", "subject", "text", "from", "to", "channel", "kind", "fields", "expect", NULL
};

static const char *const expect_members[] = {
	"department", "priority", "form", "missing", "tags", "details", "action", NULL
};

static int
check_members(json_t *object, const char *const *known, const char *what, struct err *e)
{
	const char	*name;
	json_t		*value;

	if (!json_is_object(object))
		return err_set(e, ERR_CONFIG, "%s is not an object", what);
	json_object_foreach(object, name, value)
		if (!g_strv_contains(known, name))
			return err_set(e, ERR_CONFIG, "%s: \"%s\" is not known", what, name);
	return 0;
}

static const char *
member(json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
}

static void
add_fields(struct message *m, json_t *fields)
{
	const char	*name;
	json_t		*value;

	json_object_foreach(fields, name, value)
		if (json_is_string(value))
			message_add_field(m, name, json_string_value(value));
}

static int
set_kind(struct message *m, const char *name, struct err *e)
{
	int	kind;

	for (kind = 0; name != NULL && kind <= MESSAGE_OWN; kind++)
		if (strcmp(name, message_kind_name((enum message_kind)kind)) == 0) {
			m->kind = (enum message_kind)kind;
			return 0;
		}
	return name == NULL ? 0 : err_set(e, ERR_CONFIG, "\"%s\" is no kind of message", name);
}

static struct message *
make_message(const struct trial *t, struct err *e)
{
	struct message	*m = message_new();
	const char	*from = member(t->test, "from"), *to = member(t->test, "to");

	m->subject = g_strdup(member(t->test, "subject"));
	m->text = g_strdup(member(t->test, "text"));
	m->full_text = g_strdup(m->text);
	m->from = address_new(NULL, from != NULL ? from : "customer@example.org");
	if (to != NULL)
		g_ptr_array_add(m->to, address_new(NULL, to));
	add_fields(m, json_object_get(t->test, "fields"));
	if (set_kind(m, member(t->test, "kind"), e) == 0)
		return m;
	message_free(m);
	return NULL;
}

static struct message *
load_message(const struct trial *t, struct err *e)
{
	const char	*mail = member(t->test, "mail");
	g_autofree char	*folder = g_path_get_dirname(t->path), *path = NULL;

	if (mail == NULL)
		return make_message(t, e);
	path = g_path_is_absolute(mail) ? g_strdup(mail) : g_build_filename(folder, mail, NULL);
	return t->source->load(path, t->source->arg, e);
}

static void
differ(struct trial *t, const char *what, const char *is, const char *wanted)
{
	g_string_append_printf(t->wrong, "%s%s is %s, not %s", t->wrong->len > 0 ? "; " : "",
	    what, is != NULL ? is : "nothing", wanted != NULL ? wanted : "nothing");
}

/* null in the test: there has to be none. */
static void
compare(struct trial *t, json_t *expect, const char *what, const char *is)
{
	json_t	*wanted = json_object_get(expect, what);

	if (wanted != NULL && g_strcmp0(json_string_value(wanted), is) != 0)
		differ(t, what, is, json_string_value(wanted));
}

static bool
array_holds(json_t *array, const char *word)
{
	json_t	*value;
	size_t	 i;

	json_array_foreach(array, i, value)
		if (g_strcmp0(json_string_value(value), word) == 0)
			return true;
	return false;
}

static void
compare_missing(struct trial *t, json_t *wanted)
{
	const struct ticket_missing	*m;
	g_autoptr(GString)		 names = g_string_new(NULL);
	bool				 same = json_array_size(wanted) == t->ticket->missing->len;
	guint				 i;

	for (i = 0; i < t->ticket->missing->len; i++) {
		m = t->ticket->missing->pdata[i];
		g_string_append_printf(names, "%s%s", i > 0 ? ", " : "", m->name);
		same = same && array_holds(wanted, m->name);
	}
	if (!same) {
		char	*text = json_dumps(wanted, 0);

		differ(t, "missing", names->len > 0 ? names->str : NULL, text);
		free(text);
	}
}

static void
compare_tags(struct trial *t, json_t *wanted)
{
	json_t	*value;
	size_t	 i;

	json_array_foreach(wanted, i, value) {
		const char	*tag = json_string_value(value);

		if (tag == NULL || !g_ptr_array_find_with_equal_func(t->ticket->tags, tag,
		    g_str_equal, NULL))
			differ(t, "tag", NULL, tag);
	}
}

static void
compare_details(struct trial *t, json_t *wanted)
{
	const struct ticket_detail	*d;
	const char			*name;
	json_t				*value;

	json_object_foreach(wanted, name, value) {
		d = ticket_detail(t->ticket, name);
		if (g_strcmp0(d != NULL ? d->value : NULL, json_string_value(value)) != 0)
			differ(t, name, d != NULL ? d->value : NULL, json_string_value(value));
	}
}

static void
compare_all(struct trial *t, json_t *expect)
{
	compare(t, expect, "department", t->ticket->department);
	compare(t, expect, "priority", priority_name(t->ticket->priority));
	compare(t, expect, "form", t->ticket->form);
	compare(t, expect, "action", t->verdict.action == CHECK_PUSH ? "push" : "hold");
	if (json_object_get(expect, "missing") != NULL)
		compare_missing(t, json_object_get(expect, "missing"));
	compare_tags(t, json_object_get(expect, "tags"));
	compare_details(t, json_object_get(expect, "details"));
}

static struct ticket *
make_ticket(const struct trial *t, struct message *m)
{
	struct ticket	*ticket = ticket_new();

	ticket->event = g_strdup("ticket.created");
	ticket->channel_kind = g_strdup(m->session != NULL ? "chat" : "test");
	ticket->channel_name = g_strdup(t->channel);
	ticket->session = g_strdup(m->session);
	ticket->customer = address_copy(m->from);
	ticket->message = m;
	return ticket;
}

/* -1: the test itself is wrong. */
static int
run(struct trial *t, struct err *e)
{
	json_t		*expect = json_object_get(t->test, "expect");
	struct message	*m;
	struct findings	*findings;

	if (check_members(t->test, test_members, "test", e) == -1 ||
	    check_members(expect, expect_members, "expect", e) == -1 ||
	    (m = load_message(t, e)) == NULL)
		return -1;
	t->channel = member(t->test, "channel");
	t->ticket = make_ticket(t, m);
	findings = check_scan(t->check, t->channel, m);
	check_decide(t->check, findings, t->ticket, 0, &t->verdict);
	findings_free(findings);
	compare_all(t, expect);
	ticket_free(t->ticket);
	return 0;
}

static bool
passes(const struct trial *given, size_t index, GString *report)
{
	struct trial		 t = *given;
	struct err		 e = ERR_INIT;
	g_autoptr(GString)	 wrong = g_string_new(NULL);
	g_autofree char		*name = NULL, *line = NULL;
	bool			 good;

	t.wrong = wrong;
	name = member(t.test, "name") != NULL ? g_strdup(member(t.test, "name")) :
	    g_strdup_printf("test %zu", index + 1);
	if (run(&t, &e) == -1)
		g_string_assign(wrong, e.text);
	good = wrong->len == 0;
	line = text_one_line(wrong->str, wrong->len, 2000);
	g_string_append_printf(report, "%s %s: %s%s%s\n", good ? "ok  " : "FAIL", t.path, name,
	    good ? "" : ": ", line);
	return good;
}

static json_t *
load_file(const char *path, struct err *e)
{
	g_autofree char	*text = NULL;
	gsize		 len;
	json_error_t	 why;
	json_t		*root;

	if (!g_file_get_contents(path, &text, &len, NULL) || len > FILE_MAX_BYTES) {
		err_set(e, ERR_CONFIG, "%s: cannot be read", path);
		return NULL;
	}
	root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &why);
	if (root == NULL)
		err_set(e, ERR_CONFIG, "%s:%d: %s", path, why.line, why.text);
	return root;
}

int
check_test_file(const struct check *c, const char *path,
    const struct check_test_source *source, GString *report, unsigned *ran, struct err *e)
{
	json_t		*root = load_file(path, e), *list;
	struct trial	 t = { .check = c, .source = source, .path = path };
	size_t		 i;
	int		 failed = 0;

	*ran = 0;
	if (root == NULL)
		return -1;
	list = json_is_array(root) ? json_incref(root) : json_pack("[O]", root);
	json_array_foreach(list, i, t.test) {
		failed += !passes(&t, i, report);
		++*ran;
	}
	json_decref(list);
	json_decref(root);
	return failed;
}
