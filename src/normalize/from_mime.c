/* SPDX-License-Identifier: ISC */
#include "normalize/from_mime.h"

#include <string.h>

#include "base/text.h"
#include "normalize/attachment.h"
#include "normalize/auto_mail.h"
#include "normalize/body.h"
#include "normalize/forward.h"
#include "normalize/headers.h"
#include "normalize/html_sanitise.h"
#include "normalize/language.h"
#include "normalize/pre_scan.h"
#include "normalize/trim_reply.h"
#include "normalize/uudecode.h"

#define DEFAULT_MAX_MAIL	(64 * 1024 * 1024)
#define DEFAULT_MAX_TEXT	(2 * 1024 * 1024)
#define MAX_SUBJECT		2000
#define DIGEST_PIECE		4096

/* The first that says something. */
static bool
take_subject(const struct mail_header *h, void *arg)
{
	char	**subject = arg;

	g_free(*subject);
	*subject = g_strndup(h->value, text_cut(h->value, strlen(h->value), MAX_SUBJECT));
	return **subject == '\0';
}

static bool
add_ids(const struct mail_header *h, void *list)
{
	headers_ids(h->raw, list);
	return true;
}

static char *
first_id(const struct mail_view *v, const char *name)
{
	g_autoptr(GPtrArray)	ids = g_ptr_array_new_with_free_func(g_free);

	headers_ids(mail_view_raw(v, name), ids);
	return ids->len > 0 ? g_strdup(g_ptr_array_index(ids, 0)) : NULL;
}

static void
read_thread(struct message *m, struct mail_view *v)
{
	const char	*date = mail_view_raw(v, "Date");

	m->message_id = first_id(v, "Message-ID");
	m->in_reply_to = first_id(v, "In-Reply-To");
	mail_view_each_header(v, "References", add_ids, m->references);
	m->date_ms = headers_date(date);
	if (m->date_ms == -1)
		mail_view_warn(v, date == NULL ? "date-missing" : "date-unreadable");
}

static void
add_uu_file(void *m, const char *name, GBytes *content)
{
	attachment_add(m, name, NULL, content);
}

/* White space at the end and blank lines at the beginning say nothing. */
static void
trim_blank_lines(char *text)
{
	size_t	skip = strspn(text, " \t\n");

	while (skip > 0 && text[skip] != '\0' && text[skip - 1] != '\n')
		skip--;
	memmove(text, text + skip, strlen(text + skip) + 1);
	g_strchomp(text);
}

/* What is new and what is history; the subject is read before. */
static void
split_reply(struct message *m, bool text_is_html)
{
	struct trim	t;
	bool		is_reply = m->in_reply_to != NULL || m->references->len > 0 ||
			    reply_subject(m->subject);

	reply_split(text_is_html ? NULL : m->full_text, m->html, is_reply, &t);
	if (*t.full != '\0') {
		g_free(m->full_text);
		m->full_text = g_steal_pointer(&t.full);
	}
	if (t.quoted != NULL && forward_subject(m->subject)) {
		m->text = g_strdup(m->full_text);
	} else {
		m->text = g_steal_pointer(&t.text);
		m->quoted = g_steal_pointer(&t.quoted);
	}
	trim_clear(&t);
}

static void
read_body(struct message *m, struct mail_view *v, size_t max)
{
	struct body	 b;
	char		*rest;

	body_choose(v, max, &b);
	m->full_text = g_steal_pointer(&b.text);
	m->html = g_steal_pointer(&b.html);
	b.html = m->html;
	if ((rest = uudecode_extract(m->full_text, add_uu_file, m)) != NULL) {
		g_free(m->full_text);
		m->full_text = rest;
		mail_view_warn(v, "uuencoded: files taken out of the text");
	}
	attachment_collect(m, v, &b);
	b.html = NULL;
	body_clear(&b);
	trim_blank_lines(m->full_text);
	if (strstr(m->full_text, "-----BEGIN PGP MESSAGE-----") != NULL)
		mail_view_warn(v, "encrypted: pgp");
	if (*m->full_text == '\0' && m->attachments->len > 0)
		mail_view_warn(v, "text-missing");
	split_reply(m, b.text_is_html);
	if (m->html != NULL)
		m->html_sanitised = html_sanitise(m->html, strlen(m->html));
}

/*
 * Without CR and without line ends behind the last line: IMAP and a maildir
 * give the same bytes with different ones.  Put together in pieces, because
 * a digest takes its time for each.
 */
static void
digest_body(struct digest *d, const char *p, size_t len)
{
	char		 piece[DIGEST_PIECE];
	size_t		 used = 0, n;
	const char	*end, *cr;

	while (len > 0 && (p[len - 1] == '\n' || p[len - 1] == '\r'))
		len--;
	for (end = p + len; p < end; p += n) {
		n = MIN((size_t)(end - p), sizeof piece - used);
		cr = memchr(p, '\r', n);
		if (cr != NULL)
			n = (size_t)(cr - p);
		memcpy(piece + used, p, n);
		used += n;
		n += cr != NULL;
		if (used == sizeof piece) {
			digest_add(d, piece, used);
			used = 0;
		}
	}
	digest_add(d, piece, used);
}

static void
set_digests(struct message *m, const struct mail_view *v, const char *bytes, size_t len)
{
	static const char *const names[] = { "Message-ID", "From", "Date", "Subject", "To" };
	struct digest	*d = digest_new();
	uint8_t		 out[DIGEST_SIZE];
	size_t		 i;

	for (i = 0; i < G_N_ELEMENTS(names); i++)
		digest_add_field(d, mail_view_raw(v, names[i]));
	digest_body(d, bytes + v->header_len, len - v->header_len);
	digest_end(d, out);
	digest_hex(out, DIGEST_SIZE, m->content_digest);
}

static void
take_warnings(struct message *m, struct mail_view *v)
{
	guint	i;

	for (i = 0; i < v->warnings->len; i++)
		message_warn(m, "%s", (const char *)g_ptr_array_index(v->warnings, i));
}

static void
classify(struct message *m, const struct mail_view *v, const struct normalize_options *o)
{
	const struct auto_mail_own	own = { o->instance, o->own_domain, o->own_addresses };

	auto_mail_classify(m, v, &own);
	/* Whoever has that address did not write, and shall not hear from us. */
	if (m->no_answer == NULL && m->authentication.dmarc != NULL &&
	    g_ascii_strcasecmp(m->authentication.dmarc, "fail") == 0)
		m->no_answer = g_strdup("dmarc-failed");
}

void
from_mime(struct message *m, const struct arrival *a, const struct normalize_options *o)
{
	struct mail_view	*v = pre_scan(a->bytes, o->max_mail ? o->max_mail : DEFAULT_MAX_MAIL);
	gsize			 len;
	const char		*bytes = g_bytes_get_data(a->bytes, &len);

	from_mime_people(m, v, a, o);
	mail_view_each_header(v, "Subject", take_subject, &m->subject);
	read_thread(m, v);
	read_body(m, v, o->max_text ? o->max_text : DEFAULT_MAX_TEXT);
	set_digests(m, v, bytes != NULL ? bytes : "", len);
	classify(m, v, o);
	forward_unwrap(m, v, o);
	m->language = g_strdup(language_guess(m->text));
	if (arrival_fact(a, ARRIVAL_FACT_TRUNCATED) != NULL)
		mail_view_warn(v, "mail-not-fetched: %s bytes", arrival_fact(a, ARRIVAL_FACT_TRUNCATED));
	take_warnings(m, v);
	mail_view_free(v);
}
