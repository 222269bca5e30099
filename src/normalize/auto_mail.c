/* SPDX-License-Identifier: ISC */
#include "normalize/auto_mail.h"

#include <stdbool.h>
#include <string.h>

#include "normalize/auto_notice.h"
#include "normalize/auto_report.h"
#include "normalize/auto_sender.h"
#include "normalize/auto_words.h"
#include "normalize/bounce.h"
#include "normalize/trim_reply.h"

/* What is asked more than once about a mail. */
struct look {
	struct message			*msg;
	const struct mail_view		*view;
	const struct auto_mail_own	*own;
	const char			*from;		/* who wrote: an address, or "" */
	enum auto_sender		 sender;
	char				*auto_submitted; /* its first word, lower case; or NULL */
	const char			*precedence;	/* or NULL */
	bool				 null_path;	/* the envelope says: do not answer */
	bool				 is_reply;	/* it names a mail it answers */
	bool				 own_list;	/* its list is one of our addresses */
	enum auto_words			 subject;
	const char			*phrase;	/* found in the subject */
};

/* One kind after the other: a new string with the reason, or NULL. */
struct step {
	enum message_kind	 kind;
	char			*(*find)(const struct look *);
	const char		*no_answer;
};

static char *
reason(const char *what, const char *value)
{
	g_autofree char	*valid = g_utf8_make_valid(value == NULL ? "" : value, -1);

	if (value == NULL || *value == '\0')
		return g_strdup(what);
	return g_strdup_printf("%s: %.*s", what,
	    (int)(g_utf8_offset_to_pointer(valid, MIN(60, g_utf8_strlen(valid, -1))) - valid), valid);
}

static bool
contains(const char *text, const char *word)
{
	return strcasestr(text, word) != NULL;
}

/* "no", "none", "false" and "0" switch a header off. */
static bool
is_on(const char *value)
{
	return value != NULL && g_ascii_strcasecmp(value, "no") != 0 &&
	    g_ascii_strcasecmp(value, "none") != 0 && g_ascii_strcasecmp(value, "false") != 0 &&
	    strcmp(value, "0") != 0;
}

static const char *
first_on(const struct mail_view *v, const char *const names[])
{
	for (size_t i = 0; names[i] != NULL; i++)
		if (is_on(mail_view_header(v, names[i])))
			return names[i];
	return NULL;
}

/* --- our own ------------------------------------------------------------ */

/* <TICKET.OUTID.TOKEN@domain>, as reply/compose.c makes them. */
static bool
is_own_message_id(const char *id, const char *domain)
{
	const char	*at = id == NULL ? NULL : strrchr(id, '@');
	size_t		 dots = 0;

	if (at == NULL || g_ascii_strcasecmp(at + 1, domain) != 0)
		return false;
	for (const char *p = id; p < at; p++)
		dots += *p == '.';
	return dots == 2 && at - id > 30 && id[5] == '-' && id[11] == '.';
}

static char *
own_mail(const struct look *l)
{
	const char	*loop = mail_view_header(l->view, "X-Intake-Loop");

	if (l->own->instance != NULL && loop != NULL && strcmp(loop, l->own->instance) == 0)
		return reason("X-Intake-Loop", loop);
	if (l->own->domain != NULL && is_own_message_id(l->msg->message_id, l->own->domain))
		return reason("Message-ID is ours", NULL);
	return NULL;
}

/* --- reports and meetings ----------------------------------------------- */

static char *
bounce_mail(const struct look *l)
{
	return bounce_read(l->msg, l->view);
}

static char *
feedback_mail(const struct look *l)
{
	return bounce_read_feedback(l->msg, l->view);
}

static char *
receipt_mail(const struct look *l)
{
	return auto_report_receipt(l->msg, l->view);
}

static char *
calendar_mail(const struct look *l)
{
	return auto_report_calendar(l->view);
}

/* --- auto-replies ------------------------------------------------------- */

static bool
is_auto_reply_word(const char *value)
{
	return value != NULL && (contains(value, "auto_reply") || contains(value, "auto-reply") ||
	    contains(value, "autoreply") || contains(value, "auto_respon") ||
	    contains(value, "autorespon") || contains(value, "auto-respon"));
}

static bool
is_bulk_word(const char *value)
{
	return value != NULL && (contains(value, "bulk") || contains(value, "junk"));
}

/* X-AutoReply, X-Auto-Respond, X-MDaemon-AutoResponder, ...: any spelling. */
static bool
is_autoreply_header(const char *name)
{
	g_autoptr(GString)	 plain = g_string_new(NULL);

	for (; *name != '\0'; name++)
		if (*name != '-' && *name != '_')
			g_string_append_c(plain, g_ascii_tolower(*name));
	if (contains(plain->str, "suppress"))
		return false;
	return contains(plain->str, "autorepl") || contains(plain->str, "autorespon") ||
	    (g_str_has_prefix(plain->str, "x") && contains(plain->str, "vacation")) || g_str_has_prefix(plain->str, "xoutofoffice");
}

static char *
auto_reply_by_header(const struct look *l)
{
	static const char *const senders[] = {
		"X-Mailer", "User-Agent", "X-Generator", "X-Generated-By", "X-Sender", NULL
	};
	const char	*value;

	for (guint i = 0; i < l->view->headers->len; i++) {
		const struct mail_header	*h = g_ptr_array_index(l->view->headers, i);

		if (is_autoreply_header(h->name) && is_on(h->value))
			return reason(h->name, h->value);
		if (g_ascii_strcasecmp(h->name, "Delivered-To") == 0 && is_auto_reply_word(h->value))
			return reason("Delivered-To", h->value);
	}
	for (size_t i = 0; senders[i] != NULL; i++)
		if ((value = mail_view_header(l->view, senders[i])) != NULL &&
		    (is_auto_reply_word(value) || contains(value, "vacation") ||
		    contains(value, "out of office")))
			return reason(senders[i], value);
	if ((value = mail_view_header(l->view, "X-Apple-Action")) != NULL && contains(value, "vacation"))
		return reason("X-Apple-Action", value);
	if (is_on(value = mail_view_header(l->view, "X-FC-MachineGenerated")))
		return reason("X-FC-MachineGenerated", value);
	if (is_auto_reply_word(value = mail_view_header(l->view, "X-POST-MessageClass")))
		return reason("X-POST-MessageClass", value);
	if ((value = mail_view_header(l->view, "X-Autogenerated")) != NULL && contains(value, "repl"))
		return reason("X-Autogenerated", value);
	if ((value = mail_view_header(l->view, "X-MS-Exchange-Generated-Message-Source")) != NULL &&
	    contains(value, "Mailbox Rules Agent"))
		return reason("X-MS-Exchange-Generated-Message-Source", value);
	return NULL;
}

static char *
auto_reply_by_word(const struct look *l)
{
	static const char *const names[] = { "Precedence", "X-Precedence", "Preference", NULL };

	if (l->auto_submitted != NULL && (g_str_has_prefix(l->auto_submitted, "auto-repl") ||
	    is_auto_reply_word(l->auto_submitted)))
		return reason("Auto-Submitted", l->auto_submitted);
	for (size_t i = 0; names[i] != NULL; i++) {
		const char	*value = mail_view_header(l->view, names[i]);

		if (is_auto_reply_word(value))
			return reason(names[i], value);
	}
	return NULL;
}

/*
 * The rule's owner is in the header: where it is the sender himself, his
 * mailbox answered; another one has passed a person's mail on to us.
 */
static bool
is_own_rule(const struct look *l)
{
	const char	*owner = mail_view_header(l->view, "X-MS-Exchange-Inbox-Rules-Loop");

	return owner != NULL && *l->from != '\0' && contains(owner, l->from);
}

static bool
suppresses_answers(const struct look *l)
{
	const char	*value = mail_view_header(l->view, "X-Auto-Response-Suppress");

	return value != NULL && (contains(value, "all") || contains(value, "autoreply"));
}

static bool
is_automatic(const struct look *l)
{
	return l->auto_submitted != NULL && strcmp(l->auto_submitted, "no") != 0;
}

/* Helpdesks mark what they send, also the words of their people. */
static const char *
helpdesk_header(const struct look *l)
{
	static const char *const names[] = {
		"X-RT-Loop-Prevention", "X-OTRS-Loop", "X-Znuny-Loop", "X-ServiceNow-Generated",
		"X-JIRA-FingerPrint", "X-GitHub-Reason", "X-GitLab-NotificationReason",
		"X-FreeScout-Mail-Type", "X-Zammad-Article-Type", "X-OSTicket-MID", "X-PagerDuty-Incident",
		"X-Redmine-Host", "X-Bugzilla-Type", "X-Launchpad-Message-Rationale",
		"X-Trac-Project", "X-Jenkins-Job", "X-Nagios-Notification", "X-Zabbix-Severity",
		"X-Cron-Env", "X-Monit-Alert", "X-Facebook-Notify", "X-LinkedIn-Class", NULL
	};

	return first_on(l->view, names);
}

static bool
has_list_header(const struct look *l)
{
	static const char *const names[] = {
		"List-Id", "List-Post", "X-Mailing-List", "Mailing-List", "X-Mailman-Version",
		"X-BeenThere", "X-MDMailing-List", "X-ML-Name", "X-Listserver", "X-Sympa-To",
		"List-Owner", "List-Subscribe", "List-Archive", NULL
	};

	return !l->own_list && first_on(l->view, names) != NULL;
}

/* Things that no person's mail has, but none of which is enough alone. */
static bool
has_other_hint(const struct look *l)
{
	return l->null_path || suppresses_answers(l) || is_automatic(l) ||
	    mail_view_has(l->view, "X-Loop") || is_own_rule(l) ||
	    (is_bulk_word(l->precedence) && !has_list_header(l)) || l->sender != AUTO_SENDER_PERSON;
}

/* The new part of the text where it is known, else the first text there is. */
static const char *
text_to_look_at(const struct look *l)
{
	const struct mail_part	*part;

	if (l->msg->text != NULL)
		return l->msg->text;
	if (l->msg->full_text != NULL)
		return l->msg->full_text;
	part = mail_view_part(l->view, "text/plain");
	return part == NULL || part->text == NULL ? "" : part->text;
}

/* Found in the text, or NULL.  Takes longer than all the rest: ask last. */
static const char *
phrase_in_text(const struct look *l)
{
	const char	*text = text_to_look_at(l);

	return auto_words_body(text, strlen(text));
}

/* The same where only people could have written the rest: machines ask nothing. */
static bool
tells_by_text(const struct look *l)
{
	return strchr(text_to_look_at(l), '?') == NULL && phrase_in_text(l) != NULL;
}

/* A vacation notice that only its text gives away. */
static const char *
notice_in_text(const struct look *l)
{
	const char	*text = text_to_look_at(l);

	bool		 strict = !l->is_reply && !reply_subject(l->msg->subject) &&
			    l->subject == AUTO_WORDS_NONE && !has_other_hint(l);

	return auto_notice_find(text, strlen(text), strict);
}

static char *
auto_reply_by_hints(const struct look *l)
{
	const char	*phrase;
	bool		 exchange = suppresses_answers(l) && g_strcmp0(l->auto_submitted, "auto-generated") == 0;

	if (l->subject == AUTO_WORDS_WEAK && (has_other_hint(l) || tells_by_text(l)))
		return reason("subject and more", l->phrase);
	if (helpdesk_header(l) != NULL)
		return NULL;
	if (exchange && l->is_reply)
		return reason("Exchange's headers on a reply", NULL);
	if (is_own_rule(l) && (exchange || l->is_reply))
		return reason("X-MS-Exchange-Inbox-Rules-Loop", NULL);
	if (l->null_path && l->is_reply)
		return reason("null return path on a reply", NULL);
	if (l->is_reply && has_other_hint(l) && (phrase = phrase_in_text(l)) != NULL)
		return reason("text and more", phrase);
	if (!has_list_header(l) && (phrase = notice_in_text(l)) != NULL)
		return reason("text", phrase);
	if (is_bulk_word(l->precedence) && l->is_reply && !has_list_header(l) && !l->own_list &&
	    !is_automatic(l) && !mail_view_has(l->view, "List-Unsubscribe"))
		return reason("Precedence on a reply", l->precedence);
	return NULL;
}

/* "Out of office" and no more: does somebody ask how it works? */
static bool
is_about_it(const struct look *l)
{
	const char	*text = text_to_look_at(l);

	return !l->is_reply && !has_other_hint(l) && !tells_by_text(l) && auto_words_human(text, strlen(text));
}

static char *
auto_reply_mail(const struct look *l)
{
	char	*why;

	if ((why = auto_reply_by_word(l)) != NULL || (why = auto_reply_by_header(l)) != NULL)
		return why;
	if (g_strcmp0(l->auto_submitted, "no") == 0)
		return NULL;
	if ((l->subject == AUTO_WORDS_STRONG || (l->subject == AUTO_WORDS_ALONE && !is_about_it(l))) &&
	    !has_list_header(l))
		return reason("subject", l->phrase);
	return auto_reply_by_hints(l);
}

/* --- lists, bulk, other machines ---------------------------------------- */

static char *
list_mail(const struct look *l)
{
	static const char *const bulk[] = {
		"List-Unsubscribe", "List-Unsubscribe-Post", "X-Campaign", "X-CampaignID",
		"X-Campaign-ID", "X-Mailchimp-Campaign-ID", "X-MC-User", "X-Newsletter", NULL
	};
	const char	*name;

	if (l->own_list)
		return NULL;
	if (has_list_header(l))
		return reason("list header", mail_view_header(l->view, "List-Id"));
	if (l->precedence != NULL && contains(l->precedence, "list"))
		return reason("Precedence", l->precedence);
	if (is_automatic(l) || helpdesk_header(l) != NULL)
		return NULL;
	if ((name = first_on(l->view, bulk)) != NULL)
		return reason("bulk header", name);
	if (is_bulk_word(l->precedence))
		return reason("Precedence", l->precedence);
	return NULL;
}

static const char *
domain_of(const char *addr)
{
	const char	*at = strrchr(addr, '@');

	return at == NULL ? "" : at + 1;
}

static bool
same_organisation(const char *a, const char *b)
{
	const char	*longer = domain_of(strlen(domain_of(a)) >= strlen(domain_of(b)) ? a : b);
	const char	*shorter = domain_of(longer == domain_of(a) ? b : a);
	size_t		 n = strlen(longer), m = strlen(shorter);

	if (m == 0)
		return true;
	return g_ascii_strcasecmp(longer + n - m, shorter) == 0 && (n == m || longer[n - m - 1] == '.');
}

/* The person that the web form puts into Reply-To, or NULL. */
static const struct address *
form_person(const struct look *l)
{
	const struct address	*site = l->msg->sender != NULL ? l->msg->sender : l->msg->from;
	const struct address	*person;

	if (l->msg->reply_to->len != 1 || l->is_reply || site == NULL)
		return NULL;
	person = g_ptr_array_index(l->msg->reply_to, 0);
	if (auto_sender_kind(person->addr) != AUTO_SENDER_PERSON ||
	    same_organisation(person->addr, site->addr))
		return NULL;
	return person;
}

static char *
machine_mail(const struct look *l)
{
	static const char *const names[] = {
		"X-Cron-Env", "X-Amazon-Mail-Relay-Type", "X-Autogenerated", "X-Auto-Generated", NULL
	};
	const char	*name;

	if ((name = helpdesk_header(l)) != NULL || (name = first_on(l->view, names)) != NULL)
		return reason(name, NULL);
	if (form_person(l) != NULL)
		return NULL;
	if (is_automatic(l))
		return reason("Auto-Submitted", l->auto_submitted);
	if (l->null_path)
		return reason("null return path", NULL);
	if (l->sender == AUTO_SENDER_DAEMON || l->sender == AUTO_SENDER_NO_REPLY)
		return reason("sender", l->from);
	if (l->msg->subject != NULL && g_str_has_prefix(l->msg->subject, "Cron <"))
		return reason("subject", "Cron");
	return NULL;
}

/* --- the whole ---------------------------------------------------------- */

static const struct step steps[] = {
	{ MESSAGE_OWN, own_mail, "own-mail" },
	{ MESSAGE_BOUNCE, bounce_mail, "bounce" },
	{ MESSAGE_FEEDBACK, feedback_mail, "feedback-report" },
	{ MESSAGE_RECEIPT, receipt_mail, "receipt" },
	{ MESSAGE_CALENDAR, calendar_mail, "calendar" },
	{ MESSAGE_AUTO_REPLY, auto_reply_mail, "auto-reply" },
	{ MESSAGE_LIST, list_mail, "list" },
	{ MESSAGE_AUTO_GENERATED, machine_mail, "auto-generated" },
};

/* Why a person's mail must not be answered automatically, or NULL. */
static const char *
no_answer_to_person(const struct look *l)
{
	if (suppresses_answers(l))
		return "x-auto-response-suppress";
	if (l->sender == AUTO_SENDER_ROLE)
		return "role-address";
	if (l->sender == AUTO_SENDER_NO_REPLY)
		return "no-reply-sender";
	if (mail_view_has(l->view, "X-Loop"))
		return "x-loop";
	return NULL;
}

/* "(a comment)" at value, also one that does not end. */
static size_t
comment_length(const char *value)
{
	size_t	 n = strcspn(value, ")");

	return value[n] == ')' ? n + 1 : n;
}

/* The first word, lower case, without comments and parameters. */
static char *
first_word(const char *value)
{
	char	*word;

	if (value == NULL)
		return NULL;
	while (*value == ' ' || *value == '(')
		value += *value == '(' ? comment_length(value) : 1;
	word = g_ascii_strdown(value, (gssize)strcspn(value, " ;(,\t"));
	if (*word != '\0')
		return word;
	g_free(word);
	return NULL;
}

/* Does a list header name an address of ours (or spell it as a List-Id)? */
static bool
is_own_list(const struct mail_view *v, const struct auto_mail_own *own)
{
	static const char *const names[] = { "List-Id", "List-Post", "Mailing-List", "X-BeenThere", NULL };

	for (guint i = 0; own->addresses != NULL && i < own->addresses->len; i++) {
		const char		*addr = g_ptr_array_index(own->addresses, i);
		g_autofree char		*dotted = g_strdelimit(g_strdup(addr), "@", '.');

		for (size_t n = 0; names[n] != NULL; n++) {
			const char	*value = mail_view_header(v, names[n]);

			if (value != NULL && (contains(value, addr) || contains(value, dotted)))
				return true;
		}
	}
	return false;
}

static void
look_at(struct look *l)
{
	const struct mail_view	*v = l->view;

	l->from = l->msg->from == NULL ? "" : l->msg->from->addr;
	l->sender = auto_sender_kind(l->from);
	l->auto_submitted = first_word(mail_view_header(v, "Auto-Submitted"));
	if (l->auto_submitted == NULL)
		l->auto_submitted = first_word(mail_view_header(v, "X-Auto-Submitted"));
	l->precedence = mail_view_header(v, "Precedence");
	if (l->precedence == NULL)
		l->precedence = mail_view_header(v, "X-Precedence");
	l->null_path = auto_sender_has_null_path(l->msg, v);
	l->is_reply = mail_view_has(v, "In-Reply-To") || mail_view_has(v, "References");
	l->own_list = is_own_list(v, l->own);
	if (l->msg->subject != NULL)
		l->subject = auto_words_subject(l->msg->subject, &l->phrase);
}

void
auto_mail_classify(struct message *msg, const struct mail_view *v, const struct auto_mail_own *own)
{
	struct look	 l = { .msg = msg, .view = v, .own = own };
	const char	*no_answer = NULL;
	char		*why = NULL;

	look_at(&l);
	msg->kind = MESSAGE_NORMAL;
	for (size_t i = 0; i < G_N_ELEMENTS(steps) && why == NULL; i++)
		if ((why = steps[i].find(&l)) != NULL) {
			msg->kind = steps[i].kind;
			no_answer = steps[i].no_answer;
		}
	if (why == NULL)
		no_answer = no_answer_to_person(&l);
	g_free(msg->kind_reason);
	msg->kind_reason = why;
	g_free(msg->no_answer);
	msg->no_answer = g_strdup(no_answer);
	g_free(l.auto_submitted);
}
