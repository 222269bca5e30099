/* SPDX-License-Identifier: ISC */
#include "conf/conf_check.h"

#include <string.h>

typedef void problem_fn(const void *member, const char *);

/* Names that become part of Redis keys, URLs and metric labels. */
static gboolean
is_name(const char *name)
{
	size_t	len = strlen(name);

	return len > 0 && len <= 63 && g_ascii_isalnum(*name) &&
	    strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") == len;
}

static void
check_name(const char *what, char *const *member, problem_fn *problem)
{
	const char	*name = *member;
	g_autofree char	*text = NULL;

	if (name == NULL || is_name(name))
		return;
	text = g_strdup_printf("%s \"%s\": letters, digits, . _ and - only, at most 63, "
	    "a letter or digit first", what, name);
	problem(member, text);
}

static void
check_channels(const char *kind, const GPtrArray *list, GHashTable *seen, problem_fn *problem)
{
	guint	i;

	for (i = 0; i < list->len; i++) {
		char	**name = list->pdata[i];

		check_name(kind, name, problem);
		if (!g_hash_table_add(seen, *name)) {
			g_autofree char	*text = g_strdup_printf(
			    "two channels are called \"%s\"; every channel needs a name of its own",
			    *name);
			problem(name, text);
		}
	}
}

static void
check_departments(const struct settings *s, problem_fn *problem)
{
	guint	i;

	check_name("default_department", &s->default_department, problem);
	for (i = 0; i < s->rules->len; i++) {
		const struct settings_rule	*rule = s->rules->pdata[i];

		check_name("rule department", &rule->department, problem);
	}
#define CHECK_LIST(list, type)							\
	for (i = 0; i < s->list->len; i++)					\
		check_name("department",					\
		    &((const struct type *)s->list->pdata[i])->department, problem)
	CHECK_LIST(imap, settings_imap);
	CHECK_LIST(lmtp, settings_lmtp);
	CHECK_LIST(maildir, settings_maildir);
	CHECK_LIST(pop3, settings_pop3);
	CHECK_LIST(webhook, settings_webhook);
	CHECK_LIST(chat, settings_chat);
#undef CHECK_LIST
}

static void
check_rule_channels(const struct settings *s, GHashTable *channels, problem_fn *problem)
{
	guint	i, k;

	for (i = 0; i < s->rules->len; i++) {
		const struct settings_rule	*rule = s->rules->pdata[i];

		for (k = 0; k < rule->channel->len; k++) {
			g_autofree char	*text = NULL;

			if (g_hash_table_contains(channels, rule->channel->pdata[k]))
				continue;
			text = g_strdup_printf("rule \"%s\": there is no channel \"%s\"",
			    rule->name, (char *)rule->channel->pdata[k]);
			problem(&rule->channel, text);
		}
	}
}

/* host:port, [v6]:port, :port, or the path of a socket. */
static gboolean
is_address(const char *text)
{
	const char	*colon = strrchr(text, ':');
	char		*end;
	guint64		 port;

	if (*text == '/')
		return TRUE;
	if (colon == NULL || !g_ascii_isdigit(colon[1]))
		return FALSE;
	port = g_ascii_strtoull(colon + 1, &end, 10);
	/* A v6 address needs brackets: else its end would be taken for the port. */
	return *end == '\0' && port > 0 && port <= 65535 &&
	    (*text == '[' || memchr(text, ':', (size_t)(colon - text)) == NULL);
}

static void
check_address(const char *what, const char *address, const void *member, problem_fn *problem)
{
	g_autofree char	*text = NULL;

	if (is_address(address))
		return;
	text = g_strdup_printf("%s: \"%s\" is not host:port, [v6]:port or /path", what, address);
	problem(member, text);
}

static void
check_addresses(const struct settings *s, problem_fn *problem)
{
	guint	i, k;

	for (i = 0; i < s->http.listen->len; i++)
		check_address("http listen", s->http.listen->pdata[i], &s->http.listen, problem);
	for (i = 0; i < s->admin.listen->len; i++)
		check_address("admin listen", s->admin.listen->pdata[i], &s->admin.listen, problem);
	for (i = 0; i < s->lmtp->len; i++) {
		const struct settings_lmtp	*lmtp = s->lmtp->pdata[i];

		for (k = 0; k < lmtp->listen->len; k++)
			check_address("lmtp listen", lmtp->listen->pdata[k], &lmtp->listen, problem);
	}
	check_address("redis address", s->redis.address, &s->redis.address, problem);
	check_address("mail_out smtp", s->mail_out.smtp, &s->mail_out.smtp, problem);
}

void
conf_check_whole(const struct settings *s, problem_fn *problem)
{
	g_autoptr(GHashTable)	channels = g_hash_table_new(g_str_hash, g_str_equal);

	check_addresses(s, problem);
	check_name("instance", &s->instance, problem);
	check_name("redis prefix", &s->redis.prefix, problem);
	check_channels("imap", s->imap, channels, problem);
	check_channels("lmtp", s->lmtp, channels, problem);
	check_channels("maildir", s->maildir, channels, problem);
	check_channels("pop3", s->pop3, channels, problem);
	check_channels("webhook", s->webhook, channels, problem);
	check_channels("chat", s->chat, channels, problem);
	check_departments(s, problem);
	check_rule_channels(s, channels, problem);
	if (s->http.listen->len == 0 && (s->webhook->len > 0 || s->chat->len > 0))
		problem(&s->http.listen, "webhook and chat sections need http { listen = {\"host:port\"} }");
	if (g_hash_table_size(channels) == 0)
		problem(s, "there is no channel: add an imap, lmtp, maildir, pop3, webhook "
		    "or chat section");
}
