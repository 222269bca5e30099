/* SPDX-License-Identifier: ISC */
#include "normalize/auto_phrases.h"

#include <stddef.h>

/*
 * "Automatic reply" and "out of office" as software and people put them in
 * front of a subject.  Folded, hyphens between letters are blanks.
 */
const char *const auto_phrases_strong[] = {
	/* English */
	"automatic reply", "automatic response", "automated reply", "automated response",
	"auto reply", "autoreply", "auto response", "autoresponse", "auto responder",
	"autoresponder", "automated acknowledgement", "automated acknowledgment",
	"automatic acknowledgement", "auto acknowledgement", "out of office", "out of the office",
	"out of office autoreply", "out of office auto reply", "vacation reply",
	"vacation response", "vacation notice", "vacation message", "vacation notification",
	"vacation auto reply", "vacation autoreply", "away from my mail", "away from my email",
	"away from my desk", "away from the office", "away from office", "absence notification",
	"absence notice", "away message", "away until", "away till", "away through", "away notice", "i am out of the office",
	"i am out of office", "i'm out of the office", "i'm out of office",
	"i am currently out of the office", "i will be out of the office",
	"ooo", "on annual leave", "i am on annual leave", "i'm on annual leave",
	/* German */
	"automatische abwesenheitsmitteilung", "automatische abwesenheitsmeldung",
	"automatische abwesenheitsnachricht", "abwesenheitsnotiz", "abwesenheits notiz", "automatische antwort",
	"automatische antwortmail", "automatische ruckantwort", "automatische abwesenheitsnotiz",
	"abwesenheitsnachricht", "abwesenheitsmeldung", "abwesenheitsmitteilung",
	"abwesenheitsbenachrichtigung", "abwesenheitsinfo", "abwesenheitsagent", "abwesenheitsassistent", "abwesenheitsassistent abwesenheitsmeldung",
	"abwesenheit",
	"abwesend", "ausser haus", "bin im urlaub", "ich bin im urlaub", "ich bin ausser haus", "ich bin nicht im buro", "ich bin nicht im haus", "ich bin abwesend", "urlaubsnotiz",
	"urlaubsmeldung", "urlaubsbenachrichtigung", "urlaubsabwesenheit",
	"automatisierte antwort", "automatische eingangsbestatigung",
	"automatische e mail antwort", "autom. antwort", "autoantwort", "auto antwort",
	"buroabwesenheit",
	/* French */
	"je suis absent", "je suis absente", "je suis en conge", "je suis en conges", "je suis en vacances",
	"auto reponse", "absence jusqu", "absent jusqu", "absente jusqu",
	"reponse automatique", "absence du bureau", "message d'absence", "notification d'absence",
	"avis d'absence", "absent du bureau", "absente du bureau", "absent(e) du bureau",
	"reponse automatique d'absence", "hors du bureau",
	"en dehors du bureau", "reponse automatisee", "accuse de reception automatique",
	/* Spanish */
	"respuesta automatica", "fuera de la oficina", "fuera de oficina", "ausente de la oficina",
	"ausencia de la oficina", "ausencia temporal", "ausencia temporaria", "mensaje de ausencia", "aviso de ausencia",
	"contestacion automatica", "estoy de vacaciones", "estoy fuera de la oficina",
	"autorespuesta", "auto respuesta", "ausente hasta", "estoy ausente", "estare ausente",
	/* Portuguese, Galician, Catalan, Basque */
	"resposta automatica", "fora do escritorio", "fora da empresa", "ausencia do escritorio",
	"ausente do escritorio", "aviso de ausencia temporaria", "estou de ferias",
	"estou ausente", "ausente ate", "fora de l'oficina", "fora de la oficina", "erantzun automatikoa", "bulegotik kanpo",
	/* Italian */
	"risposta automatica", "fuori sede", "fuori ufficio", "risposta non al computer",
	"sono fuori ufficio", "sono assente", "saro assente", "assente fino", "assente dal", "assente dall'ufficio", "assenza dall'ufficio", "messaggio di assenza",
	"avviso di assenza", "sono in ferie", "risposta automatica di assenza", "autorisposta",
	/* Dutch, Afrikaans */
	"automatisch antwoord", "automatische beantwoording", "automatische reactie",
	"automatische reply", "afwezig", "afwezigheid", "afwezigheidsbericht",
	"afwezigheidsmelding", "afwezigheidsassistent", "niet aanwezig", "niet op kantoor",
	"ik ben afwezig", "ik ben met vakantie", "ik ben niet op kantoor", "ik ben op vakantie", "buiten kantoor", "buiten de kantoor", "ontvangstbevestiging automatisch",
	"outomatiese antwoord", "buite kantoor",
	/* Swedish, Danish, Norwegian, Icelandic, Finnish */
	"autosvar", "automatiskt svar", "automatisk svar", "automatsvar", "franvarande",
	"franvaro", "franvaromeddelande", "franvaro fran kontoret", "inte pa kontoret",
	"ej pa kontoret", "ar pa semester", "fravaerende", "fravaer", "fravaersbesked",
	"fravaersmelding", "fravaersmeddelelse", "ikke pa kontoret", "ikke til stede",
	"jag ar pa semester", "jag ar franvarande", "jeg er pa ferie", "jeg holder ferie", "jeg er ikke pa kontoret",
	"er pa ferie", "ude af kontoret", "ute av kontoret", "sjalfvirkt svar",
	"automaattinen vastaus", "automaattivastaus", "automaattinen poissaoloilmoitus", "poissa",
	"poissa toimistosta", "poissaoloilmoitus", "poissaolo", "poissaoloviesti", "poissa toista",
	"olen lomalla", "lomalla", "en ole toimistossa",
	/* Polish, Czech, Slovak, Slovene, Croatian, Serbian, Bosnian */
	"odpowiedz automatyczna", "automatyczna odpowiedz", "autoodpowiedz", "auto odpowiedz",
	"automatyczna odpowiedz na wiadomosc", "nieobecnosc w biurze", "jestem na urlopie", "przebywam na urlopie",
	"nie ma mnie w biurze", "jestem nieobecny", "jestem nieobecna", "jsem na dovolene", "som na dovolenke",
	"nieobecnosc", "nieobecny", "nieobecna", "poza biurem", "jestem poza biurem",
	"informacja o nieobecnosci", "powiadomienie o nieobecnosci", "automaticka odpoved",
	"automaticka odpoved mimo kancelar", "mimo kancelar", "nepritomnost", "nepritomen",
	"nepritomnost v kancelari", "jsem mimo kancelar", "nejsem v kancelari",
	"oznameni o nepritomnosti", "mimo kancelarie", "samodejni odgovor", "odsoten", "odsotna",
	"zunaj pisarne", "avtomatski odgovor", "automatski odgovor", "odsutan", "odsutna",
	"izvan ureda", "van ureda", "izvan kancelarije", "van kancelarije", "аутоматски одговор",
	"ван канцеларије", "одсутан",
	/* Hungarian, Romanian, Albanian */
	"automatikus valasz", "automatikus valaszuzenet", "hazon kivul", "irodan kivul",
	"tavollet", "tavolleti uzenet", "tavolleti ertesites", "szabadsagon vagyok",
	"raspuns automat", "absent din birou", "in afara biroului", "plecat din birou",
	"absenta din birou", "pergjigje automatike", "jashte zyres",
	/* Estonian, Latvian, Lithuanian */
	"automaatne vastus", "automaatvastus", "kontorist valjas", "olen puhkusel",
	"automatiska atbilde", "arpus biroja", "automatinis atsakymas", "automatinis atsakas",
	"ne biure", "nesu biure", "atostogauju", "atostogose",
	/* Russian, Ukrainian, Belarusian, Bulgarian, Macedonian, Kazakh */
	"автоматический ответ", "автоматическии ответ", "автоответ", "автоответчик", "вне офиса",
	"нет на месте", "нет в офисе", "отсутствую", "сообщение об отсутствии",
	"уведомление об отсутствии", "я в отпуске", "нахожусь в отпуске", "автоматична відповідь",
	"я в відпустці", "на відпустці", "у відпустці", "в отпуске", "автовідповідь", "автовідповідач", "поза офісом", "я у відпустці", "відсутній", "відсутня",
	"аўтаматычны адказ", "автоматичен отговор", "извън офиса", "отсъствам",
	"автоматски одговор", "отсуство од канцеларија", "автоматты жауап", "кеңседен тыс",
	/* Greek */
	"αυτοματη απαντηση", "αυτοματοποιημενη απαντηση", "εκτοσ γραφειου",
	"απουσια απο το γραφειο", "ειδοποιηση απουσιασ",
	/* Turkish, Azerbaijani */
	"otomatik yanit", "otomatik cevap", "otomatik yanitlama", "ofis disinda", "ofis disi",
	"yurtdisindayim", "ofis disindayim", "is yeri disinda", "isyeri disinda", "izindeyim", "tatildeyim",
	"avtomatik cavab",
	/* Hebrew, Arabic, Persian, Urdu */
	"תשובה אוטומטית", "מענה אוטומטי", "תגובה אוטומטית", "מחוץ למשרד", "לא במשרד", "אני בחופשה",
	"הודעת היעדרות", "רد تلقائي", "رد تلقائي", "رد تلقائى", "الرد التلقائي", "رد الي",
	"رد آلي", "خارج المكتب", "خارج مكتب", "پاسخ خودکار", "خارج از دفتر", "خودکار جواب",
	/* Chinese */
	"自动回复", "自动答复", "自動回覆", "自動回復", "自動答覆", "自动应答", "不在办公室", "不在辦公室", "外出自动回复", "不在办公室自动回复",
	"休假自动回复", "系統自動回覆", "系统自动回复", "我正在休假", "我在休假", "来自自动回复",
	/* Japanese */
	"自動応答", "自動返信", "自動返信メール", "自動応答メール", "不在通知", "休暇中です", "不在のお知らせ", "不在連絡", "不在メール", "休暇のため不在",
	"自動返答", "自動回答",
	/* Korean */
	"자동 회신", "자동회신", "자동 응답", "자동응답", "자동 답장", "자동답장", "부재중", "부재 중", "부재중 자동 응답", "부재중 자동 회신", "부재중 자동회신", "휴가중 자동 회신", "부재중 알림",
	"부재중 메시지", "부재중 자동응답",
	/* Vietnamese, Thai, Indonesian, Malay, Filipino, Swahili */
	"tra loi tu dong", "thu tra loi tu dong", "phan hoi tu dong", "khong co mat tai van phong",
	"ngoai van phong", "ตอบกลับอัตโนมัติ", "การตอบกลับอัตโนมัติ", "ข้อความตอบกลับอัตโนมัติ",
	"ไม่อยู่ที่สํานักงาน", "ไม่อยู่สํานักงาน", "balasan otomatis", "jawaban otomatis",
	"respon otomatis", "di luar kantor", "balasan automatik", "jawapan automatik",
	"di luar pejabat", "luar pejabat", "awtomatikong tugon", "jibu la kiotomatiki",
	/* Hindi, Bengali, Tamil, Georgian, Armenian, Welsh, Irish */
	"स्वचालित उत्तर", "स्वतः उत्तर", "स्वत: उत्तर", "कार्यालय से बाहर", "স্বয়ংক্রিয় উত্তর",
	"தானியங்கு பதில்", "ავტომატური პასუხი", "ավտոմատ պատասխան", "ateb awtomatig",
	"ymateb awtomatig", "freagra uathoibrioch",
	NULL
};

/*
 * The same, but people begin their subjects like this too; and words of
 * acknowledgements.
 */
const char *const auto_phrases_weak[] = {
	"automated message", "automatic message", "ooo", "oof", "on vacation", "on holiday",
	"on annual leave", "annual leave", "on leave", "on maternity leave", "on parental leave",
	"maternity leave", "i am away", "i am on vacation", "i am on holiday", "i am on leave",
	"no longer with the company", "no longer works here", "not in the office", "office closed",
	"delayed response", "nicht im haus", "nicht im buro", "im urlaub",
	"automatische nachricht", "in elternzeit", "elternzeit", "en conge", "en conges",
	"en vacances", "absent", "absente", "message automatique", "je suis absent",
	"je suis absente", "je suis en conges", "conge maternite", "conge de maternite",
	"mensaje automatico", "de vacaciones", "ausente", "ausencia", "mensagem automatica",
	"de ferias", "em ferias", "absencia", "de vacances", "messaggio automatico", "in ferie",
	"assente", "automatisch bericht", "met vakantie", "op vakantie", "met verlof",
	"pa semester", "pa ferie", "automatisk besked", "automatisk melding",
	"automatisk meddelelse", "lomalla", "na urlopie", "urlop", "automaticka zprava",
	"na dovolene", "dovolena", "automaticka sprava", "na dovolenke", "dovolenka",
	"samodejno sporocilo", "odsotnost", "na dopustu", "odsutnost", "na godisnjem odmoru",
	"automatikus uzenet", "szabadsag", "szabadsagon", "mesaj automat", "in concediu",
	"concediu", "puhkusel", "atvalinajuma", "prombutne", "отсутствие", "в отпуске", "отпуск",
	"автоматическое уведомление", "автоматическое сообщение", "у відпустці", "відсутність",
	"автоматично съобщение", "отсъствие", "в отпуск", "отпуска", "απουσια", "σε αδεια",
	"izinde", "yillik izin", "בחופשה", "في اجازة", "في إجازة", "اجازة", "در مرخصی", "外出",
	"休假中", "休假", "自動配信", "自動送信", "不在", "外出中", "休暇中", "休暇のお知らせ", "휴가 중", "휴가중", "외근 중",
	"i'm on vacation", "i am on vacation", "i'm on holiday", "i am on holiday", "i'm on leave", "i am on leave",
	"urlaubsvertretung", "buro geschlossen", "office closed", "annual leave", "on vacation", "on holiday", "on leave", "holiday until", "vang mat", "dang nghi phep", "ข้อความอัตโนมัติ", "ลาพักร้อน", "sedang cuti", "vacation",
	"holiday", "holidays", "urlaub", "ferien", "betriebsurlaub", "betriebsferien", "vacances",
	"conges", "conge", "vacaciones", "ferias", "ferie", "semester", "vakantie", "verlof",
	"loma", "away", "absence", "leave", "autonotification", "auto notification",
	"notification automatique", "automatische benachrichtigung", "avtomatsko sporocilo",
	"thank you for contacting us", "thank you for contacting", "thank you for your email",
	"thank you for your message", "thank you for your enquiry", "thank you for your inquiry",
	"we have received your request", "we have received your message",
	"we have received your email", "we received your request", "we received your message",
	"your request has been received", "your message has been received",
	"your email has been received", "request received", "ticket received", "ticket created",
	"case created", "message received", "vielen dank fur ihre nachricht",
	"vielen dank fur ihre anfrage", "vielen dank fur ihre e mail",
	"ihre anfrage ist eingegangen", "eingangsbestatigung", "wir haben ihre anfrage erhalten",
	"nous avons bien recu votre message", "nous avons bien recu votre demande",
	"votre demande a bien ete recue", "accuse de reception", "merci pour votre message",
	"hemos recibido su solicitud", "hemos recibido su mensaje", "gracias por contactarnos",
	"acuse de recibo", "recebemos a sua mensagem", "recebemos sua mensagem",
	"abbiamo ricevuto la sua richiesta", "grazie per averci contattato",
	"ontvangstbevestiging", "bedankt voor uw bericht", "bedankt voor uw e mail",
	"tack for ditt mail", "tack for ditt meddelande", "tak for din mail",
	"tak for din henvendelse", "takk for din henvendelse", "kiitos viestistasi",
	"dziekujemy za kontakt", "dziekujemy za wiadomosc", "potwierdzenie otrzymania",
	"ваше сообщение получено", "ваше обращение получено", "ваш запрос получен",
	"お問い合わせありがとうございます", "お問い合わせを受け付けました", "受付完了", "please confirm your message",
	"please confirm your email", "confirm your message", "email verification required",
	NULL
};

/* Sentences that say it wherever they stand in a subject. */
const char *const auto_phrases_anywhere[] = {
	"is out of the office", "is out of office", "am out of the office", "am out of office",
	"will be out of the office", "will be out of office", "currently out of the office",
	"currently out of office", "is away from the office", "is on vacation until",
	"is on leave until", "is on annual leave until", "is away until", "is currently away",
	"ist nicht im buro", "ist ausser haus", "ist derzeit nicht im haus", "ist abwesend",
	"bin nicht im buro", "ist im urlaub", "befindet sich im urlaub", "est absent du bureau", "est absent(e)", "esta ausente hasta",
	"est absente du bureau", "est absent jusqu", "est absente jusqu", "est en conge",
	"est actuellement absent", "esta fuera de la oficina", "esta ausente de la oficina",
	"no se encuentra en la oficina", "no estoy en la oficina", "esta fora do escritorio",
	"esta ausente do escritorio", "e fuori ufficio", "e assente dall'ufficio",
	"non e in ufficio", "e in ferie", "is niet op kantoor", "is afwezig", "is met vakantie",
	"is buiten kantoor", "ar inte pa kontoret", "er ikke pa kontoret", "ei ole toimistossa",
	"jest poza biurem", "je mimo kancelar", "отсутствует в офисе", "не в офисе до",
	NULL
};

/* The same, but others may be on vacation, too. */
const char *const auto_phrases_away[] = {
	"is on annual leave", "is on leave", "is on vacation", "is on holiday", "is on maternity leave",
	"is on parental leave", "has left the company", "left the company", "no longer works for", "no longer works at",
	"is no longer with", "is no longer employed", "is currently away", "is out until", "befindet sich in elternzeit",
	"ist in elternzeit", "ist nicht mehr", "est en vacances", "ne travaille plus", "esta de vacaciones",
	"ya no trabaja", "esta de ferias", "is op vakantie", "jest na urlopie", "je na dovolene", "в отпуске", "у відпустці",
	"ar pa semester", "er pa ferie", "on lomalla", NULL
};

/* What a vacation notice says; a person may write it too, hence only a hint. */
const char *const auto_phrases_body[] = {
	"i am out of the office", "i'm out of the office", "i am currently out of the office",
	"i will be out of the office", "i am out of office", "i'm out of office",
	"i am currently out of office", "i am away from the office", "i'm away from the office",
	"i am currently away", "i am on vacation", "i'm on vacation", "i am on annual leave",
	"i'm on annual leave", "i am on holiday", "i am on leave", "i am currently on leave",
	"i am currently on vacation", "i am on maternity leave", "i am on parental leave",
	"currently out of the office", "limited access to email", "limited access to my email",
	"no access to email", "no access to my email", "without access to email",
	"i am back", "i'm back", "i will be back", "i'll be back", "back in the office", "back at work",
	"returning to the office", "i will return on", "i return on", "wieder im buro", "wieder erreichbar", "zuruck am", "wieder da am",
	"je suis de retour", "estare de vuelta", "de vuelta en la oficina", "estarei de volta", "di ritorno",
	"weer aanwezig", "weer op kantoor", "terug op kantoor", "tillbaka den", "ater pa kontoret", "tilbake den",
	"palaan", "wracam", "wroce", "vratim se", "zpet v kancelari", "visszaterek", "вернусь", "буду на месте", "повернуся",
	"geri donecegim", "回来上班", "戻ります", "出社", "복귀",
	"will respond to your message when", "will reply to your email when i",
	"will respond to your email when i", "upon my return", "when i return to the office",
	"request has been received", "received your request", "received your message", "this is an automatic reply", "this is an automated reply", "this is an automated response",
	"this is an automatic response", "this is an auto reply", "this is an auto response",
	"this is an automated message", "this is an automatically generated",
	"automatically generated reply", "automatically generated message",
	"automatically generated response", "this message was generated automatically",
	"this email was generated automatically", "do not reply to this email",
	"do not reply to this message", "please do not reply", "no longer works for",
	"no longer with the company", "no longer employed", "this mailbox is not monitored",
	"this mailbox is no longer monitored", "this inbox is not monitored",
	"is no longer in use", "we have received your", "we will get back to you",
	"ich bin nicht im buro", "ich bin derzeit nicht im buro", "nicht im buro", "nicht im hause",
	"ich bin im urlaub", "ich befinde mich im urlaub", "ich bin ausser haus",
	"ich bin derzeit nicht erreichbar", "ich bin bis zum", "ich bin ab dem", "ich bin vom",
	"nicht erreichbar", "bin ich abwesend", "ich bin abwesend", "ich bin wieder",
	"nicht weitergeleitet", "nicht automatisch weitergeleitet", "keinen zugriff auf meine",
	"diese e mail wurde automatisch", "dies ist eine automatische", "dies ist eine automatisch",
	"automatisch generierte", "automatisch erstellt", "automatisch erzeugt",
	"in dringenden fallen", "je suis absent", "je suis actuellement absent", "je suis en conge",
	"je suis actuellement en conge", "je suis en vacances", "je serai absent",
	"je serai de retour", "de retour le", "ceci est un message automatique",
	"ceci est une reponse automatique", "cet email a ete genere automatiquement",
	"merci de ne pas repondre", "en mon absence", "pendant mon absence", "en cas d'urgence",
	"estoy fuera de la oficina", "estare fuera de la oficina", "me encuentro fuera",
	"no estare disponible", "estoy de vacaciones", "durante mi ausencia", "este es un mensaje automatico",
	"esta es una respuesta automatica", "estarei ausente", "estou de ferias", "estou ausente",
	"estou fora do escritorio", "durante a minha ausencia", "esta e uma resposta automatica",
	"esta e uma mensagem automatica", "sono fuori ufficio", "saro fuori ufficio",
	"sono in ferie", "saro assente", "sono assente", "questa e una risposta automatica",
	"messaggio generato automaticamente", "in mia assenza", "ik ben afwezig",
	"ik ben niet aanwezig", "ik ben met vakantie", "ik ben op vakantie", "ik ben niet op kantoor",
	"tijdens mijn afwezigheid", "dit is een automatisch", "jag ar pa semester",
	"jag ar inte pa kontoret", "jag ar franvarande", "jag ar tillbaka", "detta ar ett automatiskt",
	"detta ar ett autosvar", "jeg er pa ferie", "jeg holder ferie", "jeg er ikke pa kontoret",
	"jeg er tilbage", "jeg er tilbake", "dette er et automatisk", "olen lomalla",
	"en ole toimistossa", "palaan toihin", "tama on automaattinen", "jestem na urlopie",
	"jestem nieobecn", "przebywam na urlopie", "bede nieobecn", "poza biurem",
	"wiadomosc wygenerowana automatycznie", "jsem na dovolene", "jsem mimo kancelar",
	"nejsem v kancelari", "toto je automaticka", "som na dovolenke", "som mimo kancelarie",
	"szabadsagon vagyok", "nem vagyok az irodaban", "ez egy automatikus", "sunt in concediu",
	"nu sunt in birou", "acesta este un mesaj automat", "nachazim se mimo",
	"na godisnjem odmoru", "я в отпуске", "нахожусь в отпуске", "буду отсутствовать",
	"меня нет в офисе", "я отсутствую", "это автоматический ответ", "это автоматическое",
	"я у відпустці", "перебуваю у відпустці", "мене не буде в офісі", "в отпуск съм",
	"извън офиса", "βρισκομαι εκτοσ γραφειου", "ειμαι εκτοσ γραφειου", "λειπω απο το γραφειο",
	"ofis disindayim", "yillik izindeyim", "izinde olacagim", "tatildeyim", "bu bir otomatik",
	"אני לא במשרד", "אני מחוץ למשרד", "אני בחופשה", "אהיה בחופשה", "انا خارج المكتب",
	"أنا خارج المكتب", "في اجازة", "في إجازة", "我正在休假", "我在休假", "我不在办公室",
	"我外出", "我目前不在", "这是一封自动回复", "这是自动回复", "此邮件为系统自动", "我的邮件已收到",
	"您的邮件已收到", "不在しております", "外出しております", "休暇をいただいて", "休暇を頂いて",
	"自動的に送信", "自動送信", "自動返信", "自動配信", "送信専用", "부재중", "휴가 중", "자동으로 발송",
	"발신 전용", "발신전용", "자동 회신", "toi dang nghi phep", "toi khong co mat", "email tu dong",
	"saya sedang cuti", "saya tidak berada di kantor", "ini adalah balasan otomatis",
	"นอกสํานักงาน", "ไม่อยู่ที่สํานักงาน", NULL
};

/* "Re:", "Fwd:" and their sisters: somebody took the subject over. */
const char *const auto_phrases_reply_prefixes[] = {
	"re", "aw", "sv", "vs", "antw", "antwort", "odp", "rif", "r", "ynt", "yn", "res", "ref",
	"fw", "fwd", "wg", "vb", "rv", "tr", "enc", "doorst", "i", "vl", "pd", "bls", "trs", "ha",
	"atb", "at", "回复", "答复", "回覆", "转发", "轉寄", "返信", "転送", "ответ", "отв", "пересл",
	"на", "σχετ", "απ", "πρθ", "הועבר", "תשובה", "השב", "رد", NULL
};

/* Put in front by filters and gateways; no "[": those are seen to apart. */
const char *const auto_phrases_gateway_prefixes[] = {
	"spam", "external", "extern", "ext", "suspected spam", "caution", "warning", "bulk", NULL
};

/* Nouns that belong to the phrase before them. */
const char *const auto_phrases_nouns[] = {
	"reply", "replies", "message", "notification", "notice", "response", "email", "e mail",
	"mail", "alert", "autoreply", "auto reply", "assistant", "nachricht", "antwort",
	"meldung", "bericht", "meddelande", "besked", "du bureau", "notificacion", "message d'absence",
	"from office", "メール", "のお知らせ", "通知", "邮件", "郵件", "消息", NULL
};

/* How a phrase goes on: until when, from whom, to what. */
const char *const auto_phrases_followers[] = {
	"until", "till", "til", "from", "to", "re", "through", "thru", "starting", "returning",
	"back", "w/c", "this week", "today", "tomorrow", "bis", "vom", "ab", "seit", "von", "am",
	"du", "jusqu'au", "jusqu", "a partir", "de", "le", "hasta", "desde", "del", "ate", "no dia",
	"fino", "dal", "dall", "al", "il", "tot", "t/m", "van", "vanaf", "i.v.m", "wegens", "mellan",
	"fran", "t.o.m", "fra", "frem", "indtil", "fram", "asti", "saakka", "do", "od", "w dniach",
	"dnia", "az", "pana", "din", "до", "с", "по", "от", "з", "від", "μεχρι", "απο", "kadar",
	"עד", "حتى", "من", "至", "から", "まで", NULL
};

/* Those of them that need no date behind them. */
const char *const auto_phrases_until[] = {
	"until", "till", "til", "from", "to", "re", "through", "thru", "starting", "returning",
	"back", "w/c", "this week", "today", "tomorrow", "bis", "vom", "seit", "jusqu'au", "jusqu",
	"hasta", "fino", "tot", "t/m", "vanaf", "t.o.m", "indtil", "fram", "asti", "saakka", "kadar", NULL
};

/* Somebody speaks about automatic mail; each stands at the start of a word. */
const char *const auto_phrases_human[] = {
	"?", "how ", "why ", "when ", "what ", "not work", "doesn't", "does not", "don't", "do not",
	"isn't", "is not", "not being", "broken", "setting", "problem", "issue", "disabl", "enabl",
	"turn off", "turn on", "turning", "configur", "set up", "setup", "stop", "keeps", "error",
	"bug", "help", "can't", "cannot", "question", "feature", "request for", "template",
	"feedback", "policy", "hours", "wrong", "wie ", "warum ", "funktioniert", "einstell",
	"einricht", "abschalten", "ausschalten", "aktivier", "deaktiv", "anderen", "andern",
	"frage", "comment ", "pourquoi", "ne fonctionne", "desactiver", "activer", "parametr",
	"como ", "por que", "no funciona", "desactivar", "activar", "come ", "perche", "non funziona",
	"disattiv", "attivare", "nao funciona", "desativar", "hoe ", "waarom", "werkt niet",
	"instellen", "uitzetten", "jak ", "nie dziala", "ustawi", "nefunguje", "nastav", "как ",
	"не работает", "настро", "отключ", "fungerar inte", "stanga av", "virker ikke", "ei toimi",
	"nasil", "calismiyor", "设置", "設定", "怎么", "如何", "できない", "できません", "について", "방법",
	"설정", "안 됨", NULL
};
