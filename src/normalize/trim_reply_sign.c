/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "normalize/quote_words.h"
#include "normalize/trim_reply_sign.h"

#define SIGNATURE_MAX	25	/* lines; what is longer is no signature */
#define FOOTER_MAX	30	/* lines that programs and lawyers put under a mail */
#define CONTACTS_MAX	8	/* lines that say who writes, below a rule */
#define CONTACT_MAX	100	/* bytes of one */
#define SIGNED_MAX	40	/* bytes of "- Jo Doe" */
#define BANNER_MAX	8	/* lines of a warning */
#define ARMOUR_HEAD	5	/* lines above a signed text */
#define ARMOUR_MAX	60	/* lines of a PGP signature */
#define DIVIDED_MAX	50	/* lines around that are looked at */
#define LIST_MAX	4	/* lines below a rule that name a mailing list */
#define DEVICE_MAX	90	/* bytes of "sent from my ..." */

static bool
is_line(const struct trim_line *l, const char *words)
{
	return l->body_len == strlen(words) && memcmp(l->body, words, l->body_len) == 0;
}

/*
 * What PGP puts around a text it signed: two lines and a blank above, the
 * signature below.  Without its end a signature is none: no word is lost.
 */
void
trim_sign_armour(const GArray *lines)
{
	size_t	i, end;

	for (i = 0; i < lines->len; i++) {
		if (is_line(trim_line_at(lines, i), "-----BEGIN PGP SIGNED MESSAGE-----")) {
			for (end = i + 1; end < lines->len && end < i + ARMOUR_HEAD &&
			    !trim_line_is_blank(trim_line_at(lines, end)); end++)
				continue;
			trim_lines_set(lines, i, end, TRIM_SIGNATURE);
		} else if (is_line(trim_line_at(lines, i), "-----BEGIN PGP SIGNATURE-----")) {
			for (end = i + 1; end < lines->len && end < i + ARMOUR_MAX &&
			    !is_line(trim_line_at(lines, end), "-----END PGP SIGNATURE-----"); end++)
				continue;
			if (end == lines->len || end == i + ARMOUR_MAX)
				continue;
			trim_lines_set(lines, i, end + 1, TRIM_SIGNATURE);
			i = end;
		}
	}
}

static bool
is_delimiter(const struct trim_line *l)
{
	return l->depth == 0 && (is_line(l, "- --") || is_line(l, "--") || is_line(l, "—") ||
	    is_line(l, "__"));
}

/* Nothing but one kind of dash: "---", "______", "=====". */
static bool
is_rule(const struct trim_line *l)
{
	size_t	n = 0;

	if (l->body_len < 3 || strchr("-_=*~+", l->body[0]) == NULL)
		return (l->marks & HTML_MARK_RULE) != 0;
	while (n < l->body_len && l->body[n] == l->body[0])
		n++;
	return n == l->body_len;
}

/* "Sent from my phone", without its link, its stars and brackets. */
static bool
is_device_text(const char *from, size_t len)
{
	const char	*p = from, *link;
	size_t		 n = len;

	if (n == 0 || n > DEVICE_MAX + 60)
		return false;
	while (n > 0 && strchr("*_[(<>\"-~ ", *p) != NULL)
		p++, n--;
	if ((link = memchr(p, '<', n)) != NULL)
		n = (size_t)(link - p);
	while (n > 0 && strchr("*_])<>.!\"-~ ", p[n - 1]) != NULL)
		n--;
	/* "Sent via DHL" is news, "Sent via my phone" is not. */
	return n > 0 && n <= DEVICE_MAX && (quote_begins_any(QUOTE_DEVICE, p, n) ||
	    quote_ends_any(QUOTE_DEVICE_END, p, n)) &&
	    quote_contains_any(QUOTE_DEVICE_NAME, p, len - (size_t)(p - from)) &&
	    !quote_holds_any(QUOTE_TELLS, p, n);
}

/* Device lines are wrapped, too: which line does the one that ends here begin at? */
static bool
is_device(const GArray *lines, size_t i, size_t from, size_t *first)
{
	const struct trim_line	*l = trim_line_at(lines, i);
	g_autofree char		*both = NULL;

	*first = i;
	if (is_device_text(l->body, l->body_len))
		return true;
	if (i == from || (l - 1)->body_len == 0 ||
	    (l - 1)->body_len + l->body_len > DEVICE_MAX + 60)
		return false;
	*first = i - 1;
	if (!quote_begins_any(QUOTE_DEVICE, (l - 1)->body, (l - 1)->body_len))
		return false;
	both = g_strdup_printf("%.*s %.*s", (int)(l - 1)->body_len, (l - 1)->body,
	    (int)l->body_len, l->body);
	return is_device_text(both, strlen(both));
}

static bool
speaks_of_list(const struct trim_line *l)
{
	size_t	i;

	for (i = 0; i + 4 <= l->body_len; i++)
		if (g_ascii_strncasecmp(l->body + i, "list", 4) == 0)
			return true;
	return false;
}

/*
 * A mailing list's or virus scanner's lines under a mail.  A rule alone says
 * nothing, forms are full of them; the list's name must be below it.
 */
static bool
is_footer(const GArray *lines, size_t i, size_t end)
{
	const struct trim_line	*l = trim_line_at(lines, i);
	size_t			 n = 0, k;

	if (quote_begins_any(QUOTE_FOOTER, l->body, l->body_len))
		return true;
	if (i > 0 && quote_begins_any(QUOTE_DISCLAIMER, l->body, l->body_len))
		return trim_line_is_blank(l - 1) || is_rule(l - 1) || (l - 1)->kind == TRIM_SIGNATURE;
	while (n < l->body_len && l->body[n] == '_')
		n++;
	if (n < 20 || n < l->body_len)
		return false;
	for (k = i + 1; k < MIN(end, i + LIST_MAX); k++)
		if (speaks_of_list(trim_line_at(lines, k)))
			return true;
	return false;
}

/*
 * Some divide their questions with "--", which is a signature's line only
 * with a blank behind it: then it must at least stand below an empty line.
 */
static bool
divides(const GArray *lines, size_t i, size_t from, size_t to)
{
	unsigned	n = 0;
	size_t		k = MAX(from, i - MIN(i, DIVIDED_MAX)), end = MIN(to, i + DIVIDED_MAX);

	if (trim_line_at(lines, i)->len != 2)
		return false;
	for (; k < end && n < 2; k++)
		n += trim_line_at(lines, k)->len == 2 && is_delimiter(trim_line_at(lines, k));
	return n > 1 && i > from && !trim_line_is_blank(trim_line_at(lines, i - 1));
}

/* "Jo Doe", "ACME Inc. | +1 555 0100", "jo@example.com": no sentence. */
static bool
is_contact(const struct trim_line *l, bool *certain)
{
	size_t		i;
	unsigned	words = 1, digits = 0, commas = 0;
	bool		says_where;

	if (l->body_len > CONTACT_MAX || strchr("?!:", l->body[l->body_len - 1]) != NULL)
		return false;
	for (i = 0; i < l->body_len; i++) {
		words += l->body[i] == ' ';
		digits += g_ascii_isdigit(l->body[i]);
		commas += l->body[i] == ',';
	}
	says_where = memchr(l->body, '@', l->body_len) != NULL || (digits >= 7 && commas == 0) ||
	    memmem(l->body, l->body_len, " | ", 3) != NULL ||
	    memmem(l->body, l->body_len, "www.", 4) != NULL;
	*certain |= says_where;
	return words <= (says_where ? 12 : 5) && (says_where || l->body[l->body_len - 1] != '.');
}

/* A capital and no figure in the first word, or an address. */
static bool
begins_with_name(const struct trim_line *l)
{
	size_t	i;

	if (memchr(l->body, '@', l->body_len) != NULL)
		return true;
	for (i = 0; i < l->body_len && l->body[i] != ' '; i++)
		if (g_ascii_isdigit(l->body[i]))
			return false;
	return g_unichar_isupper(g_utf8_get_char(l->body)) || (unsigned char)l->body[0] >= 0xE3;
}

/* Below a rule only lines that say who writes: a name, a firm, a number. */
static bool
is_ruled_signature(const GArray *lines, size_t at, size_t to)
{
	const struct trim_line	*l;
	bool			 certain = false;
	unsigned		 n = 0;
	size_t			 i = trim_lines_skip_blank(lines, at + 1, to);

	/* Below words it underlines a heading. */
	if (!is_rule(trim_line_at(lines, at)) || i == to || !begins_with_name(trim_line_at(lines, i)) ||
	    at == 0 || !trim_line_is_blank(trim_line_at(lines, at - 1)) ||
	    (trim_line_at(lines, at)->marks == 0 && strchr("-_", *trim_line_at(lines, at)->body) == NULL))
		return false;
	for (i = at + 1; i < to; i++) {
		l = trim_line_at(lines, i);
		if (trim_line_is_blank(l) || l->kind == TRIM_SIGNATURE)
			continue;
		if (++n > CONTACTS_MAX || !is_contact(l, &certain))
			return false;
	}
	return n > 0 && certain;
}

/* "-Jo", "— Jo", "- Jo Doe" below an empty line, and nothing else. */
static bool
is_dashed_name(const struct trim_line *l)
{
	const char	*p = l->body, *end = p + l->body_len;
	bool		 wide = l->body_len > 3 && (memcmp(p, "—", 3) == 0 || memcmp(p, "–", 3) == 0);
	bool		 blank;
	unsigned	 words = 0;

	if (l->body_len > SIGNED_MAX || (!wide && *p != '-' && *p != '~'))
		return false;
	p += wide ? 3 : 1;
	for (blank = *p == ' '; p < end && *p == ' '; )
		p++;
	for (; p < end; words++) {
		if (!g_unichar_isupper(g_utf8_get_char(p)))
			return false;
		while (p < end && *p != ' ') {
			gunichar	c = g_utf8_get_char(p);

			if (!g_unichar_isalpha(c) && c != '.' && c != '-' && c != '\'')
				return false;
			p = g_utf8_next_char(p);
		}
		while (p < end && *p == ' ')
			p++;
	}
	return words > (!wide && blank) && words <= 3;
}

/* Stands anything above line i but blank lines and footers? */
static bool
has_words_above(const GArray *lines, size_t i)
{
	for (; i > 0; i--)
		if (!trim_line_is_blank(trim_line_at(lines, i - 1)) &&
		    trim_line_at(lines, i - 1)->kind != TRIM_SIGNATURE)
			return true;
	return false;
}

/* Warnings that a company's server puts into what comes from outside. */
static void
mark_banners(const GArray *lines, size_t from, size_t to)
{
	const struct trim_line	*l;
	size_t			 i, end;

	for (i = from; i < to; i++) {
		l = trim_line_at(lines, i);
		if ((i > from && !trim_line_is_blank(l - 1)) ||
		    !quote_begins_any(QUOTE_BANNER, l->body, l->body_len))
			continue;
		for (end = i; end < to && end < i + BANNER_MAX &&
		    !trim_line_is_blank(trim_line_at(lines, end)); end++)
			trim_line_at(lines, end)->kind = TRIM_SIGNATURE;
	}
}

/* What begins a signature at line i, when n lines stand below it? */
static bool
begins_signature(const GArray *lines, size_t i, size_t from, size_t to, size_t n)
{
	const struct trim_line	*l = trim_line_at(lines, i);

	if (is_delimiter(l))
		return !divides(lines, i, from, to);
	if (n <= FOOTER_MAX && is_footer(lines, i, to))
		return has_words_above(lines, i);
	if (n <= CONTACTS_MAX && is_ruled_signature(lines, i, to))
		return has_words_above(lines, i);
	return n == 0 && i > from && trim_line_is_blank(l - 1) && is_dashed_name(l) &&
	    has_words_above(lines, i);
}

void
trim_sign_mark(const GArray *lines, size_t from, size_t to)
{
	struct trim_line	*l;
	size_t			 i, words = 0, first;
	bool			 above = false;	/* the line below is a signature's first */

	mark_banners(lines, from, to);
	for (i = to; i > from && words <= SIGNATURE_MAX; i--) {
		l = trim_line_at(lines, i - 1);
		if (trim_line_is_blank(l) || l->kind == TRIM_SIGNATURE)
			continue;
		first = i - 1;
		if (begins_signature(lines, i - 1, from, to, words) || (above && is_rule(l)) ||
		    (words == 0 && is_device(lines, i - 1, from, &first))) {
			trim_lines_set(lines, first, to, TRIM_SIGNATURE);
			to = first;
			i = first + 1;
			above = true;
			words = 0;
			continue;
		}
		above = false;
		if (l->marks & HTML_MARK_SIGNATURE)
			l->kind = TRIM_SIGNATURE;
		else
			words++;
	}
}
