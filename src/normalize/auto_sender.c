/* SPDX-License-Identifier: ISC */
#include "normalize/auto_sender.h"

#include <string.h>

#include "normalize/phrase.h"

static const char *const daemons[] = {
	"mailerdaemon", "maildaemon", "mailerdeamon", "maildeliverysubsystem", "mdaemon",
	"maildelivery", "mailsystem", "mailmaster", "majordomo", "listserv", "doublebounce",
	"mailerrors", "maildeliverysystem", "bounce", "bounces", "returnedmail", NULL
};

static const char *const roles[] = {
	"postmaster", "root", "daemon", "abuse", "hostmaster", "nobody", "wwwdata", "cron",
	"uucp", "systemadministrator", "apache", "nagios", "monit",
	"anonymous", "amavis", "clamav", NULL
};

/* Anywhere in the name: "orders-noreply", "noreply+17". */
static const char *const no_reply_words[] = {
	"noreply", "donotreply", "dontreply", "doesnotreply", "notreply", "noreplay", "noanswer",
	"unmonitored", "nichtantworten", "keineantwort", "bittenichtantworten", "nepasrepondre",
	"pasdereponse", "noresponder", "norespuesta", "norespond", "naoresponda", "naoresponder",
	"nonrispondere", "nietbeantwoorden", "nietantwoorden", "geenantwoord", "svarainte",
	"svarikke", "ikkesvar", "ingensvar", "nieodpowiadaj", "neodpovidat", "neodpovidejte",
	"neotvechayte", "yanitlamayin", "cevaplamayiniz", "autoreply", "autoresponder",
	"autoresponse", "autoconfirm", "automailer", NULL
};

static bool
is_one_of(const char *name, const char *const names[])
{
	for (size_t i = 0; names[i] != NULL; i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

/* "Mailer-Daemon+x@host" gives "mailerdaemon". */
static char *
plain_name(const char *addr)
{
	GString	*name = g_string_new(NULL);

	for (; *addr != '\0' && *addr != '@' && *addr != '+' && *addr != '='; addr++)
		if (strchr("-_. \"", *addr) == NULL)
			g_string_append_c(name, g_ascii_tolower(*addr));
	return g_string_free(name, FALSE);
}

enum auto_sender
auto_sender_kind(const char *addr)
{
	g_autofree char	*name = NULL;

	if (addr == NULL)
		return AUTO_SENDER_PERSON;
	name = plain_name(addr);
	if (is_one_of(name, daemons) || g_str_has_prefix(name, "microsoftexchange329e"))
		return AUTO_SENDER_DAEMON;
	if (g_ascii_strncasecmp(addr, "bounce-", 7) == 0 || g_ascii_strncasecmp(addr, "bounces-", 8) == 0)
		return AUTO_SENDER_DAEMON;
	if (is_one_of(name, roles))
		return AUTO_SENDER_ROLE;
	return phrase_find(name, no_reply_words) != NULL ? AUTO_SENDER_NO_REPLY :
	    AUTO_SENDER_PERSON;
}

bool
auto_sender_has_null_path(const struct message *msg, const struct mail_view *v)
{
	const char	*path = msg->envelope_from;

	if (path == NULL)
		path = mail_view_raw(v, "Return-Path");
	if (path == NULL)
		return false;
	path += strspn(path, "< \t");
	return *path == '\0' || *path == '>' || g_ascii_strncasecmp(path, "mailer-daemon", 13) == 0;
}
