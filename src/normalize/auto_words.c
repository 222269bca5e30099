/* SPDX-License-Identifier: ISC */
#include "normalize/auto_words.h"

#include <glib.h>
#include <string.h>

#include "normalize/auto_phrases.h"
#include "normalize/phrase.h"

#define BODY_LOOK	3000	/* bytes of a text that are looked at */

static bool
is_word(gunichar c)
{
	return g_unichar_isalnum(c) || g_unichar_ismark(c);
}

/* Latin and Greek lose their accents; elsewhere a mark is part of the letter. */
static bool
drops_marks(gunichar c)
{
	GUnicodeScript	 script = g_unichar_get_script(c);

	return script == G_UNICODE_SCRIPT_LATIN || script == G_UNICODE_SCRIPT_GREEK;
}

static const char *
plain_spelling(gunichar c)
{
	switch (c) {
	case 0x131: return "i";
	case 0x111: return "d";
	case 0x142: return "l";
	case 0xf8: return "o";
	case 0xe6: return "ae";
	case 0x2010: case 0x2011: case 0x2012: case 0x2013: case 0x2014: case 0x2015:
	case 0x2212: return "-";
	case 0x2018: case 0x2019: case 0x201a: case 0x2032: case 0xb4: case 0x60: return "'";
	case 0x201c: case 0x201d: case 0x201e: case 0xab: case 0xbb: return "\"";
	}
	return NULL;
}

/* Appends decomposed, folded text without the accents that do not count. */
static void
append_plain(GString *out, const char *decomposed)
{
	bool	 drop = false;

	for (const char *p = decomposed; *p != '\0'; p = g_utf8_next_char(p)) {
		gunichar	 c = g_utf8_get_char(p);
		const char	*plain = plain_spelling(c);
		GUnicodeType	 type = g_unichar_type(c);

		if (g_unichar_ismark(c)) {
			if (!drop)
				g_string_append_unichar(out, c);
			continue;
		}
		if (type == G_UNICODE_FORMAT)
			continue;
		drop = drops_marks(c);
		if (plain != NULL)
			g_string_append(out, plain);
		else if (g_unichar_isspace(c) || type == G_UNICODE_CONTROL)
			g_string_append_c(out, ' ');
		else
			g_string_append_unichar(out, c);
	}
}

static void
squeeze_blanks(char *s)
{
	char	*to = s;

	for (const char *from = s; *from != '\0'; from++)
		if (*from != ' ' || (to > s && to[-1] != ' '))
			*to++ = *from;
	if (to > s && to[-1] == ' ')
		to--;
	*to = '\0';
}

/* The same for ASCII, which is most of all text: none of the tables matter. */
static char *
fold_ascii(const char *text, size_t len)
{
	char	*s = g_ascii_strdown(text, (gssize)len);

	for (char *p = s; *p != '\0'; p++) {
		if (g_ascii_iscntrl(*p))
			*p = ' ';
		else if (*p == '`')
			*p = '\'';
	}
	squeeze_blanks(s);
	return s;
}

static bool
is_ascii(const char *text, size_t len)
{
	for (size_t i = 0; i < len && text[i] != '\0'; i++)
		if ((text[i] & 0x80) != 0)
			return false;
	return true;
}

char *
auto_words_fold(const char *utf8, size_t len)
{
	if (is_ascii(utf8, len))
		return fold_ascii(utf8, len);

	g_autofree char	*valid = g_utf8_make_valid(utf8, (gssize)len);
	g_autofree char	*wide = g_utf8_normalize(valid, -1, G_NORMALIZE_ALL);
	g_autofree char	*folded = g_utf8_casefold(wide, -1);
	g_autofree char	*parts = g_utf8_normalize(folded, -1, G_NORMALIZE_ALL);
	g_autoptr(GString) plain = g_string_sized_new(strlen(parts));
	char		*whole;

	append_plain(plain, parts);
	whole = g_utf8_normalize(plain->str, -1, G_NORMALIZE_ALL_COMPOSE);
	squeeze_blanks(whole);
	return whole;
}

/* "auto-reply" is "auto reply", but " - " stays. */
static void
open_hyphens(char *s)
{
	for (char *p = strchr(s, '-'); p != NULL; p = strchr(p + 1, '-'))
		if (p > s && p[1] != '\0' && p[-1] != ' ' && p[1] != ' ' && p[1] != '-' &&
		    (g_ascii_isalpha(p[-1]) || (p[-1] & 0x80)) &&
		    (g_ascii_isalpha(p[1]) || (p[1] & 0x80)))
			*p = ' ';
}

/* Does s begin with one of the words, ended by no letter?  Its length or 0. */
static size_t
starts_with_word(const char *s, const char *const words[])
{
	size_t	 best = 0;

	for (size_t i = 0; words[i] != NULL; i++) {
		size_t	 n;

		if (words[i][0] != *s)		/* as nearly always */
			continue;
		n = strlen(words[i]);
		if (n > best && strncmp(s, words[i], n) == 0 && !is_word(g_utf8_get_char(s + n)))
			best = n;
	}
	return best;
}

static bool
sounds_human(const char *rest)
{
	struct phrase_pairs	pairs;

	phrase_pairs_read(&pairs, rest);
	for (size_t i = 0; auto_phrases_human[i] != NULL; i++) {
		const char	*at = rest;

		if (!phrase_may_be(&pairs, auto_phrases_human[i]))
			continue;
		for (; (at = strstr(at, auto_phrases_human[i])) != NULL; at++)
			if (at == rest || !g_ascii_isalnum(at[-1]))
				return true;
	}
	return false;
}

/* "re:", "re[2]:", "re :": the length of it with the blanks behind, or 0. */
static size_t
prefix_length(const char *s, const char *const words[])
{
	size_t	 n = starts_with_word(s, words);

	if (n == 0)
		return 0;
	if (s[n] == '[' || s[n] == '(' || s[n] == '^') {
		while (s[n] != '\0' && strchr("[]()^0123456789", s[n]) != NULL)
			n++;
	}
	while (s[n] == ' ')
		n++;
	if (s[n] != ':')
		return 0;
	for (n++; s[n] == ' '; n++)
		;
	return n;
}

/*
 * "from", "until", "to": of a person who replies automatically, or with a date;
 * "fuera de la oficina de correos" is neither.
 */
static bool
goes_on(const char *phrase, const char *rest)
{
	if (starts_with_word(rest, auto_phrases_followers) == 0)
		return false;
	return strstr(phrase, "aut") != NULL || strstr(phrase, "авто") != NULL ||
	    strpbrk(rest, "0123456789") != NULL || starts_with_word(rest, auto_phrases_until) > 0;
}

/* May software go on like this behind one of its phrases? */
static bool
ends_phrase(const char *phrase, const char *rest)
{
	size_t	 n;
	bool	 quoted = false;

	while (*rest == ' ' && (n = starts_with_word(rest + 1, auto_phrases_nouns)) > 0)
		rest += n + 1;
	if (rest[0] != ' ' && (n = starts_with_word(rest, auto_phrases_nouns)) > 0 && (rest[0] & 0x80))
		rest += n;
	while (*rest == ' ' || *rest == '"' || *rest == '\'') {
		quoted = quoted || *rest == '"';
		rest++;
	}
	if (*rest == '\0' || *rest == ':')
		return true;
	if (prefix_length(rest, auto_phrases_reply_prefixes) > 0)
		return true;
	if (sounds_human(rest))
		return false;
	if (quoted)
		return true;
	if (*rest == '.' || *rest == ',')
		return rest[1] == '\0' || rest[1] == ' ' || rest[1] == '.';
	if (strchr("-([{!|/*~<>_;", *rest) != NULL)
		return true;
	if (strncmp(rest, "【", 3) == 0 || strncmp(rest, "「", 3) == 0 || strncmp(rest, "】", 3) == 0 ||
	    strncmp(rest, "。", 3) == 0)
		return true;
	return g_ascii_isdigit(*rest) || goes_on(phrase, rest);
}

static const char *
find_head(const char *s, const char *const phrases[])
{
	for (size_t i = 0; phrases[i] != NULL; i++) {
		size_t	 n;

		if (phrases[i][0] != *s)	/* as nearly always */
			continue;
		n = strlen(phrases[i]);
		if (strncmp(s, phrases[i], n) == 0 && ends_phrase(phrases[i], s + n) &&
		    ((phrases[i][n - 1] & 0x80) || !g_ascii_isalnum(s[n])))
			return phrases[i];
	}
	return NULL;
}

/* "[tag] ", "(tag) ", "***tag*** " in front; 0 if there is none. */
static size_t
tag_length(const char *s, size_t *open, size_t *inner)
{
	static const char *const pairs[][2] = {
		{ "[", "]" }, { "(", ")" }, { "{", "}" }, { "<", ">" }, { "【", "】" }, { "「", "」" },
		{ "〔", "〕" }, { "***", "***" }, { "**", "**" }, { "*", "*" }, { "\"", "\"" }
	};

	for (size_t i = 0; i < G_N_ELEMENTS(pairs); i++) {
		const char	*end;
		size_t		 n = strlen(pairs[i][0]);

		if (strncmp(s, pairs[i][0], n) != 0)
			continue;
		end = strstr(s + n, pairs[i][1]);
		if (end == NULL || end - s > 120)
			continue;
		*open = n;
		*inner = (size_t)(end - s) - n;
		end += strlen(pairs[i][1]);
		while (*end == ' ' || *end == ':')
			end++;
		return (size_t)(end - s);
	}
	return 0;
}

struct subject {
	const char	*at;		/* behind tags and prefixes */
	bool		 taken_over;	/* there was a Re: or Fwd: */
	const char	*tag;		/* a phrase in brackets */
	const char	*weak_tag;	/* the same, of the weak ones */
};

/* "[auto-reply]", "*** automatic reply: order ***" */
static void
read_tag(struct subject *sub, const char *inner, size_t len)
{
	g_autofree char	*text = g_strstrip(g_strndup(inner, len));

	if (sub->taken_over)
		return;
	if (sub->tag == NULL)
		sub->tag = find_head(text, auto_phrases_strong);
	if (sub->weak_tag == NULL)
		sub->weak_tag = find_head(text, auto_phrases_weak);
}

static void
strip_front(struct subject *sub)
{
	size_t	 n, open, inner;

	for (;;) {
		while (*sub->at == ' ')
			sub->at++;
		if ((n = tag_length(sub->at, &open, &inner)) > 0) {
			read_tag(sub, sub->at + open, inner);
		} else if ((n = prefix_length(sub->at, auto_phrases_gateway_prefixes)) > 0) {
			;
		} else if ((n = prefix_length(sub->at, auto_phrases_reply_prefixes)) > 0) {
			sub->taken_over = true;
		} else {
			return;
		}
		sub->at += n;
	}
}

/* " - out of office", ": autoreply", "(auto-reply)" at the very end. */
static const char *
find_tail(const char *s)
{
	size_t	 len = strlen(s);

	if (strpbrk(s, "-:([{|,") == NULL)
		return NULL;
	while (len > 0 && strchr(" ])}.!\"", s[len - 1]) != NULL)
		len--;
	for (size_t i = 0; auto_phrases_strong[i] != NULL; i++) {
		size_t	 n = strlen(auto_phrases_strong[i]);
		size_t	 at;

		if (n >= len || auto_phrases_strong[i][n - 1] != s[len - 1] ||
		    strncmp(s + len - n, auto_phrases_strong[i], n) != 0)
			continue;
		for (at = len - n; at > 0 && s[at - 1] == ' '; at--)
			;
		if (at > 0 && strchr("-:([{|,", s[at - 1]) != NULL)
			return auto_phrases_strong[i];
	}
	return NULL;
}

/* "Auto: Re: order" is Hotmail speaking, "Auto: Reifenwechsel" is not. */
static bool
is_auto_colon(const char *s)
{
	return g_str_has_prefix(s, "auto: ") && prefix_length(s + 6, auto_phrases_reply_prefixes) > 0;
}

/* "Urlaub: Re: order", "Urlaub bis 15.8. Re: order": put before what it answers. */
static bool
is_before_answered(const char *rest)
{
	for (; (rest = strchr(rest, ' ')) != NULL; rest++)
		if (prefix_length(rest + 1, auto_phrases_reply_prefixes) > 0)
			return true;
	return false;
}

/* Nothing behind the phrase but the nouns that belong to it. */
static bool
is_alone(const char *rest)
{
	size_t	 n;

	while (*rest == ' ' && (n = starts_with_word(rest + 1, auto_phrases_nouns)) > 0)
		rest += n + 1;
	return rest[strspn(rest, " .!")] == '\0';
}

/* The words themselves, wherever the subject goes from there: a hint. */
static const char *
find_beginning(const char *s)
{
	if (sounds_human(s))
		return NULL;
	for (size_t i = 0; auto_phrases_strong[i] != NULL; i++) {
		size_t	 n;

		if (auto_phrases_strong[i][0] != *s)	/* as nearly always */
			continue;
		n = strlen(auto_phrases_strong[i]);
		if (n > 5 && strncmp(s, auto_phrases_strong[i], n) == 0 && s[n] == ' ')
			return auto_phrases_strong[i];
	}
	return phrase_find(s, auto_phrases_away);
}

static enum auto_words
weigh_weak(const struct subject *sub, const char **phrase)
{
	bool	 answered;

	*phrase = find_head(sub->at, auto_phrases_weak);
	answered = *phrase != NULL && !sub->taken_over && is_before_answered(sub->at + strlen(*phrase));
	if (*phrase == NULL)
		*phrase = sub->weak_tag;
	if (*phrase == NULL)
		*phrase = find_beginning(sub->at);
	if (*phrase == NULL)
		return AUTO_WORDS_NONE;
	return answered ? AUTO_WORDS_STRONG : AUTO_WORDS_WEAK;
}

/* "AUTO: I'm on holiday": what Notes puts in front makes a weak one strong. */
static bool
takes_auto_off(struct subject *sub)
{
	if (!g_str_has_prefix(sub->at, "auto: "))
		return false;
	sub->at += strlen("auto: ");
	return true;
}

enum auto_words
auto_words_subject(const char *subject, const char **phrase)
{
	g_autofree char	*folded = auto_words_fold(subject, strlen(subject));
	struct subject	 sub = { folded, false, NULL, NULL };
	enum auto_words	 weak;
	bool		 head = false, notes;

	open_hyphens(folded);
	strip_front(&sub);
	if (is_auto_colon(sub.at))
		*phrase = "auto: re:";
	else if (sub.tag != NULL)
		*phrase = sub.tag;
	else if ((*phrase = find_head(sub.at, auto_phrases_strong)) != NULL)
		head = true;
	else if (!sounds_human(sub.at) && (*phrase = find_tail(sub.at)) == NULL)
		*phrase = phrase_find(sub.at, auto_phrases_anywhere);
	if (*phrase != NULL && sub.taken_over && sub.tag == NULL)
		return AUTO_WORDS_WEAK;
	if (*phrase != NULL)
		return head && is_alone(sub.at + strlen(*phrase)) ? AUTO_WORDS_ALONE : AUTO_WORDS_STRONG;
	notes = takes_auto_off(&sub);
	weak = weigh_weak(&sub, phrase);
	return notes && weak == AUTO_WORDS_WEAK ? AUTO_WORDS_STRONG : weak;
}

bool
auto_words_human(const char *text, size_t len)
{
	g_autofree char	*folded = auto_words_fold(text, MIN(len, BODY_LOOK));

	return strchr(folded, '?') != NULL || sounds_human(folded);
}

const char *
auto_words_body(const char *text, size_t len)
{
	g_autofree char	*folded = auto_words_fold(text, MIN(len, BODY_LOOK));

	open_hyphens(folded);
	return phrase_find(folded, auto_phrases_body);
}

const char *
auto_words_phrase(size_t n)
{
	static const char *const *const tables[] = {
		auto_phrases_strong, auto_phrases_weak, auto_phrases_anywhere, auto_phrases_body, auto_phrases_reply_prefixes,
		auto_phrases_gateway_prefixes, auto_phrases_nouns, auto_phrases_followers, auto_phrases_away
	};

	for (size_t t = 0; t < G_N_ELEMENTS(tables); t++)
		for (size_t i = 0; tables[t][i] != NULL; i++)
			if (n-- == 0)
				return tables[t][i];
	return NULL;
}
