/* SPDX-License-Identifier: ISC */
#include <glib.h>
#include <string.h>

#include "normalize/html_text.h"
#include "normalize/html_text_style.h"

#define STYLE_MAX	4096	/* no honest style attribute is longer */

/* Does the value begin with this word (not "none" of "nonesuch")? */
static bool
begins(struct html_span v, const char *word)
{
	size_t	n = strlen(word);

	return v.len >= n && g_ascii_strncasecmp(v.p, word, n) == 0 &&
	    (v.len == n || !g_ascii_isalnum(v.p[n]));
}

static bool
contains(struct html_span v, const char *word)
{
	size_t	n = strlen(word), i;

	for (i = 0; i + n <= v.len; i++)
		if (g_ascii_strncasecmp(v.p + i, word, n) == 0)
			return true;
	return false;
}

/* "0", "0px", "0.0pt", "0 !important"; not "0.5em", "0 auto 1em". */
static bool
is_zero(struct html_span v)
{
	size_t	i = 0;

	while (i < v.len && (v.p[i] == '0' || v.p[i] == '.'))
		i++;
	return i > 0 && (i == v.len || !g_ascii_isdigit(v.p[i]));
}

/* "1px", "0.5pt": nobody reads that.  Of other units 1 is much. */
static bool
is_speck(struct html_span v)
{
	char	 copy[12] = "", *unit;

	if (v.len == 0 || v.len >= sizeof copy || !(g_ascii_isdigit(*v.p) || *v.p == '.'))
		return v.len > 0 && is_zero(v);
	memcpy(copy, v.p, v.len);
	return is_zero(v) || (g_ascii_strtod(copy, &unit) <= 1 &&
	    (g_ascii_strncasecmp(unit, "px", 2) == 0 || g_ascii_strncasecmp(unit, "pt", 2) == 0));
}

/* "-9999px": far away from what is seen. */
static bool
is_far_off(struct html_span v)
{
	size_t	i = 1;

	while (i < v.len && g_ascii_isdigit(v.p[i]))
		i++;
	return i > 4 && v.p[0] == '-';
}

/* margin: 0in 0in 0.0001pt; Outlook writes "almost nothing" below. */
static bool
is_tight_margin(struct html_span v)
{
	size_t	i;

	for (i = 0; i < v.len; i++)
		if (v.p[i] >= '1' && v.p[i] <= '9' &&
		    (i < 2 || memcmp(v.p + i - 2, "00", 2) != 0))
			return false;
	return v.len > 0 && is_zero(v);
}

static struct html_span
trimmed(const char *from, const char *to)
{
	while (from < to && g_ascii_isspace(*from))
		from++;
	while (to > from && g_ascii_isspace(to[-1]))
		to--;
	return (struct html_span){ from, (size_t)(to - from) };
}

/* What only hides in company: a height of nothing needs overflow:hidden. */
struct hiding {
	bool	clipped, flat, thin;
};

static void
read_property(struct html_span name, struct html_span v, struct html_look *look,
    struct hiding *h)
{
	if (html_span_is(name, "display"))
		look->hidden |= begins(v, "none");
	else if (html_span_is(name, "visibility"))
		look->hidden |= begins(v, "hidden") || begins(v, "collapse");
	else if (html_span_is(name, "mso-hide"))
		look->hidden |= begins(v, "all");
	else if (html_span_is(name, "font-size"))
		look->hidden |= is_speck(v);
	else if (html_span_is(name, "opacity"))
		look->hidden |= is_zero(v);
	else if (html_span_is(name, "text-indent") || html_span_is(name, "left") ||
	    html_span_is(name, "top"))
		look->hidden |= is_far_off(v);
	else if (html_span_is(name, "mso-list"))
		look->bullet = begins(v, "ignore");
	else if (html_span_is(name, "overflow"))
		h->clipped |= begins(v, "hidden");
	else if (html_span_is(name, "max-height") || html_span_is(name, "height"))
		h->flat |= is_zero(v);
	else if (html_span_is(name, "max-width") || html_span_is(name, "width"))
		h->thin |= is_zero(v);
	else if (html_span_is(name, "white-space")) {
		look->preformatted = contains(v, "pre") || begins(v, "break-spaces");
		look->collapsed = begins(v, "normal") || begins(v, "nowrap");
	} else if (html_span_is(name, "margin"))
		look->tight = is_tight_margin(v);
	else if (html_span_is(name, "border-left"))
		look->marks |= begins(v, "none") || is_zero(v) ? 0 : HTML_MARK_CITE;
	else if (html_span_is(name, "border-top") || html_span_is(name, "border-top-style"))
		look->marks |= contains(v, "solid") ? HTML_MARK_BORDER : 0;
}

static void
read_style(struct html_span style, struct html_look *look)
{
	const char	*p = style.p, *end, *semi, *colon;
	struct hiding	 h = { false, false, false };

	end = p + MIN(style.len, STYLE_MAX);
	for (; p < end; p = semi + 1) {
		if ((semi = memchr(p, ';', (size_t)(end - p))) == NULL)
			semi = end;
		if ((colon = memchr(p, ':', (size_t)(semi - p))) != NULL)
			read_property(trimmed(p, colon), trimmed(colon + 1, semi),
			    look, &h);
	}
	if (h.clipped && (h.flat || h.thin))
		look->hidden = true;
}

enum match { WHOLE, WORD, PREFIX, PART };

struct mark_row {
	const char	*attr;
	enum match	 match;
	const char	*value;
	unsigned	 marks;
	const char	*client;
};

#define CITE	HTML_MARK_CITE
#define BOX	HTML_MARK_BOX
#define INTRO	HTML_MARK_INTRO
#define CUT	HTML_MARK_CUT
#define SIG	HTML_MARK_SIGNATURE
#define FORWARD	HTML_MARK_FORWARD

/* How mail programs mark in HTML what they add to a reply. */
static const struct mark_row mark_rows[] = {
	{ "class", WORD, "gmail_quote", BOX, "gmail" },
	{ "class", WORD, "gmail_quote_container", BOX, "gmail" },
	{ "class", WORD, "gmail_attr", INTRO, "gmail" },
	{ "class", WORD, "gmail_quote_attribution", INTRO, "mailspring" },
	{ "class", WORD, "gmail_signature", SIG, "gmail" },
	{ "class", WORD, "x_gmail_quote", BOX, "gmail" },
	{ "class", WORD, "x_gmail_attr", INTRO, "gmail" },
	{ "class", WORD, "x_gmail_signature", SIG, "gmail" },
	{ "class", WORD, "moz-cite-prefix", INTRO, "thunderbird" },
	{ "class", WORD, "moz-forward-container", FORWARD, "thunderbird" },
	{ "class", WORD, "moz-signature", SIG, "thunderbird" },
	{ "class", PART, "yahoo_quoted", CITE, "yahoo" },
	{ "class", PART, "yahoo-quoted", CITE, "yahoo" },
	{ "class", WORD, "iosymail", CITE, "yahoo" },
	{ "class", WORD, "protonmail_quote", BOX, "protonmail" },
	{ "class", WORD, "protonmail_signature_block", SIG, "protonmail" },
	{ "class", WORD, "bloop_sign", SIG, "airmail" },
	{ "class", WORD, "airmail_on", INTRO, "airmail" },
	{ "class", WORD, "missive_signature", SIG, "missive" },
	{ "class", WORD, "front-blockquote-container", BOX, "front" },
	{ "class", WORD, "j-reply", CITE, "netease" },
	{ "class", WORD, "nh_blockquote", CITE, "wp" },
	{ "class", WORD, "mail-quote", BOX, "gmx" },
	{ "class", WORD, "mail_quote_content", CITE, "naver" },
	{ "class", WORD, "hs_reply", BOX, "hubspot" },
	{ "class", WORD, "tutanota_quote", CITE, "tutanota" },
	{ "class", WORD, "zmail_extra", BOX, "zoho" },
	{ "class", WORD, "outlookmessageheader", CUT, "outlook" },
	{ "class", WORD, "appleoriginalcontents", CITE, "apple" },
	{ "class", WORD, "applemailsignature", SIG, "apple" },
	{ "class", WORD, "front-blockquote", CITE, "front" },
	{ "class", WORD, "freshdesk_quote", CITE, "freshdesk" },
	{ "class", WORD, "cm_quote", BOX, "newton" },
	{ "class", WORD, "clean_bq", CITE, "airmail" },
	{ "class", WORD, "nylas-quote", BOX, "mailspring" },
	{ "class", WORD, "missive_quote", CITE, "missive" },
	{ "class", WORD, "spark_quote", CITE, "spark" },
	{ "class", WORD, "history_container", BOX, "mailbird" },
	{ "class", WORD, "replyheader", INTRO, "bluemail" },
	{ "class", WORD, "ms-outlook-mobile-signature", SIG, "outlook" },
	{ "class", WORD, "ms-outlook-mobile-reference-message", CUT, "outlook" },
	{ "class", WORD, "front-signature", SIG, "front" },
	{ "class", WORD, "quoted-text", CITE, "quote" },
	{ "class", WORD, "quotedtext", CITE, "quote" },
	{ "id", WHOLE, "divrplyfwdmsg", CUT, "outlook" },
	{ "id", WHOLE, "x_divrplyfwdmsg", CUT, "outlook" },
	{ "id", WHOLE, "appendonsend", CUT, "outlook" },
	{ "id", WHOLE, "olk_src_body_section", CUT, "outlook" },
	{ "id", PREFIX, "divrpf", CUT, "exchange" },
	{ "id", WHOLE, "divtaggedcontent", CUT, "exchange" },
	{ "id", WHOLE, "stopspelling", CUT, "hotmail" },
	{ "id", WHOLE, "mail-editor-reference-message-container", CUT, "outlook" },
	{ "id", WHOLE, "ms-outlook-mobile-body-separator-line", CUT, "outlook" },
	{ "id", WHOLE, "ms-outlook-mobile-signature", SIG, "outlook" },
	{ "id", WHOLE, "signature", SIG, "outlook" },
	{ "id", WHOLE, "zwchr", CUT, "zimbra" },
	{ "id", WHOLE, "reply-intro", INTRO, "roundcube" },
	{ "id", PART, "yahoo_quoted", CITE, "yahoo" },
	{ "id", PART, "yahoo-quoted", CITE, "yahoo" },
	{ "id", WHOLE, "ymail_android_signature", SIG, "yahoo" },
	{ "id", WHOLE, "isreplycontent", CITE, "netease" },
	{ "id", WHOLE, "isforwardcontent", FORWARD, "netease" },
	{ "id", WHOLE, "origbody", CITE, "quote" },
	{ "id", WHOLE, "blockquote_zmail", CITE, "zoho" },
	{ "id", WHOLE, "composer_signature", SIG, "samsung" },
	{ "id", WHOLE, "applemailsignature", SIG, "apple" },
	{ "name", WHOLE, "quote", CITE, "gmx" },
	{ "name", WHOLE, "quoted-content", CITE, "gmx" },
	{ "name", WHOLE, "messagereplysection", BOX, "spark" },
	{ "name", WHOLE, "messagesignaturesection", SIG, "spark" },
	{ "name", WHOLE, "olk_src_body_separator", CUT, "outlook" },
	{ "name", WHOLE, "_mailoriginal", CUT, "outlook" },
	{ "data-marker", WHOLE, "__divider__", CUT, "zimbra" },
	{ "data-marker", WHOLE, "__headers__", CUT, "zimbra" },
	{ "data-marker", WHOLE, "__quoted_text__", CITE, "zimbra" },
	{ "data-marker", WHOLE, "__sig_pre__", SIG, "zimbra" },
	{ "data-marker", WHOLE, "__sig_post__", SIG, "zimbra" },
	{ "data-signature-widget", WHOLE, "container", SIG, "mail.ru" },
	{ "data-smartmail", WHOLE, "gmail_signature", SIG, "gmail" },
	{ "type", WHOLE, "cite", CITE, "cite" },
};

static bool
has_word(struct html_span v, const char *word)
{
	const char	*p = v.p, *end = v.p + v.len, *stop;

	for (; p < end; p = stop + 1) {
		for (stop = p; stop < end && !g_ascii_isspace(*stop); stop++)
			;
		if (html_span_is((struct html_span){ p, (size_t)(stop - p) }, word))
			return true;
	}
	return false;
}

static bool
matches(struct html_span v, enum match how, const char *value)
{
	switch (how) {
	case WHOLE:
		return html_span_is(v, value);
	case WORD:
		return has_word(v, value);
	case PREFIX:
		return v.len >= strlen(value) &&
		    g_ascii_strncasecmp(v.p, value, strlen(value)) == 0;
	case PART:
		return contains(v, value);
	}
	return false;
}

/* Does a name end with that word, "acme_quote", "reply-quote"? */
static bool
ends_with_word(struct html_span v, const char *word)
{
	size_t		 n = strlen(word);
	const char	*at = v.p + v.len - n;

	return v.len > n && g_ascii_strncasecmp(at, word, n) == 0 && (at[-1] == '_' || at[-1] == '-');
}

/* Names made by programs we do not know. */
static void
guess_marks(struct html_span name, struct html_span v, struct html_look *look)
{
	if (html_span_is(name, "class") && ends_with_word(v, "quote") && !begins(v, "pull")) {
		look->marks |= BOX;
		look->client = "quote";
	} else if (!html_span_is(name, "name") && ends_with_word(v, "signature")) {
		look->marks |= SIG;
		look->client = "signature";
	}
}

static uint32_t
letter_bit(char c)
{
	return 1u << ((unsigned char)g_ascii_tolower(c) & 31);
}

/* With which letters do the words begin? Most rows need no closer look. */
static uint32_t
initials(struct html_span v)
{
	uint32_t	bits = 0;
	size_t		i;

	for (i = 0; i < v.len; i++)
		if (i == 0 || g_ascii_isspace(v.p[i - 1]))
			bits |= letter_bit(v.p[i]);
	return bits;
}

static void
read_marks(struct html_span name, struct html_span v, struct html_look *look)
{
	const struct mark_row	*r;
	char			 first = g_ascii_tolower(name.p[0]);
	uint32_t		 bits;
	size_t			 i;

	v.len = MIN(v.len, 256);
	bits = initials(v);
	for (i = 0; i < G_N_ELEMENTS(mark_rows); i++) {
		r = &mark_rows[i];
		/* The attributes looked at differ in their first letters, but data-. */
		if (r->attr[0] != first || (first == 'd' && !html_span_is(name, r->attr)) ||
		    (r->match != PART && !(bits & letter_bit(r->value[0]))) ||
		    !matches(v, r->match, r->value))
			continue;
		look->marks |= r->marks;
		if (look->client == NULL)
			look->client = r->client;
	}
	if (look->client == NULL)
		guess_marks(name, v, look);
}

/* Only a block quote becomes a quote by its left border or a bare "cite". */
static void
judge_blockquote(const struct html_token *t, struct html_look *look)
{
	if (t->tag != HTML_BLOCKQUOTE) {
		if (look->client == NULL)
			look->marks &= ~(unsigned)CITE;
		return;
	}
	if (html_token_attr(t, "cite") != NULL || (look->marks & BOX))
		look->marks |= CITE;
	look->marks |= HTML_MARK_INDENT;
}

void
html_look_read(const struct html_token *t, struct html_look *look)
{
	struct html_span	name, v;
	unsigned		i;

	memset(look, 0, sizeof *look);
	for (i = 0; i < t->attrs; i++) {
		name = t->attr[i].name;
		v = t->attr[i].value;
		if (html_span_is(name, "style"))
			read_style(v, look);
		else if (html_span_is(name, "hidden"))
			look->hidden = true;
		else if (html_span_is(name, "class")) {
			look->tight |= v.len >= 3 &&
			    g_ascii_strncasecmp(v.p, "mso", 3) == 0;
			look->hidden |= has_word(v, "preheader");
			read_marks(name, v, look);
		} else if (html_span_is(name, "id") || html_span_is(name, "name") ||
		    html_span_is(name, "type") || (name.len > 8 && begins(name, "data")))
			read_marks(name, v, look);
	}
	judge_blockquote(t, look);
}

static bool
is_tiny(const struct html_span *v)
{
	return v != NULL && v->len > 0 &&
	    (is_zero(*v) || html_span_is(*v, "1") || html_span_is(*v, "1px"));
}

bool
html_look_is_pixel(const struct html_token *t)
{
	return is_tiny(html_token_attr(t, "width")) ||
	    is_tiny(html_token_attr(t, "height"));
}
