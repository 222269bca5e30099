/* SPDX-License-Identifier: ISC */
#include "conf/section_checks.h"

#include <stdbool.h>
#include <string.h>

#include "conf/conf.h"
#include "conf/settings.h"

int
section_check_http(const void *section, struct err *e)
{
	const struct settings_http	*s = section;

	if ((s->tls_certificate == NULL) != (s->tls_key == NULL))
		return err_set(e, ERR_CONFIG, "tls_certificate and tls_key go together");
	return 0;
}

static gboolean
is_loopback(const char *host)
{
	return strcmp(host, "localhost") == 0 || g_str_has_prefix(host, "127.") ||
	    strcmp(host, "::1") == 0;
}

/* "host:port" */
static gboolean
is_on_loopback(const char *server)
{
	g_autofree char	*host = g_strndup(server, strcspn(server, ":"));

	return is_loopback(host) || g_str_has_prefix(server, "[::1]:");
}

/* Tokens and files go in the clear only where nobody can listen. */
static gboolean
is_private_url(const char *url)
{
	static const char *const	here[] = {
		"http://127.0.0.1", "http://localhost", "http://[::1]"
	};
	size_t				i;

	for (i = 0; i < G_N_ELEMENTS(here); i++) {
		size_t	n = strlen(here[i]);

		if (strncmp(url, here[i], n) == 0 &&
		    (url[n] == ':' || url[n] == '/' || url[n] == '\0'))
			return strchr(url, '@') == NULL;
	}
	return g_str_has_prefix(url, "https://");
}

static int
check_oauth(const struct settings_oauth *o, const char *auth, bool has_password, struct err *e)
{
	if (strcmp(auth, "xoauth2") != 0)
		return err_set(e, ERR_CONFIG, "oauth_token_url needs auth = \"xoauth2\"");
	if (has_password)
		return err_set(e, ERR_CONFIG,
		    "oauth_token_url takes the place of password_file and password_command");
	if (!is_private_url(o->token_url))
		return err_set(e, ERR_CONFIG, "oauth_token_url = \"%s\" is not https", o->token_url);
	if (o->client_id == NULL)
		return err_set(e, ERR_CONFIG, "oauth_token_url needs oauth_client_id");
	if (o->refresh_token_file == NULL && o->client_secret_file == NULL)
		return err_set(e, ERR_CONFIG, "oauth_token_url needs oauth_refresh_token_file, "
		    "oauth_client_secret_file, or both");
	return 0;
}

int
section_check_mail_out(const void *section, struct err *e)
{
	const struct settings_mail_out	*s = section;

	if (s->oauth.token_url != NULL) {
		if (check_oauth(&s->oauth, s->auth, s->password_file != NULL, e) == -1)
			return -1;
		if (s->user == NULL)
			return err_set(e, ERR_CONFIG, "oauth_token_url needs user");
	} else if ((s->user == NULL) != (s->password_file == NULL))
		return err_set(e, ERR_CONFIG, "user and password_file go together");
	if (strcmp(s->auth, "xoauth2") == 0 && s->user == NULL)
		return err_set(e, ERR_CONFIG, "auth = xoauth2 needs user");
	if (s->user != NULL && s->security == SECURITY_NONE && !is_on_loopback(s->smtp))
		return err_set(e, ERR_CONFIG, "security = none with a login is for a server on this "
		    "host; \"%s\" needs tls or starttls", s->smtp);
	if (s->from_addr != NULL && strchr(s->from_addr, '@') == NULL)
		return err_set(e, ERR_CONFIG, "from = \"%s\" is no address", s->from_addr);
	if (s->reply_to != NULL && strchr(s->reply_to, '@') == NULL)
		return err_set(e, ERR_CONFIG, "reply_to = \"%s\" is no address", s->reply_to);
	return 0;
}

static int
check_login(const struct settings_login *s, struct err *e)
{
	bool	has_password = s->password.file != NULL || s->password.command != NULL;

	if (s->oauth.token_url != NULL &&
	    check_oauth(&s->oauth, s->auth, has_password, e) == -1)
		return -1;
	if (s->oauth.token_url == NULL &&
	    (s->password.file == NULL) == (s->password.command == NULL))
		return err_set(e, ERR_CONFIG,
		    "needs either password_file or password_command");
	if (s->security == SECURITY_NONE && !is_loopback(s->host))
		return err_set(e, ERR_CONFIG,
		    "security = none is for a server on this host; \"%s\" needs tls or starttls",
		    s->host);
	return 0;
}

int
section_check_imap(const void *section, struct err *e)
{
	const struct settings_imap	*s = section;

	if (check_login(&s->login, e) == -1)
		return -1;
	if (s->after == AFTER_MOVE && s->move_to == NULL)
		return err_set(e, ERR_CONFIG, "after = move needs move_to");
	if (s->import == IMPORT_SINCE && s->since == NULL)
		return err_set(e, ERR_CONFIG, "import = since needs since");
	if (s->since != NULL && !g_regex_match_simple("^\\d{4}-\\d{2}-\\d{2}$", s->since, 0, 0))
		return err_set(e, ERR_CONFIG, "since = \"%s\" is no date like 2026-01-31", s->since);
	return 0;
}

int
section_check_pop3(const void *section, struct err *e)
{
	return check_login(&((const struct settings_pop3 *)section)->login, e);
}

int
section_check_lmtp(const void *section, struct err *e)
{
	const struct settings_lmtp	*s = section;
	guint				 i;

	if (s->listen->len == 0)
		return err_set(e, ERR_CONFIG, "needs listen, a socket or host:port");
	if (!g_regex_match_simple("^0?[0-7]{3}$", s->socket_mode, 0, 0))
		return err_set(e, ERR_CONFIG, "socket_mode = \"%s\" is not like 0660",
		    s->socket_mode);
	for (i = 0; i < s->recipients->len; i++) {
		const char	*r = s->recipients->pdata[i];

		if (strcmp(r, "*") != 0 && strchr(r, '@') == NULL)
			return err_set(e, ERR_CONFIG,
			    "recipients: \"%s\" is no address, nor *@domain, nor *", r);
	}
	return 0;
}

int
section_check_maildir(const void *section, struct err *e)
{
	const struct settings_maildir	*s = section;

	if (s->after == AFTER_NOTHING)
		return err_set(e, ERR_CONFIG, "after is one of flag, move, delete in a maildir");
	if (s->after == AFTER_MOVE && s->move_to == NULL)
		return err_set(e, ERR_CONFIG, "after = move needs move_to");
	return 0;
}

int
section_check_webhook(const void *section, struct err *e)
{
	const struct settings_webhook	*s = section;

	if (s->signature != SIGNATURE_NONE && s->secret_files->len == 0)
		return err_set(e, ERR_CONFIG, "signature = %s needs secret_files",
		    conf_words_signature[s->signature]);
	if (s->id_pointer != NULL && *s->id_pointer != '/')
		return err_set(e, ERR_CONFIG, "id_pointer = \"%s\" does not begin with /",
		    s->id_pointer);
	if (s->signature == SIGNATURE_NONE && s->allow->len == 0)
		return err_set(e, ERR_CONFIG,
		    "signature = none needs allow, a list of addresses to take requests from");
	return 0;
}

int
section_check_map(const void *section, struct err *e)
{
	const struct settings_map	*s = section;

	if ((s->pointer == NULL) == (s->value == NULL))
		return err_set(e, ERR_CONFIG, "needs either pointer or value");
	if (s->pointer != NULL && *s->pointer != '\0' && *s->pointer != '/')
		return err_set(e, ERR_CONFIG, "pointer = \"%s\" does not begin with /", s->pointer);
	return 0;
}

int
section_check_chat(const void *section, struct err *e)
{
	const struct settings_chat	*s = section;

	if (strcmp(s->identity, "off") != 0 && s->identity_secret_file == NULL)
		return err_set(e, ERR_CONFIG, "identity = %s needs identity_secret_file",
		    s->identity);
	if (!g_regex_match_simple("^#[0-9a-fA-F]{6}$", s->colour, 0, 0))
		return err_set(e, ERR_CONFIG, "colour = \"%s\" is not like #1f6feb", s->colour);
	return 0;
}

int
section_check_chat_field(const void *section, struct err *e)
{
	const struct settings_chat_field	*s = section;

	if ((strcmp(s->type, "select") == 0) != (s->options->len > 0))
		return err_set(e, ERR_CONFIG, "options go with type = select");
	return 0;
}

int
section_check_detail(const void *section, struct err *e)
{
	const struct settings_detail	*s = section;

	if ((strcmp(s->type, "choice") == 0) != (s->choices->len > 0))
		return err_set(e, ERR_CONFIG, "choices go with type = choice");
	return 0;
}

int
section_check_template(const void *section, struct err *e)
{
	const struct settings_template	*s = section;

	if ((s->body == NULL) == (s->file == NULL))
		return err_set(e, ERR_CONFIG, "needs either body or file");
	return 0;
}

static bool
fits(const char *pattern, const char *whole)
{
	g_autofree char	*anchored = g_strdup_printf("^(?:%s)\\z", pattern);

	return g_regex_match_simple(anchored, whole, 0, 0);
}

/* They become part of an address that is signed: nothing in them may need an escape. */
static int
check_bucket_names(const struct settings_bucket *s, struct err *e)
{
	if (!fits("[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", s->name))
		return err_set(e, ERR_CONFIG, "name = \"%s\" is no bucket's name: 3 to 63 of "
		    "a-z 0-9 . -", s->name);
	if (!fits("[A-Za-z0-9-]+", s->region))
		return err_set(e, ERR_CONFIG, "region = \"%s\" is not like eu-central-1", s->region);
	if (!fits("([A-Za-z0-9_~-][A-Za-z0-9._~-]*/)*([A-Za-z0-9_~-][A-Za-z0-9._~-]*)?", s->prefix) ||
	    strlen(s->prefix) > 512)
		return err_set(e, ERR_CONFIG, "prefix = \"%s\" is not like attachments/: letters, "
		    "digits and . _ ~ - between single slashes", s->prefix);
	return 0;
}

static int
check_bucket_endpoint(const struct settings_bucket *s, struct err *e)
{
	if (!fits("https?://([A-Za-z0-9.-]+|\\[[0-9A-Fa-f:.]+\\])(:[0-9]{1,5})?"
	    "(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*/?", s->endpoint))
		return err_set(e, ERR_CONFIG, "endpoint = \"%s\" is not like https://s3.example.net",
		    s->endpoint);
	if (!is_private_url(s->endpoint))
		return err_set(e, ERR_CONFIG,
		    "endpoint = \"%s\" is neither https nor on this host", s->endpoint);
	if (strcmp(s->style, "host") == 0 && fits("https?://(\\[.*|[0-9.]+([:/].*)?)", s->endpoint))
		return err_set(e, ERR_CONFIG, "style = host needs an endpoint with a name, "
		    "not an address");
	return 0;
}

static int
check_bucket_keys(const struct settings_bucket *s, struct err *e)
{
	if ((s->secret.file == NULL) == (s->secret.command == NULL))
		return err_set(e, ERR_CONFIG,
		    "needs either secret_key_file or secret_key_command");
	if (!fits("[A-Za-z0-9._:@-]+", s->access_key))
		return err_set(e, ERR_CONFIG, "access_key = \"%s\" has signs that no key has",
		    s->access_key);
	return 0;
}

int
section_check_bucket(const void *section, struct err *e)
{
	const struct settings_bucket	*s = section;

	if (s->name == NULL && (s->endpoint != NULL || s->access_key != NULL))
		return err_set(e, ERR_CONFIG, "needs name, the bucket's");
	if (s->name == NULL)
		return 0;
	if (s->endpoint == NULL || s->access_key == NULL)
		return err_set(e, ERR_CONFIG, "needs endpoint and access_key");
	if (check_bucket_names(s, e) == -1 || check_bucket_endpoint(s, e) == -1)
		return -1;
	return check_bucket_keys(s, e);
}
