/* SPDX-License-Identifier: ISC */
#include "normalize/language.h"

#include <glib.h>
#include <stdbool.h>
#include <string.h>

#define MAX_BYTES	2000
#define MAX_WORDS	300
#define WORD_MAX	24	/* bytes; no word of ours is longer */

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

/* One script says it all; NULL if it is Latin or Cyrillic. */
static const char *
by_script(const char *text, size_t len)
{
	size_t		 kana = 0, han = 0, hangul = 0, greek = 0, hebrew = 0, arabic = 0, thai = 0;
	size_t		 letters = 0;
	const char	*at;
	gunichar	 c;

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

/* Word -> set of languages, a bit each.  Made once, never changed. */
static GHashTable *
word_table(void)
{
	static GHashTable	*table;
	size_t			 i;
	int			 k;

	if (table != NULL)
		return table;
	table = g_hash_table_new(g_str_hash, g_str_equal);
	for (i = 0; i < G_N_ELEMENTS(languages); i++) {
		char	**words = g_strsplit(languages[i].words, " ", -1);

		for (k = 0; words[k] != NULL; k++) {
			guint	set = GPOINTER_TO_UINT(g_hash_table_lookup(table, words[k]));

			if (*words[k] != '\0')
				g_hash_table_insert(table, (char *)g_intern_string(words[k]),
				    GUINT_TO_POINTER(set | 1u << i));
		}
		g_strfreev(words);
	}
	return table;
}

static void
count_word(GHashTable *table, const char *word, int *score)
{
	guint	set = GPOINTER_TO_UINT(g_hash_table_lookup(table, word)), i;

	for (i = 0; set != 0; i++, set >>= 1)
		if (set & 1)
			score[i] += 2;
}

/* Letters that only one or two languages use. */
static void
count_letter(gunichar c, int *score)
{
	size_t	i;

	for (i = 0; i < G_N_ELEMENTS(languages); i++)
		if (g_utf8_strchr(languages[i].letters, -1, c) != NULL)
			score[i]++;
}

/* The word that begins at *at, in small letters; *at moves behind it. */
static size_t
take_word(const char **at, const char *end, char word[WORD_MAX + 8], int *score)
{
	size_t		n = 0;
	gunichar	c;

	for (; *at < end; *at = g_utf8_next_char(*at)) {
		if ((unsigned char)**at < 0x80) {
			if (!g_ascii_isalpha(**at))
				break;
			if (n <= WORD_MAX)
				word[n++] = (char)(**at | 0x20);
			continue;
		}
		c = g_unichar_tolower(g_utf8_get_char(*at));
		if (!g_unichar_isalpha(c) && n > 0)
			break;
		count_letter(c, score);
		if (!g_unichar_isalpha(c))
			break;
		if (n <= WORD_MAX)
			n += (size_t)g_unichar_to_utf8(c, word + n);
	}
	word[n] = '\0';
	return n;
}

static void
count_words(const char *text, size_t len, int *score)
{
	GHashTable	*table = word_table();
	const char	*at = text, *end = text + len;
	char		 word[WORD_MAX + 8];
	size_t		 n, words = 0;

	while (at < end) {
		n = take_word(&at, end, word, score);
		if (n > 0 && words++ < MAX_WORDS && n <= WORD_MAX)
			count_word(table, word, score);
		if (n == 0)
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
