/* SPDX-License-Identifier: ISC */
/*
 * GMime was to be the library that reads mail; pre_scan.c does it instead,
 * because GMime hangs and grows on hostile mail.  Here it is the witness that
 * nothing was lost by that: every well-formed golden mail must have the same
 * sender, subject, text and attachments with both.
 *
 * A mail on which GMime is known to say something else stands in "exceptions"
 * with the reason; it is not compared.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <gmime/gmime.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/digest.h"
#include "normalize/normalize.h"

/* How their names begin. */
static const struct exception {
	const char	*names, *reason;
} exceptions[] = {
	{ "mis- mislabelled- autodetect x-user-defined php-mail mixed-in-body",
	  "the label of the text is wrong; GMime believes it" },
	{ "unlabelled-",
	  "no label at all" },
	{ "html-meta html-xml-decl",
	  "the page itself says its charset" },
	{ "charset-hz- charset-x-mac- charset-jis-supplement charset-shift_jis",
	  "a charset, or characters of it, that GMime's iconv lacks" },
	{ "ct-charset-comma-sep ct-star content-type-plain-text cte-b. cte-q cte-base64-comment-first",
	  "the name of the type or encoding is misspelt" },
	{ "cte-uuencode uu",
	  "uuencoded; GMime wants it as a part with both of its lines" },
	{ "base64-plain-text qp-soft-",
	  "damaged in transport" },
	{ "bare-cr body-only empty leading-blank nul-bytes wrapped-without-blank mp-text-after-close hd-",
	  "the frame is damaged: GMime stops at it" },
	{ "fr- x- rfc-a5 from-encoded- from-single-quotes from-parens-name from-address-as-name",
	  "an address as no standard allows it, or a name cleaned for people" },
	{ "from-google-groups",
	  "the list says who wrote it" },
	{ "subject- xs-",
	  "encoded words that are split, not closed or not padded; control characters" },
	{ "smime-opaque tnef-",
	  "a file that holds the mail: GMime does not open it" },
	{ "rtf-alternative alternative-watch-amp",
	  "one more form of the same text is no file" },
	{ "appledouble",
	  "half of a Macintosh file that nobody can use is left out" },
	{ "enriched rtf-top thunderbird-flowed placeholder-plain utf8-bom-body",
	  "GMime gives the text without undoing its markup, soft breaks or mark" },
};

struct leaves {
	const struct message	*m;
	GHashTable		*digests;	/* of every leaf GMime sees */
	GString			*problems;
};

static bool
is_exception(const char *name)
{
	size_t	i;

	for (i = 0; i < G_N_ELEMENTS(exceptions); i++) {
		g_auto(GStrv)	begins = g_strsplit(exceptions[i].names, " ", -1);
		int		k;

		for (k = 0; begins[k] != NULL; k++)
			if (g_str_has_prefix(name, begins[k]))
				return true;
	}
	return false;
}

static struct message *
normalise(const char *bytes, size_t len)
{
	static const struct normalize_options	 options;
	g_autoptr(GBytes)	 b = g_bytes_new(bytes, len);
	struct arrival		*a = arrival_new(ARRIVAL_MAIL, "imap", "test", "1", b);
	struct message		*m = normalize(a, &options);

	arrival_free(a);
	return m;
}

/* Without any white space: line ends, folding and trailing blanks are no matter. */
static char *
squeeze(const char *text)
{
	GString		*out = g_string_new(NULL);
	const char	*p;

	for (p = text != NULL ? text : ""; *p != '\0'; p = g_utf8_next_char(p))
		if (!g_unichar_isspace(g_utf8_get_char(p)))
			g_string_append_unichar(out, g_utf8_get_char(p));
	return g_string_free(out, FALSE);
}

static bool
holds(const char *text, const char *part)
{
	g_autofree char	*a = squeeze(text), *b = squeeze(part);

	return strstr(a, b) != NULL;
}

static bool
same(const char *a, const char *b)
{
	g_autofree char	*x = squeeze(a), *y = squeeze(b);

	return strcmp(x, y) == 0;
}

static GByteArray *
content_of(GMimePart *part)
{
	GMimeDataWrapper	*w = g_mime_part_get_content(part);
	GByteArray		*bytes = g_byte_array_new();
	GMimeStream		*mem = g_mime_stream_mem_new_with_byte_array(bytes);

	g_mime_stream_mem_set_owner(GMIME_STREAM_MEM(mem), FALSE);
	if (w != NULL)
		g_mime_data_wrapper_write_to_stream(w, mem);
	g_object_unref(mem);
	return bytes;
}

static bool
is_our_attachment(const struct message *m, const char *sha256)
{
	guint	i;

	for (i = 0; i < m->attachments->len; i++) {
		const struct attachment *a = g_ptr_array_index(m->attachments, i);

		if (strcmp(a->sha256, sha256) == 0)
			return true;
	}
	return false;
}

/* Each leaf GMime sees is in the text, in the page, or an attachment. */
static void
on_leaf(GMimeObject *parent, GMimeObject *object, gpointer arg)
{
	struct leaves			*l = arg;
	g_autoptr(GByteArray)		 bytes = NULL;
	char				 sha256[2 * DIGEST_SIZE + 1];

	(void)parent;
	if (!GMIME_IS_PART(object))
		return;
	bytes = content_of(GMIME_PART(object));
	digest_sha256_hex(bytes->data != NULL ? bytes->data : (const guint8 *)"", bytes->len, sha256);
	g_hash_table_add(l->digests, g_strdup(sha256));
	if (bytes->len == 0 || is_our_attachment(l->m, sha256))
		return;
	if (GMIME_IS_TEXT_PART(object)) {
		g_autofree char	*text = g_mime_text_part_get_text(GMIME_TEXT_PART(object));

		if (text != NULL && g_utf8_validate(text, -1, NULL) &&
		    (holds(l->m->full_text, text) || holds(l->m->html, text)))
			return;
	}
	g_string_append_printf(l->problems, " a leaf of %u bytes is nowhere;", bytes->len);
}

static void
check_sender(GMimeMessage *mime, const struct message *m, GString *problems)
{
	InternetAddressList	*list = g_mime_message_get_from(mime);
	InternetAddress		*first;
	const char		*addr;

	if (list == NULL || internet_address_list_length(list) == 0)
		return;
	first = internet_address_list_get_address(list, 0);
	if (!INTERNET_ADDRESS_IS_MAILBOX(first))
		return;
	addr = internet_address_mailbox_get_addr(INTERNET_ADDRESS_MAILBOX(first));
	if (m->from == NULL || g_ascii_strcasecmp(m->from->addr, addr) != 0)
		g_string_append_printf(problems, " sender %s, not %s;",
		    m->from != NULL ? m->from->addr : "-", addr);
	if (m->from != NULL && !same(m->from->name, internet_address_get_name(first)))
		g_string_append_printf(problems, " name %s, not %s;", m->from->name,
		    internet_address_get_name(first));
}

static void
check_attachments(const struct leaves *l)
{
	guint	i;

	for (i = 0; i < l->m->attachments->len; i++) {
		const struct attachment *a = g_ptr_array_index(l->m->attachments, i);

		/* an enclosed message is no leaf with GMime, but an object again */
		if (!g_str_has_prefix(a->content_type, "message/") &&
		    !g_hash_table_contains(l->digests, a->sha256))
			g_string_append_printf(l->problems, " only we have %s;", a->filename);
	}
}

static bool
agree(const char *name, const char *bytes, size_t len)
{
	g_autoptr(GString)	 problems = g_string_new(NULL);
	GMimeStream		*stream = g_mime_stream_mem_new_with_buffer(bytes, len);
	GMimeParser		*parser = g_mime_parser_new_with_stream(stream);
	GMimeMessage		*mime = g_mime_parser_construct_message(parser, NULL);
	struct message		*m = normalise(bytes, len);
	struct leaves		 l = { m, g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
				       problems };

	if (mime == NULL) {
		g_string_append(problems, " GMime sees no mail;");
	} else {
		check_sender(mime, m, problems);
		if (!same(m->subject, g_mime_message_get_subject(mime)))
			g_string_append_printf(problems, " subject %s, not %s;", m->subject,
			    g_mime_message_get_subject(mime));
		g_mime_message_foreach(mime, on_leaf, &l);
		check_attachments(&l);
		g_object_unref(mime);
	}
	if (problems->len > 0)
		printf("%s:%s\n", name, problems->str);
	g_hash_table_destroy(l.digests);
	message_free(m);
	g_object_unref(parser);
	g_object_unref(stream);
	return problems->len == 0;
}

static void
gmime__of_every_well_formed_golden_mail__says_what_we_say(void **state)
{
	const char	*src = g_getenv("top_srcdir");
	g_autofree char	*dir = g_build_filename(src != NULL ? src : ".", "tests/golden/mail", NULL);
	g_autoptr(GDir)	 entries = g_dir_open(dir, 0, NULL);
	const char	*name;
	unsigned	 compared = 0, left_out = 0, bad = 0;

	(void)state;
	assert_non_null(entries);
	while ((name = g_dir_read_name(entries)) != NULL) {
		g_autofree char	*path = g_build_filename(dir, name, NULL), *bytes = NULL;
		gsize		 len;

		if (!g_str_has_suffix(name, ".eml"))
			continue;
		if (is_exception(name)) {
			left_out++;
			continue;
		}
		assert_true(g_file_get_contents(path, &bytes, &len, NULL));
		bad += !agree(name, bytes, len);
		compared++;
	}
	printf("%u mails compared, %u not, %u differ\n", compared, left_out, bad);
	assert_true(compared >= 250);
	assert_int_equal(bad, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gmime__of_every_well_formed_golden_mail__says_what_we_say),
	};

	g_mime_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
