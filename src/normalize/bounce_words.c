/* SPDX-License-Identifier: ISC */
#include "normalize/bounce_words.h"

#include <glib.h>
#include <string.h>

#include "normalize/auto_words.h"
#include "normalize/phrase.h"

#define BODY_LOOK	2500	/* bytes */
#define SIGNATURE_LOOK	500
#define FIRST_LOOK	16	/* "Hi. ", "Hello, " */

static const char *const subjects[] = {
	"undelivered mail", "undeliverable", "undelivered", "non deliverable", "not deliverable",
	"delivery status notification", "delivery status", "delivery notification",
	"delivery failure", "delivery failed", "delivery has failed", "delivery problem",
	"delivery report", "delivery error", "delivery incomplete", "delivery delayed",
	"delayed delivery", "delivery delay", "delivery unsuccessful", "delivery warning",
	"delivery attempt", "delivery has been delayed", "mail delivery", "mail delayed",
	"email delivery", "message delivery", "failure notice", "failure notification",
	"failed delivery", "failed mail", "failed to deliver", "failed to send", "returned mail",
	"returned to sender", "return to sender", "returned message", "mail returned",
	"message returned", "returned email", "could not send", "couldn't be delivered", "could not be delivered",
	"cannot be delivered", "not delivered", "not be delivered", "unable to deliver", "could not deliver",
	"unable to send", "cannot send mail", "mail system error", "mail error", "mail failure",
	"message failure", "message delayed", "message status", "non delivery", "nondelivery",
	"nondeliverable", "permanent delivery failure", "permanent error", "permanent failure",
	"warning: message", "warning: could not send", "warning: mail", "mailer daemon",
	"user unknown", "unknown user", "address not found", "mailbox full", "mailbox is full",
	"bounced mail", "bounced message", "your message to", "message blocked", "message you sent blocked",
	"message not sent", "undeliverable message", "sender notify", "transport error",
	"postmaster notify", "message was not delivered", "rejected mail", "mail rejected", "rejected message",
	"unzustellbar", "nicht zugestellt", "nicht zustellbar", "nicht ubermittelt",
	"zustellung fehlgeschlagen", "zustellfehler", "fehler bei der zustellung",
	"zustellung verzogert", "verzogerte zustellung", "ubermittlungsstatus", "zustellungsbenachrichtigung",
	"unzustellbarkeit", "nachricht konnte nicht", "mail konnte nicht", "zuruck an absender",
	"non remis", "non delivre", "non distribu", "non livre", "echec de la remise",
	"echec de remise", "echec de la distribution", "echec de livraison", "echec d'envoi",
	"retour de message", "impossible de remettre", "remise differee", "remise retardee",
	"notification d'etat de remise", "avis de non remise", "non acheminable", "courrier non delivre",
	"no se puede entregar", "no entregado", "no se ha podido entregar", "no se pudo entregar",
	"error de entrega", "entrega fallida", "correo devuelto", "mensaje devuelto", "no entregable",
	"fallo en la entrega", "error en la entrega", "notificacion de estado de entrega",
	"imposible de entregar", "correo no entregado", "demora en la entrega",
	"nao entregue", "nao pode ser entregue", "falha na entrega", "falha de entrega",
	"nao e possivel entregar", "impossivel entregar", "mensagem devolvida", "devolvido",
	"nao foi entregue", "notificacao de status de entrega",
	"mancata consegna", "non recapitabile", "impossibile recapitare", "errore di consegna",
	"mancato recapito", "recapito non riuscito", "non consegnato", "consegna fallita", "messaggio respinto",
	"onbestelbaar", "niet bezorgd", "niet te bezorgen", "kan niet worden bezorgd",
	"bezorging mislukt", "niet afgeleverd", "bezorgingsfout",
	"olevererbart", "olevererbar", "kunde inte levereras", "kan ej levereras", "det gick inte att leverera",
	"ej levererat", "kan ikke leveres", "kunne ikke leveres", "uleverbar", "ikke leveret",
	"ikke levert", "kan ikke levere", "uanbringelig", "ei voitu toimittaa", "ei voi toimittaa",
	"toimitus epaonnistui", "toimittamaton", "niedostarczaln", "niedostarczon", "nie dostarczono",
	"nie mozna dostarczyc", "zwrot wiadomosci", "nelze dorucit", "nedorucitelne", "nedorucen",
	"nie je mozne dorucit", "nedorucitelna", "kezbesithetetlen", "nem kezbesitheto",
	"sikertelen kezbesites", "nelivrat", "imposibil de livrat", "nu poate fi livrat",
	"не доставлено", "недоставлен", "не доставлен", "не удается доставить", "не удалось доставить",
	"невозможно доставить", "ошибка доставки", "уведомление о доставке", "отчет о доставке",
	"не вдалося доставити", "не доставлено", "teslim edilemedi", "teslim edilemiyor", "iletilemedi",
	"iletilemeyen", "δεν ειναι δυνατη η παραδοση", "δεν παραδοθηκε", "μη παραδοτεο",
	"לא ניתן למסירה", "לא נמסר", "החזרת דואר", "غير قابل للتسليم", "تعذر تسليم", "فشل التسليم",
	"تعذر التسليم", "退信", "无法传递", "传输失败", "投递失败", "未送达", "无法投递", "未传递", "传递失败", "发送失败", "邮件被退回",
	"無法傳遞", "無法投遞", "傳遞失敗", "未傳遞", "退件", "配信不能", "配信でき", "配信に失敗", "配達不能",
	"送信できません", "送信エラー", "不達", "未配信", "届きません", "전송 실패", "배달 실패", "배달되지 않",
	"배달할 수 없", "반송", "발송 실패", "전달되지 않", "전달할 수 없", "khong the gui", "khong gui duoc",
	"ส่งไม่ได้", "ไม่สามารถส่ง", "tidak terkirim", "gagal terkirim", "tidak dapat dikirim",
	"warning: delivery", "message could not", "mail could not", "mail box full", "error sending your mail",
	"banned contents", "address no longer valid", "недоставленн", "возврат письма", "echec de livraison",
	"ei voida toimittaa", "nedorucitelne", "nedoruceno", "kan ikke leveres", "nem sikerult kezbesiteni", "levering mislykkedes", "leveringen mislyktes", "leveransen misslyckades", "leveransfel", NULL
};

static const char *const bodies[] = {
	"could not be delivered", "couldn't be delivered", "was not delivered", "wasn't delivered",
	"not been delivered", "cannot be delivered", "can not be delivered", "unable to deliver",
	"not able to deliver", "wasn't able to deliver", "was undeliverable", "were undeliverable",
	"is undeliverable", "undeliverable to", "undeliverable address", "not able to deliver your", "无法送达", "无法发送", "delivery to the following", "delivery has failed",
	"delivery failed", "failed to deliver", "delivery failure", "could not be reached",
	"did not reach", "failed permanently", "permanent fatal errors", "permanent fatal delivery",
	"permanent delivery", "permanent error", "delivery error", "error occurred while attempting to deliver",
	"error occurred while trying to deliver", "returned to sender", "returned unopened",
	"being returned", "has been returned", "undelivered", "not deliverable", "delivery report",
	"delivery status notification", "delivery is delayed", "delivery has been delayed",
	"delayed delivery", "has been delayed", "not yet been delivered", "has not yet been",
	"still being retried", "temporary problem", "was blocked by our", "was rejected by",
	"following addresses failed", "following address failed", "following address(es) failed",
	"the following recipient", "following addresses", "transcript of session",
	"recipient not found", "user not found", "has been rejected", "does not exist", "no such recipient",
	"address couldn't be found", "message was not sent", "exceeds allowed size", "no such user",
	"not listed in public", "delivery of the email was stopped", "the following address",
	"не может быть отправлено", "сбой доставки", "没有成功发送", "无法传递", "送信できません", "unable to be delivered",
	"message you sent", "failed recipient", "failed address", "no valid recipients",
	"message delivery", "bounced", "your message to", "user unknown", "mailbox is full", "mailbox full",
	"nicht zugestellt", "nicht erreicht", "nicht ubermittelt", "unzustellbar", "zustellung",
	"ubermittlung", "konnte nicht", "n'a pas pu etre", "n'ont pas pu etre", "n'ont pu etre",
	"n'a pas ete remis", "echec de la remise", "impossible de remettre", "echec de remise",
	"n'est pas arrive", "n'a pas ete delivre", "no se pudo entregar", "no se puede entregar", "no se ha podido",
	"no se pudo", "error en la entrega", "no ha llegado", "no se entrego", "nao foi entregue",
	"nao pode ser entregue", "nao foi possivel entregar", "falha na entrega", "non e stato recapitato",
	"impossibile recapitare", "non e stato possibile", "non ha raggiunto", "recapito non riuscito",
	"niet worden bezorgd", "niet bezorgd", "bezorging", "kunde inte levereras", "har inte natt",
	"kunne ikke leveres", "kan ikke leveres", "ei voitu toimittaa", "toimittaminen epaonnistui",
	"nie zostala dostarczona", "nie mozna dostarczyc", "nie dostarczono", "nelze dorucit",
	"nebyla dorucena", "nem kezbesitheto", "kezbesites", "nu a putut fi livrat", "не доставлено",
	"не было доставлено", "не может быть доставлено", "не удалось доставить", "невозможно доставить",
	"не вдалося доставити", "teslim edilemedi", "iletilemedi", "iletiniz", "δεν ηταν δυνατη", "退信",
	"被退回", "无法投递", "无法送达", "投递失败", "未能送达", "传递失败", "無法傳遞", "無法投遞", "傳遞失敗",
	"配信できません", "配信でき", "配信に失敗", "届けられません", "送信できません", "お届けでき", "전송하지 못",
	"배달할 수 없", "배달되지", "전달하지 못", "반송", "לא ניתן היה למסור", "لم يتم تسليم", "تعذر تسليم", NULL
};

static const char *const signatures[] = {
	"this is the qmail send program", "this is the mail system at host",
	"this message was created automatically by", "this is the postfix program",
	"this is the mailer daemon", "this report relates to a message you sent",
	"this is an automatically generated delivery status", "this is a delivery status notification",
	"this is the machine generated message from mail service", "the original message was received",
	"this is a system generated message", "this is the haraka", "an error occurred while trying to deliver the mail",
	"delivery has failed to these recipients", "delivery to the following recipient",
	"your message did not reach some or all", "sorry, we were unable to deliver",
	"unable to deliver message to the following address", "the following message to <",
	"the attached message had permanent", "address not found your message wasn't delivered",
	"this is a delivery failure notification message", "was blocked by our spam firewall",
	"the message that you sent was undeliverable", "the message you sent could not be delivered",
	"a message that you sent could not be delivered", "your message to the following recipients cannot be",
	"i'm sorry to have to inform you", "i'm afraid i wasn't able to deliver", "your message couldn't be delivered",
	"this is the mail delivery agent", "there was a temporary problem", "** address not found",
	"this is the dragonfly mail agent", "this is the james mail server", "** message not delivered", "** message blocked", "** delivery incomplete", NULL
};

static const char *const delays[] = {
	"message delayed", "delivery delayed", "delayed delivery", "delivery delay",
	"warning: could not send", "warning: message", "mail delayed", "delivery has been delayed",
	"this is a warning message only", "this is only a warning", "you do not need to resend",
	"you do not have to resend", "will continue to try", "will keep trying", "will try to deliver",
	"delivery attempts will continue", "continue to be", "will continue for", "will be retried",
	"still trying", "still being retried", "has not yet been delivered", "not yet been delivered",
	"has been delayed", "is delayed", "no action is required on your part", "delivery is delayed",
	"will retry for", "will continue to try", "continue to try delivering", "only a temporary failure",
	"has not been delivered yet", "gmail will retry", "delivery incomplete", "will make further attempts",
	"verzogert", "weitere zustellversuche", "retardee", "sera retente", "differee", "demora en la entrega",
	"se ha retrasado", "ritardo", "vertraagd", "forsenket", "fordrojd", "zadrzeno", "opozniona",
	"задержк", "отложен", "延迟", "延遲", "遅延", "지연", NULL
};

/* On a line of their own, whatever dashes and angles are around. */
static const char *const cuts[] = {
	"below this line is a copy of the message", "this is a copy of the message",
	"this is a copy of your message", "a copy of the original message", "below is a copy of",
	"original message follows", "original message headers", "original message", "original headers",
	"message headers follow", "message header follows", "header of the original message",
	"returned mail follows", "forwarded message", "returned message", "unsent message",
	"message text", "the header of the original", "headers of the original", "your message reads",
	"message contents", "copy of your message", "start of returned message", "undelivered message",
	"urspr. nachricht", "ursprungliche nachricht", "ursprungliche nachrichtenkopfzeilen",
	"header der originalnachricht", "en tetes de message d'origine", "message d'origine",
	"encabezados de mensajes originales", "mensaje original", "cabecalhos de mensagem originais",
	"intestazioni originali del messaggio", "messaggio originale", "oorspronkelijke berichtkoppen",
	"исходные заголовки", "исходное сообщение", "邮件原始", "原始邮件", "原始郵件", "元のメッセージ", "원본 메시지",
	"original email", "first part of the original", "message body follows", "message follows",
	NULL
};

static const char *const recipients[] = {
	"recipient", "following address", "to the following", "these address", "rcpt to", "failed address",
	"could not be delivered to", "couldn't be delivered", "cannot be delivered", "could not deliver",
	"not delivered", "wasn't delivered", "undeliverable", "unable to deliver", "delivery to",
	"delivery failed", "deliver mail to", "deliver the mail", "deliver your", "delivering to",
	"failed", "user unknown", "unknown user", "not found", "does not exist", "doesn't exist",
	"mailbox", "no such", "your message to", "email address", "did not reach", "could not be reached",
	"rejected", "addressed to", "message to", "account", "error code", "unavailable", "disabled", "over quota",
	"addresses", "was not able to", "intended", "empfanger", "adresse", "zugestellt", "destinatair",
	"destinatari", "direccion", "endereco", "indirizzo", "ontvanger", "mottagare", "modtager",
	"mottaker", "vastaanottaj", "adresat", "odbiorc", "prijemc", "cimzett", "получател",
	"адресат", "алıcı", "alici", "παραληπτ", "收件人", "收信人", "收件者", "宛先", "受信者", "받는 사람",
	"수신자", "נמען", "المستلم", NULL
};

static const char *const others[] = {
	"mail from", "postmaster", "contact ", "please forward", "assistance", "reply to", "reply path",
	"return path", "from:", "sender:", "message id", "references", "in reply to", "http:", "https:",
	"help desk", "helpdesk", "administrator", "send mail to", "support@", "abuse@", "questions",
	"esmtp id", "envelope from", "kontakt", "by sending", "unsubscribe", "cc:", "subject:", "helo",
	"on behalf of", "received:", "whitelist", "x original", "dkim", "sender", "absender", "expediteur",
	"remitente", "mittente", "afzender", "отправител", "发件人", "寄件者", "差出人", "보낸 사람", NULL
};

static char *
fold(const char *text, size_t max)
{
	char	*folded = auto_words_fold(text, strnlen(text, max));

	return g_strdelimit(folded, "-_", ' ');
}

bool
bounce_words_subject(const char *subject)
{
	static const char *const taken_over[] = {
		"re:", "aw:", "sv:", "antw:", "fw:", "fwd:", "wg:", "tr:", "rv:", "vs:", "odp:", "rif:", NULL
	};
	g_autofree char	*folded = fold(subject, strlen(subject));

	for (size_t i = 0; taken_over[i] != NULL; i++)
		if (g_str_has_prefix(folded, taken_over[i]))
			return false;
	return phrase_find(folded, subjects) != NULL;
}

bool
bounce_words_body(const char *text)
{
	g_autofree char	*folded = fold(text, BODY_LOOK);

	return phrase_find(folded, bodies) != NULL || phrase_find(folded, signatures) != NULL;
}

bool
bounce_words_signature(const char *text, bool first)
{
	g_autofree char	*folded = fold(text, SIGNATURE_LOOK);

	for (size_t i = 0; signatures[i] != NULL; i++) {
		const char	*at = strstr(folded, signatures[i]);

		if (at != NULL && (!first || at - folded <= FIRST_LOOK))
			return true;
	}
	return false;
}

bool
bounce_words_delay(const char *subject, const char *text)
{
	g_autofree char	*first = fold(subject, 500);
	g_autofree char	*second = fold(text, BODY_LOOK);

	return phrase_find(first, delays) != NULL || phrase_find(second, delays) != NULL;
}

bool
bounce_words_cut(const char *line)
{
	g_autofree char	*folded = NULL;
	size_t		 len = strlen(line);

	if (len < 8 || len > 200)
		return false;
	folded = fold(line, len);
	g_strdelimit(folded, "=*>#|:.", ' ');
	g_strstrip(folded);
	for (size_t i = 0; cuts[i] != NULL; i++) {
		const char	*at = strstr(folded, cuts[i]);
		size_t		 n = strlen(cuts[i]);

		/* in the middle of a sentence it is none */
		if (at != NULL && at - folded < 40 && strlen(at + n) < 60 &&
		    (line[0] == '-' || line[0] == '=' || line[0] == '*' || line[0] == '#' || line[0] == '|' ||
		    line[len - 1] == ':' || line[len - 1] == '-' || at == folded))
			return true;
	}
	return false;
}

bool
bounce_words_recipient(const char *line)
{
	g_autofree char	*folded = fold(line, 1000);

	return phrase_find(folded, recipients) != NULL;
}

bool
bounce_words_other(const char *line)
{
	g_autofree char	*folded = fold(line, 1000);

	return phrase_find(folded, others) != NULL;
}
