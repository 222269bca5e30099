/* SPDX-License-Identifier: ISC */
/*
 * Any text through the shipped rules and forms: as a first message and as the
 * answer to its questions.  The first line is the subject.  What comes out
 * has to be valid UTF-8 and every value acceptable where it is read again.
 */
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "check/check.h"
#include "conf/conf.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static struct settings	*settings;
static struct check	*check;

static void
open_check(void)
{
	static const char	head[] = "mail_out { from = \"support@shop.example\" }\n"
	    "maildir \"support\" { path = \"/var/mail/support\" }\n";
	const char		*src = g_getenv("top_srcdir") ? g_getenv("top_srcdir") : ".";
	g_autofree char		*rules = NULL, *forms = NULL, *path = NULL;
	g_autofree char		*rules_path = g_build_filename(src, "conf/rules.conf", NULL);
	g_autofree char		*forms_path = g_build_filename(src, "conf/forms.conf", NULL);
	g_autofree char		*all = NULL;
	g_autoptr(GString)	 problems = g_string_new(NULL);
	int			 fd = g_file_open_tmp("fuzz-XXXXXX", &path, NULL);

	if (fd == -1 || !g_file_get_contents(rules_path, &rules, NULL, NULL) ||
	    !g_file_get_contents(forms_path, &forms, NULL, NULL))
		g_error("cannot read the shipped configuration");
	close(fd);
	all = g_strconcat(head, rules, forms, NULL);
	if (!g_file_set_contents(path, all, -1, NULL) ||
	    (settings = conf_load(path, problems)) == NULL ||
	    (check = check_new(settings, NULL)) == NULL)
		g_error("%s", problems->str);
	unlink(path);
}

static struct message *
make_message(const char *subject, const char *text, bool answer)
{
	struct message	*m = message_new();

	m->from = address_new(NULL, "anna@customer.example");
	m->date_ms = 1795219200000;
	m->subject = g_strdup(subject);
	m->text = g_strdup(text);
	m->full_text = g_strconcat(text, "\n> 1. What?\n", text, NULL);
	if (answer)
		m->in_reply_to = g_strdup("a@b");
	return m;
}

static void
judge(struct ticket *t, struct message *m)
{
	struct findings		*f = check_scan(check, "support", m);
	g_autoptr(GByteArray)	 wire = g_byte_array_new();
	g_autoptr(GString)	 state = g_string_new(NULL);
	struct findings		*back;
	struct ticket		*again;
	struct verdict		 v;

	findings_encode(f, wire);
	if ((back = findings_decode(wire->data, wire->len, NULL)) == NULL)
		g_error("findings do not read back");
	t->message = m;
	check_decide(check, back, t, 1795219200000, &v);
	ticket_write_state(t, state);
	if ((again = ticket_read_state(state->str, state->len, NULL)) == NULL)
		g_error("the record does not read back: %s", state->str);
	ticket_free(again);
	findings_free(back);
	findings_free(f);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	g_autofree char	*all = text_valid((const char *)bytes, len, NULL);
	char		*text = strchr(all, '\n');
	struct ticket	*t = ticket_new();

	if (check == NULL)
		open_check();
	if (text != NULL)
		*text++ = '\0';
	g_strlcpy(t->id, "7KQM2-XWA9F", sizeof t->id);
	t->event = g_strdup("ticket.created");
	t->channel_kind = g_strdup("imap");
	t->channel_name = g_strdup("support");
	t->customer = address_new(NULL, "anna@customer.example");
	judge(t, make_message(all, text != NULL ? text : "", false));
	message_free(g_steal_pointer(&t->message));
	g_free(t->event);
	t->event = g_strdup("ticket.updated");
	judge(t, make_message(all, text != NULL ? text : "", true));
	ticket_free(t);
	return 0;
}
