/* SPDX-License-Identifier: ISC */
/* HTML replies as the mail programs write them, with invented words. */
#include <glib.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "normalize/trim_reply.h"

struct row {
	const char	*client, *html, *text, *quoted;
};

#define CITE(x)	"<blockquote type=\"cite\">" x "</blockquote>"
#define GQUOTE	"<blockquote class=\"gmail_quote\" style=\"margin:0px 0px 0px 0.8ex;" \
		"border-left:1px solid rgb(204,204,204);padding-left:1ex\">"
#define OUTLOOK	"<div style=\"border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm\">"

static const struct row rows[] = {
	{ "gmail", "<div dir=\"ltr\">New words.<br></div><br><div class=\"gmail_quote\">"
	  "<div dir=\"ltr\" class=\"gmail_attr\">On Mon, 1 Jan 2024 at 10:00, Jo &lt;<a href=\"mailto:jo@e.com\">jo@e.com</a>&gt; wrote:<br></div>"
	  GQUOTE "<div>Old words.</div></blockquote></div>", "New words.", "> Old words." },
	{ "gmail in a language without rows", "<div dir=\"ltr\">New words.</div><br><div class=\"gmail_quote\">"
	  "<div dir=\"ltr\" class=\"gmail_attr\">Ary ny alatsinainy Jo dia nanoratra<br></div>"
	  GQUOTE "Old words.</blockquote></div>", "New words.", "nanoratra" },
	{ "gmail old", "New words.<br><br><div class=\"gmail_quote\">2014-01-01 10:00 GMT+01:00 Jo <span dir=\"ltr\">&lt;<a href=\"mailto:jo@e.com\">jo@e.com</a>&gt;</span>:<br>"
	  GQUOTE "Old words.</blockquote></div><br>", "New words.", "2014-01-01" },
	{ "gmail, answers between", "<div dir=\"ltr\"><div>Hi Jo,</div><div class=\"gmail_quote\"><div class=\"gmail_attr\">On Mon Jo wrote:</div>"
	  GQUOTE "<p>Long story.</p><p>Number?</p></blockquote><div>4711</div>" GQUOTE "Date?</blockquote><div>May 1</div>"
	  GQUOTE "Bye</blockquote></div></div>", "Hi Jo,\n\n> Number?\n\n4711\n> Date?\nMay 1", "> Bye" },
	{ "gmail with signature", "<div dir=\"ltr\">New words.<div><br></div><div class=\"gmail_signature\">Ann<br>ACME</div></div>"
	  "<br><div class=\"gmail_quote gmail_quote_container\"><div class=\"gmail_attr\">On Mon Jo wrote:</div>" GQUOTE "Old.</blockquote></div>",
	  "New words.", "> Old." },
	{ "gmail signature with delimiter", "<div dir=\"ltr\">New words.<div><br clear=\"all\"></div><span class=\"gmail_signature_prefix\">-- </span><br>"
	  "<div class=\"gmail_signature\">Ann<br>ACME</div></div><br><div class=\"gmail_quote\"><div class=\"gmail_attr\">On Mon Jo wrote:</div>"
	  GQUOTE "Old.</blockquote></div>", "New words.", "> Old." },
	{ "gmail forward", "<div dir=\"ltr\">See below.<br><br><div class=\"gmail_quote\"><div class=\"gmail_attr\">---------- Forwarded message ---------<br>"
	  "From: <b>Shop</b><br>Subject: Order<br>To: &lt;a@e.com&gt;<br></div><br>Your order 4711.</div></div>",
	  "See below.\n\n---------- Forwarded message ---------\nFrom: Shop\nSubject: Order\nTo: <a@e.com>\n\nYour order 4711.", NULL },
	{ "outlook desktop", "<div class=WordSection1><p class=MsoNormal>New words.<o:p></o:p></p><p class=MsoNormal><o:p>&nbsp;</o:p></p><div>"
	  OUTLOOK "<p class=MsoNormal><b><span lang=EN-US>From:</span></b><span> Jo &lt;jo@e.com&gt; <br><b>Sent:</b> Monday, January 1, 2024 10:00 AM<br><b>To:</b> A<br>"
	  "<b>Subject:</b> RE: Order</span></p></div></div><p class=MsoNormal><o:p>&nbsp;</o:p></p><p class=MsoNormal>Old words.</p></div>",
	  "New words.", "Old words." },
	{ "outlook desktop in a language without rows", "<p class=MsoNormal>New words.</p><div>"
	  OUTLOOK "<p class=MsoNormal><b>Qabla:</b> Jo<br><b>Ntbghet:</b> 1 Jan<br><b>Lil:</b> A<br><b>Suggett:</b> Order</p></div></div><p>Old words.</p>",
	  "New words.", "Old words." },
	{ "outlook desktop, German", "<p class=MsoNormal>New words.</p><div style='border:none;border-top:solid #B5C4DF 1.0pt;padding:3.0pt 0cm 0cm 0cm'>"
	  "<p class=MsoNormal><b>Von:</b> Jo [mailto:jo@e.com] <br><b>Gesendet:</b> Montag, 1. Januar 2024 10:00<br><b>An:</b> A<br><b>Betreff:</b> x</p></div><p>Old words.</p>",
	  "New words.", "Old words." },
	{ "outlook on the web", "<div style=\"font-family:Calibri\" class=\"elementToProof\">New words.</div><div id=\"appendonsend\"></div><hr style=\"display:inline-block;width:98%\" tabindex=\"-1\">"
	  "<div id=\"divRplyFwdMsg\" dir=\"ltr\"><font face=\"Calibri\"><b>From:</b> Jo<br><b>Sent:</b> Monday</font><div>&nbsp;</div></div><div>Old words.</div>",
	  "New words.", "Old words." },
	{ "outlook on the web, signature", "<div>New words.</div><div id=\"Signature\"><p>Ann, ACME</p></div><div id=\"appendonsend\"></div><hr><div id=\"divRplyFwdMsg\"><b>Da:</b> Jo</div>Old words.",
	  "New words.", "Old words." },
	{ "exchange 2010", "<div>New words.<div style=\"font-size: 16px\"><hr tabindex=\"-1\"><div style=\"direction: ltr;\" id=\"divRpF123456\"><font><b>From:</b> Jo [jo@e.com]<br><b>Sent:</b> Monday</font><br></div><div>Old words.</div></div></div>",
	  "New words.", "Old words." },
	{ "outlook for mac", "<div>New words.</div><span id=\"OLK_SRC_BODY_SECTION\"><div style=\"border-top:#b5c4df 1pt solid\"><span style=\"font-weight:bold\">From: </span> Jo</div>Old words.</span>",
	  "New words.", "Old words." },
	{ "outlook mobile", "<div dir=\"ltr\">New words.</div><div id=\"ms-outlook-mobile-signature\">Get <a href=\"https://aka.ms/o0ukef\">Outlook for iOS</a></div><div id=\"mail-editor-reference-message-container\"><hr><div dir=\"ltr\" id=\"divRplyFwdMsg\"><b>From:</b> Jo</div>Old words.</div>",
	  "New words.", "Old words." },
	{ "outlook express", "<div>New words.</div><blockquote style=\"border-left: #000000 2px solid\"><div>----- Original Message ----- </div><div><b>From:</b> Jo</div><div><b>To:</b> A</div><div>Old words.</div></blockquote>",
	  "New words.", "Old words." },
	{ "outlook.com, old", "<div dir=\"ltr\">New words.<br><div><hr id=\"stopSpelling\">Date: Mon, 1 Jan 2024<br>From: jo@e.com<br>To: a@e.com<br>Subject: x<br>Old words.</div></div>",
	  "New words.", "Old words." },
	{ "outlook message header", "New words.<div class=\"OutlookMessageHeader\" dir=ltr><font>-----Original Message-----<br><b>From:</b> Jo</font></div>Old words.",
	  "New words.", "Old words." },
	{ "outlook anchor", "<p>New words.</p><p><a name=\"_MailOriginal\"><b>Desde:</b> Jo</a></p><p>Old words.</p>", "New words.", "Old words." },
	{ "apple mail", "<div>New words.</div><br><div><blockquote type=\"cite\"><div>On 1 Jan 2024, at 10:00, Jo &lt;<a href=\"mailto:jo@e.com\">jo@e.com</a>&gt; wrote:</div><br class=\"Apple-interchange-newline\"><div>Old words.</div></blockquote></div>",
	  "New words.", "Old words." },
	{ "iphone", "New words.<br><br><div dir=\"ltr\">Sent from my iPhone</div><div dir=\"ltr\"><br><blockquote type=\"cite\">On 1 Jan 2024, at 10:00, Jo &lt;jo@e.com&gt; wrote:<br><br></blockquote></div><blockquote type=\"cite\"><div dir=\"ltr\">Old words.</div></blockquote>",
	  "New words.", "Old words." },
	{ "apple mail, answer below", "<div><blockquote type=\"cite\"><div>On 1 Jan 2024, Jo wrote:</div><div>Old words.</div></blockquote><br>New words.</div>", "New words.", "Old words." },
	{ "apple mail forward", "<div>See below.</div><div><br><blockquote type=\"cite\"><div>Begin forwarded message:</div><div><b>From: </b>Shop &lt;s@e.com&gt;</div><div>Your order 4711.</div></blockquote></div>",
	  "See below.\n\n> Begin forwarded message:\n> From: Shop <s@e.com>\n> Your order 4711.", NULL },
	{ "apple mail forward, French, nothing new", "<div><blockquote type=\"cite\"><div>Début du message réexpédié :</div><div><b>De: </b>Shop</div><div>Commande 4711.</div></blockquote></div>",
	  "> Début du message réexpédié :\n> De: Shop\n> Commande 4711.", NULL },
	{ "thunderbird", "<p>New words.</p><div class=\"moz-cite-prefix\">Am 01.01.24 um 10:00 schrieb Jo:<br></div><blockquote type=\"cite\" cite=\"mid:x@e.com\"><p>Old words.</p></blockquote><br>",
	  "New words.", "> Old words." },
	{ "thunderbird, signature below", "<p>New words.</p><div class=\"moz-cite-prefix\">Jo said:<br></div><blockquote type=\"cite\" cite=\"mid:x\">Old words.</blockquote><pre class=\"moz-signature\" cols=\"72\">-- \nAnn</pre>",
	  "New words.", "> Old words." },
	{ "thunderbird, answers between", "<div class=\"moz-cite-prefix\">On 1/1/24 10:00, Jo wrote:</div><blockquote type=\"cite\">Number?</blockquote>4711<br><blockquote type=\"cite\">Date?</blockquote>May 1",
	  "> Number?\n4711\n> Date?\nMay 1", "Jo wrote:" },
	{ "thunderbird forward", "<p>See below.</p><div class=\"moz-forward-container\"><br>-------- Forwarded Message --------<table class=\"moz-email-headers-table\"><tr><th>Subject: </th><td>Order</td></tr></table>Your order 4711.</div>",
	  "See below.\n\n-------- Forwarded Message --------\nSubject:\tOrder\nYour order 4711.", NULL },
	{ "yahoo", "<div class=\"ydp1234yahoo-style-wrap\"><div>New words.</div></div><div id=\"ydp5678yahoo_quoted_123\" class=\"ydp5678yahoo_quoted\"><div><div>On Monday, Jo &lt;jo@e.com&gt; wrote:</div><div>Old words.</div></div></div>",
	  "New words.", "Old words." },
	{ "yahoo mobile", "New words.<br><br><div id=\"ymail_android_signature\"><a href=\"https://go.example\">Sent from Yahoo Mail on Android</a></div><br><blockquote style=\"margin: 0 0 20px 0;\"><div style=\"font-family:Roboto\"><div>On Mon, Jan 1, 2024 at 10:00, Jo</div><div>&lt;jo@e.com&gt; wrote:</div></div><div>Old words.</div></blockquote>",
	  "New words.", "Old words." },
	{ "yahoo marker", "<div>New words.</div><div class=\"yahoo-quoted-begin\">Jo wrote</div><div class=\"yahoo_quoted\">Old words.</div>", "New words.", "Old words." },
	{ "proton", "<div>New words.<br></div><div class=\"protonmail_signature_block\"><div>Sent with Proton Mail secure email.</div></div><div class=\"protonmail_quote\">On Monday, January 1st, 2024 at 10:00 AM, Jo &lt;jo@e.com&gt; wrote:<br><br><blockquote class=\"protonmail_quote\" type=\"cite\"><div>Old words.</div></blockquote></div>",
	  "New words.", "> Old words." },
	{ "zimbra", "<div>New words.</div><hr id=\"zwchr\" data-marker=\"__DIVIDER__\"><div data-marker=\"__HEADERS__\"><b>From: </b>Jo<br></div><div data-marker=\"__QUOTED_TEXT__\">Old words.</div>",
	  "New words.", "Old words." },
	{ "zimbra, old", "<div>New words.</div><hr id=\"zwchr\"><div><b>De: </b>\"Jo\" &lt;jo@e.com&gt;<br><b>À: </b>A<br></div>Old words.", "New words.", "Old words." },
	{ "zoho", "<div>New words.<br></div><div class=\"zmail_extra\"><div id=\"Zm-_Id_-Sgn1\">---- On Mon, 01 Jan 2024 <b>Jo &lt;jo@e.com&gt;</b> wrote ----<br></div><blockquote id=\"blockquote_zmail\">Old words.</blockquote></div>",
	  "New words.", "> Old words." },
	{ "gmx", "<div>New words.</div><div>&nbsp;<div name=\"quote\" style=\"margin:10px 5px 5px 10px; padding: 10px 0 10px 10px; border-left:2px solid #C3D9E5;\"><div><b>Gesendet:</b>&nbsp;Montag<br/><b>Von:</b>&nbsp;Jo</div><div name=\"quoted-content\">Old words.</div></div></div>",
	  "New words.", "Old words." },
	{ "web.de", "<div>New words.<br/><br/>Gesendet: Montag, 01. Januar 2024 um 10:00 Uhr<br/>Von: \"Jo\" &lt;jo@e.com&gt;<br/>An: a@e.com<br/>Betreff: x<div>Old words.</div></div>",
	  "New words.", "Old words." },
	{ "roundcube", "<p>New words.</p><p id=\"reply-intro\">Am 2024-01-01 10:00, schrieb Jo:</p><blockquote type=\"cite\" style=\"padding: 0 0.4em; border-left: #1010ff 2px solid\">Old words.</blockquote>",
	  "New words.", "> Old words." },
	{ "spark", "<div name=\"messageBodySection\">New words.</div><div name=\"messageSignatureSection\"><br>Ann</div><div name=\"messageReplySection\">On 1 Jan 2024, 10:00 +0100, Jo, wrote:<br><blockquote type=\"cite\" class=\"spark_quote\">Old words.</blockquote></div>",
	  "New words.", "> Old words." },
	{ "front", "<p>New words.</p><div class=\"front-signature\">Ann</div><p>On January 1, 2024 at 10:00 AM, Jo (jo@e.com) wrote:</p><blockquote type=\"cite\" class=\"front-blockquote\">Old words.</blockquote>",
	  "New words.", "> Old words." },
	{ "bare blockquote (Hey)", "<div class=\"trix-content\"><div>New words.</div><div>On January 1, 2024, Jo &lt;jo@e.com&gt; wrote:</div><blockquote><div>Old words.</div></blockquote></div>",
	  "New words.", "> Old words." },
	{ "superhuman", "<div><div>New words.</div><br><div class=\"gmail_quote\">On Mon, Jan 01, 2024 at 10:00 AM, Jo <span dir=\"ltr\">&lt;<a href=\"mailto:jo@e.com\">jo@e.com</a>&gt;</span> wrote:<br><blockquote class=\"gmail_quote\" style=\"margin:0 0 0 .8ex\">Old words.</blockquote></div></div>",
	  "New words.", "> Old words." },
	{ "newton", "<div>New words.</div><div class=\"cm_quote\" style=\"color:#787878\">On Mon, Jan 1st, 2024 at 10:00am, Jo <a href=\"mailto:jo@e.com\">&lt;jo@e.com&gt;</a> wrote:</div><br><div class=\"gmail_quote\"><blockquote>Old words.</blockquote></div>",
	  "New words.", "Old words." },
	{ "notes", "<font size=2 face=\"sans-serif\">New words.</font><br><br><font size=1 color=#5f5f5f>From: </font><font size=1>Jo &lt;jo@e.com&gt;</font><br><font size=1>To: </font>A<br>Date: 01.01.2024 10:00<br>Subject: x<br><hr noshade><br>Old words.",
	  "New words.", "Old words." },
	{ "notes, table", "New words.<br><table><tr><td>From:</td><td>Jo &lt;jo@e.com&gt;</td></tr><tr><td>To:</td><td>A</td></tr><tr><td>Date:</td><td>01.01.2024</td></tr><tr><td>Subject:</td><td>x</td></tr></table>Old words.",
	  "New words.", "Old words." },
	{ "notes traveler", "<div>New words.</div><div>-----Jo &lt;jo@e.com&gt; wrote: -----</div><div>To: A</div><div>Old words.</div>", "New words.", "Old words." },
	{ "mail.ru", "<div>New words.</div><blockquote style=\"border-left:1px solid #0857A6; margin:10px; padding:0 0 0 10px;\">Понедельник, 1 января 2024, 10:00 +03:00 от Jo &lt;jo@e.com&gt;:<br>Old words.</blockquote>",
	  "New words.", "Old words." },
	{ "yandex", "<div>New words.</div><div>&nbsp;</div><div>01.01.2024, 10:00, \"Jo\" &lt;jo@e.com&gt;:</div><blockquote><p>Old words.</p></blockquote><div>&nbsp;</div>",
	  "New words.", "> Old words." },
	{ "163", "<div style=\"line-height:1.7\">New words.<br/><br/><div></div><div id=\"divNeteaseMailCard\"></div><br/>在 2024-01-01 10:00:00，\"Jo\" &lt;jo@e.com&gt; 写道：<br/> <blockquote id=\"isReplyContent\" style=\"PADDING-LEFT: 1ex\">Old words.</blockquote></div>",
	  "New words.", "> Old words." },
	{ "qq", "<div>New words.</div><div><br></div><div style=\"font-size: 12px\">------------------ 原始邮件 ------------------</div><div><b>发件人:</b> \"Jo\" &lt;jo@e.com&gt;;</div><div><b>发送时间:</b> 2024年1月1日</div><div>Old words.</div>",
	  "New words.", "Old words." },
	{ "samsung", "<div dir=\"auto\">New words.</div><div id=\"composer_signature\"><div>Sent from my Galaxy</div></div><div><br></div><div align=\"left\"><div>-------- Original message --------</div><div>From: Jo &lt;jo@e.com&gt; </div><div>Date: 01/01/2024  10:00  (GMT+01:00) </div></div><div>Old words.</div>",
	  "New words.", "Old words." },
	{ "mailbird", "<div>New words.</div><div class=\"history_container\"><p>On 01/01/2024 10:00:00, Jo &lt;jo@e.com&gt; wrote:</p><blockquote type=\"cite\">Old words.</blockquote></div>", "New words.", "> Old words." },
	{ "em client", "<div>New words.</div><div>------ Original Message ------</div><div>From: \"Jo\" &lt;jo@e.com&gt;</div><div>To: \"A\"</div><div>Sent: 01/01/2024 10:00:00</div><blockquote cite=\"x\" type=\"cite\" class=\"cite2\">Old words.</blockquote>",
	  "New words.", "Old words." },
	{ "kmail", "<p>New words.</p><p>On Monday, 1 January 2024 10:00:00 CET Jo wrote:</p><blockquote type=\"cite\">Old words.</blockquote>", "New words.", "> Old words." },
	{ "evolution", "<div>New words.</div><div>Am Montag, dem 01.01.2024 um 10:00 +0100 schrieb Jo:</div><blockquote type=\"cite\" style=\"margin:0 0 0 .8ex; border-left:2px #729fcf solid;padding-left:1ex\">Old words.</blockquote>", "New words.", "> Old words." },
	{ "open-xchange", "<p>New words.</p><blockquote type=\"cite\"><div>Jo &lt;jo@e.com&gt; hat am 01.01.2024 10:00 CET geschrieben:</div><p>Old words.</p></blockquote>", "New words.", "Old words." },
	{ "plain text made HTML", "New words.<br><br>On Mon, Jan 1, 2024 at 10:00 AM Jo &lt;jo@e.com&gt; wrote:<br>&gt; Old words.<br>&gt; More.", "New words.", "> Old words." },
	{ "an unknown program's quote", "<p>New words.</p><div class=\"acme_quote\"><p>Jo wrote</p><p>Old words.</p></div>", "New words.", "Old words." },
	{ "zendesk marker", "<p>New words.</p><div>##- Please type your reply above this line -##</div><p>Old words.</p>", "New words.", "Old words." },
	{ "tutanota", "<div>New words.<br></div><div>Jan 1, 2024, 10:00 by jo@e.com:<br></div><blockquote class=\"tutanota_quote\">Old words.</blockquote>", "New words.", "> Old words." },
	{ "nothing quoted", "<p>New words.</p><p>More.</p>", "New words.\n\nMore.", NULL },
	{ "an indented paragraph", "<div>New words.</div><blockquote style=\"margin:0 0 0 40px;border:none;padding:0px\"><div>Indented.</div></blockquote><div>More.</div>", "New words.\n> Indented.\nMore.", NULL },
	{ "only a quote", "<div class=\"gmail_quote\"><div class=\"gmail_attr\">On Mon Jo wrote:</div>" GQUOTE "Old words.</blockquote></div>", "On Mon Jo wrote:\n> Old words.", NULL },
	{ "outlook, nothing new", "<div id=\"appendonsend\"></div><hr><div id=\"divRplyFwdMsg\"><b>From:</b> Shop</div><div>Your order 4711.</div>", "----------\nFrom: Shop\nYour order 4711.", NULL },
	{ "a rule in a first mail", "<p>New words.</p><hr><p>More.</p>", "New words.\n\n----------\n\nMore.", NULL },
	{ "a ruled box", "<p>New words.</p><div style=\"border-top:1px solid red\"><p>Note: careful</p></div>", "New words.\n\nNote: careful", NULL },
};

static void
trim_reply_html__each_client__new_words_only(void **state)
{
	size_t		i;
	struct trim	t;

	(void)state;
	for (i = 0; i < G_N_ELEMENTS(rows); i++) {
		trim_reply_html(rows[i].html, true, &t);
		if (strcmp(t.text, rows[i].text) != 0 || (rows[i].quoted == NULL) != (t.quoted == NULL))
			print_error("%s (how %s)\nfull: %s\nquoted: %s\n", rows[i].client, t.how, t.full, t.quoted);
		assert_string_equal(t.text, rows[i].text);
		if (rows[i].quoted == NULL)
			assert_null(t.quoted);
		else
			assert_non_null(strstr(t.quoted, rows[i].quoted));
		trim_clear(&t);
	}
}

static void
reply_split__two_bodies__the_better_one_decides(void **state)
{
	struct trim	t;

	(void)state;
	/* The HTML has structure that the text lost. */
	reply_split("New words.\n\nOld words.", "<p>New words.</p><div class=\"yahoo_quoted\">Old words.</div>", true, &t);
	assert_string_equal(t.text, "New words.");
	assert_string_equal(t.how, "yahoo");
	trim_clear(&t);
	/* Only the text tells new from old. */
	reply_split("New words.\n\n> Old words.", "<p>New words.</p><p>Old words.</p>", true, &t);
	assert_string_equal(t.text, "New words.");
	trim_clear(&t);
	/* Neither does: the text as the sender wrote it. */
	reply_split("a\n  b", "<p>a b</p>", false, &t);
	assert_string_equal(t.text, "a\n  b");
	trim_clear(&t);
	/* A text that is only an excuse. */
	reply_split("See the HTML.", "<p>Here are many more words than the text has.</p>", false, &t);
	assert_string_equal(t.text, "Here are many more words than the text has.");
	trim_clear(&t);
	/* HTML that is only one part of many. */
	reply_split("A long text of the customer.\n\nFooter", "<blockquote type=cite>Footer</blockquote>", true, &t);
	assert_string_equal(t.text, "A long text of the customer.\n\nFooter");
	trim_clear(&t);
	reply_split(NULL, NULL, true, &t);
	assert_string_equal(t.text, "");
	assert_string_equal(t.full, "");
	trim_clear(&t);
	reply_split(NULL, "<p>x</p>", true, &t);
	assert_string_equal(t.text, "x");
	trim_clear(&t);
}

static void
reply_subject__prefixes_of_many_languages__are_known(void **state)
{
	static const char *const replies[] = { "Re: x", "RE: x", "re:x", "AW: x", "Antw: x",
		"SV: x", "VS: x", "Odp: x", "RES: x", "R: x", "Ynt: x", "回复: x", "回复：x",
		"答复: x", "Re[2]: x", "Re(3): x", "[shop #12] Re: x", " Re : x", "Ответ: x", "Vá: x" };
	static const char *const others[] = { "", "x", "Fwd: x", "FW: x", "WG: x", "Regarding: x",
		"Order: x", "[Re] x", "Question about re: x", "12:30" };
	size_t	i;

	(void)state;
	for (i = 0; i < G_N_ELEMENTS(replies); i++)
		assert_true(reply_subject(replies[i]));
	for (i = 0; i < G_N_ELEMENTS(others); i++)
		assert_false(reply_subject(others[i]));
	assert_false(reply_subject(NULL));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(trim_reply_html__each_client__new_words_only),
		cmocka_unit_test(reply_split__two_bodies__the_better_one_decides),
		cmocka_unit_test(reply_subject__prefixes_of_many_languages__are_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
