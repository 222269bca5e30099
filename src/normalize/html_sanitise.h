/* SPDX-License-Identifier: ISC */
/*
 * normalize/html_sanitise.h - a stranger's HTML as little, harmless HTML for
 * agents' screens.
 *
 * Nothing of the input is copied as markup: it is cut into tokens, and what
 * an allow-list knows is written anew, well-formed, with every character of
 * text and attributes escaped.  So any parser reads the result the same way,
 * and sanitising it again changes nothing.
 *
 *	elements	p br div span b strong i em u s a img ul ol li table thead
 *			tbody tr td th blockquote pre code h1..h6 hr
 *	attributes	href (http, https, mailto, tel), title, alt, colspan,
 *			rowspan, start, value (of a list's item), dir, lang; src only of pictures in the mail (cid:)
 *
 * No style, class, id or handler survives, no remote picture, nothing that
 * the sender hid; links open elsewhere and tell nothing about us.
 *
 * Linear in time, no recursion.  Used by from_mime; fuzzed by
 * tests/fuzz/fuzz_html_sanitise.c.
 */
#ifndef NORMALIZE_HTML_SANITISE_H
#define NORMALIZE_HTML_SANITISE_H

#include <stddef.h>

/* Valid UTF-8 in and out; g_free() the result. */
char	*html_sanitise(const char *utf8, size_t len);

#endif
