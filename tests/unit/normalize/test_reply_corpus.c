/* SPDX-License-Identifier: ISC */
/*
 * What mail programs of many languages put around a reply, from
 * tests/golden/reply: introductions, header blocks, device lines and markers
 * one by one, each in every form in which it is wrapped and quoted; and whole
 * mails with the words that are new in them.
 */
#include <glib.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "normalize/trim_reply.h"

#define NEW	"Thanks, it works now.\n\nOne thing is missing: the invoice 4711, please."
#define OLD	"Old words of ours."

static unsigned	tried, failed;

static char *
read_file(const char *name)
{
	const char	*src = g_getenv("top_srcdir");
	g_autofree char	*path = g_build_filename(src != NULL ? src : ".", "tests/golden/reply",
			    name, NULL);
	char		*all;

	if (!g_file_get_contents(path, &all, NULL, NULL))
		fail_msg("cannot read %s", path);
	return all;
}

static void
expect(const char *what, const char *in, bool html, bool is_reply, const char *want, bool old)
{
	struct trim	t;

	if (html)
		reply_split(NULL, in, is_reply, &t);
	else
		trim_reply(in, is_reply, &t);
	tried++;
	if (strcmp(t.text, want) != 0 || (old && (t.quoted == NULL || strstr(t.quoted, OLD) == NULL))) {
		print_error("%s%s (how %s)\n--- mail:\n%s\n--- new:\n%s\n--- quoted:\n%s\n==========\n",
		    what, is_reply ? ", reply" : ", first", t.how, in, t.text,
		    t.quoted != NULL ? t.quoted : "");
		failed++;
	}
	trim_clear(&t);
}

static void
expect_both(const char *what, const char *in, const char *want, bool old)
{
	expect(what, in, false, true, want, old);
	expect(what, in, false, false, want, old);
}

static void
begin(void)
{
	tried = failed = 0;
}

static void
finish(void)
{
	print_message("%u of %u as expected\n", tried - failed, tried);
	assert_true(tried > 0);
	assert_int_equal(failed, 0);
}

/* The blank at which the k-th line break goes; every text has its own places. */
static char *
wrap_once(const char *line, unsigned k)
{
	char	*copy = g_strdup(line), *p = copy;

	for (; (p = strchr(p + 1, ' ')) != NULL; k--)
		if (k == 0) {
			*p = '\n';
			return copy;
		}
	g_free(copy);
	return NULL;
}

/* Filled lines of a width, as old programs send them. */
static char *
wrap_at(const char *line, size_t width)
{
	char	*copy = g_strdup(line), *from = copy, *p, *blank;

	for (p = from, blank = NULL; *p != '\0'; p++) {
		if (*p != ' ')
			continue;
		if ((size_t)(p - from) > width && blank != NULL) {
			*blank = '\n';
			from = blank + 1;
		}
		blank = p;
	}
	return copy;
}

static void
try_introduction(const char *what, const char *intro)
{
	g_autofree char	*marked = g_strdup_printf(NEW "\n\n%s\n\n> " OLD "\n>\n> More.\n", intro);
	g_autofree char	*close = g_strdup_printf(NEW "\n\n%s\n> " OLD "\n> > Older.", intro);
	g_autofree char	*bare = g_strdup_printf(NEW "\n\n%s\n\n" OLD "\n\nMore of them.\n", intro);
	g_autofree char	*below = g_strdup_printf("%s\n> " OLD "\n>\n> Jo\n\n" NEW "\n", intro);

	g_autofree char	*glued = g_strdup_printf("Hello,\n\nyes please do\n%s\n> " OLD "\n", intro);

	expect_both(what, marked, NEW, true);
	expect_both(what, close, NEW, true);
	if (strchr(intro, '\n') == NULL)
		expect_both(what, glued, "Hello,\n\nyes please do", true);
	if (intro[0] != '>' && what[0] != '!') {
		expect(what, bare, false, true, NEW, true);
		expect(what, below, false, true, NEW, true);
	}
}

static void
reply_corpus__introductions_however_wrapped__are_no_new_words(void **state)
{
	g_autofree char	*all = read_file("introductions.txt");
	g_auto(GStrv)	 rows = g_strsplit(all, "\n", -1);
	char		*tab, *wrapped;
	unsigned	 i, k;

	(void)state;
	begin();
	for (i = 0; rows[i] != NULL; i++) {
		if (rows[i][0] == '#' || (tab = strchr(rows[i], '\t')) == NULL)
			continue;
		*tab++ = '\0';
		try_introduction(rows[i], tab);
		if (strchr(rows[i], '=') != NULL || tab[0] == '-' || tab[0] == '>')
			continue;
		for (k = 0; (wrapped = wrap_once(tab, k)) != NULL; k++) {
			try_introduction(rows[i], wrapped);
			g_free(wrapped);
		}
		for (k = 20; k < 80; k += 13) {
			wrapped = wrap_at(tab, k);
			try_introduction(rows[i], wrapped);
			g_free(wrapped);
		}
	}
	finish();
}

static void
try_headers(const char *what, const char *block)
{
	g_autofree char	*one = g_strdup_printf(NEW "\n\n%s\n\n" OLD "\n\n> older\n\nJo", block);
	g_autofree char	*two = g_strdup_printf(NEW "\n%s\n" OLD "\n", block);
	g_autofree char	*three = g_strdup_printf(NEW "\n\n\n%s\n\nFrom here on it is old.\n" OLD, block);

	expect_both(what, one, NEW, true);
	expect(what, two, false, true, NEW, true);
	expect_both(what, three, NEW, true);
}

static void
reply_corpus__header_blocks__are_where_history_begins(void **state)
{
	g_autofree char	*all = read_file("headers.txt");
	g_auto(GStrv)	 blocks = g_strsplit(all, "\n%% ", -1);
	char		*lf;
	unsigned	 i;

	(void)state;
	begin();
	for (i = 1; blocks[i] != NULL; i++) {
		lf = strchr(blocks[i], '\n');
		assert_non_null(lf);
		*lf = '\0';
		try_headers(blocks[i], g_strchomp(lf + 1));
	}
	finish();
}

static void
reply_corpus__device_lines__are_no_new_words(void **state)
{
	g_autofree char	*all = read_file("devices.txt");
	g_auto(GStrv)	 rows = g_strsplit(all, "\n", -1);
	unsigned	 i;

	(void)state;
	begin();
	for (i = 0; rows[i] != NULL && rows[i][0] != '\0'; i++) {
		g_autofree char	*last = g_strdup_printf(NEW "\n\n%s\n", rows[i]);
		g_autofree char	*close = g_strdup_printf(NEW "\n%s", rows[i]);
		g_autofree char	*above = g_strdup_printf(NEW "\n\n%s\n\n"
		    "On 5 Mar 2019, at 16:07, Ruth <ruth@nordlicht.example> wrote:\n\n> " OLD "\n", rows[i]);
		g_autofree char	*block = g_strdup_printf(NEW "\n\n%s\n________________________________\n"
		    "From: Ruth <ruth@nordlicht.example>\nSent: Tuesday, March 5, 2019 4:07 PM\n"
		    "To: Help\nSubject: Re: x\n\n" OLD "\n", rows[i]);
		g_autofree char	*dashes = g_strdup_printf(NEW "\n\n-- \n%s", rows[i]);

		expect_both(rows[i], last, NEW, false);
		expect_both(rows[i], close, NEW, false);
		expect_both(rows[i], above, NEW, true);
		expect_both(rows[i], block, NEW, true);
		expect_both(rows[i], dashes, NEW, false);
	}
	finish();
}

static void
reply_corpus__markers_of_help_desks__are_where_history_begins(void **state)
{
	g_autofree char	*all = read_file("markers.txt");
	g_auto(GStrv)	 rows = g_strsplit(all, "\n", -1);
	unsigned	 i;

	(void)state;
	begin();
	for (i = 0; rows[i] != NULL && rows[i][0] != '\0'; i++) {
		g_autofree char	*bare = g_strdup_printf(NEW "\n\n%s\n\n" OLD "\n\nYour desk\n", rows[i]);
		g_autofree char	*quoted = g_strdup_printf(NEW "\n\n> %s\n>\n> " OLD "\n", rows[i]);
		g_autofree char	*named = g_strdup_printf(NEW "\n\nOn Tue, Mar 5, 2019 at 4:07 PM Desk "
		    "<desk@nordlicht.example> wrote:\n\n> %s\n>\n> " OLD "\n", rows[i]);

		expect_both(rows[i], bare, NEW, true);
		expect(rows[i], quoted, false, true, NEW, true);
		expect_both(rows[i], named, NEW, true);
	}
	finish();
}

/* "name [reply]", the mail, "%%", what is new. */
static void
try_whole(const char *file, char *text, bool html)
{
	char		*lf = strchr(text, '\n'), *want;
	g_autofree char	*what = NULL;

	assert_non_null(lf);
	*lf = '\0';
	want = strstr(lf + 1, "%%\n");
	while (want != NULL && want > lf + 1 && want[-1] != '\n')
		want = strstr(want + 1, "%%\n");
	if (want == NULL)
		fail_msg("%s: %s has no end", file, text);
	*want = '\0';
	want = g_strstrip(want + 3);
	lf++;
	what = g_strconcat(file, ": ", text, NULL);
	if (strstr(text, "[reply]") == NULL)
		expect(what, lf, html, false, want, false);
	if (strstr(text, "[first]") == NULL)
		expect(what, lf, html, true, want, false);
}

static void
try_file(const char *name, bool html)
{
	g_autofree char	*all = read_file(name);
	g_auto(GStrv)	 mails = g_strsplit(all, "\n%% ", -1);
	unsigned	 i;

	for (i = 1; mails[i] != NULL; i++)
		try_whole(name, mails[i], html);
}

static void
reply_corpus__whole_mails__new_words_stay(void **state)
{
	(void)state;
	begin();
	try_file("plain.txt", false);
	try_file("plain2.txt", false);
	finish();
}

static void
reply_corpus__whole_pages__new_words_stay(void **state)
{
	(void)state;
	begin();
	try_file("html.txt", true);
	finish();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reply_corpus__introductions_however_wrapped__are_no_new_words),
		cmocka_unit_test(reply_corpus__header_blocks__are_where_history_begins),
		cmocka_unit_test(reply_corpus__device_lines__are_no_new_words),
		cmocka_unit_test(reply_corpus__markers_of_help_desks__are_where_history_begins),
		cmocka_unit_test(reply_corpus__whole_mails__new_words_stay),
		cmocka_unit_test(reply_corpus__whole_pages__new_words_stay),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
