/* SPDX-License-Identifier: ISC */
/* Mails made to cost time or memory: always a message, always soon. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <glib.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "normalize/normalize.h"

/* Wide enough for a sanitized build on a busy machine; what is quadratic
 * takes minutes. */
#define MAX_MS	8000

static struct message *
normalise(GString *mail)
{
	g_autoptr(GBytes)	 b = g_string_free_to_bytes(mail);
	struct arrival		*a = arrival_new(ARRIVAL_MAIL, "imap", "test", "1", b);
	int64_t			 start = clock_mono_ms();
	struct message		*m = normalize(a, NULL);

	assert_true(clock_mono_ms() - start < MAX_MS);
	assert_non_null(m->text);
	arrival_free(a);
	return m;
}

static bool
has_warning(const struct message *m, const char *prefix)
{
	guint	i;

	for (i = 0; i < m->warnings->len; i++)
		if (g_str_has_prefix(g_ptr_array_index(m->warnings, i), prefix))
			return true;
	return false;
}

static GString *
head(const char *more)
{
	GString	*s = g_string_new("From: ann@example.com\nSubject: hostile\n");

	g_string_append(s, more);
	return s;
}

static void
assert_header_kept(const struct message *m)
{
	assert_non_null(m->from);
	assert_string_equal(m->from->addr, "ann@example.com");
	assert_string_equal(m->subject, "hostile");
}

static void
hostile_mail__5000_nested_multiparts__stops_at_the_depth_cap(void **state)
{
	GString		*s = head("Content-Type: multipart/mixed; boundary=b0\n\n");
	struct message	*m;
	int		 i;

	(void)state;
	for (i = 0; i < 5000; i++)
		g_string_append_printf(s, "--b%d\nContent-Type: multipart/mixed; boundary=b%d\n\n", i, i + 1);
	m = normalise(s);
	assert_header_kept(m);
	assert_true(has_warning(m, "nested-too-deep") || has_warning(m, "too-many-boundaries"));
	message_free(m);
}

static void
hostile_mail__100000_parts__keeps_a_thousand(void **state)
{
	GString		*s = head("Content-Type: multipart/mixed; boundary=b\n\n");
	struct message	*m;
	int		 i;

	(void)state;
	for (i = 0; i < 100000; i++)
		g_string_append(s, "--b\nContent-Type: image/png\n\nx\n");
	m = normalise(s);
	assert_header_kept(m);
	assert_true(has_warning(m, "too-many-parts"));
	assert_true(m->attachments->len <= 1000);
	message_free(m);
}

static void
hostile_mail__a_million_headers__keeps_a_thousand(void **state)
{
	GString		*s = head("");
	struct message	*m;
	int		 i;

	(void)state;
	for (i = 0; i < 1000000; i++)
		g_string_append(s, "X-A: b\n");
	g_string_append(s, "\nbody\n");
	m = normalise(s);
	assert_header_kept(m);
	assert_true(has_warning(m, "header-too-long"));
	assert_string_equal(m->text, "body");
	message_free(m);
}

static void
hostile_mail__a_5_mb_header_line__is_cut(void **state)
{
	GString		*s = head("X-Long: ");
	struct message	*m;
	int		 i;

	(void)state;
	for (i = 0; i < 100000; i++)
		g_string_append(s, "01234567890123456789012345678901234567890123456789");
	g_string_append(s, "\n\nbody\n");
	m = normalise(s);
	assert_header_kept(m);
	assert_true(has_warning(m, "header-too-long"));
	assert_string_equal(m->text, "body");
	message_free(m);
}

static void
hostile_mail__100000_addresses__keeps_some(void **state)
{
	GString		*s = head("To: ");
	struct message	*m;
	int		 i;

	(void)state;
	for (i = 0; i < 100000; i++)
		g_string_append_printf(s, "a%d@example.com,", i);
	g_string_append(s, "\n\nbody\n");
	m = normalise(s);
	assert_header_kept(m);
	assert_true(m->to->len > 0 && m->to->len <= 1000);
	message_free(m);
}

static void
hostile_mail__boundaries_at_every_line_and_level__stay_within_budget(void **state)
{
	GString		*s = head("Content-Type: multipart/mixed; boundary=b0\n\n");
	struct message	*m;
	int		 i;

	(void)state;
	for (i = 0; i < 45; i++)
		g_string_append_printf(s, "--b%d\nContent-Type: multipart/mixed; boundary=b%d\n\n", i, i + 1);
	for (i = 0; i < 1000000; i++)
		g_string_append(s, "--b\n-\n");
	m = normalise(s);
	assert_header_kept(m);
	message_free(m);
}

/* One header value made of many openings that never close. */
static void
repeat_in_header(const char *header, const char *piece)
{
	GString		*s = head(header);
	struct message	*m;
	int		 i;

	for (i = 0; s->len < 60000; i++)
		g_string_append(s, piece);
	g_string_append(s, "\n\nbody\n");
	m = normalise(s);
	assert_non_null(m->from);
	message_free(m);
}

static void
hostile_mail__openings_that_never_close__are_linear(void **state)
{
	static const char *const pieces[] = { "(", "\"", "<", "=?", "=?a?q?", "=?a?b?x?=", "a@", ",",
	    "a:b;", "\\", "<a@b", "\"a\" <", "[mailto:", "((a)", "=?a?q?x?=,", "begin 644 " };
	static const char *const headers[] = { "To: ", "Cc: ", "References: ", "Date: ",
	    "Content-Type: text/plain; ", "Content-Disposition: attachment; filename=",
	    "Authentication-Results: ", "X-Any: ", "Reply-To: " };
	size_t	i, k;

	(void)state;
	for (i = 0; i < G_N_ELEMENTS(headers); i++)
		for (k = 0; k < G_N_ELEMENTS(pieces); k++)
			repeat_in_header(headers[i], pieces[k]);
}

static void
repeat_in_body(const char *more, const char *piece)
{
	GString		*s = head(more);
	struct message	*m;

	while (s->len < 1000000)
		g_string_append(s, piece);
	m = normalise(s);
	assert_header_kept(m);
	message_free(m);
}

static void
hostile_mail__endless_bodies__are_linear(void **state)
{
	(void)state;
	repeat_in_body("\n", "begin 644 a\n");
	repeat_in_body("\n", "begin 644 a\n#AAAA\n");
	repeat_in_body("\n", "\n");
	repeat_in_body("\n", ">");
	repeat_in_body("Content-Type: text/plain; format=flowed\n\n", "> a \n");
	repeat_in_body("Content-Type: text/enriched\n\n", "<");
	repeat_in_body("Content-Type: text/enriched\n\n", "<param>");
	repeat_in_body("Content-Type: text/html\n\n", "<div>");
	repeat_in_body("Content-Type: text/html\n\n", "<img src=cid:a");
	repeat_in_body("Content-Type: text/html\n\n", "charset");
	repeat_in_body("Content-Transfer-Encoding: base64\n\n", "=");
	repeat_in_body("Content-Transfer-Encoding: base64\n\n", "A\n");
	repeat_in_body("Content-Transfer-Encoding: quoted-printable\n\n", "=");
	repeat_in_body("Content-Type: text/plain; charset=utf-7\n\n", "+");
	repeat_in_body("Content-Type: text/plain; charset=iso-2022-jp\n\n", "\033$B");
	repeat_in_body("Content-Type: text/plain\n\n", "\xe4");
	repeat_in_body("Content-Type: multipart/mixed; boundary=b\n\n", "--b\n");
	repeat_in_body("Content-Type: multipart/mixed; boundary=b\n\n", "--b--\n");
	repeat_in_body("Content-Type: multipart/mixed; boundary=b\n\n", "--\n");
	repeat_in_body("Content-Type: message/rfc822\n\n", "Content-Type: message/rfc822\n\n");
}

static void
hostile_mail__larger_than_the_limit__keeps_the_header(void **state)
{
	static const struct normalize_options	 small = { .max_mail = 1000 };
	GString			*s = head("\n");
	g_autoptr(GBytes)	 b = NULL;
	struct arrival		*a;
	struct message		*m;

	(void)state;
	while (s->len < 100000)
		g_string_append(s, "text\n");
	b = g_string_free_to_bytes(s);
	a = arrival_new(ARRIVAL_MAIL, "imap", "test", "1", b);
	m = normalize(a, &small);
	assert_header_kept(m);
	assert_true(has_warning(m, "mail-too-large"));
	assert_true(strlen(m->text) < 1000);
	message_free(m);
	arrival_free(a);
}

static void
normalize__same_mail_with_other_trace_headers__has_the_same_content_digest(void **state)
{
	GString		*one = g_string_new("Received: from a\r\nFrom: ann@example.com\r\n"
	    "Message-ID: <1@x>\r\nSubject: s\r\n\r\nbody\r\n\r\n");
	GString		*two = g_string_new("Delivered-To: b@example.org\nReceived: from b\n"
	    "From: ann@example.com\nMessage-ID: <1@x>\nSubject: s\n\nbody\n");
	GString		*other = g_string_new("From: ann@example.com\nMessage-ID: <1@x>\n"
	    "Subject: s\n\nbody!\n");
	struct message	*a = normalise(one), *b = normalise(two), *c = normalise(other);

	(void)state;
	assert_string_equal(a->content_digest, b->content_digest);
	assert_string_not_equal(a->raw_sha256, b->raw_sha256);
	assert_string_not_equal(a->content_digest, c->content_digest);
	message_free(a);
	message_free(b);
	message_free(c);
}

static void
normalize_minimal__of_garbage__has_sender_and_subject(void **state)
{
	static const char	 bytes[] = "Received: x\r\nFrom: Ann <ann@example.com>\r\nSubject: s\xff\r\n\r\nb";
	g_autoptr(GBytes)	 b = g_bytes_new(bytes, sizeof(bytes) - 1);
	struct arrival		*a = arrival_new(ARRIVAL_MAIL, "imap", "test", "1", b);
	struct message		*m = normalize_minimal(a, "worker died");

	(void)state;
	assert_true(m->minimal);
	assert_string_equal(m->from->addr, "ann@example.com");
	assert_true(g_str_has_prefix(m->subject, "s"));
	assert_true(g_utf8_validate(m->subject, -1, NULL));
	assert_true(has_warning(m, "minimal: worker died"));
	message_free(m);
	arrival_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hostile_mail__5000_nested_multiparts__stops_at_the_depth_cap),
		cmocka_unit_test(hostile_mail__100000_parts__keeps_a_thousand),
		cmocka_unit_test(hostile_mail__a_million_headers__keeps_a_thousand),
		cmocka_unit_test(hostile_mail__a_5_mb_header_line__is_cut),
		cmocka_unit_test(hostile_mail__100000_addresses__keeps_some),
		cmocka_unit_test(hostile_mail__boundaries_at_every_line_and_level__stay_within_budget),
		cmocka_unit_test(hostile_mail__openings_that_never_close__are_linear),
		cmocka_unit_test(hostile_mail__endless_bodies__are_linear),
		cmocka_unit_test(hostile_mail__larger_than_the_limit__keeps_the_header),
		cmocka_unit_test(normalize__same_mail_with_other_trace_headers__has_the_same_content_digest),
		cmocka_unit_test(normalize_minimal__of_garbage__has_sender_and_subject),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
