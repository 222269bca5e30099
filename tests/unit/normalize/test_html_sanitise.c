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

#include "normalize/html_sanitise.h"
#include "normalize/html_token.h"

static char *
sanitise(const char *html)
{
	size_t	len = strlen(html);
	char	*copy = malloc(len > 0 ? len : 1), *out;

	memcpy(copy, html, len);
	out = html_sanitise(copy, len);
	free(copy);
	return out;
}

static bool
is_one_of(struct html_span name, const char *const *names)
{
	for (; *names != NULL; names++)
		if (html_span_is(name, *names))
			return true;
	return false;
}

static bool
has_prefix(struct html_span v, const char *prefix)
{
	return v.len >= strlen(prefix) && memcmp(v.p, prefix, strlen(prefix)) == 0;
}

static const char *const tags[] = { "p", "br", "div", "span", "b", "strong", "i", "em",
	"u", "s", "a", "img", "ul", "ol", "li", "table", "thead", "tbody", "tr", "td",
	"th", "blockquote", "pre", "code", "h1", "h2", "h3", "h4", "h5", "h6", "hr", NULL };
static const char *const attrs[] = { "href", "title", "alt", "src", "colspan", "rowspan",
	"start", "value", "dir", "lang", "rel", "target", NULL };

/* What the sanitiser wrote, judged by nothing but its tokens. */
static bool
is_harmless(const char *out)
{
	struct html_lexer	lx;
	struct html_token	t;
	unsigned		i;
	int			depth = 0;

	html_token_init(&lx, out, strlen(out));
	while (html_token_next(&lx, &t)) {
		if (t.kind == HTML_COMMENT || t.raw)
			return false;
		if (t.kind == HTML_TEXT &&
		    (memchr(t.text.p, '<', t.text.len) || memchr(t.text.p, '>', t.text.len)))
			return false;
		if (t.kind == HTML_TEXT)
			continue;
		if (!is_one_of(t.name, tags) || (t.kind == HTML_END && t.attrs > 0))
			return false;
		if (!(html_tag_traits(t.tag) & HTML_VOID) && (depth += t.kind == HTML_START ? 1 : -1) < 0)
			return false;
		for (i = 0; i < t.attrs; i++) {
			struct html_span	v = t.attr[i].value;

			if (!is_one_of(t.attr[i].name, attrs))
				return false;
			if (html_span_is(t.attr[i].name, "href") &&
			    g_ascii_strncasecmp(v.p, "http://", 7) != 0 &&
			    g_ascii_strncasecmp(v.p, "https://", 8) != 0 &&
			    g_ascii_strncasecmp(v.p, "mailto:", 7) != 0 &&
			    g_ascii_strncasecmp(v.p, "tel:", 4) != 0)
				return false;
			if (html_span_is(t.attr[i].name, "src") && !has_prefix(v, "cid:"))
				return false;
		}
	}
	return depth == 0;
}

static void
check_harmless(const char *in)
{
	g_autofree char	*once = sanitise(in);
	g_autofree char	*twice = sanitise(once);

	if (!is_harmless(once))
		print_error("in:  %s\nout: %s\n", in, once);
	assert_true(is_harmless(once));
	assert_true(g_utf8_validate(once, -1, NULL));
	if (strcmp(once, twice) != 0)
		print_error("in:  %s\n", in);
	assert_string_equal(twice, once);
}

#define J	"javascript:alert(1)"

static const char *const attacks[] = {
	"<script>alert(1)</script>", "<SCRIPT SRC=//x.example/x.js></SCRIPT>",
	"<scr<script>ipt>alert(1)</scr</script>ipt>", "<script/x>alert(1)</script/y>",
	"<script>alert(1)", "<<script>alert(1)//<</script>", "<script\n>alert(1)</script\n>",
	"<script x=\">\">alert(1)</script>", "\"><script>alert(1)</script>",
	"<img src=x onerror=alert(1)>", "<img src=x alt=y onerror=alert(1)>",
	"<img/src=x/alt=y/onerror=alert(1)>", "<img alt=\"y\"onerror=alert(1)>",
	"<img alt='\"><script>alert(1)</script>'>", "<img alt='`onerror=alert(1)'>",
	"<img alt=a src=\"" J "\">", "<img alt=a src=data:text/html,x>", "<img src=cid:\"onerror=x>",
	"<img src=\"cid:a&quot; onerror=&quot;alert(1)\">", "<img src='cid:<script>'>",
	"<img src=x:x onerror\n=alert(1) alt=a>", "<img lowsrc=" J " dynsrc=" J " alt=a>",
	"<img alt=a srcset='http://t.example/a 1x'>", "<img alt=a style='background:url(x)'>",
	"<a href=\"" J "\">x</a>", "<a href=JaVaScRiPt:alert(1)>x</a>",
	"<a href=\"java\tscript:alert(1)\">x</a>", "<a href=\"java\nscript:alert(1)\">x</a>",
	"<a href=\"java&#9;script:alert(1)\">x</a>", "<a href=\"java&Tab;script:alert(1)\">x</a>",
	"<a href=\"java&NewLine;script&colon;alert(1)\">x</a>", "<a href=\" &#14; " J "\">x</a>",
	"<a href=\"&#106;avascript:alert(1)\">x</a>", "<a href=\"&#x6A&#x61vascript:alert(1)\">x</a>",
	"<a href=\"&#0000106&#0000097vascript:alert(1)\">x</a>", "<a href=\"\x01javascript:alert(1)\">x</a>",
	"<a href=vbscript:msgbox(1)>x</a>", "<a href=data:text/html;base64,PHNjcmlwdD4=>x</a>",
	"<a href=\"feed:" J "\">x</a>", "<a href=\"//evil.example\">x</a>", "<a href=/x>x</a>",
	"<a href=\"\\\\evil\">x</a>", "<a href='http://x\" onclick=\"alert(1)'>x</a>",
	"<a href=http://x' onmouseover=alert(1)>x</a>", "<a href=\"http://x\" onclick=alert(1)>x</a>",
	"<a href=\"http://x\" style=\"position:fixed;top:0\">x</a>", "<a href=\"http://x\" target=_self rel=opener>x</a>",
	"<a href=\"https://x/\"><a href=\"" J "\">x</a></a>", "<a href=blob:x>x</a><a href=file:///etc/passwd>y</a>",
	"<a href=\"http:" J "\">x</a>", "<a href=\"mailto:a@b.c?subject=x\" ping=http://t>x</a>",
	"<a href=\"http://a\xE2\x80\xAE" "moc.b\">x</a>",
	"<svg onload=alert(1)>", "<svg><script>alert(1)</script></svg>", "<svg/onload=alert(1)>",
	"<svg><a xlink:href=\"" J "\"><text>x</text></a></svg>", "<svg><animate onbegin=alert(1)></svg>",
	"<svg><style><img src=x onerror=alert(1)></style></svg>", "<svg><foreignObject><p>x</p></foreignObject></svg>",
	"<svg></p><style><a id=\"</style><img src=1 onerror=alert(1)>\">",
	"<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1 onerror=alert(1)&gt;\">",
	"<math><mi//xlink:href=\"data:x,<script>alert(1)</script>\">", "<math href=" J ">x</math>",
	"<form><math><mtext></form><form><mglyph><svg><mtext><style><path id=</style><img onerror=alert(1) src>",
	"<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">", "<noembed><img src=x onerror=alert(1)></noembed>",
	"<noframes><script>alert(1)</script></noframes>", "<xmp><script>alert(1)</script></xmp>",
	"<xmp><p title=\"</xmp><img src=x onerror=alert(1)>\">", "<plaintext><script>alert(1)</script>",
	"<textarea><script>alert(1)</script></textarea>", "<textarea><p title=\"</textarea><img src onerror=alert(1)>\">",
	"<title><img src=x onerror=alert(1)></title>", "<title></title><img src=x onerror=alert(1)>",
	"<style>@import '//x';</style>", "<style><img src=x onerror=alert(1)>", "<style></style><script>alert(1)</script>",
	"<style>*{background:url(" J ")}</style>", "<link rel=stylesheet href=//x>", "<base href=//evil.example/>",
	"<meta http-equiv=refresh content=\"0;url=" J "\">", "<iframe src=" J "></iframe>",
	"<iframe srcdoc=\"<script>alert(1)</script>\"></iframe>", "<frameset onload=alert(1)><frame src=" J ">",
	"<object data=" J "></object>", "<object><param name=src value=" J ">x</object>", "<embed src=" J ">",
	"<applet code=x>y</applet>", "<form action=" J "><input type=submit></form>", "<button formaction=" J ">x</button>",
	"<input onfocus=alert(1) autofocus>", "<select onfocus=alert(1) autofocus><option>x</select>",
	"<video src=x onerror=alert(1)></video>", "<video><source onerror=alert(1)></video>", "<audio src=x onerror=alert(1)>",
	"<details open ontoggle=alert(1)>x</details>", "<marquee onstart=alert(1)>x</marquee>", "<body onload=alert(1)>",
	"<div onclick=alert(1) onmouseover='x'>x</div>", "<div style=\"width:expression(alert(1))\">x</div>",
	"<div style=\"background:url(" J ")\">x</div>", "<p style='-moz-binding:url(x)'>x</p>", "<table background=" J "><tr><td>x</table>",
	"<td background=x>y</td>", "<b id=x name=body class=y>z</b>", "<p id=getElementById>x</p>",
	"<template><script>alert(1)</script></template>", "<keygen autofocus onfocus=alert(1)>", "<isindex action=" J ">",
	"<!--<img src=\"--><img src=x onerror=alert(1)//\">", "<!--[if gte IE 4]><script>alert(1)</script><![endif]-->",
	"<![CDATA[<script>alert(1)</script>]]>", "<?php echo 1 ?><script>alert(1)</script>", "<!DOCTYPE x [<!ENTITY x \"<script>\">]>&x;",
	"<!--><script>alert(1)</script>-->", "<!---><script>alert(1)</script>-->", "<!-- --!><script>alert(1)</script>-->",
	"</p onclick=alert(1)>x", "<p/onclick=alert(1)>x", "<p\x0conclick=alert(1)>x", "<p \"onclick=alert(1)>x", "<p =onclick=alert(1)>x",
	"<b <script>alert(1)</script>", "<a<b href=\"" J "\">x</a>", "&lt;script&gt;alert(1)&lt;/script&gt;",
	"&amp;lt;script&amp;gt;", "<p title=\"&lt;script&gt;\">x</p>", "<p title='\"><script>alert(1)</script>'>x</p>",
	"<p title=`onmouseover=alert(1)`>x</p>", "<p lang='x\" onclick=\"alert(1)' dir='evil'>x</p>",
	"<td colspan=\"1\" onclick=x>y</td>", "<table><tr><td colspan=99999 rowspan=-1>x</table>",
	"<table><td><a href=http://a><table><td><a href=http://b>x", "<p><div><p></div></p></div>x", "<b><p>x</b>y</p>",
	"<ul><p><li>x</ul><li>y", "<h1><h2>x</h1></h2>", "<p><object><div>x</div></object></p>", "<p><textarea>x</textarea></p>",
	"<table><caption>x<p>y</table>", "<tr><td>x</td></tr>", "<div><table></div><tr><td></table></div>x", "<a href=http://x><div>y</a></div>",
	"<jo@example.com><script>", "<https://x onclick=alert(1)>", "<x:script xmlns:x=\"http://www.w3.org/1999/xhtml\">alert(1)</x:script>",
	"<a href=\"http://x", "<a href=\"http://x\" title=\"<b", "<img alt=\"<b", "<", "</", "<!", "<!--", "<a <", "&#x3c;img onerror=alert(1)&#x3e;",
	"\xC2\xA0<p>\xE2\x80\xA8" "alert(1)</p>", "<p>&#8232;&#0;&#xFFFE;</p>",
};

static void
html_sanitise__attacks__become_harmless_and_stable(void **state)
{
	size_t	i, k;

	(void)state;
	assert_true(G_N_ELEMENTS(attacks) >= 100);
	for (i = 0; i < G_N_ELEMENTS(attacks); i++) {
		check_harmless(attacks[i]);
		for (k = 0; k < G_N_ELEMENTS(attacks); k += 7) {
			g_autofree char	*both = g_strconcat(attacks[k], attacks[i], NULL);
			g_autofree char	*inside = g_strconcat("<table><tr><td><p>", attacks[i],
			    "<div>", attacks[k], NULL);

			check_harmless(both);
			check_harmless(inside);
		}
	}
}

struct row {
	const char	*in, *out;
};

#define LINK	" rel=\"noopener noreferrer nofollow\" target=\"_blank\""

static void
html_sanitise__allowed_markup__stays(void **state)
{
	static const struct row rows[] = {
		{ "<ol start=3 type=a onclick=x><li value=5>a<li value=-1>b</ol>",
		  "<ol start=\"3\"><li value=\"5\">a</li><li>b</li></ol>" },
		{ "<ul start=3><li value='1 onclick=x'>a</ul>", "<ul><li>a</li></ul>" },
		{ "", "" },
		{ "a & b < c", "a &amp; b &lt; c" },
		{ "<p class=x style='color:red' id=y>a<BR>b</p>", "<p>a<br>b</p>" },
		{ "<p dir=rtl lang=ar-EG title='x'>a", "<p title=\"x\" dir=\"rtl\" lang=\"ar-EG\">a</p>" },
		{ "<a href='HTTPS://e.com/?a=1&amp;b=2' onclick=x>y</a>",
		  "<a href=\"HTTPS://e.com/?a=1&amp;b=2\"" LINK ">y</a>" },
		{ "<a href=\" http://e.com/a b \">y</a>", "<a href=\"http://e.com/a%20b\"" LINK ">y</a>" },
		{ "<a href=mailto:jo@e.com>y</a><a href=tel:+49123>z</a>",
		  "<a href=\"mailto:jo@e.com\"" LINK ">y</a><a href=\"tel:+49123\"" LINK ">z</a>" },
		{ "<a href=javascript:x>y</a><a name=q>z</a>", "yz" },
		{ "<img src=http://t.example/p.gif width=1 height=1 alt=x>", "" },
		{ "<img src=http://t.example/p.gif alt='a cat' title=x>", "<img alt=\"a cat\" title=\"x\">" },
		{ "<img src=http://t.example/p.gif>", "" },
		{ "<img src='cid:image001.png@01D9' alt=logo width=100>",
		  "<img src=\"cid:image001.png@01D9\" alt=\"logo\">" },
		{ "<table><tr><td colspan=2>a<td>b<tr><th>c</table>",
		  "<table><tr><td colspan=\"2\">a</td><td>b</td></tr><tr><th>c</th></tr></table>" },
		{ "<ul><li>a<li>b</ul><ol><li>c</ol>", "<ul><li>a</li><li>b</li></ul><ol><li>c</li></ol>" },
		{ "<center>a</center><strike>b</strike><font color=red>c</font><section>d</section>",
		  "<div>a</div><s>b</s>c<div>d</div>" },
		{ "<div style='display:none'>a</div><span hidden>b</span>c", "c" },
		{ "<script>a</script><style>b</style><title>c</title><svg>d</svg>e", "e" },
		{ "<b><i>a</b>b</i>", "<b><i>a</i></b>b" },
		{ "<p>a<p>b<div>c", "<p>a</p><p>b</p><div>c</div>" },
		{ "&auml;&nbsp;&#128;&lt;b&gt;", "ä\xC2\xA0€&lt;b&gt;" },
		{ "<pre>a\n b</pre><code>c</code><hr><h1>d</h1><blockquote>e</blockquote>",
		  "<pre>a\n b</pre><code>c</code><hr><h1>d</h1><blockquote>e</blockquote>" },
		{ "Jo <jo@example.com>", "Jo &lt;jo@example.com&gt;" },
		{ "<!-- x --><!--[if mso]>y<![endif]--><o:p>z</o:p>", "z" },
	};
	size_t	i;

	(void)state;
	for (i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char	*out = sanitise(rows[i].in);

		assert_string_equal(out, rows[i].out);
		check_harmless(rows[i].in);
	}
}

/* Of this process alone: the test says nothing of a busy machine. */
static int64_t
cpu_ms(void)
{
	return (int64_t)clock() * 1000 / CLOCKS_PER_SEC;
}

#define PATIENCE_MS	6000	/* with sanitizers */

static void
html_sanitise__hostile_megabytes__are_linear(void **state)
{
	static const char *const pieces[] = {
		"<div>", "<", "&", "\"", "<a href=http://x>", "<b></i>", "<table>", "<td>", "<p>",
		"<svg>", "<script>", "<textarea>", "<ul><li>", "<table><tr><td>x", "<b><p>", "<!--",
		"<a b='", " a=b", "</table></b><b>", "<object></p><p>", "<x></y>", "<img alt=a src=cid:b>",
		"<img alt=\"&amp;&amp;", "<a href=\"&#106;",
	};
	size_t	i;

	(void)state;
	for (i = 0; i < G_N_ELEMENTS(pieces); i++) {
		GString		*s = g_string_new(i % 2 == 0 ? "<p>" : "<div");
		g_autofree char	*out = NULL;
		int64_t		 from = cpu_ms();

		while (s->len < 1 << 20)
			g_string_append(s, pieces[i]);
		out = sanitise(s->str);
		if (cpu_ms() - from > PATIENCE_MS)
			fail_msg("\"%s\" took %d ms", pieces[i], (int)(cpu_ms() - from));
		assert_true(is_harmless(out));
		g_string_free(s, TRUE);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(html_sanitise__attacks__become_harmless_and_stable),
		cmocka_unit_test(html_sanitise__allowed_markup__stays),
		cmocka_unit_test(html_sanitise__hostile_megabytes__are_linear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
