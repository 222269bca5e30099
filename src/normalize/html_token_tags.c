/* SPDX-License-Identifier: ISC */
/*
 * The elements, one row each in the order of enum html_tag, which is the
 * order of the alphabet.
 */
#include <glib.h>
#include <string.h>

#include "normalize/html_token.h"

struct tag_row {
	const char	*name;
	unsigned	 traits;
};

#define BLOCK	HTML_BLOCK
#define PARA	(HTML_BLOCK | HTML_PARA)
#define SCOPE	HTML_SCOPE

static const struct tag_row rows[HTML_TAGS] = {
	[HTML_OTHER] = { "", 0 },
	[HTML_A] = { "a", 0 },
	[HTML_ADDRESS] = { "address", BLOCK },
	[HTML_APPLET] = { "applet", SCOPE | HTML_UNSEEN },
	[HTML_AREA] = { "area", HTML_VOID },
	[HTML_ARTICLE] = { "article", BLOCK },
	[HTML_ASIDE] = { "aside", BLOCK },
	[HTML_AUDIO] = { "audio", HTML_UNSEEN },
	[HTML_B] = { "b", 0 },
	[HTML_BASE] = { "base", HTML_VOID },
	[HTML_BLOCKQUOTE] = { "blockquote", BLOCK },
	[HTML_BODY] = { "body", BLOCK },
	[HTML_BR] = { "br", HTML_VOID },
	[HTML_BUTTON] = { "button", 0 },
	[HTML_CAPTION] = { "caption", BLOCK | SCOPE },
	[HTML_CENTER] = { "center", BLOCK },
	[HTML_CODE] = { "code", 0 },
	[HTML_COL] = { "col", HTML_VOID },
	[HTML_COLGROUP] = { "colgroup", 0 },
	[HTML_DD] = { "dd", BLOCK },
	[HTML_DETAILS] = { "details", BLOCK },
	[HTML_DIR] = { "dir", BLOCK },
	[HTML_DIV] = { "div", BLOCK },
	[HTML_DL] = { "dl", PARA },
	[HTML_DT] = { "dt", BLOCK },
	[HTML_EM] = { "em", 0 },
	[HTML_EMBED] = { "embed", HTML_VOID },
	[HTML_FIELDSET] = { "fieldset", BLOCK },
	[HTML_FIGCAPTION] = { "figcaption", BLOCK },
	[HTML_FIGURE] = { "figure", BLOCK },
	[HTML_FONT] = { "font", 0 },
	[HTML_FOOTER] = { "footer", BLOCK },
	[HTML_FORM] = { "form", BLOCK },
	[HTML_FRAME] = { "frame", HTML_VOID },
	[HTML_FRAMESET] = { "frameset", 0 },
	[HTML_H1] = { "h1", PARA },
	[HTML_H2] = { "h2", PARA },
	[HTML_H3] = { "h3", PARA },
	[HTML_H4] = { "h4", PARA },
	[HTML_H5] = { "h5", PARA },
	[HTML_H6] = { "h6", PARA },
	[HTML_HEAD] = { "head", BLOCK },
	[HTML_HEADER] = { "header", BLOCK },
	[HTML_HR] = { "hr", HTML_VOID | BLOCK },
	[HTML_HTML] = { "html", BLOCK },
	[HTML_I] = { "i", 0 },
	[HTML_IFRAME] = { "iframe", HTML_RAW | HTML_UNSEEN },
	[HTML_IMG] = { "img", HTML_VOID },
	[HTML_INPUT] = { "input", HTML_VOID },
	[HTML_INS] = { "ins", 0 },
	[HTML_LEGEND] = { "legend", BLOCK },
	[HTML_LI] = { "li", BLOCK },
	[HTML_LINK] = { "link", HTML_VOID },
	[HTML_LISTING] = { "listing", PARA },
	[HTML_MAIN] = { "main", BLOCK },
	[HTML_MATH] = { "math", SCOPE | HTML_UNSEEN },
	[HTML_MENU] = { "menu", BLOCK },
	[HTML_META] = { "meta", HTML_VOID },
	[HTML_NAV] = { "nav", BLOCK },
	[HTML_NOEMBED] = { "noembed", HTML_RAW | HTML_UNSEEN },
	[HTML_NOFRAMES] = { "noframes", HTML_RAW | HTML_UNSEEN },
	[HTML_NOSCRIPT] = { "noscript", 0 },
	[HTML_OBJECT] = { "object", SCOPE },
	[HTML_OL] = { "ol", BLOCK },
	[HTML_OPTGROUP] = { "optgroup", BLOCK },
	[HTML_OPTION] = { "option", BLOCK },
	[HTML_P] = { "p", PARA },
	[HTML_PARAM] = { "param", HTML_VOID },
	[HTML_PLAINTEXT] = { "plaintext", BLOCK },
	[HTML_PRE] = { "pre", PARA },
	[HTML_S] = { "s", 0 },
	[HTML_SCRIPT] = { "script", HTML_RAW | HTML_UNSEEN },
	[HTML_SECTION] = { "section", BLOCK },
	[HTML_SELECT] = { "select", HTML_UNSEEN },
	[HTML_SOURCE] = { "source", HTML_VOID },
	[HTML_SPAN] = { "span", 0 },
	[HTML_STRIKE] = { "strike", 0 },
	[HTML_STRONG] = { "strong", 0 },
	[HTML_STYLE] = { "style", HTML_RAW | HTML_UNSEEN },
	[HTML_SUMMARY] = { "summary", BLOCK },
	[HTML_SVG] = { "svg", SCOPE | HTML_UNSEEN },
	[HTML_TABLE] = { "table", BLOCK | SCOPE },
	[HTML_TBODY] = { "tbody", BLOCK },
	[HTML_TD] = { "td", SCOPE },
	[HTML_TEMPLATE] = { "template", SCOPE | HTML_UNSEEN },
	[HTML_TEXTAREA] = { "textarea", HTML_RAW },
	[HTML_TFOOT] = { "tfoot", BLOCK },
	[HTML_TH] = { "th", SCOPE },
	[HTML_THEAD] = { "thead", BLOCK },
	[HTML_TITLE] = { "title", HTML_RAW | HTML_UNSEEN },
	[HTML_TR] = { "tr", BLOCK },
	[HTML_TRACK] = { "track", HTML_VOID },
	[HTML_U] = { "u", 0 },
	[HTML_UL] = { "ul", BLOCK },
	[HTML_VIDEO] = { "video", HTML_UNSEEN },
	[HTML_WBR] = { "wbr", HTML_VOID },
	[HTML_XMP] = { "xmp", PARA | HTML_RAW },
};

#define TAG_NAME_MAX	10	/* "blockquote", "figcaption" */

bool
html_span_is(struct html_span s, const char *text)
{
	size_t	i;

	for (i = 0; i < s.len; i++)
		if (s.p[i] != text[i] &&
		    (text[i] == '\0' || (s.p[i] | 0x20) != text[i] || !g_ascii_isupper(s.p[i])))
			return false;
	return text[i] == '\0';
}

enum html_tag
html_tag_find(struct html_span name)
{
	int	lo = 1, hi = HTML_TAGS - 1, mid, order;
	char	key[TAG_NAME_MAX + 1];
	size_t	i;

	if (name.len == 0 || name.len > TAG_NAME_MAX)
		return HTML_OTHER;
	for (i = 0; i < name.len; i++)
		key[i] = g_ascii_tolower(name.p[i]);
	key[i] = '\0';
	while (lo <= hi) {
		mid = (lo + hi) / 2;
		order = key[0] - rows[mid].name[0];
		if (order == 0 && (order = strcmp(key, rows[mid].name)) == 0)
			return (enum html_tag)mid;
		if (order < 0)
			hi = mid - 1;
		else
			lo = mid + 1;
	}
	return HTML_OTHER;
}

const char *
html_tag_name(enum html_tag tag)
{
	return rows[tag].name;
}

unsigned
html_tag_traits(enum html_tag tag)
{
	return rows[tag].traits;
}
