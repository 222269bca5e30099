/* SPDX-License-Identifier: ISC */
#include "normalize/language.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/utf8.h"

#define MAX_BYTES	2000
#define MAX_WORDS	300
#define WORD_MAX	24	/* bytes; no word of ours is longer */
#define TABLE_SIZE	1024	/* thrice the different words */
#define LETTERS_SIZE	256	/* many times the different letters */

struct language {
	const char	*code;
	const char	*words;		/* small words of every text, a blank around each */
	const char	*letters;	/* what others do not have */
};

static const struct language languages[] = {
	{ "en", " the and of to is in that you for it with this have are be my on not your was please i we can ", "" },
	{ "de", " der die das und ist nicht ich sie mit ein eine den zu für auf es bitte wir haben mir habe im von auch wie ", "ß" },
	{ "fr", " le la les et est je vous de des une pas pour que dans un avec ce nous mon votre bonjour du sur suis ai ", "œçêèù" },
	{ "es", " el la los que de y en un una por con no es para mi su se me gracias hola las del está lo pero ", "ñ¿¡" },
	{ "pt", " o a os que de e em um uma por com não é para meu minha se as do da obrigado olá no na mas você ", "ãõ" },
	{ "it", " il la di che e un una per non è con sono mi si del della ho grazie i le al buongiorno ma come vi ", "ìò" },
	{ "nl", " de het een en van ik is niet dat je u met op voor te zijn mijn er wij maar heb bij graag aan ", "" },
	{ "pl", " i w na nie się do z to że jest o jak mam proszę po dla czy mi za od dzień dobry ale są ", "ąęłńśźż" },
	{ "cs", " a je se na v to že s z do jsem o i za pro jak ale dobrý den prosím mi po by děkuji máte ", "ěřů" },
	{ "sv", " och att det som en på är av för jag med inte har till den om ett hej mitt ni men kan från ", "" },
	{ "no", " og det som en på er av for jeg med ikke har til den om et hei min vi men kan fra å ", "" },
	{ "da", " og det som en på er af for jeg med ikke har til den om et hej min vi men kan fra at ", "" },
	{ "fi", " ja on ei että se en olen tämä kun mutta hei minun ole oli kiitos voi jos niin myös ", "" },
	{ "tr", " ve bir bu için ne de da ile ben mi çok merhaba var yok değil olarak ama nasıl lütfen teşekkür ", "ğış" },
	{ "vi", " và của là có không tôi cho được các một trong với này đã người xin ", "đơư" },
	{ "ru", " и в не на я что с по как это мы у за к но вы из от для мне здравствуйте так есть ", "ыэё" },
	{ "uk", " і в не на я що з по як це ми у за до але ви та від для мені є ", "іїєґ" },
};

/* Beyond Latin and its accents?  Signs of punctuation are, too. */
static bool
may_have_scripts(const char *text, size_t len)
{
	size_t	at = 0;

	for (;;) {
		at += utf8_ascii_run(text + at, len - at);
		if (at == len)
			return false;
		if ((unsigned char)text[at] >= 0xcd)	/* from U+0340 on */
			return true;
		at++;
	}
}

/* One script says it all; NULL if it is Latin or Cyrillic. */
static const char *
by_script(const char *text, size_t len)
{
	size_t		 kana = 0, han = 0, hangul = 0, greek = 0, hebrew = 0, arabic = 0, thai = 0;
	size_t		 letters = 0;
	const char	*at;
	gunichar	 c;

	if (!may_have_scripts(text, len))
		return NULL;
	for (at = text; at < text + len; at = g_utf8_next_char(at)) {
		if ((unsigned char)*at < 0x80) {
			letters += g_ascii_isalpha(*at);
			continue;
		}
		c = g_utf8_get_char(at);
		letters += g_unichar_isalpha(c) ? 1 : 0;
		kana += c >= 0x3040 && c <= 0x30ff;
		han += c >= 0x4e00 && c <= 0x9fff;
		hangul += c >= 0xac00 && c <= 0xd7a3;
		greek += c >= 0x370 && c <= 0x3ff;
		hebrew += c >= 0x590 && c <= 0x5ff;
		arabic += c >= 0x600 && c <= 0x6ff;
		thai += c >= 0xe00 && c <= 0xe7f;
	}
	if (letters == 0)
		return NULL;
	if (kana > 1 && (kana + han) * 4 > letters)
		return "ja";
	if (hangul * 4 > letters)
		return "ko";
	if (han * 4 > letters)
		return "zh";
	if (greek * 2 > letters)
		return "el";
	if (hebrew * 2 > letters)
		return "he";
	if (arabic * 2 > letters)
		return "ar";
	return thai * 2 > letters ? "th" : NULL;
}

/*
 * Word -> set of languages, a bit each; open addressing.  The hash stands for
 * the word: should one of a text ever be taken for one of ours by it, that is
 * two points in the wrong place.
 */
struct entry {
	uint32_t	hash;
	uint32_t	set;		/* 0: free */
};

/* As the words are read letter by letter, so is their hash (FNV). */
#define HASH_START	UINT32_C(2166136261)

static inline uint32_t
hash_byte(uint32_t hash, char byte)
{
	return (hash ^ (unsigned char)byte) * UINT32_C(16777619);
}

/* Where the word is, or should be. */
static struct entry *
find_entry(struct entry *table, uint32_t hash)
{
	size_t	at = (hash ^ hash >> 16) % TABLE_SIZE;

	while (table[at].set != 0 && table[at].hash != hash)
		at = (at + 1) % TABLE_SIZE;
	return &table[at];
}

static void
fill_table(struct entry *table)
{
	struct entry	*e;
	const char	*c;
	uint32_t	 hash;
	size_t		 i, k;

	for (i = 0; i < G_N_ELEMENTS(languages); i++) {
		g_auto(GStrv)	words = g_strsplit(languages[i].words, " ", -1);

		for (k = 0; words[k] != NULL; k++) {
			if (*words[k] == '\0')
				continue;
			for (hash = HASH_START, c = words[k]; *c != '\0'; c++)
				hash = hash_byte(hash, *c);
			e = find_entry(table, hash);
			e->hash = hash;
			e->set |= UINT32_C(1) << i;
		}
	}
}

/* Made once, never changed. */
static struct entry *
word_table(void)
{
	static struct entry	 table[TABLE_SIZE];
	static gsize		 filled;

	if (g_once_init_enter(&filled)) {
		fill_table(table);
		g_once_init_leave(&filled, 1);
	}
	return table;
}

/* One word of the text, in small letters. */
struct word {
	size_t		len;
	uint32_t	hash;
};

/* Letters that only one or two languages use; by their last bits. */
static struct entry *
find_letter(struct entry *table, gunichar c)
{
	size_t	at = c % LETTERS_SIZE;

	while (table[at].set != 0 && table[at].hash != c)
		at = (at + 1) % LETTERS_SIZE;
	return &table[at];
}

static void
fill_letters(struct entry *table)
{
	struct entry	*e;
	const char	*at;
	size_t		 i;

	for (i = 0; i < G_N_ELEMENTS(languages); i++)
		for (at = languages[i].letters; *at != '\0'; at = g_utf8_next_char(at)) {
			e = find_letter(table, g_utf8_get_char(at));
			e->hash = g_utf8_get_char(at);
			e->set |= UINT32_C(1) << i;
		}
}

static struct entry *
letter_table(void)
{
	static struct entry	 table[LETTERS_SIZE];
	static gsize		 filled;

	if (g_once_init_enter(&filled)) {
		fill_letters(table);
		g_once_init_leave(&filled, 1);
	}
	return table;
}

static void
add_points(uint32_t set, int points, int *score)
{
	size_t	i;

	for (i = 0; set != 0; i++, set >>= 1)
		if (set & 1)
			score[i] += points;
}

static void
count_letter(gunichar c, int *score)
{
	add_points(find_letter(letter_table(), c)->set, 1, score);
}

static inline void
add_byte(struct word *w, char byte)
{
	w->len++;
	w->hash = hash_byte(w->hash, byte);
}

/* One letter that is not ASCII; false if it ends the word. */
static bool
add_wide(struct word *w, gunichar c, int *score)
{
	char	bytes[8];
	int	i, n;

	if (!g_unichar_isalpha(c)) {
		if (w->len == 0)
			count_letter(c, score);
		return false;
	}
	count_letter(c, score);
	n = g_unichar_to_utf8(c, bytes);
	for (i = 0; i < n; i++)
		add_byte(w, bytes[i]);
	return true;
}

/* Small letters of ASCII by letter, 0 for what is none. */
static inline char
small_letter(char c)
{
	char	small = (char)(c | 0x20);

	return (unsigned char)(small - 'a') < 26 ? small : '\0';
}

/* The word that begins at at; returns its end. */
static const char *
take_word(const char *at, const char *end, struct word *w, int *score)
{
	char	c;

	w->len = 0;
	w->hash = HASH_START;
	for (;;) {
		/* What is longer than any word of ours is not looked up. */
		for (; at < end && (c = small_letter(*at)) != '\0'; at++)
			add_byte(w, c);
		if (at == end || (unsigned char)*at < 0x80 ||
		    !add_wide(w, g_unichar_tolower(g_utf8_get_char(at)), score))
			return at;
		at = g_utf8_next_char(at);
	}
}

static void
count_words(const char *text, size_t len, int *score)
{
	struct entry	*table = word_table();
	const char	*at = text, *end = text + len;
	struct word	 w;
	size_t		 words = 0;

	while (at < end) {
		at = take_word(at, end, &w, score);
		if (w.len > 0 && words++ < MAX_WORDS && w.len <= WORD_MAX)
			add_points(find_entry(table, w.hash)->set, 2, score);
		if (w.len == 0)
			at = g_utf8_next_char(at);
	}
}

const char *
language_guess(const char *utf8)
{
	int		 score[G_N_ELEMENTS(languages)] = { 0 };
	size_t		 len, i, best = 0;
	const char	*code;

	if (utf8 == NULL)
		return NULL;
	len = strnlen(utf8, MAX_BYTES + 1);
	if (len > MAX_BYTES)
		for (len = MAX_BYTES; len > 0 && ((unsigned char)utf8[len] & 0xc0) == 0x80; len--)
			;
	if ((code = by_script(utf8, len)) != NULL)
		return code;
	count_words(utf8, len, score);
	for (i = 1; i < G_N_ELEMENTS(languages); i++)
		if (score[i] > score[best])
			best = i;
	return score[best] >= 4 ? languages[best].code : NULL;
}
