/* SPDX-License-Identifier: ISC */
#include "normalize/auto_report.h"

#include <stdbool.h>
#include <string.h>

#include "normalize/auto_words.h"

#define TEXT_LOOK	1500	/* bytes of a text that are looked at */
#define METHOD_LOOK	4096	/* bytes of a calendar before its METHOD */

/* Before the subject of the mail that was read, folded. */
static const char *const receipt_subjects[] = {
	"read:", "not read:", "deleted:", "read receipt", "return receipt", "disposition notification",
	"gelesen:", "ungelesen geloscht:", "nicht gelesen:", "lesebestatigung", "empfangsbestatigung",
	"lu:", "lu :", "non lu:", "non lu :", "accuse de lecture", "confirmation de lecture", "leido:", "no leido:",
	"confirmacion de lectura", "letto:", "non letto:", "conferma di lettura", "ricevuta di ritorno",
	"lida:", "lido:", "nao lida:", "confirmacao de leitura", "recibo de leitura", "gelezen:",
	"niet gelezen:", "leesbevestiging", "last:", "olast:", "lest:", "laest:", "ulaest:", "lasbekraftelse",
	"luettu:", "lukematon:", "przeczytano:", "przeczytane:", "nieprzeczytane:", "potwierdzenie przeczytania",
	"precteno:", "precitane:", "olvasva:", "citit:", "прочитано:", "прочтено:", "не прочитано:",
	"уведомление о прочтении", "okundu:", "da doc:", "已读:", "未读:", "已讀:", "開封済み:", "開封済み :", "既読:",
	"읽음:", "נקרא:", "مقروء:", "αναγνωσθηκε:", NULL
};

/* What the text says then. */
static const char *const receipt_texts[] = {
	"was read on", "was read at", "was deleted without being read", "has been read", "was displayed on",
	"displayed on the recipient", "no guarantee that the message has been read", "return receipt for the mail",
	" gelesen.", "gelesen am", "gelesen.", "ungelesen geloscht", "ohne gelesen", "wurde gelesen", "angezeigt",
	"a ete lu", "a ete affiche", "supprime sans avoir", "sans avoir ete lu", "fue leido", "se leyo", "ha sido leido",
	"sin ser leido", "sin haber sido leido", "e stato letto", "senza essere letto", "foi lida", "foi lido",
	"sem ser lida", "sem ter sido", "is gelezen", "gelezen op", "zonder te zijn gelezen", "lastes den",
	"lastes ", "blev laest", "ble lest", "luettiin", "on luettu", "zostala przeczytana", "przeczytano",
	"bez odczytania", "byla prectena", "bola precitana", "elolvasta", "a fost citit", "было прочитано",
	"прочитано", "прочтено", "удалено непрочитанным", "okundu", "已阅读", "已读", "已在", "讀取", "開封され",
	"開封", "읽었", "읽음", "נקראה", "تمت قراءة", "διαβαστηκε", NULL
};

static bool
contains_one(const char *folded, const char *const words[])
{
	for (size_t i = 0; words[i] != NULL; i++)
		if (strstr(folded, words[i]) != NULL)
			return true;
	return false;
}

static const char *
starts_with_one(const char *folded, const char *const words[])
{
	for (size_t i = 0; words[i] != NULL; i++)
		if (g_str_has_prefix(folded, words[i]))
			return words[i];
	return NULL;
}

/* Both must say it and ask nothing: "Read: nothing works" is a customer. */
static const char *
receipt_in_words(const struct message *msg)
{
	g_autofree char	*subject = NULL, *text = NULL;
	const char	*word;

	if (msg->subject == NULL || msg->full_text == NULL || strchr(msg->full_text, '?') != NULL)
		return NULL;
	subject = auto_words_fold(msg->subject, strlen(msg->subject));
	if ((word = starts_with_one(subject, receipt_subjects)) == NULL)
		return NULL;
	text = auto_words_fold(msg->full_text, strnlen(msg->full_text, TEXT_LOOK));
	return contains_one(text, receipt_texts) ? word : NULL;
}

char *
auto_report_receipt(const struct message *msg, const struct mail_view *v)
{
	const struct mail_part	*part;
	const char		*word;

	if (g_strcmp0(v->report_type, "disposition-notification") == 0)
		return g_strdup_printf("report-type: %s", v->report_type);
	part = mail_view_part(v, "message/disposition-notification");
	if (part != NULL && g_strcmp0(part->disposition, "attachment") != 0)
		return g_strdup_printf("part: %s", part->content_type);
	if ((word = receipt_in_words(msg)) != NULL)
		return g_strdup_printf("subject and text: %s", word);
	return NULL;
}

/* Some leave it out of the Content-Type: then the calendar itself says it.  New. */
static char *
method_of(const struct mail_part *part)
{
	static const char	 name[] = "\nMETHOD:";
	g_autofree char		*head = NULL;
	const char		*at;

	if (part->method != NULL)
		return g_strdup(part->method);
	if (part->text == NULL || g_strcmp0(part->disposition, "attachment") == 0)
		return NULL;
	head = g_strndup(part->text, MIN(part->text_len, METHOD_LOOK));
	if ((at = strcasestr(head, name)) == NULL)
		return NULL;
	at += strlen(name);
	return g_ascii_strdown(at, (gssize)strcspn(at, " \t\r\n;"));
}

char *
auto_report_calendar(const struct mail_view *v)
{
	static const char *const methods[] = {
		"reply", "request", "counter", "declinecounter", "cancel", "refresh", "add", NULL
	};

	for (guint i = 0; i < v->parts->len; i++) {
		const struct mail_part	*part = g_ptr_array_index(v->parts, i);
		g_autofree char		*method = NULL;

		if (strcmp(part->content_type, "text/calendar") != 0 || (method = method_of(part)) == NULL ||
		    !g_strv_contains(methods, method))
			continue;
		if (part->in_alternative || part->depth == 0 ||
		    g_strcmp0(part->disposition, "attachment") != 0)
			return g_strdup_printf("text/calendar method: %s", method);
	}
	return NULL;
}
