/* SPDX-License-Identifier: ISC */
#include "normalize/bounce.h"

#include <stdbool.h>
#include <string.h>

#include "base/text.h"
#include "normalize/auto_sender.h"
#include "normalize/bounce_dsn.h"
#include "normalize/bounce_prose.h"
#include "normalize/bounce_status.h"
#include "normalize/bounce_words.h"

#define MAX_FAILED	100
#define MAX_WORDS	8000	/* bytes looked at for a reason */

static const char *
subject_of(const struct message *msg)
{
	return msg->subject == NULL ? "" : msg->subject;
}

/* What a person would read: the text as decided, else the first there is. */
static const char *
words_of(const struct message *msg, const struct mail_view *v)
{
	const struct mail_part	*part = mail_view_part(v, "text/plain");

	if (part != NULL && part->text != NULL)
		return part->text;
	if (msg->full_text != NULL)
		return msg->full_text;
	return msg->text == NULL ? "" : msg->text;
}

/* Of the roles only some; a shop's "root@" or "abuse@" may be its owner. */
static bool
writes_bounces(const char *addr)
{
	static const char *const names[] = { "postmaster", "daemon", "system-administrator", "systemadministrator", NULL };

	for (size_t i = 0; names[i] != NULL; i++)
		if (g_ascii_strncasecmp(addr, names[i], strlen(names[i])) == 0)
			return true;
	return g_ascii_strncasecmp(addr, "post_master", 11) == 0 || g_ascii_strncasecmp(addr, "post-master", 11) == 0;
}

static bool
is_daemon(const struct message *msg, const struct mail_view *v)
{
	static const char *const names[] = {
		"mail delivery", "mailer-daemon", "mailer daemon", "postmaster", "system administrator",
		"mail administrator", "mail system", "mail router", "systemadministrator",
		"delivery subsystem", "mailadministrator", "mail server", NULL
	};
	const char		*name = msg->from == NULL ? mail_view_header(v, "From") : msg->from->name;
	enum auto_sender	 kind = auto_sender_kind(msg->from == NULL ? NULL : msg->from->addr);

	if (kind == AUTO_SENDER_DAEMON || (kind == AUTO_SENDER_ROLE && writes_bounces(msg->from->addr)))
		return true;
	if (msg->from == NULL && name != NULL && strcmp(name, "<>") == 0)
		return true;
	for (size_t i = 0; name != NULL && names[i] != NULL; i++)
		if (strcasestr(name, names[i]) != NULL)
			return true;
	return false;
}

static bool
is_status_part(const struct mail_part *part)
{
	return strcmp(part->content_type, "message/delivery-status") == 0 ||
	    strcmp(part->content_type, "message/global-delivery-status") == 0;
}

/* All machine-readable parts, also those that have lost their type. */
static bool
read_reports(const struct mail_view *v, struct bounce *b, bool any_type)
{
	bool	 seen = false;

	for (guint i = 0; i < v->parts->len; i++) {
		const struct mail_part	*part = g_ptr_array_index(v->parts, i);
		bool			 status = is_status_part(part);
		gsize			 size;
		const char		*bytes = g_bytes_get_data(part->bytes, &size);

		seen = seen || status;
		if (status || (any_type && part->text != NULL && bounce_dsn_looks_like(part->text)))
			bounce_dsn_parse(part->text != NULL ? part->text : bytes,
			    part->text != NULL ? part->text_len : size, b);
	}
	return seen;
}

/* --- the mail that bounced ---------------------------------------------- */

static char *
strip_angles(const char *id)
{
	const char	*open = strchr(id, '<');
	const char	*close = open == NULL ? NULL : strchr(open, '>');

	if (close != NULL)
		return g_strndup(open + 1, (gsize)(close - open - 1));
	return strchr(id, '@') == NULL ? NULL : g_strstrip(g_strdup(id));
}

static char *
id_in_part(const struct mail_part *part, bool returned)
{
	const char	*id = part->nested == NULL ? NULL : mail_headers_find(part->nested, "Message-ID");

	if (id != NULL)
		return strip_angles(id);
	if (part->text == NULL || is_status_part(part) || part->nested != NULL)
		return NULL;
	if (returned != (g_str_has_prefix(part->content_type, "message/") ||
	    strcmp(part->content_type, "text/rfc822-headers") == 0))
		return NULL;
	return bounce_prose_message_id(part->text);
}

/* The returned message first, then what is quoted in words, then the header. */
static char *
find_original_id(const struct message *msg, const struct mail_view *v)
{
	static const char *const names[] = {
		"X-Original-Message-ID", "X-CM-Original-Message-ID", "Original-Message-ID"
	};

	for (int returned = 1; returned >= 0; returned--)
		for (guint i = 0; i < v->parts->len; i++) {
			char	*id = id_in_part(g_ptr_array_index(v->parts, i), returned == 1);

			if (id != NULL && *id != '\0')
				return id;
			g_free(id);
		}
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
		if (mail_view_has(v, names[i]))
			return strip_angles(mail_view_header(v, names[i]));
	if (msg->in_reply_to != NULL)
		return g_strdup(msg->in_reply_to);
	if (msg->references->len > 0)
		return g_strdup(g_ptr_array_index(msg->references, msg->references->len - 1));
	return NULL;
}

/* --- who and why -------------------------------------------------------- */

static GPtrArray *
failed_recipients(const struct mail_view *v)
{
	GPtrArray	*list = g_ptr_array_new_with_free_func(g_free);
	const char	*at = mail_view_header(v, "X-Failed-Recipients");
	char		*addr;

	while (at != NULL && list->len < MAX_FAILED && (addr = bounce_prose_address(&at)) != NULL)
		g_ptr_array_add(list, addr);
	return list;
}

static void
add_addresses(GPtrArray *list, const GPtrArray *addresses)
{
	for (guint i = 0; i < addresses->len; i++)
		g_ptr_array_add(list, ((struct address *)g_ptr_array_index(addresses, i))->addr);
}

static bool
holds(const GPtrArray *list, const char *addr)
{
	for (guint i = 0; i < list->len; i++)
		if (g_ascii_strcasecmp(g_ptr_array_index(list, i), addr) == 0)
			return true;
	return false;
}

/* The only address in a To header, new; NULL if there are several or none. */
static char *
only_address(const char *to)
{
	g_autofree char	*line = to == NULL ? NULL : g_strndup(to, strcspn(to, "\n"));
	const char	*at = line;
	char		*addr = line == NULL ? NULL : bounce_prose_address(&at);
	g_autofree char	*second = addr == NULL ? NULL : bounce_prose_address(&at);

	if (second == NULL || g_ascii_strcasecmp(addr, second) == 0)
		return addr;
	g_free(addr);
	return NULL;
}

/* Whom the returned mail was for: where nothing else names anybody. */
static char *
returned_to(const struct mail_view *v, const char *words)
{
	for (guint i = 0; i < v->parts->len; i++) {
		const struct mail_part	*part = g_ptr_array_index(v->parts, i);
		char			*addr = only_address(mail_headers_find(part->nested, "To"));

		if (addr != NULL)
			return addr;
	}
	words = strcasestr(words, "\nTo: ");
	return words == NULL ? NULL : only_address(words + 5);
}

/*
 * Our own addresses, at which the bounce arrived, are no recipients; but some
 * bounces carry the failed address in To.
 */
static void
read_words(const struct message *msg, const struct mail_view *v, struct bounce *b)
{
	g_autoptr(GPtrArray)	 failed = failed_recipients(v);
	g_autoptr(GPtrArray)	 not_them = g_ptr_array_new();
	struct bounce_prose	 prose = { subject_of(msg), failed, not_them };
	g_autofree char		*addr = NULL;

	if (msg->from != NULL)
		g_ptr_array_add(not_them, msg->from->addr);
	for (guint i = 0; i < msg->delivered_to->len; i++)
		g_ptr_array_add(not_them, g_ptr_array_index(msg->delivered_to, i));
	add_addresses(not_them, msg->to);
	bounce_prose_parse(words_of(msg, v), &prose, b);
	if (b->recipients->len == 0 && (addr = returned_to(v, words_of(msg, v))) != NULL) {
		if (!holds(not_them, addr))
			g_ptr_array_add(failed, g_steal_pointer(&addr));
		bounce_prose_parse(words_of(msg, v), &prose, b);
	}
	if (b->recipients->len == 0) {
		g_ptr_array_set_size(not_them, (int)(not_them->len - msg->to->len));
		bounce_prose_parse(words_of(msg, v), &prose, b);
	}
}

/* A report without status for a recipient: the words may have one. */
static void
fill_status(struct bounce *b, const char *text)
{
	g_autofree char	*words = g_strndup(text, text_cut(text, strlen(text), MAX_WORDS));

	for (guint i = 0; i < b->recipients->len; i++) {
		struct bounce_recipient	*r = g_ptr_array_index(b->recipients, i);
		char			 status[BOUNCE_STATUS_SIZE];

		if (r->status != NULL)
			continue;
		if (b->recipients->len == 1 && (bounce_status_written(words, status) ||
		    bounce_status_meant(words, status)))
			r->status = g_strdup(status);
		else
			r->status = g_strdup(strcmp(r->action, "delayed") == 0 ? "4.0.0" :
			    strcmp(r->action, "failed") == 0 ? "5.0.0" : "2.0.0");
	}
}

/* --- is it one ---------------------------------------------------------- */

static bool
is_role(const struct message *msg)
{
	return msg->from != NULL && auto_sender_kind(msg->from->addr) == AUTO_SENDER_ROLE;
}

/* Parcels are not delivered either: only a returned mail has a Message-ID. */
static bool
returns_mail(const struct mail_view *v, const char *words)
{
	g_autofree char	*id = bounce_prose_message_id(words);

	return id != NULL || mail_view_part(v, "message/rfc822") != NULL ||
	    mail_view_part(v, "text/rfc822-headers") != NULL;
}

static const char *
recognise_words(const struct message *msg, const struct mail_view *v)
{
	const char	*words = words_of(msg, v);
	bool		 subject = bounce_words_subject(subject_of(msg));

	if (mail_view_has(v, "X-Failed-Recipients"))
		return "X-Failed-Recipients";
	if (is_daemon(msg, v) && subject)
		return "sender and subject";
	if (is_daemon(msg, v) && bounce_words_body(words))
		return "sender and text";
	if (is_role(msg) && subject && strchr(words, '@') != NULL && bounce_words_body(words))
		return "sender, subject and text";
	if (auto_sender_has_null_path(msg, v) && subject)
		return "null return path and subject";
	if (auto_sender_has_null_path(msg, v) && bounce_words_signature(words, false))
		return "null return path and text";
	if (subject && strchr(subject_of(msg), '?') == NULL && bounce_words_signature(words, true))
		return "text of a mail server";
	if (subject && msg->from != NULL && auto_sender_kind(msg->from->addr) == AUTO_SENDER_NO_REPLY &&
	    bounce_words_body(words) && returns_mail(v, words))
		return "no-reply sender returns a mail";
	return NULL;
}

char *
bounce_read(struct message *msg, const struct mail_view *v)
{
	struct bounce	*b = bounce_new();
	bool		 report = g_strcmp0(v->report_type, "delivery-status") == 0;
	bool		 believed = report || strcmp(v->content_type, "multipart/report") == 0 ||
			    is_daemon(msg, v) || auto_sender_has_null_path(msg, v);
	const char	*why = NULL;

	if (report || (believed && read_reports(v, b, false)))
		why = "delivery status report";
	else
		why = recognise_words(msg, v);
	if (why == NULL) {
		bounce_free(b);
		return NULL;
	}
	if (b->recipients->len == 0)
		read_reports(v, b, true);
	if (b->recipients->len == 0)
		read_words(msg, v, b);
	fill_status(b, words_of(msg, v));
	if (b->original_message_id == NULL)
		b->original_message_id = find_original_id(msg, v);
	bounce_free(msg->bounce);
	msg->bounce = b;
	return g_strdup(why);
}

/* --- abuse reports ------------------------------------------------------ */

static void
read_feedback_line(struct message *msg, const char *line)
{
	static const char *const names[][2] = {
		{ "Feedback-Type:", "feedback_type" },
		{ "Original-Rcpt-To:", "feedback_recipient" },
		{ "Original-Recipient:", "feedback_recipient" },
		{ "Removal-Recipient:", "feedback_recipient" },
		{ "Final-Recipient:", "feedback_recipient" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		size_t		 n = strlen(names[i][0]);
		g_autofree char	*value = NULL;

		if (g_ascii_strncasecmp(line, names[i][0], n) != 0 || message_field(msg, names[i][1]) != NULL)
			continue;
		value = i == 0 ? g_strstrip(g_strdup(line + n)) : bounce_dsn_address(line + n);
		if (value != NULL)
			message_add_field(msg, names[i][1], value);
	}
}

/* Some reports hide the recipient; the returned header still has To. */
static void
read_returned_header(struct message *msg, const struct mail_view *v)
{
	for (guint i = 0; i < v->parts->len; i++) {
		const struct mail_part	*part = g_ptr_array_index(v->parts, i);
		const char		*to = mail_headers_find(part->nested, "To");
		char			*addr;

		if (to != NULL && message_field(msg, "feedback_recipient") == NULL &&
		    (addr = bounce_prose_address(&to)) != NULL) {
			message_add_field(msg, "feedback_recipient", addr);
			g_free(addr);
		}
	}
}

/* Hotmail sends back the mail alone, with one header added: whose complaint it is. */
static char *
read_returned_complaint(struct message *msg, const struct mail_view *v)
{
	const struct mail_part	*part = mail_view_part(v, "message/rfc822");
	const char		*to = part == NULL ? NULL :
				    mail_headers_find(part->nested, "X-HmXmrOriginalRecipient");
	g_autofree char		*addr = NULL, *id = NULL;

	if (to == NULL || g_ascii_strncasecmp(subject_of(msg), "complaint about message from", 28) != 0)
		return NULL;
	message_add_field(msg, "feedback_type", "abuse");
	if ((addr = bounce_prose_address(&to)) != NULL)
		message_add_field(msg, "feedback_recipient", addr);
	if ((id = find_original_id(msg, v)) != NULL)
		message_add_field(msg, "feedback_message_id", id);
	return g_strdup("complaint with the mail returned");
}

char *
bounce_read_feedback(struct message *msg, const struct mail_view *v)
{
	const struct mail_part	*part = mail_view_part(v, "message/feedback-report");
	g_autofree char		*id = NULL;

	if (g_strcmp0(v->report_type, "feedback-report") != 0 &&
	    (part == NULL || strcmp(v->content_type, "multipart/report") != 0))
		return read_returned_complaint(msg, v);
	if (part != NULL && part->text != NULL) {
		g_auto(GStrv)	 lines = g_strsplit(part->text, "\n", 200);

		for (size_t i = 0; lines[i] != NULL; i++)
			read_feedback_line(msg, lines[i]);
	}
	read_returned_header(msg, v);
	if ((id = find_original_id(msg, v)) != NULL)
		message_add_field(msg, "feedback_message_id", id);
	return g_strdup("feedback report");
}
