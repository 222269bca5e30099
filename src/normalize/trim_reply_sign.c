/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "normalize/quote_words.h"
#include "normalize/trim_reply_sign.h"

#define SIGNATURE_MAX	25	/* lines; what is longer is no signature */
#define FOOTER_MAX	12	/* lines that programs put under a mail */
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
	return l->depth == 0 && (is_line(l, "- --") || (l->body_len == 2 && memcmp(l->body, "--", 2) == 0) ||
	    (l->body_len == 3 && memcmp(l->body, "—", 3) == 0));
}

static bool
is_device(const struct trim_line *l)
{
	const char	*p = l->body;
	size_t		 n = l->body_len;

	if (n == 0 || n > DEVICE_MAX + 60)
		return false;
	while (n > 0 && strchr("*_[(<>\"-~ ", *p) != NULL)
		p++, n--;
	if (memchr(p, '<', n) != NULL)		/* the link behind it */
		n = (size_t)((const char *)memchr(p, '<', n) - p);
	while (n > 0 && strchr("*_])<>.\"-~ ", p[n - 1]) != NULL)
		n--;
	/* "Sent via DHL" is news, "Sent via my phone" is not. */
	return n > 0 && n <= DEVICE_MAX && (quote_begins_any(QUOTE_DEVICE, p, n) ||
	    quote_ends_any(QUOTE_DEVICE_END, p, n)) &&
	    quote_contains_any(QUOTE_DEVICE_NAME, l->body, l->body_len);
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

void
trim_sign_mark(const GArray *lines, size_t from, size_t to)
{
	size_t	i, words = 0;
	bool	last = true;

	for (i = to; i > from && words <= SIGNATURE_MAX; i--) {
		if (trim_line_is_blank(trim_line_at(lines, i - 1)) || trim_line_at(lines, i - 1)->kind == TRIM_SIGNATURE)
			continue;
		if ((is_delimiter(trim_line_at(lines, i - 1)) && !divides(lines, i - 1, from, to)) ||
		    (words <= FOOTER_MAX && is_footer(lines, i - 1, to)) ||
		    (last && is_device(trim_line_at(lines, i - 1)))) {
			trim_lines_set(lines, i - 1, to, TRIM_SIGNATURE);
			to = i - 1;
			continue;
		}
		if (trim_line_at(lines, i - 1)->marks & HTML_MARK_SIGNATURE) {
			trim_line_at(lines, i - 1)->kind = TRIM_SIGNATURE;
			continue;
		}
		last = false;
		words++;
	}
}
