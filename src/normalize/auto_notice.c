/* SPDX-License-Identifier: ISC */
#include "normalize/auto_notice.h"

#include <glib.h>
#include <stdbool.h>
#include <string.h>

#include "normalize/auto_words.h"

#define TEXT_MAX	2000	/* bytes; longer ones have something else to say */
#define BEGIN_MAX	300	/* bytes: greeting, thanks and the first sentence */
#define DATE_NEAR	80	/* bytes around the words of absence */
#define UNTIL_NEAR	14	/* bytes behind "until" */

/* All folded.  Only notices are worded like this ... */
static const char *const offices[] = {
	"не будет в офисе", "не буде в офісі",
	"out of the office", "out of office", "away from the office", "away from my desk",
	"not in the office", "nicht im buro", "nicht im haus", "nicht im hause", "ausser haus",
	"abwesend", "nicht am arbeitsplatz", "wieder im buro", "wieder fur sie da",
	"absent du bureau", "absente du bureau", "suis absent", "suis actuellement absent",
	"absent(e)", "suis indisponible", "hors du bureau", "fuera de la oficina", "estare ausente",
	"estoy ausente", "me encuentro ausente", "fuera de oficina", "ausente de la oficina",
	"estou ausente", "estarei ausente", "me ausente", "fora do escritorio", "fora da empresa",
	"fuori ufficio", "sono assente", "fuori sede", "non sono in ufficio", "afwezig",
	"niet op kantoor", "niet aanwezig", "nieobecn", "poza biurem", "mimo kancelar",
	"nejsem v kancelari", "nepritom", "mimo kancelarie", "irodan kivul", "nu sunt in birou",
	"нет на месте", "нет в офисе", "вне офиса", "відсутн", "не в офісі", "извън офиса",
	"inte pa kontoret", "franvarande", "ikke pa kontoret", "fravaerende", "ikke tilstede",
	"en ole toimistossa", "ofis disinda", "ofiste degil", "khong co mat", "vang mat", "不在办公室",
	"不在辦公室", "부재", "odsut", "εκτοσ γραφειου", "απουσιαζω", "לא במשרד", "מחוץ למשרד",
	"خارج المكتب", "di luar kantor", "tidak berada di kantor", "ไม่อยู่ที่", "नहीं हूं", NULL
};

/* ... and customers like this, too. */
static const char *const leaves[] = {
	"on annual leave", "on pto", "out sick", "office is currently closed", "offices are currently closed", "geschlossen",
	"sont fermes", "sommes fermes", "est ferme", "出張", "on vacation", "on holiday", "on leave", "on sick leave",
	"currently away", "travelling", "traveling on business", "i am away", "i'm away",
	"i will be away", "am absent", "will be absent", "office is closed", "our office is closed",
	"offices are closed", "we are closed", "im urlaub", "in urlaub", "betriebsferien",
	"en conge", "en vacances", "en deplacement", "de vacaciones", "de baja", "de ferias",
	"em ferias", "in ferie", "met vakantie", "op vakantie", "met verlof", "na urlopie",
	"na zwolnieniu", "na dovolene", "cerpam dovolenou", "na dovolenke", "szabadsagon",
	"in concediu", "на отпуск", "в отпуске", "в командировке", "у відпустці", "у відрядженні",
	"в отпуска", "pa semester", "ledig", "tjanstledig", "foraldraledig", "pa ferie",
	"holder ferie", "bortreist", "lomalla", "poissa", "vapaalla", "izindeyim", "izinliyim",
	"tatildeyim", "izinde olaca", "nghi phep", "di cong tac", "休假", "出差", "外出", "放假", "请假",
	"請假", "休暇", "不在", "夏季休業", "休業", "휴가", "출장", "외근", "na odmoru", "na dopustu", "puhkusel",
	"atvalinajum", "atostog", "σε αδεια", "בחופשה", "في إجازة", "في اجازة", "sedang cuti",
	"ลาพัก", "nicht erreichbar", "wieder erreichbar", "serai absent", "saro assente",
	"отсутств", "no estare en la oficina", NULL
};

/* Who has gone for good, or for long, only names another. */
static const char *const departures[] = {
	"on maternity leave", "on parental leave", "on paternity leave", "in elternzeit",
	"in mutterschutz", "conge maternite", "conge parental", "urlopie macierzynskim",
	"no longer with", "no longer work", "no longer employed", "has left the company",
	"have left the company", "left the company", "has left our company", "nicht mehr fur",
	"nicht mehr im unternehmen", "nicht mehr bei", "aus dem unternehmen ausgeschieden",
	"ne travaille plus", "ne fait plus partie", "a quitte", "ya no trabaja",
	"ya no forma parte", "nao trabalha mais", "ja nao trabalha", "non lavora piu",
	"niet meer werkzaam", "nie pracuje", "jiz nepracuje", "больше не работает",
	"більше не працює", "arbetar inte langre", "slutat", "arbejder ikke laengere",
	"ei tyoskentele", "artik calismiyor", "已离职", "已離職", "退職", "퇴사", NULL
};

static const char *const thanks[] = {
	"thank you for", "thanks for", "many thanks for", "vielen dank fur", "danke fur",
	"besten dank fur", "merci de votre", "merci pour votre", "je vous remercie", "gracias por",
	"obrigad", "agradec", "grazie per", "bedankt voor", "dank u voor", "dank voor",
	"dziekuje za", "dziekujemy za", "dekuji za", "dekujeme za", "dakujem za", "koszonom",
	"multumesc", "спасибо за", "благодар", "дякую за", "дякуємо", "tack for", "tak for din",
	"takk for", "kiitos", "tesekkur", "cam on", "感谢", "感謝", "谢谢", "謝謝", "ありがとう", "감사", "hvala",
	"ευχαριστ", "תודה", "شكرا", "terima kasih", "ขอบคุณ", NULL
};

static const char *const urgencies[] = {
	"anything urgent",
	"urgent matter", "urgent case", "urgent request", "urgent issue", "urgent enquir",
	"urgent inquir", "urgent question", "urgent quer", "urgent assistance", "urgent need",
	"if urgent", "is urgent", "it's urgent", "in urgent", "for urgent", "immediate assistance",
	"immediate attention", "immediate help", "immediate response", "emergenc", "in dringenden",
	"dringende ", "bei dringend", "in eiligen", "cas d'urgence", "toute urgence", "en urgence",
	"demande urgente", "asuntos urgentes", "caso urgente", "caso de urgencia", "casos urgentes",
	"assuntos urgentes", "per urgenze", "urgenze", "urgenti", "dringende zaken", "spoed",
	"pilnych", "pilne", "nalehav", "urgentnych", "surgos", "urgente", "срочн", "термінов",
	"спешн", "bradskande", "akuta", "vid akut", "hastesak", "hvis det haster", "akutte",
	"presserende", "kiireel", "acil", "khan cap", "viec gap", "急", "緊急", "급한", "긴급", "hitn",
	"nujn", "kiire", "steidzam", "skub", "επειγ", "דחוף", "عاجل", "mendesak", "ด่วน", NULL
};

static const char *const contacts[] = {
	"please contact", "please call", "please email", "please direct", "please reach out",
	"can be reached", "my colleague", "wenden sie sich", "kontaktieren sie", "vertretung",
	"meine kolleg", "meinen kolleg", "vous pouvez contacter", "merci de contacter",
	"mes collegues", "mon collegue", "ma collegue", "veuillez contacter", "vous adresser a",
	"pourrez contacter", "contacte ", "contactar", "pongase en contacto", "puede contactar",
	"dirijase", "entre em contato", "contattare", "rivolgersi", "contact op", "mijn collega",
	"prosze o kontakt", "kontaktowac", "kontaktujte", "obratte se", "forduljon", "contactati",
	"обращайтесь", "обращаться", "свяжитесь", "звертайтеся", "звертайтесь", "обърнете",
	"kontakta", "kontakt", "ota yhteytta", "iletisime", "basvura", "lien he", "联系", "聯絡", "聯繫",
	"ご連絡", "お問い合わせください", "연락", "επικοινων", "לפנות", "الاتصال", "التواصل", "hubungi", "ติดต่อ",
	NULL
};

static const char *const laters[] = {
	"will be answered", "nous repondrons", "des notre retour", "返信が遅れ",
	"in my absence", "during my absence", "not be forwarded", "not being forwarded",
	"limited access", "no access to", "without access", "intermittent access",
	"sporadic access", "respond to your", "reply to your", "answer your", "answer when",
	"get back to you", "when i return", "upon my return", "on my return", "when i am back",
	"when i get back", "not be read", "nicht weitergeleitet", "nicht gelesen",
	"nach meiner ruckk", "bearbeite", "beantworte", "meiner abwesenheit", "en mon absence",
	"pendant mon absence", "a mon retour", "des mon retour", "a mi regreso", "a mi vuelta",
	"mi ausencia", "meu retorno", "meu regresso", "minha ausencia", "al mio rientro",
	"al mio ritorno", "mia assenza", "mijn afwezigheid", "mijn terugkeer", "niet doorgestuurd",
	"po powrocie", "po navratu", "visszateres", "intoarcere", "по возвращении",
	"после возвращения", "после отпуска", "після повернення", "ater pa", "aterkommer",
	"ved min tilbake", "nar jeg er tilbake", "nar jeg er tilbage", "palattuani", "dondugumde",
	"回复您", "回覆您", "处理您", "回来后", "返信いた", "회신 드리", "회신드리", "복귀", NULL
};

/* With a date behind it, or in front of those at the end. */
static const char *const untils[] = {
	"until ", "till ", "through ", "back on ", "return on ", "returning ", "bis ", "ab dem ",
	"zuruck am ", "jusqu'au ", "jusqu'a ", "le ", "hasta el ", "ate ", "fino al ", "tot ",
	"tot en met ", "do ", "do dnia ", "az ", "pana pe ", "pana la ", "до ", "till den ",
	"till och med ", "til ", "til den ", "tilbake ", "asti", "saakka", "kadar", "den ngay ",
	"まで", "까지", "回来", "返回", "μεχρι ", "עד ", "حتى ", "sampai ", "ถึง", NULL
};

/* Somebody wants something, or speaks of a "me" to be contacted. */
static const char *const wishes[] = {
	"call my", "please send the", 	"?", "please contact me", "please call me", "please email me", "please reach out to me",
	"contact me", "my order", "mein paket", "meine bestellung", "refund", "invoice number",
	"serial number", "rechnungsnummer", "kundennummer", "bestellnummer", "please deliver",
	"please ship", "please send me", "please cancel", "bitte liefern", "bitte stornieren",
	"bitte senden", "ma commande", "mi pedido", "il mio ordine", "mijn bestelling", NULL
};

static const char *
first_of(const char *folded, const char *const words[], const char **at)
{
	const char	*best = NULL;

	*at = folded;
	for (size_t i = 0; words[i] != NULL; i++) {
		const char	*found = strstr(folded, words[i]);

		if (found != NULL && (best == NULL || found < *at)) {
			best = words[i];
			*at = found;
		}
	}
	return best;
}

/* Whom to ask instead: with an address or a number. */
static bool
names_another(const char *folded)
{
	const char	*at = NULL;
	unsigned	 digits = 0;

	if (first_of(folded, contacts, &at) == NULL)
		return false;
	if (strchr(folded, '@') != NULL)
		return true;
	for (at = folded; *at != '\0' && digits < 6; at++)
		digits = g_ascii_isdigit(*at) ? digits + 1 : strchr(" -/()+.", *at) != NULL ? digits : 0;
	return digits >= 6;
}

/* What stands around the words of absence; new. */
static char *
around(const char *folded, const char *at)
{
	const char	*from = at - folded > DATE_NEAR ? at - DATE_NEAR : folded;

	return g_strndup(from, strnlen(from, 2 * DATE_NEAR));
}

static bool
has_digit(const char *s, size_t max)
{
	for (size_t i = 0; s[i] != '\0' && i < max; i++)
		if (g_ascii_isdigit(s[i]))
			return true;
	return false;
}

/* "until 12 August", "8月12日まで": not only a number that is somewhere. */
static bool
says_until(const char *near)
{
	for (size_t i = 0; untils[i] != NULL; i++) {
		const char	*at = near;
		size_t		 n = strlen(untils[i]);

		for (; (at = strstr(at, untils[i])) != NULL; at++)
			if ((at == near || !g_ascii_isalnum(at[-1])) && (has_digit(at + n, UNTIL_NEAR) ||
			    (untils[i][n - 1] != ' ' && has_digit(near, (size_t)(at - near)))))
				return true;
	}
	return false;
}

static char *
fold(const char *text, size_t len)
{
	return g_strdelimit(auto_words_fold(text, len), "-", ' ');
}

/* The words of absence at the beginning.  Most mails have none: ask that first. */
static const char *
absence_at_the_beginning(const char *text, size_t len, bool *only_notices)
{
	g_autofree char	*begin = fold(text, MIN(len, BEGIN_MAX));
	const char	*at, *found = first_of(begin, offices, &at);

	*only_notices = found != NULL;
	if (found == NULL)
		found = first_of(begin, departures, &at);
	return found != NULL ? found : first_of(begin, leaves, &at);
}

/* What a notice says besides the absence. */
struct signs {
	bool	urgent, later;		/* what if, and when it is read */
	bool	another;		/* whom to ask instead */
	bool	thanked;
	bool	dated, until;		/* a number near by; and "until" before it */
};

static void
read_signs(struct signs *s, const char *folded, const char *absence)
{
	g_autofree char	*near = around(folded, absence);
	const char	*at;

	s->urgent = first_of(folded, urgencies, &at) != NULL;
	s->later = first_of(folded, laters, &at) != NULL;
	s->another = names_another(folded);
	s->thanked = first_of(folded, thanks, &at) != NULL;
	s->dated = has_digit(near, strlen(near));
	s->until = says_until(near);
}

/* Customers thank, give dates and numbers, too: it depends on what goes together. */
static bool
is_notice(const struct signs *s, bool only_notices)
{
	if (s->urgent || s->later)
		return s->another || s->thanked || s->dated || (s->urgent && s->later);
	if (s->another)
		return s->thanked || s->until;
	return only_notices && s->thanked && s->until;
}

const char *
auto_notice_find(const char *text, size_t len, bool strict)
{
	g_autofree char	*folded = NULL;
	const char	*absent, *at;
	bool		 only_notices;
	struct signs	 s;

	if (len > TEXT_MAX || memchr(text, '?', len) != NULL ||
	    (absent = absence_at_the_beginning(text, len, &only_notices)) == NULL)
		return NULL;
	folded = fold(text, len);
	if (first_of(folded, wishes, &at) != NULL)
		return NULL;
	if (first_of(folded, departures, &at) == absent)
		return names_another(folded) && !strict ? absent : NULL;
	if ((at = strstr(folded, absent)) == NULL)
		return NULL;
	read_signs(&s, folded, at);
	if (strict && (!only_notices || s.urgent + s.later + s.another + s.thanked + s.until < 3))
		return NULL;
	return is_notice(&s, only_notices) ? absent : NULL;
}

const char *
auto_notice_phrase(size_t n)
{
	static const char *const *const tables[] = {
		offices, departures, leaves, untils, thanks, urgencies, contacts, laters, wishes
	};

	for (size_t t = 0; t < G_N_ELEMENTS(tables); t++)
		for (size_t i = 0; tables[t][i] != NULL; i++)
			if (n-- == 0)
				return tables[t][i];
	return NULL;
}
