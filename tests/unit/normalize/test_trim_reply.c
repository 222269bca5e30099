/* SPDX-License-Identifier: ISC */
/*
 * Plain text replies as mail programs write them.  Most tables hold only what
 * a program adds; the tests put a customer's words above and old ones below.
 */
#include <glib.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "normalize/trim_reply.h"

#define NEW	"Thanks, that works now.\n\nBut the invoice 4711 is still missing."

static void
check(const char *in, bool is_reply, const char *text, const char *quoted)
{
	struct trim	t;

	trim_reply(in, is_reply, &t);
	if (strcmp(t.text, text) != 0)
		print_error("how %s, input:\n%s\n----\n", t.how, in);
	assert_string_equal(t.text, text);
	assert_string_equal(t.full, in);
	if (quoted == NULL && t.quoted != NULL)
		print_error("quoted: %s\n", t.quoted);
	if (quoted == NULL)
		assert_null(t.quoted);
	else {
		if (t.quoted == NULL || strstr(t.quoted, quoted) == NULL)
			print_error("in:\n%s\nquoted: %s\nlacks: %s\n", in,
			    t.quoted, quoted);
		assert_non_null(t.quoted);
		assert_non_null(strstr(t.quoted, quoted));
	}
	trim_clear(&t);
}

/* As programs of many countries introduce what they quote. */
static const char *const intros[] = {
	/* en */
	"On Mon, Jan 1, 2024 at 10:00 AM Jo Doe <jo@example.com> wrote:",
	"On Mon, Jan 1, 2024 at 10:00 AM Jo Doe <\njo@example.com> wrote:",
	"On Mon, Jan 1, 2024 at 10:00 AM Support Team at Example\n<jo@example.com> wrote:",
	"On 1 Jan 2024, at 10:00, Jo Doe <jo@example.com> wrote:",
	"On Jan 1, 2024, at 10:00, Jo Doe\n<jo@example.com>\nwrote:",
	"On 01/01/2024 10:00, Jo Doe wrote:",
	"On 2024-01-01 10:00, jo@example.com wrote:",
	"On Monday, January 1, 2024 at 10:00:00 AM GMT+1, Jo Doe <jo@example.com> wrote:",
	"On Monday, January 1st, 2024 at 10:00 AM, Jo Doe <jo@example.com> wrote:",
	"On Mon, 01 Jan 2024 10:00:00 +0100\nJo Doe <jo@example.com> wrote:",
	"Jo Doe <jo@example.com> wrote on Mon, 1 Jan 2024 at 10:00:",
	"---- On Mon, 01 Jan 2024 10:00:00 +0530 Jo Doe <jo@example.com> wrote ----",
	"At 2024-01-01 10:00:00, \"Jo Doe\" <jo@example.com> wrote:",
	"In a message dated 1/1/2024 10:00:00 AM, jo@example.com writes:",
	/* de */
	"Am Mo., 1. Jan. 2024 um 10:00 Uhr schrieb Jo Doe <jo@example.com>:",
	"Am Mo., 1. Jan. 2024 um 10:00 Uhr schrieb Jo Doe <\njo@example.com>:",
	"Am 01.01.2024 um 10:00 schrieb Jo Doe:",
	"Am 01.01.24 um 10:00 schrieb Jo Doe:",
	"Am Montag, dem 01.01.2024 um 10:00 +0100 schrieb Jo Doe:",
	"Am 1. Januar 2024 10:00:00 MEZ schrieb Jo Doe <jo@example.com>:",
	"Jo Doe <jo@example.com> schrieb am Mo., 1. Jan. 2024, 10:00:",
	"Jo Doe <jo@example.com> hat am 01.01.2024 10:00 geschrieben:",
	"> Jo Doe <jo@example.com> hat am 01.01.2024 10:00 CET geschrieben:",
	"Zitat von Jo Doe <jo@example.com>, 01.01.2024 10:00:",
	/* fr */
	"Le lun. 1 janv. 2024 à 10:00, Jo Doe <jo@example.com> a écrit :",
	"Le lun. 1 janv. 2024 à 10:00, Jo Doe <jo@example.com> a\nécrit :",
	"Le 1 janv. 2024 à 10:00, Jo Doe <jo@example.com> a écrit\xC2\xA0:",
	"Le 01/01/2024 à 10:00, Jo Doe a écrit :",
	"Le lundi 1 janvier 2024 à 10:00:00 UTC+1, Jo Doe <jo@example.com> a écrit :",
	/* es */
	"El lun, 1 ene 2024 a las 10:00, Jo Doe (<jo@example.com>) escribió:",
	"El 1 ene 2024, a las 10:00, Jo Doe <jo@example.com> escribió:",
	"El 01/01/2024 a las 10:00, Jo Doe escribió:",
	"El lunes, 1 de enero de 2024, 10:00:00 CET, Jo Doe <jo@example.com> escribió:",
	/* pt */
	"Em seg., 1 de jan. de 2024 às 10:00, Jo Doe <jo@example.com>\nescreveu:",
	"Em 01/01/2024 10:00, Jo Doe escreveu:",
	"Jo Doe <jo@example.com> escreveu (segunda, 1/01/2024 à(s) 10:00):",
	"No dia 01/01/2024, às 10:00, Jo Doe <jo@example.com> escreveu:",
	/* it */
	"Il giorno lun 1 gen 2024 alle ore 10:00 Jo Doe <jo@example.com> ha scritto:",
	"Il lun 1 gen 2024, 10:00 Jo Doe <jo@example.com> ha scritto:",
	"Il 01/01/2024 10:00, Jo Doe ha scritto:",
	/* nl */
	"Op ma 1 jan 2024 om 10:00 schreef Jo Doe <jo@example.com>:",
	"Op 01-01-2024 om 10:00 schreef Jo Doe:",
	"Op 1 jan. 2024, om 10:00 heeft Jo Doe <jo@example.com> het volgende\ngeschreven:",
	/* pl */
	"pon., 1 sty 2024 o 10:00 Jo Doe <jo@example.com> napisał(a):",
	"W dniu 01.01.2024 o 10:00, Jo Doe pisze:",
	"Dnia 1 stycznia 2024 10:00 Jo Doe <jo@example.com> napisał(a):",
	"Wiadomość napisana przez Jo Doe <jo@example.com> w dniu 01.01.2024, o godz. 10:00:",
	/* cs, sk */
	"po 1. 1. 2024 v 10:00 odesílatel Jo Doe <jo@example.com> napsal:",
	"Dne 01. 01. 24 v 10:00 Jo Doe napsal(a):",
	"po 1. 1. 2024 o 10:00 Jo Doe <jo@example.com> napísal(a):",
	/* ru, uk */
	"пн, 1 янв. 2024 г. в 10:00, Jo Doe <jo@example.com>:",
	"01.01.2024, 10:00, \"Jo Doe\" <jo@example.com>:",
	"01.01.2024 10:00, Jo Doe пишет:",
	"1 янв. 2024 г., в 10:00, Jo Doe <jo@example.com> написал(а):",
	"Понедельник, 1 января 2024, 10:00 +03:00 от Jo Doe <jo@example.com>:",
	"пн, 1 січ. 2024 р. о 10:00 Jo Doe <jo@example.com> пише:",
	/* sv, no, da, fi */
	"Den mån 1 jan. 2024 kl 10:00 skrev Jo Doe <jo@example.com>:",
	"Den 2024-01-01 kl. 10:00, skrev Jo Doe:",
	"1 jan. 2024 kl. 10:00 skrev Jo Doe <jo@example.com>:",
	"man. 1. jan. 2024 kl. 10:00 skrev Jo Doe <jo@example.com>:",
	"Den man. 1. jan. 2024 kl. 10.00 skrev Jo Doe <jo@example.com>:",
	"ma 1. tammik. 2024 klo 10.00 Jo Doe (jo@example.com) kirjoitti:",
	"Jo Doe <jo@example.com> kirjoitti 1.1.2024 kello 10.00:",
	/* tr */
	"Jo Doe <jo@example.com>, 1 Oca 2024 Pzt, 10:00 tarihinde şunu yazdı:",
	"Jo Doe <jo@example.com>, 1 Oca 2024 Pzt, 10:00 tarihinde\nşunu yazdı:",
	/* vi */
	"Vào Th 2, 1 thg 1, 2024 vào lúc 10:00 Jo Doe <jo@example.com> đã viết:",
	"Vào 10:00, T.2, 1 Th1, 2024 Jo Doe <jo@example.com> đã viết:",
	/* zh */
	"Jo Doe <jo@example.com> 于2024年1月1日周一 10:00写道：",
	"Jo Doe <jo@example.com> 於 2024年1月1日 週一 上午10:00寫道：",
	"在 2024-01-01 10:00:00，\"Jo Doe\" <jo@example.com> 写道：",
	"在 2024年1月1日，10:00，Jo Doe <jo@example.com> 写道：",
	/* ja */
	"2024年1月1日(月) 10:00 Jo Doe <jo@example.com>:",
	"2024/01/01 10:00、Jo Doe <jo@example.com>のメール:",
	"On 2024/01/01 10:00, Jo Doe wrote:",
	/* ko */
	"2024년 1월 1일 (월) 오전 10:00, Jo Doe <jo@example.com>님이 작성:",
	"2024. 1. 1. 오전 10:00, Jo Doe <jo@example.com> 작성:",
	/* others */
	"Jo Doe <jo@example.com> ezt írta (időpont: 2024. jan. 1., H, 10:00):",
	"În lun., 1 ian. 2024 la 10:00, Jo Doe <jo@example.com> a scris:",
	"Pe lun., 1 ian. 2024, 10:00, Jo Doe <jo@example.com> a scris:",
	"Στις Δευ 1 Ιαν 2024 στις 10:00 π.μ., ο χρήστης Jo Doe <jo@example.com>\nέγραψε:",
	"\xE2\x80\xABבתאריך יום ב׳, 1 בינו׳ 2024 ב-10:00 מאת \xE2\x80\xAAJo Doe\xE2\x80\xAC <jo@example.com>:",
	"في الاثنين، 1 يناير 2024 في 10:00 ص تمت كتابة ما يلي بواسطة Jo Doe <jo@example.com>:",
	"El dl., 1 gen. 2024 a les 10:00, Jo Doe (<jo@example.com>) va escriure:",
	"V V pon., 1. jan. 2024 ob 10:00 je oseba Jo Doe <jo@example.com> napisala:",
};

static void
trim_reply__introduction_and_quote__only_new_words_stay(void **state)
{
	size_t	i;

	(void)state;
	for (i = 0; i < G_N_ELEMENTS(intros); i++) {
		g_autofree char	*below = g_strdup_printf(
		    NEW "\n\n%s\n\n> Old words.\n>\n> More of them:\n> > older", intros[i]);
		g_autofree char	*close = g_strdup_printf(
		    NEW "\n%s\n> Old words.\n", intros[i]);

		check(below, true, NEW, intros[i]);
		check(below, false, NEW, intros[i]);
		check(close, true, NEW, "> Old words.");
	}
}

static void
trim_reply__introduction_without_quote_marks__cuts_the_rest(void **state)
{
	size_t	i;

	(void)state;
	for (i = 0; i < G_N_ELEMENTS(intros); i++) {
		g_autofree char	*below = g_strdup_printf(
		    NEW "\n\n%s\n\nOld words.\n\nMore of them.", intros[i]);

		if (intros[i][0] != '>')
			check(below, true, NEW, "More of them.");
	}
}

static void
trim_reply__answer_below_the_quote__stays_alone(void **state)
{
	size_t	i;

	(void)state;
	for (i = 0; i < G_N_ELEMENTS(intros); i++) {
		g_autofree char	*below = g_strdup_printf(
		    "%s\n\n> Old words.\n> More.\n\n" NEW "\n", intros[i]);
		check(below, true, NEW, "> Old words.");
	}
}

static const char *const headers[] = {
	"From: Jo Doe <jo@example.com>\nSent: Monday, January 1, 2024 10:00 AM\nTo: A <a@b.example>\nSubject: RE: Order",
	"From: Jo Doe [mailto:jo@example.com]\nSent: Monday, January 1, 2024 10:00 AM\nTo: A\nCc: B\nSubject: RE: Order",
	"*From:* Jo Doe <jo@example.com>\n*Sent:* Monday, January 1, 2024 10:00 AM\n*To:* A\n*Subject:* Order",
	"From: Jo Doe\nDate: Monday, 1 January 2024 at 10:00\nTo: A <a@b.example>\nSubject: Order",
	"________________________________\nFrom: Jo Doe <jo@example.com>\nSent: 01 January 2024 10:00\nTo: A\nSubject: Order",
	"-----Original Message-----\nFrom: Jo Doe <jo@example.com>\nSent: 01 January 2024 10:00\nTo: A\nSubject: Order",
	"-------- Original message --------\nFrom: Jo Doe <jo@example.com>\nDate: 01/01/2024 10:00 (GMT+01:00)\nTo: A\nSubject: Order",
	"------ Original Message ------\nFrom: \"Jo Doe\" <jo@example.com>\nTo: \"A\" <a@b.example>\nSent: 01/01/2024 10:00:00\nSubject: Order",
	"Von: Jo Doe <jo@example.com>\nGesendet: Montag, 1. Januar 2024 10:00\nAn: A\nBetreff: AW: Bestellung",
	"Von: Jo Doe <jo@example.com> \nDatum: Montag, 1. Januar 2024 um 10:00\nAn: A\nCc: B\nBetreff: Bestellung",
	"-----Ursprüngliche Nachricht-----\nVon: Jo Doe <jo@example.com>\nGesendet: Montag, 1. Januar 2024 10:00\nAn: A\nBetreff: Bestellung",
	"Gesendet: Montag, 01. Januar 2024 um 10:00 Uhr\nVon: \"Jo Doe\" <jo@example.com>\nAn: a@b.example\nBetreff: Bestellung",
	"De : Jo Doe <jo@example.com>\nEnvoyé : lundi 1 janvier 2024 10:00\nÀ : A\nObjet : RE: Commande",
	"-----Message d'origine-----\nDe : Jo Doe [mailto:jo@example.com]\nEnvoyé : lundi 1 janvier 2024 10:00\nÀ : A\nObjet : Commande",
	"De: Jo Doe <jo@example.com>\nEnviado: lunes, 1 de enero de 2024 10:00\nPara: A\nAsunto: RE: Pedido",
	"De: Jo Doe <jo@example.com>\nEnviado el: lunes, 1 de enero de 2024 10:00\nPara: A\nCC: B\nAsunto: Pedido",
	"De: Jo Doe <jo@example.com>\nEnviada em: segunda-feira, 1 de janeiro de 2024 10:00\nPara: A\nAssunto: RES: Pedido",
	"Da: Jo Doe <jo@example.com>\nInviato: lunedì 1 gennaio 2024 10:00\nA: A\nOggetto: R: Ordine",
	"Van: Jo Doe <jo@example.com>\nVerzonden: maandag 1 januari 2024 10:00\nAan: A\nOnderwerp: RE: Bestelling",
	"Od: Jo Doe <jo@example.com>\nWysłano: poniedziałek, 1 stycznia 2024 10:00\nDo: A\nTemat: ODP: Zamówienie",
	"Od: Jo Doe <jo@example.com>\nOdesláno: pondělí 1. ledna 2024 10:00\nKomu: A\nPředmět: RE: Objednávka",
	"From: Jo Doe <jo@example.com>\nОтправлено: 1 января 2024 г. 10:00\nКому: A\nТема: RE: Заказ",
	"От: Jo Doe <jo@example.com>\nОтправлено: 1 января 2024 г. 10:00\nКому: A\nТема: RE: Заказ",
	"Від: Jo Doe <jo@example.com>\nНадіслано: 1 січня 2024 р. 10:00\nКому: A\nТема: RE: Замовлення",
	"Från: Jo Doe <jo@example.com>\nSkickat: den 1 januari 2024 10:00\nTill: A\nÄmne: SV: Order",
	"Fra: Jo Doe <jo@example.com>\nSendt: mandag den 1. januar 2024 10:00\nTil: A\nEmne: SV: Ordre",
	"Lähettäjä: Jo Doe <jo@example.com>\nLähetetty: maanantai 1. tammikuuta 2024 10:00\nVastaanottaja: A\nAihe: VS: Tilaus",
	"Gönderen: Jo Doe <jo@example.com>\nGönderildi: 1 Ocak 2024 Pazartesi 10:00\nKime: A\nKonu: YNT: Sipariş",
	"Từ: Jo Doe <jo@example.com>\nĐã gửi: Thứ Hai, 1 Tháng Một, 2024 10:00\nTới: A\nChủ đề: RE: Đơn hàng",
	"发件人: Jo Doe <jo@example.com>\n发送时间: 2024年1月1日 10:00\n收件人: A\n主题: 答复: 订单",
	"发件人：Jo Doe <jo@example.com>\n日期：2024年1月1日 10:00\n收件人：A\n主题：订单",
	"寄件者: Jo Doe <jo@example.com>\n寄件日期: 2024年1月1日 10:00\n收件者: A\n主旨: RE: 訂單",
	"差出人: Jo Doe <jo@example.com>\n送信日時: 2024年1月1日 10:00\n宛先: A\n件名: RE: 注文",
	"보낸 사람: Jo Doe <jo@example.com>\n보낸 날짜: 2024년 1월 1일 월요일 오전 10:00\n받는 사람: A\n제목: RE: 주문",
	"Feladó: Jo Doe <jo@example.com>\nElküldve: 2024. január 1. 10:00\nCímzett: A\nTárgy: RE: Rendelés",
	"De la: Jo Doe <jo@example.com>\nTrimis: luni, 1 ianuarie 2024 10:00\nCătre: A\nSubiect: RE: Comanda",
	"Από: Jo Doe <jo@example.com>\nΣτάλθηκε: 1 Ιανουαρίου 2024 10:00\nΠρος: A\nΘέμα: RE: Παραγγελία",
	"מאת: Jo Doe <jo@example.com>\nנשלח: יום שני 1 ינואר 2024 10:00\nאל: A\nנושא: RE: הזמנה",
	"من: Jo Doe <jo@example.com>\nتم الإرسال: ١ يناير 10:00\nإلى: A\nالموضوع: طلب",
	"From: Jo Doe <jo@example.com>\nTo: A <a@b.example>,\n  B <b@b.example>,\n  C <c@b.example>\nCc: D\nSent: 1/1/2024\nSubject: Order",
	"From: Jo Doe <jo@example.com>\n\nSent: Monday, January 1, 2024 10:00 AM\n\nTo: A\n\nSubject: RE: Order",
	"------------------ 原始邮件 ------------------\n发件人: \"Jo\" <jo@example.com>;\n发送时间: 2024年1月1日 10:00\n收件人: A\n主题: 订单",
	"-----Mensaje original-----\nDe: Jo\nEnviado el: lunes\nPara: A\nAsunto: Pedido",
	"-----Original Message-----\nJo said something",
	"--- Original message ---\nFrom: Jo\nDate: 1/1/2024",
	"----- Wiadomość oryginalna -----\nOd: Jo",
	"-------- Исходное сообщение --------\nОт: Jo",
	"-------- Alkuperäinen viesti --------\nLähettäjä: Jo",
	"##- Please type your reply above this line -##\n\nYour request (1) was updated",
	"--- Reply above this line ---\n\nAgent wrote something",
	"=== Bitte antworten Sie oberhalb dieser Zeile ===\nAlte Worte",
	"-- Répondez au-dessus de cette ligne --\nAnciens mots",
};

static void
trim_reply__header_blocks_and_separators__cut_the_rest(void **state)
{
	size_t	i;

	(void)state;
	for (i = 0; i < G_N_ELEMENTS(headers); i++) {
		g_autofree char	*in = g_strdup_printf(
		    NEW "\n\n%s\n\nOld words.\n\n> older\n\nJo", headers[i]);
		g_autofree char	*close = g_strdup_printf(NEW "\n\n\n%s\nOld words.\n",
		    headers[i]);

		check(in, true, NEW, "Old words.");
		check(in, false, NEW, "Old words.");
		check(close, true, NEW, "Old words.");
	}
}

static const char *const forwards[] = {
	"---------- Forwarded message ---------\nFrom: Shop <s@shop.example>\nDate: Mon, 1 Jan 2024\nSubject: Order\nTo: <a@b.example>",
	"Begin forwarded message:\n\nFrom: Shop <s@shop.example>\nSubject: Order\nDate: 1 January 2024\nTo: a@b.example",
	"-------- Forwarded Message --------\nSubject: Order\nDate: Mon, 1 Jan 2024\nFrom: Shop <s@shop.example>\nTo: a@b.example",
	"-------- Original Message --------\nSubject: Order\nDate: Mon, 1 Jan 2024\nFrom: Shop <s@shop.example>\nTo: a@b.example",
	"-------- Weitergeleitete Nachricht --------\nBetreff: Bestellung\nDatum: 1.1.2024\nVon: Shop\nAn: a@b.example",
	"Anfang der weitergeleiteten Nachricht:\n\nVon: Shop <s@shop.example>\nBetreff: Bestellung\nDatum: 1. Januar 2024\nAn: a",
	"---------- Message transféré ---------\nDe : Shop",
	"Début du message réexpédié :\n\nDe: Shop",
	"---------- Mensaje reenviado ---------\nDe: Shop",
	"---------- Mensagem encaminhada ---------\nDe: Shop",
	"---------- Messaggio inoltrato ---------\nDa: Shop",
	"---------- Doorgestuurd bericht ---------\nVan: Shop",
	"-------- Пересылаемое сообщение --------\nОт: Shop",
	"---------- 转发邮件信息 ----------\n发件人: Shop",
	"----- Forwarded by Jo Doe/Org on 01/01/2024 10:00 -----\nFrom: Shop",
};

static void
trim_reply__forwarded_messages__stay_whole(void **state)
{
	size_t		i;
	struct trim	t;

	(void)state;
	for (i = 0; i < G_N_ELEMENTS(forwards); i++) {
		g_autofree char	*own = g_strdup_printf(
		    "Please see below.\n\n%s\n\nYour order 4711 was shipped.\n> inner", forwards[i]);
		g_autofree char	*bare = g_strdup_printf(
		    "%s\n\nYour order 4711 was shipped.\n> inner", forwards[i]);

		trim_reply(own, false, &t);
		if (strcmp(t.how, "forward") != 0)
			print_error("%s: %s\n", t.how, forwards[i]);
		assert_string_equal(t.how, "forward");
		assert_string_equal(t.text, own);
		assert_null(t.quoted);
		trim_clear(&t);
		trim_reply(bare, true, &t);
		assert_string_equal(t.how, "forward");
		assert_string_equal(t.text, bare);
		trim_clear(&t);
	}
}

static void
trim_reply__outlook_forward_without_words__stays_whole(void **state)
{
	size_t	i;

	(void)state;
	for (i = 0; i < G_N_ELEMENTS(headers); i++) {
		g_autofree char	*in = g_strdup_printf("%s\n\nYour order 4711.", headers[i]);

		check(in, false, in, NULL);
	}
}

static const char *const devices[] = {
	"Sent from my iPhone", "Sent from my Samsung Galaxy smartphone.",
	"Sent from Mail for Windows", "Sent from Yahoo Mail on Android",
	"Sent with Proton Mail secure email.", "Get Outlook for iOS<https://aka.ms/o0ukef>",
	"Get Outlook for Android", "Sent via BlackBerry by AT&T",
	"Von meinem iPhone gesendet", "Gesendet von meinem iPad",
	"Gesendet von Outlook für iOS<https://aka.ms/o0ukef>",
	"Diese Nachricht wurde von meinem Android Mobiltelefon mit GMX Mail gesendet.",
	"Von Outlook für Android<https://aka.ms/x> gesendet",
	"Envoyé de mon iPhone", "Envoyé depuis mon téléphone", "Obtenir Outlook pour iOS",
	"Enviado desde mi iPhone", "Enviado do meu iPhone", "Inviato da iPhone",
	"Verstuurd vanaf mijn iPhone", "Verzonden vanaf mijn iPad", "Wysłane z iPhone'a",
	"Odesláno z iPhonu", "Отправлено с iPhone", "Отправлено из Почты",
	"Надіслано з iPhone", "Skickat från min iPhone", "Sendt fra min iPhone",
	"Lähetetty iPhonesta", "iPhone'umdan gönderildi", "Đã gửi từ iPhone của tôi",
	"发自我的iPhone", "從我的 iPhone 傳送", "iPhoneから送信", "나의 iPhone에서 보냄",
};

static void
trim_reply__device_lines__are_no_words_of_the_customer(void **state)
{
	size_t		i;
	struct trim	t;

	(void)state;
	for (i = 0; i < G_N_ELEMENTS(devices); i++) {
		g_autofree char	*first = g_strdup_printf(NEW "\n\n%s\n", devices[i]);
		g_autofree char	*reply = g_strdup_printf(NEW "\n\n%s\n\n%s\n\n> Old words.\n",
		    devices[i], intros[i % 5]);
		g_autofree char	*alone = g_strdup_printf("%s\n\n%s\n\n> Old words.\n",
		    devices[i], intros[i % 5]);

		check(first, false, NEW, NULL);
		trim_reply(reply, true, &t);
		assert_string_equal(t.text, NEW);
		assert_string_equal(t.signature, devices[i]);
		assert_non_null(strstr(t.quoted, "Old words."));
		trim_clear(&t);
		check(alone, true, devices[i], "Old words.");
	}
}

struct case_row {
	bool		 is_reply;
	const char	*in, *text, *quoted;
};

static void
check_cases(const struct case_row *rows, size_t n)
{
	size_t	i;

	for (i = 0; i < n; i++)
		check(rows[i].in, rows[i].is_reply, rows[i].text, rows[i].quoted);
}

static void
trim_reply__words_that_look_like_quotes__stay(void **state)
{
	static const struct case_row rows[] = {
		{ false, "", "", NULL },
		{ false, "Hello", "Hello", NULL },
		{ true, "Hello\n\nWorld\n", "Hello\n\nWorld", NULL },
		{ false, "The log says\n\n> error 1\n> error 2\n\nWhat now?",
		  "The log says\n\n> error 1\n> error 2\n\nWhat now?", NULL },
		{ false, "My log from 2024-01-01:\n> error 1\n> error 2",
		  "My log from 2024-01-01:\n> error 1\n> error 2", NULL },
		{ true, "On Monday I wrote:\nplease cancel. Nothing happened.",
		  "On Monday I wrote:\nplease cancel. Nothing happened.", NULL },
		{ true, "On 3 May 2024 at 10:30 I wrote:\n\nplease cancel.",
		  "On 3 May 2024 at 10:30 I wrote:\n\nplease cancel.", NULL },
		{ true, "Am 3.5.2024 um 10:30 schrieb ich Ihnen:\n\nbitte kündigen.",
		  "Am 3.5.2024 um 10:30 schrieb ich Ihnen:\n\nbitte kündigen.", NULL },
		{ true, "In your letter you wrote:\n\nwe will refund.",
		  "In your letter you wrote:\n\nwe will refund.", NULL },
		{ false, "I need a trip.\n\nFrom: Berlin\nTo: Paris\nDate: 12 May, 10:30\n\nThanks",
		  "I need a trip.\n\nFrom: Berlin\nTo: Paris\nDate: 12 May, 10:30\n\nThanks", NULL },
		{ false, "Order: 1\nDate: today\nSubject: none\n\nHello",
		  "Order: 1\nDate: today\nSubject: none\n\nHello", NULL },
		{ false, "a\n\n- one\n- two\n\n-- three\n--- four",
		  "a\n\n- one\n- two\n\n-- three\n--- four", NULL },
		{ false, "Sent from my house last week was a parcel with number 4711 that never came to you at all, why?\n\nJo",
		  "Sent from my house last week was a parcel with number 4711 that never came to you at all, why?\n\nJo", NULL },
		{ false, ">From the start it was broken.\n\nJo", ">From the start it was broken.\n\nJo", NULL },
		{ true, "| a | b |\n| 1 | 2 |\n\nis my table", "| a | b |\n| 1 | 2 |\n\nis my table", NULL },
		{ false, "The original message was lost.", "The original message was lost.", NULL },
		{ true, "[EXTERNAL EMAIL] be careful\n\nHello", "[EXTERNAL EMAIL] be careful\n\nHello", NULL },
		{ true, "The opening times are:\n\nMonday 10:00\nTuesday 11:00",
		  "The opening times are:\n\nMonday 10:00\nTuesday 11:00", NULL },
		{ true, "Please call me on 12.05.2024 at 10:30:\n0123 456",
		  "Please call me on 12.05.2024 at 10:30:\n0123 456", NULL },
		{ true, "> only\n> a quote", "> only\n> a quote", NULL },
		{ true, "On Mon, 1 Jan 2024 at 10:00, Jo <jo@example.com> wrote:\n> all there is",
		  "On Mon, 1 Jan 2024 at 10:00, Jo <jo@example.com> wrote:\n> all there is", NULL },
	};

	(void)state;
	check_cases(rows, G_N_ELEMENTS(rows));
}

static void
trim_reply__answers_between_quoted_lines__stay_with_context(void **state)
{
	static const struct case_row rows[] = {
		{ true, "Hi Ann,\n\n> Long story.\n>\n> What is your number?\n\n4711\n\n> And the date?\n\nMay 1\n\n> Regards\n> Ann\n",
		  "Hi Ann,\n\n> What is your number?\n\n4711\n\n> And the date?\n\nMay 1", "> Regards" },
		{ true, "On 01/01/2024 10:00, Jo Doe wrote:\n> Hi\n>\n> Number?\n4711\n> Date?\nMay 1\n",
		  "> Number?\n4711\n> Date?\nMay 1", "> Hi" },
		{ true, "See below.\n\nOn 01/01/2024 10:00, Jo Doe wrote:\n> Number?\n\n4711\n\n-- \nAnn",
		  "See below.\n\n> Number?\n\n4711", "Jo Doe wrote:" },
		{ true, "JD> Number?\n4711\nJD> Date?\nMay 1", "JD> Number?\n4711\nJD> Date?\nMay 1", NULL },
		{ true, "| Number?\n4711\n| Date?\nMay 1\n| Bye", "| Number?\n4711\n| Date?\nMay 1", "| Bye" },
		{ true, "Jo Doe wrote:\n>>> older\n>> old\n> new?\n\nyes", "yes", ">>> older" },
	};

	(void)state;
	check_cases(rows, G_N_ELEMENTS(rows));
}

static void
trim_reply__quotes_of_other_styles__are_found(void **state)
{
	static const struct case_row rows[] = {
		{ true, "New.\n\n> old\n> old\n", "New.", "> old" },
		{ true, "New.\n\nJo Doe wrote:\n\n> old\n", "New.", "Jo Doe wrote:" },
		{ false, "New.\n\nQuoting Jo Doe <jo@example.com>:\n\n> old\n", "New.", "Quoting" },
		{ false, "New.\n\nZitat von Jo Doe <jo@example.com>:\n\n> alt\n", "New.", "Zitat" },
		{ false, "New.\n\n> old\n>> older\n", "New.", ">> older" },
		{ false, "New.\n\nSent from my iPhone\n\n> On Jan 1, 2024, at 10:00 AM, Jo Doe <jo@example.com>\n> wrote:\n> \n> old\n", "New.", "> old" },
		{ false, "New.\n\n> Am 01.01.2024 um 10:00 schrieb Jo Doe <jo@example.com>:\n> \n> alt\n", "New.", "> alt" },
		{ true, "New.\n\n > old\n > old\n", "New.", " > old" },
		{ true, "New.\n\nJD> old\nJD> old\n", "New.", "JD> old" },
		{ true, "New.\r\n\r\n> old\r\n", "New.", "> old" },
		{ true, "New.\n\n-----Jo Doe <jo@example.com> wrote: -----\nTo: A\nFrom: Jo\nSubject: x\n\nold", "New.", "old" },
		{ true, "New.\n\n> a long line that was wrapped by some program on its way to the other\nend of it\n> old\n", "New.", "end of it" },
		{ true, "New.\n\nOn 01/01/2024 10:00, Jo wrote:\n> old\n\n_______________________________________________\nusers mailing list\nusers@example.com\n",
		  "New.", "> old" },
		{ true, "New.\n\nOn 01/01/2024 10:00, Jo wrote:\n> old\n\nVirus-free. www.avast.com\n", "New.", "> old" },
		{ true, "New.\n\n-- \nAnn\n+49 123\n\nOn 01/01/2024 10:00, Jo wrote:\n> old", "New.", "> old" },
	};
	struct trim	t;

	(void)state;
	check_cases(rows, G_N_ELEMENTS(rows));
	trim_reply("New.\n\n-- \nAnn\n+49 123\n\nOn 01/01/2024 10:00, Jo wrote:\n> old", true, &t);
	assert_string_equal(t.signature, "-- \nAnn\n+49 123");
	trim_clear(&t);
}

/* Of this process alone: the test says nothing of a busy machine. */
static int64_t
cpu_ms(void)
{
	return (int64_t)clock() * 1000 / CLOCKS_PER_SEC;
}

#define PATIENCE_MS	6000	/* with sanitizers */

static void
trim_reply__hostile_megabytes__are_linear(void **state)
{
	static const char *const pieces[] = {
		"\n", ">", "> \n", ">>>>>>>>", "a:\n", "From:\n", "From: a\nTo: b\n", "wrote:\n",
		"On 1/1/2024 10:00 x wrote:\n", "1/1/2024 a@b:\n", "--\n", "-- \na\n", "On ",
		"-----\n", "_", "Sent from my iPhone\n", "> a\nb\n", "1", "@", "写道：\n",
		"----- Original\n", "Begin forwarded\n", "On\nOn\nOn\nOn:\n", "JD> a\n", "| a\n",
		"Von:\nAn:\n\n", "a\n\n", "\xC2\xA0", "<", ":", "- ", "x\n> y\n\n",
		"---\nJo\na@b.c\n", "___\n\n", "caution: this email\n\n", "this email and any\n",
		"a <a@b\n> wrote:\n", "Jo\nOn 5.3.2024\nat 10:00\n<a@b>\nwrote:\n", "-Jo\n\n",
		"--- a line above ---\n", "> From: a@b\n> Date: 1 10:00\n\n", "\xE2\x80\x8F\n",
	};
	size_t	i;

	(void)state;
	for (i = 0; i < G_N_ELEMENTS(pieces); i++) {
		GString		*s = g_string_new(NULL);
		struct trim	 t;
		int64_t		 from = cpu_ms();

		while (s->len < 1 << 20)
			g_string_append(s, pieces[i]);
		trim_reply(s->str, i % 2 == 0, &t);
		if (cpu_ms() - from > PATIENCE_MS)
			fail_msg("\"%s\" took %d ms", pieces[i], (int)(cpu_ms() - from));
		assert_true(g_utf8_validate(t.text, -1, NULL));
		trim_clear(&t);
		g_string_free(s, TRUE);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(trim_reply__introduction_and_quote__only_new_words_stay),
		cmocka_unit_test(trim_reply__introduction_without_quote_marks__cuts_the_rest),
		cmocka_unit_test(trim_reply__answer_below_the_quote__stays_alone),
		cmocka_unit_test(trim_reply__header_blocks_and_separators__cut_the_rest),
		cmocka_unit_test(trim_reply__forwarded_messages__stay_whole),
		cmocka_unit_test(trim_reply__outlook_forward_without_words__stays_whole),
		cmocka_unit_test(trim_reply__device_lines__are_no_words_of_the_customer),
		cmocka_unit_test(trim_reply__words_that_look_like_quotes__stay),
		cmocka_unit_test(trim_reply__answers_between_quoted_lines__stay_with_context),
		cmocka_unit_test(trim_reply__quotes_of_other_styles__are_found),
		cmocka_unit_test(trim_reply__hostile_megabytes__are_linear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
