/* SPDX-License-Identifier: ISC */
#include "normalize/charset_words.h"

#include <glib.h>
#include <string.h>

#include "normalize/charset.h"

#define MAX_LETTERS	40	/* of a word */

struct words {
	const char	*charsets;	/* in which the language is written */
	const char	*list;		/* blank before and behind each; a dash: any ending */
};

/*
 * Frequent words, and those of customers' mail, all with a letter that has
 * another place in the Western alphabet.
 */
static const struct words words[] = {
	{ "windows-1250 iso-8859-2",		/* Polish */
	  " być była byłem było były będzie będę błąd błęd- cał- całe cenę chciał- chcę części- "
	  "część dobrą dostać dostał- dotarł- działa dzień dziękuje dziękuję dąbrows- długo "
	  "dłuż- fakturę gdyż hasło ilości ilość jeśli już ją kamińsk- kozłows- książk- którą "
	  "kupił- kwotę logować mają małgorzat- miał michał mogę moją może możliwe możliwoś- "
	  "można następn- naszą nieprawidłow- niż odpowiedź osobę ostatnią otrzymał- paczkę "
	  "paweł pańs- państw- pieniądze pieniędz- pomoż- ponieważ potrzebuję poważn- proszę "
	  "prośb- przesył- przesyłk- prześl- płatnoś- reklamację również się sprawę stanisław- "
	  "stronę swoją szymańs- są także też tę ulicę umowę usług- usługę wartoś- wciąż "
	  "wiadomość więc wiśniews- woźniak wysyłk- wysłan- wysłano wysłać wysłał- zamówień "
	  "zapłacił- załącz- zdjęci- zgłasz- zgłos- zieliń- zmianę został- zwrócić zł złoty "
	  "złotych łukasz że żeby " },
	{ "windows-1250 iso-8859-2",		/* Hungarian: only where o and u have two strokes */
	  " belső ből ből- cipő cipőt című ebből egyszerű ellenőr- ellenőriz- első elsősorban "
	  "elő előfiz- előre előtt előző erdős erről erő erős felelős- felső felől fizető fő "
	  "győz- gyűjt- gépjármű hétfő hétfőn idő időben időm időpont- jármű jövő jövőre "
	  "keresztül-ő kettő képviselő- később később- következő küldő külső lehető lehetőleg "
	  "lehetőség- megerősít- megfelelő megfelelően meglévő megszűn- mennyiségű minőség- "
	  "méretű működ- műszak- művel- nevű nő női nők rendelőlap ről ről- szerző- szerződés- "
	  "színű szükségszerű szűcs szűk terhelő tizenkettő tömő től től- tőle tőlem tűnik tűnt "
	  "tűz vevő vevőszolg- értékű önről öntől önöktől összegű ügyintéző ő ők őszint- őt " },
	{ "windows-1250 iso-8859-2",		/* Czech and Slovak */
	  " ačkoli břez- chtěl chtěla doruč- doručen- dvořák- dítě děkujeme děkuji děti dříve "
	  "ještě jiří keď kteří kučera méně měsíc- měsíčn- můj může můžete nemůž- nemůžem "
	  "nemůžu ně něco někdo němec- peněz peňaz- peňazí před předem přeje přeji přes při "
	  "přihlá- přijde připoj- přišel přišl- příjem přílo- přílož- příští růžen- späť těším "
	  "vyříd- vyřízen- včera zpáteč- zpět září účet účt- účte účtu čas čase čekám černý "
	  "částk- čísla číslem číslo ďakujem ďakujeme ďalš- ľudia ľúto řešení řešit říjn- "
	  "šťast- " },
	{ "windows-1250 iso-8859-2",		/* Croatian, Serbian, Slovene */
	  " babić- božić- dođe ilić ivić iće- jovanović jurić knežević- kovač kuć- kuća kući "
	  "marić marković matić moći naročil- naročito naručila naručio nikolić novaković "
	  "petrović plaćanj- plačil- pomoć pomoći račun račun- računa računu riječ- sljedeć- "
	  "stići stojanović također već vračil- vuković će ćete ću čak če čeka čekam čim "
	  "đorđević šarić " },
	{ "windows-1250 iso-8859-2",		/* Romanian, with cedillas as before Unicode */
	  " această adresă aş aşa aştept aţi bună comandă că către dacă doamnă două după "
	  "factură fără greşit- greşită informaţi- livrată livraţi luaţi lună mulţumesc "
	  "mulţumim mă nouă parolă plată plătit poşta poştă produsă puteţi până restituiţi- "
	  "returnaţi- soluţi- stimaţi sunteţi să săptămân- săptămâna trimiteţi vreţi vă încă "
	  "îţi şi ţară ţări " },
	{ "windows-1254",			/* Turkish */
	  " adı adım alamadım alamıyorum aldım aldınız aldığ- almadım alışveriş- artı- arıza- "
	  "arızal- aydın aynı ayrıca ayşe açık- açıklam- bayağı bazı bağlan- bağlı başka başka- "
	  "başla- bildirdiğ- değer- değil değiş- doğan doğru doğrul- dış- dışı dışında "
	  "faturanı- faturası fiyatı geldiğ- gelmediğ- giriş- gönderdiğ- gülşah hakkında hatalı "
	  "hesabım hesabın- hız- hızlı ihtiyacım- istediğ- iş işe işi işlem- işlemi kaldı "
	  "kaldım kaldır- kapıda kayıp kayıt kişi- kullanıcı- kılıç kırık kırıl- kız kızım "
	  "mağaza- müşteri- nasıl numaralı numarası olduğ- olmadı olmadığ- paramı- parası "
	  "rağmen saygı- saygılarım- sayın sağla- sağol- sipariş- sonrası soyadı sıra- sırada "
	  "tarafım- tarafıma tarafından teşekkür- ulaş- ulaşa- ulaşmadı ulaşt- yanlış yanlışl- "
	  "yapamıyorum yapıl- yapıldı yardım- yıldırım yıldız- yılmaz çalışm- çıktı çıktığ- "
	  "ışık şahin şekil- şey şifre- şimdi şimşek şu " },
	{ "windows-1257 iso-8859-13",		/* Lithuanian */
	  " adresą apmokėj- atėjo ačiū būna būsiu būti būtų dėkoju dėkui dėl geriausių grąžin- "
	  "grąžinti iš išsiunt- išsiųst- jūsų kažk- kodėl ką labą- mūsų neatėjo norėj- norėčiau "
	  "padėti paštas paštu paštą pinigų prašau prašome prekių prekės prekę siuntą "
	  "slaptažod- sumokėj- sąskait- sąskaita turėj- turėtų už užsakiau užsakym- į įmon- "
	  "įsigij- ši- šis šiuo šią švenč- žinau žinut- žiūr- žmon- " },
	{ "windows-1257",			/* Latvian */
	  " atbildēt būs būt būtu cieņu gaidīšu informācij- jautājum- jūsu kā kādēļ kāpēc līdz "
	  "lūdzu lūgums mēs mūsu nesaņ- nosūtīj- nosūtīt palīdz- palīdziet pasūtīj- pasūtījum- "
	  "piegād- piegāde pienāc- pienācis pieslēg- preču- pēc rēķin- rēķina samaksāj- saņem- "
	  "saņēm- sūtīj- sūtījum- tālrun- tālāk vēl vēlos vēlētos šis šo šī " },
};

/* Is the word one of them, or does it begin like one that may have any ending? */
static bool
is_listed(const char *list, const GString *word)
{
	g_autofree char	*key = g_strconcat(" ", word->str, " ", NULL);
	size_t		 n = word->len;

	if (strstr(list, key) != NULL)
		return true;
	for (; n >= 4; n--) {
		if ((word->str[n] & 0xc0) == 0x80)
			continue;
		memcpy(key + 1 + n, "-", 2);
		if (strstr(list, key) != NULL)
			return true;
	}
	return false;
}

/* Gives points to the languages of the charset that have this word. */
static void
rate_word(const GString *word, size_t letters, const char *charset, size_t *points)
{
	size_t	i;

	for (i = 0; i < G_N_ELEMENTS(words); i++)
		if (strstr(words[i].charsets, charset) != NULL && is_listed(words[i].list, word))
			points[i] += letters > 2 ? 2 : 1;	/* two may be a sign behind a unit */
}

/*
 * The points of the language, of those written in this charset, that has the
 * most; only for words of "utf8" that are others in "other", a second reading
 * of the same bytes, character by character (NULL: there is none).
 */
static size_t
count_words(const char *utf8, const char *other, const char *charset)
{
	g_autoptr(GString)	word = g_string_new(NULL);
	size_t			points[G_N_ELEMENTS(words)] = { 0 }, letters = 0, best = 0, i;
	bool			differs = false;
	gunichar		c, o;

	do {
		c = g_utf8_get_char(utf8);
		o = other != NULL ? g_utf8_get_char(other) : 0;
		if (g_unichar_isalpha(c) && letters < MAX_LETTERS) {
			g_string_append_unichar(word, g_unichar_tolower(c));
			differs = differs || (c >= 0x80 && c != o);
			letters++;
		} else {
			if (differs)
				rate_word(word, letters, charset, points);
			g_string_truncate(word, 0);
			letters = 0;
			differs = false;
		}
		utf8 = g_utf8_next_char(utf8);
		other = o != 0 ? g_utf8_next_char(other) : NULL;
	} while (c != 0);
	for (i = 0; i < G_N_ELEMENTS(words); i++)
		best = MAX(best, points[i]);
	return best;
}

const char *
charset_words_best(const char *bytes, size_t len, const char *name)
{
	static const char *const charsets[] = { "windows-1250", "iso-8859-2", "windows-1254",
	    "windows-1257" };
	bool		 damaged = false;
	g_autofree char	*own = charset_is_multibyte(name) ? NULL :
			    charset_convert(bytes, len, name, true, &damaged);
	size_t		 i, n, most = 1;
	const char	*best = NULL;

	for (i = 0; i < G_N_ELEMENTS(charsets); i++) {
		g_autofree char	*utf8 = charset_convert(bytes, len, charsets[i], true, &damaged);

		if (utf8 == NULL)
			continue;
		n = count_words(utf8, own, charsets[i]);
		if (n > most && (own == NULL || n > count_words(own, utf8, name))) {
			most = n;
			best = charsets[i];
		}
	}
	return best;
}
