/* SPDX-License-Identifier: ISC */
/*
 * mailbox test: can this mailbox be read as it is configured, and what is in
 * it.  Needs no daemon.
 */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "base/digest.h"
#include "base/json_out.h"
#include "ctl/ctl.h"
#include "ctl/mailbox.h"
#include "proto/imap_name.h"

#define PROBE_HEADER	"X-Intake-Probe"

struct folder_report {
	struct imap_status	status;
	char			*problem;	/* NULL: it can be read */
};

const struct settings_imap *
ctl_imap_section(struct ctl *ctl, const char *name)
{
	guint	i;

	for (i = 0; i < ctl->settings->imap->len; i++) {
		const struct settings_imap	*s = ctl->settings->imap->pdata[i];

		if (strcmp(s->name, name) == 0)
			return s;
	}
	return NULL;
}

static const char *
advice(const struct settings_imap *s, const struct err *e)
{
	if (e->kind == ERR_PERM)
		return strcmp(s->login.auth, "xoauth2") == 0 ?
		    "see that the token is for this user and allows IMAP" :
		    "see that user and password are right and that the account may use IMAP";
	if (e->kind == ERR_CONFIG)
		return "see password_file, password_command, tls_ca_file and security";
	if (g_str_has_prefix(e->text, "access token"))
		return "see oauth_token_url, oauth_client_id and the files with the secrets";
	if (strstr(e->text, "certificate") != NULL || strstr(e->text, "SSL") != NULL)
		return "see that host is the name in the certificate, that tls_ca_file has its "
		    "issuer, and that security and port belong together";
	if (strstr(e->text, "STARTTLS") != NULL)
		return "use security = tls if the server has a port for it";
	return "see host and port, and that nothing in between blocks the connection";
}

int
ctl_mailbox_status(const struct err *e)
{
	return e->kind == ERR_PERM ? EX_NOPERM : e->kind == ERR_CONFIG ? EX_CONFIG : EX_TEMPFAIL;
}

struct mailbox *
ctl_mailbox_login(const struct settings_imap *s, int *status)
{
	struct err	 e = ERR_INIT;
	struct mailbox	*m = mailbox_open(s, &e);

	if (m == NULL) {
		*status = ctl_mailbox_status(&e);
		ctl_fail(*status, "imap %s: %s: %s", s->name, s->login.host, e.text);
		fprintf(stderr, "intakectl: %s\n", advice(s, &e));
	}
	return m;
}

/* ------------------------------------------------------------------ folders */

static void
on_status(void *arg, const struct imap_event *ev)
{
	if (ev->kind == IMAP_STATUS)
		((struct folder_report *)arg)->status = ev->status;
}

/* Opened as the channel would open it. */
static int
look_into(struct mailbox *m, const struct settings_imap *s, const struct mailbox_folder *f,
    struct folder_report *r)
{
	struct imap	*im = mailbox_imap(m);
	struct err	 e = ERR_INIT;

	if (mailbox_run(m, imap_status(im, f->raw), on_status, r, &e) == 0 &&
	    mailbox_run(m, imap_select(im, f->raw, s->after == AFTER_NOTHING), NULL, NULL,
	    &e) == 0) {
		const struct imap_box	*box = imap_box(im);

		r->status.uidvalidity = box->uidvalidity;
		r->status.messages = box->exists;
		if (box->read_only && s->after != AFTER_NOTHING)
			r->problem = g_strdup("it is read-only: what is taken cannot be marked");
		return 0;
	}
	r->problem = g_strdup(e.text);
	return e.kind == ERR_TEMP ? -1 : 0;
}

static void
print_folder(struct json_out *j, bool json, const char *name, const struct folder_report *r)
{
	if (!json) {
		printf("  %-32s %8u messages  uidvalidity %u%s%s\n", name, r->status.messages,
		    r->status.uidvalidity, r->problem != NULL ? "  PROBLEM: " : "",
		    r->problem != NULL ? r->problem : "");
		return;
	}
	json_open(j, NULL, '{');
	json_str(j, "name", name);
	json_int(j, "messages", r->status.messages);
	json_int(j, "uidvalidity", r->status.uidvalidity);
	json_int(j, "uidnext", r->status.uidnext);
	json_str(j, "problem", r->problem);
	json_close(j, '}');
}

/* The worst of all folders. */
static int
test_folders(struct mailbox *m, const struct settings_imap *s, struct json_out *j, bool json)
{
	struct err		 e = ERR_INIT;
	g_autoptr(GPtrArray)	 folders = mailbox_folders(m, &e);
	int			 status = EX_OK;
	guint			 i;

	if (folders == NULL)
		return ctl_fail(EX_TEMPFAIL, "imap %s: %s", s->name, e.text);
	if (folders->len == 0)
		status = ctl_fail(EX_CONFIG, "imap %s: no folder matches \"folders\"", s->name);
	json_open(j, "folders", '[');
	for (i = 0; i < folders->len; i++) {
		const struct mailbox_folder	*f = folders->pdata[i];
		struct folder_report		 r = { 0 };
		int				 rc = look_into(m, s, f, &r);

		print_folder(j, json, f->name, &r);
		if (r.problem != NULL)
			status = EX_CONFIG;
		g_free(r.problem);
		if (rc == -1)
			return EX_TEMPFAIL;
	}
	json_close(j, ']');
	return status;
}

/* -------------------------------------------------------------------- probe */

/* Where the probe goes: preferably where the channel does not read. */
static int
probe_folder(struct mailbox *m, const struct settings_imap *s, char **name, char **raw,
    struct err *e)
{
	g_autoptr(GPtrArray)		 folders = NULL;
	const struct mailbox_folder	*f;

	if (s->after == AFTER_MOVE) {
		*name = g_strdup(s->move_to);
		*raw = imap_name_encode(s->move_to);
		return 0;
	}
	if ((folders = mailbox_folders(m, e)) == NULL)
		return -1;
	if (folders->len == 0)
		return err_set(e, ERR_PERM, "there is no folder to try");
	f = folders->pdata[0];
	*name = g_strdup(f->name);
	*raw = g_strdup(f->raw);
	return 0;
}

static GBytes *
make_probe(const char *word)
{
	char	*text = g_strdup_printf(PROBE_HEADER ": %s\r\nFrom: <>\r\n"
		    "Subject: intakectl mailbox test\r\nAuto-Submitted: auto-generated\r\n"
		    "Message-ID: <probe.%s@intaked.invalid>\r\n\r\n"
		    "This message tests the mailbox and is deleted at once.\r\n", word, word);

	return g_bytes_new_take(text, strlen(text));
}

/* The one hit, or -1. */
static int
find_probe(struct mailbox *m, const char *word, uint32_t *uid, struct err *e)
{
	g_autofree char		*criteria = g_strdup_printf("HEADER " PROBE_HEADER " %s", word);
	g_autoptr(GArray)	 hits = mailbox_search(m, criteria, e);

	if (hits == NULL)
		return -1;
	if (hits->len != 1)
		return err_set(e, ERR_PERM, "the probe was stored and is found %u times",
		    hits->len);
	*uid = g_array_index(hits, uint32_t, 0);
	return 0;
}

static int
remove_probe(struct mailbox *m, uint32_t uid, struct err *e)
{
	struct imap	*im = mailbox_imap(m);
	g_autofree char	*set = g_strdup_printf("%u", uid);

	if (mailbox_run(m, imap_add_flags(im, set, "\\Deleted"), NULL, NULL, e) == -1)
		return err_prefix(e, "marking the probe uid=%s as deleted", set);
	if (!(imap_abilities(im) & IMAP_CAN_UIDPLUS))
		return err_set(e, ERR_PERM, "the server has no UIDPLUS: the probe uid=%s is "
		    "marked as deleted and stays until somebody expunges", set);
	if (mailbox_run(m, imap_expunge(im, set), NULL, NULL, e) == -1)
		return err_prefix(e, "removing the probe uid=%s", set);
	return 0;
}

static int
probe(struct mailbox *m, const struct settings_imap *s, struct err *e)
{
	struct imap		*im = mailbox_imap(m);
	g_autofree char		*name = NULL, *raw = NULL;
	g_autoptr(GBytes)	 mail = NULL;
	uint8_t			 random[16];
	char			 word[17];
	uint32_t		 uid;

	if (probe_folder(m, s, &name, &raw, e) == -1)
		return -1;
	digest_random(random, sizeof random);
	digest_base32(random, 16, word);
	mail = make_probe(word);
	if (mailbox_run(m, imap_append(im, raw, mail), NULL, NULL, e) == -1 ||
	    mailbox_run(m, imap_select(im, raw, false), NULL, NULL, e) == -1 ||
	    find_probe(m, word, &uid, e) == -1 || remove_probe(m, uid, e) == -1)
		return err_prefix(e, "probe in %s", name);
	return 0;
}

static void
print_abilities(struct json_out *j, bool json, unsigned can)
{
	static const struct {
		const char	*name;
		unsigned	 bit;
		const char	*without;
	} all[] = {
		{ "idle", IMAP_CAN_IDLE, "new mail is found by looking every \"poll\"" },
		{ "move", IMAP_CAN_MOVE, "messages are copied and then deleted" },
		{ "uidplus", IMAP_CAN_UIDPLUS, "deleted messages stay until somebody expunges" },
	};
	size_t	i;

	for (i = 0; i < G_N_ELEMENTS(all); i++) {
		bool	has = (can & all[i].bit) != 0;

		json_bool(j, all[i].name, has);
		if (!json)
			printf("  %-8s %s%s\n", all[i].name, has ? "yes" : "no: ",
			    has ? "" : all[i].without);
	}
}

static int
test(struct ctl *ctl, const struct settings_imap *s, bool with_probe)
{
	g_autoptr(GString)	 doc = g_string_new(NULL);
	struct json_out		 j = JSON_OUT(doc);
	struct err		 e = ERR_INIT;
	int			 status = EX_OK;
	struct mailbox		*m = ctl_mailbox_login(s, &status);

	if (m == NULL)
		return status;
	json_open(&j, NULL, '{');
	json_str(&j, "channel", s->name);
	if (!ctl->json)
		printf("imap %s: logged in to %s as %s\n", s->name, s->login.host, s->login.user);
	print_abilities(&j, ctl->json, imap_abilities(mailbox_imap(m)));
	status = test_folders(m, s, &j, ctl->json);
	if (status == EX_OK && with_probe) {
		if (probe(m, s, &e) == -1)
			status = ctl_fail(e.kind == ERR_TEMP ? EX_TEMPFAIL : EX_CONFIG,
			    "imap %s: %s", s->name, e.text);
		else if (!ctl->json)
			printf("  probe    stored, found and deleted\n");
		json_bool(&j, "probe", status == EX_OK);
	}
	json_bool(&j, "good", status == EX_OK);
	json_close(&j, '}');
	if (ctl->json && status != EX_TEMPFAIL)
		puts(doc->str);
	mailbox_close(m);
	return status;
}

int
ctl_mailbox(struct ctl *ctl, int argc, char **argv)
{
	const struct settings_imap	*s;
	bool				 with_probe = false;
	const char			*name = NULL;
	int				 i;

	for (i = 2; i < argc; i++) {
		if (strcmp(argv[i], "--probe") == 0)
			with_probe = true;
		else if (strcmp(argv[i], "--json") == 0)
			ctl->json = true;
		else if (name == NULL)
			name = argv[i];
		else
			name = "";
	}
	if (argc < 2 || strcmp(argv[1], "test") != 0 || name == NULL || *name == '\0')
		return ctl_fail(EX_USAGE, "mailbox test NAME [--probe]");
	if (ctl_settings(ctl, false) == NULL)
		return EX_CONFIG;
	if ((s = ctl_imap_section(ctl, name)) == NULL)
		return ctl_fail(EX_NOINPUT, "the configuration has no imap \"%s\"", name);
	return test(ctl, s, with_probe);
}
