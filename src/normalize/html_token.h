/* SPDX-License-Identifier: ISC */
/*
 * normalize/html_token.h - cuts HTML into tags and text, in one pass.
 *
 * For strangers' HTML: linear in time whatever comes, no memory of its own,
 * no recursion.  Tokens point into the input.  It follows the browsers'
 * tokenizer where that matters for what the reader sees (quotes in tags, raw
 * text of script and style, the many ways to end a comment), and is kinder
 * where a browser would swallow the rest of the mail: an unclosed comment or
 * quote ends at the next '>', "<name@host>" and "<https://...>" are text.
 *
 * Entities in text and attribute values are left as written; see
 * normalize/html_entities.h.
 *
 * Used by html_text and html_sanitise; fuzzed with both.
 */
#ifndef NORMALIZE_HTML_TOKEN_H
#define NORMALIZE_HTML_TOKEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The elements somebody has to tell apart; all others are HTML_OTHER. */
enum html_tag {
	HTML_OTHER = 0,
	HTML_A, HTML_ADDRESS, HTML_APPLET, HTML_AREA, HTML_ARTICLE, HTML_ASIDE,
	HTML_AUDIO, HTML_B, HTML_BASE, HTML_BLOCKQUOTE, HTML_BODY, HTML_BR,
	HTML_BUTTON, HTML_CAPTION, HTML_CENTER, HTML_CODE, HTML_COL,
	HTML_COLGROUP, HTML_DD, HTML_DETAILS, HTML_DIR, HTML_DIV, HTML_DL,
	HTML_DT, HTML_EM, HTML_EMBED, HTML_FIELDSET, HTML_FIGCAPTION,
	HTML_FIGURE, HTML_FONT, HTML_FOOTER, HTML_FORM, HTML_FRAME,
	HTML_FRAMESET, HTML_H1, HTML_H2, HTML_H3, HTML_H4, HTML_H5, HTML_H6,
	HTML_HEAD, HTML_HEADER, HTML_HR, HTML_HTML, HTML_I, HTML_IFRAME,
	HTML_IMG, HTML_INPUT, HTML_INS, HTML_LEGEND, HTML_LI, HTML_LINK,
	HTML_LISTING, HTML_MAIN, HTML_MATH, HTML_MENU, HTML_META, HTML_NAV,
	HTML_NOEMBED, HTML_NOFRAMES, HTML_NOSCRIPT, HTML_OBJECT, HTML_OL,
	HTML_OPTGROUP, HTML_OPTION, HTML_P, HTML_PARAM, HTML_PLAINTEXT,
	HTML_PRE, HTML_S, HTML_SCRIPT, HTML_SECTION, HTML_SELECT, HTML_SOURCE,
	HTML_SPAN, HTML_STRIKE, HTML_STRONG, HTML_STYLE, HTML_SUMMARY, HTML_SVG,
	HTML_TABLE, HTML_TBODY, HTML_TD, HTML_TEMPLATE, HTML_TEXTAREA,
	HTML_TFOOT, HTML_TH, HTML_THEAD, HTML_TITLE, HTML_TR, HTML_TRACK,
	HTML_U, HTML_UL, HTML_VIDEO, HTML_WBR, HTML_XMP,
	HTML_TAGS
};

enum html_trait {
	HTML_VOID = 1,		/* has no content and no end tag */
	HTML_BLOCK = 2,		/* begins and ends a line */
	HTML_PARA = 4,		/* has a blank line around it */
	HTML_RAW = 8,		/* its content is text up to its end tag */
	HTML_UNSEEN = 16,	/* nothing in it is shown to the reader */
	HTML_SCOPE = 32		/* end tags inside do not close what is outside */
};

enum html_kind { HTML_TEXT, HTML_START, HTML_END, HTML_COMMENT };

struct html_span {
	const char	*p;
	size_t		 len;
};

struct html_attr {
	struct html_span	name;	/* as written, any case */
	struct html_span	value;	/* without quotes; empty if there is none */
};

/* More attributes than this are read over: nobody honest writes them. */
#define HTML_ATTRS_MAX	32

struct html_token {
	enum html_kind		 kind;
	enum html_tag		 tag;
	struct html_span	 name;	/* of a tag, as written */
	struct html_span	 text;	/* of text or comment */
	bool			 raw;	/* entities in text mean nothing */
	unsigned		 attrs;
	struct html_attr	 attr[HTML_ATTRS_MAX];
};

struct html_lexer {
	const char	*p, *end;
	enum html_tag	 inside;	/* the raw text element we are in, and */
	const char	*raw_end;	/* where it ends */
	bool		 comments_open;	/* no comment is closed from here on */
	bool		 quotes_open;	/* a quote in a tag was never closed */
	bool		 raw_open;	/* a title or textarea was never closed */
	bool		 tags_over;	/* there is no '>' any more */
};

void	html_token_init(struct html_lexer *, const char *html, size_t len);

/* The next token, or false at the end. */
bool	html_token_next(struct html_lexer *, struct html_token *);

/* The value of the first attribute of that (lower-case) name, or NULL. */
const struct html_span	*html_token_attr(const struct html_token *, const char *name);

/* Compare ignoring the case of ASCII; text is NUL-terminated lower case. */
bool	html_span_is(struct html_span, const char *text);

enum html_tag	 html_tag_find(struct html_span name);
const char	*html_tag_name(enum html_tag);		/* "" for HTML_OTHER */
unsigned	 html_tag_traits(enum html_tag);

#endif
