/* SPDX-License-Identifier: ISC */
#include "samples.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "conf/conf.h"

#define HEAD \
	"mail_out { from = \"support@shop.example\" }\n" \
	"maildir \"support\" { path = \"/var/mail/support\" }\n"

void
samples_open(struct samples *s, const char *conf)
{
	g_autofree char		*path = NULL;
	g_autofree char		*text = g_strconcat(HEAD, conf, NULL);
	g_autoptr(GString)	 problems = g_string_new(NULL);
	struct err		 e = ERR_INIT;
	int			 fd = g_file_open_tmp("check-XXXXXX", &path, NULL);

	if (fd == -1 || !g_file_set_contents(path, text, -1, NULL))
		g_error("cannot write the configuration");
	close(fd);
	if ((s->settings = conf_load(path, problems)) == NULL)
		g_error("%s", problems->str);
	unlink(path);
	if ((s->check = check_new(s->settings, &e)) == NULL)
		g_error("%s", e.text);
}

void
samples_open_shipped(struct samples *s)
{
	const char	*src = g_getenv("top_srcdir");
	g_autofree char	*rules_path = g_build_filename(src ? src : ".", "conf/rules.conf", NULL);
	g_autofree char	*forms_path = g_build_filename(src ? src : ".", "conf/forms.conf", NULL);
	g_autofree char	*rules = NULL, *forms = NULL, *both = NULL;

	if (!g_file_get_contents(rules_path, &rules, NULL, NULL) ||
	    !g_file_get_contents(forms_path, &forms, NULL, NULL))
		g_error("cannot read %s", rules_path);
	both = g_strconcat(rules, forms, NULL);
	samples_open(s, both);
}

void
samples_close(struct samples *s)
{
	check_free(s->check);
	conf_free(s->settings);
}

struct message *
samples_mail(const char *subject, const char *text)
{
	struct message	*m = message_new();

	m->from = address_new("Anna", "anna@customer.example");
	m->subject = g_strdup(subject);
	m->text = g_strdup(text);
	m->full_text = g_strdup(text);
	return m;
}

struct message *
samples_reply(const char *text)
{
	struct message	*m = samples_mail("Re: something", text);

	m->in_reply_to = g_strdup("question@shop.example");
	return m;
}

static void
decide(const struct samples *s, struct ticket *t, int64_t now_ms, struct verdict *v)
{
	struct findings	*f = check_scan(s->check, t->channel_name, t->message);

	check_decide(s->check, f, t, now_ms, v);
	findings_free(f);
}

struct ticket *
samples_begin(const struct samples *s, struct message *m, int64_t now_ms, struct verdict *v)
{
	struct ticket	*t = ticket_new();

	g_strlcpy(t->id, "7KQM2-XWA9F", sizeof t->id);
	t->event = g_strdup("ticket.created");
	t->event_id = g_strdup("E1");
	t->channel_kind = g_strdup(m->session != NULL ? "chat" : "imap");
	t->channel_name = g_strdup("support");
	t->session = g_strdup(m->session);
	t->customer = address_copy(m->from);
	t->created_ms = t->updated_ms = now_ms;
	t->message = m;
	decide(s, t, now_ms, v);
	return t;
}

void
samples_follow(const struct samples *s, struct ticket *t, struct message *m, int64_t now_ms,
    struct verdict *v)
{
	message_free(t->message);
	t->message = m;
	g_free(t->event);
	t->event = g_strdup("ticket.updated");
	g_ptr_array_set_size(t->trail, 0);
	decide(s, t, now_ms, v);
}

const char *
samples_value(const struct ticket *t, const char *detail)
{
	const struct ticket_detail	*d = ticket_detail(t, detail);

	return d != NULL ? d->value : "";
}

const char *
samples_missing(const struct ticket *t, guint i)
{
	const struct ticket_missing	*m = i < t->missing->len ? t->missing->pdata[i] : NULL;

	return m != NULL ? m->name : "";
}

gboolean
samples_trail_has(const struct ticket *t, const char *text)
{
	guint	i;

	for (i = 0; i < t->trail->len; i++)
		if (strstr(t->trail->pdata[i], text) != NULL)
			return TRUE;
	return FALSE;
}
