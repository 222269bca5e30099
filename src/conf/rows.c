/* SPDX-License-Identifier: ISC */
/*
 * conf/rows.c - every key of intaked.conf: one row each.
 *
 * intaked.conf(5) is checked against these rows, so a key without a text in
 * the manual fails the tests.
 */
#include <string.h>

#include "conf/conf.h"
#include "conf/section_checks.h"

const char *const conf_words_level[] = { "error", "warn", "info", "debug", NULL };
const char *const conf_words_format[] = { "text", "json", NULL };
const char *const conf_words_security[] = { "none", "starttls", "tls", NULL };
const char *const conf_words_after[] = { "nothing", "flag", "move", "delete", NULL };
const char *const conf_words_import[] = { "none", "unseen", "since", "all", NULL };
const char *const conf_words_signature[] = { "none", "standard", "github", "hex", NULL };

static const char *const words_smtp_auth[] = { "login", "xoauth2", NULL };
static const char *const words_auth[] = { "login", "plain", "xoauth2", NULL };
static const char *const words_pop3_after[] = { "keep", "delete", NULL };
static const char *const words_pop3_import[] = { "none", "all", NULL };
static const char *const words_style[] = { "path", "host", NULL };
static const char *const words_encryption[] = { "none", "AES256", "aws:kms", NULL };
static const char *const words_identity[] = { "off", "mark", "require", NULL };
static const char *const words_addresses[] = { "merge", "per_mailbox", NULL };
static const char *const words_priority[] = { "high", "medium", "low", NULL };
static const char *const words_field[] = { "text", "email", "tel", "textarea", "select", NULL };
static const char *const words_detail[] = { "text", "number", "date", "email", "phone",
	"choice", NULL };
static const char *const words_template[] = { "question", "acknowledgement", "too_large", NULL };

#define KB	1024LL
#define MB	(1024 * KB)
#define GB	(1024 * MB)
#define SECOND	1000LL
#define MINUTE	(60 * SECOND)
#define HOUR	(60 * MINUTE)
#define DAY	(24 * HOUR)

#define AT(type, member)	offsetof(struct type, member)
#define END			{ .name = NULL }

#define STR_(t, n, m, d, h)	{ n, CONF_STR, AT(t, m), d, 0, 0, NULL, false, h, 0 }
#define FILE_(t, n, m, h)	{ n, CONF_STR, AT(t, m), NULL, 0, 0, NULL, false, h, CONF_FILE_PLAIN }
#define SECRET(t, n, m, h)	{ n, CONF_STR, AT(t, m), NULL, 0, 0, NULL, false, h, CONF_FILE_SECRET }
#define SECRETS(t, n, m, h)	{ n, CONF_LIST, AT(t, m), NULL, 0, 0, NULL, false, h, CONF_FILE_SECRET }
#define NEED(t, n, m, h)	{ n, CONF_STR, AT(t, m), NULL, 0, 0, NULL, true, h, 0 }
#define PICK(t, n, m, d, w, h)	{ n, CONF_STR, AT(t, m), d, 0, 0, w, false, h, 0 }
#define WORD_(t, n, m, d, w, h)	{ n, CONF_WORD, AT(t, m), d, 0, 0, w, false, h, 0 }
#define INT_(t, n, m, d, a, b, h)  { n, CONF_INT, AT(t, m), d, a, b, NULL, false, h, 0 }
#define SIZE_(t, n, m, d, a, b, h) { n, CONF_SIZE, AT(t, m), d, a, b, NULL, false, h, 0 }
#define TIME_(t, n, m, d, a, b, h) { n, CONF_TIME, AT(t, m), d, a, b, NULL, false, h, 0 }
#define BOOL_(t, n, m, d, h)	{ n, CONF_BOOL, AT(t, m), d, 0, 0, NULL, false, h, 0 }
#define LIST_(t, n, m, h)	{ n, CONF_LIST, AT(t, m), NULL, 0, 0, NULL, false, h, 0 }
#define LISTD(t, n, m, d, h)	{ n, CONF_LIST, AT(t, m), d, 0, 0, NULL, false, h, 0 }
#define REGEX(t, n, m, h)	{ n, CONF_REGEX, AT(t, m), NULL, 0, 0, NULL, false, h, 0 }
#define REGEXES(t, n, m, h)	{ n, CONF_REGEX_LIST, AT(t, m), NULL, 0, 0, NULL, false, h, 0 }

static const struct conf_key log_keys[] = {
	WORD_(settings_log, "level", level, "info", conf_words_level,
	    "least important lines to write"),
	WORD_(settings_log, "format", format, "text", conf_words_format,
	    "one text line or one JSON object for each event"),
	END
};

static const struct conf_key journal_keys[] = {
	SIZE_(settings_journal, "segment_size", segment_size, "64M", 64 * KB, 1 * GB,
	    "size at which a new journal file is begun"),
	TIME_(settings_journal, "retain", retain_ms, "24h", 0, 365 * DAY,
	    "how long a message stays in the journal after Redis has it, for replay"),
	SIZE_(settings_journal, "max_size", max_size, "8G", 1 * MB, 1024 * GB,
	    "size of the journal above which new messages are refused for a while"),
	SIZE_(settings_journal, "reserve", reserve, "64M", 0, 1024 * GB,
	    "free disk space below which new messages are refused for a while"),
	SIZE_(settings_journal, "max_message", max_message, "50M", 1 * KB, 512 * MB,
	    "largest message taken whole; of larger ones the header is taken"),
	END
};

static const struct conf_key redis_keys[] = {
	STR_(settings_redis, "address", address, "127.0.0.1:6379",
	    "host:port, or the path of a socket"),
	STR_(settings_redis, "user", user, NULL, "ACL user"),
	SECRET(settings_redis, "password_file", password_file, "file with the password"),
	BOOL_(settings_redis, "tls", tls, "no", "connect with TLS"),
	FILE_(settings_redis, "tls_ca_file", tls_ca_file,
	    "certificates to trust instead of the system's"),
	STR_(settings_redis, "prefix", prefix, "intake", "first part of every key"),
	INT_(settings_redis, "partitions", partitions, "1", 1, 1024,
	    "hash slots the keys are spread over; all daemons must agree, never change it"),
	TIME_(settings_redis, "timeout", timeout_ms, "5s", 100, 5 * MINUTE,
	    "how long to wait for a reply before the connection is given up"),
	TIME_(settings_redis, "dedup_window", dedup_window_ms, "30d", HOUR, 365 * DAY,
	    "how long a message is recognised when it comes again"),
	TIME_(settings_redis, "ticket_retention", ticket_retention_ms, "365d", HOUR, 3650 * DAY,
	    "how long the record of a ticket is kept after its last event"),
	TIME_(settings_redis, "thread_retention", thread_retention_ms, "365d", HOUR, 3650 * DAY,
	    "how long replies find their ticket"),
	INT_(settings_redis, "max_deliveries", max_deliveries, "5", 1, 1000,
	    "times an entry is handed to workers before it goes to the dead stream"),
	INT_(settings_redis, "in_flight", in_flight, "256", 1, 4096,
	    "messages on their way from the journal to Redis at once"),
	END
};

static const struct conf_key http_keys[] = {
	LIST_(settings_http, "listen", listen,
	    "addresses for webhooks and chat: host:port, [v6]:port or a path"),
	FILE_(settings_http, "tls_certificate", tls_certificate,
	    "PEM file: serve HTTPS with this certificate chain"),
	SECRET(settings_http, "tls_key", tls_key, "PEM file with its key"),
	SIZE_(settings_http, "max_body", max_body, "1M", KB, 64 * MB, "largest request body"),
	INT_(settings_http, "max_connections", max_connections, "10000", 1, 1000000,
	    "connections at once; more wait"),
	INT_(settings_http, "max_per_client", max_per_client, "1000", 1, 1000000,
	    "connections at once from one address"),
	TIME_(settings_http, "head_timeout", head_timeout_ms, "10s", 100, 5 * MINUTE,
	    "time for a request's head"),
	TIME_(settings_http, "body_timeout", body_timeout_ms, "30s", 100, HOUR,
	    "time for a request's body"),
	TIME_(settings_http, "idle_timeout", idle_timeout_ms, "60s", 100, DAY,
	    "time a connection may stay silent between requests"),
	LIST_(settings_http, "trusted_proxies", trusted_proxies,
	    "addresses of proxies whose X-Forwarded-For names the client"),
	END
};

static const struct conf_key admin_keys[] = {
	LISTD(settings_admin, "listen", listen, "127.0.0.1:9180",
	    "addresses for /livez, /readyz and /metrics"),
	STR_(settings_admin, "socket", socket, NULL,
	    "control socket of intakectl; default: control.sock in the state directory"),
	END
};

static const struct conf_key workers_keys[] = {
	INT_(settings_workers, "parse", parse, "2", 1, 64, "sandboxed parser processes"),
	TIME_(settings_workers, "parse_timeout", parse_timeout_ms, "5s", 100, 5 * MINUTE,
	    "time for one message, then the parser is killed"),
	SIZE_(settings_workers, "parse_memory", parse_memory, "1G", 64 * MB, 64 * GB,
	    "address space of a parser"),
	INT_(settings_workers, "parse_recycle", parse_recycle, "5000", 1, 1000000000,
	    "messages after which a parser is replaced by a fresh one"),
	INT_(settings_workers, "send", send, "1", 1, 16, "mail sending processes"),
	TIME_(settings_workers, "send_timeout", send_timeout_ms, "2m", SECOND, HOUR,
	    "time for one mail, then the sender is killed"),
	END
};

static const struct conf_key identity_keys[] = {
	LIST_(settings_identity, "addresses", addresses,
	    "every address that reaches us, so that our own mail is known"),
	STR_(settings_identity, "authserv_id", authserv_id, NULL,
	    "name our MTA puts into Authentication-Results; no other is believed"),
	LIST_(settings_identity, "agents", agents,
	    "addresses or @domains of our own staff, who may pass on customers' mail"),
	STR_(settings_identity, "domain", domain, "intaked.invalid",
	    "right side of the Message-IDs we make"),
	END
};

/* Access tokens from a provider. */
#define OAUTH_ROWS(t, o) \
	STR_(t, "oauth_token_url", o.token_url, NULL, \
	    "where access tokens for auth = xoauth2 are had, instead of a password"), \
	STR_(t, "oauth_client_id", o.client_id, NULL, \
	    "name under which this program is registered there"), \
	SECRET(t, "oauth_client_secret_file", o.client_secret_file, \
	    "file with its secret"), \
	STR_(t, "oauth_refresh_token_file", o.refresh_token_file, NULL, \
	    "file with the refresh token, replaced when the provider gives another; none: the" \
	    " client's own secret is enough (client_credentials)"), \
	STR_(t, "oauth_scope", o.scope, NULL, "what is asked for"), \
	FILE_(t, "oauth_ca_file", o.ca_file, \
	    "certificates to trust there instead of the system's")

static const struct conf_key mail_out_keys[] = {
	STR_(settings_mail_out, "from_name", from_name, "Support", "sender's name"),
	STR_(settings_mail_out, "from", from_addr, NULL,
	    "sender's address; without it no mail goes out"),
	STR_(settings_mail_out, "reply_to", reply_to, NULL,
	    "Reply-To address; \"+%\" in it becomes the ticket's token"),
	STR_(settings_mail_out, "smtp", smtp, "127.0.0.1:25", "host:port of the mail server"),
	WORD_(settings_mail_out, "security", security, "none", conf_words_security,
	    "starttls: refuse to send in clear; tls: encrypted from the first byte, port 465"),
	FILE_(settings_mail_out, "tls_ca_file", tls_ca_file,
	    "certificates to trust instead of the system's"),
	STR_(settings_mail_out, "user", user, NULL, "login name"),
	PICK(settings_mail_out, "auth", auth, "login", words_smtp_auth, "how to log in"),
	SECRET(settings_mail_out, "password_file", password_file,
	    "file with the password or the access token"),
	OAUTH_ROWS(settings_mail_out, oauth),
	STR_(settings_mail_out, "helo", helo, NULL, "name to say; default: the host's"),
	TIME_(settings_mail_out, "retry_for", retry_for_ms, "24h", 0, 30 * DAY,
	    "how long a mail is tried again"),
	END
};

static const struct conf_key guard_keys[] = {
	INT_(settings_guard, "per_ticket_hour", per_ticket_hour, "5", 0, 100000,
	    "automatic messages for one ticket in an hour"),
	INT_(settings_guard, "per_ticket_day", per_ticket_day, "15", 0, 100000,
	    "automatic messages for one ticket in a day"),
	INT_(settings_guard, "per_address_hour", per_address_hour, "5", 0, 100000,
	    "automatic messages to one address in an hour"),
	INT_(settings_guard, "per_address_day", per_address_day, "10", 0, 100000,
	    "automatic messages to one address in a day"),
	INT_(settings_guard, "all_per_minute", all_per_minute, "300", 0, 10000000,
	    "messages of all kinds in a minute"),
	LISTD(settings_guard, "never_answer", never_answer,
	    "mailer-daemon@*, postmaster@*, abuse@*, root@*, noreply@*, no-reply@*, "
	    "donotreply@*, do-not-reply@*",
	    "patterns of addresses that get no automatic mail"),
	END
};

static const struct conf_key attachments_keys[] = {
	INT_(settings_attachments, "max_files", max_files, "2000", 1, 1000000,
	    "files of one ticket, all its messages together, that are handed on"),
	SIZE_(settings_attachments, "max_size", max_size, "2G", 1 * KB, 1024 * GB,
	    "size of these files together"),
	END
};

static const struct conf_key bucket_keys[] = {
	STR_(settings_bucket, "name", name, NULL,
	    "the bucket; without it attachments stay in the state directory"),
	STR_(settings_bucket, "endpoint", endpoint, NULL,
	    "where it is: https://s3.eu-central-1.amazonaws.com"),
	STR_(settings_bucket, "region", region, "us-east-1", "its region, which is signed with"),
	STR_(settings_bucket, "prefix", prefix, "",
	    "what the objects' names begin with: attachments/"),
	PICK(settings_bucket, "style", style, "path", words_style,
	    "where the bucket's name stands in the address: https://host/bucket or https://bucket.host"),
	STR_(settings_bucket, "access_key", access_key, NULL, "id of the access key"),
	SECRET(settings_bucket, "secret_key_file", secret.file, "file with the secret key"),
	STR_(settings_bucket, "secret_key_command", secret.command, NULL,
	    "command that prints it"),
	FILE_(settings_bucket, "tls_ca_file", tls_ca_file,
	    "certificates to trust instead of the system's"),
	PICK(settings_bucket, "encryption", encryption, "none", words_encryption,
	    "encryption that the server is asked for"),
	TIME_(settings_bucket, "wait", wait_ms, "10s", 0, HOUR,
	    "how long a ticket waits until the bucket has its files"),
	TIME_(settings_bucket, "keep_local", keep_local_ms, "24h", 0, 3650 * DAY,
	    "how long files that the bucket has stay in the state directory"),
	TIME_(settings_bucket, "timeout", timeout_ms, "30s", SECOND, HOUR,
	    "how long the server may be silent"),
	TIME_(settings_bucket, "retry_max", retry_max_ms, "5m", SECOND, DAY,
	    "longest pause before the next try while the bucket takes nothing"),
	INT_(settings_bucket, "transfers", transfers, "4", 1, 64, "files sent at once"),
	END
};

/* A server where mail is fetched, and as whom: the same for IMAP and POP3. */
#define LOGIN_ROWS(t, ports) \
	NEED(t, "host", login.host, "name of the server"), \
	INT_(t, "port", login.port, "0", 0, 65535, ports), \
	WORD_(t, "security", login.security, "tls", conf_words_security, \
	    "none only for a server on this host"), \
	FILE_(t, "tls_ca_file", login.tls_ca_file, \
	    "certificates to trust instead of the system's"), \
	NEED(t, "user", login.user, "login name"), \
	PICK(t, "auth", login.auth, "login", words_auth, "how to log in"), \
	SECRET(t, "password_file", login.password.file, \
	    "file with the password or the access token"), \
	STR_(t, "password_command", login.password.command, NULL, \
	    "command that prints it"), \
	OAUTH_ROWS(t, login.oauth), \
	INT_(t, "max_per_host", login.max_per_host, "10", 1, 1000, \
	    "connections to one host, all channels together; more take turns")

static const struct conf_key imap_keys[] = {
	LOGIN_ROWS(settings_imap, "0: 993 with tls, 143 else"),
	LISTD(settings_imap, "folders", folders, "INBOX", "folders to read; * and % match"),
	WORD_(settings_imap, "after", after, "nothing", conf_words_after,
	    "what to do with a message once it is in the journal"),
	STR_(settings_imap, "move_to", move_to, NULL, "folder for after = move"),
	STR_(settings_imap, "flag", flag, "\\Seen", "flag or keyword for after = flag"),
	WORD_(settings_imap, "import", import, "unseen", conf_words_import,
	    "which old messages to take at the very first start"),
	STR_(settings_imap, "since", since, NULL, "date for import = since: 2026-01-31"),
	TIME_(settings_imap, "poll", poll_ms, "1m", SECOND, DAY,
	    "how often to look; also with idle, to notice a silent one"),
	BOOL_(settings_imap, "idle", idle, "yes", "let the server tell at once"),
	TIME_(settings_imap, "idle_renew", idle_ms, "9m", SECOND, 29 * MINUTE,
	    "how often IDLE is renewed"),
	TIME_(settings_imap, "timeout", login.timeout_ms, "60s", 100, HOUR,
	    "time for each step of the conversation"),
	INT_(settings_imap, "batch", batch, "100", 1, 1000, "messages asked for in one command"),
	STR_(settings_imap, "department", department, NULL, "department where no rule says another"),
	END
};

static const struct conf_key lmtp_keys[] = {
	LIST_(settings_lmtp, "listen", listen,
	    "where the mail server connects: the path of a socket, or host:port"),
	STR_(settings_lmtp, "socket_mode", socket_mode, "0660",
	    "permissions of the socket, octal"),
	LISTD(settings_lmtp, "recipients", recipients, "*",
	    "addresses to take mail for, also with +detail: name@domain, *@domain, or * for all"),
	SIZE_(settings_lmtp, "max_size", max_size, "50M", KB, 512 * MB,
	    "largest message taken, if max_message of the journal is not lower"),
	INT_(settings_lmtp, "max_connections", max_connections, "100", 1, 10000,
	    "connections at once; more are told to come again"),
	TIME_(settings_lmtp, "timeout", timeout_ms, "5m", 100, HOUR,
	    "how long the mail server may be silent"),
	STR_(settings_lmtp, "department", department, NULL,
	    "department where no rule says another"),
	END
};

static const struct conf_key maildir_keys[] = {
	NEED(settings_maildir, "path", path, "the maildir: new, cur and tmp are in it"),
	WORD_(settings_maildir, "after", after, "flag", conf_words_after,
	    "flag: to cur as seen; move; delete; nothing is not possible here"),
	STR_(settings_maildir, "move_to", move_to, NULL, "another maildir, for after = move"),
	TIME_(settings_maildir, "poll", poll_ms, "1m", 100, DAY,
	    "how often to look, should a notification be missed"),
	STR_(settings_maildir, "department", department, NULL,
	    "department where no rule says another"),
	END
};

static const struct conf_key pop3_keys[] = {
	LOGIN_ROWS(settings_pop3, "0: 995 with tls, 110 else"),
	PICK(settings_pop3, "after", after, "keep", words_pop3_after,
	    "what becomes of a message on the server once it is in the journal"),
	PICK(settings_pop3, "import", import, "all", words_pop3_import,
	    "whether to take what is there at the very first start"),
	TIME_(settings_pop3, "poll", poll_ms, "1m", SECOND, DAY, "how often to look"),
	TIME_(settings_pop3, "timeout", login.timeout_ms, "60s", 100, HOUR,
	    "time for each answer of the server; a long one has to come with 16 KB/s"),
	INT_(settings_pop3, "batch", batch, "500", 1, 100000,
	    "messages fetched in one session, which ends with deleting them"),
	STR_(settings_pop3, "department", department, NULL, "department where no rule says another"),
	END
};

static const struct conf_key map_keys[] = {
	STR_(settings_map, "pointer", pointer, NULL, "JSON pointer of the value"),
	STR_(settings_map, "value", value, NULL, "or a constant"),
	END
};

static const struct conf_key webhook_keys[] = {
	WORD_(settings_webhook, "signature", signature, "standard", conf_words_signature,
	    "scheme of the sender; none only together with allow"),
	STR_(settings_webhook, "signature_header", signature_header, "X-Signature",
	    "header for signature = hex"),
	SECRETS(settings_webhook, "secret_files", secret_files,
	    "files with the secret; several while it is changed"),
	TIME_(settings_webhook, "tolerance", tolerance_ms, "5m", SECOND, DAY,
	    "how old or new a signed timestamp may be"),
	STR_(settings_webhook, "id_header", id_header, NULL,
	    "header with the sender's id of the event"),
	STR_(settings_webhook, "id_pointer", id_pointer, NULL, "JSON pointer of it"),
	INT_(settings_webhook, "rate", rate, "0", 0, 1000000,
	    "requests in a second; 0 is no limit"),
	LIST_(settings_webhook, "allow", allow, "client addresses or networks; none: all"),
	STR_(settings_webhook, "department", department, NULL,
	    "department where no rule says another"),
	END
};

static const struct conf_key chat_field_keys[] = {
	STR_(settings_chat_field, "label", label, NULL, "words beside it"),
	PICK(settings_chat_field, "type", type, "text", words_field, "kind of input"),
	LIST_(settings_chat_field, "options", options, "choices of a select"),
	BOOL_(settings_chat_field, "required", required, "no", "must be filled in"),
	END
};

static const struct conf_key chat_keys[] = {
	LIST_(settings_chat, "origins", origins,
	    "pages that may embed the chat: https://shop.example"),
	STR_(settings_chat, "title", title, "Support", "heading of the window"),
	STR_(settings_chat, "greeting", greeting, "How can we help you?", "first line"),
	STR_(settings_chat, "colour", colour, "#1f6feb", "of heading and button"),
	STR_(settings_chat, "language", language, "en", "of the window's own words"),
	PICK(settings_chat, "identity", identity, "off", words_identity,
	    "signed identities: ignored, noted, or required"),
	SECRET(settings_chat, "identity_secret_file", identity_secret_file,
	    "file with the secret they are signed with"),
	TIME_(settings_chat, "heartbeat", heartbeat_ms, "25s", SECOND, 10 * MINUTE,
	    "how often an open stream is told that we live"),
	TIME_(settings_chat, "session_idle", session_idle_ms, "24h", MINUTE, 365 * DAY,
	    "a silent session ends"),
	TIME_(settings_chat, "session_max", session_max_ms, "7d", MINUTE, 365 * DAY,
	    "every session ends"),
	INT_(settings_chat, "rate", rate, "30", 1, 100000, "messages of a visitor in a minute"),
	STR_(settings_chat, "department", department, NULL, "department where no rule says another"),
	END
};

static const struct conf_key rule_keys[] = {
	LIST_(settings_rule, "channel", channel, "names of channels"),
	REGEXES(settings_rule, "subject", subject, "patterns for the subject"),
	REGEXES(settings_rule, "text", text, "patterns for what is new in the message"),
	REGEXES(settings_rule, "any", any, "patterns for subject or text"),
	REGEXES(settings_rule, "from", from, "patterns for the sender's address"),
	REGEXES(settings_rule, "to", to, "patterns for the recipients' addresses"),
	LIST_(settings_rule, "kind", kind, "message, auto_reply, bounce, list, ..."),
	LIST_(settings_rule, "field", field, "name=pattern for a mapped field"),
	STR_(settings_rule, "department", department, NULL, "send it there"),
	PICK(settings_rule, "priority", priority, NULL, words_priority, "give it this priority"),
	LIST_(settings_rule, "tags", tags, "add these"),
	BOOL_(settings_rule, "urgent", urgent, "no", "never hold it back"),
	BOOL_(settings_rule, "ignore", ignore, "no", "record it, but ask and answer nothing"),
	BOOL_(settings_rule, "last", last, "no", "no rule after this one"),
	END
};

static const struct conf_key detail_keys[] = {
	STR_(settings_detail, "label", label, NULL, "how it is called to people"),
	STR_(settings_detail, "question", question, NULL, "what to ask"),
	REGEXES(settings_detail, "patterns", patterns, "the first group is the value"),
	LIST_(settings_detail, "labels", labels, "words before a colon and the value"),
	LIST_(settings_detail, "fields", fields, "mapped fields that hold it"),
	REGEX(settings_detail, "valid", valid, "pattern for the whole value"),
	STR_(settings_detail, "hint", hint, NULL, "what a good value looks like"),
	PICK(settings_detail, "type", type, "text", words_detail, "kind of value"),
	LIST_(settings_detail, "choices", choices, "values of type = choice"),
	BOOL_(settings_detail, "required", required, "yes", "ask if it is missing"),
	END
};

static const struct conf_key form_keys[] = {
	LIST_(settings_form, "departments", departments, "applies to tickets of these, or"),
	LIST_(settings_form, "tags", tags, "with one of these tags, or"),
	REGEXES(settings_form, "subject", subject, "where a pattern matches the subject, or"),
	REGEXES(settings_form, "any", any, "subject or text"),
	LIST_(settings_form, "channels", channels, "only on these; none: all"),
	INT_(settings_form, "rounds", rounds, "2", 0, 20, "how often to ask"),
	TIME_(settings_form, "wait", wait_ms, "24h", 0, 90 * DAY,
	    "how long to wait for the answer; then released as incomplete"),
	STR_(settings_form, "intro", intro, NULL, "words before the questions"),
	END
};

static const struct conf_key template_keys[] = {
	PICK(settings_template, "kind", kind, "question", words_template, "what it is used for"),
	STR_(settings_template, "language", language, "", "for this language; empty: all others"),
	STR_(settings_template, "subject", subject, NULL, "subject of a first mail"),
	STR_(settings_template, "body", body, NULL, "the text"),
	FILE_(settings_template, "file", file, "or a file with it"),
	END
};

static const struct conf_key root_keys[] = {
	STR_(settings, "instance", instance, "intaked", "name of this daemon among others"),
	STR_(settings, "state_dir", state_dir, INTAKED_STATEDIR,
	    "journal, attachments, quarantine and cursors"),
	SECRET(settings, "secret_file", secret_file,
	    "key of our tokens; default: secret in the state directory, made at the first start"),
	STR_(settings, "default_department", default_department, "general",
	    "department where no rule and no channel says another"),
	BOOL_(settings, "acknowledge", acknowledge, "no", "tell customers that a ticket was made"),
	PICK(settings, "two_addresses", two_addresses, "merge", words_addresses,
	    "one mail to two of our addresses: one ticket, or one for each mailbox"),
	END
};

static const struct conf_section webhook_subs[] = {
	{ "map", true, AT(settings_webhook, maps), sizeof(struct settings_map), map_keys, NULL,
	    section_check_map, "where a ticket field is found in the JSON" },
	END
};

static const struct conf_section chat_subs[] = {
	{ "field", true, AT(settings_chat, fields), sizeof(struct settings_chat_field),
	    chat_field_keys, NULL, section_check_chat_field, "a question before the chat" },
	END
};

static const struct conf_section form_subs[] = {
	{ "detail", true, AT(settings_form, details), sizeof(struct settings_detail),
	    detail_keys, NULL, section_check_detail, "one thing the handler needs to know" },
	END
};

#define ONE(name, member, keys, check, help) \
	{ name, false, AT(settings, member), 0, keys, NULL, check, help }
#define MANY(name, member, type, keys, subs, check, help) \
	{ name, true, AT(settings, member), sizeof(struct type), keys, subs, check, help }

static const struct conf_section root_subs[] = {
	ONE("log", log, log_keys, NULL, "what is written about our doings"),
	ONE("journal", journal, journal_keys, NULL, "where messages are safe"),
	ONE("redis", redis, redis_keys, NULL, "where tickets go"),
	ONE("http", http, http_keys, section_check_http, "webhooks and chat"),
	ONE("admin", admin, admin_keys, NULL, "health, metrics and control"),
	ONE("workers", workers, workers_keys, NULL, "helper processes"),
	ONE("identity", identity, identity_keys, NULL, "who we are"),
	ONE("mail_out", mail_out, mail_out_keys, section_check_mail_out, "mail to customers"),
	ONE("guard", guard, guard_keys, NULL, "limits of what goes to customers"),
	ONE("attachments", attachments, attachments_keys, NULL, "limits of what a ticket carries"),
	ONE("bucket", bucket, bucket_keys, section_check_bucket,
	    "an S3-compatible store for attachments"),
	MANY("imap", imap, settings_imap, imap_keys, NULL, section_check_imap, "a mailbox on a server"),
	MANY("lmtp", lmtp, settings_lmtp, lmtp_keys, NULL, section_check_lmtp,
	    "mail handed over by a mail server"),
	MANY("maildir", maildir, settings_maildir, maildir_keys, NULL, section_check_maildir,
	    "a mailbox on this host"),
	MANY("pop3", pop3, settings_pop3, pop3_keys, NULL, section_check_pop3,
	    "a mailbox on a server that has no IMAP"),
	MANY("webhook", webhook, settings_webhook, webhook_keys, webhook_subs, section_check_webhook,
	    "POST /hooks/NAME"),
	MANY("chat", chat, settings_chat, chat_keys, chat_subs, section_check_chat, "a chat window"),
	MANY("rule", rules, settings_rule, rule_keys, NULL, NULL, "which department and priority"),
	MANY("form", forms, settings_form, form_keys, form_subs, NULL,
	    "what has to be known before a handler can begin"),
	MANY("template", templates, settings_template, template_keys, NULL, section_check_template,
	    "words for customers"),
	END
};

const struct conf_section conf_root = {
	"", false, 0, sizeof(struct settings), root_keys, root_subs, NULL, "intaked.conf"
};
