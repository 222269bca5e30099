/* SPDX-License-Identifier: ISC */
/*
 * An introduction ends with a colon and names a person, a date, or both.  The
 * words for "wrote" make it certain; without them date and address together
 * do, in whatever language.  How much is asked for depends on what follows:
 * less when quoted lines do, more when everything below would be cut.
 */
#include <string.h>

#include "normalize/quote_words.h"
#include "normalize/trim_reply_intro.h"

#define LINES_MAX	7	/* an introduction may be wrapped into */
#define LENGTH_MAX	400	/* bytes */
#define WORDS_MAX	18	/* that one ever has */

struct clues {
	bool	address;	/* jo@example.com */
	bool	date;		/* a year, or a date in figures */
	bool	time;		/* 10:30 */
	bool	verb;
	bool	prefix;		/* begins as introductions do */
	bool	leading;	/* begins with a date */
	bool	pronoun;	/* "you wrote" */
	bool	closing;	/* ends with a bracket: "<jo@example.com>:" */
	bool	angle;		/* the address in brackets */
	bool	final;		/* the verb or the address comes last */
	bool	named;		/* behind the time stand only names */
	bool	whole;		/* no half of a bracket */
};

static bool
ends_openly(const char *p, size_t len)
{
	while (len > 0 && strchr("*_ \t", p[len - 1]) != NULL)
		len--;
	if (len > 0 && p[len - 1] == ':')
		return true;
	return len > 3 && memcmp(p + len - 3, "：", 3) == 0;
}

/* "---- On Mon ... wrote ----" and "-----Jo wrote: -----" */
static bool
is_dashed(const char *p, size_t len)
{
	return len > 12 && memcmp(p, "--", 2) == 0 && memcmp(p + len - 2, "--", 2) == 0;
}

/* "---- Jo Doe wrote ----": so many dashes are no person's. */
static bool
is_framed(const char *text, size_t len)
{
	return len > 12 && len < 120 && memcmp(text, "----", 4) == 0 &&
	    memcmp(text + len - 4, "----", 4) == 0;
}

/* "2011/4/7 Jo <jo@example.com>": what Gmail once wrote, without a colon. */
static bool
is_postmark(const char *p, size_t len)
{
	return len > 12 && g_ascii_isdigit(p[0]) && g_ascii_isdigit(p[3]) && p[len - 1] == '>';
}

static bool
is_digit(const char *p, const char *end)
{
	return p < end && g_ascii_isdigit(*p);
}

static size_t
count_digits(const char *p, const char *end)
{
	size_t	n = 0;

	while (is_digit(p + n, end))
		n++;
	return n;
}

/* "12.05.2024", "5/12/24", "2024-05-12", behind n digits at p. */
static bool
is_figures(const char *p, const char *end, size_t n)
{
	const char	*q = p + n;
	size_t		 k;

	if (q >= end || strchr("./-", *q) == NULL)
		return false;
	q += 1 + (end - q > 1 && q[1] == ' ');
	if ((k = count_digits(q, end)) == 0 || k > 2)
		return false;
	q += k;
	if (q >= end || strchr("./-", *q) == NULL)
		return false;
	q += 1 + (end - q > 1 && q[1] == ' ');
	k = count_digits(q, end);
	return (n <= 2 && (k == 2 || k == 4)) || (n == 4 && k >= 1 && k <= 2);
}

static void
read_digits(const char *text, const char *p, const char *end, size_t n, struct clues *c)
{
	const char	*q = p + n;
	bool		 year = n == 4 && (memcmp(p, "19", 2) == 0 || memcmp(p, "20", 2) == 0);

	if (year || (n <= 4 && is_figures(p, end, n))) {
		c->date = true;
		c->leading |= p == text;
	}
	if (n <= 2 && end - q >= 3 && strchr(":.h", *q) != NULL &&
	    count_digits(q + 1, end) == 2)
		c->time = true;
	if (n <= 2 && p == text && end - q > 1 && (*q == ' ' || *q == '.'))
		c->leading = true;
}

static void
read_figures(const char *text, size_t len, struct clues *c)
{
	const char	*p = text, *end = text + len;
	int		 open = 0;
	size_t		 n;

	for (; p < end; p++) {
		if (*p == '@' && p > text && p + 1 < end && !g_ascii_isspace(p[-1]) &&
		    !g_ascii_isspace(p[1]))
			c->address = true;
		open += *p == '<';
		c->angle |= *p == '>' && c->address;
		open -= *p == '>';
		if ((n = count_digits(p, end)) > 0) {
			read_digits(text, p, end, n, c);
			p += n - 1;
		}
		if (open < 0)
			break;
	}
	c->whole = open == 0;
	c->closing = len > 2 && strchr(">)]", text[len - 2]) != NULL;
}

/* A prefix is a word: "Am 1. Mai", "在2024", not "Amazon". */
static bool
begins_with_prefix(const char *text, size_t len)
{
	const char	*end = text + MIN(len, 40), *p;

	while (text < end && strchr("-*\"' ", *text) != NULL)
		text++;
	if (text == end)
		return false;
	if ((unsigned char)*text >= 0xE3)
		return quote_begins_any(QUOTE_PREFIX, text, (size_t)(end - text));
	for (p = text; p < end; p++)
		if ((*p == ' ' || (unsigned char)*p == 0xC2 || *p == ',') &&
		    quote_is(QUOTE_PREFIX, text, (size_t)(p - text)))
			return true;
	return quote_is(QUOTE_PREFIX, text, (size_t)(end - text));
}

static bool
ends_with_verb(const char *text, size_t len)
{
	while (len > 0 && strchr(": ", text[len - 1]) != NULL)
		len--;
	return quote_ends_any(QUOTE_VERB, text, len);
}

static bool
ends_with_address(const char *text, size_t len)
{
	size_t	n = len;

	while (n > 0 && text[n - 1] != ' ')
		n--;
	return memchr(text + n, '@', len - n) != NULL;
}

/*
 * "16:07, Jo Doe wrote:", not "10:30 your colleague wrote:": from the time on
 * no word begins with a small letter but the verb and very short ones.
 */
static bool
ends_with_name(const char *text, size_t len)
{
	const char	*end = text + len, *p, *word;

	while (end > text && strchr(": \xA0\xC2", end[-1]) != NULL)
		end--;
	for (p = end; p > text && !(g_ascii_isdigit(p[-1]) && p - text > 3 && strchr(":.h", p[-3]) != NULL); )
		p--;
	while (p < end) {
		while (p < end && strchr(" ,", *p) != NULL)
			p++;
		for (word = p; p < end && *p != ' '; )
			p++;
		if (p - word > 2 && g_unichar_islower(g_utf8_get_char(word)) &&
		    memchr(word, '.', (size_t)(p - word)) == NULL &&
		    !quote_holds_any(QUOTE_VERB, word, (size_t)(p - word)))
			return false;
	}
	return true;
}

/* The words cost more than the figures: they are looked for last. */
static void
read_words(const char *text, size_t len, struct clues *c)
{
	c->prefix = begins_with_prefix(text, len);
	c->verb = quote_holds_any(QUOTE_VERB, text, len);
	c->final = c->verb ? ends_with_verb(text, len) : ends_with_address(text, len);
	c->named = c->verb && c->time && ends_with_name(text, len);
	c->pronoun = c->verb && quote_holds_any(QUOTE_PRONOUN, text, len);
}

/* Enough for quoted lines that follow it. */
static bool
may_lead_quote(const struct clues *c, size_t len, bool is_reply)
{
	if (c->verb)
		return c->date || c->address || c->prefix || len < 100;
	if (c->address && (c->date || c->time || c->prefix))
		return true;
	return is_reply && (c->address || (c->date && (c->time || c->prefix)));
}

/* Enough to cut everything that follows. */
static bool
may_lead_rest(const struct clues *c, bool is_reply)
{
	if (c->pronoun)
		return false;
	/* "Zitat von Jo <jo@example.com>:", "Jo <jo@example.com> writes:" */
	if (is_reply && c->angle && ((c->prefix && c->closing) || (c->verb && c->final)))
		return true;
	/* "On 5 May your colleague wrote:" may be a customer's story. */
	if (c->verb && c->date && (c->address || (c->time && is_reply)))
		return true;
	if (c->verb && c->address && (c->prefix || c->time))
		return true;
	if (is_reply && c->leading && c->date && c->address && (c->closing || (c->time && c->final)))
		return true;
	if (c->verb && c->date && c->time && c->prefix && c->named)
		return true;
	/* Without a verb as programs write it: "On 5 May I wrote to a@b.c:" is prose. */
	return c->date && c->time && c->address &&
	    (c->closing || (c->prefix && c->angle));
}

static bool
is_open(const struct trim_line *l, unsigned depth)
{
	return l->body_len > 0 && l->depth == depth &&
	    (l->kind == TRIM_TEXT || (l->kind == TRIM_QUOTE && (depth > 0 || l->marks != 0)));
}

/* Is what comes behind line at a quote (possibly one only by indentation)? */
static bool
quote_follows(const GArray *lines, size_t at)
{
	size_t			 next = trim_lines_skip_blank(lines, at + 1, lines->len);
	const struct trim_line	*l;

	if (next == lines->len)
		return false;
	l = trim_line_at(lines, next);
	return l->kind == TRIM_QUOTE || (l->marks & HTML_MARK_INDENT);
}

static enum trim_intro
judge(const char *text, size_t len, bool quoted, bool is_reply, struct clues *c)
{
	memset(c, 0, sizeof *c);
	read_figures(text, len, c);
	if (!c->whole || !(quoted || c->date || c->address || is_dashed(text, len)))
		return INTRO_NONE;
	read_words(text, len, c);
	if (is_dashed(text, len) && !c->verb)
		return INTRO_NONE;
	if (is_framed(text, len) && !c->pronoun)
		return quoted ? INTRO_OF_QUOTE : INTRO_OF_REST;
	if (quoted && may_lead_quote(c, len, is_reply))
		return INTRO_OF_QUOTE;
	if (may_lead_rest(c, is_reply) || (is_dashed(text, len) && c->address))
		return quoted ? INTRO_OF_QUOTE : INTRO_OF_REST;
	return INTRO_NONE;
}

/* n digits at p that tell the time, a zone or only a year; not a day. */
static bool
is_no_day(const char *text, const char *p, const char *end, size_t n)
{
	const char	*q = p + n;

	if (p > text && p[-1] == '+')
		return true;
	if (n <= 2 && end - q > 2 && (*q == ':' || *q == '.') && count_digits(q + 1, end) == 2)
		return *q == ':' || end - q == 3 || q[3] == ' ';
	return n == 4 && q < end && (strchr(" ,", *q) != NULL || (*q == '.' && !is_digit(q + 1, end)));
}

/* Words in front of the first day of a date, or -1. */
static int
words_before_date(const char *text, size_t len)
{
	const char	*p = text, *end = text + len;
	int		 words = 0;
	size_t		 n;

	for (; p < end; p++) {
		words += *p == ' ' && p > text && p[-1] != ' ';
		if ((n = count_digits(p, end)) == 0)
			continue;
		if (!is_no_day(text, p, end, n))
			return words;
		while (p + 1 < end && (g_ascii_isdigit(p[1]) ||
		    ((p[1] == ':' || p[1] == '.') && is_digit(p + 2, end))))
			p++;
	}
	return -1;
}

/* "On Tue, 5 Mar", "wt., 5 mar", "2019-03-05": nothing is missing above. */
static bool
opens(const char *text, size_t len, const struct clues *c)
{
	int	words = words_before_date(text, len);

	return words >= 0 && words <= (c->prefix ? 3 : 2);
}

/* "Thanks!", "It works now."; not "Den tirs." */
static bool
ends_sentence(const struct trim_line *l)
{
	size_t	n = l->body_len, word = 0;
	char	last = l->body[n - 1];

	while (word < n - 1 && l->body[n - 2 - word] != ' ')
		word++;
	return last == '!' || last == '?' || (last == '.' && (word > 4 ||
	    (n > 24 && words_before_date(l->body, n) < 0)));
}

static unsigned
count_words(const char *p, size_t len)
{
	unsigned	n = 0;
	size_t		i;

	for (i = 0; i < len; i++)
		n += p[i] != ' ' && (i == 0 || p[i - 1] == ' ');
	return n;
}

static bool
has_digit(const struct trim_line *l)
{
	size_t	i;

	for (i = 0; i < l->body_len; i++)
		if (g_ascii_isdigit(l->body[i]))
			return true;
	return false;
}

static bool
ends_with_comma(const struct trim_line *l)
{
	return l->body[l->body_len - 1] == ',';
}

/*
 * An introduction was found that begins with text: does the line above, or
 * some of the words in it, certainly belong to it too?
 */
static bool
reaches_up(const struct trim_line *above, const char *text, size_t len, const struct clues *c)
{
	bool		prefix = begins_with_prefix(above->body, above->body_len);
	int		date = words_before_date(above->body, above->body_len);

	if (prefix && (date >= 0 ? date <= 4 : count_words(above->body, above->body_len) <= 3))
		return !(c->prefix && opens(text, len, c)) ||
		    (date < 0 && (ends_with_comma(above) || g_ascii_islower(*text)));
	if (date >= 0 && date <= 2 && (!c->date || !opens(text, len, c)))
		return true;
	if (count_words(above->body, above->body_len) > 10)
		return false;
	return (!c->address && memchr(above->body, '@', above->body_len) != NULL) ||
	    (!c->verb && quote_holds_any(QUOTE_VERB, above->body, above->body_len));
}

/* "Jo Doe": two capitals. */
static bool
begins_with_name(const char *text, size_t len)
{
	const char	*blank = memchr(text, ' ', len);

	return blank != NULL && blank + 1 < text + len && g_unichar_isupper(g_utf8_get_char(text)) &&
	    g_unichar_isupper(g_utf8_get_char(blank + 1));
}

/* Nothing above belongs to an introduction that begins so. */
static bool
is_beginning(const char *text, size_t len, const struct clues *c, const struct trim_line *above)
{
	const char	*angle = memchr(text, '<', len);
	unsigned	 words = count_words(above->body, above->body_len);

	if (opens(text, len, c))
		return c->prefix || words > 2 || (words > 1 && ends_with_comma(above));
	if (is_dashed(text, len) || (c->prefix && c->date && c->address))
		return true;
	if (has_digit(above))
		return false;
	if (c->address && *text != '<' && (c->prefix || (c->date && words > 2)))
		return true;
	if (ends_with_comma(above) && words <= 2)
		return true;
	if (angle != NULL && count_words(text, (size_t)(angle - text)) - 2 >= 3)
		return false;
	return begins_with_name(text, angle != NULL ? (size_t)(angle - text) : len);
}

static bool
may_end_intro(const GArray *lines, size_t at, bool quoted)
{
	const struct trim_line	*l = trim_line_at(lines, at);

	return l->body_len <= LENGTH_MAX && (ends_openly(l->body, l->body_len) ||
	    is_dashed(l->body, l->body_len) || (quoted &&
	    (is_postmark(l->body, l->body_len) || ends_with_verb(l->body, l->body_len))));
}

/* The line above k, over the blank one that some put in front of an address. */
static bool
step_up(const GArray *lines, size_t *k, const char *text)
{
	if (*k > 1 && *text == '<' && trim_line_is_blank(trim_line_at(lines, *k - 1)))
		--*k;
	if (*k == 0)
		return false;
	--*k;
	return true;
}

/* The lines from k to at, as one text. */
struct passage {
	GString			*text;
	size_t			 k;
	enum trim_intro		 found;
	struct clues		 clues;
	bool			 unsure;	/* whether all of it is introduction */
};

static bool
join_line(struct passage *p, const GArray *lines, size_t at)
{
	const struct trim_line	*l = trim_line_at(lines, p->k);

	if (!is_open(l, 0) || l->body_len + p->text->len > LENGTH_MAX ||
	    (p->k < at && ends_openly(l->body, l->body_len)))
		return false;
	if (p->found != INTRO_NONE && reaches_up(l, p->text->str, p->text->len - 1, &p->clues))
		p->unsure = false;
	else if (p->found != INTRO_NONE) {
		if (ends_sentence(l) || is_beginning(p->text->str, p->text->len - 1, &p->clues, l))
			return false;
		p->unsure = true;
	}
	g_string_prepend_c(p->text, ' ');
	g_string_prepend_len(p->text, l->body, (gssize)l->body_len);
	return true;
}

/* A short paragraph whose last words are an introduction is one from its top. */
static bool
is_whole_paragraph(const struct passage *p, const GArray *lines)
{
	return (p->k == 0 || trim_line_is_blank(trim_line_at(lines, p->k - 1))) &&
	    count_words(p->text->str, p->text->len) <= WORDS_MAX;
}

enum trim_intro
trim_intro_find(const GArray *lines, size_t at, bool is_reply, size_t *first)
{
	bool		quoted = quote_follows(lines, at);
	struct passage	p = { NULL, at, INTRO_NONE, { 0 }, false };
	enum trim_intro	now;
	unsigned	n;

	if (!may_end_intro(lines, at, quoted))
		return INTRO_NONE;
	p.text = g_string_new(NULL);
	for (n = 0; n < LINES_MAX && join_line(&p, lines, at); n++) {
		now = judge(p.text->str, p.text->len - 1, quoted, is_reply, &p.clues);
		if (now != INTRO_NONE && (!p.unsure || is_whole_paragraph(&p, lines))) {
			p.found = p.found == INTRO_NONE ? now : MIN(p.found, now);
			*first = p.k;
			p.unsure = false;
		}
		if (!step_up(lines, &p.k, p.text->str))
			break;
	}
	g_string_free(p.text, TRUE);
	return p.found;
}

bool
trim_intro_in_quote(const GArray *lines, size_t at)
{
	const struct trim_line	*l = trim_line_at(lines, at);
	unsigned		 depth = l->depth;
	g_autoptr(GString)	 text = g_string_new(NULL);
	struct clues		 c;
	size_t			 k;

	for (k = at; k < MIN(lines->len, at + LINES_MAX); k++) {
		l = trim_line_at(lines, k);
		if (!is_open(l, depth) || l->body_len + text->len > LENGTH_MAX)
			break;
		g_string_append_len(text, l->body, (gssize)l->body_len);
		if (ends_openly(l->body, l->body_len))
			return judge(text->str, text->len, true, false, &c) != INTRO_NONE &&
			    (c.date || c.address);
		g_string_append_c(text, ' ');
	}
	return false;
}
