/* SPDX-License-Identifier: ISC */
/*
 * conf/settings.h - what intaked.conf says, as plain structs.
 *
 * Filled by conf_load() from the rows in conf/rows.c; read-only afterwards
 * and replaced as a whole by a reload.  Lists are GPtrArrays of the structs
 * named beside them, in the order of the file.  A string that may be left
 * out is NULL then, or "" where the default says so.  Times are in
 * milliseconds, sizes in bytes.
 */
#ifndef CONF_SETTINGS_H
#define CONF_SETTINGS_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* A secret is never in the file: it is read from a file or from a command. */
struct settings_secret {
	char	*file;
	char	*command;
};

enum settings_security { SECURITY_NONE, SECURITY_STARTTLS, SECURITY_TLS };

struct settings_log {
	int		 level;			/* enum log_level */
	int		 format;		/* enum log_format */
};

struct settings_journal {
	int64_t		 segment_size;
	int64_t		 retain_ms;		/* how long after Redis had it */
	int64_t		 max_size;		/* refuse new arrivals above */
	int64_t		 reserve;		/* free disk space below which we refuse */
	int64_t		 max_message;		/* largest arrival taken whole */
};

struct settings_redis {
	char		*address;		/* host:port, or a path */
	char		*user;
	char		*password_file;
	bool		 tls;
	char		*tls_ca_file;
	char		*prefix;		/* of every key: "intake" */
	int64_t		 partitions;
	int64_t		 timeout_ms;
	int64_t		 dedup_window_ms;
	int64_t		 ticket_retention_ms;
	int64_t		 thread_retention_ms;
	int64_t		 max_deliveries;	/* then to the dead stream */
	int64_t		 in_flight;		/* arrivals under way at once */
};

struct settings_http {
	GPtrArray	*listen;		/* char *: "host:port" or a path */
	char		*tls_certificate;
	char		*tls_key;
	int64_t		 max_body;
	int64_t		 max_connections;
	int64_t		 max_per_client;	/* connections from one address */
	int64_t		 head_timeout_ms;
	int64_t		 body_timeout_ms;
	int64_t		 idle_timeout_ms;
	GPtrArray	*trusted_proxies;	/* char *: addresses whose X-Forwarded-For counts */
};

struct settings_admin {
	GPtrArray	*listen;		/* char *: /livez /readyz /metrics */
	char		*socket;		/* control socket for intakectl */
};

struct settings_workers {
	int64_t		 parse;			/* processes */
	int64_t		 parse_timeout_ms;
	int64_t		 parse_memory;
	int64_t		 parse_recycle;		/* messages until replaced by a fresh one */
	int64_t		 send;			/* mail helpers */
	int64_t		 send_timeout_ms;
};

/* An access token from a provider, for auth = "xoauth2". */
struct settings_oauth {
	char	*token_url;		/* NULL: not used */
	char	*client_id;
	char	*client_secret_file;
	char	*refresh_token_file;	/* NULL: grant client_credentials */
	char	*scope;
	char	*ca_file;
};

struct settings_mail_out {
	char		*from_name;
	char		*from_addr;		/* NULL: no mail goes out */
	char		*reply_to;		/* may hold "+%": the token goes there */
	char		*smtp;			/* host:port */
	int		 security;		/* enum settings_security */
	char		*tls_ca_file;
	char		*user;
	char		*auth;			/* "login", "xoauth2" */
	char		*password_file;
	struct settings_oauth oauth;
	char		*helo;
	int64_t		 retry_for_ms;
};

struct settings_guard {
	int64_t		 per_ticket_hour;	/* automatic messages per ticket in an hour */
	int64_t		 per_ticket_day;
	int64_t		 per_address_hour;
	int64_t		 per_address_day;
	int64_t		 all_per_minute;
	GPtrArray	*never_answer;		/* char *: patterns, "*@noreply.example" */
};

/* Who we are, for telling our own mail and our own MTA's word. */
struct settings_identity {
	GPtrArray	*addresses;		/* char *: every address that reaches us */
	char		*authserv_id;		/* Authentication-Results we believe */
	GPtrArray	*agents;		/* char *: addresses or @domains of our staff */
	char		*domain;		/* right side of our Message-IDs */
};

enum settings_after { AFTER_NOTHING, AFTER_FLAG, AFTER_MOVE, AFTER_DELETE };
enum settings_import { IMPORT_NONE, IMPORT_UNSEEN, IMPORT_SINCE, IMPORT_ALL };

/* A server where mail is fetched, and as whom. */
struct settings_login {
	char		*host;
	int64_t		 port;			/* 0: the protocol's own */
	int		 security;		/* enum settings_security */
	char		*tls_ca_file;
	char		*user;
	char		*auth;			/* "login", "plain", "xoauth2" */
	struct settings_secret password;
	struct settings_oauth oauth;
	int64_t		 timeout_ms;		/* for each step of the conversation */
	int64_t		 max_per_host;		/* connections to that server, of all channels */
};

struct settings_imap {
	char		*name;
	struct settings_login login;
	GPtrArray	*folders;		/* char *: names or globs */
	int		 after;			/* enum settings_after */
	char		*move_to;
	char		*flag;
	int		 import;		/* enum settings_import: first start */
	char		*since;			/* "2026-01-31" */
	int64_t		 poll_ms;		/* also with IDLE: a look whether it is deaf */
	bool		 idle;
	int64_t		 idle_ms;		/* re-issue IDLE after */
	int64_t		 batch;			/* messages per FETCH */
	char		*department;		/* default for this channel, or NULL */
};

struct settings_lmtp {
	char		*name;
	GPtrArray	*listen;		/* char *: "host:port" or a path */
	char		*socket_mode;		/* of the paths, octal: "0660" */
	GPtrArray	*recipients;		/* char *: addresses, "*@domain", "*" */
	int64_t		 max_size;
	int64_t		 max_connections;
	int64_t		 timeout_ms;		/* of silence; twice that for one message */
	char		*department;
};

struct settings_maildir {
	char		*name;
	char		*path;
	int		 after;			/* flag (to cur/ as seen), move, delete */
	char		*move_to;		/* another maildir */
	int64_t		 poll_ms;
	char		*department;
};

struct settings_pop3 {
	char		*name;
	struct settings_login login;
	char		*after;			/* "keep", "delete" */
	char		*import;		/* first start: "none", "all" */
	int64_t		 poll_ms;
	int64_t		 batch;			/* messages in one session */
	char		*department;
};

enum settings_signature {
	SIGNATURE_NONE, SIGNATURE_STANDARD, SIGNATURE_GITHUB, SIGNATURE_HEX
};

struct settings_map {
	char		*name;			/* ticket field: subject, text, from, from_name, detail name */
	char		*pointer;		/* RFC 6901 */
	char		*value;			/* a constant instead of a pointer */
};

struct settings_webhook {
	char		*name;			/* POST /hooks/<name> */
	int		 signature;		/* enum settings_signature */
	char		*signature_header;
	GPtrArray	*secret_files;		/* char *: several while rotating */
	int64_t		 tolerance_ms;		/* of the timestamp */
	char		*id_header;
	char		*id_pointer;
	int64_t		 rate;			/* requests per second, 0: no limit */
	GPtrArray	*allow;			/* char *: client addresses or networks; empty: all */
	GPtrArray	*maps;			/* struct settings_map * */
	char		*department;
};

struct settings_chat_field {
	char		*name;
	char		*label;
	char		*type;			/* text, email, tel, textarea, select */
	GPtrArray	*options;
	bool		 required;
};

struct settings_chat {
	char		*name;			/* GET /chat/<name>/... */
	GPtrArray	*origins;		/* char *: pages that may embed it */
	char		*title;
	char		*greeting;
	char		*colour;
	char		*language;
	char		*identity;		/* "off", "mark", "require" */
	char		*identity_secret_file;
	int64_t		 heartbeat_ms;
	int64_t		 session_idle_ms;
	int64_t		 session_max_ms;
	int64_t		 rate;			/* messages per minute per session */
	GPtrArray	*fields;		/* struct settings_chat_field *: before the chat */
	char		*department;
};

/* A condition is met if any of its patterns matches; a rule if all its
 * conditions are. */
struct settings_rule {
	char		*name;
	GPtrArray	*channel;		/* char *: names */
	GPtrArray	*subject;		/* char *: regular expressions */
	GPtrArray	*text;
	GPtrArray	*any;			/* subject or text */
	GPtrArray	*from;
	GPtrArray	*to;
	GPtrArray	*kind;			/* message kinds */
	GPtrArray	*field;			/* "name=regular expression" */
	char		*department;
	char		*priority;		/* high, medium, low */
	GPtrArray	*tags;
	bool		 urgent;		/* never held back */
	bool		 ignore;		/* never asked, never answered */
	bool		 last;			/* no rule after this one */
};

struct settings_detail {
	char		*name;
	char		*label;
	char		*question;
	GPtrArray	*patterns;		/* char *: first group is the value */
	GPtrArray	*labels;		/* char *: "Order number: ..." in the text */
	GPtrArray	*fields;		/* char *: mapped fields that hold it */
	char		*valid;			/* regular expression the whole value must match */
	char		*hint;			/* what a valid value looks like */
	char		*type;			/* text, number, date, email, phone, choice */
	GPtrArray	*choices;
	bool		 required;
};

struct settings_form {
	char		*name;
	GPtrArray	*departments;		/* char *: applies there; or */
	GPtrArray	*tags;			/* char *: applies with one of these tags; or */
	GPtrArray	*subject;		/* char *: patterns */
	GPtrArray	*any;			/* char *: patterns, subject or text */
	GPtrArray	*channels;		/* char *: only on these; empty: all */
	int64_t		 rounds;		/* how often to ask */
	int64_t		 wait_ms;		/* then released as incomplete */
	char		*intro;			/* words before the questions; or the template's */
	GPtrArray	*details;		/* struct settings_detail * */
};

struct settings_template {
	char		*name;
	char		*kind;			/* question, acknowledgement, too_large */
	char		*language;		/* "en"; "" for all others */
	char		*subject;
	char		*body;
	char		*file;			/* body from there instead */
};

/* Of one ticket, all its messages together; also of one message alone. */
struct settings_attachments {
	int64_t		 max_files;
	int64_t		 max_size;
};

/* An S3-compatible store for attachments, beside the local one. */
struct settings_bucket {
	char		*name;			/* NULL: not used */
	char		*endpoint;		/* https://host[:port][/path] */
	char		*region;
	char		*prefix;		/* of the objects' names; "" */
	char		*style;			/* "path", "host" */
	char		*access_key;
	struct settings_secret secret;
	char		*tls_ca_file;
	char		*encryption;		/* "none", "AES256", "aws:kms" */
	int64_t		 wait_ms;		/* a ticket waits so long for its files */
	int64_t		 keep_local_ms;		/* what the bucket has */
	int64_t		 timeout_ms;		/* of silence */
	int64_t		 retry_max_ms;
	int64_t		 transfers;		/* at once */
};

struct settings {
	char				*file;		/* it was read from */
	char				*instance;	/* name of this daemon */
	char				*state_dir;
	char				*secret_file;	/* NULL: state_dir/secret, made at first start */
	char				*default_department;
	bool				 acknowledge;	/* tell customers that a ticket was made */
	char				*two_addresses;	/* "merge" or "per_mailbox" */
	struct settings_log		 log;
	struct settings_journal		 journal;
	struct settings_redis		 redis;
	struct settings_http		 http;
	struct settings_admin		 admin;
	struct settings_workers		 workers;
	struct settings_identity	 identity;
	struct settings_mail_out	 mail_out;
	struct settings_guard		 guard;
	struct settings_attachments	 attachments;
	struct settings_bucket		 bucket;
	GPtrArray			*imap;		/* struct settings_imap * */
	GPtrArray			*lmtp;
	GPtrArray			*maildir;
	GPtrArray			*pop3;
	GPtrArray			*webhook;
	GPtrArray			*chat;
	GPtrArray			*rules;
	GPtrArray			*forms;
	GPtrArray			*templates;
	GHashTable			*places;	/* conf_place()'s */
};

#endif
