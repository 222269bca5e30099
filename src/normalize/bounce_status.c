/* SPDX-License-Identifier: ISC */
#include "normalize/bounce_status.h"

#include <glib.h>
#include <string.h>

#include "normalize/auto_words.h"

/* Folded words and what they mean; the first that is found counts. */
static const struct {
	const char	*words;
	const char	*status;
} meanings[] = {
	/* both reasons in one sentence: the one that an answer can do something about */
	{ "larger than the current system limit", "5.3.4" },
	/* mailbox full */
	{ "mailbox full", "5.2.2" }, { "mailbox is full", "5.2.2" }, { "mail box full", "5.2.2" },
	{ "mailbox size limit", "5.2.2" }, { "over quota", "5.2.2" }, { "overquota", "5.2.2" },
	{ "quota exceeded", "5.2.2" }, { "exceeded quota", "5.2.2" }, { "exceeded storage", "5.2.2" },
	{ "exceeds quota", "5.2.2" }, { "quota full", "5.2.2" }, { "disk quota", "5.2.2" },
	{ "out of storage", "5.2.2" }, { "exceeded the storage", "5.2.2" }, { "inbox is full", "5.2.2" },
	{ "insufficient disk space", "5.2.2" }, { "mailbox has exceeded", "5.2.2" },
	{ "too many messages in", "5.2.2" }, { "exceeded its quota", "5.2.2" },
	{ "exceeded their quota", "5.2.2" }, { "exceed mailbox quota", "5.2.2" },
	{ "mailbox quota", "5.2.2" }, { "quota ", "5.2.2" }, { "quota.", "5.2.2" }, { "maildir over", "5.2.2" },
	{ "postfach voll", "5.2.2" }, { "postfach ist voll", "5.2.2" }, { "postfach des", "5.2.2" },
	{ "boite pleine", "5.2.2" }, { "boite aux lettres est pleine", "5.2.2" },
	{ "boite de reception est pleine", "5.2.2" }, { "buzon esta lleno", "5.2.2" },
	{ "buzon lleno", "5.2.2" }, { "bandeja de entrada llena", "5.2.2" }, { "casella piena", "5.2.2" },
	{ "casella di posta piena", "5.2.2" }, { "caixa de correio cheia", "5.2.2" },
	{ "caixa postal cheia", "5.2.2" }, { "postvak vol", "5.2.2" }, { "postvak is vol", "5.2.2" },
	{ "ящик переполнен", "5.2.2" }, { "邮箱已满", "5.2.2" }, { "邮箱空间不足", "5.2.2" },
	{ "容量を超え", "5.2.2" }, { "メールボックスがいっぱい", "5.2.2" }, { "용량 초과", "5.2.2" },
	{ "ist voll", "5.2.2" }, { "ist uberfullt", "5.2.2" }, { "uberfullt", "5.2.2" }, { "quota depasse", "5.2.2" },
	{ "przepelnion", "5.2.2" }, { "preplnen", "5.2.2" }, { "lleno", "5.2.2" }, { "esta cheio", "5.2.2" },
	{ "e pieno", "5.2.2" }, { "tele van", "5.2.2" }, { "pilnas", "5.2.2" }, { "es plena", "5.2.2" },
	{ "exceeded the local limit", "5.2.2" }, { "exceeds allowed size", "5.2.2" },
	{ "zuviele mails", "5.2.2" }, { "zu viele mails", "5.2.2" }, { "speicherplatz", "5.2.2" },
	{ "est pleine", "5.2.2" }, { "est saturee", "5.2.2" }, { "esta lleno", "5.2.2" },
	{ "esta llena", "5.2.2" }, { "e piena", "5.2.2" }, { "esta cheia", "5.2.2" },
	{ "ar full", "5.2.2" }, { "er fuld", "5.2.2" }, { "er full", "5.2.2" },
	{ "on taynna", "5.2.2" }, { "jest pelna", "5.2.2" }, { "skrzynka pelna", "5.2.2" },
	{ "je plna", "5.2.2" }, { "megtelt", "5.2.2" }, { "переполнен", "5.2.2" },
	{ "переповнен", "5.2.2" }, { "kutusu dolu", "5.2.2" }, { "kotasi", "5.2.2" },
	{ "已满", "5.2.2" }, { "已滿", "5.2.2" }, { "いっぱい", "5.2.2" }, { "가득", "5.2.2" },
	{ "容量超", "5.2.2" }, { "超过配额", "5.2.2" }, { "hop thu day", "5.2.2" },
	{ "too much mail data", "5.2.2" }, { "no space left on", "5.2.2" }, { "mailfolder is full", "5.2.2" },
	{ "mailfolder is over", "5.2.2" }, { "mail quota", "5.2.2" }, { "user is over", "5.2.2" },
	{ "not enough storage space", "5.2.2" }, { "mailbox would exceed", "5.2.2" },
	/* message too large */
	{ "message size exceeds", "5.3.4" }, { "message too large", "5.3.4" },
	{ "message is too large", "5.3.4" }, { "message too big", "5.3.4" },
	{ "message file too big", "5.3.4" }, { "exceeds maximum size", "5.3.4" },
	{ "exceeded maximum size", "5.3.4" }, { "maximum message size", "5.3.4" },
	{ "exceeds size limit", "5.3.4" }, { "size limit", "5.3.4" }, { "larger than", "5.3.4" },
	{ "zu gross", "5.3.4" }, { "trop volumineux", "5.3.4" }, { "demasiado grande", "5.3.4" },
	{ "message length exceeds", "5.3.4" }, { "exceeds the maximum", "5.3.4" },
	{ "exceeded the maximum", "5.3.4" }, { "too large for", "5.3.4" }, { "muito grande", "5.3.4" },
	{ "troppo grande", "5.3.4" }, { "te groot", "5.3.4" }, { "er for stor", "5.3.4" },
	{ "zbyt duz", "5.3.4" }, { "prilis velk", "5.3.4" }, { "слишком больш", "5.3.4" },
	{ "cok buyuk", "5.3.4" }, { "太大", "5.3.4" }, { "大きすぎ", "5.3.4" }, { "너무 큽", "5.3.4" },
	/* disabled mailbox */
	{ "mailbox disabled", "5.2.1" }, { "account disabled", "5.2.1" },
	{ "account is disabled", "5.2.1" }, { "account has been disabled", "5.2.1" },
	{ "account that you tried to reach is disabled", "5.2.1" }, { "account inactive", "5.2.1" },
	{ "inactive user", "5.2.1" }, { "mailbox is inactive", "5.2.1" }, { "user is inactive", "5.2.1" },
	{ "mailbox inactive", "5.2.1" }, { "account suspended", "5.2.1" }, { "suspended", "5.2.1" },
	{ "account is locked", "5.2.1" }, { "mailbox is disabled", "5.2.1" },
	{ "has been deactivated", "5.2.1" }, { "not accepting mail", "5.2.1" },
	{ "account expired", "5.2.1" }, { "mailbox locked", "5.2.1" }, { "mailbox is locked", "5.2.1" },
	{ "temporarily disabled", "4.2.1" }, { "receiving mail at a rate", "4.2.1" },
	{ "no longer accepts mail", "5.2.1" }, { "no longer accepting mail", "5.2.1" },
	{ "disabled or discontinued", "5.2.1" }, { "has been discontinued", "5.2.1" },
	{ "account closed", "5.2.1" }, { "account has been closed", "5.2.1" }, { "mailbox closed", "5.2.1" },
	{ "has been suspended", "5.2.1" }, { "not an active address", "5.2.1" },
	{ "not accepting messages", "5.2.1" }, { "is no longer active", "5.2.1" }, { "user disabled", "5.2.1" },
	{ "mailbox is frozen", "5.2.1" }, { "account that you tried to reach is inactive", "5.2.1" },
	{ "deaktiviert", "5.2.1" }, { "gesperrt", "5.2.1" }, { "desactive", "5.2.1" }, { "disattivat", "5.2.1" },
	{ "desativad", "5.2.1" }, { "заблокирован", "5.2.1" }, { "停用", "5.2.1" },
	/* relaying, bad domain, bad address */
	{ "relay access denied", "5.7.1" }, { "relaying denied", "5.7.1" },
	{ "relay not permitted", "5.7.1" }, { "unable to relay", "5.7.1" },
	{ "relaying not allowed", "5.7.1" }, { "not permitted to relay", "5.7.1" },
	{ "host or domain name not found", "5.4.4" }, { "host not found", "5.1.2" },
	{ "domain name not found", "5.1.2" }, { "bad destination system", "5.1.2" },
	{ "illegal host/domain name", "5.1.2" }, { "illegal host", "5.1.2" }, { "host/domain", "5.1.2" },
	{ "no matches to nameserver", "5.1.2" }, { "unresolvable domain", "5.1.2" },
	{ "no mail hosts for domain", "5.1.2" }, { "no mx record", "5.1.2" }, { "no mx or a record", "5.1.2" },
	{ "domain nicht gefunden", "5.1.2" }, { "domaine inconnu", "5.1.2" },
	{ "host unknown", "5.1.2" }, { "unknown host", "5.1.2" }, { "domain not found", "5.1.2" },
	{ "no such domain", "5.1.2" }, { "unrouteable mail domain", "5.1.2" },
	{ "unrouteable address", "5.1.1" }, { "unroutable address", "5.1.1" },
	{ "couldn't find any host named", "5.1.2" }, { "couldn't find any host by that name", "5.1.2" },
	{ "cannot find a mail exchanger", "5.1.2" }, { "mx lookup", "5.1.2" }, { "name server", "5.1.2" },
	{ "null mx", "5.1.10" }, { "does not accept mail", "5.1.10" }, { "nullmx", "5.1.10" },
	{ "domain does not exist", "5.1.2" }, { "domain couldn't be found", "5.1.2" },
	{ "domain name is not valid", "5.1.2" }, { "bad destination host", "5.1.2" },
	{ "nxdomain", "5.1.2" }, { "all relevant mx records point to non existent hosts", "5.1.2" },
	{ "bad address syntax", "5.1.3" }, { "malformed address", "5.1.3" },
	{ "invalid address syntax", "5.1.3" }, { "bad recipient address syntax", "5.1.3" },
	/* given up on time: before the words of why nobody was reached */
	{ "retry timeout exceeded", "4.4.7" }, { "retry time exceeded", "4.4.7" },
	{ "within the allowed queue period", "4.4.7" }, { "in the queue too long", "4.4.1" },
	{ "20 attempts", "4.4.7" }, { "max message queue time", "4.4.7" }, { "too long in queue", "4.4.7" },
	{ "unable to deliver message after", "4.4.7" }, { "retries exhausted", "4.4.7" },
	/* user unknown */
	{ "unbekannt", "5.1.1" }, { "inexistent", "5.1.1" }, { "inconnu", "5.1.1" }, { "invalide", "5.1.1" },
	{ "unknown user account", "5.1.1" }, { "was not found", "5.1.1" }, { "ungultig", "5.1.1" },
	{ "no such local", "5.1.1" }, { "addresses were unknown", "5.1.1" }, { "address unknown", "5.1.1" },
	{ "invalid receiver", "5.1.1" }, { "unknown account", "5.1.1" }, { "no mailbox by that name", "5.1.1" },
	{ "no such account", "5.1.1" }, { "no such person", "5.1.1" }, { "unknown email address", "5.1.1" },
	{ "not a valid user", "5.1.1" }, { "unknown to address", "5.1.1" }, { "mailbox does", "5.1.1" },
	{ "no longer an account", "5.1.1" }, { "recipient does", "5.1.1" }, { "unknown virtual user", "5.1.1" },
	{ "no local mailbox", "5.1.1" }, { "user is unknown", "5.1.1" }, { "not our user", "5.1.1" },
	{ "is not a known user", "5.1.1" }, { "badrcptto", "5.1.1" }, { "no existing", "5.1.1" },
	{ "unable to validate recipient", "5.1.1" }, { "name is not recognized", "5.1.1" },
	{ "not recognized", "5.1.1" }, { "cannot find your recipient", "5.1.1" }, { "no such alias", "5.1.1" },
	{ "kann nicht gefunden", "5.1.1" }, { "nicht vorhanden", "5.1.1" }, { "nicht bekannt", "5.1.1" },
	{ "nicht verfugbar", "5.1.1" }, { "unbekannte adresse", "5.1.1" }, { "adresse unbekannt", "5.1.1" },
	{ "est inconnu", "5.1.1" }, { "adresse inconnue", "5.1.1" }, { "adresse invalide", "5.1.1" },
	{ "destinataire invalide", "5.1.1" }, { "no se puede encontrar", "5.1.1" },
	{ "no se ha podido encontrar", "5.1.1" }, { "es desconocid", "5.1.1" },
	{ "nao pode ser encontrad", "5.1.1" }, { "nao foi possivel encontrar", "5.1.1" },
	{ "desconhecid", "5.1.1" }, { "impossibile trovare", "5.1.1" }, { "indirizzo sconosciuto", "5.1.1" },
	{ "inesistente", "5.1.1" }, { "sconosciut", "5.1.1" }, { "niet worden gevonden", "5.1.1" },
	{ "onbekend", "5.1.1" }, { "kunde inte hittas", "5.1.1" }, { "gick inte att hitta", "5.1.1" },
	{ "hittades inte", "5.1.1" }, { "ikke fundet", "5.1.1" }, { "blev ikke fundet", "5.1.1" },
	{ "ikke funnet", "5.1.1" }, { "finner ikke", "5.1.1" }, { "ei loydy", "5.1.1" }, { "gasita", "5.1.1" }, { "nepodarilo najit", "5.1.1" }, { "boyle bir kullanici yok", "5.1.1" }, { "kullanici yok", "5.1.1" }, { "ei loytynyt", "5.1.1" },
	{ "nie mozna odnalezc", "5.1.1" }, { "nie znaleziono", "5.1.1" }, { "nieznany", "5.1.1" },
	{ "nebyla nalezena", "5.1.1" }, { "nelze najit", "5.1.1" }, { "nebol najden", "5.1.1" },
	{ "nem talalhato", "5.1.1" }, { "nu a fost gasit", "5.1.1" }, { "нет такого", "5.1.1" },
	{ "неизвестн", "5.1.1" }, { "не знайдено", "5.1.1" }, { "невідом", "5.1.1" }, { "не намерен", "5.1.1" },
	{ "δεν βρεθηκε", "5.1.1" }, { "mevcut degil", "5.1.1" }, { "找不到", "5.1.1" }, { "无此用户", "5.1.1" },
	{ "用户不存在", "5.1.1" }, { "ありません", "5.1.1" }, { "찾을 수 없", "5.1.1" }, { "khong ton tai", "5.1.1" },
	{ "khong tim thay", "5.1.1" }, { "לא נמצא", "5.1.1" }, { "غير موجود", "5.1.1" },
	{ "invalid final delivery userid", "5.1.1" }, { "user unknown", "5.1.1" }, { "unknown user", "5.1.1" }, { "no such user", "5.1.1" },
	{ "user not found", "5.1.1" }, { "no such recipient", "5.1.1" }, { "no such address", "5.1.1" },
	{ "unknown recipient", "5.1.1" }, { "recipient unknown", "5.1.1" },
	{ "recipient not found", "5.1.1" }, { "recipient address rejected: user unknown", "5.1.1" },
	{ "address not found", "5.1.1" }, { "address couldn't be found", "5.1.1" },
	{ "address could not be found", "5.1.1" }, { "address was not found", "5.1.1" },
	{ "wasn't found at", "5.1.1" }, { "was not found at", "5.1.1" }, { "does not exist", "5.1.1" },
	{ "doesn't exist", "5.1.1" }, { "not exist", "5.1.1" }, { "no mailbox here", "5.1.1" },
	{ "no such mailbox", "5.1.1" }, { "mailbox not found", "5.1.1" },
	{ "mailbox unavailable", "5.1.1" }, { "mailbox is unavailable", "5.1.1" },
	{ "unknown mailbox", "5.1.1" }, { "invalid mailbox", "5.1.1" }, { "invalid recipient", "5.1.1" },
	{ "invalid address", "5.1.1" }, { "unknown address", "5.1.1" }, { "bad address", "5.1.1" },
	{ "not a valid mailbox", "5.1.1" }, { "no valid recipients", "5.1.1" },
	{ "not our customer", "5.1.1" }, { "doesn't have a", "5.1.1" }, { "does not have a", "5.1.1" },
	{ "not listed in", "5.1.1" }, { "no longer valid", "5.1.1" }, { "not known", "5.1.1" },
	{ "recipient rejected", "5.1.1" }, { "user doesn't", "5.1.1" }, { "invalid user", "5.1.1" },
	{ "unknown local part", "5.1.1" }, { "no account", "5.1.1" }, { "unknown or illegal alias", "5.1.1" },
	{ "is not a registered", "5.1.1" }, { "could not be found", "5.1.1" },
	{ "isn't a known user", "5.1.1" }, { "no user", "5.1.1" }, { "not found", "5.1.1" },
	{ "resolver.adr", "5.1.1" }, { "recipnotfound", "5.1.1" }, { "no longer available", "5.1.1" },
	{ "not valid", "5.1.1" }, { "existiert nicht", "5.1.1" }, { "nicht gefunden", "5.1.1" },
	{ "unbekannter benutzer", "5.1.1" }, { "unbekannter empfanger", "5.1.1" },
	{ "empfanger unbekannt", "5.1.1" }, { "ist unbekannt", "5.1.1" }, { "n'existe pas", "5.1.1" },
	{ "introuvable", "5.1.1" }, { "utilisateur inconnu", "5.1.1" },
	{ "destinataire inconnu", "5.1.1" }, { "n'a pas ete trouvee", "5.1.1" }, { "no existe", "5.1.1" },
	{ "usuario desconocido", "5.1.1" }, { "no se encontro", "5.1.1" }, { "no se ha encontrado", "5.1.1" },
	{ "nao existe", "5.1.1" }, { "nao foi encontrad", "5.1.1" }, { "usuario desconhecido", "5.1.1" },
	{ "non esiste", "5.1.1" }, { "utente sconosciuto", "5.1.1" }, { "non e stato trovato", "5.1.1" },
	{ "bestaat niet", "5.1.1" }, { "niet gevonden", "5.1.1" }, { "onbekende gebruiker", "5.1.1" },
	{ "finns inte", "5.1.1" }, { "findes ikke", "5.1.1" }, { "finnes ikke", "5.1.1" },
	{ "nie istnieje", "5.1.1" }, { "neexistuje", "5.1.1" }, { "не существует", "5.1.1" },
	{ "не найден", "5.1.1" }, { "не існує", "5.1.1" }, { "bulunamadi", "5.1.1" },
	{ "不存在", "5.1.1" }, { "未找到", "5.1.1" }, { "存在しません", "5.1.1" },
	{ "見つかりません", "5.1.1" }, { "존재하지", "5.1.1" },
	/* moved, loops */
	{ "has moved", "5.1.6" }, { "mailbox moved", "5.1.6" }, { "too many hops", "5.4.6" },
	{ "hop count exceeded", "5.4.6" }, { "loops back to myself", "5.4.6" }, { "mail loop", "5.4.6" },
	{ "routing loop", "5.4.6" }, { "mail loops", "5.4.6" }, { "delivered to: myself", "5.4.6" },
	/* network */
	{ "connection timeout", "4.4.1" }, { "connection timed out", "4.4.1" }, { "connection refused", "4.4.1" },
	{ "no route to host", "4.4.1" }, { "network is unreachable", "4.4.1" },
	{ "network unreachable", "4.4.1" }, { "connect timed out", "4.4.1" },
	{ "could not be contacted", "4.4.1" }, { "wasn't able to establish an smtp connection", "4.4.1" },
	{ "unable to connect", "4.4.1" }, { "could not connect", "4.4.1" },
	{ "server not responding", "4.4.1" }, { "is not responding", "4.4.1" },
	{ "recipient server did not accept our requests to connect", "4.4.1" },
	{ "operation timed out", "4.4.1" }, { "host is down", "4.4.1" }, { "connection failed", "4.4.1" },
	{ "conversation with", "4.4.2" }, { "lost connection", "4.4.2" }, { "connection lost", "4.4.2" },
	{ "connection dropped", "4.4.2" }, { "connection reset", "4.4.2" },
	{ "connection died", "4.4.2" }, { "connection was dropped", "4.4.2" }, { "timed out while", "4.4.2" },
	{ "name service error", "4.4.3" }, { "dns", "4.4.3" }, { "temporary lookup failure", "4.4.3" },
	{ "queue too long", "4.4.7" }, { "message expired", "4.4.7" },
	{ "retry timeout exceeded", "4.4.7" }, { "retry time not reached", "4.4.7" },
	{ "retry time exceeded", "4.4.7" }, { "delivery time expired", "4.4.7" },
	{ "message timed out", "4.4.7" }, { "maximum time", "4.4.7" }, { "delivery timed out", "4.4.7" },
	{ "has been trying", "4.4.7" }, { "has expired", "4.4.7" }, { "expired", "4.4.7" },
	{ "greylist", "4.7.1" }, { "graylist", "4.7.1" }, { "greylisted", "4.7.1" },
	{ "try again later", "4.3.0" }, { "temporarily rejected", "4.7.1" },
	{ "too many connections", "4.7.0" }, { "rate limit", "4.7.0" }, { "temporarily deferred", "4.7.0" },
	{ "out of disk", "4.3.1" }, { "insufficient system storage", "4.3.1" },
	{ "insufficient system resources", "4.3.1" }, { "disk full", "4.3.1" },
	{ "temporarily unavailable", "4.2.0" }, { "system not accepting", "4.3.2" },
	/* policy and content */
	{ "спам", "5.7.1" }, { "отклонен", "5.7.1" }, { "відхилен", "5.7.1" }, { "垃圾邮件", "5.7.1" }, { "垃圾郵件", "5.7.1" },
	{ "迷惑メール", "5.7.1" }, { "스팸", "5.7.1" }, { "content checker", "5.7.1" }, { "banned", "5.7.1" }, { "not accepting mail from", "5.7.1" },
	{ "kein zugriff", "5.7.1" }, { "berechtigung", "5.7.1" }, { "abgelehnt", "5.7.1" },
	{ "autorisation", "5.7.1" }, { "autorizacion", "5.7.1" }, { "permiso", "5.7.1" }, { "permissao", "5.7.1" },
	{ "autorizzazion", "5.7.1" }, { "behorighet", "5.7.1" }, { "разрешени", "5.7.1" }, { "拒绝", "5.7.1" },
	{ "被拒", "5.7.1" }, { "拒否", "5.7.1" }, { "거부", "5.7.1" },
	{ "spam", "5.7.1" }, { "blocked", "5.7.1" }, { "blacklist", "5.7.1" }, { "blocklist", "5.7.1" },
	{ "block list", "5.7.1" }, { "black list", "5.7.1" }, { "virus", "5.7.1" }, { "dmarc", "5.7.26" },
	{ "spf", "5.7.23" }, { "dkim", "5.7.20" }, { "access denied", "5.7.1" },
	{ "authentication required", "5.7.1" }, { "not authorized", "5.7.1" },
	{ "not allowed", "5.7.1" }, { "not permitted", "5.7.1" }, { "policy", "5.7.1" },
	{ "content rejected", "5.7.1" }, { "message rejected", "5.7.1" }, { "prohibited", "5.7.1" },
	{ "unsolicited", "5.7.1" }, { "reputation", "5.7.1" }, { "listed at", "5.7.1" },
	{ "rejected by", "5.7.1" }, { "refused", "5.7.1" }, { "restricted", "5.7.1" },
	{ "permission", "5.7.1" }, { "you have been banned", "5.7.1" }, { "forbidden", "5.7.1" },
};

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* "5.1.1" at s and nothing of an address or version around it: its length. */
static size_t
code_length(const char *s)
{
	size_t	 n = 2, digits;

	if ((s[0] != '2' && s[0] != '4' && s[0] != '5') || s[1] != '.')
		return 0;
	for (digits = 0; is_digit(s[n]) && digits < 4; digits++)
		n++;
	if (digits == 0 || digits > 3 || s[n] != '.')
		return 0;
	n++;
	for (digits = 0; is_digit(s[n]) && digits < 4; digits++)
		n++;
	if (digits == 0 || digits > 3 || (s[n] == '.' && is_digit(s[n + 1])))
		return 0;
	return n;
}

/* The next code at or behind *at, its length; advances *at behind it.  Or NULL. */
static const char *
next_code(const char *text, const char **at, size_t *len)
{
	for (const char *p = *at; *p != '\0'; p++) {
		if (p > text && (g_ascii_isalnum(p[-1]) || p[-1] == '.' || p[-1] == '/' ||
		    (p[-1] == '-' && p - 1 > text && g_ascii_isalpha(p[-2]))))
			continue;
		if ((*len = code_length(p)) == 0 || g_ascii_isalpha(p[*len]))
			continue;
		*at = p + *len;
		return p;
	}
	return NULL;
}

static bool
is_zero(const char *number)
{
	return number[0] == '0' && !is_digit(number[1]);
}

/* "5.0.0" and "5.1.0" give way to a "5.1.1" behind them, but not to another subject. */
static bool
is_sharper(const char *code, const char *than)
{
	const char	*detail = strchr(than + 2, '.') + 1;

	if (code[0] != than[0] || !is_zero(detail) || is_zero(strchr(code + 2, '.') + 1))
		return false;
	return is_zero(than + 2) || strncmp(code, than, (size_t)(detail - than)) == 0;
}

bool
bounce_status_written(const char *text, char out[BOUNCE_STATUS_SIZE])
{
	const char	*at = text, *code, *best = NULL;
	size_t		 n, len = 0;

	while ((code = next_code(text, &at, &n)) != NULL)
		if (best == NULL || is_sharper(code, best)) {
			best = code;
			len = n;
		}
	if (best == NULL)
		return false;
	memcpy(out, best, len);
	out[len] = '\0';
	return true;
}

int
bounce_status_smtp(const char *text)
{
	for (const char *p = text; *p != '\0'; p++) {
		if ((*p != '4' && *p != '5') || p[1] < '0' || p[1] > '7' || !is_digit(p[2]))
			continue;
		if (p > text && (g_ascii_isalnum(p[-1]) || strchr(".-_:/", p[-1]) != NULL))
			continue;
		if (p[3] != '\0' && strchr(" -:,.)'\"]\n\t<", p[3]) == NULL)
			continue;
		if (p[3] == '.' && is_digit(p[4]))
			continue;
		return (p[0] - '0') * 100 + (p[1] - '0') * 10 + (p[2] - '0');
	}
	return 0;
}

/* A reply of the other class makes "5.2.2" of words "4.2.2", and back. */
static void
agree_with_reply(char status[BOUNCE_STATUS_SIZE], int smtp)
{
	if (smtp >= 400 && smtp < 600)
		status[0] = (char)('0' + smtp / 100);
}

static const char *
status_of_reply(int smtp)
{
	switch (smtp) {
	case 0: return NULL;
	case 421: return "4.4.2";
	case 450: return "4.2.0";
	case 451: return "4.3.0";
	case 452: return "4.3.1";
	case 552: return "5.2.2";
	case 553: return "5.1.3";
	}
	return smtp < 500 ? "4.0.0" : "5.0.0";
}

/* Do the words stand here, at the start of a word? */
static bool
says(const char *folded, const char *words)
{
	for (const char *p = folded; (p = strstr(p, words)) != NULL; p++)
		if (p == folded || !g_ascii_isalnum(p[-1]) || (words[0] & 0x80) != 0)
			return true;
	return false;
}

bool
bounce_status_meant(const char *text, char out[BOUNCE_STATUS_SIZE])
{
	g_autofree char	*folded = auto_words_fold(text, strlen(text));
	int		 smtp = bounce_status_smtp(text);
	const char	*status = status_of_reply(smtp);

	g_strdelimit(folded, "-", ' ');
	for (size_t i = 0; i < G_N_ELEMENTS(meanings); i++)
		if (says(folded, meanings[i].words)) {
			g_strlcpy(out, meanings[i].status, BOUNCE_STATUS_SIZE);
			agree_with_reply(out, smtp);
			return true;
		}
	if (status == NULL)
		return false;
	g_strlcpy(out, status, BOUNCE_STATUS_SIZE);
	return true;
}
