/* SPDX-License-Identifier: ISC */
#include "mailbox/mailbox.h"

#include <string.h>

#include "io/line_stream.h"
#include "io/loop.h"
#include "mailbox/oauth.h"
#include "mailbox/secret.h"
#include "proto/imap_name.h"

#define CONNECT_GRACE_MS	2000	/* libcurl's own limit comes first */

struct mailbox {
	const struct settings_imap	*conf;
	struct loop			*loop;
	struct loop_timer		*deadline;
	struct secret_query		*secret;
	struct oauth_query		*oauth;		/* instead of it */
	struct line_stream		*stream;
	struct imap			*imap;
	bool				 open, lost;
	struct err			 problem;	/* why it is lost */

	/* the command under way */
	unsigned			 awaited;
	bool				 done;
	enum imap_result		 result;
	struct err			 refusal;
	mailbox_event_fn		*fn;
	void				*arg;
};

static void
lose(struct mailbox *m, enum err_kind kind, const char *why)
{
	if (!m->lost)
		err_set(&m->problem, kind, "%s", why);
	m->lost = true;
	loop_stop(m->loop);
}

static void
on_deadline(void *arg)
{
	lose(arg, ERR_TEMP, "the server does not answer in time");
}

static void
on_event(struct mailbox *m, const struct imap_event *ev)
{
	if (ev->kind == IMAP_BROKEN || ev->kind == IMAP_BYE) {
		lose(m, ERR_TEMP, *ev->text != '\0' ? ev->text : "the server says BYE");
	} else if (ev->kind == IMAP_DONE && ev->id == m->awaited) {
		m->done = true;
		m->result = ev->result;
		err_set(&m->refusal, ERR_PERM, "the server says %s",
		    *ev->text != '\0' ? ev->text : "no");
		loop_stop(m->loop);
	} else if (ev->kind != IMAP_DONE && m->fn != NULL) {
		m->fn(m->arg, ev);
	}
}

static void
flush(struct mailbox *m)
{
	GString	*out = imap_output(m->imap);

	if (out->len > 0)
		line_stream_send(m->stream, out->str, out->len);
	g_string_truncate(out, 0);
}

static void
on_received(void *arg, const uint8_t *bytes, size_t len)
{
	struct mailbox		*m = arg;
	struct imap_event	 ev;

	loop_timer_start(m->deadline, m->conf->login.timeout_ms);
	while (!m->lost && imap_next(m->imap, &bytes, &len, &ev))
		on_event(m, &ev);
	flush(m);
}

static void
on_opened(void *arg)
{
	struct mailbox	*m = arg;

	m->open = true;
	loop_stop(m->loop);
}

static void
on_closed(void *arg, const struct err *e)
{
	lose(arg, e->kind, e->text);
}

static void
on_secret(void *arg, const char *secret, const struct err *e)
{
	struct mailbox			*m = arg;
	const struct settings_login	*conf = &m->conf->login;
	const struct line_handler	 handler = { m, on_opened, on_received, on_closed };
	const struct line_options	 options = {
		.protocol = "imap", .host = conf->host, .port = (int)conf->port,
		.security = conf->security == SECURITY_TLS ? LINE_TLS :
		    conf->security == SECURITY_STARTTLS ? LINE_STARTTLS : LINE_PLAIN,
		.ca_file = conf->tls_ca_file, .user = conf->user, .secret = secret,
		.auth = conf->auth, .timeout_ms = conf->timeout_ms
	};

	if (secret == NULL) {
		lose(m, m->secret != NULL ? ERR_CONFIG : e->kind, e->text);
		return;
	}
	loop_timer_start(m->deadline, conf->timeout_ms + CONNECT_GRACE_MS);
	m->stream = line_stream_open(m->loop, &options, &handler);
}

static void
destroy(struct mailbox *m)
{
	line_stream_free(m->stream);
	secret_query_free(m->secret);
	oauth_query_free(m->oauth);
	imap_free(m->imap);
	loop_timer_free(m->deadline);
	loop_free(m->loop);
	g_free(m);
}

struct mailbox *
mailbox_open(const struct settings_imap *conf, struct err *e)
{
	struct mailbox	*m = g_new0(struct mailbox, 1);

	m->conf = conf;
	m->loop = loop_new();
	m->imap = imap_new();
	m->deadline = loop_timer_new(m->loop, on_deadline, m);
	if (oauth_is_used(&conf->login.oauth))
		m->oauth = oauth_query_new(m->loop, &conf->login.oauth, conf->name, on_secret, m);
	else
		m->secret = secret_query_new(m->loop, &conf->login.password, conf->login.timeout_ms,
		    on_secret, m);
	while (!m->open && !m->lost)
		loop_run(m->loop);
	if (m->lost)
		*e = m->problem;
	if (m->lost || mailbox_run(m, imap_capability(m->imap), NULL, NULL, e) == -1) {
		destroy(m);
		return NULL;
	}
	/* Some servers open no folder for a client that has not named itself. */
	if (imap_abilities(m->imap) & IMAP_CAN_ID)
		mailbox_run(m, imap_ident(m->imap, PACKAGE_NAME, PACKAGE_VERSION), NULL, NULL,
		    NULL);
	return m;
}

void
mailbox_close(struct mailbox *m)
{
	if (m == NULL)
		return;
	if (!m->lost)
		mailbox_run(m, imap_logout(m->imap), NULL, NULL, NULL);
	destroy(m);
}

struct imap *
mailbox_imap(struct mailbox *m)
{
	return m->imap;
}

int
mailbox_run(struct mailbox *m, unsigned id, mailbox_event_fn *fn, void *arg, struct err *e)
{
	m->awaited = id;
	m->done = false;
	m->fn = fn;
	m->arg = arg;
	if (!m->lost) {
		flush(m);
		loop_timer_start(m->deadline, m->conf->login.timeout_ms);
	}
	while (!m->done && !m->lost)
		loop_run(m->loop);
	loop_timer_stop(m->deadline);
	if (!m->done) {
		err_set(e, m->problem.kind, "%s", m->problem.text);
		return -1;
	}
	if (m->result != IMAP_OK)
		return err_set(e, ERR_PERM, "%s", m->refusal.text);
	return 0;
}

/* ------------------------------------------------------------------ folders */

struct listing {
	GPtrArray	*folders;
	char		*aside;		/* where messages are moved to: is not read */
};

static void
free_folder(void *p)
{
	struct mailbox_folder	*f = p;

	g_free(f->name);
	g_free(f->raw);
	g_free(f);
}

static void
add_folder(GPtrArray *folders, const char *name, const char *raw)
{
	struct mailbox_folder	*f;
	guint			 i;

	for (i = 0; i < folders->len; i++) {
		f = folders->pdata[i];
		if (strcmp(f->raw, raw) == 0)
			return;
	}
	f = g_new0(struct mailbox_folder, 1);
	f->name = g_strdup(name);
	f->raw = g_strdup(raw);
	g_ptr_array_add(folders, f);
}

static void
on_listed(void *arg, const struct imap_event *ev)
{
	struct listing	*l = arg;

	if (ev->kind == IMAP_LISTED && ev->selectable && *ev->box_name != '\0' &&
	    g_strcmp0(ev->box_name, l->aside) != 0)
		add_folder(l->folders, ev->name, ev->box_name);
}

GPtrArray *
mailbox_folders(struct mailbox *m, struct err *e)
{
	g_autofree char	*aside = m->conf->after == AFTER_MOVE ?
			    imap_name_encode(m->conf->move_to) : NULL;
	struct listing	 l = { g_ptr_array_new_with_free_func(free_folder), aside };
	guint		 i;

	for (i = 0; i < m->conf->folders->len; i++) {
		const char	*folder = m->conf->folders->pdata[i];
		g_autofree char	*raw = imap_name_encode(folder);

		if (strpbrk(folder, "*%") == NULL) {
			add_folder(l.folders, folder, raw);
		} else if (mailbox_run(m, imap_list(m->imap, raw), on_listed, &l, e) == -1) {
			err_prefix(e, "LIST %s", folder);
			g_ptr_array_unref(l.folders);
			return NULL;
		}
	}
	return l.folders;
}

/* ------------------------------------------------------------------- search */

static void
on_found(void *arg, const struct imap_event *ev)
{
	if (ev->kind == IMAP_FOUND)
		g_array_append_val((GArray *)arg, ev->uid);
}

static int
compare_uid(const void *a, const void *b)
{
	uint32_t	x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

GArray *
mailbox_search(struct mailbox *m, const char *criteria, struct err *e)
{
	GArray	*uids = g_array_new(FALSE, FALSE, sizeof(uint32_t));

	if (mailbox_run(m, imap_search(m->imap, criteria), on_found, uids, e) == -1) {
		err_prefix(e, "SEARCH %s", criteria);
		g_array_unref(uids);
		return NULL;
	}
	g_array_sort(uids, compare_uid);
	return uids;
}
