/* SPDX-License-Identifier: ISC */
#include <glib.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "normalize/html_entities.h"
#include "normalize/html_text.h"
#include "normalize/html_token.h"

struct row {
	const char	*html, *text;
};

/* Exactly sized copies, so that a read behind the end is seen. */
static char *
render(const char *html, size_t len)
{
	char	*copy = malloc(len > 0 ? len : 1), *text;

	memcpy(copy, html, len);
	text = html_text(copy, len);
	free(copy);
	return text;
}

static void
check_rows(const struct row *rows, size_t n)
{
	size_t	i;

	for (i = 0; i < n; i++) {
		g_autofree char *text = render(rows[i].html, strlen(rows[i].html));

		if (strcmp(text, rows[i].text) != 0)
			print_error("html: %s\n", rows[i].html);
		assert_string_equal(text, rows[i].text);
	}
}

#define CHECK(rows)	check_rows(rows, G_N_ELEMENTS(rows))

static void
html_text__white_space__collapses_as_in_a_browser(void **state)
{
	static const struct row rows[] = {
		{ "", "" },
		{ "   \n ", "" },
		{ "a  b\n\t c", "a b c" },
		{ " <b> a </b> b", "a b" },
		{ "a<b> b</b>", "a b" },
		{ "a <b> b</b>", "a b" },
		{ "a&nbsp;&nbsp;b", "a  b" },
		{ "a&#160;b", "a b" },
		{ "a\xC2\xA0" "b", "a b" },
		{ "<div> a </div> <div> b </div>", "a\nb" },
		{ "a<div>b</div>c", "a\nb\nc" },
		{ "<div><div><div>a</div></div></div><div>b</div>", "a\nb" },
		{ "a<br>b", "a\nb" },
		{ "a<br/>b<BR />c", "a\nb\nc" },
		{ "a<br><br>b", "a\n\nb" },
		{ "a<br><br><br><br>b", "a\n\nb" },
		{ "<div>a<br></div><div>b</div>", "a\nb" },
		{ "<div>a</div><div><br></div><div>b</div>", "a\n\nb" },
		{ "<div>a</div><div>&nbsp;</div><div>b</div>", "a\n\nb" },
		{ "<p>a</p><p>b</p>", "a\n\nb" },
		{ "<p>a<p>b", "a\n\nb" },
		{ "a</p>b", "a\nb" },
		{ "<p>a</p>\n\n<p></p><p> </p><p>b</p>", "a\n\nb" },
		{ "<p style=\"margin:0cm 0cm 0.0001pt\">a</p><p style='margin:0'>b</p>",
		  "a\nb" },
		{ "<p style='margin:0 0 10px'>a</p><p style='margin: 0 0 10px'>b</p>", "a\n\nb" },
		{ "<p class=MsoNormal>a<o:p></o:p></p><p class=MsoNormal><o:p>&nbsp;</o:p></p>"
		  "<p class=MsoNormal>b</p>", "a\n\nb" },
		{ "<h1>a</h1>b<h2>c</h2>", "a\n\nb\n\nc" },
		{ "<pre>a\n  b\n\nc</pre>d", "a\n  b\n\nc\n\nd" },
		{ "<span style=\"white-space:pre-wrap\">a\n b</span>", "a\n b" },
		{ "<div style='white-space: pre-line'>a\nb</div>", "a\nb" },
		{ "<textarea>a\n<b>b</textarea>c", "a\n<b>bc" },
		{ "a\xE2\x80\x8B" "b\xC2\xAD" "c", "abc" },
	};

	(void)state;
	CHECK(rows);
}

static void
html_text__lists_tables_quotes__keep_their_shape(void **state)
{
	static const struct row rows[] = {
		{ "a<ul><li>b<li>c</ul>d", "a\n\n- b\n- c\n\nd" },
		{ "<ol><li>a</li><li>b</li></ol>", "1. a\n2. b" },
		{ "<ol start=5><li>a</li><li value=9>b</li></ol>", "5. a\n9. b" },
		{ "<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>", "- a\n  - b\n- c" },
		{ "<ul><li>a<ul></li></ul><li>b</ul>", "- a\n- b" },
		{ "<ul><li><p>a</p></li><li><p>b</p></li></ul>", "- a\n- b" },
		{ "<ul><li>a<br>b</li></ul>", "- a\n  b" },
		{ "<dl><dt>a<dd>b<dt>c<dd>d</dl>", "a\nb\nc\nd" },
		{ "<p class=MsoListParagraph style='text-indent:-18.0pt;mso-list:l0 level1 lfo1'><![if !supportLists]>"
		  "<span style='font-family:Symbol'><span style='mso-list:Ignore'>Â\xC2\xB7<span style='font:7.0pt \"Times\"'>"
		  "&nbsp;&nbsp;&nbsp; </span></span></span><![endif]>a</p><p class=MsoListParagraph><span style='mso-list:Ignore'>"
		  "b)<span>&nbsp;&nbsp; </span></span>c</p><p class=MsoNormal>d</p>", "- a\nb) c\nd" },
		{ "<table><tr><td>a</td><td>b</td></tr><tr><td>c<td>d</table>", "a\tb\nc\td" },
		{ "<table><tr><td><p>a</p></td><td><div>b</div></td></tr></table>", "a\tb" },
		{ "<table><tr><td>a</td><td>&nbsp;</td><td></td><td>b</td></tr></table>", "a\tb" },
		{ "<table><tr><td>a<br>b</td><td>c</td></tr></table>", "a\nb\nc" },
		{ "<table><tr><td><table><tr><td>a<td>b</table></td></tr><tr><td>c</table>d",
		  "a\tb\nc\nd" },
		{ "<table><tr><th>a</th><th>b</th></tr></table>", "a\tb" },
		{ "a<blockquote>b<br>c</blockquote>d", "a\n> b\n> c\nd" },
		{ "<blockquote>a<blockquote>b</blockquote></blockquote>", "> a\n> > b" },
		{ "<blockquote><p>a</p><p>b</p></blockquote>", "> a\n>\n> b" },
		{ "a<hr>b", "a\n----------\nb" },
		{ "</td></table></div></blockquote>a", "a" },
	};

	(void)state;
	CHECK(rows);
}

static void
html_text__links_and_pictures__say_what_the_reader_sees(void **state)
{
	static const struct row rows[] = {
		{ "<a href=\"https://example.com/a?b=1&amp;c=2\">here</a>.",
		  "here <https://example.com/a?b=1&c=2>." },
		{ "<a href=https://example.com/>https://example.com</a>", "https://example.com" },
		{ "<a href='http://www.example.com'>Example.com</a>", "Example.com" },
		{ "<a href='mailto:jo@example.com'>jo@example.com</a>", "jo@example.com" },
		{ "<a href='mailto:jo@example.com?subject=x'>Jo</a>", "Jo <jo@example.com>" },
		{ "<a href='tel:+49123456'>+49 (123) 456</a>", "+49 (123) 456" },
		{ "<a href='javascript:alert(1)'>a</a><a href='#x'>b</a><a name=x>c</a>", "abc" },
		{ "<a href='https://e.com/x'><img src=x alt='Logo'></a>", "Logo" },
		{ "<a href='https://e.com/x'><img src=x></a>", "" },
		{ "<a href='https://e.com/1'>a<a href='https://e.com/2'>b</a>",
		  "a <https://e.com/1>b <https://e.com/2>" },
		{ "<a href='https://eur01.safelinks.protection.outlook.com/?url="
		  "https%3A%2F%2Fexample.com%2Fa&amp;data=05'>shop</a>",
		  "shop <https://example.com/a>" },
		{ "a<img alt='&#128512;'>b", "a\xF0\x9F\x98\x80" "b" },
		{ "a<img src='http://t/p.gif' width='1' height=\"1\" alt='t'>b", "ab" },
		{ "a<img src='http://t/p.gif' style='display:none' alt='t'>b", "ab" },
		{ "a<img alt='A cat\n\nDescription automatically generated'>b", "ab" },
	};

	(void)state;
	CHECK(rows);
}

static void
html_text__hidden_parts__are_left_out(void **state)
{
	static const struct row rows[] = {
		{ "<title>t</title><style>s{}</style><script>a<b</script>x", "x" },
		{ "<head><meta charset=utf-8><title>t</title></head><body>x", "x" },
		{ "<div style='display:none'>a<div>b</div></div>c", "c" },
		{ "<div style=\"DISPLAY : none !important\">a</div>c", "c" },
		{ "<span style='display:none'><span>a</span>b</span>c", "c" },
		{ "<p style=display:none>a<p>b", "b" },
		{ "<span style='visibility:hidden'>a</span>c", "c" },
		{ "<span style='font-size:0'>a</span><span style='font-size:0.9em'>b</span>", "b" },
		{ "<span style='font-size:0px;line-height:0'>a</span>c", "c" },
		{ "<span style='font-size:1px'>a</span><span style='font-size:0.1pt'>b</span>c", "c" },
		{ "<span style='font-size:1em'>a</span><span style='font-size:1.1pt'>b</span>"
		  "<span style='font-size:10px'>c</span><span style='font-size:.5em'>d</span>", "abcd" },
		{ "<div style='position:absolute;left:-9999px'>a</div><p style='text-indent:-18.0pt'>c</p>", "c" },
		{ "<span style='mso-hide:all'>a</span>c", "c" },
		{ "<div style='max-height:0;overflow:hidden'>a</div>c", "c" },
		{ "<div style='height:0'>a</div>c", "a\nc" },
		{ "<div hidden>a</div>c", "c" },
		{ "<div class='x preheader'>a</div>c", "c" },
		{ "<span style='opacity:0'>a</span>c", "c" },
		{ "a<!-- b -->c<!--d--!>e<!-->f<!--->g", "acefg" },
		{ "<!--[if mso]><p>a</p><![endif]-->b", "b" },
		{ "<![if !mso]>a<![endif]>b", "ab" },
		{ "<!--[if !mso]><!-->a<!--<![endif]-->b", "ab" },
		{ "<?xml version=1?><!DOCTYPE html>a", "a" },
		{ "<svg><text>a</text></svg>b<select><option>c</select>d", "bd" },
	};

	(void)state;
	CHECK(rows);
}

static void
html_text__broken_html__loses_no_words(void **state)
{
	static const struct row rows[] = {
		{ "a < b & c > d", "a < b & c > d" },
		{ "a <3 b", "a <3 b" },
		{ "Jo <jo@example.com> wrote", "Jo <jo@example.com> wrote" },
		{ "see <https://example.com/x>", "see <https://example.com/x>" },
		{ "a<!-- b > c", "a c" },
		{ "a<title>b", "ab" }, { "a<textarea>b<p>c", "ab\n\nc" },
		{ "a<script>b", "a" },
		{ "<a href=\"x>y</a> z", "y z" },
		{ "<div title='a>b'>c</div>", "c" },
		{ "<div a=b c='d' e = \"f\" / g>h</div>", "h" },
		{ "<DIV>a</DiV>b", "a\nb" },
		{ "<b>a</i>b</b>", "ab" },
		{ "<", "<" }, { "</", "</" }, { "a<b", "a" }, { "<!", "" },
		{ "a</ b>c", "ac" },
		{ "&lt;script&gt;", "<script>" },
		{ "&amp;lt;", "&lt;" },
	};

	(void)state;
	CHECK(rows);
}

static void
html_entities__names_and_numbers__as_browsers_read_them(void **state)
{
	static const struct row rows[] = {
		{ "&auml;&Auml;&euro;&hellip;", "ä\u00c4€…" },
		{ "&auml &copy2024 &notit;", "ä ©2024 ¬it;" },
		{ "&#228;&#xE4;&#XE4;&#228 x", "äää" "ä x" },
		{ "&#128;&#146;&#150;", "€’–" },
		{ "&#0;&#xD800;&#x110000;&#99999999999;&#129;", "\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD" },
		{ "&#1;&#127;", "\uFFFD\uFFFD" },
		{ "&bogus; &; & &# &#x; &#xg", "&bogus; &; & &# &#x; &#xg" },
		{ "&apos;&quot;&AMP;&lt&gt", "'\"&<>" },
		{ "&rarr;&check;&zcaron;&lstrok;", "→✓žł" },
	};

	(void)state;
	CHECK(rows);
}

static void
html_entities__table__is_sorted_for_its_search(void **state)
{
	unsigned	i;

	(void)state;
	assert_true(html_entity_count > 400);
	for (i = 1; i < html_entity_count; i++)
		assert_true(strcmp(html_entity_rows[i - 1].name,
		    html_entity_rows[i].name) < 0);
}

static void
html_tag__every_row__is_found_by_its_name(void **state)
{
	int			tag;
	struct html_span	name;

	(void)state;
	for (tag = 1; tag < HTML_TAGS; tag++) {
		name.p = html_tag_name((enum html_tag)tag);
		name.len = strlen(name.p);
		assert_true(name.len > 0);
		assert_int_equal(html_tag_find(name), tag);
	}
}

/* A mail of about size bytes that repeats a piece. */
static char *
repeat(const char *piece, size_t size)
{
	GString	*s = g_string_sized_new(size + 64);

	while (s->len < size)
		g_string_append(s, piece);
	return g_string_free(s, FALSE);
}

/* Generous: sanitizers slow us down; a quadratic way would take minutes. */
/* Of this process alone: the test says nothing of a busy machine. */
static int64_t
cpu_ms(void)
{
	return (int64_t)clock() * 1000 / CLOCKS_PER_SEC;
}

#define PATIENCE_MS	6000	/* with sanitizers */

static void
html_text__hostile_megabytes__are_linear(void **state)
{
	static const char *const pieces[] = {
		"<div>", "<", "&", "<a<", "<!--", "<a \"", "<a b='", "</b>", "<b></i>",
		"<title>", "<textarea>", "<script>", "<td>", "<table>", "<li>", "<ul><li>",
		"<blockquote>", "&amp", "&aaaaaaaaaaaaaaaaaaaaa", "<a href=x>", "<p>",
		"<table></b><b>", "<div a=b", " a=b", "</", "<!", "<?", "]]>", "<a<a<a@ ",
		"<blockquote>x", "<ul><li>x", "<table><tr><td>x", "\xC2\xA0", "<q></w>",
		"<div style='", "<div class='a ", "-", "<!---", "<x y=\">", "<pre>\n",
	};
	size_t	i;

	(void)state;
	for (i = 0; i < G_N_ELEMENTS(pieces); i++) {
		g_autofree char	*html = repeat(pieces[i], 1 << 20);
		g_autofree char	*tag = g_strconcat("<div", html, NULL);
		g_autofree char	*text = NULL, *more = NULL;
		int64_t		 from = cpu_ms();

		text = render(html, strlen(html));
		more = render(tag, strlen(tag));
		if (cpu_ms() - from > PATIENCE_MS)
			fail_msg("%s took %d ms", pieces[i], (int)(cpu_ms() - from));
		assert_true(g_utf8_validate(text, -1, NULL));
		assert_true(strlen(text) < 64 << 20);
	}
}

static void
html_text__deep_nesting__keeps_the_words(void **state)
{
	g_autofree char	*open = repeat("<div>", 500000);
	g_autofree char	*html = g_strconcat(open, "deep", NULL);
	g_autofree char	*text = render(html, strlen(html));

	(void)state;
	assert_string_equal(text, "deep");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(html_text__white_space__collapses_as_in_a_browser),
		cmocka_unit_test(html_text__lists_tables_quotes__keep_their_shape),
		cmocka_unit_test(html_text__links_and_pictures__say_what_the_reader_sees),
		cmocka_unit_test(html_text__hidden_parts__are_left_out),
		cmocka_unit_test(html_text__broken_html__loses_no_words),
		cmocka_unit_test(html_entities__names_and_numbers__as_browsers_read_them),
		cmocka_unit_test(html_entities__table__is_sorted_for_its_search),
		cmocka_unit_test(html_tag__every_row__is_found_by_its_name),
		cmocka_unit_test(html_text__hostile_megabytes__are_linear),
		cmocka_unit_test(html_text__deep_nesting__keeps_the_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
